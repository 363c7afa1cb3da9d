"""`steward/librarian`: what answers while no model is configured. It is no language model, and says so."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from typing import Final

import aiohttp

from steward.kernel.settings import Limits
from steward.providers.events import Finish, ProviderEvent, TextDelta, Usage
from steward.providers.wire import Endpoint, ModelRequest

_PIECE: Final = re.compile(r"\S+\s*|\s+")
_WORD: Final = re.compile(r"\w{4,}")
_NO_MODEL: Final = (
    "No language model is configured yet, so I cannot answer this the way a model would.\n\n"
    "Set a provider's key, for example `OPENAI_API_KEY`, and start Steward again: its models then appear in the "
    "model menu. Your conversation is kept, and every model can go on with it."
)


class Librarian:
    """Answers from the conversation itself: it quotes what was said before about the words of the question."""

    async def stream(
        self, http: aiohttp.ClientSession, endpoint: Endpoint, request: ModelRequest, limits: Limits
    ) -> AsyncGenerator[list[ProviderEvent]]:
        """Answer; see `Wire.stream`. Costs nothing and calls nobody."""
        del http, endpoint, limits
        pieces = _PIECE.findall(answer(request))
        for start in range(0, len(pieces), 3):
            yield [TextDelta("".join(pieces[start : start + 3]))]
            # Lets other turns run in between; not there to look busy.
            await asyncio.sleep(0)
        yield [Usage(0, 0), Finish("stop")]


def answer(request: ModelRequest) -> str:
    """The text of the answer: what it is, and the earlier messages that share the question's words."""
    *earlier, question = [message for message in request.messages if message.role in ("user", "assistant")]
    words = {word.lower() for word in _WORD.findall(question.text)}
    quotes = [
        f"> {message.text.strip()[:300]}"
        for message in earlier
        if message.role == "user" and words & {word.lower() for word in _WORD.findall(message.text)}
    ]
    if not quotes:
        return _NO_MODEL
    return f"{_NO_MODEL}\n\nEarlier in this conversation you wrote:\n\n" + "\n\n".join(quotes[-3:])
