"""Findings from printed numbers: tables, sentences, and the samples behind a rating."""

from fractions import Fraction
from itertools import combinations_with_replacement
from statistics import mean, stdev

import pandas as pd
import pytest
from markupsafe import Markup

from imp_helpers.display.sentences import sentence
from imp_helpers.printed import findings
from imp_helpers.printed.findings import check_published
from imp_helpers.printed.granularity import Summary
from imp_helpers.printed.judgement import VERDICTS
from imp_helpers.printed.published import Published, read_published
from imp_helpers.printed.reconstruction import count_samples, every_sample
from imp_helpers.study.number_formats import round_half_up


@pytest.fixture(scope="module")
def published(study):
    return Published(read_published(study.folder / "published" / "statistics.csv"))


@pytest.fixture(scope="module")
def checks(published):
    return check_published(published.frame)


def lines_of(checks, published):
    text = sentence("printed.findings", **findings.findings(checks, published))
    return text.splitlines()


@pytest.mark.parametrize(
    ("printed_mean", "printed_sd", "n", "low", "high", "attained"),
    [("3.0", "1.5", 6, 1, 5, True), ("2.8", "1.3", 5, 1, 5, False), ("3.6", "1.3", 7, 2, 5, True)],
)
def test_every_sample_is_what_trying_all_samples_gives(
    printed_mean, printed_sd, n, low, high, attained
):
    def fits(sample):
        ends = not attained or (sample[0] == low and sample[-1] == high)
        rounded = round_half_up(mean(sample), 1), round_half_up(stdev(sample), 1)
        return ends and rounded == (printed_mean, printed_sd)

    expected = [s for s in combinations_with_replacement(range(low, high + 1), n) if fits(s)]
    summary = Summary(printed_mean, printed_sd, n, low, high, attained)
    found = sorted(tuple(map(int, sample)) for sample in every_sample(summary))
    assert found == sorted(expected)
    assert count_samples(summary) == len(expected) > 0


def test_the_figure_shows_the_rating_with_most_samples_that_fit_in(published):
    ratings = findings.countable_ratings(published)
    label, samples = findings.most_telling_samples(published, ratings)
    assert label == "Grade for the first teacher"
    assert len(samples) == 21
    assert all(round_half_up(mean(map(float, sample)), 1) == "8.3" for sample in samples)
    words = sentence("printed.samples", rating=label, samples=samples)
    assert words.startswith(
        "Grade for the first teacher, 21 possible samples. 7: 1 to 5 people; 8: "
    )


def test_the_printed_power_is_that_of_the_largest_effect(published, checks):
    # G*Power 3.1, "Post hoc", F tests, f = .37, alpha .05, N = 47, df 1: power .70.
    (power,) = findings.findings(checks, published)["powers"]
    assert (power["printed"], power["convention"]) == ("0.70", "f rounded, n")
    assert power["labels"] == ["SCS total"]
    (line,) = [line for line in lines_of(checks, published) if "power of" in line]
    assert "SCS total" in line
    assert "two decimals" in line


def test_p_adjusted_by_holm_in_both_families(published):
    effects = findings.effects(published)
    low = effects["p_low"].iloc[0]
    assert effects["holm_printed"].iloc[0] == pytest.approx(5 * low)
    assert effects["holm_all"].iloc[0] == pytest.approx(17 * low)


def test_nothing_untestable_is_called_passed(published, checks):
    lines = lines_of(checks, published)
    assert any(line.startswith("- GRIM cannot decide on 11 of 11") for line in lines)


def test_a_contradiction_comes_first_and_is_explained(published):
    frame = published.frame.copy()
    frame.loc[frame["id"] == "sample.men.percent.total", "printed"] = "8.7"
    first, second, *_ = lines_of(check_published(frame), Published(frame))
    assert "found a contradiction" in first
    assert not first.startswith("- None")
    assert second.startswith("- Percentage of men")


def test_what_is_telling_is_named_whatever_its_words(published, checks):
    """21 + 3 of 24 people are 88 + 13 %: a field of the check says that rounding explains 101."""
    telling = findings.findings(checks, published)["telling"]
    rules = ["Holm", "Holm", "multiples of five", "multiples of five", "complementary percentages"]
    assert [found["rule"] for found in telling] == rules
    reworded = checks.assign(explanation="Another wording.")
    assert findings.findings(reworded, published)["telling"][-1]["ids"] == telling[-1]["ids"]


def test_verdicts_are_all_counted(checks):
    counts = findings.verdict_counts(checks)
    assert counts[list(VERDICTS)].to_numpy().sum() == len(checks)


def test_a_doi_is_a_link_and_the_rest_is_text():
    linked = findings.linked_source("A & B 2000, doi:10.1080/00029890.2000.12005203, for <n>")
    assert isinstance(linked, Markup)
    assert 'href="https://doi.org/10.1080/00029890.2000.12005203"' in linked
    assert "A &amp; B" in linked
    assert "&lt;n&gt;" in linked


def test_a_paper_without_effects_or_ratings_has_empty_tables(published):
    nothing = Published(published.frame[published.frame["section"] == "harms"])
    assert findings.effects(nothing).empty
    assert findings.alpha_forest(nothing).empty
    assert findings.most_telling_samples(nothing, findings.countable_ratings(nothing)) == ("", [])
    assert isinstance(findings.effects(nothing), pd.DataFrame)
    assert sentence("printed.samples", rating="", samples=[]) == "No samples to show."
    assert sentence("printed.samples", rating="", samples=[[Fraction(1)]]) != ""
    assert "none is printed" in sentence("printed.alphas", table=findings.alpha_forest(nothing))
    assert lines_of(check_published(nothing.frame), nothing)
