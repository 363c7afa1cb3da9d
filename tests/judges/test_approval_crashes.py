"""Twenty kills around approvals, for REST and for the npm package `ai`: each waiting call acts once or never, as it was
decided, and whoever reads the answer reads it to its end.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import pytest

from tests.judges.pages import Pages, open_pages
from tests.runs.killing import (
    Scene,
    action_of,
    asked,
    chat_of,
    decided,
    effects_held,
    ensure_over,
    ensure_takes_another,
    followed,
    scene_in,
    standstill,
    stored,
    surely,
    task_text,
    tasks,
)
from tests.support.scripted_provider import ScriptedProvider

pytestmark = pytest.mark.slow

Json = dict[str, Any]
Client = Literal["rest", "page"]
Talks = dict[tuple[str, Client], "Talk"]

CLIENTS: Final[tuple[Client, ...]] = ("rest", "page")
WAYS: Final = {"approve": "", "edit": " edited", "deny": None, "expire": None, "pair": ""}
"""How talks go, and what stands behind the title of the task that comes of each; None when nothing may come of it."""
STATES: Final = {"deny": "output-denied", "expire": "output-error"}
"""How a page shows a call that did not act."""
REPLY: Final = "All of it was done, or left alone, just as it was said to be."
ROUND_SECONDS: Final = 120
LATEST_SECONDS: Final = 0.15
"""How long after the question, or after the answer to it, a kill comes at the latest."""


@pytest.fixture(scope="module")
async def scene(
    tmp_path_factory: pytest.TempPathFactory, provider: ScriptedProvider, package_of_tools: Path
) -> AsyncGenerator[Scene]:
    async with scene_in(tmp_path_factory.mktemp("killed"), provider, package_of_tools) as made:
        yield made


@pytest.fixture(scope="module")
async def pages(scene: Scene) -> AsyncGenerator[Pages]:
    """Pages of the one who asks."""
    cookie = "; ".join(f"{name}={value}" for name, value in scene.asker.cookies.items())
    headers = {"cookie": cookie, "x-csrf-token": scene.asker.headers["x-csrf-token"]}
    async with open_pages(scene.server.base_url, headers) as opened:
        yield opened


@dataclass(slots=True)
class Talk:
    """A conversation with one waiting call that is decided in one way, through one client."""

    scene: Scene
    pages: Pages
    way: str
    client: Client
    name: str
    waits: asyncio.Event = field(default_factory=asyncio.Event)
    is_decided: asyncio.Event = field(default_factory=asyncio.Event)
    shown: Json | None = None
    """What the page holds when it is over."""

    @property
    def title(self) -> str:
        return f"{self.way} {self.client} {self.name}"

    @property
    def expected(self) -> list[str]:
        """The tasks that come of it."""
        behind = WAYS[self.way]
        return [] if behind is None else [f"{self.title}{behind}"]

    @property
    def stand(self) -> str:
        """How far it came."""
        return f"{self.title}: waits {self.waits.is_set()}, decided {self.is_decided.is_set()}"

    async def play(self, may_decide: asyncio.Event) -> None:
        """Ask, decide as soon as one may, and read to the end."""
        text = f"{task_text(self.title, reply=REPLY)} {{{{pace_ms:20}}}}"
        if self.client == "page":
            run_id = await self.pages.tell("ask", chat_of(self.title), text=text)
        else:
            run_id = await asked(self.scene, self.title, text)
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(followed(self.scene, run_id))
            action_id = await action_of(self.scene, run_id)
            self.waits.set()
            await may_decide.wait()
            if action_id is not None:
                await self._decide(action_id)
                await self._ensure_decided(action_id)
            self.is_decided.set()
            if self.client == "page":
                self.shown = await self.pages.tell("finish", chat_of(self.title))
        ensure_told_once(reading.result())
        await ensure_over(self.scene, self.title, run_id, REPLY)

    async def _decide(self, action_id: str) -> None:
        match self.way:
            case "expire":
                pass
            case "edit":
                # A page of the package has no words for other arguments, and sends them itself.
                edited = {"title": f"{self.title} edited"}
                await decided(self.scene.asker, action_id, "approve", arguments=edited)
            case _ if self.client == "page":
                await self.pages.tell("decide", chat_of(self.title), approved=self.way != "deny")
            case _:
                await decided(self.scene.asker, action_id, "deny" if self.way == "deny" else "approve")
        if self.way == "pair":
            await decided(self.scene.owner, action_id, "approve")

    async def _ensure_decided(self, action_id: str) -> None:
        path = f"/api/v1/actions/{action_id}"
        while (await surely(self.scene.asker, "GET", path)).json()["state"] == "waiting":
            if self.client == "page":
                # The server may have died before it heard of it.
                await self.pages.tell("insist", chat_of(self.title))
            await asyncio.sleep(0.01)

    async def ensure_whole(self) -> None:
        """The effect is there once or never, and the page shows what is stored."""
        assert await tasks(self.scene, self.title) == self.expected
        if self.shown is None:
            return
        messages = self.shown["messages"]
        answer = (await stored(self.scene, self.title))["messages"][0]
        assert [message["role"] for message in messages] == ["user", "assistant"]
        assert messages[-1]["id"] == answer["id"]
        if self.shown["isRead"]:
            return
        parts = messages[-1]["parts"]
        assert "".join(part["text"] for part in parts if part["type"] == "text") == REPLY
        (call,) = [part for part in parts if part["type"] == "dynamic-tool"]
        assert call["state"] == STATES.get(self.way, "output-available")
        assert call["input"]["title"] == f"{self.title}{WAYS[self.way] or ''}"


def ensure_told_once(events: list[Json]) -> None:
    """What counts of a stream that was read over every break: one call, and one word of what came of it."""
    kept: list[Json] = []
    for event in events:
        if event["type"] == "step_restart":
            # What came since an earlier beginning of the step is told again.
            same = (
                at
                for at, one in enumerate(kept)
                if one["type"] == "step_start" and one["step"] == event["step"]
            )
            del kept[next(same, len(kept)) :]
        kept.append(event)
    kinds = [event["type"] for event in kept]
    assert kinds.count("tool_call") == 1, kinds
    assert len([kind for kind in kinds if kind in ("tool_result", "tool_failure", "tool_denied")]) == 1, kinds
    assert "".join(event["text"] for event in kept if event["type"] == "text") == REPLY


async def play_round(talks: Talks, first: Talk, second: Talk, dice: random.Random) -> list[str]:
    """Let all talk at once; kill the server when the first has been asked, and when the second has been answered."""
    scene = first.scene
    delays = [dice.uniform(0, LATEST_SECONDS) for _ in range(2)]
    may_decide = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for talk in talks.values():
            group.create_task(talk.play(may_decide))
        await first.waits.wait()
        await asyncio.sleep(delays[0])
        await scene.server.kill()
        await scene.server.start()
        async with effects_held(scene):
            may_decide.set()
            await second.is_decided.wait()
            await asyncio.sleep(delays[1])
            await scene.server.kill()
            assert await tasks(scene, second.title) == []
        await scene.server.start()
    for talk in talks.values():
        await talk.ensure_whole()
    return [
        f"{talk.client} {talk.way} {span} +{delay * 1000:.0f} ms"
        for talk, span, delay in zip((first, second), ("asked", "answered"), delays, strict=True)
    ]


@pytest.mark.timeout(300)
@pytest.mark.req("APPR-01", "APPR-02")
async def test_twenty_kills_leave_each_decision_carried_out_once_or_never(scene: Scene, pages: Pages) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    # Every way through every client is killed once between question and answer, and once between answer and effect.
    kinds = list(itertools.product(WAYS, CLIENTS))
    points: list[str] = []
    by_stream = 0
    talks: Talks = {}
    rounds = zip(dice.sample(kinds, len(kinds)), dice.sample(kinds, len(kinds)), strict=True)
    for number, (first, second) in enumerate(rounds):
        talks = {kind: Talk(scene, pages, *kind, name=f"{seed} {number}") for kind in kinds}
        try:
            points += await asyncio.wait_for(
                play_round(talks, talks[first], talks[second], dice), ROUND_SECONDS
            )
        except TimeoutError:
            raise AssertionError(
                f"{first} and {second} never end: {[talk.stand for talk in talks.values()]} "
                f"{await standstill(scene)}"
            ) from None
        print(", ".join(points[-2:]))
        by_stream += sum(talk.shown is not None and not talk.shown["isRead"] for talk in talks.values())
    assert len(set(point.rsplit(" +")[0] for point in points)) == 20
    print(f"{by_stream} pages read their answer from the stream to its end")
    assert by_stream > 0
    for talk in talks.values():
        await ensure_takes_another(scene, talk.title)
