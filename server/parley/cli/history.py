"""`parley log`, `show` and `rebuild`: who changed what, when and why, from the ledger."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from parley.cli.options import settings_options
from parley.errors import NotFound
from parley.settings import Settings
from parley.store.versions import Versions


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For a machine.")
@settings_options("instance")
def log(as_json: bool, settings: Settings) -> None:
    """List the versions, newest first: number, time, author, quads added and removed, why."""
    entries = list(Versions(settings.instance).history())[::-1]
    if as_json:
        click.echo(json.dumps([asdict(entry) for entry in entries], ensure_ascii=False, indent=2))
        return
    for entry in entries:
        click.echo(
            f"{entry.number:>6}  {entry.time}  {entry.author}  "
            f"+{entry.added:,} -{entry.removed:,}  {entry.text}"
        )


@click.command()
@click.argument("number", type=int)
@settings_options("instance")
def show(number: int, settings: Settings) -> None:
    """Show a version as its RDF Patch: message, author, time, quads added and removed."""
    ledger = Versions(settings.instance).ledger
    if number not in ledger.numbers():
        raise NotFound(f"there is no version {number}; see 'parley log'")
    with ledger.path(number).open(encoding="utf-8") as file:
        for line in file:
            click.echo(line, nl=False)


@click.command()
@click.argument("number", type=int)
@settings_options("instance")
def rebuild(number: int, settings: Settings) -> None:
    """Make the folder of version NUMBER anew from the ledger, such as when it is damaged."""
    version = Versions(settings.instance).rebuild(number)
    click.echo(f"rebuilt version {version.number}: {version.quads:,} quads")
