"""The wire of the long tail, over models of Pydantic AI that need no network, and over its OpenAI client."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any

import pytest
from pydantic_ai import exceptions as theirs
from pydantic_ai.messages import (
    BinaryContent,
    DocumentUrl,
    ImageUrl,
    ModelMessage,
    SystemPromptPart,
    ThinkingPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models.function import AgentInfo, DeltaThinkingPart, DeltaToolCall, FunctionModel
from pydantic_ai.models.test import TestModel

from steward.kernel.settings import Limits
from steward.providers import pydantic_ai_wire
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
    ProviderEvent,
    ProviderState,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    ToolCallStart,
    ToolInputDelta,
    Usage,
)
from steward.providers.wire import Endpoint, ModelRequest, OneTool, OutputSchema, PromptMessage, ToolSpec
from steward.runs.transcript import Transcript
from tests.support.scripted_provider import ScriptedProvider

pytestmark = pytest.mark.slow

LIMITS = Limits(first_token_seconds=10, idle_seconds=10)
PARAMETERS = {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]}
TOOLS = [ToolSpec("find", "Finds things.", PARAMETERS, strict=False)]
SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


def named(model: str = "function:scripted") -> Endpoint:
    return Endpoint("pydantic-ai", model, "", None)


def asking(text: str = "Hello", **wishes: Any) -> ModelRequest:
    return ModelRequest([PromptMessage.of_text("user", text)], **wishes)


async def events_of(
    request: ModelRequest, model: Any = None, name: str = "function:scripted", limits: Limits = LIMITS
) -> list[ProviderEvent]:
    async with aclosing(pydantic_ai_wire.stream(named(name), request, limits, model)) as batches:
        return [event async for batch in batches for event in batch]


def saying(*said: Any, profile: Any = None) -> FunctionModel:
    """A model that says these things, and raises those that are errors."""

    async def answer(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[Any]:
        for one in said:
            if isinstance(one, Exception):
                raise one
            yield one

    return FunctionModel(stream_function=answer, profile=profile)


class Heard:
    """A model that remembers what it was asked."""

    def __init__(self, profile: Any = None) -> None:
        self.messages: list[ModelMessage] = []
        self.info: AgentInfo | None = None
        self.model = FunctionModel(stream_function=self._answer, profile=profile)

    async def _answer(self, messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str]:
        self.messages, self.info = messages, info
        yield "Yes."


def text_of(events: list[ProviderEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def without_state(events: Sequence[ProviderEvent]) -> list[ProviderEvent]:
    return [event for event in events if not isinstance(event, ProviderState)]


@pytest.mark.req("PROV-17")
async def test_an_answer_is_text_usage_and_a_reason() -> None:
    events = await events_of(asking(), saying("Grüezi ", "👋 du."))
    assert text_of(events) == "Grüezi 👋 du."
    assert isinstance(events[-2], Usage)
    assert (events[-2].output_tokens > 0, events[-2].estimated) == (True, False)
    assert events[-1] == Finish("stop")


@pytest.mark.req("PROV-17")
async def test_thoughts_and_parallel_tool_calls_are_events_like_any_others() -> None:
    model = saying(
        {0: DeltaThinkingPart(content="I should ")},
        {0: DeltaThinkingPart(content="look.", signature="signed")},
        "One moment.",
        {2: DeltaToolCall("find", '{"q":', tool_call_id="call 0")},
        {2: DeltaToolCall(json_args='"é"}')},
        {3: DeltaToolCall("look", "{}", tool_call_id="call 1")},
    )
    events = await events_of(asking(tools=TOOLS), model)
    thoughts = "".join(event.text for event in events if isinstance(event, ReasoningDelta))
    assert (thoughts, text_of(events)) == ("I should look.", "One moment.")
    rest = [event for event in events if not isinstance(event, TextDelta | ReasoningDelta | Usage)]
    assert without_state(rest) == [
        ToolCallStart("call 0", "find"),
        ToolInputDelta("call 0", '{"q":'),
        ToolInputDelta("call 0", '"é"}'),
        ToolCallStart("call 1", "look"),
        ToolInputDelta("call 1", "{}"),
        ToolCall("call 0", "find", {"q": "é"}, '{"q":"é"}'),
        ToolCall("call 1", "look", {}, "{}"),
        Finish("tool_calls"),
    ]


async def test_what_a_tool_is_given_must_be_an_object() -> None:
    events = await events_of(asking(tools=TOOLS), saying({0: DeltaToolCall("find", "[1]", tool_call_id="c")}))
    assert ToolCall("c", "find", None, "[1]") in events


async def test_the_librarys_own_test_model_is_a_model_too() -> None:
    events = await events_of(asking(), TestModel(custom_output_text="as it was told"))
    assert text_of(events) == "as it was told"


@pytest.mark.req("PROV-17")
async def test_the_history_is_told_in_the_librarys_words() -> None:
    heard = Heard()
    call = {"type": "tool_call", "call_id": "call 0", "name": "find", "input": {"q": "é"}}
    messages = [
        PromptMessage.of_text("system", "Be kind."),
        PromptMessage.of_text("user", "What is it?"),
        PromptMessage(
            "assistant",
            [
                {"type": "reasoning", "text": "Hm."},
                {"type": "text", "text": "One moment."},
                {**call, "output": {"found": ["é"]}},
                {**call, "call_id": "call 1", "error": "not there"},
                {**call, "call_id": "call 2"},
                {"type": "text", "text": "It is é."},
            ],
        ),
        PromptMessage.of_text("user", "And now?"),
    ]
    await events_of(ModelRequest(messages), heard.model)
    told = [
        (part.part_kind, getattr(part, "content", None), getattr(part, "tool_call_id", None))
        for message in heard.messages
        for part in message.parts
    ]
    assert told == [
        ("system-prompt", "Be kind.", None),
        ("user-prompt", "What is it?", None),
        ("text", "One moment.", None),
        ("tool-call", None, "call 0"),
        ("tool-call", None, "call 1"),
        ("tool-call", None, "call 2"),
        ("tool-return", '{"found":["é"]}', "call 0"),
        ("tool-return", "Error: not there", "call 1"),
        ("tool-return", "Error: interrupted before it gave a result.", "call 2"),
        ("text", "It is é.", None),
        ("user-prompt", "And now?", None),
    ]
    outcomes = [
        part.outcome
        for message in heard.messages
        for part in message.parts
        if isinstance(part, ToolReturnPart)
    ]
    assert outcomes == ["success", "failed", "failed"]


async def test_a_history_that_begins_with_an_answer_has_a_question_before_it() -> None:
    heard = Heard()
    await events_of(
        ModelRequest(
            [
                PromptMessage("assistant", [{"type": "text", "text": "Yes."}]),
                PromptMessage.of_text("user", "Why?"),
            ]
        ),
        heard.model,
    )
    assert [message.kind for message in heard.messages] == ["request", "response", "request"]


@pytest.mark.req("CHAT-39")
async def test_thoughts_go_back_to_the_model_that_thought_them_alone() -> None:
    thinking = saying({0: DeltaThinkingPart(content="I think.", signature="signed")}, "Yes.")
    transcript = Transcript()
    for event in await events_of(asking(), thinking):
        transcript.add(event)
    history = [
        PromptMessage.of_text("user", "Hello"),
        PromptMessage("assistant", transcript.parts()),
        PromptMessage.of_text("user", "And now?"),
    ]
    heard = Heard()
    await events_of(ModelRequest(history), heard.model)
    assert "signed" in str([part for part in heard.messages[1].parts if isinstance(part, ThinkingPart)])
    await events_of(ModelRequest(history), heard.model, "function:another")
    assert [part for part in heard.messages[1].parts if isinstance(part, ThinkingPart)] == []


@pytest.mark.req("CHAT-13")
async def test_files_are_told_in_the_librarys_words() -> None:
    heard = Heard()
    png = base64.b64encode(b"a picture").decode()
    files: list[dict[str, Any]] = [
        {"type": "text", "text": "Look:"},
        {"type": "file", "url": f"data:image/png;base64,{png}", "media_type": "image/*", "filename": "a.png"},
        {"type": "file", "url": "https://x.example/b.jpg", "media_type": "image/*"},
        {"type": "file", "url": "https://x.example/c.pdf", "media_type": "application/pdf"},
        {"type": "file", "url": "https://x.example/d", "media_type": ""},
        {"type": "file", "url": "data:,plain%20words", "media_type": "", "filename": "e.txt"},
    ]
    await events_of(ModelRequest([PromptMessage("user", files)]), heard.model)
    (part,) = heard.messages[0].parts
    assert isinstance(part, UserPromptPart)
    words, picture, image, document, note, plain = part.content
    assert words == "Look:"
    assert isinstance(picture, BinaryContent)
    assert (picture.data, picture.media_type) == (b"a picture", "image/png")
    assert isinstance(image, ImageUrl)
    assert image.url == "https://x.example/b.jpg"
    assert isinstance(document, DocumentUrl)
    assert document.media_type == "application/pdf"
    assert "https://x.example/d" in str(note)
    assert "plain words" in str(plain)


async def test_wishes_are_told_in_the_librarys_words() -> None:
    heard = Heard()
    await events_of(
        asking(
            temperature=0.5,
            max_tokens=900,
            top_p=0.9,
            stop=["END"],
            seed=7,
            tools=TOOLS,
            tool_choice=OneTool("find"),
            parallel_tool_calls=False,
        ),
        heard.model,
    )
    assert heard.info is not None
    assert heard.info.model_settings == {
        "max_retries": 0,
        "temperature": 0.5,
        "max_tokens": 900,
        "top_p": 0.9,
        "stop_sequences": ["END"],
        "seed": 7,
        "parallel_tool_calls": False,
        "tool_choice": ["find"],
    }
    (tool,) = heard.info.function_tools
    assert (tool.name, tool.description, tool.parameters_json_schema) == ("find", "Finds things.", PARAMETERS)
    assert tool.strict is False
    await events_of(asking(), heard.model)
    assert heard.info.model_settings == {"max_retries": 0}


@pytest.mark.parametrize("takes_schemas", [True, False])
async def test_a_form_of_output_is_bound_where_the_model_can_be(takes_schemas: bool) -> None:
    heard = Heard({"supports_json_schema_output": takes_schemas})
    await events_of(asking(output=OutputSchema("person", SCHEMA, "Somebody.")), heard.model)
    assert heard.info is not None
    form = heard.info.model_request_parameters.output_object
    if takes_schemas:
        assert form is not None
        assert (form.json_schema, form.name, form.strict) == (SCHEMA, "person", True)
    else:
        first = heard.messages[0].parts[0]
        assert isinstance(first, SystemPromptPart)
        assert "JSON Schema" in first.content
    await events_of(asking(output="json"), heard.model)
    assert "one JSON object" in str(heard.messages[0].parts[0])


def http_error(category: Any, status: int, **fields: Any) -> Exception:
    return theirs.ModelHTTPError.for_category(category, status_code=status, model_name="m", **fields)


@pytest.mark.req("ERR-01")
@pytest.mark.parametrize(
    ("error", "refusal"),
    [
        (http_error(theirs.ModelRateLimitError, 429, retry_after=3), ProviderRateLimited),
        (http_error(theirs.ModelQuotaExceededError, 402), ProviderQuotaExhausted),
        (http_error(theirs.ModelContextWindowExceededError, 400), ContextTooLong),
        (http_error(theirs.ModelAuthenticationError, 401), ProviderKeyRefused),
        (http_error(theirs.ModelNotFoundError, 404), ProviderRefused),
        (http_error(theirs.ModelOverloadedError, 529), ProviderUnavailable),
        (http_error(theirs.ModelServerError, 500), ProviderUnavailable),
        (http_error(None, 503), ProviderUnavailable),
        (http_error(None, 400, body={"message": "prompt is too long"}), ContextTooLong),
        (http_error(None, 401, body="no"), ProviderKeyRefused),
        (theirs.ModelConnectionError("m", "refused"), ProviderUnavailable),
        (theirs.ModelTimeoutError("m", "slow"), ProviderTimeout),
        (theirs.ModelRequestTimeout("m", 3), ProviderTimeout),
        (theirs.ModelAPIError("m", "something"), ProviderBrokeOff),
        (theirs.UnexpectedModelBehavior("what is this"), ProviderBrokeOff),
        (theirs.UserError("not with this model"), ProviderRefused),
        (RuntimeError("of some client"), ProviderBrokeOff),
    ],
)
async def test_an_exception_of_the_library_is_one_of_ours(error: Exception, refusal: type[LLMError]) -> None:
    with pytest.raises(LLMError) as failed:
        await events_of(asking(), saying(error))
    assert type(failed.value) is refusal
    assert (failed.value.provider, failed.value.model) == ("pydantic-ai", "function:scripted")
    assert failed.value.retry_after_seconds == (3 if refusal is ProviderRateLimited else None)


async def test_what_breaks_behind_words_keeps_them() -> None:
    model = saying("Grü", http_error(theirs.ModelServerError, 500))
    stream = pydantic_ai_wire.stream(named(), asking(), LIMITS, model)
    assert text_of(await anext(stream)) == "Grü"
    with pytest.raises(ProviderBrokeOff):
        await anext(stream)


async def test_a_filter_is_a_reason_to_stop() -> None:
    assert await events_of(asking(), saying(theirs.ContentFilterError("no"))) == [Finish("content_filter")]


async def test_a_model_that_is_silent_holds_nobody_up() -> None:
    async def hang(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str]:
        if info.model_settings and info.model_settings.get("seed"):
            yield "Grü"
        await asyncio.Event().wait()
        yield "ezi"

    model = FunctionModel(stream_function=hang)
    for seed in (None, 1):
        limits = Limits(first_token_seconds=0.2, idle_seconds=0.2)
        with pytest.raises(ProviderTimeout):
            await events_of(asking(seed=seed), model, limits=limits)


async def test_a_stream_can_be_read_by_one_task_after_the_other() -> None:
    stream = pydantic_ai_wire.stream(named(), asking(), LIMITS, saying("one ", "two"))
    first = await asyncio.ensure_future(anext(stream))
    rest = [event async for batch in stream for event in batch]
    assert text_of([*first, *rest]) == "one two"
    stream = pydantic_ai_wire.stream(named(), asking(), LIMITS, saying("one ", "two"))
    await asyncio.ensure_future(anext(stream))
    await asyncio.ensure_future(stream.aclose())


@pytest.mark.parametrize(
    "name", ["bedrock:us.amazon.nova-lite-v1:0", "groq:llama", "nobody:nothing", "fast", "test"]
)
async def test_a_model_that_cannot_be_made_here_is_refused(name: str) -> None:
    with pytest.raises(ProviderRefused):
        await events_of(asking(), name=name)


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch, provider: ScriptedProvider) -> None:
    """The variables that the library's clients read."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-library")
    monkeypatch.setenv("OPENAI_BASE_URL", provider.base_url)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-of-the-library")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", provider.root_url)


