"""The table: every measure of every target, as a ratio to the pass-through, beside its goal."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from bench.load import percentile
from bench.measures import TTFT_LEVELS
from bench.targets import ASSISTANTS, WIRES

Samples = Mapping[str, Mapping[str, list[float]]]
BASE = "pass-through"
JUDGED = ("steward-completions", "steward-chat", *WIRES)
_MANY = 1000


@dataclass(frozen=True, slots=True)
class Row:
    """One measure: a value for each target, and the most that Steward may need."""

    name: str
    unit: str
    values: dict[str, float]
    goal: float | None = None
    at_least: bool = False
    ratio: bool = True
    whole: dict[str, float] | None = None
    """What the ratio compares when ``values`` are what was added to a floor."""
    most: tuple[float, str] | None = None
    """The goal as a ratio: at most so many times another target's value."""
    judged: tuple[str, ...] = JUDGED
    """The targets that the goal is for."""

    def is_met(self, target: str) -> bool | None:
        value = self.values.get(target)
        if self.most is not None and value is not None and target in self.judged:
            other = self.values.get(self.most[1])
            return None if other is None else value <= self.most[0] * other
        if self.goal is None or value is None or target not in self.judged:
            return None
        return value >= self.goal if self.at_least else value <= self.goal

    def ratio_of(self, target: str) -> float | None:
        compared = self.values if self.whole is None else self.whole
        base, value = compared.get(BASE), compared.get(target)
        return value / base if self.ratio and base and value is not None and target != BASE else None


def _medians(samples: Samples, measure: str) -> dict[str, float]:
    return {
        target: statistics.median(values) for target, values in samples.get(measure, {}).items() if values
    }


def _sums(samples: Samples, measure: str) -> dict[str, float]:
    return {target: sum(values) for target, values in samples.get(measure, {}).items()}


def _ttft(samples: Samples, level: int, share: float) -> dict[str, float]:
    times = samples.get(f"ttft_{level}_ms", {})
    return {target: percentile(values, share) for target, values in times.items() if values}


def _further(samples: Samples) -> dict[str, float]:
    """Microseconds of each token after the first: the paced run without what a turn costs anyway."""
    paced, tokens, turn = (
        _medians(samples, name) for name in ("cpu_paced_us", "cpu_paced_tokens", "turn_ms")
    )
    return {
        target: (paced[target] * tokens[target] - turn[target] * 1000) / (tokens[target] - 1)
        for target in paced
        if target in turn
    }


def _with_base(sums: dict[str, float], samples: Samples, pace: str) -> dict[str, float]:
    """Server and database together, beside the pass-through, which has no database."""
    base = _medians(samples, f"cpu_{pace}_us").get(BASE)
    return sums if base is None or not sums else {**sums, BASE: base}


def _added(times: dict[str, float]) -> dict[str, float]:
    """What a target adds to the time that the provider alone takes."""
    floor = times.get("direct", 0.0)
    return {target: value - floor for target, value in times.items() if target != "direct"}


def _at_a_thousand(samples: Samples) -> dict[str, float]:
    """Resident memory with 1,000 open streams, drawn out from the 200 that were held."""
    held, each = _medians(samples, "rss_held_mib"), _medians(samples, "rss_idle_kib")
    return {target: held[target] + (_MANY - 200) * each[target] / 1024 for target in held if target in each}


def _of_assistants(samples: Samples) -> list[Row]:
    """What the Assistants API costs beside the chat, with which it shares its runs, and beside a completion."""
    judged, chat = (ASSISTANTS,), "steward-chat"
    found: list[Row] = []
    paced = {"paced, turn included": _medians(samples, "cpu_paced_us"), "further ones": _further(samples)}
    for words, values in paced.items():
        beside = {name: values[name] for name in (chat, ASSISTANTS) if {name, ASSISTANTS} <= values.keys()}
        name = f"Assistants stream: CPU per token, {words}"
        found.append(Row(name, "µs", beside, most=(1.5, chat), judged=judged))
    times = _ttft(samples, 1, 0.5)
    plain, with_thread = times.get("steward-completions"), times.get(ASSISTANTS)
    added = {} if plain is None or with_thread is None else {ASSISTANTS: with_thread - plain}
    found.append(Row("create-and-run adds to a completion, p50", "ms", added, 20, ratio=False, judged=judged))
    return found


