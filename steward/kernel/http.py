"""HTTP: problems (RFC 9457), request ids, the gate that every request passes before anybody is authenticated."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import Any, Final

import msgspec
import structlog
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from steward.kernel.errors import BodyTooLarge, MalformedBody, Refusal
from steward.kernel.ids import new_id
from steward.kernel.rate_limits import Standing
from steward.kernel.settings import Limits
from steward.kernel.telemetry import REQUEST_SECONDS, REQUESTS

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

_QUIET_PATHS: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)  # possessive: never walks back
_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_STEP: Final = {ord("{"): 1, ord("["): 1, ord("}"): -1, ord("]"): -1}

# What a form may hold beside its file.
_FORM_BYTES: Final = 1_000_000

_POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors "
)


def security_headers(frames: str = "") -> list[tuple[bytes, bytes]]:
    """What browsers are told to allow.

    Args:
        frames: sites that may show the answer in a frame, with blanks between them; nobody when empty.
    """
    denied = [] if frames else [(b"x-frame-options", b"DENY")]
    return [
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
        *denied,
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"content-security-policy", (_POLICY + (frames or "'none'")).encode()),
    ]


_SECURITY_HEADERS: Final = security_headers()


def problem_body(refusal: Refusal, request_id: str) -> dict[str, Any]:
    """The members of an RFC 9457 problem, with the public tag."""
    return {
        "type": f"urn:steward:problem:{refusal.tag}",
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.detail,
        "remedy": refusal.remedy,
        "tag": refusal.tag,
        "request_id": request_id,
        **refusal.facts,
    }


def problem(refusal: Refusal, request_id: str) -> Response:
    """The refusal as an answer."""
    return Response(
        msgspec.json.encode(problem_body(refusal, request_id)),
        status_code=refusal.status,
        media_type="application/problem+json",
        headers=refusal_headers(refusal),
    )


def limit_headers(path: str, standing: Standing) -> list[tuple[bytes, bytes]]:
    """Headers that tell how a caller stands with the rate limits, the same at every address."""
    del path
    return standing.headers()


def refusal_headers(refusal: Refusal) -> dict[str, str]:
    """Headers that tell a client when to come back."""
    headers: dict[str, str] = {}
    if refusal.retry_after_seconds is not None:
        headers["retry-after"] = str(max(1, round(refusal.retry_after_seconds)))
    if refusal.status == 401:
        headers["www-authenticate"] = "Bearer"
    return headers


class Unexpected(Refusal):
    """A bug: the caller gets a request id, the log gets the stack."""

    tag = "internal_error"
    status = 500
    title = "Something went wrong"
    remedy = "Try again, and give the request id to an administrator if it happens again."


def unexpected(request_id: str) -> Unexpected:
    """The refusal shown for a bug."""
    return Unexpected(
        f"Something went wrong on our side. Try again, and quote {request_id} if it happens again."
    )


class FileTooLarge(Refusal):
    """The file has more bytes than the limit allows."""

    tag = "file_too_large"
    status = 413
    title = "The file is too large"
    remedy = "Choose a smaller file, or split it into several."


def file_too_large(most_bytes: int) -> FileTooLarge:
    """The refusal of a file, which need not be read to its end for it."""
    return FileTooLarge(
        f"The file is larger than {most_bytes / 1e6:g} MB, the most that is taken; choose a smaller one or split it.",
        field="file",
        limit_bytes=most_bytes,
    )


class Uploads:
    """Where files come in, and how many bytes one may have.

    Args:
        paths: addresses as their routes write them, such as `/documents/{document_id}/file`.
        file_bytes: of the largest file that is taken.
    """

    def __init__(self, paths: tuple[str, ...] = (), file_bytes: int = 0) -> None:
        self._paths = [re.compile(re.sub(r"\{[a-z_]+\}", "[^/]+", path)) for path in paths]
        self._file_bytes = file_bytes
        self._most_bytes = file_bytes + _FORM_BYTES

    def takes(self, scope: Scope) -> bool:
        """Whether the body is a form with a file, at an address that takes one."""
        return is_form(scope) and any(path.fullmatch(scope["path"]) for path in self._paths)

    def counted(self, scope: Scope, receive: Receive) -> Receive:
        """The body as it comes in: nothing is read before the route asks, and never more than the limit.

        Raises:
            FileTooLarge: now, when the length is told; else while it is read.
        """
        seen = _told_bytes(scope)
        if seen > self._most_bytes:
            raise file_too_large(self._file_bytes)
        seen = 0

        async def read() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._most_bytes:
                raise file_too_large(self._file_bytes)
            return message

        return read


class Gate:
    """Outermost layer: gives the request its id, reads and checks the body, logs, counts, and catches what is left.

    Bodies are checked before anybody is authenticated, so that a stranger cannot make the server work. Files are
    not: they stay with the client until the route has seen who brings them.
    """

    def __init__(
        self,
        app: ASGIApp,
        limits: Limits,
        shape: Callable[[str, Refusal, str], Response],
        uploads: Uploads | None = None,
        limit_headers: Callable[[str, Standing], list[tuple[bytes, bytes]]] = limit_headers,
        framed: Mapping[str, str] | None = None,
        pages: Mapping[str, list[tuple[bytes, bytes]]] | None = None,
    ) -> None:
        self._app = app
        self._limits = limits
        self._shape = shape
        self._uploads = uploads or Uploads()
        self._limit_headers = limit_headers
        # Addresses that other sites may show in a frame, and which; pages that bring all of these headers themselves.
        framed_headers = {path: security_headers(sites) for path, sites in (framed or {}).items()}
        self._own_headers = {**framed_headers, **(pages or {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = new_id("req")
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        status = 0

        # Starlette answers for a bug in words of its own, and then raises it: held back, so that ours take their place.
        held: list[Message] = []

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                standing: Standing | None = scope["state"].get("standing")
                message["headers"] = [
                    *message["headers"],
                    (b"x-request-id", request_id.encode()),
                    *self._own_headers.get(scope["path"], _SECURITY_HEADERS),
                    *(self._limit_headers(scope["path"], standing) if standing is not None else ()),
                ]
            if status == 500:
                held.append(message)
            else:
                await send(message)

        path: str = scope["path"]
        try:
            try:
                if b"%00" in scope.get("raw_path", b"") or b"%00" in scope["query_string"]:
                    raise MalformedBody("The address holds the character NUL; remove it.")
                checked = await self._read(scope, receive)
            except Refusal as refusal:
                await self._refuse(refusal, scope, receive, answer)
                return
            await self._app(scope, checked, answer)
        except Refusal as refusal:
            # From the layers between here and the routes, which answer for themselves.
            await self._refuse(refusal, scope, receive, answer)
        except Exception:
            log.exception("request_failed", path=path, tag=Unexpected.tag)
            if status and not held:
                raise
            held.clear()
            await self._refuse(unexpected(request_id), scope, receive, answer)
        finally:
            for message in held:
                await send(message)
            seconds = time.perf_counter() - started
            REQUESTS.labels(scope["method"], str(status)).inc()
            REQUEST_SECONDS.observe(seconds)
            if path not in _QUIET_PATHS:
                log.info(
                    "request",
                    method=scope["method"],
                    path=path,
                    status=status,
                    tag=scope["state"].get("tag"),
                    ms=round(seconds * 1000, 1),
                )

    async def _refuse(self, refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
        # For the request's line in the log.
        scope["state"]["tag"] = refusal.tag
        await self._shape(scope["path"], refusal, scope["state"]["request_id"])(scope, receive, send)

    async def _read(self, scope: Scope, receive: Receive) -> Receive:
        if scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            return receive
        if self._uploads.takes(scope):
            return self._uploads.counted(scope, receive)
        limit = self._limits.body_bytes
        if _told_bytes(scope) > limit:
            raise _too_many_bytes(limit)
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return replay(message, receive)
            body += message.get("body", b"")
            if len(body) > limit:
                raise _too_many_bytes(limit)
            if not message.get("more_body", False):
                break
        if body:
            check_json(bytes(body), self._limits)
        return replay({"type": "http.request", "body": bytes(body), "more_body": False}, receive)


def is_form(scope: Scope) -> bool:
    """Whether the body says that it is a form of the kind that carries files."""
    media_type = dict(scope["headers"]).get(b"content-type", b"").partition(b";")[0]
    return media_type.strip().lower() == b"multipart/form-data"


def _told_bytes(scope: Scope) -> int:
    return int(dict(scope["headers"]).get(b"content-length", b"0") or b"0")


def check_json(body: bytes, limits: Limits) -> None:
    """Refuse what would hurt later: too deep, too many values, NUL, lone surrogates, NaN, anything but UTF-8.

    Raises:
        BodyTooLarge: more depth or values than the limits allow.
        MalformedBody: not strict JSON in UTF-8.
    """
    if b"\\u0000" in body and _NUL.search(body):
        raise MalformedBody("The body holds the character NUL; remove it.")
    if _may_exceed(body, limits):
        bare = _STRING.sub(b"", body)
        nodes = bare.count(b",") + bare.count(b"{") + bare.count(b"[") + 1
        if nodes > limits.json_nodes:
            raise BodyTooLarge(f"The body holds {nodes} values; at most {limits.json_nodes} are read.")
        depth = max(accumulate(_STEP[byte] for byte in bare if byte in _STEP), default=0)
        if depth > limits.json_depth:
            raise BodyTooLarge(f"The body is nested {depth} deep; at most {limits.json_depth} is read.")
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedBody(f"The body is not strict JSON in UTF-8: {error}.") from error


def _may_exceed(body: bytes, limits: Limits) -> bool:
    # Counted with the contents of strings: cheap, and never too low.
    opened = body.count(b"{") + body.count(b"[")
    return opened > limits.json_depth or opened + body.count(b",") > limits.json_nodes


def _too_many_bytes(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"The body has more than {limit} bytes; send less, or upload it as a file.")


def replay(first: Message, receive: Receive) -> Receive:
    """A receive that gives back a message that was read already, and then goes on."""
    pending: list[Message] = [first]

    async def read() -> Message:
        return pending.pop() if pending else await receive()

    return read
