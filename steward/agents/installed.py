"""What installed packages bring along: their entry points, loaded once for each process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

import structlog

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

TOOLS_GROUP: Final = "steward.tools"
HOOKS_GROUP: Final = "steward.tool_hooks"


@dataclass(frozen=True, slots=True)
class Brought:
    """What one entry point of a package leads to; `thing` is None when it could not be loaded."""

    package: str
    name: str
    thing: Any


def brought(group: str) -> Iterator[Brought]:
    """What the entry points of a group lead to, in the order of their packages' names. A broken one is logged."""
    for point in sorted(entry_points(group=group), key=lambda one: (_package(one), one.name)):
        try:
            thing = point.load()
        except Exception:
            log.exception("package_broken", group=group, package=_package(point), entry_point=point.name)
            thing = None
        yield Brought(_package(point), point.name, thing)


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.module.partition(".")[0]
