"""What can be done with identity: turn a credential into an actor, sign in, make workspaces, people and keys."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, cast

import msgspec
from pwdlib import PasswordHash
from pydantic import JsonValue
from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from steward.audit import service as audit
from steward.identity.errors import EmailTaken, LinkUsedOrExpired, PasswordTooShort, SignInFailed
from steward.identity.schemas import (
    GroupRead,
    KeyCreated,
    KeyRead,
    Me,
    MembershipRead,
    UserRead,
    WorkspaceRead,
)
from steward.identity.tables import ApiKey, Membership, Session, SignInLink, User, Workspace
from steward.kernel.errors import Forbidden, Invalid, NotFound, Unauthorized
from steward.kernel.ids import new_id, new_secret
from steward.kernel.runtime import Runtime
from steward.kernel.work import Actor, Role, Statement, Transaction, Work, lower_role

KEY_PREFIX: Final = "sk-st-"
LEAST_PASSWORD_CHARS: Final = 12
_LINK_HOURS: Final = 24
_FIRST_OWNER_LOCK: Final = 7_316_002
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")
_passwords: Final = PasswordHash.recommended()
# Checked when there is no such user, so that the time of an answer does not tell which addresses exist.
_DECOY: Final = _passwords.hash("a password that nobody has")

# Asked on every request: plain SQL, because building a select costs more than asking it.
_KEY: Final = Statement(
    "SELECT k.workspace_id, k.id, k.user_id, k.role, m.role FROM api_keys k "
    "JOIN memberships m ON m.workspace_id = k.workspace_id AND m.user_id = k.user_id "
    "JOIN users u ON u.id = k.user_id "
    "WHERE k.secret_hash = :secret_hash AND k.revoked_at IS NULL AND u.disabled_at IS NULL"
)
_SESSION: Final = Statement(
    "SELECT s.workspace_id, s.user_id, m.role, s.csrf_token, s.expires_at FROM sessions s "
    "JOIN memberships m ON m.workspace_id = s.workspace_id AND m.user_id = s.user_id "
    "JOIN users u ON u.id = s.user_id "
    "WHERE s.secret_hash = :secret_hash AND s.expires_at > :now AND u.disabled_at IS NULL"
)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh session: the cookie's secret and whose it is."""

    secret: str
    actor: Actor


def unauthorized() -> Unauthorized:
    """The refusal for a missing, wrong, revoked or expired credential."""
    return Unauthorized("Unauthorized")


async def actor_of_key(runtime: Runtime, key: str) -> Actor:
    """Turn an API key into its actor. Everything is read anew, so a revoked key stops at once.

    Raises:
        Unauthorized: no such key, revoked, or its user is disabled or no longer a member.
    """
    async with runtime.database.quick_house() as house:
        row = await house.first(_KEY, secret_hash=_hash(key))
    if row is None:
        raise unauthorized()
    workspace_id, key_id, user_id, key_role, member_role = row
    role = lower_role(cast(Role, key_role), cast(Role, member_role))
    return Actor(workspace_id=workspace_id, user_id=user_id, role=role, key_id=key_id)


async def actor_of_session(runtime: Runtime, secret: str) -> tuple[Actor, str]:
    """Turn a session's secret into its actor.

    Returns: the actor, and the token that changes must carry.

    Raises:
        Unauthorized: no such session, run out, or the user is disabled or no longer a member.
    """
    secret_hash = _hash(secret)
    now = runtime.now()
    lasts = timedelta(days=runtime.settings.session_days)
    async with runtime.database.quick_house() as house:
        row = await house.first(_SESSION, secret_hash=secret_hash, now=now)
    if row is None:
        raise unauthorized()
    workspace_id, user_id, role, csrf_token, expires_at = row
    if expires_at - now < lasts - timedelta(days=1):
        async with runtime.database.house() as house:
            await house.execute(
                update(Session).where(Session.secret_hash == secret_hash).values(expires_at=now + lasts)
            )
    actor = Actor(workspace_id=workspace_id, user_id=user_id, role=cast(Role, role), session_id=secret_hash)
    return actor, csrf_token


