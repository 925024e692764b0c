"""Writes a synthetic dataset of a chosen size in Parley's own model, the same for the same seed."""

from __future__ import annotations

import hashlib
import shutil
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pyoxigraph as ox

from bench.story import SENTENCES, Happening, Said, Scene
from bench.world import World, words
from parley.files import open_dataset
from parley.model.articles import articles_of
from parley.model.claims import Claim, Evidence
from parley.model.propositions import Proposition
from parley.rdf import (
    COMMON_PREFIXES,
    DEFAULT_BASE,
    RDF_TYPE,
    RDFS_LABEL,
    XSD,
    Namespaces,
    Object,
    concept,
    term,
)
from parley.store.texts import Texts
from parley.turtle import write_trig, write_turtle

SEED = 20240229
_SENTENCES = 22
_DCTERMS, _OA = COMMON_PREFIXES["dcterms"], COMMON_PREFIXES["oa"]
# The prefixes the files need; looking through fewer makes writing a million quads much faster.
_USED = set("dcat dcterms edtf graph id oa parley rdf rdfs skos vocab void xsd".split())
_QUERY = """\
#+ question: How often is each stance taken?
#+ summary: Claims counted by stance
#+ description: The only saved query of the synthetic dataset; its answer is known beforehand.
#+ tags:
#+   - claims
#+ expect: |
{expected}
PREFIX parley: <https://w3id.org/parley/ontology#>

SELECT ?stance (COUNT(?claim) AS ?claims)
WHERE {{ ?claim parley:stance ?stance . }}
GROUP BY ?stance
ORDER BY ?stance
"""


@dataclass(frozen=True)
class Made:
    """What was written: the distinct quads of the files under `data/`, and how many articles."""

    folder: Path
    quads: int
    articles: int
    claims: int


def generate(
    target: Path, quads: int, project: Path, told: Callable[[int], None] = lambda count: None
) -> Made:
    """Write a dataset of at least `quads` quads into the new folder `target`.

    Ontology, shapes and rules are copied from `project`. The text of each article is written to
    `texts/`, so that every quote can be verified. `told` hears the quads written so far.
    """
    target.mkdir(parents=True)
    shutil.copytree(project / "ontology", target / "ontology")
    for folder in ("data/entities", "data/articles", "data/claims", "texts", "queries"):
        (target / folder).mkdir(parents=True)
    names = Namespaces(DEFAULT_BASE)
    world, chance = World(names), Random(SEED)
    recent: deque[Happening] = deque(maxlen=60)
    known: set[Proposition] = set()
    stances: dict[str, int] = {}
    written = _write_description(target, names, world)
    articles = claims = 0
    while written + world.size() < quads:
        article = _Article(world, chance, articles, recent)
        written += article.write(target, known, stances)
        articles += 1
        claims += len(article.said)
        told(written + world.size())
    for stem, rows in world.files.items():
        _write(target / f"data/entities/{stem}.ttl", rows, names)
    rows_text = [f"#+   vocab:{stance} | {count}" for stance, count in sorted(stances.items())]
    expected = "\n".join(["#+   ?stance | ?claims", *rows_text])
    (target / "queries/stances.rq").write_text(_QUERY.format(expected=expected), encoding="utf-8")
    return Made(target, written + world.size(), articles, claims)


def register(dataset: Path, instance: Path) -> int:
    """Register all texts of a synthetic dataset with an instance; returns how many."""
    known = articles_of(open_dataset(dataset))
    texts = Texts(instance / "articles")
    for slug in known:
        texts.add(slug, dataset / f"texts/{slug}.txt", known)
    return len(known)


