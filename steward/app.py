"""The composition root: installs the runtime, hangs every router and job; alone knows all rooms."""

from __future__ import annotations

import asyncio
import gc
import mimetypes
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final, cast

import aiohttp
import structlog
import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import SecretStr
from sqlalchemy import URL, make_url
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from steward import __version__
from steward.agents import catalogue, prompt_routes
from steward.agents import routes as agents
from steward.agents import tool_routes as tools
from steward.agents.hooks import Hooks
from steward.doors import artifacts
from steward.doors.ai_sdk import routes as ai_sdk
from steward.doors.mcp import routes as mcp
from steward.doors.mcp.errors import error_response as mcp_error_response
from steward.doors.openai import assistants as openai_assistants
from steward.doors.openai import conversations as openai_conversations
from steward.doors.openai import described as openai_described
from steward.doors.openai import file_batches as openai_file_batches
from steward.doors.openai import files as openai_files
from steward.doors.openai import messages as openai_messages
from steward.doors.openai import responses as openai_responses
from steward.doors.openai import routes as openai
from steward.doors.openai import runs as openai_runs
from steward.doors.openai import setup as openai_setup
from steward.doors.openai import threads as openai_threads
from steward.doors.openai import vector_store_files as openai_store_files
from steward.doors.openai import vector_stores as openai_stores
from steward.doors.openai.errors import error_response
from steward.doors.openai.errors import limit_headers as openai_limit_headers
from steward.doors.terminal import commands
from steward.files import routes as files
from steward.files import sweep
from steward.files.storage import Storage, open_storage
from steward.identity import embedding_routes, member_routes
from steward.identity import routes as identity
from steward.identity.access import authenticate
from steward.interviews import routes as interviews
from steward.kernel import durable, logs, migrate, rate_limits, runtime, telemetry
from steward.kernel.embedded import EmbeddedPostgres, supervise
from steward.kernel.errors import Invalid, NotFound, Refusal
from steward.kernel.http import Gate, Uploads, problem
from steward.kernel.idempotency import Idempotency
from steward.kernel.ids import new_id
from steward.kernel.rate_limits import RateLimiter, Standing
from steward.kernel.rows import APP_ROLE, SYSTEM_ROLE
from steward.kernel.runtime import Runtime
from steward.kernel.settings import Settings
from steward.kernel.work import Database
from steward.knowledge import jobs as ingestion
from steward.knowledge import pinecone
from steward.knowledge import routes as knowledge
from steward.knowledge.embedders import Embedders
from steward.knowledge.jobs import Desk
from steward.knowledge.reading.readers import Readers
from steward.knowledge.vector_index import VectorIndex
from steward.mcp_servers import routes as mcp_servers
from steward.memory import routes as memory
from steward.providers import prices, tokens
from steward.providers import routes as providers
from steward.runs import action_routes, actions, embedding, jobs, ontology_routes, sockets
from steward.runs import routes as runs
from steward.runs.calls import Calls
from steward.runs.engine import Engine
from steward.runs.feed import Feed
from steward.runs.tool_steps import ToolSteps
from steward.schedules import jobs as schedule_jobs
from steward.schedules import routes as schedules
from steward.tasks import routes as tasks
from steward.things import routes as things
from steward.threads import routes as threads
from steward.threads.live import ThreadNews
from steward.usage import routes as usage

log: structlog.typing.FilteringBoundLogger = structlog.get_logger(module=__name__)

STATIC: Final = Path(__file__).parent / "static"
_NATIVE: Final = "/api/v1"
_GRACE_SECONDS: Final = 5
# The page that stands in a frame on other sites, and the script that puts it there.
_EMBEDDED: Final = "embed"
_EMBED_SCRIPT: Final = "embed.js"


class Ready:
    """Whether this process serves."""

    def __init__(self) -> None:
        self.now = False


