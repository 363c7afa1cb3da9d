"""Embeddings for the house and its doors: every call upstream is booked, held within budgets and tried again like any
other model call.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

import aiohttp

from steward.kernel import runtime
from steward.kernel.errors import Invalid
from steward.kernel.settings import Limits
from steward.kernel.work import Actor
from steward.providers import embeddings
from steward.providers import service as providers
from steward.providers.embeddings import Embedded, EmbeddingModel, LocalEmbedder, OpenAIEmbedder, Vectors
from steward.providers.events import Finish, ProviderEvent, Usage
from steward.providers.service import Models
from steward.providers.wire import Endpoint, ModelRequest, PromptMessage
from steward.runs.calls import Calls, outcome_of
from steward.runs.lines import Plan


@dataclass(frozen=True, slots=True)
class Embeddings:
    """What came of texts, and which model made it. `vectors` has a row of length 1 for each text."""

    model: str
    vectors: Vectors
    input_tokens: int
    estimated: bool


class _Batch:
    """A wire for one batch of texts: what it says is only what was used, the vectors are kept aside."""

    def __init__(self, texts: Sequence[str], dimensions: int | None) -> None:
        self._texts = texts
        self._dimensions = dimensions
        self.embedded: Embedded | None = None

    async def stream(
        self, http: aiohttp.ClientSession, endpoint: Endpoint, request: ModelRequest, limits: Limits
    ) -> AsyncGenerator[list[ProviderEvent]]:
        """Make the call; see `Wire.stream`."""
        del request  # holds the same texts, for whoever counts them
        embedder = OpenAIEmbedder(http, endpoint, limits, self._dimensions)
        self.embedded = embedded = await embedder.embed_batch(self._texts)
        yield [Usage(embedded.input_tokens, 0, estimated=embedded.estimated), Finish("stop")]


async def embed(
    actor: Actor,
    texts: Sequence[str],
    model: str | None = None,
    purpose: str = "embedding",
    *,
    dimensions: int | None = None,
) -> Embeddings:
    """Turn texts into vectors. The model that runs here costs nothing and leaves no line in the ledger.

    Args:
        actor: who pays.
        texts: one at least, none of them empty.
        model: `provider/model`, or None for the model of the settings.
        purpose: what the ledger says that the calls were for.
        dimensions: how many numbers a vector shall have; None for as many as the model gives.

    Raises:
        Forbidden: the actor may only read.
        Invalid: there is no text, or an empty one, or the model has no vectors of this length.
        UnknownProvider, ModelNotAllowed: nobody answers for the model's name.
        BudgetExhausted, PriceUnknown: a budget does not allow a call.
        LLMError: a call failed; batches before it are booked.
    """
    actor.ensure_role("member")
    if not texts or not all(texts):
        raise Invalid("There must be a text to embed, and none may be empty.", field="input")
    house = runtime.current()
    async with house.database.transaction(actor) as work:
        models = await providers.models_of(work, house.settings)
    found = embeddings.find(models, model, dimensions)
    if found.resolved is None:
        embedded = await LocalEmbedder(found.asked_dimensions).embed(texts)
    else:
        batches = await embeddings.batches(texts)
        embedded = embeddings.joined([await _call(actor, found, models, batch, purpose) for batch in batches])
    return Embeddings(found.full_name, embedded.vectors, embedded.input_tokens, embedded.estimated)


async def _call(
    actor: Actor, found: EmbeddingModel, models: Models, texts: Sequence[str], purpose: str
) -> Embedded:
    house = runtime.current()
    calls = house.part(Calls)
    accepted_at = time.perf_counter()
    assert found.resolved is not None
    wire = _Batch(texts, found.asked_dimensions)
    parts = [{"type": "text", "text": text} for text in texts]
    plan = Plan(
        chain=[replace(found.resolved, wire=wire)],
        request=ModelRequest([PromptMessage("user", parts)], max_tokens=0),
        purpose=purpose,
        messages=models.choices.messages,
    )
    async with house.database.transaction(actor) as work:
        call = await calls.begin(work, plan, accepted_at)
    status = "interrupted"
    try:
        async with aclosing(calls.stream(call)) as said:
            async for _ in said:
                pass
        status = "completed"
    except BaseException as error:
        status = outcome_of(error)
        raise
    finally:
        # Waited for, so that the next batch finds the budget as this one left it.
        await asyncio.shield(calls.settle_beside(call, status))
    assert wire.embedded is not None
    return wire.embedded
