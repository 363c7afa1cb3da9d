"""The programs of examples/assistants, unchanged: nothing but the address and the key in their environment is ours.

The scripted model does what its question says, so each program is asked one that scripts the answer.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from tests.conftest import Person
from tests.support.scripted_provider import ScriptedProvider
from tests.support.scripted_reply import message_text

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "assistants"
NODE_PACKAGES = ROOT / "tests" / "judges" / "node" / "node_modules"


def printed(command: list[str], server: str, person: Person, *question: str) -> list[str]:
    """The lines that a program prints; it ends well, or the test fails with what it said."""
    environment = {**os.environ, "OPENAI_BASE_URL": f"{server}/v1", "OPENAI_API_KEY": person.key}
    done = subprocess.run(
        [*command, *question], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


async def python(program: str, server: str, person: Person, *question: str) -> list[str]:
    """What a Python program prints."""
    command = [sys.executable, str(EXAMPLES / program)]
    return await anyio.to_thread.run_sync(printed, command, server, person, *question)


def outputs_of_tools(provider: ScriptedProvider, word: str) -> list[str]:
    """What the model was told by functions, in its last request about a word."""
    asked = [record.body["messages"] for record in provider.requests if word in json.dumps(record.body)]
    return [message_text(message) for message in asked[-1] if message["role"] == "tool"]


@pytest.mark.parametrize(
    "path", [*sorted(EXAMPLES.glob("*.py")), *sorted(EXAMPLES.glob("*.mjs"))], ids=lambda path: path.name
)
def test_they_know_nothing_of_this_server(path: Path) -> None:
    words = path.read_text("utf-8").casefold()
    assert [
        word for word in ("steward", "base_url=", "baseurl:", "api_key=", "apikey:") if word in words
    ] == []


@pytest.mark.slow
@pytest.mark.req("THRD-01", "THRD-06")
async def test_polling(server: str, ada: Person) -> None:
    said, answered, tokens = await python("polling.py", server, ada)
    assert said == "user: How long does a hen's egg need to be hard, and why?"
    assert answered == "assistant: You said “How long does a hen's egg”, and I am glad to help."
    assert tokens.endswith(" out)")


@pytest.mark.slow
@pytest.mark.req("THRD-07", "THRD-08", "THRD-09", "THRD-12")
async def test_event_handler(server: str, ada: Person, provider: ScriptedProvider) -> None:
    call = json.dumps({"article": "blue kettle"})
    question = f"Is it there? {{{{tool:stock_of:{call}}}}} {{{{reply:There are 7 of them.}}}}"
    assert await python("event_handler.py", server, ada, question) == ["[stock_of] There are 7 of them."]
    assert outputs_of_tools(provider, "blue kettle") == ['{"article": "blue kettle", "pieces": 7}']


@pytest.mark.slow
@pytest.mark.req("THRD-12")
async def test_parallel_functions(server: str, ada: Person, provider: ScriptedProvider) -> None:
    price, rate = json.dumps({"destination": "Lyon"}), json.dumps({"currency": "CHF"})
    calls = f"{{{{tool:ticket_price:{price}}}}} {{{{tool:exchange_rate:{rate}}}}} {{{{parallel_tools:2}}}}"
    question = f"Three tickets to Lyon? {calls} {{{{reply:That makes CHF 174.84.}}}}"
    *carried_out, answer = await python("parallel_functions.py", server, ada, question)
    assert sorted(carried_out) == [
        'exchange_rate({"currency":"CHF"}) -> {"currency": "CHF", "per_euro": 0.94}',
        'ticket_price({"destination":"Lyon"}) -> {"destination": "Lyon", "euros": 62}',
    ]
    assert answer == "That makes CHF 174.84."
    assert outputs_of_tools(provider, "Three tickets to Lyon?") == [
        '{"destination": "Lyon", "euros": 62}',
        '{"currency": "CHF", "per_euro": 0.94}',
    ]


@pytest.mark.slow
@pytest.mark.req("THRD-14", "VEC-04")
async def test_file_search(server: str, ada: Person) -> None:
    question = "How many nights may guests stay in a row? {{reply:Up to ten nights [1].}}"
    answer, note = await python("file_search.py", server, ada, question)
    assert answer == "Up to ten nights (1)."
    assert note.startswith("(1) rules.md: ")
    assert "Guests may stay for up to ten nights in a row." in note


@pytest.mark.slow
@pytest.mark.req("THRD-07", "THRD-10")
async def test_streaming_in_node(server: str, ada: Person, tmp_path: Path) -> None:
    shutil.copy(EXAMPLES / "streaming.mjs", tmp_path)
    (tmp_path / "node_modules").symlink_to(NODE_PACKAGES)
    command = ["node", str(tmp_path / "streaming.mjs")]
    question = "Name three knots. {{reply:Bowline, reef knot and hitch.}}"
    first, state, second, count = await anyio.to_thread.run_sync(printed, command, server, ada, question)
    assert first == "assistant: Bowline, reef knot and hitch."
    assert " is completed, " in state
    assert second == "Bowline, reef knot and hitch."
    assert count == "4 messages in thread"
