"""What is measured: the provider itself, the byte pass-through, Steward's three doors, LiteLLM's proxy."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.load import Wire
from bench.processes import Process, Unready, clean_environment, cpu_seconds, rss_bytes, start, wait_for_port

_MODEL = "gpt-4o-mini"
WIRES = {
    "wire-responses": f"openai-responses/{_MODEL}",
    "wire-anthropic": "anthropic/claude-haiku-4-5",
    "wire-gemini": "google/gemini-2.5-flash",
}
"""The same door in front of the other wires: target -> model."""
ASSISTANTS = "steward-assistants"
_OFFLINE = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


@dataclass(slots=True)
class Target:
    """One way to the provider, and the processes whose time counts for it."""

    name: str
    wire: Wire
    url: str
    model: str
    server: Process
    headers: dict[str, str] = field(default_factory=dict[str, str])
    postmaster: Callable[[], int | None] = lambda: None
    list_url: str | None = None
    """Where the conversations are listed, asked while streams run."""

    def cpu(self) -> tuple[float, float]:
        """Seconds so far: of the server, of its database."""
        database = self.postmaster()
        return cpu_seconds(self.server.pid), 0.0 if database is None else cpu_seconds(database)

    def rss(self) -> int:
        return rss_bytes(self.server.pid)


@dataclass(slots=True)
class Provider:
    """The scripted provider as a process."""

    process: Process
    root: str

    def reset(self) -> None:
        """Forget the log, so that it does not grow with the benchmark."""
        request = urllib.request.Request(f"{self.root}/__reset", method="POST")
        with urllib.request.urlopen(request, timeout=10):
            pass

    def active(self) -> int:
        with urllib.request.urlopen(f"{self.root}/__log", timeout=10) as answer:
            return int(json.load(answer)["active"])


@contextmanager
def provider(folder: Path) -> Generator[Provider, None, None]:
    process = start("provider", [sys.executable, "-m", "tests.support.scripted_provider"], folder)
    try:
        yield Provider(process, f"http://127.0.0.1:{wait_for_port(process)}")
    finally:
        process.stop()


def direct(source: Provider) -> Target:
    return Target("direct", "completions", f"{source.root}/v1/chat/completions", _MODEL, source.process)


@contextmanager
def pass_through(source: Provider, folder: Path) -> Generator[Target, None, None]:
    command = [sys.executable, "-m", "bench.passthrough", "--upstream", source.root]
    process = start("pass-through", command, folder)
    try:
        root = f"http://127.0.0.1:{wait_for_port(process)}"
        _wait_until_answers(process, f"{root}/v1/models")
        yield Target("pass-through", "completions", f"{root}/v1/chat/completions", _MODEL, process)
    finally:
        process.stop()


@dataclass(slots=True)
class Steward:
    """A running Steward with an empty database of its own."""

    process: Process
    root: str
    data_dir: Path
    key: str
    workspace: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def postmaster(self) -> int | None:
        return postmaster_pid(self.data_dir)

    def completions(self) -> Target:
        url = f"{self.root}/v1/chat/completions"
        return self._target("steward-completions", "completions", url, _MODEL)

    def chat(self) -> Target:
        return self._target("steward-chat", "ai_sdk", f"{self.root}/api/v1/chat", f"openai/{_MODEL}")

    def assistants(self) -> Target:
        """A thread and a run on it in one request; an assistant is made for all of them."""
        wanted = {"model": f"openai/{_MODEL}", "name": "Bench"}
        request = urllib.request.Request(
            f"{self.root}/v1/assistants",
            json.dumps(wanted).encode(),
            {**self.headers, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assistant_id = str(json.load(answer)["id"])
        return self._target(ASSISTANTS, "assistants", f"{self.root}/v1/threads/runs", assistant_id)

    def upstream(self, name: str) -> Target:
        """The completions door in front of another wire."""
        return self._target(name, "completions", f"{self.root}/v1/chat/completions", WIRES[name])

    def _target(self, name: str, wire: Wire, url: str, model: str) -> Target:
        return Target(
            name,
            wire,
            url,
            model,
            self.process,
            self.headers,
            self.postmaster,
            f"{self.root}/api/v1/chat?limit=30",
        )


def postmaster_pid(data_dir: Path) -> int | None:
    """The process of the embedded database in a data folder, if it runs."""
    try:
        pid = int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])
        return pid if "postgres" in Path(f"/proc/{pid}/comm").read_text() else None
    except (OSError, ValueError, IndexError):
        return None


@contextmanager
def steward(upstream: str, folder: Path, *, workers: int = 1) -> Generator[Steward, None, None]:
    """Start Steward as a user would, with its embedded database in ``folder``."""
    data_dir = folder / "steward-data"
    environment = {
        **_OFFLINE,
        "OPENAI_API_KEY": "sk-bench",
        "OPENAI_BASE_URL": f"{upstream}/v1",
        "ANTHROPIC_API_KEY": "sk-bench",
        "ANTHROPIC_BASE_URL": f"{upstream}/v1",
        "GOOGLE_GENERATIVE_AI_API_KEY": "sk-bench",
        "GOOGLE_GENERATIVE_AI_BASE_URL": f"{upstream}/v1beta",
        "STEWARD_DATA_DIR": str(data_dir),
        "STEWARD_RATE_LIMITS": "off",
    }
    program = str(Path(sys.executable).parent / "steward")
    with ExitStack() as stack:
        stack.callback(_stop_database, data_dir)
        workspace = _run(program, folder, environment, "workspace", "create", "bench")
        key = _run(program, folder, environment, "key", "create", "--workspace", workspace, "--name", "bench")
        port = free_port()
        command = [program, "serve", "--port", str(port), "--workers", str(workers)]
        # Not in the project folder: a .env there would be read.
        process = start("steward", command, folder, environment, working_folder=folder)
        stack.callback(process.stop)
        root = f"http://127.0.0.1:{port}"
        _wait_until_answers(process, f"{root}/readyz", status=200)
        yield Steward(process, root, data_dir, key, workspace)


def _run(program: str, folder: Path, environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [program, *arguments], env=clean_environment(environment), cwd=folder, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise Unready(f"steward {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout.split()[-1]


def _stop_database(data_dir: Path) -> None:
    """Steward stops its database itself; what a killed Steward left behind ends here."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if postmaster_pid(data_dir) is None:
            return
        time.sleep(0.1)
    pid = postmaster_pid(data_dir)
    if pid is not None:
        os.kill(pid, signal.SIGQUIT)


