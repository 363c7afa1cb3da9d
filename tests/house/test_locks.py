"""The locks: pinned with hashes, complete, and without a word on where packages were fetched."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
WEB_LOCK = (ROOT / "web/package-lock.json").read_text("utf-8")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_has_hashes_and_names_no_index(lock: Path) -> None:
    text = lock.read_text("utf-8")
    pinned = re.findall(r"^[a-z0-9][^ ]*==[^ ]+ .*\\$", text, re.MULTILINE)
    assert pinned
    assert "://" not in text
    assert not re.search(r"^-", text, re.MULTILINE)
    assert [
        line for line in text.splitlines() if line and not line.startswith(" ") and not line.endswith("\\")
    ] == []


def test_the_lock_of_the_web_app_names_no_registry() -> None:
    assert '"resolved": "http' not in WEB_LOCK


def test_locks_hold_no_prerelease_of_a_direct_dependency() -> None:
    text = (ROOT / "requirements/dev.txt").read_text("utf-8")
    early = re.findall(r"^([a-z0-9-]+)==\S*\d(?:a|b|rc|\.dev)\d", text, re.MULTILINE)
    # The telemetry exporter pins these parts of itself, which its authors release as betas only.
    assert [name for name in early if not name.startswith("opentelemetry-")] == []


def test_the_lock_of_the_web_app_has_the_parts_for_every_platform() -> None:
    """`npm ci` refuses a lock without them, on every platform; npm leaves them out when the registry lags behind."""
    packages: dict[str, dict[str, Any]] = json.loads(WEB_LOCK)["packages"]
    missing = {
        name
        for package in packages.values()
        for name in package.get("optionalDependencies", {})
        if not any(place.endswith(f"node_modules/{name}") for place in packages)
    }
    assert missing == set()
