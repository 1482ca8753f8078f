"""Alpha against hand-computed and published values."""

import numpy as np
import pandas as pd
import pytest

from imp_helpers import reliability


def test_alpha_by_hand():
    """Item variances 1, 1 and 1; the sums 3, 6, 9 have variance 9: 3/2 * (1 - 3/9) = 1."""
    items = pd.DataFrame({"a": [1, 2, 3], "b": [1, 2, 3], "c": [1, 2, 3]}, dtype=float)
    assert reliability.cronbach_alpha(items) == pytest.approx(1.0)


def test_alpha_of_four_people_by_hand():
    """Variances 5/3, 5/3; sums 3, 4, 7, 6 have variance 10/3: 2 * (1 - (10/3)/(10/3)) = 0."""
    items = pd.DataFrame({"a": [1, 2, 3, 4], "b": [2, 2, 4, 2]}, dtype=float)
    variances = 5 / 3 + 1
    total = np.var([3, 4, 7, 6], ddof=1)
    assert reliability.cronbach_alpha(items) == pytest.approx(2 * (1 - variances / total))


def test_alpha_of_people_who_do_not_differ_is_not_estimable():
    items = pd.DataFrame({"a": [1, 2, 3], "b": [3, 2, 1]}, dtype=float)
    assert np.isnan(reliability.cronbach_alpha(items))


def test_alpha_uses_complete_rows_only():
    items = pd.DataFrame({"a": [1, 2, 3, 4, np.nan], "b": [1, 2, 4, 4, 1]})
    complete = items.dropna()
    assert reliability.cronbach_alpha(items) == reliability.cronbach_alpha(complete)


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
