"""Whether the judges leave nothing of the Assistants door out: every row is routed, and asked by each client.

The client for Node plays in one piece: test_node_assistants.py sees to its rows and scenes.
"""

from __future__ import annotations

from steward import app
from steward.kernel.settings import Settings
from tests.judges import test_assistants_async, test_assistants_sync
from tests.judges.assistants_rows import OUR_OWN, ROWS, row_of

_DOOR = ("/v1/assistants", "/v1/threads", "/v1/files", "/v1/vector_stores")


def test_both_python_clients_ask_every_row() -> None:
    assert test_assistants_sync.CHECKS.rows == ROWS
    assert test_assistants_async.CHECKS.rows == ROWS


def test_every_row_is_routed_and_no_other(settings: Settings) -> None:
    routed = {
        row_of(verb.upper(), path)
        for path, verbs in app.build_api(settings).openapi()["paths"].items()
        for verb in verbs
        if path.startswith(_DOOR)
    }
    assert routed == ROWS | OUR_OWN
