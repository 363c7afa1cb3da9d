"""Citing: an answer read as it streams, so that what it cites exists, and checked when it is over."""

from __future__ import annotations

from collections.abc import Sequence

from steward.knowledge import citations
from steward.knowledge.citations import CitationReader, Read
from steward.providers.events import TextDelta
from steward.providers.wire import Passage
from steward.runs.events import CitationsChecked, CitedPlace, RunEvent, SourceCite
from steward.runs.lines import Said


class Citing:
    """Makes of a model's words what readers see: no marker of nothing, and a source with the first mark of it."""

    def __init__(self, passages: Sequence[Passage], question: str) -> None:
        self.passages = list(passages)
        self._question = question
        self._reader = CitationReader(self.passages)
        self._cited: set[int] = set()

    def next_step(self, found: Sequence[Passage] = ()) -> None:
        """Another model call begins; what tools have found meanwhile can be cited, too."""
        self.passages += found
        self._reader = CitationReader(self.passages)

    def read(self, batch: list[Said]) -> list[RunEvent]:
        """The batch as readers see it. A beginning of a marker is kept back until the next batch."""
        events: list[RunEvent] = []
        for said in batch:
            if isinstance(said, TextDelta):
                self._show(events, self._reader.feed(said.text))
            else:
                events += self.rest()
                events.append(said)
        return events

    def rest(self) -> list[RunEvent]:
        """What was kept back, once nothing can follow."""
        events: list[RunEvent] = []
        self._show(events, self._reader.end())
        return events

    def _show(self, events: list[RunEvent], read: Read) -> None:
        if read.text:
            events.append(TextDelta(read.text))
        for passage in read.cited:
            if passage.number not in self._cited:
                self._cited.add(passage.number)
                events.append(SourceCite(passage, citations.excerpt(passage.text, self._question)))


async def check(text: str, passages: Sequence[Passage]) -> list[CitationsChecked]:
    """Compare every citation of an answer with its passage."""
    found = await citations.check(text, passages)
    if not found:
        return []
    return [
        CitationsChecked(
            [
                CitedPlace(one.number, one.start, one.end, one.support, one.is_supported, one.is_checked)
                for one in found
            ]
        )
    ]
