"""Dumps of the Assistants API come in, judged by OpenAI's own client."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zipfile
from collections.abc import AsyncGenerator, Callable
from io import StringIO
from pathlib import Path
from typing import Any

import anyio
import httpx
import openai
import pytest
from inline_snapshot import snapshot
from rich.console import Console

from steward.audit import service as audit
from steward.doors.terminal.import_assistants import AssistantsImport
from steward.doors.terminal.import_display import Bar, Tally
from steward.kernel.errors import Forbidden
from steward.kernel.runtime import Runtime
from tests.conftest import MakePerson, Person
from tests.doors.terminal import dumps
from tests.doors.terminal.dumps import (
    assistant,
    citation,
    file,
    message,
    page,
    text,
    thread,
    write,
    write_lines,
)
from tests.support.processes import ROOT, environment

# OpenAI calls its own API deprecated, here in a sentence and there in a word.
pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated.*:DeprecationWarning")

GUIDE = ROOT / "docs/guides/import.md"
PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de")
Client = Callable[[Person], Any]
"""Makes OpenAI's client for a person: of no type, because its types call this API deprecated."""


@pytest.fixture
async def official(server: str) -> AsyncGenerator[Client]:
    """Makes OpenAI's own client for a person."""
    made: list[openai.AsyncOpenAI] = []

    def make(person: Person) -> openai.AsyncOpenAI:
        made.append(openai.AsyncOpenAI(base_url=f"{server}/v1", api_key=person.key, max_retries=0))
        return made[-1]

    yield make
    for client in made:
        await client.close()


async def bring(person: Person, *paths: Path, model: str | None = None) -> tuple[int, str]:
    """Import for a person: the exit status, and what was shown, each line's blanks as one."""
    console = Console(file=StringIO(), width=300)
    tally = Tally()
    await AssistantsImport(person.actor, tally, Bar(console), model=model).run(paths)
    with console.capture() as shown:
        tally.show(console)
    return tally.exit_status, "\n".join(" ".join(line.split()) for line in shown.get().splitlines())


async def said(client: Any, thread_id: str = "thread_AbC") -> list[str]:
    """The texts of a thread, the oldest first."""
    listed = await client.beta.threads.messages.list(thread_id, order="asc")
    return [one.content[0].to_dict()["text"]["value"] for one in listed.data]


@pytest.mark.slow
async def test_a_thread_opens_under_its_id_and_goes_on(tmp_path: Path, ada: Person, official: Client) -> None:
    write(tmp_path / "assistants.json", page(assistant()))
    write(tmp_path / "threads.json", [thread()])
    # As the API lists them: the newest first.
    write_lines(tmp_path / "messages.jsonl", [message(1, "Nine."), message(0, "When do we open?")])
    status, shown = await bring(ada, tmp_path)
    print(shown)
    assert status == 0

    client = official(ada)
    kept = await client.beta.threads.retrieve("thread_AbC")
    assert (kept.created_at, kept.metadata) == (dumps.BEGAN + 10, {"customer": "7"})
    listed = (await client.beta.threads.messages.list("thread_AbC", order="asc")).data
    assert [(one.id, one.role, one.created_at, one.metadata) for one in listed] == [
        ("msg_N0", "user", dumps.BEGAN + 20, {"number": "0"}),
        ("msg_N1", "assistant", dumps.BEGAN + 21, {"number": "1"}),
    ]
    assert listed[1].content[0].to_dict()["text"] == {"value": "Nine.", "annotations": []}
    assert (listed[1].assistant_id, listed[1].run_id) == ("asst_Clerk1", "run_N1")
    clerk = await client.beta.assistants.retrieve("asst_Clerk1")
    assert (clerk.name, clerk.instructions, clerk.temperature) == ("Clerk", "Answer in one word.", 0.5)
    assert (clerk.created_at, clerk.metadata) == (dumps.BEGAN, {"team": "office"})

    await client.beta.threads.messages.create("thread_AbC", role="user", content="{{reply:Five.}}")
    run = await client.beta.threads.runs.create_and_poll(
        thread_id="thread_AbC", assistant_id="asst_Clerk1", poll_interval_ms=50
    )
    assert run.status == "completed", run.last_error
    listed = (await client.beta.threads.messages.list("thread_AbC", order="asc")).data
    assert [one.id for one in listed[:2]] == ["msg_N0", "msg_N1"]
    assert len(listed) == 4


