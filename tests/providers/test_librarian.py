"""The librarian: quotes that answer, an honest line before them, and nothing where nothing was found."""

from __future__ import annotations

import aiohttp
import pytest

from steward.kernel.settings import Limits
from steward.knowledge.citations import CitationReader, check
from steward.providers.catalogue import LIBRARIAN
from steward.providers.events import Finish, ProviderEvent, TextDelta, Usage
from steward.providers.librarian import answer
from steward.providers.wire import Endpoint, ModelRequest, Passage, PromptMessage
from tests.knowledge import labelled
from tests.knowledge.made import passage

TEXTS = (
    labelled.BOILER,
    labelled.WARRANTY,
    labelled.TRAVEL,
    labelled.SECURITY,
    labelled.LEAVE,
    labelled.GRINDER,
    labelled.MILK,
    labelled.SICUREZZA,
    labelled.ONDERHOUD,
    labelled.ESTOQUE,
    labelled.FRIDGE,
    labelled.API,
)
PASSAGES = [passage(at + 1, text) for at, text in enumerate(TEXTS)]


def asking(*texts: str, passages: list[Passage] | None = None) -> ModelRequest:
    roles = ("user", "assistant")
    messages = [PromptMessage.of_text(roles[at % 2], text) for at, text in enumerate(texts)]
    return ModelRequest(messages, passages=passages or [])


def quotes(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.startswith("> ")]


def test_says_that_it_is_no_model_and_what_to_do() -> None:
    text = answer(asking("What is the capital of France?"))
    assert text.startswith("No language model is configured yet")
    assert "I found nothing about this in your documents" in text
    assert "Add documents" in text
    assert "OPENAI_API_KEY" in text
    assert "Earlier" not in text


def test_quotes_what_was_said_about_the_words_of_the_question() -> None:
    text = answer(
        asking("My ship is called Aurora.", "Noted.", "I like tea.", "Good.", "How is my SHIP called?")
    )
    assert quotes(text) == ["> My ship is called Aurora."]
    assert "tea" not in text
    assert "Noted" not in text


def test_a_message_of_many_lines_stays_one_quote() -> None:
    assert quotes(answer(asking("My ship:\n\n# Aurora", "Noted.", "My ship?"))) == ["> My ship: # Aurora"]


@pytest.mark.req("RAG-09")
@pytest.mark.parametrize(
    ("question", "line", "quote"),
    [
        (
            "How many minutes until the boiler reaches its temperature?",
            "No language model is configured yet, so I quote what your documents say:",
            "> The boiler of the Aurora 200 reaches its operating temperature of 93 °C after 12 minutes. [1]",
        ),
        (
            "Wann verfällt der Resturlaub?",
            "Noch ist kein Sprachmodell eingerichtet",
            "> Resturlaub verfällt am 31. März des Folgejahres. [5]",
        ),
        (
            "Quand faut-il remplacer les meules ?",
            "Aucun modèle de langage n'est encore configuré",
            "> Les meules en acier doivent être remplacées après 800 kilogrammes. [6]",
        ),
        (
            "¿Cuántas horas de formación recibe el personal nuevo?",
            "Todavía no hay ningún modelo de lenguaje configurado",
            "> El personal nuevo recibe 8 horas de formación antes de atender la barra. [7]",
        ),
        (
            "Quando chiude il magazzino?",
            "Non è ancora configurato alcun modello linguistico",
            "> Il magazzino chiude alle 18:30. [8]",
        ),
        (
            "Wanneer wordt de waterfilter vervangen?",
            "Er is nog geen taalmodel ingesteld",
            "> De waterfilter wordt na 5.000 liter vervangen. [9]",
        ),
        (
            "Qual é o estoque mínimo?",
            "Ainda não há nenhum modelo de linguagem configurado",
            "> O estoque mínimo é de 40 sacas. [10]",
        ),
        (
            "冷蔵庫の温度は何度ですか",
            "No language model is configured yet",
            "> 冷蔵庫の温度は5度以下に保ってください。 [11]",
        ),
        ("What does E-17 mean?", "No language model", "> Error E-17 means that the token has expired. [4]"),
    ],
)
async def test_it_quotes_the_sentence_that_answers_and_every_quote_is_supported(
    question: str, line: str, quote: str
) -> None:
    text = answer(asking(question, passages=PASSAGES))
    first, *rest = text.split("\n\n")
    assert first.startswith(line)
    assert quote in rest
    assert rest == quotes(text)
    assert len(rest) <= 5
    found = await check(text, PASSAGES)
    assert len(found) == len(rest)
    assert all(one.is_supported for one in found)
    assert len({one.number for one in found}) <= 3


@pytest.mark.parametrize(
    "question", ["Who won the chess match?", "Wer hat das Schachspiel gewonnen?", "谁赢了比赛", "🙂"]
)
def test_it_is_silent_when_no_sentence_fits(question: str) -> None:
    assert quotes(answer(asking(question, passages=[passage(1, labelled.TRAVEL, score=0.1)]))) == []


def test_what_stands_above_a_sentence_helps_to_choose_it_and_is_shown() -> None:
    text = (
        "# Aurora\nIt weighs 14 kg without water.\n\n# Borealis\nIt weighs 19 kg without water.\n\n"
        "**What does it cost?**\nThe list price is 1,200 EUR."
    )
    found = [passage(1, text, "Machines of the house")]
    assert "**Borealis**\n\n> It weighs 19 kg without water. [1]" in answer(
        asking("How much does the Borealis weigh without water?", passages=found)
    )
    assert quotes(answer(asking("What does the Borealis cost?", passages=found))) == [
        "> The list price is 1,200 EUR. [1]"
    ]


@pytest.mark.req("RAG-09")
@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("The valve [2] opens at 12 bar, see [1, 2].", r"The valve \[2] opens at 12 bar, see \[1, 2]."),
        ("阀门【2】在12巴时打开。", r"阀门\[2]在12巴时打开。"),
        ("Call `valve[1]` to open the valve.", "Call `valve[1]` to open the valve."),
        ("Press the ` key to open the valve.", r"Press the \` key to open the valve."),
        ("Press ``a`b`` or ` to open the valve.", r"Press ``a`b`` or \` to open the valve."),
        ("The valve opens.\n> - then it shuts", r"The valve opens."),
        ("Is it open? > Shut the valve at once", r"\> Shut the valve at once"),
        ("Is it open? # Shut the valve at once", r"\# Shut the valve at once"),
    ],
)
async def test_a_quote_shows_as_it_stands_and_cites_nothing_itself(sentence: str, shown: str) -> None:
    found = [passage(1, sentence), passage(2, labelled.API)]
    question = "How does the valve open or shut?" if sentence.isascii() else "阀门打开"
    text = answer(asking(question, passages=found))
    assert f"> {shown} [1]" in quotes(text)
    reader = CitationReader(found)
    read = [reader.feed(text), reader.end()]
    assert "".join(one.text for one in read) == text
    assert [cited.number for one in read for cited in one.cited] == [1]
    assert all(one.is_supported for one in await check(text, found))


async def test_streams_its_answer_and_costs_nothing() -> None:
    for request in (
        asking("hi"),
        asking("Until when can I hand in receipts of a journey?", passages=PASSAGES),
    ):
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
