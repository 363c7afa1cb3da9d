"""What a turn does with a thread: its question, the answer to it, and what was said before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from steward.kernel.characters import cut
from steward.kernel.errors import NotFound
from steward.kernel.ids import new_id
from steward.kernel.work import Found, Transaction
from steward.threads import queries
from steward.threads.errors import ClientIdTaken, MessageEmpty, MessageTooLong, ThreadArchived
from steward.threads.queries import Answer
from steward.threads.reading import Part, file_names, first_line, no_message, no_thread, plain_text


@dataclass(frozen=True, slots=True)
class ThreadRef:
    """A thread as a turn needs it."""

    id: str
    client_id: str | None
    head_id: str | None
    title: str
    model: str | None
    is_new: bool
    agent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A user's message, stored. `is_repeat`: it was stored before, by an earlier copy of the same request."""

    id: str
    parent_id: str | None
    is_repeat: bool


async def open_thread(work: Transaction, ref: str | None, *, model: str | None = None) -> ThreadRef:
    """Get the thread of this id, ours or the client's, or make it; locks it until the work commits.

    Args:
        work: of whoever writes.
        ref: an id; one that nobody has becomes the client's id of the new thread. None always makes a new one.
        model: what a new thread remembers as its model.

    Raises:
        ThreadArchived: the thread takes no new messages.
        NotFound: the id has the form of ours, but there is no such thread.
    """
    if ref is not None:
        found = await queries.lock_thread(work, ref)
        if found is not None:
            if found.archived:
                raise ThreadArchived("This conversation is archived; bring it back to go on with it.")
            return _ref(found)
        if ref.startswith("thread_"):
            raise no_thread()
    thread_id = await queries.insert_thread(work, client_id=ref, title="", model=model)
    if thread_id is None:
        # Somebody made it between our look and our insert.
        return await open_thread(work, ref, model=model)
    return ThreadRef(thread_id, ref, None, "", model, is_new=True)


def ensure_fits(parts: Sequence[Part], most_chars: int) -> None:
    """Refuse a message that is empty or too long.

    Raises:
        MessageEmpty: no text but blanks.
        MessageTooLong: more characters than the limit.
    """
    content = plain_text(parts)
    if not content.strip() and not any(part["type"] == "file" for part in parts):
        raise MessageEmpty("The message is empty; write something first.", field="message")
    if len(content) > most_chars:
        raise MessageTooLong(
            f"The message has {len(content)} characters; at most {most_chars} are taken.", field="message"
        )


async def find_repeat(
    work: Transaction, thread: ThreadRef, client_id: str | None, parts: Sequence[Part], *, is_edit: bool
) -> Question | None:
    """The message that an earlier copy of the same request stored, or None.

    Raises:
        ClientIdTaken: the id belongs to an answer, or to another text and this is no edit of it.
    """
    if client_id is None or thread.is_new:
        return None
    known = await queries.find_message(work, thread.id, client_id)
    if known is None:
        return None
    if known.role != "user":
        raise ClientIdTaken("The message's id belongs to an answer; send a new message under a new id.")
    if known.parts == list(parts):
        return Question(known.id, known.parent_id, is_repeat=True)
    if is_edit:
        return None
    raise ClientIdTaken(
        "Another message has this id; send a new message under a new id, or edit the old one."
    )


async def edited_parent(work: Transaction, thread: ThreadRef, message_ref: str) -> str | None:
    """The parent under which a new version of a user's message belongs; the old version gives up the client's id.

    Raises:
        NotFound: no such message of a user in the thread.
    """
    known = await queries.find_message(work, thread.id, message_ref)
    if known is None or known.role != "user":
        raise no_message()
    await queries.give_up_client_id(work, known.id)
    return known.parent_id


async def find_question(work: Transaction, thread: ThreadRef, ref: str | None) -> Question | None:
    """The user's message that this id names, as itself or as the one that its answer belongs to; or None."""
    known = None if ref is None else await queries.find_message(work, thread.id, ref)
    while known is not None and known.role != "user":
        parent_id = known.parent_id
        known = None if parent_id is None else await queries.find_message(work, thread.id, parent_id)
    return None if known is None else Question(known.id, known.parent_id, is_repeat=True)