async def test_twice_is_once_and_a_longer_dump_adds_what_is_new(
    tmp_path: Path, ada: Person, official: Client
) -> None:
    saved = write_lines(
        tmp_path / "dump.jsonl", [assistant(), thread(), message(0, "One?"), message(1, "Yes.")]
    )
    assert (await bring(ada, saved))[0] == 0
    status, shown = await bring(ada, saved)
    assert (status, shown) == (
        0,
        snapshot("""\
imported already there skipped failed
assistants 0 1 0 0
threads 0 1 0 0
messages 0 2 0 0
runs 0 1 0 0\
"""),
    )
    longer = [message(number, f"Said {number}.") for number in range(4)]
    write_lines(saved, [assistant(), thread(), *longer[::-1]])
    assert "messages 2 2 0 0" in (await bring(ada, saved))[1]
    assert await said(official(ada)) == ["One?", "Yes.", "Said 2.", "Said 3."]


async def test_the_same_ids_of_two_workspaces_do_not_meet(
    tmp_path: Path, ada: Person, eve: Person, official: Client
) -> None:
    await bring(ada, write(tmp_path / "ada.json", [assistant(), message(0, "Of Ada.")]))
    with pytest.raises(openai.NotFoundError):
        await official(eve).beta.threads.retrieve("thread_AbC")
    saved = write(tmp_path / "eve.json", [assistant(), message(0, "Of Eve.")])
    status, shown = await bring(eve, saved)
    assert (status, "already there" in shown, "messages 1 0 0 0" in shown) == (0, True, True)
    assert await said(official(ada)) == ["Of Ada."]
    assert await said(official(eve)) == ["Of Eve."]


async def test_what_a_colleague_has_is_not_taken_nor_shown(
    tmp_path: Path, ada: Person, bob: Person, official: Client
) -> None:
    others = message(0, "Of Bob.", id="msg_Bob", thread_id="thread_Bob")
    await bring(ada, write(tmp_path / "ada.json", [message(0, "Of Ada.")]))
    status, shown = await bring(bob, write(tmp_path / "bob.json", [message(0, "Of Ada."), others]))
    assert status == 1
    assert "Failed thread_AbC: Another conversation has its id." in shown
    assert "threads 1 0 0 1" in shown
    assert await said(official(bob), "thread_Bob") == ["Of Bob."]
    with pytest.raises(openai.NotFoundError):
        await official(bob).beta.threads.retrieve("thread_AbC")
    # A message of an id that another conversation has, too.
    status, shown = await bring(bob, write(tmp_path / "bob.json", [{**others, "thread_id": "thread_Bob2"}]))
    assert (status, "thread_Bob2: One of its messages is here already" in shown) == (1, True)


async def test_who_may_only_read_imports_nothing(
    tmp_path: Path, ada: Person, make_person: MakePerson
) -> None:
    viewer = await make_person(beside=ada, role="viewer")
    with pytest.raises(Forbidden):
        await bring(viewer, write(tmp_path / "dump.json", [message(0, "Hello.")]))


def zipped(folder: Path, name: str, content: bytes) -> Path:
    """An archive of one file in a folder."""
    with zipfile.ZipFile(folder / "dump.zip", "w") as archive:
        archive.writestr(f"saved/{name}", content)
    return folder / "dump.zip"


def one_per_file(folder: Path, values: list[Any]) -> Path:
    """A folder of files with one value each."""
    for at, value in enumerate(values):
        write(folder / f"{at}.json", value)
    return folder


def packed(folder: Path, value: Any) -> Path:
    """A file of JSON, packed."""
    (folder / "dump.json.gz").write_bytes(gzip.compress(json.dumps(value).encode()))
    return folder / "dump.json.gz"


