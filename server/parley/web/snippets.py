"""Programs that fetch an answer from its address, to copy: shell, Python, R, JavaScript, HTML."""

from __future__ import annotations

from dataclasses import dataclass

from parley.sparql import Kind

_SHELL = "curl --fail --output {file} '{address}'"
_ROWS = {
    "Python": """\
import csv, io, urllib.request

with urllib.request.urlopen("{csv}") as answer:
    rows = list(csv.DictReader(io.TextIOWrapper(answer, "utf-8")))
""",
    "R": """\
rows <- read.csv("{csv}", encoding = "UTF-8")
""",
    "JavaScript": """\
const answer = await fetch("{json}");
if (!answer.ok) throw new Error((await answer.json()).detail);
const rows = (await answer.json()).results.bindings;
""",
}
_YES_OR_NO = {
    "Python": """\
import json, urllib.request

with urllib.request.urlopen("{json}") as answer:
    holds = json.load(answer)["boolean"]
""",
    "R": """\
holds <- jsonlite::fromJSON("{json}")$boolean
""",
    "JavaScript": """\
const answer = await fetch("{json}");
if (!answer.ok) throw new Error((await answer.json()).detail);
const holds = (await answer.json()).boolean;
""",
}
_GRAPH = {
    "Python": """\
from rdflib import Graph

graph = Graph().parse("{ttl}", format="turtle")
""",
    "R": """\
graph <- rdflib::rdf_parse("{ttl}", format = "turtle")
""",
    "JavaScript": """\
const answer = await fetch("{ttl}");
if (!answer.ok) throw new Error(await answer.text());
const turtle = await answer.text();
""",
}
_PROGRAMS = {"select": _ROWS, "ask": _YES_OR_NO}
_FRAME = '<iframe src="{address}" width="100%" height="400" title="{title}"></iframe>'


@dataclass(frozen=True)
class Addresses:
    """Where one answer is: as csv, json and ttl, and as a page for another one if it has such.

    Each is percent-encoded, so it stands in the strings of any language as it is.
    """

    csv: str
    json: str
    ttl: str
    embed: str = ""


def snippets(kind: Kind, addresses: Addresses, title: str) -> list[tuple[str, str]]:
    """Each language with its program; `title` is HTML already escaped."""
    given = vars(addresses)
    form = {"select": "csv", "ask": "json"}.get(kind, "ttl")
    found = [("Shell", _SHELL.format(file=f"answer.{form}", address=given[form]))]
    found += [(name, text.format(**given)) for name, text in _PROGRAMS.get(kind, _GRAPH).items()]
    if addresses.embed:
        page = addresses.embed.replace("&", "&amp;")
        found.append(("HTML", _FRAME.format(address=page, title=title)))
    return found
