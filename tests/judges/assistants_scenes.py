"""The scenes of streamed runs: what is asked, and the names of the frames in their order, deltas once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from tests.conftest import Person
from tests.doors.openai import stores
from tests.doors.openai.running import WEATHER, assistant, calling, get, thread

Order = tuple[str, ...]

BEGUN: Final = ("run.created", "run.queued", "run.in_progress")
GOES_ON: Final = ("run.step.completed", "run.queued", "run.in_progress")
MESSAGE: Final = ("run.step.created", "run.step.in_progress", "message.created", "message.in_progress")
SAID: Final = (*MESSAGE, "message.delta", "message.completed", "run.step.completed", "run.completed")
CUT: Final = (*MESSAGE, "message.delta", "message.incomplete")
TOOLS: Final = ("run.step.created", "run.step.in_progress", "run.step.delta", "run.requires_action")
SEARCH: Final = ("run.step.created", "run.step.in_progress", "run.step.delta", "run.step.completed")


@dataclass(frozen=True, slots=True)
class Scene:
    """What is asked, and what is streamed.

    Attributes:
        orders: of the run's own stream, then of those that go on with the outputs of its tools; without the last
            frame, `done`, which clients keep to themselves.
        settings: of the assistant.
        wishes: what the run says besides.
        has_thread: whether the thread is there before the run.
    """

    name: str
    text: str
    orders: tuple[Order, ...]
    settings: dict[str, Any] = field(default_factory=dict[str, Any])
    wishes: dict[str, Any] = field(default_factory=dict[str, Any])
    has_thread: bool = True
    searches: bool = False


SCENES: Final = (
    Scene("plain", "{{words:5}}", ((*BEGUN, *SAID),)),
    Scene("create and run", "{{words:5}}", (("created", *BEGUN, *SAID),), has_thread=False),
    Scene(
        "token limit",
        "{{words:30}}",
        ((*BEGUN, *CUT, "run.step.completed", "run.incomplete"),),
        wishes={"max_completion_tokens": 5},
    ),
    Scene(
        "function tools and their outputs",
        f"{calling('Bern')} {calling('Chur')} {{{{parallel_tools:2}}}} {{{{reply:It rains.}}}}",
        ((*BEGUN, *TOOLS), (*GOES_ON, *SAID)),
        settings={"tools": [WEATHER]},
    ),
    Scene(
        "one tool step behind another",
        f"{calling('Bern')} {calling('Chur')} {{{{reply:It rains.}}}}",
        ((*BEGUN, *TOOLS), (*GOES_ON, *TOOLS), (*GOES_ON, *SAID)),
        settings={"tools": [WEATHER]},
    ),
    Scene(
        "file search",
        "When does the harbour of Wexel close? {{reply:At nine [1].}}",
        ((*BEGUN, *SEARCH, *SAID),),
        settings={"tools": [{"type": "file_search"}]},
        searches=True,
    ),
    Scene(
        "failure in the middle",
        "{{words:9}} {{error_after:4}}",
        ((*BEGUN, *CUT, "run.step.failed", "run.failed"),),
    ),
    Scene("failure at once", "{{status:400}} no", ((*BEGUN, "run.failed"),)),
)


@dataclass(frozen=True, slots=True)
class Stage:
    """A scene that can be played: its assistant is there, and its thread if it has one."""

    scene: Scene
    assistant_id: str
    thread_id: str | None

    @property
    def body(self) -> dict[str, Any]:
        """What the run is begun with."""
        body = {"assistant_id": self.assistant_id, **self.scene.wishes}
        if self.thread_id is None:
            body["thread"] = {"messages": [{"role": "user", "content": self.scene.text}]}
        return body


async def set_up(client: httpx.AsyncClient, person: Person, scene: Scene) -> Stage:
    """Make what a scene needs."""
    settings = dict(scene.settings)
    if scene.searches:
        store_ids = [await _store(client, person)]
        settings["tool_resources"] = {"file_search": {"vector_store_ids": store_ids}}
    assistant_id = await assistant(client, person, **settings)
    thread_id = await thread(client, person, scene.text) if scene.has_thread else None
    return Stage(scene, assistant_id, thread_id)


async def _store(client: httpx.AsyncClient, person: Person) -> str:
    text = "The harbour of Wexel closes at nine in the evening, and opens at six."
    store = await stores.made(client, person, file_ids=[await stores.uploaded(client, person, text)])
    for _ in range(500):
        if (await get(client, person, f"/vector_stores/{store['id']}"))["status"] == "completed":
            return store["id"]
        await asyncio.sleep(0.02)
    raise AssertionError("the store never came to rest")
