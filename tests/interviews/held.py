"""Interviews that tests hold: answers that fit, and the verbs as one person."""

from __future__ import annotations

from typing import Any, Final

from steward.interviews import service
from steward.interviews.definitions import Value
from steward.interviews.schemas import InterviewRead
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.kernel.tools import ToolContext
from steward.kernel.work import Actor
from steward.threads import service as threads

OFFER: Final[dict[str, Value]] = {
    "name": "Practice in Ninety Days",
    "audience": "Physiotherapists who open their first practice",
    "problem": "They do not know what to do first.",
    "promise": "A practice with its first twenty patients",
    "weeks": 12,
    "digital_modules": ["Business plan", "Finding rooms"],
    "personal_modules": ["Weekly call", "Review of the plan"],
    "format": "in a group",
    "group_size": 8,
    "currency": "EUR",
    "price": 1000,
    "payment": "in instalments",
    "instalments": 3,
    "guarantee": "Your money back within two weeks",
    "bonuses": None,
    "starts_on": "2027-01-11",
    "call_to_action": "Book a first call",
}
WORKSHOP: Final[dict[str, Value]] = {
    "topic": "Time for deep work",
    "audience": "Teams who sit in meetings all day",
    "participants": 12,
    "place": "on site",
    "venue": "Room 4",
    "day": "31.12.2026",
    "starts_at": "09:30",
    "minutes": 200,
    "goals": "- Plan a day\n- Say no\n- Keep a habit",
    "methods": ["Short talk", "Work in pairs"],
    "material": None,
    "preparation": "Bring a calendar",
    "follow_up": None,
}


async def start(house: Runtime, actor: Actor, definition: str, thread_id: str | None = None) -> InterviewRead:
    async with house.database.work(actor) as work:
        return await service.start(work, definition, thread_id)


async def answer(
    house: Runtime, actor: Actor, interview_id: str, key: str | None, given: Value, call: str | None = None
) -> InterviewRead:
    async with house.database.work(actor) as work:
        return await service.answer(work, interview_id, key, given, call=call)


async def complete(house: Runtime, actor: Actor, interview_id: str) -> InterviewRead:
    async with house.database.work(actor) as work:
        return await service.complete(work, interview_id)


async def cancel(house: Runtime, actor: Actor, interview_id: str) -> InterviewRead:
    async with house.database.work(actor) as work:
        return await service.cancel(work, interview_id)


async def get(house: Runtime, actor: Actor, interview_id: str) -> InterviewRead:
    async with house.database.work(actor) as work:
        return await service.get(work, interview_id)


async def make_thread(house: Runtime, actor: Actor) -> str:
    async with house.database.work(actor) as work:
        return (await threads.create(work, "Talk", None)).id


def call_of(actor: Actor, thread_id: str, call_id: str | None = None) -> ToolContext:
    return ToolContext(actor, new_id("run"), thread_id, call_id or new_id("call"))


Json = dict[str, Any]
