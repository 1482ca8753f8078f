"""The primary analysis of a trial: of two times, or by a mixed model adjusted for baseline."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from imp_helpers import effectiveness
from imp_helpers.results import results_of
from imp_helpers.statistics import change_scores
from imp_helpers.statistics.change_scores import adjusted_p, scores_by_time
from imp_helpers.statistics.effect_sizes import within_groups
from imp_helpers.study import Study
from imp_trials import over_time
from imp_trials.over_time import later_times, measured_scores
from imp_trials.repeated_measures import (
    NotEstimableError,
    RepeatedMeasuresFit,
    fit_repeated_measures,
)

MIXED_MODEL = "mmrm"
TESTED = ["F", "df_effect", "df_error", "p"]
CONTRAST = ["difference", "standard_error", "df", "low", "high", "p"]


@dataclass(frozen=True)
class AdjustedModel:
    """The mixed model of one outcome's later scores, with the baseline as covariate by time.

    ``unit`` gives points of the scale again; ``cells`` says which means (groups, later times) there
    are, ``n`` how many people of each group have a baseline and a later score.
    """

    fit: RepeatedMeasuresFit
    unit: float
    cells: np.ndarray
    n: np.ndarray

    def weights(self, arm: int, time: int) -> np.ndarray | None:
        """Return the weights of an arm's difference from the last group; None without scores."""
        weights = np.zeros(self.cells.shape)
        weights[arm, time], weights[-1, time] = 1, -1
        if weights[~self.cells].any():
            return None
        effects = np.zeros(len(self.fit.effects))
        effects[: self.cells.sum()] = weights[self.cells]
        return effects

    def standard_deviation(self, time: int) -> float:
        """Return the residual standard deviation at a time."""
        measured = np.flatnonzero(self.cells.any(axis=0)).tolist()
        return float(np.sqrt(np.diag(self.fit.sigma)[measured.index(time)])) * self.unit


def uses_mixed_model(study: Study) -> bool:
    """Tell whether the primary analysis is the mixed model."""
    return study.settings.study.primary_analysis == MIXED_MODEL


def adjusted_model(scores: pd.DataFrame, scale: str, study: Study) -> AdjustedModel:
    """Fit the later scores of all who have a baseline score and one later score.

    A mean for each group and time, a slope of the baseline score for each time, unstructured
    covariance, REML (Mallinckrodt et al., 2008, 10.1177/009286150804200402). The same model as R's
    ``mmrm(y ~ arm * time + baseline * time + us(time | id))``.

    NotEstimableError says why it cannot be fitted.
    """
    first, later = study.analysed_times[0], later_times(study)
    wide = scores_by_time(scores, scale, study, [first, *later]).dropna(subset=first.id)
    wide = wide[wide[[time.id for time in later]].notna().any(axis=1)]
    codes = wide["group"].map([group.id for group in study.groups].index).to_numpy(int)
    before = wide[first.id].to_numpy(float)
    n = np.bincount(codes, minlength=len(study.groups))
    if n.min() < 2:
        raise NotEstimableError("few_people")
    if not within_groups([before[codes == g] for g in range(len(n))]).any():
        raise NotEstimableError("same_baseline")
    data = measured_scores(wide, study, later)
    times = data.scores.shape[1]
    covariate = (before - before.mean())[:, None, None] / np.ptp(before) * np.eye(times)
    fit = fit_repeated_measures(data.scores, np.concatenate([data.design, covariate], axis=2))
    return AdjustedModel(fit, data.unit, data.cells, n)


