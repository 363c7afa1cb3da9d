"""Passages: all of the text in them, none too long, cut where a reader would cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steward.knowledge.reading import chunks
from steward.knowledge.reading.cleaning import clean
from steward.knowledge.reading.contents import Mark, Span
from steward.knowledge.reading.counting import Counter
from steward.knowledge.reading.draft import Draft
from steward.providers import tokens

COUNTER = Counter()
SCRIPTS = (
    "the valve opens at nine bar and Dr. Brown closes it. ",
    "Größe und Gewicht z. B. 3.5 kg! ",
    "机器在九巴时打开阀门。请等待十分钟！好吗？",
    "これは日本語の文章です。「待って。」",
    "يفتح الصمام عند تسعة بار؟ نعم. ",
    "मशीन को ठंडा होने दें। फिर खोलें। ",
    "เปิดวาล์วที่เก้าบาร์แล้วรอสิบนาที ",
    "밸브는 9바에서 열립니다. 기다리세요. ",
    "👩‍👩‍👧 🎉🎉🎉 ",
    "\n\n",
    "\n",
    "- item one\n",
    "# Heading\n",
    "   ",
    "\t",
    "x" * 60,
    "a\u0301\u0302\u0303" * 9,
    "https://example.com/a/very/long/address?with=parameters&and=more#fragment ",
    "if (x) { return y[1]; }\n",
    "aGVsbG8gd29ybGQsIHRoaXMgaXMgYmFzZTY0" * 3,
)
TEXTS = st.lists(st.sampled_from(SCRIPTS) | st.text(max_size=30), max_size=60).map("".join).map(clean)


def cut(text: str, most: int = 200, overlap: int = 0, **facts: object) -> list[Span]:
    return list(chunks.cut(Draft(text, **facts), most, overlap, COUNTER))  # pyright: ignore[reportArgumentType]  # a test's own facts


def passages(text: str, most: int = 200, overlap: int = 0, **facts: object) -> list[str]:
    return [text[span.start : span.end] for span in cut(text, most, overlap, **facts)]


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.integers(32, 120), st.booleans())
def test_passages_hold_all_of_the_text_and_none_is_too_long(
    text: str, most: int, has_hard_lines: bool
) -> None:
    ensure_whole_and_short(text, cut(text, most, has_hard_lines=has_hard_lines), most)


def ensure_whole_and_short(text: str, spans: list[Span], most: int) -> None:
    end = 0
    for span in spans:
        passage = text[span.start : span.end]
        assert passage
        assert passage == passage.strip()
        assert not text[end : span.start].strip()
        assert tokens.count(passage) <= span.tokens <= most
        end = span.end
    assert not text[end:].strip()


@settings(max_examples=80, deadline=None)
@given(TEXTS, st.integers(32, 120), st.integers(1, 100))
def test_with_overlap_nothing_is_lost_and_every_passage_brings_something(
    text: str, most: int, overlap: int
) -> None:
    spans = cut(text, most, overlap)
    plain_end = 0
    for before, span in zip([None, *spans], spans, strict=False):
        assert not text[plain_end : span.start].strip()
        assert span.end > plain_end
        assert before is None or span.start > before.start
        assert tokens.count(text[span.start : span.end]) <= span.tokens <= most
        plain_end = span.end
    assert not text[plain_end:].strip()


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    ["".join(SCRIPTS) * 900, " ".join(SCRIPTS).replace("\n", " ") * 900, "x中" * 130_000, "a b " * 60_000],
)
def test_long_texts_are_cut_in_blocks_that_nobody_sees(text: str) -> None:
    text = clean(text)
    assert len(text) > 200_000
    ensure_whole_and_short(text, cut(text, 100), 100)
    ensure_whole_and_short(text, cut(text, 100, marks=[Mark(0, level=1, heading="All")]), 100)


def test_blank_text_has_no_passages() -> None:
    assert cut("") == cut(" \n\n\t ") == []


def words(count: int, word: str = "water") -> str:
    """One sentence of so many tokens, about."""
    return " ".join([word.capitalize(), *[word] * (count - 2)]) + "."


def test_paragraphs_stay_whole_and_short_ones_come_together() -> None:
    one, two, three = words(40), words(50), words(80)
    text = f"{one}\n\n{two}\n\n{three}"
    assert passages(text, 100) == [f"{one}\n\n{two}", three]


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    sentence = "The valve opens at nine bar and closes at eight point five."
    text = " ".join([sentence] * 30)
    found = passages(text, 64)
    assert all(passage.endswith("five.") and passage.startswith("The") for passage in found)
    assert len(found) == 8


def test_a_heading_begins_a_passage_and_stays_with_its_text() -> None:
    text = f"# One\n\n{words(60)}\n\n# Two\n\n{words(60)}\n\n# Three\n\nShort.\n\n# Four\n\n{words(60)}"
    marks = [Mark(text.index(f"# {name}"), level=1, heading=name) for name in ("One", "Two", "Three", "Four")]
    found = cut(text, 200, marks=marks)
    assert [text[span.start : span.end].split("\n")[0] for span in found] == ["# One", "# Two", "# Three"]
    assert [span.headings for span in found] == [("One",), ("Two",), ("Three",)]
    for most in range(32, 150, 7):
        for span in cut(text, most, marks=marks):
            assert not text[span.start : span.end].endswith(("One", "Two", "Three", "Four"))


def test_headings_are_a_path_and_hold_for_every_passage_below() -> None:
    body = " ".join([words(20)] * 6)
    text = f"Manual\n\nBoiler\n\n{body}\n\nPump\n\n{body}\n\nGrinder\n\n{body}"
    marks = [
        Mark(0, level=1, heading="Manual"),
        Mark(text.index("Boiler"), level=2, heading="Boiler"),
        Mark(text.index("Pump"), level=2, heading="Pump"),
        Mark(text.index("Grinder"), level=1, heading="Grinder"),
    ]
    found = [span.headings for span in cut(text, 64, marks=marks)]
    assert found[0] == ("Manual", "Boiler")
    assert sorted(set(found), key=found.index) == [("Manual", "Boiler"), ("Manual", "Pump"), ("Grinder",)]
    assert len(found) == 9


def test_pages_are_those_that_passages_begin_on() -> None:
    parts = [words(30), words(70), words(70)]
    text = "\n\n".join(parts)
    marks = [Mark(text.index(part), page=number) for number, part in ((1, parts[0]), (2, parts[1]))]
    marks.append(Mark(len(text) - len(parts[2]), page=4))
    assert [span.page for span in cut(text, 80, marks=marks)] == [1, 2, 4]
    assert [span.page for span in cut(text, 80, marks=marks[1:])] == [None, 2, 4]


def test_a_block_of_code_stays_whole_when_it_fits() -> None:
    code = "```\n" + "\n\n".join(f"line_{number}()" for number in range(8)) + "\n```"
    text = f"{words(60)}\n\n{code}\n\n{words(60)}"
    start = text.index("```")
    found = passages(text, 120, whole=[(start, start + len(code) + 1)])
    assert sum(code in passage for passage in found) == 1


def test_rows_of_a_table_are_not_cut() -> None:
    rows = [f"Part: BR-{number}; Price: {number} EUR; Note: fits. All models" for number in range(60)]
    text = "\n".join(rows)
    found = passages(text, 64, has_hard_lines=True)
    assert "\n".join(found) == text


def test_items_of_a_list_are_not_cut() -> None:
    items = [f"- item {number} goes on\n  over two lines. With two sentences." for number in range(40)]
    text = "All of these:\n" + "\n".join(items)
    assert all(passage.startswith(("- item", "All")) for passage in passages(text, 64))


@pytest.mark.parametrize(
    "text",
    [
        "第一句话在这里结束。第二句话问你好吗？第三句话很高兴！" * 12,
        "يفتح الصمام عند تسعة بار؟ ثم يغلق عند ثمانية. " * 12,
        "पहला वाक्य यहाँ समाप्त होता है। दूसरा वाक्य भी। " * 12,
    ],
)
def test_sentences_of_other_scripts(text: str) -> None:
    found = passages(text, 64)
    assert len(found) > 3
    assert all(passage.endswith(("。", "？", "！", "؟", ".", "।")) for passage in found)


def test_abbreviations_numbers_and_initials_end_no_sentence() -> None:
    sentence = "See Fig. 3 and No. 5 of Dr. J. Smith, e.g. the U.S. version 2.5 of the 3. May."
    assert passages(" ".join([sentence] * 3), 40) == [sentence] * 3


def test_overlap_repeats_whole_sentences_but_no_other_chapter() -> None:
    sentences = [f"Sentence number {number} has these words." for number in range(12)]
    text = " ".join(sentences)
    found = passages(text, 48, 12)
    for before, after in pairwise(found):
        assert after.split(". ")[0].rstrip(".") in before
    text = f"{' '.join(sentences[:6])}\n\nNext\n\n{' '.join(sentences[6:])}"
    marks = [Mark(text.index("Next"), level=1, heading="Next")]
    assert [p for p in passages(text, 96, 12, marks=marks) if p.startswith("Next")]


def test_one_line_without_end_is_cut_all_the_same() -> None:
    text = "x" * 20_000
    found = passages(text, 64)
    assert "".join(found) == text


def test_counts_are_those_of_the_tokenizer() -> None:
    text = "The quick brown fox isn't 9.5 kg heavy; the Größe is 3 m² and 中文 too.\n\nNew line\twith tab   and spaces."
    assert cut(text)[0].tokens == tokens.count(text)


def test_a_chapter_that_is_a_little_too_long_is_cut_in_the_middle() -> None:
    body = " ".join(words(20) for _ in range(11))
    text = f"One\n\n{body}\n\nTwo\n\n{words(60)}"
    marks = [Mark(text.index(name), level=1, heading=name) for name in ("One", "Two")]
    found = cut(text, 200, marks=marks)
    assert [span.headings for span in found] == [("One",), ("One",), ("Two",)]
    assert abs(found[0].tokens - found[1].tokens) < 30
