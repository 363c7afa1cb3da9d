"""scripts/install.py: uv is told what pip is told, and pip takes over when uv fails."""

from __future__ import annotations

import sys
from pathlib import Path

from scripts import install


def test_options_are_read_from_pip() -> None:
    listing = ":env:.cert='/c.pem'\nglobal.index-url='https://one.example/simple'\ninstall.index-url='https://two.example/simple'\n"
    assert install.pip_options(listing) == {"cert": "/c.pem", "index-url": "https://two.example/simple"}


def test_uv_asks_the_index_that_pip_asks() -> None:
    environment = install.uv_environment(
        {"index-url": "https://one.example/simple", "timeout": "9"}, {"HOME": "/h"}
    )
    assert environment == {"UV_DEFAULT_INDEX": "https://one.example/simple", "HOME": "/h"}


def test_what_is_set_for_uv_stays() -> None:
    own = {"UV_DEFAULT_INDEX": "https://own.example/simple"}
    assert install.uv_environment({"index-url": "https://one.example/simple"}, own) == own


def script(folder: Path, name: str, code: int) -> list[str]:
    """A stand-in for a program, which notes its arguments and exits with this code."""
    path = folder / f"{name}.py"
    path.write_text(
        f"import sys\nopen({str(folder / name)!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')\nsys.exit({code})\n"
    )
    return [sys.executable, str(path)]


def test_pip_takes_over_when_uv_fails(tmp_path: Path) -> None:
    assert install.installs(
        script(tmp_path, "pip", 0), [*script(tmp_path, "uv", 1), "install"], ["-r", "a.txt"]
    )
    assert (tmp_path / "pip").read_text().splitlines()[-1] == "install --quiet --quiet -r a.txt"


def test_a_failure_of_both_is_told(tmp_path: Path) -> None:
    assert not install.installs(script(tmp_path, "pip", 1), script(tmp_path, "uv", 1), ["-r", "a.txt"])
