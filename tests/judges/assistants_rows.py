"""What the judges of the Assistants door ask: every row of the API, and which judge says that it asks which of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

_VERBS: Final = {
    "/assistants": "GET POST",
    "/assistants/{id}": "GET POST DELETE",
    "/threads": "POST",
    "/threads/{id}": "GET POST DELETE",
    "/threads/{id}/messages": "GET POST",
    "/threads/{id}/messages/{id}": "GET POST DELETE",
    "/threads/runs": "POST",
    "/threads/{id}/runs": "GET POST",
    "/threads/{id}/runs/{id}": "GET POST",
    "/threads/{id}/runs/{id}/cancel": "POST",
    "/threads/{id}/runs/{id}/submit_tool_outputs": "POST",
    "/threads/{id}/runs/{id}/steps": "GET",
    "/threads/{id}/runs/{id}/steps/{id}": "GET",
    "/files": "GET POST",
    "/files/{id}": "GET DELETE",
    "/files/{id}/content": "GET",
    "/vector_stores": "GET POST",
    "/vector_stores/{id}": "GET POST DELETE",
    "/vector_stores/{id}/search": "POST",
    "/vector_stores/{id}/files": "GET POST",
    "/vector_stores/{id}/files/{id}": "GET POST DELETE",
    "/vector_stores/{id}/files/{id}/content": "GET",
    "/vector_stores/{id}/file_batches": "POST",
    "/vector_stores/{id}/file_batches/{id}": "GET",
    "/vector_stores/{id}/file_batches/{id}/cancel": "POST",
    "/vector_stores/{id}/file_batches/{id}/files": "GET",
}
ROWS: Final = frozenset(f"{verb} {path}" for path, verbs in _VERBS.items() for verb in verbs.split())
"""The API, as `VERB /path` with `{id}` for every id. OpenAI's base path `/v1` is left out."""

OUR_OWN: Final = frozenset({"GET /threads"})
"""What OpenAI's own hosts never had, so that no client has a method for it."""

_ID: Final = re.compile(r"(?:asst|thread|msg|run|step|vs|vsfb)_[^/]+|file-[^/]+|\{\w+\}")
Way = TypeVar("Way")


def row_of(verb: str, path: str) -> str:
    """The row that a request asks, or that a route answers."""
    steps = ["{id}" if _ID.fullmatch(step) else step for step in path.removeprefix("/v1").split("/")]
    return f"{verb} {'/'.join(steps)}"


@dataclass(frozen=True, slots=True)
class Check(Generic[Way]):
    """A scene that a client plays, and the rows that it says it asks on its way."""

    name: str
    way: Way
    rows: frozenset[str]


class Checks(Generic[Way]):
    """The checks of one client."""

    def __init__(self) -> None:
        self.known: list[Check[Way]] = []

    def asks(self, *rows: str) -> Callable[[Way], Way]:
        """Add a check. That it really asks these rows is seen when it is played."""
        assert set(rows) <= ROWS, set(rows) - ROWS

        def add(way: Way) -> Way:
            name = getattr(way, "__name__", "")
            self.known.append(Check(name, way, frozenset(rows)))
            return way

        return add

    @property
    def rows(self) -> frozenset[str]:
        """All that is asked by one check or another."""
        return frozenset(row for check in self.known for row in check.rows)
