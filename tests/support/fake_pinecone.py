"""A Pinecone index on 127.0.0.1 that keeps vectors, finds the nearest, and refuses what the real one refuses.

    async with FakePinecone(dimension=3) as pinecone:
        ... PineconeStore(http, pinecone.url, pinecone.key) ...
        assert pinecone.namespaces["ws_1"].keys() == {"doc_1:1:0"}

`fail(status, times=2)` has the next requests fail; `asked` lists what came, with the paths and the bodies.

Specification: Pinecone Database, data plane API 2026-04, "Operation limits" and "Identifier limits", as of 2026-11.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, cast

import numpy as np
from aiohttp import web

Values = dict[str, Any]

_VERSION = re.compile(r"\d{4}-\d{2}")
_BODY_BYTES = 2_000_000
_MOST_VECTORS = 1_000
_MOST_IDS = 1_000
_MOST_FOUND = 10_000
_PAGE = 100
_METADATA_BYTES = 40_960
_ID_CHARS = 512
_FIELDS = {
    "/vectors/upsert": {"vectors", "namespace"},
    "/query": {"namespace", "topK", "filter", "includeValues", "includeMetadata", "vector", "id"},
    "/vectors/delete": {"ids", "deleteAll", "namespace", "filter"},
}
_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "$eq": lambda held, wanted: held == wanted,
    "$ne": lambda held, wanted: held != wanted,
    "$in": lambda held, wanted: held in wanted,
    "$nin": lambda held, wanted: held not in wanted,
}


class Denied(Exception):
    """The index refuses the request, in the form of its errors."""

    def __init__(self, message: str, status: int = 400, code: int = 3) -> None:
        super().__init__(message)
        self.status = status
        self.body: Values = {"code": code, "message": message, "details": []}


@dataclass
class Asked:
    """A request that came."""

    path: str
    body: Values
    headers: dict[str, str]
    bytes: int


@dataclass
class Record:
    """A vector that is kept."""

    values: np.ndarray[Any, np.dtype[np.float32]]
    metadata: Values = field(default_factory=dict[str, Any])


class FakePinecone:
    """The server of one index, whose metric is the cosine."""

    def __init__(self, dimension: int = 3, key: str = "pcsk_the-key-of-the-tests") -> None:
        self.dimension = dimension
        self.key = key
        self.url = ""
        self.namespaces: dict[str, dict[str, Record]] = {}
        self.asked: list[Asked] = []
        self._failures: list[web.Response] = []
        self._is_silent = False
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=2**26)
        app.router.add_post("/vectors/upsert", self._answer(self._upsert))
        app.router.add_post("/vectors/delete", self._answer(self._delete))
        app.router.add_post("/query", self._answer(self._query))
        app.router.add_get("/vectors/list", self._answer(self._list))
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Be away: nobody listens there any more."""
        if self._runner is not None:
            await self._runner.cleanup()

    def fail(
        self, status: int, times: int = 1, *, text: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        """Have the next requests fail; with `text` the answer is just that, and no JSON."""
        message: Values = {"code": 14, "message": "The index is busy", "details": []}
        self._failures += [
            web.Response(status=status, text=json.dumps(message) if text is None else text, headers=headers)
            for _ in range(times)
        ]

    def hush(self) -> None:
        """Never answer again."""
        self._is_silent = True

    def paths(self) -> list[str]:
        """What was asked, in order."""
        return [asked.path for asked in self.asked]

    def _answer(self, act: Callable[[Values], Values]) -> Callable[[web.Request], Any]:
        async def answer(request: web.Request) -> web.StreamResponse:
            sent = await request.read()
            body: Values = json.loads(sent) if sent else dict(request.query)
            self.asked.append(Asked(request.path, body, dict(request.headers), len(sent)))
            if self._is_silent:
                await asyncio.Event().wait()
            if self._failures:
                return self._failures.pop(0)
            if request.headers.get("Api-Key") != self.key:
                return web.Response(status=401, text="Unauthorized")
            try:
                _check(request, body, len(sent))
                return web.json_response(act(body))
            except Denied as denied:
                return web.json_response(denied.body, status=denied.status)

        return answer

    def _upsert(self, body: Values) -> Values:
        vectors: list[Values] = body["vectors"]
        if not 1 <= len(vectors) <= _MOST_VECTORS:
            raise Denied(f"Cannot write {len(vectors)} vectors at once, the limit is {_MOST_VECTORS}")
        records = {vector["id"]: self._record(vector) for vector in vectors}
        self.namespaces.setdefault(body.get("namespace", ""), {}).update(records)
        # 64-bit numbers are texts in the JSON of protocol buffers.
        return {"upsertedCount": str(len(records))}

    def _record(self, vector: Values) -> Record:
        if not (vector["id"].isascii() and 1 <= len(vector["id"]) <= _ID_CHARS):
            raise Denied("Vector ID must be ASCII and have 1 to 512 characters")
        metadata = vector.get("metadata", {})
        for name, value in metadata.items():
            if not _is_metadata(value):
                raise Denied(
                    f"Metadata value must be a string, number, boolean or list of strings, got {name}"
                )
        if len(json.dumps(metadata)) > _METADATA_BYTES:
            raise Denied(f"Metadata size exceeds the limit of {_METADATA_BYTES} bytes per vector")
        return Record(self._vector(vector["values"]), metadata)

    def _vector(self, given: list[float]) -> np.ndarray[Any, np.dtype[np.float32]]:
        if len(given) != self.dimension:
            raise Denied(
                f"Vector dimension {len(given)} does not match the dimension of the index {self.dimension}"
            )
        vector = np.asarray(given, np.float32)
        if not vector.any():
            raise Denied("Dense vectors must contain at least one non-zero value.")
        return vector / np.float32(np.linalg.norm(vector))

    def _query(self, body: Values) -> Values:
        if not 1 <= body.get("topK", 0) <= _MOST_FOUND:
            raise Denied(f"topK must be between 1 and {_MOST_FOUND}")
        if ("vector" in body) == ("id" in body):
            raise Denied("Exactly one of `vector` and `id` must be given")
        vector = self._vector(body["vector"])
        kept = self.namespaces.get(body.get("namespace", ""), {})
        matches: list[Values] = []
        for name, record in kept.items():
            if _fits(record.metadata, body.get("filter", {})):
                match: Values = {"id": name, "score": float(record.values @ vector)}
                if body.get("includeValues"):
                    match["values"] = record.values.tolist()
                if body.get("includeMetadata"):
                    match["metadata"] = record.metadata
                matches.append(match)
        matches.sort(key=lambda match: -match["score"])
        return {"matches": matches[: body["topK"]], "namespace": body.get("namespace", "")}

    def _delete(self, body: Values) -> Values:
        ways = {"ids", "deleteAll", "filter"} & body.keys()
        if len(ways) != 1:
            raise Denied("Exactly one of ids, deleteAll and filter must be given")
        kept = self._namespace(body)
        ids: list[str] = body.get("ids") or [
            name for name, record in kept.items() if _fits(record.metadata, body.get("filter", {}))
        ]
        if "ids" in body and not 1 <= len(ids) <= _MOST_IDS:
            raise Denied(f"Cannot delete {len(ids)} ids at once, the limit is {_MOST_IDS}")
        for name in ids:
            kept.pop(name, None)
        return {}

    def _list(self, body: Values) -> Values:
        limit = int(body.get("limit", _PAGE))
        if not 1 <= limit <= _PAGE:
            raise Denied(f"limit must be between 1 and {_PAGE}")
        after = base64.b64decode(body.get("paginationToken", "")).decode()
        names = [name for name in sorted(self._namespace(body)) if name.startswith(body.get("prefix", ""))]
        names = [name for name in names if name > after]
        page = names[:limit]
        answer: Values = {"vectors": [{"id": name} for name in page], "namespace": body.get("namespace", "")}
        if len(names) > limit:
            answer["pagination"] = {"next": base64.b64encode(page[-1].encode()).decode()}
        return answer

    def _namespace(self, body: Values) -> dict[str, Record]:
        found = self.namespaces.get(body.get("namespace", ""))
        if found is None:
            raise Denied("Namespace not found", status=404, code=5)
        return found


def _check(request: web.Request, body: Values, sent_bytes: int) -> None:
    if _VERSION.fullmatch(request.headers.get("X-Pinecone-API-Version", "")) is None:
        raise Denied("X-Pinecone-API-Version is no version")
    if request.method == "POST" and request.content_type != "application/json":
        raise Denied("Content-Type must be application/json", status=415)
    if sent_bytes > _BODY_BYTES:
        raise Denied(f"Request size {sent_bytes} exceeds the limit of {_BODY_BYTES} bytes", code=11)
    unknown = body.keys() - _FIELDS.get(request.path, body.keys())
    if unknown:
        raise Denied(f'Invalid JSON payload received. Unknown name "{min(unknown)}"')


def _is_metadata(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(item, str) for item in cast("list[Any]", value))
    return isinstance(value, str | int | float | bool)


def _fits(metadata: Values, wanted: Values) -> bool:
    for name, condition in wanted.items():
        for test, value in condition.items():
            if test not in _TESTS:
                raise Denied(f"Unknown operator {test}")
            if not _TESTS[test](metadata.get(name), value):
                return False
    return True
