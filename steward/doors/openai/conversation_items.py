"""The items of a conversation: read from the messages of its thread, written as such, a stretch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from steward.doors.openai import response_files
from steward.doors.openai.errors import BadRequest
from steward.doors.openai.response_input import Input, no_call
from steward.doors.openai.response_input_items import cut
from steward.doors.openai.response_items import Item, message_id_of
from steward.doors.openai.response_message_items import items_of
from steward.kernel import runtime
from steward.kernel.errors import NotFound
from steward.kernel.stretches import Asked, Stretch
from steward.kernel.work import Actor, Work
from steward.runs import service as runs
from steward.threads import exchanges, keeping
from steward.threads import service as threads
from steward.threads.errors import ThreadArchived
from steward.threads.schemas import MessageRead

_AHEAD: Final = 20
"""Messages that are read at once: most of them are one item."""


async def stretch(work: Work, thread_id: str, asked: Asked) -> Stretch[Item]:
    """A stretch of a conversation's items.

    Raises:
        NotFound: the actor has no such thread.
    """
    head_id = (await threads.read(work, thread_id)).head_id
    ids = [] if head_id is None else await keeping.path_ids(work, head_id)
    ordered = ids[::-1] if asked.ascending else ids
    first = _position(ordered, asked.after)
    if first is None:
        return Stretch([], has_more=False)
    items: list[Item] = []
    while first < len(ordered) and not cut(items, asked).has_more:
        some = ordered[first : first + _AHEAD]
        items += [item for one in await keeping.several(work, some) for item in _ordered(one, asked)]
        first += len(some)
    return cut(items, asked)


async def find(work: Work, thread_id: str, item_id: str) -> tuple[MessageRead, Item]:
    """An item, and the message that it belongs to.

    Raises:
        NotFound: the conversation has none of this id.
    """
    for message in await _holding(work, thread_id, message_id_of(item_id)):
        for item in items_of(message):
            if item["id"] == item_id:
                return message, item
    raise no_item(item_id)


async def add(actor: Actor, thread_id: str, said: Input) -> list[Item]:
    """Add items to a conversation's end.

    Raises:
        BadRequest: an output belongs to no call among them, or a response is being made in the conversation.
        Forbidden: the actor may only read.
        NotFound: a file is not there.
    """
    if said.outputs:
        raise no_call(next(iter(said.outputs)), "items")
    messages = await response_files.to_said(actor, said.drafts)
    async with runtime.current().database.work(actor) as work:
        await exchanges.lock(work, thread_id)
        await ensure_idle(work, thread_id)
        try:
            ids = await keeping.append(work, thread_id, messages)
        except ThreadArchived as refusal:
            raise BadRequest(refusal.detail, code=refusal.tag) from refusal
        return [item for one in await keeping.several(work, ids) for item in items_of(one)]


async def delete(work: Work, thread_id: str, item_id: str) -> None:
    """Delete an item: the message that it is.

    Raises:
        BadRequest: it is one of several of an answer, or a response is being made in the conversation.
        Forbidden: the actor may only read.
        NotFound: the conversation has none of this id.
    """
    message, _ = await find(work, thread_id, item_id)
    work.actor.ensure_role("member")
    if item_id != message.id and len(items_of(message)) > 1:
        raise BadRequest(
            f"The item '{item_id}' is part of an answer, which is deleted as a whole: delete '{message.id}'.",
            param="item_id",
        )
    await exchanges.lock(work, thread_id)
    await ensure_idle(work, thread_id)
    await keeping.delete_message(work, thread_id, message.id)


async def ensure_idle(work: Work, thread_id: str) -> None:
    """Refuse while a response is being made in the conversation.

    Raises:
        BadRequest: one is.
    """
    if await runs.find_live(work, thread_id) is not None:
        raise BadRequest(
            "A response is being made in this conversation. Wait until it has ended, or cancel it.",
            param="conversation_id",
            code="conversation_locked",
        )


def no_item(item_id: str) -> NotFound:
    """The refusal for an item that the conversation does not have."""
    return NotFound(f"Item with id '{item_id}' not found.", code=None)


async def _holding(work: Work, thread_id: str, message_id: str) -> list[MessageRead]:
    """The message of this id, when it is in the thread."""
    found = await keeping.path(work, message_id, 1)
    head_id = (await threads.read(work, thread_id)).head_id
    if not found or head_id is None or message_id not in await keeping.path_ids(work, head_id):
        return []
    return found


def _ordered(message: MessageRead, asked: Asked) -> list[Item]:
    items = items_of(message)
    return items if asked.ascending else items[::-1]


def _position(ordered: Sequence[str], after: str | None) -> int | None:
    """Where to begin: with the message of the cursor's item, which may have more of them; None when it is not there."""
    if after is None:
        return 0
    message_id = message_id_of(after)
    return ordered.index(message_id) if message_id in ordered else None
