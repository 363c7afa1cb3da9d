"""Tables as lines: CSV, TSV, and the rules that all tables share."""

from __future__ import annotations

from pathlib import Path

import pytest

from steward.knowledge.reading import tables
from tests.knowledge.reading.makers import media_type, parse, written


def lines(*rows: tuple[str, ...], is_headed: bool = False) -> list[str]:
    return list(tables.lines(rows, is_headed=is_headed))


def test_the_first_row_with_names_is_the_header() -> None:
    assert lines(("Our prices",), ("Part", "Price", "Unit"), ("BR-1", "9", "piece"), ("BR-2", "", "box")) == [
        "Our prices",
        "Part: BR-1; Price: 9; Unit: piece",
        "Part: BR-2; Unit: box",
    ]


def test_numbers_and_repeated_words_are_no_header() -> None:
    assert lines(("1", "2", "3"), ("4", "5", "6")) == ["1 | 2 | 3", "4 | 5 | 6"]
    assert lines(("yes", "yes", "no"), ("no", "no", "yes")) == ["yes | yes | no", "no | no | yes"]


def test_two_columns_of_labels_and_values_have_no_header() -> None:
    assert lines(("Voltage", "230 V"), ("Weight", "4 kg")) == ["Voltage | 230 V", "Weight | 4 kg"]
    assert lines(("Status", "draft"), ("Owner", "office")) == ["Status | draft", "Owner | office"]
    assert lines(("Part", "Price"), ("BR-1", "9 EUR")) == ["Part: BR-1; Price: 9 EUR"]


def test_a_header_without_rows_is_not_lost() -> None:
    assert lines(("Part", "Price", "Unit")) == ["Part | Price | Unit"]


def test_below_a_gap_another_table_begins() -> None:
    assert lines(("A", "B", "C"), ("1", "2", "3"), ("",), ("", "D", "E"), ("", "4", "5")) == [
        "A: 1; B: 2; C: 3",
        "",
        "D: 4; E: 5",
    ]
    # A gap within one table changes nothing.
    assert lines(("A", "B", "C"), ("1", "2", "3"), ("", ""), ("x", "y", "z"))[-1] == "A: x; B: y; C: z"


def test_cells_beyond_the_header_and_with_line_ends() -> None:
    assert lines(("A", "B"), ("1\n2", "3", "4"), is_headed=True) == ["A: 1 2; B: 3; 4"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found_out(tmp_path: Path, separator: str) -> None:
    rows = [["part", "price, net", "note"], ["BR-1", "9,50", "one; or two"], ["BR-2", "1,20", ""]]
    text = "\r\n".join(separator.join(f'"{cell}"' for cell in row) for row in rows)
    draft = parse(written(tmp_path, "prices.csv", text))
    assert draft.text == "part: BR-1; price, net: 9,50; note: one; or two\npart: BR-2; price, net: 1,20"
    assert draft.has_hard_lines


def test_tab_separated_values(tmp_path: Path) -> None:
    path = written(tmp_path, "prices.tsv", "part\tprice\nBR-1\t9\n")
    assert media_type(path) == "text/tab-separated-values"
    assert parse(path).text == "part: BR-1; price: 9"


def test_a_quote_that_nobody_closes(tmp_path: Path) -> None:
    assert "second" in parse(written(tmp_path, "prices.csv", 'a,b\n"first,2\nsecond,3\n')).text


def test_a_hundred_thousand_columns(tmp_path: Path) -> None:
    header = ",".join(f"c{number}" for number in range(100_000))
    draft = parse(written(tmp_path, "wide.csv", f"{header}\n{'1,' * 99_999}1\n"))
    assert draft.text.startswith("c0: 1; c1: 1; ")
    assert draft.text.endswith("; c99999: 1")
