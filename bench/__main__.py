"""Steward beside the provider alone, a byte pass-through and LiteLLM, in one run.

python -m bench [--quick] [--only cpu-paced,ttft] [--targets …] [--litellm VENV] [--json] [--name NAME]
"""

import argparse
import datetime
import json
import os
import platform
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from bench import report, targets
from bench.measures import PARTS, Bench, LoadProcess, warm_up
from bench.processes import Unready, busy_percent
from bench.targets import Target

RESULTS = Path(__file__).parent / "results"
DOORS = ("steward-completions", "steward-chat", targets.ASSISTANTS)
TARGETS = ("direct", "pass-through", *DOORS, *targets.WIRES, "litellm")


def main() -> int:
    """Run the parts and report; 1 when a goal was missed or something failed."""
    options = _options(sys.argv[1:])
    # The results go to stdout; what happens meanwhile to stderr.
    console = Console(stderr=True)
    _allow_many_files()
    with tempfile.TemporaryDirectory(prefix="steward-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)  # the embedded database may run as another user
        try:
            return _run(options, options.logs or folder, console)
        except Unready as error:
            console.print(f"[red]Not ready:[/red] {error}", highlight=False)
            return 2


def _run(options: argparse.Namespace, folder: Path, console: Console) -> int:
    with ExitStack() as stack:
        found, source = _start(options, folder, stack, console)
        load = stack.enter_context(LoadProcess())
        bench = Bench(load, source, options.quick)
        busy = busy_percent()
        if busy > 20:
            console.print(
                f"[yellow]The cores are {busy:.0f} % busy with other work: times will be too long.[/yellow]"
            )
        began = time.monotonic()
        _measure(bench, found, options.only, console)
        seconds = time.monotonic() - began
    rows = report.rows(bench.samples)
    names = [target.name for target in found]
    outcome: dict[str, object] = {
        "started": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 1),
        "quick": options.quick,
        "machine": {**_machine(), "busy_before_percent": round(busy), "load_after": os.getloadavg()[0]},
        "table": report.as_json(rows),
        "samples": bench.samples,
        "problems": bench.problems,
    }
    _write(outcome, options.name, console)
    if options.json:
        print(json.dumps(outcome, ensure_ascii=False, indent=1))
    else:
        report.show(rows, names, Console(width=None if sys.stdout.isatty() else 160))
    for problem in bench.problems[:20]:
        console.print(f"problem: {problem}", style="red", highlight=False, markup=False)
    missed = any(row.is_met(name) is False for row in rows for name in names)
    return int(missed or bool(bench.problems))


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__.splitlines()[0] if __doc__ else ""
    )
    parser.add_argument("--quick", action="store_true", help="shorter and fewer runs, for a first look")
    parser.add_argument("--only", type=_names(PARTS), default=list(PARTS), help=f"of {', '.join(PARTS)}")
    parser.add_argument(
        "--targets", type=_names(TARGETS), default=list(TARGETS), help=f"of {', '.join(TARGETS)}"
    )
    parser.add_argument(
        "--litellm",
        type=Path,
        default=os.environ.get("LITELLM_VENV"),
        help="virtual environment with litellm[proxy]",
    )
    parser.add_argument("--logs", type=Path, help="an existing folder that keeps what the servers wrote")
    parser.add_argument("--json", action="store_true", help="print the results as JSON, not as a table")
    parser.add_argument("--name", default="bench", help="last part of the file name in bench/results")
    return parser.parse_args(arguments)


def _names(known: Iterable[str]) -> Callable[[str], list[str]]:
    """An option that takes names with commas between them."""
    allowed = list(known)

    def read(value: str) -> list[str]:
        names = value.split(",")
        if unknown := [name for name in names if name not in allowed]:
            raise argparse.ArgumentTypeError(
                f"no such name: {', '.join(unknown)}; known: {', '.join(allowed)}"
            )
        return names

    return read


def _start(
    options: argparse.Namespace, folder: Path, stack: ExitStack, console: Console
) -> tuple[list[Target], targets.Provider]:
    """Start what was asked for; everything stops with the stack."""
    wanted: list[str] = options.targets
    source = stack.enter_context(targets.provider(folder))
    found = [targets.direct(source)] if "direct" in wanted else []
    if "pass-through" in wanted:
        found.append(stack.enter_context(targets.pass_through(source, folder)))
    if any(name.startswith(("steward", "wire")) for name in wanted):
        console.print("Starting Steward with an empty database")
        steward = stack.enter_context(targets.steward(source.root, folder))
        doors = {
            "steward-completions": steward.completions(),
            "steward-chat": steward.chat(),
            targets.ASSISTANTS: steward.assistants(),
        }
        doors |= {name: steward.upstream(name) for name in targets.WIRES}
        found += [door for name, door in doors.items() if name in wanted]
    if options.litellm is not None and "litellm" in wanted:
        console.print("Starting LiteLLM")
        found.append(stack.enter_context(targets.litellm(source, folder, Path(options.litellm))))
    return found, source


def _measure(bench: Bench, found: Sequence[Target], names: Sequence[str], console: Console) -> None:
    for target in found:
        warm_up(bench, target)
    for name in names:
        part = PARTS[name]
        for repeat in range(part.quick_repeats if bench.quick else part.repeats):
            for target in found:
                if target.name in part.without or (part.only and target.name not in part.only):
                    continue
                console.print(f"{name}, run {repeat + 1}: {target.name}", highlight=False)
                part.run(bench, target)


def _allow_many_files() -> None:
    """500 streams through a proxy need two sockets each; what is started inherits the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _machine() -> dict[str, object]:
    return {"system": platform.platform(), "python": platform.python_version(), "cores": os.cpu_count()}


def _write(outcome: dict[str, object], name: str, console: Console) -> None:
    RESULTS.mkdir(exist_ok=True)
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d-%H%M")
    path = RESULTS / f"{stamp}-{name}.json"
    path.write_text(json.dumps(outcome, ensure_ascii=False, indent=1) + "\n")
    console.print(f"Written: {path}", highlight=False)


if __name__ == "__main__":
    sys.exit(main())
