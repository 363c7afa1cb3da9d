"""The catalogue: what Steward brings, what installed packages bring, and what the operator switches off."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest

from steward.agents import catalogue
from steward.agents.catalogue import BUILT_IN, HOUSE, Toolbox
from steward.agents.hooks import Denied, Hooks
from steward.agents.tool_errors import ToolDisabled
from steward.kernel.errors import Invalid, NotFound
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings, Tools
from steward.kernel.tools import Tool, ToolContext, ToolRetry, tool
from tests.conftest import Person

MODULE = '''
from steward.kernel.tools import ToolContext, tool


@tool("{name}")
async def one(context: ToolContext, text: str) -> dict[str, str]:
    """Say it, and who asked."""
    return {{"said": text, "workspace": context.actor.workspace_id, "user": context.actor.user_id,
             "thread": context.thread_id, "run": context.run_id}}
'''
HOOK = """
from steward.agents.hooks import Denied

def before(context, tool, arguments):
    return Denied("Not this.") if arguments.get("text") == "this" else arguments
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    """A folder for packages, as if they were installed."""
    monkeypatch.syspath_prepend(str(tmp_path))  # pyright: ignore[reportUnknownMemberType]  # pytest does not type it
    catalogue.of_the_house.cache_clear()
    yield tmp_path
    catalogue.of_the_house.cache_clear()


def install(site: Path, package: str, code: str, thing: str = "", group: str = "steward.tools") -> None:
    module = f"{site.name.replace('-', '_')}_{package.replace('-', '_')}"
    (site / f"{module}.py").write_text(code, "utf-8")
    facts = site / f"{module}-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", "utf-8")
    (facts / "entry_points.txt").write_text(f"[{group}]\n{package} = {module}{thing}\n", "utf-8")


async def toolbox(house: Runtime, person: Person, *disabled: str) -> Toolbox:
    settings = house.settings.model_copy(update={"tools": Tools(disabled=list(disabled))})
    async with house.database.transaction(person.actor) as work:
        return await catalogue.toolbox(work, settings)


@pytest.mark.req("TOOL-01")
@pytest.mark.req("TOOL-02")
def test_every_tool_says_what_a_model_needs_to_know() -> None:
    assert len({tool.name for tool in BUILT_IN}) == len(BUILT_IN)
    for one in BUILT_IN:
        assert one.description, one.name
        assert one.parameters["type"] == "object", one.name
        assert one.parameters["additionalProperties"] is False, one.name
        for name, schema in one.parameters["properties"].items():
            assert schema.get("description") or "enum" in schema, (one.name, name)
            assert name.lower().replace("_", "") not in ("workspaceid", "groupid"), one.name


@pytest.mark.req("TOOL-01")
@pytest.mark.req("TOOL-02")
async def test_the_tools_are_listed(client: httpx.AsyncClient, house: Runtime, ada: Person) -> None:
    box = await toolbox(house, ada)
    assert len(box.tools) >= 5
    listed = (await client.get("/api/v1/tools", headers=ada.headers)).json()["items"]
    assert [one["name"] for one in listed] == sorted(box.tools)
    for one in listed:
        offered = box.tools[one["name"]]
        assert one["parameters"] == offered.parameters
        assert one["origin"] == box.get(one["name"]).origin
        read = await client.get(f"/api/v1/tools/{one['name']}", headers=ada.headers)
        assert read.json() == one
    unknown = await client.get("/api/v1/tools/nobodys", headers=ada.headers)
    assert unknown.status_code == 404


@pytest.mark.req("TOOL-22")
async def test_a_workspace_that_the_model_names_is_refused(ada: Person) -> None:
    context = ToolContext(ada.actor, "run", "thread", "call")
    for one in BUILT_IN:
        if one.place == "server":
            with pytest.raises(ToolRetry, match="workspaceId"):
                await one.call(context, {"workspaceId": "ws_nobodys"})