async def sign_in(runtime: Runtime, email: str, password: str) -> SignedIn:
    """Start a session with e-mail and password.

    Raises:
        SignInFailed: they do not fit; the sentence does not say which of the two.
    """
    async with runtime.database.house() as house:
        user = (await house.execute(_by_email(email))).scalar_one_or_none()
    known = user.password_hash if user is not None and user.password_hash else _DECOY
    fits = await asyncio.to_thread(_passwords.verify, password, known)
    if user is None or user.password_hash is None or user.disabled_at is not None or not fits:
        raise SignInFailed("E-mail address and password do not fit. Check both, or ask for a sign-in link.")
    return await _start_session(runtime, user.id)


async def use_link(runtime: Runtime, token: str) -> SignedIn:
    """Start a session with a one-time link.

    Raises:
        LinkUsedOrExpired: used before, run out, or unknown.
    """
    async with runtime.database.house() as house:
        used = await house.execute(
            delete(SignInLink)
            .where(SignInLink.secret_hash == _hash(token), SignInLink.expires_at > runtime.now())
            .returning(SignInLink.user_id)
        )
        user_id = used.scalar_one_or_none()
    if user_id is None:
        raise LinkUsedOrExpired(
            "This sign-in link was used before or ran out. Make a new one with `steward user link EMAIL`."
        )
    return await _start_session(runtime, user_id)


async def sign_out(runtime: Runtime, actor: Actor) -> None:
    """End the actor's session."""
    async with runtime.database.house() as house:
        await house.execute(delete(Session).where(Session.secret_hash == actor.session_id))


async def make_link(runtime: Runtime, user_id: str) -> str:
    """Make a one-time sign-in link's secret for a user; earlier ones stop working."""
    secret = new_secret("")
    async with runtime.database.house() as house:
        await house.execute(delete(SignInLink).where(SignInLink.user_id == user_id))
        expires_at = runtime.now() + timedelta(hours=_LINK_HOURS)
        house.add(SignInLink(secret_hash=_hash(secret), user_id=user_id, expires_at=expires_at))
    return secret


async def set_password(runtime: Runtime, actor: Actor, password: str, current_password: str | None) -> None:
    """Give the actor's user a new password; every other session of the user ends.

    Raises:
        Forbidden: a key asks; passwords are for people who are signed in.
        PasswordTooShort: fewer than twelve characters.
        SignInFailed: the current password does not fit.
    """
    if actor.session_id is None:
        raise Forbidden("A key cannot set a password. Sign in on the page, and set it there.")
    if len(password) < LEAST_PASSWORD_CHARS:
        raise PasswordTooShort(f"A password has at least {LEAST_PASSWORD_CHARS} characters.")
    async with runtime.database.house() as house:
        user = (await house.execute(select(User).where(User.id == actor.user_id))).scalar_one()
    if user.password_hash is not None:
        given = current_password or ""
        if not await asyncio.to_thread(_passwords.verify, given, user.password_hash):
            raise SignInFailed("The current password does not fit.")
    hashed = await asyncio.to_thread(_passwords.hash, password)
    async with runtime.database.house() as house:
        await house.execute(update(User).where(User.id == user.id).values(password_hash=hashed))
        await house.execute(
            delete(Session).where(Session.user_id == user.id, Session.secret_hash != (actor.session_id or ""))
        )


async def me(runtime: Runtime, actor: Actor, csrf_token: str | None) -> Me:
    """Who the actor is, and the workspaces that the user may enter."""
    query = (
        select(Workspace.id, Workspace.name, Membership.role)
        .join(Membership, Membership.workspace_id == Workspace.id)
        .where(Membership.user_id == actor.user_id)
        .order_by(Workspace.name)
    )
    async with runtime.database.house() as house:
        user = (await house.execute(select(User).where(User.id == actor.user_id))).scalar_one()
        mine = [
            MembershipRead(id=row[0], name=row[1], role=cast(Role, row[2]))
            for row in await house.execute(query)
        ]
    here = next(workspace for workspace in mine if workspace.id == actor.workspace_id)
    return Me(
        user=UserRead(id=user.id, email=user.email, name=user.name),
        workspace=WorkspaceRead(id=here.id, name=here.name),
        role=actor.role,
        csrf_token=csrf_token,
        has_password=user.password_hash is not None,
        workspaces=mine if actor.session_id else [here],
    )


