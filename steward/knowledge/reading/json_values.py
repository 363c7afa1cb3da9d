"""JSON: each value a line with its path, each record a paragraph, so that a passage makes sense alone."""

from __future__ import annotations

import json
from typing import TypeAlias

from steward.knowledge.reading import plain
from steward.knowledge.reading.draft import Draft, Source, Writer

Json: TypeAlias = "dict[str, Json] | list[Json] | str | bool | None"
"""A value; its numbers are text."""


def read(source: Source) -> Draft:
    """The text of a JSON file. One that is no JSON, or nested too deeply, is kept as written.

    Raises:
        Unreadable: it is no text, or too long.
    """
    text = plain.text_of(source)
    try:
        value = _decode(text)
    except (ValueError, RecursionError):
        return Draft(text, has_hard_lines=True)
    writer = Writer(source.most_chars)
    for record in value if isinstance(value, list) else [value]:
        _write(record, writer)
    return writer.draft()


def read_lines(source: Source) -> Draft:
    """The text of a file with a JSON value on each line; lines that are none are kept as written.

    Raises:
        Unreadable: it is no text, or too long.
    """
    writer = Writer(source.most_chars)
    for line in plain.text_of(source).split("\n"):
        try:
            _write(_decode(line), writer)
        except (ValueError, RecursionError):
            writer.line(line)
    return writer.draft()


def _decode(text: str) -> Json:
    # Numbers stay as they are written: 1.10 is not 1.1.
    return json.loads(text, parse_float=str, parse_int=str)


def _write(record: Json, writer: Writer) -> None:
    """A record, a paragraph; the objects in its lists begin paragraphs of their own."""
    write = writer.paragraph
    waiting: list[tuple[str, Json]] = [("", record)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict) and value:
            if path.endswith("]"):
                write = writer.paragraph
            members = [(f"{path}.{key}" if path else key, member) for key, member in value.items()]
            waiting.extend(reversed(members))
        elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
            items = [(f"{path}[{place}]", item) for place, item in enumerate(value)]
            waiting.extend(reversed(items))
        else:
            write(_line(path, value))
            write = writer.line


def _line(path: str, value: Json) -> str:
    shown = ", ".join(map(_shown, value)) if isinstance(value, list) else _shown(value)
    return f"{path}: {shown}" if path else shown


def _shown(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value)
