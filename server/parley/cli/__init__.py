"""The `parley` command: each subcommand's module is imported when it is asked for."""

from __future__ import annotations

import importlib
import sys

import click

from parley import __version__
from parley.errors import BadQuery, NotFound, ParleyError

# Subcommand: the module of this package that holds it under the same name, and its summary.
COMMANDS = {
    "articles": ("articles", "Register private copies of article texts; list and cover them."),
    "blame": ("history", "Say which commit brought each triple of a thing."),
    "backup": ("keeping", "Make a folder a backup of the instance, while it is served."),
    "build": ("building", "Make a version from the dataset's files: derive, check, publish."),
    "check": ("checking", "Check the dataset and print one report."),
    "diff": ("history", "Show what changed between two versions, as an RDF Patch."),
    "draft": ("drafting", "Turn a claim sheet into the claims file of an article."),
    "export": ("exporting", "Write a version back to files, canonical and sorted."),
    "init": ("init", "Make the folder of a dataset of your own, or of a plain RDF dataset."),
    "load": ("loading", "Commit edited files: one commit of the difference."),
    "log": ("history", "List the versions, newest first: who, when, why."),
    "prune": ("keeping", "Remove the folders of older versions; the ledger keeps them."),
    "query": ("asking", "Run a saved query, a file or standard input."),
    "rebuild": ("history", "Make a version's folder anew from the ledger."),
    "replica": ("replica", "Follow another server: copy its versions as they are made."),
    "revert": ("reverting", "Take one commit back, where nobody changed the same since."),
    "recover": ("keeping", "Finish or sweep away what a crash left."),
    "restore": ("keeping", "Put a backup in place as an instance."),
    "serve": ("serving", "Serve the dataset over HTTP; builds it first where there is none."),
    "show": ("history", "Show one version: its message and what it added and removed."),
    "tag": ("keeping", "Give a version a name that is kept for ever."),
    "tags": ("keeping", "List the names of versions."),
    "token": ("tokens", "Give out, list and revoke the tokens that allow writing."),
    "verify": ("keeping", "Read every byte of the ledger and the kept versions."),
}
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
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ParleyError as error:
            click.echo(f"parley: {error}", err=True)
            ctx.exit(next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="parley")
def main() -> None:
    """Parley: a knowledge graph in which every fact says who said it.

    Exit codes: 0 done, 1 findings or refused, 2 wrong use.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