async def question_text(work: Transaction, thread_ref: str, *refs: str | None) -> str:
    """What is asked in a thread: by the message that one of these ids names, or else by its newest question."""
    found = await queries.lock_thread(work, thread_ref)
    if found is None:
        return ""
    thread = _ref(found)
    for ref in (*refs, found.head_id):
        named = await find_question(work, thread, ref)
        if named is not None:
            known = await queries.find_message(work, thread.id, named.id)
            return "" if known is None else plain_text(known.parts)
    return ""


async def has_question(work: Transaction, thread_ref: str, *refs: str | None) -> bool:
    """Whether one of these ids names a question of the thread, or an answer to one."""
    found = await queries.lock_thread(work, thread_ref)
    if found is None:
        return False
    return any([await find_question(work, _ref(found), ref) is not None for ref in refs])


AGENT_OF: Final = queries.AGENT_OF
"""What `agent_of` asks, with workspace, user and `ref`."""


async def agent_of(work: Transaction, ref: str) -> str | None:
    """The agent that answers in a thread, or None."""
    return await queries.agent_of(work, ref)


def no_question() -> NotFound:
    """The refusal when there is nothing to answer again."""
    return no_message()


async def fill(
    work: Transaction, thread: ThreadRef, earlier: Sequence[tuple[str | None, str, list[Part]]]
) -> str | None:
    """Store messages that a client holds from before its thread was known here: (client's id, role, parts),
    oldest first.

    Returns: the id of the last.
    """
    parent_id: str | None = None
    for client_id, role, parts in earlier:
        message_id = new_id("msg")
        await queries.insert_earlier(
            work,
            id=message_id,
            thread_id=thread.id,
            parent_id=parent_id,
            client_id=client_id,
            role=role,
            parts=msgspec.json.encode(parts).decode(),
            content=plain_text(parts),
        )
        parent_id = message_id
    await queries.count_earlier(work, thread.id, len(earlier))
    return parent_id


async def begin_exchange(
    work: Transaction,
    thread: ThreadRef,
    *,
    question: Question | None,
    client_id: str | None,
    parent_id: str | None,
    parts: Sequence[Part],
    run_id: str,
    answer_id: str,
    model: str,
    agent_id: str | None = None,
    metadata: dict[str, Any] | None = None,
) -> str:
    """Store the question (unless it is there) and an open place for its answer, and make them the visible branch.

    Returns: the id of the question.
    """
    content = plain_text(parts)
    told = content if content.strip() else file_names(parts)
    question_id = question.id if question is not None else new_id("msg")
    await queries.insert_exchange(
        work,
        thread_id=thread.id,
        question_id=question_id,
        is_stored=question is not None,
        client_id=client_id,
        parent_id=parent_id,
        parts=parts,
        content=content,
        metadata=metadata or {},
        answer_id=answer_id,
        run_id=run_id,
        model=model,
        agent_id=agent_id,
        title=first_line(told),
        preview=cut(told, queries.PREVIEW_CHARS),
    )
    return question_id


async def lock(work: Transaction, thread_id: str) -> None:
    """Lock a thread before its run: everybody who needs both takes them in this order, so nobody waits in a circle."""
    await queries.lock_thread(work, thread_id)


async def metadata_of(work: Transaction, message_id: str) -> dict[str, Any]:
    """The metadata of a message of the actor; empty when there is no such message."""
    return await queries.metadata_of(work, message_id)


async def write_answer(
    work: Transaction, thread_id: str, message_id: str, answer: Answer, *, last: bool
) -> bool:
    """Store the answer as it stands; the last write also brings the thread's counts up to date.

    Returns: whether the answer was still open. A write that is tried again because its answer was lost finds it closed.
    """
    content = plain_text(answer.parts)
    if not await queries.update_answer(work, message_id, answer, content):
        return False
    if last:
        tokens = answer.input_tokens + answer.output_tokens
        await queries.count_answer(work, thread_id, tokens, cut(content, queries.PREVIEW_CHARS))
    return True


async def history(work: Transaction, message_id: str, most: int) -> list[tuple[str, list[Part]]]:
    """The messages that lead to a message, oldest first: (role, parts) of at most `most` earlier ones and itself."""
    return (await queries.said(work, message_id, most + 1))[::-1]


def _ref(found: Found) -> ThreadRef:
    return ThreadRef(
        found.id,
        found.client_id,
        found.head_id,
        found.title,
        found.model,
        is_new=False,
        agent_id=found.agent_id,
    )
