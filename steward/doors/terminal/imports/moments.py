"""Moments as exports write them: seconds since 1970, or ISO 8601."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any


def moment(given: Any) -> datetime | None:
    """The moment, or None when there is none to read."""
    if isinstance(given, bool):
        return None
    try:
        if isinstance(given, int | float) and math.isfinite(given) and given > 0:
            return datetime.fromtimestamp(given, UTC)
        if isinstance(given, str):
            read = datetime.fromisoformat(given)
            return read if read.tzinfo else read.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None
