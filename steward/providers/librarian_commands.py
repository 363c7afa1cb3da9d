"""Commands for the librarian: a message `/tool …` calls a tool without a model, and the result is told in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import msgspec

from steward.kernel import characters, languages
from steward.providers import prompts
from steward.providers.librarian_words import COMMANDS, CommandSentences
from steward.providers.quoting import as_markdown
from steward.providers.wire import ModelRequest, OneTool, ToolSpec

_COMMAND: Final = re.compile(r"\s*/(?P<name>[A-Za-z_][\w-]{0,63})(?:\s+(?P<rest>.*))?\Z", re.DOTALL)
_HELP: Final = "help"
_VALUE_CHARS: Final = 500
_MOST_ITEMS: Final = 20
_MOST_DEPTH: Final = 3
_WORD_BORDER: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_+")


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody typed behind a slash: a tool's name, and what it is to be called with."""

    name: str
    rest: str


@dataclass(frozen=True, slots=True)
class Planned:
    """A call that a command asks for."""

    tool: str
    arguments: dict[str, Any]


def read(request: ModelRequest) -> Command | None:
    """The command in the last question, or None. A tool that the request insists on is called with the whole text."""
    at = prompts.turn_start(request.messages)
    text = request.messages[at - 1].text if at else ""
    found = _COMMAND.match(text)
    if found is not None:
        return Command(found["name"], (found["rest"] or "").strip())
    if isinstance(request.tool_choice, OneTool):
        return Command(request.tool_choice.name, text.strip())
    return None


def carry_on(command: Command, request: ModelRequest) -> Planned | str:
    """The next step of a command: its call, or the text that ends the turn."""
    say = COMMANDS[languages.guess(command.rest) or "en"]
    at = prompts.turn_start(request.messages)
    calls = prompts.calls_of(part for message in request.messages[at:] for part in message.parts)
    if calls:
        return "\n\n".join(_told(call, say) for call in calls)
    tool = _of_name(command.name, request.tools)
    if tool is None:
        unknown = () if command.name.lower() == _HELP else (say.unknown.format(name=command.name),)
        return "\n\n".join((*unknown, *_listed(request.tools, say)))
    return _planned(command, tool, say)


def _of_name(name: str, tools: Sequence[ToolSpec]) -> ToolSpec | None:
    """The tool of this name; capital letters matter only where two names differ in nothing else."""
    alike = [tool for tool in tools if tool.name.lower() == name.lower()]
    exact = [tool for tool in alike if tool.name == name]
    return exact[0] if exact else alike[0] if len(alike) == 1 else None


def _planned(command: Command, tool: ToolSpec, say: CommandSentences) -> Planned | str:
    usage = f"`{_usage(tool)}`"
    if command.rest.startswith("{"):
        try:
            given = msgspec.json.decode(command.rest, type=dict[str, Any])
            return Planned(tool.name, characters.storable(given))
        except (msgspec.MsgspecError, RecursionError):
            return f"{say.no_json.format(name=tool.name)}\n\n{usage}"
    arguments = _arguments(command.rest, tool)
    missing = [name for name in _required(tool) if name not in arguments]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        return f"{say.needs.format(name=tool.name, missing=names)}\n\n{usage}"
    return Planned(tool.name, arguments)


def _arguments(rest: str, tool: ToolSpec) -> dict[str, Any]:
    """`name=value` for the arguments that the tool has; the text around goes to its first text that is required."""
    properties = _properties(tool)
    arguments: dict[str, Any] = {}
    if properties:
        names = "|".join(map(re.escape, properties))
        pair = re.compile(rf'(?<!\S)(?P<name>{names})=(?P<value>"[^"]*"|\S+)')
        for found in pair.finditer(rest):
            value = found["value"]
            value = value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
            arguments[found["name"]] = _typed(value, properties[found["name"]])
        rest = pair.sub("", rest).strip()
    texts = [name for name in (*_required(tool), *properties) if _type(properties.get(name)) == "string"]
    free = next((name for name in texts if name not in arguments), None)
    return {free: rest, **arguments} if rest and free is not None else arguments


