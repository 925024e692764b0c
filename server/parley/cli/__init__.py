"""The `parley` command: each subcommand's module is imported when it is asked for."""

from __future__ import annotations

import errno
import importlib
import sys

import click

from parley import __version__
from parley.errors import BadQuery, NotFound, ParleyError

# What the commands are for; each command: the module of this package that holds it under the same
# name, and its summary.
GROUPS = {
    "Serve and ask": {
        "serve": ("serving", "Serve the dataset over HTTP; builds it first where there is none."),
        "query": ("asking", "Run a saved query, a file or standard input."),
        "token": ("tokens", "Give out, list and revoke the tokens that allow writing."),
    },
    "Work on a dataset": {
        "init": ("init", "Make the folder of a dataset of your own, or of a plain RDF dataset."),
        "articles": ("articles", "Register private copies of article texts; list and cover them."),
        "draft": ("drafting", "Propose a claim sheet, or turn a filled-in one into claims."),
        "check": ("checking", "Check the dataset's files and print one report."),
        "build": ("building", "Make a version from the dataset's files: derive, check, publish."),
        "export": ("exporting", "Write a version back to files, canonical and sorted."),
        "load": ("loading", "Commit edited files: one commit of the difference."),
    },
    "Look into its history": {
        "log": ("history", "List the versions, newest first: who, when, why."),
        "show": ("history", "Show one version: its message and what it added and removed."),
        "diff": ("history", "Show what changed between two versions, as an RDF Patch."),
        "blame": ("history", "Say which commit brought each triple of a thing."),
        "revert": ("reverting", "Take one commit back, where nobody changed the same since."),
        "tag": ("keeping", "Give a version a name that is kept for ever."),
        "tags": ("keeping", "List the names of versions."),
    },
    "Keep an instance": {
        "backup": ("keeping", "Make a folder a backup of the instance, while it is served."),
        "restore": ("keeping", "Put a backup in place as an instance."),
        "replica": ("replica", "Follow another server: copy its versions as they are made."),
        "verify": ("keeping", "Read every byte of the ledger and the kept versions."),
        "recover": ("keeping", "Finish or sweep away what a crash left."),
        "rebuild": ("history", "Make a version's folder anew from the ledger."),
        "prune": ("keeping", "Remove the folders of older versions; the ledger keeps them."),
    },
}
COMMANDS = {name: found for group in GROUPS.values() for name, found in group.items()}
# Wrong use ends with 2; everything else that is refused or found ends with 1.
EXIT_CODES: tuple[tuple[type[ParleyError], int], ...] = ((BadQuery, 2), (NotFound, 2))


class Commands(click.Group):
    """Subcommands by name, imported on use, so that a quick command starts quickly."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"parley.cli.{COMMANDS[cmd_name][0]}")
        command = getattr(module, cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        widest = max(map(len, COMMANDS))
        for group, commands in GROUPS.items():
            with formatter.section(group):
                rows = [(name.ljust(widest), summary) for name, (_, summary) in commands.items()]
                formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> object:
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()  # here it can still be told that it was not written
        except ParleyError as error:
            click.echo(f"parley: {error}", err=True)
            ctx.exit(next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1))
        except OSError as error:
            if error.errno == errno.EPIPE:  # whoever read the output has seen enough
                raise
            place = f"{error.filename}: " if error.filename else ""
            click.echo(f"parley: {place}{error.strerror or error}", err=True)
            ctx.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="parley")
def main() -> None:
    """Parley: a knowledge graph in which every fact says who said it.

    'parley serve' is all you need to look around: it serves on http://127.0.0.1:8000. What a
    command keeps is in the instance folder, ./var unless --instance names another one.

    Exit codes: 0 done, 1 findings or refused, 2 wrong use.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
