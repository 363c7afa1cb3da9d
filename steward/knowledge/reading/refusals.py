"""The sentences for files that give no text: why, and what the person who brought the file can do."""

from __future__ import annotations

from typing import Final

from steward.knowledge.reading.contents import Unreadable

TOO_MUCH_MEMORY: Final = "reading_took_too_much_memory"


def empty() -> Unreadable:
    """The file has no bytes."""
    return Unreadable(
        "file_is_empty",
        "The file is empty: it has 0 bytes.",
        "Check that it was saved and sent completely, then add it again.",
    )


def missing() -> Unreadable:
    """The file is not where it should be, or may not be opened."""
    return Unreadable("file_is_missing", "The file is no longer there.", "Add it again.")


def no_text() -> Unreadable:
    """The file was read, and there is no word in it."""
    return Unreadable(
        "file_has_no_text",
        "There is no text in the file.",
        "Check that it is the right file; pictures within a document are not read.",
    )


def needs_recognition(what: str) -> Unreadable:
    """The file shows text only as a picture."""
    return Unreadable(
        "file_needs_text_recognition",
        f"{what} has no text, at most pictures of it.",
        "Run text recognition (OCR) over it first, then add what comes out.",
    )


def encrypted(what: str) -> Unreadable:
    """The file needs a password."""
    return Unreadable(
        "file_is_encrypted",
        f"{what} is protected by a password.",
        "Save a copy without the password, then add the copy.",
    )


def damaged(what: str) -> Unreadable:
    """The file is not what its kind should be."""
    return Unreadable(
        "file_is_damaged",
        f"{what} is damaged or incomplete.",
        "Open it with the program that made it, save it again, then add the new copy.",
    )


def not_read(what: str, fix: str) -> Unreadable:
    """Files of this kind are not read at all."""
    return Unreadable("file_kind_not_read", f"This is {what}; such files are not read.", fix)


def no_known_text() -> Unreadable:
    """Neither a known kind of file nor text."""
    return not_read("a file of a kind that is not known here", "Save it as PDF, .docx, .md or .txt.")


def text_too_long(most_chars: int, chars: int | None = None) -> Unreadable:
    """The text is longer than a document may be; `chars` when all of it was counted."""
    counted = f"more than {most_chars:,}" if chars is None else f"{chars:,}"
    return Unreadable(
        "text_too_long",
        f"The text has {counted} characters; a document may have {most_chars:,}.",
        "Split it into several files, and add each.",
    )


def unpacks_too_large(most_bytes: int) -> Unreadable:
    """The file is small and becomes huge when it is unpacked."""
    return Unreadable(
        "file_unpacks_too_large",
        f"Unpacked, the file is larger than {most_bytes // 1_000_000:,} MB.",
        "Split it into several files, and add each.",
    )


def took_too_long(seconds: float) -> Unreadable:
    """Reading was stopped by the clock."""
    return Unreadable(
        "reading_took_too_long",
        f"Reading the file took longer than {seconds:g} seconds and was stopped.",
        "Split it into several files, or save it in a simpler format such as .txt.",
    )


def took_too_much_memory(most_bytes: int) -> Unreadable:
    """Reading was stopped by the limit of memory."""
    return Unreadable(
        TOO_MUCH_MEMORY,
        f"Reading the file took more than {most_bytes // 1_000_000:,} MB of memory and was stopped.",
        "Split it into several files, or save it in a simpler format such as .txt.",
    )


def broke_the_reader() -> Unreadable:
    """The process that read the file died of it."""
    return Unreadable(
        "file_broke_the_reader",
        "The program that reads files crashed at this one.",
        "Open it with the program that made it, save it again or as PDF, then add the new copy.",
    )
