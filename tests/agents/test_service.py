from __future__ import annotations

import pytest

from steward.agents.service import Prepared, Wishes, prepare
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Chat, Settings
from steward.providers import service as providers
from steward.providers.errors import ModelNotAllowed, UnknownProvider
from tests.conftest import Person


@pytest.fixture(scope="module")
def chosen(settings: Settings) -> Settings:
    """Settings of an operator who has set everything."""
    chat = Chat(history_messages=3, temperature=0.2, max_tokens=99, system_prompt="Be brief.")
    return settings.model_copy(update={"chat": chat, "default_model": "openai/gpt-4o"})


async def prepared_for(
    house: Runtime, person: Person, settings: Settings, wishes: Wishes, thread_model: str | None = None
) -> Prepared:
    async with house.database.transaction(person.actor) as work:
        return await prepare(work, settings, wishes, thread_model=thread_model)


@pytest.mark.req("CHAT-13")
async def test_without_a_wish_the_server_decides(house: Runtime, ada: Person, chosen: Settings) -> None:
    prepared = await prepared_for(house, ada, chosen, Wishes())
    assert prepared.resolved.full_name == "openai/gpt-4o"
    assert (prepared.temperature, prepared.max_tokens, prepared.history_messages) == (0.2, 99, 3)
    assert prepared.instructions == "Be brief."
    assert (prepared.overflow, dict(prepared.messages)) == ("compact", {})


@pytest.mark.req("CHAT-13")
async def test_a_wish_counts_more_also_when_it_is_nothing(
    house: Runtime, ada: Person, chosen: Settings
) -> None:
    wishes = Wishes(model="gpt-4.1", temperature=0.0, max_tokens=5, instructions="In verse.")
    prepared = await prepared_for(house, ada, chosen, wishes)
    assert prepared.resolved.full_name == "openai/gpt-4.1"
    assert (prepared.temperature, prepared.max_tokens) == (0.0, 5)
    assert prepared.instructions == "Be brief.\n\nIn verse."


@pytest.mark.req("CHAT-02")
@pytest.mark.req("CHAT-20")
def test_the_defaults_are_those_of_the_requirements() -> None:
    chat = Chat()
    assert (chat.temperature, chat.max_tokens, chat.history_messages) == (0.7, 4000, 10)
    assert chat.system_prompt


async def test_a_model_that_nobody_has_is_refused(house: Runtime, ada: Person, chosen: Settings) -> None:
    with pytest.raises(UnknownProvider):
        await prepared_for(house, ada, chosen, Wishes(model="nobody/model"))


@pytest.mark.req("PROV-12")
async def test_the_workspace_decides_before_the_server_and_for_nobody_else(
    house: Runtime, ada: Person, eve: Person, chosen: Settings
) -> None:
    async with house.database.transaction(ada.actor) as work:
        choices = {
            "default_model": "openai/gpt-4-turbo",
            "allowed_models": ["openai/gpt-4-turbo", "openai/gpt-4o"],
            "fallback_models": ["openai/gpt-4o", "openai/gpt-4", "nobody/model"],
            "overflow": "refuse",
            "messages": {"api_error": "Ask Bob."},
        }
        await providers.change_choices(work, chosen, choices)
    prepared = await prepared_for(house, ada, chosen, Wishes())
    # A fallback that is not allowed, or that nobody has, is left out.
    assert [one.full_name for one in prepared.chain] == ["openai/gpt-4-turbo", "openai/gpt-4o"]
    assert (prepared.overflow, dict(prepared.messages)) == ("refuse", {"api_error": "Ask Bob."})
    with pytest.raises(ModelNotAllowed):
        await prepared_for(house, ada, chosen, Wishes(model="openai/gpt-4"))
    # What a thread remembers may no longer be allowed: then the default answers.
    remembered = await prepared_for(house, ada, chosen, Wishes(), thread_model="openai/gpt-4")
    assert remembered.resolved.full_name == "openai/gpt-4-turbo"
    theirs = await prepared_for(house, eve, chosen, Wishes(model="openai/gpt-4"))
    assert [one.full_name for one in theirs.chain] == ["openai/gpt-4"]
