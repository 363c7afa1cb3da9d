"""Mails."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

from tests.knowledge.reading.makers import media_type, parse, written


def mail() -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "Spülmaschine: Termin"
    message["From"] = "service@example.com"
    message["To"] = "office@example.com"
    message["Date"] = "Tue, 04 Mar 2031 10:00:00 +0000"
    return message


def test_headers_words_and_names_of_attachments(tmp_path: Path) -> None:
    message = mail()
    message.set_content("We come on Friday.\n\nPlease empty it.\n")
    message.add_alternative("<p>We come on <b>Friday</b>.</p>", subtype="html")
    message.add_attachment(b"\x00\x01", maintype="application", subtype="pdf", filename="plan.pdf")
    draft = parse(written(tmp_path, "termin.eml", message.as_bytes()))
    assert draft.text == (
        "Subject: Spülmaschine: Termin\nFrom: service@example.com\nTo: office@example.com\n"
        "Date: Tue, 04 Mar 2031 10:00:00 +0000\n\nWe come on Friday.\n\nPlease empty it.\n\n"
        "Attachments, not read: plan.pdf"
    )
    assert draft.title == "Spülmaschine: Termin"


def test_the_page_is_read_where_there_are_no_plain_words(tmp_path: Path) -> None:
    message = mail()
    message.set_content("<p>Only <i>here</i>.</p><p>Twice.</p>", subtype="html")
    assert parse(written(tmp_path, "mail.eml", message.as_bytes())).text.endswith("\n\nOnly here.\n\nTwice.")


def test_a_mail_within_a_mail(tmp_path: Path) -> None:
    inner = mail()
    inner.set_content("The inner words.")
    outer = mail()
    outer.set_content("The outer words.")
    outer.add_attachment(inner)
    text = parse(written(tmp_path, "mail.eml", outer.as_bytes())).text
    assert "The outer words." in text


def test_charsets_that_lie_or_do_not_exist(tmp_path: Path) -> None:
    head = b"Subject: =?no-such-charset?b?R3L832U=?= x\r\nMIME-Version: 1.0\r\n"
    for charset in (b"no-such-charset", b"utf-8", b"us-ascii"):
        body = b"Content-Type: text/plain; charset=%s\r\n\r\nGr\xfc\xdfe aus M\xfcnchen und K\xf6ln" % charset
        assert "Grüße aus München und Köln" in parse(written(tmp_path, "mail.eml", head + body)).text


def test_headers_that_break_the_rules(tmp_path: Path) -> None:
    content = b"Subject: =?utf-8?b?!!!?= \xff\xfe\nFrom: <<<\nDate: never\n\nStill readable.\n"
    assert parse(written(tmp_path, "mail.eml", content)).text.endswith("Still readable.")


def test_bytes_that_are_no_text_do_not_take_the_words_with_them(tmp_path: Path) -> None:
    content = (
        b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nWords.\n"
        b"--b\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\nAAECAwQFBgcAAQIDBAUGBw==\n--b--\n"
    )
    assert parse(written(tmp_path, "mail.eml", content)).text == "Words."


def test_a_mail_is_known_by_its_first_header(tmp_path: Path) -> None:
    content = b"Received: from a by b\nSubject: x\n\nHello there."
    assert media_type(written(tmp_path, "saved", content)) == "message/rfc822"
