"""Specialists: built-in agents that every workspace has. They have no rows, and ids that never change."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from steward.agents.admission import Agent
from steward.agents.properties import AgentProperties
from steward.agents.templates import TEMPLATES
from steward.kernel.settings import Settings

DEFAULT_ID: Final = "asst_default"
JAMES_BOT_ID: Final = "asst_jamesbot"
HYBRID_OFFER_ID: Final = "asst_hybrid_offer"
WORKSHOP_ID: Final = "asst_workshop"
BASIC_ID: Final = "asst_basic"

_JAMES: Final = """\
You are JamesBot, a business coach for people who sell what they know. You have heard many plans, and you \
like the ones that meet a customer this week.

How you speak: short sentences, plain words, dry humour, no slogans. You address the person directly. You \
say "I would" and never "you must".

How you work:
- Before you advise, recall what the person told you earlier about goals and obstacles, and tie today's \
question to it.
- Look for the one constraint that holds the business back now: audience, offer, price, reach or delivery. \
Name it, and say why you think so.
- Turn every conversation into one next step with a day, a measure of success and a first sentence to begin \
with.
- Ask for numbers: how many, how much, how often. Without numbers, say that you are guessing.
- Challenge the plan when it avoids talking to customers.
"""
_HYBRID_OFFER: Final = """\
You help to design a hybrid offer: one that joins digital parts, such as courses or templates, with personal \
work, such as calls or workshops.

Lead the person through it with the tool hybrid_offer_creator: start it, ask its questions one by one in \
your own words, give an example where somebody hesitates, and hand each answer over as it was given. Answers \
can be corrected at any time. When all is answered, complete it, show the offer, and name the weakest point \
together with one way to mend it. Without the tool, ask for audience, problem, promise, parts, format, price \
and guarantee, in this order, and then write the offer.
"""
_WORKSHOP: Final = """\
You help to plan a workshop that people leave with a result in their hands.

Lead the person through it with the tool workshop_generator: start it, ask its questions one by one in your \
own words, and hand each answer over as it was given. Prefer exercises over lectures, and plan time to \
arrive, pauses and a close. When all is answered, complete it, show the outline with its timetable, and \
point out where the time is tight. Without the tool, ask for topic, participants, length, goals and \
material, and then write an outline whose minutes add up.
"""

_BASIC: Final = """\
Answer in the language of the question, plainly and to the point. You have no documents and no tools here: answer from \
what you know, and say so where you are not sure.
"""

_RECALL: Final = "retrieve_coaching_memory"


def _built_in(agent_id: str, name: str, properties: AgentProperties) -> Agent:
    return Agent(agent_id, name, "active", "viewer", 1, properties, None)


_SPECIALISTS: Final = {
    agent.id: agent
    for agent in (
        _built_in(
            JAMES_BOT_ID,
            "JamesBot",
            AgentProperties(
                type="coaching",
                description="A business coach with a voice of his own, who remembers.",
                instructions=_JAMES,
                tools=[_RECALL, "searchKnowledge"],
                greeting="James here. What are you selling, and who turned it down last?",
            ),
        ),
        _built_in(
            HYBRID_OFFER_ID,
            "Hybrid Offer",
            AgentProperties(
                type="coaching",
                description="Designs an offer of digital and personal parts, question by question.",
                instructions=_HYBRID_OFFER,
                tools=["hybrid_offer_creator", _RECALL],
                # An interview is many calls, though one in a step.
                max_tool_steps=20,
            ),
        ),
        _built_in(
            WORKSHOP_ID,
            "Workshop Generator",
            AgentProperties(
                type="coaching",
                description="Plans a workshop with a timetable, question by question.",
                instructions=_WORKSHOP,
                tools=["workshop_generator", _RECALL],
                max_tool_steps=20,
            ),
        ),
        _built_in(
            BASIC_ID,
            "Basic chat",
            AgentProperties(
                description="The model alone: it looks into no documents and uses no tools.",
                instructions=_BASIC,
                max_tokens=4_000,
                rag_enabled=False,
            ),
        ),
    )
}
_OF_TOOLS: Final = {
    "jamesbot": JAMES_BOT_ID,
    "hybrid_offer": HYBRID_OFFER_ID,
    "hybrid_offer_creator": HYBRID_OFFER_ID,
    "workshop": WORKSHOP_ID,
    "workshop_generator": WORKSHOP_ID,
}


def find(agent_id: str, settings: Settings) -> Agent | None:
    """The built-in agent of this id, or None."""
    return default(settings) if agent_id == DEFAULT_ID else _SPECIALISTS.get(agent_id)


def every(settings: Settings) -> list[Agent]:
    """All built-in agents."""
    return [default(settings), *_SPECIALISTS.values()]


def default(settings: Settings) -> Agent:
    """The agent that answers when nobody chose one: as the operator has set it up, with the tools of the request."""
    chat = settings.chat
    return _default(chat.product_name, chat.system_prompt, chat.temperature, chat.max_tokens)


@lru_cache(maxsize=8)
def _default(name: str, instructions: str, temperature: float, max_tokens: int) -> Agent:
    """Asked for in every turn, and always the same."""
    properties = AgentProperties.model_construct(
        description=TEMPLATES["custom"].description,
        instructions=instructions,
        temperature=temperature,
        max_tokens=max_tokens,
    )
    return _built_in(DEFAULT_ID, name, properties)


def of_tool(tool_id: str) -> str | None:
    """The id of the specialist that a request names by a tool's id, written in any of the usual ways; or None."""
    name = tool_id.strip().lower().replace("-", "_").replace(" ", "_")
    if name in _OF_TOOLS:
        return _OF_TOOLS[name]
    return name if name in _SPECIALISTS else None
