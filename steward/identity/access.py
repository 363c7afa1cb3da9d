"""Access: the one way from a request's credential to an actor, and from the actor to a transaction."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated, Final

from fastapi import Depends
from starlette.requests import HTTPConnection
from starlette.responses import Response

from steward.identity import service
from steward.identity.errors import CsrfMissing
from steward.kernel import runtime
from steward.kernel.work import Actor, Transaction, Work

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_COOKIE: Final = "steward_session"
# As long as browsers allow: when a session ends is the server's to say, and use moves that day.
_COOKIE_DAYS: Final = 400
_SECURE_COOKIE: Final = "__Host-steward_session"


async def authenticate(connection: HTTPConnection) -> Actor:
    """Turn the request's credential into an actor; the only function that does.

    Raises:
        Unauthorized: no credential, or one that is not good (any more).
        CsrfMissing: a change with a session cookie lacks the session's token.
    """
    known: Actor | None = getattr(connection.state, "actor", None)
    if known is not None:
        return known
    actor, csrf_token = await _read_credential(connection)
    connection.state.actor = actor
    connection.state.csrf_token = csrf_token
    return actor


async def _read_credential(connection: HTTPConnection) -> tuple[Actor, str | None]:
    house = runtime.current()
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    if scheme:
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


def set_cookie(response: Response, connection: HTTPConnection, secret: str) -> None:
    """Give the browser the session's secret, out of reach of scripts and of other sites."""
    secure = connection.url.scheme == "https"
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
    secure = connection.url.scheme == "https"
    response.delete_cookie(_SECURE_COOKIE if secure else _COOKIE, path="/", secure=secure, httponly=True)


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
