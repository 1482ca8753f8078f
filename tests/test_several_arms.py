"""The references for trials with several arms and drop-out: R's answers agree with each other."""

from pathlib import Path

import pandas as pd
import pytest

REFERENCE = Path(__file__).parent / "reference"
KEYS = ["dataset", "measure", "statistic"]
R = pd.read_csv(REFERENCE / "several_arms.csv").set_index(KEYS)["value"].sort_index()
OUTCOMES = list(dict.fromkeys(key[:2] for key in R.index))


def under(outcome, prefix):
    """Return the statistics of an outcome under a prefix, by the rest of their names."""
    values = R.loc[outcome]
    return values[values.index.str.startswith(prefix)].rename(lambda n: n.removeprefix(prefix))


def agree(first, second, rel, abs=0.0):
    shared = first.index.intersection(second.index)
    assert len(shared)
    assert first[shared].to_dict() == pytest.approx(second[shared].to_dict(), rel=rel, abs=abs)


def test_every_data_set_is_there():
    files = {file.stem for file in (REFERENCE / "several_arms").glob("*.csv")}
    assert {dataset for dataset, _ in OUTCOMES} == files
    assert len(OUTCOMES) == 10
    assert R.index.is_unique


@pytest.mark.parametrize("outcome", OUTCOMES, ids="-".join)
def test_gls_comes_near_the_maximum_of_its_likelihood(outcome):
    exact, gls = under(outcome, "mmrm."), under(outcome, "mmrm_gls.")
    assert -1e-10 < exact["log_likelihood"] - gls["log_likelihood"] < 1e-7
    assert exact["gradient"] < 1e-7
    agree(under(outcome, "mmrm.sigma."), under(outcome, "mmrm_gls.sigma."), rel=2e-5)
    agree(under(outcome, "mmrm.se."), under(outcome, "mmrm_gls.se."), rel=1e-5)
    agree(under(outcome, "mmrm.b."), under(outcome, "mmrm_gls.b."), rel=1e-5, abs=1e-6)
    for freedom in [name for name in gls.index if name.endswith(".df")]:
        assert gls[freedom] == pytest.approx(exact[freedom], rel=0.03)


@pytest.mark.parametrize("dataset", ["weight_loss", "anorexia"])
def test_where_nobody_is_missing_the_model_is_the_test_of_change(dataset):
    """Then the errors and degrees of freedom of the model are exact."""
    for outcome in [key for key in OUTCOMES if key[0] == dataset]:
        agree(under(outcome, "mmrm.change."), under(outcome, "change."), rel=1e-7, abs=1e-9)
