"""What ingestion has stored, seen past the row policies: everything that must not be there, in words."""

from __future__ import annotations

from typing import Final

from steward.kernel.settings import Settings
from tests.conftest import Person
from tests.support.database import Connection, as_owner

_WRONG: Final = {
    "a document in progress": "SELECT d.id FROM documents d WHERE d.status = 'in_progress' AND {mine}",
    "ready, yet nothing is found of it": "SELECT d.id FROM documents d WHERE d.status = 'ready' AND {mine} "
    "AND (d.live_revision IS DISTINCT FROM d.revision OR d.stage <> 'searchable' OR d.live_model IS NULL)",
    "failed without a reason": "SELECT d.id FROM documents d WHERE d.status = 'failed' AND {mine} "
    "AND (coalesce(d.error ->> 'tag', '') = '' OR coalesce(d.error ->> 'reason', '') = '' "
    "OR coalesce(d.error ->> 'fix', '') = '')",
    "ready without a file": "SELECT d.id FROM documents d WHERE d.status = 'ready' AND d.file_id IS NULL AND {mine}",
    "other passages than were counted": "SELECT d.id FROM documents d WHERE d.live_revision IS NOT NULL AND {mine} "
    "AND (SELECT (count(*), min(c.ordinal), max(c.ordinal)) FROM chunks c WHERE c.workspace_id = d.workspace_id "
    "AND c.document_id = d.id AND c.revision = d.live_revision) <> (d.live_chunks::bigint, 0, d.live_chunks - 1)",
    "counted, but not in the end": "SELECT d.id FROM documents d WHERE d.status = 'ready' AND {mine} "
    "AND (d.chunks_total, d.chunks_done) IS DISTINCT FROM (d.live_chunks, d.live_chunks)",
    "passages of a revision that is not live": "SELECT DISTINCT c.document_id || ':' || c.revision FROM chunks c "
    "LEFT JOIN documents d ON d.workspace_id = c.workspace_id AND d.id = c.document_id "
    "AND d.live_revision = c.revision WHERE d.id IS NULL AND c.{workspace}",
    "the text of a revision that is not live": "SELECT t.id || ':' || t.revision FROM document_texts t "
    "LEFT JOIN documents d ON d.workspace_id = t.workspace_id AND d.id = t.id AND d.live_revision = t.revision "
    "WHERE d.id IS NULL AND t.{workspace}",
    "a passage that is not the text at its place": "SELECT c.document_id || ':' || c.ordinal FROM chunks c "
    "JOIN documents d ON d.workspace_id = c.workspace_id AND d.id = c.document_id AND d.live_revision = c.revision "
    "LEFT JOIN document_texts t ON t.workspace_id = d.workspace_id AND t.id = d.id AND t.revision = d.live_revision "
    "WHERE c.{workspace} AND c.text IS DISTINCT FROM substr(t.text, c.start_at + 1, c.end_at - c.start_at)",
    "passages in another collection than their document": "SELECT c.document_id FROM chunks c "
    "JOIN documents d ON d.workspace_id = c.workspace_id AND d.id = c.document_id "
    "WHERE c.{workspace} AND c.collection_id <> d.collection_id",
    "a collection that has miscounted": "SELECT k.id FROM collections k WHERE k.{workspace} AND k.chunks <> "
    "(SELECT coalesce(sum(d.live_chunks), 0) FROM documents d WHERE d.workspace_id = k.workspace_id "
    "AND d.collection_id = k.id)",
    "a file that nobody needs": "SELECT f.id FROM files f WHERE f.purpose = 'knowledge' AND f.{workspace} "
    "AND NOT EXISTS (SELECT FROM documents d WHERE d.workspace_id = f.workspace_id AND d.file_id = f.id)",
}


async def wrong(owner: Connection, workspace_id: str) -> dict[str, list[str]]:
    """What is wrong in a workspace where nothing is under way any more: by name, the rows that show it."""
    found: dict[str, list[str]] = {}
    for name, query in _WRONG.items():
        mine = "workspace_id = $1"
        rows = await owner.fetch(query.format(mine=f"d.{mine}", workspace=mine), workspace_id)
        if rows:
            found[name] = [row[0] for row in rows]
    return found


async def wrong_of(settings: Settings, person: Person) -> dict[str, list[str]]:
    """What is wrong in a person's workspace; see `wrong`."""
    async with as_owner(settings) as owner:
        return await wrong(owner, person.actor.workspace_id)
