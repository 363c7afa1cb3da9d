"""Attaching: the files of a message that comes in: whose they are, what they really are, and what they say."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from steward.files import service as files
from steward.files.schemas import FileRead
from steward.kernel import runtime
from steward.kernel.errors import Invalid, NotFound, Unavailable
from steward.kernel.work import Actor
from steward.knowledge.reading.contents import Contents, Unreadable
from steward.knowledge.reading.process import Died
from steward.knowledge.reading.readers import Readers
from steward.runs.attachments import EXTRACT, IS_CUT, address_of, file_id_of, image_type
from steward.runs.errors import AttachmentTooLarge, AttachmentUnreadable, TooManyAttachments
from steward.runs.schemas import TurnRequest
from steward.threads import exchanges

Part = dict[str, Any]

MOST_ATTACHMENTS: Final = 10
"""Files of one message."""
IMAGE_BYTES: Final = 5_000_000
"""The largest picture: every provider's models take it."""
EXTRACT_TOKENS: Final = 24_000
"""What all the documents of one message tell a model, together."""
_HEAD_BYTES: Final = 64
_UNNAMED: Final = "attachment"
_OTHER_PICTURE: Final = "models look at PNG, JPEG, GIF and WebP. Save it as one of these, then attach that."


@dataclass(frozen=True, slots=True)
class _Document:
    """A file that is read, and the part that it becomes."""

    part: Part
    contents: Contents

    @property
    def tokens(self) -> int:
        return sum(span.tokens for span in self.contents.spans)


async def attached(actor: Actor, request: TurnRequest) -> TurnRequest:
    """The request with its files looked at: each is the actor's own, and documents bring their text along.

    The files of a question that is only answered again are taken as they were stored.

    Raises:
        Forbidden: the actor may only look.
        NotFound: a file is not one of the actor's.
        Invalid: an address is neither one of our files' nor one of the web's.
        TooManyAttachments, AttachmentTooLarge, AttachmentUnreadable: models cannot be given it.
    """
    given = [part for part in request.parts if part["type"] == "file"]
    if not given:
        return request
    actor.ensure_role("member")
    if len(given) > MOST_ATTACHMENTS:
        raise TooManyAttachments(
            f"The message has {len(given)} files; at most {MOST_ATTACHMENTS} are taken.", field="message"
        )
    if request.trigger == "regenerate" and await _is_stored(actor, request):
        return request
    looked = [await _looked_at(actor, part) if part["type"] == "file" else part for part in request.parts]
    return replace(request, parts=_with_texts(looked))


async def _is_stored(actor: Actor, request: TurnRequest) -> bool:
    if request.thread_ref is None:
        return False
    async with runtime.current().database.transaction(actor) as work:
        return await exchanges.has_question(work, request.thread_ref, request.message_ref, request.message_id)


async def _looked_at(actor: Actor, part: Part) -> Part | _Document:
    url = str(part["url"])
    file_id = file_id_of(url)
    if file_id is not None:
        return await _read(actor, await _own(actor, file_id))
    if url.startswith("data:"):
        return await _read(actor, await _kept(actor, part))
    if url.startswith(("https://", "http://")):
        # Whoever asked can be asked for it, too: the provider fetches it, and we do not.
        return part
    raise Invalid("The url of a file is neither that of an uploaded file nor a data: url.", field="message")


async def _own(actor: Actor, file_id: str) -> FileRead:
    async with runtime.current().database.work(actor) as work:
        file = await files.get(work, file_id)
    if file.user_id != actor.user_id:
        raise NotFound("There is no such file.")
    return file


async def _kept(actor: Actor, part: Part) -> FileRead:
    """The file that comes within the message; the same one again is the same file, so that a repeat is one."""
    name = str(part.get("filename") or _UNNAMED)
    content = await asyncio.to_thread(_content, str(part["url"]))

    async def pieces() -> AsyncGenerator[bytes]:
        yield content

    async with (
        files.receive(actor, pieces()) as received,
        runtime.current().database.work(actor) as work,
    ):
        known = await files.find_same(work, received.blob.sha256, name, files.ATTACHMENT)
        if known is not None:
            return known
        media_type = str(part.get("media_type") or "")
        return await files.add(work, received, name=name, media_type=media_type, purpose=files.ATTACHMENT)


def _content(url: str) -> bytes:
    """What a `data:` URL holds."""
    head, comma, content = url[5:].partition(",")
    try:
        if comma and "base64" in head.split(";")[1:]:
            return base64.b64decode(unquote_to_bytes(content), validate=True)
    except binascii.Error:
        comma = ""
    if not comma:
        raise Invalid("A data: url of the message cannot be read.", field="message")
    return unquote_to_bytes(content)


async def _read(actor: Actor, file: FileRead) -> Part | _Document:
    part: Part = {
        "type": "file",
        "url": address_of(file.id),
        "media_type": file.media_type,
        "filename": file.name,
        "file_id": file.id,
        "bytes": file.bytes,
    }
    async with files.local_path(actor, file) as path:
        picture = image_type(await asyncio.to_thread(_head, path))
        if picture is None:
            return _Document(part, await _contents(file, path))
    if file.bytes > IMAGE_BYTES:
        raise AttachmentTooLarge(
            f"{file.name} has {file.bytes / 1_000_000:.1f} MB; pictures may have {IMAGE_BYTES // 1_000_000} MB. "
            "Make it smaller, then attach it again.",
            field="message",
        )
    return {**part, "media_type": picture}


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)


async def _contents(file: FileRead, path: Path) -> Contents:
    house = runtime.current()
    tokens = house.settings.knowledge.chunk_tokens
    try:
        contents = await house.part(Readers).read(
            path, file.name, file.media_type, chunk_tokens=tokens, chunk_overlap=0
        )
    except Unreadable as error:
        is_picture = file.media_type.startswith("image/")
        words = _OTHER_PICTURE if is_picture else f"{error.reason} {error.fix}"
        raise AttachmentUnreadable(f"{file.name}: {words}", field="message") from error
    except Died as error:
        raise Unavailable("The file cannot be read just now; try again in a moment.") from error
    if not contents.spans:
        raise AttachmentUnreadable(f"{file.name}: there is no text in the file.", field="message")
    return contents


def _with_texts(looked: Sequence[Part | _Document]) -> list[Part]:
    """The parts, the documents with as much of their texts as a message may bring along."""
    documents = [one for one in looked if isinstance(one, _Document)]
    shares = iter(_shares([document.tokens for document in documents], EXTRACT_TOKENS))
    return [_with_text(one, next(shares)) if isinstance(one, _Document) else one for one in looked]


def _shares(wanted: Sequence[int], total: int) -> list[int]:
    """The total in equal shares, where whoever wants less leaves the rest to the others."""
    shares = [0] * len(wanted)
    left = total
    for place, at in enumerate(sorted(range(len(wanted)), key=wanted.__getitem__)):
        shares[at] = min(wanted[at], left // (len(wanted) - place))
        left -= shares[at]
    return shares


def _with_text(document: _Document, tokens: int) -> Part:
    contents = document.contents
    if document.tokens <= tokens:
        return {**document.part, EXTRACT: contents.text}
    end = 0
    for span in contents.spans:
        tokens -= span.tokens
        if tokens < 0:
            break
        end = span.end
    return {**document.part, EXTRACT: contents.text[:end], IS_CUT: True}
