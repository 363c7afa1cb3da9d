"""The models of the official Python client as judges of raw objects and frames: all fields there, each of its type.

The client builds its models without looking; a missing field would only be missed where a program touches it.
"""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from openai.types import FileObject, VectorStore
from openai.types.beta import Assistant, AssistantStreamEvent, Thread
from openai.types.beta.threads import Message, Run
from openai.types.beta.threads.runs import RunStep
from openai.types.vector_stores import VectorStoreFile, VectorStoreFileBatch
from pydantic import BaseModel, TypeAdapter

from tests.conftest import Person
from tests.doors.openai.running import data_of, get, post, streamed
from tests.doors.openai.stores import made, uploaded
from tests.judges.assistants_scenes import SCENES, Scene, set_up

pytestmark = pytest.mark.slow

Json = dict[str, Any]
EVENT: TypeAdapter[Any] = TypeAdapter(AssistantStreamEvent)


def ensure_whole(model: type[BaseModel], given: Json) -> None:
    """The object fits the model strictly, and has each of its fields, be it as null."""
    model.model_validate(given, strict=True)
    assert set(model.model_fields) <= set(given)


async def test_objects(client: httpx.AsyncClient, ada: Person) -> None:
    file_id = await uploaded(client, ada)
    ensure_whole(FileObject, await get(client, ada, f"/files/{file_id}"))
    store = await made(client, ada, name="Pumps")
    ensure_whole(VectorStore, store)
    batch = await post(client, ada, f"/vector_stores/{store['id']}/file_batches", file_ids=[file_id])
    ensure_whole(VectorStoreFileBatch, batch.json())
    ensure_whole(VectorStoreFile, await get(client, ada, f"/vector_stores/{store['id']}/files/{file_id}"))


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
async def test_a_run_with_all_that_belongs_to_it(
    client: httpx.AsyncClient, ada: Person, scene: Scene
) -> None:
    stage = await set_up(client, ada, scene)
    ensure_whole(Assistant, await get(client, ada, f"/assistants/{stage.assistant_id}"))
    path = "/threads/runs" if stage.thread_id is None else f"/threads/{stage.thread_id}/runs"
    frames = await streamed(client, ada, path, **stage.body)
    for name, data in frames[:-1]:
        EVENT.validate_python({"event": name, "data": data}, strict=True)
    (created,) = data_of(frames, "thread.run.created")
    thread_path = f"/threads/{created['thread_id']}"
    ensure_whole(Thread, await get(client, ada, thread_path))
    for message in (await get(client, ada, f"{thread_path}/messages"))["data"]:
        ensure_whole(Message, message)
    run_path = f"{thread_path}/runs/{created['id']}"
    for run in (created, frames[-2][1], await get(client, ada, run_path)):
        ensure_whole(Run, run)
    steps = (await get(client, ada, f"{run_path}/steps"))["data"]
    for step in (*steps, *data_of(frames, "thread.run.step.created")):
        ensure_whole(RunStep, step)