async def create_workspace(runtime: Runtime, name: str) -> str:
    """Make a workspace with its service account.

    Returns: the id of the workspace.

    Raises:
        Invalid: the name is empty.
    """
    if not name.strip():
        raise Invalid("A workspace needs a name.", field="name")
    async with runtime.database.house() as house:
        return await _add_workspace(house, name.strip())


async def create_user(
    runtime: Runtime, email: str, workspace_id: str, role: Role, password: str | None
) -> str:
    """Make a person and a membership.

    Returns: the id of the user.

    Raises:
        EmailTaken: another user has the address.
        Invalid: the address has no name or no host.
        NotFound: no such workspace.
        PasswordTooShort: fewer than twelve characters.
    """
    email = email.strip()
    if not _EMAIL.fullmatch(email):
        raise Invalid("An e-mail address looks like name@example.com.", field="email")
    if password is not None and len(password) < LEAST_PASSWORD_CHARS:
        raise PasswordTooShort(f"A password has at least {LEAST_PASSWORD_CHARS} characters.")
    hashed = None if password is None else await asyncio.to_thread(_passwords.hash, password)
    async with runtime.database.house() as house:
        await _ensure_workspace(house, workspace_id)
        return await _add_user(house, email, workspace_id, role, hashed)


async def find_user(runtime: Runtime, email: str) -> str | None:
    """The id of the user with this address, or None."""
    async with runtime.database.house() as house:
        user = (await house.execute(_by_email(email))).scalar_one_or_none()
    return None if user is None else user.id


async def first_owner(runtime: Runtime) -> str | None:
    """Make the first workspace and its owner on an empty database.

    Returns: the id of the owner while nobody has a password or has signed in, else None.
    """
    async with runtime.database.house() as house:
        # Two servers that start at once on an empty database make one owner.
        await house.execute(select(func.pg_advisory_xact_lock(_FIRST_OWNER_LOCK)))
        person = (
            await house.execute(
                select(User.id, User.password_hash)
                .where(User.kind == "person")
                .order_by(User.created_at)
                .limit(2)
            )
        ).all()
        workspaces = (await house.execute(select(func.count()).select_from(Workspace))).scalar_one()
        if not person and not workspaces:
            workspace_id = await _add_workspace(house, "My workspace")
            return await _add_user(house, "owner@localhost", workspace_id, "owner", None)
    if len(person) == 1 and person[0].password_hash is None:
        return person[0].id
    return None


async def first_workspace(runtime: Runtime) -> str:
    """The id of the oldest workspace.

    Raises:
        NotFound: there is none yet.
    """
    async with runtime.database.house() as house:
        found = (
            await house.execute(select(Workspace.id).order_by(Workspace.created_at).limit(1))
        ).scalar_one_or_none()
    if found is None:
        raise NotFound("There is no workspace yet. Make one with `steward workspace create NAME`.")
    return found


async def service_actor(runtime: Runtime, workspace_id: str) -> Actor:
    """The actor of the workspace's service account, for the operator's commands.

    Raises:
        NotFound: no such workspace.
    """
    async with runtime.database.house() as house:
        user_id = await _service_user(house, workspace_id)
    return Actor(workspace_id=workspace_id, user_id=user_id, role="owner")


async def create_key(work: Work, name: str) -> KeyCreated:
    """Make an API key for programs; what it creates belongs to the workspace's service account.

    Raises:
        Forbidden: the actor is not an admin.
    """
    work.actor.ensure_role("admin")
    service = await work.session.execute(
        select(User.id).join(Membership, Membership.user_id == User.id).where(User.kind == "service")
    )
    return await _create_key(work, name, service.scalar_one(), "member")


async def create_personal_key(runtime: Runtime, actor: Actor, name: str) -> str:
    """Make an API key that acts as its person, with the person's role.

    Returns: the key's secret, shown this once.
    """
    async with runtime.database.work(actor) as work:
        return (await _create_key(work, name, actor.user_id, actor.role)).key


