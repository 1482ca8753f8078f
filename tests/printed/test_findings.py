"""Findings from printed numbers: tables, sentences, and the samples behind a rating."""

from fractions import Fraction
from itertools import combinations_with_replacement
from statistics import mean, stdev

import pandas as pd
import pytest
from markupsafe import Markup

from imp_common.number_formats import round_half_up
from imp_common.sentences import sentence
from imp_printed import findings
from imp_printed.findings import check_published
from imp_printed.granularity import Summary
from imp_printed.judgement import VERDICTS
from imp_printed.published import Published, read_published
from imp_printed.reconstruction import count_samples, every_sample


@pytest.fixture(scope="module")
def published(study):
    return Published.of(read_published(study.folder / "published" / "statistics.csv"))


@pytest.fixture(scope="module")
def checks(published):
    return findings.with_power(check_published(pd.DataFrame(published.every)), published)


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
    assert (power["printed"], power["convention"]) == ("0.70", "f_rounded_n")
    assert power["labels"] == ["SCS total"]
    (line,) = [line for line in lines_of(checks, published) if "power of" in line]
    assert "SCS total" in line
    assert "two decimals" in line


def test_holms_family_is_every_tested_effect_and_not_the_printed_selection(published, checks):
    effects = findings.effects(published)
    assert effects["holm_p"].iloc[0] == pytest.approx(17 * effects["p_low"].iloc[0])
    (line,) = [line for line in lines_of(checks, published) if "Holm" in line]
    assert "family of all 17 tested effects, of which 5 are printed" in line


def test_the_finding_about_multiples_of_five_comes_first(published, checks):
    """24 and 23 answers in fives: 92.4 * 24 = 2217.6 has no multiple of 5 near, 23 * 92.4 has."""
    assert lines_of(checks, published)[0].endswith(
        "both 92.4 and 28.7 are impossible with n = 24 and possible with n = 23."
    )


def test_what_a_rule_would_notice_is_what_changing_each_number_gives(published, checks):
    """5 of 24 people are 21 %, 20 and 22 % are nobody's; .87 and .86 or .88 are all called good."""
    rules = findings.verdict_counts(checks).set_index("check")
    assert rules.loc["percentage", ["able", "power"]].tolist() == [8, 100]
    assert rules.loc["sum", "power"] == 100
    # .84, .84 and .87 are well inside "good"; .69 + .01 is acceptable, .90 - .01 not excellent.
    labels = checks[checks["check"] == "alpha label"]
    assert labels["errors"].tolist() == [2] * 8
    assert labels["noticed"].sum() == 2
    undecided = checks[~checks["verdict"].isin(["consistent", "impossible"])]
    assert undecided[["errors", "noticed"]].to_numpy().sum() == 0
    able, noticed = (checks["noticed"] > 0).sum(), checks["noticed"].sum()
    (line,) = [line for line in lines_of(checks, published) if "found a contradiction" in line]
    assert f"{able} of these checks could notice it" in line
    assert f"notice {noticed} of {checks['errors'].sum()} such errors" in line


def test_a_rule_notices_what_it_notices_when_the_number_is_changed(published, checks):
    """The short way, with the rows of one check alone, against the whole table made again."""
    row = checks[checks["ids"].eq("sample.men.percent.total")].iloc[0]
    (printed,) = published.where(id="sample.men.percent.total")
    found = 0
    for change in (-0.1, 0.1):
        frame = pd.DataFrame(published.every)
        wrong = f"{float(printed['printed']) + change:.1f}"
        frame.loc[frame["id"] == printed["id"], "printed"] = wrong
        again = check_published(frame)
        verdicts = again.loc[again["ids"].eq(row["ids"]) & again["check"].eq(row["check"])]
        found += verdicts["verdict"].isin(["impossible", "depends on a convention"]).sum()
    assert found == row["noticed"]


def test_nothing_untestable_is_called_passed(published, checks):
    lines = lines_of(checks, published)
    assert any(line.startswith("- GRIM cannot decide on 11 of 11") for line in lines)


def test_a_contradiction_comes_first_and_is_explained(published):
    frame = pd.DataFrame(published.every)
    frame.loc[frame["id"] == "sample.men.percent.total", "printed"] = "8.7"
    wrong = Published.of(frame)
    first, *others = lines_of(findings.with_power(check_published(frame), wrong), wrong)
    assert first.startswith("- Impossible: Percentage of men")
    (counted,) = [line for line in others if "found a contradiction" in line]
    assert not counted.startswith("- None")


def test_what_is_telling_is_named_whatever_its_words(published, checks):
    """21 + 3 of 24 people are 88 + 13 %: a field of the check says that rounding explains 101."""
    telling = findings.findings(checks, published)["telling"]
    rules = ["Holm", "complementary percentages"]
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
    nothing = Published([row for row in published.every if row["section"] == "harms"])
    assert findings.effects(nothing).empty
    assert findings.alpha_forest(nothing).empty
    assert findings.most_telling_samples(nothing, findings.countable_ratings(nothing)) == ("", [])
    assert isinstance(findings.effects(nothing), pd.DataFrame)
    assert sentence("printed.samples", rating="", samples=[]) == "No samples to show."
    assert sentence("printed.samples", rating="", samples=[[Fraction(1)]]) != ""
    assert "none is printed" in sentence("printed.alphas", table=findings.alpha_forest(nothing))
    assert lines_of(
        findings.with_power(check_published(pd.DataFrame(nothing.every)), nothing), nothing
    )
