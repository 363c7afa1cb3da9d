"""The MCP door, judged by the official client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
import httpx2
import pytest
from mcp import types
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from tests.conftest import MakePerson, Person

pytestmark = pytest.mark.slow

MODES = pytest.mark.parametrize("mode", ["auto", "legacy"])
"""The protocol of 2026, and the one with a handshake."""


@asynccontextmanager
async def connected(server: str, person: Person, mode: str = "auto") -> AsyncGenerator[Client]:
    async with (
        httpx2.AsyncClient(headers=person.headers) as http,
        Client(streamable_http_client(f"{server}/mcp", http_client=http), mode=mode, cache=None) as client,
    ):
        yield client


def text_of(content: object) -> str:
    assert isinstance(content, types.TextContent | types.TextResourceContents)
    return content.text


async def written(client: httpx.AsyncClient, person: Person, title: str, content: str) -> str:
    """A document of somebody's workspace that can be found."""
    asked = await client.post(
        "/api/v1/documents/text", json={"title": title, "content": content}, headers=person.headers
    )
    document = asked.json()
    while document["status"] == "in_progress":
        await asyncio.sleep(0.02)
        document = (await client.get(f"/api/v1/documents/{document['id']}", headers=person.headers)).json()
    return document["id"]


@MODES
async def test_lists_the_tools_that_need_no_approval(server: str, ada: Person, mode: str) -> None:
    async with connected(server, ada, mode) as mcp:
        tools = {tool.name: tool for tool in (await mcp.list_tools()).tools}
    assert "searchKnowledge" in tools
    assert tools["searchKnowledge"].input_schema["required"] == ["query"]
    assert tools["searchKnowledge"].annotations is not None
    assert tools["searchKnowledge"].annotations.read_only_hint is True
    assert "uploadDocument" not in tools
    assert "callHuman" not in tools


@MODES
async def test_calls_a_tool_as_the_key_s_owner(
    server: str, client: httpx.AsyncClient, ada: Person, eve: Person, mode: str
) -> None:
    await written(client, ada, "Pump", "The pump of hall seven runs at 9 bar.")
    async with connected(server, ada, mode) as mcp:
        found = await mcp.call_tool("searchKnowledge", {"query": "pump of hall seven"})
    assert not found.is_error
    assert found.structured_content is not None
    assert "9 bar" in found.structured_content["documents"][0]["content"]
    async with connected(server, eve, mode) as mcp:
        nothing = await mcp.call_tool("searchKnowledge", {"query": "pump of hall seven"})
    assert nothing.structured_content is not None
    assert nothing.structured_content["documents"] == []


async def test_a_call_that_needs_a_person_is_not_carried_out(server: str, ada: Person) -> None:
    async with connected(server, ada) as mcp:
        refused = await mcp.call_tool("uploadDocument", {"title": "x", "content": "y"})
        assert refused.is_error
        assert "approve" in text_of(refused.content[0])
        assert (await mcp.list_resources()).resources == []


async def test_wrong_arguments_are_told_to_the_model(server: str, ada: Person) -> None:
    async with connected(server, ada) as mcp:
        refused = await mcp.call_tool("searchKnowledge", {"question": "?"})
    assert refused.is_error
    assert "query" in text_of(refused.content[0])


async def test_an_unknown_tool_is_an_error_of_the_protocol(server: str, ada: Person) -> None:
    async with connected(server, ada) as mcp:
        with pytest.raises(MCPError, match="There is no tool named 'noSuchTool'"):
            await mcp.call_tool("noSuchTool", {})


