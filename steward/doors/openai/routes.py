"""The OpenAI door: `POST /v1/chat/completions`, `POST /v1/embeddings` and `GET /v1/models`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from typing import Any, Final, TypeVar

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from steward.doors.openai import embeddings, encode, wire
from steward.doors.openai.errors import error_body
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

_CLIENT_CLOSED_REQUEST: Final = 499
"""For the log alone: nobody is there to read it. The number is nginx's."""


class _Gone(Exception):
    """The client left."""


@router.post("/chat/completions", response_class=Response)
async def create_chat_completion(request: Request, actor: Caller) -> Response:
    """Create a chat completion; it ends when its reader goes, because this wire cannot resume."""
    body = wire.read(await request.body())
    completion_id, created = new_id("chatcmpl").replace("_", "-", 1), int(time.time())
    completion = await completions.complete(
        actor, body.model, wire.to_request(body), wishes=wire.to_wishes(body)
    )
    asked = completion.model
    events = completion.events()
    try:
        if not body.stream:
            collected = await _unless_gone(request, _collect(events))
            return JSONResponse(
                encode.whole(
                    completion_id,
                    _answered(body.model, asked, completion),
                    created,
                    collected,
                    encode.citations_of(completion),
                )
            )
        # The first batch comes before the status: a provider's refusal is still an HTTP error.
        first = await _unless_gone(request, _first(events))
    except _Gone:
        return Response(status_code=_CLIENT_CLOSED_REQUEST)
    include_usage = body.stream_options is not None and body.stream_options.include_usage
    encoder = encode.Encoder(
        completion_id, _answered(body.model, asked, completion), created, include_usage=include_usage
    )
    return EventStream(
        _chunks(encoder, first, events, completion),
        ping_seconds=runtime.current().settings.streams.ping_seconds,
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
    """List the models that can be asked for."""
    models = await providers.models_of(work, runtime.current().settings)
    return {
        "object": "list",
        "data": [_model(f"{provider.name}/{name}", provider.name) for provider, name in models.offered()],
    }


@router.get("/models/{model:path}")
async def read_openai_model(work: InTransaction, model: str) -> dict[str, Any]:
    """One model."""
    try:
        resolved = (await providers.models_of(work, runtime.current().settings)).resolve(model)
    except Refusal as refusal:
        raise NotFound(f"The model '{model}' does not exist. {refusal.detail}", param="model") from refusal
    return _model(model, resolved.endpoint.provider)


async def _chunks(
    encoder: encode.Encoder,
    first: list[ProviderEvent],
    events: AsyncGenerator[list[ProviderEvent]],
    completion: completions.Completion,
) -> AsyncGenerator[bytes]:
    try:
        yield encoder.start() + encoder.encode(first, encode.citations_of(completion))
        async for batch in events:
            # Known with the last batch, and told before it ends.
            data = encoder.encode(batch, encode.citations_of(completion))
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


def _answered(named: str, asked: str, completion: completions.Completion) -> str:
    """The model's name in the answer: as it was asked for, unless another one stepped in."""
    return named if completion.model == asked else completion.model


def _model(model_id: str, owner: str) -> dict[str, Any]:
    return {"id": model_id, "object": "model", "created": 1_700_000_000, "owned_by": owner}
