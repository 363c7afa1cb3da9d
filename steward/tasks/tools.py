"""Tools of tasks: write down what is to be done, and open a ticket for whoever needs help."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field

from steward.kernel.tools import ToolContext, tool
from steward.tasks import service, tickets
from steward.tasks.kinds import Priority
from steward.tasks.schemas import Assignee, Details, Requester, TaskCreate, TicketCreate, Title


class CreatedTask(BaseModel):
    """A task that was written down."""

    success: bool
    task_id: str
    title: str
    assignee_id: str
    due_on: date | None
    url: str


class CreatedTicket(BaseModel):
    """A ticket that was opened. Give its number and link to whoever asked."""

    success: bool
    ticket_id: str
    number: int
    status: str
    url: str


# Neither asks a person first: what they make is seen at once, and as easily deleted.
@tool("createTask", changes=True, approval="never")
async def create_task(
    context: ToolContext,
    title: Annotated[Title, Field(description="What is to be done, in a few words.")],
    details: Annotated[Details, Field(description="What whoever does it must know.")] = "",
    assignee: Annotated[
        Assignee | None,
        Field(description="E-mail address of a colleague; left out, the task is the user's own."),
    ] = None,
    due_on: Annotated[date | None, Field(description="The day by which it is to be done.")] = None,
    priority: Priority = "normal",
) -> CreatedTask:
    """Write down a task, for the user or for a colleague. Use it when somebody agrees to do something later."""
    wanted = TaskCreate(title=title, details=details, assignee=assignee, due_on=due_on, priority=priority)
    async with context.work() as work:
        made = await service.create(work, wanted, task_id=context.new_id("task"), thread_id=context.thread_id)
    return CreatedTask(
        success=True,
        task_id=made.id,
        title=made.title,
        assignee_id=made.assignee_id,
        due_on=made.due_on,
        url=made.url,
    )


@tool("createTicket", changes=True, approval="never")
async def create_ticket(
    context: ToolContext,
    subject: Annotated[Title, Field(description="The problem in one line.")],
    description: Annotated[Details, Field(description="What happened, and what was tried.")] = "",
    priority: Priority = "normal",
    requester: Annotated[Requester, Field(description="Who needs help: their name or address.")] = "",
) -> CreatedTicket:
    """Open a support ticket, so that a person looks at the problem. Use it when you cannot solve it yourself."""
    wanted = TicketCreate(subject=subject, description=description, priority=priority, requester=requester)
    async with context.work() as work:
        made = await tickets.create(
            work, wanted, ticket_id=context.new_id("ticket"), thread_id=context.thread_id
        )
    return CreatedTicket(
        success=True, ticket_id=made.id, number=made.number, status=made.status, url=made.url
    )
