"""A new dataset's folder: its description, and for a Parley dataset an example to begin from."""

from __future__ import annotations

import re
from pathlib import Path

import pyoxigraph as ox

from parley.errors import BadInput
from parley.exporting import write_files
from parley.files import PLAIN
from parley.rdf import RDF_TYPE, RDFS_LABEL, Namespaces
from parley.turtle import write_turtle

_VOID = "http://rdfs.org/ns/void#"
_BASE = re.compile(r"https?://[^\s<>\"{}|\\^`]+[/#]\Z")


def make_plain(folder: Path, base: str, title: str) -> list[Path]:
    """The folder of a plain dataset; returns the files written. Raises BadInput for a bad base."""
    names = _names(base)
    conforms = ox.NamedNode("http://purl.org/dc/terms/conformsTo")
    quads = {*_description(names, title), _about(names, conforms, PLAIN)}
    return write_files([(Path("data/dataset.ttl"), write_turtle(quads, names.prefixes))], folder)


def make_dataset(folder: Path, base: str, title: str) -> list[Path]:
    """The folder of a Parley dataset; returns the files written. Raises BadInput for a bad base."""
    raise BadInput("not yet: use --plain")


def _names(base: str) -> Namespaces:
    try:
        ox.NamedNode(base)
    except ValueError as error:
        raise BadInput(f"'{base}' is not an IRI: {error}") from error
    if not _BASE.match(base):
        raise BadInput(f"'{base}' cannot begin the IRIs of things: end it with / or #")
    return Namespaces(base)


def _about(names: Namespaces, predicate: ox.NamedNode, value: ox.NamedNode | ox.Literal) -> ox.Quad:
    return ox.Quad(ox.NamedNode(f"{names.base}dataset"), predicate, value, names.graph("dataset"))


def _description(names: Namespaces, title: str) -> set[ox.Quad]:
    return {
        _about(names, RDF_TYPE, ox.NamedNode(f"{_VOID}Dataset")),
        _about(names, RDFS_LABEL, ox.Literal(title, language="en")),
        _about(names, ox.NamedNode(f"{_VOID}uriSpace"), ox.Literal(names.base)),
    }

