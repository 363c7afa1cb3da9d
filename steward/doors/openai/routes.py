"""The OpenAI door: `POST /v1/chat/completions`, `POST /v1/embeddings` and `GET /v1/models`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from typing import Any, Final, TypeAlias, TypeVar

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from steward.agents import naming
from steward.agents.service import Agent
from steward.doors.openai import embeddings, encode, turn_answer, turn_wire, turns, wire
from steward.doors.openai.errors import error_body
from steward.doors.openai.turn_answer import Turn
from steward.identity.access import Caller, InTransaction
from steward.kernel import runtime
from steward.kernel.errors import NotFound, Refusal
from steward.kernel.ids import new_id
from steward.kernel.sse import EventStream
from steward.providers import service as providers
from steward.providers.events import ProviderEvent
from steward.runs import completions, embedding

router = APIRouter(prefix="/v1", tags=["openai"])

T = TypeVar("T")
Answer: TypeAlias = completions.Completion | Turn

_CLIENT_CLOSED_REQUEST: Final = 499
"""For the log alone: nobody is there to read it. The number is nginx's."""


class _Gone(Exception):
    """The client left."""


@router.post("/chat/completions", response_class=Response)
async def create_chat_completion(request: Request, actor: Caller) -> Response:
    """Create a chat completion, by a model or by an agent, `agent/<name or id>`; it ends when its reader goes, because
    this wire cannot resume. The header `x-steward-thread` goes on with a stored conversation.
    """
    body = wire.read(await request.body())
    thread_ref = turn_wire.read_thread_ref(request.headers.get(turn_answer.HEADER))
    if turns.is_asked(body.model, thread_ref):
        answer = await turns.begin(actor, body, thread_ref)
    else:
        asked = wire.to_request(body)
        answer = await completions.complete(actor, body.model, asked, wishes=wire.to_wishes(body))
    try:
        return await (_streamed if body.stream else _whole)(request, body, answer)
    except _Gone:
        return Response(status_code=_CLIENT_CLOSED_REQUEST)


async def _whole(request: Request, body: wire.ChatBody, answer: Answer) -> Response:
    asked = answer.model
    collected = await _unless_gone(request, _collect(answer.events()))
    return JSONResponse(
        encode.whole(
            _new_id(),
            _answered(body.model, asked, answer),
            int(time.time()),
            collected,
            encode.citations_of(answer),
        ),
        headers=_headers(answer),
    )


async def _streamed(request: Request, body: wire.ChatBody, answer: Answer) -> Response:
    asked, events = answer.model, answer.events()
    # The first batch comes before the status: a provider's refusal is still an HTTP error.
    first = await _unless_gone(request, _first(events))
    include_usage = body.stream_options is not None and body.stream_options.include_usage
    encoder = encode.Encoder(
        _new_id(), _answered(body.model, asked, answer), int(time.time()), include_usage=include_usage
    )
    return EventStream(
        _chunks(encoder, first, events, answer),
        ping_seconds=runtime.current().settings.streams.ping_seconds,
        headers=_headers(answer),
    )


@router.post("/embeddings", response_class=Response)
async def create_embedding(request: Request, actor: Caller) -> Response:
    """Turn texts into vectors."""
    body, texts = embeddings.read(await request.body())
    made = embedding.embed(actor, texts, body.model, dimensions=body.dimensions)
    try:
        embedded = await _unless_gone(request, made)
    except _Gone:
        return Response(status_code=_CLIENT_CLOSED_REQUEST)
    answer = await asyncio.to_thread(embeddings.answer, body, embedded)
    return Response(answer, media_type="application/json")


@router.get("/models")
async def list_openai_models(work: InTransaction) -> dict[str, Any]:
    """List the models that can be asked for, and behind them the agents."""
    settings = runtime.current().settings
    models = await providers.models_of(work, settings)
    data = [_model(f"{provider.name}/{name}", provider.name) for provider, name in models.offered()]
    data += [_agent_model(name, agent) for name, agent in await naming.offered(work, settings)]
    return {"object": "list", "data": data}


@router.get("/models/{model:path}")
async def read_openai_model(work: InTransaction, model: str) -> dict[str, Any]:
    """One model, or an agent."""
    if naming.is_agent(model):
        return _agent_model(model, await naming.named(work, runtime.current().settings, model))
    try:
        resolved = (await providers.models_of(work, runtime.current().settings)).resolve(model)
    except Refusal as refusal:
        raise NotFound(f"The model '{model}' does not exist. {refusal.detail}", param="model") from refusal
    return _model(model, resolved.endpoint.provider)


async def _chunks(
    encoder: encode.Encoder,
    first: list[ProviderEvent],
    events: AsyncGenerator[list[ProviderEvent]],
    answer: Answer,
) -> AsyncGenerator[bytes]:
    try:
        yield encoder.start() + encoder.encode(first, encode.citations_of(answer))
        async for batch in events:
            # Known with the last batch, and told before it ends.
            data = encoder.encode(batch, encode.citations_of(answer))
            if data:
                yield data
        yield encode.DONE
    except Refusal as refusal:
        yield b"data: " + msgspec.json.encode(error_body(refusal)) + b"\n\n"
    finally:
        await events.aclose()


async def _first(events: AsyncGenerator[list[ProviderEvent]]) -> list[ProviderEvent]:
    return await anext(events, list[ProviderEvent]())


async def _collect(events: AsyncGenerator[list[ProviderEvent]]) -> list[ProviderEvent]:
    async with aclosing(events) as batches:
        return [event async for batch in batches for event in batch]


async def _unless_gone(request: Request, reading: Coroutine[Any, Any, T]) -> T:
    """Await something for a client, and drop it when the client leaves.

    Raises:
        _Gone: the client left.
    """

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    task, leaving = asyncio.ensure_future(reading), asyncio.ensure_future(gone())
    try:
        await asyncio.wait((task, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise _Gone
        return task.result()
    finally:
        for one in (task, leaving):
            one.cancel()
        await asyncio.gather(task, leaving, return_exceptions=True)


def _answered(named: str, asked: str, answer: Answer) -> str:
    """The model's name in the answer: as it was asked for, unless another one stepped in."""
    return named if answer.model == asked else answer.model


def _headers(answer: Answer) -> dict[str, str]:
    return answer.headers if isinstance(answer, Turn) else {}


def _new_id() -> str:
    return new_id("chatcmpl").replace("_", "-", 1)


def _model(model_id: str, owner: str, created: int = 1_700_000_000) -> dict[str, Any]:
    return {"id": model_id, "object": "model", "created": created, "owned_by": owner}


def _agent_model(name: str, agent: Agent) -> dict[str, Any]:
    """An agent as a model; with its name, because its id may stand in the place of it."""
    owner = "steward" if agent.built_in else "workspace"
    if agent.created_at is None:
        return {**_model(name, owner), "name": agent.name}
    return {**_model(name, owner, int(agent.created_at.timestamp())), "name": agent.name}
