"""A page in headless Chromium: real clicks, keys and prints, no message of an error, and axe-core's rules.

The page is that of the sample country, as `localities run --sample` makes it; ``LOCALITIES_PAGES`` names a folder of
other pages, ``CHROMIUM`` another browser.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

A_PAGE = 100
SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}


@pytest.fixture(scope="session")
def pages(tmp_path_factory) -> list[Path]:
    folder = os.environ.get("LOCALITIES_PAGES")
    if not folder:
        home = tmp_path_factory.mktemp("home")
        command = [sys.executable, "-m", "pipelines.cli", "run", "--sample", "--quiet", "--home", str(home)]
        subprocess.run(command, check=True)
        folder = str(next(home.rglob("publications")))
    found = sorted(Path(folder).glob("*.html"))
    assert found
    return found


@pytest.fixture(scope="session")
def chromium():
    from playwright.sync_api import sync_playwright

    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    assert program, "no Chromium here: install one, or name it in CHROMIUM"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(params=SIZES)
def opened(request, chromium, pages):
    """Return a function that opens a page; afterwards none may have said that something went wrong, or asked for it."""
    said: list[str] = []
    made = []

    def open_page(page: Path, address: str = ""):
        tab = chromium.new_page(viewport=SIZES[request.param], has_touch=request.param == "phone")
        tab.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.on("request", lambda asked: None if asked.url.startswith(("file:", "data:")) else said.append(asked.url))
        tab.goto(page.as_uri() + address)
        tab.wait_for_selector("html[data-ready]")
        made.append(tab)
        return tab

    yield open_page
    for tab in made:
        tab.close()
    assert said == []


NATIONAL = ("scotland", "fictional-country")


def of_a_partnership(pages: list[Path]) -> Path:
    return next(page for page in pages if page.stem not in NATIONAL)


def of_all(pages: list[Path]) -> Path:
    return next(page for page in pages if page.stem in NATIONAL)


def test_a_click_in_the_list_shows_why_and_the_address_brings_it_back(opened, pages):
    tab = opened(of_a_partnership(pages))
    button = tab.locator("#rows button").first
    name = button.inner_text()
    button.click()
    assert tab.locator("#detail-title").inner_text() == name
    assert len(tab.locator("#why").inner_text()) > 40
    assert tab.locator("#figures tbody tr").count() > 3
    again = opened(of_a_partnership(pages), "#" + tab.url.partition("#")[2])
    assert again.locator("#detail-title").inner_text() == name


def test_a_click_on_the_map_chooses_the_place_under_it(opened, pages):
    tab = opened(of_a_partnership(pages))
    tab.locator("#rows button").first.click()
    name = tab.locator("#detail-title").inner_text()
    tab.locator("[data-zoom=place]").click()
    tab.wait_for_timeout(300)
    tab.locator("#rows button").nth(1).click()
    assert tab.locator("#detail-title").inner_text() != name
    # the place that the map stands on is in its middle, or at least reaches within a few steps of it
    box = tab.locator("#map").bounding_box()
    for dx, dy in ((0, 0), (20, 0), (-20, 0), (0, 20), (0, -20), (40, 40), (-40, -40)):
        tab.locator("#map").click(position={"x": box["width"] / 2 + dx, "y": box["height"] / 2 + dy})
        if tab.locator("#detail-title").inner_text() == name:
            break
    assert tab.locator("#detail-title").inner_text() == name


def test_search_by_name_and_by_data_zone_finds_and_says_so(opened, pages):
    tab = opened(of_a_partnership(pages))
    wanted = tab.locator("#rows button").nth(1).inner_text()
    tab.locator("#find").fill(wanted[:6])
    assert "found" in tab.locator("#found-count").inner_text()
    tab.locator("#find").fill(wanted)
    tab.keyboard.press("Enter")
    assert tab.locator("#detail-title").inner_text() == wanted
    zone = content_of(tab)["zones"]["code"][0]
    tab.locator("#find").fill(zone)
    tab.keyboard.press("Enter")
    assert zone in tab.url


def test_search_by_postcode(opened, pages):
    tab = opened(of_a_partnership(pages))
    known = tab.evaluate(
        "Object.entries(JSON.parse(document.getElementById('content').textContent).postcodes || {})[0]"
    )
    if not known:
        pytest.skip("this run had no file of postcodes")
    sector, units = known
    tab.locator("#find").fill(f"{sector}{units[:2]}".lower())
    tab.keyboard.press("Enter")
    zone = content_of(tab)["zones"]["code"][int(units[2:5], 36)]
    assert zone in tab.url


def test_the_keyboard_alone_reaches_a_place(opened, pages):
    tab = opened(of_a_partnership(pages))
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    for _ in range(12):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.dataset.place !== undefined"):
            break
    name = tab.evaluate("document.activeElement.textContent")
    tab.keyboard.press("Enter")
    assert tab.locator("#detail-title").inner_text() == name
    assert tab.evaluate("document.activeElement.textContent") == name


def test_another_drawing_and_an_indicator_change_map_legend_and_list_together(opened, pages):
    tab = opened(of_a_partnership(pages))
    last = tab.locator("#drawing option").last.get_attribute("value")
    tab.select_option("#drawing", last)
    tab.select_option("#colour", "0")
    tab.select_option("#against", "cpp")
    assert "elsewhere in" in tab.locator("#map-title").inner_text()
    assert tab.locator("#legend li").count() >= 5
    assert f"d={last}" in tab.url
    assert "c=0" in tab.url
    assert tab.locator("#map svg path").count() > 1


def content_of(tab) -> dict:
    return tab.evaluate("JSON.parse(document.getElementById('content').textContent)")


def test_zones_by_an_indicator_show_its_figures_and_apart_what_is_not_there(opened, pages):
    tab = opened(of_a_partnership(pages))
    content = content_of(tab)
    number, name = next(
        (n, one["indicator_id"]) for n, one in enumerate(content["indicators"]) if one["poorer_is"] == "higher"
    )
    tab.select_option("#colour", str(number))
    tab.select_option("#by", "zone")
    figures = content["zone_figures"][name]
    known = [(value, zone) for zone, value in enumerate(figures["values"]) if value is not None]
    assert tab.locator("#rows tr").count() == min(A_PAGE, len(figures["values"]))
    # poorest first, with its figure in words
    worst = max(value for value, _ in known)
    first = tab.locator("#rows button").first.inner_text()
    assert first in {content["zones"]["name"][zone] for value, zone in known if value == worst}
    legend = tab.locator("#legend li").all_inner_texts()
    for sign, words in (("s", "Hidden by the publisher"), ("n", "Does not apply"), ("m", "Missing")):
        (line,) = [one for one in legend if words in one]
        assert line.endswith(f": {figures['classes'].count(sign):,}")
    tab.locator("#rows button").first.click()
    assert tab.evaluate("document.activeElement.textContent") == first
    assert "b=zone" in tab.url
    again = opened(of_a_partnership(pages), "#" + tab.url.partition("#")[2])
    assert again.locator("#rows button").first.inner_text() == first


def test_hot_spots_are_outlined_and_told_with_both_answers(opened, pages):
    tab = opened(of_a_partnership(pages))
    spots = content_of(tab)["hot_spots"]
    tab.locator("#hot summary").click()
    if not spots:
        assert "No clear hot spot" in tab.locator("#hot").inner_text()
        return
    assert tab.locator("#hot li").count() == len(spots)
    for words in ("Beyond chance", "Beyond this area's own inequality"):
        assert words in tab.locator("#hot li").first.inner_text()
    before = tab.locator("#map svg path").count()
    tab.locator("#hot li button").first.click()
    tab.wait_for_timeout(300)
    assert tab.locator("#spots").is_checked()
    # two lines and a mark for each
    assert tab.locator("#map svg path").count() > before
    assert "h=1" in tab.url


def test_nothing_is_wider_than_the_screen(opened, pages):
    tab = opened(of_a_partnership(pages))
    tab.select_option("#colour", "0")
    tab.select_option("#by", "zone")
    tab.locator("#rows button").first.click()
    tab.locator("#hot summary").click()
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("by", ["place", "zone"])
@pytest.mark.parametrize("national", [False, True])
def test_axe_finds_nothing_with_list_and_detail_open(opened, pages, national, by):
    from axe_core_python.sync_playwright import Axe

    tab = opened(of_all(pages) if national else of_a_partnership(pages))
    if by == "zone":
        tab.select_option("#colour", "0")
        tab.select_option("#by", "zone")
        tab.locator("#hot summary").click()
    tab.locator("#rows button").first.click()
    tab.wait_for_timeout(500)
    found = Axe().run(tab)
    assert [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found["violations"]] == []


def test_a_long_list_comes_in_pages_opens_on_the_chosen_row_and_is_printed_whole(opened, pages):
    tab = opened(of_all(pages))
    tab.select_option("#colour", "need")
    number = len(content_of(tab)["zones"]["code"])
    if number <= A_PAGE:
        pytest.skip("this country has no long list")
    assert tab.locator("#page-shown").inner_text() == f"Rows 1 to {A_PAGE} of {number:,}"
    assert tab.locator("#earlier").is_disabled()
    tab.locator("#further").focus()
    tab.keyboard.press("Enter")
    # the keyboard is at the rows, and goes on to the first of this page
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.closest('tr').cells[0].textContent") == f"{A_PAGE + 1}"
    tab.keyboard.press("Enter")
    assert tab.locator("#page-shown").inner_text().startswith(f"Rows {A_PAGE + 1} to")
    again = opened(of_all(pages), "#" + tab.url.partition("#")[2])
    assert again.locator("#page-shown").inner_text() == tab.locator("#page-shown").inner_text()
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert tab.locator("#rows tr").count() == number
    tab.evaluate("dispatchEvent(new Event('afterprint'))")
    assert tab.locator("#rows tr").count() <= A_PAGE


def test_it_prints_map_list_and_reason(opened, pages, tmp_path):
    tab = opened(of_a_partnership(pages))
    tab.locator("#rows button").first.click()
    tab.emulate_media(media="print")
    assert tab.locator("#map").is_visible()
    assert tab.locator("#why").is_visible()
    assert tab.locator("#rows").is_visible()
    assert not tab.locator("#controls").is_visible()


def test_the_first_paint_comes_within_two_seconds(opened, pages):
    for page in pages:
        tab = opened(page)
        (first,) = tab.evaluate("performance.getEntriesByName('first-contentful-paint').map(one => one.startTime)")
        assert first < 2_000, page
