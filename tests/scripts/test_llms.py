"""scripts/llms.py: the map of the documentation."""

from __future__ import annotations

from pathlib import Path

import pytest
from inline_snapshot import snapshot

from scripts import llms

HEADER = """---
title: Backups
dimension: knowledge
category: operation
tags: [backup]
related_dimensions: [things]
scope: How to keep a copy
created: 2026-11-21
updated: 2026-11-21
version: 0.1.0
ai_context:
  purpose: Answer how to back up.
---

# Backups
"""


def test_the_map_is_up_to_date() -> None:
    assert llms.main(["--check"]) == 0, "run make docs"


def test_a_page_becomes_a_line() -> None:
    assert llms.render([llms.parse("backup.md", HEADER)]) == snapshot("""\
# Steward

> The assistant backend that you own: streaming chat from any model, behind the protocols that clients already speak.

## Operations

- [Backups](backup.md): How to keep a copy. Answer how to back up.
""")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("---\n", "", "does not open with a header"),
        ("title: Backups\n", "", "title is a text"),
        ("updated: 2026-11-21", "updated: soon", "updated is a date"),
        ("tags: [backup]", "tags: backup", "tags is a list"),
        ("  purpose: Answer how to back up.", "  use: none", "ai_context has a purpose"),
        ("category: operation", "category: poem", "category is one of"),
        ("dimension: knowledge", "dimension: weather", "a dimension is one of"),
    ],
)
def test_a_header_that_lacks_something_is_refused(old: str, new: str, sentence: str) -> None:
    with pytest.raises(llms.HeaderError, match=sentence):
        llms.parse("page.md", HEADER.replace(old, new, 1))


def test_a_stale_map_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/backup.md").write_text(HEADER)
    assert llms.main(["--check"], tmp_path) == 1
    assert "run make docs" in capsys.readouterr().err
    assert llms.main([], tmp_path) == 0
    assert llms.main(["--check"], tmp_path) == 0
