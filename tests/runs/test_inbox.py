"""The inbox of what waits: page by page, and clear about conversations that are put away or gone."""

from __future__ import annotations

import httpx
import pytest

from steward.kernel.runtime import Runtime
from steward.runs import actions
from steward.runs.events import ActionRequest
from steward.threads import service as threads
from tests.conftest import Person
from tests.runs.test_actions import decide, ended, inbox, paid, rest, waiting
from tests.runs.test_tools import calling, of

ASK = f"Pay. {calling('testPay', amount=5)} {{{{reply:Paid.}}}}"


@pytest.mark.req("APPR-02")
@pytest.mark.slow
async def test_the_inbox_is_read_page_by_page(client: httpx.AsyncClient, ada: Person, eve: Person) -> None:
    calls = "".join(calling("testPay", amount=number) for number in range(1, 4))
    _, first = await waiting(ada, f"Pay. {calls} {{{{parallel_tools:3}}}} {{{{reply:Paid.}}}}")
    _, second = await waiting(ada, ASK)
    await waiting(eve, ASK)
    asked = {one.action_id for one in of([*first, *second], ActionRequest)}
    assert len(asked) == 4
    found: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": "3"} | ({} if cursor is None else {"cursor": cursor})
        page = (await client.get("/api/v1/actions", params=params, headers=ada.headers)).json()
        found += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        assert len(page["items"]) == 3
    assert len(found) == 4
    assert set(found) == asked
    assert found == [one["id"] for one in await inbox(client, ada)]
    strange = await client.get("/api/v1/actions", params={"cursor": "nonsense"}, headers=ada.headers)
    assert strange.status_code == 422


async def test_a_page_with_all_that_waits_has_no_cursor(house: Runtime, ada: Person) -> None:
    await waiting(ada, ASK)
    async with house.database.transaction(ada.actor) as work:
        page = await actions.page(work, limit=1)
    assert (len(page.items), page.next_cursor) == (1, None)


@pytest.mark.slow
async def test_a_call_of_an_archived_conversation_waits_until_that_is_brought_back(
    client: httpx.AsyncClient, ada: Person
) -> None:
    started, events = await waiting(ada, ASK)
    (asked,) = of(events, ActionRequest)
    path = f"/api/v1/chat/{started.thread_id}"
    assert (await client.patch(path, json={"archived": True}, headers=ada.headers)).status_code == 200
    for decision in ("approve", "deny"):
        refused = await decide(client, ada, asked.action_id, decision)
        assert (refused.status_code, refused.json()["tag"]) == (409, "thread_archived")
    assert paid(asked.action_id) == 0
    assert (await client.patch(path, json={"archived": False}, headers=ada.headers)).status_code == 200
    assert (await decide(client, ada, asked.action_id, "approve")).status_code == 200
    assert ended(await rest(ada, started.run_id)).status == "completed"
    assert paid(asked.action_id) == 1


async def test_a_call_goes_with_its_conversation(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    started, events = await waiting(ada, ASK)
    (asked,) = of(events, ActionRequest)
    async with house.database.work(ada.actor) as work:
        await threads.delete(work, started.thread_id)
    assert await inbox(client, ada) == []
    assert (await decide(client, ada, asked.action_id, "approve")).status_code == 404
    assert paid(asked.action_id) == 0
