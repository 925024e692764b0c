"""`parley init`: the folder of a dataset of one's own, or of a plain RDF dataset."""

from __future__ import annotations

import shutil
from pathlib import Path

import click
import pyoxigraph as ox

from parley.building import fill
from parley.check.expecting import update
from parley.errors import BadInput
from parley.files import find_root, open_dataset
from parley.queries import load
from parley.scaffold import make_dataset, make_plain

_BASE = "http://example.org/dataset/"
_VIEWS = ("map", "network", "timeline")  # every page leads to these saved queries


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--plain", is_flag=True, help="Any RDF: no ontology, no shapes, nothing derived.")
@click.option("--base", default=_BASE, show_default=True, help="What its IRIs begin with.")
@click.option("--title", default="My dataset", show_default=True, help="Its name.")
def init(folder: Path, plain: bool, base: str, title: str) -> None:
    """Make FOLDER into a dataset: serve it with 'parley serve --dataset FOLDER'.

    It gets its base IRI, a copy of the ontology, shapes and rules, one article with two claims
    to begin from, and saved queries; 'parley check --dataset FOLDER' accepts it. With --plain it
    gets only the base IRI: a SPARQL store that takes any triples.
    """
    if folder.exists() and any(folder.iterdir()):
        raise BadInput(f"{folder} is not empty; name a new folder")
    written = make_plain(folder, base, title) if plain else make_dataset(folder, base, title)
    if not plain:
        written += _add_views(folder)
    for path in written:
        click.echo(path)
    click.echo(f"next: parley serve --dataset {folder} --instance {folder / 'var'}", err=True)


def _add_views(folder: Path) -> list[Path]:
    """Saved queries that suit any dataset, with what they answer in this one; the files written."""
    views = [Path(f"queries/{name}.rq") for name in _VIEWS]
    for path in views:
        shutil.copyfile(find_root() / path, folder / path)
    dataset, store = open_dataset(folder), ox.Store()
    fill(store, dataset, lambda count: None)
    update(load(dataset.queries(), dataset.names).values(), store)
    return views
