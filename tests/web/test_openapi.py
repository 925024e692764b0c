"""The OpenAPI description: valid, complete, and true to what the server answers."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV31SpecValidator

from parley.files import Dataset
from parley.parameters import read_parameter
from parley.queries import load
from parley.rdf import Namespaces
from parley.web.openapi import schema


@pytest.fixture(scope="module")
def document(client: FlaskClient) -> Any:
    return client.get("/openapi.json").json


def test_the_description_is_valid(document: Any) -> None:
    assert document["openapi"].startswith("3.1.")
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_every_saved_query_is_an_operation_with_its_parameters(
    document: Any, dataset: Dataset
) -> None:
    saved = load(dataset.queries(), dataset.names)
    assert len(saved) > 20
    for name, query in saved.items():
        operation = document["paths"][f"/queries/{name}"]["get"]
        own = [entry["name"] for entry in operation["parameters"] if "name" in entry]
        assert own == [parameter.name for parameter in query.parameters]
        assert operation["summary"] == query.question


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ("_a_number", {"type": "number"}),
        ("_a_integer", {"type": "integer"}),
        ("_a_positiveInteger", {"type": "integer", "minimum": 1}),
        ("_a_date", {"type": "string", "format": "date"}),
        ("_a_boolean", {"type": "boolean"}),
        ("_a_iri", {"type": "string"}),
        ("__a_en", {"type": "string"}),
    ],
)
def test_a_parameter_has_a_type(variable: str, expected: dict[str, Any]) -> None:
    parameter = read_parameter(variable, {})
    assert parameter
    assert schema(parameter) == expected


def test_every_path_without_parts_answers_as_described(document: Any, client: FlaskClient) -> None:
    paths = [path for path, item in document["paths"].items() if "{" not in path and "get" in item]
    assert len(paths) > 50
    for path in paths:
        operation = document["paths"][path]["get"]
        inputs = operation.get("parameters", ())
        needed = {p["name"]: p["example"] for p in inputs if p.get("required")}
        response = client.get(path, query_string=needed, buffered=True)
        described = operation["responses"].get(str(response.status_code))
        assert described, f"{path}: {response.status_code} is not described"
        kinds = resolved(document, described).get("content")
        assert kinds is None or response.mimetype in kinds, path


def test_the_catalogue_comes_as_json(client: FlaskClient, dataset: Dataset) -> None:
    asked = client.get("/queries", headers={"Accept": "application/json"})
    assert asked.mimetype == "application/json"
    assert asked.json == client.get("/queries.json").json == client.get("/queries").json
    listed = {query["name"]: query for query in asked.json["queries"]}
    assert set(listed) == set(load(dataset.queries(), Namespaces()))
    source = listed["said-by"]["parameters"][0]
    assert (source["name"], source["required"], source["kind"]) == ("source", True, "iri")
    assert client.get(listed["said-by"]["address"] + ".json").status_code == 200


def resolved(document: Any, node: Any) -> Any:
    while "$ref" in node:
        found = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node
