"""What a version holds of one thing: its own quads, those of its parts, and names for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyoxigraph as ox

from parley.rdf import COMMON_PREFIXES, PARLEY, RDF_TYPE, XSD, Object, term
from parley.store.versions import Version
from parley.web.editing.entries import Entries, Entry
from parley.web.editing.forms import Field, Form
from parley.web.editing.shapes import text
from parley.web.site import Cell, Row, Site

_OA = COMMON_PREFIXES["oa"]
_CLAIMS, _EVIDENCE = term("claims"), term("evidence")
Curie = Callable[[str], str]


@dataclass(frozen=True)
class Present:
    """One thing as a version has it; for a claim with its relay steps, evidence and propositions.

    `labels` names the IRIs its quads lead to.
    """

    node: ox.NamedNode
    quads: frozenset[ox.Quad]
    labels: dict[str, str]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The classes it is of."""
        return tuple(sorted(node.value for node in self.linked(RDF_TYPE)))

    @property
    def home(self) -> ox.NamedNode | None:
        """The graph that says what kind of thing it is: new quads go there."""
        graphs = (
            q.graph_name for q in self.quads if q.subject == self.node and q.predicate == RDF_TYPE
        )
        return min((g for g in graphs if isinstance(g, ox.NamedNode)), key=str, default=None)

    @property
    def label(self) -> str:
        """What it is called."""
        return self.one(self.node, COMMON_PREFIXES["rdfs"] + "label") or self.node.value

    def values(self, subject: ox.NamedNode, path: str) -> list[Object]:
        """The values of a property of a node."""
        found = [q.object for q in self.quads if q.subject == subject and q.predicate.value == path]
        return [value for value in found if isinstance(value, ox.NamedNode | ox.Literal)]

    def linked(self, predicate: ox.NamedNode) -> list[ox.NamedNode]:
        """The IRIs that a property of the thing leads to."""
        found = self.values(self.node, predicate.value)
        return [value for value in found if isinstance(value, ox.NamedNode)]

    def one(self, subject: ox.NamedNode, path: str) -> str:
        """The first value of a property as text, empty without one."""
        return min((value.value for value in self.values(subject, path)), default="")

    def of(self, part: ox.NamedNode) -> frozenset[ox.Quad]:
        """The quads of a part and of the parts it has itself (`part#…`)."""
        return frozenset(
            q
            for q in self.quads
            if isinstance(q.subject, ox.NamedNode)
            and (q.subject == part or q.subject.value.startswith(f"{part.value}#"))
        )


def present(site: Site, node: ox.NamedNode, version: Version) -> Present:
    """What a version holds of a thing; without quads when it knows nothing of it."""
    rows = site.rows("own", version, _thing=node)
    labels = {text(row, "o"): text(row, "label") for row in rows if "label" in row}
    return Present(node, frozenset(_quad(row) for row in rows), labels)


def shared(site: Site, node: ox.NamedNode, version: Version) -> frozenset[str]:
    """The evidence and propositions of a claim that other claims use, too."""
    return frozenset(text(row, "node") for row in site.rows("shared", version, _thing=node))


def spans(found: Present) -> dict[ox.NamedNode, str]:
    """The quotes of a claim by their evidence, in the order of the text."""
    rows = []
    for node in found.linked(_EVIDENCE):
        words, start = "", 0
        for selector in found.values(node, _OA + "hasSelector"):
            if isinstance(selector, ox.NamedNode):
                words = found.one(selector, _OA + "exact") or words
                start = int(found.one(selector, _OA + "start") or start)
        rows.append((start, node.value, words))
    return {ox.NamedNode(iri): words for _, iri, words in sorted(rows)}


def entries(found: Present, form: Form, curie: Curie) -> Entries:
    """What a form shows of the thing before anybody has changed it."""
    return {field.key: _rows(found, field, curie) for field in form.fields}


def _rows(found: Present, field: Field, curie: Curie) -> list[Entry]:
    if field.widget == "quote":
        return [Entry({"": words, "node": iri.value}) for iri, words in spans(found).items()]
    if field.widget == "proposition":
        rows = [_proposition(found, node, curie) for node in found.linked(_CLAIMS)]
        return sorted(rows, key=lambda row: (row["subject"], row["predicate"], row["object"]))
    if field.ordered:
        return [_value(found, field, agent, curie) for agent in _chain(found)]
    rows = [_value(found, field, value, curie) for value in found.values(found.node, field.path)]
    return sorted(rows, key=lambda row: (row["lang"], row.text))


def _value(found: Present, field: Field, value: Object, curie: Curie) -> Entry:
    if isinstance(value, ox.NamedNode):
        if field.widget in {"kind", "choice"}:
            return Entry({"": value.value})
        shown = found.labels.get(value.value) or curie(value.value)
        return Entry({"": shown, "iri": value.value, "type": "iri"})
    if value.language:
        return Entry({"": value.value, "lang": value.language, "type": "@"})
    return Entry({"": value.value, "type": value.datatype.value})


def _proposition(found: Present, node: ox.NamedNode, curie: Curie) -> Entry:
    subject, predicate = (found.one(node, PARLEY + name) for name in ("subject", "predicate"))
    said = [*found.values(node, PARLEY + "object"), *found.values(node, PARLEY + "value")]
    parts = {
        "subject": found.labels.get(subject) or curie(subject),
        "subject-iri": subject,
        "predicate": predicate,
    }
    for value in said[:1]:
        if isinstance(value, ox.NamedNode):
            parts["object"] = found.labels.get(value.value) or curie(value.value)
            parts["object-iri"] = value.value
        else:
            parts["object"], parts["lang"] = value.value, value.language or ""
    return Entry(parts)


def _chain(found: Present) -> list[ox.NamedNode]:
    """Who passed the words on, nearest to the speaker first."""
    steps = []
    for step in found.linked(term("relay")):
        number = found.one(step, PARLEY + "step")
        agent = found.one(step, PARLEY + "relayAgent")
        steps.append((int(number) if number.isdigit() else 0, agent))
    ordered = [agent for _, agent in sorted(steps) if agent]
    rest = sorted(n.value for n in found.linked(term("relayedBy")) if n.value not in ordered)
    return [ox.NamedNode(iri) for iri in (*ordered, *rest)]


def _quad(row: Row) -> ox.Quad:
    subject, predicate, graph = (ox.NamedNode(text(row, c)) for c in ("s", "p", "graph"))
    return ox.Quad(subject, predicate, _term(row["o"]), graph)


def _term(cell: Cell) -> Object:
    if cell["type"] == "uri":
        return ox.NamedNode(cell["value"])
    if language := cell.get("xml:lang"):
        return ox.Literal(cell["value"], language=language)
    datatype = cell.get("datatype", f"{XSD}string")
    return ox.Literal(cell["value"], datatype=ox.NamedNode(datatype))