def model_over_time(scores: pd.DataFrame, study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Test and estimate the differences of the groups at each later time by the mixed model.

    Degrees of freedom and errors are Kenward and Roger's, and Satterthwaite's beside them.

    Returns two tables. Tests of all groups: scale, label, time ("all" for all times at once), n, F,
    df_effect, df_error, p, partial_eta_squared (df_effect F / (df_effect F + df_error)), reason.
    Contrasts with the reference: scale and label (of the comparison), outcome, group, time, n,
    difference, standard_error, df, low, high (95 %), p, adjusted_p (see
    ``change_scores.adjusted_p``), satterthwaite_df, satterthwaite_p, sd (residual), reason.
    """
    tests, compared = [], []
    for outcome in study.outcomes:
        try:
            model, reason = adjusted_model(scores, outcome.id, study), ""
        except NotEstimableError as error:
            model, reason = None, str(error)
        ours, every = [one for one in study.comparisons if one.outcome is outcome], []
        about = {"scale": outcome.id, "label": outcome.label, "reason": reason}
        for t, time in enumerate(later_times(study)):
            weights = [model and model.weights(a, t) for a in range(len(ours))]
            absent = over_time.not_measured(scores, outcome.id, time, study)
            missing = absent or reason or "a group has no baseline score"
            here = about | {"time": time.id, "reason": missing}
            if all(w is not None for w in weights):
                every += weights
                here |= _tested(model, weights)
            tests.append(here)
            for one, w in zip(ours, weights, strict=True):
                row = {"scale": one.id, "label": one.label, "outcome": outcome.id,
                       "family": outcome.family, "group": one.arm.id, "time": time.id}  # fmt: skip
                found = {"reason": missing} if w is None else _contrast(model, w, t, one, study)
                compared.append(row | found)
        if every and len(later_times(study)) > 1:
            tests.append(about | {"time": "all"} | _tested(model, every))
    columns = ["scale", "label", "time", "n", *TESTED, "partial_eta_squared", "reason"]
    tests = pd.DataFrame(tests).reindex(columns=columns)
    columns = ["scale", "label", "outcome", "family", "group", "time", "n", *CONTRAST,
               "satterthwaite_df", "satterthwaite_p", "sd", "reason"]  # fmt: skip
    compared = pd.DataFrame(compared).reindex(columns=columns)
    corrected = adjusted_p(compared["p"], [compared["family"], compared["time"]], study)
    return tests, compared.assign(adjusted_p=corrected)


def _tested(model: AdjustedModel, weights: list[np.ndarray]) -> dict:
    """Test all contrasts at once."""
    test = model.fit.test(np.array(weights))
    explained = test["F"] * test["df_effect"]
    effect = explained / (explained + test["df_error"])
    return test | {"partial_eta_squared": effect, "n": int(model.n.sum()), "reason": ""}


def _contrast(model: AdjustedModel, weights: np.ndarray, time: int, one, study: Study) -> dict:
    """Estimate one contrast in points of the scale."""
    kr = model.fit.contrast(weights, "kenward_roger")
    plain = model.fit.contrast(weights)
    names = {"difference": "difference", "standard_error": "se", "low": "low", "high": "high"}
    found = {name: kr[key] * model.unit for name, key in names.items()}
    n = sum(int(model.n[study.groups.index(group)]) for group in one.groups)
    beside = {"satterthwaite_df": plain["df"], "satterthwaite_p": plain["p"]}
    about = {"n": n, "df": kr["df"], "p": kr["p"], "sd": model.standard_deviation(time)}
    return found | about | beside | {"reason": ""}


def table_5(scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Compute Table 5 by the primary analysis; see ``effectiveness.table_5``.

    By the mixed model n is of all whose scores it uses; means and SDs are of complete cases.
    """
    table = effectiveness.table_5(scores, study)
    if not uses_mixed_model(study) or len(study.groups) < 2:
        return table
    tests = model_over_time(scores, study)[0]
    tests = tests[tests["time"] == study.analysed_times[1].id].set_index("scale")
    of_model = table["scale"].map(tests["reason"])
    table["reason"] = table["reason"].where(table["reason"] != "", of_model)
    estimated = table["reason"] == ""
    for name in [*TESTED, "partial_eta_squared", "n"]:
        values = table["scale"].map(tests[name])
        table[name] = table[name].astype(object).mask(estimated, values)
    return table


def contrasts(scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Compare each arm with the reference by the primary analysis.

    See ``change_scores.contrasts``. By the mixed model the gain is in residual SDs of the later
    time, and df_error is Kenward and Roger's.
    """
    if not uses_mixed_model(study):
        return change_scores.contrasts(scores, study)
    table = change_scores.contrasts(scores, study, "interaction")
    if table.empty:
        return table
    compared = model_over_time(scores, study)[1]
    compared = compared[compared["time"] == study.analysed_times[1].id].set_index("scale")
    table = table[table["scale"].map(compared["reason"]) == ""].reset_index(drop=True)
    for name in ("n", "difference", "standard_error", "low", "high", "p", "adjusted_p"):
        table[name] = table["scale"].map(compared[name])
    table["df_error"] = table["scale"].map(compared["df"])
    table["t"] = table["difference"] / table["standard_error"]
    better = {outcome.id: outcome.better for outcome in study.outcomes}
    sign = np.where(table["outcome"].map(better) == "higher", 1, -1)
    unit = sign / table["scale"].map(compared["sd"])
    table["gain"], ends = table["difference"] * unit, table[["low", "high"]].mul(unit, axis=0)
    table["gain_low"], table["gain_high"] = ends.min(axis=1), ends.max(axis=1)
    table["F"] = table["t"] ** 2
    effect = table["F"] / (table["F"] + table["df_error"])
    direction = np.where(table["gain"] > 0, "improved", "not_improved")
    return table.assign(partial_eta_squared=effect, direction=direction)


def results(table: pd.DataFrame, study: Study) -> list[dict]:
    """Return the degrees of freedom of Table 5, which n alone does not tell of a mixed model."""
    if not uses_mixed_model(study):
        return []
    return results_of(table, "effectiveness.{scale}.{statistic}", ["df_error"], "n")


def omnibus_over_time(scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Test at each later time whether the groups differ, by the primary analysis.

    See ``over_time.omnibus_over_time``, and ``model_over_time`` for the mixed model, which has a
    row for all times at once besides.
    """
    table = over_time.omnibus_over_time(scores, study)
    if not uses_mixed_model(study):
        return table
    tests = model_over_time(scores, study)[0]
    beside = table[["scale", "time", "ancova_F", "ancova_F_p"]]
    return tests.merge(beside, on=["scale", "time"], how="left")


def contrasts_over_time(scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Compare each arm with the reference at each later time.

    See ``over_time.contrasts_over_time``. Where the mixed model is the primary analysis, the
    columns that begin with "mixed_" are those of the model adjusted for baseline.
    """
    table = over_time.contrasts_over_time(scores, study)
    if not uses_mixed_model(study) or table.empty:
        return table
    compared = model_over_time(scores, study)[1]
    names = {name: f"mixed_{name}" for name in ("difference", "low", "high", "adjusted_p")}
    own = compared[["scale", "time", "reason", *names]].rename(columns=names)
    others = table.drop(columns=[*names.values(), "reason"])
    return others.merge(own, on=["scale", "time"])[table.columns]


def described(study: Study) -> list[str]:
    """Say what the primary analysis is."""
    analysis = study.settings.study.primary_analysis
    if analysis == "ancova":
        return [
            "Each row is an analysis of covariance (ANCOVA).",
            "*F*, *p* and ηp² are those of the group difference at the later time, adjusted for "
            "the baseline score.",
        ]
    if analysis != MIXED_MODEL:
        return [
            "Each row is a mixed ANOVA with time (two measurements) as the within-subject factor "
            "and group as the between-subject factor.",
            "*F*, *p* and ηp² are those of the time × group interaction, which tests whether the "
            "groups changed differently.",
        ]
    return [
        "Each row is a mixed model for repeated measures of all later scores, with a mean for each "
        "group and time, the baseline score as covariate by time, unstructured covariances, and "
        "REML.",
        "*F*, *p* and ηp² are those of the group difference at the primary time; errors and "
        "degrees of freedom are Kenward and Roger's.",
        "The model uses every participant with a baseline and at least one later score, whom *n* "
        "counts, and is unbiased if missingness depends only on the group and on observed scores.",
        "Means and standard deviations are those of participants with both scores.",
    ]


def mixed_model_note(study: Study) -> str:
    """Say which mixed model stands beside change and ANCOVA."""
    if uses_mixed_model(study):
        return "Mixed model: the primary analysis, adjusted for the baseline score; Kenward-Roger."
    return (
        "Mixed model: a mean for each group and time, free variances and covariances of the "
        "times, REML, and Satterthwaite's degrees of freedom."
    )