class _Article:
    """One article: its text, and a claim for each sentence."""

    def __init__(self, world: World, chance: Random, number: int, recent: deque[Happening]) -> None:
        self.world, self.slug = world, f"synthetic-{number:05d}"
        self.author = world.person(number % 40)
        self.publisher = world.institute(number % 10)
        self.month = chance.randrange(24, 120)
        self.title = f"Report {number} from {world.state(number % 6).label}"
        self.said: list[tuple[Said, int]] = []
        self.text = self.title + "\n\n"
        scene = Scene(world, chance, number, self.author, self.month, recent)
        makers, weights = zip(*SENTENCES, strict=True)
        for make in chance.choices(makers, weights, k=_SENTENCES):
            said = make(scene)
            for one in (*scene.pending, said):
                self._append(one)
            scene.pending.clear()
        self.text += "\n"

    def _append(self, said: Said) -> None:
        if said.sentence in self.text:
            return  # a quote has one place in its text
        if self.said:
            self.text += "\n\n" if len(self.said) % 5 == 0 else " "
        self.said.append((said, len(self.text)))
        self.text += said.sentence

    def write(self, target: Path, known: set[Proposition], stances: dict[str, int]) -> int:
        """Write text, article and claims; returns the quads that no former article had."""
        names = self.world.names
        (target / f"texts/{self.slug}.txt").write_bytes(self.text.encode())
        own = list(self._document())
        _write(target / f"data/articles/{self.slug}.ttl", own, names)
        rows: list[ox.Quad] = []
        count = 0
        for place, (said, start) in enumerate(self.said, start=1):
            claim = self._claim(place, said, start)
            rows += claim.quads(names)
            stances[said.stance] = stances.get(said.stance, 0) + 1
            new = set(said.propositions) - known
            known |= new
            count += 4 * len(new)
        rows = list(dict.fromkeys(rows))
        shared = names.graph("propositions")
        count += sum(1 for row in rows if row.graph_name != shared)
        _write(target / f"data/claims/{self.slug}.trig", rows, names)
        return count + len(own)

    def _claim(self, place: int, said: Said, start: int) -> Claim:
        evidence = Evidence.cut(self.slug, self.text, start, start + len(said.sentence))
        return Claim(
            self.world.names.claim(self.slug, place, 1),
            self.slug,
            said.sentence,
            said.propositions,
            (said.speaker.iri,),
            concept(said.stance),
            concept(f"status-{said.status}"),
            concept("review-accepted"),
            (evidence,),
            tuple(agent.iri for agent in said.relayed),
            said.assessment,
            said.details,
        )

    def _document(self) -> Iterable[ox.Quad]:
        names = self.world.names
        graph, me = names.graph(f"articles/{self.slug}"), names.thing(self.slug)
        span = self.world.span(self.month)
        issued = span.iri.value.partition("time-")[2]
        omission = names.thing(f"omission-{self.slug}-0-{len(self.title)}")
        position = ox.NamedNode(f"{omission.value}#position")
        data = self.text.encode()
        integer = ox.NamedNode(XSD + "integer")
        rows: tuple[tuple[ox.NamedNode, ox.NamedNode, Object], ...] = (
            (me, RDF_TYPE, term("Article")),
            (me, RDFS_LABEL, words(self.title)),
            (me, _dcterms("title"), words(self.title)),
            (me, _dcterms("creator"), self.author.iri),
            (me, _dcterms("publisher"), self.publisher.iri),
            (me, _dcterms("language"), ox.Literal("en")),
            (me, _dcterms("issued"), ox.Literal(issued, datatype=ox.NamedNode(XSD + "gYearMonth"))),
            (me, term("published"), span.iri),
            (me, term("textSha256"), ox.Literal(hashlib.sha256(data).hexdigest())),
            (me, term("textLength"), ox.Literal(str(len(self.text)), datatype=integer)),
            (omission, RDF_TYPE, term("Omission")),
            (omission, _oa("hasSource"), me),
            (omission, _oa("hasSelector"), position),
            (omission, term("omissionReason"), concept("heading")),
            (position, RDF_TYPE, _oa("TextPositionSelector")),
            (position, _oa("start"), ox.Literal("0", datatype=integer)),
            (position, _oa("end"), ox.Literal(str(len(self.title)), datatype=integer)),
        )
        return (ox.Quad(*row, graph) for row in rows)


def _write_description(target: Path, names: Namespaces, world: World) -> int:
    authors = world.person(0)
    me, graph = ox.NamedNode(f"{names.base}dataset"), names.graph("dataset")
    void, dcat = COMMON_PREFIXES["void"], COMMON_PREFIXES["dcat"]
    rows: tuple[tuple[ox.NamedNode, Object], ...] = (
        (RDF_TYPE, ox.NamedNode(void + "Dataset")),
        (RDF_TYPE, ox.NamedNode(dcat + "Dataset")),
        (RDFS_LABEL, words("Synthetic")),
        (_dcterms("title"), words("Synthetic")),
        (_dcterms("description"), words("A made-up dataset to measure with.")),
        (_dcterms("creator"), authors.iri),
        (_dcterms("language"), ox.Literal("en")),
        (_dcterms("license"), ox.NamedNode("https://creativecommons.org/publicdomain/zero/1.0/")),
        (ox.NamedNode(void + "uriSpace"), ox.Literal(names.base)),
    )
    quads = [ox.Quad(me, predicate, value, graph) for predicate, value in rows]
    _write(target / "data/dataset.ttl", quads, names)
    return len(quads)


def _write(path: Path, quads: Iterable[ox.Quad], names: Namespaces) -> None:
    write = write_turtle if path.suffix == ".ttl" else write_trig
    prefixes = {key: space for key, space in names.prefixes.items() if key in _USED}
    path.write_text(write(quads, prefixes), encoding="utf-8")


def _dcterms(local: str) -> ox.NamedNode:
    return ox.NamedNode(_DCTERMS + local)


def _oa(local: str) -> ox.NamedNode:
    return ox.NamedNode(_OA + local)
