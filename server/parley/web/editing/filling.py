"""From the rows of a form to the quads that a thing is to have, and what stands in the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pyoxigraph as ox

from parley.errors import BadInput
from parley.model.claims import Evidence
from parley.model.propositions import Proposition
from parley.rdf import PARLEY, RDF_TYPE, Object, term
from parley.store.change import canonical
from parley.web.editing import literals
from parley.web.editing.entries import Entries, Entry, problem
from parley.web.editing.forms import Field, Form, Option, Statement
from parley.web.editing.naming import Named, Naming
from parley.web.editing.present import Present, spans

_CLAIMS, _EVIDENCE, _RELAY = term("claims"), term("evidence"), term("relay")


@dataclass
class Filled:
    """What was made of the rows.

    `told` holds messages and `choices` the things a name may mean, by the name of a row (`KEY.0`)
    or of a part of it (`KEY.0.subject`). `places` says which row made a term: by path and value
    for the thing itself, by the node and a path or value (or neither) for its parts.
    """

    wanted: frozenset[ox.Quad] = frozenset()
    told: dict[str, list[str]] = field(default_factory=dict)
    choices: dict[str, tuple[Named, ...]] = field(default_factory=dict)
    places: dict[tuple[str, str], str] = field(default_factory=dict)

    def tell(self, place: str, message: str) -> None:
        """Put a message at a place of the form, the same one once."""
        said = self.told.setdefault(place, [])
        if message not in said:
            said.append(message)


@dataclass(frozen=True)
class Filler:
    """Fills the form of one thing; new quads go to `home`.

    `article` and `text` are set for a claim: its article's slug, and the registered text or None.
    `kept` are the parts of a claim that other claims use, too.
    """

    form: Form
    naming: Naming
    before: Present
    home: ox.NamedNode
    article: str = ""
    text: str | None = None
    kept: frozenset[str] = frozenset()

    def fill(self, rows: Entries) -> Filled:
        """The quads of the thing as the rows want it; what no field speaks of stays."""
        filled = Filled()
        node = self.before.node
        made: set[ox.Quad] = set()
        linked: set[ox.NamedNode] = set()
        for asked in self.form.fields:
            agents = []
            for number, entry in enumerate(rows.get(asked.key, ())):
                place = f"{asked.key}.{number}"
                wrong = problem(asked, number, entry)
                if wrong:
                    filled.tell(place, wrong)
                    continue
                try:
                    value, quads = self._value(asked, entry, place, filled)
                except BadInput as error:
                    filled.tell(place, error.message)
                    continue
                if value is None:
                    continue
                if isinstance(value, ox.NamedNode):
                    linked.add(value)
                filled.places.setdefault((asked.path, value.value), place)
                made.add(self._quad(node, ox.NamedNode(asked.path), value))
                made |= quads
                agents.append(value)
            if asked.ordered:
                made |= set(self._chain([a for a in agents if isinstance(a, ox.NamedNode)], filled))
        filled.wanted = frozenset(self._rest(linked)) | canonical(made)
        return filled

    def _rest(self, linked: set[ox.NamedNode]) -> Iterator[ox.Quad]:
        """The quads that stay: those of other properties, and of parts that are still used."""
        before = self.before
        parts = (
            {*before.linked(_CLAIMS), *before.linked(_EVIDENCE)} if self.form.is_claim else set()
        )
        gone = {part for part in parts - linked if part.value not in self.kept}
        if self.form.is_claim:
            gone |= set(before.linked(_RELAY))
        lost = {quad for part in gone for quad in before.of(part)}
        for quad in before.quads - lost:
            said = quad.subject == before.node and (
                quad.predicate.value in self.form.paths
                or (self.form.is_claim and quad.predicate == _RELAY)
            )
            if not said:
                yield quad

    def _quad(self, node: ox.NamedNode, path: ox.NamedNode, value: Object) -> ox.Quad:
        """A quad where the thing has it already, else in its home."""
        (new,) = canonical([ox.Quad(node, path, value, self.home)])
        for old in self.before.quads:
            if old.triple == new.triple:
                return old
        return new

    def _value(
        self, asked: Field, entry: Entry, place: str, filled: Filled
    ) -> tuple[Object | None, set[ox.Quad]]:
        """The value of a row and the quads of the node it makes, if it makes one."""
        match asked.widget:
            case "proposition":
                return self._proposition(entry, place, filled)
            case "quote":
                return self._quote(entry, place, filled)
            case "kind" | "choice":
                had = {value.value for value in self.before.values(self.before.node, asked.path)}
                if entry.text in had:
                    return ox.NamedNode(entry.text), set()
                return _chosen(entry.text, asked.options), set()
            case "thing":
                return self._thing(entry, "", asked.kind, place, filled), set()
            case "text":
                return literals.worded(entry.text, entry["lang"]), set()
        if entry["type"] == "iri" or (not entry["type"] and _is_address(entry.text)):
            return self._thing(entry, "", "", place, filled), set()
        if entry["type"] == "@":
            return literals.worded(entry.text, entry["lang"]), set()
        if asked.datatype:
            return literals.typed(entry.text, asked.datatype), set()
        return literals.guessed(entry.text, entry["type"]), set()

    def _thing(
        self, entry: Entry, part: str, kind: str, place: str, filled: Filled
    ) -> ox.NamedNode | None:
        """The thing that a row, or this part of it, names."""
        before = f"{part}-" if part else ""
        meaning = self.naming.meaning(
            entry[part], kind, hint=entry[f"{before}iri"], pick=entry[f"{before}pick"]
        )
        if meaning.problem:
            filled.tell(place, meaning.problem)
        if meaning.choices:
            filled.choices[place] = meaning.choices
        return meaning.iri

    def _proposition(
        self, entry: Entry, place: str, filled: Filled
    ) -> tuple[ox.NamedNode | None, set[ox.Quad]]:
        parts = {part: f"{place}.{part}" for part in ("subject", "predicate", "object")}
        for part, here in parts.items():
            if not entry[part]:
                filled.tell(here, f"The {part} is missing.")
        statement = self.form.statement(entry["predicate"])
        if statement is None and entry["predicate"]:
            filled.tell(parts["predicate"], "Choose one of the properties in the list.")
        subject = (
            self._thing(entry, "subject", "", parts["subject"], filled)
            if entry["subject"]
            else None
        )
        said = None
        if statement is not None and entry["object"]:
            said = self._said(statement, entry, parts["object"], filled)
        if subject is None or statement is None or said is None:
            return None, set()
        made = Proposition(subject, ox.NamedNode(statement.iri), said)
        names = self.naming.names
        iri = made.iri(names)
        for path, part in (("subject", "subject"), ("predicate", "predicate"), ("value", "object")):
            filled.places[iri.value, PARLEY + path] = parts[part]
        filled.places[iri.value, PARLEY + "object"] = parts["object"]
        filled.places[iri.value, subject.value] = parts["subject"]
        filled.places[iri.value, said.value] = parts["object"]
        filled.places[iri.value, ""] = parts["subject"]
        return iri, set(made.quads(names))

    def _said(
        self, statement: Statement, entry: Entry, place: str, filled: Filled
    ) -> Object | None:
        """The object or value of a proposition, as its property wants it."""
        try:
            if statement.options:
                return _chosen(entry["object"], statement.options)
            if statement.to_things:
                return self._thing(entry, "object", statement.range, place, filled)
            if statement.range == literals.LANG_STRING:
                return literals.worded(entry["object"], entry["lang"])
            datatype = statement.range if "XMLSchema#" in statement.range else ""
            return literals.typed(entry["object"], datatype)
        except BadInput as error:
            filled.tell(place, error.message)
            return None

    def _quote(self, entry: Entry, place: str, filled: Filled) -> tuple[ox.NamedNode, set[ox.Quad]]:
        """The evidence of a quote: the one it was, or a new span of the registered text."""
        for iri, words in spans(self.before).items():
            if iri.value == entry["node"] and words == entry.text:
                self._note_evidence(iri, place, filled)
                return iri, set(self.before.of(iri))
        found = cut(self.article, self.text, entry.text)
        names = self.naming.names
        self._note_evidence(found.iri(names), place, filled)
        return found.iri(names), set(found.quads(names))

    def _note_evidence(self, iri: ox.NamedNode, place: str, filled: Filled) -> None:
        for part in ("", "#quote", "#position"):
            filled.places[iri.value + part, ""] = place

    def _chain(self, agents: list[ox.NamedNode], filled: Filled) -> Iterator[ox.Quad]:
        """The relay steps of a claim, nearest to the speaker first."""
        node = self.before.node
        for number, agent in enumerate(agents, start=1):
            step = ox.NamedNode(f"{node.value}#relay-{number}")
            filled.places[step.value, ""] = f"{self._key(term('relayedBy'))}.{number - 1}"
            yield self._quad(node, _RELAY, step)
            yield self._quad(step, RDF_TYPE, term("Relay"))
            yield self._quad(step, term("step"), ox.Literal(number))
            yield self._quad(step, term("relayAgent"), agent)

    def _key(self, path: ox.NamedNode) -> str:
        return next(asked.key for asked in self.form.fields if asked.path == path.value)


def cut(article: str, text: str | None, words: str) -> Evidence:
    """The evidence for words of an article. Raises BadInput unless they stand there just once."""
    if text is None:
        raise BadInput(
            f"The text of {article} is not registered here, so a new quote cannot be found in it. "
            f"Register your copy with 'parley articles add {article} FILE'."
        )
    start = text.find(words)
    if start < 0:
        raise BadInput(
            "These words do not stand in the text. Copy them letter by letter; typographic "
            "quotation marks and dashes count."
        )
    if start != text.rfind(words):
        raise BadInput("These words stand in the text more than once. Quote more of the sentence.")
    return Evidence.cut(article, text, start, start + len(words))


def _chosen(value: str, options: tuple[Option, ...]) -> ox.NamedNode:
    """The option of this IRI or name. Raises BadInput."""
    for option in options:
        if value in {option.iri, option.iri.rpartition("/")[2]} or (
            value.lower() == option.label.lower()
        ):
            return ox.NamedNode(option.iri)
    some = ", ".join(option.label for option in options[:12])
    raise BadInput(f"'{value[:100]}' is not in the list. Choose one of: {some}.")


def _is_address(value: str) -> bool:
    return value.startswith(("https://", "http://")) and " " not in value
