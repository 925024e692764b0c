"""`parley query`: a saved query, a file or standard input, answered from a version."""

from __future__ import annotations

import sys
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import click

from parley.catalogue import saved_in
from parley.cli.instances import version_at, versions_of
from parley.cli.options import settings_options
from parley.errors import BadInput, BadQuery, NotFound
from parley.files import Dataset, open_dataset
from parley.formats import FORMATS, GRAPHS, Format, named
from parley.queries import SavedQuery, is_name, load, read_text
from parley.settings import Settings
from parley.sparql import Kind, kind
from parley.store.backend import Deadline, Query
from parley.store.blame import removal
from parley.store.local import LocalBackend
from parley.store.versions import Version, Versions


@click.command()
@click.argument("what", metavar="NAME|FILE|-")
@click.option("-p", "--param", "params", multiple=True, metavar="NAME=VALUE", help="A parameter.")
@click.option(
    "--format",
    "form",
    type=click.Choice([f.extension for f in FORMATS]),
    help="How to write the answer. [default: csv for rows, json for yes or no, ttl for triples]",
)
@click.option("--version", "at", metavar="N|DATE", help="Which version. [default: the current one]")
@settings_options("instance", "dataset", "query_timeout", "query_memory", "row_limit")
def query(
    what: str, params: tuple[str, ...], form: str | None, at: str | None, settings: Settings
) -> None:
    """Run the saved query NAME, the query in FILE, or the one on standard input (-).

    A version answers with the saved queries that it holds. A FILE may be a saved query as well,
    with parameters and their defaults. The server need not run.
    """
    dataset = open_dataset(settings.dataset)
    versions = versions_of(settings)
    version = version_at(versions, at)
    number = version.number if at else None
    text = _text(what, params, dataset, versions, version)
    asked = kind(text)
    if asked == "update":
        raise BadQuery("this is an update, and 'parley query' only reads; send it to /sparql")
    chosen = (named(form) if form else None) or _default(asked)
    prefixes = dataset.names.prefixes
    union = not dataset.plain
    with closing(LocalBackend(versions, settings, union=union, prefixes=prefixes)) as backend:
        deadline = Deadline(settings.query_timeout, settings.query_memory)
        with backend.select(Query(text), chosen, deadline, number) as answer:
            for chunk in answer.chunks():
                sys.stdout.buffer.write(chunk)


def _text(
    what: str, params: tuple[str, ...], dataset: Dataset, versions: Versions, version: Version
) -> str:
    values: dict[str, list[str]] = defaultdict(list)
    for pair in params:
        name, equals, value = pair.partition("=")
        if not equals:
            raise click.UsageError(f"'{pair}' is no parameter; write -p NAME=VALUE")
        values[name].append(value)
    saved = {} if what == "-" else _saved(what, dataset, versions, version)
    if what in saved:
        return saved[what].bind(values)
    path = Path(what)
    if what != "-" and not path.is_file():
        names = ", ".join(sorted(saved)) or "none"
        raise NotFound(f"'{what}' is neither a file nor a saved query; saved are: {names}")
    text = _read(sys.stdin.buffer.read() if what == "-" else path.read_bytes(), what)
    if what != "-" and (values or any(line.startswith("#+") for line in text.splitlines())):
        return read_text(path.stem, text, dataset.names).bind(values)
    if values:
        raise click.UsageError("a query on standard input takes no parameters; put it in a file")
    return text


def _read(data: bytes, source: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"not UTF-8 at byte {error.start}", source=source) from error


def _saved(
    what: str, dataset: Dataset, versions: Versions, version: Version
) -> dict[str, SavedQuery]:
    """The saved queries of a version; where it holds none those of the files, but a deleted one."""
    found = saved_in(version.open(), dataset.names) if is_name(what) else {}
    if found:
        return found
    found = load(dataset.queries(), dataset.names)
    numbers = range(version.number, 0, -1)
    if what in found and removal(versions.ledger, dataset.names.query(what), numbers):
        del found[what]
    return found


def _default(asked: Kind) -> Format:
    found = named({"select": "csv", "ask": "json"}.get(asked, GRAPHS[0].extension))
    assert found is not None
    return found
