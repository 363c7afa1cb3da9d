from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from structlog.testing import capture_logs

from steward.kernel.errors import NotFound, Unavailable
from steward.kernel.runtime import Runtime
from steward.kernel.work import Actor
from steward.knowledge import collections, search
from steward.knowledge.errors import CollectionExpired, FilterInvalid
from steward.knowledge.ranking import Reranker
from steward.knowledge.schemas import CollectionChange, CollectionCreate
from steward.knowledge.search import Wanted
from tests.conftest import MakePerson, Person
from tests.knowledge.library import add, find, titles
from tests.support.scripted_provider import ScriptedProvider

_PAPERS = {
    "warranty.md": "# Warranty\n\nPrivate customers have a warranty of 24 months, companies of 12 months.",
    "cleaning.md": "# Cleaning\n\nBackflush the group head every evening with the powder CL-40.",
    "leave.md": "# Leave\n\nEmployees have 29 days of paid holidays. Ask six weeks ahead.",
    "garantie.md": "# Garantie\n\nDie Mühle hat eine Garantie von fünf Jahren auf das Mahlwerk und den Motor.",
}


async def _fill(person: Person) -> None:
    await asyncio.gather(*(add(person.actor, content, name) for name, content in _PAPERS.items()))


@pytest.mark.req("RAG-07", "RAG-11", "TOOL-14")
async def test_what_fits_comes_first_with_scores_from_0_to_1(ada: Person) -> None:
    await _fill(ada)
    hits = await find(ada.actor, "How long is the warranty for companies?")
    scores = [hit.passage.score for hit in hits]
    assert titles(hits)[0] == "Warranty"
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert [hit.passage.number for hit in hits] == list(range(1, len(hits) + 1))
    assert hits[0].passage.headings == ("Warranty",)


@pytest.mark.req("RAG-03", "AGNT-13")
async def test_as_many_come_as_were_asked_for(ada: Person) -> None:
    await _fill(ada)
    assert len(await find(ada.actor, "warranty of the grinder", limit=2)) == 2
    assert len(await find(ada.actor, "warranty of the grinder", limit=50)) == 4


async def test_words_are_found_in_their_own_language(ada: Person) -> None:
    await _fill(ada)
    # Forms of the words that stand there: only German rules know them.
    assert titles(await find(ada.actor, "Garantien der Mühlen", by="words"))[0] == "Garantie"
    assert titles(await find(ada.actor, "holiday of an employee", by="words"))[0] == "Leave"


async def test_codes_are_found_however_they_are_cut(ada: Person) -> None:
    await _fill(ada)
    for code in ("CL-40", "cl 40", "Cl-40?"):
        assert titles(await find(ada.actor, code, by="words")) == ["Cleaning"], code


async def test_scripts_without_spaces_are_found(ada: Person) -> None:
    await add(ada.actor, "保证期为二十四个月。公司客户为十二个月。", "zh.txt")
    await add(ada.actor, "เครื่องชงกาแฟต้องล้างทุกวัน", "th.txt")
    assert titles(await find(ada.actor, "保证期多长", by="words")) == ["zh.txt"]
    assert titles(await find(ada.actor, "เครื่องชงกาแฟ", by="words")) == ["th.txt"]


async def test_one_search_alone_can_be_asked(ada: Person) -> None:
    await _fill(ada)
    by_meaning = await find(ada.actor, "vacations of the staff", by="meaning")
    assert titles(by_meaning)[0] == "Leave"
    assert await find(ada.actor, "vacations of the staff", by="words") == []


async def test_an_empty_workspace_finds_nothing(ada: Person) -> None:
    results = await search.search(ada.actor, Wanted("anything"))
    assert (results.hits, results.has_documents) == ([], False)


@pytest.mark.parametrize(
    "question", ["?", "the", "   ", "\u200b", "🤷", "a" * 4_000, "' OR 1=1 --", "& | ! <->"]
)
async def test_any_question_has_an_answer(ada: Person, question: str) -> None:
    await add(ada.actor, _PAPERS["warranty.md"])
    assert len(await find(ada.actor, question)) <= 1


