"""The tool `file_search` within responses: searched stores, shown results, and citations in the text."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.conftest import Person
from tests.doors.openai.responding import MODEL, get, names, post, respond, streamed
from tests.doors.openai.stores import refused
from tests.knowledge.library import add

QUESTION = "At how many bar does the pump run? {{reply:It runs at 9 bar [1].}}"
RESULTS = ["file_search_call.results"]


async def searching(person: Person) -> tuple[dict[str, Any], str | None]:
    """The tool over a store with a document, and the file of it."""
    document = await add(person.actor, "The pump of the Aria runs at 9 bar.", "pump.txt")
    tool = {"type": "file_search", "vector_store_ids": [document.collection_id], "max_num_results": 3}
    return tool, document.file_id or document.id


@pytest.mark.slow
async def test_a_search_and_what_it_cites(client: httpx.AsyncClient, ada: Person) -> None:
    tool, file_id = await searching(ada)
    response = await respond(client, ada, QUESTION, tools=[tool], include=RESULTS)
    search, message = response["output"]
    assert (search["type"], search["status"], search["queries"]) == (
        "file_search_call",
        "completed",
        [QUESTION],
    )
    (result,) = search["results"]
    assert (result["file_id"], result["filename"]) == (file_id, "pump.txt")
    assert "9 bar" in result["text"]
    assert 0 < result["score"] <= 1
    (content,) = message["content"]
    (cited,) = content["annotations"]
    assert cited == {
        "type": "file_citation",
        "index": content["text"].index("[1]"),
        "file_id": file_id,
        "filename": "pump.txt",
    }
    plain = await respond(client, ada, QUESTION, tools=[tool])
    assert plain["output"][0]["results"] is None
    shown = await get(client, ada, f"/responses/{plain['id']}", **{"include[]": RESULTS[0]})
    assert shown["output"][0]["results"] == search["results"]


async def test_the_frames_of_a_search(client: httpx.AsyncClient, ada: Person) -> None:
    tool, _ = await searching(ada)
    frames = await streamed(client, ada, QUESTION, tools=[tool], include=RESULTS)
    assert names(frames) == [
        "created",
        "in_progress",
        "output_item.added",
        "file_search_call.in_progress",
        "file_search_call.searching",
        "file_search_call.completed",
        "output_item.done",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.annotation.added",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert [data["sequence_number"] for _, data in frames] == list(range(len(frames)))
    done = [data["item"] for name, data in frames if name == "response.output_item.done"]
    assert done == frames[-1][1]["response"]["output"]


async def test_a_search_that_finds_nothing(client: httpx.AsyncClient, ada: Person) -> None:
    made = await post(client, ada, "/vector_stores", name="Empty")
    tool = {"type": "file_search", "vector_store_ids": [made.json()["id"]]}
    frames = await streamed(client, ada, "{{reply:Nothing.}}", tools=[tool], include=RESULTS)
    search, _ = frames[-1][1]["response"]["output"]
    assert (search["status"], search["results"]) == ("completed", [])


@pytest.mark.parametrize("field", ["filters", "ranking_options"])
async def test_what_a_search_does_not_take(client: httpx.AsyncClient, ada: Person, field: str) -> None:
    tool, _ = await searching(ada)
    given = (
        {"score_threshold": 0.5} if field == "ranking_options" else {"type": "eq", "key": "a", "value": "b"}
    )
    answer = await post(client, ada, "/responses", model=MODEL, input="x", tools=[{**tool, field: given}])
    assert refused(answer)["status"] == 400
    assert refused(answer)["param"].startswith(f"tools[0].{field}")


async def test_stores_of_others(client: httpx.AsyncClient, ada: Person, eve: Person) -> None:
    tool, _ = await searching(ada)
    answer = await post(client, eve, "/responses", model=MODEL, input="x", tools=[tool])
    assert refused(answer)["status"] == 404
