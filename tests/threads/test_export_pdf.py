from __future__ import annotations

import asyncio
import io
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from pypdf import PdfReader
from pypdfium2 import PdfDocument

from steward.kernel.errors import Unavailable
from steward.threads.errors import ExportTooLarge
from steward.threads.exports import markdown, pdf
from steward.threads.exports.exported import (
    Exported,
    File,
    Message,
    Piece,
    Reasoning,
    Source,
    Text,
    ToolCall,
)
from tests.support.loop_watch import watch_the_loop

# Each starts a process that sets a document.
pytestmark = pytest.mark.slow

AT = datetime(2026, 11, 22, 2, 5, tzinfo=UTC)
INJECTIONS = [
    '#import "@preview/cetz:0.3.0": *',
    '#read("/etc/passwd")',
    '#read("conversation.typ")',
    '#include "conversation.typ"',
    '#eval("1 + 1")',
    "#panic()",
    "#let x = 1; #x",
    "#sys.inputs.markdown",
    "$ x^2 + #y $",
    "`#raw` and ``` ticks",
    "\\ \\u{41} \\#",
    "] #[ [[ ]] { } }",
    "<label> @label //comment /* comment */",
    "= Title == ",
    "- list + enum / term: x",
    "\"quoted\" 'single' -- --- ... ~",
    "*strong _emph_",
    "https://example.com/#read",
    '{"k": "p"}',
]


def exported(*messages: Message, title: str = "Pumps") -> Exported:
    return Exported("thread_1", title, AT, AT, AT, list(messages))


def message(*content: Piece, role: str = "assistant", sources: tuple[Source, ...] = ()) -> Message:
    return Message("msg_1", role, AT, "completed", "openai/gpt-4o-mini", list(content), list(sources))


async def printed(whole: Exported) -> PdfReader:
    return PdfReader(io.BytesIO(await pdf.write(whole, Path("/nonexistent"))), strict=True)


def lines(reader: PdfReader) -> str:
    """The text of every page, without regard to where lines break."""
    return flat("\n".join(page.extract_text() for page in reader.pages))


def links(reader: PdfReader) -> set[str]:
    """Where the document's links lead."""
    return {note.get_object()["/A"]["/URI"] for page in reader.pages for note in page.annotations or ()}


def quickly_read(body: bytes) -> str:
    """The text of hundreds of pages: pypdf takes half a minute for them."""
    with closing(PdfDocument(body)) as document:
        return flat("\n".join(page.get_textpage().get_text_range() for page in document))


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.req("CONV-18")
async def test_a_pdf_holds_every_message_its_code_and_its_citations() -> None:
    question = message(Text("How fast is it?\n  Exactly."), File("plan.pdf", "application/pdf"), role="user")
    answer = message(
        Reasoning("Let me think."),
        ToolCall("searchKB", "output_ready", {"query": "pump"}, {"hits": ["one"]}),
        ToolCall("calculate", "failed", {"sum": "1+"}, error="There is no sum."),
        Text("## Speed\n\n**Fast** [1], see [there](https://example.com/there).\n\n1. one\n2. two\n\n"),
        Text("|a|b|\n|-|-|\n|c1|d1|\n\n```python\ndef speed(x):\n    return x ** 2\n```"),
        sources=(
            Source(1, "The pump", "https://example.com/pump", 3, ["Speed"], "It is *fast*."),
            Source(2, "Notes"),
        ),
    )
    reader = await printed(exported(question, answer))
    text = lines(reader)
    for said in (
        "Pumps",
        "User · 2026-11-22 02:05 UTC How fast is it? Exactly. Attached: plan.pdf",
        "Assistant · openai/gpt-4o-mini · 2026-11-22 02:05 UTC",
        'Tool: searchKB Input: { "query": "pump" } Output: { "hits": [ "one" ] }',
        "Error: There is no sum.",
        "Speed Fast [1], see there. 1. one 2. two",
        "c1 d1",
        "def speed(x): return x ** 2",
        "[1] The pump, page 3, Speed https://example.com/pump It is *fast*.",
        "[2] Notes",
    ):
        assert said in text
    assert "Let me think" not in text
    assert links(reader) == {"https://example.com/there", "https://example.com/pump"}
    assert reader.metadata is not None
    assert reader.metadata.title == "Pumps"


async def test_the_markdown_is_attached() -> None:
    whole = exported(message(Text("你好，世界"), role="user"), message(Text("**Hi**")))
    attached = (await printed(whole)).attachments
    assert list(attached) == ["conversation.md"]
    assert attached["conversation.md"] == [markdown.write(whole)]


@pytest.mark.parametrize("role", ["user", "assistant"])
async def test_text_is_never_code(role: str) -> None:
    fenced = "\n\n".join(f"~~~{one}\n{one}\n~~~" for one in INJECTIONS)
    pieces = [
        Text("\n\n".join(INJECTIONS)),
        Text(fenced),
        *(ToolCall(one, "output_ready", one, one) for one in INJECTIONS),
    ]
    sources = tuple(Source(at, one, one, None, [one], one) for at, one in enumerate(INJECTIONS))
    whole = exported(message(*pieces, role=role, sources=sources), title=" ".join(INJECTIONS))
    text = lines(await printed(whole))
    assert "root:" not in text
    for one in INJECTIONS:
        # Thrice at least: the tool's input and output, and the source's excerpt.
        assert text.count(flat(one)) >= 3, one


