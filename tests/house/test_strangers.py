"""Every route turns a stranger away. The routes come from the application: a new one is covered without a change here,
or this file fails until it knows how to fill the route's parameters.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import websockets

from steward import app
from steward.identity import service as identity
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from tests.conftest import MakePerson, Person
from tests.support.database import UNTENANTED, as_owner, read_schema
from tests.support.people import Browser, Things, nobodys, own, sign_in

_PUBLIC = {
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "GET /api/openapi.json",
    "GET /{path}",
    "POST /api/v1/auth/sign-in",
    "POST /api/v1/auth/link",
}
# What a viewer may change: one's own way in.
_OWN_ACCOUNT = {"POST /api/v1/auth/sign-out", "PUT /api/v1/me/password"}
# What only reads, although its question is too long for an address.
_READING = {"POST /api/v1/knowledge/search", "POST /v1/vector_stores/{vector_store_id}/search"}
# A protocol of its own, with a shape of its own for refusals: tests/doors/mcp/ knocks there.
_ELSEWHERE = {"DELETE /mcp", "GET /mcp", "POST /mcp"}
# Pages that hold nothing: they show what the app hands them, in a frame without an origin.
_FRAMES = {"GET /artifact/still", "HEAD /artifact/still", "GET /artifact/running", "HEAD /artifact/running"}
_SAFE = {"GET", "HEAD", "OPTIONS"}
_SOCKET = "/api/v1/ws"

_HELLO = {"role": "user", "parts": [{"type": "text", "text": "hello"}]}

_FILE = "_file"
"""In a body: it is a form with a file of this name."""
Body = dict[str, Any]
# For each route that reads a body: bodies that name the things of others, in every field that takes an id.
_BODIES: dict[str, Callable[[Things, Things], list[Body]]] = {
    "POST /api/v1/chat": lambda theirs, mine: [
        {"id": theirs.thread, "messages": [_HELLO]},
        {"id": theirs.thread, "trigger": "regenerate-message"},
        {"id": mine.thread, "messages": [_HELLO], "messageId": theirs.question},
        {"messages": [_HELLO], "agentId": theirs.agent},
    ],
    "POST /api/assistant-v2/chat": lambda theirs, mine: [
        {"workspaceId": theirs.workspace, "messages": [_HELLO]},
        {"workspaceId": mine.workspace, "id": theirs.thread, "messages": [_HELLO]},
    ],
    "POST /v1/chat/completions": lambda theirs, mine: [
        {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "x"}]}
    ],
    "POST /v1/embeddings": lambda theirs, mine: [{"model": "local/wordllama", "input": "x"}],
    "POST /api/v1/threads": lambda theirs, mine: [{"title": "A thread"}],
    "PATCH /api/v1/chat/{conversation_id}": lambda theirs, mine: [
        {"title": "Eve was here"},
        {"head_id": theirs.question},
        {"pinned": True},
        {"archived": True},
        {"tags": ["theirs"]},
    ],
    "PUT /api/v1/messages/{message_id}/feedback": lambda theirs, mine: [{"rating": "bad"}],
    "POST /api/v1/chat/{conversation_id}/branch": lambda theirs, mine: [{"message_id": theirs.question}],
    "POST /api/v1/members": lambda theirs, mine: [{"email": "x@example.com", "role": "viewer"}],
    "PATCH /api/v1/members/{user_id}": lambda theirs, mine: [{"role": "viewer"}],
    "POST /api/v1/embed/tokens": lambda theirs, mine: [{"user": "visitor-1", "minutes": 5}],
    "POST /api/v1/keys": lambda theirs, mine: [{"name": "a key"}],
    "PUT /api/v1/me/password": lambda theirs, mine: [{"password": "a long password"}],
    "POST /api/v1/budgets": lambda theirs, mine: [
        {"scope": "workspace", "period": "day", "limit_tokens": 10**12},
        {"scope": "key", "subject_id": theirs.key, "period": "day", "limit_tokens": 10**12},
    ],
    "PUT /api/v1/providers/{provider}/key": lambda theirs, mine: [{"key": "sk-of-a-workspace"}],
    "PATCH /api/v1/model-settings": lambda theirs, mine: [{"fallback_models": ["openai/gpt-4o"]}],
    "POST /api/v1/chat/estimate": lambda theirs, mine: [{"text": "hello", "thread_id": theirs.thread}],
    "POST /api/v1/objects": lambda theirs, mine: [{"prompt": "hello", "schema": {}, "strict": False}],
    "POST /api/v1/completion": lambda theirs, mine: [{"prompt": "hello"}],
    "POST /api/v1/files": lambda theirs, mine: [{_FILE: "paper.txt"}],
    "POST /api/v1/collections": lambda theirs, mine: [{"name": "A collection"}],
    "PATCH /api/v1/collections/{collection_id}": lambda theirs, mine: [{"name": "Eve was here"}],
    "POST /api/v1/documents": lambda theirs, mine: [
        {_FILE: "paper.txt", "collection_id": theirs.collection},
    ],
    "POST /api/v1/documents/text": lambda theirs, mine: [
        {"title": "Mine", "content": "Mine.", "collection_id": theirs.collection}
    ],
    "POST /api/v1/documents/url": lambda theirs, mine: [
        {"url": "https://example.com/", "collection_id": theirs.collection}
    ],
    "PATCH /api/v1/documents/{document_id}": lambda theirs, mine: [{"title": "Eve was here"}],
    "PUT /api/v1/documents/{document_id}/file": lambda theirs, mine: [{_FILE: "paper.txt"}],
    "POST /api/v1/knowledge/search": lambda theirs, mine: [
        {"query": "pump", "collection_ids": [theirs.collection]}
    ],
    "PATCH /api/v1/budgets/{budget_id}": lambda theirs, mine: [{"limit_tokens": 10**11}],
    "POST /v1/files": lambda theirs, mine: [{_FILE: "paper.txt", "purpose": "assistants"}],
    "POST /v1/vector_stores": lambda theirs, mine: [{"name": "A store"}, {"file_ids": [theirs.file]}],
    "POST /v1/vector_stores/{vector_store_id}": lambda theirs, mine: [{"name": "Eve was here"}],
    "POST /v1/vector_stores/{vector_store_id}/search": lambda theirs, mine: [{"query": "pump"}],
    "POST /v1/vector_stores/{vector_store_id}/files": lambda theirs, mine: [{"file_id": theirs.file}],
    "POST /v1/vector_stores/{vector_store_id}/files/{file_id}": lambda theirs, mine: [
        {"attributes": {"a": "b"}}
    ],
    "POST /v1/vector_stores/{vector_store_id}/file_batches": lambda theirs, mine: [
        {"file_ids": [theirs.file]},
        {"files": [{"file_id": theirs.file}]},
    ],
    "POST /v1/assistants": lambda theirs, mine: [
        {"model": "gpt-4o-mini"},
        *({"model": "gpt-4o-mini", **one} for one in _resources(theirs)),
    ],
    "POST /v1/assistants/{assistant_id}": lambda theirs, mine: [
        {"name": "Eve was here"},
        *_resources(theirs),
    ],
    "POST /v1/threads": lambda theirs, mine: [{}, *_resources(theirs)[:2]],
    "POST /v1/threads/{thread_id}": lambda theirs, mine: [{"metadata": {"a": "b"}}],
    "POST /v1/threads/{thread_id}/messages": lambda theirs, mine: [{"role": "user", "content": "x"}],
    "POST /v1/threads/{thread_id}/messages/{message_id}": lambda theirs, mine: [{"metadata": {"a": "b"}}],
    "POST /v1/threads/runs": lambda theirs, mine: [
        {"assistant_id": theirs.agent, "thread": {"messages": [{"role": "user", "content": "x"}]}}
    ],
    "POST /v1/threads/{thread_id}/runs": lambda theirs, mine: [{"assistant_id": mine.agent}],
    "POST /v1/threads/{thread_id}/runs/{run_id}": lambda theirs, mine: [{"metadata": {}}],
    "POST /v1/threads/{thread_id}/runs/{run_id}/submit_tool_outputs": lambda theirs, mine: [
        {"tool_outputs": []}
    ],
    "POST /v1/responses": lambda theirs, mine: [
        {"model": "gpt-4o-mini", "input": "x", "previous_response_id": theirs.response},
        {"model": "gpt-4o-mini", "input": "x", "conversation": _conversation(theirs)},
        {
            "model": "gpt-4o-mini",
            "input": "x",
            "tools": [{"type": "file_search", "vector_store_ids": [theirs.collection]}],
        },
        {
            "model": "gpt-4o-mini",
            "input": [{"role": "user", "content": [{"type": "input_file", "file_id": theirs.file}]}],
        },
        {"model": f"agent/{theirs.agent}", "input": "x"},
    ],
    "POST /v1/conversations": lambda theirs, mine: [{"items": [{"role": "user", "content": "x"}]}],
    "POST /v1/conversations/{conversation_id}": lambda theirs, mine: [{"metadata": {"a": "b"}}],
    "POST /v1/conversations/{conversation_id}/items": lambda theirs, mine: [
        {"items": [{"role": "user", "content": "x"}]}
    ],
    "POST /api/ai/assistant/setup": lambda theirs, mine: [{"type": "coaching"}],
    "POST /api/v1/agents": lambda theirs, mine: [{"name": "Mine"}],
    "POST /api/v1/agents/setup": lambda theirs, mine: [{}],
    "PATCH /api/v1/agents/{agent_id}": lambda theirs, mine: [{"name": "Eve was here"}],
    "PUT /api/v1/assistant": lambda theirs, mine: [{"product_name": "Desk"}],
    "POST /api/v1/tasks": lambda theirs, mine: [{"title": "Mine"}],
    "PATCH /api/v1/tasks/{task_id}": lambda theirs, mine: [{"title": "Eve was here"}],
    "POST /api/v1/tickets": lambda theirs, mine: [{"subject": "Mine"}],
    "PATCH /api/v1/tickets/{ticket_id}": lambda theirs, mine: [{"status": "solved"}],
    "POST /api/v1/memories": lambda theirs, mine: [{"text": "I keep bees, too."}],
    "PATCH /api/v1/memories/{memory_id}": lambda theirs, mine: [{"text": "Eve was here"}],
    "PATCH /api/v1/profile": lambda theirs, mine: [{"role": "Baker"}],
    "POST /api/v1/interviews": lambda theirs, mine: [{"definition": "hybrid_offer"}],
    "PUT /api/v1/interviews/{interview_id}/answers/{question_key}": lambda theirs, mine: [
        {"answer": "Deep work"}
    ],
    "POST /api/v1/mcp-servers": lambda theirs, mine: [
        {"name": "mine", "transport": "http", "url": "https://mcp.example.com/mcp"}
    ],
    "PATCH /api/v1/mcp-servers/{server_id}": lambda theirs, mine: [{"is_enabled": False}],
    "POST /api/v1/tool-rules": lambda theirs, mine: [{"tool": "searchKB", "decision": "ask"}],
    "PATCH /api/v1/tool-rules/{rule_id}": lambda theirs, mine: [{"decision": "deny"}],
    "POST /api/v1/tool-rules/test": lambda theirs, mine: [{"tool": "searchKB", "arguments": {}}],
    "POST /api/v1/schedules": lambda theirs, mine: [
        {"agent_id": theirs.agent, "cron": "0 9 * * *", "prompt": "Report.", "enabled": False}
    ],
    "PATCH /api/v1/schedules/{schedule_id}": lambda theirs, mine: [{"prompt": "Eve was here"}],
    "POST /api/v1/actions/{action_id}/decide": lambda theirs, mine: [{"decision": "deny"}],
    "POST /api/v1/tools/{tool_name}/execute": lambda theirs, mine: [
        {"arguments": {"query": "pump"}, "thread_id": theirs.thread}
    ],
}


def _conversation(things: Things) -> str:
    """A conversation as the Responses API names it."""
    return "conv_" + things.thread.removeprefix("thread_")


def _resources(things: Things) -> list[Body]:
    """What an assistant or a thread of the OpenAI door may rest on, in every form that takes an id."""
    return [
        {"tool_resources": one}
        for one in (
            {"file_search": {"vector_store_ids": [things.collection]}},
            {"file_search": {"vector_stores": [{"file_ids": [things.file]}]}},
            {"code_interpreter": {"file_ids": [things.file]}},
        )
    ]


# For each parameter of a path that names a thing of somebody: which.
_PARAMETERS: dict[str, Callable[[Things], str]] = {
    "conversation_id": lambda things: things.thread,
    "run_id": lambda things: things.run,
    "key_id": lambda things: things.key,
    "budget_id": lambda things: things.budget,
    "collection_id": lambda things: things.collection,
    "document_id": lambda things: things.document,
    "file_id": lambda things: things.file,
    "vector_store_id": lambda things: things.collection,
    "assistant_id": lambda things: things.agent,
    "thread_id": lambda things: things.thread,
    "message_id": lambda things: things.question,
    "agent_id": lambda things: things.agent,
    "task_id": lambda things: things.task,
    "ticket_id": lambda things: things.ticket,
    "thing_id": lambda things: things.task,
    "memory_id": lambda things: things.memory,
    "interview_id": lambda things: things.interview,
    "server_id": lambda things: things.mcp_server,
    "rule_id": lambda things: things.tool_rule,
    "schedule_id": lambda things: things.schedule,
    "action_id": lambda things: things.action,
    "response_id": lambda things: things.response,
    "item_id": lambda things: things.question,
    "share_id": lambda things: things.share,
    "user_id": lambda things: things.member,
}
# Parameters that name what all share.
_SHARED = {
    "model": "openai/gpt-4o-mini",
    "provider": "mistral",
    "tool_name": "searchKB",
    "dimension": "things",
    "question_key": "topic",
    "version": "1",
    "batch_id": "vsfb_nobodys",
    "step_id": "step_nobodys",
}
# Parameters that name what nobody has.
_NOBODYS = {"batch_id", "step_id"}
# The file is a document's, and not of the conversation that is shared.
_NOT_THERE = {"GET /api/v1/shared/{share_id}/files/{file_id}"}
_QUERIES = {"GET /api/v1/chat/search": {"q": "hello"}}
# The workspace's, and no one person's.
_SHARED_WITH_COLLEAGUES = (
    "/api/v1/agents",
    "/api/v1/budgets",
    "/api/v1/collections",
    "/api/v1/documents",
    "/api/v1/files",
    "/api/v1/knowledge",
    "/api/v1/mcp-servers",
    "/api/v1/members",
    "/api/v1/schedules",
    "/api/v1/shared",
    "/api/v1/tasks",
    "/api/v1/things",
    "/api/v1/tickets",
    "/api/v1/tool-rules",
    "/v1/assistants",
    "/v1/files",
    "/v1/vector_stores",
)
# One's own, made of what colleagues share: agents, collections, files.
_NAMING_WHAT_IS_SHARED = {"POST /v1/responses", "POST /v1/threads", "POST /v1/threads/runs"}
# A conversation that a client has not begun yet is not an error here, and a stranger's looks the same.
_NOTHING_RUNS = "GET /api/v1/chat/{conversation_id}/stream"

# Read by the door itself, so that nothing declares them.
_RAW_BODIES = {
    "/api/v1/chat",
    "/api/v1/completion",
    "/api/assistant-v2/chat",
    "/v1/chat/completions",
    "/v1/embeddings",
    "/api/v1/files",
    "/api/v1/documents",
    "/api/v1/documents/{document_id}/file",
    "/v1/assistants",
    "/v1/assistants/{assistant_id}",
    "/v1/conversations",
    "/v1/conversations/{conversation_id}",
    "/v1/conversations/{conversation_id}/items",
    "/v1/files",
    "/v1/responses",
    "/v1/threads",
    "/v1/threads/{thread_id}",
    "/v1/threads/runs",
    "/v1/threads/{thread_id}/runs",
    "/v1/threads/{thread_id}/runs/{run_id}",
    "/v1/threads/{thread_id}/runs/{run_id}/submit_tool_outputs",
    "/v1/threads/{thread_id}/messages",
    "/v1/threads/{thread_id}/messages/{message_id}",
    "/v1/vector_stores",
    "/v1/vector_stores/{vector_store_id}",
    "/v1/vector_stores/{vector_store_id}/search",
    "/v1/vector_stores/{vector_store_id}/files",
    "/v1/vector_stores/{vector_store_id}/files/{file_id}",
    "/v1/vector_stores/{vector_store_id}/file_batches",
}

# Every route with every kind of credential: half a minute.
pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True)
class Route:
    """One method at one address."""

    name: str
    method: str
    path: str
    reads_body: bool

    @property
    def parameters(self) -> list[str]:
        return [piece.split("}")[0] for piece in self.path.split("{")[1:]]

    @property
    def names_things(self) -> bool:
        return any(parameter not in _SHARED for parameter in self.parameters)

    def address(self, things: Things) -> str:
        values = dict(_SHARED)
        for parameter in self.parameters:
            if parameter not in _SHARED:
                assert parameter in _PARAMETERS, f"teach _PARAMETERS what {parameter!r} names ({self.name})"
                values[parameter] = _PARAMETERS[parameter](things)
        if self.path.startswith("/v1/conversations"):
            values["conversation_id"] = _conversation(things)
        return self.path.format(**values)

    def bodies(self, theirs: Things, mine: Things) -> list[Body | None]:
        if not self.reads_body:
            return [None]
        assert self.name in _BODIES, f"teach _BODIES what {self.name} reads"
        return [*_BODIES[self.name](theirs, mine)]

    async def knock(
        self, client: httpx.AsyncClient, things: Things, body: Body | None, headers: dict[str, str]
    ) -> httpx.Response:
        sent: dict[str, Any] = {"json": body}
        if body is not None and _FILE in body:
            fields = {name: value for name, value in body.items() if name != _FILE}
            sent = {"files": {"file": (body[_FILE], b"Some text.", "text/plain")}, "data": fields}
        return await client.request(
            self.method, self.address(things), params=_QUERIES.get(self.name), headers=headers, **sent
        )


def _walk(routes: Any) -> Iterator[Any]:
    for route in routes:
        contexts = getattr(route, "effective_route_contexts", None)
        if contexts is None:
            yield route
        else:
            yield from contexts()


def _routes() -> tuple[list[Route], list[str]]:
    """Every HTTP route with its method, and every WebSocket's path."""
    api = app.build_api(Settings(_env_file=None, data_dir=Path("unused")))  # pyright: ignore[reportCallIssue]
    found: list[Route] = []
    sockets: list[str] = []
    for route in _walk(api.routes):
        original = getattr(route, "starlette_route", None) or getattr(route, "original_route", None) or route
        path: str = getattr(route, "path_format", None) or original.path_format
        path = path or original.path
        if getattr(original, "methods", None) is None:
            sockets.append(path)
            continue
        for method in sorted(original.methods - {"HEAD"}):
            name = f"{method} {path}"
            declared = (
                getattr(route, "body_field", None) is not None
                or getattr(original, "body_field", None) is not None
            )
            raw = path in _RAW_BODIES and method in ("POST", "PUT")
            found.append(Route(name, method, path, declared or raw))
    return found, sockets


