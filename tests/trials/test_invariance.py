"""No analysis depends on the unit or the origin of a scale, or on the order of rows."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_comparisons import design, scores_of, three_groups

from imp_helpers.statistics import change_scores, effect_sizes
from imp_trials import (
    assumptions,
    missing_data,
    multiverse,
    over_time,
    primary_analysis,
    resampling,
    sensitivity,
)

pytestmark = pytest.mark.filterwarnings("ignore")
IMPUTATION = Path(__file__).parent.parent / "reference" / "imputation"
# Eight people, and b and p of the group by R 4.2's lm(post ~ pre + group).
ANCOVA_OF_R = 6.13424437299034775, 0.00303271101682329
PLAIN = pd.DataFrame(
    {
        "participant": [f"P{n}" for n in range(8)],
        "group": list("aaaacccc"),
        "pre": [41.0, 52, 47, 60, 44, 55, 49, 58],
        "post": [47.0, 55, 53, 66, 43, 54, 50, 55],
    }
)
UNITS = [(1e6, 0), (1, 1e5), (1e-9, 0), (1, 2e7), (5e6, -2e7), (1e-9, 1)]


def p_of_ancova(wide, trial):
    cases = change_scores.complete_cases(scores_of(wide), "y", trial)
    model = change_scores.group_model(cases, trial, analysis="ancova")
    return effect_sizes.arm_contrasts(model).iloc[0][["difference", "p"]].tolist()


@pytest.mark.parametrize(("unit", "origin"), [(1, 0), *UNITS])
def test_ancova_is_that_of_r_in_every_unit(study, unit, origin):
    wide = PLAIN.assign(pre=PLAIN["pre"] * unit + origin, post=PLAIN["post"] * unit + origin)
    difference, p = p_of_ancova(wide, design(study))
    digits = 1e-6 if (unit, origin) == (1e-9, 1) else 1e-8
    assert difference / unit == pytest.approx(ANCOVA_OF_R[0], rel=digits)
    assert p == pytest.approx(ANCOVA_OF_R[1], rel=10 * digits)


def everything(wide, times, trial):
    """Return what every model says: F, p and the like, and estimates in points of the scale."""
    scores = scores_of(wide, times)
    contrasts = primary_analysis.contrasts(scores, trial)
    complete = change_scores.estimable_cases(scores, trial)
    cases = change_scores.compared_cases(complete, trial)
    resampled = resampling.resample(cases, trial)
    effects = sensitivity.effects(contrasts, cases, resampled, trial)
    over = over_time.contrasts_over_time(scores, trial)
    missing = missing_data.missing_scores(scores, trial)
    tables = {
        "contrasts": contrasts, "effects": effects, "over": over, "missing": missing,
        "tests": sensitivity.other_tests(contrasts, cases, resampled, trial),
        "omnibus": over_time.omnibus_over_time(scores, trial),
        "multiverse": multiverse.multiverse(contrasts, cases, resampled, {}, trial),
        "assumptions": assumptions.overview(complete, resampled, trial),
    }  # fmt: skip
    tables["model_tests"], tables["model"] = primary_analysis.model_over_time(scores, trial)
    in_points = ("difference", "low", "high", "standard_error", "sd_before", "sd_change", "sd",
                 "mc_error")  # fmt: skip
    points, free = {}, {}
    for name, table in tables.items():
        for column in table.select_dtypes("number"):
            ending = column.removeprefix("change_").removeprefix("ancova_").removeprefix("hc3_")
            ending = ending.removeprefix("mixed_").removeprefix("boot_")
            is_point = ending in in_points and name != "multiverse"
            # The transformations and the main effect of time do not depend on the unit either.
            (points if is_point else free)[f"{name}.{column}"] = table[column].to_numpy(float)
    return points, free


def same(first, second, rel):
    assert first.keys() == second.keys()
    for name, values in first.items():
        scale = np.nanmax(np.abs(values), initial=1e-30)
        assert second[name] == pytest.approx(values, rel=rel, abs=rel * scale, nan_ok=True), name


@pytest.mark.parametrize("analysis", ["interaction", "ancova", "mmrm"])
@pytest.mark.parametrize(("unit", "origin"), UNITS)
def test_no_model_depends_on_unit_and_origin(study, analysis, unit, origin):
    wide = three_groups()
    times = ("t0", "t1", "t2")
    trial = design(study, ("a", "b", "c"), times, analysis)
    changed = wide.assign(**{t: wide[t] * unit + origin for t in times})
    points, free = everything(wide, times, trial)
    points_changed, free_changed = everything(changed, times, trial)
    # As many digits are left as the origin leaves of the spread.
    rel = max(1e-7, 1e-14 * abs(origin) / unit)
    same({name: values * unit for name, values in points.items()}, points_changed, rel)
    same(free, free_changed, rel)


@settings(max_examples=10, deadline=None)
@given(order=st.permutations(range(8)))
def test_the_order_of_rows_changes_nothing(study, order):
    trial = design(study)
    kept = everything(PLAIN, ("pre", "post"), trial)
    turned = everything(PLAIN.iloc[order], ("pre", "post"), trial)
    for first, second in zip(kept, turned, strict=True):
        same(first, second, 1e-12)


@settings(max_examples=50, deadline=None)
@given(
    scores=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=8, max_size=8),
    exponent=st.integers(-9, 9),
    origin=st.integers(-1000, 1000),
)
def test_ancova_of_any_whole_numbers_is_the_same_in_every_unit(study, scores, exponent, origin):
    trial, unit = design(study), 10.0**exponent
    wide = PLAIN.assign(**dict(zip(["pre", "post"], np.array(scores, float).T, strict=True)))
    moved = wide.assign(pre=(wide["pre"] + origin) * unit, post=(wide["post"] + origin) * unit)
    reasons = [
        change_scores.why_not_estimable(
            change_scores.complete_cases(scores_of(table), "y", trial), trial, "ancova"
        )
        for table in (wide, moved)
    ]
    assert reasons[0] == reasons[1]
    if not reasons[0]:
        (difference, p), (other, other_p) = (p_of_ancova(table, trial) for table in (wide, moved))
        assert other / unit == pytest.approx(difference, rel=1e-6, abs=1e-8)
        assert other_p == pytest.approx(p, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"pre": 0.0}, "same_baseline"),
        ({"pre": 3.3333333333333335}, "same_baseline"),
        ({"post": 3.0}, "no_residual"),
        ({"post": PLAIN["pre"] * 2 + 1}, "no_residual"),
        ({"post": PLAIN["pre"] + 0.1}, "no_variance"),
        ({"pre": 1e-9 * PLAIN["pre"], "post": 1e-9 * PLAIN["post"]}, ""),
    ],
)
@pytest.mark.parametrize("unit", [1.0, 1e-9, 1e9])
def test_what_cannot_be_adjusted_is_refused_by_name(study, change, reason, unit):
    wide = PLAIN.assign(**change)
    wide[["pre", "post"]] *= unit
    cases = change_scores.complete_cases(scores_of(wide), "y", design(study))
    assert change_scores.why_not_estimable(cases, design(study), "ancova") == reason


@pytest.mark.parametrize("analysis", ["interaction", "ancova"])
@pytest.mark.parametrize(
    "change",
    [
        {"pre": 0.0},
        {"post": 3.0},
        {"pre": [1.0, 1, 2, 2, 3, 3, 4, 4], "post": [2.0, 3, 3, 3, 4, 4, 5, 5]},
        {"pre": [0.0, 0, 0, 0, 1, 2, 3, 4], "post": [1.0, 1, 1, 1, 2, 4, 5, 5]},
    ],
)
@pytest.mark.parametrize("rows", [[0, 1, 4, 5], range(8)])
def test_an_outcome_without_spread_or_people_ends_nothing(study, analysis, change, rows):
    """A constant baseline, a constant later score, a group that never changes, two in an arm."""
    wide = PLAIN.assign(**change).iloc[list(rows)]
    everything(wide, ("pre", "post"), design(study, analysis=analysis))


# ---------------------------------------------------------------- missing scores


def test_imputation_is_that_of_mice(study):
    """Drop-out depends on the middle score; R's mice and gls from 1,000 imputations."""
    r = pd.read_csv(IMPUTATION / "mice.csv").set_index("statistic")["value"]
    times = ("t0", "t1", "t2")
    wide = pd.read_csv(IMPUTATION / "mar_on_middle_time.csv")
    wide = wide.rename(columns={"id": "participant", **{f"y_{t}": t for t in times}})
    trial = design(study, ("a", "c"), times)
    by_time = change_scores.scores_by_time(scores_of(wide, times), "y", trial, trial.times)
    completed = missing_data.impute(by_time, trial, draws=1000)
    found = missing_data.multiple_imputation(by_time, trial.comparisons[0], trial, completed)
    # Two Monte-Carlo errors of the difference of two such means, about .016 each.
    assert found["difference"] == pytest.approx(r["mice.difference"], abs=0.045)
    assert found["low"] == pytest.approx(r["mice.low"], abs=0.1)
    assert found["high"] == pytest.approx(r["mice.high"], abs=0.1)
    assert found["difference"] == pytest.approx(r["gls.difference"], abs=0.1)
    assert abs(found["difference"] - r["complete.difference"]) > 0.9
    table = missing_data.missing_scores(scores_of(wide, times), trial).set_index("analysis")
    mixed = table.loc["mixed model, free covariances", "difference"]
    assert mixed == pytest.approx(r["gls.difference"], rel=1e-4)
    assert table.loc["multiple imputation", "difference"] == pytest.approx(mixed, abs=0.25)


