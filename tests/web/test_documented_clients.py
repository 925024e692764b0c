"""The examples of docs/linked-data.md, as far as Python and curl run them: they print what it says.

`python -m bench.clients` runs all of them, with servers of their own.
"""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

import httpx
import pytest
from bench.examples import FIRST, SECOND, Example, read
from flask.testing import FlaskClient
from tests.web.ports import serving

from parley.files import open_dataset
from parley.scaffold import make_plain
from parley.settings import Settings
from parley.store.ledger import Message
from parley.store.local import LocalBackend
from parley.store.versions import Versions
from parley.web.app import create_app

EXAMPLES, DATA = read()
HERE = [example for example in EXAMPLES if example.program in {"python", "curl"}]
OLD_RDFLIB = "ignore:(Dataset.default_context|ConjunctiveGraph|Dataset.contexts):DeprecationWarning"


@pytest.fixture(scope="module")
def addresses(
    client: FlaskClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """Where the two datasets of the documentation are."""
    folder: Path = tmp_path_factory.mktemp("plain")
    make_plain(folder / "mine", "http://example.org/", "Mine")
    settings = Settings(instance=folder / "var", dataset=folder / "mine", open=True)
    versions = Versions(settings.instance)
    with versions.stage(None) as staged:
        versions.publish(staged, None, Message("tests", "nothing yet"))
    backend = LocalBackend(versions, settings, union=False)
    app = create_app(settings, backend, open_dataset(folder / "mine"), {}, versions)
    with serving(client.application) as first, serving(app) as second:
        turtle = {"Content-Type": "text/turtle"}
        httpx.put(f"{second}/store?default", content=DATA, headers=turtle).raise_for_status()
        yield {FIRST: first, SECOND: second}
    backend.close()


def test_there_is_an_example_for_every_client() -> None:
    assert len(EXAMPLES) >= 13
    assert {example.client for example in EXAMPLES} >= {
        *("curl", "pandas", "rdflib", "SPARQLWrapper", "Comunica", "LDF client"),
        *("sparql-http-client", "rdf-dereference", "Jena"),
    }
    assert len(HERE) >= 6
    assert len(DATA.splitlines()) > 3


@pytest.mark.filterwarnings(OLD_RDFLIB)
@pytest.mark.parametrize("example", HERE, ids=lambda example: f"{example.client}")
def test_an_example_prints_what_the_documentation_says(
    example: Example, addresses: dict[str, str], tmp_path: Path
) -> None:
    lacking = example.missing()
    if lacking:
        pytest.skip(lacking)
    text = example.at(addresses)
    if example.language == "python":
        printed = io.StringIO()
        with redirect_stdout(printed):
            exec(compile(text, example.client, "exec"), {})
        output = printed.getvalue()
    else:
        done = subprocess.run(
            ["sh", "-ec", text],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        output = done.stdout
    assert not example.differs(output), output
