"""The official clients of the providers that the scripted one stands for, and what they understand of an answer."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anthropic
import httpx
import openai
import pytest
from google import genai
from google.genai import types as google_types

from tests.support.scripted_provider import ScriptedProvider
from tests.support.scripted_wire import Recorded

Json = dict[str, Any]

WIRES = ("openai_chat", "openai_responses", "anthropic", "gemini")
CLAUDE = "claude-opus-4-5"
GEMINI = "gemini-2.5-flash"
HEADERS = {
    "x-api-key": "k",
    "authorization": "Bearer k",
    "x-goog-api-key": "k",
    "anthropic-version": "2023-06-01",
}


@dataclass
class Heard:
    """What an official client understood of one answer."""

    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    calls: list[tuple[str, Json]] = field(default_factory=list[tuple[str, Json]])
    finish: str | None = None
    usage: tuple[int, int, int, int] | None = None
    """All input, all output, those from the cache, those of reasoning."""


@dataclass
class Clients:
    """The official clients, all of them at one provider."""

    openai: openai.AsyncOpenAI
    anthropic: anthropic.AsyncAnthropic
    gemini: genai.Client
    provider: ScriptedProvider

    # Doors without types: the clients' own tell a stream from a whole answer by literals, and take no plain dictionary.

    @property
    def create_completion(self) -> Any:
        return self.openai.chat.completions.create

    @property
    def create_response(self) -> Any:
        return self.openai.responses.create

    @property
    def create_message(self) -> Any:
        return self.anthropic.messages.create

    @property
    def models(self) -> Any:
        return self.gemini.aio.models

    @property
    def last(self) -> Recorded:
        """The last request as the provider saw it."""
        return self.provider.requests[-1]

    async def post(
        self, wire: str, text: str, *, stream: bool = True, most: int | None = None
    ) -> httpx.Response:
        """A plain request, for what the official clients hide."""
        body, path = plain_body(wire, text, stream=stream, most=most)
        async with httpx.AsyncClient() as http:
            return await http.post(f"{self.provider.root_url}{path}", json=body, headers=HEADERS)

    async def ask(self, wire: str, text: str, *, stream: bool = True, most: int | None = None) -> Heard:
        ask: dict[str, Callable[[str, bool, int | None], Awaitable[Heard]]] = {
            "openai_chat": self._chat,
            "openai_responses": self._responses,
            "anthropic": self._messages,
            "gemini": self._generate,
        }
        return await ask[wire](text, stream, most)

    async def _chat(self, text: str, stream: bool, most: int | None) -> Heard:
        messages: list[Any] = [{"role": "user", "content": text}]
        settings: Json = {} if most is None else {"max_tokens": most}
        heard = Heard()
        create = self.create_completion
        if not stream:
            whole = await create(model="gpt-4o", messages=messages, **settings)
            message = whole.choices[0].message
            heard.text, heard.refusal = message.content or "", message.refusal or ""
            heard.reasoning = getattr(message, "reasoning_content", "")
            heard.finish = whole.choices[0].finish_reason
            for call in _all(message.tool_calls):
                heard.calls.append((call.function.name, json.loads(call.function.arguments)))
            heard.usage = _chat_usage(whole.usage)
            return heard
        settings |= {"stream": True, "stream_options": {"include_usage": True}}
        pieces: dict[int, list[str]] = {}
        chunks = await create(model="gpt-4o", messages=messages, **settings)
        async for chunk in chunks:
            heard.usage = _chat_usage(chunk.usage) or heard.usage
            for choice in chunk.choices:
                heard.text += choice.delta.content or ""
                heard.refusal += choice.delta.refusal or ""
                heard.reasoning += getattr(choice.delta, "reasoning_content", "")
                heard.finish = choice.finish_reason or heard.finish
                for call in _all(choice.delta.tool_calls):
                    function = call.function
                    pieces.setdefault(call.index, [function.name or ""]).append(function.arguments or "")
        heard.calls = [(name, json.loads("".join(rest))) for name, *rest in pieces.values()]
        return heard

    async def _responses(self, text: str, stream: bool, most: int | None) -> Heard:
        settings: Json = {} if most is None else {"max_output_tokens": most}
        heard = Heard()
        if stream:
            numbers: list[int] = []
            async with self.openai.responses.stream(model="gpt-4o", input=text, **settings) as events:
                async for event in events:
                    numbers.append(event.sequence_number)
                    if event.type == "response.output_text.delta":
                        heard.text += event.delta
                    elif event.type == "response.refusal.delta":
                        heard.refusal += event.delta
                    elif event.type == "response.reasoning_summary_text.delta":
                        heard.reasoning += event.delta
                    elif event.type == "response.completed" or event.type == "response.incomplete":
                        self._read_response(event.response, heard)
            assert numbers == sorted(set(numbers))
            return heard
        whole = await self.create_response(model="gpt-4o", input=text, **settings)
        heard.text = whole.output_text
        self._read_response(whole, heard)
        return heard

    def _read_response(self, whole: Any, heard: Heard) -> None:
        """What the last event tells; it says all of it again."""
        assert whole.output_text == heard.text
        heard.finish = whole.incomplete_details.reason if whole.incomplete_details else whole.status
        for item in whole.output:
            if item.type == "function_call":
                heard.calls.append((item.name, json.loads(item.arguments)))
            elif item.type == "reasoning":
                heard.reasoning = item.summary[0].text
            elif item.type == "message" and item.content[0].type == "refusal":
                heard.refusal = item.content[0].refusal
        usage = whole.usage
        if usage is not None:
            cached = usage.input_tokens_details.cached_tokens
            reasoning = usage.output_tokens_details.reasoning_tokens
            heard.usage = (usage.input_tokens, usage.output_tokens, cached, reasoning)

    async def _messages(self, text: str, stream: bool, most: int | None) -> Heard:
        settings: Json = {"model": CLAUDE, "max_tokens": most or 4096}
        settings["messages"] = [{"role": "user", "content": text}]
        heard = Heard()
        if stream:
            async with self.anthropic.messages.stream(**settings) as events:
                async for event in events:
                    if event.type == "text":
                        heard.text += event.text
                    elif event.type == "thinking":
                        heard.reasoning += event.thinking
                message = await events.get_final_message()
        else:
            message = await self.create_message(**settings)
            heard.text = "".join(block.text for block in message.content if block.type == "text")
            heard.reasoning = "".join(block.thinking for block in message.content if block.type == "thinking")
        assert heard.text == "".join(block.text for block in message.content if block.type == "text")
        heard.calls = [(block.name, block.input) for block in message.content if block.type == "tool_use"]
        heard.finish = message.stop_reason
        if message.stop_details is not None:
            heard.refusal = message.stop_details.explanation or ""
        usage = message.usage
        written, cached = usage.cache_creation_input_tokens, usage.cache_read_input_tokens
        if cached is not None:
            details = usage.output_tokens_details
            reasoning = details.thinking_tokens if details else 0
            heard.usage = (
                usage.input_tokens + cached + (written or 0),
                usage.output_tokens,
                cached,
                reasoning,
            )
        return heard

    async def _generate(self, text: str, stream: bool, most: int | None) -> Heard:
        config = google_types.GenerateContentConfig(max_output_tokens=most)
        heard = Heard()
        models, model = self.models, GEMINI
        if stream:
            answers: list[Any] = [
                answer
                async for answer in await models.generate_content_stream(
                    model=model, contents=text, config=config
                )
            ]
        else:
            answers = [await models.generate_content(model=model, contents=text, config=config)]
        for answer in answers:
            _read_gemini(answer, heard)
        return heard


def _chat_usage(usage: Any) -> tuple[int, int, int, int] | None:
    if usage is None:
        return None
    cached = usage.prompt_tokens_details.cached_tokens
    reasoning = usage.completion_tokens_details.reasoning_tokens
    return usage.prompt_tokens, usage.completion_tokens, cached, reasoning


def _read_gemini(answer: Any, heard: Heard) -> None:
    usage = answer.usage_metadata
    if usage is not None:
        thought, cached = usage.thoughts_token_count or 0, usage.cached_content_token_count or 0
        heard.usage = (usage.prompt_token_count, usage.candidates_token_count + thought, cached, thought)
    candidate = answer.candidates[0]
    heard.finish = candidate.finish_reason.value if candidate.finish_reason else heard.finish
    heard.refusal = candidate.finish_message or heard.refusal
    for part in _all(candidate.content.parts) if candidate.content else []:
        if part.function_call is not None:
            heard.calls.append((part.function_call.name, part.function_call.args))
        elif part.thought:
            heard.reasoning += part.text
        else:
            heard.text += part.text or ""


@asynccontextmanager
async def official_clients(provider: ScriptedProvider) -> AsyncGenerator[Clients]:
    """All of them, without retries of their own."""
    once = google_types.HttpRetryOptions(attempts=1)
    options = google_types.HttpOptions(base_url=provider.root_url, retry_options=once)
    google = genai.Client(api_key="google-key", http_options=options)
    async with (
        openai.AsyncOpenAI(base_url=provider.base_url, api_key="openai-key", max_retries=0) as first,
        anthropic.AsyncAnthropic(
            base_url=provider.root_url, api_key="anthropic-key", max_retries=0
        ) as second,
        google.aio,
    ):
        yield Clients(first, second, google, provider)
    google.close()


def _all(items: Any) -> list[Any]:
    return items or []


# Plain requests, for what the official clients hide


def plain_body(wire: str, text: str, *, stream: bool = True, most: int | None = None) -> tuple[Json, str]:
    messages = [{"role": "user", "content": text}]
    match wire:
        case "openai_chat":
            body: Json = {"model": "gpt-4o", "messages": messages, "stream": stream}
            return ({**body, "max_tokens": most} if most else body), "/v1/chat/completions"
        case "openai_responses":
            return {"model": "gpt-4o", "input": text, "stream": stream}, "/v1/responses"
        case "anthropic":
            body = {"model": "claude-opus-4-5", "messages": messages, "max_tokens": most or 4096}
            return {**body, "stream": stream}, "/v1/messages"
        case _:
            method = "streamGenerateContent?alt=sse" if stream else "generateContent"
            config = {"maxOutputTokens": most} if most else {}
            contents = [{"role": "user", "parts": [{"text": text}]}]
            return (
                {"contents": contents, "generationConfig": config},
                f"/v1beta/models/gemini-2.5-flash:{method}",
            )


async def read_plain(clients: Clients, wire: str, text: str) -> tuple[str, bool]:
    """All text that came, and whether the answer ended as HTTP answers end."""
    body, path = plain_body(wire, text)
    pieces: list[bytes] = []
    whole = True
    async with (
        httpx.AsyncClient() as http,
        http.stream("POST", f"{clients.provider.root_url}{path}", json=body, headers=HEADERS) as answer,
    ):
        try:
            async for piece in answer.aiter_bytes():
                pieces.append(piece)
        except httpx.RemoteProtocolError:
            whole = False
    return b"".join(pieces).decode(), whole


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


SCHEMA: Json = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "minLength": 6},
        "people": {"type": "integer", "minimum": 3},
        "share": {"type": "number"},
        "size": {"enum": ["small", "large"]},
        "old": {"type": "boolean"},
        "streets": {"type": "array", "items": {"type": "string"}, "minItems": 2},
    },
    "required": ["city", "people", "share", "size", "old", "streets"],
    "additionalProperties": False,
}


both = pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
