"""Profiles: what people say about themselves, whether they are remembered, and how both changed."""

from __future__ import annotations

from typing import Any, Final, Literal

from steward.audit import service as audit
from steward.kernel import runtime
from steward.kernel.errors import NotFound
from steward.kernel.ids import new_id
from steward.kernel.work import Transaction
from steward.memory import profile_queries
from steward.memory.schemas import FIELDS, ProfileChangeRead, ProfileHistory, ProfileRead, ProfileUpdate

_NAMES: Final = (*FIELDS, "is_memory_on")


async def get(work: Transaction) -> ProfileRead:
    """The actor's own profile; empty when they have not written any.

    Raises:
        NotFound: the account is gone.
    """
    row = await profile_queries.get(work)
    if row is None:
        raise NotFound("There is no such profile.")
    return ProfileRead(
        user_id=work.actor.user_id,
        account_name=row.account_name,
        updated_at=row.updated_at,
        **{name: row[name] for name in _NAMES},
    )


async def is_memory_on(work: Transaction) -> bool:
    """Whether anything is remembered of the actor: the operator and the person both have a say."""
    if not runtime.current().settings.memory.enabled:
        return False
    row = await profile_queries.get(work)
    return row is not None and row.is_memory_on


async def change(
    work: Transaction,
    wanted: ProfileUpdate,
    *,
    made_by: Literal["person", "assistant"] = "person",
    run_id: str | None = None,
    change_id: str | None = None,
) -> ProfileRead:
    """Change the actor's own profile, and write down what was there before.

    Args:
        work: of the person.
        wanted: what to change.
        made_by: the person, or the assistant with the person's consent.
        run_id: in which turn.
        change_id: of the one change that is wanted; when it is written down already nothing more happens.

    Raises:
        Forbidden: the actor may only read.
    """
    work.actor.ensure_role("member")
    before = await profile_queries.lock(work)
    if change_id is not None and await profile_queries.noted(work, change_id) is not None:
        return await get(work)
    given = {name: value for name, value in wanted.model_dump().items() if value is not None}
    changed = {name: value for name, value in given.items() if before[name] != value}
    for name, value in changed.items():
        await profile_queries.note(
            work,
            id=change_id or new_id("pch"),
            field=name,
            before=_text(before[name]),
            after=_text(value),
            made_by=made_by,
            run_id=run_id,
        )
    if changed:
        await profile_queries.write(work, {name: changed.get(name, before[name]) for name in _NAMES})
        await audit.record(
            work,
            "profile_changed",
            "user",
            work.actor.user_id,
            fields=sorted(changed),
            made_by=made_by,
        )
    return await get(work)


async def find_change(work: Transaction, change_id: str) -> ProfileChangeRead | None:
    """One change of the actor's profile, or None."""
    row = await profile_queries.noted(work, change_id)
    return None if row is None else ProfileChangeRead.model_validate(dict(row))


async def history(work: Transaction, limit: int) -> ProfileHistory:
    """How the actor's profile changed, the newest first."""
    rows = await profile_queries.history(work, limit)
    return ProfileHistory(items=[ProfileChangeRead.model_validate(dict(row)) for row in rows])


def _text(value: Any) -> str:
    return ("on" if value else "off") if isinstance(value, bool) else str(value)
