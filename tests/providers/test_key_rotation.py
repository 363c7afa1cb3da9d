"""A key is changed while answers are under way: none breaks, the next call has the new one, and nobody reads either."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import structlog
from pydantic import SecretStr

from steward.agents.service import Wishes
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from steward.providers.events import TextDelta
from steward.runs.events import RunEnd
from tests.conftest import Person
from tests.providers.hosts import answering
from tests.runs.turns import begin, read
from tests.support.database import as_owner, read_schema
from tests.support.people import Things, own
from tests.support.scripted_provider import ScriptedProvider
from tests.support.scripted_wire import Recorded

# Many slow streams: some seconds.
pytestmark = pytest.mark.slow

ROOT: Final = Path(__file__).parent.parent.parent
MODELS: Final = {
    "openai": "openai/gpt-4o-mini",
    "openai-responses": "openai-responses/gpt-4o-mini",
    "anthropic": "anthropic/claude-sonnet-4-5",
    "google": "google/gemini-2.5-flash",
}
STREAMS: Final = 20
SAID: Final = " ".join(f"word{number}" for number in range(120))
PACE_MS: Final = 25
KEY_SHAPES: Final = re.compile(
    r"\bsk-(?:ant-|proj-|or-)?[A-Za-z0-9_-]{24,}|\bAIza[A-Za-z0-9_-]{30,}|\bgsk_[A-Za-z0-9]{24,}"
)


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that a workspace had and has, by provider."""

    old: dict[str, str]
    new: dict[str, str]

    @classmethod
    def fresh(cls) -> Keys:
        old, new = ({name: f"sk-{age}-{name}-{new_id('k')}" for name in MODELS} for age in ("old", "new"))
        return cls(old, new)

    @property
    def all(self) -> list[str]:
        return [*self.old.values(), *self.new.values()]


async def store(client: httpx.AsyncClient, person: Person, keys: dict[str, str]) -> None:
    for name, key in keys.items():
        answer = await client.put(f"/api/v1/providers/{name}/key", json={"key": key}, headers=person.headers)
        assert answer.status_code == 204, answer.text


def upstream(provider: ScriptedProvider, mark: str) -> list[Recorded]:
    return [record for record in provider.requests if mark in record.said]


async def until_all_speak(provider: ScriptedProvider, mark: str, count: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if sum(record.tokens_sent > 2 for record in upstream(provider, mark)) == count:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("not every stream began")


async def turn(person: Person, model: str, text: str) -> str:
    """A turn to its end; what was said."""
    started = await begin(person, text, wishes=Wishes(model))
    events = [event for _, event in await read(person, started.run_id)]
    end = events[-1]
    assert isinstance(end, RunEnd)
    assert (end.status, end.error_tag) == ("completed", None)
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def completion(client: httpx.AsyncClient, person: Person, model: str, text: str) -> str:
    """A streamed completion to its end; what was said."""
    body = {"model": model, "messages": [{"role": "user", "content": text}], "stream": True}
    answer = await client.post("/v1/chat/completions", json=body, headers=person.headers)
    assert answer.status_code == 200, answer.text
    assert answer.text.endswith("data: [DONE]\n\n")
    chunks = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
    return "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"])


@dataclass
class Logged:
    """Everything that was logged, by us and by the libraries."""

    entries: list[Any]
    others: pytest.LogCaptureFixture

    @property
    def text(self) -> str:
        return f"{self.entries!r}\n{self.others.text}"