ROUTES, SOCKETS = _routes()
GUARDED = [route for route in ROUTES if route.name not in _PUBLIC | _ELSEWHERE | _FRAMES]
UNSAFE = [route for route in GUARDED if route.method not in _SAFE]


def test_the_routes_are_all_there() -> None:
    names = {route.name for route in ROUTES}
    assert names >= {*_PUBLIC, *_OWN_ACCOUNT, *_BODIES, *_QUERIES, _NOTHING_RUNS}
    assert len(GUARDED) >= 22
    assert SOCKETS == [_SOCKET]


async def test_the_openapi_description_has_every_route(client: httpx.AsyncClient) -> None:
    described = (await client.get("/api/openapi.json")).json()["paths"]
    operations = {f"{method.upper()} {path}" for path, methods in described.items() for method in methods}
    assert {route.name for route in GUARDED} == operations - _PUBLIC


_BAD_KEYS = ["none", "wrong", "not ours", "revoked", "disabled", "removed"]
_OVER = ["expired", "disabled", "removed", "signed out"]


def _share(kinds: list[str], kind: str) -> list[Route]:
    """Every route for the first kind. Who turns that away asks for the others too, so these share the routes out."""
    at = kinds.index(kind)
    return GUARDED if at == 0 else GUARDED[at - 1 :: len(kinds) - 1]