@pytest.mark.parametrize(
    "words",
    [
        "Ελληνικά κείμενο",
        "Привет, мир",
        "Tiếng Việt, čeština, íslenska",
        "გამარჯობა",
        "Բարեւ",
        "∑ ∫ √ ≤ → ∀",
    ],
    ids=["greek", "cyrillic", "latin", "georgian", "armenian", "signs"],
)
async def test_the_scripts_that_have_a_font_can_be_read_and_found(words: str) -> None:
    assert words in lines(await printed(exported(message(Text(words)), title=words)))


async def test_text_from_right_to_left_can_be_found_word_by_word() -> None:
    text = lines(await printed(exported(message(Text("مرحبا بالعالم")), message(Text("שלום עולם")))))
    for word in ("مرحبا", "بالعالم", "שלום", "עולם"):
        assert word in text


@pytest.mark.parametrize(
    "words",
    [
        "你好，世界 日本語 한국어",
        "😀 👩‍👩‍👧‍👦 🇩🇪",
        "สวัสดีชาวโลก",
        "a\u202eb\u2066c",
        "\U0010fffd\ue000\ufeff",
        "e" + "\u0301" * 100,
    ],
    ids=["cjk", "emoji", "thai", "bidi", "unassigned", "marks"],
)
async def test_what_has_no_font_breaks_nothing(words: str) -> None:
    whole = exported(message(Text(words)), message(Text("the next")), title=words)
    reader = await printed(whole)
    assert "the next" in lines(reader)
    assert words.encode() in reader.attachments["conversation.md"][0]


@pytest.mark.parametrize(
    "text",
    [
        "x" * 20_000,
        "> " * 200 + "deep",
        "- " * 50 + "deep",
        "*" * 2_000,
        "|" * 300 + "\n" + "|-" * 299 + "|\n" + "|x" * 299 + "|",
        "![" * 300,
        "[" * 300 + "]" * 300,
        "```\n" + "y" * 5_000,
        "#" * 7 + " x\n" * 50,
        "999999999999. x",
        "0. x\n1. y",
        "",
        " \n\t\n",
    ],
    ids=[
        "word",
        "quotes",
        "lists",
        "stars",
        "columns",
        "images",
        "brackets",
        "code",
        "hashes",
        "number",
        "zero",
        "nothing",
        "blank",
    ],
)
async def test_strange_markdown_is_drawn(text: str) -> None:
    reader = await printed(exported(message(Text(text)), message(Text("the next"))))
    words = lines(reader)
    assert "the next" in words
    assert words.count("x") >= text.count("x")


async def test_long_words_stay_within_the_page() -> None:
    reader = await printed(exported(message(Text("x" * 200), Text("```\n" + "y" * 200 + "\n```"))))
    rows = reader.pages[0].extract_text().split("\n")
    assert max(map(len, rows)) <= 110
    assert "".join(row for row in rows if set(row) == {"x"}) == "x" * 200


async def test_no_messages_are_a_document_too() -> None:
    assert "Conversation" in lines(await printed(exported(title="")))


async def test_a_thousand_messages_are_written_beside_the_loop() -> None:
    random = Random(7)
    words = ["lorem", "ipsum", "dolor", "**sit**", "`amet`", "[1]"]
    said = [f"Message {at}. " + " ".join(random.choices(words, k=150)) for at in range(1_000)]
    code = "\n\n```\n" + "total += price\n" * 10 + "```"
    whole = exported(*(message(Text(one + code)) for one in said))
    async with watch_the_loop() as loop:
        body = await pdf.write(whole, Path("/nonexistent"))
    assert loop.longest < 0.1
    text = await asyncio.to_thread(quickly_read, body)
    assert [at for at in range(1_000) if f"Message {at}." not in text] == []
    assert text.count("total += price") == 10_000


async def test_what_is_too_long_is_refused_at_once() -> None:
    with pytest.raises(ExportTooLarge):
        await printed(exported(message(Text("x " * 3_000_000))))


async def test_several_at_once_wait_for_each_other() -> None:
    all_printed = await asyncio.gather(*(printed(exported(message(Text(f"Number {at}")))) for at in range(4)))
    assert [f"Number {at}" in lines(reader) for at, reader in enumerate(all_printed)] == [True] * 4


async def test_too_many_at_once_are_told_to_come_back() -> None:
    writing = (pdf.write(exported(), Path("/nonexistent")) for _ in range(12))
    ends = await asyncio.gather(*writing, return_exceptions=True)
    refused = [end for end in ends if isinstance(end, Unavailable)]
    assert 1 <= len(refused) <= 3
    assert refused[0].retry_after_seconds == 10
    assert len([end for end in ends if isinstance(end, bytes)]) == 12 - len(refused)


async def test_whoever_leaves_takes_the_process_along() -> None:
    whole = exported(*(message(Text("word " * 500)) for _ in range(500)))
    writing = asyncio.create_task(pdf.write(whole, Path("/nonexistent")))
    await asyncio.sleep(0.5)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert "Pumps" in lines(await printed(exported()))


@pytest.mark.skipif(sys.platform != "linux", reason="macOS knows no limit of memory")
@pytest.mark.parametrize(
    "limit", [{"_MOST_SECONDS": 0.2}, {"_MOST_MEMORY_BYTES": 300_000_000}], ids=["time", "memory"]
)
async def test_what_takes_too_much_is_refused(
    limit: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, most in limit.items():
        monkeypatch.setattr(pdf, name, most)
    with pytest.raises(ExportTooLarge):
        await printed(exported(*(message(Text("word " * 500)) for _ in range(400))))
