"""Requests as Schemathesis makes them of the described interface, sent with ids that exist as often as not."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.core import NotSet
from schemathesis.generation import GenerationMode

Json = dict[str, Any]

_ID: Final = re.compile(r"[a-z]{2,12}_[0-9a-zA-Z]{8,}")
_HEALTH: Final = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
_NOWHERE: Final = "http://127.0.0.1:9/"
"""Stands for every address, so that nobody is asked who is not of the test."""
_REAL: Final = 0.85
"""The share of ids that exist."""
_USUAL: Final = 0.6
"""The share of fields that hold one of the values that such fields usually have."""
_DELETED: Final = 0.1
"""The share of deletions that find something, so that there is something left for the others."""
_KEPT: Final = 12
"""How many ids of a kind are known at a time: the newest, which nobody has deleted yet."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request before ids are put into it. The body is what `json` writes, or a form's fields."""

    method: str
    template: str
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any
    media_type: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, with what was sent for whoever reads a failure."""

    sent: str
    template: str
    status: int
    media_type: str
    content: bytes


def requests_of(
    description: Json, *, changing: tuple[int, int], reading: tuple[int, int], plain: int
) -> list[Request]:
    """Requests for every operation, in an order that mixes them; the same ones each time.

    Args:
        description: in OpenAPI.
        changing: how many of each operation with a body fit the description, and how many do not.
        reading: the same for operations with a query.
        plain: how many of each of the others.
    """
    found: list[Request] = []
    # Schemathesis has no types that a strict checker could follow.
    interface: Any = schemathesis.openapi.from_dict(description)
    for result in interface.get_all_operations():
        operation: Any = result.ok()
        raw: Json = operation.definition.raw
        if "requestBody" in raw:
            fitting, others = changing
        elif any(one.get("in") == "query" for one in raw.get("parameters", ())):
            fitting, others = reading
        else:
            fitting, others = plain, 0
        found += _made(operation, GenerationMode.POSITIVE, fitting)
        found += _made(operation, GenerationMode.NEGATIVE, others)
    random.Random(1).shuffle(found)
    return found


def _made(operation: Any, mode: GenerationMode, count: int) -> list[Request]:
    made: list[Request] = []
    if not count:
        return made

    @seed(1)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=_HEALTH,
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def make(case: Any) -> None:
        body = None if isinstance(case.body, NotSet) else case.body
        made.append(
            Request(
                operation.method.upper(),
                operation.path,
                dict(case.path_parameters or {}),
                dict(case.query or {}),
                body,
                case.media_type,
            )
        )

    make()
    return made


@dataclass(slots=True)
class Fuzzer:
    """Sends requests for one person, and learns ids from what comes back."""

    client: httpx.AsyncClient
    headers: Mapping[str, str]
    words: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])
    """Values that fields of these names usually have."""
    dice: random.Random = field(default_factory=lambda: random.Random(1))
    places: dict[str, list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))
    """Path parameters that exist, by the address behind which they were found."""
    named: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Ids that were seen under the name of a field."""

    async def send_all(self, requests: Sequence[Request], *, at_once: int) -> list[Answer]:
        """Send requests, some of them at the same time."""
        waiting = iter(requests)
        answers: list[Answer] = []

        async def work() -> None:
            for request in waiting:
                answers.append(await self.send(request))

        await asyncio.gather(*(work() for _ in range(at_once)))
        return answers

    async def send(self, request: Request) -> Answer:
        """Send one request with ids that exist, and learn from its answer."""
        path = {**request.path, **self._known(request)}
        url = request.template
        for name, value in path.items():
            url = url.replace(f"{{{name}}}", str(value))
        given = self._content(request)
        query = self._query(request)
        sent = f"{request.method} {url} {query} {str(given)[:2000]}"
        async with self.client.stream(
            request.method,
            url,
            params=query or None,
            headers={**self.headers, **given.pop("headers", {})},
            **given,
        ) as answer:
            content = await answer.aread()
        media_type = answer.headers.get("content-type", "")
        if answer.is_success and media_type == "application/json" and content:
            self.learn(request.template, path, json.loads(content))
        if (request.method, answer.status_code) in {("DELETE", 200), ("DELETE", 204), ("GET", 404)}:
            self._forget(set(path.values()))
        return Answer(sent, request.template, answer.status_code, media_type, content)

    def learn(self, template: str, path: Mapping[str, str], said: Any) -> None:
        """Remember the ids of an answer: where they are found, and under which names."""
        if not isinstance(said, dict):
            return
        body = cast("Json", said)
        items = [one for name in ("items", "data") for one in cast("list[Any]", body.get(name) or ())]
        for one in (body, *items):
            if not isinstance(one, dict):
                continue
            self._name(cast("Json", one))
            item_id: Any = cast("Json", one).get("id")
            if isinstance(item_id, str) and _ID.fullmatch(item_id):
                _keep(self.places[template], {**path, "": item_id})

    def _forget(self, ids: set[str]) -> None:
        """Forget what is no longer there, or not together."""
        for found in self.places.values():
            found[:] = [place for place in found if not ids.issubset(place.values())]

    def _name(self, said: Json) -> None:
        for name, value in said.items():
            many = cast("list[Any]", value) if isinstance(value, list) else [value]
            for one in many:
                if isinstance(one, dict):
                    self._name(cast("Json", one))
                elif isinstance(one, str) and name.endswith(("_id", "_ids", "id")) and _ID.fullmatch(one):
                    _keep(self.named[name.removesuffix("s")], one)

    def _known(self, request: Request) -> dict[str, str]:
        """Path parameters of an address that exist together."""
        template = request.template
        names = re.findall(r"\{(\w+)\}", template)
        if not names or self.dice.random() > (_DELETED if request.method == "DELETE" else _REAL):
            return {}
        for name in reversed(names):
            found = self.places.get(template[: template.index(f"/{{{name}}}")])
            if found:
                place = self.dice.choice(found)
                return {**self._some(names), **{(known or name): value for known, value in place.items()}}
        return self._some(names)

    def _some(self, names: Sequence[str]) -> dict[str, str]:
        return {name: self.dice.choice(self.named[name]) for name in names if self.named.get(name)}

    def _content(self, request: Request) -> dict[str, Any]:
        given = request.body
        if given is None:
            return {}
        if request.media_type == "multipart/form-data" and isinstance(given, dict):
            fields = cast("Json", given)
            file = fields.pop("file", b"a word") if "file" in fields else None
            data = {name: str(value) for name, value in fields.items()}
            content = file if isinstance(file, bytes) else str(file).encode("utf-8", "replace")
            return {"data": data} if file is None else {"data": data, "files": {"file": ("a.txt", content)}}
        body = self._filled("", given)
        written = json.dumps(body, default=lambda value: value.decode("latin-1")).encode()
        return {"content": written, "headers": {"content-type": request.media_type or "application/json"}}

    def _filled(self, name: str, value: Any) -> Any:
        """A value with ids that exist and words that mean something in it."""
        if name in self.words and self.dice.random() < _USUAL:
            return self.dice.choice(self.words[name])
        if isinstance(value, dict):
            return {key: self._filled(key, one) for key, one in cast("Json", value).items()}
        if isinstance(value, list):
            return [self._filled(name.removesuffix("s"), one) for one in cast("list[Any]", value)]
        if isinstance(value, str) and "://" in value:
            return _NOWHERE
        if isinstance(value, str) and self.dice.random() < _REAL:
            choices = self.named.get(name)
            # NUL is refused before anybody looks at the rest.
            return self.dice.choice(choices) if choices else value.replace("\x00", "")
        return value

    def _query(self, request: Request) -> list[tuple[str, str | int | float | bool | None]]:
        return [(name, one) for name, value in request.query.items() for one in self._texts(name, value)]

    def _texts(self, name: str, value: Any) -> list[str]:
        many = cast("list[Any]", value) if isinstance(value, list) else [value]
        return [str(self._filled(name, one)).encode("utf-8", "replace").decode() for one in many]


def _keep(kept: list[Any], value: Any) -> None:
    if value in kept:
        return
    kept.append(value)
    if len(kept) > _KEPT:
        del kept[0]


def failures(answers: Sequence[Answer], is_right: Callable[[Answer], bool]) -> list[str]:
    """What was sent and what came, of the answers that are not right."""
    wrong = [one for one in answers if not is_right(one)]
    return [f"{one.status} {one.content[:300]!r} for {one.sent}" for one in wrong]