@pytest.fixture(params=_BAD_KEYS)
async def bad_key(
    request: pytest.FixtureRequest, house: Runtime, client: httpx.AsyncClient, make_person: MakePerson
) -> dict[str, str]:
    match request.param:
        case "none":
            return {}
        case "wrong":
            return {"authorization": "Bearer sk-st-" + "A" * 43}
        case "not ours":
            return {"authorization": "Basic YWRhOmFkYQ=="}
        case how:
            person = await make_person()
            await _shut_out(house, person, how)
            return person.headers


async def _shut_out(house: Runtime, person: Person, how: str) -> None:
    statements = {
        "revoked": "UPDATE api_keys SET revoked_at = now() WHERE user_id = $1",
        "disabled": "UPDATE users SET disabled_at = now() WHERE id = $1",
        "removed": "DELETE FROM memberships WHERE user_id = $1",
        "expired": "UPDATE sessions SET expires_at = now() - interval '1 second' WHERE user_id = $1",
    }
    async with as_owner(house.settings) as owner:
        await owner.execute(statements[how], person.actor.user_id)


async def _faults_of_a_closed_door(
    client: httpx.AsyncClient, headers: dict[str, str], routes: list[Route]
) -> list[str]:
    faults: list[str] = []
    for route in routes:
        things = nobodys()
        body = route.bodies(things, things)[0]
        answer = await route.knock(client, things, body, headers)
        error: dict[str, Any] = answer.json() if answer.headers["content-type"].endswith("json") else {}
        if route.path.startswith("/v1/"):
            fits = error.get("error", {}).get("code") == "invalid_api_key"
        else:
            fits = (error.get("tag"), error.get("detail")) == ("unauthorized", "Unauthorized")
        if answer.status_code != 401 or not fits or answer.headers.get("www-authenticate") != "Bearer":
            faults.append(f"{route.name}: {answer.status_code} {answer.text[:200]}")
    return faults


