"""PDF, made by fpdf2 and by hand."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fpdf import FPDF
from fpdf.enums import AccessPermission, EncryptionMethod

from steward.knowledge.reading.contents import Mark, Unreadable
from tests.knowledge.reading.makers import headings, media_type, parse, written

BODY, HEADING, SUBHEADING = 11, 18, 14


def new() -> FPDF:
    pdf = FPDF()
    pdf.set_font("Helvetica", size=BODY)
    pdf.add_page()
    return pdf


def add_heading(pdf: FPDF, text: str, size: int = HEADING) -> None:
    pdf.set_font_size(size)
    pdf.cell(text=text)
    pdf.ln(12)
    pdf.set_font_size(BODY)


def saved(pdf: FPDF, folder: Path, name: str = "manual.pdf") -> Path:
    pdf.output(str(folder / name))
    return folder / name


def by_hand(folder: Path, *objects: str) -> Path:
    """A PDF of these objects, the first one its catalogue."""
    content, places = b"%PDF-1.4\n", list[int]()
    for number, one in enumerate(objects, 1):
        places.append(len(content))
        content += f"{number} 0 obj\n{one}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer <</Root 1 0 R /Size {len(objects) + 1}>>"
    return written(folder, "hand.pdf", content + f"{end}\nstartxref\n{len(content)}\n%%EOF".encode())


def test_pages_paragraphs_and_words_broken_at_line_ends(tmp_path: Path) -> None:
    pdf = new()
    pdf.set_title("The manual")
    pdf.multi_cell(
        60,
        text="A well-known and long com\u00admunication about the very useful machines.\n\nSecond paragraph.",
    )
    pdf.add_page()
    pdf.cell(text="Next page.")
    draft = parse(saved(pdf, tmp_path))
    assert " ".join(draft.text.split("\n\n")[0].split()) == (
        "A well-known and long communication about the very useful machines."
    )
    assert draft.text.split("\n\n")[1:] == ["Second paragraph.", "Next page."]
    assert draft.title == "The manual"
    assert draft.pages == 2
    assert draft.marks == [Mark(0, page=1), Mark(draft.text.index("Next"), page=2)]


def test_a_hyphen_that_the_text_uses_elsewhere_stays(tmp_path: Path) -> None:
    pdf = new()
    for line in ("the self-test and the self-", "test of the bo-", "iler"):
        pdf.cell(text=line)
        pdf.ln(5)
    assert (
        parse(saved(pdf, tmp_path)).text.replace("\n", " ") == "the self-test and the self-test of the boiler"
    )


def test_larger_letters_are_headings(tmp_path: Path) -> None:
    pdf = new()
    add_heading(pdf, "Safety")
    pdf.multi_cell(0, text="Let it cool. " * 40)
    pdf.ln(4)
    add_heading(pdf, "Before you open it", SUBHEADING)
    pdf.multi_cell(0, text="Pull the plug. " * 40)
    draft = parse(saved(pdf, tmp_path))
    assert headings(draft) == [(1, "Safety"), (2, "Before you open it")]
    assert draft.title == "Safety"


@pytest.mark.parametrize(
    ("written_title", "title"), [("untitled", None), ("Microsoft Word - Plan.docx", "Plan.docx")]
)
def test_what_programs_write_for_a_title(tmp_path: Path, written_title: str, title: str | None) -> None:
    pdf = new()
    pdf.set_title(written_title)
    pdf.cell(text="Words.")
    assert parse(saved(pdf, tmp_path)).title == title


def test_bookmarks_name_the_chapters_when_there_are_any(tmp_path: Path) -> None:
    pdf = new()
    pdf.start_section("Cleaning")
    pdf.start_section("Every day", level=1)
    add_heading(pdf, "Every day")
    pdf.multi_cell(0, text="Wipe the wand. " * 40)
    draft = parse(saved(pdf, tmp_path))
    # The first is not on the page, and holds from its beginning.
    assert headings(draft) == [(1, "Cleaning"), (2, "Every day")]
    assert draft.text.startswith("Every day\n\nWipe")


def test_a_sentence_goes_on_over_the_end_of_a_page(tmp_path: Path) -> None:
    pdf = new()
    pdf.cell(text="The valve opens at")
    pdf.add_page()
    pdf.cell(text="nine bar.")
    draft = parse(saved(pdf, tmp_path))
    assert draft.text == "The valve opens at\nnine bar."
    assert draft.marks[-1] == Mark(draft.text.index("nine"), page=2)


def test_letters_beyond_the_basic_plane(tmp_path: Path) -> None:
    text = "Ab \U0001f600 c \U00020000 中文 xyz"
    font = tmp_path / "boxes.ttf"
    make_font(font, text)
    pdf = new()
    pdf.add_font("Boxes", fname=font)
    pdf.set_font("Boxes", size=BODY)
    pdf.cell(text=text)
    pdf.ln()
    pdf.cell(text="xyz")
    assert parse(saved(pdf, tmp_path)).text == f"{text}\nxyz"


def make_font(path: Path, letters: str) -> None:
    """A font in which every letter is the same box."""
    codes = sorted({ord(letter) for letter in letters})
    names = [".notdef", *(f"u{code:X}" for code in codes)]
    font: Any = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder(names)
    font.setupCharacterMap(dict(zip(codes, names[1:], strict=True)))
    pen = TTGlyphPen(None)
    pen.moveTo((100, 0))
    for corner in ((500, 0), (500, 600), (100, 600)):
        pen.lineTo(corner)
    pen.closePath()
    box = pen.glyph()
    font.setupGlyf(dict.fromkeys(names, box))
    font.setupHorizontalMetrics(dict.fromkeys(names, (600, 100)))
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": "Boxes", "styleName": "Regular"})
    font.setupOS2(sTypoAscender=800, sTypoDescender=-200, usWinAscent=800, usWinDescent=200)
    font.setupPost()
    font.save(path)


def test_a_wrong_name_changes_nothing(tmp_path: Path) -> None:
    pdf = new()
    pdf.cell(text="It is a PDF.")
    assert media_type(saved(pdf, tmp_path, "notes.txt")) == "application/pdf"


def encrypted(folder: Path, user_password: str | None) -> Path:
    pdf = new()
    pdf.cell(text="Behind a lock.")
    pdf.set_encryption(
        "owner", user_password, EncryptionMethod.AES_256, permissions=AccessPermission.PRINT_LOW_RES
    )
    return saved(pdf, folder)


def test_a_password_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(
        Unreadable, match=r"The PDF is protected by a password\. Save a copy without"
    ) as refused:
        parse(encrypted(tmp_path, "user"))
    assert refused.value.tag == "file_is_encrypted"


def test_a_lock_that_only_the_owner_opens_keeps_nobody_from_reading(tmp_path: Path) -> None:
    assert parse(encrypted(tmp_path, None)).text == "Behind a lock."


def test_pages_without_text_need_recognition(tmp_path: Path) -> None:
    pdf = new()
    pdf.rect(10, 10, 50, 50, style="F")
    with pytest.raises(Unreadable, match=r"text recognition \(OCR\)") as refused:
        parse(saved(pdf, tmp_path))
    assert refused.value.tag == "file_needs_text_recognition"


@pytest.mark.parametrize("count", [1, 100_000, 1_000_000_000])
def test_a_tree_of_pages_that_is_a_circle(tmp_path: Path, count: int) -> None:
    path = by_hand(tmp_path, "<</Type/Catalog/Pages 2 0 R>>", f"<</Type/Pages/Count {count}/Kids[2 0 R]>>")
    with pytest.raises(Unreadable) as refused:
        parse(path)
    assert refused.value.tag == "file_is_damaged"


def test_a_broken_page_does_not_take_the_others_with_it(tmp_path: Path) -> None:
    path = by_hand(
        tmp_path,
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Count 2/Kids[9 0 R 3 0 R]>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        "<</Length 36>>stream\nBT /F 12 Tf 20 99 Td (Readable) Tj ET\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    assert parse(path).text == "Readable"


def test_a_file_that_was_cut_off(tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as refused:
        parse(written(tmp_path, "cut.pdf", b"%PDF-1.7\nnothing follows"))
    assert refused.value.tag == "file_is_damaged"


@pytest.mark.slow
def test_five_hundred_pages(tmp_path: Path) -> None:
    pdf = FPDF()
    pdf.set_font("Helvetica", size=BODY)
    for number in range(1, 501):
        pdf.add_page()
        pdf.multi_cell(0, text=f"Page {number} tells of valve {number}. " * 20)
    path = saved(pdf, tmp_path)
    began = time.monotonic()
    draft = parse(path)
    assert time.monotonic() - began < 30
    assert draft.pages == 500
    assert " ".join(draft.text.split()).count("valve 500.") == 20


def test_text_beyond_the_limit(tmp_path: Path) -> None:
    pdf = new()
    pdf.multi_cell(0, text="word " * 100)
    with pytest.raises(Unreadable, match=r"more than 100 characters; a document may have 100\."):
        parse(saved(pdf, tmp_path), most_chars=100)
