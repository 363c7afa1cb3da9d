"""A turn while this process runs it: what it was asked, what it knows, what has been said."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final, Literal

from steward.agents.prompt_facts import PromptFacts
from steward.agents.prompting import compose, of_turn
from steward.agents.service import Prepared
from steward.kernel.settings import Chat
from steward.kernel.work import Actor
from steward.knowledge.citations import as_prompt, strip
from steward.providers.wire import PromptMessage
from steward.runs.citing import Citing
from steward.runs.context import Context
from steward.runs.errors import TokensSpent
from steward.runs.feed import Tail
from steward.runs.lines import Call
from steward.runs.transcript import Transcript
from steward.threads import exchanges

MESSAGE_STATUS: Final[dict[str, str]] = {
    "completed": "completed",
    "cancelled": "cancelled",
    "incomplete": "incomplete",
}

STEPS: Final = "steps"
"""In the metadata of an answer: what each model call before its last one has used."""


@dataclass(slots=True, eq=False)
class Turn:
    """A turn that this process runs."""

    actor: Actor
    run_id: str
    thread_id: str
    question_id: str
    message_id: str
    attempt: int
    resumes: int
    prepared: Prepared
    tail: Tail
    stop: asyncio.Event
    accepted_at: float
    started_at: float
    context: Context = field(default_factory=Context)
    citing: Citing | None = None
    prompt: list[PromptMessage] = field(default_factory=list[PromptMessage])
    transcript: Transcript = field(default_factory=Transcript)
    folded: int = 0
    call: Call | None = None
    spent: TokensSpent | None = None
    """Why there is no other call: whoever asked has limited the tokens."""
    cost_usd: Decimal | None = None
    """Of the calls of earlier steps, as far as their prices are known."""
    step_usage: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Of the steps that are over, as the answer's metadata keeps it."""
    steps_said: int = 0
    """Model calls that are over and stored, with the calls of tools that they ask for."""
    steps_done: int = 0
    """Steps that are over whole: their tools have answered."""
    abandoned: bool = False
    """Another process, or the next start, goes on with it: nothing may be written here any more."""

    def fold(self) -> None:
        """Bring the transcript up to what the tail holds."""
        for event in self.tail.events[self.folded :]:
            self.transcript.add(event)
        self.folded = len(self.tail.events)


def ready_to_cite(turn: Turn) -> None:
    """Let the turn's answer cite what was found for it."""
    if turn.context.passages:
        turn.citing = Citing(turn.context.passages, question_of(turn))


def question_of(turn: Turn) -> str:
    """What was asked."""
    return next((message.text for message in reversed(turn.prompt) if message.role == "user"), "")


def instructions_of(prepared: Prepared, context: Context, settings: Chat) -> str:
    """The system prompt of a turn: who answers, for whom, with which tools, and what is remembered."""
    known = context.facts or PromptFacts(product_name=settings.product_name)
    if context.recalled.time_zone:
        known = replace(known, time_zone=context.recalled.time_zone)
    prompt = compose(of_turn(known, prepared), settings.prompt_tokens)
    return f"{prompt}\n\n{context.recalled.block}" if context.recalled.block else prompt


def prompt_of(
    prepared: Prepared, context: Context, settings: Chat, history: list[tuple[str, list[dict[str, Any]]]]
) -> list[PromptMessage]:
    """What the model reads: instructions, then everything that was said, each as (role, parts)."""
    said = [PromptMessage(_role(role), _uncited(parts)) for role, parts in history if parts]
    instructions = instructions_of(prepared, context, settings)
    if context.passages:
        instructions = f"{instructions}\n\n{as_prompt(context.passages)}"
    return [PromptMessage.of_text("system", instructions), *said]


def _uncited(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """An earlier answer without its citations: the numbers of this turn are other ones."""
    numbers = {part["number"] for part in parts if part["type"] == "source"}
    if not numbers:
        return parts
    return [
        {**part, "text": strip(part["text"], numbers)} if part["type"] == "text" else part for part in parts
    ]


def _role(role: str) -> Literal["system", "user", "assistant", "tool"]:
    assert role in ("system", "user", "assistant", "tool")
    return role


def _finish_reason(turn: Turn, status: str) -> str | None:
    finish = turn.call.finish if turn.call else None
    reason = finish.reason if finish else None
    # The run's own limit of tokens ends an answer in whose last call the model wanted to go on.
    return "length" if status == "incomplete" and reason != "content_filter" else reason


def answer_of(
    turn: Turn, status: str, facts: dict[str, Any] | None, metadata: dict[str, Any]
) -> exchanges.Answer:
    """The answer as it stands, as its message keeps it.

    Args:
        turn: whose answer it is.
        status: of the run.
        facts: why it failed, when it did.
        metadata: added to what the message has.
    """
    return exchanges.Answer(
        status="in_progress" if status == "in_progress" else MESSAGE_STATUS.get(status, "failed"),
        parts=turn.transcript.parts(),
        finish_reason=_finish_reason(turn, status),
        input_tokens=turn.transcript.input_tokens,
        output_tokens=turn.transcript.output_tokens,
        error=facts,
        metadata=metadata,
        model=(turn.call or turn.prepared).resolved.full_name,
    )
