"""`tool_resources` of assistants and threads: read, checked, and vector stores made that are asked for within."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from steward.doors.openai import raw, vector_stores
from steward.doors.openai.errors import BadRequest
from steward.doors.openai.raw import Body
from steward.files import service as files
from steward.kernel import runtime
from steward.kernel.errors import NotFound
from steward.kernel.work import Actor
from steward.knowledge import store_files
from steward.knowledge.store_files import Wish

STORE_DAYS: Final = 7
"""Days without use after which a store expires that was made for a thread."""
_MOST_CODE_FILES: Final = 20


@dataclass(frozen=True, slots=True)
class Resources:
    """What was asked for; None is what was not named.

    Attributes:
        code_file_ids: files for the tool `code_interpreter`.
        store_ids: vector stores for the tool `file_search`.
    """

    code_file_ids: list[str] | None = None
    store_ids: list[str] | None = None

    def written(self, former: dict[str, Any] | None = None) -> dict[str, Any]:
        """As an object keeps it: over what it had before."""
        resources = dict(former or {})
        if self.code_file_ids is not None:
            resources["code_interpreter"] = {"file_ids": self.code_file_ids}
        if self.store_ids is not None:
            resources["file_search"] = {"vector_store_ids": self.store_ids}
        return resources


async def read(actor: Actor, body: Body, *, store_days: int | None = None) -> Resources:
    """Read the `tool_resources` of a body, and make the vector store that they ask for.

    Args:
        actor: who asks.
        body: that holds them.
        store_days: days without use until a store that is made here expires; None for never.

    Raises:
        BadRequest: they do not fit.
        NotFound: a store or a file is not there.
    """
    given = body.inner("tool_resources")
    if given is None:
        return Resources()
    code, search = given.inner("code_interpreter"), given.inner("file_search")
    code_file_ids = None if code is None else code.texts("file_ids", most=_MOST_CODE_FILES) or []
    await ensure_files(actor, code_file_ids or [])
    if search is None:
        return Resources(code_file_ids)
    stores = search.inners("vector_stores", most=1)
    store_ids = search.texts("vector_store_ids", most=1)
    if stores and store_ids:
        raise BadRequest(
            "Name a vector store, or ask for a new one; not both.", param=search.path_of("vector_stores")
        )
    await _ensure_there(actor, search.path_of("vector_store_ids"), store_ids or [])
    if stores:
        path = f"{search.path_of('vector_stores')}[0]"
        store_ids = [await vector_stores.make(actor, Body(_expiring(stores[0].fields, store_days), path))]
    return Resources(code_file_ids, store_ids or [])


async def make_store(actor: Actor) -> str:
    """Make the empty vector store of a thread, which expires when nobody uses it; its id."""
    return await vector_stores.make(actor, Body(_expiring({}, STORE_DAYS)))


async def add_files(actor: Actor, store_id: str, file_ids: list[str]) -> None:
    """Add files to a store; they are read beside the request."""
    await store_files.add(actor, store_id, [Wish(file_id) for file_id in dict.fromkeys(file_ids)])


async def ensure_files(actor: Actor, file_ids: list[str]) -> None:
    """Refuse when a file is not there.

    Raises:
        NotFound: it is not.
    """
    if not file_ids:
        return
    async with runtime.current().database.work(actor) as work:
        try:
            await files.get_some(work, file_ids)
        except NotFound as refusal:
            raise NotFound(refusal.detail, code=None) from refusal


def _expiring(store: dict[str, Any], days: int | None) -> dict[str, Any]:
    after = {} if days is None else {"expires_after": {"anchor": "last_active_at", "days": days}}
    return {**after, **store}


async def _ensure_there(actor: Actor, path: str, store_ids: list[str]) -> None:
    async with runtime.current().database.work(actor) as work:
        for store_id in store_ids:
            raw.ensure_id(path, store_id, "vs")
            await vector_stores.find(work, store_id)
