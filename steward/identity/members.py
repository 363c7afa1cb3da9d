"""Members: who belongs to a workspace, with which role, and the one-time link with which somebody new comes in."""

from __future__ import annotations

from datetime import datetime
from typing import Final, cast

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from steward.audit import service as audit
from steward.identity import service
from steward.identity.errors import EmailTaken
from steward.identity.member_schemas import MemberAdded, MemberPage, MemberRead
from steward.identity.tables import Membership, Session, SignInLink, User
from steward.kernel.errors import Conflict, Forbidden, NotFound
from steward.kernel.pages import read_cursor, write_cursor
from steward.kernel.runtime import Runtime
from steward.kernel.work import Actor, Role, Statement, Transaction, lower_role

# Programs have no place among people: a workspace's keys share a user of their own, and embedded pages have visitors.
_PAGE: Final = Statement(
    "SELECT u.id AS user_id, u.name, u.email, m.role, m.created_at AS joined_at, lower(u.name) AS sorted_by "
    "FROM memberships m JOIN users u ON u.id = m.user_id "
    "WHERE m.workspace_id = :workspace_id AND u.kind = 'person' AND u.disabled_at IS NULL "
    "AND (cast(:last_id AS text) IS NULL OR (lower(u.name), u.id) > (:last_name, :last_id)) "
    "ORDER BY lower(u.name), u.id LIMIT :limit"
)


async def page(work: Transaction, *, limit: int, cursor: str | None = None) -> MemberPage:
    """The people of the workspace by name; their addresses are for admins and owners, and one's own for oneself.

    Raises:
        Forbidden: the actor is a viewer.
        Invalid: the cursor is not one of this list.
    """
    work.actor.ensure_role("member")
    last_name, last_id = (None, None) if cursor is None else read_cursor(cursor, str, str)
    rows = await work.all(
        _PAGE,
        workspace_id=work.actor.workspace_id,
        last_name=last_name,
        last_id=last_id,
        limit=limit + 1,
    )
    shown = rows[:limit]
    more = len(rows) > limit
    return MemberPage(
        items=[_read(work.actor, row.user_id, row.name, row.email, row.role, row.joined_at) for row in shown],
        next_cursor=write_cursor(shown[-1].sorted_by, shown[-1].user_id) if more else None,
    )


async def add(runtime: Runtime, actor: Actor, email: str, role: Role) -> MemberAdded:
    """Make somebody a member. A link comes only for whoever never signed in: with one for anybody else the actor could
    read what is that person's own.

    Raises:
        Conflict: they are a member already.
        EmailTaken: the address belongs to a person of another workspace, who has to come by another address.
        Forbidden: the actor is not an admin, or the role is above the actor's.
        Invalid: the address has no name or no host.
    """
    _ensure_may_give(actor, role)
    user_id = await service.find_user(runtime, email)
    if user_id is None:
        user_id = await service.create_user(runtime, email, actor.workspace_id, role, None)
        is_new = True
    else:
        is_new = await _add_known(runtime, actor, user_id, role)
    member = await _get(runtime, actor, user_id)
    async with runtime.database.work(actor) as work:
        await audit.record(work, "member_added", "user", user_id, name=member.name, role=member.role)
    if not is_new:
        return MemberAdded(**member.model_dump(), link=None)
    base = (runtime.settings.public_url or "").rstrip("/")
    # In the fragment: it reaches no server log and no proxy.
    link = f"{base}/welcome#token={await service.make_link(runtime, user_id)}"
    return MemberAdded(**member.model_dump(), link=link)


async def set_role(runtime: Runtime, actor: Actor, user_id: str, role: Role) -> MemberRead:
    """Give a member another role; it counts from the next request on.

    Raises:
        Conflict: the workspace would have no owner any more.
        Forbidden: the actor is not an admin, or one of the two roles is above the actor's.
        NotFound: no such member of the workspace.
    """
    _ensure_may_give(actor, role)
    async with runtime.database.house() as house:
        member = await _locked(house, actor, user_id, role)
        before, member.role = member.role, role
    read = await _get(runtime, actor, user_id)
    if before != role:
        async with runtime.database.work(actor) as work:
            await audit.record(
                work, "member_role_changed", "user", user_id, name=read.name, before=before, role=role
            )
    return read


