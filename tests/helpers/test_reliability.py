"""Alpha against hand-computed and published values."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from imp_common.design import Item, Scale
from imp_helpers import reliability
from imp_helpers.statistics import psychometrics
from imp_intake.settings.instruments import Instrument
from imp_trials import item_analysis


def test_alpha_by_hand():
    """Item variances 1, 1 and 1; the sums 3, 6, 9 have variance 9: 3/2 * (1 - 3/9) = 1."""
    items = pd.DataFrame({"a": [1, 2, 3], "b": [1, 2, 3], "c": [1, 2, 3]}, dtype=float)
    assert psychometrics.cronbach_alpha(items) == pytest.approx(1.0)


def test_alpha_of_four_people_by_hand():
    """Variances 5/3, 5/3; sums 3, 4, 7, 6 have variance 10/3: 2 * (1 - (10/3)/(10/3)) = 0."""
    items = pd.DataFrame({"a": [1, 2, 3, 4], "b": [2, 2, 4, 2]}, dtype=float)
    variances = 5 / 3 + 1
    total = np.var([3, 4, 7, 6], ddof=1)
    assert psychometrics.cronbach_alpha(items) == pytest.approx(2 * (1 - variances / total))


def test_alpha_of_people_who_do_not_differ_is_not_estimable():
    items = pd.DataFrame({"a": [1, 2, 3], "b": [3, 2, 1]}, dtype=float)
    assert np.isnan(psychometrics.cronbach_alpha(items))


def test_alpha_uses_complete_rows_only():
    items = pd.DataFrame({"a": [1, 2, 3, 4, np.nan], "b": [1, 2, 4, 4, 1]})
    complete = items.dropna()
    assert psychometrics.cronbach_alpha(items) == psychometrics.cronbach_alpha(complete)


@pytest.mark.parametrize(
    ("alpha", "word"),
    [(0.91, "excellent"), (0.9, "excellent"), (0.84, "good"), (0.76, "acceptable"),
     (0.69, "below_acceptable"), (0.57, "poor"), (-0.2, "poor")],
)  # fmt: skip
def test_verdicts_are_the_papers_words(alpha, word):
    assert reliability.verdict(alpha) == word


def test_the_interval_of_burnout_is_wide(study, points):
    """Feldt's interval of .57 with 10 items and 47 people reaches from about .36 to .73."""
    table = reliability.alpha_table(points, study, "baseline").set_index("scale")
    row = table.loc["proqol_burnout"]
    assert row["low"] == pytest.approx(0.36, abs=0.02)
    assert row["high"] == pytest.approx(0.73, abs=0.02)


def test_every_scale_has_a_row(study, points):
    table = reliability.alpha_table(points, study, "baseline")
    assert table["scale"].tolist() == list(study.scales)
    assert set(table["n"]) == {47}


def test_omega_of_one_clean_factor_by_hand():
    """Loadings .8, .7, .6, .5: omega = 2.6^2 / (2.6^2 + .36 + .51 + .64 + .75) = .749."""
    loadings = np.array([0.8, 0.7, 0.6, 0.5])
    correlations = np.outer(loadings, loadings)
    np.fill_diagonal(correlations, 1.0)
    found = item_analysis.loadings_of_one_factor(correlations)
    assert found == pytest.approx(loadings, abs=1e-8)
    assert item_analysis.omega_total(found) == pytest.approx(2.6**2 / (2.6**2 + 2.26))


def test_omega_interval_contains_omega_and_repeats_itself(study, points):
    columns = study.instruments[3].item_names
    items = points.loc[points["time"] == "baseline", columns]
    first, again = item_analysis.omega_interval(items), item_analysis.omega_interval(items)
    assert first == again
    assert first[1] < first[0] < first[2]


