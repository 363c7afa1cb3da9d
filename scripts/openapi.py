"""Writes docs/openapi.json, the description of the native REST that the web app's client is generated from.

`openapi.py` writes it, `openapi.py --check` fails when it is stale: the interface changes only on purpose.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from steward.app import build_api
from steward.kernel.settings import Settings

TARGET = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"


def describe() -> str:
    """The description as it stands in the code."""
    return json.dumps(build_api(Settings()).openapi(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def main() -> int:
    """Write the file, or compare it."""
    described = describe()
    if "--check" in sys.argv:
        stale = not TARGET.is_file() or TARGET.read_text() != described
        print("docs/openapi.json is stale: run make docs" if stale else "docs/openapi.json is up to date")
        return int(stale)
    TARGET.write_text(described)
    return 0


if __name__ == "__main__":
    sys.exit(main())
