"""The runtime: the one installed object that knows the real things of this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from steward.kernel.settings import Settings
from steward.kernel.work import Database

T = TypeVar("T")


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Runtime:
    """Settings, database, clock and the name of this process. Rooms keep their own live parts in `parts`."""

    settings: Settings
    database: Database
    process_id: str
    now: Callable[[], datetime] = _now
    parts: dict[type, object] = field(default_factory=dict[type, object])

    def part(self, kind: type[T]) -> T:
        """The live part of a room, such as its feed, installed by `app.py` at start."""
        found = self.parts[kind]
        assert isinstance(found, kind)
        return found


_installed: Runtime | None = None


def install(runtime: Runtime | None) -> None:
    """Make this the runtime of the process; tests install their own."""
    global _installed
    _installed = runtime


def current() -> Runtime:
    """The installed runtime.

    Raises:
        RuntimeError: nothing is installed; a bug in the start-up order.
    """
    if _installed is None:
        raise RuntimeError("no runtime is installed")
    return _installed
