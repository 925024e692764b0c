"""`parley log`, `show`, `diff`, `blame` and `rebuild`: who changed what, when and why."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import chain, islice
from pathlib import Path

import click

from parley.cli.instances import version_at, versions_of
from parley.cli.options import settings_options
from parley.errors import Gone, NotFound
from parley.files import open_dataset
from parley.rdf import read_iri
from parley.settings import Settings
from parley.store.blame import blame as trace
from parley.store.blame import removal, touches
from parley.store.change import batches
from parley.store.composing import compose
from parley.store.ledger import Entry


@click.command()
@click.option("--resource", metavar="IRI", help="Only commits that touched this thing.")
@click.option("--author", help="Only commits of this author.")
@click.option("-n", "most", type=click.IntRange(1), help="So many at most. [default: all]")
@click.option("--json", "as_json", is_flag=True, help="For a machine.")
@settings_options("instance", "dataset")
def log(
    resource: str | None, author: str | None, most: int | None, as_json: bool, settings: Settings
) -> None:
    """List the versions, newest first: number, time, author, quads added and removed, why."""
    versions = versions_of(settings)
    numbers = range(versions.number(), 0, -1)
    found: Iterator[Entry] = map(versions.ledger.entry, numbers)
    if resource:
        iri = read_iri(resource, open_dataset(settings.dataset).names.prefixes)
        found = touches(versions.ledger, iri, numbers)
    if author:
        found = (entry for entry in found if entry.author == author)
    entries = islice(found, most)
    if as_json:
        click.echo(_json([asdict(entry) for entry in entries]))
        return
    for entry in entries:
        why = " ".join(entry.text.split())
        click.echo(f"{_said(entry)}  +{entry.added:,} -{entry.removed:,}  {why}")


@click.command()
@click.argument("number", type=int)
@click.option("--json", "as_json", is_flag=True, help="For a machine.")
@settings_options("instance")
def show(number: int, as_json: bool, settings: Settings) -> None:
    """Show version NUMBER as its RDF Patch: message, author, time, quads added and removed."""
    versions = versions_of(settings)
    versions.number_of(str(number))
    with versions.ledger.path(number).open("rb") as lines:
        if as_json:
            head = asdict(versions.ledger.entry(number))
            click.echo(_json({**head, "rows": _rows(lines)}))
        else:
            _write(lines)


@click.command()
@click.argument("start", metavar="A")
@click.argument("end", metavar="B")
@click.option("--json", "as_json", is_flag=True, help="For a machine.")
@settings_options("instance")
def diff(start: str, end: str, as_json: bool, settings: Settings) -> None:
    """Show what turns version A into version B, as an RDF Patch; numbers, tags or dates."""
    versions = versions_of(settings)
    first, last = versions.number_of(start), versions.number_of(end)
    with tempfile.TemporaryDirectory() as folder:
        found = compose(versions.ledger, first, last, Path(folder))
        if as_json:
            head = {"from": first, "to": last, "added": found.added, "removed": found.removed}
            click.echo(_json({**head, "rows": _rows(found.rows())}))
            return
        click.echo(f"# version {first} to {last}: +{found.added:,} -{found.removed:,}", err=True)
        _write(chain([b"TX .\n"], found.rows(), [b"TC .\n"]))


@click.command()
@click.argument("iri")
@click.option("--version", "at", metavar="N|DATE", help="Which version. [default: the current one]")
@click.option("--json", "as_json", is_flag=True, help="For a machine.")
@settings_options("instance", "dataset")
def blame(iri: str, at: str | None, as_json: bool, settings: Settings) -> None:
    """Say which commit brought each triple of the thing IRI, such as id:afghan-taliban."""
    versions = versions_of(settings)
    version = version_at(versions, at)
    node = read_iri(iri, open_dataset(settings.dataset).names.prefixes)
    found = trace(versions, node, version)
    if not found:
        by = removal(versions.ledger, node, range(version.number, 0, -1))
        if by is None:
            raise NotFound(f"version {version.number} says nothing of {node}")
        raise Gone(
            f"{node} was deleted in version {by.number} by {by.author} ({by.time}: {by.text}); "
            f"see it with --version {by.number - 1}",
            last_version=by.number - 1,
        )
    if as_json:
        click.echo(_json([{"quad": f"{q} .", "commit": asdict(entry)} for q, entry in found]))
        return
    for quad, entry in found:
        click.echo(f"{_said(entry)}  {quad} .")


@click.command()
@click.argument("number", type=int)
@settings_options("instance")
def rebuild(number: int, settings: Settings) -> None:
    """Make the folder of version NUMBER anew from the ledger, such as when it is damaged."""
    version = versions_of(settings).rebuild(number)
    click.echo(f"rebuilt version {version.number}: {version.quads:,} quads")


def _said(entry: Entry) -> str:
    return f"{entry.number:>6}  {entry.time}  {entry.author}"


def _write(lines: Iterable[bytes]) -> None:
    for batch in batches(lines):
        sys.stdout.buffer.write(b"".join(batch))


def _rows(lines: Iterable[bytes]) -> list[str]:
    return [line.decode().rstrip("\n") for line in lines if line[:2] in (b"A ", b"D ")]


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2)
