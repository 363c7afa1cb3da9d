"""What becomes of a server's tools and answers: names that models may call, schemas that hold, text that is kept."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Protocol

import jsonschema_rs
import msgspec

from steward.kernel.characters import cut

BETWEEN: Final = "__"
_NAME_CHARS: Final = 64
_REMOTE_NAME_CHARS: Final = 256
_DESCRIPTION_CHARS: Final = 4_000
_SCHEMA_BYTES: Final = 32_000
_OFFERS_BYTES: Final = 500_000
_MARK_CHARS: Final = 6
_NOT_IN_A_NAME: Final = re.compile(r"[^a-zA-Z0-9_-]")
_NOT_KEPT: Final = re.compile("[\x00\ud800-\udfff]")


class Listed(Protocol):
    """A tool as the SDK reads it."""

    name: str
    description: str | None
    input_schema: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Offer:
    """A tool that a server offers.

    Attributes:
        name: by which models call it, with the server's name in front.
        remote_name: by which the server knows it.
        is_read_only: whether the server says so, which nobody has checked.
    """

    name: str
    remote_name: str
    description: str
    parameters: dict[str, Any]
    is_read_only: bool

    def written(self) -> dict[str, Any]:
        """The row's form of it."""
        return asdict(self)

    def is_same(self, other: Offer | None) -> bool:
        """Whether nothing changed about it that somebody who allowed it would have looked at."""
        return other is not None and asdict(self) == asdict(other)


def read_offers(written: Sequence[Mapping[str, Any]]) -> list[Offer]:
    """Offers from their row."""
    return [Offer(**one) for one in written]


def offers_of(server: str, tools: Sequence[Any], most: int) -> tuple[list[Offer], int]:
    """The tools of a server that can be offered, in its order.

    Args:
        server: its name, which goes in front of theirs.
        tools: as the SDK read them.
        most: so many are taken.

    Returns: the offers, and how many tools were left out: without a usable schema, named twice, or too many.
    """
    offers: dict[str, Offer] = {}
    seen: set[str] = set()
    budget = _OFFERS_BYTES
    for tool in tools:
        size = _schema_bytes(tool.input_schema)
        if len(offers) == most or size is None or size > budget or tool.name in seen or not _has_name(tool):
            continue
        seen.add(tool.name)
        budget -= size
        name = _offered_name(server, tool.name, offers)
        hints = tool.annotations
        offers[name] = Offer(
            name=name,
            remote_name=tool.name,
            description=cut(clean(tool.description or tool.title or ""), _DESCRIPTION_CHARS),
            parameters=clean(tool.input_schema),
            is_read_only=hints is not None and hints.read_only_hint is True,
        )
    return list(offers.values()), len(tools) - len(offers)


def renamed(server: str, offers: Sequence[Offer]) -> list[Offer]:
    """The same offers, of a server that has another name now."""
    named: dict[str, Offer] = {}
    for offer in offers:
        name = _offered_name(server, offer.remote_name, named)
        named[name] = replace(offer, name=name)
    return list(named.values())


def told(result: Any, most_chars: int) -> tuple[str, Any]:
    """A server's answer for a model.

    Args:
        result: a `CallToolResult` of the SDK.
        most_chars: longer text is cut, and longer structured content is told as text.

    Returns: its text, and its structured content or None. Pictures and sounds are named, not kept.
    """
    text = cut_short("\n".join(filter(None, map(_part, result.content))), most_chars)
    structured = clean(result.structured_content)
    if structured is None:
        return text, None
    written = msgspec.json.encode(structured).decode()
    if len(written) > most_chars:
        return cut_short(text or written, most_chars), None
    # Servers repeat structured content as text, for clients that know no better.
    return ("" if _says_the_same(text, structured) else text), structured


def cut_short(text: str, most_chars: int) -> str:
    """The beginning of a text, with a word on what is missing."""
    text = clean(text)
    if len(text) <= most_chars:
        return text
    return f"{cut(text, most_chars)}\n[cut off here; {len(text)} characters in all]"


def clean(value: Any) -> Any:
    """A JSON value as the database can keep it: no NUL, no half of a surrogate pair."""
    match value:
        case str():
            return _NOT_KEPT.sub("\ufffd", value)
        case dict():
            return {clean(key): clean(one) for key, one in value.items()}  # pyright: ignore[reportUnknownVariableType]  # of JSON
        case list():
            return [clean(one) for one in value]  # pyright: ignore[reportUnknownVariableType]  # of JSON
        case float() if value != value or value in (float("inf"), float("-inf")):
            return None
        case _:
            return value


def _has_name(tool: Listed) -> bool:
    return 0 < len(tool.name) <= _REMOTE_NAME_CHARS and not _NOT_KEPT.search(tool.name)


def _offered_name(server: str, remote: str, taken: Mapping[str, Offer]) -> str:
    """A name that every provider takes; a mark of the whole name keeps apart what would look the same."""
    name = f"{server}{BETWEEN}{_NOT_IN_A_NAME.sub('_', remote)}"
    if len(name) <= _NAME_CHARS and name not in taken:
        return name
    mark = hashlib.sha256(remote.encode()).hexdigest()[:_MARK_CHARS]
    return f"{name[: _NAME_CHARS - _MARK_CHARS - 1]}_{mark}"


def _schema_bytes(schema: dict[str, Any]) -> int | None:
    """The size of a schema of arguments, or None when no model should see it."""
    if schema.get("type") != "object":
        return None
    try:
        size = len(msgspec.json.encode(schema))
        if size > _SCHEMA_BYTES:
            return None
        jsonschema_rs.validator_for(schema, offline=True, pattern_options=jsonschema_rs.RegexOptions())
    except (ValueError, RecursionError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError):
        return None
    return size


def _part(content: Any) -> str:
    match content.type:
        case "text":
            return content.text
        case "resource_link":
            return f"[{content.name}: {content.uri}]"
        case "resource" if hasattr(content.resource, "text"):
            return content.resource.text
        case "resource":
            return f"[a file was left out: {content.resource.uri}]"
        case kind:
            return f"[{kind} was left out: {getattr(content, 'mime_type', 'of no known kind')}]"


def _says_the_same(text: str, structured: Any) -> bool:
    try:
        return msgspec.json.decode(text) == structured
    except msgspec.DecodeError:
        return False