def rows(samples: Samples) -> list[Row]:
    """Everything that was measured, in the order of the table."""
    found = [
        Row("server CPU per turn of one token", "ms", _medians(samples, "turn_ms")),
        Row("  its database", "ms", _medians(samples, "turn_database_ms"), ratio=False),
        Row("  and per further token", "µs", _further(samples)),
    ]
    for pace in ("paced", "unpaced"):
        found += [
            Row(f"server CPU per token, {pace}", "µs", _medians(samples, f"cpu_{pace}_us"), most=(2.5, BASE)),
            Row("  its database", "µs", _medians(samples, f"cpu_{pace}_database_us"), ratio=False),
            Row("  both", "µs", _with_base(_medians(samples, f"cpu_{pace}_sum_us"), samples, pace), 100),
        ]
    found.append(
        Row(
            "server CPU per token by wire, paced",
            "µs",
            _medians(samples, "cpu_wire_us"),
            most=(1.5, "steward-completions"),
        )
    )
    for level in TTFT_LEVELS:
        goal = {1: 10.0, 100: 100.0}.get(level)
        most = (0.2, "litellm") if level == 50 else None
        for share, name in ((0.5, f"TTFT added at {level} streams, p50"), (0.95, "  p95")):
            times = _ttft(samples, level, share)
            judged = share == 0.5
            found.append(
                Row(
                    name,
                    "ms",
                    _added(times),
                    goal if judged else None,
                    whole=times,
                    most=most if judged else None,
                )
            )
    found += _of_assistants(samples)
    found += [
        Row("errors outside of the crowds", "", _sums(samples, "errors"), 0, ratio=False),
        Row("idle server CPU", "%", _medians(samples, "idle_percent"), ratio=False),
        Row("  its database", "%", _medians(samples, "idle_database_percent"), ratio=False),
        Row("memory per idle stream", "KiB", _medians(samples, "rss_idle_kib")),
        Row("  at 1,000 streams, drawn out", "MiB", _at_a_thousand(samples), 400),
    ]
    for name, title in (("crowd", "500 streams at 10/s"), ("stress", "500 streams at 50/s")):
        late = name == "stress"  # beyond one core, so only completeness is asked of it
        found += [
            Row(f"{title}: errors", "", _medians(samples, f"{name}_errors"), 0, ratio=False),
            Row("  tokens delivered", "%", _medians(samples, f"{name}_delivered_percent"), 100, True, False),
            Row("  token lag p50", "ms", _medians(samples, f"{name}_lag_p50_ms")),
            Row("  token lag p99", "ms", _medians(samples, f"{name}_lag_p99_ms"), None if late else 150),
            Row("  server CPU per token", "µs", _medians(samples, f"{name}_cpu_us")),
            Row(
                "  list of conversations p99",
                "ms",
                _medians(samples, f"{name}_list_p99_ms"),
                None if late else 100,
            ),
        ]
    return [row for row in found if row.values]


def show(table_rows: Sequence[Row], targets: Sequence[str], console: Console) -> None:
    table = Table(title="Median of the runs; (N x) is the ratio to the pass-through")
    table.add_column("measure")
    for target in targets:
        table.add_column(target, justify="right")
    table.add_column("goal", justify="right")
    table.add_column("met")
    for row in table_rows:
        verdicts = [met for target in row.judged if (met := row.is_met(target)) is not None]
        table.add_row(
            f"{row.name}{', ' if row.unit else ''}{row.unit}",
            *(_cell(row, target) for target in targets),
            _goal(row),
            "" if not verdicts else "met" if all(verdicts) else "NOT MET",
        )
    console.print(table)


def _cell(row: Row, target: str) -> str:
    value = row.values.get(target)
    if value is None:
        return ""
    ratio = row.ratio_of(target)
    return _number(value) if ratio is None else f"{_number(value)} ({ratio:.1f} x)"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.1f}"


def _goal(row: Row) -> str:
    if row.most is not None:
        return f"≤ {row.most[0]:g} x {row.most[1]}"
    return "" if row.goal is None else f"{'≥' if row.at_least else '≤'} {row.goal:g}"


def as_json(table_rows: Sequence[Row]) -> list[dict[str, object]]:
    """The table for a machine."""
    return [
        {
            "name": row.name.strip(), "unit": row.unit, "values": row.values, "goal": row.goal,
            "ratios": _each(row.values, row.ratio_of), "met": _each(row.values, row.is_met),
        }
        for row in table_rows
    ]  # fmt: skip


def _each(names: Mapping[str, float], of: Callable[[str], object]) -> dict[str, object]:
    return {name: value for name in names if (value := of(name)) is not None}