@MODES
async def test_documents_are_resources(
    server: str, client: httpx.AsyncClient, ada: Person, eve: Person, mode: str
) -> None:
    long = "All pumps are checked each spring. " * 4_000
    document_id = await written(client, ada, "Rules", long)
    uri = f"steward://documents/{document_id}"
    async with connected(server, ada, mode) as mcp:
        listed = (await mcp.list_resources()).resources
        templates = (await mcp.list_resource_templates()).resource_templates
        read = (await mcp.read_resource(uri)).contents[0]
        assert [(one.uri, one.title) for one in listed] == [(uri, "Rules")]
        assert templates[0].uri_template == "steward://documents/{document_id}{?start}"
        head, _, rest = text_of(read).partition("\n\n[The document goes on: read ")
        tail = (await mcp.read_resource(rest.removesuffix("]"))).contents[0]
        assert (head + text_of(tail)).strip() == long.strip()
    async with connected(server, eve, mode) as mcp:
        assert (await mcp.list_resources()).resources == []
        with pytest.raises(MCPError, match="no such document"):
            await mcp.read_resource(uri)


@pytest.mark.parametrize(
    "uri", ["steward://documents/", "https://example.com/", "steward://documents/x?end=1", "x"]
)
async def test_other_addresses_are_no_resources(server: str, ada: Person, uri: str) -> None:
    async with connected(server, ada) as mcp:
        with pytest.raises(MCPError, match="no address of a document"):
            await mcp.read_resource(uri)


async def test_a_bad_cursor_is_told(server: str, ada: Person) -> None:
    async with connected(server, ada) as mcp:
        with pytest.raises(MCPError, match="cursor"):
            await mcp.list_resources(cursor="nonsense")


async def test_a_viewer_reads_and_calls_nothing(server: str, ada: Person, make_person: MakePerson) -> None:
    viewer = await make_person(beside=ada, role="viewer")
    async with connected(server, viewer) as mcp:
        assert (await mcp.list_tools()).tools
        assert (await mcp.call_tool("searchKnowledge", {"query": "pump"})).is_error


INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
ACCEPT = {"accept": "application/json, text/event-stream"}


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Bearer sk-wrong"}, {"authorization": "Basic eDp5"}]
)
async def test_without_a_key_nothing_is_answered(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await client.post("/mcp", json=INITIALIZE, headers={**ACCEPT, **headers})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["error"]["data"]["tag"] == "unauthorized"


@pytest.mark.parametrize(
    ("origin", "status"),
    [("https://evil.example", 403), ("null", 403), ("http://{host}", 200)],
    ids=["another site", "no site", "our own page"],
)
async def test_pages_of_other_sites_are_refused(
    client: httpx.AsyncClient, ada: Person, origin: str, status: int
) -> None:
    headers = {**ACCEPT, **ada.headers, "origin": origin.format(host=client.base_url.netloc.decode())}
    assert (await client.post("/mcp", json=INITIALIZE, headers=headers)).status_code == status


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_there_are_no_streams_and_sessions(client: httpx.AsyncClient, ada: Person, method: str) -> None:
    answer = await client.request(method, "/mcp", headers={**ACCEPT, **ada.headers})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b"[]", 400), (b'{"jsonrpc":"2.0","id":1,"method":"tools/list","params":3}', 400)],
)
async def test_what_is_no_message_is_told_as_the_protocol_does(
    client: httpx.AsyncClient, ada: Person, body: bytes, status: int
) -> None:
    headers = {**ACCEPT, **ada.headers, "content-type": "application/json"}
    answer = await client.post("/mcp", content=body, headers=headers)
    assert answer.status_code == status
    assert answer.json()["error"]["code"] in (-32700, -32600, -32602)


async def test_calls_at_once_do_not_mix(
    server: str, client: httpx.AsyncClient, ada: Person, eve: Person
) -> None:
    await written(client, ada, "Mine", "The code of ada is alpha.")
    await written(client, eve, "Hers", "The code of eve is omega.")

    async def ask(person: Person) -> str:
        async with connected(server, person) as mcp:
            return str((await mcp.call_tool("searchKnowledge", {"query": "the code"})).structured_content)

    answers = await asyncio.gather(*(ask(person) for person in (ada, eve) * 5))
    assert all("alpha" in one and "omega" not in one for one in answers[::2])
    assert all("omega" in one and "alpha" not in one for one in answers[1::2])
