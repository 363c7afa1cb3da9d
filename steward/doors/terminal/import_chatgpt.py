"""How ChatGPT's own export comes in: conversation by conversation, straight from the file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, cast

from steward.doors.terminal import import_reading
from steward.doors.terminal.import_display import Bar, Tally
from steward.doors.terminal.import_files import Contents, bring_file, known_files
from steward.doors.terminal.import_reading import in_thread
from steward.doors.terminal.import_threads import Incoming, bring
from steward.doors.terminal.imports import chatgpt, chatgpt_parts
from steward.doors.terminal.imports.chatgpt_parts import Json
from steward.doors.terminal.imports.moments import moment
from steward.doors.terminal.imports.sources import Source, find
from steward.files.importing import PastFile
from steward.kernel.work import Actor

_BATCH_MESSAGES: Final = 1_000
_PURPOSE: Final = "user_data"
_NAME: Final = "conversations"
_MOST_DEPTH: Final = 2


class ChatGPTImport:
    """One import of an export, for one actor."""

    def __init__(self, actor: Actor, tally: Tally, bar: Bar) -> None:
        self._actor, self._tally, self._bar = actor, tally, bar

    async def run(self, paths: Sequence[Path]) -> None:
        """Bring in every conversation of the exports.

        Raises:
            Refusal: the actor may only read, or the database is down.
        """
        self._actor.ensure_role("member")
        sources = await asyncio.to_thread(find, paths)
        contents = Contents(sources)
        batch: list[Incoming] = []
        async for conversation in in_thread(self._conversations(sources)):
            batch.append(await self._incoming(conversation, contents))
            if sum(len(one.thread.messages) for one in batch) >= _BATCH_MESSAGES:
                await bring(self._actor, batch, self._tally)
                batch = []
        await bring(self._actor, batch, self._tally)

    async def _incoming(self, conversation: Json, contents: Contents) -> Incoming:
        shown = await asyncio.to_thread(chatgpt_parts.file_ids, conversation)
        for file_id in sorted(shown):
            source = contents.find(file_id)
            if source is not None:
                file = PastFile(file_id, source.name, _PURPOSE, moment(conversation.get("create_time")))
                await bring_file(self._actor, file, source, self._tally)
        files = await known_files(self._actor, shown)
        return Incoming(
            await asyncio.to_thread(chatgpt.past_thread, self._actor.user_id, conversation, files)
        )

    def _conversations(self, sources: list[Source]) -> Iterator[Json]:
        """The conversations of the export, one by one. Blocks."""
        # Beside them an export holds what is no conversation: the account, ratings, links that were shared.
        read = [one for one in sources if one.holds_json and (one.is_named or one.name.startswith(_NAME))]
        self._bar.begin("conversations", sum(source.bytes for source in read))
        for source in read:
            for found in import_reading.values(source, self._tally):
                for value in _within(found.value, 0):
                    if chatgpt.conversation_id(value):
                        yield value
                    else:
                        where = f"{source.shown}, line {found.line}"
                        self._tally.fail("threads", where, "A conversation has no id that can be kept.")
            self._bar.advance(source.bytes)


def _within(value: Any, depth: int) -> Iterator[Json]:
    """The conversations in a value, which may be one, or a list of them."""
    if chatgpt.is_conversation(value):
        yield cast(Json, value)
    elif isinstance(value, list) and depth < _MOST_DEPTH:
        for one in cast("list[Any]", value):
            yield from _within(one, depth + 1)
