"""Word documents: paragraphs, headings, lists, tables and footnotes, in the order of the page.

Format: ECMA-376, WordprocessingML. Elements are matched by their local names: its strict form has other namespaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from steward.knowledge.reading import archives
from steward.knowledge.reading.archives import Element, Package
from steward.knowledge.reading.draft import Draft, Source, Writer

_WHAT: Final = "The Word document"
_HEADING: Final = re.compile(r"heading ([1-9])", re.IGNORECASE)
_WRAPPERS: Final = {"sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo"}
_SKIPPED: Final = {"Fallback", "del", "moveFrom", "instrText"}
_BODY_LEVEL: Final = 9


def read(source: Source) -> Draft:
    """The text of a Word document.

    Raises:
        Unreadable: it is damaged or too long.
    """
    with archives.opened(source.path, _WHAT) as package:
        document = _Document(package, Writer(source.most_chars))
        return document.read()


class _Document:
    def __init__(self, package: Package, writer: Writer) -> None:
        self._writer = writer
        main = package.main_part()
        self._body = package.xml(main)
        self._title = package.title()
        parts = dict(package.related(main).values())
        self._styles = _Styles(package.find_xml(parts.get("styles", "")))
        self._notes = {
            **_notes(package.find_xml(parts.get("footnotes", "")), "footnote"),
            **_notes(package.find_xml(parts.get("endnotes", "")), "endnote"),
        }

    def read(self) -> Draft:
        for body in self._body.iterfind("{*}body"):
            for block in _blocks(body):
                if _local(block) == "tbl":
                    self._table(block)
                else:
                    self._paragraph(block)
        return self._writer.draft(self._title)

    def _paragraph(self, paragraph: Element) -> None:
        text, notes = _text(paragraph)
        level, indent = self._styles.place(paragraph)
        if level is not None:
            self._writer.heading(text, level)
        elif indent is not None:
            self._writer.item(text, indent)
        else:
            self._writer.paragraph(text)
        for note in notes:
            if self._notes.get(note):
                self._writer.line(f"({self._notes[note]})")

    def _table(self, table: Element) -> None:
        rows = [_cells(row) for row in table.iterfind("{*}tr")]
        is_headed = table.find("{*}tr/{*}trPr/{*}tblHeader") is not None
        self._writer.table(rows, is_headed=is_headed)


class _Styles:
    """What the styles say of a paragraph: whether it is a heading, or an item of a list."""

    def __init__(self, root: Element | None) -> None:
        self._styles: dict[str, Element] = {}
        for style in () if root is None else root.iterfind("{*}style"):
            self._styles[_value(style, "styleId") or ""] = style

    def place(self, paragraph: Element) -> tuple[int | None, int | None]:
        """The level of a heading or None, and the depth of a list's item, from 0, or None."""
        level = indent = None
        for properties, name in self._properties(paragraph):
            if level is None:
                level = _heading_level(properties, name)
            if indent is None and properties is not None and properties.find("{*}numPr") is not None:
                indent = int(_value(properties.find("{*}numPr/{*}ilvl")) or 0)
        return (level if level != _BODY_LEVEL + 1 else None), indent

    def _properties(self, paragraph: Element) -> Iterator[tuple[Element | None, str]]:
        """The paragraph's own properties, then those of its style and of the styles that this one rests on."""
        own = paragraph.find("{*}pPr")
        yield own, ""
        name = None if own is None else _value(own.find("{*}pStyle"))
        seen: set[str] = set()
        while name in self._styles and name not in seen:
            seen.add(name)
            style = self._styles[name]
            yield style.find("{*}pPr"), _value(style.find("{*}name")) or ""
            name = _value(style.find("{*}basedOn"))


def _heading_level(properties: Element | None, style_name: str) -> int | None:
    found = _HEADING.fullmatch(style_name)
    if found:
        return int(found.group(1))
    if style_name.lower() == "title":
        return 1
    outline = None if properties is None else _value(properties.find("{*}outlineLvl"))
    return int(outline) + 1 if outline and outline.isdigit() else None


def _blocks(container: Element) -> Iterator[Element]:
    """Paragraphs and tables, also those that are wrapped in content controls."""
    for child in container.iterchildren():
        name = _local(child)
        if name in ("p", "tbl"):
            yield child
        elif name in _WRAPPERS:
            yield from _blocks(child)


def _text(paragraph: Element) -> tuple[str, list[str]]:
    """The words of a paragraph, and the keys of its notes."""
    parts: list[str] = []
    notes: list[str] = []
    walk = etree.iterwalk(paragraph, events=("start",))
    for _, node in walk:
        name = _local(node)
        if name in _SKIPPED:
            walk.skip_subtree()
        elif name == "t":
            parts.append(node.text or "")
        elif name in ("tab", "ptab"):
            parts.append("\t")
        elif name in ("br", "cr") or (name == "p" and node is not paragraph):
            parts.append("\n")
        elif name == "noBreakHyphen":
            parts.append("-")
        elif name in ("footnoteReference", "endnoteReference"):
            notes.append(f"{name.removesuffix('Reference')} {_value(node, 'id')}")
    return "".join(parts), notes


def _cells(row: Element) -> list[str]:
    cells: list[str] = []
    for cell in row.iterfind("{*}tc"):
        cells.append(_text(cell)[0])
        span = _value(cell.find("{*}tcPr/{*}gridSpan")) or "1"
        cells.extend("" for _ in range(1, min(int(span), 64) if span.isdigit() else 1))
    return cells


def _notes(root: Element | None, kind: str) -> dict[str, str]:
    found = () if root is None else root.iterfind(f"{{*}}{kind}")
    return {f"{kind} {_value(note, 'id')}": " ".join(_text(note)[0].split()) for note in found}


def _local(element: Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _value(element: Element | None, name: str = "val") -> str | None:
    """An attribute by its local name."""
    if element is None:
        return None
    return next((str(value) for key, value in element.attrib.items() if str(key).endswith(f"}}{name}")), None)
