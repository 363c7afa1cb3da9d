"""Tokens: counted by a real tokenizer where no provider counted. Its vocabulary comes with a wheel, so no network.

It is not the tokenizer of any one provider: for English it counts about a tenth more than those of OpenAI. What it
counts is therefore marked as an estimate.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import msgspec
from tokenizers import Tokenizer

from steward.providers.wire import ModelRequest, PromptMessage

_MESSAGE_TOKENS: Final = 4
"""What a message costs beside its text: its role and the marks around it."""
_FILE_TOKENS: Final = 800
"""About what an image of a million pixels costs; files that are text are counted as text elsewhere."""
_LONG_CHARS: Final = 4_000
_PIECE_CHARS: Final = 20_000
_BYTES_PER_TOKEN: Final = 3


def wheel_file(*path: str) -> Path:
    """A file of the wheel, found without importing the package, which sets up logging and a client for downloads."""
    spec = find_spec("wordllama")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent.joinpath(*path)


@cache
def tokenizer() -> Tokenizer:
    """The tokenizer itself, for the model that comes in the same wheel."""
    return Tokenizer.from_file(str(wheel_file("tokenizers", "l2_supercat_tokenizer_config.json")))


def warm_up() -> None:
    """Load the vocabulary now, in a thread, instead of within the first turn."""
    count("warm")


def count(text: str) -> int:
    """The tokens of a text; 4,000 characters take about a millisecond."""
    if text.isascii():
        return _count(text)
    # This vocabulary spells letters that it does not know byte by byte; those of the models that people use do not.
    plain = text.encode("ascii", "ignore").decode()
    other_bytes = len(text.encode("utf-8", "replace")) - len(plain)
    return min(_count(text), _count(plain) + -(-other_bytes // _BYTES_PER_TOKEN))


def _count(text: str) -> int:
    if not text:
        return 0
    return sum(len(ids) for ids in pieces(text))


def pieces(text: str) -> Iterable[list[int]]:
    """The tokens of a text, as much at a time as is quickly read."""
    for start in range(0, len(text), _PIECE_CHARS):
        # A batch of one: it lets other threads go on and looks for no offsets; a larger one would take every core.
        piece = text[start : start + _PIECE_CHARS]
        yield tokenizer().encode_batch_fast([piece], add_special_tokens=False)[0].ids


def count_all(texts: Sequence[str]) -> list[int]:
    """The tokens of many texts, counted in one go that holds nobody else up; call it in a thread."""
    parts: list[str] = []
    places: list[tuple[int, bool]] = []
    other = [0] * len(texts)
    for place, text in enumerate(texts):
        parts.append(text)
        places.append((place, False))
        if not text.isascii():
            plain = text.encode("ascii", "ignore").decode()
            other[place] = len(text.encode("utf-8", "replace")) - len(plain)
            parts.append(plain)
            places.append((place, True))
    whole, spelled = [0] * len(texts), [0] * len(texts)
    for (place, is_plain), found in zip(
        places, tokenizer().encode_batch_fast(parts, add_special_tokens=False), strict=True
    ):
        (spelled if is_plain else whole)[place] = len(found.ids)
    return [
        whole[place]
        if not other[place]
        else min(whole[place], spelled[place] + -(-other[place] // _BYTES_PER_TOKEN))
        for place in range(len(texts))
    ]


async def count_beside(text: str) -> int:
    """The tokens of a text; a long one is counted in a thread, so that the loop goes on."""
    return count(text) if len(text) < _LONG_CHARS else await asyncio.to_thread(count, text)


def rough(chars: int) -> int:
    """What a text of this length has at the least, without reading it; for limits that are far away."""
    return -(-chars // 4)


def prompt_text(request: ModelRequest) -> str:
    """Everything of a request that a model reads as text."""
    return "\n".join(_texts(request))


def fixed_tokens(request: ModelRequest) -> int:
    """What a request costs beside its text."""
    parts = [part for message in request.messages for part in message.parts]
    files = sum(part.get("type") == "file" and "extract" not in part for part in parts)
    return len(request.messages) * _MESSAGE_TOKENS + files * _FILE_TOKENS


def _texts(request: ModelRequest) -> Iterable[str]:
    for message in request.messages:
        yield from _of_message(message)
    for tool in request.tools:
        yield f"{tool.name} {tool.description} {_json(tool.parameters)}"
    if request.output is not None and request.output != "json":
        yield _json(request.output.schema)


def _of_message(message: PromptMessage) -> Iterable[str]:
    for part in message.parts:
        kind = part.get("type")
        if kind == "text":
            yield part["text"]
        elif kind == "file" and "extract" in part:
            yield part["extract"]
        elif kind == "tool_call":
            yield f"{part.get('name')} {_json(part.get('input'))} {_json(part.get('output', part.get('error')))}"


def _json(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
