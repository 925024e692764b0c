"""`parley articles`: private copies of texts, and which sentences the claims cover."""

from __future__ import annotations

import json
from pathlib import Path

import click

from parley.check.coverage import cover
from parley.cli.options import settings_options
from parley.errors import NotFound
from parley.files import open_dataset
from parley.model.articles import articles_of
from parley.settings import Settings
from parley.store.texts import Texts


@click.group()
def articles() -> None:
    """Register private copies of article texts; list and cover them."""


@articles.command()
@click.argument("slug")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@settings_options("instance", "dataset")
def add(slug: str, file: Path, settings: Settings) -> None:
    """Register FILE as the text of the article SLUG; it must have the sha256 on record.

    The copy stays in the instance folder and is never served. With it, `parley check` verifies
    every quote against the text.
    """
    known = articles_of(open_dataset(settings.dataset))
    path = Texts(settings.instance / "articles").add(slug, file, known)
    click.echo(f"registered {slug} as {path}")


@articles.command("list")
@click.option("--json", "as_json", is_flag=True, help="For a machine.")
@settings_options("instance", "dataset")
def list_articles(as_json: bool, settings: Settings) -> None:
    """List the articles of the dataset and whether their text is registered."""
    texts = Texts(settings.instance / "articles")
    rows = [
        {
            "article": article.slug,
            "title": article.title,
            "sha256": article.sha256,
            "characters": article.length,
            "registered": texts.read(article.slug) is not None,
        }
        for article in articles_of(open_dataset(settings.dataset)).values()
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        state = "registered" if row["registered"] else "not registered"
        click.echo(f"{row['article']}  {state}  {row['characters']} characters  {row['title']}")


@articles.command()
@click.argument("slug")
@click.option("--json", "as_json", is_flag=True, help="For a machine.")
@settings_options("instance", "dataset")
def coverage(slug: str, as_json: bool, settings: Settings) -> None:
    """Print which sentences of the registered text no claim quotes, each with its reason.

    Exit code 1 when a sentence is neither quoted nor left out with a reason.
    """
    dataset = open_dataset(settings.dataset)
    text = Texts(settings.instance / "articles").read(slug)
    if text is None:
        raise NotFound(f"no text of '{slug}' is registered: parley articles add {slug} FILE")
    result = cover(dataset, slug, text)
    click.echo(result.json() if as_json else result.text(), nl=False)
    if result.uncovered:
        raise SystemExit(1)
