"""The wire of the long tail: our requests in Pydantic AI's words, its events and exceptions in ours.

Written against pydantic-ai 2.68. Import it through `long_tail` alone: the package may not be installed.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncGenerator, Iterable
from typing import Any, Final, cast

import msgspec
from pydantic_ai import exceptions as theirs
from pydantic_ai.direct import model_request_stream
from pydantic_ai.messages import (
    BinaryContent,
    DocumentUrl,
    ImageUrl,
    ModelMessage,
    ModelRequestPart,
    ModelResponse,
    ModelResponsePart,
    ModelResponseStreamEvent,
    PartDeltaEvent,
    PartEndEvent,
    PartStartEvent,
    SystemPromptPart,
    TextPart,
    TextPartDelta,
    ThinkingPart,
    ThinkingPartDelta,
    ToolCallPart,
    ToolCallPartDelta,
    ToolReturnPart,
    UserContent,
    UserPromptPart,
)
from pydantic_ai.messages import ModelRequest as Asked
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse, infer_model
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.settings import ModelSettings, ThinkingLevel
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.usage import RequestUsage

from steward.kernel.characters import storable
from steward.kernel.settings import Limits
from steward.providers import failures, prompts
from steward.providers.errors import (
    ContextTooLong,
    LLMError,
    ProviderBrokeOff,
    ProviderKeyRefused,
    ProviderQuotaExhausted,
    ProviderRateLimited,
    ProviderRefused,
    ProviderTimeout,
    ProviderUnavailable,
)
from steward.providers.events import (
    Finish,
    FinishReason,
    ProviderEvent,
    ProviderState,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    ToolCallStart,
    ToolInputDelta,
    Usage,
)
from steward.providers.transport import count
from steward.providers.wire import Endpoint, ModelRequest, OneTool, OutputSchema, PromptMessage

WIRE: Final = "pydantic_ai"
_FINISH: Final[dict[str, FinishReason]] = {
    "stop": "stop",
    "length": "length",
    "content_filter": "content_filter",
    "tool_call": "tool_calls",
    "error": "error",
}
_EFFORTS: Final[dict[str, ThinkingLevel]] = {
    "none": False,
    "minimal": "minimal",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "xhigh",
    "max": "max",
}
# The first that fits counts: some are kinds of others.
_REFUSALS: Final[tuple[tuple[type[Exception] | tuple[type[Exception], ...], type[LLMError]], ...]] = (
    (theirs.ModelRateLimitError, ProviderRateLimited),
    (theirs.ModelQuotaExceededError, ProviderQuotaExhausted),
    (theirs.ModelContextWindowExceededError, ContextTooLong),
    (theirs.ModelAuthenticationError, ProviderKeyRefused),
    (theirs.ModelRequestRejectedError, ProviderRefused),
    ((theirs.ModelTimeoutError, theirs.ModelRequestTimeout, TimeoutError), ProviderTimeout),
    (
        (theirs.ModelUnavailableError, theirs.ModelServerError, theirs.ModelConnectionError),
        ProviderUnavailable,
    ),
    # A name that it does not know, a variable or a package that it misses, a request that its model cannot take.
    ((theirs.UserError, ImportError, NotImplementedError, ValueError), ProviderRefused),
)
_CAUSE_CHARS: Final = 2_000
_KEPT: Final = ("id", "signature", "provider_name", "provider_details")


async def stream(
    endpoint: Endpoint, request: ModelRequest, limits: Limits, model: Model | None = None
) -> AsyncGenerator[list[ProviderEvent]]:
    """Call the model; see `Wire.stream`.

    Args:
        endpoint: its model is the name by which Pydantic AI knows the model, `provider:model`.
        request: what is asked.
        limits: of time.
        model: another one than the name stands for.
    """
    reader = Reader(endpoint)
    arriving: asyncio.Queue[ModelResponseStreamEvent | None] = asyncio.Queue()
    # A task of its own: the library ties its stream to the task that opened it, and ours are read by several.
    calling = asyncio.ensure_future(_call(endpoint, request, model, arriving))
    seconds = limits.first_token_seconds
    try:
        while True:
            async with asyncio.timeout(seconds):
                heard = [await arriving.get()]
            while not arriving.empty():
                heard.append(arriving.get_nowait())
            events = reader.feed([event for event in heard if event is not None])
            if events:
                seconds = limits.idle_seconds
                yield events
            if heard[-1] is None:
                break
        yield reader.close(await calling)
    except LLMError:
        raise
    except theirs.ContentFilterError:
        yield [Finish("content_filter")]
    except Exception as error:
        # Behind the library are the clients of forty hosts, each with exceptions of its own.
        raise _refusal(endpoint, error, began=reader.began) from error
    finally:
        calling.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await calling


async def _call(
    endpoint: Endpoint,
    request: ModelRequest,
    model: Model | None,
    arriving: asyncio.Queue[ModelResponseStreamEvent | None],
) -> StreamedResponse:
    try:
        # Its clients load slowly the first time.
        model = model or await asyncio.to_thread(_find, endpoint)
        parameters, words = _parameters(model, request)
        async with (
            model,
            model_request_stream(
                model,
                _messages(endpoint, request.messages, words),
                model_settings=_settings(model, request),
                model_request_parameters=parameters,
                instrument=False,
            ) as said,
        ):
            async for event in said:
                arriving.put_nowait(event)
            return said
    finally:
        arriving.put_nowait(None)


def _find(endpoint: Endpoint) -> Model:
    if ":" not in endpoint.model:
        raise theirs.UserError("a name such as bedrock:us.amazon.nova-lite-v1:0")
    return infer_model(endpoint.model)


class Reader:
    """Reads the library's events; remembers which parts are tool calls."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._calls: dict[int, str] = {}
        self.began = False

    def feed(self, heard: Iterable[ModelResponseStreamEvent]) -> list[ProviderEvent]:
        """Read what came; text that came together leaves together."""
        events: list[ProviderEvent] = []
        for event in heard:
            for said in self._read(event):
                last = events[-1] if events else None
                if isinstance(said, TextDelta) and isinstance(last, TextDelta):
                    events[-1] = TextDelta(last.text + said.text)
                else:
                    events.append(said)
        self.began = self.began or bool(events)
        return events

    def close(self, said: StreamedResponse) -> list[ProviderEvent]:
        """The end of the stream: whole tool calls, usage, the reason.

        Raises:
            LLMError: the stream ended in the middle.
        """
        whole = said.get()
        if whole.state == "incomplete":
            raise failures.unreadable(self._endpoint, "the stream ended in the middle")
        events: list[ProviderEvent] = []
        for part in whole.parts:
            if isinstance(part, ToolCallPart):
                raw = _raw_input(part.args) or "{}"
                events.append(ToolCall(part.tool_call_id, part.tool_name, _object(raw), raw))
        reason = _FINISH.get(said.finish_reason or "stop", "other")
        if events and reason == "stop":
            reason = "tool_calls"
        usage = _usage(said.usage)
        return [*events, *([] if usage is None else [usage]), Finish(reason)]

    def _read(self, event: ModelResponseStreamEvent) -> Iterable[ProviderEvent]:
        match event:
            case PartStartEvent(part=TextPart(content=text)) if text:
                yield TextDelta(storable(text))
            case PartStartEvent(part=ThinkingPart(content=text)) if text:
                yield ReasoningDelta(storable(text))
            case PartStartEvent(part=ToolCallPart() as part):
                yield from self._begin_call(event.index, part)
            case PartDeltaEvent(delta=TextPartDelta(content_delta=text)) if text:
                yield TextDelta(storable(text))
            case PartDeltaEvent(delta=ThinkingPartDelta(content_delta=text)) if text:
                yield ReasoningDelta(storable(text))
            case PartDeltaEvent(delta=ToolCallPartDelta(args_delta=args)) if (
                args and event.index in self._calls
            ):
                yield ToolInputDelta(self._calls[event.index], _raw_input(args))
            case PartEndEvent(part=TextPart() | ThinkingPart() | ToolCallPart() as part):
                yield from self._keep(part)
            case _:
                pass

    def _begin_call(self, index: int, part: ToolCallPart) -> Iterable[ProviderEvent]:
        self._calls[index] = part.tool_call_id
        yield ToolCallStart(part.tool_call_id, part.tool_name)
        if part.args:
            yield ToolInputDelta(part.tool_call_id, _raw_input(part.args))

    def _keep(self, part: TextPart | ThinkingPart | ToolCallPart) -> Iterable[ProviderEvent]:
        kept = {name: value for name in _KEPT if (value := getattr(part, name, None)) is not None}
        if kept.keys() - {"provider_name"}:
            yield ProviderState(WIRE, prompts.state_for(self._endpoint, **kept))


