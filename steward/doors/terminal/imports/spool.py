"""The spool: what was read waits on the disk, so that it can come in any order and of any size."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

_SCHEMA: Final = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE objects (seq INTEGER PRIMARY KEY, kind TEXT, id TEXT, parent_id TEXT, body BLOB, UNIQUE (kind, id));
CREATE INDEX objects_of_parent ON objects (kind, parent_id, seq);
"""


class Spool:
    """Objects by their kind and id; the first of an id counts. Every method blocks, and one thread at a time calls."""

    def __init__(self, path: Path) -> None:
        self._file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._file.executescript(_SCHEMA)
        self._file.execute("BEGIN")

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def add(self, kind: str, object_id: str, body: dict[str, Any], parent_id: str = "") -> bool:
        """Keep an object; whether it was not there yet."""
        added = self._file.execute(
            "INSERT OR IGNORE INTO objects (kind, id, parent_id, body) VALUES (?, ?, ?, ?)",
            (kind, object_id, parent_id, msgspec.json.encode(body)),
        )
        return added.rowcount == 1

    def count(self, kind: str) -> int:
        """How many there are of a kind."""
        return self._file.execute("SELECT count(*) FROM objects WHERE kind = ?", (kind,)).fetchone()[0]

    def each(self, kind: str) -> Iterator[dict[str, Any]]:
        """All of a kind, in the order in which they came."""
        seq = 0
        while row := self._file.execute(
            "SELECT seq, body FROM objects WHERE kind = ? AND seq > ? ORDER BY seq LIMIT 1", (kind, seq)
        ).fetchone():
            seq = row[0]
            yield msgspec.json.decode(row[1])

    def find(self, kind: str, object_id: str) -> dict[str, Any] | None:
        """The one of this kind and id, or None."""
        row = self._file.execute(
            "SELECT body FROM objects WHERE kind = ? AND id = ?", (kind, object_id)
        ).fetchone()
        return None if row is None else msgspec.json.decode(row[0])

    def of_parent(self, kind: str, parent_id: str) -> list[dict[str, Any]]:
        """All of a kind that belong to another object, in the order in which they came."""
        rows = self._file.execute(
            "SELECT body FROM objects WHERE kind = ? AND parent_id = ? ORDER BY seq", (kind, parent_id)
        )
        return [msgspec.json.decode(row[0]) for row in rows]

    def parent_ids(self, kind: str, parent_kind: str) -> list[str]:
        """The ids that objects of a kind belong to, and those of the parent's own kind."""
        rows = self._file.execute(
            "SELECT id FROM objects WHERE kind = ? UNION SELECT parent_id FROM objects WHERE kind = ? ORDER BY 1",
            (parent_kind, kind),
        )
        return [row[0] for row in rows]