async def rotate(
    client: httpx.AsyncClient, provider: ScriptedProvider, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> Keys:
    """Twenty streams on four wires, and the keys changed in their middle."""
    keys, mark = Keys.fresh(), new_id("mark")
    await store(client, ada, keys.old)
    monkeypatch.setattr(provider, "keys", set(keys.old.values()))
    text = f"{mark} {{{{reply:{SAID}}}}} {{{{pace_ms:{PACE_MS}}}}}"
    models = [*MODELS.values()] * (STREAMS // len(MODELS))
    streams = [
        asyncio.ensure_future(
            completion(client, ada, model, text) if at % 2 else turn(ada, model, f"{text} {at}")
        )
        for at, model in enumerate(models)
    ]
    await until_all_speak(provider, mark, STREAMS)
    await store(client, ada, keys.new)
    monkeypatch.setattr(provider, "keys", set(keys.new.values()))
    assert all(record.end is None for record in upstream(provider, mark)), "the streams ended too early"
    assert await asyncio.gather(*streams) == [SAID] * STREAMS
    assert {record.key for record in upstream(provider, mark)} == set(keys.old.values())
    after = new_id("mark")
    for at, model in enumerate(MODELS.values()):
        words = f"{after} {{{{reply:Now with the other one.}}}} {at}"
        assert await turn(ada, model, words) == "Now with the other one."
        assert await completion(client, ada, model, words) == "Now with the other one."
    assert {record.key for record in upstream(provider, after)} == set(keys.new.values())
    assert len(upstream(provider, after)) == 2 * len(MODELS)
    return keys


@pytest.mark.req("CHAT-40")
async def test_a_key_that_changes_breaks_no_stream_and_the_next_call_has_the_new_one(
    client: httpx.AsyncClient, provider: ScriptedProvider, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rotate(client, provider, ada, monkeypatch)


@pytest.mark.req("CHAT-40")
@pytest.mark.parametrize("name", MODELS)
async def test_the_next_call_of_a_turn_under_way_has_the_new_key_too(
    client: httpx.AsyncClient,
    provider: ScriptedProvider,
    ada: Person,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    """A turn that uses tools makes several calls; the old key may be refused between them."""
    keys, mark = Keys.fresh(), new_id("mark")
    await store(client, ada, keys.old)
    monkeypatch.setattr(provider, "keys", set(keys.old.values()))
    tool = '{{tool:find:{"q": "a cup of tea"}}}'
    text = f"{mark} {{{{reasoning:{SAID}}}}} {tool} {{{{reply:{SAID}}}}} {{{{first_ms:400}}}}"
    going = asyncio.ensure_future(turn(ada, MODELS[name], text))
    while not upstream(provider, mark):
        await asyncio.sleep(0.005)
    await store(client, ada, keys.new)
    monkeypatch.setattr(provider, "keys", set(keys.new.values()))
    assert await going == SAID
    assert [record.key for record in upstream(provider, mark)] == [keys.old[name], keys.new[name]]


@pytest.mark.req("CHAT-40")
async def test_another_try_of_a_call_has_the_new_key_too(
    client: httpx.AsyncClient, provider: ScriptedProvider, ada: Person
) -> None:
    keys, mark = Keys.fresh(), new_id("mark")
    await store(client, ada, keys.old)
    text = f"{mark} {{{{reply:ok}}}} {{{{status:503}}}} {{{{retry_after:0.3}}}} {{{{times:1}}}}"
    going = asyncio.ensure_future(turn(ada, MODELS["openai"], text))
    while not upstream(provider, mark):
        await asyncio.sleep(0.005)
    await store(client, ada, keys.new)
    assert await going == "ok"
    assert [record.key for record in upstream(provider, mark)] == [keys.old["openai"], keys.new["openai"]]


# Nobody reads a key


@asynccontextmanager
async def listening(caplog: pytest.LogCaptureFixture) -> AsyncGenerator[Logged]:
    with caplog.at_level(logging.DEBUG), structlog.testing.capture_logs() as entries:
        yield Logged(entries, caplog)


async def every_read(client: httpx.AsyncClient, person: Person, things: Things) -> list[tuple[str, str]]:
    """What every route answers that only reads: (its name, headers and body)."""
    values = {
        "conversation_id": things.thread,
        "run_id": things.run,
        "key_id": things.key,
        "budget_id": things.budget,
        "collection_id": things.collection,
        "document_id": things.document,
        "file_id": things.file,
        "agent_id": things.agent,
        "task_id": things.task,
        "ticket_id": things.ticket,
        "thing_id": things.task,
        "memory_id": things.memory,
        "interview_id": things.interview,
        "server_id": things.mcp_server,
        "rule_id": things.tool_rule,
        "schedule_id": things.schedule,
        "action_id": things.action,
        "tool_name": "searchKB",
        "dimension": "things",
        "assistant_id": things.agent,
        "thread_id": things.thread,
        "message_id": things.question,
        "vector_store_id": things.collection,
        "share_id": things.share,
        "response_id": things.response,
        "item_id": things.question,
        "batch_id": "vsfb_nobodys",
        "step_id": "step_nobodys",
        "model": "openai/gpt-4o-mini",
        "provider": "openai",
    }
    contract = (await client.get("/api/openapi.json")).json()
    found: list[tuple[str, str]] = [("openapi", json.dumps(contract))]
    for path, methods in contract["paths"].items():
        if "get" not in methods:
            continue
        names = re.findall(r"\{(\w+)\}", path)
        assert set(names) <= set(values), f"teach this test what {path} names"
        params = {"q": "hello"} if path.endswith("/search") else {}
        answer = await client.get(path.format(**values), headers=person.headers, params=params)
        assert answer.status_code < 500, (path, answer.text)
        found.append((path, f"{answer.headers} {answer.text}"))
    page = await client.get("/", headers=person.headers)
    return [*found, ("/", page.text), ("/metrics", (await client.get("/metrics")).text)]


async def every_row(settings: Settings, workspace_id: str) -> list[tuple[str, str]]:
    """Every row of a workspace, as text: (its table, the row)."""
    async with as_owner(settings) as owner:
        tables = [table.name for table in (await read_schema(owner)).values() if table.has_workspace]
        return [
            (table, row["row"])
            for table in tables
            for row in await owner.fetch(
                f"SELECT cast(to_jsonb(t) AS text) AS row FROM {table} t WHERE workspace_id = $1",  # noqa: S608  # names of tables
                workspace_id,
            )
        ]


async def fail(client: httpx.AsyncClient, ada: Person, mark: str) -> None:
    """Calls that fail in ways that tempt to show a key: refused, broken, wrong."""
    for model in MODELS.values():
        for fault in ("{{error:invalid_api_key}}", "{{status:500}}", "{{cut_after:1}}", "{{html}}"):
            text = f"{mark} hello {{{{words:5}}}} {fault}"
            started = await begin(ada, text, wishes=Wishes(model))
            await read(ada, started.run_id)
            body = {"model": model, "messages": [{"role": "user", "content": text}]}
            answer = await client.post("/v1/chat/completions", json=body, headers=ada.headers)
            assert answer.status_code >= 400


@pytest.mark.slow
@pytest.mark.req("PROV-15")
@pytest.mark.req("CHAT-40")
async def test_no_key_is_in_an_answer_a_row_or_a_log(
    client: httpx.AsyncClient,
    provider: ScriptedProvider,
    house: Runtime,
    settings: Settings,
    ada: Person,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    servers = {
        name: SecretStr(f"sk-server-{new_id('k')}") if name.endswith("_KEY") else value
        for name, value in house.settings.variables.items()
    }
    monkeypatch.setattr(house, "settings", house.settings.model_copy(update={"variables": servers}))
    async with listening(caplog) as logged:
        keys = await rotate(client, provider, ada, monkeypatch)
        monkeypatch.setattr(provider, "keys", None)
        await fail(client, ada, new_id("mark"))
        for name in MODELS:
            await client.delete(f"/api/v1/providers/{name}/key", headers=ada.headers)
        mark = new_id("mark")
        await fail(client, ada, mark)
        await store(client, ada, keys.new)
        things = await own(client, ada.headers, ada.actor)
        answers = await every_read(client, ada, things)
    rows = await every_row(settings, ada.actor.workspace_id)
    server_keys = [value.get_secret_value() for name, value in servers.items() if name.endswith("_KEY")]
    assert {record.key for record in upstream(provider, mark)} <= set(server_keys)
    secrets = [*keys.all, *server_keys]
    names = {table for table, _ in rows}
    assert {"model_calls", "events", "provider_keys", "runs", "messages"} <= names
    for place, text in [*answers, *rows, ("the log", logged.text)]:
        for secret in secrets:
            assert secret not in text, f"{place} tells a key"
    assert any(table == "events" and "provider_key_stored" in text for table, text in rows)
    assert "model_call_failed" in logged.text
    # The last four are for people to know their key by.
    shown = dict(answers)["/api/v1/providers"]
    assert all(key[-4:] in shown for key in keys.new.values())


async def test_a_host_that_quotes_the_key_makes_nobody_read_it(
    client: httpx.AsyncClient,
    settings: Settings,
    house: Runtime,
    ada: Person,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    key = f"sk-quoted-{new_id('k')}"
    await store(client, ada, {"openai": key})
    said = json.dumps(
        {"error": {"message": f"Incorrect API key provided: {key}.", "code": "invalid_api_key"}}
    ).encode()
    head = b"HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(
        said
    )
    async with answering(said, head=head) as url, listening(caplog) as logged:
        variables = {**house.settings.variables, "OPENAI_BASE_URL": SecretStr(url)}
        monkeypatch.setattr(house, "settings", house.settings.model_copy(update={"variables": variables}))
        body = {"model": MODELS["openai"], "messages": [{"role": "user", "content": "hello"}]}
        answer = await client.post("/v1/chat/completions", json=body, headers=ada.headers)
        assert answer.status_code == 503
        assert answer.json()["error"]["code"] == "provider_key_refused"
        started = await begin(ada, "hello", wishes=Wishes(MODELS["openai"]))
        seen = repr(await read(ada, started.run_id))
    rows = await every_row(settings, ada.actor.workspace_id)
    assert "Incorrect API key provided: [key]" in logged.text
    for text in (answer.text, seen, logged.text, *(text for _, text in rows)):
        assert key not in text


def test_no_key_is_in_what_is_built_or_told() -> None:
    example = f"sk-ant-{'a1B2' * 8}"
    assert KEY_SHAPES.search(f"key: {example}")
    assert KEY_SHAPES.search(f"sk-proj-{'x' * 40}")
    places = [ROOT / ".env.example", ROOT / "README.md"]
    places += [
        path for folder in ("docs", "steward") for path in (ROOT / folder).rglob("*") if path.is_file()
    ]
    read = 0
    for path in places:
        if path.suffix in (".pyc", ".woff2", ".png", ".ico"):
            continue
        read += 1
        found = KEY_SHAPES.search(path.read_text(errors="replace"))
        assert found is None, f"{path.relative_to(ROOT)} holds {found and found[0]!r}"
    assert read > 100
