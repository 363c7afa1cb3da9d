"""The OpenAI door of runs: `/v1/threads/{thread_id}/runs`, `/v1/threads/runs`, and their steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from steward.doors.openai import (
    assistant_objects,
    assistants,
    lists,
    message_wire,
    messages,
    metadata,
    raw,
    run_following,
    run_requests,
    run_steps,
    thread_objects,
    tool_resources,
)
from steward.doors.openai import (
    threads as thread_door,
)
from steward.doors.openai.errors import BadRequest, no_object
from steward.doors.openai.messages import thread_of
from steward.doors.openai.run_following import Stand, stand_of
from steward.doors.openai.run_objects import ACTIVE, run_object
from steward.doors.openai.run_requests import RunAsked
from steward.doors.openai.run_stream import Encoder, frame
from steward.identity.access import Caller
from steward.kernel import runtime
from steward.kernel.errors import NotFound
from steward.kernel.work import Actor
from steward.providers import service as providers
from steward.runs import actions, records, service
from steward.runs.actions import Word
from steward.runs.errors import ThreadBusy
from steward.runs.schemas import TurnRequest
from steward.threads import keeping
from steward.threads.keeping import Kept, Said

router = APIRouter(prefix="/v1", tags=["openai"])

_POLL_AFTER_MS: Final = 100
"""How long the official clients sleep between two looks at a run; a whole second when nothing is said."""
_NOTHING_TO_ANSWER: Final = (
    "Run creation requires a Thread with a user message or an assistant with instructions."
)


@router.post("/threads/runs", response_class=Response)
async def create_thread_and_run(request: Request, actor: Caller) -> Response:
    """Make a thread with its messages, and run an assistant on it."""
    body = raw.read(await request.body())
    asked = run_requests.read(body)
    if asked.thread is None or not asked.thread.items("messages"):
        raise BadRequest(_NOTHING_TO_ANSWER, code="invalid_thread")
    actor.ensure_role("member")
    # Before anything is stored.
    async with runtime.current().database.transaction(actor) as work:
        await assistants.load(work, asked.assistant_id)
    stores = (await tool_resources.read(actor, body, store_days=tool_resources.STORE_DAYS)).store_ids
    thread = await thread_door.make(actor, asked.thread)
    opening = frame("thread.created", thread_objects.thread_object(thread)) if asked.is_streamed else b""
    return await _begin(actor, thread, asked, [], stores=stores, opening=opening)


@router.post("/threads/{thread_id}/runs", response_class=Response)
async def create_run(request: Request, actor: Caller, thread_id: str) -> Response:
    """Run an assistant on a thread. While it is at work, the thread takes no other run."""
    asked = run_requests.read(raw.read(await request.body()))
    await _ensure_there(actor, thread_id, asked)
    said = await _said(actor, thread_id, asked)
    async with runtime.current().database.work(actor) as work:
        thread = await keeping.kept(work, thread_id)
    return await _begin(actor, thread, asked, said)


@router.get("/threads/{thread_id}/runs", response_class=Response)
async def list_runs(request: Request, actor: Caller, thread_id: str) -> Response:
    """List the runs of a thread, the newest first unless `order` says otherwise."""
    asked = lists.read(request.query_params, prefix="run")
    async with runtime.current().database.work(actor) as work:
        thread = await thread_of(work, thread_id)
        found = await records.page(work, thread.id, asked)
        shown = [
            _shown(Stand(run, await records.calls(work, run.id) if run.finished_at is None else []))
            for run in found.items
        ]
    return JSONResponse(lists.page_of(shown, has_more=found.has_more))


@router.get("/threads/{thread_id}/runs/{run_id}", response_class=Response)
async def read_openai_run(actor: Caller, thread_id: str, run_id: str) -> Response:
    """A run as it stands."""
    return _answer(_shown(await _stand(actor, thread_id, run_id)))


@router.post("/threads/{thread_id}/runs/{run_id}", response_class=Response)
async def update_run(request: Request, actor: Caller, thread_id: str, run_id: str) -> Response:
    """Change the metadata of a run that is over."""
    pairs = metadata.read(raw.read(await request.body()))
    actor.ensure_role("member")
    stand = await _stand(actor, thread_id, run_id)
    if stand.status in ACTIVE:
        raise BadRequest(f"Cannot update run with status '{stand.status}'.", code=None)
    if pairs is not None:
        async with runtime.current().database.transaction(actor) as work:
            await records.keep(work, stand.run, {**stand.run.kept, "metadata": pairs})
        stand = await _stand(actor, thread_id, run_id)
    return _answer(_shown(stand))


@router.post("/threads/{thread_id}/runs/{run_id}/cancel", response_class=Response)
async def cancel_run(actor: Caller, thread_id: str, run_id: str) -> Response:
    """Stop a run; what it said so far is kept."""
    actor.ensure_role("member")
    stand = await _stand(actor, thread_id, run_id)
    if stand.status in ACTIVE:
        stopped = await service.stop(actor, run_id)
        ended = await _stand(actor, thread_id, run_id)
        # Whoever runs it may have stored the end before the stop was: it was stopped all the same.
        if stopped.stopped or ended.status == "cancelled":
            return _answer(_shown(stand, "cancelling"))
        stand = ended
    raise BadRequest(f"Cannot cancel run with status '{stand.status}'.", code=None)


@router.post("/threads/{thread_id}/runs/{run_id}/submit_tool_outputs", response_class=Response)
async def submit_tool_outputs(request: Request, actor: Caller, thread_id: str, run_id: str) -> Response:
    """Hand in the outputs of all calls that the run waits for; it goes on with them."""
    body = raw.read(await request.body())
    outputs, is_streamed = run_requests.read_outputs(body), body.flag("stream") or False
    actor.ensure_role("member")
    before = await _stand(actor, thread_id, run_id)
    asked = _asked_calls(before, outputs)
    after, _ = await actions.known_until(actor, run_id, [call.call_id for call in asked])
    words = {call.id: Word("output", result={"output": outputs[call.call_id]}) for call in asked}
    await actions.decide_all(actor, run_id, words)
    stand = await _stand(actor, thread_id, run_id)
    shown = _shown(stand, "queued")
    if not is_streamed:
        return _answer(shown)
    step_id = run_steps.tool_step_id(run_id, asked[0].step)
    handed_in = [step for step in stand.steps() if (step["id"], step["status"]) == (step_id, "completed")]
    encoder = Encoder(stand.run, _shown(stand, "in_progress"), said=before.text)
    return run_following.stream(actor, encoder, stand.run, encoder.go_on(handed_in), after=after)


@router.get("/threads/{thread_id}/runs/{run_id}/steps", response_class=Response)
async def list_run_steps(request: Request, actor: Caller, thread_id: str, run_id: str) -> Response:
    """List the steps of a run, the newest first unless `order` says otherwise."""
    asked = lists.read(request.query_params, prefix="step")
    steps = (await _stand(actor, thread_id, run_id)).steps(with_content=_wants_content(request))
    found = run_steps.stretch_of(steps, asked)
    return JSONResponse(lists.page_of(found.items, has_more=found.has_more))


@router.get("/threads/{thread_id}/runs/{run_id}/steps/{step_id}", response_class=Response)
async def read_run_step(
    request: Request, actor: Caller, thread_id: str, run_id: str, step_id: str
) -> Response:
    """A step of a run."""
    raw.ensure_id("step_id", step_id, "step")
    steps = (await _stand(actor, thread_id, run_id)).steps(with_content=_wants_content(request))
    for step in steps:
        if step["id"] == step_id:
            return JSONResponse(step)
    raise no_object("run step", step_id)


async def _begin(
    actor: Actor,
    thread: Kept,
    asked: RunAsked,
    said: list[Said],
    *,
    stores: Sequence[str] | None = None,
    opening: bytes = b"",
) -> Response:
    request = await _request_of(actor, thread, asked, said, stores)
    try:
        started = await service.start(actor, request)
    except ThreadBusy as busy:
        raise BadRequest(busy.detail, code=None) from busy
    async with runtime.current().database.transaction(actor) as work:
        run = await records.get(work, started.thread_id, started.run_id)
    queued = _shown(Stand(run, []), "queued")
    if not asked.is_streamed:
        return _answer(queued)
    encoder = Encoder(run, _shown(Stand(run, []), "in_progress"))
    return run_following.stream(actor, encoder, run, opening + encoder.begin())


async def _said(actor: Actor, thread_id: str, asked: RunAsked) -> list[Said]:
    """The messages that the run adds to its thread."""
    drafts = [message_wire.read(one) for one in asked.additional_messages]
    if any(draft.searched_file_ids for draft in drafts):
        # Their files are read beside the request, so that these are in the thread before the run is.
        await messages.add(actor, thread_id, asked.additional_messages)
        return []
    return await message_wire.to_said(actor, drafts)


async def _request_of(
    actor: Actor, thread: Kept, asked: RunAsked, said: list[Said], stores: Sequence[str] | None
) -> TurnRequest:
    house = runtime.current()
    async with house.database.transaction(actor) as work:
        agent = await assistants.load(work, asked.assistant_id)
        default_model = (await providers.models_of(work, house.settings)).default_model()
    if thread.thread.head_id is None and not said:
        raise BadRequest(_NOTHING_TO_ANSWER, code="invalid_thread")
    kept = run_requests.settings_of(asked, assistant_objects.assistant_object(agent, default_model))
    thread_stores = assistant_objects.stores_of(thread.notes.get("tool_resources"))
    return TurnRequest(
        "answer",
        thread.thread.id,
        wishes=run_requests.wishes_of(asked, agent, thread_stores, stores),
        said=said,
        when_busy="refuse",
        when_late="expire",
        kept=kept,
    )


async def _ensure_there(actor: Actor, thread_id: str, asked: RunAsked) -> None:
    """Refuse before anything is stored."""
    async with runtime.current().database.work(actor) as work:
        await thread_of(work, thread_id)
        actor.ensure_role("member")
        await assistants.load(work, asked.assistant_id)


async def _stand(actor: Actor, thread_id: str, run_id: str) -> Stand:
    raw.ensure_id("thread_id", thread_id, "thread")
    raw.ensure_id("run_id", run_id, "run")
    try:
        return await stand_of(actor, thread_id, run_id)
    except NotFound as error:
        async with runtime.current().database.work(actor) as work:
            await thread_of(work, thread_id)
        raise no_object("run", run_id) from error


def _asked_calls(stand: Stand, outputs: dict[str, str]) -> list[records.CallRecord]:
    """The calls whose outputs are handed in: all that wait, and no others."""
    if stand.status != "requires_action":
        raise BadRequest(f'Runs in status "{stand.status}" do not accept tool outputs.', code=None)
    waiting = [call for call in stand.calls if call.waits_for_client]
    expected, got = [call.call_id for call in waiting], list(outputs)
    if set(expected) != set(got):
        raise BadRequest(f"Expected tool outputs for call_ids {expected}, got {got}", code=None)
    return waiting


def _wants_content(request: Request) -> bool:
    given = [*request.query_params.getlist("include[]"), *request.query_params.getlist("include")]
    return run_steps.CONTENT in given


def _shown(stand: Stand, status: str | None = None) -> dict[str, Any]:
    seconds = runtime.current().settings.tools.client_seconds
    return run_object(stand.run, stand.calls, seconds, status=status)


def _answer(shown: dict[str, Any]) -> Response:
    is_coming = shown["status"] in ACTIVE and shown["status"] != "requires_action"
    return JSONResponse(shown, headers={"openai-poll-after-ms": str(_POLL_AFTER_MS)} if is_coming else None)
