"""`parley build`: the dataset's files to a version."""

from __future__ import annotations

import sys

import click
import pyoxigraph as ox

from parley.building import build as build_version
from parley.check.report import Report
from parley.check.run import check_store
from parley.cli.messages import message_of
from parley.cli.options import settings_options
from parley.errors import Refused
from parley.files import open_dataset
from parley.settings import Settings
from parley.store.texts import Texts
from parley.store.versions import Versions
from parley.syncing.manifest import Manifest
from parley.syncing.undoing import file_sums, refuse_undoing


@click.command()
@click.option("-m", "--message", default="Build from files", show_default=True, help="Why.")
@click.option("--author", default=None, help="Who. [default: the name you are logged in with]")
@click.option("--force", is_flag=True, help="Undo live edits that the files do not have.")
@settings_options("instance", "dataset", "keep_versions")
def build(message: str, author: str | None, force: bool, settings: Settings) -> None:
    """Make a version from the dataset's files: derive, check, publish.

    Refused as a whole when a file is broken or a check finds a violation; the former version then
    stays. Does nothing when the files say what the current version says. Refused, too, when
    that would undo live edits that the files do not have: 'parley load' keeps both.
    """
    told = message_of(author, message)
    dataset = open_dataset(settings.dataset)
    versions = Versions(settings.instance, keep=settings.keep_versions)
    texts = Texts(settings.instance / "articles")
    sums = file_sums(dataset)
    with click.progressbar(length=dataset.size(), label="Reading", file=sys.stderr) as bar:

        def check(store: ox.Store) -> Report:
            bar.render_finish()
            click.echo("Checking ...", err=True)
            return check_store(dataset, store, texts, quick=True)

        try:
            built = build_version(
                dataset,
                versions,
                told,
                check,
                bar.update,
                (lambda change: None) if force else refuse_undoing(dataset, versions),
            )
        except Refused as refused:
            assert isinstance(refused.report, Report)
            click.echo(refused.report.text())
            raise
    if sums:
        Manifest.of(built.version, versions, sums).keep(dataset.root, versions)
    state = "published" if built.is_new else "nothing changed; still"
    click.echo(f"{state} version {built.version.number}: {built.version.quads:,} quads")
