from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from steward.kernel.ids import new_id
from steward.kernel.pages import write_cursor
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from tests.conftest import Person
from tests.support.database import as_owner
from tests.support.talk import Json, again, ask, lay_down, read, settled, text


async def create(client: httpx.AsyncClient, person: Person, **fields: Any) -> Json:
    made = await client.post("/api/v1/threads", json=fields, headers=person.headers)
    assert made.status_code == 201, made.text
    return made.json()


async def change(client: httpx.AsyncClient, person: Person, thread: str, **fields: Any) -> httpx.Response:
    return await client.patch(f"/api/v1/chat/{thread}", json=fields, headers=person.headers)


async def page(client: httpx.AsyncClient, person: Person, **query: Any) -> Json:
    answer = await client.get("/api/v1/chat", params=query, headers=person.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def titles(client: httpx.AsyncClient, person: Person, **query: Any) -> list[str]:
    return [thread["title"] for thread in (await page(client, person, **query))["items"]]


async def search(client: httpx.AsyncClient, person: Person, words: str, **query: Any) -> list[Json]:
    answer = await client.get("/api/v1/chat/search", params={"q": words, **query}, headers=person.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def ids(conversation: Json) -> list[str]:
    return [message["id"] for message in conversation["messages"]]


@pytest.mark.req("CONV-01")
@pytest.mark.req("CONV-25")
@pytest.mark.req("PERS-09")
async def test_a_conversation_has_its_messages(client: httpx.AsyncClient, ada: Person) -> None:
    asked = await ask(client, ada, "hello {{words:3}}", message_id="m1")
    conversation = await read(client, ada, asked["thread_id"])
    thread = conversation["thread"]
    answer, question = conversation["messages"]
    assert thread == thread | {
        "id": asked["thread_id"],
        "client_id": None,
        "title": "hello {{words:3}}",
        "model": "openai/gpt-4o-mini",
        "pinned": False,
        "archived": False,
        "status": "idle",
        "message_count": 2,
        "last_message_preview": "w0 w1 w2",
        "head_id": answer["id"],
    }
    assert thread["token_count"] == answer["usage"]["total_tokens"] > 0
    assert thread["updated_at"] >= thread["created_at"]
    assert question == question | {
        "client_id": "m1",
        "parent_id": None,
        "role": "user",
        "parts": [{"type": "text", "text": "hello {{words:3}}"}],
        "status": "completed",
        "usage": None,
        "siblings": [question["id"]],
    }
    assert answer == answer | {
        "id": asked["message_id"],
        "parent_id": question["id"],
        "role": "assistant",
        "parts": [{"type": "text", "text": "w0 w1 w2"}],
        "status": "completed",
        "model": "openai/gpt-4o-mini",
        "finish_reason": "stop",
        "run_id": asked["run_id"],
        "error": None,
    }
    assert (conversation["next_cursor"], conversation["live_run"]) == (None, None)


@pytest.mark.req("CONV-02")
@pytest.mark.req("CONV-04")
async def test_messages_come_in_pages_newest_first_while_more_arrive(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    thread, stored = await lay_down(house, ada, 25)
    pages = [await read(client, ada, thread, limit=10)]
    await ask(client, ada, "one more {{words:1}}", thread)
    while pages[-1]["next_cursor"] is not None:
        pages.append(await read(client, ada, thread, limit=10, cursor=pages[-1]["next_cursor"]))
    assert [len(one["messages"]) for one in pages] == [10, 10, 5]
    assert [one for each in pages for one in ids(each)] == stored[::-1]


@pytest.mark.req("CONV-02")
async def test_messages_come_in_pages_by_offset(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    thread, stored = await lay_down(house, ada, 25)
    pages = [await read(client, ada, thread, limit=10, offset=offset) for offset in (0, 10, 20, 25, 9_000)]
    assert [len(one["messages"]) for one in pages] == [10, 10, 5, 0, 0]
    assert [one for each in pages for one in ids(each)] == stored[::-1]


@pytest.mark.req("PERS-14")
async def test_a_long_conversation_comes_back_whole(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    thread, stored = await lay_down(house, ada, 200, stem="Zeile 行")
    first = await read(client, ada, thread, limit=100)
    second = await read(client, ada, thread, limit=100, cursor=first["next_cursor"])
    everything = [*first["messages"], *second["messages"]][::-1]
    assert [message["id"] for message in everything] == stored
    assert [message["parts"][0]["text"] for message in everything] == [f"Zeile 行 {at}" for at in range(200)]
    assert first["thread"]["message_count"] == 200


async def test_a_cursor_of_another_conversation_is_refused(
    client: httpx.AsyncClient, house: Runtime, ada: Person, eve: Person
) -> None:
    thread, _ = await lay_down(house, ada, 3)
    _, elsewhere = await lay_down(house, ada, 3)
    _, strange = await lay_down(house, eve, 3)
    for cursor in (
        write_cursor(elsewhere[0]),
        write_cursor(strange[0]),
        write_cursor("msg_x"),
        "rubbish",
        "A" * 501,
    ):
        answer = await client.get(f"/api/v1/chat/{thread}", params={"cursor": cursor}, headers=ada.headers)
        assert (answer.status_code, answer.json()["tag"]) == (422, "invalid_request"), cursor


@pytest.mark.req("CONV-05")
@pytest.mark.req("CONV-09")
async def test_the_list_shows_what_a_row_needs(client: httpx.AsyncClient, ada: Person) -> None:
    asked = await ask(client, ada, "What is up? {{reply:Not much.}}")
    (row,) = (await page(client, ada))["items"]
    assert row == (await read(client, ada, asked["thread_id"]))["thread"]
    assert (row["message_count"], row["last_message_preview"]) == (2, "Not much.")


@pytest.mark.req("CONV-06")
@pytest.mark.slow
async def test_the_list_comes_in_pages_while_conversations_come_and_go(
    client: httpx.AsyncClient, ada: Person
) -> None:
    made = [(await create(client, ada, title=f"{at}"))["id"] for at in range(25)]
    expected = made[::-1]
    first = await page(client, ada, limit=10)
    await create(client, ada, title="new")
    await change(client, ada, expected[3], archived=True)
    await change(client, ada, expected[12], archived=True)
    second = await page(client, ada, limit=10, cursor=first["next_cursor"])
    third = await page(client, ada, limit=10, cursor=second["next_cursor"])
    shown = [[thread["id"] for thread in one["items"]] for one in (first, second, third)]
    assert shown[0] == expected[:10]
    assert shown[1] + shown[2] == [one for one in expected[10:] if one != expected[12]]
    assert third["next_cursor"] is None
    offsets = [await page(client, ada, limit=10, offset=offset) for offset in (0, 10, 20)]
    assert [len(one["items"]) for one in offsets] == [10, 10, 4]


@pytest.mark.req("CONV-06")
@pytest.mark.parametrize(
    "cursor",
    [
        "rubbish",
        write_cursor("msg_x"),
        write_cursor(True, "not a date", "x"),
        write_cursor(True, "2026-01-01T00:00:00Z", "a\0"),
        write_cursor(1, 2, 3),
    ],
)
async def test_a_cursor_of_another_list_is_refused(
    client: httpx.AsyncClient, ada: Person, cursor: str
) -> None:
    answer = await client.get("/api/v1/chat", params={"cursor": cursor}, headers=ada.headers)
    assert (answer.status_code, answer.json()["tag"]) == (422, "invalid_request")


@pytest.mark.req("CONV-07")
@pytest.mark.req("CONV-14")
async def test_a_new_message_brings_a_conversation_to_the_top(client: httpx.AsyncClient, ada: Person) -> None:
    old = await create(client, ada, title="old")
    await create(client, ada, title="new")
    assert await titles(client, ada) == ["new", "old"]
    await ask(client, ada, "hello {{reply:The answer}}", old["id"])
    assert await titles(client, ada) == ["old", "new"]
    thread = (await read(client, ada, old["id"]))["thread"]
    assert thread["last_message_at"] > old["last_message_at"]
    assert (thread["message_count"], thread["last_message_preview"]) == (2, "The answer")


@pytest.mark.req("CONV-08")
async def test_archived_conversations_are_listed_apart(client: httpx.AsyncClient, ada: Person) -> None:
    away = await create(client, ada, title="away")
    await create(client, ada, title="here")
    await change(client, ada, away["id"], archived=True)
    assert await titles(client, ada) == ["here"]
    assert await titles(client, ada, archived=True) == ["away"]
    await change(client, ada, away["id"], archived=False)
    assert sorted(await titles(client, ada)) == ["away", "here"]


@pytest.mark.req("CONV-10")
@pytest.mark.req("CONV-11")
@pytest.mark.parametrize(("method", "tail"), [("DELETE", ""), ("POST", "/archive")])
async def test_deleting_archives(
    client: httpx.AsyncClient, settings: Settings, ada: Person, eve: Person, method: str, tail: str
) -> None:
    thread = (await create(client, ada, title="gone"))["id"]
    address = f"/api/v1/chat/{thread}{tail}"
    assert (await client.request(method, address, headers=eve.headers)).status_code == 404
    for _ in range(2):
        gone = await client.request(method, address, headers=ada.headers)
        assert (gone.status_code, gone.json()) == (200, {"success": True, "archived": True, "id": thread})
    async with as_owner(settings) as owner:
        assert await owner.fetchval("SELECT archived FROM threads WHERE id = $1", thread) is True
        events = await owner.fetch("SELECT type, actor_id FROM events WHERE target_id = $1", thread)
    assert [tuple(event) for event in events] == [("thread_archived", ada.actor.user_id)]
    assert await titles(client, ada) == []
    refused = await client.post(
        "/api/v1/chat", json={"id": thread, "messages": [text("hi")]}, headers=ada.headers
    )
    assert (refused.status_code, refused.json()["tag"]) == (409, "thread_archived")


@pytest.mark.req("CONV-12")
@pytest.mark.slow
async def test_a_conversation_is_got_or_made(client: httpx.AsyncClient, ada: Person, eve: Person) -> None:
    made = await ask(client, ada, "one {{words:1}}", "my-chat")
    found = await ask(client, ada, "two {{words:1}}", "my-chat")
    other = await ask(client, ada, "three {{words:1}}", "another-chat")
    hers = await ask(client, eve, "four {{words:1}}", "my-chat")
    assert made["thread_id"] == found["thread_id"]
    assert len({made["thread_id"], other["thread_id"], hers["thread_id"]}) == 3
    assert (await read(client, ada, "my-chat"))["thread"]["message_count"] == 4
    assert (await read(client, eve, "my-chat"))["thread"]["id"] == hers["thread_id"]
    foreign = await client.post(
        "/api/v1/chat", json={"id": made["thread_id"], "messages": [text("hi")]}, headers=eve.headers
    )
    assert foreign.status_code == 404


@pytest.mark.req("CONV-23")
@pytest.mark.req("PERS-18")
async def test_one_client_id_makes_one_conversation(client: httpx.AsyncClient, ada: Person) -> None:
    made = await asyncio.gather(*(create(client, ada, client_id="chat-1", title="x") for _ in range(20)))
    assert len({thread["id"] for thread in made}) == 1
    assert made[0]["client_id"] == "chat-1"
    assert made[0]["id"].startswith("thread_")
    assert len((await page(client, ada))["items"]) == 1


async def test_an_id_of_ours_comes_before_a_clients(client: httpx.AsyncClient, ada: Person) -> None:
    ours = await create(client, ada, title="ours")
    for _ in range(3):
        await client.post(
            "/api/v1/threads", json={"client_id": ours["id"], "title": "a name-sake"}, headers=ada.headers
        )
    assert (await read(client, ada, ours["id"]))["thread"]["title"] == "ours"
    assert (await change(client, ada, ours["id"], title="still ours")).json()["id"] == ours["id"]


@pytest.mark.req("CONV-13")
@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("x" * 300, "x" * 100),
        ("  two\n\tlines  here ", "two lines here"),
        ("é" * 99 + "e\u0301" * 3, "é" * 99),
        ("a" * 98 + "👩‍👩‍👧‍👦 family", "a" * 98),
        ("a" * 99 + "👍🏽 ok", "a" * 99),
        ("a" * 99 + "🇨🇭", "a" * 99),
        ("a" * 98 + "🇨🇭🇩🇪", "a" * 98 + "🇨🇭"),
        ("日" * 200, "日" * 100),
        ("a" * 99 + "❤️ and more", "a" * 99),
    ],
)
@pytest.mark.slow
async def test_a_title_is_cut_between_characters(
    client: httpx.AsyncClient, ada: Person, said: str, title: str
) -> None:
    asked = await ask(client, ada, said)
    assert (await read(client, ada, asked["thread_id"]))["thread"]["title"] == title


async def test_the_first_message_names_a_conversation_and_no_later_one(
    client: httpx.AsyncClient, ada: Person
) -> None:
    thread = (await ask(client, ada, "The first {{words:1}}"))["thread_id"]
    await ask(client, ada, "The second {{words:1}}", thread)
    assert (await read(client, ada, thread))["thread"]["title"] == "The first {{words:1}}"


@pytest.mark.slow
@pytest.mark.req("CONV-14")
async def test_counts_are_exact_when_many_write_at_once(
    client: httpx.AsyncClient, settings: Settings, ada: Person
) -> None:
    thread = (await create(client, ada, title="busy"))["id"]
    await asyncio.gather(
        *(
            client.post(
                "/api/v1/chat",
                json={"id": thread, "messages": [text(f"{at} {{{{words:2}}}}")]},
                headers=ada.headers,
            )
            for at in range(20)
        )
    )
    conversation = await settled(client, ada, thread)
    async with as_owner(settings) as owner:
        rows = await owner.fetchrow(
            "SELECT count(*), sum(total_tokens), count(*) FILTER (WHERE role = 'user') FROM messages "
            "WHERE thread_id = $1",
            thread,
        )
    assert rows is not None
    assert tuple(rows) == (40, conversation["thread"]["token_count"], 20)
    assert conversation["thread"]["message_count"] == 40


@pytest.mark.req("CONV-15")
@pytest.mark.slow
async def test_pinned_conversations_come_first(client: httpx.AsyncClient, ada: Person) -> None:
    made = {title: (await create(client, ada, title=title))["id"] for title in ("a", "b", "c", "d")}
    for title in ("a", "c"):
        assert (await change(client, ada, made[title], pinned=True)).json()["pinned"] is True
    assert await titles(client, ada) == ["c", "a", "d", "b"]
    first = await page(client, ada, limit=3)
    rest = await page(client, ada, limit=3, cursor=first["next_cursor"])
    assert [thread["title"] for thread in first["items"] + rest["items"]] == ["c", "a", "d", "b"]
    await change(client, ada, made["a"], pinned=False)
    assert await titles(client, ada) == ["c", "d", "b", "a"]


@pytest.mark.req("CONV-16")
async def test_renaming_leaves_a_trace(client: httpx.AsyncClient, settings: Settings, ada: Person) -> None:
    thread = (await create(client, ada, title="before"))["id"]
    renamed = await change(client, ada, thread, title="  after 🎉 ")
    assert (renamed.status_code, renamed.json()["title"]) == (200, "after 🎉")
    await change(client, ada, thread, title="after 🎉")
    async with as_owner(settings) as owner:
        events = await owner.fetch("SELECT type, actor_id, metadata FROM events WHERE target_id = $1", thread)
    assert [tuple(event) for event in events] == [("thread_renamed", ada.actor.user_id, {})]


@pytest.mark.parametrize(
    "fields",
    [
        {"title": ""},
        {"title": "   "},
        {"title": "x" * 101},
        {"title": 3},
        {"pinned": "very"},
        {"head_id": "a/b"},
        {"head_id": ""},
        {"unknown": True},
        {"workspace_id": "ws_x"},
    ],
)
@pytest.mark.slow
async def test_a_change_that_makes_no_sense_is_refused(
    client: httpx.AsyncClient, ada: Person, fields: Json
) -> None:
    thread = (await create(client, ada, title="kept"))["id"]
    refused = await change(client, ada, thread, **fields)
    assert (refused.status_code, refused.json()["tag"]) == (422, "invalid_request")
    assert (await read(client, ada, thread))["thread"]["title"] == "kept"


@pytest.mark.slow
async def test_ids_that_name_nothing_are_not_found(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    thread, _ = await lay_down(house, ada, 2)
    _, elsewhere = await lay_down(house, ada, 2)
    for message in (elsewhere[0], new_id("msg"), "x"):
        assert (await change(client, ada, thread, head_id=message)).status_code == 404
        branch = await client.post(
            f"/api/v1/chat/{thread}/branch", json={"message_id": message}, headers=ada.headers
        )
        assert branch.status_code == 404
    for nobody in (new_id("thread"), "no-such-chat"):
        assert (await client.get(f"/api/v1/chat/{nobody}", headers=ada.headers)).status_code == 404
        assert (await change(client, ada, nobody, title="x")).status_code == 404


@pytest.mark.req("CONV-20")
@pytest.mark.req("CONV-22")
async def test_another_answer_stands_beside_the_first(client: httpx.AsyncClient, ada: Person) -> None:
    thread = (await ask(client, ada, "hello {{words:2}}"))["thread_id"]
    before = await read(client, ada, thread)
    second = await again(client, ada, thread)
    after = await read(client, ada, thread)
    old, question = before["messages"]
    new = after["messages"][0]
    assert new["id"] == second["message_id"] != old["id"]
    assert ids(after) == [new["id"], question["id"]]
    assert new["siblings"] == [old["id"], new["id"]]
    assert after["thread"]["message_count"] == 3
    back = await change(client, ada, thread, head_id=old["id"])
    assert back.json()["head_id"] == old["id"]
    shown = (await read(client, ada, thread))["messages"]
    assert [message["id"] for message in shown] == [old["id"], question["id"]]
    assert shown[0]["siblings"] == [old["id"], new["id"]]


@pytest.mark.req("CONV-21")
@pytest.mark.slow
async def test_a_branch_from_the_middle_keeps_the_old_one(client: httpx.AsyncClient, ada: Person) -> None:
    thread = (await ask(client, ada, "first {{words:1}}", message_id="q1"))["thread_id"]
    await ask(client, ada, "second {{words:1}}", thread, message_id="q2")
    old = await read(client, ada, thread)
    await ask(client, ada, "second, better {{words:1}}", thread, messageId="q2", message_id="q2")
    new = await read(client, ada, thread)
    assert [message["parts"][0]["text"] for message in new["messages"]] == [
        "w0",
        "second, better {{words:1}}",
        "w0",
        "first {{words:1}}",
    ]
    assert ids(new)[2:] == ids(old)[2:]
    edited, original = new["messages"][1], old["messages"][1]
    assert edited["siblings"] == [original["id"], edited["id"]]
    assert (edited["parent_id"], edited["client_id"]) == (original["parent_id"], "q2")
    # Whichever message of the old branch is named, its newest leaf is shown.
    for named in (original["id"], old["messages"][0]["id"]):
        await change(client, ada, thread, head_id=named)
        shown = await read(client, ada, thread)
        assert ids(shown) == ids(old)
        assert shown["messages"][1]["siblings"] == [original["id"], edited["id"]]


@pytest.mark.req("CONV-21")
@pytest.mark.slow
async def test_a_conversation_forks_into_another(
    client: httpx.AsyncClient, settings: Settings, ada: Person
) -> None:
    thread = (await ask(client, ada, "first {{words:2}}"))["thread_id"]
    await ask(client, ada, "second {{words:2}}", thread)
    old = await read(client, ada, thread)
    named = old["messages"][2]
    made = await client.post(
        f"/api/v1/chat/{thread}/branch", json={"message_id": named["id"]}, headers=ada.headers
    )
    assert made.status_code == 201
    fork = await read(client, ada, made.json()["id"])
    assert fork["thread"]["id"] != thread
    assert fork["thread"]["title"] == old["thread"]["title"]
    assert fork["thread"]["message_count"] == 2
    assert fork["thread"]["token_count"] == named["usage"]["total_tokens"]
    assert fork["thread"]["last_message_preview"] == "w0 w1"
    kept = ("role", "parts", "status", "model", "finish_reason", "usage", "error", "metadata")
    for copy, original in zip(fork["messages"], old["messages"][2:], strict=True):
        assert {name: copy[name] for name in kept} == {name: original[name] for name in kept}
        assert copy["id"] != original["id"]
    await ask(client, ada, "elsewhere {{words:1}}", fork["thread"]["id"])
    assert ids(await read(client, ada, thread)) == ids(old)
    async with as_owner(settings) as owner:
        event = await owner.fetchrow(
            "SELECT type, metadata FROM events WHERE target_id = $1", fork["thread"]["id"]
        )
    assert event is not None
    assert tuple(event) == ("thread_branched", {"source": thread})


@pytest.mark.req("CONV-25")
async def test_a_conversation_runs_and_rests(client: httpx.AsyncClient, ada: Person) -> None:
    assert (await create(client, ada, client_id="c1"))["status"] == "idle"
    body = {"id": "c1", "messages": [text("{{words:300}} {{pace_ms:20}}")]}
    async with client.stream("POST", "/api/v1/chat", json=body, headers=ada.headers) as stream:
        await anext(stream.aiter_lines())
        running = await read(client, ada, "c1")
        assert running["thread"]["status"] == "running"
        assert running["messages"][0]["status"] == "in_progress"
        assert running["live_run"]["message_id"] == running["messages"][0]["id"]
        assert [thread["status"] for thread in (await page(client, ada))["items"]] == ["running"]
        stopped = await client.post("/api/v1/chat/c1/stop", headers=ada.headers)
        assert stopped.json()["stopped"] is True
    rested = await settled(client, ada, "c1")
    assert rested["messages"][0]["status"] == "cancelled"
    assert rested["thread"]["updated_at"] > running["thread"]["updated_at"]


@pytest.mark.req("AUTH-09")
@pytest.mark.parametrize("unit", ["x", "é", "👍"])
async def test_a_message_has_ten_thousand_characters_at_most(
    client: httpx.AsyncClient, provider: Any, ada: Person, unit: str
) -> None:
    asked = await ask(client, ada, "{{words:1}}" + unit * (10_000 - 11))
    assert (await read(client, ada, asked["thread_id"]))["thread"]["message_count"] == 2
    called = len(provider.requests)
    refused = await client.post(
        "/api/v1/chat", json={"id": "long", "messages": [text(unit * 10_001)]}, headers=ada.headers
    )
    assert (refused.status_code, refused.json()["tag"]) == (422, "message_too_long")
    assert (await client.get("/api/v1/chat/long", headers=ada.headers)).status_code == 404
    assert len(provider.requests) == called


@pytest.mark.req("AUTH-09")
@pytest.mark.parametrize("role", ["assistant", "system", "tool", "admin", ""])
async def test_a_question_is_a_users(client: httpx.AsyncClient, ada: Person, role: str) -> None:
    refused = await client.post(
        "/api/v1/chat", json={"id": "c", "messages": [{**text("hi"), "role": role}]}, headers=ada.headers
    )
    assert (refused.status_code, refused.json()["tag"]) == (422, "invalid_request")
    assert (await client.get("/api/v1/chat/c", headers=ada.headers)).status_code == 404


@pytest.mark.req("CONV-19")
@pytest.mark.parametrize(
    ("said", "words", "hits"),
    [
        ("Die Größe der Zwetschgen", "größe", ["Größe"]),
        ("Die Größe der Zwetschgen", "ZWETSCH", ["Zwetschgen"]),
        ("„Übermut“ tut selten gut – sagt man", "übermut", ["Übermut"]),
        ("GRÜSSE AUS BERN", "grüsse", ["GRÜSSE"]),
        ("東京の夜空に花火が上がる", "花火", ["花火"]),
        ("東京の夜空に花火が上がる", "夜空に", ["夜空に"]),
        ("나는 서울에 산다", "서울", ["서울"]),
        ("สวัสดีชาวโลก", "ชาว", ["ชาว"]),
        ("مرحبا بالعالم الجديد", "بالعالم", ["بالعالم"]),
        ("Ceci est une forêt où l'on naît", "forêt naît", ["forêt", "naît"]),
        ("read https://example.com/a?b=c now", "https://example.com/a?b=c", None),
        ("mail somebody@example.com", "somebody@example.com", None),
        ("open /usr/local/bin now", "/usr/local", None),
        ("a well-known fact", "well-kn", None),
        ("cafe\u0301 au lait", "cafe\u0301", None),
        ("100% of it's \\o/ 'quoted' & | ! ( ) : * <->", "it's 'quoted' & | ! ( ) : * <->", None),
    ],
)
@pytest.mark.slow
async def test_search_finds_words_in_any_script(
    client: httpx.AsyncClient, ada: Person, said: str, words: str, hits: list[str] | None
) -> None:
    asked = await ask(client, ada, said + " {{words:1}}")
    await ask(client, ada, "something else entirely {{words:1}}")
    (hit,) = await search(client, ada, words)
    assert hit["thread"]["id"] == asked["thread_id"]
    snippet: str = hit["snippet"]
    assert "\ue000" in snippet
    if hits is not None:
        assert [piece.split("\ue001")[0] for piece in snippet.split("\ue000")[1:]] == hits
    assert snippet.replace("\ue000", "").replace("\ue001", "") in said + " {{words:1}}"


@pytest.mark.slow
@pytest.mark.req("CONV-19")
async def test_search_needs_every_word_and_ranks(client: httpx.AsyncClient, ada: Person) -> None:
    both = await ask(client, ada, "apples and pears {{reply:ok}}")
    await ask(client, ada, "apples only {{reply:ok}}")
    assert [hit["thread"]["id"] for hit in await search(client, ada, "apples pears")] == [both["thread_id"]]
    assert len(await search(client, ada, "apples")) == 2
    assert len(await search(client, ada, "apples", limit=1)) == 1
    assert await search(client, ada, "bananas") == []
    assert await search(client, ada, "!!!") == []
    assert await search(client, ada, "appl") != []


@pytest.mark.req("CONV-19")
@pytest.mark.parametrize(
    "words", ["\\", "'", "a'b\\", "%", "_", "''", ":*", "&", "<->", "\ue000", "\U0010ffff", "・", "x" * 200]
)
async def test_no_words_break_the_search(client: httpx.AsyncClient, ada: Person, words: str) -> None:
    assert await search(client, ada, words) == []


@pytest.mark.req("CONV-19")
@pytest.mark.parametrize(
    "query", [{}, {"q": ""}, {"q": "x" * 201}, {"q": "x", "limit": 0}, {"q": "x", "limit": 101}]
)
async def test_a_search_for_nothing_is_refused(client: httpx.AsyncClient, ada: Person, query: Json) -> None:
    answer = await client.get("/api/v1/chat/search", params=query, headers=ada.headers)
    assert (answer.status_code, answer.json()["tag"]) == (422, "invalid_request")


@pytest.mark.req("CONV-19")
@pytest.mark.slow
async def test_search_leaves_out_what_is_archived_and_what_is_not_ones_own(
    client: httpx.AsyncClient, ada: Person, bob: Person, eve: Person
) -> None:
    hers = (await ask(client, ada, "pomegranate {{reply:ok}}"))["thread_id"]
    for person in (bob, eve):
        await ask(client, person, "pomegranate {{reply:ok}}")
        assert hers not in {hit["thread"]["id"] for hit in await search(client, person, "pomegranate")}
    assert [hit["thread"]["id"] for hit in await search(client, ada, "pomegranate")] == [hers]
    await change(client, ada, hers, archived=True)
    assert await search(client, ada, "pomegranate") == []
