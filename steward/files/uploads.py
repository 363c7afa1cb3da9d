"""Uploads: a form with one file and a few fields, read after it is known who brings it.

The file goes straight to the disk, whether fields stand before or behind it. Rooms whose addresses take files read
them here, and the gate must know those addresses.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request

from steward.files import service
from steward.files.errors import FormMalformed, UploadCutOff
from steward.files.incoming import Received
from steward.files.multipart import FormReader, as_text
from steward.kernel.errors import Invalid
from steward.kernel.work import Actor

_FILE: Final = "file"
_FIELD_BYTES: Final = 100_000
_SILENCE_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Upload:
    """A form that has come in whole. `fields` has what stands beside the file; a name may come more than once."""

    received: Received
    name: str
    media_type: str | None
    fields: dict[str, list[str]]


@asynccontextmanager
async def read(request: Request, actor: Actor) -> AsyncGenerator[Upload]:
    """Read a form with one file, called `file`; at the end of the block the file is gone unless it was added.

    Raises:
        FormMalformed: the body is no such form.
        Invalid: it has no file, or several.
        UploadCutOff: the client left, or said nothing for a minute.
        Refusal: what `service.receive` refuses.
    """
    # Before anything is read: a body costs its sender more than us only if we do not take it.
    actor.ensure_role("member")
    fields: dict[str, list[str]] = {}
    async with AsyncExitStack() as block:
        body = await block.enter_async_context(aclosing(_body(request)))
        form = FormReader(body, request.headers.get("content-type", ""))
        found: Upload | None = None
        while head := await form.next_part():
            if head.file_name is None:
                fields.setdefault(head.name, []).append(await _value(form, head.name))
            elif head.name != _FILE or found is not None:
                raise Invalid("Send one file, in the field `file`.", field=head.name)
            else:
                received = await block.enter_async_context(service.receive(actor, form.content()))
                found = Upload(received, head.file_name, head.media_type, fields)
        if found is None:
            raise Invalid("The form has no file; send one in the field `file`.", field=_FILE)
        yield found


def described(**fields: dict[str, Any]) -> dict[str, Any]:
    """What OpenAPI says of a route that reads an upload.

    Args:
        fields: schemas of the fields beside the file.
    """
    file = {"type": "string", "format": "binary"}
    schema = {"type": "object", "required": [_FILE], "properties": {_FILE: file, **fields}}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


async def _value(form: FormReader, name: str) -> str:
    value = bytearray()
    async for piece in form.content():
        value += piece
        if len(value) > _FIELD_BYTES:
            raise FormMalformed(
                f"The field `{name[:100]}` has more than {_FIELD_BYTES} bytes.", field=name[:100]
            )
    return as_text(bytes(value))


async def _body(request: Request) -> AsyncGenerator[bytes]:
    async with aclosing(request.stream()) as stream:
        while True:
            try:
                async with asyncio.timeout(_SILENCE_SECONDS):
                    piece = await anext(stream, None)
            except (ClientDisconnect, TimeoutError) as error:
                raise UploadCutOff("The upload was cut off before its end; upload the file again.") from error
            if piece is None:
                return
            yield piece
