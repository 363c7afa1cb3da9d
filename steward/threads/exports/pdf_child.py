"""The process that writes a PDF: takes a conversation as JSON on its standard input, gives the file on its output.

Started by `pdf.write` as `python -m steward.threads.exports.pdf_child`, without settings, keys or database: strangers'
words are parsed and set here.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec
import typst

from steward.threads.exports import blocks, json_file, labels, markdown
from steward.threads.exports.blocks import Block
from steward.threads.exports.exported import Exported, File, Message, Reasoning, Source, Text, ToolCall

_TEMPLATE: Final = Path(__file__).with_name("conversation.typ")
_NICENESS: Final = 10
_MOST_OUTPUT_CHARS: Final = 20_000
"""Of a tool's input and output; what was cut is in the attached Markdown."""
_MOST_TAGGED_BYTES: Final = 1_000_000
"""Tags, which tell screen readers what is a heading and what a list, make long files three times as long."""


def main() -> None:
    """Write one PDF."""
    memory_bytes, seconds, *fonts = sys.argv[1:]
    _confine(int(memory_bytes), int(seconds))
    body = sys.stdin.buffer.read()
    answers = os.fdopen(os.dup(1), "wb")
    # What a library prints does not get into the file.
    os.dup2(2, 1)
    with answers:
        answers.write(write(json_file.read(body), fonts))


def write(exported: Exported, fonts: list[str]) -> bytes:
    """Write a conversation; as plain paragraphs when its Markdown cannot be drawn.

    Args:
        exported: the conversation.
        fonts: folders with fonts beside those of the system.
    """
    text = markdown.write(exported)
    try:
        return _compile(exported, text, fonts, is_plain=False)
    except typst.TypstError:
        return _compile(exported, text, fonts, is_plain=True)


def _compile(exported: Exported, text: bytes, fonts: list[str], *, is_plain: bool) -> bytes:
    values = {
        "name": labels.clean(exported.title) or labels.UNTITLED,
        "title": blocks.line(exported.title) or labels.UNTITLED,
        "dates": f"Begun {labels.moment(exported.created_at)}, last changed {labels.moment(exported.updated_at)}, "
        f"exported {labels.moment(exported.exported_at)}.",
        "messages": [_message(message, is_plain=is_plain) for message in exported.messages],
    }
    inputs = {"conversation": msgspec.json.encode(values).decode(), "markdown": text.decode()}
    # Its root holds the template alone: there is no other file to read, and nothing to fetch.
    compiler = typst.Compiler(str(_TEMPLATE), root=str(_TEMPLATE.parent), font_paths=fonts, sys_inputs=inputs)
    pdf = compiler.compile(
        format="pdf",
        timestamp=int(exported.exported_at.timestamp()),
        pdf_tags=len(text) <= _MOST_TAGGED_BYTES,
    )
    assert isinstance(pdf, bytes)
    return pdf


def _message(message: Message, *, is_plain: bool) -> dict[str, Any]:
    speaker, *beside = map(blocks.line, labels.heading(message))
    drawn: list[Block] = []
    for piece in message.content:
        match piece:
            case Text():
                is_markdown = message.role == "assistant" and not is_plain
                drawn += blocks.of_markdown(piece.text) if is_markdown else blocks.of_text(piece.text)
            case ToolCall():
                drawn += _call(piece)
            case File():
                drawn += blocks.of_text(f"Attached: {blocks.line(piece.name)}")
            case Reasoning():
                pass
    drawn += blocks.of_text(labels.shortfall(message) or "")
    return {
        "speaker": speaker,
        "beside": " · ".join(beside),
        "blocks": drawn,
        "sources": [_source(source) for source in message.sources],
    }


def _call(call: ToolCall) -> list[Block]:
    drawn = blocks.of_text(f"Tool: {blocks.line(call.name)}")
    for name, value in (("Input", call.input), ("Output", call.output)):
        if value is not None:
            text, _ = labels.written(value)
            cut = (
                f"\n[… {len(text) - _MOST_OUTPUT_CHARS} characters more]"
                if len(text) > _MOST_OUTPUT_CHARS
                else ""
            )
            drawn += [*blocks.of_text(f"{name}:"), blocks.of_code(text[:_MOST_OUTPUT_CHARS] + cut)]
    return drawn + (blocks.of_text(f"Error: {call.error}") if call.error is not None else [])


def _source(source: Source) -> dict[str, Any]:
    url = source.url if source.url is not None and blocks.is_address(source.url) else None
    excerpt = blocks.line(source.excerpt)
    drawn = {
        "number": source.number,
        "title": blocks.line(source.title) or "Untitled",
        "url": url,
        "shown": None if url is None else blocks.line(url),
        "place": blocks.line(labels.place(source)),
        "excerpt": excerpt,
    }
    return {**drawn, "d": 1} if blocks.runs_leftwards(source.title + excerpt) else drawn


def _confine(memory_bytes: int, seconds: int) -> None:
    """No more memory and time than given, no file to write, and low priority."""
    limits = (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    )
    for what, most in limits:
        # Some systems know a limit by name and refuse to set it.
        with suppress(OSError, ValueError):
            resource.setrlimit(what, (most, most))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError):
        os.nice(_NICENESS)


if __name__ == "__main__":
    main()
