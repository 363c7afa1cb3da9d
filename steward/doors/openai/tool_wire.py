"""Tools and formats of answers as the Assistants API takes them, read and given back as they came."""

from __future__ import annotations

import re
from typing import Any, Final

from steward.doors.openai.errors import BadRequest
from steward.doors.openai.raw import Body, missing

_TYPES: Final = ("code_interpreter", "file_search", "function")
_FORMATS: Final = ("text", "json_object", "json_schema")
_MOST_TOOLS: Final = 128
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


def read_tools(body: Body) -> list[dict[str, Any]] | None:
    """The tools of an assistant, as they came; None when there are none to read.

    Raises:
        BadRequest: one of them does not fit, or two functions have the same name.
    """
    given = body.inners("tools", most=_MOST_TOOLS)
    names: set[str] = set()
    for tool in given or ():
        kind = tool.one_of("type", _TYPES)
        if kind is None:
            raise missing(tool.path_of("type"))
        if kind == "file_search":
            tool.inner("file_search")
        if kind == "function":
            name = _function(tool)
            if name in names:
                raise BadRequest(
                    f"Two functions are named '{name}'; rename one.", param="tools", code="invalid_value"
                )
            names.add(name)
    return None if given is None else [tool.fields for tool in given]


def read_format(body: Body) -> Any:
    """The format of answers, as it came: None, `auto` or an object.

    Raises:
        BadRequest: it does not fit.
    """
    given: Any = body.fields.get("response_format")
    if given is None or given == "auto":
        return given
    wanted = body.inner("response_format")
    assert wanted is not None
    kind = wanted.one_of("type", _FORMATS)
    if kind is None:
        raise missing("response_format.type")
    if kind == "json_schema":
        schema = wanted.inner("json_schema")
        if schema is None:
            raise missing("response_format.json_schema")
        schema.needed_text("name", most=64)
        schema.text("description")
        schema.inner("schema")
        schema.flag("strict")
    return wanted.fields


def _function(tool: Body) -> str:
    function = tool.inner("function")
    if function is None:
        raise missing(tool.path_of("function"))
    name = function.needed_text("name", most=64)
    if _NAME.fullmatch(name) is None:
        path = function.path_of("name")
        words = "Expected letters, digits, underscores and dashes, and no digit or dash at the start."
        raise BadRequest(f"Invalid '{path}': '{name}'. {words}", param=path, code="invalid_value")
    function.text("description")
    function.inner("parameters")
    function.flag("strict")
    return name
