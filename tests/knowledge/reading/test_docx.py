"""Word documents, made by python-docx and by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from docx import Document

from steward.knowledge.reading.contents import Unreadable
from tests.knowledge.reading.makers import headings, media_type, parse, repacked, written, zipped

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"


def saved(folder: Path) -> Path:
    document = Document()
    document.core_properties.title = "Descaling the boiler"
    document.add_heading("Safety", level=1)
    document.add_paragraph("Let the machine cool down.")
    document.add_heading("Tools", level=2)
    document.add_paragraph("You need:")
    document.add_paragraph("a bucket", style="List Bullet")
    document.add_paragraph("citric acid", style="List Bullet")
    table = document.add_table(rows=3, cols=3)
    for row, cells in zip(
        table.rows, (("Model", "Litres", "Minutes"), ("M1", "0.5", "20"), ("M2", "1.2", "35")), strict=True
    ):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    document.add_paragraph("Rinse twice.")
    path = folder / "descaling.docx"
    document.save(str(path))
    return path


def by_hand(folder: Path, body: str, name: str = "hand.docx", *, preamble: str = "") -> Path:
    """A document with this body and nothing else."""
    return zipped(
        folder / name,
        {
            "_rels/.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" Type="{OFFICE}" '
            'Target="word/document.xml"/></Relationships>',
            "word/document.xml": f'{preamble}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>',
        },
    )


def test_reads_headings_lists_and_tables_in_their_order(tmp_path: Path) -> None:
    draft = parse(saved(tmp_path))
    assert draft.text == (
        "Safety\n\nLet the machine cool down.\n\nTools\n\nYou need:\n\n- a bucket\n- citric acid\n\n"
        "Model: M1; Litres: 0.5; Minutes: 20\nModel: M2; Litres: 1.2; Minutes: 35\n\nRinse twice."
    )
    assert headings(draft) == [(1, "Safety"), (2, "Tools")]
    assert draft.title == "Descaling the boiler"


def test_reads_content_controls_and_leaves_out_what_was_deleted(tmp_path: Path) -> None:
    body = (
        "<w:sdt><w:sdtContent><w:p><w:r><w:t>Kept in a control.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
        "<w:p><w:r><w:t>New</w:t></w:r><w:ins><w:r><w:t> words</w:t></w:r></w:ins>"
        "<w:del><w:r><w:delText> old words</w:delText></w:r></w:del><w:r><w:tab/><w:t>stay.</w:t></w:r></w:p>"
    )
    assert parse(by_hand(tmp_path, body)).text == "Kept in a control.\n\nNew words\tstay."


def test_a_footnote_stands_below_its_paragraph(tmp_path: Path) -> None:
    body = '<w:p><w:r><w:t>Use soft water.</w:t><w:footnoteReference w:id="2"/></w:r></w:p>'
    path = by_hand(tmp_path, body)
    kind = OFFICE.replace("officeDocument", "footnotes", 2).replace("footnotes/2006", "officeDocument/2006")
    path = repacked(
        path,
        tmp_path / "notes.docx",
        {
            "word/_rels/document.xml.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" '
            f'Type="{kind}" Target="footnotes.xml"/></Relationships>'.encode(),
            "word/footnotes.xml": f'<w:footnotes xmlns:w="{WORD}"><w:footnote w:id="2"><w:p><w:r><w:t>Below 8 dH.'
            "</w:t></w:r></w:p></w:footnote></w:footnotes>".encode(),
        },
    )
    assert parse(path).text == "Use soft water.\n(Below 8 dH.)"


def test_a_wrong_name_changes_nothing(tmp_path: Path) -> None:
    path = saved(tmp_path).rename(tmp_path / "descaling.txt")
    assert media_type(path).endswith("wordprocessingml.document")


@pytest.mark.parametrize("part", ["word/document.xml", "_rels/.rels"])
def test_a_missing_part_is_told(tmp_path: Path, part: str) -> None:
    path = repacked(saved(tmp_path), tmp_path / "broken.docx", {part: None})
    with pytest.raises(Unreadable, match=r"The Word document is damaged or incomplete\. Open it") as refused:
        parse(path)
    assert refused.value.tag == "file_is_damaged"


def test_a_document_that_was_cut_off_is_told(tmp_path: Path) -> None:
    path = saved(tmp_path)
    cut = written(tmp_path, "cut.docx", path.read_bytes()[:4_000])
    with pytest.raises(Unreadable, match="The Word document is damaged"):
        parse(cut)


def test_entities_reach_no_file_and_no_network(tmp_path: Path) -> None:
    secret = written(tmp_path, "secret.txt", "the secret of the house")
    path = by_hand(
        tmp_path,
        "<w:p><w:r><w:t>Before &outside; after</w:t></w:r></w:p>",
        preamble=f'<!DOCTYPE w [<!ENTITY outside SYSTEM "{secret.as_uri()}">]>',
    )
    assert parse(path).text == "Before"


def test_entities_that_multiply_are_damage(tmp_path: Path) -> None:
    entities = '<!ENTITY a0 "ha">' + "".join(
        f'<!ENTITY a{level} "{f"&a{level - 1};" * 10}">' for level in range(1, 12)
    )
    path = by_hand(tmp_path, "<w:p><w:r><w:t>&a11;</w:t></w:r></w:p>", preamble=f"<!DOCTYPE w [{entities}]>")
    with pytest.raises(Unreadable, match="damaged"):
        parse(path)


@pytest.mark.slow
def test_a_bomb_is_told_by_what_it_says(tmp_path: Path) -> None:
    bomb = repacked(saved(tmp_path), tmp_path / "bomb.docx", {"word/big.xml": b" " * 310_000_000})
    assert bomb.stat().st_size < 1_000_000
    with pytest.raises(Unreadable, match="Unpacked, the file is larger than 300 MB") as refused:
        parse(bomb)
    assert refused.value.tag == "file_unpacks_too_large"


@pytest.mark.slow
def test_a_bomb_that_lies_about_its_size_is_damage(tmp_path: Path) -> None:
    bomb = repacked(saved(tmp_path), tmp_path / "bomb.docx", {"word/big.xml": b" " * 310_000_000})
    said, lie = (310_000_000).to_bytes(4, "little"), (1_000).to_bytes(4, "little")
    assert bomb.read_bytes().count(said) == 2
    bomb.write_bytes(bomb.read_bytes().replace(said, lie))
    with pytest.raises(Unreadable, match="damaged"):
        parse(bomb)


def test_text_beyond_the_limit_is_refused_with_the_figure(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"more than 50 characters; a document may have 50\. Split it"):
        parse(saved(tmp_path), most_chars=50)