def _usage(used: RequestUsage) -> Usage | None:
    if used.unmeasured_requests or not (used.input_tokens or used.output_tokens):
        return None
    return Usage(
        input_tokens=count(used.input_tokens),
        output_tokens=count(used.output_tokens),
        cached_tokens=count(used.cache_read_tokens),
        reasoning_tokens=count(used.output_reasoning_tokens),
        cache_write_tokens=count(used.cache_write_tokens),
    )


def _raw_input(args: Any) -> str:
    return args if isinstance(args, str) else prompts.written(args) if args else ""


def _object(text: str) -> dict[str, Any] | None:
    try:
        read = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        return None
    return storable(read) if "\\u0000" in text else read


def _parameters(model: Model, request: ModelRequest) -> tuple[ModelRequestParameters, str | None]:
    """Tools and the form of the output; and the words that ask for a form to which the model cannot be bound."""
    tools = [
        ToolDefinition(
            name=tool.name,
            parameters_json_schema=tool.parameters,
            description=tool.description or None,
            strict=tool.strict,
        )
        for tool in request.tools
    ]
    output = request.output
    if output is None:
        return ModelRequestParameters(function_tools=tools), None
    if not isinstance(output, OutputSchema) or not model.profile.get("supports_json_schema_output", False):
        return ModelRequestParameters(function_tools=tools), prompts.output_words(output)
    form = OutputObjectDefinition(output.schema, output.name, output.description, output.strict)
    return ModelRequestParameters(function_tools=tools, output_mode="native", output_object=form), None


