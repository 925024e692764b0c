"""What the tests of the model share."""

from pathlib import Path

import pytest

from parley.model.derivation import Rule, read_rules
from parley.rdf import Namespaces

RULES = Path(__file__).parents[2] / "ontology/rules"


@pytest.fixture
def names() -> Namespaces:
    return Namespaces()


@pytest.fixture(scope="session")
def rules() -> tuple[Rule, ...]:
    return read_rules(RULES.glob("*.rq"))
