"""Access: the one way from a request's credential to an actor, past the rate limits, and from the actor to a
transaction.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.websockets import WebSocket

from steward.identity import embedding, service
from steward.identity.errors import CsrfMissing
from steward.kernel import runtime
from steward.kernel.errors import Refusal, Unauthorized
from steward.kernel.rate_limits import Dimension, RateLimiter, address_of
from steward.kernel.runtime import Runtime
from steward.kernel.work import Actor, Transaction, Work

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_COOKIE: Final = "steward_session"
# As long as browsers allow: when a session ends is the server's to say, and use moves that day.
_COOKIE_DAYS: Final = 400
_SECURE_COOKIE: Final = "__Host-steward_session"


async def authenticate(connection: HTTPConnection) -> Actor:
    """Turn the request's credential into an actor; the only function that does. Once per request it counts as one.

    Raises:
        Unauthorized: no credential, or one that is not good (any more).
        CsrfMissing: a change with a session cookie lacks the session's token.
        TooManyRequests: a change too many, or a bad credential too many.
    """
    refusal: Refusal | None = getattr(connection.state, "refusal", None)
    if refusal is not None:
        raise refusal
    known: Actor | None = getattr(connection.state, "actor", None)
    if known is not None:
        return known
    try:
        return await _admit(connection, is_change=connection.scope.get("method", "GET") not in _SAFE)
    except Refusal as refusal:
        connection.state.refusal = refusal
        raise


async def authenticate_command(websocket: WebSocket, *, is_change: bool) -> Actor:
    """Read the credential of an open socket anew, which may have been revoked, and count a change.

    Raises:
        Unauthorized: the credential is not good any more.
        TooManyRequests: a change too many.
    """
    return await _admit(websocket, is_change=is_change)


async def ensure_within_limits(connection: HTTPConnection, callers: dict[Dimension, str]) -> None:
    """Count the request.

    Raises:
        TooManyRequests: one of the callers asks too often.
    """
    standing = await runtime.current().part(RateLimiter).hit(callers)
    connection.state.standing = standing
    if standing is not None and standing.is_over:
        raise standing.refusal()


def address(connection: HTTPConnection) -> str:
    """Where the request comes from, as the limits count it."""
    return address_of(connection.client.host) if connection.client else ""


async def _admit(connection: HTTPConnection, *, is_change: bool) -> Actor:
    try:
        actor, csrf_token = await _read_credential(connection)
    except (Unauthorized, CsrfMissing):
        # A page that is read before anybody signed in is no guess.
        if is_change or _shows_credential(connection):
            await ensure_within_limits(connection, {"ip": address(connection)})
        raise
    if is_change:
        await ensure_within_limits(connection, _callers(actor))
    connection.state.actor = actor
    connection.state.csrf_token = csrf_token
    return actor


def _callers(actor: Actor) -> dict[Dimension, str]:
    # The keys of a workspace share a user of their own, and programs are faster than people.
    if actor.key_id is not None and actor.visit is None:
        return {"key": actor.key_id, "workspace": actor.workspace_id}
    return {"user": actor.user_id, "workspace": actor.workspace_id}


def _shows_credential(connection: HTTPConnection) -> bool:
    cookies = connection.cookies
    return "authorization" in connection.headers or _SECURE_COOKIE in cookies or _COOKIE in cookies


async def _read_credential(connection: HTTPConnection) -> tuple[Actor, str | None]:
    house = runtime.current()
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    if scheme:
        if scheme.lower() == "bearer" and key.startswith(embedding.TOKEN_PREFIX):
            return await _visitor(house, connection, key.strip()), None
        if scheme.lower() != "bearer" or not key.startswith(service.KEY_PREFIX):
            raise service.unauthorized()
        return await service.actor_of_key(house, key.strip()), None
    secret = connection.cookies.get(_SECURE_COOKIE) or connection.cookies.get(_COOKIE)
    if secret is None:
        raise service.unauthorized()
    actor, csrf_token = await service.actor_of_session(house, secret)
    method = connection.scope.get("method", "GET")
    if method not in _SAFE and not service.csrf_fits(csrf_token, connection.headers.get("x-csrf-token")):
        raise CsrfMissing("The request lacks the header X-CSRF-Token of this session. Reload the page.")
    return actor, csrf_token


async def _visitor(house: Runtime, connection: HTTPConnection, token: str) -> Actor:
    actor = await embedding.actor_of_token(house, token)
    # What is not a chat is refused here, so that no route has to know of visitors.
    embedding.ensure_open(connection.scope.get("method", ""), connection.scope["path"])
    return actor


def set_cookie(response: Response, connection: HTTPConnection, secret: str) -> None:
    """Give the browser the session's secret, out of reach of scripts and of other sites."""
    secure = _is_secure(connection)
    response.set_cookie(
        _SECURE_COOKIE if secure else _COOKIE,
        secret,
        max_age=_COOKIE_DAYS * 86_400,
        httponly=True,
        secure=secure,
        samesite="lax",
        path="/",
    )


def clear_cookie(response: Response, connection: HTTPConnection) -> None:
    """Take the session's secret back."""
    secure = _is_secure(connection)
    response.delete_cookie(_SECURE_COOKIE if secure else _COOKIE, path="/", secure=secure, httponly=True)


def _is_secure(connection: HTTPConnection) -> bool:
    # A proxy that ends HTTPS is known by the public address, also when its headers are not believed.
    public = urlsplit(runtime.current().settings.public_url or "")
    is_public = public.scheme == "https" and connection.headers.get("host") == public.netloc
    return is_public or connection.url.scheme == "https"


Caller = Annotated[Actor, Depends(authenticate)]
"""The actor of the request, for streams, which open short works of their own."""


async def open_work(actor: Caller) -> AsyncGenerator[Work]:
    """Open the request's one transaction; it commits before the answer leaves."""
    async with runtime.current().database.work(actor) as work:
        yield work


InWork = Annotated[Work, Depends(open_work, scope="function")]
"""The request's transaction, for routes that answer at once."""


async def open_transaction(actor: Caller) -> AsyncGenerator[Transaction]:
    """Open the request's one transaction for prepared statements."""
    async with runtime.current().database.transaction(actor) as work:
        yield work


InTransaction = Annotated[Transaction, Depends(open_transaction, scope="function")]
"""The request's transaction, for reads that are asked all the time."""
