# ruff: noqa: E501 - the lines of a wire are as long as they are

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from steward.doors.openai.encode import DONE, Encoder, whole
from steward.providers.events import (
    Finish,
    ProviderEvent,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    ToolCallStart,
    ToolInputDelta,
    Usage,
)

USAGE = Usage(7, 3, cached_tokens=2, reasoning_tokens=1)
TOOLS: list[ProviderEvent] = [
    ReasoningDelta("Hm."),
    ToolCallStart("call_1", "find"),
    ToolInputDelta("call_1", '{"q":'),
    ToolCallStart("call_2", "look"),
    ToolInputDelta("call_1", "1}"),
    ToolCall("call_1", "find", {"q": 1}, '{"q":1}'),
    ToolCall("call_2", "look", {}, ""),
    USAGE,
    Finish("tool_calls"),
]


def streamed(*batches: list[ProviderEvent], include_usage: bool = False) -> str:
    encoder = Encoder("chatcmpl-1", "gpt-4o", 1_700_000_000, include_usage=include_usage)
    return (encoder.start() + b"".join(encoder.encode(batch) for batch in batches) + DONE).decode()


@pytest.mark.req("CHAT-31")
def test_writes_an_answer() -> None:
    body = streamed(
        [TextDelta("Gr")], [TextDelta('üezi "du" 👋\n')], [USAGE, Finish("stop")], include_usage=True
    )
    assert body == snapshot("""\
data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}]}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o","choices":[{"index":0,"delta":{"content":"Gr"},"logprobs":null,"finish_reason":null}]}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o","choices":[{"index":0,"delta":{"content":"üezi \\"du\\" 👋\\n"},"logprobs":null,"finish_reason":null}]}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10,"prompt_tokens_details":{"cached_tokens":2},"completion_tokens_details":{"reasoning_tokens":1}}}

data: [DONE]

""")


def test_writes_thinking_and_tools() -> None:
    assert streamed(TOOLS) == snapshot("""\
data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}]}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o","choices":[{"index":0,"delta":{"reasoning_content":"Hm."},"logprobs":null,"finish_reason":null}]}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"find","arguments":""}}]},"logprobs":null,"finish_reason":null}]}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\\"q\\":"}}]},"logprobs":null,"finish_reason":null}]}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"call_2","type":"function","function":{"name":"look","arguments":""}}]},"logprobs":null,"finish_reason":null}]}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]},"logprobs":null,"finish_reason":null}]}

data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"tool_calls"}]}

data: [DONE]

""")


def test_writes_an_answer_in_one_object() -> None:
    events: list[ProviderEvent] = [TextDelta("Grü"), TextDelta("ezi"), USAGE, Finish("length")]
    assert whole("chatcmpl-1", "gpt-4o", 1_700_000_000, events) == snapshot(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1700000000,
            "model": "gpt-4o",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": "Grüezi", "refusal": None},
                    "logprobs": None,
                    "finish_reason": "length",
                }
            ],
            "usage": {
                "prompt_tokens": 7,
                "completion_tokens": 3,
                "total_tokens": 10,
                "prompt_tokens_details": {"cached_tokens": 2},
                "completion_tokens_details": {"reasoning_tokens": 1},
            },
        }
    )


def test_writes_tools_in_one_object() -> None:
    assert whole("chatcmpl-1", "gpt-4o", 1_700_000_000, TOOLS)["choices"] == snapshot(
        [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": None,
                    "refusal": None,
                    "reasoning_content": "Hm.",
                    "tool_calls": [
                        {
                            "id": "call_1",
                            "type": "function",
                            "function": {"name": "find", "arguments": '{"q":1}'},
                        },
                        {"id": "call_2", "type": "function", "function": {"name": "look", "arguments": ""}},
                    ],
                },
                "logprobs": None,
                "finish_reason": "tool_calls",
            }
        ]
    )


texts = st.text(max_size=9)
says: st.SearchStrategy[ProviderEvent] = st.builds(TextDelta, texts) | st.builds(ReasoningDelta, texts)


@settings(deadline=None)
@given(st.lists(st.lists(says, max_size=5), max_size=6), st.booleans())
def test_no_text_is_lost(batches: list[list[ProviderEvent]], include_usage: bool) -> None:
    body = streamed(*batches, [USAGE, Finish("stop")], include_usage=include_usage)
    frames = body.split("\n\n")
    assert frames[-2:] == ["data: [DONE]", ""]
    chunks: list[dict[str, Any]] = [json.loads(frame.removeprefix("data: ")) for frame in frames[:-2]]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]]
    events = [event for batch in batches for event in batch]
    for kind, name in ((TextDelta, "content"), (ReasoningDelta, "reasoning_content")):
        said = "".join(event.text for event in events if isinstance(event, kind))
        assert "".join(delta.get(name, "") for delta in deltas) == said
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks if chunk["choices"]][-1] == "stop"
    assert sum("usage" in chunk for chunk in chunks) == include_usage
    assert {chunk["id"] for chunk in chunks} == {"chatcmpl-1"}
