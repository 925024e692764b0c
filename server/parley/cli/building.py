"""`parley build`: the dataset's files to a version."""

from __future__ import annotations

import getpass
import sys

import click
import pyoxigraph as ox

from parley.building import build as build_version
from parley.check.report import Report
from parley.check.run import check_store
from parley.cli.options import settings_options
from parley.errors import Refused
from parley.files import open_dataset
from parley.settings import Settings
from parley.store.ledger import Message
from parley.store.texts import Texts
from parley.store.versions import Versions


@click.command()
@click.option("-m", "--message", default="Build from files", show_default=True, help="Why.")
@click.option("--author", default=None, help="Who. [default: the name you are logged in with]")
@settings_options("instance", "dataset", "keep_versions")
def build(message: str, author: str | None, settings: Settings) -> None:
    """Make a version from the dataset's files: derive, check, publish.

    Refused as a whole when a file is broken or a check finds a violation; the former version then
    stays. Does nothing when the files say what the current version says.
    """
    dataset = open_dataset(settings.dataset)
    versions = Versions(settings.instance, keep=settings.keep_versions)
    texts = Texts(settings.instance / "articles")
    with click.progressbar(length=dataset.size(), label="Reading", file=sys.stderr) as bar:

        def check(store: ox.Store) -> Report:
            bar.render_finish()
            click.echo("Checking ...", err=True)
            return check_store(dataset, store, texts, quick=True)

        try:
            built = build_version(
                dataset, versions, Message(author or getpass.getuser(), message), check, bar.update
            )
        except Refused as refused:
            assert isinstance(refused.report, Report)
            click.echo(refused.report.text())
            raise
    state = "published" if built.is_new else "nothing changed; still"
    click.echo(f"{state} version {built.version.number}: {built.version.quads:,} quads")
