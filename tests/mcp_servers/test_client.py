"""The client against the protocol's reference server over both transports, and against servers that mean no good."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from steward.kernel.fetch_errors import FetchForbiddenAddress
from steward.kernel.settings import Settings
from steward.mcp_servers import client, offers
from steward.mcp_servers.targets import ServerTrouble, Target
from tests.mcp_servers.conftest import HOSTILE

pytestmark = pytest.mark.slow

TRANSPORTS = pytest.mark.parametrize("transport", ["stdio", "http"])


@pytest.fixture
def reference(reference_program: str, reference_url: str) -> dict[str, Target]:
    """The reference server over both transports."""
    return {
        "stdio": Target("everything", command=reference_program, arguments=("stdio",)),
        "http": Target("everything", url=reference_url, headers={"authorization": "Bearer tests"}),
    }


def hostile(how: str, **environment: str) -> Target:
    return Target("hostile", command=sys.executable, arguments=(str(HOSTILE), how), environment=environment)


def within(settings: Settings, seconds: float) -> Settings:
    return settings.model_copy(update={"mcp": settings.mcp.model_copy(update={"seconds": seconds})})


@TRANSPORTS
async def test_lists_and_calls_the_reference_server(
    open_settings: Settings, reference: dict[str, Target], transport: str
) -> None:
    target = reference[transport]
    names = {tool.name for tool in await client.list_tools(target, open_settings)}
    assert {"echo", "get-sum", "get-tiny-image", "get-structured-content"} <= names
    said = await client.call_tool(target, open_settings, "echo", {"message": "Grüße"})
    assert offers.told(said, 1_000) == ("Echo: Grüße", None)
    summed = await client.call_tool(target, open_settings, "get-sum", {"a": 2, "b": 40})
    assert "42" in offers.told(summed, 1_000)[0]


@TRANSPORTS
async def test_structured_content_is_kept_and_pictures_are_named(
    open_settings: Settings, reference: dict[str, Target], transport: str
) -> None:
    target = reference[transport]
    weather = await client.call_tool(target, open_settings, "get-structured-content", {"location": "Chicago"})
    text, structured = offers.told(weather, 10_000)
    assert text == ""
    assert set(structured) == {"temperature", "conditions", "humidity"}
    picture = await client.call_tool(target, open_settings, "get-tiny-image", {})
    assert "[image was left out: image/png]" in offers.told(picture, 10_000)[0]


@TRANSPORTS
async def test_wrong_arguments_are_an_answer_and_no_trouble(
    open_settings: Settings, reference: dict[str, Target], transport: str
) -> None:
    refused = await client.call_tool(reference[transport], open_settings, "get-sum", {"a": "many"})
    assert refused.is_error


async def test_a_program_gets_no_environment_but_its_own(
    open_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-server")
    told = await client.call_tool(hostile("environment", TOKEN="t0k3n"), open_settings, "act", {})
    environment: dict[str, str] = json.loads(offers.told(told, 10_000)[0])
    assert environment["TOKEN"] == "t0k3n"
    assert set(environment) <= {"PATH", "HOME", "TMPDIR", "LANG", "LC_CTYPE", "TOKEN"}


async def test_a_program_has_a_folder_of_its_own_that_is_deleted(open_settings: Settings) -> None:
    folder = Path(offers.told(await client.call_tool(hostile("folder"), open_settings, "act", {}), 500)[0])
    assert folder.name.startswith("steward-mcp-")
    assert not await asyncio.to_thread(folder.exists)


@pytest.mark.parametrize("how", ["hang", "tools/list:hang"])
async def test_a_server_that_hangs_costs_its_deadline(open_settings: Settings, how: str) -> None:
    began = time.monotonic()
    with pytest.raises(ServerTrouble, match="did not answer within 1 seconds"):
        await client.list_tools(hostile(how), within(open_settings, 1.0))
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("how", "what"),
    [
        ("die", "closed|refused"),
        ("flood", "sent too much"),
        ("endless", "sent too much"),
        ("blank", "sent too much"),
    ],
)
async def test_a_server_that_breaks_is_told(open_settings: Settings, how: str, what: str) -> None:
    with pytest.raises(ServerTrouble, match=what):
        await client.call_tool(hostile(how), open_settings, "act", {})


async def test_lines_that_are_no_messages_are_passed_over(open_settings: Settings) -> None:
    told = await client.call_tool(hostile("babble"), open_settings, "act", {"text": "hi"})
    assert '"hi"' in offers.told(told, 1_000)[0]


@pytest.mark.parametrize("is_cancelled", [False, True], ids=["deadline", "cancelled"])
async def test_a_program_that_will_not_go_is_ended(
    open_settings: Settings, tmp_path: Path, is_cancelled: bool
) -> None:
    pid_file = tmp_path / "pid"
    target = hostile("stubborn", PID_FILE=str(pid_file))
    asked = asyncio.ensure_future(
        client.call_tool(target, within(open_settings, 20.0 if is_cancelled else 1.5), "act", {})
    )
    while not (pid_file.exists() and pid_file.read_text("ascii")):
        await asyncio.sleep(0.01)
    if is_cancelled:
        asked.cancel()
    with pytest.raises(asyncio.CancelledError if is_cancelled else ServerTrouble):
        await asked
    pid = int(pid_file.read_text("ascii"))
    async with asyncio.timeout(10):
        while psutil.pid_exists(pid):
            await asyncio.sleep(0.01)


async def test_the_loop_goes_on_while_a_server_floods(open_settings: Settings) -> None:
    asked = asyncio.ensure_future(client.call_tool(hostile("endless"), open_settings, "act", {}))
    longest = 0.0
    while not asked.done():
        began = time.monotonic()
        await asyncio.sleep(0)
        longest = max(longest, time.monotonic() - began)
    with pytest.raises(ServerTrouble):
        await asked
    assert longest < 1.0


async def test_a_program_that_is_none_is_told(open_settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ServerTrouble, match="no program"):
        await client.list_tools(Target("none", command=str(tmp_path / "none")), open_settings)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080/mcp",
        "http://169.254.169.254/mcp",
        "http://[::1]:8080/mcp",
        "http://localhost:8080/",
    ],
)
async def test_private_addresses_are_not_asked(settings: Settings, url: str) -> None:
    with pytest.raises(FetchForbiddenAddress):
        await client.list_tools(Target("inside", url=url), settings)


async def answering(answer: bytes) -> tuple[asyncio.Server, str]:
    """A web server that gives everybody the same answer."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        try:
            writer.write(answer)
            await writer.drain()
            if answer.endswith(b"stay\r\n"):
                await asyncio.sleep(5)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp"


