"""The floors of pyproject.toml: they hold in this tree, and each of them bites where it is broken."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
ROOMS = (
    "agents",
    "audit",
    "files",
    "identity",
    "interviews",
    "kernel",
    "knowledge",
    "mcp_servers",
    "memory",
    "providers",
    "runs",
    "schedules",
    "tasks",
    "things",
    "threads",
    "usage",
)

# What breaks each contract, as file and import.
BREAKS = {
    "Arrows point down": ("audit/service.py", "import steward.runs.service"),
    "No circles at any depth": (
        "identity/access.py",
        "import steward.identity.service\nimport steward.kernel.work",
    ),
    "A room's tables and queries are its own": ("runs/service.py", "import steward.threads.tables"),
    "Doors import no SQLAlchemy": ("doors/openai/routes.py", "import sqlalchemy"),
    "Services, tables and events import no FastAPI": ("threads/service.py", "import fastapi"),
    "Doors do not know each other": ("doors/ai_sdk/routes.py", "import steward.doors.openai.routes"),
}


def lint(folder: Path, source: Path) -> subprocess.CompletedProcess[str]:
    """Check the package in this folder against the contracts of pyproject.toml."""
    return subprocess.run(
        [sys.executable, "-c", LINT, "--config", str(source / "pyproject.toml"), "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A small house with every room that the contracts ask for, and nothing wrong in it."""
    package = tmp_path / "steward"
    for room in ROOMS:
        (package / room).mkdir(parents=True)
        for name in ("__init__", "service", "tables"):
            (package / room / f"{name}.py").write_text('"""A file."""\n')
    for door in ("ai_sdk", "openai"):
        (package / "doors" / door).mkdir(parents=True)
        for name in ("__init__", "routes"):
            (package / "doors" / door / f"{name}.py").write_text('"""A file."""\n')
    for place in ("", "doors/"):
        (package / place / "__init__.py").write_text('"""A file."""\n')
    (package / "app.py").write_text("import steward.doors.ai_sdk.routes\n")
    (package / "identity/service.py").write_text(
        "import steward.identity.access\nimport steward.identity.tables\n"
    )
    (package / "identity/access.py").write_text('"""A file."""\n')
    (package / "kernel/work.py").write_text('"""A file."""\n')
    return tmp_path


@pytest.mark.req("DEPL-15", "DEPL-20")
def test_the_floors_hold() -> None:
    done = lint(ROOT, ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_house_in_order_passes(house: Path) -> None:
    done = lint(house, ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_contract_bites(house: Path) -> None:
    for place, line in BREAKS.values():
        (house / "steward" / place).write_text(f"{line}\n")
    done = lint(house, ROOT)
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    assert {contract["name"] for contract in contracts} == set(BREAKS)
    assert {name for name in BREAKS if f"{name} BROKEN" in done.stdout} == set(BREAKS), done.stdout


def test_a_room_without_a_floor_is_refused(house: Path) -> None:
    (house / "steward/weather").mkdir()
    (house / "steward/weather/__init__.py").write_text('"""A room that no contract knows."""\n')
    done = lint(house, ROOT)
    assert done.returncode == 1
    assert "steward.weather" in done.stdout
