"""Idempotency keys: the same `POST` twice is one, for every answer that is not a stream.

A stream's own safety is the client's message id; this layer lets streams pass. Answers are kept for a day. An
answer that refused or failed is not kept: nothing was done, and another try may go better. Nor is one that may not be
stored, such as a new key. Another body under the same key is refused.

A file is hashed while it passes, so whether a second upload is the same one is known when the first is done; until
then it waits, unread.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import LargeBinary, TextClause, func, text
from sqlalchemy.orm import Mapped, mapped_column
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from steward.kernel import runtime
from steward.kernel.errors import IdempotencyBusy, IdempotencyMismatch, Refusal
from steward.kernel.hashed_request import HashedRequest, hash_of
from steward.kernel.rows import Owned, Row
from steward.kernel.work import Actor

_ANSWER_BYTES: Final = 1_000_000
_WAIT_SECONDS: Final = 10.0

# An upload renews its claim this often; a claim as old as in `_CLAIM` belongs to a process that died.
_RENEW_SECONDS: Final = 30.0

_CLAIM: Final = text(
    "INSERT INTO idempotency_keys (workspace_id, user_id, id, request_hash) VALUES (:workspace_id, "
    ":user_id, :id, :hash) "
    "ON CONFLICT (workspace_id, id) DO UPDATE SET request_hash = excluded.request_hash, status = 0, body = NULL, "
    "created_at = now() WHERE idempotency_keys.created_at < now() - interval '24 hours' "
    "OR (idempotency_keys.status = 0 AND idempotency_keys.created_at < now() - interval '2 minutes') RETURNING id"
)
_READ: Final = text(
    "SELECT request_hash, status, media_type, body FROM idempotency_keys WHERE workspace_id = :workspace_id "
    "AND id = :id"
)
_RENEW: Final = text(
    "UPDATE idempotency_keys SET created_at = now() WHERE workspace_id = :workspace_id AND id = :id AND status = 0"
)
_KEEP: Final = text(
    "UPDATE idempotency_keys SET status = :status, media_type = :media_type, body = :body, request_hash = :hash "
    "WHERE workspace_id = :workspace_id AND id = :id"
)
_FREE: Final = text("DELETE FROM idempotency_keys WHERE workspace_id = :workspace_id AND id = :id")


class IdempotencyKey(Owned, Row):
    """An answer kept for a repeat of its request. `id` is a hash over user, address and the client's key.

    `request_hash` is empty while an upload is on its way, for it is not known yet.
    """

    __tablename__ = "idempotency_keys"

    user_id: Mapped[str]
    request_hash: Mapped[str]
    status: Mapped[int] = mapped_column(server_default=text("0"))
    media_type: Mapped[str] = mapped_column(server_default="")
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Idempotency:
    """Answers a repeated `POST` with the first answer."""

    def __init__(self, app: ASGIApp, authenticate: Callable[[HTTPConnection], Awaitable[Actor]]) -> None:
        self._app = app
        self._authenticate = authenticate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request, or repeat the answer of an earlier copy."""
        key = _key(scope)
        if key is None:
            await self._app(scope, receive, send)
            return
        try:
            actor = await self._authenticate(HTTPConnection(scope))
        except Refusal:
            # The route refuses in its own shape; sign-in has no actor and no need of this.
            await self._app(scope, receive, send)
            return
        request = HashedRequest(scope, receive)
        entry = {
            "workspace_id": actor.workspace_id,
            "user_id": actor.user_id,
            "id": hash_of(actor.user_id.encode(), scope["path"].encode(), key),
        }
        known_hash = "" if request.is_upload else await request.hash()
        while not await self._claim(actor, {**entry, "hash": known_hash}):
            answer = await self._first_answer(actor, entry, request, known_hash)
            if answer is not None:
                await answer(scope, receive, send)
                return
        await self._run(actor, entry, request, send)

    async def _claim(self, actor: Actor, values: dict[str, Any]) -> bool:
        async with runtime.current().database.work(actor) as work:
            return (await work.session.execute(_CLAIM, values)).first() is not None

    async def _run(self, actor: Actor, entry: dict[str, Any], request: HashedRequest, send: Send) -> None:
        kept: dict[str, Any] = {"status": 0, "media_type": "", "body": b""}
        is_claimed = True

        async def let_go() -> None:
            nonlocal is_claimed
            if is_claimed:
                is_claimed = False
                await self._write(actor, _FREE, entry)

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = dict(message["headers"])
                kept.update(status=message["status"], media_type=headers.get(b"content-type", b"").decode())
                if not _may_be_kept(message["status"], headers):
                    # At once: a repeat of a stream joins it by its message's id and need not wait for the end.
                    await let_go()
            elif is_claimed and message["type"] == "http.response.body":
                kept["body"] += message.get("body", b"")
                if len(kept["body"]) > _ANSWER_BYTES:
                    await let_go()
            await send(message)

        async def renew() -> None:
            await self._write(actor, _RENEW, entry)

        try:
            await self._app(request.scope, request.passing(renew, _RENEW_SECONDS), watch)
            if not request.is_whole:
                await let_go()
        except BaseException:
            await let_go()
            raise
        if is_claimed:
            await self._write(actor, _KEEP, {**entry, **kept, "hash": await request.hash()})

    async def _write(self, actor: Actor, statement: TextClause, values: dict[str, Any]) -> None:
        async with runtime.current().database.work(actor) as work:
            await work.session.execute(statement, values)

    async def _first_answer(
        self, actor: Actor, entry: dict[str, Any], request: HashedRequest, known_hash: str
    ) -> Response | None:
        """The answer of the first request, as soon as it has one; None when it left none to repeat."""
        deadline = time.monotonic() + _WAIT_SECONDS
        while True:
            async with runtime.current().database.work(actor) as work:
                row = (await work.session.execute(_READ, entry)).first()
            if row is None:
                return None
            if row.status:
                _ensure_same(row.request_hash, await request.hash())
                headers = {"content-type": row.media_type, "idempotency-replayed": "true"}
                return Response(row.body, status_code=row.status, headers=headers)
            _ensure_same(row.request_hash, known_hash)
            if time.monotonic() > deadline:
                raise IdempotencyBusy(
                    "The first request with this idempotency key has no answer to repeat yet. Try again.",
                    retry_after_seconds=1,
                )
            await asyncio.sleep(0.05)


def _ensure_same(known: str, given: str) -> None:
    """Refuse another request under the same key, once both are known."""
    if known and given and known != given:
        raise IdempotencyMismatch("This idempotency key came with another request before. Use a new key.")


def _may_be_kept(status: int, headers: dict[bytes, bytes]) -> bool:
    is_stream = headers.get(b"content-type", b"").startswith(b"text/event-stream")
    return 200 <= status < 400 and not is_stream and headers.get(b"cache-control") != b"no-store"


def _key(scope: Scope) -> bytes | None:
    if scope["type"] != "http" or scope["method"] != "POST":
        return None
    return dict(scope["headers"]).get(b"idempotency-key") or None
