"""One file, read: what it is, what it says, in which language, and its passages."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Final

from steward.knowledge.reading import chunks, formats, kinds, languages, refusals
from steward.knowledge.reading.contents import Contents
from steward.knowledge.reading.counting import Counter
from steward.knowledge.reading.draft import Draft, Source
from steward.knowledge.reading.wire import Request

_Read = Callable[[Source], Draft]

# By name, and loaded when the first file of the kind comes: most readers never see all kinds.
_PARSERS: Final = {
    formats.PDF: ("pdf", "read"),
    formats.DOCX: ("docx", "read"),
    formats.PPTX: ("pptx", "read"),
    formats.XLSX: ("xlsx", "read"),
    formats.HTML: ("html", "read"),
    formats.MARKDOWN: ("markdown", "read"),
    formats.CSV: ("delimited", "read"),
    formats.TSV: ("delimited", "read"),
    formats.JSON: ("json_values", "read"),
    formats.JSON_LINES: ("json_values", "read_lines"),
    formats.MAIL: ("mail", "read"),
    formats.PLAIN: ("plain", "read"),
}
_CODE_PARSER: Final = ("plain", "read_code")


def read(request: Request) -> Contents:
    """Read a file and cut it.

    Raises:
        Unreadable: there is no text to be had from it.
    """
    source = Source(Path(request.path), request.name, request.text_chars)
    media_type, draft = parse(source, request.media_type)
    return Contents(
        text=draft.text,
        title=draft.title,
        media_type=media_type,
        language=languages.language_of(draft.text),
        pages=draft.pages,
        spans=chunks.cut(draft, request.chunk_tokens, request.chunk_overlap, _counter()),
        marks=tuple(draft.marks),
    )


def parse(source: Source, declared: str | None = None) -> tuple[str, Draft]:
    """What a file really is, and its text.

    Args:
        source: the file.
        declared: the media type that its sender named; a hint.

    Raises:
        Unreadable: there is no text to be had from it.
    """
    media_type = kinds.recognise(source.path, source.name, declared)
    draft = _parser(media_type)(source)
    if not draft.text or draft.text.isspace():
        raise refusals.no_text()
    return media_type, draft


def _parser(media_type: str) -> _Read:
    module, function = _PARSERS.get(media_type, _CODE_PARSER)
    found: _Read = getattr(import_module(f"steward.knowledge.reading.{module}"), function)
    return found


@cache
def _counter() -> Counter:
    return Counter()
