"""Presentations: a slide is a page, its title a heading; its texts, tables, diagrams and notes follow.

Format: ECMA-376, PresentationML and DrawingML.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lxml import etree

from steward.knowledge.reading import archives
from steward.knowledge.reading.archives import Element, Package
from steward.knowledge.reading.draft import Draft, Source, Writer

_WHAT: Final = "The presentation"
_TITLES: Final = {"title", "ctrTitle"}
# Numbers of pages, dates and the like, that stand on every slide.
_FURNITURE: Final = {"sldNum", "dt", "ftr", "hdr", "sldImg"}


def read(source: Source) -> Draft:
    """The text of a presentation, slide by slide.

    Raises:
        Unreadable: it is damaged or too long.
    """
    writer = Writer(source.most_chars)
    with archives.opened(source.path, _WHAT) as package:
        main = package.main_part()
        parts = package.related(main)
        slides = [_relation_id(slide) for slide in package.xml(main).iterfind("{*}sldIdLst/{*}sldId")]
        names = [parts[found][1] for found in slides if found in parts]
        for number, name in enumerate(names, 1):
            writer.page(number)
            _slide(package, name, writer)
        return writer.draft(package.title(), len(names))


def _slide(package: Package, name: str, writer: Writer) -> None:
    shapes = list(_shapes(package.xml(name)))
    for shape in shapes:
        if _placeholder(shape) in _TITLES:
            writer.heading(" ".join(text for text, _ in _paragraphs(shape)), 1)
    for shape in shapes:
        if _local(shape) == "tbl":
            writer.table([_cells(row) for row in shape.iterfind("{*}tr")])
        elif _placeholder(shape) not in _TITLES | _FURNITURE:
            _write(shape, writer)
    for kind, part in package.related(name).values():
        if kind == "diagramData":
            _write(package.xml(part), writer)
        elif kind == "notesSlide":
            _notes(package.xml(part), writer)


def _shapes(slide: Element) -> Iterator[Element]:
    """Shapes with text and tables, in their order, also those within groups."""
    walk = etree.iterwalk(slide, events=("start",))
    for _, node in walk:
        if _local(node) in ("sp", "tbl"):
            yield node
            walk.skip_subtree()
        elif _local(node) == "Fallback":
            walk.skip_subtree()


def _write(shape: Element, writer: Writer) -> None:
    """The paragraphs of a shape: one alone as it is, several as a list."""
    paragraphs = [(text, depth) for text, depth in _paragraphs(shape) if text]
    if len(paragraphs) == 1:
        writer.paragraph(paragraphs[0][0])
        return
    for text, depth in paragraphs:
        writer.item(text, depth)


def _notes(notes: Element, writer: Writer) -> None:
    for shape in _shapes(notes):
        if _placeholder(shape) == "body":
            for text, _ in _paragraphs(shape):
                writer.paragraph(text)


def _paragraphs(shape: Element) -> Iterator[tuple[str, int]]:
    """The text of each paragraph, and how deep it is indented."""
    for paragraph in shape.iter("{*}p"):
        properties = paragraph.find("{*}pPr")
        depth = None if properties is None else properties.get("lvl")
        yield _text(paragraph), int(depth) if depth and depth.isdigit() else 0


def _text(paragraph: Element) -> str:
    parts = ("\n" if _local(node) == "br" else node.text or "" for node in paragraph.iter("{*}t", "{*}br"))
    return "".join(parts).strip()


def _cells(row: Element) -> list[str]:
    return [" ".join(text for text, _ in _paragraphs(cell)) for cell in row.iterfind("{*}tc")]


def _placeholder(shape: Element) -> str:
    """What the slide's layout wants the shape for."""
    for wanted in shape.iterfind("{*}nvSpPr/{*}nvPr/{*}ph"):
        return wanted.get("type") or "obj"
    return ""


def _relation_id(slide: Element) -> str:
    # Its plain `id` is another number.
    return next((str(value) for key, value in slide.attrib.items() if str(key).endswith("}id")), "")


def _local(element: Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""
