"""What the house has, in the protocol's types. Import it where it is used: the SDK takes a second to load."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from mcp import types

from steward.kernel.tools import Tool
from steward.knowledge.schemas import DocumentPage, DocumentRead, DocumentText

_SCHEME: Final = "steward://documents/"
_TEXT: Final = "text/plain"


def tool(offered: Tool) -> types.Tool:
    """A tool as clients list it."""
    return types.Tool(
        name=offered.name,
        description=offered.description,
        input_schema={"type": "object", **offered.parameters},
        annotations=types.ToolAnnotations(read_only_hint=not offered.changes),
    )


def output(given: Any) -> types.CallToolResult:
    """What a tool gave: JSON as text, and beside it as it is when it is an object."""
    text = given if isinstance(given, str) else msgspec.json.encode(given).decode()
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=text)],
        structured_content=given if isinstance(given, dict) else None,
    )


def failure(sentence: str) -> types.CallToolResult:
    """A call that did not give a result; the sentence is for the model."""
    return types.CallToolResult(content=[types.TextContent(type="text", text=sentence)], is_error=True)


def resources(page: DocumentPage) -> types.ListResourcesResult:
    """Documents as clients list them."""
    return types.ListResourcesResult(resources=list(map(_resource, page.items)), next_cursor=page.next_cursor)


def template() -> types.ResourceTemplate:
    """How an address of a document is put together."""
    return types.ResourceTemplate(
        name="document",
        title="Document",
        uri_template=f"{_SCHEME}{{document_id}}{{?start}}",
        description="The text of a document; a long one goes on at the character `start`.",
        mime_type=_TEXT,
    )


def document_of(uri: str) -> tuple[str, int] | None:
    """The document and the character that an address means; None when it is no address of a document."""
    path, _, query = uri.partition("?")
    name, _, start = query.partition("=")
    document_id = path.removeprefix(_SCHEME)
    if path == document_id or not document_id or (query and (name != "start" or not start.isdecimal())):
        return None
    return document_id, min(int(start[:10] or 0), 2**31 - 1)


def text(uri: str, document_id: str, stretches: list[DocumentText]) -> types.ReadResourceResult:
    """The stretches of a document's text that were read, and where it goes on."""
    last = stretches[-1]
    written = "".join(one.text for one in stretches)
    if last.end < last.chars:
        written += f"\n\n[The document goes on: read {_SCHEME}{document_id}?start={last.end}]"
    return types.ReadResourceResult(
        contents=[types.TextResourceContents(uri=uri, mime_type=_TEXT, text=written)]
    )


def _resource(document: DocumentRead) -> types.Resource:
    return types.Resource(
        uri=f"{_SCHEME}{document.id}",
        name=document.name,
        title=document.title,
        mime_type=_TEXT,
        size=document.bytes,
    )