async def test_collections_are_searched_apart(ada: Person) -> None:
    manuals = await collections.create(ada.actor, CollectionCreate(name="Manuals"))
    hidden = await collections.create(ada.actor, CollectionCreate(name="Drafts", in_chat=False))
    await add(ada.actor, "The pump of the manual.", "manual.txt", collection_id=manuals.id)
    await add(ada.actor, "The pump of the draft.", "draft.txt", collection_id=hidden.id)
    await add(ada.actor, "The pump of everybody.", "default.txt")
    assert titles(await find(ada.actor, "pump", collection_ids=[manuals.id])) == ["manual.txt"]
    assert set(titles(await find(ada.actor, "pump"))) == {"manual.txt", "draft.txt", "default.txt"}
    assert set(titles(await find(ada.actor, "pump", in_chat=True))) == {"manual.txt", "default.txt"}


async def test_documents_are_narrowed_by_attributes(ada: Person) -> None:
    for year in (2024, 2025, 2026):
        await add(
            ada.actor,
            f"Report of the year {year}.",
            f"{year}.txt",
            attributes={"year": year, "kind": "report", "final": year < 2026},
        )

    async def years(condition: dict[str, Any]) -> set[str]:
        return set(titles(await find(ada.actor, "report", filter=condition)))

    def compare(kind: str, key: str, value: object) -> dict[str, Any]:
        return {"type": kind, "key": key, "value": value}

    assert await years(compare("eq", "year", 2025)) == {"2025.txt"}
    assert await years(compare("gte", "year", 2025)) == {"2025.txt", "2026.txt"}
    assert await years(compare("in", "year", [2024, 2026])) == {"2024.txt", "2026.txt"}
    assert await years(compare("nin", "year", [2024, 2026])) == {"2025.txt"}
    assert await years(compare("eq", "final", True)) == {"2024.txt", "2025.txt"}
    assert await years(compare("eq", 'ki"nd', "report")) == set()
    assert await years(compare("eq", "kind", '" || true || "')) == set()
    both = {"type": "and", "filters": [compare("lt", "year", 2026), compare("ne", "year", 2024)]}
    assert await years(both) == {"2025.txt"}
    either = {"type": "or", "filters": [compare("eq", "year", 2024), both]}
    assert await years(either) == {"2024.txt", "2025.txt"}


@pytest.mark.parametrize(
    "condition",
    [
        {"type": "like", "key": "a", "value": "b"},
        {"type": "eq", "value": "b"},
        {"type": "eq", "key": "a", "value": None},
        {"type": "eq", "key": "a", "value": float("nan")},
        {"type": "eq", "key": "a", "value": {"b": 1}},
        {"type": "in", "key": "a", "value": []},
        {"type": "and", "filters": []},
        {"type": "and", "filters": ["x"]},
        {"type": "in", "key": "a", "value": list(range(65))},
    ],
)
async def test_a_filter_that_is_none_is_refused(ada: Person, condition: dict[str, object]) -> None:
    with pytest.raises(FilterInvalid):
        await find(ada.actor, "report", filter=condition)


@pytest.mark.req("VEC-02")
async def test_a_collection_expires_when_nobody_uses_it(ada: Person, house: Runtime) -> None:
    kept = await collections.create(ada.actor, CollectionCreate(name="Kept", expires_days=30))
    await add(ada.actor, "The pump runs at 9 bar.", collection_id=kept.id)
    real = house.now
    try:
        began = real()
        house.now = lambda: began + timedelta(days=29)
        assert await find(ada.actor, "pump", collection_ids=[kept.id])
        # It was used: 30 more days.
        house.now = lambda: began + timedelta(days=58)
        assert await find(ada.actor, "pump")
        house.now = lambda: began + timedelta(days=89)
        assert await find(ada.actor, "pump") == []
        with pytest.raises(CollectionExpired):
            await find(ada.actor, "pump", collection_ids=[kept.id])
        async with house.database.work(ada.actor) as work:
            assert (await collections.get(work, kept.id)).status == "expired"
        revived = await collections.change(ada.actor, kept.id, CollectionChange(expires_days=60))
        assert revived.status == "ready"
        assert await find(ada.actor, "pump")
    finally:
        house.now = real


