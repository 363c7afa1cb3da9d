"""PDF: pages of text, laid out as paragraphs and headings; bookmarks name its chapters."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pypdfium2 as pdfium
from pypdfium2 import raw as pdfium_c

from steward.knowledge.reading import pdf_lines, refusals
from steward.knowledge.reading.cleaning import one_line
from steward.knowledge.reading.contents import Unreadable
from steward.knowledge.reading.draft import Draft, Source, Writer
from steward.knowledge.reading.pdf_lines import HeadingSizes, Line

_WHAT: Final = "The PDF"
_MOST_BOOKMARKS: Final = 5_000
_MOST_BROKEN_PAGES: Final = 1_000
_BROKEN_WORD: Final = re.compile(rf"(\w*){pdf_lines.HYPHEN}(\w*)")
_NO_TITLE: Final = re.compile(r"^Microsoft \w+ - |^untitled$", re.IGNORECASE)
"""What programs write when nobody has given a title."""
_HYPHENATED: Final = re.compile(r"\w+-\w+")

Chapters = Mapping[int, list[tuple[str, int]]]
"""The bookmarks of each page, counted from 0: their titles and levels."""


def read(source: Source) -> Draft:
    """The text of a PDF, page by page.

    Raises:
        Unreadable: it needs a password, is damaged, or shows pictures of text only.
    """
    with closing(_opened(source.path)) as document:
        pages = _pages(document, source.most_chars)
        if not any(pages):
            raise refusals.needs_recognition(_WHAT)
        writer = Writer(source.most_chars)
        _write(pages, _chapters(document), writer)
        title = _NO_TITLE.sub("", document.get_metadata_value("Title"))
        return writer.draft(title, len(pages), has_hard_lines=False)


def _opened(path: Path) -> Any:
    """The document; of any type, since its library has types for half of what it does."""
    with suppress(pdfium.PdfiumError):
        # PDFium remembers its last error, also that of another file: this one is known, and means damage.
        pdfium.PdfDocument(b"")
    try:
        return pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        raise _refusal(error) from error


def _refusal(error: Any) -> Unreadable:
    is_locked = error.err_code in (pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY)
    return refusals.encrypted(_WHAT) if is_locked else refusals.damaged(_WHAT)


def _pages(document: Any, most_chars: int) -> list[list[Line]]:
    """The lines of each page; a page that cannot be loaded has none."""
    pages: list[list[Line]] = []
    chars = broken = 0
    for number in range(len(document)):
        try:
            with closing(document[number]) as page, closing(page.get_textpage()) as text_page:
                pages.append(pdf_lines.read(text_page))
        except pdfium.PdfiumError:
            pages.append([])
            broken += 1
        chars += sum(len(line.text) for line in pages[-1])
        if chars > most_chars:
            raise refusals.text_too_long(most_chars)
        if broken > _MOST_BROKEN_PAGES:
            break
    if broken == len(pages) or broken > _MOST_BROKEN_PAGES:
        raise refusals.damaged(_WHAT)
    return pages


def _chapters(document: Any) -> Chapters:
    chapters: defaultdict[int, list[tuple[str, int]]] = defaultdict(list)
    for bookmark in islice(document.get_toc(), _MOST_BOOKMARKS):
        target = bookmark.get_dest()
        page = target.get_index() if target else None
        title = one_line(bookmark.get_title())
        if page is not None and title:
            chapters[page].append((title, bookmark.level + 1))
    return chapters


def _write(pages: Sequence[Sequence[Line]], chapters: Chapters, writer: Writer) -> None:
    sizes = HeadingSizes(pages)
    mend = _mender(pages)
    is_open = False
    for number, lines in enumerate(pages):
        writer.page(number + 1)
        waiting = {_key(title): (title, level) for title, level in chapters.get(number, ())}
        titled = {_key(line.text) for line in lines}
        for key, (title, level) in waiting.items():
            if key not in titled:
                writer.chapter(title, level)
        for group in pdf_lines.paragraphs(lines):
            text = mend("\n".join(line.text for line in group))
            level = waiting[_key(text)][1] if _key(text) in waiting else None
            if level is None and not chapters:
                level = sizes.level(group)
            if level is not None:
                writer.heading(text, level)
            elif is_open and text[:1].islower():
                # The sentence goes on over the end of the page.
                writer.line(text)
            else:
                writer.paragraph(text)
            is_open = False
        is_open = bool(lines) and not lines[-1].text.endswith((".", "!", "?", ":"))


def _key(text: str) -> str:
    return "".join(text.split()).casefold()


def _mender(pages: Sequence[Sequence[Line]]) -> Callable[[str], str]:
    """Joins words that were broken at the end of a line; those that the text hyphenates elsewhere keep their hyphen."""
    kept = {word.casefold() for lines in pages for line in lines for word in _HYPHENATED.findall(line.text)}

    def join(broken: re.Match[str]) -> str:
        left, right = broken.groups()
        hyphenated = f"{left}-{right}"
        if not right[:1].islower() or hyphenated.casefold() in kept:
            return hyphenated
        return left + right

    return lambda text: _BROKEN_WORD.sub(join, text)
