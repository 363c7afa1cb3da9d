"""`steward/librarian`: what answers while no model is configured. It is no language model, and says so."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import Final

import aiohttp

from steward.kernel import characters, languages, words
from steward.kernel.ids import new_id
from steward.kernel.settings import Limits
from steward.providers import librarian_commands, librarian_words, prompts, quoting
from steward.providers.events import (
    Finish,
    ProviderEvent,
    TextDelta,
    ToolCall,
    ToolCallStart,
    ToolInputDelta,
    Usage,
)
from steward.providers.librarian_commands import Planned
from steward.providers.quoting import Quote
from steward.providers.wire import Endpoint, ModelRequest, PromptMessage

_PIECE: Final = re.compile(r"\S+\s*|\s+")
_MOST_EARLIER: Final = 3
_EARLIER_CHARS: Final = 300


class Librarian:
    """Answers from documents: it quotes the sentences that fit the question best, and cites their passages. Where there
    are none it quotes what was said before about the words of the question. A message `/tool …` calls a tool.
    """

    async def stream(
        self, http: aiohttp.ClientSession, endpoint: Endpoint, request: ModelRequest, limits: Limits
    ) -> AsyncGenerator[list[ProviderEvent]]:
        """Answer; see `Wire.stream`. Costs nothing and calls nobody."""
        del http, endpoint, limits
        said = await asyncio.to_thread(reply, request)
        if isinstance(said, Planned):
            yield [*_called(said), Usage(0, 0), Finish("tool_calls")]
            return
        pieces = _PIECE.findall(said)
        for start in range(0, len(pieces), 3):
            yield [TextDelta("".join(pieces[start : start + 3]))]
            # Lets other turns run in between; not there to look busy.
            await asyncio.sleep(0)
        yield [Usage(0, 0), Finish("stop")]


def reply(request: ModelRequest) -> Planned | str:
    """A call that the question commands, or the text of the answer. Call it in a thread: it embeds."""
    command = librarian_commands.read(request)
    return answer(request) if command is None else librarian_commands.carry_on(command, request)


def answer(request: ModelRequest) -> str:
    """The text of the answer, in the language of the question where that is known. Call it in a thread: it embeds."""
    asked = request.messages[: prompts.turn_start(request.messages)] or request.messages
    *earlier, question = [message for message in asked if message.role in ("user", "assistant")]
    say = librarian_words.IN[languages.guess(question.text) or "en"]
    if quotes := quoting.quotes(question.text, request.passages):
        return "\n\n".join((say.quoting, *_quoted(quotes)))
    said = list(_said_before(earlier, question))[-_MOST_EARLIER:]
    return "\n\n".join((say.nothing, say.remedy, *((say.earlier, *said) if said else ())))


def _called(planned: Planned) -> list[ProviderEvent]:
    call_id, written = new_id("call"), prompts.written(planned.arguments)
    return [
        ToolCallStart(call_id, planned.tool),
        ToolInputDelta(call_id, written),
        ToolCall(call_id, planned.tool, planned.arguments, written),
    ]


def _quoted(quotes: Sequence[Quote]) -> Iterator[str]:
    """The quotes with their citations, under the headings that they stand under."""
    above = ""
    for quote in quotes:
        if quote.above not in ("", above):
            yield f"**{quote.above}**"
        above = quote.above
        yield f"> {quote.text} [{quote.number}]"


def _said_before(earlier: list[PromptMessage], question: PromptMessage) -> Iterator[str]:
    """The person's own messages that share a word with the question, as quotes."""
    asked = set(words.content(question.text))
    for message in earlier:
        if message.role == "user" and not asked.isdisjoint(words.content(message.text)):
            yield "> " + characters.cut(" ".join(message.text.split()), _EARLIER_CHARS)
