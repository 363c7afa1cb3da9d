"""Files that the messages of a response name: models read their contents."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from typing import Any

from steward.doors.openai.errors import BadRequest, no_object
from steward.doors.openai.response_input import Draft
from steward.files import service as files
from steward.kernel import runtime
from steward.kernel.errors import NotFound
from steward.kernel.work import Actor
from steward.threads.keeping import Said

Part = dict[str, Any]


async def to_said(actor: Actor, drafts: Sequence[Draft]) -> list[Said]:
    """The messages as threads keep them, with the contents of the files that they name.

    Raises:
        BadRequest: a file that is named as an image is none, or too large.
        NotFound: a file is not there.
    """
    return [
        Said(
            draft.role,
            [await _with_contents(actor, part) for part in draft.parts],
            {"role": draft.word} if draft.word == "developer" else {},
        )
        for draft in drafts
    ]


async def _with_contents(actor: Actor, part: Part) -> Part:
    file_id = part.get("file_id")
    if file_id is None:
        return part
    house = runtime.current()
    async with house.database.work(actor) as work:
        try:
            file = await files.get(work, file_id)
        except NotFound as error:
            raise no_object("file", file_id) from error
    if part["media_type"] == "image/*" and not file.media_type.startswith("image/"):
        raise BadRequest(f"The file '{file_id}' is no image.", param="input", code="invalid_image_format")
    most = house.settings.limits.body_bytes
    if file.bytes > most:
        raise BadRequest(
            f"The file '{file_id}' has {file.bytes} bytes; at most {most} fit. Put it into a vector store and offer "
            "the tool 'file_search'.",
            param="input",
            code="file_too_large",
        )
    contents = b"".join([piece async for piece in await files.read(actor, file)])
    encoded = await asyncio.to_thread(base64.b64encode, contents)
    url = f"data:{file.media_type};base64,{encoded.decode()}"
    return {**part, "url": url, "media_type": file.media_type, "filename": file.name}