def said(status: str, body: bytes = b"", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", "connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (said("307 Temporary Redirect", location="http://169.254.169.254/latest"), "Redirect"),
        (said("200 OK", b"x" * 10_000_000, content_type="application/json"), "sent too much"),
        (
            said("200 OK", b"{}", content_type="application/json", content_encoding="gzip"),
            "packs its answers",
        ),
        (said("200 OK", b"<html>", content_type="text/html"), "refused"),
        (said("401 Unauthorized", b"no"), "refused"),
        (said("500 Oops", b"no"), "refused"),
        (b"this is no HTTP\r\n\r\n", "cannot be reached"),
        (b"", "cannot be reached"),
        (b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: stay\r\n", "did not answer within"),
    ],
    ids=["redirect", "10 MB", "packed", "page", "401", "500", "no HTTP", "nothing", "silent stream"],
)
async def test_an_address_that_misbehaves_is_told(open_settings: Settings, answer: bytes, what: str) -> None:
    server, url = await answering(answer)
    async with server:
        with pytest.raises(ServerTrouble, match=what):
            await client.list_tools(Target("odd", url=url), within(open_settings, 2.0))


async def test_nobody_there_is_told(open_settings: Settings) -> None:
    with pytest.raises(ServerTrouble, match="cannot be reached"):
        await client.list_tools(Target("odd", url="http://127.0.0.1:1025/mcp"), open_settings)


@pytest.mark.parametrize(
    ("how", "names", "left_out"),
    [
        (
            "names",
            [
                "hostile__say_hello_now",
                "hostile__say_hello_now_" + "MARK",
                "hostile__twice",
                "hostile__" + "x" * 48 + "_MARK",
                "hostile__" + "x" * 48 + "_MARK",
            ],
            2,
        ),
        ("schemas", ["hostile__good", "hostile__nul"], 3),
    ],
)
async def test_only_tools_that_models_can_call_are_offered(
    open_settings: Settings, how: str, names: list[str], left_out: int
) -> None:
    tools: list[Any] = await client.list_tools(hostile(how), open_settings)
    found, missing = offers.offers_of("hostile", tools, 64)
    assert missing == left_out
    assert len({one.name for one in found}) == len(names)
    for offer, name in zip(found, names, strict=True):
        assert len(offer.name) <= 64
        assert offer.name.startswith(name.removesuffix("MARK"))
        assert "\0" not in json.dumps(offer.parameters)


async def test_no_more_tools_than_the_settings_allow_are_taken(open_settings: Settings) -> None:
    tools: list[Any] = await client.list_tools(hostile("many"), open_settings)
    found, left_out = offers.offers_of("hostile", tools, 64)
    assert (len(found), left_out) == (64, 136)
