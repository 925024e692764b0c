"""`python -m bench.described ADDRESS`: does a server answer as its OpenAPI description says?

Schemathesis makes requests up from `/openapi.json`, those a client may send and those it may not;
only reads are asked. One line an operation: how many requests, and which answers were not as
described. Exits 1 when there were any.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

_CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]


@dataclass(frozen=True)
class Asked:
    """An operation, how many requests were made of it, and what was wrong with the answers."""

    operation: str
    requests: int
    wrong: str


def ask(schema: schemathesis.BaseSchema, examples: int) -> Iterator[Asked]:
    """Asks every operation of a description that reads, up to `examples` times each."""
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.method.upper() == "GET":
            yield _ask(operation, examples)


def _ask(operation: schemathesis.APIOperation, examples: int) -> Asked:
    requests = 0

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def run(case: schemathesis.Case) -> None:
        nonlocal requests
        requests += 1
        case.call_and_validate(checks=_CHECKS)

    try:
        run()
    except FailureGroup as group:
        wrong = "; ".join(str(error) for error in group.exceptions)
        return Asked(operation.label, requests, wrong)
    return Asked(operation.label, requests, "")


def main() -> int:
    """Asks a running server."""
    parser = argparse.ArgumentParser(prog="python -m bench.described", description=__doc__)
    parser.add_argument("address", help="of the server, such as http://127.0.0.1:8000")
    parser.add_argument("--examples", type=int, default=50, help="requests an operation")
    arguments = parser.parse_args()
    schema = schemathesis.openapi.from_url(f"{arguments.address}/openapi.json")
    wrong = 0
    for asked in ask(schema, arguments.examples):
        print(f"{asked.requests:6} {asked.operation}  {asked.wrong or 'as described'}", flush=True)
        wrong += bool(asked.wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
