"""A new dataset's folder: its description, and for a Parley dataset an example to begin from."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

import pyoxigraph as ox

from parley.drafting.sheet import known_concepts, read_sheet
from parley.errors import BadInput
from parley.files import PLAIN, Dataset, find_root
from parley.rdf import RDF_TYPE, RDFS_LABEL, Namespaces, term
from parley.syncing.exporting import write_files
from parley.turtle import write_trig, write_turtle

_EXAMPLE = Path(__file__).resolve().parent / "example"
_VOID = "http://rdfs.org/ns/void#"
_CONFORMS_TO = ox.NamedNode("http://purl.org/dc/terms/conformsTo")
_BASE = re.compile(r"https?://[^\s<>\"{}|\\^`/]+/(?:[^\s<>\"{}|\\^`#?]*/)?\Z")


def make_plain(folder: Path, base: str, title: str) -> list[Path]:
    """The folder of a plain dataset; returns the files written. Raises BadInput for a bad base."""
    names = _names(base)
    quads = {*_description(names, title), _about(names, _CONFORMS_TO, PLAIN)}
    return write_files([(Path("data/dataset.ttl"), write_turtle(quads, names.prefixes))], folder)


def make_dataset(folder: Path, base: str, title: str) -> list[Path]:
    """The folder of a Parley dataset, with an article and its claims that the checks accept.

    Returns the files written, relative to the folder. Raises BadInput for a bad base.
    """
    names, prefixes = _names(base), _names(base).prefixes
    shutil.copytree(find_root() / "ontology", folder / "ontology")
    concepts = known_concepts(
        quad
        for source in Dataset(folder, names).sources()
        if source.graph == "vocab"
        for quad in source.quads(names)
    )
    text = (_EXAMPLE / "example.txt").read_text("utf-8")
    sheet = read_sheet((_EXAMPLE / "sheet.yaml").read_text("utf-8"), text, names, concepts)
    article = {*_read("article.ttl", names), *_measures(text, names)}
    written = write_files(
        [
            (Path("data/dataset.ttl"), write_turtle(_description(names, title), prefixes)),
            (Path("data/articles/example.ttl"), write_turtle(article, prefixes)),
            (Path("data/claims/example.trig"), write_trig(sheet.quads(names), prefixes)),
            (Path("data/entities/example.ttl"), write_turtle(_read("things.ttl", names), prefixes)),
            (Path("example.txt"), text),
            (Path("queries/who-denies.rq"), (_EXAMPLE / "who-denies.rq").read_text("utf-8")),
        ],
        folder,
    )
    return [Path("ontology"), *written]


def _names(base: str) -> Namespaces:
    if not _BASE.match(base):
        raise BadInput(
            f"'{base}' cannot begin the IRIs of things: give an http or https address that ends "
            "with a slash"
        )
    try:
        ox.NamedNode(base)
    except ValueError as error:
        raise BadInput(f"'{base}' is not an IRI: {error}") from error
    return Namespaces(base)


def _read(file: str, names: Namespaces) -> set[ox.Quad]:
    data = (_EXAMPLE / file).read_bytes()
    return set(ox.parse(data, ox.RdfFormat.TURTLE, base_iri=names.base))


def _measures(text: str, names: Namespaces) -> set[ox.Quad]:
    """What ties the article's description to one text, byte by byte."""
    article = names.thing("example")
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {
        ox.Quad(article, term("textSha256"), ox.Literal(digest)),
        ox.Quad(article, term("textLength"), ox.Literal(len(text))),
    }


def _about(names: Namespaces, predicate: ox.NamedNode, value: ox.NamedNode | ox.Literal) -> ox.Quad:
    return ox.Quad(ox.NamedNode(f"{names.base}dataset"), predicate, value)


def _description(names: Namespaces, title: str) -> set[ox.Quad]:
    return {
        _about(names, RDF_TYPE, ox.NamedNode(f"{_VOID}Dataset")),
        _about(names, RDFS_LABEL, ox.Literal(title, language="en")),
        _about(names, ox.NamedNode(f"{_VOID}uriSpace"), ox.Literal(names.base)),
    }
