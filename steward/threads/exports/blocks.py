"""Markdown and plain text as the values that `conversation.typ` draws. They hold text and never code.

A block is `{"k": kind, …}`, a run a piece of a line: `{"s": text}` with `b` bold, `i` italic, `x` struck, `c` code, and
`l` where it leads to. The kinds: `p` paragraph and `h` heading (`r` runs, `n` level), `c` code (`s`), `q` quote (`b`
blocks), `l` list (`n` its first number or None, `i` items of blocks), `t` table (`n` columns, `h` and `b` cells of
runs), `r` rule. `d` says that text runs from right to left.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from steward.threads.exports.labels import clean

Block = dict[str, Any]
Run = dict[str, Any]

_MOST_NESTED: Final = 100
"""Levels that the parser goes down; it is silent about what is below."""
_MOST_DRAWN: Final = 6
"""Lists and quotes within each other; the rest stands on the last level."""
_MOST_MARKDOWN_CHARS: Final = 500_000
_LETTER: Final = "[!-~\u00c0-\u02ff\u0370-\u0482\u048a-\u052f]"
_LONG_WORD: Final = re.compile(f"{_LETTER}{{48,}}")
_PIECE: Final = re.compile(f"({_LETTER}{{24}})(?={_LETTER})")
_ADDRESS: Final = re.compile(r"(https?://|mailto:)\S+")
_BREAK: Final = re.compile(r"<br\s*/?>", re.IGNORECASE)
_TAB_COLUMNS: Final = 4
_STYLES: Final = {"strong": "b", "em": "i", "s": "x"}

_PARSER: Final = MarkdownIt("commonmark", {"maxNesting": _MOST_NESTED}).enable(["table", "strikethrough"])


def of_markdown(text: str) -> list[Block]:
    """The blocks of an answer; plain paragraphs where it is too long or too nested to be read as Markdown."""
    if len(text) > _MOST_MARKDOWN_CHARS:
        return of_text(text)
    tokens = _PARSER.parse(text)
    if any(token.level >= _MOST_NESTED - 2 for token in tokens):
        return of_text(text)
    return list(_blocks(_tree(tokens), 0))


def of_text(text: str) -> list[Block]:
    """Text as it was written, line by line; blank lines part paragraphs."""
    parts = re.split(r"\n(?:[ \t]*\n)+", clean(text).expandtabs(_TAB_COLUMNS).strip("\n"))
    return [_directed({"k": "p", "r": [{"s": breakable(part)}]}, part) for part in parts if part.strip()]


def of_code(text: str) -> Block:
    """Text in which every sign counts."""
    return {"k": "c", "s": breakable(clean(text).rstrip("\n"))}


def line(text: str) -> str:
    """Text as a single line."""
    return breakable(" ".join(clean(text).split()))


def is_address(text: str) -> bool:
    """Whether a link may lead there."""
    return _ADDRESS.fullmatch(text) is not None


def breakable(text: str) -> str:
    """Text whose longest words may break: a zero-width blank is no part of what readers copy."""
    return _LONG_WORD.sub(lambda word: _PIECE.sub("\\1\u200b", word[0]), text)


def runs_leftwards(text: str) -> bool:
    """Whether its first letter that has a direction is one of Arabic, Hebrew and the like."""
    ways = (unicodedata.bidirectional(sign) for sign in text)
    return next((way for way in ways if way in ("L", "R", "AL")), "L") != "L"


def _tree(tokens: Sequence[Token]) -> list[SyntaxTreeNode]:
    return SyntaxTreeNode(tokens).children


def _blocks(nodes: Iterable[SyntaxTreeNode], depth: int) -> Iterator[Block]:
    for node in nodes:
        match node.type:
            case "paragraph":
                yield _said("p", node)
            case "heading":
                yield {**_said("h", node), "n": int(node.tag[1])}
            case "fence" | "code_block" | "html_block":
                yield of_code(node.content)
            case "hr":
                yield {"k": "r"}
            case "table":
                yield _table(node)
            case "blockquote":
                inner = _blocks(node.children, depth + 1)
                yield from inner if depth >= _MOST_DRAWN else [{"k": "q", "b": list(inner)}]
            case "bullet_list" | "ordered_list":
                yield from _list(node, depth)
            case _:
                yield from of_text(node.content)


def _said(kind: str, node: SyntaxTreeNode) -> Block:
    runs = _runs(node.children)
    return _directed({"k": kind, "r": runs}, "".join(run["s"] for run in runs))


def _list(node: SyntaxTreeNode, depth: int) -> Iterator[Block]:
    first = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
    items = [list(_blocks(item.children, depth + 1)) for item in node.children]
    if depth < _MOST_DRAWN:
        yield {"k": "l", "n": first, "i": items}
        return
    for at, item in enumerate(items):
        sign = "•" if first is None else f"{first + at}."
        yield {"k": "p", "r": [{"s": sign}]}
        yield from item


def _table(node: SyntaxTreeNode) -> Block:
    rows = [row.children for part in node.children for row in part.children]
    cells = [[_runs(cell.children) for cell in row] for row in rows]
    body = [cell for row in cells[1:] for cell in row]
    table: Block = {"k": "t", "n": max(1, len(cells[0])), "h": cells[0], "b": body}
    return _directed(table, " ".join(run["s"] for cell in (*cells[0], *body) for run in cell))


def _runs(nodes: Iterable[SyntaxTreeNode]) -> list[Run]:
    """A line's runs, none within another: however deep its signs are nested, its styles are one set."""
    runs: list[Run] = []
    # A stack of our own: brackets may be nested deeper than Python calls.
    waiting: list[tuple[SyntaxTreeNode, Run]] = [(node, {}) for node in reversed([*nodes])]
    while waiting:
        node, style = waiting.pop()
        if node.type in ("text", "softbreak", "hardbreak", "code_inline", "html_inline", "image"):
            runs.append(
                {"s": breakable(_words(node)), **style, **({"c": 1} if node.type == "code_inline" else {})}
            )
            continue
        if node.type == "link":
            address = str(node.attrs.get("href", ""))
            style = {**style, "l": address} if is_address(address) else style
        elif node.type in _STYLES:
            style = {**style, _STYLES[node.type]: 1}
        waiting += [(child, style) for child in reversed(node.children)]
    return [run for run in runs if run["s"]]


def _words(node: SyntaxTreeNode) -> str:
    match node.type:
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "html_inline" if _BREAK.fullmatch(node.content):
            return "\n"
        case "image":
            return clean(f"[{node.content or 'Image'}: {node.attrs.get('src', '')}]")
        case _:
            return clean(node.content).replace("\t", " ")


def _directed(block: Block, text: str) -> Block:
    return {**block, "d": 1} if runs_leftwards(text) else block