def _typed(value: str, schema: Any) -> Any:
    """A value as its schema wants it; as it stands where it cannot be that, so that the tool says what is wrong."""
    match _type(schema):
        case "integer" | "number" | "boolean" | "object" as kind:
            wanted: Any = {"integer": int, "number": float, "boolean": bool, "object": dict}[kind]
            try:
                return msgspec.json.decode(value, type=wanted)
            except msgspec.MsgspecError:
                return value
        case "array":
            return [one.strip() for one in value.split(",") if one.strip()]
        case _:
            return value


def _type(schema: Any) -> str:
    """The first type of a schema that is not null; text where it says nothing."""
    if not isinstance(schema, dict):
        return "string"
    known = cast("dict[str, Any]", schema)
    for inner in (known, *cast("list[Any]", known.get("anyOf") or ())):
        kind = cast("dict[str, Any]", inner).get("type") if isinstance(inner, dict) else None
        if isinstance(kind, str) and kind != "null":
            return kind
    return "string"


def _properties(tool: ToolSpec) -> dict[str, Any]:
    found = tool.parameters.get("properties")
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _required(tool: ToolSpec) -> list[str]:
    found = tool.parameters.get("required")
    return [str(name) for name in cast("list[Any]", found)] if isinstance(found, list) else []


def _usage(tool: ToolSpec) -> str:
    required = _required(tool)
    properties = _properties(tool)
    text = next((name for name in (*required, *properties) if _type(properties.get(name)) == "string"), None)
    words = [f"/{tool.name}", *([f"<{text}>"] if text else [])]
    for name in sorted(properties, key=lambda one: one not in required):
        if name != text:
            words.append(f"{name}=…" if name in required else f"[{name}=…]")
    return " ".join(words)


def _listed(tools: Sequence[ToolSpec], say: CommandSentences) -> Iterator[str]:
    if not tools:
        yield say.none
        return
    yield f"{say.no_model} {say.there_are}"
    yield "\n".join(
        f"- `{_usage(tool)}`: {as_markdown(' '.join(tool.description.partition(chr(10))[0].split()))}"
        for tool in tools
    )


def _told(call: dict[str, Any], say: CommandSentences) -> str:
    """What came of a call, for people."""
    name = call["name"]
    failure = prompts.failed(call)
    if failure is not None:
        return say.failed.format(name=name, why=_line(failure.removeprefix("Error: ")))
    output = call["output"]
    if output in (None, "", [], {}):
        return say.nothing.format(name=name)
    return f"{say.done.format(name=name)}\n\n{chr(10).join(_lines(output, say))}"


def _lines(value: Any, say: CommandSentences, depth: int = 0) -> Iterator[str]:
    """A result as lines of Markdown: texts as they are, objects and lists as lists."""
    indent = "  " * depth
    if isinstance(value, dict) and value:
        told = [(key, inner) for key, inner in cast("dict[str, Any]", value).items() if inner is not None]
        for key, inner in told[:_MOST_ITEMS]:
            yield from _item(f"{indent}- **{_title(key)}:**", inner, say, depth)
    elif isinstance(value, list) and value:
        items = cast("list[Any]", value)
        for at, inner in enumerate(items[:_MOST_ITEMS], start=1):
            yield from _item(f"{indent}{at}.", inner, say, depth)
        if len(items) > _MOST_ITEMS:
            yield f"{indent}{say.more.format(count=len(items) - _MOST_ITEMS)}"
    else:
        yield f"{indent}{_line(value)}"


def _item(head: str, inner: Any, say: CommandSentences, depth: int) -> Iterator[str]:
    if isinstance(inner, dict | list) and inner and depth < _MOST_DEPTH:
        yield head
        yield from _lines(inner, say, depth + 2)
    else:
        yield f"{head} {_line(inner)}"


def _line(value: Any) -> str:
    """A value on one line, short enough to be read."""
    text = value if isinstance(value, str) else prompts.written(value)
    return as_markdown(characters.cut(" ".join(text.split()), _VALUE_CHARS))


def _title(key: str) -> str:
    """The name of a field as people write it: `documentId` is "Document id"."""
    words = " ".join(_WORD_BORDER.sub(" ", key).split()).lower()
    return as_markdown(words[:1].upper() + words[1:])
