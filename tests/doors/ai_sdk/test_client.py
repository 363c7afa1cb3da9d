"""The npm package `ai` as judge: what its client makes of this door is what the server has stored."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path
from typing import Any

import httpx
import pytest

from steward.doors.ai_sdk.encode import Encoder
from steward.kernel.ids import new_id
from steward.providers.events import (
    Finish,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    ToolCallStart,
    ToolInputDelta,
    Usage,
)
from steward.runs.events import (
    Notice,
    RunEnd,
    RunEvent,
    RunStart,
    RunStatus,
    StepEnd,
    StepStart,
    ToolFailure,
    ToolResult,
)
from tests.conftest import Person
from tests.doors.ai_sdk.reading import settled, stored_text

pytestmark = pytest.mark.slow

JUDGE = Path(__file__).parent / "node" / "judge.mjs"


async def judge(scenario: str, **given: Any) -> Any:
    process = await asyncio.create_subprocess_exec(
        "node", "--no-warnings", str(JUDGE), scenario,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(json.dumps(given).encode()), 60)
    assert process.returncode == 0, err.decode()
    return json.loads(out)


def text_of(message: dict[str, Any]) -> str:
    return "".join(part["text"] for part in message["parts"] if part["type"] == "text")


async def play(
    scenario: str, client: httpx.AsyncClient, person: Person, *texts: str
) -> tuple[Any, dict[str, Any]]:
    """Play a scenario; what the page holds at its end, and what the server has stored."""
    chat_id = new_id("chat")
    page = await judge(
        scenario, base=str(client.base_url).rstrip("/"), key=person.key, chat=chat_id, texts=texts
    )
    return page, await settled(client, person, chat_id)


@pytest.mark.req("CHAT-12")
async def test_one_prompt_is_completed_without_a_conversation(client: httpx.AsyncClient, ada: Person) -> None:
    asked = "{{words:30}} {{reasoning:Hm.}} {{pace_ms:2}}"
    held = await judge("completion", base=str(client.base_url), key=ada.key, texts=[asked])
    words = " ".join(f"w{number}" for number in range(30))
    assert (held["result"].strip(), held["error"]) == (words, None)
    assert held["finished"] == {"prompt": asked, "completion": held["result"]}
    assert held["completions"] > 3, "it came in pieces"
    failed = await judge("completion", base=str(client.base_url), key=ada.key, texts=["{{status:400}}"])
    assert failed["result"] is None
    assert "refused the request" in failed["error"]
    page = (await client.get("/api/v1/chat", headers=ada.headers)).json()
    assert page["items"] == []


def ensure_equal(page: Any, stored: dict[str, Any]) -> None:
    """The page's messages are the stored ones: their ids, roles, texts, and what their metadata says."""
    assert len(page["messages"]) == len(stored["messages"])
    for shown, kept in zip(page["messages"], stored["messages"], strict=True):
        assert shown["role"] == kept["role"]
        assert text_of(shown) == stored_text(kept)
        if shown["role"] == "user":
            assert shown["id"] == kept["client_id"]
            continue
        assert shown["id"] == kept["id"]
        metadata = shown["metadata"]
        assert metadata["thread_id"] == stored["thread"]["id"]
        assert metadata["run_id"] == kept["run_id"]
        assert metadata["model"] == kept["model"]
        assert metadata["usage"] == kept["usage"]
        assert metadata["finish_reason"] == kept["finish_reason"]
        reasoning = [part["text"] for part in shown["parts"] if part["type"] == "reasoning"]
        assert reasoning == [part["text"] for part in kept["parts"] if part["type"] == "reasoning"]
        assert all(part.get("state") != "streaming" for part in shown["parts"])


@pytest.mark.req("CHAT-03")
@pytest.mark.req("CHAT-07")
async def test_sends_and_streams(client: httpx.AsyncClient, ada: Person) -> None:
    thoughtful = '{{reasoning:Hm.}} {{tool:find:{"q":1}}} {{reply:Ünd 👋}}'
    page, stored = await play("send", client, ada, "hello {{words:30}} {{pace_ms:10}}", thoughtful)
    assert (page["status"], page["error"]) == ("ready", None)
    ensure_equal(page, stored)
    assert page["lengths"] >= 15, "the text grew piece by piece"
    tool = next(part for part in page["messages"][-1]["parts"] if part["type"] == "dynamic-tool")
    assert (tool["toolName"], tool["state"], tool["input"]) == ("find", "output-error", {"q": 1})
    assert page["messages"][1]["metadata"]["status"] == "completed"


@pytest.mark.req("CHAT-07")
async def test_stops(client: httpx.AsyncClient, ada: Person) -> None:
    page, stored = await play("stop", client, ada, "{{words:400}} {{pace_ms:10}}")
    assert page["status"] == "ready"
    ensure_equal(page, stored)
    assert page["messages"][-1]["metadata"]["status"] == stored["messages"][-1]["status"] == "cancelled"
    assert len(text_of(page["messages"][-1]).split()) < 300


async def test_a_page_that_has_only_stop_goes_on(client: httpx.AsyncClient, ada: Person) -> None:
    page, stored = await play("overtake", client, ada, "{{words:400}} {{pace_ms:10}}", "{{reply:Next.}}")
    assert page["status"] == "ready"
    assert [message["role"] for message in stored["messages"]] == ["user", "assistant", "user", "assistant"]
    assert stored_text(stored["messages"][1]).startswith(page["stopped"])
    assert stored["messages"][1]["status"] == "cancelled"
    assert text_of(page["messages"][-1]) == stored_text(stored["messages"][-1]) == "Next."


