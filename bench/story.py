"""The sentences of synthetic articles, each with the claim that it makes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import pyoxigraph as ox

from bench.world import PROVINCES, STATES, Thing, World, integer, words
from parley.model.propositions import Proposition
from parley.rdf import XSD, Object, concept, term

TRUE = ox.Literal("true", datatype=ox.NamedNode(XSD + "boolean"))


@dataclass(frozen=True)
class Said:
    """One sentence and its claim, before it has a place in a text."""

    sentence: str
    propositions: tuple[Proposition, ...]
    speaker: Thing
    stance: str = "affirms"
    status: str = "stated"
    relayed: tuple[Thing, ...] = ()
    assessment: bool = False
    details: tuple[tuple[ox.NamedNode, Object], ...] = ()


@dataclass(frozen=True)
class Happening:
    """An event that several articles may tell of."""

    thing: Thing
    kind: str
    group: Thing
    state: int
    place: Thing
    month: int
    day: int


@dataclass
class Scene:
    """What the sentences of one article draw on; `recent` is shared by all articles."""

    world: World
    chance: Random
    number: int
    author: Thing
    month: int
    recent: deque[Happening]
    pending: list[Said] = field(default_factory=list)

    def group(self) -> Thing:
        return self.world.group(self.chance.randrange(20 + self.number // 20))

    def person(self) -> Thing:
        return self.world.person(self.chance.randrange(40 + self.number))

    def place(self) -> tuple[Thing, int]:
        """A settlement and the number of its state; when new, the article says where it lies."""
        number = self.chance.randrange(40 + self.number // 2)
        province = number % (STATES * PROVINCES)
        known = f"settlement-{number}" in self.world.things
        settlement = self.world.settlement(number)
        if not known:
            self._lies(settlement, self.province(province))
        return settlement, province // PROVINCES

    def happening(self) -> Happening:
        """An event of a former article that had happened by now, or a new one."""
        told = [h for h in self.recent if h.month < self.month]
        if told and self.chance.random() < 0.7:
            return self.chance.choice(told)
        kind = self.chance.choice(("Meeting", "ViolentIncident", "Movement"))
        place, state = self.place()
        month, day = self.chance.randrange(self.month), self.chance.randrange(1, 29)
        count = len(self.world.files["events"]) // 2
        noun = {"Meeting": "Meeting", "ViolentIncident": "Attack", "Movement": "Journey"}[kind]
        label = f"{noun} {count} at {place.label}"
        thing = self.world.add("events", f"event-{count}", kind, label)
        new = Happening(thing, kind, self.group(), state, place, month, day)
        self.recent.append(new)
        return new

    def province(self, number: int) -> Thing:
        """A province; when new, the article says in which state it lies."""
        known = f"province-{number}" in self.world.things
        province = self.world.province(number)
        if not known:
            self._lies(province, self.world.state(number // PROVINCES))
        return province

    def _lies(self, inner: Thing, outer: Thing) -> None:
        fact = Proposition(inner.iri, term("within"), outer.iri)
        sentence = f"{inner.label} lies in {outer.label}."
        self.pending.append(Said(sentence, (fact,), self.author, status="confirmed"))


def _that(happening: Happening) -> str:
    return happening.thing.label[0].lower() + happening.thing.label[1:]


def _occurs(thing: Thing) -> Proposition:
    return Proposition(thing.iri, term("occurs"), TRUE)


def tell(scene: Scene) -> Said:
    """The author tells of an event, in the author's own voice."""
    happening = scene.happening()
    me, group = happening.thing.iri, happening.group
    when = scene.world.span(happening.month, happening.day)
    common = (
        _occurs(happening.thing),
        Proposition(me, term("takesPlaceIn"), happening.place.iri),
        Proposition(me, term("during"), when.iri),
    )
    where = f"in {happening.place.label} on {when.label} ({_that(happening)})"
    if happening.kind == "Meeting":
        other = scene.world.government(happening.state)
        facts = tuple(Proposition(me, term("participant"), a.iri) for a in (group, other))
        return Said(
            f"The {group.label} met the {other.label} {where}.", common + facts, scene.author
        )
    if happening.kind == "ViolentIncident":
        killed = scene.chance.randrange(1, 40)
        facts = (
            Proposition(me, term("perpetrator"), group.iri),
            Proposition(me, term("killedCount"), integer(killed)),
        )
        sentence = f"The {group.label} killed {killed} people {where}."
        return Said(sentence, common + facts, scene.author)
    traveller, target = scene.person(), scene.place()[0]
    facts = (
        Proposition(me, term("traveller"), traveller.iri),
        Proposition(me, term("destination"), target.iri),
    )
    sentence = f"{traveller.label} left for {target.label} {where}."
    return Said(sentence, common + facts, scene.author)