@pytest.mark.req("AUTH-01")
@pytest.mark.req("AUTH-16")
@pytest.mark.req("AUTH-20")
async def test_every_route_refuses_a_key_that_is_not_good(
    client: httpx.AsyncClient, bad_key: dict[str, str], request: pytest.FixtureRequest
) -> None:
    routes = _share(_BAD_KEYS, request.node.callspec.params["bad_key"])
    assert await _faults_of_a_closed_door(client, bad_key, routes) == []


@pytest.mark.req("AUTH-01")
@pytest.mark.req("AUTH-03")
@pytest.mark.req("AUTH-08")
@pytest.mark.parametrize("how", _OVER)
async def test_every_route_refuses_a_session_that_is_over(
    client: httpx.AsyncClient, server: str, house: Runtime, ada: Person, how: str
) -> None:
    browser = await sign_in(house, server, ada.actor.user_id)
    assert (await client.get("/api/v1/me", headers=browser.headers)).status_code == 200
    if how == "signed out":
        gone = await client.post("/api/v1/auth/sign-out", headers=browser.headers)
        assert gone.status_code == 204
    else:
        await _shut_out(house, ada, how)
    assert await _faults_of_a_closed_door(client, browser.headers, _share(_OVER, how)) == []


@pytest.mark.req("AUTH-01")
async def test_the_socket_refuses_a_key_that_is_not_good(server: str, bad_key: dict[str, str]) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with websockets.connect(server.replace("http", "ws") + _SOCKET, additional_headers=bad_key):
            pass
    assert refused.value.response.status_code in (401, 403)


