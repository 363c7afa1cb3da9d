"""MCP servers of a workspace: who may connect them, what is shown of them, and what becomes of their tools."""

from __future__ import annotations

import sys
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from steward.kernel.errors import NotFound
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from steward.kernel.tools import Tool, ToolContext, ToolRetry
from steward.mcp_servers import service
from tests.conftest import MakePerson, Person
from tests.mcp_servers.conftest import HOSTILE

SERVERS = "/api/v1/mcp-servers"
PUBLIC = {"name": "tickets", "transport": "http", "url": "https://mcp.example.com/mcp"}


def hostile(how: str, **more: Any) -> dict[str, Any]:
    program = {"transport": "stdio", "command": sys.executable, "arguments": [str(HOSTILE), how]}
    return {"name": "hostile", **program, **more}


async def made(client: httpx.AsyncClient, person: Person, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(SERVERS, json=body, headers=person.headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def checked(client: httpx.AsyncClient, person: Person, server_id: str) -> dict[str, Any]:
    answer = await client.post(f"{SERVERS}/{server_id}/check", headers=person.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def changed(client: httpx.AsyncClient, person: Person, server_id: str, **fields: Any) -> dict[str, Any]:
    answer = await client.patch(f"{SERVERS}/{server_id}", json=fields, headers=person.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def tools_of(house: Runtime, person: Person) -> dict[str, Tool]:
    async with house.database.transaction(person.actor) as work:
        return {tool.name: tool for tool in await service.tools_of(work)}


def context(person: Person) -> ToolContext:
    return ToolContext(person.actor, new_id("run"), new_id("thread"), new_id("call"))


async def test_a_server_is_made_read_changed_and_deleted(client: httpx.AsyncClient, ada: Person) -> None:
    server = await made(client, ada, PUBLIC)
    assert server["id"].startswith("mcp_")
    assert (server["tools"], server["fetched_at"], server["is_enabled"]) == ([], None, True)
    listed = await client.get(SERVERS, headers=ada.headers)
    assert [one["id"] for one in listed.json()["items"]] == [server["id"]]
    again = await changed(client, ada, server["id"], is_enabled=False, name="helpdesk")
    assert (again["name"], again["is_enabled"]) == ("helpdesk", False)
    gone = await client.delete(f"{SERVERS}/{server['id']}", headers=ada.headers)
    assert gone.status_code == 204
    assert (await client.get(f"{SERVERS}/{server['id']}", headers=ada.headers)).status_code == 404
    events = await client.get("/api/v1/events", headers=ada.headers)
    if events.status_code == 200:
        assert "mcp.example.com/mcp" not in events.text


@pytest.mark.parametrize("role", ["member", "viewer"])
async def test_only_admins_see_and_change_servers(
    client: httpx.AsyncClient, ada: Person, make_person: MakePerson, role: str
) -> None:
    server = await made(client, ada, PUBLIC)
    colleague = await make_person(beside=ada, role=role)
    for method, path, body in (
        ("GET", SERVERS, None),
        ("POST", SERVERS, {**PUBLIC, "name": "mine"}),
        ("GET", f"{SERVERS}/{server['id']}", None),
        ("PATCH", f"{SERVERS}/{server['id']}", {"is_enabled": False}),
        ("DELETE", f"{SERVERS}/{server['id']}", None),
        ("POST", f"{SERVERS}/{server['id']}/check", None),
    ):
        answer = await client.request(method, path, json=body, headers=colleague.headers)
        assert answer.status_code == 403, (method, path)


async def test_a_stranger_finds_nothing(
    client: httpx.AsyncClient, house: Runtime, ada: Person, eve: Person
) -> None:
    server = await made(client, ada, PUBLIC)
    for method, path, body in (
        ("GET", f"{SERVERS}/{server['id']}", None),
        ("PATCH", f"{SERVERS}/{server['id']}", {"is_enabled": False}),
        ("DELETE", f"{SERVERS}/{server['id']}", None),
        ("POST", f"{SERVERS}/{server['id']}/check", None),
    ):
        answer = await client.request(method, path, json=body, headers=eve.headers)
        assert answer.status_code == 404, (method, path)
    assert (await client.get(SERVERS, headers=eve.headers)).json()["items"] == []
    async with house.database.work(eve.actor) as work:
        seen = await work.session.execute(text("SELECT count(*) FROM mcp_servers"))
        assert seen.scalar_one() == 0


async def test_secrets_are_sealed_and_never_shown(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    body = {**PUBLIC, "headers": {"Authorization": "Bearer s3cr3t-of-ada"}}
    answer = await client.post(SERVERS, json=body, headers=ada.headers)
    server = answer.json()
    assert server["secret_names"] == ["Authorization"]
    read = await client.get(f"{SERVERS}/{server['id']}", headers=ada.headers)
    assert "s3cr3t" not in answer.text + read.text
    async with house.database.work(ada.actor) as work:
        rows = await work.session.execute(text("SELECT to_jsonb(m)::text FROM mcp_servers m"))
        events = await work.session.execute(text("SELECT metadata::text FROM events"))
        kept = "".join(rows.scalars()) + "".join(events.scalars())
    assert "Authorization" in kept
    assert "s3cr3t" not in kept


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"is_enabled": False}, ["Authorization"]),
        ({"url": "https://mcp.example.com/v2/mcp"}, ["Authorization"]),
        ({"url": "https://elsewhere.example.com/mcp"}, []),
        ({"url": "http://mcp.example.com/mcp"}, []),
        ({"url": "https://elsewhere.example.com/mcp", "headers": {"X-Key": "new"}}, ["X-Key"]),
        ({"headers": {}}, []),
    ],
    ids=["another field", "same host", "another host", "no longer safe", "another host with its own", "none"],
)
async def test_secrets_stay_with_their_host(
    client: httpx.AsyncClient, ada: Person, change: dict[str, Any], kept: list[str]
) -> None:
    server = await made(client, ada, {**PUBLIC, "headers": {"Authorization": "Bearer s3cr3t"}})
    assert (await changed(client, ada, server["id"], **change))["secret_names"] == kept


@pytest.mark.parametrize(
    ("body", "status", "tag"),
    [
        ({**PUBLIC, "url": "ftp://example.com/mcp"}, 422, "fetch_forbidden_address"),
        ({**PUBLIC, "url": "https://ada:pw@example.com/mcp"}, 422, "fetch_forbidden_address"),
        ({**PUBLIC, "url": "http://2130706433/mcp"}, 422, "fetch_forbidden_address"),
        ({**PUBLIC, "url": None}, 422, "invalid_request"),
        ({**PUBLIC, "command": "/bin/sh"}, 422, "invalid_request"),
        ({**PUBLIC, "environment": {"A": "b"}}, 422, "invalid_request"),
        ({**PUBLIC, "name": "Two Words"}, 422, "invalid_request"),
        ({**PUBLIC, "name": "a__b"}, 422, "invalid_request"),
        ({**PUBLIC, "headers": {"Host": "inside"}}, 422, "invalid_request"),
        ({**PUBLIC, "headers": {"X-A": "b\r\nX-C: d"}}, 422, "invalid_request"),
        ({"name": "sh", "transport": "stdio", "command": "/bin/sh"}, 422, "mcp_command_not_allowed"),
        ({"name": "sh", "transport": "stdio"}, 422, "invalid_request"),
    ],
)
async def test_what_does_not_fit_is_refused(
    client: httpx.AsyncClient, ada: Person, body: dict[str, Any], status: int, tag: str
) -> None:
    answer = await client.post(SERVERS, json=body, headers=ada.headers)
    assert (answer.status_code, answer.json()["tag"]) == (status, tag)


@pytest.mark.parametrize(
    "name", ["LD_PRELOAD", "PATH", "PYTHONPATH", "NODE_OPTIONS", "BASH_ENV", "not a name"]
)
async def test_variables_that_steer_programs_are_refused(
    client: httpx.AsyncClient, ada: Person, open_settings: Settings, name: str
) -> None:
    assert open_settings.mcp.commands
    body = hostile("fine", environment={name: "x"})
    assert (await client.post(SERVERS, json=body, headers=ada.headers)).status_code == 422


async def test_a_name_is_taken_once(client: httpx.AsyncClient, ada: Person, eve: Person) -> None:
    await made(client, ada, PUBLIC)
    other = await made(client, ada, {**PUBLIC, "name": "other"})
    await made(client, eve, PUBLIC)
    twice = await client.post(SERVERS, json=PUBLIC, headers=ada.headers)
    assert (twice.status_code, twice.json()["tag"]) == (409, "mcp_name_taken")
    renamed = await client.patch(f"{SERVERS}/{other['id']}", json={"name": "tickets"}, headers=ada.headers)
    assert renamed.status_code == 409


async def test_without_a_secret_no_credentials_are_kept(
    client: httpx.AsyncClient, house: Runtime, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house, "settings", house.settings.model_copy(update={"secret_key": None}))
    body = {**PUBLIC, "headers": {"Authorization": "Bearer s3cr3t"}}
    refused = await client.post(SERVERS, json=body, headers=ada.headers)
    assert (refused.status_code, refused.json()["tag"]) == (503, "secret_key_missing")


@pytest.mark.slow
async def test_a_check_of_a_private_address_says_why(client: httpx.AsyncClient, ada: Person) -> None:
    server = await made(client, ada, {**PUBLIC, "url": "http://127.0.0.1:8000/mcp"})
    found = await checked(client, ada, server["id"])
    assert not found["ok"]
    assert "only public addresses" in found["error"]
    assert found["server"]["last_error"] == found["error"]


@pytest.mark.slow
async def test_a_check_reads_the_tools_and_models_can_call_them(
    client: httpx.AsyncClient,
    house: Runtime,
    ada: Person,
    eve: Person,
    open_settings: Settings,
    reference_url: str,
) -> None:
    assert open_settings.fetch.allowed_networks
    body = {"name": "every", "transport": "http", "url": reference_url, "approvals": {"echo": "never"}}
    server = await made(client, ada, body)
    assert await tools_of(house, ada) == {}
    found = await checked(client, ada, server["id"])
    assert (found["ok"], found["error"]) == (True, None)
    tools = await tools_of(house, ada)
    echo, total = tools["every__echo"], tools["every__get-sum"]
    assert (echo.approval, total.approval) == ("never", "always")
    assert not echo.repeats
    assert await echo.call(context(ada), {"message": "hello"}) == {"text": "Echo: hello"}
    with pytest.raises(ToolRetry):
        await total.call(context(ada), {"a": "x"})
    assert await tools_of(house, eve) == {}
    with pytest.raises(NotFound):
        await echo.call(context(eve), {"message": "hello"})


@pytest.mark.slow
async def test_what_is_not_allowed_is_neither_offered_nor_called(
    client: httpx.AsyncClient, house: Runtime, ada: Person, open_settings: Settings
) -> None:
    assert open_settings.mcp.commands
    server = await made(client, ada, hostile("names"))
    assert (await checked(client, ada, server["id"]))["left_out"] == 2
    twice = (await tools_of(house, ada))["hostile__twice"]
    await changed(client, ada, server["id"], allowed_tools=["say hello/now"])
    assert list(await tools_of(house, ada)) == ["hostile__say_hello_now"]
    with pytest.raises(NotFound, match="not offered any more"):
        await twice.call(context(ada), {})
    await changed(client, ada, server["id"], allowed_tools=None, is_enabled=False)
    assert await tools_of(house, ada) == {}
    with pytest.raises(NotFound):
        await twice.call(context(ada), {})


@pytest.mark.slow
async def test_a_tool_that_changes_asks_again(
    client: httpx.AsyncClient, house: Runtime, ada: Person, open_settings: Settings
) -> None:
    assert open_settings.mcp.commands
    server = await made(client, ada, hostile("readonly"))
    await checked(client, ada, server["id"])
    await changed(client, ada, server["id"], approvals={"act": "never"})
    tool = (await tools_of(house, ada))["hostile__act"]
    assert (tool.approval, tool.changes) == ("never", False)
    # The same program, but the server says something else of its tool now.
    await changed(client, ada, server["id"], arguments=[str(HOSTILE), "fine"])
    found = await checked(client, ada, server["id"])
    assert found["asked_again"] == ["act"]
    tool = (await tools_of(house, ada))["hostile__act"]
    assert (tool.approval, tool.changes) == ("always", True)


@pytest.mark.slow
async def test_a_server_that_fails_keeps_its_tools_and_says_why(
    client: httpx.AsyncClient, house: Runtime, ada: Person, open_settings: Settings
) -> None:
    assert open_settings.mcp.commands
    server = await made(client, ada, hostile("tools/call:die"))
    assert (await checked(client, ada, server["id"]))["ok"]
    act = (await tools_of(house, ada))["hostile__act"]
    with pytest.raises(ToolRetry, match="The MCP server 'hostile' "):
        await act.call(context(ada), {})
    read = (await client.get(f"{SERVERS}/{server['id']}", headers=ada.headers)).json()
    assert read["last_error"].startswith("The MCP server 'hostile' ")
    await changed(client, ada, server["id"], arguments=[str(HOSTILE), "tools/list:die"])
    found = await checked(client, ada, server["id"])
    assert not found["ok"]
    assert [tool["name"] for tool in found["server"]["tools"]] == ["hostile__act"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "said"),
    [("long", "characters in all]"), ("nul", "a\ufffdb"), ("fine", '"arguments"')],
)
async def test_answers_are_cut_and_cleaned(
    client: httpx.AsyncClient, house: Runtime, ada: Person, open_settings: Settings, how: str, said: str
) -> None:
    server = await made(client, ada, hostile(how))
    await checked(client, ada, server["id"])
    answer = await (await tools_of(house, ada))["hostile__act"].call(context(ada), {"text": "x"})
    assert said in answer["text"]
    assert len(answer["text"]) < open_settings.tools.result_chars + 100


@pytest.mark.slow
async def test_a_tool_s_own_failure_is_told_to_the_model(
    client: httpx.AsyncClient, house: Runtime, ada: Person, open_settings: Settings
) -> None:
    assert open_settings.mcp.commands
    server = await made(client, ada, hostile("failing"))
    await checked(client, ada, server["id"])
    with pytest.raises(ToolRetry, match="arguments"):
        await (await tools_of(house, ada))["hostile__act"].call(context(ada), {})


@pytest.mark.slow
async def test_a_program_that_is_no_longer_allowed_is_not_started(
    client: httpx.AsyncClient,
    house: Runtime,
    ada: Person,
    open_settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = await made(client, ada, hostile("fine"))
    none = open_settings.mcp.model_copy(update={"commands": []})
    monkeypatch.setattr(house, "settings", open_settings.model_copy(update={"mcp": none}))
    found = await checked(client, ada, server["id"])
    assert not found["ok"]
    assert "operator" in found["error"]
