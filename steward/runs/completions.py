"""Completions: one model call that keeps no thread."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import cast

from steward.agents.service import Wishes
from steward.kernel import runtime
from steward.kernel.work import Actor
from steward.knowledge.citations import as_prompt
from steward.providers import service as providers
from steward.providers.events import Finish, ProviderEvent, TextDelta, Usage
from steward.providers.wire import ModelRequest, PromptMessage
from steward.runs.calls import Calls, outcome_of
from steward.runs.citing import Citing, check
from steward.runs.context import gather
from steward.runs.events import CitedPlace, Notice, SourceCite
from steward.runs.lines import Call, Plan
from steward.usage import service as usage


@dataclass(slots=True)
class Completion:
    """One model call that keeps no thread. It ends when its reader goes; its lines in the ledger are settled on every
    exit.

    Attributes:
        sources: the passages that the answer has cited so far, each once.
        places: where it cites them; known with the last batch.
    """

    call: Call
    citing: Citing | None = None
    sources: list[SourceCite] = field(default_factory=list[SourceCite])
    places: list[CitedPlace] = field(default_factory=list[CitedPlace])
    _text: list[str] = field(default_factory=list[str])

    @property
    def model(self) -> str:
        """Who answers, `provider/model`; known for sure with the first event."""
        return self.call.resolved.full_name

    def cost_usd(self, used: Usage) -> Decimal | None:
        """What so many tokens of the model that answers cost, in US dollars; None when its price is not known."""
        line = self.call.line
        return usage.round_usd(line.resolved.pricing.cost(used, line.opened_at))

    async def events(self) -> AsyncGenerator[list[ProviderEvent]]:
        """What the model says.

        Yields: batches of events; the last holds `Usage`, the provider's or an estimate, and `Finish`.

        Raises:
            LLMError: the call failed.
        """
        calls = runtime.current().part(Calls)
        status = "interrupted"
        try:
            async with aclosing(calls.stream(self.call)) as batches:
                async for batch in batches:
                    said = [event for event in batch if not isinstance(event, Notice)]
                    if self.call.finish is not None and not any(isinstance(one, Usage) for one in said):
                        said.insert(len(said) - 1, await self.call.line.counted())
                    if self.citing is not None:
                        said = await self._cited(self.citing, said)
                    if said:
                        yield said
            status = "completed"
        except BaseException as error:
            status = outcome_of(error)
            raise
        finally:
            calls.settle_beside(self.call, status)

    async def _cited(self, citing: Citing, said: list[ProviderEvent]) -> list[ProviderEvent]:
        """The batch as readers see it; with the last one every citation is checked."""
        shown: list[ProviderEvent] = []
        for event in citing.read([*said]):
            if isinstance(event, SourceCite):
                self.sources.append(event)
            else:
                shown.append(cast(ProviderEvent, event))
                self._text += [event.text] if isinstance(event, TextDelta) else []
        if self.call.finish is not None and any(isinstance(one, Finish) for one in said):
            for checked in await check("".join(self._text), citing.passages):
                self.places += checked.places
        return shown


async def complete(
    actor: Actor,
    model: str | None,
    request: ModelRequest,
    purpose: str = "completion",
    *,
    wishes: Wishes | None = None,
) -> Completion:
    """Begin one model call that keeps no thread.

    Args:
        actor: who asks.
        model: as the client names it.
        request: what is asked.
        purpose: what the ledger says that the call was for.
        wishes: with `rag_enabled` the call gets the passages that fit its last question.

    Raises:
        Forbidden: the actor may only read.
        UnknownProvider, ModelNotAllowed: nobody answers for the model's name.
        BudgetExhausted, PriceUnknown: a budget does not allow the call.
    """
    accepted_at = time.perf_counter()
    actor.ensure_role("member")
    house = runtime.current()
    citing: Citing | None = None
    if wishes is not None and wishes.rag_enabled:
        question = next((one.text for one in reversed(request.messages) if one.role == "user"), "")
        found = (await gather(actor, question, wishes)).passages
        if found:
            citing = Citing(found, question)
            told = PromptMessage.of_text("system", as_prompt(found))
            request = replace(request, messages=[told, *request.messages], passages=found)
    async with house.database.transaction(actor) as work:
        models = await providers.models_of(work, house.settings)
        plan = Plan(
            chain=models.chain(model),
            request=request,
            purpose=purpose,
            # The client holds the conversation: leaving out a part of it is the client's to decide.
            overflow="refuse",
            messages=models.choices.messages,
        )
        return Completion(await house.part(Calls).begin(work, plan, accepted_at), citing)
