"""Trials with several arms, several times and drop-out: this project's answers beside R's."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from imp_common.design import Outcome
from imp_helpers.statistics import change_scores, effect_sizes, sample
from imp_intake.settings.study import Group, Time
from imp_trials import missing_data, over_time
from imp_trials.repeated_measures import (
    NotEstimableError,
    cell_means_design,
    fit_repeated_measures,
)

REFERENCE = Path(__file__).parent.parent / "reference"
KEYS = ["dataset", "measure", "statistic"]
R = pd.read_csv(REFERENCE / "several_arms.csv").set_index(KEYS)["value"].sort_index()
OUTCOMES = list(dict.fromkeys(key[:2] for key in R.index))
# Of each data set the arms, the reference first, and the times, the baseline first.
DESIGNS = {
    "film_mood": (["neutral", "sad", "fear", "comedy"], ["before", "after", "later"]),
    "weight_loss": (["control", "diet", "diet_exercise"], ["month_1", "month_2", "month_3"]),
    "beat_the_blues": (["usual_care", "beat_the_blues"], ["pre", "m2", "m3", "m5", "m8"]),
    "anorexia": (["control", "cbt", "family"], ["before", "after"]),
}
DESIGNS["weight_loss_dropout"] = DESIGNS["weight_loss"]
ANALYSES = {"change": "", "ancova": "ancova_", "mmrm": "mixed_"}


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


# ---------------------------------------------------------------- ours beside R's


def trial(study, dataset, measure):
    """Return a study with the design of a data set, and its scores."""
    (reference, *arms), times = DESIGNS[dataset]
    groups = [Group(a, a.capitalize(), a, "intervention") for a in arms]
    groups.append(Group(reference, reference.capitalize(), reference, "control"))
    scale = replace(study.outcomes[0].scale, id=measure, label=measure)
    settings = study.settings.model_copy(update={"analysed_times": [times[0], times[1]]})
    study = replace(
        study,
        groups=tuple(groups),
        times=tuple(Time(name, name, name) for name in times),
        outcomes=(Outcome(scale, "higher", "main"),),
        settings=settings,
    )
    wide = pd.read_csv(REFERENCE / "several_arms" / f"{dataset}.csv")
    columns = {f"{measure}_{time}": time for time in times}
    scores = wide.rename(columns=columns).melt(
        ["participant", "group"], times, var_name="time", value_name="score"
    )
    return study, scores.assign(scale=measure)


@pytest.fixture(params=OUTCOMES, ids="-".join)
def case(request, study):
    """Return the values of R, the study and the scores of one outcome of one data set."""
    return R.loc[request.param], *trial(study, *request.param)


def test_the_omnibus_tests_are_those_of_afex_and_car(case):
    r, study, scores = case
    names = ["F", "df_effect", "df_error", "p", "partial_eta_squared"]
    tests = over_time.omnibus_over_time(scores, study).set_index("time")
    for time, row in tests.iterrows():
        expected = [r[f"anova.{time}.interaction.{name}"] for name in names]
        assert row[names].astype(float).tolist() == pytest.approx(expected, rel=1e-6)
        ancova = [r[f"ancova.{time}.F"], r[f"ancova.{time}.p"]]
        assert row[["ancova_F", "ancova_F_p"]].tolist() == pytest.approx(ancova, rel=1e-6)
        assert row["n"] == r[f"n.{time}"]


@pytest.mark.parametrize("kind", ANALYSES)
def test_each_arm_differs_from_the_reference_as_in_r(case, kind):
    """Change and ANCOVA to 1e-6; the mixed model to 1e-4, as its likelihood has a flat top."""
    r, study, scores = case
    table = over_time.contrasts_over_time(scores, study)
    several = len(study.groups) > 2
    rel = 1e-4 if kind == "mmrm" else 1e-6
    for row in table.to_dict("records"):
        arm = row["scale"].partition(".")[2] if several else study.groups[0].id
        start = (
            f"{kind}.{row['time']}.{arm}" if kind != "mmrm" else f"mmrm.change.{row['time']}.{arm}"
        )
        names = {"difference": "estimate", "low": "low", "high": "high", "adjusted_p": "holm"}
        ours = [row[ANALYSES[kind] + name] for name in names]
        assert ours == pytest.approx([r[f"{start}.{name}"] for name in names.values()], rel=rel)


def test_the_baseline_of_the_model_is_the_analysed_one(study):
    """Where nobody is missing, the model's contrast is that of the change from that time."""
    design, scores = trial(study, "weight_loss", "weight_loss")
    later = ["month_2", "month_3"]
    settings = design.settings.model_copy(update={"analysed_times": later})
    table = over_time.contrasts_over_time(scores, replace(design, settings=settings))
    assert set(table["time"]) == {"month_3"}
    assert table["mixed_difference"].tolist() == pytest.approx(table["difference"].tolist())
    assert table["difference"].abs().min() > 0.1


def test_the_primary_contrasts_are_those_of_the_time(case):
    """Of the first later time, which is primary here; F is that of t, the gain in pooled SDs."""
    r, study, scores = case
    first = study.analysed_times[1].id
    for row in change_scores.contrasts(scores, study).to_dict("records"):
        start = f"change.{first}.{row['group']}"
        assert row["t"] == pytest.approx(r[f"{start}.t"], rel=1e-6)
        assert row["F"] == pytest.approx(r[f"{start}.t"] ** 2, rel=1e-6)
        assert np.sign(row["gain"]) == np.sign(row["difference"])
        assert row["direction"] == ("improved" if row["difference"] > 0 else "not_improved")


