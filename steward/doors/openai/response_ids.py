"""Ids of responses and conversations: those of runs and threads under the names that the Responses API has for them.

A run that waits for its client's functions answers in several responses, one from each wait to the next: the first has
the run's own letters, `resp_…`, the second `resp_…_1`.
"""

from __future__ import annotations

from typing import Final

from steward.doors.openai.raw import ensure_id
from steward.kernel.errors import NotFound

_RUN: Final = "run_"
_RESPONSE: Final = "resp_"
_THREAD: Final = "thread_"
_CONVERSATION: Final = "conv_"
_MOST_DIGITS: Final = 4


def response_id(run_id: str, segment: int) -> str:
    """The id of the response that a run gave between two waits, counted from 0."""
    letters = run_id.removeprefix(_RUN)
    return f"{_RESPONSE}{letters}_{segment}" if segment else f"{_RESPONSE}{letters}"


def read_response(given: str) -> tuple[str, int]:
    """The run of a response, and the number of its segment.

    Raises:
        BadRequest: the id is one of something else.
        NotFound: no response can have it.
    """
    letters = ensure_id("response_id", given, _RESPONSE).removeprefix(_RESPONSE)
    run, _, number = letters.partition("_")
    if not number:
        return f"{_RUN}{run}", 0
    if not (number.isascii() and number.isdigit()) or len(number) > _MOST_DIGITS or number.startswith("0"):
        raise no_response(given)
    return f"{_RUN}{run}", int(number)


def no_response(given: str) -> NotFound:
    """The refusal for a response that is not there, or somebody else's."""
    return NotFound(f"Response with id '{given}' not found.", code=None)


def conversation_id(thread_id: str) -> str:
    """The id of a thread's conversation."""
    return f"{_CONVERSATION}{thread_id.removeprefix(_THREAD)}"


def read_conversation(given: str, param: str = "conversation_id") -> str:
    """The thread of a conversation.

    Raises:
        BadRequest: the id is one of something else.
    """
    return f"{_THREAD}{ensure_id(param, given, _CONVERSATION).removeprefix(_CONVERSATION)}"


def no_conversation(given: str) -> NotFound:
    """The refusal for a conversation that is not there, or somebody else's."""
    return NotFound(f"Conversation with id '{given}' not found.", code=None)