@pytest.mark.req("AUTH-01")
async def test_the_socket_refuses_another_sites_page(server: str, house: Runtime, ada: Person) -> None:
    browser = await sign_in(house, server, ada.actor.user_id)
    with pytest.raises(websockets.InvalidStatus):
        async with websockets.connect(
            server.replace("http", "ws") + _SOCKET,
            additional_headers={"cookie": browser.cookie},
            origin=websockets.Origin("https://elsewhere.example"),
        ):
            pass


async def _everything_of(settings: Settings, workspace_id: str) -> dict[str, str]:
    """All rows of a workspace, as text."""
    rows = "SELECT coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '') FROM {} AS t WHERE workspace_id = $1"
    async with as_owner(settings) as owner:
        tables = await read_schema(owner)
        return {
            name: await owner.fetchval(rows.format(name), workspace_id)
            for name, table in tables.items()
            if name not in UNTENANTED and table.has_workspace and name != "sessions"
        }


def _without_what_differs(answer: httpx.Response, things: Things) -> tuple[int, str]:
    shown = answer.text
    for value in (*things.ids, _conversation(things), answer.headers["x-request-id"]):
        shown = shown.replace(value, "…")
    return answer.status_code, shown


async def _faults_of_a_stranger(
    client: httpx.AsyncClient, stranger: Person, theirs: Things, mine: Things, routes: list[Route]
) -> list[str]:
    """Where a stranger's answer for somebody's thing is no 404, or differs from that for a thing that nobody has."""
    faults: list[str] = []
    unknown = nobodys()
    for route in routes:
        expected = 204 if route.name == _NOTHING_RUNS else 404
        for body, other in zip(route.bodies(theirs, mine), route.bodies(unknown, mine), strict=True):
            in_body = any(value in json.dumps(body) for value in theirs.ids)
            for place, nowhere in ((theirs, unknown), (mine, mine)):
                if not (route.names_things and place is theirs) and not in_body:
                    continue
                answer = await route.knock(client, place, body, stranger.headers)
                control = await route.knock(client, nowhere, other, stranger.headers)
                seen = _without_what_differs(answer, theirs)
                if answer.status_code != expected or seen != _without_what_differs(control, unknown):
                    faults.append(
                        f"{route.name} {body}: {seen}, and of nobody's: {control.status_code} {control.text}"
                    )
    return faults


