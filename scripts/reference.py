"""Writes the tables that follow from the code: the settings and the refusals.

`reference.py` writes them into docs/configuration.md, .env.example and docs/errors.md; `--check` fails when one is
stale.
In a page, a table stands between `<!-- table NAME -->` and `<!-- end NAME -->`.
"""

from __future__ import annotations

import enum
import importlib
import inspect
import pkgutil
import sys
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, BaseModel, SecretStr
from pydantic.fields import FieldInfo

import steward
from steward.kernel.errors import Refusal
from steward.kernel.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "STEWARD_"
# A default that depends on the machine is described.
DESCRIBED_DEFAULTS = {"STEWARD_DATA_DIR": "the user's data folder"}
ENV_HEADER = """\
# Every setting is optional: Steward starts with none of them.
# Copy this file to .env in the folder that Steward is started in, or set the same names in the environment.
"""


@dataclass(frozen=True)
class Setting:
    """One name in the environment."""

    name: str
    group: str
    default: str
    description: str


@dataclass(frozen=True)
class Tag:
    """One refusal as a caller sees it."""

    tag: str
    status: int
    title: str
    meaning: str


def name_of(field: str, info: FieldInfo, prefix: str) -> str:
    """The name in the environment: an alias that is written in capitals, else the prefix and the field."""
    alias = info.validation_alias
    choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
    for choice in choices:
        if isinstance(choice, str) and choice.isupper():
            return choice
    return prefix + field.upper()


def default_of(name: str, info: FieldInfo) -> str:
    """The default as it would be written in the environment; empty for none."""
    if name in DESCRIBED_DEFAULTS:
        return DESCRIBED_DEFAULTS[name]
    value: Any = info.get_default(call_default_factory=True, validated_data={})
    if value is None:
        return ""
    if isinstance(value, enum.Enum):
        return str(value.value)
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def settings(model: type[BaseModel] = Settings, prefix: str = PREFIX, group: str = "") -> Iterator[Setting]:
    """Every setting, the nested ones after those of the class itself."""
    nested: list[tuple[str, type[BaseModel]]] = []
    for field, info in model.model_fields.items():
        if inspect.isclass(info.annotation) and issubclass(info.annotation, BaseModel):
            nested.append((field, info.annotation))
            continue
        name = name_of(field, info, prefix)
        yield Setting(name, group or room_of(name), default_of(name, info), info.description or "")
    for field, child in nested:
        title = (inspect.getdoc(child) or field).splitlines()[0]
        yield from settings(child, f"{prefix}{field.upper()}__", title)


def room_of(name: str) -> str:
    """The heading of a setting that belongs to no group."""
    return (
        "The server."
        if name.startswith(PREFIX)
        else "Providers: each key makes that provider's models appear."
    )


def modules() -> None:
    """Import every room, so that every refusal is known."""
    for found in pkgutil.walk_packages(steward.__path__, "steward."):
        if not found.name.startswith(("steward.migrations", "steward.static")) and not found.name.endswith(
            "__main__"
        ):
            importlib.import_module(found.name)


def descendants(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    """The class and all below it."""
    yield kind
    for child in kind.__subclasses__():
        yield from descendants(child)


def tags() -> list[Tag]:
    """Every refusal of the program, by tag; a class that only takes over its parent's tag adds none."""
    modules()
    found: dict[str, Tag] = {}
    for kind in descendants(Refusal):
        if kind is Refusal or not kind.__module__.startswith("steward.") or kind.tag in found:
            continue
        meaning = " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split())
        found[kind.tag] = Tag(kind.tag, kind.status, kind.title, meaning)
    return sorted(found.values(), key=lambda tag: (tag.status, tag.tag))


def cell(text: str) -> str:
    """A text as it may stand in a table."""
    return text.replace("|", "\\|").replace("\n", " ")


def settings_table() -> str:
    """The settings, one table for each group."""
    lines: list[str] = []
    group = ""
    for setting in settings():
        if setting.group != group:
            group = setting.group
            lines += [
                "",
                f"### {group.rstrip('.')}",
                "",
                "| name | default | what it sets |",
                "|---|---|---|",
            ]
        default = (
            f"`{cell(setting.default)}`"
            if setting.default and setting.name not in DESCRIBED_DEFAULTS
            else setting.default
        )
        lines.append(f"| `{setting.name}` | {default} | {cell(setting.description)} |")
    return "\n".join([*lines[1:], ""])


def errors_table() -> str:
    """The refusals, ordered by status."""
    lines = ["| tag | status | title | when |", "|---|---|---|---|"]
    lines += [f"| `{tag.tag}` | {tag.status} | {cell(tag.title)} | {cell(tag.meaning)} |" for tag in tags()]
    return "\n".join([*lines, ""])


def env_example() -> str:
    """The example of an environment file: everything, commented out."""
    lines = [ENV_HEADER.rstrip()]
    group = ""
    for setting in settings():
        if setting.group != group:
            group = setting.group
            lines += ["", f"# --- {group.rstrip('.')} ---"]
        default = "" if setting.name in DESCRIBED_DEFAULTS else setting.default
        lines += [f"# {setting.description}", f"#{setting.name}={quoted(default)}"]
    return "\n".join([*lines, ""])


def quoted(value: str) -> str:
    """A value as it may stand in an environment file."""
    return f'"{value}"' if " " in value else value


def between(page: str, name: str, table: str) -> str:
    """Put the table between its two marks."""
    start, end = f"<!-- table {name} -->\n", f"<!-- end {name} -->"
    head, _, rest = page.partition(start)
    return f"{head}{start}{table}{end}{rest.partition(end)[2]}"


def written(root: Path) -> dict[Path, str]:
    """Every file with the text that it should have."""
    configuration, errors = root / "docs/configuration.md", root / "docs/errors.md"
    return {
        configuration: between(configuration.read_text("utf-8"), "settings", settings_table()),
        errors: between(errors.read_text("utf-8"), "errors", errors_table()),
        root / ".env.example": env_example(),
    }


def main(arguments: typing.Sequence[str], root: Path = ROOT) -> int:
    """Write the tables, or with `--check` only say whether they are up to date."""
    stale = {
        path: text
        for path, text in written(root).items()
        if not path.is_file() or path.read_text("utf-8") != text
    }
    if "--check" not in arguments:
        for path, text in stale.items():
            path.write_text(text, "utf-8")
        return 0
    for path in stale:
        print(f"{path.relative_to(root)} is stale: run make docs", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
