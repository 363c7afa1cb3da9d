"""What a response was asked with, as items: its own messages, or the outputs with which its run went on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from steward.doors.openai.response_items import Item, output_id_of, output_item
from steward.doors.openai.response_message_items import items_of
from steward.doors.openai.response_objects import Stand, output_of_segment
from steward.doors.openai.run_steps import output_of
from steward.kernel import runtime
from steward.kernel.stretches import Asked, Stretch
from steward.kernel.work import Actor
from steward.threads import keeping


async def stretch(actor: Actor, stand: Stand, asked: Asked) -> Stretch[Item]:
    """A stretch of what a response was asked with."""
    items = await _items(actor, stand)
    return cut(items if asked.ascending else items[::-1], asked)


def cut(items: Sequence[Item], asked: Asked) -> Stretch[Item]:
    """A stretch of items in the order shown; behind a cursor that is not among them there is nothing."""
    ids = [item["id"] for item in items]
    if asked.after is not None and asked.after not in ids:
        return Stretch([], has_more=False)
    first = 0 if asked.after is None else ids.index(asked.after) + 1
    return Stretch(list(items[first : first + asked.limit]), has_more=len(items) > first + asked.limit)


async def _items(actor: Actor, stand: Stand) -> list[Item]:
    if stand.number:
        return _outputs(stand)
    said: int = stand.run.kept["said"]
    async with runtime.current().database.work(actor) as work:
        # The answer stands behind the newest of them.
        path = await keeping.path(work, stand.run.message_id, said + 1)
    return [item for message in path[:0:-1] for item in items_of(message)]


def _outputs(stand: Stand) -> list[Item]:
    """The outputs of the functions that the run's last response asked for."""
    before = replace(stand, number=stand.number - 1)
    gave = {call.call_id: (call.output or {}).get("output", "") for call in before.segment.asked}
    return [
        output_item(output_id_of(item["id"]), item["call_id"], output_of(gave[item["call_id"]]))
        for item in output_of_segment(before)
        if item["type"] == "function_call" and item["call_id"] in gave
    ]
