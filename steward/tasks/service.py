"""What can be done with tasks: things that a member of the workspace is to do."""

from __future__ import annotations

from typing import Any

from steward.audit import service as audit
from steward.identity import service as identity
from steward.kernel import runtime
from steward.kernel.ids import new_id
from steward.kernel.work import Work
from steward.tasks.errors import AssigneeUnknown
from steward.tasks.kinds import TASK, TaskProperties
from steward.tasks.schemas import TaskChange, TaskCreate, TaskPage, TaskRead
from steward.things import service as things
from steward.things.service import Thing


async def create(
    work: Work, wanted: TaskCreate, *, task_id: str | None = None, thread_id: str | None = None
) -> TaskRead:
    """Make a task; one that has the given id already is returned as it is.

    Args:
        work: of whoever asks for it; the task is theirs unless it names somebody else.
        wanted: what is to be done.
        task_id: for a call that may run twice.
        thread_id: the conversation in which it came up.

    Raises:
        Forbidden: the actor may only read.
        AssigneeUnknown: nobody of the workspace is meant.
    """
    work.actor.ensure_role("member")
    properties = TaskProperties(
        details=wanted.details,
        assignee_id=await _assignee_id(work, wanted.assignee),
        due_on=wanted.due_on,
        priority=wanted.priority,
        thread_id=thread_id,
    )
    task_id = task_id or new_id(TASK.prefix)
    made, is_new = await things.create_once(work, TASK, task_id, wanted.title, properties, status="open")
    if is_new:
        await audit.record(work, "task_created", "task", made.id, assignee_id=properties.assignee_id)
    return _read(made)


async def get(work: Work, task_id: str) -> TaskRead:
    """A task.

    Raises:
        NotFound: there is none in the actor's workspace.
    """
    return _read(await things.get(work, TASK, task_id))


async def page(
    work: Work,
    *,
    limit: int,
    cursor: str | None = None,
    status: str | None = None,
    assignee_id: str | None = None,
    query: str | None = None,
) -> TaskPage:
    """The workspace's tasks, the newest first."""
    holding = None if assignee_id is None else {"assignee_id": assignee_id}
    found = await things.page(
        work, TASK, limit=limit, cursor=cursor, status=status, query=query, holding=holding
    )
    return TaskPage(items=[_read(thing) for thing in found.items], next_cursor=found.next_cursor)


async def change(work: Work, task_id: str, wanted: TaskChange) -> TaskRead:
    """Change a task, or say what became of it.

    Raises:
        Forbidden: the actor may only read.
        NotFound: there is none in the actor's workspace.
        AssigneeUnknown: nobody of the workspace is meant.
    """
    work.actor.ensure_role("member")
    thing = await things.get(work, TASK, task_id, lock=True)
    new: dict[str, Any] = wanted.model_dump(exclude_none=True, include={"details", "priority"})
    if "due_on" in wanted.model_fields_set:
        new["due_on"] = wanted.due_on
    if wanted.assignee is not None:
        new["assignee_id"] = await _assignee_id(work, wanted.assignee)
    properties = thing.read(TaskProperties).model_copy(update=new)
    changed = await things.change(work, thing, name=wanted.title, status=wanted.status, properties=properties)
    await audit.record(work, "task_changed", "task", task_id, fields=sorted(wanted.model_fields_set))
    return _read(changed)


async def delete(work: Work, task_id: str) -> None:
    """Delete a task.

    Raises:
        Forbidden: the actor may only read.
        NotFound: there is none in the actor's workspace.
    """
    work.actor.ensure_role("member")
    await things.delete(work, TASK, task_id)
    await audit.record(work, "task_deleted", "task", task_id)


async def _assignee_id(work: Work, name: str | None) -> str:
    """The user whom an id or an address means."""
    if not name:
        return work.actor.user_id
    user_id = await identity.find_user(runtime.current(), name) if "@" in name else name
    # An address that nobody has and one of another workspace get the same answer.
    if user_id is None or not await identity.has_member(work, user_id):
        raise AssigneeUnknown(
            f"Nobody in this workspace is called {name[:100]!r}. Name a member by their e-mail address.",
            field="assignee",
        )
    return user_id


def url_of(task_id: str) -> str:
    """Where the app shows a task."""
    base = (runtime.current().settings.public_url or "").rstrip("/")
    return f"{base}/tasks/{task_id}"


def _read(thing: Thing) -> TaskRead:
    properties = thing.read(TaskProperties)
    return TaskRead.model_validate(
        {
            "id": thing.id,
            "title": thing.name,
            "status": thing.status,
            "url": url_of(thing.id),
            "created_by": thing.created_by,
            "created_at": thing.created_at,
            "updated_at": thing.updated_at,
            **properties.model_dump(),
        }
    )
