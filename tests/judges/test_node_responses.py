"""The official Node client as judge of responses and conversations: one process plays every check."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx
import pytest

from tests.conftest import Person
from tests.doors.openai.responding import MODEL, WEATHER
from tests.doors.openai.running import calling
from tests.knowledge.library import add

pytestmark = [pytest.mark.slow, pytest.mark.asyncio]

JUDGE = Path(__file__).parent / "node" / "responses.mjs"


async def test_the_node_client(client: httpx.AsyncClient, ada: Person) -> None:
    document = await add(ada.actor, "The pump of the Aria runs at 9 bar.", "pump.txt")
    given = {
        "base": str(client.base_url).rstrip("/"),
        "key": ada.key,
        "model": MODEL,
        "weather": WEATHER,
        "asked": f"Look. {{{{reply:Well.}}}}{calling('Bern')}",
        "question": "At how many bar does the pump run? {{reply:It runs at 9 bar [1].}}",
        "store": document.collection_id,
    }
    process = await asyncio.create_subprocess_exec(
        "node", "--no-warnings", str(JUDGE),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(json.dumps(given).encode()), 100)
    assert process.returncode == 0, err.decode()
    verdicts = {told["name"]: told["error"] for told in map(json.loads, out.decode().splitlines())}
    assert {name: error for name, error in verdicts.items() if error} == {}
    assert len(verdicts) == 9