REAL = pytest.mark.parametrize(
    "name", ["openai-chat:gpt-4o-mini", "openai:gpt-4o-mini", "anthropic:claude-haiku-4-5"]
)


@REAL
@pytest.mark.req("PROV-17")
@pytest.mark.usefixtures("variables")
async def test_a_real_client_of_the_library_speaks(name: str, provider: ScriptedProvider) -> None:
    events = await events_of(asking("{{reply:Grüezi du da.}} {{cached:1}}", max_tokens=500), name=name)
    record = provider.requests[-1]
    assert text_of(events) == "Grüezi du da."
    assert events[-2:] == [Usage(record.prompt_tokens, 3, cached_tokens=1), Finish("stop")]
    assert record.key == "sk-of-the-library"


@REAL
@pytest.mark.usefixtures("variables")
async def test_a_real_client_of_the_library_calls_tools(name: str, provider: ScriptedProvider) -> None:
    text = '{{tool:find:{"q":"é"}}} {{parallel_tools:2}}'
    events = await events_of(asking(text, tools=TOOLS, max_tokens=500), name=name)
    calls = [event for event in events if isinstance(event, ToolCall)]
    assert [(call.name, call.input) for call in calls] == [("find", {"q": "é"})] * 2
    assert len({call.call_id for call in calls}) == 2
    for call in calls:
        assert ToolCallStart(call.call_id, "find") in events
        pieces = [
            event.text
            for event in events
            if isinstance(event, ToolInputDelta) and event.call_id == call.call_id
        ]
        assert "".join(pieces) == call.raw_input
    assert events[-1] == Finish("tool_calls")


