"""A form holds an interview over REST."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from steward.kernel.runtime import Runtime
from tests.conftest import Person
from tests.interviews import held
from tests.interviews.held import Json


async def send(client: httpx.AsyncClient, person: Person, method: str, path: str, **options: Any) -> Json:
    answer = await client.request(method, f"/api/v1/interviews{path}", headers=person.headers, **options)
    return {"status_code": answer.status_code, **answer.json()}


@pytest.mark.req("TOOL-28")
@pytest.mark.slow
async def test_a_form_holds_an_interview(client: httpx.AsyncClient, ada: Person) -> None:
    kinds = await send(client, ada, "GET", "/definitions")
    questions = next(one["questions"] for one in kinds["items"] if one["name"] == "workshop")
    assert [one["key"] for one in questions] == list(held.WORKSHOP)
    started = await send(client, ada, "POST", "", json={"definition": "workshop"})
    assert (started["status_code"], started["status"]) == (201, "open")
    assert (await send(client, ada, "POST", "", json={"definition": "workshop"}))["id"] == started["id"]
    path = f"/{started['id']}"
    given = started
    for key, value in held.WORKSHOP.items():
        given = await send(client, ada, "PUT", f"{path}/answers/{key}", json={"answer": value})
        assert given["status_code"] == 200, given
    assert (given["next_question"], given["open_required"], given["document"]) == (None, [], None)
    done = await send(client, ada, "POST", f"{path}/complete")
    assert done["document"]["markdown"].startswith("# Workshop: Time for deep work")
    assert await send(client, ada, "GET", path) == done
    listed = await send(client, ada, "GET", "", params={"status": "complete"})
    assert listed["items"] == [{name: done[name] for name in listed["items"][0]}]


@pytest.mark.req("TOOL-27")
async def test_refusals_have_their_tags(client: httpx.AsyncClient, ada: Person) -> None:
    started = await send(client, ada, "POST", "", json={"definition": "hybrid_offer"})
    path = f"/{started['id']}"
    attempts: list[tuple[str, str, Json | None, int, str | None]] = [
        ("POST", "", {"definition": "horoscope"}, 404, "interview_unknown"),
        ("PUT", f"{path}/answers/price", {"answer": "much"}, 422, "answer_unfit"),
        ("PUT", f"{path}/answers/colour", {"answer": "red"}, 422, "question_unknown"),
        ("PUT", f"{path}/answers/name", {}, 422, "invalid_request"),
        ("PUT", f"{path}/answers/name", {"answer": "a" * 4_001}, 422, "invalid_request"),
        ("PUT", f"{path}/answers/name", {"answer": {"a": 1}}, 422, "invalid_request"),
        ("POST", f"{path}/complete", None, 409, "interview_incomplete"),
        ("POST", f"{path}/cancel", None, 200, None),
        ("PUT", f"{path}/answers/name", {"answer": "Late"}, 409, "interview_closed"),
    ]
    for method, where, body, status, tag in attempts:
        answer = await send(client, ada, method, where, **({} if body is None else {"json": body}))
        assert (answer["status_code"], answer.get("tag")) == (status, tag), answer


@pytest.mark.req("TOOL-27")
async def test_a_stranger_and_a_colleague_find_nothing(
    client: httpx.AsyncClient, house: Runtime, ada: Person, bob: Person, eve: Person
) -> None:
    started = await held.start(house, ada.actor, "workshop")
    path = f"/{started.id}"
    for person in (bob, eve):
        for method, where, body in (
            ("GET", path, None),
            ("PUT", f"{path}/answers/topic", {"answer": "Mine"}),
            ("POST", f"{path}/complete", None),
            ("POST", f"{path}/cancel", None),
        ):
            answer = await send(client, person, method, where, **({} if body is None else {"json": body}))
            assert (answer["status_code"], answer["tag"]) == (404, "not_found")
        assert (await send(client, person, "GET", ""))["items"] == []
    assert await held.get(house, ada.actor, started.id) == started