async def _create_key(work: Work, name: str, user_id: str, role: Role) -> KeyCreated:
    secret = new_secret(KEY_PREFIX)
    key = ApiKey(
        workspace_id=work.actor.workspace_id,
        id=new_id("key"),
        user_id=user_id,
        name=name,
        hint=secret[-4:],
        secret_hash=_hash(secret),
        role=role,
    )
    work.session.add(key)
    await work.session.flush()
    await work.session.refresh(key)
    await audit.record(work, "api_key_created", "api_key", key.id, name=name)
    return KeyCreated.model_validate({**_key_read(key).model_dump(), "key": secret})


async def keys(work: Work) -> list[KeyRead]:
    """The API keys of the workspace, newest first.

    Raises:
        Forbidden: the actor is not an admin.
    """
    work.actor.ensure_role("admin")
    rows = await work.session.execute(select(ApiKey).order_by(ApiKey.created_at.desc()))
    return [_key_read(key) for key in rows.scalars()]


async def revoke_key(work: Work, key_id: str) -> None:
    """End a key at once.

    Raises:
        Forbidden: the actor is not an admin.
        NotFound: no such key in the workspace.
    """
    work.actor.ensure_role("admin")
    revoked = await work.session.execute(
        update(ApiKey).where(ApiKey.id == key_id).values(revoked_at=func.now()).returning(ApiKey.id)
    )
    if revoked.first() is None:
        raise NotFound("There is no such key.")
    await audit.record(work, "api_key_revoked", "api_key", key_id)


async def has_member(work: Work, user_id: str) -> bool:
    """Whether the user is a member of the actor's workspace."""
    return await work.session.get(Membership, (work.actor.workspace_id, user_id)) is not None


async def has_key(work: Work, key_id: str) -> bool:
    """Whether the actor's workspace has the key, perhaps revoked."""
    return await work.session.get(ApiKey, (work.actor.workspace_id, key_id)) is not None


def csrf_fits(expected: str, given: str | None) -> bool:
    """Whether the token that came with a change is the session's."""
    return given is not None and hmac.compare_digest(expected.encode(), given.encode())


def _key_read(key: ApiKey) -> KeyRead:
    return KeyRead.model_validate(key)


async def _start_session(runtime: Runtime, user_id: str) -> SignedIn:
    secret = new_secret("")
    async with runtime.database.house() as house:
        first = await house.execute(
            select(Membership.workspace_id, Membership.role)
            .join(User, User.id == Membership.user_id)
            .where(Membership.user_id == user_id, User.disabled_at.is_(None))
            .order_by(Membership.created_at)
            .limit(1)
        )
        row = first.first()
        if row is None:
            raise SignInFailed(
                "You are a member of no workspace, or may not sign in. Ask an owner to add you."
            )
        house.add(
            Session(
                secret_hash=_hash(secret),
                user_id=user_id,
                workspace_id=row.workspace_id,
                csrf_token=secrets.token_urlsafe(24),
                expires_at=runtime.now() + timedelta(days=runtime.settings.session_days),
            )
        )
    actor = Actor(row.workspace_id, user_id, cast(Role, row.role), session_id=_hash(secret))
    return SignedIn(secret, actor)


async def _add_workspace(house: AsyncSession, name: str) -> str:
    workspace_id, service_id = new_id("ws"), new_id("user")
    house.add_all(
        [Workspace(id=workspace_id, name=name), User(id=service_id, kind="service", name="API keys")]
    )
    await house.flush()
    house.add(Membership(workspace_id=workspace_id, user_id=service_id, role="admin"))
    return workspace_id


async def _add_user(
    house: AsyncSession, email: str, workspace_id: str, role: Role, password_hash: str | None
) -> str:
    taken = EmailTaken(f"A user with the address {email} exists already.")
    if (await house.execute(_by_email(email))).first() is not None:
        raise taken
    user_id = new_id("user")
    house.add(User(id=user_id, email=email, name=email.split("@")[0], password_hash=password_hash))
    try:
        await house.flush()
    except IntegrityError as error:
        # Somebody made it between our look and our insert.
        raise taken from error
    house.add(Membership(workspace_id=workspace_id, user_id=user_id, role=role))
    return user_id


