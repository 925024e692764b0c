"""A version's provenance in PROV-O: the version, the commit that made it, and who committed."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pyoxigraph as ox

from parley.rdf import RDF_TYPE, RDFS_LABEL, XSD, Namespaces
from parley.store.ledger import Entry

_PROV = "http://www.w3.org/ns/prov#"
_RDFS = "http://www.w3.org/2000/01/rdf-schema#"


def provenance(entry: Entry, names: Namespaces) -> Iterator[ox.Triple]:
    """The triples about one version. Its address names it; `#commit` names what made it.

    https://www.w3.org/TR/prov-o/. The ledger knows when a commit ended, not when it began.
    """
    version = names.version(entry.number)
    commit = ox.NamedNode(version.value + "#commit")
    agent = ox.NamedNode(f"{names.base}history?author={quote(entry.author, safe='')}")
    when = ox.Literal(entry.time, datatype=ox.NamedNode(XSD + "dateTime"))
    yield ox.Triple(version, RDF_TYPE, _prov("Entity"))
    yield ox.Triple(version, RDFS_LABEL, ox.Literal(f"Version {entry.number}", language="en"))
    yield ox.Triple(version, _prov("generatedAtTime"), when)
    yield ox.Triple(version, _prov("wasGeneratedBy"), commit)
    yield ox.Triple(version, _prov("wasAttributedTo"), agent)
    yield ox.Triple(commit, RDF_TYPE, _prov("Activity"))
    yield ox.Triple(commit, ox.NamedNode(_RDFS + "comment"), ox.Literal(entry.text))
    yield ox.Triple(commit, _prov("endedAtTime"), when)
    yield ox.Triple(commit, _prov("wasAssociatedWith"), agent)
    yield ox.Triple(agent, RDF_TYPE, _prov("Agent"))
    yield ox.Triple(agent, RDFS_LABEL, ox.Literal(entry.author))
    if entry.parent is not None:
        parent = names.version(entry.parent)
        yield ox.Triple(version, _prov("wasRevisionOf"), parent)
        yield ox.Triple(commit, _prov("used"), parent)


def _prov(name: str) -> ox.NamedNode:
    return ox.NamedNode(_PROV + name)
