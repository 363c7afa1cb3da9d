"""What crosses the native door of runs, and the request that every door makes of a turn."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from steward.agents.service import Wishes


@dataclass(frozen=True, slots=True)
class Earlier:
    """A message that a client holds from before its thread was known here."""

    message_id: str | None
    role: str
    parts: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """A turn, as every door asks for it.

    `thread_ref` and `message_ref` are ids of ours or of the client; `message_id` is the client's id of the new
    message, and makes the request safe to repeat. `earlier` fills a thread that is new here.
    """

    trigger: Literal["submit", "edit", "regenerate"]
    thread_ref: str | None
    parts: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    message_id: str | None = None
    message_ref: str | None = None
    wishes: Wishes = field(default_factory=Wishes)
    earlier: list[Earlier] = field(default_factory=list[Earlier])
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Started:
    """A turn that runs. `joined`: it ran already, for an earlier copy of the same request."""

    run_id: str
    thread_id: str
    message_id: str
    joined: bool


class RunFailure(BaseModel):
    """Why a run failed, fit to show."""

    tag: str
    message: str


class RunRead(BaseModel):
    """A run."""

    id: str
    thread_id: str
    question_id: str
    message_id: str
    status: str
    error: RunFailure | None
    created_at: datetime
    finished_at: datetime | None


class Stopped(BaseModel):
    """Whether there was something to stop."""

    stopped: bool
    run_id: str | None
