"""The fit of one factor beside psych::fa's."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from imp_trials.item_analysis import one_factor_fit

REFERENCE = Path(__file__).parent.parent / "reference"
R = pd.read_csv(REFERENCE / "one_factor.csv").set_index(["dataset", "measure", "statistic"])[
    "value"
]
SCALES = list(dict.fromkeys(key[:2] for key in R.index))


@pytest.mark.parametrize("scale", SCALES, ids="-".join)
def test_the_fit_is_that_of_psych(scale):
    """To 1e-4: psych stops early; with a loading near 1 it keeps uniquenesses at .005 or more."""
    dataset, measure = scale
    items = pd.read_csv(REFERENCE / "datasets" / f"{dataset}_items.csv")
    keys = pd.read_csv(REFERENCE / "datasets" / f"{dataset}_keys.csv")
    found = one_factor_fit(items[keys.loc[keys["scale"] == measure, "item"]])
    r = R.loc[scale]
    if r["highest_loading"] > 0.99:
        return
    assert found["chi2_df"] == r["df"]
    assert found["srmr"] == pytest.approx(r["srmr"], rel=1e-4)
    if np.isfinite(r.get("chi2", np.nan)):
        assert found["chi2"] == pytest.approx(r["chi2"], rel=1e-3)
        assert found["chi2_p"] == pytest.approx(r["p"], abs=1e-3)
        assert found["rmsea"] == pytest.approx(r["rmsea"], abs=1e-3)


def test_where_there_is_no_fit_there_is_no_number():
    same = pd.DataFrame(np.ones((9, 5)))
    three = pd.DataFrame(np.random.default_rng(1).normal(size=(9, 3)))
    twice = pd.DataFrame(np.repeat(np.random.default_rng(1).normal(size=(9, 1)), 5, axis=1))
    assert np.isnan([one_factor_fit(items)["chi2"] for items in (same, three, twice)]).all()
