"""The files of a new package with one tool: its entry point, the tool, and a test of it."""

from __future__ import annotations

import builtins
import keyword
import re
from string import Template
from typing import Final

NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
"""How a new tool is named: words in small letters, joined by dashes."""

_PYPROJECT: Final = Template("""\
[project]
name = "$package"
version = "0.1.0"
description = "The tool $tool for Steward."
requires-python = ">=3.11"
dependencies = ["steward-ai"]

# Steward looks here when it starts: every tool of the module is offered.
[project.entry-points."steward.tools"]
$module = "$module"

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[tool.hatch.build.targets.wheel]
only-include = ["$module.py"]
""")

_MODULE: Final = Template('''\
"""The tool $tool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from steward.kernel.tools import ToolContext, ToolRetry, tool


@dataclass(frozen=True, slots=True)
class Counted:
    """What the tool returns. Models read the names of the fields."""

    words: int
    letters: int


@tool("$tool")
async def $function(
    context: ToolContext,
    text: Annotated[str, Field(max_length=100_000, description="The text to count.")],
) -> Counted:
    """Count the words and the letters of a text.

    Models read this: say what the tool does, and when to use it. A tool that changes something says so with
    `@tool("$tool", changes=True)`; then a person is asked before each call.
    """
    # Who asks stands in `context.actor`, and never comes from the model.
    context.tell("Counting …")
    words = text.split()
    if not words:
        raise ToolRetry("The text has no words. Call the tool again with a text that has some.")
    return Counted(words=len(words), letters=sum(map(len, words)))
''')

_TEST: Final = Template('''\
"""The tool $tool, called as Steward calls it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from $module import $function

from steward.kernel.tools import ToolContext, ToolRetry
from steward.kernel.work import Actor


def call(**arguments: Any) -> Any:
    """What comes of a call with these arguments, as JSON values."""
    context = ToolContext(Actor("ws_test", "user_test", "member"), "run_test", "thread_test", "call_test")
    return asyncio.run($function.call(context, arguments))


def test_it_counts() -> None:
    """What the tool is for."""
    assert call(text="three short words") == {"words": 3, "letters": 15}


@pytest.mark.parametrize("arguments", [{}, {"text": 5}, {"text": "a", "more": "b"}, {"text": "  "}])
def test_wrong_arguments_are_told_to_the_model(arguments: dict[str, Any]) -> None:
    """The model reads what is wrong, and calls again."""
    with pytest.raises(ToolRetry):
        call(**arguments)
''')

_README: Final = Template("""\
# $package

The tool `$tool` for Steward. Try it, then install it beside Steward:

```sh
python -m pytest
pip install .
```

Steward offers it from its next start on; `steward tool list` shows it.
""")


_TAKEN: Final = frozenset({*keyword.kwlist, *dir(builtins), "asyncio", "call", "dataclass", "pytest", "tool"})
_NAME_CHARS: Final = 50


def is_name(name: str) -> bool:
    """Whether a tool can be named like this, in a module of its own."""
    is_well_formed = NAME.fullmatch(name) is not None and len(name) <= _NAME_CHARS
    return is_well_formed and name.replace("-", "_") not in _TAKEN


def package_of(name: str) -> str:
    """The name of the package, and of its folder."""
    return f"steward-tool-{name}"


def files_of(name: str) -> dict[str, str]:
    """Texts by their paths in the package's folder.

    Args:
        name: of the tool, as `NAME` has it.
    """
    first, *rest = name.split("-")
    package = package_of(name)
    names = {
        "package": package,
        "module": package.replace("-", "_"),
        "tool": first + "".join(word.capitalize() for word in rest),
        "function": name.replace("-", "_"),
    }
    parts = {
        "README.md": _README,
        "pyproject.toml": _PYPROJECT,
        f"{names['module']}.py": _MODULE,
        f"test_{names['module']}.py": _TEST,
    }
    return {path: part.substitute(names) for path, part in parts.items()}
