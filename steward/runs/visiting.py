"""Visiting: what a visitor of an embedded page may ask of a turn, which is less than a member may."""

from __future__ import annotations

from dataclasses import replace

from steward.agents.service import Wishes
from steward.agents.specialists import BASIC_ID, DEFAULT_ID
from steward.identity.errors import EmbedTokenChatsOnly
from steward.kernel.work import Actor
from steward.runs.schemas import TurnRequest


def confined(actor: Actor, request: TurnRequest) -> TurnRequest:
    """The request, of a visitor without whatever the token does not say: who answers, with which model, instructions
    and documents, is the embedding site's to choose. The basic chat, which can do less, may be asked for.
    """
    if actor.visit is None:
        return request
    is_basic = request.wishes.agent_id == BASIC_ID
    wishes = Wishes(agent_id=BASIC_ID if is_basic else actor.visit.agent_id or DEFAULT_ID)
    # Visitors have no files: the address that takes them is closed to them.
    words = [part for part in request.parts if part["type"] == "text"]
    return replace(request, wishes=wishes, earlier=[], parts=words)


def ensure_no_visitor(actor: Actor) -> None:
    """Refuse a visitor who would decide on a call.

    Raises:
        EmbedTokenChatsOnly: it is one.
    """
    if actor.visit is not None:
        raise EmbedTokenChatsOnly(
            "A call of a tool is decided by the people of the workspace, not from here."
        )
