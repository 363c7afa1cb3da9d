"""A conversation as Markdown, for people and for other programs that read it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from steward.threads.exports import labels
from steward.threads.exports.exported import Exported, File, Message, Reasoning, Source, Text, ToolCall

_SIGNS: Final = re.compile(r"([\\`*_\[\]<>#|~!&$])")
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_TICKS: Final = re.compile("`+")


def write(exported: Exported) -> bytes:
    """Write it in UTF-8. Reasoning is left out: it is no part of what was said."""
    blocks = [
        f"# {_line(exported.title) or labels.UNTITLED}",
        f"Begun {labels.moment(exported.created_at)}, last changed {labels.moment(exported.updated_at)}, "
        f"exported {labels.moment(exported.exported_at)}.",
    ]
    for message in exported.messages:
        blocks += ["---", *_message(message)]
    return ("\n\n".join(blocks) + "\n").encode()


def _message(message: Message) -> Iterator[str]:
    speaker, *rest = (_line(word) for word in labels.heading(message))
    yield f"## {speaker}"
    yield " · ".join(rest)
    for piece in message.content:
        match piece:
            case Text():
                yield _closed(labels.clean(piece.text).strip("\n"))
            case ToolCall():
                yield from _call(piece)
            case File():
                yield f"Attached: {_line(piece.name)}"
            case Reasoning():
                pass
    shortfall = labels.shortfall(message)
    if shortfall is not None:
        yield f"*{shortfall}*"
    if message.sources:
        yield "Sources:"
        # Not a list of Markdown's: it would number them anew.
        yield from map(_source, message.sources)


def _call(call: ToolCall) -> Iterator[str]:
    yield f"Tool: {_code(call.name)}"
    if call.input is not None:
        yield _block("Input", call.input)
    if call.output is not None:
        yield _block("Output", call.output)
    if call.error is not None:
        yield f"Error: {_line(call.error)}"


def _source(source: Source) -> str:
    url = source.url
    title = _line(source.title) or "Untitled"
    linked = title if url is None or not _is_address(url) else f"[{title}](<{url}>)"
    words = [f"\\[{source.number}\\] {linked}", *filter(None, [_line(labels.place(source))])]
    quoted = "".join(f"\n> {_line(line)}" for line in source.excerpt.splitlines() if line.strip())
    return ", ".join(words) + ("\n" + quoted if quoted else "")


def _is_address(url: str) -> bool:
    return url.startswith(("https://", "http://")) and not re.search(r"[<>\s]", url)


def _block(name: str, value: Any) -> str:
    text, language = labels.written(value)
    fence = "`" * max(3, 1 + _longest_ticks(text))
    return f"{name}:\n\n{fence}{language}\n{text}\n{fence}"


def _code(text: str) -> str:
    fence = "`" * (1 + _longest_ticks(text))
    blank = " " if "`" in text else ""
    return f"{fence}{blank}{' '.join(labels.clean(text).split())}{blank}{fence}"


def _longest_ticks(text: str) -> int:
    return max(map(len, _TICKS.findall(text)), default=0)


def _line(text: str) -> str:
    """Text in one line that means nothing but itself."""
    return _SIGNS.sub(r"\\\1", " ".join(labels.clean(text).split()))


def _closed(text: str) -> str:
    """Markdown whose last block of code ends: an answer may have been cut, and the next message is none of it."""
    fence = ""
    for line in text.splitlines():
        match = _FENCE.match(line)
        if match is None:
            continue
        signs, rest = match[1], match[2]
        if not fence:
            # A line of ticks with ticks behind its words is code within a paragraph.
            fence = "" if signs[0] == "`" and "`" in rest else signs
        elif signs.startswith(fence) and not rest.strip():
            fence = ""
    return f"{text}\n{fence}" if fence else text
