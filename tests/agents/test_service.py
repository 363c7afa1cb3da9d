from __future__ import annotations

import pytest

from steward.agents.service import Wishes, prepare
from steward.kernel.settings import Chat, Settings
from steward.providers.errors import UnknownProvider


@pytest.fixture(scope="module")
def chosen(settings: Settings) -> Settings:
    """Settings of an operator who has set everything."""
    chat = Chat(history_messages=3, temperature=0.2, max_tokens=99, system_prompt="Be brief.")
    return settings.model_copy(update={"chat": chat, "default_model": "openai/gpt-4o"})


@pytest.mark.req("CHAT-13")
def test_without_a_wish_the_server_decides(chosen: Settings) -> None:
    prepared = prepare(chosen, Wishes())
    assert prepared.resolved.full_name == "openai/gpt-4o"
    assert (prepared.temperature, prepared.max_tokens, prepared.history_messages) == (0.2, 99, 3)
    assert prepared.instructions == "Be brief."


@pytest.mark.req("CHAT-13")
def test_a_wish_counts_more_also_when_it_is_nothing(chosen: Settings) -> None:
    prepared = prepare(
        chosen, Wishes(model="gpt-4.1", temperature=0.0, max_tokens=5, instructions="In verse.")
    )
    assert prepared.resolved.full_name == "openai/gpt-4.1"
    assert (prepared.temperature, prepared.max_tokens) == (0.0, 5)
    assert prepared.instructions == "Be brief.\n\nIn verse."


@pytest.mark.req("CHAT-02")
@pytest.mark.req("CHAT-20")
def test_the_defaults_are_those_of_the_requirements() -> None:
    chat = Chat()
    assert (chat.temperature, chat.max_tokens, chat.history_messages) == (0.7, 4000, 10)
    assert chat.system_prompt


def test_a_model_that_nobody_has_is_refused(chosen: Settings) -> None:
    with pytest.raises(UnknownProvider):
        prepare(chosen, Wishes(model="nobody/model"))
