from __future__ import annotations

from scripts import openapi


def test_the_described_interface_is_the_one_in_the_code() -> None:
    assert openapi.TARGET.read_text() == openapi.describe(), "run make docs, and look at what changed"
