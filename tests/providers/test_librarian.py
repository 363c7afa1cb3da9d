from __future__ import annotations

import aiohttp

from steward.kernel.settings import Limits
from steward.providers.catalogue import LIBRARIAN
from steward.providers.events import Finish, ProviderEvent, TextDelta, Usage
from steward.providers.librarian import answer
from steward.providers.wire import Endpoint, ModelRequest, PromptMessage


def asking(*texts: str) -> ModelRequest:
    roles = ("user", "assistant")
    return ModelRequest([PromptMessage.of_text(roles[at % 2], text) for at, text in enumerate(texts)])


def test_says_that_it_is_no_model_and_what_to_do() -> None:
    text = answer(asking("What is the capital of France?"))
    assert text.startswith("No language model is configured yet")
    assert "OPENAI_API_KEY" in text
    assert "Earlier" not in text


def test_quotes_what_was_said_about_the_words_of_the_question() -> None:
    text = answer(
        asking("My ship is called Aurora.", "Noted.", "I like tea.", "Good.", "How is my SHIP called?")
    )
    assert "> My ship is called Aurora." in text
    assert "tea" not in text
    assert "Noted" not in text


async def test_streams_its_answer_and_costs_nothing() -> None:
    request = asking("hi")
    events: list[ProviderEvent] = []
    batches = 0
    async with aiohttp.ClientSession() as http:
        endpoint = Endpoint("steward", "librarian", "", None)
        async for batch in LIBRARIAN.wire.stream(http, endpoint, request, Limits()):
            batches += 1
            events += batch
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == answer(request)
    assert batches > 5
    assert events[-2:] == [Usage(0, 0), Finish("stop")]
