"""Writes the tables that follow from the code: settings, refusals, providers and their models, the ontology.

`reference.py` writes them into docs/configuration.md, .env.example, docs/errors.md, docs/providers.md and
docs/ontology.md; `--check` fails when one is stale.
In a page, a table stands between `<!-- table NAME -->` and `<!-- end NAME -->`.
"""

from __future__ import annotations

import datetime
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

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

import steward
from scripts import ontology
from steward.kernel.errors import Refusal
from steward.kernel.settings import Settings
from steward.providers.catalogue import PROVIDERS, TIERS, WIRES, Provider, abilities_of
from steward.providers.events import Usage
from steward.providers.prices import cost_usd

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "STEWARD_"
SERVER = "The server"
KEYS = "Providers: each key makes that provider's models appear"
# Prices have dates; what the page says about them must not change from one day to the next.
PRICES_AT = datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)
# A default that depends on the machine is described.
DESCRIBED_DEFAULTS = {"STEWARD_DATA_DIR": "the user's data folder"}
ABILITIES = {
    "files": "files",
    "images": "images",
    "json_schema": "JSON Schema",
    "reasoning": "reasoning",
    "tools": "tools",
}
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
    remedy: str


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
        if info.exclude:  # not set by its own name
            continue
        if inspect.isclass(info.annotation) and issubclass(info.annotation, BaseModel):
            nested.append((field, info.annotation))
            continue
        name = prefix + field.upper()
        yield Setting(name, group or SERVER, default_of(name, info), info.description or "")
    for field, child in nested:
        title = (inspect.getdoc(child) or field).splitlines()[0].rstrip(".")
        yield from settings(child, f"{prefix}{field.upper()}__", title)


def variables(providers: typing.Sequence[Provider] = PROVIDERS) -> Iterator[Setting]:
    """What providers are called by in the environment; two that share a variable have it once."""
    known: set[str] = set()
    for provider in providers:
        version, usual = provider.version_variable or (None, "")
        for name, default, words in (
            (provider.key_variable, "", f"Key for {provider.title}."),
            (provider.url_variable, provider.base_url, f"Where {provider.title} answers."),
            (version, usual, f"Version of {provider.title}'s interface."),
        ):
            if name is not None and name not in known:
                known.add(name)
                yield Setting(name, KEYS, default, words)


def everything() -> list[Setting]:
    """Every name that can be set: those of the server, those of the providers, those of the groups."""
    own = list(settings())
    plain = [setting for setting in own if setting.group == SERVER]
    return [*plain, *variables(), *own[len(plain) :]]


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
        found[kind.tag] = Tag(kind.tag, kind.status, kind.title, meaning, kind.remedy)
    return sorted(found.values(), key=lambda tag: (tag.status, tag.tag))


def cell(text: str) -> str:
    """A text as it may stand in a table."""
    return text.replace("|", "\\|").replace("\n", " ")


def settings_table() -> str:
    """The settings, one table for each group."""
    lines: list[str] = []
    group = ""
    for setting in everything():
        if setting.group != group:
            group = setting.group
            lines += [
                "",
                f"### {group}",
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
    lines = ["| tag | status | title | when | What to do |", "|---|---|---|---|---|"]
    for tag in tags():
        texts = " | ".join(cell(text) for text in (tag.title, tag.meaning, tag.remedy))
        lines.append(f"| `{tag.tag}` | {tag.status} | {texts} |")
    return "\n".join([*lines, ""])


def providers_table() -> str:
    """The providers of the catalogue."""
    lines = ["| provider | name | key | address | wire | remarks |", "|---|---|---|---|---|---|"]
    wires = {id(wire): name for name, wire in WIRES.items()}
    for provider in PROVIDERS:
        cells = (
            provider.title,
            code(provider.name),
            code(provider.key_variable) or ("its own" if provider.extra else "none"),
            " or ".join(filter(None, (code(provider.base_url), code(provider.url_variable)))),
            code(wires.get(id(provider.wire))),
            " ".join(remarks(provider)),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])


def remarks(provider: Provider) -> Iterator[str]:
    """What the columns do not say."""
    if provider.claims:
        yield f"Bare names that begin with {', '.join(code(claim) for claim in provider.claims)}."
    if "/deployments/{model}" in (provider.quirks.path or ""):
        yield "A model's name is that of your deployment."
    if provider.version_variable is not None:
        variable, usual = provider.version_variable
        yield f"{code(variable)} names the version, else {code(usual)}."
    if not provider.is_listed:
        yield "Not in lists."
    if provider.extra:
        yield f"Needs `pip install 'steward-ai[{provider.extra}]'`."
    if provider.is_free:
        yield "Costs nothing."
    elif not any(has_price(provider, model) for model in provider.models):
        yield "No prices are known: give your own." if provider.models else "Prices by the model's name."
    elif provider.price_id:
        yield f"Prices of {code(provider.price_id)}."


def has_price(provider: Provider, model: str) -> bool:
    """Whether the price data knows a model."""
    return cost_usd(provider.price_id or provider.name, model, Usage(1, 1), PRICES_AT) is not None


def models_table(providers: typing.Sequence[Provider] = PROVIDERS) -> str:
    """The models that are offered, with their tiers and what they can do."""
    lines = ["| model | tier | can do |", "|---|---|---|"]
    for provider in providers:
        named = [provider.tiers.of(tier) for tier in TIERS]
        for model in dict.fromkeys([*provider.models, *filter(None, named)] if provider.is_listed else []):
            tiers = ", ".join(tier for tier, name in zip(TIERS, named, strict=True) if name == model)
            abilities = ", ".join(ABILITIES[one] for one in sorted(abilities_of(provider, model)))
            lines.append(f"| {code(f'{provider.name}/{model}')} | {tiers} | {abilities} |")
    return "\n".join([*lines, ""])


def code(text: str | None) -> str:
    """A name as it may stand in a table; nothing for none."""
    return f"`{text}`" if text else ""


def env_example() -> str:
    """The example of an environment file: everything, commented out."""
    lines = [ENV_HEADER.rstrip()]
    group = ""
    for setting in everything():
        if setting.group != group:
            group = setting.group
            lines += ["", f"# --- {group} ---"]
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
    providers = root / "docs/providers.md"
    catalogue = between(providers.read_text("utf-8"), "providers", providers_table())
    things = root / "docs/ontology.md"
    ontology_page = things.read_text("utf-8")
    for name, table in ontology.TABLES.items():
        ontology_page = between(ontology_page, name, table())
    return {
        configuration: between(configuration.read_text("utf-8"), "settings", settings_table()),
        errors: between(errors.read_text("utf-8"), "errors", errors_table()),
        providers: between(catalogue, "models", models_table()),
        things: ontology_page,
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
