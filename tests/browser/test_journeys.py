"""What a researcher comes for, from the first page to the quote; with scripts and without.

The journey through the editor (write with completion, err, mend, download) is in test_editor.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import PHONE, WAITING, Visit

Shot = Callable[[Page, str], None]
HOSTILE = "\"} ; DROP ALL # <script>window.taken=1</script> ' OR 1=1"
with_and_without_scripts = pytest.mark.parametrize(
    "scripts", [True, False], ids=["scripts", "no scripts"]
)


def statements(page: Page) -> str:
    """How many statements the dataset has, as the foot of every page says."""
    found = re.search(r"[\d,]+ statements", page.locator("footer").inner_text())
    assert found
    return found[0]


@with_and_without_scripts
def test_who_denies_ansorullahs_presence(visit: Visit, shot: Shot, scripts: bool) -> None:
    page = visit("/", java_script_enabled=scripts, viewport=PHONE)
    shot(page, "home")
    page.locator("input[name=q]").fill("Ansarullah")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?q=Ansarullah"))
    shot(page, "search")
    page.get_by_role("link", name="members of Ansorullah Tajikistan", exact=True).click()
    contested = page.locator(".status.contested li", has_text="Afghanistan").first
    denial, other = contested.locator(".claim.denies").first, contested.locator(".claim.affirms")
    expect(denial).to_contain_text("Afghan Taliban")
    expect(denial.locator("blockquote").first).to_contain_text("officially deny the presence")
    expect(other.locator("blockquote").first).to_be_visible()
    shot(page, "contested")

    denial.get_by_role("link", name="claim", exact=True).click()
    expect(page.locator("figure mark").first).to_contain_text("deny the presence")
    expect(page.locator("dl.facets")).to_contain_text("official")
    shot(page, "claim")


def test_names_are_offered_while_one_types(visit: Visit) -> None:
    page = visit("/claims")
    page.get_by_label("Search names and quotes").press_sequentially("ansarulah ta")
    offered = page.get_by_role("option", name=re.compile("^Ansorullah Tajikistan"))
    expect(offered).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/page/ansorullah-tajikistan$"))
    page.goto("/network")
    page.get_by_text("Narrow the answer").click()
    page.locator("#p-thing").press_sequentially("ansarulah ta")
    offered.click()
    expect(page.locator("#p-thing")).to_have_value("id:ansorullah-tajikistan")


@with_and_without_scripts
def test_list_the_meetings_draw_them_and_cite(visit: Visit, shot: Shot, scripts: bool) -> None:
    page = visit("/queries", java_script_enabled=scripts)
    shot(page, "questions")
    page.get_by_role("link", name="Who met whom, where and when?").click()
    meeting = page.locator("table tbody tr").first.locator("td").first.inner_text()
    page.go_back()
    page.get_by_role("link", name="What happened when, and how exactly is that known?").click()
    drawing, rows = page.locator("figure svg.drawing"), page.locator("table tbody tr")
    expect(drawing).to_contain_text(meeting)
    listed = rows.count()
    assert listed > 10, "who cannot see the drawing has its table"
    page.get_by_role("link", name="table", exact=True).click()
    expect(drawing).to_have_count(0)
    assert rows.count() == listed
    page.get_by_role("link", name="timeline", exact=True).click()
    shot(page, "timeline")

    page.get_by_text("Cite this answer").click()
    link = page.get_by_role("link", name="permalink").get_attribute("href") or ""
    assert parse_qs(urlsplit(link).query) == {"view": ["timeline"], "version": ["2"]}
    expect(page.locator("details pre").first).to_contain_text("@misc{")
    shot(page, "cite")
    page.goto(link)
    expect(page.locator("figure svg.drawing")).to_be_visible()
    assert rows.count() == listed


@with_and_without_scripts
def test_from_a_group_to_its_base_on_the_map(visit: Visit, shot: Shot, scripts: bool) -> None:
    page = visit("/page/russian-ground-forces", java_script_enabled=scripts)
    page.get_by_role("link", name="201st Military Base").first.click()
    expect(page.locator("h1")).to_have_text("201st Military Base")
    shot(page, "base")
    page.goto("/queries/map")
    world = page.locator("figure svg.drawing")
    expect(world).to_be_visible()
    expect(world).to_contain_text("Dushanbe")
    expect(page.locator("figure.view")).to_contain_text("201st Military Base")  # beside the map
    shot(page, "map")


@with_and_without_scripts
def test_a_hostile_value_in_a_form_is_a_text(visit: Visit, shot: Shot, scripts: bool) -> None:
    page = visit("/queries/timeline", java_script_enabled=scripts)
    before = statements(page)
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
    page.get_by_text("Narrow the answer").click()
    page.get_by_label("from").fill(HOSTILE)
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_label("from")).to_have_value(HOSTILE)
    expect(page.get_by_role("alert")).to_contain_text("date")
    shot(page, "hostile-date")

    page.goto(f"/queries/timeline?{urlencode({'status': HOSTILE})}")
    expect(page.get_by_label("status")).to_have_value(HOSTILE)
    expect(page.get_by_role("alert")).to_contain_text("is not offered")
    page.goto(f"/search?{urlencode({'q': HOSTILE})}")
    expect(page.get_by_label("Names, other spellings")).to_have_value(HOSTILE)
    shot(page, "hostile-search")
    assert page.evaluate("window.taken") is None
    assert page.locator("main script").count() == 0
    assert statements(page) == before


def test_a_curator_edits_and_accepts_without_scripts(
    visit: Visit, session: Any, shot: Shot
) -> None:
    page = visit("/review", java_script_enabled=False, storage_state=session, viewport=PHONE)
    waiting = page.locator(f"#{WAITING}")
    expect(waiting.locator("blockquote").first).not_to_be_empty()
    shot(page, "review")
    waiting.get_by_role("link", name="edit", exact=True).click()
    expect(page.locator("main form").first).to_be_visible()
    shot(page, "edit")
    page.go_back()
    waiting.get_by_role("button", name=re.compile("^Accept")).click()
    expect(page.get_by_role("status")).to_contain_text("Done, version 3")
    expect(page.locator(f"#{WAITING}")).to_have_count(0)
