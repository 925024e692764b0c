"""Every kind of page in a real browser: accessible, no wider than a phone, usable by keyboard."""

from __future__ import annotations

import json
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page
from tests.browser.conftest import DESK, PHONE, WAITING, Visit

READ = [
    "/",
    "/queries",
    "/queries/contradictions",
    "/queries/meetings",
    "/queries/timeline",
    "/queries/map",
    "/queries/network",
    "/queries/claim-counts",
    "/contradictions",
    "/claims?stance=denies&q=presence",
    "/search?q=Ansarullah",
    "/articles",
    "/articles/siga-2024-02",
    "/page/ansorullah-tajikistan",
    "/page/afghan-taliban",
    "/claims/claim-siga-2024-02-003-1",
    "/ontology",
    "/vocab/stance",
    "/fragments/quads?subject=id:afghan-taliban",
    "/history",
    "/history/2",
    "/void",
    "/dumps",
    "/sparql",
    "/sparql?query=SELECT%20*%20%7B%20%3Fs%20a%20%3Fkind%20%7D%20LIMIT%205",
    "/sparql?query=SELECT%20%7B",
    "/login",
    "/problems/stale",
    "/nothing",
]
WRITTEN = [
    "/edit",
    "/review",
    f"/edit/claims/{WAITING}",
    "/edit/things/afghan-taliban",
    "/queries/new",
]
SEEN = ["color-contrast", "link-in-text-block"]  # rules that look at each letter's colours
RUN = """options => axe.run({resultTypes: ["violations"], ...options})
  .then(found => found.violations
  .filter(each => ["serious", "critical"].includes(each.impact))
  .map(each => [each.id, each.help, each.nodes.map(node => node.html.slice(0, 200)
    + " " + node.any.concat(node.all).map(check => check.message).join("; "))]))"""


# Takes away what looks like three others before it: same tag, class and style, in the same place,
# with the same inside. Returns the kinds of elements before and after.
THIN = """() => {
  const kind = each => ["class", "style"].map(name => each.getAttribute(name)) + each.tagName;
  const kinds = all => [...new Set([...all.querySelectorAll("*")].map(kind))].sort().join(" ");
  const seen = {}, before = kinds(document.body);
  const thin = (parent, place) => {
    for (const each of [...parent.children]) {
      if (each.isContentEditable) continue;
      const here = `${place} > ${kind(each)}`, like = `${here} (${kinds(each)})`;
      seen[like] = (seen[like] ?? 0) + 1;
      if (seen[like] > 3) each.remove(); else thin(each, here);
    }
  };
  thin(document.body, "");
  return [before, kinds(document.body)];
}"""


def findings(page: Page, **options: Any) -> list[Any]:
    """What axe finds serious or critical in a page; `options` are those of `axe.run`."""
    found: list[Any] = page.evaluate(RUN, options)
    return found


def overflow(page: Page) -> list[str]:
    """What sticks out of the page, when the page scrolls sideways."""
    found: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
        [...document.querySelectorAll("body *")]
          .filter(each => each.getBoundingClientRect().right > innerWidth + 1)
          .map(each => each.outerHTML.slice(0, 120)).slice(0, 5)"""
    )
    return found


@pytest.mark.parametrize("path", READ)
def test_a_page_can_be_used_by_everybody(visit: Visit, path: str) -> None:
    look(visit, path)


@pytest.mark.parametrize("path", WRITTEN)
def test_a_form_can_be_used_by_everybody(visit: Visit, session: Any, path: str) -> None:
    look(visit, path, storage_state=session)


def look(visit: Visit, path: str, **options: Any) -> None:
    page = visit(path, viewport=PHONE, color_scheme="light", bypass_csp=True, **options)
    page.evaluate(AXE_SCRIPT)
    found = {
        "light, phone": findings(page, rules={rule: {"enabled": False} for rule in SEEN}),
        "wider than a phone": overflow(page),
    }
    before, after = page.evaluate(THIN)
    assert before == after
    found["colours, light, phone"] = findings(page, runOnly=SEEN)
    page.set_viewport_size(DESK)
    page.emulate_media(color_scheme="dark")
    found["colours, dark, desk"] = findings(page, runOnly=SEEN)
    assert not any(found.values()), json.dumps(found, indent=1)


@pytest.mark.parametrize("path", ["/", "/page/afghan-taliban", "/queries/meetings", "/history"])
def test_print_has_the_text_and_nothing_to_press(visit: Visit, path: str) -> None:
    page = visit(path)
    page.emulate_media(media="print", color_scheme="dark")
    for away in page.locator("nav, form, button:not(.sort), .skip").all():
        assert not away.is_visible(), away.inner_text()
    assert page.locator("h1").is_visible()
    assert all(head.is_visible() for head in page.locator("th .sort").all()), "no heads of columns"
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == "rgb(255, 255, 255)", "a dark page wastes ink"


@pytest.mark.parametrize(
    "path",
    ["/", "/page/military-base-201", "/queries/happened-by", "/contradictions", "/claims?limit=3"],
)
def test_the_keyboard_reaches_everything_and_shows_where_it_is(visit: Visit, path: str) -> None:
    page = visit(path, viewport=DESK)
    wanted = page.evaluate(COUNT_STOPS)
    assert wanted > 8
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    stops = 1
    while stops < 2 * wanted + 20:
        assert page.evaluate(IS_SHOWN), page.evaluate("document.activeElement.outerHTML")
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        stops += 1
    assert stops >= wanted
    assert page.evaluate("document.activeElement === document.body"), "the focus is caught"


COUNT_STOPS = """() => [...document.querySelectorAll(
  "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")]
  .filter(each => each.checkVisibility({visibilityProperty: true}) && each.tabIndex >= 0).length"""
IS_SHOWN = """() => { const now = document.activeElement, box = now.getBoundingClientRect();
  const style = getComputedStyle(now);
  return box.width > 0 && box.right > 0 && box.bottom > 0 && box.top < innerHeight
    && (parseFloat(style.outlineWidth) > 0 && style.outlineStyle !== "none"
        || style.boxShadow !== "none"); }"""
