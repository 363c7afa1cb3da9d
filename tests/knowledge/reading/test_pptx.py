"""Presentations, made by python-pptx."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pptx import Presentation
from pptx.util import Inches

from steward.knowledge.reading.contents import Mark, Unreadable
from tests.knowledge.reading.makers import headings, parse, repacked


def saved(folder: Path) -> Path:
    deck = Presentation()
    deck.core_properties.title = "Launch of the grinder"
    first: Any = deck.slides.add_slide(deck.slide_layouts[1])
    first.shapes.title.text = "Why a new grinder"
    body = first.placeholders[1].text_frame
    body.text = "Quieter"
    below = body.add_paragraph()
    below.text = "58 dB at one metre"
    below.level = 1
    first.notes_slide.notes_text_frame.text = "Pause here for questions."
    second: Any = deck.slides.add_slide(deck.slide_layouts[5])
    second.shapes.title.text = "Prices"
    table = second.shapes.add_table(2, 3, Inches(1), Inches(1), Inches(4), Inches(1)).table
    for row, cells in enumerate((("Model", "Price", "From"), ("G2", "499 EUR", "May"))):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    path = folder / "launch.pptx"
    deck.save(str(path))
    return path


def test_a_slide_is_a_page_with_its_title_texts_tables_and_notes(tmp_path: Path) -> None:
    draft = parse(saved(tmp_path))
    assert draft.text == (
        "Why a new grinder\n\n- Quieter\n  - 58 dB at one metre\n\nPause here for questions.\n\n"
        "Prices\n\nModel: G2; Price: 499 EUR; From: May"
    )
    assert draft.pages == 2
    assert draft.title == "Launch of the grinder"
    assert headings(draft) == [(1, "Why a new grinder"), (1, "Prices")]
    assert [mark for mark in draft.marks if mark.page] == [
        Mark(0, page=1),
        Mark(draft.text.index("Prices"), page=2),
    ]


def test_a_missing_slide_is_told(tmp_path: Path) -> None:
    path = repacked(saved(tmp_path), tmp_path / "broken.pptx", {"ppt/slides/slide2.xml": None})
    with pytest.raises(Unreadable, match="The presentation is damaged"):
        parse(path)
