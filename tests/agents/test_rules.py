"""Rules over REST: who may manage them, in which order they stand, and that they hold for their workspace alone."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from steward.agents import rules
from steward.agents.rules import service
from steward.agents.rules.errors import TooManyRules
from steward.agents.rules.schemas import RuleChange, RuleCreate
from steward.kernel.errors import Forbidden, NotFound
from steward.kernel.runtime import Runtime
from steward.kernel.tools import Tool
from tests.conftest import MakePerson, Person

PAYS = Tool("payInvoice", "Pay it.", {}, changes=True, approval="always")
URL = "/api/v1/tool-rules"


def rule(**given: Any) -> dict[str, Any]:
    return {"tool": "payInvoice", "decision": "run", **given}


async def made(client: httpx.AsyncClient, person: Person, **given: Any) -> dict[str, Any]:
    answer = await client.post(URL, json=rule(**given), headers=person.headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def listed(client: httpx.AsyncClient, person: Person) -> list[str]:
    answer = await client.get(URL, headers=person.headers)
    return [one["id"] for one in answer.json()["items"]]


@pytest.mark.req("APPR-03")
async def test_a_rule_decides_about_calls(client: httpx.AsyncClient, house: Runtime, ada: Person) -> None:
    is_small = {"argument": "amount", "operator": "lt", "value": 10}
    is_ours = {"argument": "to.*", "operator": "matches", "value": "@ours\\.example$"}
    one = await made(client, ada, conditions=[is_small, is_ours], reason="Small change.")
    assert one["conditions"] == [is_small, is_ours]
    assert (one["position"], one["approvers"], one["least_role"]) == (1, 1, "member")
    async with house.database.transaction(ada.actor) as work:
        found = await rules.of_workspace(work)
    judged = found.judge(PAYS, {"amount": 5, "to": ["a@ours.example"]})
    assert (judged.decision, judged.rule_id, judged.reason) == ("run", one["id"], "Small change.")
    assert found.judge(PAYS, {"amount": 50, "to": ["a@ours.example"]}).decision == "ask"


@pytest.mark.req("APPR-03")
async def test_a_rule_holds_for_its_workspace_alone(
    client: httpx.AsyncClient, house: Runtime, ada: Person, eve: Person
) -> None:
    one = await made(client, ada)
    async with house.database.transaction(eve.actor) as work:
        assert await rules.of_workspace(work) == rules.NO_RULES
    for method, body in (("GET", None), ("PATCH", {"decision": "deny"}), ("DELETE", None)):
        answer = await client.request(method, f"{URL}/{one['id']}", json=body, headers=eve.headers)
        assert answer.status_code == 404
    async with house.database.work(eve.actor) as work:
        with pytest.raises(NotFound):
            await service.get(work, one["id"])
    assert await listed(client, eve) == []
    assert await listed(client, ada) == [one["id"]]


async def test_members_see_the_rules_and_do_not_change_them(
    client: httpx.AsyncClient, house: Runtime, ada: Person, bob: Person, make_person: MakePerson
) -> None:
    one = await made(client, ada)
    assert await listed(client, bob) == [one["id"]]
    async with house.database.work(bob.actor) as work:
        with pytest.raises(Forbidden):
            await service.create(work, RuleCreate(tool="*", decision="run"))
        with pytest.raises(Forbidden):
            await service.change(work, one["id"], RuleChange(decision="deny"))
        with pytest.raises(Forbidden):
            await service.remove(work, one["id"])
    tried = await client.post(f"{URL}/test", json={"tool": "searchKB"}, headers=bob.headers)
    assert tried.status_code == 403
    admin = await make_person(beside=ada, role="admin")
    assert (await client.delete(f"{URL}/{one['id']}", headers=admin.headers)).status_code == 204


async def test_the_order_is_the_one_that_was_settled(client: httpx.AsyncClient, ada: Person) -> None:
    first, second, third = [(await made(client, ada))["id"] for _ in range(3)]
    front = (await made(client, ada, position=1))["id"]
    assert await listed(client, ada) == [front, first, second, third]
    moved = await client.patch(f"{URL}/{front}", json={"position": 3}, headers=ada.headers)
    assert moved.json()["position"] == 3
    assert await listed(client, ada) == [first, second, front, third]
    await client.delete(f"{URL}/{second}", headers=ada.headers)
    await client.patch(f"{URL}/{first}", json={"position": 900}, headers=ada.headers)
    assert await listed(client, ada) == [front, third, first]


async def test_a_change_leaves_the_rest(client: httpx.AsyncClient, ada: Person) -> None:
    one = await made(client, ada, reason="Because.", approvers=2, expires_seconds=60)
    changed = await client.patch(
        f"{URL}/{one['id']}", json={"decision": "ask", "expires_seconds": None}, headers=ada.headers
    )
    differing = {"decision": "ask", "expires_seconds": None, "updated_at": changed.json()["updated_at"]}
    assert changed.json() == one | differing
    read = await client.get(f"{URL}/{one['id']}", headers=ada.headers)
    assert read.json() == changed.json()


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"decision": "perhaps"}, "decision"),
        ({"tool": "pay invoice"}, "tool"),
        ({"approvers": 3}, "approvers"),
        ({"least_role": "viewer"}, "least_role"),
        ({"conditions": [{"argument": "a..b", "operator": "eq", "value": 1}]}, "argument"),
        ({"conditions": [{"argument": "a", "operator": "like", "value": 1}]}, "operator"),
        ({"conditions": [{"argument": "a", "operator": "in", "value": 1}]}, "a list"),
        ({"conditions": [{"argument": "a", "operator": "gt", "value": True}]}, "a number or a text"),
        ({"conditions": [{"argument": "a", "operator": "exists", "value": "yes"}]}, "true or false"),
        ({"conditions": [{"argument": "a", "operator": "matches", "value": "a" * 201}]}, "200 characters"),
        ({"conditions": [{"argument": "a", "operator": "matches", "value": "(?=a)"}]}, "cannot be used"),
    ],
)
async def test_what_is_no_rule_is_refused(
    client: httpx.AsyncClient, ada: Person, wrong: dict[str, Any], word: str
) -> None:
    answer = await client.post(URL, json=rule(**wrong), headers=ada.headers)
    assert answer.status_code == 422
    assert word in answer.text
    assert await listed(client, ada) == []


@pytest.mark.req("APPR-03")
async def test_a_call_can_be_tried_without_calling(
    client: httpx.AsyncClient, ada: Person, eve: Person
) -> None:
    too_long = {"argument": "content", "operator": "matches", "value": "secret"}
    one = await made(client, ada, tool="upload*", decision="deny", conditions=[too_long], reason="Secret.")

    async def tried(person: Person, tool: str, **arguments: Any) -> tuple[Any, ...]:
        body = {"tool": tool, "arguments": arguments}
        answer = (await client.post(f"{URL}/test", json=body, headers=person.headers)).json()
        return answer["decision"], answer["rule_id"], answer["reason"]

    assert await tried(ada, "uploadDocument", content="a secret") == ("deny", one["id"], "Secret.")
    assert (await tried(ada, "uploadDocument", content="a song"))[:2] == ("ask", None)
    assert await tried(ada, "searchKnowledge", query="a secret") == ("run", None, "")
    assert (await tried(eve, "uploadDocument", content="a secret"))[:2] == ("ask", None)
    unknown = await client.post(f"{URL}/test", json={"tool": "nobodys"}, headers=ada.headers)
    assert unknown.status_code == 404


async def test_there_is_a_most(house: Runtime, ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_RULES", 1)
    async with house.database.work(ada.actor) as work:
        await service.create(work, RuleCreate(tool="*", decision="run"))
        with pytest.raises(TooManyRules):
            await service.create(work, RuleCreate(tool="*", decision="run"))


async def test_rules_that_are_made_at_once_are_all_kept(client: httpx.AsyncClient, ada: Person) -> None:
    first = await made(client, ada)
    others = await asyncio.gather(*(made(client, ada, position=1) for _ in range(5)))
    found = (await client.get(URL, headers=ada.headers)).json()["items"]
    assert {one["id"] for one in found} == {first["id"], *(one["id"] for one in others)}
    assert found[-1]["id"] == first["id"]
    assert [one["position"] for one in found] == [1, 2, 3, 4, 5, 6]
