"""What an agent brings to a turn: instructions, model, settings. Here is the built-in agent."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from steward.kernel.settings import Settings
from steward.providers import catalogue
from steward.providers.catalogue import Resolved
from steward.providers.errors import UnknownProvider


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a request asks for; None leaves it to the agent, and then to the server."""

    model: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    instructions: str | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """An agent ready to answer."""

    resolved: Resolved
    instructions: str
    temperature: float
    max_tokens: int
    history_messages: int


def prepare(settings: Settings, wishes: Wishes, *, thread_model: str | None = None) -> Prepared:
    """Settle who answers and how: the request's wishes first, then the thread's model, then the server's defaults.

    Raises:
        UnknownProvider: no configured provider has the model.
    """
    chat = settings.chat
    instructions = [chat.system_prompt]
    if wishes.instructions:
        instructions.append(wishes.instructions)
    return Prepared(
        resolved=_resolve(settings, wishes.model, thread_model),
        instructions="\n\n".join(instructions),
        temperature=chat.temperature if wishes.temperature is None else wishes.temperature,
        max_tokens=wishes.max_tokens or chat.max_tokens,
        history_messages=chat.history_messages,
    )


def _resolve(settings: Settings, wished: str | None, remembered: str | None) -> Resolved:
    if wished is None and remembered is not None and not catalogue.is_librarian(remembered):
        # A provider may have been taken away since the thread used it: then the server's default answers.
        with contextlib.suppress(UnknownProvider):
            return catalogue.resolve(settings, remembered)
    return catalogue.resolve(settings, wished)