def in_utf_16(folder: Path, value: Any) -> Path:
    """A file of JSON as some shells write it."""
    (folder / "dump.json").write_text(json.dumps(value), encoding="utf-16")
    return folder / "dump.json"


def plain(one: dumps.Json) -> dumps.Json:
    """A message whose content is its text alone."""
    return {**one, "content": one["content"][0]["text"]["value"]}


TWO = [message(1, "Yes."), message(0, "One?")]
BARE = [{name: one[name] for name in ("id", "role", "content", "created_at")} for one in TWO]
FORMATS: dict[str, Callable[[Path], Path]] = {
    "list": lambda folder: write(folder / "dump.json", TWO),
    "page": lambda folder: write(folder / "dump.json", page(*TWO)),
    "pages": lambda folder: write(folder / "dump.json", [page(TWO[0]), page(TWO[1])]),
    "pages_one_after_the_other": lambda folder: write_lines(folder / "x.json", [page(TWO[0]), page(TWO[1])]),
    "lines": lambda folder: write_lines(folder / "dump.jsonl", TWO),
    "one_per_file": lambda folder: one_per_file(folder, TWO),
    "within_the_thread": lambda folder: write(folder / "dump.json", thread(messages=BARE)),
    "page_within_the_thread": lambda folder: write(folder / "dump.json", [thread(messages=page(*BARE))]),
    "beside_the_thread": lambda folder: write(folder / "d.json", {"thread": thread(), "messages": BARE}),
    "by_the_thread": lambda folder: write(folder / "dump.json", {"thread_AbC": BARE}),
    "by_kind": lambda folder: write(folder / "dump.json", {"threads": [thread()], "messages": TWO}),
    "zip": lambda folder: zipped(folder, "messages.json", json.dumps(TWO).encode()),
    "gzip": lambda folder: packed(folder, TWO),
    "utf_16": lambda folder: in_utf_16(folder, TWO),
    "text_alone": lambda folder: write(
        folder / "d.json", [{**one, "content": one["content"][0]["text"]["value"]} for one in TWO]
    ),
}


@pytest.mark.parametrize("name", FORMATS)
async def test_a_dump_may_be_saved_in_any_shape(
    name: str, tmp_path: Path, ada: Person, official: Client
) -> None:
    status, shown = await bring(ada, FORMATS[name](tmp_path))
    assert (status, "threads 1 0 0 0" in shown) == (0, True), shown
    assert await said(official(ada)) == ["One?", "Yes."]


async def test_what_is_broken_is_named_and_the_rest_comes_in(
    tmp_path: Path, ada: Person, official: Client
) -> None:
    saved = write_lines(
        tmp_path / "dump.jsonl",
        [
            message(0, "One?"),
            {"id": "msg_?"},
            message(1, "Yes."),
            message(2, "x", role="robot"),
            message(3, "x", id=7),
        ],
    )
    lines = saved.read_text().splitlines()
    lines[1] = '{"id": "msg_cut", "object": "thread.mess'
    saved.write_text("\n".join(lines))
    write(tmp_path / "settings.json", {"theme": "dark"})
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 and then nothing")
    status, shown = await bring(ada, tmp_path)
    assert status == 1
    assert shown.replace(str(tmp_path), "DUMP") == snapshot("""\
Skipped 1, such as DUMP/settings.json: It holds nothing of the Assistants API.
Failed DUMP/dump.jsonl, line 2: no JSON (invalid control character).
Failed DUMP/dump.jsonl, line 4: A message is neither a user's nor an assistant's.
Failed DUMP/dump.jsonl, line 5: A message has no id that can be kept.
imported already there skipped failed
threads 1 0 0 0
messages 2 0 0 2
runs 1 0 0 0
lines 0 0 0 1
JSON files 0 0 1 0\
""")
    assert await said(official(ada)) == ["One?", "Yes."]


async def test_there_may_be_nothing_to_import(tmp_path: Path, ada: Person) -> None:
    assert await bring(ada, tmp_path) == (2, "There is nothing to import.")