@REAL
@pytest.mark.usefixtures("variables")
@pytest.mark.parametrize(
    ("directive", "refusal"),
    [
        ("{{status:401}}", ProviderKeyRefused),
        ("{{status:429}} {{retry_after:2}}", ProviderRateLimited),
        ("{{status:500}}", ProviderUnavailable),
        ("{{error:context_length_exceeded}}", ContextTooLong),
        ("{{words:9}} {{cut_after:3}}", ProviderBrokeOff),
        ("{{words:9}} {{garbage_after:3}}", ProviderBrokeOff),
    ],
)
async def test_a_real_client_of_the_library_fails(
    name: str, provider: ScriptedProvider, directive: str, refusal: type[LLMError]
) -> None:
    before = len(provider.requests)
    with pytest.raises(LLMError) as failed:
        await events_of(asking(directive, max_tokens=500), name=name)
    assert type(failed.value) is refusal, failed.value.cause
    assert len(provider.requests) == before + 1, "the library tries nothing again by itself"
    if refusal is ProviderRateLimited:
        assert failed.value.retry_after_seconds == 2


@REAL
@pytest.mark.usefixtures("variables")
async def test_a_reader_that_goes_ends_the_call(name: str, provider: ScriptedProvider) -> None:
    request = asking("{{words:5000}} {{pace_ms:5}}", max_tokens=9000)
    stream = pydantic_ai_wire.stream(named(name), request, LIMITS)
    while not text_of(await anext(stream)):
        pass
    await stream.aclose()
    record = provider.requests[-1]
    for _ in range(200):
        if record.end is not None:
            break
        await asyncio.sleep(0.01)
    assert record.client_gone


@pytest.mark.usefixtures("variables")
async def test_a_form_of_output_binds_a_real_model(provider: ScriptedProvider) -> None:
    request = asking("Who is it?", output=OutputSchema("person", SCHEMA))
    events = await events_of(request, name="openai-chat:gpt-4o-mini")
    assert '"name"' in text_of(events)
    sent = provider.requests[-1].body["response_format"]
    assert (sent["type"], sent["json_schema"]["name"]) == ("json_schema", "person")
