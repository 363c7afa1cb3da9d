"""What an agent brings to a turn: instructions, model, settings. Here is the built-in agent."""

from __future__ import annotations

from dataclasses import dataclass

from steward.kernel.settings import Settings
from steward.providers import catalogue
from steward.providers.catalogue import Resolved


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
        resolved=catalogue.resolve(settings, wishes.model or thread_model),
        instructions="\n\n".join(instructions),
        temperature=chat.temperature if wishes.temperature is None else wishes.temperature,
        max_tokens=wishes.max_tokens or chat.max_tokens,
        history_messages=chat.history_messages,
    )
