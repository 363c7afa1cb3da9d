"""Answers with one object: JSON, and how soon a client that waits for it may ask again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from starlette.responses import Response

POLL_AFTER_MS: Final = 200
"""The official clients wait this long between two looks, else a whole second."""

_UNDER_WAY: Final = frozenset({"in_progress", "queued", "cancelling"})


def answer(shown: Mapping[str, Any]) -> Response:
    """The object as an answer."""
    response = Response(msgspec.json.encode(shown), media_type="application/json")
    if shown.get("status") in _UNDER_WAY:
        response.headers["openai-poll-after-ms"] = str(POLL_AFTER_MS)
    return response
