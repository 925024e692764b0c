"""`parley replica pull`: copy another instance's versions, once or as they are made."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click

from parley.cli.options import settings_options
from parley.settings import Settings
from parley.store.orphans import end_with_parent
from parley.store.replicating import Replica, follow
from parley.store.sources import Folder, Server, source_of
from parley.store.versions import Versions

_NEEDED = ("instance", "keep_versions", "download_bytes", "download_timeout")
_INTERVAL = 1.0
_AGAIN = 1.0  # seconds after which a follower that ended is started again


@click.group()
def replica() -> None:
    """Follow another server: copy its versions as they are made."""


@replica.command()
@click.argument("source")
@click.option("--follow", "follows", is_flag=True, help="Go on until interrupted.")
@click.option(
    "--interval",
    type=click.FloatRange(min=0.05, max=10.0),
    default=_INTERVAL,
    show_default=True,
    help="With --follow: ask again after so many seconds; a server answers at once when it has "
    "something new.",
)
@click.option("--of-server", is_flag=True, hidden=True, help="End with the process that began it.")
@settings_options(*_NEEDED)
def pull(source: str, follows: bool, interval: float, of_server: bool, settings: Settings) -> None:
    """Bring the instance to the newest version of SOURCE.

    SOURCE is the address of a Parley server (https://data.example.org), or a folder that holds an
    instance or a backup. Every version is verified, and what was interrupted goes on where it
    broke off.
    """
    if of_server:
        end_with_parent()
    found = _source(source, settings)
    follower = Replica(Versions(settings.instance), found, keep=settings.keep_versions)
    if not follows:
        version = follower.pull()
        click.echo(f"version {version.number}, {version.quads:,} quads, is in {settings.instance}")
        return
    signal.signal(signal.SIGTERM, _end)
    follow(follower, interval, threading.Event(), lambda text: click.echo(text, err=True))


@contextmanager
def following(settings: Settings) -> Iterator[None]:
    """Runs `parley replica pull --follow` beside a server, for the length of the block.

    Raises BadInput when the setting `replica_of` names nothing that can be followed.
    """
    _source(str(settings.replica_of), settings)
    stop = threading.Event()
    thread = threading.Thread(target=_keep, args=(settings, stop), name="replica")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _keep(settings: Settings, stop: threading.Event) -> None:
    """Has a follower run until `stop`: one that ends is started again."""
    command = [sys.executable, "-m", "parley", "replica", "pull", "--follow", "--of-server"]
    for name in _NEEDED:
        command += [f"--{name.replace('_', '-')}", str(getattr(settings, name))]
    while not stop.is_set():
        with subprocess.Popen(
            [*command, "--", str(settings.replica_of)],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            while process.poll() is None and not stop.wait(1.0):
                pass
            process.terminate()
        stop.wait(_AGAIN)


def _source(text: str, settings: Settings) -> Folder | Server:
    return source_of(text, most=settings.download_bytes, seconds=settings.download_timeout)


def _end(number: int, frame: object) -> NoReturn:
    sys.exit(0)