async def test_files_keep_their_ids_and_messages_show_and_cite_them(
    tmp_path: Path, ada: Person, official: Client
) -> None:
    answer = "Nine bar【4:0†pump.md】, or so【4:1†lost.md】."
    citations = [
        citation(answer, "【4:0†pump.md】", "file-Pump1", "The pump runs at 9 bar."),
        citation(answer, "【4:1†lost.md】", "file-Lost1", "Gone."),
    ]
    image = {"type": "image_file", "image_file": {"file_id": "file-Image1", "detail": "high"}}
    lost = {"type": "image_file", "image_file": {"file_id": "file-Lost2", "detail": "low"}}
    write(
        tmp_path / "dump.json",
        [
            file("file-Pump1", "pump.md", bytes=31),
            file("file-Image1", "dot.png", purpose="vision"),
            file("file-Lost1", "lost.md", bytes=4),
            message(0, [*text("What is this?"), image, lost]),
            message(1, text(answer, *citations)),
        ],
    )
    (tmp_path / "pump.md").write_text("# Pump\n\nThe pump runs at 9 bar.")
    (tmp_path / "file-Image1.png").write_bytes(PNG)
    # Another file of the same name.
    (tmp_path / "lost.md").write_text("Not this one.")
    status, shown = await bring(ada, tmp_path)
    assert (status, "files 2 0 1 0" in shown) == (0, True), shown

    client = official(ada)
    kept = await client.files.retrieve("file-Pump1")
    assert (kept.filename, kept.purpose, kept.created_at) == ("pump.md", "assistants", dumps.BEGAN)
    assert (await client.files.content("file-Image1")).content == PNG
    asked, answered = (await client.beta.threads.messages.list("thread_AbC", order="asc")).data
    assert [one.to_dict() for one in asked.content] == [
        {"type": "text", "text": {"value": "What is this?", "annotations": []}},
        image,
        {"type": "text", "text": {"value": "[image file-Lost2]", "annotations": []}},
    ]
    assert answered.content[0].to_dict()["text"] == snapshot(
        {
            "annotations": [
                {
                    "end_index": 11,
                    "file_citation": {"file_id": "file-Pump1", "quote": "The pump runs at 9 bar."},
                    "start_index": 8,
                    "text": "[1]",
                    "type": "file_citation",
                }
            ],
            "value": "Nine bar[1], or so【4:1†lost.md】.",
        }
    )


@pytest.mark.slow
async def test_a_store_is_made_and_its_assistant_answers_from_it(
    tmp_path: Path, ada: Person, official: Client
) -> None:
    searching: dict[str, Any] = {
        "tools": [{"type": "file_search"}],
        "tool_resources": {"file_search": {"vector_store_ids": ["vs_Machines1"]}},
        "model": "steward/librarian",
    }
    store = {"id": "vs_Machines1", "object": "vector_store", "created_at": dumps.BEGAN, "name": "Machines"}
    held = {"object": "vector_store.file", "vector_store_id": "vs_Machines1", "attributes": {"year": 2023}}
    lost = searching | {"tool_resources": {"file_search": {"vector_store_ids": ["vs_Lost1"]}}}
    write(
        tmp_path / "dump.json",
        [
            assistant(**searching),
            assistant("asst_Lost1", **lost),
            thread(tool_resources=lost["tool_resources"]),
            message(0, "At how many bar does the pump run?"),
            store,
            {**held, "id": "file-Pump1"},
            {**held, "id": "file-Lost1"},
            file("file-Pump1", "pump.md"),
        ],
    )
    (tmp_path / "pump.md").write_text("# Pump\n\nThe pump runs at 9 bar.")
    for counted in ("1 0 1 0", "0 1 1 0"):
        status, shown = await bring(ada, tmp_path)
        assert (status, f"files of vector stores {counted}" in shown) == (0, True), shown

    client = official(ada)
    kept = await client.vector_stores.retrieve("vs_Machines1")
    assert (kept.name, kept.created_at, kept.file_counts.completed) == ("Machines", dumps.BEGAN, 1)
    (held_file,) = (await client.vector_stores.files.list("vs_Machines1")).data
    assert (held_file.id, held_file.attributes) == ("file-Pump1", {"year": 2023})
    assert (await client.beta.assistants.retrieve("asst_Lost1")).tool_resources.to_dict() == {
        "file_search": {"vector_store_ids": []}
    }
    (found,) = (
        await client.vector_stores.search("vs_Machines1", query="At how many bar does the pump run?")
    ).data
    assert found.file_id == "file-Pump1"
    run = await client.beta.threads.runs.create_and_poll(
        thread_id="thread_AbC", assistant_id="asst_Clerk1", poll_interval_ms=50
    )
    assert run.status == "completed", run.last_error
    steps = (await client.beta.threads.runs.steps.list(run.id, thread_id="thread_AbC", order="asc")).data
    assert steps[0].to_dict()["step_details"]["tool_calls"][0]["type"] == "file_search"