class MethodNotAllowed(Refusal):
    """The address exists, but not with this method."""

    tag = "method_not_allowed"
    status = 405
    title = "Method not allowed"
    remedy = "Use a method that the API reference lists for this address."


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncGenerator[Database]:
    """Start or find PostgreSQL, bring it up to date, and open it as the two roles."""
    async with AsyncExitStack() as stack:
        if settings.database_url is None:
            server = EmbeddedPostgres(settings.data_dir)
            await asyncio.to_thread(server.start)
            stack.push_async_callback(asyncio.to_thread, server.release)
            supervisor = asyncio.ensure_future(supervise(server))
            stack.push_async_callback(_cancelled, supervisor)
            owner, app, system = server.owner_url, server.app_url, server.system_url
            with_passwords = False
        else:
            owner = make_url(settings.database_url.get_secret_value()).set(drivername="postgresql+asyncpg")
            app = _role_url(owner, settings.database_app_url, APP_ROLE)
            system = _role_url(
                owner,
                settings.database_system_url,
                SYSTEM_ROLE,
            )
            with_passwords = settings.database_app_url is None
        await asyncio.to_thread(migrate.migrate, owner, with_passwords=with_passwords)
        database = Database(
            app, system, pool_size=settings.database.pool_size, pool_seconds=settings.database.pool_seconds
        )
        stack.push_async_callback(database.close)
        yield database


@asynccontextmanager
async def open_runtime(settings: Settings) -> AsyncGenerator[Runtime]:
    """A runtime for commands: the database and nothing that runs."""
    async with open_database(settings) as database:
        house = Runtime(settings, database, process_id=new_id("proc"))
        runtime.install(house)
        yield house


@asynccontextmanager
async def serve_runtime(settings: Settings) -> AsyncGenerator[Runtime]:
    """A runtime that runs turns: leases, durable work, the feed and its jobs."""
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(open_runtime(settings))
        limiter = RateLimiter(settings)
        stack.push_async_callback(limiter.close)
        rate_limits.announce(settings)
        http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=60), trust_env=True, read_bufsize=2**18
        )
        stack.push_async_callback(http.close)
        feed = Feed(house.database, settings.streams.flush_seconds)
        news = ThreadNews(house.database)
        calls = Calls(house, http)
        hooks = Hooks.installed()
        engine = Engine(house, feed, calls, ToolSteps(house, feed, hooks))
        lease = durable.Lease(
            house.database,
            house.process_id,
            renew_seconds=settings.leases.renew_seconds,
            dead_seconds=settings.leases.dead_seconds,
        )
        readers = Readers(settings.knowledge)
        stack.push_async_callback(readers.close)
        house.parts |= {
            RateLimiter: limiter,
            Feed: feed,
            ThreadNews: news,
            Calls: calls,
            Engine: engine,
            Hooks: hooks,
            durable.Lease: lease,
            Storage: open_storage(settings),
            Readers: readers,
            Embedders: Embedders(embedding.embed),
            VectorIndex: VectorIndex(pinecone.open_store(settings, http)),
            Desk: Desk(),
        }
        await lease.take()
        durable.launch(settings, house.database.system_url, house.process_id)
        await asyncio.to_thread(prices.warm_up)
        await asyncio.to_thread(tokens.warm_up)
        # Installed packages may bring tools, whose modules are loaded here.
        await asyncio.to_thread(catalogue.of_the_house)
        lease.on_death.append(lambda: jobs.adopt_orphans(house))
        lease.on_death.append(lambda: ingestion.adopt_documents(house))
        lease.on_lost.append(engine.drop_lost)
        stack.push_async_callback(_shut_down, engine, calls, lease)
        stack.push_async_callback(house.part(Desk).let_go)
        for job in (
            feed.keep_flushing(),
            feed.keep_listening(),
            news.keep_listening(),
            lease.keep(),
            jobs.keep_books(house),
            jobs.keep_clean(house),
            actions.keep_expiring(house),
            sweep.keep_clean(house),
            ingestion.keep_indexed(house),
            schedule_jobs.keep_ticking(house),
        ):
            stack.push_async_callback(_cancelled, asyncio.ensure_future(job))
        yield house


def create_app(settings: Settings, announce: Callable[[Runtime], Awaitable[None]] | None = None) -> ASGIApp:
    """The ASGI application of one process.

    Args:
        settings: of this process.
        announce: called when the process is about to serve.
    """
    gate = Gate(
        Idempotency(build_api(settings, announce), authenticate),
        settings.limits,
        shape,
        Uploads(_upload_paths(), settings.knowledge.file_bytes),
        limit_headers=limit_headers,
        framed={f"/{_EMBEDDED}": settings.embed_origins.replace(",", "")},
        pages=artifacts.security_headers(),
    )
    return cast(ASGIApp, ProxyHeadersMiddleware(cast(Any, gate), settings.trusted_proxies))


