"""What the evaluation measures: whether a search finds the passages that answer, and is silent when none does."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import msgspec

from steward.files import service as files
from steward.kernel import runtime
from steward.kernel.work import Actor
from steward.knowledge import documents, search
from steward.knowledge.documents import Facts
from steward.knowledge.search import Wanted
from steward.providers import quoting

FOLDER: Final = Path(__file__).parent
Way = Literal["both", "meaning", "words"]
WAYS: Final[tuple[Way, ...]] = ("both", "meaning", "words")
FIRST: Final = 5
_QUOTED_CHARS: Final = 40
"""So much of a label has to stand in a quote: sentences are cut in other places than labels."""


class Answer(msgspec.Struct, frozen=True):
    """Words that answer, and where they stand."""

    document: str
    quote: str


class Question(msgspec.Struct, frozen=True):
    """A labelled question; see README.md."""

    id: str
    question: str
    answers: list[Answer]
    kind: str
    language: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a question.

    Attributes:
        place: of the first passage that answers, 0 for none.
        recall: how much of what answers is among the first five, 0 to 1.
        score: of that first passage.
        quoted: whether the built-in librarian quotes something, and does not say that it found nothing.
        is_right: whether what it quotes answers.
    """

    question: Question
    place: int
    recall: float
    score: float
    quoted: bool
    is_right: bool


def questions() -> list[Question]:
    """Every question of the set."""
    lines = (FOLDER / "questions.jsonl").read_text("utf-8").splitlines()
    return [msgspec.json.decode(line, type=Question) for line in lines if line]


async def ingest(actor: Actor, paths: Sequence[Path]) -> None:
    """Make files documents of the actor's workspace, and wait until each is ready.

    Raises:
        RuntimeError: one of them has failed.
    """
    added = [await _add(actor, path) for path in paths]
    while True:
        async with runtime.current().database.work(actor) as work:
            states = [await documents.get(work, document_id) for document_id in added]
        failed = [f"{one.name}: {one.error}" for one in states if one.status == "failed"]
        if failed:
            raise RuntimeError("; ".join(failed))
        if all(one.status == "ready" for one in states):
            return
        await asyncio.sleep(0.1)


async def _add(actor: Actor, path: Path) -> str:
    async def pieces() -> AsyncGenerator[bytes]:
        yield await asyncio.to_thread(path.read_bytes)

    async with files.receive(actor, pieces()) as received:
        return (await documents.upload(actor, received, path.name, None, Facts(source=path.name))).id


async def ask(actor: Actor, question: Question, way: Way, names: dict[str, str]) -> Outcome:
    """Ask one question.

    Args:
        actor: in whose workspace the documents are.
        question: what to ask.
        way: both searches, or one alone.
        names: file name by document id.
    """
    results = await search.search(actor, Wanted(question.question, limit=FIRST, by=way))
    found = [(names[hit.passage.document_id], _plain(hit.passage.text)) for hit in results.hits]
    places = [_place(answer, found) for answer in question.answers]
    hits = [place for place in places if place]
    recall = len(hits) / len(places) if question.kind == "multi" else float(bool(hits))
    place = min(hits, default=0)
    quotes = await asyncio.to_thread(quoting.quotes, question.question, results.passages)
    said = _plain(" ".join(quote.text for quote in quotes))
    is_right = any(_plain(answer.quote)[:_QUOTED_CHARS] in said for answer in question.answers)
    score = results.hits[place - 1].passage.score if place else 0.0
    return Outcome(question, place, recall, score, bool(quotes), is_right)


def _place(answer: Answer, found: Sequence[tuple[str, str]]) -> int:
    quote = _plain(answer.quote)
    return next(
        (at for at, (name, text) in enumerate(found, 1) if name == answer.document and quote in text), 0
    )


def _plain(text: str) -> str:
    return " ".join(text.split())


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one way to search.

    Attributes:
        recall: of the answerable questions, how much of what answers is among the first five; 0 to 1.
        reciprocal_rank: mean of 1 / place of the first passage that answers.
        score: mean score of the passages that answer and stand first.
        refused: share of the unanswerable questions to which the librarian says that it found nothing.
        answered: share of the others that it answers.
        right: share of these answers that are right.
    """

    way: Way
    recall: float
    reciprocal_rank: float
    score: float
    refused: float
    answered: float
    right: float
    by_kind: dict[str, float]


def report(way: Way, outcomes: Sequence[Outcome]) -> Report:
    """Sum up."""
    answerable = [one for one in outcomes if one.question.answers]
    others = [one for one in outcomes if not one.question.answers]
    kinds: dict[str, list[float]] = defaultdict(list)
    for one in answerable:
        kinds[one.question.kind].append(one.recall)
    return Report(
        way,
        _mean([one.recall for one in answerable]),
        _mean([1 / one.place if one.place else 0.0 for one in answerable]),
        _mean([one.score for one in answerable if one.place == 1]),
        _mean([float(not one.quoted) for one in others]),
        _mean([float(one.quoted) for one in answerable]),
        _mean([float(one.is_right) for one in answerable if one.quoted]),
        {kind: _mean(values) for kind, values in sorted(kinds.items())},
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


async def names_of(actor: Actor) -> dict[str, str]:
    """The file name of each document, by its id."""
    names: dict[str, str] = {}
    cursor: str | None = None
    while True:
        async with runtime.current().database.work(actor) as work:
            page = await documents.page(work, limit=100, cursor=cursor)
        names |= {one.id: one.name for one in page.items}
        cursor = page.next_cursor
        if cursor is None:
            return names


def every_file() -> list[Path]:
    """The documents of the set."""
    return sorted((FOLDER / "documents").iterdir())
