"""The measurements as Markdown tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bench.building import Step
from bench.client import Outcome
from bench.curating import Timed
from bench.first import Start
from bench.serving import Comparison, Figure
from bench.workloads import TITLES


def starts(rows: Iterable[Start]) -> str:
    """First and second start."""
    return _table(
        ("start", "to the first answer", "install", "build", "serve", "memory", "after load"),
        (
            (
                row.name,
                _seconds(row.seconds),
                _seconds(row.install),
                _seconds(row.build),
                _seconds(row.serve),
                f"{_mib(row.at_rest.pss)} (RSS {_mib(row.at_rest.rss)})",
                f"{_mib(row.after_load.pss)} (RSS {_mib(row.after_load.rss)})",
            )
            for row in rows
        ),
    )


def steps(rows: Iterable[Step]) -> str:
    """Builds and checks."""
    return _table(
        ("dataset", "command", "quads", "seconds", "quads a second", "peak memory", "outcome"),
        (
            (
                row.dataset,
                f"`parley {row.command}`",
                f"{row.quads:,}",
                _seconds(row.seconds),
                f"{row.per_second:,.0f}",
                _mib(row.peak),
                row.outcome,
            )
            for row in rows
        ),
    )


def comparison(result: Comparison) -> str:
    """One table of speed for each number of connections, one of memory and start."""
    servers = [hosted.server for hosted in result.hosted]
    parts = [f"### {result.quads:,} quads\n"]
    for connections in sorted({figure.connections for figure in result.figures}):
        figures = [f for f in result.figures if f.connections == connections]
        parts.append(f"Queries a second, {connections} at once; in brackets p50 and p99 in ms:\n")
        parts.append(_speed(figures, servers))
    parts.append(
        _table(
            (
                "server",
                "release",
                "loads in",
                "first answer after",
                "memory then",
                "peak memory (PSS)",
            ),
            (
                (
                    hosted.server,
                    hosted.version,
                    _seconds(hosted.load_seconds),
                    _seconds(hosted.start_seconds),
                    _mib(hosted.started.pss),
                    _mib(hosted.peak),
                )
                for hosted in result.hosted
            ),
        )
    )
    notes = {f"- † {figure.server}: {figure.note}" for figure in result.figures if figure.note}
    parts += sorted(notes)
    parts += [f"- {server}: {reason}" for server, reason in result.skipped.items()]
    parts += [f"- {server} failed: {reason}" for server, reason in result.failed.items()]
    return "\n".join(parts) + "\n"


def client(outcomes: Mapping[int, Outcome]) -> str:
    """The client's own ceiling."""
    return "".join(
        f"- The client gets {o.per_second:,.0f} answers a second at {n} at once from a server "
        f"that answers the same bytes to everything ({o.client_cpu:.0%} of a core).\n"
        for n, o in outcomes.items()
    )


def _speed(figures: Sequence[Figure], servers: Sequence[str]) -> str:
    found = {(figure.workload, figure.server): figure for figure in figures}
    rows = []
    for name in dict.fromkeys(figure.workload for figure in figures):
        cells = [TITLES[name], f"{found[name, servers[0]].rows:,}"]
        cells += [_cell(found[name, server]) for server in servers]
        cells += [_ratio(found[name, servers[0]], found[name, server]) for server in servers[1:]]
        rows.append(cells)
    ratios = [f"{servers[0]} / {server}" for server in servers[1:]]
    return _table(("workload", "rows", *servers, *ratios), rows)


def _counts(figure: Figure) -> bool:
    return (figure.agrees or bool(figure.note)) and figure.outcome.answers > 0


def _ratio(first: Figure, other: Figure) -> str:
    if not (_counts(first) and _counts(other)):
        return "-"
    return f"{first.outcome.per_second / other.outcome.per_second:.2f}"


def _cell(figure: Figure) -> str:
    outcome = figure.outcome
    if outcome.errors:
        return f"{outcome.errors} refused"
    if not _counts(figure):
        return "answers differ"
    marks = (" *" if outcome.client_cpu > 0.8 else "") + (" †" if figure.note else "")
    cut = f", n={outcome.answers}" if outcome.cut else ""
    times = f"{outcome.p50 * 1000:.1f}, {outcome.p99 * 1000:.1f}"
    return f"{_rate(outcome.per_second)}{marks} ({times}{cut})"


def _rate(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} s" if value < 10 else f"{value:.0f} s"


def _mib(value: int | None) -> str:
    return "-" if value is None else f"{value / (1 << 20):,.0f} MiB"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def curating(rows: Iterable[Timed]) -> str:
    """What commits cost, and what is beside them."""
    return _table(
        ["", "times", "p50 ms", "p99 ms", "server's CPU ms"],
        [
            [
                row.name,
                f"{row.count:,}",
                f"{row.p50 * 1e3:,.1f}",
                f"{row.p99 * 1e3:,.1f}",
                "" if row.cpu is None else f"{row.cpu * 1e3:,.0f}",
            ]
            for row in rows
        ],
    )
