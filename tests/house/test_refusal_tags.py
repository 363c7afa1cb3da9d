"""docs/errors.md lists the tag of every refusal."""

from __future__ import annotations

import re

from scripts import reference

PAGE = (reference.ROOT / "docs/errors.md").read_text("utf-8")


def test_every_tag_is_documented() -> None:
    listed = dict(re.findall(r"^\| `([a-z_]+)` \| (\d+) \|", PAGE, re.MULTILINE))
    assert listed == {tag.tag: str(tag.status) for tag in reference.tags()}, "run make docs"


def test_every_refusal_says_when_it_happens() -> None:
    assert [tag.tag for tag in reference.tags() if not tag.meaning.endswith(".")] == []


def test_a_tag_has_one_status() -> None:
    kinds = [
        kind for kind in reference.descendants(reference.Refusal) if kind.__module__.startswith("steward.")
    ]
    pairs = {(kind.tag, kind.status) for kind in kinds}
    assert len(pairs) == len({tag for tag, _ in pairs})
