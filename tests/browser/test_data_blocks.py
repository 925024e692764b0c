"""What search engines read is there in a browser, and the policy of pages lets it be."""

import json

import pytest
from tests.browser.conftest import Visit


@pytest.mark.parametrize(("path", "kind"), [("/", "Dataset"), ("/page/afghanistan", "Country")])
def test_the_policy_of_a_page_lets_schema_org_be(visit: Visit, path: str, kind: str) -> None:
    page = visit(path)  # complaints in the console make `visit` fail
    told = json.loads(page.locator('script[type="application/ld+json"]').text_content() or "")
    assert kind in str(told["@type"])