async def remove(runtime: Runtime, actor: Actor, user_id: str) -> None:
    """End a membership: sessions and keys of the person stop at once. What they made stays.

    Raises:
        Conflict: the workspace would have no owner any more.
        Forbidden: the actor is not an admin, or the member's role is above the actor's.
        NotFound: no such member of the workspace.
    """
    actor.ensure_role("admin")
    async with runtime.database.house() as house:
        await _locked(house, actor, user_id, None)
        name = (await house.execute(select(User.name).where(User.id == user_id))).scalar_one()
        await house.execute(
            delete(Membership).where(
                Membership.workspace_id == actor.workspace_id, Membership.user_id == user_id
            )
        )
        await house.execute(
            delete(Session).where(Session.user_id == user_id, Session.workspace_id == actor.workspace_id)
        )
    async with runtime.database.work(actor) as work:
        await audit.record(work, "member_removed", "user", user_id, name=name)


async def _add_known(runtime: Runtime, actor: Actor, user_id: str, role: Role) -> bool:
    """Add somebody who has an account already. Returns: whether they never signed in, so that a link is due."""
    async with runtime.database.house() as house:
        # Two who add the same person at once come one after the other.
        user = (await house.execute(select(User).where(User.id == user_id).with_for_update())).scalar_one()
        theirs = (
            (await house.execute(select(Membership).where(Membership.user_id == user_id))).scalars().all()
        )
        here = next((one for one in theirs if one.workspace_id == actor.workspace_id), None)
        is_unused = user.password_hash is None and await _waits(house, user_id)
        if here is not None and not is_unused:
            raise Conflict("They are a member of this workspace already. Change their role instead.")
        if user.disabled_at is not None or (here is None and theirs):
            raise EmailTaken("This address belongs to somebody who cannot be added. Use another address.")
        if here is not None:
            _ensure_not_above(actor, cast(Role, here.role))
            here.role = role
            return True
        house.add(Membership(workspace_id=actor.workspace_id, user_id=user_id, role=role))
        return is_unused


async def _waits(house: AsyncSession, user_id: str) -> bool:
    """Whether the person's link was never used, and nobody is signed in: a used link is gone."""
    has_link = exists().where(SignInLink.user_id == user_id)
    has_session = exists().where(Session.user_id == user_id)
    return bool((await house.execute(select(has_link & ~has_session))).scalar_one())


async def _locked(house: AsyncSession, actor: Actor, user_id: str, becomes: Role | None) -> Membership:
    """The membership of a person, for somebody who may change it. `becomes` is None for one that ends."""
    # Owners first and in one order: of two who take each other's role away at once, one stays.
    owners = await house.execute(
        select(Membership.user_id)
        .where(Membership.workspace_id == actor.workspace_id, Membership.role == "owner")
        .order_by(Membership.user_id)
        .with_for_update()
    )
    are_others = any(owner != user_id for owner in owners.scalars())
    found = await house.execute(
        select(Membership)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.workspace_id == actor.workspace_id,
            Membership.user_id == user_id,
            User.kind == "person",
        )
        .with_for_update(of=Membership)
    )
    member = found.scalar_one_or_none()
    if member is None:
        raise NotFound("There is no such member.")
    _ensure_not_above(actor, cast(Role, member.role))
    if member.role == "owner" and becomes != "owner" and not are_others:
        raise Conflict("A workspace keeps one owner. Make somebody else an owner first.")
    return member


async def _get(runtime: Runtime, actor: Actor, user_id: str) -> MemberRead:
    async with runtime.database.house() as house:
        found = await house.execute(
            select(User, Membership)
            .join(Membership, Membership.user_id == User.id)
            .where(User.id == user_id, Membership.workspace_id == actor.workspace_id)
        )
        row = found.first()
    if row is None:
        raise NotFound("There is no such member.")
    user, member = row
    return _read(actor, user.id, user.name, user.email, cast(Role, member.role), member.created_at)


def _read(
    actor: Actor, user_id: str, name: str, email: str | None, role: Role, joined_at: datetime
) -> MemberRead:
    sees_address = actor.role in ("owner", "admin") or user_id == actor.user_id
    return MemberRead(
        user_id=user_id, name=name, email=email if sees_address else None, role=role, joined_at=joined_at
    )


def _ensure_may_give(actor: Actor, role: Role) -> None:
    actor.ensure_role("admin")
    if lower_role(role, actor.role) != role:
        raise Forbidden(f"Your role is {actor.role}: you cannot make somebody {role}. Ask an owner.")


def _ensure_not_above(actor: Actor, role: Role) -> None:
    if lower_role(role, actor.role) != role:
        raise Forbidden(f"Their role is {role}, and yours is {actor.role}. Ask an owner.")
