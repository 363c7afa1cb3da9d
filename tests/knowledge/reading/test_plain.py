"""Plain text and programs: which bytes are text, and what of it is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from steward.knowledge.reading.contents import Unreadable
from tests.knowledge.reading.makers import headings, media_type, parse, written

GERMAN = "Die Größe der Tür beträgt zwölf Fuß, und für Gäste öffnet sie schön später. " * 5


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_encodings_of_western_text(tmp_path: Path, encoding: str) -> None:
    assert parse(written(tmp_path, "text.txt", GERMAN.encode(encoding))).text == GERMAN


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("shift_jis", "これは日本語の文章です。毎日コーヒーを飲みます。"),
        ("gb18030", "这是一份中文文件,请在使用前仔细阅读本说明书。"),
        ("koi8-r", "Перед чисткой выключите прибор и дайте ему остыть."),
    ],
)
def test_encodings_of_other_scripts(tmp_path: Path, encoding: str, text: str) -> None:
    assert parse(written(tmp_path, "text.txt", (text * 20).encode(encoding))).text == text * 20


def test_utf8_with_a_few_broken_places_stays_utf8(tmp_path: Path) -> None:
    content = GERMAN.encode().replace(b"Fu\xc3\x9f", b"Fu\xc3", 1)
    assert parse(written(tmp_path, "text.txt", content)).text == GERMAN.replace("Fuß", "Fu\ufffd", 1)


def test_a_broken_place_far_behind(tmp_path: Path) -> None:
    text = "plain words " * 20_000 + GERMAN
    assert parse(written(tmp_path, "text.txt", text.encode("cp1252"))).text == text


def test_characters_that_nobody_sees_are_left_out(tmp_path: Path) -> None:
    hidden = "".join(chr(0xE0000 + ord(letter)) for letter in "ignore all")
    text = f"pay\u200bment \u202eevil\u202c{hidden} co\u00adop \ufeffe\u0301 A\ufe0f 1\u00a0kg\x07\x00"
    assert parse(written(tmp_path, "text.txt", text)).text == "payment evil coop é A 1 kg"


def test_line_ends_and_lone_surrogates(tmp_path: Path) -> None:
    assert parse(written(tmp_path, "text.txt", "a\r\nb\rc\u2028d\x0ce")).text == "a\nb\nc\nd\ne"
    halves = "half \ud800 of a pair".encode("utf-16-le", "surrogatepass")
    assert parse(written(tmp_path, "text.txt", halves)).text == "half \ufffd of a pair"


@pytest.mark.parametrize(
    ("content", "tag", "words"),
    [
        (b"", "file_is_empty", "0 bytes"),
        (b" \n\t \n", "file_has_no_text", "no text"),
        (bytes(range(256)) * 20, "file_kind_not_read", "Save it as PDF"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 20, "file_needs_text_recognition", "OCR"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 20, "file_needs_text_recognition", "OCR"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "file_needs_text_recognition", "OCR"),
        (b"RIFF\0\0\0\0WAVEfmt ", "file_kind_not_read", "transcript"),
        (b"\0\0\0\x18ftypmp42", "file_kind_not_read", "transcript"),
        (b"\0\0\0\x18ftypheic", "file_needs_text_recognition", "OCR"),
        (b"ID3\x04\0", "file_kind_not_read", "transcript"),
        (b"\x1f\x8b\x08\0", "file_kind_not_read", "Unpack it"),
        (b"{\\rtf1\\ansi}", "file_kind_not_read", r"Save it as \.docx"),
        (b"\x7fELF\2\1\1\0", "file_kind_not_read", "a program"),
        (b"MZ\x90\0\3\0", "file_kind_not_read", "a program"),
        (b"SQLite format 3\0", "file_kind_not_read", "CSV"),
        (b"a" * 257 + b"ustar\x00", "file_kind_not_read", "tar"),
    ],
)
def test_files_without_text_say_why_and_what_to_do(
    tmp_path: Path, content: bytes, tag: str, words: str
) -> None:
    with pytest.raises(Unreadable, match=words) as refused:
        parse(written(tmp_path, "notes.txt", content))
    assert refused.value.tag == tag
    assert refused.value.reason.endswith(".")
    assert refused.value.fix.endswith(".")


@pytest.mark.parametrize(
    ("stream", "tag", "words"),
    [
        ("EncryptedPackage", "file_is_encrypted", "password"),
        ("WordDocument", "file_kind_not_read", r"old Word document \(\.doc\)"),
        ("Workbook", "file_kind_not_read", r"Save it as \.xlsx"),
        ("PowerPoint Document", "file_kind_not_read", r"Save it as \.pptx"),
        ("__properties_version1.0", "file_kind_not_read", r"Save it as \.eml"),
        ("Something", "file_kind_not_read", "old Office file"),
    ],
)
def test_old_office_files_are_told_apart(tmp_path: Path, stream: str, tag: str, words: str) -> None:
    content = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + f"{stream}\0".encode("utf-16-le") + b"\0" * 90
    )
    with pytest.raises(Unreadable, match=words) as refused:
        parse(written(tmp_path, "report.docx", content))
    assert refused.value.tag == tag


def test_text_that_begins_like_something_else_is_text(tmp_path: Path) -> None:
    for text in ("MZ is an abbreviation.", "BZhang wrote this.", "BM is short for benchmark."):
        assert parse(written(tmp_path, "text.txt", text)).text == text


def test_text_beyond_the_limit_is_refused_with_the_figure(tmp_path: Path) -> None:
    with pytest.raises(
        Unreadable, match=r"The text has 1,200 characters; a document may have 1,000\."
    ) as refused:
        parse(written(tmp_path, "text.txt", "a " * 600), most_chars=1_000)
    assert refused.value.tag == "text_too_long"
    with pytest.raises(Unreadable, match=r"more than 1,000 characters"):
        parse(written(tmp_path, "text.txt", "a " * 6_000), most_chars=1_000)


PROGRAM = """import os

@cached
# Opens the valve.
def open_valve(bar: float) -> None:
    if bar > 9:
        raise ValueError


class Pump(Base):
    def start(self) -> None: ...
"""


def test_programs_have_their_definitions_as_headings(tmp_path: Path) -> None:
    draft = parse(written(tmp_path, "pump.py", PROGRAM))
    assert draft.text == PROGRAM
    assert headings(draft) == [(1, "def open_valve"), (1, "class Pump")]
    assert [PROGRAM[mark.at :].split("\n")[0] for mark in draft.marks] == ["@cached", "class Pump(Base):"]
    assert draft.has_hard_lines


@pytest.mark.parametrize(
    ("name", "line", "heading"),
    [
        ("a.ts", "export async function load(name: string) {", "export async function load"),
        ("a.go", "func (p *Pump) Start() error {", "func (p *Pump) Start"),
        ("a.rs", "pub(crate) fn open<T>(bar: T) {", "pub(crate) fn open<T>"),
        ("a.java", "public final class Pump extends Base {", "public final class Pump extends Base"),
    ],
)
def test_definitions_of_other_languages(tmp_path: Path, name: str, line: str, heading: str) -> None:
    draft = parse(written(tmp_path, name, f"// above\n{line}\n}}\n"))
    assert [found for _, found in headings(draft)] == [heading]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.sql", "text/x-sql"), ("a.XML", "text/xml"), ("a.log", "text/plain"), ("Makefile", "text/plain")],
)
def test_names_tell_one_text_from_another(tmp_path: Path, name: str, expected: str) -> None:
    assert media_type(written(tmp_path, "file", "select 1"), name) == expected