@pytest.mark.req("RAG-20", "ERR-17")
async def test_words_find_when_the_embedding_model_does_not_answer(
    ada: Person, provider: ScriptedProvider
) -> None:
    model = "openai/text-embedding-3-small"
    remote = await collections.create(ada.actor, CollectionCreate(name="Remote", embedding_model=model))
    document = await add(ada.actor, "The pump runs at 9 bar.", collection_id=remote.id)
    assert document.status == "ready", document.error
    with capture_logs() as logs:
        results = await search.search(ada.actor, Wanted("pump {{status:401}}"))
    assert [hit.passage.text for hit in results.hits] == ["The pump runs at 9 bar."]
    assert results.failed is not None
    assert "knowledge_embedding_failed" in [line["event"] for line in logs]


@pytest.mark.req("RAG-02")
async def test_a_question_is_embedded_once(ada: Person, provider: ScriptedProvider) -> None:
    model = "openai/text-embedding-3-small"
    remote = await collections.create(ada.actor, CollectionCreate(name="Remote", embedding_model=model))
    await add(ada.actor, "The pump runs at 9 bar.", collection_id=remote.id)
    question = f"What does the pump of {remote.id} run at?"
    for _ in range(3):
        assert await find(ada.actor, question)
    asked = [one for one in provider.requests if one.wire == "embeddings" and question in str(one.body)]
    assert len(asked) == 1


async def test_a_collection_that_is_not_there_is_told(ada: Person) -> None:
    with pytest.raises(NotFound):
        await find(ada.actor, "pump", collection_ids=["vs_nobody"])


_WORDS = st.sampled_from(
    ["pump", "boiler", "grinder", "valve", "gasket", "steam", "filter", "basket", "scale"]
)


@pytest.mark.req("RAG-03")
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(corpora=st.lists(st.lists(_WORDS, min_size=1, max_size=12), min_size=2, max_size=4), question=_WORDS)
async def test_a_workspace_never_finds_anothers_passage(
    corpora: list[list[str]], question: str, make_person: MakePerson
) -> None:
    people = [await make_person() for _ in corpora]
    await asyncio.gather(
        *(
            add(person.actor, " ".join(corpus), "words.txt")
            for person, corpus in zip(people, corpora, strict=True)
        )
    )
    own = {
        person.actor.workspace_id: " ".join(corpus) for person, corpus in zip(people, corpora, strict=True)
    }
    for person in people:
        for way in ("both", "meaning", "words"):
            for hit in await find(person.actor, question, by=way, limit=50):
                assert hit.passage.text == own[person.actor.workspace_id]


async def test_the_wall_holds_below_the_queries(ada: Person, eve: Person, house: Runtime) -> None:
    await add(ada.actor, "The pump runs at 9 bar.")
    async with house.database.work(eve.actor) as work:
        for table in ("chunks", "documents", "document_texts", "collections", "files"):
            count = await work.session.execute(text(f"SELECT count(*) FROM {table}"))  # noqa: S608  # named above
            assert count.scalar_one() == 0, table
        # The one function that looks past the policies knows the workspace by itself.
        query = text(
            "SELECT count(*) FROM search_chunks(ARRAY['pump'], 'english', ARRAY['english'], "
            "ARRAY[cast(:collection AS text)], NULL, NULL, '{}', 1, 10, '{}', '{}', '{}')"
        )
        collection_id = (await _collection_of(house, ada)) or ""
        assert (await work.session.execute(query, {"collection": collection_id})).scalar_one() == 0


async def _collection_of(house: Runtime, person: Person) -> str | None:
    async with house.database.work(person.actor) as work:
        return (await collections.page(work, limit=1, cursor=None)).items[0].id


class _Backwards(Reranker):
    """Likes best what has the fewest letters; refuses a question about tea."""

    async def scores(self, actor: Actor, question: str, texts: Sequence[str]) -> list[float]:
        if "tea" in question:
            raise Unavailable("The reranker has had enough.")
        return [1 / (1 + len(text)) for text in texts]


async def test_a_reranker_gives_the_scores_and_the_figures_count_without(ada: Person, house: Runtime) -> None:
    await _fill(ada)
    house.parts[Reranker] = _Backwards()
    try:
        hits = await find(ada.actor, "warranty")
        lengths = [len(hit.passage.text) for hit in hits]
        assert lengths == sorted(lengths)
        assert titles(await find(ada.actor, "tea and warranty"))[0] == "Warranty"
    finally:
        del house.parts[Reranker]
