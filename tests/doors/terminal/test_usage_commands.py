"""`steward usage` and `steward budget`, in processes of their own on the tests' database."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta
from decimal import Decimal

import anyio
import httpx
import pytest

from steward.kernel.settings import Settings
from tests.conftest import Person
from tests.support.processes import steward
from tests.usage.lines import NOON, book

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

MARCH = ("--from", "2026-03-01", "--to", "2026-04-01")


async def run(settings: Settings, person: Person, *arguments: str) -> tuple[int, str, str]:
    """A command for a person's workspace: exit status, standard output, standard error in one line."""
    here = ("--workspace", person.actor.workspace_id, "--data-dir", str(settings.data_dir))
    done = await anyio.to_thread.run_sync(lambda: steward(*arguments, *here))
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, " ".join(done.stderr.split())


@pytest.mark.req("USE-08")
@pytest.mark.req("USE-11")
async def test_the_terminal_says_what_the_interface_says(
    client: httpx.AsyncClient, settings: Settings, ada: Person, bob: Person, eve: Person
) -> None:
    await book(
        settings, ada.actor, {"model": "=cmd()", "cost_usd": Decimal("0.000000001")}, {"model": "[red]x"}
    )
    await book(settings, bob.actor, {"created_at": NOON + timedelta(days=1), "cost_usd": None})
    await book(settings, eve.actor, {"cost_usd": Decimal(1000)})
    params = {"from": "2026-03-01", "to": "2026-04-01", "by": ["day", "model"], "time_zone": "Asia/Tokyo"}
    told = (await client.get("/api/v1/usage", params=params, headers=ada.headers)).json()
    asked = ("usage", *MARCH, "--by", "day", "--by", "model", "--time-zone", "Asia/Tokyo")

    status, out, _ = await run(settings, ada, *asked, "--format", "json")
    assert status == 0
    assert json.loads(out) == told
    assert len(told["items"]) == 3

    status, out, _ = await run(settings, ada, *asked, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [{**row, "model": row["model"].removeprefix("'")} for row in rows] == [
        {name: str(value) for name, value in line.items()} for line in told["items"]
    ]
    assert "'=cmd()" in out

    status, out, _ = await run(settings, ada, *asked)
    assert status == 0
    for text in (
        "=cmd()",
        "[red]x",
        "2026-03-16",
        told["total"]["cost_usd"],
        "1 calls without a known price",
    ):
        assert text in out


async def test_what_cannot_be_reported_is_one_sentence(settings: Settings, ada: Person) -> None:
    here = ("--data-dir", str(settings.data_dir))
    done = await anyio.to_thread.run_sync(lambda: steward("usage", "--workspace", "ws_nobodys", *here))
    assert (done.returncode, done.stdout) == (1, "")
    assert " ".join(done.stderr.split()).startswith("There is no workspace ws_nobodys.")
    for wrong, sentence in (
        (("--time-zone", "Berlin"), "this is no IANA time zone; write it like Europe/Berlin"),
        (("--from", "2026-03-02", "--to", "2026-03-01"), "choose one after `from`"),
    ):
        status, out, said = await run(settings, ada, "usage", *wrong)
        assert (status, out) == (1, "")
        assert sentence in said


async def test_an_operator_sets_a_budget(settings: Settings, client: httpx.AsyncClient, ada: Person) -> None:
    set_it = ("budget", "set", "--period", "day", "--time-zone", "Europe/Berlin")
    status, made, _ = await run(settings, ada, *set_it, "--usd", "5")
    assert status == 0
    assert re.fullmatch(r"budget_[0-9a-z]{26}\n", made)
    assert (await run(settings, ada, *set_it, "--usd", "7.50", "--alert", "90"))[1] == made
    shown = (await client.get(f"/api/v1/budgets/{made.strip()}", headers=ada.headers)).json()
    assert (shown["limit_usd"], shown["alert_percents"], shown["time_zone"]) == ("7.5", [90], "Europe/Berlin")
    status, out, _ = await run(settings, ada, "budget", "list")
    assert made.strip() in out
    assert "7.5 USD" in out
    for wrong, sentence in (
        (("--usd", "-1"), "limit_usd: Input should be greater than 0."),
        ((), "A budget needs a limit"),
        (
            ("--usd", "1", "--scope", "user", "--subject", "user_nobody"),
            "There is no such user in this workspace",
        ),
    ):
        status, out, said = await run(settings, ada, "budget", "set", *wrong)
        assert (status, out) == (1, "")
        assert sentence in said
    assert await run(settings, ada, "budget", "delete", made.strip()) == (0, "", "")
    status, _, said = await run(settings, ada, "budget", "delete", made.strip())
    assert (status, said) == (1, "There is no such budget.")