@contextmanager
def litellm(source: Provider, folder: Path, venv: Path) -> Generator[Target, None, None]:
    """LiteLLM's proxy from a virtual environment of its own, one worker, no database, telemetry off."""
    port, key = free_port(), f"sk-{secrets.token_hex(32)}"
    config = folder / "litellm.yaml"
    config.write_text(_LITELLM_CONFIG.format(model=_MODEL, upstream=source.root))
    environment = {
        **_OFFLINE,
        "LITELLM_TELEMETRY": "False",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_LOG": "ERROR",
        "LITELLM_MASTER_KEY": key,
        "OPENAI_API_KEY": "sk-bench",
    }
    command = [
        str(venv / "bin" / "litellm"), "--config", str(config), "--host", "127.0.0.1", "--port", str(port),
        "--num_workers", "1", "--telemetry", "False",
    ]  # fmt: skip
    process = start("litellm", command, folder, environment)
    try:
        _wait_until_answers(process, f"http://127.0.0.1:{port}/health/liveliness", status=200, seconds=120)
        yield Target(
            "litellm", "completions", f"http://127.0.0.1:{port}/v1/chat/completions", _MODEL, process,
            {"Authorization": f"Bearer {key}"},
        )  # fmt: skip
    finally:
        process.stop()


_LITELLM_CONFIG = """\
model_list:
  - model_name: {model}
    litellm_params:
      model: openai/{model}
      api_base: {upstream}/v1
      api_key: sk-bench
litellm_settings:
  telemetry: false
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_answers(
    process: Process, url: str, *, status: int | None = None, seconds: float = 60
) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        process.ensure_running()
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if status in {None, answer.status}:
                    return
        except urllib.error.HTTPError as error:
            if status is None and error.code < 500:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise Unready(f"{process.name} did not answer within {seconds:g} s:\n{process.log.read_text()[-2000:]}")
