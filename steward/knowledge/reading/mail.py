"""Mails: subject, sender, receivers and date, then the words; attachments are named and not read.

Format: RFC 5322 and MIME (RFC 2045).
"""

from __future__ import annotations

from collections.abc import Iterator
from email import policy
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from typing import Final

from steward.knowledge.reading import encodings, html
from steward.knowledge.reading.cleaning import one_line
from steward.knowledge.reading.contents import Unreadable
from steward.knowledge.reading.draft import Draft, Source, Writer

_SHOWN: Final = ("Subject", "From", "To", "Cc", "Date")
_HEADER_CHARS: Final = 2_000


def read(source: Source) -> Draft:
    """The text of a mail.

    Raises:
        Unreadable: there are no words in it, or it is too long.
    """
    with source.path.open("rb") as file:
        # The modern policy stumbles over headers that break the rules, and mails break them.
        mail = BytesParser(policy=policy.compat32).parse(file)
    writer = Writer(source.most_chars)
    write = writer.paragraph
    for name in _SHOWN:
        value = _header(mail, name)
        if value:
            write(f"{name}: {value}")
            write = writer.line
    _write_body(mail, writer)
    names = [one_line(part.get_filename() or "without a name") for part in mail.walk() if _is_attached(part)]
    if names:
        writer.paragraph(f"Attachments, not read: {', '.join(names)}")
    return writer.draft(_header(mail, "Subject"), has_hard_lines=False)


def _write_body(mail: Message, writer: Writer) -> None:
    """The plain words if there are any, else those of the page."""
    parts = [part for part in mail.walk() if not part.is_multipart() and not _is_attached(part)]
    plain = [text for text in _texts(parts, "text/plain") if text.strip()]
    for text in plain:
        for paragraph in text.split("\n\n"):
            writer.paragraph(paragraph)
    if not plain:
        for text in _texts(parts, "text/html"):
            writer.paragraph(html.read_text(text, writer.most_chars).text)


def _texts(parts: list[Message], media_type: str) -> Iterator[str]:
    for part in parts:
        if part.get_content_type() == media_type:
            data = part.get_payload(decode=True)
            try:
                yield encodings.decode(data, part.get_content_charset()) if isinstance(data, bytes) else ""
            except Unreadable:
                # One part that is no text does not take the others with it.
                continue


def _is_attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or (
        not part.is_multipart() and part.get_content_maintype() not in ("text", "multipart", "message")
    )


def _header(mail: Message, name: str) -> str:
    written = str(mail.get(name, ""))[:_HEADER_CHARS]
    try:
        pieces = decode_header(written)
    except (ValueError, MessageError):
        return one_line(written)
    words = "".join(
        encodings.decode(piece, charset) if isinstance(piece, bytes) else piece for piece, charset in pieces
    )
    return one_line(words, _HEADER_CHARS)