async def test_runs_are_kept_with_what_their_tools_did(tmp_path: Path, ada: Person, official: Client) -> None:
    run = {
        "id": "run_N1",
        "object": "thread.run",
        "created_at": dumps.BEGAN + 20,
        "completed_at": dumps.BEGAN + 25,
        "thread_id": "thread_AbC",
        "assistant_id": "asst_Clerk1",
        "status": "completed",
        "model": "gpt-4o",
        "instructions": "Be brief.",
        "metadata": {"batch": "3"},
    }
    call = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "weather", "arguments": '{"place": "Rome"}', "output": "Sunny."},
    }
    step = {
        "id": "step_1",
        "object": "thread.run.step",
        "run_id": "run_N1",
        "thread_id": "thread_AbC",
        "step_details": {"type": "tool_calls", "tool_calls": [call]},
    }
    left = {**run, "id": "run_Silent", "status": "failed"}
    lost = {**step, "id": "step_2", "run_id": "run_Silent"}
    write(
        tmp_path / "dump.json",
        [step, lost, run, left, message(0, "How is it?"), message(1, "Sunny."), assistant()],
    )
    status, shown = await bring(ada, tmp_path)
    assert (status, "runs 1 0 1 0" in shown, "run steps 0 0 1 0" in shown) == (0, True, True), shown

    client = official(ada)
    kept = await client.beta.threads.runs.retrieve("run_N1", thread_id="thread_AbC")
    assert (kept.assistant_id, kept.status, kept.model, kept.instructions, kept.metadata) == (
        "asst_Clerk1",
        "completed",
        "gpt-4o",
        "Be brief.",
        {"batch": "3"},
    )
    assert (kept.created_at, kept.completed_at) == (dumps.BEGAN + 20, dumps.BEGAN + 25)
    assert await said(client) == ["How is it?", "Sunny."]


async def test_the_web_app_shows_an_imported_thread_and_goes_on(
    tmp_path: Path, ada: Person, client: httpx.AsyncClient
) -> None:
    await bring(
        ada,
        write(tmp_path / "dump.json", [assistant(), message(0, "When do we open?"), message(1, "At nine.")]),
    )
    kept = (await client.get("/api/v1/chat/thread_AbC", headers=ada.headers)).json()
    shown = {
        name: kept["thread"][name] for name in ("title", "agent_id", "message_count", "last_message_preview")
    }
    assert shown == {
        "title": "When do we open?",
        "agent_id": "asst_Clerk1",
        "message_count": 2,
        "last_message_preview": "At nine.",
    }
    assert kept["thread"]["last_message_at"] == "2023-11-14T22:13:41Z"
    assert [one["id"] for one in kept["messages"]] == ["msg_N1", "msg_N0"]
    found = (await client.get("/api/v1/chat/search", params={"q": "open"}, headers=ada.headers)).json()
    assert [one["message_id"] for one in found["items"]] == ["msg_N0"]


