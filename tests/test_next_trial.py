"""Sample sizes from a pilot: what follows from the interval, the selection and the doubts."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from imp_helpers import effectiveness, next_trial
from imp_helpers.display.sentences import sentence
from imp_helpers.statistics import change_scores, resampling, sensitivity, trial_design
from imp_helpers.statistics.trial_design import Trial, power


@pytest.fixture(scope="module")
def pilot(scores, study):
    cases = change_scores.estimable_cases(scores, study)
    table = effectiveness.table_5(scores, study)
    resampled = resampling.resample(cases, study)
    return next_trial.pilot_effects(sensitivity.effects(table, cases, resampled, study), study)


NO_CURVES = pd.DataFrame({"label": [], "n": [], "power": [], "assurance": []})


def protocol(pilot, intervals, scale, dropout=0.0):
    plan = next_trial.plan(pilot, intervals, NO_CURVES, scale)
    values = {"plan": plan, "synthetic": True, "dropout": dropout, "level": 0.05}
    return sentence("next_trial.protocol", **values)


def answer(pilot, intervals, scale):
    return sentence("next_trial.answer", plan=next_trial.plan(pilot, intervals, NO_CURVES, scale))


def test_effects_are_turned_so_that_positive_is_better(pilot, study):
    """Stress and fatigue fell in the trained group, so their effects are positive here."""
    assert (pilot["effect"] > 0).all()
    assert pilot["scale"].tolist() == [outcome.id for outcome in study.main_outcomes]


def test_t_of_the_pilot_is_that_of_table_5(pilot, scores, study):
    table = effectiveness.table_5(scores, study).set_index("scale")
    assert (pilot["t"] ** 2).to_numpy() == pytest.approx(table.loc[pilot["scale"], "F"].to_numpy())


def test_the_interval_excludes_zero_where_the_test_is_significant(pilot, scores, study):
    p = effectiveness.table_5(scores, study).set_index("scale").loc[pilot["scale"], "p"]
    assert (pilot["low"] > 0).tolist() == (p < 0.05).tolist()


def test_a_winner_is_corrected_downward_and_a_loser_is_left_alone():
    assert next_trial.winner_corrected(1.0, 45, 0.05) == 1.0
    just = next_trial.winner_corrected(2.1, 45, 0.05)
    clear = next_trial.winner_corrected(5.0, 45, 0.05)
    assert 0 <= just < 0.7
    assert clear == pytest.approx(5.0, abs=0.3)


def test_the_corrected_noncentrality_has_the_mean_that_was_seen():
    """For a normal the maximum solves: mean of significant ones = what was seen. Many df here."""
    seen, critical = 2.6, stats.norm.isf(0.025)
    ncp = next_trial.winner_corrected(seen, 100_000, 0.05)
    upper, lower = stats.norm.sf(critical - ncp), stats.norm.cdf(-critical - ncp)
    mean = ncp + (stats.norm.pdf(critical - ncp) - stats.norm.pdf(critical + ncp)) / (upper + lower)
    assert mean == pytest.approx(seen, abs=0.01)


def test_more_doubt_asks_for_more_people(pilot):
    table = next_trial.needed_by_interval(pilot, 0.05, 0.1)
    assert (table["at_safeguard"].dropna() > table["as_found"][table["at_safeguard"].notna()]).all()
    assert (table["at_upper_end"] < table["as_found"]).all()
    open_ends = table["reason"] != ""
    assert table.loc[open_ends, "at_lower_end"].isna().all()


def test_every_number_needed_reaches_its_power_and_one_less_does_not(pilot):
    table = next_trial.needed(pilot, 0.05, 0.0)
    rows = table[table["design"] == "ANCOVA on the score after"]
    for row in rows.itertuples():
        at = [
            power(Trial(n, n, row.effect, row.correlation, analysis="ancova"))
            for n in (row.n_80, row.n_80 - 1)
        ]
        assert at[0] >= 0.80 > at[1]


def test_assurance_levels_off_at_the_probability_of_a_benefit(pilot):
    for row in pilot.itertuples():
        limit = stats.t.cdf(row.t, row.df)
        found = next_trial.assurance(row, Trial(5_000_000, 5_000_000, 0.5, analysis="change"))
        assert found == pytest.approx(limit, abs=0.03)


def test_assurance_without_doubt_is_power(pilot):
    certain = pilot.assign(error=1e-9, df=1e9, correlation=0.7)
    row = next(certain.itertuples())
    trial = Trial(60, 60, row.effect, 0.7, analysis="ancova")
    assert next_trial.assurance(row, trial) == pytest.approx(power(trial), abs=0.003)


def test_precision_by_hand():
    """Rate .05: (1 - .05)^59 = .0485 is the first below .05."""
    assert trial_design.n_to_see_an_event(0.05) == 59
    n = trial_design.n_for_alpha_width(0.10, 0.80, 10)
    widths = []
    for people in (n, n - 1):
        f = [stats.f.isf(tail, people - 1, (people - 1) * 9) for tail in (0.025, 0.975)]
        widths.append(0.2 * (f[0] - f[1]))
    assert widths[0] <= 0.10 < widths[1]


def test_the_protocol_states_its_assumptions(pilot, study):
    intervals = next_trial.needed_by_interval(pilot, 0.05, 0.1)
    text = protocol(pilot, intervals, "scs_total", 0.1)
    for word in (
        "60 % interval",
        "analysis of covariance",
        "10 % drop-out",
        "synthetic",
        "assumed",
    ):
        assert word in text


def test_a_pilot_without_benefit_gives_no_number(pilot, study):
    worse = pilot.assign(effect=-0.2, safeguard=-0.3, low=-0.5, high=-0.05, t=-1.0)
    table = next_trial.needed_by_interval(worse, 0.05, 0.0)
    assert table["as_found"].isna().all()
    assert "no sample size follows" in answer(worse, table, "scs_total")
    assert "more participants than is feasible" in protocol(worse, table, "scs_total")


def test_power_rises_with_size_and_effect():
    surface = next_trial.power_surface(0.7, 0.05)
    for axis in (0, 1):
        steps = np.diff(surface.to_numpy(), axis=axis)
        assert (steps > -1e-9).all()
        assert (steps > 1e-3).mean() > 0.4


def test_nothing_estimable_plans_nothing(pilot, study):
    nobody = pilot.iloc[:0]
    intervals = next_trial.needed_by_interval(nobody, 0.05, 0.0)
    assert len(next_trial.assurance_curves(nobody, 0.05, 0.0)) == 0
    assert len(next_trial.needed(nobody, 0.05, 0.0)) == 0
    assert next_trial.strongest(nobody) is None
    assert "no sample size follows" in answer(nobody, intervals, None)
    assert "Nothing could be estimated" in protocol(nobody, intervals, None)
    assert len(next_trial.precision_table(nobody)) > 10


def test_every_larger_n_has_an_interval_of_a_rate_as_narrow():
    """At 90 % the exact interval of 42 people is narrower than 20 points, that of 45 is not."""
    n = trial_design.n_for_rate_width(0.2, 0.9)
    assert n == 46
    widths = [np.subtract(*proportion_confint(round(0.9 * k), k, method="beta")) for k in (42, 45)]
    assert -widths[0] <= 0.2 < -widths[1]


def test_the_answer_names_the_size_and_its_assurance(pilot):
    intervals = next_trial.needed_by_interval(pilot, 0.05, 0.1)
    curves = next_trial.assurance_curves(pilot, 0.05, 0.1)
    plan = next_trial.plan(pilot, intervals, curves, next_trial.strongest(pilot))
    assert plan["curve"]["n"] >= plan["row"]["as_found"]
    text = sentence("next_trial.answer", plan=plan)
    assert f"would need {plan['row']['as_found']} participants per arm" in text
    assert f"With {plan['curve']['n']} per arm its assurance is" in text
