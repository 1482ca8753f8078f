"""Every page in a real browser: reading, playing, printing, and asking the network for nothing."""

import itertools
import os
import re
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).parent.parent
PAGES = ["index", *sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))]
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PROGRAM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
NARROW, MIDDLE, WIDE = 320, 768, 1280

pytestmark = pytest.mark.skipif(
    not PROGRAM,
    reason="no Chromium on this machine: the pages were not tried in a browser. Install it, or "
    "name the program in the environment variable CHROMIUM",
)


@pytest.fixture(scope="module")
def window():
    """Return a page for all tests, which takes less than one for each, and what it tells."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM)
        page, told = browser.new_context(offline=True).new_page(), []
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("requestfailed", lambda request: told.append(f"failed: {request.url[:80]}"))
        page.on("request", lambda request: told.append(request.url) if outgoing(request) else None)
        yield page, told
        browser.close()


@pytest.fixture
def opened(window, build):
    """Return a function that opens a page and fails on a message, an error or a request."""

    @contextmanager
    def open_page(name, width=WIDE, scheme="light"):
        page, told = window
        told.clear()
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, media="screen")
        page.goto((build / "reports" / f"{name}.html").as_uri(), wait_until="load")
        yield page
        assert told == []

    return open_page


def outgoing(request):
    return not request.url.startswith(("file:", "data:", "about:"))


def violations(page):
    """Return what axe finds, in a line each: rule, place, and what is wrong there."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary'][:300]}"
        for rule in found
        for node in rule["nodes"][:3]
    ]


def test_axe_is_at_work(opened):
    with opened("index") as page:
        page.evaluate("document.documentElement.removeAttribute('lang')")
        page.evaluate("document.querySelector('h1').style.color = '#ddd'")
        rules = {found.split(":")[0] for found in violations(page)}
    assert rules == {"html-has-lang", "color-contrast"}


UNFOLD = "document.querySelectorAll('details').forEach((fold) => fold.open = true)"
IDS = "[...document.querySelectorAll('[id]')].map((element) => element.id)"
# Rows and lines of lists that differ in nothing but their words look alike, and so do words of code
# of one kind: one
# of them is looked at. A cell without words is not like one that has some.
WITHOUT_WHAT_IS_ALIKE = """
const firsts = (elements, lookOf) => {
  const seen = new Set();
  for (const element of elements) {
    const look = lookOf(element);
    if (seen.has(look)) element.remove(); else seen.add(look);
  }
};
const words = />[^<]*[^<\\s][^<]*/g;
const names = / (id|href|title|aria-label)="[^"]+"/g;
const looks = (row) => row.outerHTML.replace(words, '>x').replace(names, '');
const lists = document.querySelectorAll('tbody, .downloads');
for (const list of lists) firsts([...list.children], looks);
firsts(document.querySelectorAll('code span'), (word) => word.className);
"""


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_wrong_wide_or_narrow_in_the_light_or_the_dark(opened, name):
    with opened(name) as page:
        ids = page.evaluate(IDS)
        assert len(ids) == len(set(ids))
        page.evaluate(UNFOLD)
        page.evaluate(WITHOUT_WHAT_IS_ALIKE)
        for width, scheme in itertools.product((WIDE, NARROW), ("light", "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            assert violations(page) == [], (width, scheme)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_three_widths_without_scrolling_sideways(opened, name, tmp_path):
    with opened(name) as page:
        for width in (WIDE, MIDDLE, NARROW):
            page.set_viewport_size({"width": width, "height": 900})
            picture = page.screenshot(path=tmp_path / f"{name}_{width}.png")
            assert len(picture) > 5_000
        page.evaluate(UNFOLD)
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW


@pytest.mark.parametrize("name", PAGES)
def test_a_page_follows_the_system_into_the_dark_and_onto_paper(opened, name):
    ground = "getComputedStyle(document.body).backgroundColor"
    with opened(name, scheme="light") as page:
        assert brightness(page.evaluate(ground)) > 200
        page.emulate_media(color_scheme="dark")
        assert brightness(page.evaluate(ground)) < 60
        page.emulate_media(color_scheme="light")
        assert page.pdf().startswith(b"%PDF-")
        page.emulate_media(media="print")
        shown = page.locator("button:not(.sort):visible, nav:visible, .controls:visible")
        assert shown.count() == 0
        assert page.locator("h1").is_visible()


def brightness(colour):
    return sum(int(part) for part in re.findall(r"\d+", colour)[:3]) / 3


@pytest.mark.parametrize("name", PAGES[1:])
def test_code_unfolds_and_folds_together_and_one_by_one(opened, name):
    with opened(name) as page:
        button, folds = page.locator("button.all-code"), page.locator("details.code")
        count, unfolded = folds.count(), page.locator("details.code[open]")
        assert count > 0
        expect(unfolded).to_have_count(0)
        button.press("Enter")
        expect(unfolded).to_have_count(count)
        expect(button).to_have_text("Hide all code")
        folds.first.locator("summary").press("Enter")
        expect(unfolded).to_have_count(count - 1)
        expect(button).to_have_text("Show all code")
        button.click()
        expect(button).to_have_text("Hide all code")
        button.click()
        expect(unfolded).to_have_count(0)


TABBED = "a[href], button, summary, input, select, .scroll"
NOTE_FOCUS = """
window.focused = new Map();
document.addEventListener('focusin', ({ target }) => {
  const { outlineStyle, outlineWidth } = getComputedStyle(target);
  focused.set(target, outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2);
});
"""
NOT_REACHED = """
(selector) => [...document.querySelectorAll(selector)]
  .filter((element) => element.checkVisibility() && !focused.get(element))
  .map((element) => element.outerHTML.slice(0, 80))
"""


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("index", {"A", "SUMMARY"}),
        ("05_effectiveness", {"A", "BUTTON", "SUMMARY", "DIV"}),
        ("07_reproduction", {"A", "BUTTON", "SUMMARY", "DIV", "INPUT", "SELECT"}),
    ],
)
def test_the_keyboard_reaches_everything_and_one_sees_where_it_is(opened, name, kinds):
    with opened(name) as page:
        page.evaluate(UNFOLD)
        page.evaluate(WITHOUT_WHAT_IS_ALIKE)
        page.evaluate(NOTE_FOCUS)
        for _ in range(page.locator(TABBED).count()):
            page.keyboard.press("Tab")
        assert page.evaluate(NOT_REACHED, TABBED) == []
        assert set(page.evaluate("[...focused.keys()].map((element) => element.tagName)")) >= kinds


