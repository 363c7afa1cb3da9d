"""Following a run for a reader of the Responses API: to where it ends, or waits for the reader's functions."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from steward.doors.openai.errors import error_body
from steward.doors.openai.response_ids import no_response, read_response
from steward.doors.openai.response_items import Part
from steward.doors.openai.response_objects import KEPT, OVER, Stand, response_object, stand_in
from steward.doors.openai.response_requests import RESULTS
from steward.doors.openai.response_stream import Encoder, source_of
from steward.kernel import runtime
from steward.kernel.errors import NotFound, Refusal
from steward.kernel.sse import StreamCut
from steward.kernel.work import Actor, Work
from steward.runs import actions, records, service
from steward.runs.events import Retrieved, RunEnd, RunEvent, RunPause, StepRestart
from steward.runs.feed import Feed
from steward.threads import reading
from steward.threads import service as threads


@dataclass(frozen=True, slots=True)
class Reading:
    """A response that somebody reads.

    Attributes:
        number: of the run's segment.
        after: the cursor behind which the segment begins; None for all that the run says.
        include: what is shown beside the usual.
    """

    actor: Actor
    thread_id: str
    run_id: str
    number: int
    after: int | None
    include: Sequence[str]

    async def stand(self) -> Stand:
        """The response as it stands."""
        async with runtime.current().database.work(self.actor) as work:
            return await _stand(work, self.thread_id, self.run_id, self.number)

    async def shown(self, stand: Stand | None = None) -> dict[str, Any]:
        """The response as it stands, as the wire shows it."""
        stand = stand or await self.stand()
        return response_object(stand, found=await self._found(stand))

    async def until_over(self) -> Stand:
        """Wait until the response is whole; what waits for people alone is given back as it stands."""
        async with aclosing(self._events()) as batches:
            async for events in batches:
                if isinstance(events[-1], RunEnd | RunPause):
                    stand = await self.stand()
                    if _is_over(stand, events[-1]) or stand.run.status == "requires_action":
                        return stand
        return await self.stand()

    async def frames(self, *, skip: int = -1) -> AsyncGenerator[bytes]:
        """The stream of the response.

        Args:
            skip: number of the last frame that the reader has.
        """
        stand = await self.stand()
        encoder = Encoder(
            stand,
            response_object(stand, status="in_progress"),
            after=skip,
            with_results=RESULTS in self.include,
        )
        yield encoder.begin()
        if stand.status in OVER and not await self._past():
            # Told so long ago that its events are gone.
            yield encoder.end(await self.shown(stand))
            return
        try:
            async with aclosing(self._events()) as batches:
                async for events in batches:
                    data, is_over = await self._told(encoder, events)
                    if data:
                        yield data
                    if is_over:
                        return
        except Refusal as refusal:
            yield encoder.fail(error_body(refusal)["error"])

    async def _told(self, encoder: Encoder, events: list[RunEvent]) -> tuple[bytes, bool]:
        """The frames of a batch, and whether they are the last."""
        if any(isinstance(event, StepRestart) for event in events):
            # Text that was shown no longer counts, and this wire cannot take it back: the client looks at the response.
            raise StreamCut
        data = encoder.encode(events)
        if isinstance(events[-1], RunEnd | RunPause):
            stand = await self.stand()
            # What waits for people alone goes on in this stream.
            if _is_over(stand, events[-1]):
                return data + encoder.end(await self.shown(stand)), True
        return data, False

    async def _events(self) -> AsyncGenerator[list[RunEvent]]:
        """The events of this segment, in batches that end where the run waits."""
        async with aclosing(service.follow_standing(self.actor, self.run_id, self.after or 0)) as standing:
            async for events in standing:
                for piece in _cut(events):
                    yield piece

    async def _past(self) -> list[RunEvent]:
        return await runtime.current().part(Feed).snapshot(self.actor, self.run_id)

    async def _found(self, stand: Stand) -> list[Part] | None:
        """What the search found, when it shall be shown: all of it for a day, and then what was cited."""
        if RESULTS not in self.include or not stand.searches:
            return None
        found = [event for event in await self._past() if isinstance(event, Retrieved)]
        return [source_of(passage) for passage in found[0].passages] if found else stand.sources


async def find(actor: Actor, given: str, include: Sequence[str] = ()) -> tuple[Reading, Stand]:
    """The response of an id, for a reader.

    Raises:
        BadRequest: the id is one of something else.
        NotFound: the actor has no such response.
    """
    run_id, number = read_response(given)
    async with runtime.current().database.work(actor) as work:
        try:
            run = await service.get(work, run_id)
            stand = await _stand(work, run.thread_id, run_id, number)
        except NotFound as error:
            raise no_response(given) from error
    if not stand.run.kept.get("is_shown", True) or number >= len(stand.segments):
        raise no_response(given)
    if number in (stand.run.kept.get("deleted") or ()):
        raise no_response(given)
    after = await _cursor(actor, stand)
    return Reading(
        actor, stand.run.thread_id, run_id, number, after, [*stand.run.kept["include"], *include]
    ), stand


async def _cursor(actor: Actor, stand: Stand) -> int | None:
    """The cursor behind which a segment begins."""
    if stand.number == 0:
        return None
    asked = stand.segments[stand.number - 1].asked
    after, _ = await actions.known_until(actor, stand.run.id, [call.call_id for call in asked])
    return after


async def _stand(work: Work, thread_id: str, run_id: str, number: int) -> Stand:
    run = await records.get(work, thread_id, run_id)
    if KEPT not in run.kept:
        raise NotFound("There is no such run.")
    stand = stand_in(run, await records.calls(work, run_id), number)
    if not stand.searches:
        return stand
    question = await _question(work, run_id)
    return stand_in(run, stand.calls, number, question)


async def _question(work: Work, run_id: str) -> str:
    run = await service.get(work, run_id)
    return reading.plain_text((await threads.find_answer(work, run.question_id)).parts)


def _is_over(stand: Stand, event: RunEnd | RunPause) -> bool:
    """Whether a response is whole with this event, whatever came after it."""
    if isinstance(event, RunEnd):
        return True
    return bool(stand.segment.asked) and stand.segment.asked[0].step == event.step


def _cut(events: list[RunEvent]) -> list[list[RunEvent]]:
    """A batch cut behind each wait, so that a reader sees every one."""
    pieces: list[list[RunEvent]] = [[]]
    for event in events:
        pieces[-1].append(event)
        if isinstance(event, RunPause):
            pieces.append([])
    return [piece for piece in pieces if piece]


async def newest(actor: Actor, run_id: str) -> Stand | None:
    """The newest response of a run; None when another door asked for it."""
    async with runtime.current().database.work(actor) as work:
        run = await service.get(work, run_id)
        try:
            first = await _stand(work, run.thread_id, run_id, 0)
        except NotFound:
            return None
    return stand_in(first.run, first.calls, len(first.segments) - 1, first.question)
