"""What every test has: a real PostgreSQL built by the migrations, a scripted provider, a server on a port of its own.

The database is never cleaned: every test makes its own workspace, and row security hides the rest, so each test also
tests the wall. Each test process has a database of its own, as the background work of one server takes what another's
test left behind.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import uvicorn

from steward import app
from steward.identity import service as identity
from steward.kernel import runtime
from steward.kernel.ids import new_id
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from steward.kernel.work import Actor, Role
from tests.support import tools_of_tests
from tests.support.scripted_provider import ScriptedProvider


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in a workspace of a test, with a key to knock with."""

    actor: Actor
    key: str
    headers: dict[str, str] = field(default_factory=dict[str, str])


MakePerson = Callable[..., Awaitable[Person]]

_ACROSS_ROOMS = {"agents", "doors", "runs", "schedules"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of whole turns count as slow: the quick gate keeps what one room shows, `make test` has them all."""
    tests = Path(__file__).parent
    for item in items:
        needs = getattr(item, "fixturenames", ())
        if "server" in needs and item.path.relative_to(tests).parts[0] in _ACROSS_ROOMS:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the embedded database, one for each test process."""
    folder = tmp_path_factory.getbasetemp() / "steward-data"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
async def provider() -> AsyncGenerator[ScriptedProvider]:
    """A model double that plays fixed replies over the real wire."""
    async with ScriptedProvider(pace_ms=0) as scripted:
        yield scripted


@pytest.fixture(scope="session")
def settings(data_dir: Path, provider: ScriptedProvider) -> Settings:
    """Settings that take nothing from the environment of whoever runs the tests."""
    return Settings(
        _env_file=None,  # pyright: ignore[reportCallIssue]  # pydantic-settings takes it, its signature does not say
        data_dir=data_dir,
        variables={
            "OPENAI_API_KEY": "sk-scripted",
            "OPENAI_BASE_URL": provider.base_url,
            "ANTHROPIC_API_KEY": "sk-scripted-anthropic",
            "ANTHROPIC_BASE_URL": provider.base_url,
            "GOOGLE_GENERATIVE_AI_API_KEY": "sk-scripted-google",
            "GOOGLE_GENERATIVE_AI_BASE_URL": f"{provider.root_url}/v1beta",
            "AZURE_OPENAI_API_KEY": "sk-scripted-azure",
            "AZURE_OPENAI_ENDPOINT": provider.root_url,
        },
        secret_key="a secret of the tests with more than thirty-two characters",
        # Scripted failures are repeated at once, and are no reason to leave the provider alone: the tests share it.
        upstream={"retry_seconds": 0.01, "patience_seconds": 2, "breaker_failures": 1_000_000},
        embed_origins="https://shop.example.com, https://*.example.org",
        rate_limits="off",
        log_level="error",
        host="127.0.0.1",
    )


@pytest.fixture(scope="session")
def package_of_tools(tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    """An installed package that brings tools for the tests."""
    folder = tools_of_tests.install(tmp_path_factory.mktemp("packages"))
    sys.path.append(str(folder))
    yield folder
    sys.path.remove(str(folder))


@pytest.fixture(scope="session")
async def server(settings: Settings, package_of_tools: Path) -> AsyncGenerator[str]:
    """The whole application, served on a free port in the tests' own loop; its base URL."""
    assert str(package_of_tools) in sys.path
    # Without its protocol asyncio would leave Nagle's algorithm on, which holds up each answer for 40 ms.
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        app.create_app(settings),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=2,
        # Longer than clients keep a line: a line that both give up at once breaks a request now and then.
        timeout_keep_alive=60,
    )
    serving = uvicorn.Server(config)
    # The tests' runner owns the signals.
    task = asyncio.ensure_future(serving.serve(sockets=[listener]))
    while not serving.started:
        assert not task.done(), task.exception()
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    serving.should_exit = True
    await task


@pytest.fixture(scope="session")
def house(server: str) -> Runtime:
    """The runtime of the served application, for tests that call rooms directly."""
    assert server
    return runtime.current()


@pytest.fixture(scope="session")
async def client(server: str) -> AsyncGenerator[httpx.AsyncClient]:
    """An HTTP client of the server, without a credential."""
    async with httpx.AsyncClient(base_url=server, timeout=30) as http:
        yield http


@pytest.fixture
def make_person(house: Runtime) -> MakePerson:
    """Makes a person: in a workspace of their own, or in another person's."""

    async def make(beside: Person | None = None, role: Role = "owner") -> Person:
        if beside is None:
            workspace_id = await identity.create_workspace(house, "Workspace of a test")
        else:
            workspace_id = beside.actor.workspace_id
        email = f"{new_id('person')}@example.com"
        user_id = await identity.create_user(house, email, workspace_id, role, None)
        actor = Actor(workspace_id, user_id, role)
        key = await identity.create_personal_key(house, actor, "test")
        return Person(actor, key, {"authorization": f"Bearer {key}"})

    return make


@pytest.fixture
async def ada(make_person: MakePerson) -> Person:
    """The person whose things a test is about."""
    return await make_person()


@pytest.fixture
async def eve(make_person: MakePerson) -> Person:
    """A stranger: the owner of another workspace."""
    return await make_person()


@pytest.fixture
async def bob(ada: Person, make_person: MakePerson) -> Person:
    """A colleague: a member of ada's workspace."""
    return await make_person(beside=ada, role="member")
