"""`python -m bench`: measure, write JSON to bench/out/, print Markdown tables."""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any  # what is measured becomes JSON

from bench import tables
from bench.building import measure_building
from bench.curating import measure_curating
from bench.data import PROJECT, prepared
from bench.echo import ceiling
from bench.first import measure_first
from bench.servers import SERVERS
from bench.serving import Plan, compare, sizes
from bench.synthetic import generate, register
from parley.errors import ParleyError
from parley.files import open_dataset

_TINY = 500
NAMES = ("first", "building", "serving", "curating")
Told = Callable[[str], None]
Measured = tuple[str, Any]


def main() -> None:
    """Measure what the arguments name, print and keep the results; exit code 1 if one failed."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers are stopped too
    began = time.perf_counter()

    def told(text: str) -> None:
        print(f"[{time.perf_counter() - began:7.1f} s] {text}", file=sys.stderr, flush=True)

    results: dict[str, Any] = {"machine": machine(), "short": arguments.short}
    texts = [machine_text(results["machine"])]
    quads = arguments.quads or (1_000 if arguments.short else 1_000_000)
    measures: dict[str, Callable[[Path], Measured]] = {
        "first": lambda folder: _first(folder, arguments.short, told),
        "building": lambda folder: _building(folder, quads, arguments.short, told),
        "serving": lambda folder: _serving(folder, quads, arguments, told),
        "curating": lambda folder: _curating(folder, quads, arguments, told),
    }
    stamp = time.strftime("%Y-%m-%dT%H%M%S")
    path = arguments.out / f"{'short' if arguments.short else 'full'}-{stamp}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    failed = False
    for name in arguments.only or NAMES:
        try:
            with _folder() as folder:
                text, results[name] = measures[name](folder)
        except (OSError, RuntimeError, ParleyError, subprocess.SubprocessError) as error:
            text, results[name], failed = f"failed: {error}\n", {"failed": str(error)}, True
            told(f"{name} failed: {error}")
        failed = failed or any(c["failed"] for c in _comparisons(results[name]))
        texts.append(f"## {name.capitalize()}\n\n{text}")
        path.write_text(json.dumps(results, indent=2, default=str) + "\n", encoding="utf-8")
    print("\n".join(texts))
    told(f"written: {path}")
    sys.exit(failed)


def machine() -> dict[str, str | int | None]:
    """What the figures were measured on."""
    packages = ("pyoxigraph", "rdflib", "pyshacl", "granian", "flask")
    return {
        "date": time.strftime("%Y-%m-%d"),
        "cores": os.cpu_count(),
        "processor": platform.machine(),
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
    }


def machine_text(facts: dict[str, str | int | None]) -> str:
    """The same in one line."""
    return "Measured on: " + ", ".join(f"{key} {value}" for key, value in facts.items()) + ".\n"


def _first(folder: Path, short: bool, told: Told) -> Measured:
    place, dataset = folder / "first", folder / "dataset" if short else None
    if dataset:
        generate(dataset, _TINY, PROJECT)
        register(dataset, place / "var")
    rows = measure_first(place, told, dataset)
    return tables.starts(rows), [asdict(row) for row in rows]


def _building(folder: Path, quads: int, short: bool, told: Told) -> Measured:
    told(f"generating {quads:,} quads")
    made = generate(folder / "synthetic", quads, PROJECT)
    register(made.folder, folder / "instance-synthetic")
    rows = []
    if not short:
        article = sum(1 for _ in _quads(PROJECT))
        rows = measure_building(
            "the article", PROJECT, folder / "instance-article", article, told, reasoning=True
        )
    rows += measure_building(
        "synthetic",
        made.folder,
        folder / "instance-synthetic",
        sum(1 for _ in _quads(made.folder)),
        told,
        reasoning=not short,
    )
    return tables.steps(rows), [asdict(row) for row in rows]


def _quads(folder: Path) -> Iterator[object]:
    return open_dataset(folder).quads()


def _serving(folder: Path, quads: int, arguments: argparse.Namespace, told: Told) -> Measured:
    plan = Plan(0.2, (2,), 1, 0.1) if arguments.short else Plan(arguments.seconds)
    servers = [s for s in SERVERS if s.name in (arguments.servers or [s.name])]
    reach = ceiling(folder / "ceiling", plan.connections, plan.seconds)
    texts, results = [tables.client(reach)], []
    for size in sizes(quads, servers):
        place = (arguments.data or folder / "data") / str(size)
        told(f"data of {size:,} quads: taken from {place}, or generated and stored there")
        data = prepared(place, size)
        plan = plan if size == quads else plan.shorter()
        with _folder() as stores:
            result = compare(servers, data, stores, plan, told)
        texts.append(tables.comparison(result))
        results.append(asdict(result))
    return "\n".join(texts), {
        "client": {str(n): asdict(o) for n, o in reach.items()},
        "comparisons": results,
    }


def _curating(folder: Path, quads: int, arguments: argparse.Namespace, told: Told) -> Measured:
    place = (arguments.data or folder / "data") / str(quads)
    told(f"data of {quads:,} quads: taken from {place}, or generated and stored there")
    data = prepared(place, quads)
    edits, load = (5, 400) if arguments.short else (100, 100_000)
    rows = measure_curating(data, folder, edits, load, told)
    return tables.curating(rows), [asdict(row) for row in rows]


def _comparisons(result: Any) -> list[Any]:
    return result.get("comparisons", []) if isinstance(result, dict) else []


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as name:
        yield Path(name)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        epilog=f"Other programs, each with --help:\n{_others()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--short", action="store_true", help="tiny sizes, to see that it works")
    parser.add_argument("--quads", type=int, help="size of the synthetic dataset")
    parser.add_argument("--only", nargs="+", choices=NAMES, help="which measurements")
    names = [server.name for server in SERVERS]
    parser.add_argument("--servers", nargs="+", choices=names, help="which servers, else all")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each is asked")
    parser.add_argument("--data", type=Path, help="keep and reuse what `serving` prepares here")
    parser.add_argument("--out", type=Path, default=PROJECT / "bench/out", help="for the JSON")
    return parser.parse_args()


def _others() -> str:
    """The other programs of this folder, each as the first line of its file describes it."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    firsts = [file.read_text(encoding="utf-8").partition("\n")[0].strip('"') for file in files]
    found = [line[1:].split("`: ", 1) for line in firsts if line.startswith("`python -m bench.")]
    return "\n".join(f"  {command:36}{does}" for command, does in found)


if __name__ == "__main__":
    main()
