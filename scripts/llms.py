"""Writes docs/llms.txt, the map of the documentation for language models, from the headers of the pages.

`llms.py` writes it, `llms.py --check` fails when it is stale. The form is that of llmstxt.org.
"""

from __future__ import annotations

import datetime
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

ROOT = Path(__file__).resolve().parent.parent
SUMMARY = (
    "The assistant backend that you own: "
    "streaming chat from any model, behind the protocols that clients already speak."
)
# Reading order; a page of another category is refused.
CATEGORIES = ("guide", "operation", "reference", "explanation", "decision")
DIMENSIONS = ("groups", "people", "things", "connections", "events", "knowledge")
TEXTS = ("title", "dimension", "category", "scope", "version")
LISTS = ("tags", "related_dimensions")
DATES = ("created", "updated")


class HeaderError(ValueError):
    """The page has no header, or the header lacks something."""


@dataclass(frozen=True)
class Page:
    """One page of the documentation: its place and what its header says."""

    path: str
    title: str
    dimension: str
    category: str
    tags: tuple[str, ...]
    related_dimensions: tuple[str, ...]
    scope: str
    created: datetime.date
    updated: datetime.date
    version: str
    purpose: str


def header_of(text: str) -> dict[str, Any]:
    """Read the YAML between the first two lines of three dashes."""
    if not text.startswith("---\n") or "\n---\n" not in text:
        raise HeaderError("the page does not open with a header between two lines of three dashes")
    loaded: Any = yaml.safe_load(text[4 : text.index("\n---\n")])
    if not isinstance(loaded, dict):
        raise HeaderError("the header is not a list of names and values")
    return cast("dict[str, Any]", loaded)


def words(header: dict[str, Any], name: str) -> tuple[str, ...]:
    """Read a list of words."""
    value: Any = header.get(name)
    if not isinstance(value, list) or not value:
        raise HeaderError(f"{name} is a list with at least one word")
    return tuple(str(word) for word in cast("list[Any]", value))


def parse(path: str, text: str) -> Page:
    """Read the header of one page.

    Raises:
        HeaderError: something is missing or has another form; the sentence names it.
    """
    header = header_of(text)
    for name in TEXTS:
        if not isinstance(header.get(name), str) or not header[name].strip():
            raise HeaderError(f"{name} is a text")
    for name in DATES:
        if not isinstance(header.get(name), datetime.date):
            raise HeaderError(f"{name} is a date such as 2026-11-21")
    context: Any = header.get("ai_context")
    purpose: Any = cast("dict[str, Any]", context).get("purpose") if isinstance(context, dict) else None
    if not isinstance(purpose, str) or not purpose.strip():
        raise HeaderError("ai_context has a purpose")
    if header["category"] not in CATEGORIES:
        raise HeaderError(f"category is one of {', '.join(CATEGORIES)}")
    strange = {header["dimension"], *words(header, "related_dimensions")} - set(DIMENSIONS)
    if strange:
        raise HeaderError(f"a dimension is one of {', '.join(DIMENSIONS)}")
    fields: dict[str, Any] = {name: header[name] for name in (*TEXTS, *DATES)}
    fields |= {name: words(header, name) for name in LISTS}
    return Page(**fields, path=path, purpose=purpose)


def pages(docs: Path) -> Iterator[Page]:
    """Read every page below the folder, in the order of their paths."""
    for path in sorted(docs.rglob("*.md")):
        name = path.relative_to(docs).as_posix()
        try:
            yield parse(name, path.read_text("utf-8"))
        except HeaderError as error:
            raise HeaderError(f"{name}: {error}") from error


def render(found: list[Page]) -> str:
    """Write the map: one section for each category, one line for each page."""
    sections: dict[str, list[Page]] = defaultdict(list)
    for page in found:
        sections[page.category].append(page)
    lines = ["# Steward", "", f"> {SUMMARY}"]
    for category in CATEGORIES:
        if sections[category]:
            lines += ["", f"## {category.capitalize()}s", ""]
            lines += [
                f"- [{page.title}]({page.path}): {page.scope}. {page.purpose}" for page in sections[category]
            ]
    return "\n".join(lines) + "\n"


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Write the map, or with `--check` only say whether it is up to date."""
    target = root / "docs" / "llms.txt"
    text = render(list(pages(root / "docs")))
    if "--check" not in arguments:
        target.write_text(text, "utf-8")
        return 0
    if target.is_file() and target.read_text("utf-8") == text:
        return 0
    print("docs/llms.txt is stale: run make docs", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
