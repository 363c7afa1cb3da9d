"""Context: the passages that a turn may rest on, found before its model is called, or a word on why there are none."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final

import structlog

from steward.agents.errors import RAGError
from steward.agents.service import Wishes
from steward.kernel import runtime
from steward.kernel.errors import NotFound, Refusal
from steward.kernel.telemetry import stage
from steward.kernel.work import Actor
from steward.knowledge import search
from steward.knowledge.errors import CollectionExpired
from steward.knowledge.search import Wanted
from steward.providers.wire import Passage
from steward.runs.events import Notice, Retrieved, RunEvent

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

_QUERY_CHARS: Final = 2_000
_BY_WORDS: Final = (
    "The documents were searched by their words only, because the embedding model does not answer."
)


@dataclass(frozen=True, slots=True)
class Context:
    """What was found for a turn, whether there is more to look through, and what readers should know about how."""

    passages: list[Passage] = field(default_factory=list[Passage])
    has_documents: bool = False
    notices: list[Notice] = field(default_factory=list[Notice])

    def events(self) -> list[RunEvent]:
        """For the turn's readers, and for whoever goes on with it after a crash."""
        found: list[RunEvent] = [Retrieved(self.passages)] if self.passages else []
        return [*found, *self.notices]


async def gather(actor: Actor, question: str, wishes: Wishes) -> Context:
    """Find passages for a question. Whatever fails or takes too long is left out and told: the chat goes on without.

    Raises:
        NotFound, CollectionExpired: the request names a collection that cannot be searched.
    """
    settings = runtime.current().settings.knowledge
    is_wanted = settings.in_chat == "on" if wishes.rag_enabled is None else wishes.rag_enabled
    query = question.strip()[:_QUERY_CHARS]
    if not is_wanted or not query:
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