@pytest.mark.req("CHAT-07")
@pytest.mark.req("CHAT-23")
async def test_resumes(client: httpx.AsyncClient, ada: Person) -> None:
    page, stored = await play("resume", client, ada, "{{words:120}} {{pace_ms:10}}")
    assert page["status"] == "ready"
    ensure_equal(page, stored)
    assert text_of(page["messages"][-1]).split() == [f"w{n}" for n in range(120)]
    assert 10 <= page["left"] < len(text_of(page["messages"][-1]))
    # Nothing to resume is no error, also in a conversation that is not begun.
    assert page["again"]["status"] == page["fresh"]["status"] == "ready"
    assert page["again"]["messages"] == page["messages"]
    assert page["fresh"]["messages"] == []


@pytest.mark.req("CHAT-07")
async def test_regenerates(client: httpx.AsyncClient, ada: Person) -> None:
    page, stored = await play("regenerate", client, ada, "{{reply:Well.}}")
    assert page["status"] == "ready"
    ensure_equal(page, stored)
    assert stored["messages"][-1]["siblings"] == page["ids"]
    assert len(set(page["ids"])) == 3


async def test_edits(client: httpx.AsyncClient, ada: Person) -> None:
    page, stored = await play("edit", client, ada, "{{reply:One.}}", "{{reply:Two.}}", "{{reply:Three.}}")
    assert page["status"] == "ready"
    ensure_equal(page, stored)
    assert [text_of(message) for message in page["messages"]][1::2] == ["One.", "Three."]


async def test_shows_a_failure(client: httpx.AsyncClient, ada: Person) -> None:
    page, stored = await play("send", client, ada, "{{words:9}} {{error_after:3}}")
    assert page["status"] == "error"
    run_id = stored["messages"][-1]["run_id"]
    assert page["error"] == f"The model's answer broke off. What came so far is kept; try again. ({run_id})"
    assert text_of(page["messages"][-1]) == stored_text(stored["messages"][-1]) == "w0 w1 w2"


async def test_shows_a_refusal_as_a_sentence(client: httpx.AsyncClient, ada: Person) -> None:
    chat_id = new_id("chat")
    page = await judge(
        "send", base=str(client.base_url).rstrip("/"), key=ada.key, chat=chat_id, texts=["a" * 10_001]
    )
    assert page["status"] == "error"
    assert "10001 characters" in page["error"]


def some_run(dice: random.Random) -> list[RunEvent]:
    events: list[RunEvent] = [RunStart("run_1", "thread_1", "msg_1", "openai/gpt-4o", "2026-11-21T12:00:00Z")]
    for step in range(1, dice.randint(2, 4)):
        events.append(StepStart(step))
        for number in range(dice.randint(0, 6)):
            call_id = f"call_{step}_{number}"
            value: Any = dice.choice([None, 1, "two", ["three"], {"four": None}])
            match dice.randint(0, 5):
                case 0:
                    events += [
                        ReasoningDelta(dice.choice(["Hm", "…", "\n"])) for _ in range(dice.randint(1, 3))
                    ]
                case 1 | 2:
                    events += [
                        TextDelta(dice.choice(["Grü", "👋", '"\\', "\n"])) for _ in range(dice.randint(1, 4))
                    ]
                case 3:
                    raw = json.dumps({"q": value})
                    events += [ToolCallStart(call_id, "find"), ToolInputDelta(call_id, raw[:3])]
                    events += [ToolInputDelta(call_id, raw[3:]), ToolCall(call_id, "find", {"q": value}, raw)]
                    events.append(ToolResult(call_id, value))
                case 4:
                    events += [ToolCallStart(call_id, "find"), ToolCall(call_id, "find", None, "{oh")]
                    events.append(ToolFailure(call_id, "No."))
                case _:
                    events.append(Notice("memory_saved", "Noted."))
        events += [Usage(3, 2), Finish("tool_calls"), StepEnd(step)]
    ends: list[tuple[RunStatus, str | None]] = [
        ("completed", "stop"),
        ("cancelled", None),
        ("incomplete", "length"),
    ]
    status, reason = dice.choice(ends)
    if dice.random() < 0.2:
        failed = RunEnd("failed", None, 3, 2, "m", 9, error_tag="api_error", error_message="No answer.")
        return [*events, failed]
    return [*events, RunEnd(status, reason, 3, 2, "openai/gpt-4o", 9)]


@pytest.mark.req("CHAT-03")
@pytest.mark.req("CHAT-45")
async def test_its_parser_takes_every_stream() -> None:
    dice = random.Random(7)
    runs = [some_run(dice) for _ in range(200)]
    bodies: list[str] = []
    for events in runs:
        encoder, at, body = Encoder(), 0, b""
        while at < len(events):
            size = dice.randint(1, 9)
            body += encoder.encode(events[at : at + size])
            at += size
        bodies.append(body.decode())
    read = await judge("read", bodies=bodies)
    for events, found in zip(runs, read, strict=True):
        end = events[-1]
        assert isinstance(end, RunEnd)
        assert found["error"] == ("No answer. (run_1)" if end.error_tag else None)
        message = found["message"]
        assert message["id"] == "msg_1"
        assert message["metadata"]["status"] == end.status
        for kind, name in ((TextDelta, "text"), (ReasoningDelta, "reasoning")):
            said = "".join(event.text for event in events if isinstance(event, kind))
            assert "".join(part["text"] for part in message["parts"] if part["type"] == name) == said
        tools = [part for part in message["parts"] if part["type"] == "dynamic-tool"]
        outputs = [part["output"] for part in tools if part["state"] == "output-available"]
        assert outputs == [event.output for event in events if isinstance(event, ToolResult)]
        assert sum(part["state"] == "output-error" for part in tools) == sum(
            isinstance(event, ToolFailure) for event in events
        )
