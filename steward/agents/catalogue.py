"""The catalogue of tools: what the rooms below offer to agents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from steward.kernel.errors import Invalid
from steward.kernel.tools import Tool
from steward.knowledge import tools as knowledge

TOOLS: Final = {
    tool.name: tool for tool in (knowledge.search_knowledge, knowledge.search_kb, knowledge.upload_document)
}
OF_DOCUMENTS: Final = (knowledge.search_knowledge.name,)
"""Offered when there are documents and the request names no tools."""


def named(names: Iterable[str]) -> list[Tool]:
    """The tools of these names.

    Raises:
        Invalid: there is no tool of a name.
    """
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        if name not in TOOLS:
            raise Invalid(
                f"There is no tool named {name[:100]!r}; there are {', '.join(sorted(TOOLS))}.", field="tools"
            )
    return [TOOLS[name] for name in wanted]
