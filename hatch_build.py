"""Builds the web app into `steward/static/` when a package is made from a tree that does not hold it yet."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_MISSING = (
    "Steward's web app has to be built once, and that needs Node.js 20.19 or newer with npm. "
    "Install Node.js, or install Steward from a wheel, which carries the built web app."
)


class WebAppHook(BuildHookInterface[Any]):
    """A wheel or source package carries the built web app, so a user of it needs no Node.js."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the web app unless it is there, or the installation only points at this tree.

        An editable installation is what `make setup` makes, and make builds the web app itself.
        """
        del build_data
        root = Path(self.root)
        if version == "editable" or (root / "steward" / "static" / "index.html").is_file():
            return
        npm = shutil.which("npm")
        if npm is None:
            self.app.abort(NODE_MISSING)
            return
        web = root / "web"
        self.app.display_info("Building the web app (npm ci, npm run build)")
        for arguments in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
            done = subprocess.run([npm, *arguments], cwd=web, check=False)
            if done.returncode:
                self.app.abort(
                    f"npm {arguments[0]} failed in {web}: its output above says why. {NODE_MISSING}"
                )
