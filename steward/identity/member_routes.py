"""Native REST of members."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from steward.identity import members
from steward.identity.access import Caller, InTransaction
from steward.identity.member_schemas import MemberAdded, MemberChange, MemberCreate, MemberPage, MemberRead
from steward.kernel import runtime
from steward.kernel.pages import AnyId, PageSize

router = APIRouter(tags=["identity"])

# Nobody keeps an answer that holds a secret: no cache on the way, and no store of answers to repeat.
_UNKEPT: Final = "no-store"


@router.get("/members")
async def list_members(
    work: InTransaction,
    limit: PageSize = 50,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> MemberPage:
    """List the people of the workspace, by name."""
    return await members.page(work, limit=limit, cursor=cursor)


@router.post("/members", status_code=201)
async def add_member(actor: Caller, response: Response, body: MemberCreate) -> MemberAdded:
    """Make somebody a member; the link that signs them in is in this answer only."""
    response.headers["cache-control"] = _UNKEPT
    return await members.add(runtime.current(), actor, body.email, body.role)


@router.patch("/members/{user_id}")
async def change_member(actor: Caller, user_id: AnyId, body: MemberChange) -> MemberRead:
    """Give a member another role, at most one's own."""
    return await members.set_role(runtime.current(), actor, user_id, body.role)


@router.delete("/members/{user_id}", status_code=204)
async def remove_member(actor: Caller, user_id: AnyId) -> None:
    """End a membership, and the person's sessions in this workspace."""
    await members.remove(runtime.current(), actor, user_id)
