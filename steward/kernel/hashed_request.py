"""Requests that can be told from one another: by a hash over query and body, made before or while the body passes."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.types import Message, Receive, Scope

from steward.kernel.http import is_form, replay

_BOUNDARY: Final = re.compile(rb';\s*boundary=(?:"([^"]+)"|([^\s;]+))', re.IGNORECASE)
# Stands for the boundary in the hash.
_CUT: Final = b"\r\n--\0"


class HashedRequest:
    """A request that is hashed at once when its body is in memory anyway, and while it passes when it brings a file."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.is_upload = is_form(scope)
        self.is_whole = False
        self._receive = receive
        self._first: Message | None = None
        self._digest = _Digest(scope)

    async def hash(self) -> str:
        """The hash; what was not read yet is read for it, and of an upload nothing is left to read then."""
        while not self.is_whole:
            message = await self._read()
            if not self.is_upload:
                self._first = message
            if message["type"] == "http.disconnect":
                break
        return self._digest.hex()

    def passing(self, renew: Callable[[], Awaitable[None]], every_seconds: float) -> Receive:
        """The body for the application. While an upload comes in, `renew` is called now and then."""
        if self._first is not None:
            return replay(self._first, self._receive)
        renewed_at = time.monotonic()

        async def read() -> Message:
            nonlocal renewed_at
            message = await self._read()
            if time.monotonic() - renewed_at > every_seconds:
                await renew()
                renewed_at = time.monotonic()
            return message

        return read

    async def _read(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request" and not self.is_whole:
            self._digest.feed(message.get("body", b""))
            self.is_whole = not message.get("more_body", False)
        return message


class _Digest:
    """The hash in the making. The boundary of a form is left out: a client makes a new one for each try."""

    def __init__(self, scope: Scope) -> None:
        self._boundary = _boundary(scope)
        self._held = b""
        self._digest = hashlib.sha256(_framed(scope["query_string"]))

    def feed(self, piece: bytes) -> None:
        """Go on with the body."""
        if not self._boundary:
            self._digest.update(piece)
            return
        *parts, rest = (self._held + piece).split(self._boundary)
        for part in parts:
            self._digest.update(part + _CUT)
        # A boundary may have begun at the end of this piece.
        certain = max(0, len(rest) - len(self._boundary) + 1)
        self._digest.update(rest[:certain])
        self._held = rest[certain:]

    def hex(self) -> str:
        """Of what was fed so far, as hexadecimal digits."""
        whole = self._digest.copy()
        whole.update(self._held)
        return whole.hexdigest()


def hash_of(*pieces: bytes) -> str:
    """A hash over pieces, as hexadecimal digits; where one ends counts."""
    return hashlib.sha256(b"".join(map(_framed, pieces))).hexdigest()


def _framed(piece: bytes) -> bytes:
    return len(piece).to_bytes(8, "big") + piece


def _boundary(scope: Scope) -> bytes:
    content_type = dict(scope["headers"]).get(b"content-type", b"") if is_form(scope) else b""
    match = _BOUNDARY.search(content_type)
    return (match[1] or match[2]) if match else b""
