"""Citations: read while an answer streams, and checked when it is there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steward.knowledge.citations import CitationReader, check, strip
from steward.knowledge.markers import Marker, MarkerReader
from tests.knowledge import labelled
from tests.knowledge.made import passage
from tests.support.loop_watch import watch_the_loop

PASSAGES = [passage(1, labelled.BOILER), passage(2, labelled.WARRANTY), passage(3, labelled.TRAVEL)]


def read(pieces: Sequence[str]) -> tuple[str, list[int]]:
    """What is shown of an answer that comes in these pieces, and the numbers that it cites."""
    reader = CitationReader(PASSAGES)
    reads = [*(reader.feed(piece) for piece in pieces), reader.end()]
    return "".join(one.text for one in reads), [cited.number for one in reads for cited in one.cited]


@pytest.mark.req("RAG-09")
@pytest.mark.req("RAG-10")
@pytest.mark.parametrize(
    ("answer", "shown", "cited"),
    [
        ("Nine bar [1].", "Nine bar [1].", [1]),
        ("Nine bar [2][1], again [2].", "Nine bar [2][1], again [2].", [2, 1]),
        ("Nine bar [1, 2].", "Nine bar [1][2].", [1, 2]),
        ("Nine bar [1,2;3].", "Nine bar [1][2][3].", [1, 2, 3]),
        ("Nine bar [1-3].", "Nine bar [1][2][3].", [1, 2, 3]),
        ("Nine bar [1–3].", "Nine bar [1][2][3].", [1, 2, 3]),
        ("Nine bar [ 1 - 2 ].", "Nine bar [1][2].", [1, 2]),
        ("Nine bar【1】【 2 】.", "Nine bar[1][2].", [1, 2]),
        ("九気圧です【1】。保証[2]。", "九気圧です[1]。保証[2]。", [1, 2]),
        ("Twice [1, 1].", "Twice [1].", [1]),
        ("Bold **nine**[3].", "Bold **nine**[3].", [3]),
        ("Nine bar[1].", "Nine bar[1].", [1]),
        ("See [2] (page 3).", "See [2] (page 3).", [2]),
        ("As in [3]: nine.", "As in [3]: nine.", [3]),
        ("- [1] says nine", "- [1] says nine", [1]),
    ],
)
def test_a_marker_cites_its_passages_once_each(answer: str, shown: str, cited: list[int]) -> None:
    assert read([answer]) == (shown, cited)


@pytest.mark.req("RAG-09")
@pytest.mark.parametrize(
    ("answer", "shown", "cited"),
    [
        ("Nine bar [7].", "Nine bar.", []),
        ("Nine bar [1][7].", "Nine bar [1].", [1]),
        ("Nine bar [7, 2, 9].", "Nine bar [2].", [2]),
        ("Nine bar [2-999].", "Nine bar [2][3].", [2, 3]),
        ("Nine bar\u00a0[7]!", "Nine bar!", []),
        ("Nine bar 【8】 and so on", "Nine bar and so on", []),
        ("Nine bar.[7] More.", "Nine bar. More.", []),
    ],
)
def test_a_number_that_no_passage_has_is_left_out(answer: str, shown: str, cited: list[int]) -> None:
    assert read([answer]) == (shown, cited)


@pytest.mark.req("RAG-09")
@pytest.mark.parametrize(
    "answer",
    [
        "Write `a[1]` or ``b ` [1]`` here.",
        "```python\nfirst = a[1]\n```",
        "```\nopen [1]",
        "~~~\na [1]\n```\nb [2]\n~~~",
        "- like this:\n  ```js\n  a [1]\n  ```\n- and",
        "````\n```\n[1]\n```\n[2]\n````",
        "a span\nover `two [1]\nlines [2]` of text",
        "[1](https://a.example) and [2](#here)",
        "[1]: https://a.example\n  [2]: https://b.example",
        "- [x] done\n- [ ] open",
        "a footnote[^1]",
        "array[0], array[7], matrix[1, 9]",
        "the range [0, 1] and the year [2024]",
        r"an escaped \[1] and a formula \[1\]",
        "[the text][1] and [[2]]",
        "[1 2] [3-1] [1-] [,] [] [1.2] [a1]",
        "【4:0†source】",
        "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]",
        "an end without an end [1",
        "an end without an end [",
    ],
)
def test_other_brackets_stay_as_they_are(answer: str) -> None:
    assert read([answer]) == (answer, [])
    assert read(list(answer)) == (answer, [])


@pytest.mark.req("RAG-10")
@pytest.mark.parametrize(
    ("answer", "cited"),
    [
        ("`a[1]` costs [1]", [1]),
        ("```\n[1]\n```\n[2]", [2]),
        ("a `b``c` d [2]", [2]),
        ("a lone ` tick [1]\n\nand then [2]", [2]),
        ("- a lone ` tick\n- an item [3]", [3]),
        ("| a ` | b |\n| c | d [1] |", [1]),
        ("\\`no code [1]\\`", [1]),
        ("```inline``` [2]", [2]),
        ("```\ncode\n``` no end [1]\n```\n[2]", [2]),
    ],
)
def test_code_ends_where_markdown_ends_it(answer: str, cited: list[int]) -> None:
    assert read([answer]) == (answer, cited)


def test_what_is_no_marker_is_shown_at_once() -> None:
    reader = CitationReader(PASSAGES)
    shown = [
        reader.feed(piece).text for piece in ("It", " is", " [", "see", " [", "1", "]", ".", " [^", "1]")
    ]
    assert shown == ["It", " is", "", " [see", "", "", "", " [1].", " [^", "1]"]


def test_a_marker_is_held_back_only_as_long_as_it_may_be_one() -> None:
    reader = CitationReader(PASSAGES)
    assert reader.feed("see [").text == "see"
    held = 0
    while not reader.feed("1,").text:
        held += 2
    assert held <= 32


BRACKETS = ("[", "]", "[1]", "[2, 3]", "[7]", "【1】", "1", "0", "-", "–", ", ", "(", ":", "^", "\\")
LAYOUT = (" ", "\u00a0", ".", "\n", "\n\n", "`", "```", "~~~", "- ", "| ", "> ", "# ")
WORDS = st.sampled_from((*BRACKETS, *LAYOUT, "word", "a", "x", "é", "水"))


@given(st.lists(WORDS, max_size=25).map("".join), st.data())
@settings(max_examples=150, deadline=None)
def test_the_cuts_of_a_stream_change_nothing(answer: str, data: st.DataObject) -> None:
    whole = read([answer])
    for at in range(len(answer) + 1):
        assert read([answer[:at], answer[at:]]) == whole
    assert read(list(answer)) == whole
    cuts = sorted(data.draw(st.lists(st.integers(0, len(answer)), max_size=5)))
    edges = [0, *cuts, len(answer)]
    assert read([answer[start:end] for start, end in pairwise(edges)]) == whole


@given(st.text(alphabet=st.characters(exclude_characters="[【"), max_size=200))
def test_a_text_without_brackets_passes_unchanged(answer: str) -> None:
    assert read([answer]) == (answer, [])
    first = CitationReader(PASSAGES).feed(answer).text
    assert answer.startswith(first)
    assert len(answer) - len(first) <= 1


@pytest.mark.req("RAG-09")
@given(st.lists(WORDS, max_size=25).map("".join))
@settings(max_examples=300, deadline=None)
def test_what_is_shown_cites_nothing_more_when_it_is_read_again(answer: str) -> None:
    shown, cited = read([answer])
    reader = MarkerReader({1, 2, 3})
    markers = [piece for piece in [*reader.feed(shown), *reader.end()] if isinstance(piece, Marker)]
    assert {number for marker in markers for number in marker.numbers} <= set(cited)


def test_an_earlier_answer_loses_its_markers() -> None:
    answer = "Nine bar [1]. Two years [2][3], in `a[1]`.\n- see [4] and [the page](https://a.example)\n"
    assert strip(answer, {1, 2, 3}) == (
        "Nine bar. Two years, in `a[1]`.\n- see [4] and [the page](https://a.example)\n"
    )
    assert strip(answer, ()) == answer


ANSWER = """\
# Pump [1]

