"""SQL of profiles. Every statement names workspace and user beside the row policy."""

from __future__ import annotations

from typing import Any, Final

from steward.kernel.work import Found, Statement, Transaction

# Many people speak through the one account of a workspace's keys: nothing is remembered of it unless somebody says so.
GET: Final = Statement(
    "SELECT u.name AS account_name, p.updated_at, coalesce(p.is_memory_on, u.kind = 'person') AS is_memory_on, "
    "coalesce(p.display_name, '') AS display_name, coalesce(p.role, '') AS role, "
    "coalesce(p.company, '') AS company, coalesce(p.language, '') AS language, "
    "coalesce(p.time_zone, '') AS time_zone, coalesce(p.preferences, '') AS preferences, "
    "coalesce(p.about, '') AS about FROM users u "
    "LEFT JOIN profiles p ON p.workspace_id = :workspace_id AND p.user_id = u.id WHERE u.id = :user_id"
)
_ENSURE: Final = Statement(
    "INSERT INTO profiles (workspace_id, id, user_id, is_memory_on) "
    "SELECT :workspace_id, u.id, u.id, u.kind = 'person' FROM users u WHERE u.id = :user_id ON CONFLICT DO NOTHING"
)
_LOCK: Final = Statement(
    "SELECT display_name, role, company, language, time_zone, preferences, about, is_memory_on FROM profiles "
    "WHERE workspace_id = :workspace_id AND user_id = :user_id FOR UPDATE"
)
_WRITE: Final = Statement(
    "UPDATE profiles SET display_name = :display_name, role = :role, company = :company, language = :language, "
    "time_zone = :time_zone, preferences = :preferences, about = :about, is_memory_on = :is_memory_on, "
    "updated_at = now() WHERE workspace_id = :workspace_id AND user_id = :user_id"
)
_NOTE: Final = Statement(
    "INSERT INTO profile_changes (workspace_id, id, user_id, field, before, after, made_by, run_id) "
    "VALUES (:workspace_id, :id, :user_id, :field, :before, :after, :made_by, :run_id)"
)
_NOTED: Final = Statement(
    "SELECT id, field, before, after, made_by, run_id, created_at FROM profile_changes "
    "WHERE workspace_id = :workspace_id AND user_id = :user_id AND id = :id"
)
_HISTORY: Final = Statement(
    "SELECT id, field, before, after, made_by, run_id, created_at FROM profile_changes "
    "WHERE workspace_id = :workspace_id AND user_id = :user_id ORDER BY created_at DESC, id DESC "
    "LIMIT cast(:most AS int)"
)


async def get(work: Transaction) -> Found | None:
    """The actor's profile, empty when nothing is written yet; None for an account that is gone."""
    return await work.first(GET, **work.mine)


async def lock(work: Transaction) -> Found:
    """The actor's profile as it is written, made if need be, and locked until the transaction ends."""
    await work.all(_ENSURE, **work.mine)
    return (await work.all(_LOCK, **work.mine))[0]


async def write(work: Transaction, values: dict[str, Any]) -> None:
    """Write every field."""
    await work.all(_WRITE, **work.mine, **values)


async def note(work: Transaction, **values: Any) -> None:
    """Write a change down."""
    await work.all(_NOTE, **work.mine, **values)


async def noted(work: Transaction, change_id: str) -> Found | None:
    """A change that was written down, or None."""
    return await work.first(_NOTED, **work.mine, id=change_id)


async def history(work: Transaction, most: int) -> list[Found]:
    """Changes, the newest first."""
    return await work.all(_HISTORY, **work.mine, most=most)
