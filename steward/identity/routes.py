"""Native REST of identity."""

from __future__ import annotations

import hashlib
from typing import Final

from fastapi import APIRouter, Request, Response

from steward.identity import access, service
from steward.identity.access import Caller, InWork
from steward.identity.schemas import KeyCreate, KeyCreated, KeyPage, LinkUse, Me, PasswordChange, SignIn
from steward.kernel import runtime

router = APIRouter(tags=["identity"])

# Nobody keeps an answer that holds a secret: no cache on the way, and no store of answers to repeat.
_UNKEPT: Final = "no-store"


@router.post("/auth/sign-in")
async def sign_in(request: Request, response: Response, body: SignIn) -> Me:
    """Sign in with e-mail and password."""
    await _slow_down_guessing(request, body.email.lower())
    signed_in = await service.sign_in(runtime.current(), body.email, body.password.get_secret_value())
    return await _welcome(request, response, signed_in)


@router.post("/auth/link")
async def use_link(request: Request, response: Response, body: LinkUse) -> Me:
    """Sign in with a one-time link."""
    await _slow_down_guessing(request, "link")
    signed_in = await service.use_link(runtime.current(), body.token)
    return await _welcome(request, response, signed_in)


@router.post("/auth/sign-out", status_code=204)
async def sign_out(request: Request, response: Response, actor: Caller) -> None:
    """End the session."""
    await service.sign_out(runtime.current(), actor)
    access.clear_cookie(response, request)


@router.get("/me")
async def read_me(request: Request, actor: Caller) -> Me:
    """Tell who the caller is."""
    return await service.me(runtime.current(), actor, request.state.csrf_token)


@router.put("/me/password", status_code=204)
async def change_password(actor: Caller, body: PasswordChange) -> None:
    """Set a new password."""
    current = body.current_password
    await service.set_password(
        runtime.current(),
        actor,
        body.password.get_secret_value(),
        current.get_secret_value() if current else None,
    )


@router.get("/keys")
async def list_keys(work: InWork) -> KeyPage:
    """List the API keys of the workspace."""
    return KeyPage(items=await service.keys(work))


@router.post("/keys", status_code=201)
async def create_key(work: InWork, response: Response, body: KeyCreate) -> KeyCreated:
    """Make an API key; its secret is in this answer only."""
    response.headers["cache-control"] = _UNKEPT
    return await service.create_key(work, body.name)


@router.delete("/keys/{key_id}", status_code=204)
async def revoke_key(work: InWork, key_id: str) -> None:
    """Revoke an API key at once."""
    await service.revoke_key(work, key_id)


async def _welcome(request: Request, response: Response, signed_in: service.SignedIn) -> Me:
    access.set_cookie(response, request, signed_in.secret)
    response.headers["cache-control"] = _UNKEPT
    house = runtime.current()
    actor, csrf_token = await service.actor_of_session(house, signed_in.secret)
    return await service.me(house, actor, csrf_token)


async def _slow_down_guessing(request: Request, name: str) -> None:
    address = access.address(request)
    # Hashed: who signs in is nobody's business who looks into Redis.
    account = hashlib.sha256(f"{address} {name}".encode()).hexdigest()
    await access.ensure_within_limits(request, {"ip": address, "sign_in": account})
