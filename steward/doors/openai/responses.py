"""`/v1/responses`: turns of models and agents, as OpenAI's Responses API knows them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from steward.doors.openai import (
    answers,
    lists,
    raw,
    response_following,
    response_forgetting,
    response_input_items,
    response_requests,
    response_starting,
)
from steward.doors.openai.errors import BadRequest
from steward.doors.openai.response_following import Reading
from steward.doors.openai.response_objects import OVER
from steward.doors.openai.response_waiting import Gone, failure_of, unless_gone
from steward.identity.access import Caller
from steward.kernel import runtime
from steward.kernel.sse import EventStream, StreamCut
from steward.runs import service

router = APIRouter(prefix="/v1", tags=["openai"])

_CLIENT_CLOSED_REQUEST = 499
"""For the log alone: nobody is there to read it. The number is nginx's."""


@router.post("/responses", response_class=Response)
async def create_response(request: Request, actor: Caller) -> Response:
    """Answer what is said, by a model or by an agent, `agent/<name or id>`.

    It ends when its reader goes, unless it was asked for in the background.
    """
    asked = response_requests.read(raw.read(await request.body()))
    reading = await response_starting.begin(actor, asked)
    if asked.is_streamed:
        frames = _frames(reading, is_background=asked.is_background, is_stored=asked.is_stored)
        return _stream(frames)
    if asked.is_background:
        return answers.answer({**await reading.shown(), "status": "queued"})
    try:
        return await _whole(request, reading, is_stored=asked.is_stored)
    except Gone:
        return Response(status_code=_CLIENT_CLOSED_REQUEST)


@router.get("/responses/{response_id}", response_class=Response)
async def read_response(request: Request, actor: Caller, response_id: str) -> Response:
    """A response as it stands; with `stream` what it says from the beginning, or behind `starting_after`."""
    include = response_requests.ensure_included(_words(request, "include"))
    reading, stand = await response_following.find(actor, response_id, include)
    if request.query_params.get("stream") == "true":
        return _stream(reading.frames(skip=_starting_after(request)))
    return answers.answer(await reading.shown(stand))


@router.delete("/responses/{response_id}")
async def delete_response(actor: Caller, response_id: str) -> dict[str, Any]:
    """Delete a response: with its thread, unless that is a conversation or others follow there."""
    reading, stand = await response_following.find(actor, response_id)
    actor.ensure_role("member")
    if stand.status not in OVER:
        await service.stop(actor, reading.run_id)
    await response_forgetting.forget(actor, stand)
    return {"id": response_id, "object": "response", "deleted": True}


@router.post("/responses/{response_id}/cancel", response_class=Response)
async def cancel_response(actor: Caller, response_id: str) -> Response:
    """Stop a response in the background; what it said so far is kept. Cancelling twice does no harm."""
    reading, stand = await response_following.find(actor, response_id)
    actor.ensure_role("member")
    if not stand.echo["background"]:
        raise BadRequest("Cannot cancel a synchronous response. Close its connection instead.", code=None)
    if stand.status not in OVER:
        await service.stop(actor, reading.run_id)
        stand = await reading.until_over()
    return answers.answer(await reading.shown(stand))


@router.get("/responses/{response_id}/input_items", response_class=Response)
async def list_response_input_items(request: Request, actor: Caller, response_id: str) -> Response:
    """List what a response was asked with, the newest first unless `order` says otherwise."""
    asked = lists.read(request.query_params, prefix="")
    _, stand = await response_following.find(actor, response_id)
    found = await response_input_items.stretch(actor, stand, asked)
    return JSONResponse(lists.page_of(found.items, has_more=found.has_more))


async def _whole(request: Request, reading: Reading, *, is_stored: bool) -> Response:
    is_over = False
    try:
        stand = await unless_gone(request, reading.until_over())
        is_over = stand.status in OVER
        if stand.status == "failed":
            raise failure_of(stand.run)
        return answers.answer(await reading.shown(stand))
    except Gone:
        await service.stop(reading.actor, reading.run_id)
        raise
    finally:
        if not is_stored:
            await response_forgetting.drop(reading, is_over=is_over)


async def _frames(reading: Reading, *, is_background: bool, is_stored: bool) -> AsyncGenerator[bytes]:
    """The stream of a response, which ends with its reader unless it is in the background."""
    is_over = goes_on = False
    try:
        async with aclosing(reading.frames()) as frames:
            async for data in frames:
                yield data
        is_over = True
    except StreamCut:
        # The run goes on: it is the stream that cannot.
        goes_on = True
        raise
    finally:
        if not is_stored:
            await response_forgetting.drop(reading, is_over=is_over)
        elif not (is_over or goes_on or is_background):
            await service.stop(reading.actor, reading.run_id)


def _stream(frames: AsyncGenerator[bytes]) -> EventStream:
    return EventStream(frames, ping_seconds=runtime.current().settings.streams.ping_seconds)


def _words(request: Request, name: str) -> list[str]:
    return [*request.query_params.getlist(f"{name}[]"), *request.query_params.getlist(name)]


def _starting_after(request: Request) -> int:
    given = request.query_params.get("starting_after")
    if not given:
        return -1
    if not (given.isascii() and given.isdigit()) or len(given) > 9:
        raise raw.wrong_type("starting_after", "an integer", given)
    return int(given)