@pytest.mark.slow
def test_imputation_covers_where_drop_out_depends_on_the_middle_score(study):
    """100 trials of 2 x 100, no difference in truth: bias within .05 SD, coverage from 90 %."""
    random, times = np.random.default_rng(7), ("t0", "t1", "t2")
    trial, found = design(study, ("a", "c"), times), []
    sigma = np.array([[1, 0.5, 0.4], [0.5, 1, 0.8], [0.4, 0.8, 1]])
    for _ in range(100):
        values = random.multivariate_normal(np.zeros(3), sigma, 200)
        in_arm = np.arange(200) < 100
        away = np.where(in_arm, 2 * values[:, 1], -2 * values[:, 1])
        values[random.random(200) < 1 / (1 + np.exp(-away)), 2] = np.nan
        wide = pd.DataFrame(values, columns=times).assign(
            participant=[f"P{n:03d}" for n in range(200)], group=np.where(in_arm, "a", "c")
        )
        by_time = change_scores.scores_by_time(scores_of(wide, times), "y", trial, trial.times)
        found.append(missing_data.multiple_imputation(by_time, trial.comparisons[0], trial))
    table = pd.DataFrame(found)
    covers = (table["low"] < 0) & (table["high"] > 0)
    assert abs(table["difference"].mean()) < 0.05
    assert covers.mean() >= 0.90
