"""`parley init`: the folder of a dataset of one's own, or of a plain RDF dataset."""

from __future__ import annotations

from pathlib import Path

import click

from parley.errors import BadInput
from parley.scaffold import make_dataset, make_plain

_BASE = "http://example.org/dataset/"


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--plain", is_flag=True, help="Any RDF: no ontology, no shapes, nothing derived.")
@click.option("--base", default=_BASE, show_default=True, help="What its IRIs begin with.")
@click.option("--title", default="My dataset", show_default=True, help="Its name.")
def init(folder: Path, plain: bool, base: str, title: str) -> None:
    """Make FOLDER into a dataset: serve it with 'parley serve --dataset FOLDER'.

    It gets its base IRI, a copy of the ontology, shapes and rules, and one article with two
    claims to begin from; 'parley check --dataset FOLDER' accepts it. With --plain it gets only the
    base IRI: a SPARQL store that takes any triples.
    """
    if folder.exists() and any(folder.iterdir()):
        raise BadInput(f"{folder} is not empty; name a new folder")
    written = make_plain(folder, base, title) if plain else make_dataset(folder, base, title)
    for path in written:
        click.echo(path)
    click.echo(f"next: parley serve --dataset {folder} --instance {folder / 'var'}", err=True)