def test_a_long_table_unfolds_by_keyboard_for_a_link_and_on_paper(opened):
    with opened("07_reproduction") as page:
        figure = page.locator("#table-7-4")
        rows, button = figure.locator("tbody tr"), figure.locator("button.unfold")
        whole = rows.count()
        shown = figure.locator("tbody tr:visible")
        assert shown.count() == 15 < whole
        page.emulate_media(media="print")
        assert shown.count() == whole
        page.emulate_media(media="screen")
        button.press("Enter")
        assert (shown.count(), button.get_attribute("aria-expanded")) == (whole, "true")
        button.press("Enter")
        assert shown.count() == 15
        rows.last.evaluate("row => { row.id = 'the-last'; location.hash = row.id; }")
        assert shown.count() == whole


@pytest.mark.parametrize("name", PAGES)
def test_a_page_stays_below_250_kilobytes(build, name):
    assert (build / "reports" / f"{name}.html").stat().st_size < 250_000


@pytest.fixture
def ledger(opened):
    with opened("07_reproduction") as page:
        figure = page.locator("figure.searchable").filter(has=page.locator("select")).first
        figure.locator("button.unfold").click()
        yield figure


def rows(figure):
    return figure.locator("tbody tr:visible")


def test_the_ledger_is_searched(ledger):
    whole = rows(ledger).count()
    ledger.get_by_label("Search").fill("alpha")
    assert 0 < rows(ledger).count() < whole
    assert all("alpha" in text.lower() for text in rows(ledger).all_text_contents())
    assert ledger.locator("output").text_content().startswith(f"{rows(ledger).count()} of ")
    ledger.get_by_label("Search").fill("there is no such row")
    assert rows(ledger).count() == 0


def test_the_ledger_is_filtered(ledger):
    for choice in ledger.locator("select").all():
        whole = rows(ledger).count()
        label = choice.locator("option").nth(1).text_content()
        choice.select_option(index=1)
        assert rows(ledger).count() == int(re.search(r"\((\d+)\)$", label)[1])
        choice.select_option(index=0)
        assert rows(ledger).count() == whole


def test_the_ledger_is_sorted(ledger):
    first = "tr => tr.cells[0].textContent.trim()"
    head = ledger.locator("thead th").first
    head.locator("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    upwards = ledger.locator("tbody").evaluate(f"body => [...body.rows].map({first})")
    head.locator("button").press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    downwards = ledger.locator("tbody").evaluate(f"body => [...body.rows].map({first})")
    assert upwards != downwards
    assert sorted(upwards) == sorted(downwards)