def test_ancova_as_primary_analysis_gives_ancova(case):
    r, study, scores = case
    head = study.settings.study.model_copy(update={"primary_analysis": "ancova"})
    planned = replace(study, settings=study.settings.model_copy(update={"study": head}))
    first = study.analysed_times[1].id
    for row in change_scores.contrasts(scores, planned).to_dict("records"):
        assert row["difference"] == pytest.approx(
            r[f"ancova.{first}.{row['group']}.estimate"], rel=1e-6
        )


def test_the_random_intercept_is_that_of_nlme(case):
    r, study, scores = case
    wide = change_scores.scores_by_time(scores, study.outcomes[0].id, study, study.times)
    first = study.analysed_times[1].id
    for one in study.comparisons:
        ours = missing_data.random_intercept(wide, one, study)
        start = f"random_intercept.change.{first}.{one.arm.id}"
        expected = [r[f"{start}.{name}"] for name in ("estimate", "low", "high")]
        found = [ours[name] for name in ("difference", "low", "high")]
        scale = max(map(abs, expected))
        assert found == pytest.approx(expected, abs=2e-8 * scale)


def test_the_means_of_everybody_at_the_baseline(case):
    r, study, scores = case
    means = over_time.means_over_time(scores, study)
    first = means[means["time"] == study.times[0].id].set_index("group")
    for group in study.groups:
        expected = [r[f"baseline.{group.id}.{name}"] for name in ("n", "mean", "sd")]
        assert first.loc[group.id, ["n", "mean", "sd"]].tolist() == pytest.approx(expected)


def test_completers_and_drop_outs_at_the_baseline(case):
    r, study, scores = case
    table = missing_data.completers(scores, study)
    first = study.analysed_times[1].id
    assert len(table) == (r[f"dropout.{first}.dropouts"] > 0)
    for row in table.to_dict("records"):
        assert row["n.drop_outs"] == r[f"dropout.{first}.dropouts"]
        if row["n.drop_outs"] > 1:
            names = ("completers.mean", "completers.sd", "dropouts.mean", "dropouts.sd")
            ours = [row["mean.completers"], row["sd.completers"], row["mean.drop_outs"],
                    row["sd.drop_outs"], row["standardised"]]  # fmt: skip
            expected = [r[f"dropout.{first}.{name}"] for name in (*names, "standardised")]
            assert ours == pytest.approx(expected)


def test_a_randomised_trial_describes_its_baseline_and_tests_nothing(case):
    r, study, scores = case
    head = study.settings.study.model_copy(update={"allocation": "randomised"})
    randomised = replace(study, settings=study.settings.model_copy(update={"study": head}))
    people = scores.drop_duplicates("participant")[["participant", "group"]]
    table = sample.baseline_differences(people, scores, randomised)
    expected = [r[f"baseline.{arm.id}.standardised"] for arm in study.groups[:-1]]
    assert table["standardised"].tolist() == pytest.approx(expected)
    assert "p" not in table


# ---------------------------------------------------------------- what cannot be estimated


@pytest.mark.parametrize(
    ("scores", "why"),
    [
        ([[1, np.nan], [2, np.nan], [np.nan, 3], [np.nan, 5]] * 2, "both of two times"),
        ([[1, 1]] * 8, "do not vary"),
        ([[1, np.nan], [2, np.nan], [3, np.nan], [1, np.nan], *[[1, 2], [3, 1]] * 2], "no scores"),
    ],
)
def test_a_model_that_cannot_be_estimated_says_why(scores, why):
    design = cell_means_design(np.repeat([0, 1], 4), 2)
    with pytest.raises(NotEstimableError, match=why):
        fit_repeated_measures(np.array(scores, dtype=float), design)


@pytest.mark.slow
@pytest.mark.parametrize("analysis", ["change", "ancova", "mmrm"])
@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_the_type_i_error_is_the_level(study, analysis, missing):
    """3 arms of 30, two later times correlated .6 with baseline; drop-out depends on the baseline.

    Where drop-out depends on what the model knows, all three keep the level of .05 in each
    uncorrected contrast, within three Monte-Carlo errors.
    """
    random, trials = np.random.default_rng(20261125), 1000
    design, _ = trial(study, "weight_loss", "weight_loss")
    times = [time.id for time in design.times]
    sigma, rejected = 0.4 * np.eye(3) + 0.6, 0
    for _ in range(trials):
        values = random.multivariate_normal(np.zeros(3), sigma, 90)
        gone = random.random(90) < 2 * missing / (1 + np.exp(-values[:, 0]))
        values[gone, 1:] = np.nan
        table = pd.DataFrame(values, columns=times).assign(
            participant=[f"P{i}" for i in range(90)],
            group=np.repeat([group.id for group in design.groups], 30),
        )
        scores = table.melt(["participant", "group"], times, "time", "score")
        scores = scores.assign(scale=design.outcomes[0].id)
        if analysis == "mmrm":
            p = over_time.mixed_contrasts(scores, design.outcomes[0].id, design)["p"].iloc[0]
        else:
            cases = change_scores.complete_cases(scores, design.outcomes[0].id, design)
            kind = "interaction" if analysis == "change" else "ancova"
            model = change_scores.group_model(cases, design, analysis=kind)
            p = effect_sizes.arm_contrasts(model)["p"].iloc[0]
        rejected += p < 0.05
    assert rejected / trials == pytest.approx(0.05, abs=3 * (0.05 * 0.95 / trials) ** 0.5)
