"""The built-in agents, and what agents of each type start with."""

from __future__ import annotations

from typing import get_args

import pytest

from steward.agents import specialists
from steward.agents.properties import AgentProperties, AgentType
from steward.agents.templates import TEMPLATES
from steward.kernel.settings import Settings


@pytest.mark.req("AGNT-19")
def test_every_type_has_a_template_that_is_valid() -> None:
    assert set(TEMPLATES) == set(get_args(AgentType))
    assert {"email", "research", "crm", "support"} <= set(TEMPLATES)
    for template in TEMPLATES.values():
        properties = template.properties()
        assert AgentProperties.model_validate(properties.model_dump()) == properties
        assert (properties.type, properties.description) == (template.type, template.description)
        assert "  " not in template.instructions
    assert len({template.instructions for template in TEMPLATES.values()}) == len(TEMPLATES)


@pytest.mark.req("AGNT-24", "TOOL-29")
@pytest.mark.parametrize(
    ("tool_id", "agent_id"),
    [
        ("jamesbot", specialists.JAMES_BOT_ID),
        ("JamesBot", specialists.JAMES_BOT_ID),
        ("hybrid-offer", specialists.HYBRID_OFFER_ID),
        ("hybrid_offer_creator", specialists.HYBRID_OFFER_ID),
        ("Workshop Generator", specialists.WORKSHOP_ID),
        ("asst_workshop", specialists.WORKSHOP_ID),
        ("searchKnowledge", None),
        ("", None),
    ],
)
def test_a_tools_id_names_a_specialist(tool_id: str, agent_id: str | None) -> None:
    assert specialists.of_tool(tool_id) == agent_id


@pytest.mark.req("AGNT-24", "AGNT-29")
def test_the_specialists_are_built_in(settings: Settings) -> None:
    known = specialists.every(settings)
    assert [agent.name for agent in known] == [
        "Steward",
        "JamesBot",
        "Hybrid Offer",
        "Workshop Generator",
        "Basic chat",
    ]
    for agent in known:
        assert specialists.find(agent.id, settings) == agent
        assert agent.built_in
        assert agent.properties.instructions
    assert specialists.find("asst_nobody", settings) is None
