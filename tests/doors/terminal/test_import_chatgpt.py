"""ChatGPT's own export comes in with all its branches, and is read through REST."""

from __future__ import annotations

import zipfile
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from steward.doors.terminal.import_chatgpt import ChatGPTImport
from steward.doors.terminal.import_display import Bar, Tally
from tests.conftest import Person
from tests.doors.terminal.chats import conversation, node, root
from tests.doors.terminal.dumps import write

PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de")
BRANCHED = conversation(
    "8d0c3b1e-1111-4222-8333-000000000001",
    root(),
    node("q", "root", "user", "Which pump?"),
    node("first", "q", "assistant", "The red one.", metadata={"model_slug": "gpt-4o"}),
    node("second", "q", "assistant", "The blue one."),
    node("then", "second", "user", "Why blue?"),
    current="first",
)


async def bring(person: Person, *paths: Path) -> tuple[int, str]:
    """Import for a person: the exit status, and what was shown, each line's blanks as one."""
    console = Console(file=StringIO(), width=300)
    tally = Tally()
    await ChatGPTImport(person.actor, tally, Bar(console)).run(paths)
    with console.capture() as shown:
        tally.show(console)
    return tally.exit_status, "\n".join(" ".join(line.split()) for line in shown.get().splitlines())


async def chat(client: httpx.AsyncClient, person: Person, ref: str) -> dict[str, Any]:
    """A conversation by its id in the export, or ours."""
    answer = await client.get(f"/api/v1/chat/{ref}", headers=person.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_conversation_comes_in_with_its_branches(
    tmp_path: Path, ada: Person, eve: Person, client: httpx.AsyncClient
) -> None:
    saved = write(tmp_path / "conversations.json", [BRANCHED])
    status, shown = await bring(ada, saved)
    assert (status, "messages 4 0 0 0" in shown) == (0, True), shown
    kept = await chat(client, ada, BRANCHED["id"])
    assert kept["thread"]["title"] == "Of pumps"
    assert kept["thread"]["created_at"] == "2023-11-14T22:13:20.500000Z"
    texts = [(one["role"], one["parts"][0]["text"], one["model"]) for one in kept["messages"]]
    assert texts == [("assistant", "The red one.", "gpt-4o"), ("user", "Which pump?", None)]
    # The other branch is there, and can be shown.
    (other,) = [one for one in kept["messages"][0]["siblings"] if one != kept["messages"][0]["id"]]
    path = f"/api/v1/chat/{BRANCHED['id']}"
    assert (await client.patch(path, json={"head_id": other}, headers=ada.headers)).status_code == 200
    kept = await chat(client, ada, BRANCHED["id"])
    assert [one["parts"][0]["text"] for one in kept["messages"]] == [
        "Why blue?",
        "The blue one.",
        "Which pump?",
    ]

    assert (await client.get(path, headers=eve.headers)).status_code == 404
    status, shown = await bring(ada, saved)
    assert (status, "threads 0 1 0 0" in shown, "messages 0 4 0 0" in shown) == (0, True, True)
    # Two people of a workspace may have the same conversation, and two workspaces, too.
    assert (await bring(eve, saved))[0] == 0


async def test_the_archive_comes_in_as_it_was_sent_with_its_images(
    tmp_path: Path, ada: Person, client: httpx.AsyncClient
) -> None:
    pointer = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-Dot1", "width": 1}
    lost = {"content_type": "image_asset_pointer", "asset_pointer": "sediment://file_0002", "width": 1}
    content = {"content_type": "multimodal_text", "parts": [pointer, lost, "What is it?"]}
    one = conversation("c-1", root(), node("q", "root", "user", content), is_archived=True)
    write(tmp_path / "c.json", [one])
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.write(tmp_path / "c.json", "conversations.json")
        archive.writestr("user.json", '{"email": "somebody@example.com"}')
        archive.writestr("chat.html", "<html>")
        archive.writestr("file-Dot1-photo.png", PNG)
    status, shown = await bring(ada, tmp_path / "export.zip")
    assert (status, "files 1 0 0 0" in shown) == (0, True), shown
    kept = await chat(client, ada, "c-1")
    assert kept["thread"]["archived"] is True
    image, missing, text = kept["messages"][0]["parts"]
    assert (image["type"], image["file_id"], image["filename"]) == (
        "file",
        "file-Dot1",
        "file-Dot1-photo.png",
    )
    assert image["url"].startswith("data:image/png;base64,iVBOR")
    assert (missing["text"], text["text"]) == ("[image_asset_pointer file_0002]", "What is it?")


async def test_what_is_broken_is_named_and_the_rest_comes_in(
    tmp_path: Path, ada: Person, client: httpx.AsyncClient
) -> None:
    nameless = conversation("", root(), node("q", "root", "user", "Lost."))
    saved = write(tmp_path / "conversations.json", [nameless, BRANCHED, {"id": "cut"}])
    saved.write_text(saved.read_text()[:-8])
    status, shown = await bring(ada, saved)
    assert status == 1
    assert f"Failed {saved}, line 2: A conversation has no id that can be kept." in shown
    assert "the file ends within a value" in shown
    assert (await chat(client, ada, BRANCHED["id"]))["thread"]["message_count"] == 4


@pytest.mark.slow
async def test_a_long_conversation_comes_in_whole(
    tmp_path: Path, ada: Person, client: httpx.AsyncClient
) -> None:
    nodes = [root("n")]
    for at in range(5_000):
        role = "assistant" if at % 2 else "user"
        nodes.append(node(f"n{at}", nodes[-1]["id"], role, f"Said {at}."))
    status, shown = await bring(ada, write(tmp_path / "conversations.json", [conversation("long", *nodes)]))
    assert (status, "messages 5000 0 0 0" in shown) == (0, True), shown
    kept = await chat(client, ada, "long")
    assert kept["thread"]["message_count"] == 5_000
    assert kept["messages"][0]["parts"] == [{"type": "text", "text": "Said 4999."}]