def hear(scene: Scene) -> Said:
    """A source tells of an event, and the words pass through two people."""
    happening, source = scene.happening(), scene.world.source(scene.number)
    nearest, second = scene.person(), scene.world.person(scene.chance.randrange(40))
    relays = (nearest, second) if nearest != second else (nearest,)
    through = " and ".join(person.label for person in relays)
    fact = Proposition(happening.thing.iri, term("participant"), happening.group.iri)
    sentence = (
        f"An official, speaking through {through}, said that the {happening.group.label} "
        f"took part in {_that(happening)}."
    )
    details = (
        (term("venue"), concept("confidential")),
        (term("basis"), concept("hearsay")),
        (term("basisText"), words("an official who asked not to be named")),
        (term("sourceReliability"), concept(f"reliability-{scene.chance.choice('abcdef')}")),
        (term("informationCredibility"), concept(f"credibility-{scene.chance.randint(1, 6)}")),
        (term("gradedBy"), scene.author.iri),
    )
    facts = (_occurs(happening.thing), fact)
    return Said(sentence, facts, source, status="reported", relayed=relays, details=details)


def deny(scene: Scene) -> Said:
    """A government denies that an event happened."""
    happening = scene.happening()
    speaker = scene.world.government(happening.state)
    sentence = f"The {speaker.label} denied that {_that(happening)} ever happened."
    facts, venue = (_occurs(happening.thing),), ((term("venue"), concept("official")),)
    return Said(sentence, facts, speaker, "denies", "denied", details=venue)


def doubt(scene: Scene) -> Said:
    """Somebody doubts that an event happened."""
    happening, speaker = scene.happening(), scene.person()
    sentence = f"{speaker.label} doubted that {_that(happening)} happened as told."
    return Said(sentence, (_occurs(happening.thing),), speaker, "doubts", "claimed")


def presence(scene: Scene) -> Said:
    """Residents say that a group is present in a place."""
    group, (place, _), speaker = scene.group(), scene.place(), scene.person()
    sentence = f"{speaker.label} saw fighters of the {group.label} in {place.label}."
    fact = Proposition(group.iri, term("presentIn"), place.iri)
    basis = ((term("basis"), concept("direct-observation")),)
    return Said(sentence, (fact,), speaker, status="claimed", details=basis)


def absence(scene: Scene) -> Said:
    """A government denies that a group is present anywhere in a province."""
    group, number = scene.group(), scene.chance.randrange(STATES * PROVINCES)
    province, speaker = scene.province(number), scene.world.government(number // PROVINCES)
    sentence = f"The {speaker.label} denied that the {group.label} is present in {province.label}."
    fact = Proposition(group.iri, term("presentIn"), province.iri)
    return Said(sentence, (fact,), speaker, "denies", "denied")


def membership(scene: Scene) -> Said:
    """The author says who belongs to whom."""
    person, group = scene.person(), scene.group()
    role, verb = scene.chance.choice((("memberOf", "belongs to"), ("leads", "leads")))
    fact = Proposition(person.iri, term(role), group.iri)
    return Said(f"{person.label} {verb} the {group.label}.", (fact,), scene.author)


def strength(scene: Scene) -> Said:
    """A commander puts a number on a group."""
    group, speaker = scene.group(), scene.person()
    count = len(scene.world.files["estimates"]) // 7
    estimate = scene.world.estimate(count, group)
    sentence = f"The {group.label} has several dozens of fighters, {speaker.label} said."
    fact = Proposition(group.iri, term("strength"), estimate.iri)
    return Said(sentence, (fact,), speaker, status="estimated")


def judge(scene: Scene) -> Said:
    """The author judges whether something that might happen will."""
    group, state = scene.group(), scene.chance.randrange(STATES)
    other = scene.world.government(state)
    slug = f"possible-talks-{group.iri.value.rpartition('-')[2]}-{state}"
    label = f"Possible talks of the {group.label} with the {other.label}"
    talks = scene.world.add("events-possible", slug, "HypotheticalEvent", label)
    sentence = f"Talks of the {group.label} with the {other.label} are unlikely to follow."
    party = Proposition(talks.iri, term("participant"), group.iri)
    details = (
        (term("likelihood"), concept("likelihood-unlikely")),
        (term("likelihoodText"), words("unlikely")),
    )
    facts = (_occurs(talks), party)
    return Said(sentence, facts, scene.author, status="assessed", assessment=True, details=details)


def describe(scene: Scene) -> Said:
    """Somebody finds words for a group."""
    group, speaker, trait = scene.group(), scene.person(), scene.chance.choice(TRAITS)
    sentence = f"{speaker.label} called the {group.label} {trait}."
    fact = Proposition(group.iri, term("characterizedAs"), words(trait))
    return Said(sentence, (fact,), speaker, status="claimed")


TRAITS = tuple(
    f"{how} {what}"
    for how in ("barely", "hardly", "openly", "quietly", "strikingly", "widely")
    for what in ("divided", "feared", "patient", "ruthless", "secretive", "weakened", "wealthy")
)
# What an article may say, with how often out of 100.
SENTENCES: tuple[tuple[Callable[[Scene], Said], int], ...] = (
    (tell, 28),
    (hear, 16),
    (deny, 6),
    (doubt, 4),
    (presence, 16),
    (absence, 4),
    (membership, 10),
    (strength, 4),
    (judge, 6),
    (describe, 6),
)
