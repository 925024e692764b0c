"""A client that is generated from the description: it saves a query, asks it, and searches."""

import importlib
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType
from tests.web.curated import Instance
from tests.web.ports import serving

FILE = """#+ question: Who is called what?
#+ tags: [names]
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?item ?label WHERE { ?item rdfs:label ?label, ?__name_en }
ORDER BY ?item
"""


@pytest.fixture(scope="module")
def instance(curated: Instance) -> Instance:
    return curated


@pytest.fixture(scope="module")
def client(instance: Instance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The package that openapi-python-client makes of /openapi.json, once a query is saved."""
    assert instance.put("who-is", FILE).status_code == 201
    folder = tmp_path_factory.mktemp("client")
    document = folder / "openapi.json"
    document.write_bytes(instance.app.test_client().get("/openapi.json").data)
    file = ConfigFile(
        post_hooks=[],  # they format and lint what was made
        content_type_overrides={"application/sparql-query": "application/octet-stream"},
    )
    made = folder / "generated_client"
    told = generate(config=Config.from_sources(file, MetaType.NONE, document, "utf-8", True, made))
    for error in told:  # formats of RDF are none that it reads or sends
        assert "Unsupported content" in (error.detail or ""), error
    sys.path.insert(0, str(folder))
    yield importlib.import_module("generated_client")
    sys.path.remove(str(folder))


def operation(client: Any, name: str) -> Any:
    return importlib.import_module(f"{client.__name__}.api.{name}")


def test_a_generated_client_saves_asks_and_searches(instance: Instance, client: Any) -> None:
    with serving(instance.app) as root:
        connection = client.AuthenticatedClient(base_url=root, token=instance.secret)
        types = importlib.import_module(f"{client.__name__}.types")
        with connection as calling:
            saved = operation(client, "queries.save_query").sync_detailed(
                "who-is",
                client=calling,
                body=types.File(payload=FILE.replace("called what", "called so").encode()),
                message="From a generated client",
            )
            assert saved.status_code == 200, saved.content
            assert saved.parsed.name == "who-is"
            assert instance.entry == ("amina", "From a generated client")
            name = "Meeting at Harran Ford"
            found = operation(client, "queries.ask_who_is").sync(client=calling, name=name)
            (row,) = found.results.bindings
            assert row["label"].value == name
            paged = operation(client, "queries.ask_who_is").sync(client=calling, limit=3, offset=1)
            assert len(paged.results.bindings) == 3
            wrong = operation(client, "queries.ask_who_is").sync(client=calling, version="99")
            assert (wrong.status, wrong.title) == (404, "There is nothing of this name")
            searched = operation(client, "linked_data.search").sync(client=calling, q="Harran")
            assert name in {hit.label for hit in searched.results}
            listed = operation(client, "queries.list_queries").sync(client=calling)
            assert "Who is called so?" in {query.question for query in listed.queries}
