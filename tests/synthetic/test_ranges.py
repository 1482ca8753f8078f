"""Simulated data sets that fit the printed numbers, and the ranges over many of them."""

import numpy as np
import pandas as pd
import pytest
from synthetic import Targets
from synthetic.ranges import one_study, statistics

from imp_printed.printed_numbers import agreement
from imp_trials import sensitivity


@pytest.mark.parametrize("scale", ["scs_total", "proqol_compassion_fatigue", "pss_total"])
def test_every_data_set_has_the_printed_effect(study, scale):
    targets, random = Targets(study), np.random.default_rng(1)
    outcome = next(outcome for outcome in study.main_outcomes if outcome.id == scale)
    printed = targets.get(f"effectiveness.{scale}.partial_eta_squared")
    for _ in range(10):
        one = one_study(random, study, targets, outcome)
        f = (one.difference / one.standard_error) ** 2
        if printed.binding:
            assert agreement(printed.text, f / (f + one.df)).status == "agrees"
        assert (f > 4.057) == printed.binding
        assert (one.difference > 0) == (outcome.better == "higher")
        assert one.ns == (25, 22)


def test_the_stored_ranges_are_those_of_at_least_200_data_sets(study):
    stored = pd.read_csv(study.folder / "published" / "simulated_ranges.csv")
    assert (stored["data_sets"] >= 200).all()
    assert (stored["low"] < stored["high"]).all()
    targets, random = Targets(study), np.random.default_rng(2)
    outcome = study.main_outcomes[1]
    drawn = [statistics(one_study(random, study, targets, outcome)) for _ in range(40)]
    of_one = stored[stored["scale"] == outcome.id].set_index("statistic")
    medians = pd.DataFrame(drawn).median()
    assert (of_one["low"] <= medians).all()
    assert (medians <= of_one["high"]).all()


def test_each_value_has_its_range_beside_it(study):
    scales = [outcome.id for outcome in study.main_outcomes]
    tests = pd.DataFrame({"scale": scales, "label": scales})
    for name in ("welch_p", "ancova_p", "yuen_p", "mann_whitney_p", "bf10"):
        tests[name] = 0.5
    table = sensitivity.with_ranges(tests, tests.assign(g=0.4)[["scale", "g"]], study)
    assert table["scale"].tolist() == scales
    assert list(table)[2:5] == ["welch_p", "welch_p_low", "welch_p_high"]
    assert table.notna().all(axis=None)
