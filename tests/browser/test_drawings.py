"""Drawings in a browser: enlarged and moved by button, key and mouse, and links that still lead."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import PHONE, Visit

Shot = Callable[[Page, str], None]


def box(page: Page) -> list[float]:
    words = page.locator("svg.drawing").first.get_attribute("viewBox") or ""
    return [float(number) for number in words.split()]


def test_a_drawing_is_enlarged_moved_and_followed(visit: Visit, shot: Shot) -> None:
    page = visit("/timeline")
    whole = box(page)
    page.get_by_role("button", name="Enlarge").click()
    enlarged = box(page)
    assert enlarged[2] < whole[2]
    page.locator("[data-drawing]").focus()
    page.keyboard.press("ArrowRight")
    assert box(page)[0] > enlarged[0]
    page.keyboard.press("+")
    assert box(page)[2] < enlarged[2]
    drawing = page.locator("svg.drawing")
    drawing.scroll_into_view_if_needed()
    area = drawing.bounding_box()
    assert area
    before = box(page)
    x, y = area["x"] + area["width"] / 2, area["y"] + area["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 60, y - 30, steps=4)
    page.mouse.up()
    assert "/timeline" in page.url
    assert box(page)[0] > before[0]
    shot(page, "timeline-enlarged")
    page.get_by_role("button", name="Show the whole drawing").click()
    assert box(page) == whole
    page.locator("svg.drawing a text").first.click()
    expect(page).to_have_url(re.compile("/page/"))


@pytest.mark.parametrize("name", ["timeline", "map", "network"])
def test_a_drawing_scrolls_inside_a_phones_page(visit: Visit, shot: Shot, name: str) -> None:
    page = visit(f"/{name}", viewport=PHONE)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"]
    page.locator("[data-drawing]").scroll_into_view_if_needed()
    shot(page, f"{name}-phone")
