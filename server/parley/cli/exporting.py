"""`parley export`: a version back into the dataset's files."""

from __future__ import annotations

from pathlib import Path

import click

from parley.cli.options import settings_options
from parley.exporting import file_texts, write_files
from parley.files import open_dataset
from parley.settings import Settings
from parley.store.versions import Versions


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--version", "number", type=int, help="Which version. [default: the current one]")
@settings_options("instance", "dataset")
def export(folder: Path, number: int | None, settings: Settings) -> None:
    """Write a version to FOLDER as canonical Turtle and TriG.

    A file whose bytes would not change is not touched, so an export over the dataset's own
    folder shows as a diff exactly what was edited since.
    """
    names = open_dataset(settings.dataset).names
    versions = Versions(settings.instance)
    version = versions.get(versions.number() if number is None else number)
    changed = write_files(file_texts(version.open(), names), folder)
    for path in changed:
        click.echo(path)
    click.echo(f"version {version.number}: {len(changed)} files changed", err=True)
