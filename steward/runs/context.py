"""Context: what a turn is told beside its question, gathered at once before its model is called; what fails or takes
too long is left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

import structlog

from steward.agents.errors import RAGError
from steward.agents.prompt_facts import PromptFacts, prompt_facts
from steward.agents.service import Wishes
from steward.kernel import runtime
from steward.kernel.errors import NotFound, Refusal
from steward.kernel.telemetry import stage
from steward.kernel.work import Actor
from steward.knowledge import search
from steward.knowledge.errors import CollectionExpired
from steward.knowledge.search import Wanted
from steward.memory import recalling
from steward.memory.recalling import Recalled
from steward.providers.wire import Passage
from steward.runs import opening
from steward.runs.events import Notice, Retrieved, RunEvent
from steward.runs.opening import Opening

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

_QUERY_CHARS: Final = 2_000
_BY_WORDS: Final = (
    "The documents were searched by their words only, because the embedding model does not answer."
)


_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Context:
    """What is known for a turn.

    Attributes:
        passages: that the answer may rest on.
        has_documents: whether there is more to look through.
        notices: what readers should know about how it was found.
        facts: of the workspace and the user; None when they could not be had in time.
        recalled: what is remembered of the user.
    """

    passages: list[Passage] = field(default_factory=list[Passage])
    has_documents: bool = False
    notices: list[Notice] = field(default_factory=list[Notice])
    facts: PromptFacts | None = None
    recalled: Recalled = field(default_factory=Recalled)

    def events(self) -> list[RunEvent]:
        """For the turn's readers, and for whoever goes on with it after a crash."""
        found: list[RunEvent] = [Retrieved(self.passages)] if self.passages else []
        return [*found, *self.notices]


async def opening_of(actor: Actor, thread_ref: str | None) -> Opening | None:
    """What a turn begins with; None when it cannot be had at once, and each stage has to ask for itself."""
    seconds = runtime.current().settings.chat.context_seconds
    return await within(seconds, "opening", lambda: opening.read(actor, thread_ref))


async def gather(actor: Actor, question: str, wishes: Wishes, known: Opening | None = None) -> Context:
    """Everything that a turn is told, looked for at once. What fails or takes too long is left out: the chat goes on.

    Args:
        actor: who asks.
        question: what is asked.
        wishes: what the request says, and the agent.
        known: what was read already.

    Raises:
        NotFound, CollectionExpired: the request names a collection that cannot be searched.
    """
    seconds = runtime.current().settings.chat.context_seconds
    # The passages have a deadline of their own, and their failures are told to the reader.
    found, facts, recalled = await asyncio.gather(
        passages(actor, question, wishes, known),
        within(seconds, "facts", lambda: _facts(actor, known)),
        within(seconds, "memory", lambda: recalling.for_turn(actor, question, known and known.person)),
    )
    return replace(found, facts=facts, recalled=recalled or Recalled())


async def without_search(actor: Actor, question: str) -> Context:
    """The same for whoever goes on with a turn, whose passages are known."""
    return await gather(actor, question, Wishes(rag_enabled=False))


async def within(seconds: float, name: str, stage_of_turn: Callable[[], Awaitable[_Found]]) -> _Found | None:
    """What a stage finds, or None when it fails or takes longer."""
    try:
        with stage(f"turn.{name}"):
            async with asyncio.timeout(seconds):
                return await stage_of_turn()
    except TimeoutError:
        log.warning("context_left_out", stage=name, cause=f"no answer within {seconds:g} seconds")
    except Refusal as error:
        log.warning("context_left_out", stage=name, cause=f"{error.tag}: {error.detail}")
    except Exception:
        log.exception("context_broke", stage=name)
    return None


async def _facts(actor: Actor, known: Opening | None) -> PromptFacts:
    if known is not None:
        return known.facts
    house = runtime.current()
    async with house.database.transaction(actor) as work:
        return await prompt_facts(work, house.settings, house.now())


async def passages(actor: Actor, question: str, wishes: Wishes, known: Opening | None = None) -> Context:
    """Find passages for a question. Whatever fails or takes too long is left out and told: the chat goes on without.

    Raises:
        NotFound, CollectionExpired: the request names a collection that cannot be searched.
    """
    settings = runtime.current().settings.knowledge
    is_wanted = settings.in_chat == "on" if wishes.rag_enabled is None else wishes.rag_enabled
    query = question.strip()[:_QUERY_CHARS]
    has_nothing = known is not None and not known.has_passages and wishes.collection_ids is None
    if not is_wanted or not query or has_nothing:
        return Context()
    wanted = Wanted(
        query,
        limit=wishes.rag_top_k or settings.top_k,
        collection_ids=wishes.collection_ids,
        least_score=settings.least_score,
        in_chat=True,
        embedding_model=wishes.rag_model,
    )
    try:
        with stage("turn.knowledge"):
            async with asyncio.timeout(settings.context_seconds):
                results = await search.search(actor, wanted)
    except (NotFound, CollectionExpired):
        # The caller named it, and would wonder.
        raise
    except TimeoutError:
        return _without(query, f"no answer within {settings.context_seconds:g} seconds")
    except Refusal as error:
        return _without(query, f"{error.tag}: {error.detail}")
    except Exception as error:
        log.exception("knowledge_broke")
        return _without(query, type(error).__name__)
    notices = [Notice(RAGError.tag, _BY_WORDS)] if results.failed is not None else []
    return Context(results.passages, results.has_documents, notices)


def _without(query: str, cause: str) -> Context:
    error = RAGError(query, cause)
    log.warning("knowledge_left_out", tag=error.tag, cause=cause)
    return Context(notices=[Notice(error.tag, error.detail)])
