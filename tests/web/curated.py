"""A small dataset that curators change, served with its gate; what its tests save."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner
from werkzeug.test import TestResponse

from parley.building import build
from parley.check.report import Report
from parley.cli import main
from parley.files import open_dataset
from parley.queries import load
from parley.scaffold import make_dataset, make_plain
from parley.settings import Settings
from parley.store.ledger import Message
from parley.store.local import LocalBackend
from parley.store.versions import Versions
from parley.tokens import Tokens
from parley.web.app import create_app
from parley.web.loading import live_gate

BASE = "http://example.org/dataset/"
TYPE = "application/sparql-query"
PREFIXES = """PREFIX parley: <https://w3id.org/parley/ontology#>
PREFIX rdfs:   <http://www.w3.org/2000/01/rdf-schema#>
"""
MEETINGS = f"""{PREFIXES}
SELECT ?item ?label
WHERE {{ ?item a parley:Meeting ; rdfs:label ?label }}
ORDER BY ?item
"""
FILE = f"""#+ question: Which meetings are there?
#+ # kept as it is
#+ tags:   [ events,  "meetings" ]
{MEETINGS}"""


class Instance:
    """The dataset of `parley init`, served to curators with a token."""

    def __init__(self, folder: Path, *, plain: bool = False) -> None:
        self.data = folder / "data"
        (make_plain if plain else make_dataset)(self.data, BASE, "Test")
        self.dataset = open_dataset(self.data)
        self.versions = Versions(folder / "instance")
        build(self.dataset, self.versions, Message("tests", "first"), lambda store: Report(()))
        _, self.secret = Tokens(self.versions.instance).add("amina", "curator")
        self.settings = Settings(instance=self.versions.instance, query_text_limit=20_000)
        guard = live_gate(self.settings, self.dataset)
        self.backend = LocalBackend(self.versions, self.settings, union=not plain, guard=guard)
        saved = load(self.dataset.queries(), self.dataset.names)
        self.app = create_app(self.settings, self.backend, self.dataset, saved, self.versions)

    @property
    def number(self) -> int:
        return self.versions.number() or 0

    @property
    def entry(self) -> tuple[str, str]:
        """Author and message of the newest commit."""
        entry = self.versions.ledger.entry(self.number)
        return entry.author, entry.text

    def put(self, name: str, text: str, **headers: str) -> TestResponse:
        given = {key.replace("_", "-"): value for key, value in headers.items()}
        signed = {"Authorization": f"Bearer {self.secret}", "Content-Type": TYPE, **given}
        return self.app.test_client().put(f"/queries/{name}", data=text, headers=signed)

    def delete(self, address: str, **headers: str) -> TestResponse:
        given = {key.replace("_", "-"): value for key, value in headers.items()}
        signed = {"Authorization": f"Bearer {self.secret}", **given}
        return self.app.test_client().delete(address, headers=signed)

    def run(self, *arguments: str) -> str:
        places = ["--instance", str(self.versions.instance), "--dataset", str(self.data)]
        return CliRunner().invoke(main, [*arguments, *places]).output
