"""Excel workbooks, made by openpyxl."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from openpyxl import Workbook

from steward.knowledge.reading.contents import Unreadable
from tests.knowledge.reading.makers import headings, parse, repacked


def saved(folder: Path) -> Path:
    book = Workbook()
    book.properties.title = "Prices 2031"
    prices = book.active
    assert prices is not None
    prices.title = "Prices"
    prices.append(["Price list, valid from spring"])
    prices.append([])
    prices.append(["Part", "Price", "Discount", "From", "In stock"])
    prices.append(["BR-2210", 19.9, 0.15, dt.date(2031, 3, 1), True])
    prices["C4"].number_format = "0%"
    prices.append(["BR-2211", 4, None, dt.datetime.fromisoformat("2031-03-01T12:30"), False])
    book.create_sheet("Empty")
    book.create_sheet("Notes").append(["Ask before you give more than 20%."])
    path = folder / "prices.xlsx"
    book.save(path)
    return path


def test_a_sheet_is_a_heading_and_a_row_names_its_columns(tmp_path: Path) -> None:
    draft = parse(saved(tmp_path))
    assert draft.text == (
        "Prices\n\nPrice list, valid from spring\n\n"
        "Part: BR-2210; Price: 19.9; Discount: 15%; From: 2031-03-01; In stock: TRUE\n"
        "Part: BR-2211; Price: 4; From: 2031-03-01 12:30; In stock: FALSE\n\n"
        "Notes\n\nAsk before you give more than 20%."
    )
    assert headings(draft) == [(1, "Prices"), (1, "Notes")]
    assert draft.title == "Prices 2031"


def test_a_cell_far_out_brings_no_empty_ones(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = "first"
    sheet["XFD20000"] = "last"
    book.save(tmp_path / "far.xlsx")
    assert parse(tmp_path / "far.xlsx").text == "Sheet\n\nfirst\n\nlast"


def test_rows_beyond_the_limit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="more than 60 characters"):
        parse(saved(tmp_path), most_chars=60)


def test_a_broken_sheet_is_told(tmp_path: Path) -> None:
    path = repacked(
        saved(tmp_path), tmp_path / "broken.xlsx", {"xl/worksheets/sheet1.xml": b"<worksheet><row"}
    )
    with pytest.raises(Unreadable, match="The Excel workbook is damaged"):
        parse(path)


@pytest.mark.slow
def test_a_bomb_is_refused(tmp_path: Path) -> None:
    bomb = repacked(saved(tmp_path), tmp_path / "bomb.xlsx", {"xl/sharedStrings.xml": b" " * 310_000_000})
    with pytest.raises(Unreadable) as refused:
        parse(bomb)
    assert refused.value.tag == "file_unpacks_too_large"
