"""Every page in a real browser: reading, playing, printing, and asking the network for nothing."""

import os
import re
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
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
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, build):
    """Return a function that opens a page and fails on a message, an error or a request."""

    @contextmanager
    def open_page(name, width=WIDE, scheme="light"):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
        )
        page, told = context.new_page(), []
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("requestfailed", lambda request: told.append(f"failed: {request.url[:80]}"))
        page.on("request", lambda request: told.append(request.url) if outgoing(request) else None)
        page.goto((build / "reports" / f"{name}.html").as_uri(), wait_until="load")
        yield page
        context.close()
        assert told == []

    return open_page


def outgoing(request):
    return not request.url.startswith(("file:", "data:", "about:"))


def violations(page):
    """Return what axe finds, in a line each: rule, place, and what is wrong there."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
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
# Of each table the first of all rows that differ in nothing but their words.
WITHOUT_ROWS_ALIKE = """
for (const body of document.querySelectorAll('tbody')) {
  const seen = new Set();
  for (const row of [...body.rows]) {
    const look = row.outerHTML.replace(/>[^<]+/g, '>').replace(/ (id|href|title)="[^"]*"/g, '');
    if (seen.has(look)) row.remove(); else seen.add(look);
  }
}
"""


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_wrong(opened, name):
    with opened(name) as page:
        page.evaluate(UNFOLD)
        assert violations(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_wrong_in_the_dark_on_a_narrow_screen(opened, name):
    """Here it looks at colours and places: rows that differ in words alone need one look."""
    with opened(name, NARROW, "dark") as page:
        page.evaluate(UNFOLD)
        page.evaluate(WITHOUT_ROWS_ALIKE)
        assert violations(page) == []


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


@pytest.fixture
def ledger(opened):
    with opened("07_reproduction") as page:
        figure = page.locator("figure.searchable").filter(has=page.locator("select")).first
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
