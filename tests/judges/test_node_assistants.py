"""The official Node client as judge of the Assistants door: one process plays every check and every scene."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Person
from tests.doors.openai.running import MODEL, WEATHER
from tests.judges.assistants_rows import ROWS, row_of
from tests.judges.assistants_scenes import SCENES, set_up

pytestmark = [pytest.mark.slow, pytest.mark.asyncio]

JUDGE = Path(__file__).parent / "node" / "assistants.mjs"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one check came to: the rows that it asked, what it brought back, and why it failed if it did."""

    rows: frozenset[str]
    value: Any
    error: str | None


async def judged(given: dict[str, Any]) -> dict[str, Verdict]:
    """Play the checks; the verdicts by their names."""
    process = await asyncio.create_subprocess_exec(
        "node", "--no-warnings", str(JUDGE),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(json.dumps(given).encode()), 100)
    assert process.returncode == 0, err.decode()
    verdicts: dict[str, Verdict] = {}
    for line in out.decode().splitlines():
        told = json.loads(line)
        rows = frozenset(row_of(verb, path) for verb, path in told["asked"])
        verdicts[told["name"]] = Verdict(rows, told["value"], told["error"])
    return verdicts


@pytest.mark.req("THRD-01", "THRD-06", "THRD-07", "THRD-09", "THRD-10", "THRD-11", "THRD-12")
async def test_the_node_client(client: httpx.AsyncClient, ada: Person) -> None:
    orders: dict[str, list[list[str]]] = {}
    stages: list[dict[str, Any]] = []
    for scene in SCENES:
        for helper in (True, False):
            name = f"{scene.name}{' by the helper' if helper else ''}"
            orders[name] = [list(order) for order in scene.orders]
            stage = await set_up(client, ada, scene)
            stages.append({"name": name, "thread_id": stage.thread_id, "body": stage.body, "helper": helper})
    base = str(client.base_url).rstrip("/")
    verdicts = await judged(
        {"base": base, "key": ada.key, "model": MODEL, "weather": WEATHER, "stages": stages}
    )
    assert {name: verdict.error for name, verdict in verdicts.items() if verdict.error} == {}
    assert {name: verdicts[name].value for name in orders} == orders
    assert frozenset().union(*(verdict.rows for verdict in verdicts.values())) >= ROWS
