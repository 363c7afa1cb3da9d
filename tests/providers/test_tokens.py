from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.providers import tokens
from steward.providers.wire import ModelRequest, OutputSchema, PromptMessage, ToolSpec

# Counted with OpenAI's own tokenizer `o200k_base`.
_TRUTH = [
    ("The quick brown fox jumps over the lazy dog. " * 20, 201),
    ("def greet(name: str) -> str:\n    return f'Hello, {name}!'\n" * 10, 190),
    ("東京の夜空に花火が上がりました。" * 10, 120),
]


@pytest.mark.parametrize(("text", "truth"), _TRUTH)
def test_our_count_is_near_a_providers(text: str, truth: int) -> None:
    assert 0.75 < tokens.count(text) / truth < 1.5


@given(st.text(max_size=200))
def test_whatever_is_there_counts(text: str) -> None:
    counted = tokens.count(text)
    assert (counted > 0) == bool(text)
    assert counted <= len(text.encode("utf-8", "replace")) + 1


def test_a_long_text_counts_as_much_as_its_parts() -> None:
    part = "Steward counts what no provider counted. " * 600
    assert abs(tokens.count(part * 4) - 4 * tokens.count(part)) < 8


async def test_counting_beside_gives_the_same() -> None:
    text = "one two three " * 2_000
    assert await tokens.count_beside(text) == tokens.count(text)


def test_everything_that_a_model_reads_is_counted() -> None:
    plain = ModelRequest([PromptMessage.of_text("user", "hello")])
    call = {
        "type": "tool_call",
        "call_id": "c",
        "name": "find",
        "input": {"q": "tea"},
        "output": "a long result",
    }
    image = {"type": "file", "url": "data:image/png;base64,AAAA", "media_type": "image/png"}
    rich = ModelRequest(
        [
            PromptMessage("user", [{"type": "text", "text": "hello"}, image]),
            PromptMessage("assistant", [call]),
        ],
        tools=[ToolSpec("find", "Finds things.", {"type": "object"})],
        output=OutputSchema("answer", {"type": "object", "properties": {"name": {"type": "string"}}}),
    )
    read = tokens.prompt_text(rich)
    for word in ("hello", "find", "tea", "a long result", "Finds things.", "properties"):
        assert word in read
    assert tokens.fixed_tokens(rich) > tokens.fixed_tokens(plain) + 100


@given(st.lists(st.text(max_size=60), max_size=8))
def test_many_are_counted_as_each_alone(texts: list[str]) -> None:
    assert tokens.count_all(texts) == [tokens.count(text) for text in texts]
