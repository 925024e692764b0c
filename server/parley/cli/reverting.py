"""`parley revert`: takes one commit back."""

from __future__ import annotations

import json

import click

from parley.check.report import Report
from parley.cli.messages import message_of
from parley.cli.options import settings_options
from parley.errors import NotFound, Refused, Stale
from parley.files import open_dataset
from parley.gate import Gate
from parley.settings import Settings
from parley.store.reverting import inverse_of
from parley.store.texts import Texts
from parley.store.versions import Versions


@click.command()
@click.argument("number", type=int)
@click.option("-m", "--message", help="Why. [default: Takes back version NUMBER]")
@click.option("--author", default=None, help="Who. [default: the name you are logged in with]")
@click.option("--dry-run", is_flag=True, help="Derive and check, print the patch, commit nothing.")
@settings_options("instance", "dataset", "keep_versions")
def revert(
    number: int, message: str | None, author: str | None, dry_run: bool, settings: Settings
) -> None:
    """Take commit NUMBER back: one new commit with its inverse, derived and checked.

    Refused when a later commit changed the same quads, with the list of them, and when the checks
    find a violation.
    """
    told = message_of(author, message or f"Takes back version {number}")
    dataset = open_dataset(settings.dataset)
    versions = Versions(settings.instance, keep=settings.keep_versions)
    versions.recover()
    current = versions.current()
    if current is None:
        raise NotFound("there is no version yet; 'parley build' makes the first one")
    gate = None if dataset.plain else Gate(dataset, Texts(settings.instance / "articles"))
    try:
        change = inverse_of(versions, number, current, dataset.derived())
        with versions.stage(current) as staged:
            exact = staged.apply(change)
            if gate is not None:
                exact = exact.then(gate(staged.store, exact))
            if dry_run:
                click.echo(exact.patch(), nl=False)
                return
            made = versions.publish(staged, exact, told)
    except Stale as stale:
        for change_since in stale.changes or ():
            click.echo(json.dumps(change_since, ensure_ascii=False, indent=1))
        raise
    except Refused as refused:
        assert isinstance(refused.report, Report)
        click.echo(refused.report.text())
        raise
    click.echo(
        f"version {made.number} takes back version {number}: "
        f"+{len(exact.added):,} -{len(exact.removed):,}"
    )
