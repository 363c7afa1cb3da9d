"""`/v1/assistants`: agents under the name that OpenAI's Assistants API has for them."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from pydantic import ValidationError

from steward.agents import service as agents
from steward.agents.schemas import AgentChange, AgentCreate
from steward.agents.service import Agent
from steward.doors.openai import lists, metadata, raw, tool_resources
from steward.doors.openai.assistant_objects import UNNAMED, assistant_object
from steward.doors.openai.errors import BadRequest, no_object
from steward.doors.openai.raw import Body
from steward.doors.openai.tool_resources import Resources
from steward.doors.openai.tool_wire import read_format, read_tools
from steward.identity.access import Caller, InTransaction
from steward.kernel import runtime
from steward.kernel.errors import NotFound
from steward.kernel.work import Actor, Transaction
from steward.providers import service as providers
from steward.providers.errors import ModelNotAllowed, UnknownProvider

router = APIRouter(prefix="/v1", tags=["assistants"])

OWN_TOOLS: Final = "steward_tools"
"""In an assistant's metadata: names of tools of the house that it is offered, with commas between."""

_EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_TEMPERATURE: Final = 1.0
_TOOL_STEPS: Final = 50
"""Clients of this wire carry functions out as often as the model asks."""


@router.get("/assistants")
async def list_assistants(request: Request, work: InTransaction) -> dict[str, Any]:
    """List assistants."""
    found = await agents.stretch(work, lists.read(request.query_params, prefix="asst"))
    default = await _default_model(work)
    return lists.page_of([assistant_object(agent, default) for agent in found.items], has_more=found.has_more)


@router.post("/assistants")
async def create_assistant(request: Request, actor: Caller) -> dict[str, Any]:
    """Make an assistant, ready to run."""
    actor.ensure_role("member")
    body = raw.read(await request.body())
    body.needed_text("model")
    fields = await _fields(actor, body)
    resources = await tool_resources.read(actor, body)
    fields |= _of_resources(resources)
    if fields.get("rag_enabled"):
        # Without a store it searches those of its threads, and not what the workspace has besides.
        fields.setdefault("collection_ids", [])
    fields.setdefault("name", UNNAMED)
    fields.setdefault("temperature", _TEMPERATURE)
    house = runtime.current()
    limits = {"max_tokens": house.settings.chat.max_tokens, "max_tool_steps": _TOOL_STEPS}
    try:
        # What new agents have stands in for what is null.
        wanted = AgentCreate(**limits, **{name: value for name, value in fields.items() if value is not None})
    except ValidationError as error:
        raise _misfit(error) from error
    async with house.database.transaction(actor) as work:
        agent = await agents.create(work, house.settings, wanted)
        agent = await agents.activate(work, house.settings, agent.id)
        return assistant_object(agent, await _default_model(work))


@router.get("/assistants/{assistant_id}")
async def read_openai_assistant(work: InTransaction, assistant_id: str) -> dict[str, Any]:
    """One assistant."""
    return assistant_object(await load(work, assistant_id), await _default_model(work))


@router.post("/assistants/{assistant_id}")
async def change_openai_assistant(request: Request, actor: Caller, assistant_id: str) -> dict[str, Any]:
    """Change an assistant; what is left out stays."""
    house = runtime.current()
    async with house.database.transaction(actor) as work:
        agent = await load(work, assistant_id)
    actor.ensure_role("member")
    body = raw.read(await request.body())
    fields = await _fields(actor, body)
    fields |= _of_resources(await tool_resources.read(actor, body))
    if fields.get("rag_enabled") and not agent.properties.rag_enabled:
        fields.setdefault("collection_ids", agent.properties.collection_ids or [])
    try:
        wanted = AgentChange(**fields)
    except ValidationError as error:
        raise _misfit(error) from error
    async with house.database.transaction(actor) as work:
        try:
            changed = await agents.change(work, house.settings, assistant_id, wanted)
        except NotFound as error:
            raise no_object("assistant", assistant_id) from error
        return assistant_object(changed, await _default_model(work))


@router.delete("/assistants/{assistant_id}")
async def delete_assistant(work: InTransaction, assistant_id: str) -> dict[str, Any]:
    """Delete an assistant. Its threads stay."""
    raw.ensure_id("assistant_id", assistant_id, "asst")
    try:
        await agents.delete(work, assistant_id)
    except NotFound as error:
        raise no_object("assistant", assistant_id) from error
    return {"id": assistant_id, "object": "assistant.deleted", "deleted": True}


async def load(work: Transaction, assistant_id: str) -> Agent:
    """The agent of an assistant's id.

    Raises:
        BadRequest: it is an id of something else.
        NotFound: there is none that the actor may see.
    """
    raw.ensure_id("assistant_id", assistant_id, "asst")
    try:
        return await agents.get(work, runtime.current().settings, assistant_id)
    except NotFound as error:
        raise no_object("assistant", assistant_id) from error


async def _fields(actor: Actor, body: Body) -> dict[str, Any]:
    """The properties that a body names, in the agents' words; null where it says null."""
    pairs = metadata.read(body)
    fields: dict[str, Any] = {
        "name": (body.text("name", most=256) or "").strip() or UNNAMED,
        "description": body.text("description", most=512),
        "instructions": body.text("instructions", most=256_000),
        "temperature": body.number("temperature", least=0, most=2),
        "top_p": body.number("top_p", least=0, most=1),
        "response_format": read_format(body),
        "reasoning_effort": body.one_of("reasoning_effort", _EFFORTS),
        "metadata": pairs,
    }
    fields = {name: value for name, value in fields.items() if name in body}
    if "temperature" in fields and fields["temperature"] is None:
        fields["temperature"] = _TEMPERATURE
    if fields.get("response_format") == "auto":
        fields["response_format"] = None
    if "model" in body:
        fields |= {"model": await _known_model(actor, body), "provider": None}
    tools = read_tools(body)
    if tools is not None:
        searches = any(tool["type"] == "file_search" for tool in tools)
        fields |= {"assistant_tools": tools, "rag_enabled": searches}
    if pairs is not None and OWN_TOOLS in pairs:
        fields["tools"] = [name.strip() for name in pairs[OWN_TOOLS].split(",") if name.strip()]
    return fields


async def _known_model(actor: Actor, body: Body) -> str:
    model = body.needed_text("model", most=300).strip()
    if not model:
        raise BadRequest("The requested model '' does not exist.", param="model", code="model_not_found")
    house = runtime.current()
    async with house.database.transaction(actor) as work:
        try:
            (await providers.models_of(work, house.settings)).resolve(model)
        except (UnknownProvider, ModelNotAllowed) as refusal:
            words = f"The requested model '{model}' does not exist. {refusal.detail}"
            raise BadRequest(words, param="model", code="model_not_found") from refusal
    return model


def _of_resources(resources: Resources) -> dict[str, Any]:
    named = {"code_file_ids": resources.code_file_ids, "collection_ids": resources.store_ids}
    return {name: value for name, value in named.items() if value is not None}


async def _default_model(work: Transaction) -> str:
    return (await providers.models_of(work, runtime.current().settings)).default_model()


def _misfit(error: ValidationError) -> BadRequest:
    first = error.errors()[0]
    field = ".".join(str(step) for step in first["loc"]) or None
    return BadRequest(f"Invalid '{field}': {first['msg']}.", param=field, code="invalid_value")
