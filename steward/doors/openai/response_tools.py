"""Tools, their choice, and the format of answers, as clients of the Responses API ask for them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final, Literal, cast

from steward.agents.service import ClientTool
from steward.doors.openai.errors import BadRequest
from steward.doors.openai.raw import Body, ensure_id, known_word, missing, wrong_type
from steward.providers.wire import OneTool, OutputSchema, ToolChoice

_MOST_TOOLS: Final = 128
_MOST_STORES: Final = 20
_MOST_PASSAGES: Final = 50
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CHOICES: Final = ("none", "auto", "required")
_FORMATS: Final = ("text", "json_object", "json_schema")


@dataclass(frozen=True, slots=True)
class Offered:
    """The tools of a request.

    Attributes:
        shown: as they came, with the defaults of what they leave out.
        store_ids: vector stores to search; None when the tool `file_search` is not among them.
        passages: how many of them; None for the server's number.
    """

    shown: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    functions: list[ClientTool] = field(default_factory=list[ClientTool])
    store_ids: list[str] | None = None
    passages: int | None = None


def read_tools(body: Body) -> Offered:
    """The tools of a body.

    Raises:
        BadRequest: one does not fit, is run by OpenAI's own hosts alone, or has the name of another.
    """
    shown: list[dict[str, Any]] = []
    functions: list[ClientTool] = []
    store_ids: list[str] | None = None
    passages: int | None = None
    for tool in body.inners("tools", most=_MOST_TOOLS) or ():
        kind = tool.needed_text("type")
        if kind == "function":
            functions.append(_function(tool, [one.name for one in functions]))
            shown.append({"strict": True, "parameters": None, "description": None, **tool.fields})
        elif kind == "file_search":
            found, passages = _search(tool)
            store_ids = list(dict.fromkeys([*(store_ids or ()), *found]))
            shown.append(tool.fields)
        else:
            raise _hosted(tool, kind)
    return Offered(shown, functions, store_ids, passages)


def read_choice(body: Body, offered: Offered) -> tuple[ToolChoice | None, list[ClientTool]]:
    """Which tools the model may or must call: the choice, and the functions that it leaves.

    Raises:
        BadRequest: it does not fit, or names a tool that is not offered.
    """
    given: Any = body.fields.get("tool_choice")
    if given is None or isinstance(given, str):
        word = cast("Literal['none', 'auto', 'required'] | None", given)
        if given is not None:
            known_word("tool_choice", given, _CHOICES)
        return _possible(word, offered.functions), offered.functions
    if not isinstance(given, dict):
        raise wrong_type("tool_choice", "one of a string or an object", given)
    choice = Body(cast("dict[str, Any]", given), "tool_choice")
    kind = choice.one_of("type", ("function", "file_search", "allowed_tools"))
    if kind == "function":
        name = choice.needed_text("name")
        _ensure_offered(name, offered)
        return OneTool(name), offered.functions
    if kind == "allowed_tools":
        names = [one.text("name") for one in choice.inners("tools") or ()]
        left = [one for one in offered.functions if one.name in names]
        mode = choice.one_of("mode", ("auto", "required")) or "auto"
        return _possible(cast("Literal['auto', 'required']", mode), left), left
    if kind is None:
        raise missing("tool_choice.type")
    # The search is no tool that a model calls: it is always done.
    return None, offered.functions


def read_format(body: Body) -> OutputSchema | Literal["json"] | None:
    """The form of the answer's text: of the field `text`.

    Raises:
        BadRequest: it does not fit.
    """
    text = body.inner("text")
    wanted = None if text is None else text.inner("format")
    if wanted is None:
        return None
    kind = wanted.one_of("type", _FORMATS)
    if kind is None:
        raise missing(wanted.path_of("type"))
    if kind != "json_schema":
        return "json" if kind == "json_object" else None
    schema = wanted.inner("schema")
    if schema is None:
        raise missing(wanted.path_of("schema"))
    name = _name(wanted)
    return OutputSchema(name, schema.fields, wanted.text("description"), wanted.flag("strict") or False)


def _possible(word: ToolChoice | None, functions: list[ClientTool]) -> ToolChoice | None:
    return None if word == "required" and not functions else word


def _ensure_offered(name: str, offered: Offered) -> None:
    if name not in [one.name for one in offered.functions]:
        raise BadRequest(f"Tool choice 'function' not found in 'tools': '{name}'.", param="tool_choice")


def _function(tool: Body, known: list[str]) -> ClientTool:
    name, path = _name(tool), tool.path_of("name")
    if name in known:
        raise BadRequest(f"Two functions are named '{name}'; rename one.", param=path, code="invalid_value")
    tool.flag("strict")
    parameters = tool.inner("parameters")
    schema = {} if parameters is None else parameters.fields
    if schema.get("type", "object") != "object":
        path = tool.path_of("parameters")
        raise BadRequest(
            f"Invalid '{path}': expected a JSON Schema of the type 'object'.",
            param=path,
            code="invalid_value",
        )
    return ClientTool(name, tool.text("description") or "", schema)


def _name(body: Body) -> str:
    name, path = body.needed_text("name"), body.path_of("name")
    if _NAME.fullmatch(name) is None:
        words = "Expected 1 to 64 letters, digits, underscores and dashes."
        raise BadRequest(f"Invalid '{path}': '{name}'. {words}", param=path, code="invalid_value")
    return name


def _search(tool: Body) -> tuple[list[str], int | None]:
    path = tool.path_of("vector_store_ids")
    store_ids = tool.texts("vector_store_ids", most=_MOST_STORES)
    if not store_ids:
        raise missing(path)
    for at, store_id in enumerate(store_ids):
        ensure_id(f"{path}[{at}]", store_id, "vs")
    ranking = tool.inner("ranking_options")
    least = None if ranking is None else ranking.number("score_threshold", least=0, most=1)
    if tool.fields.get("filters") or least:
        name = "filters" if tool.fields.get("filters") else "ranking_options.score_threshold"
        raise BadRequest(
            f"'{tool.path_of(name)}' is not taken by a search within a response. Leave it out, or search first by "
            "POST /v1/vector_stores/{id}/search, which takes it, and send what it found.",
            param=tool.path_of(name),
            code="unsupported_parameter",
        )
    return store_ids, tool.whole("max_num_results", least=1, most=_MOST_PASSAGES)


def _hosted(tool: Body, kind: str) -> BadRequest:
    return BadRequest(
        f"Tools of type '{kind}' run on OpenAI's own hosts, and not here. Offer a 'function' that does the same, or "
        "ask an agent that has such a tool, as 'agent/<name>'.",
        param=tool.path_of("type"),
        code="unsupported_tool",
    )
