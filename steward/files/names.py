"""Names and media types of files: data from strangers, cleaned; no path is ever made of them."""

from __future__ import annotations

import mimetypes
import re
import unicodedata
from typing import Final
from urllib.parse import quote

from steward.kernel.characters import cut

_MOST_CHARS: Final = 255
_MOST_SUFFIX_CHARS: Final = 20
_UNNAMED: Final = "unnamed"
# Persian needs the one, joined emoji the other; all other characters of the category change how a name looks.
_JOINERS: Final = "\u200c\u200d"
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})

_ANY: Final = "application/octet-stream"
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,99}/[a-z0-9][a-z0-9!#$&^_.+-]{0,99}")
_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
# Of the program and not of the machine: the same file has the same type everywhere.
_BY_NAME: Final = mimetypes.MimeTypes()
for _suffix, _type in {
    ".docx": f"{_OFFICE}.wordprocessingml.document",
    ".xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    ".pptx": f"{_OFFICE}.presentationml.presentation",
    ".eml": "message/rfc822",
    ".jsonl": "application/jsonl",
    ".md": "text/markdown",
}.items():
    _BY_NAME.add_type(_type, _suffix)

# What a browser only shows. Whatever might run in one is handed out without its type.
_PASSIVE: Final = frozenset(
    {
        "application/json",
        "application/jsonl",
        "application/pdf",
        f"{_OFFICE}.presentationml.presentation",
        f"{_OFFICE}.spreadsheetml.sheet",
        f"{_OFFICE}.wordprocessingml.document",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/webp",
        "text/csv",
        "text/markdown",
        "text/plain",
        "text/tab-separated-values",
    }
)


def clean_name(given: str) -> str:
    """The last part of a name, without what cannot be seen; never empty, at most 255 characters with its suffix."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", given).rstrip("/\\"))[-1]
    seen = "".join(character for character in last if _is_seen(character))
    name = " ".join(seen.split()).strip(_JOINERS).rstrip(". ")
    if len(name) > _MOST_CHARS:
        stem, dot, suffix = name.rpartition(".")
        end = dot + suffix if stem and len(suffix) <= _MOST_SUFFIX_CHARS else ""
        name = cut(name.removesuffix(end), _MOST_CHARS - len(end)) + end
    return name or _UNNAMED


def _is_seen(character: str) -> bool:
    # Blanks of all kinds stay until they become single spaces.
    return character in _JOINERS or character.isspace() or unicodedata.category(character) not in _UNSEEN


def media_type_of(given: str | None, name: str) -> str:
    """What the uploader says that the file is, or else what its name says; lower case, without parameters."""
    said = (given or "").partition(";")[0].strip().lower()
    if said != _ANY and _MEDIA_TYPE.fullmatch(said):
        return said
    return _BY_NAME.guess_type(name, strict=True)[0] or _ANY


def safe_media_type(media_type: str) -> str:
    """The type to hand a file out with: its own, or that of mere bytes when a browser might run it."""
    is_passive = media_type in _PASSIVE or media_type.startswith(("audio/", "video/"))
    return media_type if is_passive else _ANY


def disposition(name: str) -> str:
    """The header that makes a browser save the file under its name, for old readers and new ones (RFC 6266)."""
    plain = re.sub(r'[^ -~]|["\\%;]', "_", name)
    if plain == name:
        return f'attachment; filename="{plain}"'
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
