"""Native REST of embedding: tokens for the pages of others."""

from __future__ import annotations

from fastapi import APIRouter, Response

from steward.identity import embedding
from steward.identity.access import Caller
from steward.identity.schemas import EmbedTokenCreate, EmbedTokenRead
from steward.kernel import runtime

router = APIRouter(tags=["identity"])


@router.post("/embed/tokens", status_code=201)
async def create_embed_token(actor: Caller, response: Response, body: EmbedTokenCreate) -> EmbedTokenRead:
    """Make a short-lived token with which an embedded page chats as one visitor, and does nothing else."""
    response.headers["cache-control"] = "no-store"
    return await embedding.create_token(runtime.current(), actor, body)
