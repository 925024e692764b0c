"""`parley export`: a version back into the dataset's files."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from parley.cli.instances import version_at, versions_of
from parley.cli.options import settings_options
from parley.files import open_dataset
from parley.settings import Settings
from parley.syncing.exporting import export as export_version


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--version", "at", metavar="N|DATE", help="Which version. [default: the current one]")
@click.option("--force", is_flag=True, help="Write over files that hold edits of their own.")
@click.option("--json", "as_json", is_flag=True, help="For a machine.")
@settings_options("instance", "dataset")
def export(folder: Path, at: str | None, force: bool, as_json: bool, settings: Settings) -> None:
    """Write a version to FOLDER as canonical Turtle and TriG.

    A file whose bytes would not change is not touched, so an export over the dataset's own
    folder shows as a diff exactly what was edited since. A file whose graph is gone is removed
    if it is as an export or a build left it. Files with edits that no version has are refused:
    'parley load' commits them.
    """
    names = open_dataset(settings.dataset).names
    versions = versions_of(settings)
    version = version_at(versions, at)
    with click.progressbar(length=1, label="Writing", file=sys.stderr) as bar:

        def progress(done: int, files: int) -> None:
            bar.length = files
            bar.update(done - bar.pos)

        done = export_version(version, versions, names, folder, force=force, progress=progress)
    if as_json:
        data = {
            "version": done.version,
            "written": [str(path) for path in done.written],
            "removed": [str(path) for path in done.removed],
            "unchanged": done.unchanged,
        }
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return
    for path in done.written:
        click.echo(path)
    for path in done.removed:
        click.echo(f"{path} (removed)")
    changed = len(done.written) + len(done.removed)
    click.echo(f"version {done.version}: {changed} files changed", err=True)
