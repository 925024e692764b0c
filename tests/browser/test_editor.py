"""The editor in a browser: write with completion, see an error, mend it, run, take it along."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Locator, Page, expect
from tests.browser.conftest import PHONE, Visit

from parley.web.bundles import addresses

Shot = Callable[[Page, str], None]
PREFIX = "PREFIX parley: <https://w3id.org/parley/ontology#>\n"


@pytest.fixture(autouse=True)
def _bundled() -> None:
    assert addresses(), "the scripts are not bundled: install again with network access"


def text_of(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Query", exact=True)


def write(page: Page, words: str) -> None:
    """Replaces the query by words that are typed all at once."""
    text_of(page).click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(words)


def query(page: Page) -> str:
    return "\n".join(text_of(page).locator(".cm-line").all_inner_texts()).replace("\xa0", " ")


def test_write_err_mend_run_and_take_along(visit: Visit, shot: Shot) -> None:
    page = visit("/sparql", accept_downloads=True)
    write(page, "SELECT ?group ?name WHERE {\n  ?group a ")
    page.keyboard.type("ArmedGr")
    offered = page.get_by_role("option", name=re.compile("parley:ArmedGroup.*armed group"))
    expect(offered).to_be_visible()
    shot(page, "editor-completion")
    page.keyboard.press("Enter")
    expect(text_of(page)).to_contain_text("?group a parley:ArmedGroup")
    expect(text_of(page)).to_contain_text("PREFIX parley: <https://w3id.org/parley/ontology#>")

    page.keyboard.insert_text(" ;\n skos:prefLabl ?name .\n}")
    expect(page.locator("#desk-text .cm-lintRange-error")).to_have_text("skos:prefLabl")
    mark = page.locator("#desk-text .cm-lint-marker-error")
    expect(mark).to_be_visible()
    mark.hover()
    tip = page.locator(".cm-tooltip-lint")
    expect(tip).to_contain_text("the prefix 'skos:' is not declared")
    expect(tip).to_contain_text(re.compile(r"Line \d+, column \d+"))
    shot(page, "editor-error")

    write(
        page, query(page).replace("skos:prefLabl", "<http://www.w3.org/2000/01/rdf-schema#label>")
    )
    expect(mark).to_have_count(0)
    page.keyboard.press("Control+Enter")
    rows = page.locator("#answer tbody tr")
    expect(rows.filter(has_text="id:afghan-taliban")).not_to_have_count(0)
    said = page.get_by_role("status")
    expect(said).to_contain_text(re.compile(r"^\d+ rows, version \d+, \d+\.\d s$"))
    shot(page, "editor-answer")

    page.get_by_role("button", name="name", exact=True).click()
    names = [
        " ".join(n.split()) for n in page.locator("#answer tbody td:nth-child(2)").all_inner_texts()
    ]
    expect(page.locator("#answer th[aria-sort=ascending]")).to_have_text("name")
    assert names == sorted(names, key=str.casefold)

    with page.expect_download() as download:
        page.get_by_role("button", name="csv").click()
    with open(download.value.path(), encoding="utf-8", newline="") as file:
        table = list(csv.reader(file))
    assert table[0] == ["group", "name"]
    assert len(table) - 1 == rows.count()


def test_a_thing_is_found_by_its_name_however_it_is_spelt(visit: Visit, shot: Shot) -> None:
    page = visit("/sparql")
    write(page, "SELECT * {\n ")
    page.keyboard.type('"Ansarulah')
    offered = page.get_by_role("option", name=re.compile("^Ansorullah Tajikistan *id:"))
    expect(offered).to_be_visible()
    shot(page, "editor-name")
    offered.click()
    page.keyboard.insert_text(" ?p ?o }")
    expect(text_of(page)).to_contain_text("id:ansorullah-tajikistan ?p ?o }")
    page.keyboard.press("Control+/")
    expect(text_of(page).locator(".cm-line").last).to_contain_text("# id:ansorullah-tajikistan")
    page.keyboard.press("Control+/")
    text_of(page).locator(".cm-line").last.hover(position={"x": 80, "y": 8})
    expect(page.locator(".cm-tooltip .explained")).to_contain_text("jihadist group")
    expect(text_of(page)).to_contain_text("PREFIX id: <https://w3id.org/parley/id/>")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#answer")).to_contain_text("Ansorullah Tajikistan")


def test_an_answer_is_drawn_in_the_page(visit: Visit, shot: Shot) -> None:
    page = visit("/sparql")
    write(page, "SELECT ?label ?count { VALUES (?label ?count) { ('one' 1) ('two' 2) } }")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="bar").click()
    drawing = page.locator("#answer figure svg")
    expect(drawing).to_contain_text("two")
    shot(page, "editor-drawing")


def test_an_error_at_run_time_is_told_and_the_query_stays(visit: Visit) -> None:
    page = visit("/sparql")
    write(page, "SELECT * {\n ?s ?p }")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#answer [role=alert]")).to_contain_text("not valid SPARQL")
    expect(page.locator("#desk-text .cm-lint-marker-error")).to_be_visible()
    expect(text_of(page)).to_contain_text("?s ?p }")


def test_nothing_found_says_why(visit: Visit, shot: Shot) -> None:
    page = visit("/sparql")
    write(page, PREFIX + "SELECT * {\n ?s a parley:ArmedGrop }")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#answer .why")).to_contain_text("did you mean parley:ArmedGroup?")
    shot(page, "editor-nothing")


def test_a_long_query_can_be_stopped(visit: Visit) -> None:
    page = visit("/sparql")
    many = " ".join(f"?a{n} ?b{n} ?c{n} ." for n in range(6))
    write(page, f"SELECT (COUNT(*) AS ?n) {{ {many} }}")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("status")).to_contain_text("Stopped after")
    write(page, "ASK {}")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#answer")).to_contain_text("Yes")


def test_queries_history_and_links_are_kept(visit: Visit) -> None:
    page = visit("/sparql")
    write(page, "# First\nASK {}")
    page.get_by_role("button", name="New query").click()
    write(page, "# Second\nASK { ?s ?p ?o }")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#answer")).to_contain_text("Yes")
    page.reload()
    expect(page.get_by_role("tab")).to_have_text(["First", "Second"])
    expect(page.get_by_role("tab", selected=True)).to_have_text("Second")
    page.get_by_role("tab", selected=True).press("ArrowLeft")
    expect(text_of(page)).to_contain_text("# First")
    page.get_by_text("Asked before").click()
    expect(page.get_by_role("button", name="# Second ASK")).to_be_visible()
    page.get_by_text("Saved questions").click()
    page.get_by_role("button", name="Where do claims contradict each other?").click()
    expect(page.get_by_role("tab", selected=True)).to_have_text(
        "Where do claims contradict each other?"
    )
    page.get_by_role("button", name="Link to this query").click()
    link = page.get_by_role("textbox", name="Link to this query").input_value()
    page.goto(link)
    expect(page.locator("#answer caption")).to_contain_text("row")


def test_a_link_from_elsewhere_is_only_text(visit: Visit) -> None:
    hostile = "# <img src=x onerror=alert(1)>\nSELECT ('<b>x</b>' AS ?x) {}"
    page = visit(f"/sparql?query={quote(hostile)}")
    expect(page.get_by_role("tab", selected=True)).to_have_text("<img src=x onerror=alert(1)>")
    expect(page.locator("#answer td")).to_have_text("<b>x</b>")
    assert page.locator("main img, main b").count() == 0


def test_a_curator_saves_what_is_in_the_editor(visit: Visit, session: Any) -> None:
    page = visit("/sparql", storage_state=session)
    write(page, "# Mine\nASK {}")
    page.get_by_role("button", name="Save this query").click()
    page.wait_for_url("**/queries/new?*")
    expect(page.get_by_label("Query", exact=True)).to_have_value("# Mine\nASK {}")
    page = visit("/sparql")
    expect(page.get_by_role("button", name="Save this query")).to_have_count(0)


def test_the_keyboard_leaves_the_editor(visit: Visit) -> None:
    page = visit("/sparql")
    text_of(page).click()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Run")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_editor_is_accessible_on_a_phone(visit: Visit, shot: Shot, scheme: str) -> None:
    text = quote(PREFIX + "SELECT * { ?s a parley:ArmedGroup } LIMIT 3")
    page = visit(f"/sparql?query={text}", viewport=PHONE, color_scheme=scheme, bypass_csp=True)
    expect(text_of(page)).to_be_visible()
    shot(page, f"editor-phone-{scheme}")
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("axe.run()")["violations"]
    serious = [f for f in found if f["impact"] in {"serious", "critical"}]
    assert [(f["id"], [n["html"] for n in f["nodes"]]) for f in serious] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_without_script_the_form_answers(visit: Visit) -> None:
    page = visit("/sparql", java_script_enabled=False)
    page.get_by_label("Query").fill(PREFIX + "SELECT * { ?s a parley:ArmedGroup }")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("#answer tbody")).to_contain_text("id:afghan-taliban")