@pytest.mark.req("AGNT-17")
async def test_a_name_is_found_or_refused(house: Runtime, ada: Person) -> None:
    box = await toolbox(house, ada)
    found = box.named(["searchKB", "callHuman", "searchKB"])
    assert [one.name for one in found] == ["searchKB", "callHuman"]
    with pytest.raises(Invalid, match="no tool named 'nobodys'; there are"):
        box.named(["searchKB", "nobodys"])
    with pytest.raises(NotFound):
        box.get("nobodys")


@pytest.mark.req("TOOL-37")
async def test_a_tool_that_is_switched_off_is_neither_offered_nor_found(
    house: Runtime, settings: Settings, ada: Person
) -> None:
    box = await toolbox(house, ada, "searchKB", "nobodys")
    assert "searchKB" not in box.tools
    assert "searchKnowledge" in box.tools
    with pytest.raises(ToolDisabled, match="switched off"):
        box.named(["searchKB"])
    with pytest.raises(ToolDisabled):
        box.get("searchKB")


@pytest.mark.req("AGNT-27")
@pytest.mark.req("AGNT-30")
@pytest.mark.req("TOOL-21")
@pytest.mark.parametrize("thing", ["", ":one", ":several"], ids=["module", "tool", "list"])
async def test_a_package_that_is_installed_brings_its_tools(
    house: Runtime, site: Path, ada: Person, thing: str
) -> None:
    assert "sayIt" not in (await toolbox(house, ada)).tools
    install(site, "say-it", MODULE.format(name="sayIt") + "several = [one, 5]\n", thing)
    catalogue.of_the_house.cache_clear()
    box = await toolbox(house, ada)
    assert box.get("sayIt").origin == "say-it"
    context = ToolContext(ada.actor, "run_1", "thread_1", "call_1")
    assert await box.tools["sayIt"].call(context, {"text": "hello"}) == {
        "said": "hello",
        "workspace": ada.actor.workspace_id,
        "user": ada.actor.user_id,
        "thread": "thread_1",
        "run": "run_1",
    }


@pytest.mark.req("AGNT-27")
@pytest.mark.parametrize(
    ("package", "code", "thing"),
    [
        ("broken", "raise RuntimeError('a fault of the package')", ""),
        ("absent", "", ":nothing"),
        ("empty", "", ""),
        ("taken", MODULE.format(name="searchKB"), ""),
        ("misnamed", MODULE.format(name="say it"), ""),
    ],
)
async def test_what_cannot_be_used_is_left_out_and_the_rest_works(
    house: Runtime, site: Path, ada: Person, package: str, code: str, thing: str
) -> None:
    before = {offer.origin for offer in catalogue.of_the_house().values()}
    catalogue.of_the_house.cache_clear()
    install(site, package, code, thing)
    install(site, "whole", MODULE.format(name="sayIt"))
    box = await toolbox(house, ada)
    assert {offer.origin for offer in box.offers.values()} == before | {"whole"}
    assert box.get("searchKB").origin == HOUSE


@pytest.mark.req("TOOL-40")
async def test_hooks_of_packages_are_asked_and_a_broken_one_denies(site: Path, ada: Person) -> None:
    context = ToolContext(ada.actor, "run", "thread", "call")
    one = catalogue.of_the_house()["searchKB"].tool

    async def asked(text: str) -> Any:
        return await Hooks.installed().before(context, one, {"text": text})

    assert await asked("this") == {"text": "this"}
    install(site, "careful", HOOK, group="steward.tool_hooks")
    assert await asked("this") == Denied("Not this.")
    assert await asked("that") == {"text": "that"}
    install(site, "destroyed", "import nothing_of_this_name", group="steward.tool_hooks")
    assert isinstance(await asked("that"), Denied)


@pytest.mark.req("TOOL-38")
def test_a_tool_is_a_function_with_types() -> None:
    @tool("double")
    async def double(context: ToolContext, number: int, times: int = 2) -> int:
        """Multiply."""
        return number * times

    assert isinstance(double, Tool)
    assert double.parameters["required"] == ["number"]
    assert double.parameters["properties"]["times"] == {"default": 2, "title": "Times", "type": "integer"}
