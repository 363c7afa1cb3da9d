"""LangChain for Node as judge, and with it what n8n's nodes ask for: they are made of these packages."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Final

import anyio
import pytest

from tests.conftest import Person

PROGRAMS: Final = Path(__file__).parent / "node"
MODEL: Final = "gpt-4o"
CALL: Final = '{{tool:stock:{"article": "kettle"}}}'

pytestmark = pytest.mark.slow


def node(program: str, server: str, person: Person, given: dict[str, Any]) -> dict[str, Any]:
    """What a program prints."""
    done = subprocess.run(
        ["node", str(PROGRAMS / program)],
        input=json.dumps(given),
        env={**os.environ, "OPENAI_BASE_URL": f"{server}/v1", "OPENAI_API_KEY": person.key},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("responses", [False, True], ids=["completions", "responses"])
async def test_the_chat_model(server: str, ada: Person, *, responses: bool) -> None:
    """n8n's node asks for Responses unless it is told otherwise."""
    given = {"model": MODEL, "question": f"Kettles? {CALL} {{{{reply:Seven.}}}}", "responses": responses}
    given["streamed"] = "{{words:5}} {{pace_ms:30}}"
    said = await anyio.to_thread.run_sync(node, "langchain.mjs", server, ada, given)
    assert said.pop("tokens") > 0
    assert list(said.pop("structured")) == ["city"]
    pieces = said.pop("pieces")
    assert len(pieces) > 1
    assert "".join(pieces) == "w0 w1 w2 w3 w4"
    assert said == {
        "calls": [{"name": "stock", "args": {"article": "kettle"}}],
        "outputs": ["7 of kettle"],
        "answer": "Seven.",
        "dimensions": [256, 256],
    }


async def test_the_assistant_that_n8n_asks(server: str, ada: Person) -> None:
    history = [
        {"role": "user" if number % 2 == 0 else "assistant", "content": f"Message {number}"}
        for number in range(34)
    ]
    given = {"model": MODEL, "question": f"Kettles? {CALL} {{{{reply:Seven.}}}}", "history": history}
    said = await anyio.to_thread.run_sync(node, "langchain_assistant.mjs", server, ada, given)
    assert said.pop("tokens") > 0
    assert said == {
        "isListed": True,
        "calls": [["stock", {"article": "kettle"}]],
        "answers": ["Seven."],
        "alone": ["Alone."],
        "tools": [],
    }
