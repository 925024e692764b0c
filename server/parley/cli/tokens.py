"""`parley token`: give out, list and revoke the tokens that allow writing."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

import click

from parley.cli.options import settings_options
from parley.settings import Settings
from parley.tokens import ROLES, Token, Tokens


@click.group()
def token() -> None:
    """Give out, list and revoke the tokens that allow writing."""


@token.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What its holder may do.")
@click.option(
    "--expires",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Its last day (UTC), such as 2027-01-31; without it, it holds until it is revoked.",
)
@click.option("--json", "as_json", is_flag=True, help="For a machine.")
@settings_options("instance")
def add(name: str, role: str, expires: datetime | None, as_json: bool, settings: Settings) -> None:
    """Make a token and show its secret, this once.

    Curators change the dataset. Admins may also see and stop the queries of others. NAME stands as
    author in the history of every change, so it is given once and never again.
    """
    made, secret = Tokens(settings.instance).add(name, role, expires.date() if expires else None)
    if as_json:
        click.echo(json.dumps(_data(made, "valid") | {"secret": secret}, ensure_ascii=False))
        return
    click.echo(secret)
    click.echo(
        f"This is the token of {made.name} ({made.role}). It is not shown again: hand it over by a "
        "way that keeps it secret.",
        err=True,
    )


@token.command("list")
@click.option("--json", "as_json", is_flag=True, help="For a machine.")
@settings_options("instance")
def list_tokens(as_json: bool, settings: Settings) -> None:
    """List all tokens that were ever given out: role, state, dates; never the secrets."""
    tokens = Tokens(settings.instance)
    rows = [_data(each, tokens.state(each)) for each in tokens.all()]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        ends = row["revoked"] or row["expires"]
        until = f"  {'revoked' if row['revoked'] else 'expires'} {ends}" if ends else ""
        click.echo(f"{row['name']}  {row['role']}  {row['state']}  made {row['created']}{until}")
    if not rows:
        click.echo("No tokens yet; 'parley token add NAME --role curator' makes one.", err=True)


@token.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="For a machine.")
@settings_options("instance")
def revoke(name: str, as_json: bool, settings: Settings) -> None:
    """End the token of NAME and its browser sessions, at once."""
    ended = Tokens(settings.instance).revoke(name)
    if as_json:
        click.echo(json.dumps(_data(ended, "revoked"), ensure_ascii=False))
        return
    click.echo(f"revoked the token of {ended.name} ({ended.revoked})")


def _data(token: Token, state: str) -> dict[str, str | None]:
    shown: dict[str, str | None] = {k: v for k, v in asdict(token).items() if k != "sha256"}
    return shown | {"state": state}
