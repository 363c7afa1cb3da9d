"""Web pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from steward.knowledge.reading.contents import Unreadable
from steward.knowledge.reading.html import read_text
from tests.knowledge.reading.makers import MOST_CHARS, headings, media_type, parse, written


def text(html: str) -> str:
    return read_text(html, MOST_CHARS).text


def test_headings_paragraphs_lists_and_tables() -> None:
    draft = read_text(
        "<html><head><title>Service &amp; repair</title><style>p {}</style></head><body>"
        "<nav><a href='/'>Home</a></nav><h1>Boiler</h1><p>Drain it <b>before</b> you\n  open it.</p>"
        "<h2>Steps</h2><ol><li>Pull the plug<li>Wait<ul><li>ten minutes</ul></ol>"
        "<table><tr><th>Part<th>Price</tr><tr><td>BR-1<td>9 EUR</tr></table>"
        "<pre>if cold:\n    open()</pre><script>alert(1)</script><footer>Imprint</footer></body></html>",
        MOST_CHARS,
    )
    assert draft.text == (
        "Boiler\n\nDrain it before you open it.\n\nSteps\n\n1. Pull the plug\n2. Wait\n  - ten minutes\n\n"
        "Part: BR-1; Price: 9 EUR\n\nif cold:\n    open()"
    )
    assert headings(draft) == [(1, "Boiler"), (2, "Steps")]
    assert draft.title == "Service & repair"


def test_only_the_main_part_where_the_page_says_which_it_is() -> None:
    assert text("<body><div>Adverts</div><main><p>The article.</p></main><div>More</div>") == "The article."


def test_hidden_parts_are_left_out_unless_there_is_nothing_else() -> None:
    assert text("<p hidden>a</p><p style='display: none'>b</p><p aria-hidden=true>c</p><p>d</p>") == "d"
    assert text("<nav><p>All of it is a menu.</p></nav>") == "All of it is a menu."


def test_tables_that_only_arrange_the_page() -> None:
    html = "<table><tr><td><p>Left.</p><table><tr><th>A<th>B<tr><td>1<td>2</table></td><td>Right.</td></tr></table>"
    assert text(html) == "Left.\n\nA: 1; B: 2\n\nRight."


def test_columns_that_are_joined_keep_the_others_in_place() -> None:
    html = "<table><tr><th>A<th>B<th>C<tr><td colspan=2>1<td>3</table>"
    assert text(html) == "B: 1; C: 3"


def test_line_breaks() -> None:
    assert text("<p>Ridge Street 1<br>\n Tower</p>") == "Ridge Street 1\nTower"


@pytest.mark.slow
@pytest.mark.parametrize("tag", ["div", "b", "table><tr><td", "ul><li", "main"])
def test_a_hundred_thousand_levels(tag: str) -> None:
    assert text(f"<{tag}>" * 100_000 + "deep").strip(" -") == "deep"


def test_tags_that_nobody_closes_or_opened() -> None:
    assert text("</div></td></main></pre><p>a</ul></table><h1>b<table><td>c") == "a\n\nb\n\nc"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"<html><meta charset='windows-1251'><p>\xcf\xf0\xe8\xe2\xe5\xf2, \xec\xe8\xf0", "Привет, мир"),
        ("<html><meta charset='latin-1'><p>größer".encode(), "größer"),
        ("<html><p>größer".encode("utf-16"), "größer"),
        (b"<html><meta charset=iso-2022-jp><p>" + "日本語".encode("iso-2022-jp"), "日本語"),
    ],
)
def test_encodings(tmp_path: Path, content: bytes, expected: str) -> None:
    assert parse(written(tmp_path, "page.html", content)).text == expected


def test_a_page_is_known_by_its_beginning(tmp_path: Path) -> None:
    page = "<?xml version='1.0'?>\n<!-- by hand -->\n<!DOCTYPE html><html><p>Hi"
    assert media_type(written(tmp_path, "page.txt", page)) == "text/html"


def test_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as refused:
        parse(written(tmp_path, "page.html", "<html><script>1</script></html>"))
    assert refused.value.tag == "file_has_no_text"


def test_text_beyond_the_limit() -> None:
    with pytest.raises(Unreadable, match="more than 10 characters"):
        read_text("<p>" + "word " * 10, 10)