def _settings(model: Model, request: ModelRequest) -> ModelSettings:
    """What is None is left out. What the model's class does not send is left out too, before it warns of it."""
    choice = request.tool_choice
    wished: dict[str, Any] = {
        # Tries are counted and booked by us.
        "max_retries": 0,
        "temperature": request.temperature,
        "max_tokens": request.max_tokens,
        "top_p": request.top_p,
        "stop_sequences": request.stop,
        "seed": request.seed,
        "parallel_tool_calls": request.parallel_tool_calls if request.tools else None,
        "tool_choice": [choice.name] if isinstance(choice, OneTool) else choice,
        "thinking": _EFFORTS.get(request.reasoning_effort or ""),
    }
    known = {
        name: value
        for name, value in wished.items()
        if value is not None and name not in model.unsupported_settings
    }
    return cast(ModelSettings, known)


def _messages(endpoint: Endpoint, messages: list[PromptMessage], words: str | None) -> list[ModelMessage]:
    written: list[ModelMessage] = []
    if words is not None:
        _ask(written, [SystemPromptPart(words)])
    for message in messages:
        if message.role == "system":
            _ask(written, [SystemPromptPart(message.text)] if message.text else [])
        elif message.role == "user":
            _ask(written, [UserPromptPart(_content(message))])
        else:
            for parts in prompts.rounds(message):
                _answer(endpoint, written, parts)
    return written


def _ask(written: list[ModelMessage], parts: list[ModelRequestPart]) -> None:
    """Add to what the model is asked: one message until it answers."""
    if not parts:
        return
    if written and isinstance(written[-1], Asked):
        parts = [*written.pop().parts, *parts]  # pyright: ignore[reportAssignmentType]  # its parts are a request's
    written.append(Asked(parts))


def _answer(endpoint: Endpoint, written: list[ModelMessage], parts: list[dict[str, Any]]) -> None:
    said = [part for given in parts if (part := _said(endpoint, given)) is not None]
    if not said:
        return
    if not written:
        _ask(written, [UserPromptPart(prompts.LEFT_OUT)])
    written.append(ModelResponse(said))
    _ask(
        written,
        [
            ToolReturnPart(
                call["name"],
                prompts.result(call),
                call["call_id"],
                outcome="success" if prompts.failed(call) is None else "failed",
            )
            for call in prompts.calls_of(parts)
        ],
    )


def _said(endpoint: Endpoint, part: dict[str, Any]) -> ModelResponsePart | None:
    state = prompts.state_of(part, WIRE, endpoint)
    kept = {name: state[name] for name in _KEPT if name in state}
    if part["type"] == "text":
        return TextPart(part["text"], **kept)
    if part["type"] == "tool_call":
        return ToolCallPart(part["name"], prompts.arguments(part), part["call_id"], **kept)
    # Thoughts go back only to the model that thought them.
    return ThinkingPart(part["text"], **kept) if kept else None


def _content(message: PromptMessage) -> str | list[UserContent]:
    if not any(part.get("type") == "file" for part in message.parts):
        return message.text
    content: list[UserContent] = []
    for part in message.parts:
        if part.get("type") == "text":
            content.append(part["text"])
        elif part.get("type") == "file":
            content.append(_file(part))
    return content


def _file(part: dict[str, Any]) -> UserContent:
    file = prompts.read_file(part)
    if file.text is not None:
        return file.text
    if file.data is not None:
        return BinaryContent(base64.b64decode(file.data), media_type=file.media_type, identifier=file.name)
    kind = None if file.media_type.endswith("/*") else file.media_type or None
    if file.is_image:
        return ImageUrl(file.url, media_type=kind)
    return DocumentUrl(file.url, media_type=kind) if kind else file.note


def _refusal(endpoint: Endpoint, error: Exception, *, began: bool) -> LLMError:
    kind = next((ours for kinds, ours in _REFUSALS if isinstance(error, kinds)), None)
    if kind is None and isinstance(error, theirs.ModelHTTPError):
        body = error.body if isinstance(error.body, str) else prompts.written(error.body)
        return failures.read_failure(endpoint, error.status_code, error.headers or {}, body.encode())
    if kind is None or (began and kind in (ProviderUnavailable, ProviderRefused)):
        # To somebody who reads already, a host that gives up is an answer that breaks off.
        kind = ProviderBrokeOff
    wait = error.retry_after if isinstance(error, theirs.ModelAPIError) else None
    return kind(endpoint.model, endpoint.provider, repr(error)[:_CAUSE_CHARS], retry_after_seconds=wait)