async def test_a_model_that_nobody_answers_for_makes_a_draft(
    tmp_path: Path, ada: Person, official: Client
) -> None:
    saved = write(
        tmp_path / "dump.json", [assistant(model="nobody/model-1"), assistant("asst_Bad", temperature=9)]
    )
    status, shown = await bring(ada, saved)
    assert status == 1
    assert "Failed asst_Bad: temperature: Input should be less than or equal to 2." in shown
    assert "Nobody answers here for nobody/model-1: assistants with that model are drafts." in shown
    other = write(tmp_path / "other.json", [assistant("asst_Other", model="nobody/model-1")])
    assert await bring(ada, other, model="openai/gpt-4o-mini") == (
        0,
        "imported already there skipped failed\nassistants 1 0 0 0",
    )
    assert (await official(ada).beta.assistants.retrieve("asst_Other")).model == "openai/gpt-4o-mini"


@pytest.mark.slow
async def test_a_long_thread_keeps_its_order_within_the_same_second(
    tmp_path: Path, ada: Person, official: Client
) -> None:
    said_all = [
        message(number, f"Said {number}.", created_at=dumps.BEGAN + number // 7) for number in range(5_000)
    ]
    write_lines(tmp_path / "dump.jsonl", said_all[::-1])
    status, shown = await bring(ada, tmp_path)
    assert (status, "messages 5000 0 0 0" in shown) == (0, True), shown
    client = official(ada)
    numbers: list[int] = []
    async for one in client.beta.threads.messages.list("thread_AbC", order="asc", limit=100):
        numbers.append(int(one.id.removeprefix("msg_N")))
        if len(numbers) == 300:
            break
    assert numbers == list(range(300))


async def test_the_log_tells_of_an_import_by_the_batch(tmp_path: Path, house: Runtime, ada: Person) -> None:
    saved = [message(number, "A secret.", thread_id=f"thread_{number}") for number in range(5)]
    await bring(ada, write(tmp_path / "dump.json", saved))
    async with house.database.transaction(ada.actor) as work:
        (event,) = (await audit.page(work, limit=10, type="threads_imported")).items
    assert event.metadata == {"threads": 5, "messages": 5}


@pytest.mark.slow
async def test_what_the_guide_saves_comes_in_elsewhere_under_the_same_ids(
    tmp_path: Path, server: str, ada: Person, eve: Person, official: Client
) -> None:
    client = official(ada)
    store = await client.vector_stores.create(name="Machines")
    await client.vector_stores.files.upload_and_poll(
        vector_store_id=store.id, file=("pump.md", b"# Pump\n\nThe pump runs at 9 bar."), poll_interval_ms=100
    )
    clerk = await client.beta.assistants.create(model=dumps.MODEL, name="Clerk", instructions="Be brief.")
    talk = await client.beta.threads.create(messages=[{"role": "user", "content": "{{reply:Nine.}}"}])
    run = await client.beta.threads.runs.create_and_poll(
        thread_id=talk.id, assistant_id=clerk.id, poll_interval_ms=50
    )
    (tmp_path / "thread_ids.txt").write_text(talk.id)
    (script,) = [block for block in GUIDE.read_text().split("```python\n") if "def save(" in block]
    done = await anyio.to_thread.run_sync(
        lambda: run_script(script.partition("```")[0], tmp_path, server, ada.key)
    )
    assert done.returncode == 0, done.stderr
    (tmp_path / "pump.md").write_text("# Pump\n\nThe pump runs at 9 bar.")

    status, shown = await bring(eve, tmp_path)
    assert status == 0, shown
    other = official(eve)
    assert await said(other, talk.id) == await said(client, talk.id)
    assert (await other.beta.assistants.retrieve(clerk.id)).instructions == "Be brief."
    kept = await other.beta.threads.runs.retrieve(run.id, thread_id=talk.id)
    assert (kept.assistant_id, kept.status, kept.usage) == (clerk.id, "completed", run.usage)
    (held,) = (await other.vector_stores.files.list(store.id)).data
    assert (held.status, (await other.files.retrieve(held.id)).filename) == ("completed", "pump.md")


def run_script(script: str, folder: Path, server: str, key: str) -> subprocess.CompletedProcess[str]:
    """Run a script of the guide in a folder, against the tests' server."""
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env=environment() | {"OPENAI_BASE_URL": f"{server}/v1", "OPENAI_API_KEY": key},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