def build_api(settings: Settings, announce: Callable[[Runtime], Awaitable[None]] | None = None) -> FastAPI:
    """Every route of the house, and what runs while it serves."""
    ready = Ready()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        with telemetry.export_traces(settings.otlp_endpoint, __version__):
            async with serve_runtime(settings) as house:
                if announce is not None:
                    await announce(house)
                _steady()
                ready.now = True
                yield
                ready.now = False

    app = FastAPI(
        title="Steward",
        version=__version__,
        description="The assistant backend that you own.",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        separate_input_output_schemas=False,
        generate_unique_id_function=_operation_id,
        responses={
            "default": {"description": "A problem (RFC 9457).", "content": {"application/problem+json": {}}}
        },
    )
    for room in (
        identity,
        embedding_routes,
        member_routes,
        things,
        files,
        usage,
        providers,
        threads,
        tasks,
        knowledge,
        memory,
        interviews,
        mcp_servers,
        agents,
        prompt_routes,
        tools,
        runs,
        action_routes,
        ontology_routes,
        sockets,
        schedules,
    ):
        app.include_router(room.router, prefix=_NATIVE)
    app.include_router(ai_sdk.router)
    for door in (
        openai,
        openai_assistants,
        # Before the threads, one of which would be named `runs` otherwise.
        openai_runs,
        openai_threads,
        openai_messages,
        openai_files,
        openai_stores,
        openai_store_files,
        openai_file_batches,
        openai_responses,
        openai_conversations,
        openai_setup,
    ):
        openai_described.describe(door.router)
        app.include_router(door.router)
    app.include_router(mcp.router)
    app.include_router(artifacts.router)
    _operations(app, ready)
    _pages(app, embeds=bool(settings.embed_origins))
    app.add_exception_handler(Refusal, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    return app


def _upload_paths() -> tuple[str, ...]:
    native = (f"{_NATIVE}{path}" for path in (*files.UPLOAD_PATHS, *knowledge.UPLOAD_PATHS))
    return (*native, *openai_files.UPLOAD_PATHS)


def shape(path: str, refusal: Refusal, request_id: str) -> Response:
    """A refusal in the shape of the door that was knocked at."""
    if path == mcp.PATH:
        return mcp_error_response(refusal, request_id)
    if path.startswith("/v1/"):
        return error_response(refusal, request_id)
    return problem(refusal, request_id)


def limit_headers(path: str, standing: Standing) -> list[tuple[bytes, bytes]]:
    """How a caller stands with the rate limits, in the names of the door that was knocked at."""
    if path.startswith("/v1/"):
        return [*standing.headers(), *openai_limit_headers(standing)]
    return standing.headers()


def _operations(app: FastAPI, ready: Ready) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def live() -> JSONResponse:
        return JSONResponse({"status": "ok", "version": __version__})

    @app.get("/readyz", include_in_schema=False)
    async def is_ready() -> JSONResponse:
        if not ready.now:
            return JSONResponse({"status": "starting"}, status_code=503)
        try:
            await durable.living(runtime.current().database)
        except Refusal as refusal:
            return JSONResponse({"status": "unavailable", "detail": refusal.detail}, status_code=503)
        return JSONResponse({"status": "ready", "version": __version__})

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        body, media_type = telemetry.exposition()
        return Response(body, headers={"content-type": media_type})


def _pages(app: FastAPI, *, embeds: bool) -> None:
    @app.api_route("/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
    async def page(request: Request, path: str) -> Response:
        """The web app: a built file, or its one page, which knows the address itself."""
        if path.startswith(("api/", "v1/")):
            raise NotFound("There is nothing at this address.")
        if path in (_EMBEDDED, _EMBED_SCRIPT, f"{_EMBEDDED}.html"):
            path = _EMBED_SCRIPT if path == _EMBED_SCRIPT else f"{_EMBEDDED}.html"
            if not embeds:
                raise NotFound("Embedding is switched off: the setting STEWARD_EMBED_ORIGINS is empty.")
            if not (STATIC / path).is_file():
                raise NotFound("The web app is not built. Run `make setup`, then start again.")
        file = (STATIC / path).resolve()
        if path and file.is_relative_to(STATIC) and file.is_file():
            kept = "public, max-age=31536000, immutable" if path.startswith("assets/") else "no-cache"
            headers = {"cache-control": kept, "vary": "accept-encoding"}
            # Texts were packed when the app was built; packing them at each request would cost more than sending them.
            packed = file.with_name(f"{file.name}.gz")
            if "gzip" in request.headers.get("accept-encoding", "") and packed.is_file():
                media_type = mimetypes.guess_type(file.name)[0]
                return FileResponse(
                    packed, media_type=media_type, headers=headers | {"content-encoding": "gzip"}
                )
            return FileResponse(file, headers=headers)
        if path.startswith("assets/"):
            raise NotFound("There is no such file.")
        index = STATIC / "index.html"
        if not index.is_file():
            raise NotFound("The web app is not built. Run `make setup`, then start again.")
        return FileResponse(index, headers={"cache-control": "no-cache"})


async def _on_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return _refused(request, error)


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems = [
        {"field": ".".join(str(step) for step in one["loc"][1:]), "message": one["msg"]}
        for one in error.errors()
    ]
    sentence = "; ".join(
        f"{one['field']}: {one['message']}" if one["field"] else one["message"] for one in problems[:3]
    )
    return _refused(request, Invalid(f"{sentence}.", fields=problems))


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        refusal: Refusal = MethodNotAllowed("This address does not take that method.")
    elif error.status_code == 404:
        refusal = NotFound("There is nothing at this address.")
    else:
        refusal = Invalid(str(error.detail))
    return _refused(request, refusal)


def _refused(request: Request, refusal: Refusal) -> Response:
    # For the request's line in the log.
    request.state.tag = refusal.tag
    return shape(request.url.path, refusal, request.state.request_id)


def _steady() -> None:
    """Keep the loop's pauses short while it serves."""
    # A full collection walks everything that was ever imported, 100 ms at a time; none of that will be garbage.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    # DBOS works in threads: let the loop have its turn after 1 ms and not after 5.
    sys.setswitchinterval(0.001)


def _operation_id(route: APIRoute) -> str:
    # Clients generated from the description call their methods like this.
    return route.name


def _role_url(owner: URL, given: SecretStr | None, role: str) -> URL:
    if given is not None:
        return make_url(given.get_secret_value()).set(drivername="postgresql+asyncpg")
    return owner.set(username=role, password=migrate.role_password(owner, role))


async def _shut_down(engine: Engine, calls: Calls, lease: durable.Lease) -> None:
    """Leave so that others, or the next start, go on at once."""
    await engine.let_go()
    await calls.wait_until_settled()
    await durable.stop()
    try:
        await lease.give_back()
    except Refusal as refusal:
        log.warning("lease_not_given_back", error=refusal.detail)


async def _cancelled(task: asyncio.Future[Any]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def application() -> ASGIApp:
    """The application of a worker process, which reads the settings from its environment."""
    settings = Settings()
    logs.configure(settings.log_level)
    return create_app(settings)


def serve(settings: Settings, announce: Callable[[Runtime], Awaitable[None]]) -> None:
    """Serve until told to stop; blocks.

    Args:
        settings: where to listen, with how many processes.
        announce: called once when the database is ready, to tell the operator where to go.
    """
    options: dict[str, Any] = {
        "host": settings.host,
        "port": settings.port,
        "loop": "uvloop",
        "http": "httptools",
        "ws": "websockets-sansio",
        "ws_max_size": settings.limits.body_bytes,
        "log_config": None,
        "access_log": False,
        "server_header": False,
        # Done by `create_app`: uvicorn itself would believe whoever comes from this machine.
        "proxy_headers": False,
        "timeout_graceful_shutdown": _GRACE_SECONDS,
        "timeout_keep_alive": 30,
    }
    if settings.workers == 1:
        uvicorn.run(create_app(settings, announce), **options)
        return
    with settings.for_children():
        # Held here too, so that the database stays up while workers come and go.
        server = None if settings.database_url else EmbeddedPostgres(settings.data_dir)
        try:
            if server is not None:
                server.start()
            asyncio.run(_announce(settings, announce))
            uvicorn.run("steward.app:application", factory=True, workers=settings.workers, **options)
        finally:
            if server is not None:
                server.release()


async def _announce(settings: Settings, announce: Callable[[Runtime], Awaitable[None]]) -> None:
    async with open_runtime(settings) as house:
        await announce(house)


def main() -> None:
    """The `steward` command."""
    commands.build(
        commands.Host(open_runtime=open_runtime, serve_runtime=serve_runtime, serve=serve, static=STATIC)
    )()
