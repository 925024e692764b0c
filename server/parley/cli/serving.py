"""`parley serve`: build where there is nothing yet, then serve."""

from __future__ import annotations

import ipaddress
import os
import subprocess
import sys
from contextlib import nullcontext, suppress
from dataclasses import replace

import click

from parley.cli.options import settings_options
from parley.cli.replica import following
from parley.errors import BadInput, ParleyError, StoreDamaged, Unwritable
from parley.files import URI_SPACE, open_dataset
from parley.settings import Settings, refuse_unknown
from parley.store.versions import Version, Versions
from parley.web.server import environ, run


@click.command()
@settings_options()
def serve(settings: Settings) -> None:
    """Serve the dataset over HTTP; build its first version where there is none.

    With a version in the instance folder the start is immediate: the dataset's files are not read.
    """
    refuse_unknown()
    if settings.open and not _is_loopback(settings.host):
        raise click.UsageError(
            f"--open lets anyone write, so it is refused on {settings.host}; "
            "use it with --host 127.0.0.1"
        )
    if settings.replica_of and settings.store:
        raise click.UsageError("--replica-of keeps versions of its own, and --store asks another")
    if settings.replica_of:
        settings = replace(settings, read_only=True)
    versions = Versions(settings.instance)
    if not settings.read_only and versions.ledger.folder.exists():
        _recover(versions)
    with suppress(StoreDamaged):  # of which the server tells, and serves what is whole
        _refuse_another(settings, versions.kept(versions.number()))  # raises NewerFormat
    if settings.store and not versions.ledger.numbers() and not _in_step(settings):
        raise ParleyError("it is not known what the store holds; nothing is served")
    if not settings.replica_of and not versions.ledger.numbers() and versions.number() == 0:
        click.echo("No version yet: building the first one from the dataset's files.", err=True)
        arguments = [sys.executable, "-m", "parley", "build", "--instance", str(settings.instance)]
        if settings.dataset:
            arguments += ["--dataset", str(settings.dataset)]
        if subprocess.run([*arguments, "--message", "First build"], check=False).returncode:
            raise ParleyError("the first version could not be built; nothing is served")
    if settings.store:
        _in_step(settings)  # else the server says why, and follows as soon as it can
    place = f"[{settings.host}]" if ":" in settings.host else settings.host
    with following(settings) if settings.replica_of else nullcontext():
        run(
            settings,
            lambda: click.echo(f"Parley serves on http://{place}:{settings.port} (stop: Ctrl-C)"),
        )


def _in_step(settings: Settings) -> bool:
    """Whether the instance and its store could be brought in step, in a process of its own."""
    click.echo("Bringing the instance and its store in step; an empty store is filled.", err=True)
    command = [sys.executable, "-m", "parley.store.remote"]
    environment = {**os.environ, **environ(settings)}
    return subprocess.run(command, env=environment, check=False).returncode == 0


def _refuse_another(settings: Settings, version: Version | None) -> None:
    """Raises BadInput for an instance of another dataset, of which no page would be found."""
    dataset = open_dataset(settings.dataset)
    if version is None or dataset.plain:
        return
    command = [sys.executable, "-m", "parley.store.values", str(version.folder), URI_SPACE.value]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    bases = asked.stdout.split()  # none of a damaged version, of which the server tells
    if bases and dataset.names.base not in bases:
        raise BadInput(
            f"{settings.instance} holds another dataset, with the base IRI {bases[0]}; name its "
            "folder with --dataset, or another instance with --instance"
        )


def _recover(versions: Versions) -> None:
    """Finishes what a crash left; what cannot be mended is said, and what is whole is served."""
    try:
        versions.recover()
    except (StoreDamaged, Unwritable) as error:
        click.echo(f"parley: nothing can be written: {error}", err=True)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
