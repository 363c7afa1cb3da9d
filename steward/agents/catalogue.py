"""The catalogue of tools: the rooms' own, those of installed packages, and those of the workspace's MCP servers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import Any, Final, cast

import structlog

from steward.agents import installed, person
from steward.agents import tools as agents
from steward.agents.tool_errors import ToolDisabled
from steward.interviews import tools as interviews
from steward.kernel.errors import Invalid, NotFound
from steward.kernel.settings import Settings
from steward.kernel.tools import Tool
from steward.kernel.work import Transaction
from steward.knowledge import tools as knowledge
from steward.mcp_servers import service as mcp_servers
from steward.memory import tools as memory
from steward.tasks import tools as tasks

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

HOUSE: Final = "steward"
"""The origin of the tools that come with Steward."""

# What every provider takes as the name of a function.
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")

BUILT_IN: Final = (
    knowledge.search_knowledge,
    knowledge.search_kb,
    knowledge.upload_document,
    tasks.create_task,
    tasks.create_ticket,
    memory.retrieve_coaching_memory,
    memory.update_profile,
    interviews.hybrid_offer_creator,
    interviews.workshop_generator,
    agents.create_agent,
    agents.get_agent_status,
    person.call_human,
)
OF_DOCUMENTS: Final = (knowledge.search_knowledge.name,)
"""Offered when there are documents and the request names no tools."""

_MOST_BY_DEFAULT: Final = 100
_NOT_BY_DEFAULT: Final = {
    *OF_DOCUMENTS,
    knowledge.search_kb.name,
    "hybrid_offer_creator",
    "workshop_generator",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """A tool, and whose it is: `steward`, the name of a package, or `mcp:` and the name of an MCP server."""

    tool: Tool
    origin: str


@dataclass(frozen=True, slots=True)
class Toolbox:
    """The tools that a workspace has, without those that the operator switched off."""

    offers: Mapping[str, Offer]
    disabled: frozenset[str] = field(default_factory=frozenset[str])

    @property
    def tools(self) -> dict[str, Tool]:
        """The tools by their names."""
        return {name: offer.tool for name, offer in self.offers.items()}

    def named(self, names: Iterable[str]) -> list[Tool]:
        """The tools of these names, each once.

        Raises:
            Invalid: there is no tool of a name.
            ToolDisabled: the operator switched it off.
        """
        wanted = list(dict.fromkeys(names))
        for name in wanted:
            if name in self.disabled:
                raise _off(name)
            if name not in self.offers:
                raise _unknown(name, self.offers)
        return [self.offers[name].tool for name in wanted]

    def by_default(self, settings: Settings, *, has_documents: bool) -> list[str]:
        """The names of what the built-in agent may use when nobody says: without a search where there is nothing to
        find, and without what only specialists lead through.
        """
        documents = OF_DOCUMENTS if has_documents else ()
        if settings.tools.offered == "documents":
            return [name for name in documents if name in self.offers]
        fitting = [name for name in self.offers if name in documents or name not in _NOT_BY_DEFAULT]
        # The house's own come first, and providers refuse requests with very many.
        return fitting[:_MOST_BY_DEFAULT]

    def get(self, name: str) -> Offer:
        """The tool of this name.

        Raises:
            NotFound: the workspace has no such tool.
            ToolDisabled: the operator switched it off.
        """
        if name in self.disabled:
            raise _off(name)
        if name not in self.offers:
            raise NotFound("There is no such tool.")
        return self.offers[name]


async def toolbox(work: Transaction, settings: Settings) -> Toolbox:
    """The tools of the actor's workspace; one prepared statement, and nobody is asked."""
    offers = dict(of_the_house())
    for tool in await mcp_servers.tools_of(work):
        # No server of a workspace can take the place of what everybody knows by this name.
        offers.setdefault(tool.name, Offer(tool, f"mcp:{tool.name.partition('__')[0]}"))
    disabled = frozenset(settings.tools.disabled)
    return Toolbox({name: offer for name, offer in offers.items() if name not in disabled}, disabled)


@cache
def of_the_house() -> Mapping[str, Offer]:
    """The tools that every workspace has: the rooms' own, and those of installed packages. Loaded once."""
    offers = {tool.name: Offer(tool, HOUSE) for tool in BUILT_IN}
    for package, tool in _of_packages():
        if not _NAME.fullmatch(tool.name):
            log.error(
                "tool_left_out", package=package, tool=tool.name[:100], cause="no name that models can call"
            )
        elif tool.name in offers:
            log.error("tool_left_out", package=package, tool=tool.name, cause="the name is taken")
        else:
            offers[tool.name] = Offer(tool, package)
    return offers


def _of_packages() -> Iterator[tuple[str, Tool]]:
    for found in installed.brought(installed.TOOLS_GROUP):
        tools = list(_tools_in(found.thing))
        if found.thing is not None and not tools:
            log.error("package_without_tools", package=found.package, entry_point=found.name)
        yield from ((found.package, tool) for tool in tools)


def _tools_in(thing: Any) -> Iterator[Tool]:
    """A tool, a list of them, or those of a module."""
    if isinstance(thing, Tool):
        yield thing
    elif isinstance(thing, list | tuple):
        yield from (one for one in cast("list[Any]", thing) if isinstance(one, Tool))
    elif isinstance(thing, ModuleType):
        yield from (one for one in vars(thing).values() if isinstance(one, Tool))


def _unknown(name: str, known: Iterable[str]) -> Invalid:
    return Invalid(
        f"There is no tool named {name[:100]!r}; there are {', '.join(sorted(known))}.", field="tools"
    )


def _off(name: str) -> ToolDisabled:
    return ToolDisabled(f"The tool {name[:100]} is switched off on this server.", tool=name[:100])