@pytest.mark.req("AUTH-05")
@pytest.mark.req("AUTH-06")
@pytest.mark.req("AUTH-19")
@pytest.mark.req("CONV-03")
async def test_a_stranger_finds_nothing_of_another_workspace(
    client: httpx.AsyncClient, settings: Settings, ada: Person, eve: Person
) -> None:
    theirs = await own(client, ada.headers, ada.actor)
    mine = await own(client, eve.headers, eve.actor)
    before = await _everything_of(settings, ada.actor.workspace_id)
    faults = await _faults_of_a_stranger(client, eve, theirs, mine, GUARDED)
    assert not faults, "\n".join(faults)
    assert await _everything_of(settings, ada.actor.workspace_id) == before


@pytest.mark.req("AUTH-07")
async def test_a_colleague_finds_nothing_of_ones_own(
    client: httpx.AsyncClient, settings: Settings, make_person: MakePerson, ada: Person
) -> None:
    # An admin, so that the role is not what keeps him out.
    bob = await make_person(beside=ada, role="admin")
    theirs = await own(client, ada.headers, ada.actor)
    mine = await own(client, bob.headers, bob.actor)
    before = await _everything_of(settings, ada.actor.workspace_id)
    personal = [
        route
        for route in GUARDED
        if "key_id" not in route.parameters
        and not route.path.startswith(_SHARED_WITH_COLLEAGUES)
        and route.name not in _NAMING_WHAT_IS_SHARED
    ]
    faults = await _faults_of_a_stranger(client, bob, theirs, mine, personal)
    # The workspace is his too.
    faults = [
        fault
        for fault in faults
        if ("'workspaceId': '" + ada.actor.workspace_id not in fault or theirs.thread in fault)
        # An admin may use a colleague's agents.
        and f"'agentId': '{theirs.agent}'" not in fault
    ]
    assert faults == []
    after = await _everything_of(settings, ada.actor.workspace_id)
    # His own calls count against his own budget, and connect him with agents.
    his = (mine.budget, bob.actor.user_id)
    assert {row for row in _rows(before) if not any(one in row for one in his)} <= _rows(after)
    listed = (await client.get("/api/v1/chat", params={"limit": 100}, headers=bob.headers)).json()["items"]
    found = (await client.get("/api/v1/chat/search", params={"q": "hello"}, headers=bob.headers)).json()[
        "items"
    ]
    assert theirs.thread not in {thread["id"] for thread in listed}
    assert theirs.thread not in {hit["thread"]["id"] for hit in found}


