"""Native REST of prompts: what an agent would be told, and how the workspace's assistant presents itself."""

from __future__ import annotations

from fastapi import APIRouter

from steward.agents import prompting
from steward.agents.prompt_facts import prompt_facts
from steward.agents.prompt_schemas import AssistantSettings, PromptRead, PromptSection
from steward.agents.service import Wishes, prepare
from steward.identity import service as identity
from steward.identity.access import InTransaction, InWork
from steward.kernel import runtime
from steward.kernel.pages import AnyId

router = APIRouter(tags=["agents"])


@router.get("/agents/{agent_id}/prompt")
async def read_prompt(work: InTransaction, agent_id: AnyId) -> PromptRead:
    """What the agent would be told if the caller asked it now."""
    house = runtime.current()
    prepared = await prepare(work, house.settings, Wishes(agent_id=agent_id))
    facts = prompting.of_turn(await prompt_facts(work, house.settings, house.now()), prepared)
    most_tokens = house.settings.chat.prompt_tokens
    sections = [
        PromptSection(name=part.name, text=part.text, tokens=part.tokens, left_out=part.left_out)
        for part in prompting.parts(facts, most_tokens)
    ]
    return PromptRead(
        sections=sections,
        text=prompting.compose(facts, most_tokens),
        tokens=sum(section.tokens for section in sections if not section.left_out),
    )


@router.get("/assistant")
async def read_assistant(work: InWork) -> AssistantSettings:
    """How the workspace's assistant presents itself."""
    standing = await identity.standing(work)
    return _settings_of(standing.properties)


@router.put("/assistant")
async def change_assistant(work: InWork, body: AssistantSettings) -> AssistantSettings:
    """Say how the workspace's assistant presents itself, from the next turn on."""
    return _settings_of(await identity.set_properties(work, **body.model_dump()))


def _settings_of(properties: dict[str, object]) -> AssistantSettings:
    return AssistantSettings.model_validate(
        {name: properties.get(name) for name in AssistantSettings.model_fields}
    )
