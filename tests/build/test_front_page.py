"""The front page: the answer from the results, the fingerprint, what there is to take along."""

import html
import re

import pandas as pd
import pytest

from imp_build.front_page import answers_of, linked
from imp_report.exhibits import read_exhibits, read_statements


@pytest.fixture(scope="session")
def build(starter_build):
    """The pages of any study that has no notebooks of its own."""
    return starter_build


ORDER = ("about", "lead", "participants:", "delivered in full", "home practice a day",
         "adverse effect", "primary outcomes the groups changed", "Difference in change",
         "How far can the results", "The next trial", "Reports", "Downloads")  # fmt: skip


def front_page(build):
    return html.unescape((build / "reports" / "index.html").read_text(encoding="utf-8"))


def test_a_reader_of_one_minute_finds_everything_in_its_order(build):
    text = front_page(build)
    body = text[text.index('id="content"') :]
    places = [body.index(words) for words in ORDER]
    assert places == sorted(places)
    assert "Simulated data" in body
    assert 'href="https://doi.org/10.1007/s12671-020-01477-5"' in body


def test_the_front_page_says_what_the_notebooks_say(build):
    """Each statement is the first paragraph of one that a notebook shows."""
    text, said = front_page(build), read_statements(build)
    shown = [name for name, statement in said.items() if f"<p>{statement}</p>" in text]
    assert shown == [
        "04_feasibility.participants", "04_feasibility.answer", "05_effectiveness.answer",
        "06_adverse_events.answer", "07_reproduction.home_practice", "08_next_trial.answer",
        "09_robustness.answer",
    ]  # fmt: skip
    people = said["04_feasibility.participants"]
    assert people.startswith(
        "The study has 47ᵖ participants: 25ᵖ in the training group, 22ᵖ in the control"
    )
    assert "not allocated at random" in people
    assert (
        "none remains significant (smallest adjusted p = .105ᵈ)" in said["05_effectiveness.answer"]
    )


def test_the_front_page_shows_the_flow_and_the_primary_outcomes(build, study):
    pictures = re.findall(r'<img alt="([^"]+)" src="data:image/svg', front_page(build))
    flow, forest = pictures
    assert "Training: 25" in flow
    assert all(outcome.label in forest for outcome in study.main_outcomes)
    others = {o.label for o in study.outcomes} - {o.label for o in study.main_outcomes}
    assert not any(label in forest for label in others)


def test_an_address_is_a_link_and_the_rest_is_text():
    assert linked("<A> https://doi.org/1") == (
        '&lt;A&gt; <a href="https://doi.org/1">https://doi.org/1</a>'
    )


def test_the_front_page_says_how_far_the_printed_numbers_hold(build):
    text = (build / "reports" / "index.html").read_text(encoding="utf-8")
    checks = pd.read_csv(build / "reports" / "tables" / "table7_4.csv")
    decided = checks["consistent"].sum() + checks["inconsistent"].sum()
    assert f"of {decided} checks that can decide, none found a contradiction" in text


def test_without_results_nothing_is_said(tmp_path):
    answers = answers_of(None, tmp_path / "reports")
    assert not any(answers[name] for name in ("said", "flow", "forest", "ledger", "checks"))


def test_every_saved_table_and_figure_is_offered_with_its_caption(build):
    reports = build / "reports"
    offered = read_exhibits(build)
    files = {
        f"{p.parent.name}/{p.name}"
        for kind in ("tables", "figures")
        for p in (reports / kind).iterdir()
    }
    files |= {"ledger.csv", "beyond_the_paper.csv"}
    assert {exhibit.file for exhibit in offered} == files
    assert all(exhibit.caption and "<" not in exhibit.caption for exhibit in offered)


def test_each_page_links_its_tables_and_figures_to_themselves_and_their_files(build):
    for page in (build / "reports").glob("[0-9]*.html"):
        text = page.read_text(encoding="utf-8")
        ids = re.findall(r'<figure class="[^"]*" id="([^"]+)"', text)
        assert ids == re.findall(r'<p class="take"><a href="#([^"]+)"', text)
        files = re.findall(r'<a href="([^"]+)" download=""', text)
        assert len(files) == len(ids)
        assert all((page.parent / file).is_file() for file in files)
