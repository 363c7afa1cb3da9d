"""Pages of the web as documents: fetched, fetched anew, and what happens when they cannot be."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from steward.kernel.runtime import Runtime
from steward.kernel.settings import Fetch, Settings
from steward.knowledge import documents
from steward.knowledge.documents import Facts
from steward.knowledge.schemas import DocumentRead
from tests.conftest import Person
from tests.kernel.test_fetch import Host, answer, serving
from tests.knowledge.library import find, look, settled
from tests.knowledge.shelves import all_settled, changed
from tests.knowledge.stored import wrong_of


@pytest.fixture
async def host() -> AsyncGenerator[Host]:
    """A web server on this machine."""
    async with serving() as one:
        yield one


@pytest.fixture
def open_net(house: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of this machine may be fetched."""
    fetch = Fetch(allowed_networks="127.0.0.1/32", seconds=5)
    monkeypatch.setattr(house, "settings", house.settings.model_copy(update={"fetch": fetch}))


def page_of(text: str) -> bytes:
    html = f"<html><head><title>The paper</title></head><body><h1>News</h1><p>{text}</p></body></html>"
    return answer(html.encode(), "content-type: text/html; charset=utf-8")


async def fetched(person: Person, host: Host, path: str = "/news/paper") -> DocumentRead:
    added = await documents.add_page(person.actor, host.url + path, Facts())
    assert (added.status, added.stage) == ("in_progress", "accepted")
    return await settled(person.actor, added.id)


@pytest.mark.usefixtures("open_net")
async def test_a_page_becomes_a_document_and_is_fetched_anew(
    ada: Person, host: Host, settings: Settings
) -> None:
    host.pages["/news/paper"] = page_of("The pump runs at 9 bar.")
    first = await fetched(ada, host)
    assert (first.status, first.title, first.name, first.media_type) == (
        "ready",
        "The paper",
        "paper",
        "text/html",
    )
    host.pages["/news/paper"] = page_of("The pump runs at 12 bar.")
    second = await fetched(ada, host)
    assert (second.id, second.status) == (first.id, "ready")
    assert [hit.passage.text for hit in await find(ada.actor, "How strong is the pump?")] == [
        "News\n\nThe pump runs at 12 bar."
    ]
    assert await wrong_of(settings, ada) == {}


@pytest.mark.usefixtures("open_net")
async def test_a_page_that_is_gone_says_so_and_is_found_as_it_was(
    ada: Person, host: Host, settings: Settings
) -> None:
    host.pages["/news/paper"] = page_of("The pump runs at 9 bar.")
    await fetched(ada, host)
    del host.pages["/news/paper"]
    gone = await fetched(ada, host)
    assert gone.error is not None
    assert (gone.status, gone.is_searchable, gone.error.tag) == ("failed", True, "fetch_not_found")
    assert len(await find(ada.actor, "pump")) == 1
    assert await wrong_of(settings, ada) == {}


@pytest.mark.usefixtures("open_net")
async def test_trying_again_fetches_again(ada: Person, host: Host, settings: Settings) -> None:
    host.pages["/news/paper"] = page_of("The pump runs at 9 bar.")
    document = await fetched(ada, host)
    del host.pages["/news/paper"]
    await fetched(ada, host)
    host.pages["/news/paper"] = page_of("The pump runs at 12 bar.")
    await documents.retry(ada.actor, document.id)
    assert (await settled(ada.actor, document.id)).status == "ready"
    assert "12 bar" in (await find(ada.actor, "pump"))[0].passage.text
    assert await wrong_of(settings, ada) == {}


async def test_a_private_address_is_not_asked(ada: Person, host: Host, settings: Settings) -> None:
    refused = await fetched(ada, host)
    assert refused.error is not None
    assert (refused.status, refused.error.tag) == ("failed", "fetch_forbidden_address")
    assert refused.error.fix.endswith(".")
    assert host.connections == 0
    assert await wrong_of(settings, ada) == {}


@pytest.mark.usefixtures("open_net")
async def test_a_page_that_failed_is_fetched_when_its_collection_is_made_anew(
    ada: Person, house: Runtime, host: Host, settings: Settings
) -> None:
    failed = await fetched(ada, host)
    assert failed.status == "failed"
    host.pages["/news/paper"] = page_of("The pump runs at 9 bar.")
    await changed(ada, failed.collection_id, chunk_tokens=64)
    await all_settled(ada, failed.collection_id)
    ready = await look(ada.actor, failed.id)
    assert (ready.status, ready.error) == ("ready", None)
    assert await wrong_of(settings, ada) == {}
