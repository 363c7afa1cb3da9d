"""Installs pinned packages into the environment that runs this script: `install.py LOCK...` or `install.py --project`.

uv does it in seconds; where uv cannot reach the index that pip is set up for, pip does the same with the same hashes.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

# What pip is told about the way to its index, and how uv calls the same.
UV_NAMES = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE"}


def pip_options(listing: str) -> dict[str, str]:
    """Read the options from `pip config list`: lines such as `global.index-url='https://…'`, the last one wins."""
    options: dict[str, str] = {}
    for line in listing.splitlines():
        name, separator, value = line.partition("=")
        if separator:
            options[name.rpartition(".")[2]] = str(ast.literal_eval(value))
    return options


def uv_environment(options: dict[str, str], environment: dict[str, str]) -> dict[str, str]:
    """Give uv the index that pip uses; what the user set for uv stays."""
    if any(
        name in environment for name in ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_CONFIG_FILE")
    ):
        return environment
    translated = {UV_NAMES[name]: value for name, value in options.items() if name in UV_NAMES and value}
    return {**translated, **environment}


def installs(pip: list[str], uv: list[str], arguments: list[str]) -> bool:
    """Install with uv, or with pip when uv fails."""
    listing = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, check=False).stdout
    environment = uv_environment(pip_options(listing), dict(os.environ))
    first = subprocess.run([*uv, *arguments], env=environment, capture_output=True, text=True, check=False)
    if first.returncode == 0:
        return True
    print("uv could not install the packages, so pip does it; this takes a little longer.")
    if subprocess.run([*pip, "install", "--quiet", "--quiet", *arguments], check=False).returncode == 0:
        return True
    print(first.stderr, file=sys.stderr)
    return False


def main(arguments: list[str]) -> int:
    """Install locks with their hashes, or link the project itself into the environment."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet", "--python", sys.executable]
    if arguments == ["--project"]:
        chosen = ["--no-deps", "--no-build-isolation", "--editable", "."]
    else:
        chosen = ["--require-hashes", *(part for lock in arguments for part in ("-r", lock))]
    return 0 if installs(pip, uv, chosen) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
