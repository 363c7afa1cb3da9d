"""`POST /api/ai/assistant/setup`: the one assistant that a program needs which has none configured."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body

from steward.agents import service as agents
from steward.agents.schemas import SetupRequest
from steward.doors.openai.assistant_objects import assistant_object
from steward.identity.access import InTransaction
from steward.kernel import runtime
from steward.providers import service as providers

router = APIRouter(tags=["assistants"])


@router.post("/api/ai/assistant/setup")
async def set_up_assistant(
    work: InTransaction, body: Annotated[SetupRequest | None, Body()] = None
) -> dict[str, Any]:
    """The workspace's assistant of a type, made at the first call; later calls answer the same. For administrators."""
    work.actor.ensure_role("admin")
    agent = await agents.ensure_of_type(work, (body or SetupRequest()).type)
    models = await providers.models_of(work, runtime.current().settings)
    return assistant_object(agent, models.default_model())