def test_shrout_and_fleiss_example():
    """Shrout & Fleiss (1979), 10.1037/0033-2909.86.2.420, judges 1 and 2 of their Table 2.

    By hand: rows 4.55, columns 147/3 = 49.08, error 1.88 (mean squares) give ICC(2,1).
    """
    first = np.array([9.0, 6, 8, 7, 10, 6])
    second = np.array([2.0, 1, 4, 1, 5, 2])
    scores = np.column_stack([first, second])
    grand = scores.mean()
    rows = 2 * ((scores.mean(axis=1) - grand) ** 2).sum() / 5
    columns = 6 * ((scores.mean(axis=0) - grand) ** 2).sum()
    error = (((scores - grand) ** 2).sum() - 5 * rows - columns) / 5
    expected = (rows - error) / (rows + error + 2 * (columns - error) / 6)
    icc, low, high = item_analysis.absolute_agreement(first, second)
    assert icc == pytest.approx(expected)
    assert low < icc < high


def test_people_who_answer_the_same_twice_agree_perfectly():
    scores = np.arange(10.0)
    assert item_analysis.absolute_agreement(scores, scores + 0.0)[0] == pytest.approx(1.0)


def test_an_item_that_goes_against_its_scale_is_weak():
    random = np.random.default_rng(1)
    person = random.normal(size=60)
    table = pd.DataFrame({f"i{k}": person + random.normal(size=60) for k in range(4)})
    items = pd.DataFrame(
        {
            "item": ["good", "bad"],
            "item_rest": [0.5, -0.1],
            "label": ["x", "x"],
            "scale": ["s", "s"],
        }
    )
    assert item_analysis.weak_items(items)["item"].tolist() == ["bad"]
    assert psychometrics.cronbach_alpha(table) > 0.6


def test_alpha_without_an_item_is_the_alpha_of_the_others(study, points):
    table = item_analysis.item_table(points, study, "baseline").set_index("item")
    stress = points.loc[points["time"] == "baseline", [f"pss_{i}" for i in range(2, 11)]]
    without = psychometrics.cronbach_alpha(stress)
    assert table.loc["pss_1", "alpha_if_dropped"] == pytest.approx(without, rel=1e-12)
    others = stress.sum(axis=1)
    first = points.loc[points["time"] == "baseline", "pss_1"]
    assert table.loc["pss_1", "item_rest"] == pytest.approx(np.corrcoef(first, others)[0, 1])


def test_measurement_error_by_hand(study, points, scores):
    alphas = reliability.alpha_table(points, study, "baseline")
    found = (
        item_analysis.measurement_error(alphas, scores, study).set_index("scale").loc["pss_total"]
    )
    alpha = alphas.set_index("scale").loc["pss_total", "alpha"]
    assert found["n"] == 22
    assert found["sem"] == pytest.approx(found["sd"] * (1 - alpha) ** 0.5)
    assert found["reliable_change"] == pytest.approx(1.959964 * 2**0.5 * found["sem"], rel=1e-6)


@pytest.fixture
def with_single_item(study):
    """Return the study with a scale of one item beside the others."""
    item = (Item(1, False),)
    scale = Scale("vas", "Mood (VAS)", item, "sum", (), 0, 4)
    key = Instrument("pss", "VAS", "", 1, 0, 4, (0, 1, 2, 3, 4), (scale,))
    return replace(study, instruments=(*study.instruments, key))


def test_a_scale_of_one_item_has_no_alpha_and_the_page_says_so(
    with_single_item, points, scores, cleaned
):
    study = with_single_item
    table = reliability.alpha_table(points, study, "baseline")
    row = table.set_index("scale").loc["vas"]
    assert np.isnan(row[["alpha", "low", "high"]].astype(float)).all()
    assert (row["items"], row["n"], row["verdict"]) == (1, 47, "not_estimable")
    assert reliability.in_short(table)[-1].endswith("have no alpha: Mood (VAS).")
    assert "vas" not in set(reliability.alpha_forest(table)["scale"])
    omega = item_analysis.omega_table(points, table, study, "baseline").set_index("scale")
    assert np.isnan(omega.loc["vas", "omega"])
    items = item_analysis.item_table(points, study, "baseline").set_index("scale")
    assert np.isnan(items.loc["vas", "item_rest"])
    by_group = reliability.alpha_by_time_and_group(points, cleaned.participants, study)
    assert by_group.set_index("scale").loc["vas"].drop("label").isna().all()
