"""`parley load`: edited files to one commit."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
import pyoxigraph as ox

from parley.check.report import Report
from parley.cli.messages import message_of
from parley.cli.options import settings_options
from parley.errors import NotFound, ParleyError, Refused, Unseen
from parley.files import open_dataset
from parley.gate import Gate
from parley.settings import Settings
from parley.store.bulk import fill
from parley.store.change import Change
from parley.store.ledger import Message
from parley.store.texts import Texts
from parley.store.versions import Versions
from parley.syncing.gathering import gather
from parley.syncing.loading import Loaded, checked
from parley.syncing.loading import load as load_files


@click.command()
@click.argument(
    "places",
    metavar="FILE|DIR...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, path_type=Path),
)
@click.option("-m", "--message", required=True, help="Why.")
@click.option("--author", default=None, help="Who. [default: the name you are logged in with]")
@click.option(
    "--base-version",
    "base",
    metavar="N|DATE",
    help="The version the files were exported from, where no export or build noted it.",
)
@click.option("--force", is_flag=True, help="Where files and live edits clash, take the files'.")
@click.option("--dry-run", is_flag=True, help="Derive and check, print the change, commit nothing.")
@click.option("--graph", metavar="IRI", help="Plain datasets: the graph that triples fill.")
@click.option("--add", is_flag=True, help="Plain datasets: add to the graphs, remove nothing.")
@click.option("--json", "as_json", is_flag=True, help="For a machine.")
@settings_options("instance", "dataset", "keep_versions")
def load(
    places: tuple[Path, ...],
    message: str,
    author: str | None,
    base: str | None,
    force: bool,
    dry_run: bool,
    graph: str | None,
    add: bool,
    as_json: bool,
    settings: Settings,
) -> None:
    """Commit what you edited in exported files: one commit of the difference.

    Each FILE stands where an export put it, such as data/entities/agents.ttl; DIR stands for all
    files in it. Only your own edits are committed: what others committed since the files were
    exported stays. Where both changed the same value the load is refused, and says which commit.
    A change that the checks refuse changes nothing.

    In a plain dataset a file replaces the graphs it fills; with --add nothing is removed.
    """
    dataset = open_dataset(settings.dataset)
    versions = Versions(settings.instance, keep=settings.keep_versions)
    told = message_of(author, message)
    if dataset.plain:
        if force:
            raise click.UsageError("--force has nothing to decide in a plain dataset")
        _fill(places, graph, versions, told, base, add, dry_run, as_json)
        return
    if graph or add:
        raise click.UsageError(
            "--graph and --add are for plain datasets; here a file's place says its graph"
        )
    given = gather(places)
    texts = Texts(settings.instance / "articles")
    gate = checked(dataset, texts, Gate(dataset, texts))
    size = sum((given.folder / path).stat().st_size for path in given.paths)
    try:
        with click.progressbar(length=size, label="Reading", file=sys.stderr) as bar:

            def guard(store: ox.Store, change: Change) -> Change:
                bar.render_finish()
                click.echo("Checking ...", err=True)
                return gate(store, change)

            done = load_files(
                given,
                dataset,
                versions,
                told,
                guard,
                base_version=base,
                force=force,
                dry_run=dry_run,
                read=bar.update,
            )
    except (Refused, Unseen) as refused:
        if as_json:
            click.echo(json.dumps(_problem(refused), ensure_ascii=False, indent=2))
        elif isinstance(refused, Refused) and isinstance(refused.report, Report):
            click.echo(refused.report.text())
        raise
    if as_json:
        click.echo(json.dumps(_data(done, dry_run), ensure_ascii=False, indent=2))
        return
    _tell(done, given.folder, dry_run)


def _tell(done: Loaded, folder: Path, dry_run: bool) -> None:
    for path in done.files:
        click.echo(path)
    if dry_run:
        click.echo(done.change.then(done.derived).patch(), nl=False)
        click.echo(f"nothing was committed; current is version {done.version.number}", err=True)
        return
    state = "published" if done.is_new else "nothing changed; still"
    click.echo(
        f"{state} version {done.version.number}: "
        f"+{len(done.change.added):,} -{len(done.change.removed):,} quads"
    )
    if done.behind:
        click.echo(
            f"live edits of {done.behind:,} quads are not in the files; "
            f"'parley export {folder}' writes them in",
            err=True,
        )


def _data(done: Loaded, dry_run: bool) -> dict[str, Any]:  # Any: JSON
    return {
        "version": done.version.number,
        "published": done.is_new,
        "files": [str(path) for path in done.files],
        "added": len(done.change.added),
        "removed": len(done.change.removed),
        "derived": {"added": len(done.derived.added), "removed": len(done.derived.removed)},
        "behind": done.behind,
        "patch": done.change.then(done.derived).patch() if dry_run else None,
    }


def _problem(refused: ParleyError) -> dict[str, Any]:  # Any: JSON
    if isinstance(refused, Unseen):
        return {"refused": "undoes live edits", "undone": list(refused.undone)}
    report = refused.report if isinstance(refused, Refused) else None
    assert isinstance(report, Report)
    return {"refused": "violations", "report": report.data()}


def _fill(
    places: tuple[Path, ...],
    graph: str | None,
    versions: Versions,
    message: Message,
    base: str | None,
    add: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    current = versions.current()
    if current is None:
        raise NotFound("there is no version yet; 'parley build' makes the first one")
    for place in places:
        if place.is_dir():
            raise click.UsageError(f"{place} is a folder; name the files")
    target = _iri(graph) if graph else None
    since = versions.find(base).number if base else None
    size = sum(place.stat().st_size for place in places)
    with click.progressbar(length=size, label="Reading", file=sys.stderr) as bar:
        done = fill(
            places,
            target,
            versions,
            current,
            message,
            base=since,
            add=add,
            dry_run=dry_run,
            read=bar.update,
        )
    is_new = done.version.number != current.number
    if as_json:
        data = {
            "version": done.version.number,
            "published": is_new,
            "added": done.added,
            "removed": done.removed,
        }
        click.echo(json.dumps(data, indent=2))
        return
    state = "published" if is_new else "nothing was committed; still"
    click.echo(f"{state} version {done.version.number}: +{done.added:,} -{done.removed:,} quads")


def _iri(text: str) -> ox.NamedNode:
    try:
        return ox.NamedNode(text)
    except ValueError as error:
        raise click.BadParameter(
            f"'{text}' is not an IRI: {error}", param_hint="--graph"
        ) from error
