"""`parley draft`: an article's text to a sheet to fill in, a filled-in sheet to claims."""

from __future__ import annotations

from pathlib import Path

import click

from parley.cli.options import settings_options
from parley.drafting.proposals import propose
from parley.drafting.sheet import known_concepts, read_sheet
from parley.errors import BadInput
from parley.files import open_dataset
from parley.rdf import SLUG
from parley.settings import Settings
from parley.turtle import write_trig


@click.command()
@click.argument("text", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--article", metavar="SLUG", help="The article's slug. [default: TEXT's name]")
@click.option(
    "--sheet",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A filled-in claim sheet: write the claims file instead of a proposal.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
@settings_options("dataset")
def draft(
    text: Path, article: str | None, sheet: Path | None, out: Path | None, settings: Settings
) -> None:
    """Propose claims with quotes from an article's TEXT, as a claim sheet to fill in.

    With --sheet the filled-in sheet is read against TEXT and becomes the TriG of
    data/claims/SLUG.trig: offsets, evidence and content-addressed propositions are worked out.
    A proposal is not written over a file that is there, since it may be a filled-in sheet.
    """
    if out and sheet is None and out.exists():
        raise BadInput(f"{out} is there already: name another file, or remove it first")
    slug = article or text.stem
    if sheet is None and not SLUG.match(slug):
        raise BadInput(
            f"'{slug}' is no slug: name the article with --article, such as siga-2024-02"
        )
    dataset = open_dataset(settings.dataset)
    words = _read(text)
    if sheet is None:
        result = propose(slug, words)
    else:
        vocabulary = known_concepts(
            quad
            for source in dataset.sources()
            if source.graph == "vocab"
            for quad in source.quads(dataset.names)
        )
        claims = read_sheet(_read(sheet), words, dataset.names, vocabulary)
        result = write_trig(claims.quads(dataset.names), dataset.names.prefixes)
        click.echo(f"{len(claims.claims)} claims of {claims.article}", err=True)
    if out is None:
        click.echo(result, nl=False)
    else:
        out.write_text(result, encoding="utf-8")


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"not UTF-8 at byte {error.start}", source=str(path)) from error
