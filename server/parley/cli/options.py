"""Settings as command-line options: one option and one `PARLEY_…` variable for each field."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import wraps
from typing import Any  # click hands option values over untyped

import click

from parley.settings import Settings, read, variable

Command = Callable[..., Any]
_METAVARS = {"Path": "FOLDER", "Path | None": "FOLDER", "int": "NUMBER", "float": "SECONDS"}


def settings_options(*names: str) -> Callable[[Command], Command]:
    """Add an option for each named setting (all without names); the command gets `settings`.

    A setting's value is the option, else its variable, else its default.
    """
    chosen = [f for f in dataclasses.fields(Settings) if not names or f.name in names]

    def decorate(command: Command) -> Command:
        @wraps(command)
        def run(**values: Any) -> Any:
            given = {f.name: values.pop(f.name) for f in chosen}
            settings = Settings(
                **{name: value for name, value in given.items() if value is not None}
            )
            return command(settings=settings, **values)

        for setting in reversed(chosen):
            flag = setting.name.replace("_", "-")
            truth = str(setting.type) == "bool"
            run = click.option(
                f"--{flag}/--no-{flag}" if truth else f"--{flag}",
                setting.name,
                default=None,
                envvar=variable(setting.name),
                show_envvar=True,
                metavar=_METAVARS.get(str(setting.type)),
                callback=None if truth else _reader(setting.name),
                help=f"{setting.metadata['help']} [default: {_shown(setting.default)}]",
            )(run)
        return run

    return decorate


def _reader(name: str) -> Callable[[click.Context, click.Parameter, str | None], object]:
    def convert(ctx: click.Context, parameter: click.Parameter, text: str | None) -> object:
        if text is None:
            return None
        try:
            return read(name, text)
        except ValueError as error:
            raise click.BadParameter(str(error), ctx, parameter) from error

    return convert


def _shown(default: object) -> str:
    if isinstance(default, bool):
        return "yes" if default else "no"
    return str(default) if default or default == 0 else "none"