The pump is set to 9 bar [1]. Damage by limescale is not covered. [2] Hotels are paid up to 140 EUR [3], in capital \
cities up to 190 EUR[3].

- hot after 12 minutes [1]
- covered for five years [2]

| Hotels | 160 EUR [3] |

It is hot after 12 minutes and covered for two years [1][2]. According to [2], the receipt is needed.
[2] The serial number is under the drip tray. `x[1]` is code."""


@pytest.mark.req("RAG-10")
@pytest.mark.req("RAG-14")
async def test_every_marker_is_judged_by_its_own_sentence() -> None:
    found = await check(ANSWER, PASSAGES)
    assert [ANSWER[one.start : one.end] for one in found] == [f"[{one.number}]" for one in found]
    assert [(one.number, one.is_supported) for one in found] == [
        (1, True),
        (1, True),
        (2, True),
        (3, True),
        (3, True),
        (1, True),
        (2, False),
        (3, False),
        (1, True),
        (2, True),
        (2, True),
        (2, True),
    ]
    assert all(0 <= one.support <= 1 and one.is_checked for one in found)


@pytest.mark.req("RAG-14")
@pytest.mark.parametrize(
    ("answer", "supported"),
    [
        ("Hotels are paid up to 140 EUR a night. Their pools are heated [3].", [False]),
        ("The gauge may show 0.5 bar [1][2].", [True, False]),
        ("The gauge may show 0.5 bar[1]; parts are covered for two years[2].", [True, True]),
        ("It costs 140 EUR [1, 3].", [False, True]),
        ("Hotels [3] are reimbursed up to 140 EUR.", [True]),
        ("Hotels [3] are reimbursed up to 150 EUR.", [False]),
        ("The boiler is hot\nafter 12 minutes, says the manual.\n[1]", [True]),
        ("🙂👩‍👩‍👧 The pump is set to 9 bar [1].", [True]),
        ("[2]", [False]),
        ("🙂 [2]", [False]),
        ("Nothing is cited here.", []),
        ("Nobody has [9].", []),
    ],
)
async def test_sentences_are_found(answer: str, supported: list[bool]) -> None:
    assert [one.is_supported for one in await check(answer, PASSAGES)] == supported


async def test_two_passages_support_together_what_neither_says_alone() -> None:
    halves = [
        passage(1, "The Aurora weighs 14 kg. It is made of steel."),
        passage(2, "The Borealis weighs 19 kg. It is made of brass."),
    ]
    both = "The Aurora weighs 14 kg and the Borealis 19 kg"
    assert [one.is_supported for one in await check(f"{both} [1][2].", halves)] == [True, True]
    assert [one.is_supported for one in await check(f"{both} [1].", halves)] == [False]
    assert [one.is_supported for one in await check(f"{both} and the Polaris 30 kg [1][2].", halves)] == [
        False,
        False,
    ]


async def test_places_are_counted_in_code_points() -> None:
    answer = "👩‍👩‍👧 é 🇩🇪: the pump is set to 9 bar [1]"
    (found,) = await check(answer, PASSAGES)
    assert (found.start, found.end) == (len(answer) - 3, len(answer))


@pytest.mark.parametrize(
    ("text", "right", "wrong"),
    [
        (labelled.FRIDGE, "清掃は毎週月曜日に行います", "清掃は毎週金曜日の夜に社長が自分でします"),
        ("보증 기간은 2년입니다. 영수증이 필요합니다.", "보증 기간은 2년입니다", "보증 기간은 5년입니다"),
        (
            "Гарантия действует 24 месяца. Нужен чек.",
            "Гарантия действует 24 месяца",
            "Гарантия действует 36 месяцев",
        ),
        ("الضمان صالح لمدة ٢٤ شهرا. الإيصال مطلوب.", "الضمان صالح لمدة 24 شهرا", "الضمان صالح لمدة 36 شهرا"),
        ("वारंटी 24 महीने की है। रसीद ज़रूरी है।", "वारंटी 24 महीने की है", "वारंटी 36 महीने की है"),
        ("การรับประกันมีอายุ 24 เดือน", "การรับประกันมีอายุ 24 เดือน", "การรับประกันมีอายุ 36 เดือน"),
        ("Η εγγύηση ισχύει 24 μήνες.", "Η εγγύηση ισχύει 24 μήνες", "Η εγγύηση ισχύει 36 μήνες"),
    ],
)
async def test_every_script_is_judged(text: str, right: str, wrong: str) -> None:
    found = await check(f"{right} [1]。\n{wrong} [1]。", [passage(1, text)])
    assert [one.is_supported for one in found] == [True, False]


async def test_fifty_markers_take_no_time_and_hold_nobody_up() -> None:
    passages = [
        passage(at + 1, text) for at, text in enumerate(5 * [labelled.BOILER + " " + labelled.SECURITY])
    ]
    answer = "".join(f"The pump of machine {at} is set to 9 bar [{at % 5 + 1}]. " for at in range(50))
    await check(answer, passages)
    began = time.process_time()
    async with watch_the_loop() as loop:
        found = await check(answer, passages)
    assert len(found) == 50
    # It takes about 20 ms of the processor, and most of them beside the loop.
    assert time.process_time() - began < 0.2
    assert loop.longest < 0.01


async def test_an_answer_that_repeats_itself_for_ever_is_judged_all_the_same() -> None:
    found = await check("The pump is set to 9 bar " + 3_000 * "[1]" + 300 * " and [2] so on", PASSAGES)
    assert len(found) == 3_300
    assert found[0].is_supported


@given(st.lists(WORDS, max_size=25).map("".join))
@settings(max_examples=50, deadline=None)
def test_nothing_breaks_the_check(answer: str) -> None:
    for one in asyncio.run(check(answer, PASSAGES)):
        assert one.number in (1, 2, 3)
        assert answer[one.start] in "[【"
        assert answer[one.end - 1] in "]】"
