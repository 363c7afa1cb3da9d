"""How files come in: contents that lie beside the JSON of an export, under the ids that they had."""

from __future__ import annotations

import asyncio
import base64
import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any, Final

from steward.doors.terminal.import_display import Bar, Tally
from steward.doors.terminal.import_reading import in_thread
from steward.doors.terminal.imports.message_parts import KnownFile
from steward.doors.terminal.imports.moments import moment
from steward.doors.terminal.imports.sources import Source
from steward.doors.terminal.imports.spool import Spool
from steward.files import importing as files
from steward.files import service as file_service
from steward.files.importing import PastFile
from steward.files.schemas import FileRead
from steward.kernel import runtime
from steward.kernel.characters import storable
from steward.kernel.errors import Refusal
from steward.kernel.work import Actor
from steward.knowledge import importing as knowledge

_ID: Final = re.compile(r"file[-_][A-Za-z0-9]+")
_ASSISTANTS: Final = "assistants"
_PURPOSE: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_NO_CONTENT: Final = (
    "Its content is not beside the JSON. Put it there under its id or its name, and import again."
)


class Contents:
    """What lies beside the JSON. `used` are those that were files' contents."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._named: dict[str, list[Source]] = defaultdict(list)
        for source in sources:
            self._named[source.name].append(source)
            begin = _ID.match(source.name)
            if begin is not None and begin[0] != source.name:
                self._named[begin[0]].append(source)
        self.used: set[Source] = set()

    def find(self, file_id: str, name: str = "", size: Any = None) -> Source | None:
        """What lies under the file's id, or else under its name with as many bytes as it had."""
        fitting = self._named.get(file_id) or [
            one for one in self._named.get(name, ()) if not isinstance(size, int) or one.bytes == size
        ]
        if not fitting:
            return None
        self.used.add(fitting[0])
        return fitting[0]


class FilesImport:
    """The files of one import of dumps."""

    def __init__(self, actor: Actor, spool: Spool, contents: Contents, tally: Tally, bar: Bar) -> None:
        self._actor, self._spool, self._contents, self._tally, self._bar = actor, spool, contents, tally, bar

    async def run(self) -> None:
        """Bring the files in."""
        self._bar.begin("files", await asyncio.to_thread(self._spool.count, "file"))
        async for file in in_thread(self._spool.each("file")):
            name = storable(str(file.get("filename") or file["id"]))
            source = self._contents.find(str(file["id"]), name, file.get("bytes"))
            given = file.get("purpose")
            purpose = given if isinstance(given, str) and _PURPOSE.fullmatch(given) else _ASSISTANTS
            past = PastFile(str(file["id"]), name, purpose, moment(file.get("created_at")))
            await bring_file(self._actor, past, source, self._tally)
            self._bar.advance()


async def bring_file(actor: Actor, file: PastFile, source: Source | None, tally: Tally) -> None:
    """Keep a file whose content was found, unless it is there, and count what became of it."""
    async with runtime.current().database.work(actor) as work:
        is_here = file.id in await files.known(work, [file.id])
    if is_here:
        tally.count("files", "known")
    elif source is None:
        tally.skip("files", f"{file.id} ({file.name})", _NO_CONTENT)
    else:
        try:
            await files.restore(actor, file, in_thread(source.pieces()))
        except (Refusal, OSError) as error:
            tally.fail("files", f"{file.id} ({file.name})", str(error))
        else:
            tally.count("files", "imported")


async def known_files(actor: Actor, file_ids: Collection[str]) -> dict[str, KnownFile]:
    """Those of the files that are here, images with their contents."""
    if not file_ids:
        return {}
    async with runtime.current().database.work(actor) as work:
        found = await files.known(work, file_ids)
        documents = await knowledge.documents_of(work, found.keys())
    known: dict[str, KnownFile] = {}
    for file_id, file in found.items():
        document_id, url = documents.get(file_id, (None, f"/v1/files/{file_id}/content"))
        image = await _image(actor, file)
        known[file_id] = KnownFile(file_id, file.name, file.media_type, url, image, document_id)
    return known


async def _image(actor: Actor, file: FileRead) -> str | None:
    most_bytes = runtime.current().settings.limits.body_bytes
    if not file.media_type.startswith("image/") or file.bytes > most_bytes:
        return None
    content = b"".join([piece async for piece in await file_service.read(actor, file)])
    encoded = await asyncio.to_thread(base64.b64encode, content)
    return f"data:{file.media_type};base64,{encoded.decode()}"
