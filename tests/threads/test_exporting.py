"""Exporting: the branch that is shown, whole, as a file with a name; to whom it belongs and to nobody else."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pypdf import PdfReader

from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.threads import exporting, importing
from steward.threads.importing import PastMessage, PastThread
from tests.conftest import MakePerson, Person
from tests.support.talk import Json, again, ask, lay_down, read, text

BEGAN = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
FORMS = ["markdown", "json", "pdf"]

Part = dict[str, Any]


async def export(client: httpx.AsyncClient, person: Person, path: str, **query: Any) -> httpx.Response:
    return await client.get(f"/api/v1{path}/export", params=query, headers=person.headers)


async def exported(client: httpx.AsyncClient, person: Person, path: str, form: str) -> httpx.Response:
    answer = await export(client, person, path, format=form)
    assert answer.status_code == 200, answer.text
    return answer


async def told(client: httpx.AsyncClient, person: Person, path: str) -> Json:
    """The conversation as its JSON tells it."""
    return (await exported(client, person, path, "json")).json()["conversation"]


def said(conversation: Json) -> list[str]:
    return [piece["text"] for message in conversation["messages"] for piece in message["content"]]


def words(answer: httpx.Response) -> str:
    """The text of a file, without regard to where its lines break."""
    if answer.headers["content-type"] == "application/pdf":
        pages = PdfReader(io.BytesIO(answer.content)).pages
        return " ".join(" ".join(page.extract_text() for page in pages).split())
    return " ".join(answer.text.split())


async def lay(house: Runtime, person: Person, title: str, *messages: tuple[str, list[Part]]) -> str:
    """A conversation of these messages; its id."""
    ids = [new_id("msg") for _ in messages]
    past = [
        PastMessage(
            ids[at],
            ids[at - 1] if at else None,
            role,
            parts,
            BEGAN + timedelta(minutes=at),
            model="openai/gpt-4o-mini" if role == "assistant" else None,
        )
        for at, (role, parts) in enumerate(messages)
    ]
    thread = PastThread(new_id("thread"), BEGAN, past, ids[-1] if ids else None, title=title)
    async with house.database.transaction(person.actor) as work:
        await importing.restore(work, [thread])
    return thread.id


def source(number: int, title: str) -> Part:
    """A source as a run stores it."""
    return {
        "type": "source",
        "number": number,
        "title": title,
        "url": None,
        "excerpt": f"The excerpt of {title}.",
        "score": 0.5,
        "document_id": "document_x",
        "file_id": None,
        "revision": 1,
        "start": 0,
        "end": 9,
        "page": 7,
        "headings": ["Limits"],
    }


RICH: list[tuple[str, list[Part]]] = [
    (
        "user",
        [
            {"type": "text", "text": "How fast?"},
            {"type": "file", "url": "x", "media_type": "text/plain", "filename": "plan.txt"},
        ],
    ),
    (
        "assistant",
        [
            {
                "type": "reasoning",
                "text": "Hm.",
                "provider_state": {"wire": "w", "data": "the provider's own"},
            },
            {
                "type": "tool_call",
                "call_id": "c1",
                "name": "searchKB",
                "input": {"query": "pump"},
                "output": ["one"],
                "state": "output_ready",
            },
            {"type": "text", "text": "Fast [1].\n\n```py\nspeed = 2\n```"},
            source(1, "The pump"),
            {"type": "data", "name": "citations", "data": {"places": []}},
        ],
    ),
]


@pytest.mark.slow
@pytest.mark.req("CONV-18")
@pytest.mark.parametrize("form", FORMS)
async def test_an_export_holds_every_message_its_code_and_its_citations(
    client: httpx.AsyncClient, house: Runtime, ada: Person, form: str
) -> None:
    thread = await lay(house, ada, "Pumps", *RICH)
    answer = await exported(client, ada, f"/chat/{thread}", form)
    found = words(answer)
    for one in (
        "Pumps",
        "How fast?",
        "plan.txt",
        "openai/gpt-4o-mini",
        "searchKB",
        "pump",
        "Fast [1].",
        "speed = 2",
    ):
        assert one in found
    for one in ("The pump", "The excerpt of The pump.", "Limits"):
        assert one in found
    assert "the provider's own" not in found
    suffix = {"markdown": "md"}.get(form, form)
    assert answer.headers["content-disposition"] == f'attachment; filename="Pumps.{suffix}"'
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


async def test_json_tells_who_said_what_when(client: httpx.AsyncClient, house: Runtime, ada: Person) -> None:
    thread = await lay(house, ada, "Pumps", *RICH)
    body = json.loads((await exported(client, ada, f"/chat/{thread}", "json")).content)
    conversation = body["conversation"]
    question, answer = conversation["messages"]
    assert (body["format"], body["version"]) == ("steward.conversation", 1)
    assert (conversation["id"], conversation["title"]) == (thread, "Pumps")
    assert conversation["created_at"] == "2026-02-03T04:05:06Z"
    assert question["content"] == [
        {"type": "text", "text": "How fast?"},
        {"type": "file", "name": "plan.txt", "media_type": "text/plain"},
    ]
    assert (question["role"], question["model"]) == ("user", None)
    assert (answer["role"], answer["model"], answer["status"]) == (
        "assistant",
        "openai/gpt-4o-mini",
        "completed",
    )
    assert answer["created_at"] == "2026-02-03T04:06:06Z"
    assert [piece["type"] for piece in answer["content"]] == ["reasoning", "tool_call", "text"]
    assert answer["sources"] == [
        {
            "number": 1,
            "title": "The pump",
            "url": None,
            "page": 7,
            "headings": ["Limits"],
            "excerpt": "The excerpt of The pump.",
        }
    ]


async def test_only_the_branch_that_is_shown_is_exported(client: httpx.AsyncClient, ada: Person) -> None:
    asked = await ask(client, ada, "first {{words:1}}")
    thread = asked["thread_id"]
    await again(client, ada, thread)
    shown = [message["id"] for message in (await read(client, ada, thread))["messages"]]
    messages = (await told(client, ada, f"/chat/{thread}"))["messages"]
    assert [message["id"] for message in messages] == shown[::-1]
    assert asked["message_id"] not in shown


async def test_a_long_conversation_comes_whole_and_in_order(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    thread, _ = await lay_down(house, ada, 450)
    assert said(await told(client, ada, f"/chat/{thread}")) == [f"message {at}" for at in range(450)]


async def test_markdown_is_the_form_that_is_meant(client: httpx.AsyncClient, ada: Person) -> None:
    asked = await ask(client, ada, "hello {{words:1}}")
    answer = await export(client, ada, f"/chat/{asked['thread_id']}")
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    refused = await export(client, ada, f"/chat/{asked['thread_id']}", format="docx")
    assert (refused.status_code, refused.json()["tag"]) == (422, "invalid_request")


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
async def test_an_empty_conversation_is_a_file_too(client: httpx.AsyncClient, ada: Person, form: str) -> None:
    made = await client.post("/api/v1/threads", json={}, headers=ada.headers)
    answer = await exported(client, ada, f"/chat/{made.json()['id']}", form)
    assert answer.headers["content-disposition"].startswith('attachment; filename="conversation.')


async def test_the_id_of_the_client_names_a_conversation_too(client: httpx.AsyncClient, ada: Person) -> None:
    mine = new_id("mine")
    body = {"id": mine, "messages": [text("hello {{words:1}}")], "stream": False}
    assert (await client.post("/api/v1/chat", json=body, headers=ada.headers)).status_code == 200
    assert said(await told(client, ada, f"/chat/{mine}"))[0] == "hello {{words:1}}"


@pytest.mark.parametrize("form", FORMS)
async def test_a_stranger_and_a_colleague_get_nothing(
    client: httpx.AsyncClient, house: Runtime, ada: Person, bob: Person, eve: Person, form: str
) -> None:
    thread, _ = await lay_down(house, ada, 2)
    for other in (bob, eve):
        answer = await export(client, other, f"/chat/{thread}", format=form)
        assert (answer.status_code, answer.json()["tag"]) == (404, "not_found")


@pytest.mark.req("CONV-17")
async def test_what_is_shared_can_be_exported_until_it_is_taken_back(
    client: httpx.AsyncClient, house: Runtime, ada: Person, bob: Person, eve: Person, make_person: MakePerson
) -> None:
    viewer = await make_person(beside=ada, role="viewer")
    thread, _ = await lay_down(house, ada, 450)
    shared = await client.post(f"/api/v1/chat/{thread}/share", headers=ada.headers)
    path = f"/shared/{shared.json()['id']}"
    for reader in (ada, bob, viewer):
        assert said(await told(client, reader, path)) == [f"message {at}" for at in range(450)]
    assert (await export(client, eve, path, format="json")).status_code == 404
    await client.delete(f"/api/v1/chat/{thread}/share", headers=ada.headers)
    assert [(await export(client, one, path)).status_code for one in (ada, bob)] == [404, 404]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Pumps", "Pumps.md"),
        ("", "conversation.md"),
        (" .. ", "conversation.md"),
        ("../../etc/passwd", "etc passwd.md"),
        ('a\r\nset-cookie: b="c"', "a set-cookie b= c.md"),
        ("Größe 你好 😀", "Größe 你好 😀.md"),
        ("x" * 100, "x" * 80 + ".md"),
        ("a\u202egpj.b", "a gpj.b.md"),
    ],
    ids=["plain", "empty", "dots", "path", "header", "letters", "long", "turned"],
)
def test_a_file_is_named_after_its_conversation(title: str, name: str) -> None:
    assert exporting.file_name(title, "md") == name


async def test_a_name_of_any_letters_fits_into_the_header(
    client: httpx.AsyncClient, house: Runtime, ada: Person
) -> None:
    thread = await lay(house, ada, "Größe 50%", ("user", [{"type": "text", "text": "hi"}]))
    answer = await exported(client, ada, f"/chat/{thread}", "json")
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"Gr__e 50_.json\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%2050%25.json"
    )