def _rows(everything: dict[str, str]) -> set[str]:
    return {f"{table} {row}" for table, rows in everything.items() for row in rows.splitlines()}


@pytest.mark.req("AUTH-05")
@pytest.mark.req("AUTH-07")
async def test_the_socket_shows_a_stranger_nothing(
    client: httpx.AsyncClient, server: str, ada: Person, bob: Person, eve: Person
) -> None:
    theirs = await own(client, ada.headers, ada.actor)
    commands = [
        {"type": "follow", "run_id": theirs.run},
        {"type": "stop", "run_id": theirs.run},
        {"type": "send", "thread_id": theirs.thread, "text": "hello"},
    ]
    for stranger in (bob, eve):
        async with websockets.connect(
            server.replace("http", "ws") + _SOCKET, additional_headers=stranger.headers
        ) as socket:
            for command in commands:
                await socket.send(json.dumps(command))
                answer = json.loads(await socket.recv())
                assert (answer["type"], answer["tag"], answer["status"]) == ("refused", "not_found", 404)


@pytest.mark.req("AUTH-07")
async def test_a_stranger_cannot_watch_an_answer_that_is_being_written(
    client: httpx.AsyncClient, ada: Person, bob: Person, eve: Person
) -> None:
    body = {
        "id": "live",
        "messages": [{**_HELLO, "parts": [{"type": "text", "text": "{{words:500}} {{pace_ms:50}}"}]}],
    }
    async with client.stream("POST", "/api/v1/chat", json=body, headers=ada.headers):
        live = (await client.get("/api/v1/chat/live", headers=ada.headers)).json()
        run, thread = live["live_run"]["id"], live["thread"]["id"]
        for stranger in (bob, eve):
            for name in ("live", thread):
                assert (
                    await client.get(f"/api/v1/chat/{name}/stream", headers=stranger.headers)
                ).status_code == 204
                stopped = await client.post(f"/api/v1/chat/{name}/stop", headers=stranger.headers)
                assert stopped.status_code == 404
            assert (
                await client.get(f"/api/v1/runs/{run}/events", headers=stranger.headers)
            ).status_code == 404
            assert (
                await client.post(f"/api/v1/runs/{run}/stop", headers=stranger.headers)
            ).status_code == 404
        still = (await client.get("/api/v1/chat/live", headers=ada.headers)).json()
        assert still["live_run"] is not None
        stopped = await client.post(f"/api/v1/runs/{run}/stop", headers=ada.headers)
        assert stopped.json() == {"stopped": True, "run_id": run}


@pytest.mark.req("AUTH-02")
async def test_every_change_with_a_cookie_needs_the_sessions_token(
    client: httpx.AsyncClient, server: str, house: Runtime, ada: Person, settings: Settings
) -> None:
    things = await own(client, ada.headers, ada.actor)
    browser = await sign_in(house, server, ada.actor.user_id)
    other = await sign_in(house, server, ada.actor.user_id)
    before = await _everything_of(settings, ada.actor.workspace_id)
    forgeries = [Browser(browser.cookie, token) for token in ("", "wrong", other.csrf_token, "é")]
    faults: list[str] = []
    for route in UNSAFE:
        for headers in ({"cookie": browser.cookie}, *(forged.headers for forged in forgeries)):
            body = route.bodies(things, things)[0]
            encoded = {name: value.encode() for name, value in headers.items()}
            answer = await route.knock(client, things, body, cast("dict[str, str]", encoded))
            shown = answer.json().get("tag") or answer.json()["error"]["code"]
            if (answer.status_code, shown) != (403, "csrf_token_missing"):
                faults.append(f"{route.name} {headers}: {answer.status_code} {answer.text}")
    assert faults == []
    assert await _everything_of(settings, ada.actor.workspace_id) == before
    renamed = await client.patch(
        f"/api/v1/chat/{things.thread}", json={"title": "Mine"}, headers=browser.headers
    )
    assert renamed.status_code == 200


