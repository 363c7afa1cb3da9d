#!/usr/bin/env bash
# Says in one sentence what is missing when the web app cannot be built here.
set -euo pipefail

say="Building the web app needs Node.js 20.19 or newer with npm"
how="install it from your system's packages or from nodejs.org, then run make again"

command -v node >/dev/null || { echo "$say: $how." >&2; exit 1; }
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' \
  || { echo "$say, and this is $(node --version): $how." >&2; exit 1; }
command -v npm >/dev/null || { echo "$say, and npm is missing: $how." >&2; exit 1; }
