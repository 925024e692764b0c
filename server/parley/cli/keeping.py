"""`parley backup`, `restore`, `prune`, `tag`, `tags`, `verify`, `recover`: nothing is lost."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from parley.cli.instances import versions_of
from parley.cli.options import settings_options
from parley.errors import ParleyError
from parley.settings import Settings
from parley.store.backup import back_up
from parley.store.backup import restore as put_back
from parley.store.backup import verify as verify_backup
from parley.store.inspection import inspect
from parley.store.pruning import LEAST

_FOLDER = click.Path(file_okay=False, path_type=Path)
_JSON = click.option("--json", "as_json", is_flag=True, help="For a machine.")
_TOKENS = "tokens.json"


@click.command()
@click.argument("folder", type=_FOLDER)
@click.option("--verify", is_flag=True, help="Then read every byte of the backup.")
@click.option("--without-articles", is_flag=True, help="Leave the private texts out.")
@click.option("--with-tokens", is_flag=True, help="Write the file of (hashed) tokens, too.")
@_JSON
@settings_options("instance")
def backup(
    folder: Path,
    verify: bool,
    without_articles: bool,
    with_tokens: bool,
    as_json: bool,
    settings: Settings,
) -> None:
    """Make FOLDER a backup of the instance: ledger, current version, tags, article texts.

    The server may go on meanwhile. Repeat it with the same FOLDER: only what is new is copied.
    """
    also = (_TOKENS,) if with_tokens else ()
    about = back_up(versions_of(settings), folder, articles=not without_articles, also=also)
    if verify:
        verify_backup(folder)
    if as_json:
        click.echo(json.dumps(asdict(about), indent=1))
        return
    state = ", verified" if verify else ""
    click.echo(f"version {about.version}, {about.quads:,} quads, is in {folder}{state}")


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Set aside what the instance holds.")
@click.option("--quick", is_flag=True, help="Do not replay the ledger.")
@_JSON
@settings_options("instance")
def restore(folder: Path, force: bool, quick: bool, as_json: bool, settings: Settings) -> None:
    """Put the backup in FOLDER in place as the instance. Stop the server first.

    Every byte is verified, and the ledger, replayed from its first entry, has to lead to the same
    quads as the version.
    """
    version = put_back(folder, settings.instance, force=force, quick=quick)
    if as_json:
        click.echo(json.dumps({"version": version.number, "quads": version.quads}))
        return
    click.echo(f"restored version {version.number}, {version.quads:,} quads: {settings.instance}")


@click.command()
@click.option(
    "--keep",
    type=click.IntRange(min=LEAST),
    default=20,
    show_default=True,
    help="How many of the newest versions keep their folder.",
)
@click.option("--dry-run", is_flag=True, help="Only say which would go.")
@_JSON
@settings_options("instance")
def prune(keep: int, dry_run: bool, as_json: bool, settings: Settings) -> None:
    """Remove the folders of older versions, except tagged ones and those asked for lately.

    No version is lost: the ledger stays, and a version without a folder is made again from it
    when somebody asks for it.
    """
    found = versions_of(settings).prune(keep, dry_run=dry_run)
    if as_json:
        click.echo(json.dumps({"removed": found.removed, "kept": found.kept, "dry_run": dry_run}))
        return
    said = "would be removed" if dry_run else "removed"
    click.echo(f"{len(found.removed)} folders of versions {said}, {len(found.kept)} kept")


@click.command()
@click.argument("name")
@click.argument("number", type=int, required=False)
@click.option("--remove", is_flag=True, help="Forget the name.")
@settings_options("instance")
def tag(name: str, number: int | None, remove: bool, settings: Settings) -> None:
    """Give version NUMBER (default: the current one) the NAME; its folder is kept from then on.

    A citation may use the name: ?version=NAME. A name is never given to another version.
    """
    versions = versions_of(settings)
    if remove:
        if number is not None:
            raise click.UsageError("--remove takes a name only")
        versions.tags.remove(name)
        click.echo(f"{name} is no tag any more")
        return
    number = versions.number() if number is None else number
    versions.get(number)
    versions.tags.add(name, number)
    click.echo(f"{name} is version {number}")


@click.command()
@_JSON
@settings_options("instance")
def tags(as_json: bool, settings: Settings) -> None:
    """List the tags: the version's number, and its name."""
    found = versions_of(settings).tags.all()
    if as_json:
        click.echo(json.dumps(found, indent=1))
        return
    for name, number in found.items():
        click.echo(f"{number:>6}  {name}")


@click.command()
@_JSON
@settings_options("instance")
def verify(as_json: bool, settings: Settings) -> None:
    """Read every byte of the ledger and of all kept versions; exit code 1 when one is wrong."""
    versions = versions_of(settings)
    troubles = list(inspect(versions, closely=True).troubles)
    for number in versions.ledger.numbers():
        try:
            versions.ledger.verify(number)
            version = versions.kept(number)
            damage = version.damage(closely=True) if version else None
        except ParleyError as error:
            troubles.append(str(error))
        else:
            if damage and number != versions.number():
                troubles.append(f"version {number} is damaged: {damage}; 'parley rebuild {number}'")
    if as_json:
        click.echo(json.dumps({"whole": not troubles, "troubles": troubles}, indent=1))
    else:
        click.echo("\n".join(troubles) or "the ledger and all kept versions are whole")
    if troubles:
        raise SystemExit(1)


@click.command()
@settings_options("instance")
def recover(settings: Settings) -> None:
    """Finish or sweep away what a crash left; every start and every write does so, too."""
    versions = versions_of(settings)
    versions.recover()
    click.echo(f"version {versions.number()} is current")