@pytest.mark.req("AUTH-02")
@pytest.mark.req("AUTH-11")
async def test_a_viewer_changes_nothing(
    client: httpx.AsyncClient, server: str, house: Runtime, settings: Settings, ada: Person, bob: Person
) -> None:
    things = await own(client, bob.headers, bob.actor)
    browser = await sign_in(house, server, bob.actor.user_id)
    async with as_owner(settings) as owner:
        await owner.execute("UPDATE memberships SET role = 'viewer' WHERE user_id = $1", bob.actor.user_id)
    before = await _everything_of(settings, ada.actor.workspace_id)
    faults: list[str] = []
    for route in UNSAFE:
        if route.name in _OWN_ACCOUNT | _READING:
            continue
        for headers in (bob.headers, browser.headers):
            for body in route.bodies(things, things):
                answer = await route.knock(client, things, body, headers)
                shown = answer.json().get("tag") or answer.json().get("error", {}).get("code")
                if answer.json() == {"stopped": False, "run_id": None}:
                    continue  # nothing ran, so that nothing was refused
                if (answer.status_code, shown) != (403, "forbidden"):
                    faults.append(f"{route.name} {body}: {answer.status_code} {answer.text[:200]}")
    assert faults == []
    assert await _everything_of(settings, ada.actor.workspace_id) == before
    assert (await client.get(f"/api/v1/chat/{things.thread}", headers=bob.headers)).status_code == 200


@pytest.mark.req("AUTH-21")
@pytest.mark.req("AUTH-02")
@pytest.mark.parametrize("field", ["userId", "user_id", "workspaceId", "workspace_id", "groupId"])
async def test_whom_a_body_names_does_not_matter(
    client: httpx.AsyncClient, settings: Settings, ada: Person, eve: Person, field: str
) -> None:
    before = await _everything_of(settings, ada.actor.workspace_id)
    named = ada.actor.user_id if field.startswith("user") else ada.actor.workspace_id
    asked = await client.post(
        "/api/v1/chat", json={"messages": [_HELLO], "stream": False, field: named}, headers=eve.headers
    )
    assert asked.status_code == 200
    made = await client.post("/api/v1/threads", json={"title": "x", field: named}, headers=eve.headers)
    assert made.status_code == 422
    async with as_owner(settings) as owner:
        holder = await owner.fetchrow(
            "SELECT workspace_id, user_id FROM threads WHERE id = $1", asked.json()["thread_id"]
        )
    assert tuple(holder or ()) == (eve.actor.workspace_id, eve.actor.user_id)
    assert await _everything_of(settings, ada.actor.workspace_id) == before


@pytest.mark.req("AUTH-06")
async def test_another_answer_is_of_ones_own_question_whatever_message_is_named(
    client: httpx.AsyncClient, settings: Settings, ada: Person, eve: Person
) -> None:
    theirs = await own(client, ada.headers, ada.actor)
    mine = await own(client, eve.headers, eve.actor)
    before = await _everything_of(settings, ada.actor.workspace_id)
    body = {"id": mine.thread, "trigger": "regenerate-message", "messageId": theirs.answer, "stream": False}
    again = await client.post("/api/v1/chat", json=body, headers=eve.headers)
    assert again.json()["thread_id"] == mine.thread
    read = (await client.get(f"/api/v1/chat/{mine.thread}", headers=eve.headers)).json()
    assert read["messages"][0]["parent_id"] == mine.question
    assert await _everything_of(settings, ada.actor.workspace_id) == before


@pytest.mark.req("AUTH-08")
async def test_a_member_who_is_removed_is_out_at_the_next_send(
    client: httpx.AsyncClient, house: Runtime, bob: Person
) -> None:
    body = {"messages": [_HELLO], "stream": False}
    assert (await client.post("/api/v1/chat", json=body, headers=bob.headers)).status_code == 200
    await _shut_out(house, bob, "removed")
    assert (await client.post("/api/v1/chat", json=body, headers=bob.headers)).status_code == 401


@pytest.mark.req("AUTH-13")
async def test_no_answer_shows_a_key(
    client: httpx.AsyncClient, house: Runtime, settings: Settings, ada: Person
) -> None:
    openai_key = settings.variable("OPENAI_API_KEY")
    assert openai_key is not None
    secrets = (openai_key, ada.key)
    things = await own(client, ada.headers, ada.actor)
    await identity.make_link(house, ada.actor.user_id)
    for route in GUARDED:
        if route.method == "GET":
            answer = await route.knock(client, things, None, ada.headers)
            is_there = not _NOBODYS & {*route.parameters} and route.name not in _NOT_THERE
            expected = (200, 204, 307) if is_there else (404,)
            assert answer.status_code in expected, route.name
            assert not any(secret in answer.text for secret in secrets), route.name