async def _ensure_workspace(house: AsyncSession, workspace_id: str) -> None:
    if (await house.execute(select(Workspace.id).where(Workspace.id == workspace_id))).first() is None:
        raise NotFound(
            f"There is no workspace {workspace_id}. Make one with `steward workspace create NAME`."
        )


async def _service_user(house: AsyncSession, workspace_id: str) -> str:
    await _ensure_workspace(house, workspace_id)
    found = await house.execute(
        select(User.id)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.workspace_id == workspace_id, User.kind == "service")
    )
    return found.scalar_one()


def _by_email(email: str) -> Select[User]:
    return select(User).where(func.lower(User.email) == email.strip().lower())


def _hash(secret: str) -> str:
    # Secrets have 256 random bits: a plain hash cannot be searched, and costs nothing per request.
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Standing:
    """Who the actor is and where, as people read it. `properties` are the workspace's own settings.

    Attributes:
        is_person: whether it is nobody's program, which acts as the workspace's service account.
    """

    workspace_name: str
    user_name: str
    role: str
    properties: dict[str, Any]
    is_person: bool = False


# Asked in every turn. The role is read anew, since whoever goes on with a turn after a crash does not know it.
STANDING: Final = Statement(
    "SELECT w.name AS workspace_name, w.properties, m.role, u.name AS user_name, u.kind FROM workspaces w "
    "LEFT JOIN memberships m ON m.workspace_id = w.id AND m.user_id = :user_id "
    "LEFT JOIN users u ON u.id = m.user_id WHERE w.id = :workspace_id"
)
# A service account is what its keys are, whatever its membership says: members.
_MEMBER: Final = Statement(
    "SELECT CASE u.kind WHEN 'service' THEN 'member' ELSE m.role END AS role FROM memberships m "
    "JOIN users u ON u.id = m.user_id "
    "WHERE m.workspace_id = :workspace_id AND m.user_id = :user_id AND u.disabled_at IS NULL"
)


async def standing(work: Transaction) -> Standing:
    """Names and role of the actor; empty where nobody knows them. A service account has no name that people gave it."""
    row = await work.first(STANDING, **work.mine)
    if row is None:
        return Standing("", "", "", {})
    is_person = row.kind == "person"
    user_name = row.user_name if is_person else ""
    return Standing(row.workspace_name, user_name, row.role or "", row.properties, is_person)


async def actor_of_member(runtime: Runtime, workspace_id: str, user_id: str) -> Actor | None:
    """A user as the actor of work that began without a request, with the role of this moment; None when the user has
    left the workspace or may not sign in any more.
    """
    async with runtime.database.quick_house() as house:
        row = await house.first(_MEMBER, workspace_id=workspace_id, user_id=user_id)
    return None if row is None else Actor(workspace_id, user_id, cast(Role, row.role))


async def group(work: Work) -> GroupRead:
    """The actor's workspace as the ontology knows it: a group of type organization."""
    workspace = await work.session.get_one(Workspace, work.actor.workspace_id)
    return GroupRead(
        id=workspace.id,
        type=workspace.type,
        name=workspace.name,
        properties=workspace.properties,
        created_at=workspace.created_at,
    )


_SET_PROPERTIES: Final = Statement(
    "UPDATE workspaces SET properties = jsonb_strip_nulls(properties || cast(:properties AS jsonb)), "
    "updated_at = now() WHERE id = :workspace_id RETURNING properties"
)


async def set_properties(work: Transaction, **values: JsonValue) -> dict[str, Any]:
    """Change the workspace's own settings, which rooms above give a meaning to; None takes one away.

    Returns: all of them, as they are now.

    Raises:
        Forbidden: the actor is not an admin.
    """
    work.actor.ensure_role("admin")
    given = msgspec.json.encode(values).decode()
    row = await work.first(_SET_PROPERTIES, workspace_id=work.actor.workspace_id, properties=given)
    assert row is not None, "an actor has a workspace"
    await audit.record(work, "workspace_changed", "workspace", work.actor.workspace_id, fields=sorted(values))
    return row.properties
