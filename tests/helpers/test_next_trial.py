"""Sample sizes from a pilot: what follows from the interval, the selection and the doubts."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from imp_helpers import effectiveness, next_trial
from imp_helpers.statistics import change_scores
from imp_intake.settings.outcomes import Planning
from imp_planning import trial_design
from imp_planning.trial_design import Trial, power
from imp_trials import resampling, sensitivity


@pytest.fixture(scope="module")
def pilot(scores, study):
    cases = change_scores.estimable_cases(scores, study)
    table = change_scores.contrasts(scores, study)
    resampled = resampling.resample(cases, study)
    return next_trial.pilot_effects(sensitivity.effects(table, cases, resampled, study), study)


def planned_by(study, **planning):
    settings = study.settings.model_copy(update={"planning": Planning(**planning)})
    return replace(study, settings=settings)


def protocol(pilot, study, dropout=0.1):
    plan = next_trial.plan(pilot, next_trial.sizes(pilot, study, dropout), study)
    text = next_trial.protocol(plan, dropout, 0.05)
    return " ".join(text), " ".join(next_trial.in_short(plan))


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


def test_only_effects_singled_out_for_significance_are_corrected(pilot, scores, study):
    table = next_trial.shrinkage(pilot, 0.05)
    p = effectiveness.table_5(scores, study).set_index("scale").loc[pilot["scale"], "p"]
    assert table["scale"].tolist() == p.index[p < 0.05].tolist()
    assert table["shrunk_to"].between(0, 100, inclusive="neither").all()


def test_a_winner_that_just_won_is_corrected_most():
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
    rows = table[table["design"] == "ANCOVA of the post-test score"]
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


def test_the_plan_rests_on_the_stated_effect_and_not_on_the_pilots(pilot, study):
    """A t test of SD sqrt(.75) needs 132 per arm; adjusting for the baseline costs one more."""
    stated = planned_by(study, smallest_effect=0.3, primary_outcome="pss_total")
    half = pilot.assign(correlation=0.5)
    texts = [protocol(half.assign(effect=effect), stated, 0.0) for effect in (0.1, 0.9)]
    for text, answer in texts:
        assert "0.30 baseline SDs, the smallest effect of interest" in text
        assert "133 participants per arm give a power of 80%" in text
        assert "needs 133 participants per arm" in answer
    text, answer = protocol(pilot, stated)
    for words in ("Stress (PSS)", "95% CI [", "was not used", "Eldridge et al., 2016"):
        assert words in text
    assert "does not depend on the effect that the pilot estimated" in answer


def test_without_a_stated_effect_there_is_a_range_and_no_recommendation(pilot, study):
    for text in protocol(pilot, planned_by(study)):
        assert text.startswith("No smallest effect of interest is stated")
        assert "for 0.20 SD" in text
        assert "for 0.60 SD" in text


def test_a_plan_without_a_primary_outcome_takes_the_typical_correlation(pilot, study):
    stated = planned_by(study, smallest_effect=0.35)
    sizes = next_trial.sizes(pilot, stated, 0.0)
    assert sizes["effect"].tolist() == [0.2, 0.3, 0.35, 0.4, 0.5, 0.6]
    assert (sizes["correlation"] == next_trial.typical_correlation(pilot)).all()
    text, _ = protocol(pilot, stated)
    assert "primary outcome" not in text


def test_differences_from_the_formula_are_counted_beside_what_chance_makes():
    """sqrt(.5 * .5 / 10000) is .005: .511 is 2.2 errors away, .509 is 1.8, a gap has no formula."""
    table = pd.DataFrame({"formula": [0.5, 0.5, 1.0, None], "simulated": [0.511, 0.509, 1, 0.3]})
    found = next_trial.differences(table, 10_000)
    assert (found["rows"], found["beyond"]) == (3, 1)
    assert found["expected"] == pytest.approx(3 * 0.0455, abs=1e-4)
    assert found["largest"] == pytest.approx(2.2)
    assert ": 1 of 3;" in next_trial.beside_chance(found)[0]


def test_no_formula_is_far_from_its_simulation():
    table = next_trial.beside_simulation(0.5, 0.6, 0.05, 20_000)
    assert next_trial.differences(table, 20_000)["largest"] < 3.5


def test_power_rises_with_size_and_effect():
    surface = next_trial.power_surface(0.7, 0.05)
    for axis in (0, 1):
        steps = np.diff(surface.to_numpy(), axis=axis)
        assert (steps > -1e-9).all()
        assert (steps > 1e-3).mean() > 0.4


def test_a_plan_does_not_need_an_estimable_effect(pilot, study):
    nobody = pilot.iloc[:0]
    assert len(next_trial.assurance_curves(nobody, 0.05, 0.0)) == 0
    assert len(next_trial.needed(nobody, 0.05, 0.0)) == 0
    assert len(next_trial.shrinkage(nobody, 0.05)) == 0
    text, _ = protocol(nobody, study)
    assert "correlation .50" in text
    assert "pilot" not in text
    assert len(next_trial.precision_table(nobody)) > 10


def test_every_larger_n_has_an_interval_of_a_rate_as_narrow():
    """From 42 on the exact interval at 90 %, halves rounded upwards, is at most 20 points wide."""
    assert trial_design.n_for_rate_width(0.2, 0.9) == 42
    counts = {41: 37, 42: 38, 43: 39, 44: 40, 45: 41, 46: 41, 55: 50}  # 45 * 0.9 = 40.5
    widths = {
        n: -np.subtract(*proportion_confint(count, n, method="beta")) for n, count in counts.items()
    }
    assert widths.pop(41) > 0.2
    assert max(widths.values()) <= 0.2
