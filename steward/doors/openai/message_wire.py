"""Messages as clients of the Assistants API write them, read into the parts that threads keep."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from steward.doors.openai import metadata, raw, tool_resources
from steward.doors.openai.errors import BadRequest, no_object
from steward.doors.openai.raw import Body
from steward.files import service as files
from steward.kernel import runtime
from steward.kernel.errors import NotFound
from steward.kernel.work import Actor
from steward.threads import exchanges
from steward.threads.keeping import Said

Part = dict[str, Any]

_DETAILS: Final = ("auto", "low", "high")
_MOST_PARTS: Final = 500
_MOST_ATTACHMENTS: Final = 500
_MOST_CHARACTERS: Final = 256_000
"""What programs may write, as they could before; people are held to the limit of the settings."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that fits, before its files were looked at.

    Attributes:
        attachments: as they came, each with the kinds of tools that its file is for.
    """

    role: Literal["user", "assistant"]
    parts: list[Part]
    attachments: list[dict[str, Any]]
    pairs: dict[str, str]

    @property
    def searched_file_ids(self) -> list[str]:
        """Files that belong into the thread's store."""
        return [
            one["file_id"]
            for one in self.attachments
            if any(tool["type"] == "file_search" for tool in one["tools"])
        ]


def read(body: Body) -> Draft:
    """Read a message.

    Raises:
        BadRequest: it does not fit.
        MessageEmpty, MessageTooLong: it says nothing, or too much.
    """
    role = cast("Literal['user', 'assistant'] | None", body.one_of("role", ("user", "assistant")))
    if role is None:
        raise raw.missing(body.path_of("role"))
    parts = _parts(body, role)
    exchanges.ensure_fits(parts, max(_MOST_CHARACTERS, runtime.current().settings.limits.message_chars))
    return Draft(role, parts, _attachments(body), metadata.read(body) or {})


async def to_said(actor: Actor, drafts: Sequence[Draft]) -> list[Said]:
    """The messages as threads keep them, with the contents of the images that they name.

    Raises:
        BadRequest: a file that is named as an image is none, or too large.
        NotFound: a file is not there.
    """
    said: list[Said] = []
    for draft in drafts:
        await tool_resources.ensure_files(actor, [one["file_id"] for one in draft.attachments])
        parts = [await _with_image(actor, part) for part in draft.parts]
        notes: dict[str, Any] = {"metadata": draft.pairs}
        if draft.attachments:
            notes["attachments"] = draft.attachments
        said.append(Said(draft.role, parts, notes))
    return said


def _parts(body: Body, role: str) -> list[Part]:
    given = body.fields.get("content")
    if given is None:
        raise raw.missing(body.path_of("content"))
    if isinstance(given, str):
        return [{"type": "text", "text": given}]
    if not isinstance(given, list):
        raise raw.wrong_type(body.path_of("content"), "one of a string or an array", given)
    parts = [_part(content) for content in body.inners("content", most=_MOST_PARTS) or ()]
    if role == "assistant" and any(part["type"] != "text" for part in parts):
        path = body.path_of("content")
        raise BadRequest("Messages of an assistant hold text only.", param=path, code="invalid_value")
    return parts


def _part(content: Body) -> Part:
    kind = content.one_of("type", ("text", "image_file", "image_url"))
    if kind is None:
        raise raw.missing(content.path_of("type"))
    if kind == "text":
        return {"type": "text", "text": content.needed_text("text")}
    image = content.inner(kind)
    if image is None:
        raise raw.missing(content.path_of(kind))
    detail = image.one_of("detail", _DETAILS) or "auto"
    if kind == "image_url":
        return {
            "type": "file",
            "url": _image_url(image),
            "media_type": "image/*",
            "filename": None,
            "detail": detail,
        }
    file_id = raw.ensure_id(image.path_of("file_id"), image.needed_text("file_id"), "file")
    return {"type": "file", "url": "", "media_type": "image/*", "file_id": file_id, "detail": detail}


def _image_url(image: Body) -> str:
    url = image.needed_text("url")
    if not url.startswith(("https://", "http://", "data:image/")):
        path = image.path_of("url")
        raise BadRequest(
            f"Invalid '{path}'. Expected a URL of an image.", param=path, code="invalid_image_url"
        )
    return url


def _attachments(body: Body) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for one in body.inners("attachments", most=_MOST_ATTACHMENTS) or ():
        file_id = raw.ensure_id(one.path_of("file_id"), one.needed_text("file_id"), "file")
        tools: list[dict[str, str]] = []
        for tool in one.inners("tools") or ():
            kind = tool.one_of("type", ("file_search", "code_interpreter"))
            if kind is None:
                raise raw.missing(tool.path_of("type"))
            tools.append({"type": kind})
        found.append({"file_id": file_id, "tools": tools})
    return found


async def _with_image(actor: Actor, part: Part) -> Part:
    """An image that is one of our files goes to models with its contents."""
    file_id = part.get("file_id")
    if file_id is None:
        return part
    house = runtime.current()
    async with house.database.work(actor) as work:
        try:
            file = await files.get(work, file_id)
        except NotFound as error:
            raise no_object("file", file_id) from error
    if not file.media_type.startswith("image/"):
        raise BadRequest(f"The file '{file_id}' is no image.", param="content", code="invalid_image_format")
    if file.bytes > house.settings.limits.body_bytes:
        words = (
            f"The image '{file_id}' has {file.bytes} bytes; at most {house.settings.limits.body_bytes} fit."
        )
        raise BadRequest(words, param="content", code="image_too_large")
    contents = b"".join([piece async for piece in await files.read(actor, file)])
    url = f"data:{file.media_type};base64,{base64.b64encode(contents).decode()}"
    return {**part, "url": url, "media_type": file.media_type, "filename": file.name}
