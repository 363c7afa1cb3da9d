"""Embedding: short-lived tokens with which a page of somebody else's chats as its visitor, and does nothing else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Final, cast

import msgspec
from sqlalchemy.dialects.postgresql import insert

from steward.audit import service as audit
from steward.identity.errors import (
    EmbeddingOff,
    EmbedTokenChatsOnly,
    EmbedTokenExpired,
    EmbedTokenInvalid,
)
from steward.identity.schemas import EmbedTokenCreate, EmbedTokenRead
from steward.identity.tables import Membership, User
from steward.kernel.ids import id_of
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from steward.kernel.work import Actor, Found, Role, Statement, Visit, lower_role

TOKEN_PREFIX: Final = "st-embed-"  # noqa: S105  # the beginning of every token: no secret
MOST_MINUTES: Final = 60
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,200}")

# Everything that a chat needs, and nothing else: an address that is not here refuses an embed token.
_OPEN: Final = tuple(
    (methods, re.compile(path))
    for methods, path in (
        ({"GET", "POST"}, r"/api/v1/chat"),
        ({"GET", "PATCH"}, r"/api/v1/chat/[^/]+"),
        ({"GET"}, r"/api/v1/chat/[^/]+/stream"),
        ({"POST"}, r"/api/v1/chat/[^/]+/stop"),
        ({"PUT", "DELETE"}, r"/api/v1/messages/[^/]+/feedback"),
    )
)

# Asked on every request, as for keys and sessions: whoever made the token, and the visitor, as they are now.
_STANDING: Final = (
    "JOIN memberships m ON m.workspace_id = c.workspace_id AND m.user_id = c.user_id "
    "JOIN users i ON i.id = c.user_id AND i.disabled_at IS NULL "
    "JOIN memberships v ON v.workspace_id = c.workspace_id AND v.user_id = :visitor_id "
    "JOIN users u ON u.id = v.user_id AND u.kind = 'visitor' AND u.disabled_at IS NULL "
    "WHERE c.workspace_id = :workspace_id AND "
)
_BY_KEY: Final = Statement(
    "SELECT c.user_id, c.secret_hash, c.role AS maker_role, m.role AS member_role, v.role AS visitor_role "  # noqa: S608  # joined of constants of this module
    f"FROM api_keys c {_STANDING} c.id = :maker_id AND c.revoked_at IS NULL"
)
_BY_SESSION: Final = Statement(
    "SELECT c.user_id, c.secret_hash, m.role AS maker_role, m.role AS member_role, v.role AS visitor_role "  # noqa: S608  # joined of constants of this module
    f"FROM sessions c {_STANDING} c.user_id = :session_user_id AND c.expires_at > :now "
    "AND encode(sha256(convert_to(c.secret_hash, 'UTF8')), 'hex') = :maker_id"
)
_KEY_HASH: Final = Statement(
    "SELECT secret_hash FROM api_keys WHERE workspace_id = :workspace_id AND id = :id"
)


class _Claims(msgspec.Struct, frozen=True):
    """What a token says. `maker_id` names the key, or the session of `session_user_id`, that asked for it."""

    workspace_id: str
    visitor_id: str
    user: str
    maker_id: str
    session_user_id: str | None
    agent_id: str | None
    expires_at: int  # seconds since 1970


async def create_token(runtime: Runtime, actor: Actor, wanted: EmbedTokenCreate) -> EmbedTokenRead:
    """Make a token with which a page chats as one visitor; whoever asks has visitors of its own.

    Raises:
        Forbidden: the actor may only read.
        EmbeddingOff: no site may embed the chat.
    """
    actor.ensure_role("member")
    if not runtime.settings.embed_origins:
        raise EmbeddingOff("No site may embed the chat: the server's setting STEWARD_EMBED_ORIGINS is empty.")
    user = wanted.user or f"anonymous-{secrets.token_urlsafe(12)}"
    visitor_id = _visitor_id(actor.workspace_id, actor.user_id, user)
    await _ensure_visitor(runtime, actor, visitor_id, user)
    expires_at = runtime.now().replace(microsecond=0) + timedelta(minutes=wanted.minutes)
    secret_hash = await _own_hash(runtime, actor)
    claims = _Claims(
        workspace_id=actor.workspace_id,
        visitor_id=visitor_id,
        user=user,
        maker_id=actor.key_id or hashlib.sha256(secret_hash.encode()).hexdigest(),
        session_user_id=None if actor.key_id else actor.user_id,
        agent_id=wanted.agent_id,
        expires_at=int(expires_at.timestamp()),
    )
    async with runtime.database.work(actor) as work:
        await audit.record(work, "embed_token_created", "user", visitor_id, agent_id=wanted.agent_id)
    return EmbedTokenRead(
        token=_signed(runtime.settings, secret_hash, claims), user=user, expires_at=expires_at
    )


async def actor_of_token(runtime: Runtime, token: str) -> Actor:
    """Turn an embed token into the visitor that it stands for. One read, as for a key.

    Raises:
        EmbedTokenInvalid: it was not signed here, or the key, the session, the member or the visitor is gone.
        EmbedTokenExpired: it was good, and has run out.
    """
    claims, body, signature = _read(token)
    row = await _standing(runtime, claims)
    if row is None or not runtime.settings.embed_origins:
        raise _invalid()
    fits = any(
        hmac.compare_digest(signature, _signature(secret, row.secret_hash, body))
        for secret in _secrets(runtime.settings)
    )
    # Whoever knows a key can sign with it, so what it may sign is checked as well: its own visitors, for an hour.
    is_own = claims.visitor_id == _visitor_id(claims.workspace_id, row.user_id, claims.user)
    left = datetime.fromtimestamp(claims.expires_at, UTC) - runtime.now()
    if not fits or not is_own or left > timedelta(minutes=MOST_MINUTES):
        raise _invalid()
    if left <= timedelta():
        raise EmbedTokenExpired("The embed token has run out; the page has to ask for a new one.")
    role = lower_role(lower_role(cast(Role, row.maker_role), cast(Role, row.member_role)), row.visitor_role)
    key_id = None if claims.session_user_id else claims.maker_id
    return Actor(claims.workspace_id, claims.visitor_id, role, key_id=key_id, visit=Visit(claims.agent_id))


def ensure_open(method: str, path: str) -> None:
    """Refuse what is no part of a chat.

    Raises:
        EmbedTokenChatsOnly: an embed token does not open this address.
    """
    if not any(method in methods and address.fullmatch(path) for methods, address in _OPEN):
        raise EmbedTokenChatsOnly("An embed token chats, and does nothing else.")


async def _standing(runtime: Runtime, claims: _Claims) -> Found | None:
    known = {
        "workspace_id": claims.workspace_id,
        "visitor_id": claims.visitor_id,
        "maker_id": claims.maker_id,
    }
    async with runtime.database.quick_house() as house:
        if claims.session_user_id is None:
            return await house.first(_BY_KEY, **known)
        return await house.first(
            _BY_SESSION, **known, session_user_id=claims.session_user_id, now=runtime.now()
        )


async def _own_hash(runtime: Runtime, actor: Actor) -> str:
    """The hash of the secret that the actor came with."""
    if actor.session_id is not None:
        return actor.session_id
    async with runtime.database.quick_house() as house:
        row = await house.first(_KEY_HASH, workspace_id=actor.workspace_id, id=actor.key_id)
    assert row is not None, "an actor without a session came with a key"
    return row.secret_hash


async def _ensure_visitor(runtime: Runtime, actor: Actor, visitor_id: str, user: str) -> None:
    async with runtime.database.house() as house:
        await house.execute(
            insert(User).values(id=visitor_id, kind="visitor", name=user).on_conflict_do_nothing()
        )
        member = {"workspace_id": actor.workspace_id, "user_id": visitor_id, "role": "member"}
        await house.execute(insert(Membership).values(member).on_conflict_do_nothing())


def _visitor_id(workspace_id: str, maker_user_id: str, user: str) -> str:
    # Of the maker: a member who asks for tokens cannot become the visitors of somebody else's page.
    return id_of("user", "visitor", workspace_id, maker_user_id, user)


def _secrets(settings: Settings) -> list[str]:
    # Without a secret of the server the maker's own still signs; with one, the database alone is not enough to.
    if settings.secret_key is None:
        return [""]
    return [secret.strip() for secret in settings.secret_key.get_secret_value().split(",")]


def _signature(secret: str, secret_hash: str, body: bytes) -> bytes:
    key = hmac.new(secret.encode(), f"steward embed {secret_hash}".encode(), hashlib.sha256).digest()
    return hmac.new(key, body, hashlib.sha256).digest()


def _signed(settings: Settings, secret_hash: str, claims: _Claims) -> str:
    body = msgspec.json.encode(claims)
    return f"{TOKEN_PREFIX}{_text(body)}.{_text(_signature(_secrets(settings)[0], secret_hash, body))}"


def _read(token: str) -> tuple[_Claims, bytes, bytes]:
    body, _, signature = token.removeprefix(TOKEN_PREFIX).partition(".")
    try:
        raw = _bytes(body)
        claims = msgspec.json.decode(raw, type=_Claims)
        ids = (claims.workspace_id, claims.visitor_id, claims.maker_id, claims.session_user_id or "-")
        if not all(map(_ID.fullmatch, ids)):
            raise ValueError("no ids of ours")
        claims.user.encode()
        datetime.fromtimestamp(claims.expires_at, UTC)
        return claims, raw, _bytes(signature)
    # Before the signature is known to be good, anything may stand here.
    except (ValueError, OverflowError, OSError, msgspec.MsgspecError) as error:
        raise _invalid() from error


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _invalid() -> EmbedTokenInvalid:
    return EmbedTokenInvalid("The embed token is not good; the page has to ask for a new one.")
