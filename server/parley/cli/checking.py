"""`parley check`: every check of the dataset's files, in one report."""

from __future__ import annotations

from pathlib import Path

import click
import pyoxigraph as ox

from parley.building import fill
from parley.check.expecting import update
from parley.check.run import check_dataset
from parley.cli.options import settings_options
from parley.files import open_dataset
from parley.queries import load
from parley.settings import Settings
from parley.store.texts import Texts


@click.command()
@click.option("--quick", is_flag=True, help="Leave out what takes long: OWL reasoning.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
@click.option("--turtle", "as_turtle", is_flag=True, help="The report as sh:ValidationReport.")
@click.option("--update-expectations", is_flag=True, help="Write what saved queries answer now.")
@settings_options("instance", "dataset")
def check(
    quick: bool, as_json: bool, as_turtle: bool, update_expectations: bool, settings: Settings
) -> None:
    """Check the dataset's files and print one report; exit code 1 when it has violations.

    Syntax, canonical form, undeclared terms, SHACL shapes, dates, quotes against registered
    texts, coverage, derivation, OWL consistency, pitfalls, saved queries against expectations.
    """
    dataset = open_dataset(settings.dataset)
    if update_expectations:
        store = ox.Store()
        fill(store, dataset, lambda count: None)
        written: list[Path] = update(load(dataset.queries(), dataset.names).values(), store)
        for path in written:
            click.echo(path)
        click.echo(f"{len(written)} files written: read the difference before you keep it")
        return
    texts = Texts(settings.instance / "articles")
    report = check_dataset(dataset, texts, quick=quick, progress=_progress)
    if as_json:
        click.echo(report.json(), nl=False)
    elif as_turtle:
        click.echo(report.graph().serialize(format="turtle"), nl=False)
    else:
        click.echo(report.text(), nl=False)
    if not report.conforms:
        raise SystemExit(1)


def _progress(name: str) -> None:
    click.echo(f"checking {name} ...", err=True)
