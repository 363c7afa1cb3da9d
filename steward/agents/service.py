"""What an agent brings to a turn: instructions, model, settings. Here is the built-in agent."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from steward.agents import catalogue
from steward.kernel.settings import Settings
from steward.kernel.tools import Tool
from steward.kernel.work import Transaction
from steward.providers import service as providers
from steward.providers.errors import ModelNotAllowed, UnknownProvider
from steward.providers.service import Models, Resolved

_BUILT_IN: Final = "Steward"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a request asks for; None leaves it to the agent, and then to the server.

    Attributes:
        rag_enabled: whether the turn looks into the documents.
        rag_model: only into collections whose vectors this model makes.
        rag_top_k: for so many passages.
        collection_ids: only into these collections.
        tools: names of the tools that are offered to the model.
    """

    model: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    instructions: str | None = None
    reasoning_effort: str | None = None
    rag_enabled: bool | None = None
    rag_model: str | None = None
    rag_top_k: int | None = None
    collection_ids: list[str] | None = None
    tools: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """An agent ready to answer. `chain` is who answers, and after it who answers when it cannot."""

    agent_id: str | None
    agent_name: str
    chain: list[Resolved]
    instructions: str
    temperature: float
    max_tokens: int
    history_messages: int
    reasoning_effort: str | None
    overflow: Literal["compact", "refuse"]
    messages: Mapping[str, str]
    tools: list[Tool]
    collection_ids: list[str] | None

    @property
    def resolved(self) -> Resolved:
        """The model that was chosen."""
        return self.chain[0]


async def prepare(
    work: Transaction, settings: Settings, wishes: Wishes, *, thread_model: str | None = None
) -> Prepared:
    """Settle who answers and how: the request's wishes first, then the thread's model, then the workspace's choices,
    then the server's defaults.

    Raises:
        UnknownProvider: no configured provider has the model.
        ModelNotAllowed: the workspace does not allow it.
        Invalid: there is no tool of a name.
    """
    models = await providers.models_of(work, settings)
    chat = settings.chat
    instructions = [chat.system_prompt]
    if wishes.instructions:
        instructions.append(wishes.instructions)
    return Prepared(
        agent_id=None,
        agent_name=_BUILT_IN,
        chain=_chain(models, wishes.model, thread_model),
        instructions="\n\n".join(instructions),
        temperature=chat.temperature if wishes.temperature is None else wishes.temperature,
        max_tokens=wishes.max_tokens or chat.max_tokens,
        history_messages=chat.history_messages,
        reasoning_effort=wishes.reasoning_effort,
        overflow=models.choices.overflow or chat.overflow,
        messages=models.choices.messages,
        tools=catalogue.named(wishes.tools or []),
        collection_ids=wishes.collection_ids,
    )


def _chain(models: Models, wished: str | None, remembered: str | None) -> list[Resolved]:
    if wished is None and remembered is not None and not providers.is_librarian(remembered):
        # A provider may have been taken away since the thread used it: then the default answers.
        with contextlib.suppress(UnknownProvider, ModelNotAllowed):
            return models.chain(remembered)
    return models.chain(wished)
