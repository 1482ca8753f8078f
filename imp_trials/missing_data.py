"""Compare completers with drop-outs, and estimate effects with incomplete data."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy

from imp_common.design import Comparison
from imp_helpers.statistics.change_scores import contrasts, scores_by_time
from imp_helpers.statistics.effect_sizes import least_squares, standardised_difference
from imp_helpers.study import Study
from imp_trials.over_time import measured_scores, mixed_contrasts
from imp_trials.primary_analysis import model_over_time
from imp_trials.repeated_measures import (
    NotEstimableError,
    change_weights,
    fit_repeated_measures,
)
from imp_trials.resampling import SEED

# Draws that are analysed, steps of the chain before the first, and from one to the next.
IMPUTATIONS, FIRST_STEPS, STEPS_BETWEEN = 50, 200, 20
ESTIMATE = ["n", "difference", "low", "high", "p"]
POOLED = [*ESTIMATE, "mc_error"]
# Primary analyses that adjust for the baseline score.
ADJUSTED = ("ancova", "mmrm")
# On what missingness may depend, so that an analysis is unbiased where its model is right.
UNBIASED_IF = {
    "complete cases": "group",
    "analysis of covariance of complete cases": "group and baseline score",
    "mixed model, free covariances": "group and observed scores",
    "mixed model adjusted for baseline": "group and observed scores",
    "mixed model, random intercept": "group; on observed scores as well only where all variances "
    "and all correlations of the times are equal",
    "multiple imputation": "group and observed scores",
}


def missing_scores(scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Compare complete cases with mixed models and with multiple imputation.

    Columns: scale, label, analysis, n, difference, low, high, p, mc_error (of imputation),
    unbiased_if (on what missingness may depend); some rows a primary comparison. All estimate the
    difference in change; or, where the primary analysis adjusts for the baseline, the adjusted
    difference. Empty where no primary outcome misses a score: then all of them estimate the same.
    """
    is_adjusted, rows = study.settings.study.primary_analysis in ADJUSTED, []
    known = contrasts(scores, study, "ancova" if is_adjusted else "interaction").set_index("scale")
    by_model = model_over_time(scores, study)[1] if is_adjusted else pd.DataFrame()
    for outcome in study.main_outcomes:
        wide = scores_by_time(scores, outcome.id, study, study.times)
        if not wide.isna().any(axis=None):
            continue
        ours = [c for c in study.comparisons if c.outcome is outcome and c.id in known.index]
        completed = impute(wide, study)
        mixed = by_model[by_model["outcome"] == outcome.id] if is_adjusted else (
            mixed_contrasts(scores, outcome.id, study)
        )  # fmt: skip
        mixed = mixed[mixed["time"] == study.analysed_times[1].id].set_index("group")
        for one in ours:
            n = _people(wide, one, study)
            of_cases = known.loc[one.id, ESTIMATE].to_dict()
            of_model = {"n": n} | mixed.loc[one.arm.id].reindex(ESTIMATE).dropna().to_dict()
            estimates = {
                "complete cases": of_cases,
                "mixed model, free covariances": of_model,
                "mixed model, random intercept": random_intercept(wide, one, study),
            }
            if is_adjusted:
                estimates = {
                    "analysis of covariance of complete cases": of_cases,
                    "mixed model adjusted for baseline": of_model,
                }
            estimates["multiple imputation"] = multiple_imputation(wide, one, study, completed)
            for analysis, estimate in estimates.items():
                about = {"scale": one.id, "label": one.label, "analysis": analysis}
                rows.append(about | estimate | {"unbiased_if": UNBIASED_IF[analysis]})
    columns = ["scale", "label", "analysis", *POOLED, "unbiased_if"]
    return pd.DataFrame(rows).reindex(columns=columns)


def _estimate(n: int, difference: float, error: float, df: float) -> dict[str, float]:
    """Return an estimate with its 95 % interval and p by the t distribution."""
    margin = scipy.stats.t.isf(0.025, df) * error
    p = float(2 * scipy.stats.t.sf(abs(difference) / error, df)) if error else float("nan")
    numbers = (n, float(difference), float(difference - margin), float(difference + margin), p)
    return dict(zip(ESTIMATE, numbers, strict=True))


def random_intercept(wide: pd.DataFrame, one: Comparison, study: Study) -> dict[str, float]:
    """Estimate a difference in change with a random intercept for each participant.

    REML, with a mean for each group at each time, as R's ``nlme::lme(random = ~ 1 | participant)``,
    whose degrees of freedom are taken: scores less people less the effects within people. It
    assumes that all times have the same variance and all pairs of times the same correlation; where
    that is wrong it is biased even if scores are missing at random.

    Keys: n (people in the arm and the reference), difference, low, high, p; NaN where it cannot be
    estimated.

    ``wide`` is what ``change_scores.scores_by_time`` returns for all times.
    """
    n, (arm, reference) = _people(wide, one, study), map(study.groups.index, one.groups)
    baseline, later = (study.times.index(time) for time in study.analysed_times)
    weights = change_weights(arm, reference, later, len(study.times), baseline)
    try:
        data = measured_scores(wide, study)
        if weights[~data.cells.ravel()].any():
            raise NotEstimableError
        same, both = np.eye(data.scores.shape[1]), np.ones((data.scores.shape[1],) * 2)
        fit = fit_repeated_measures(data.scores, data.design, (same, both))
        if fit.sigma[0, -1] < 0:
            # The people differ less than chance would have it: their variance is zero.
            fit = fit_repeated_measures(data.scores, data.design, (same,))
    except NotEstimableError:
        return dict.fromkeys(ESTIMATE, float("nan")) | {"n": n}
    weights = weights[data.cells.ravel()]
    difference = weights @ fit.effects * data.unit
    error = np.sqrt(weights @ fit.effects_covariance @ weights) * data.unit
    within_people = int(data.cells.sum()) - len(study.groups)
    df = int((~np.isnan(data.scores)).sum()) - len(data.scores) - within_people
    return _estimate(n, difference, error, df)


def _people(wide: pd.DataFrame, one: Comparison, study: Study) -> int:
    """Count the people of a comparison who have a score at any time."""
    known = wide[[time.id for time in study.times]].notna().any(axis=1)
    return int((known & wide["group"].isin([group.id for group in one.groups])).sum())


def multiple_imputation(
    wide: pd.DataFrame, one: Comparison, study: Study, completed: np.ndarray | None = None
) -> dict[str, float]:
    """Estimate the difference of two groups after imputing missing scores from those at all times.

    Each completed data set is analysed as in ``change_scores.group_model``: the change, or, where
    the primary analysis adjusts for the baseline, by ANCOVA. Pooled by Rubin's rules, with the
    degrees of freedom of Barnard & Rubin (1999), 10.1093/biomet/86.4.948. Without a missing score
    it is the analysis of complete cases.

    Keys: n, difference, low, high, p, mc_error (Monte-Carlo error of the difference, the SD of the
    estimates over the root of their number; White, Royston & Wood, 2011, 10.1002/sim.4067); NaN
    where a group has no score at a time of the analysis, or where there are too few people.

    ``wide`` is what ``change_scores.scores_by_time`` returns for all times, ``completed`` what
    ``impute`` returns for it.
    """
    n = _people(wide, one, study)
    completed = impute(wide, study) if completed is None else completed
    if completed is None:
        return dict.fromkeys(POOLED, float("nan")) | {"n": n}
    known = wide[[time.id for time in study.times]].notna().any(axis=1)
    groups, arm = wide.loc[known, "group"].to_numpy(), study.groups.index(one.arm)
    parts = [groups == group.id for group in study.groups]
    is_adjusted = study.settings.study.primary_analysis in ADJUSTED
    models = []
    for before, after in np.moveaxis(completed, 2, 1):
        explained = after if is_adjusted else after - before
        covariate = [before[part] for part in parts] if is_adjusted else ()
        models.append(least_squares([explained[part] for part in parts], covariate))
    estimates = np.array([model.differences[arm] for model in models])
    variances = np.array([model.covariance[arm, arm] for model in models])
    return _rubin(n, estimates, variances, models[0].df)


class Imputations(NamedTuple):
    """Draws of the scores of all people who have one, at the times at which all groups have some.

    ``scores`` are (draws, people, times) in points of the scale and ``gaps`` (people, times) what
    was missing; ``arms`` is each person's group, counted from 0. ``means`` (draws, groups, times)
    and ``sigma`` (draws, times, times) are the parameters of each draw, ``places`` those of the two
    analysed times.
    """

    scores: np.ndarray
    gaps: np.ndarray
    arms: np.ndarray
    means: np.ndarray
    sigma: np.ndarray
    places: list[int]


def impute(wide: pd.DataFrame, study: Study, draws: int = IMPUTATIONS) -> np.ndarray | None:
    """Return the completed scores at the two analysed times (draws, people, 2); see ``imputed``."""
    found = imputed(wide, study, draws)
    return None if found is None else found.scores[:, :, found.places]


def imputed(wide: pd.DataFrame, study: Study, draws: int = IMPUTATIONS) -> Imputations | None:
    """Complete the scores of people who have one, by draws from their predictive distribution.

    Scores at all times are taken to be normal, with means of its own in each group and a common
    covariance matrix; both are drawn from their posterior along with the missing scores (data
    augmentation; Schafer, 1997, 10.1201/9781439821862, without prior knowledge). A time at which a
    group has no score is left out. None where they cannot be imputed; one draw where none is
    missing.
    """
    try:
        data = measured_scores(wide, study)
    except NotEstimableError:
        return None
    complete = data.cells.all(axis=0)
    times = [time for time, there in zip(study.times, complete, strict=True) if there]
    df = len(data.scores) - len(study.groups)
    if not set(study.analysed_times) <= set(times) or df < len(times):
        return None
    values = data.scores[:, complete[data.cells.any(axis=0)]]
    places = [times.index(time) for time in study.analysed_times]
    gaps = np.isnan(values)
    if not gaps.any():
        nothing = np.empty((0, len(study.groups), len(times)))
        return Imputations(values[None] * data.unit, gaps, data.arms, nothing, nothing, places)
    groups, random = np.eye(len(study.groups))[data.arms], np.random.default_rng(SEED)
    sizes = groups.sum(axis=0)[:, None]
    start = groups.T @ np.nan_to_num(values) / (groups.T @ ~gaps)
    filled, kept = np.where(gaps, start[data.arms], values), []
    patterns = patterns_of(gaps)
    for step in range(FIRST_STEPS + draws * STEPS_BETWEEN):
        means = groups.T @ filled / sizes
        residuals = filled - means[data.arms]
        try:
            sigma = scipy.stats.invwishart.rvs(df, residuals.T @ residuals, random_state=random)
            root = np.linalg.cholesky(sigma)
        except (np.linalg.LinAlgError, ValueError):
            return None
        drawn = means + random.standard_normal(means.shape) / np.sqrt(sizes) @ root.T
        fill(filled, drawn[data.arms], sigma, patterns, random)
        if step >= FIRST_STEPS and (step - FIRST_STEPS) % STEPS_BETWEEN == 0:
            kept.append((filled * data.unit, drawn * data.unit, sigma * data.unit**2))
    return Imputations(
        np.array([k[0] for k in kept]), gaps, data.arms,
        *(np.array([k[place] for k in kept]) for place in (1, 2)), places,
    )  # fmt: skip


def patterns_of(gaps: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return each pattern of missing times with the people (True) who have it."""
    return [(p, (gaps == p).all(axis=1)) for p in np.unique(gaps[gaps.any(axis=1)], axis=0)]


def fill(
    filled: np.ndarray, expected: np.ndarray, sigma: np.ndarray, patterns: list, random
) -> None:
    """Draw missing scores, in place, from the normal distribution given a person's other scores.

    ``filled`` and the means ``expected`` are (people, times), ``patterns`` what ``patterns_of``
    returns.
    """
    for gap, rows in patterns:
        slopes = np.linalg.solve(sigma[np.ix_(~gap, ~gap)], sigma[np.ix_(~gap, gap)])
        left = sigma[np.ix_(gap, gap)] - sigma[np.ix_(gap, ~gap)] @ slopes
        known = (filled - expected)[np.ix_(rows, ~gap)]
        noise = random.standard_normal((rows.sum(), gap.sum())) @ np.linalg.cholesky(left).T
        filled[np.ix_(rows, gap)] = expected[np.ix_(rows, gap)] + known @ slopes + noise


def _rubin(
    n: int, estimates: np.ndarray, variances: np.ndarray, complete_df: int
) -> dict[str, float]:
    """Pool estimates over imputations."""
    m, within = len(estimates), variances.mean()
    between = estimates.var(ddof=1) if m > 1 else 0.0
    total = within + (1 + 1 / m) * between
    share = (1 + 1 / m) * between / total if total else 0.0
    df = complete_df
    if share > 1e-12:
        observed_df = (complete_df + 1) / (complete_df + 3) * complete_df * (1 - share)
        df = 1 / (share * share / (m - 1) + 1 / observed_df)
    pooled = _estimate(n, estimates.mean(), np.sqrt(total), df)
    return pooled | {"mc_error": float(np.sqrt(between / m))}


def completers(scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Compare the baseline scores of completers and drop-outs.

    A drop-out has a score at the first time and none at the second analysed one. The difference is
    standardised by the SD pooled within the two.

    Columns: scale, label, n.completers, mean.completers, sd.completers, n.drop_outs,
    mean.drop_outs, sd.drop_outs, standardised. Empty where nobody dropped out.
    """
    first, second = (time.id for time in study.analysed_times)
    rows = []
    for outcome in study.outcomes:
        wide = scores_by_time(scores, outcome.id, study).dropna(subset=first)
        stayed = wide[second].notna()
        parts = [wide.loc[there, first] for there in (stayed, ~stayed)]
        if len(parts[1]):
            numbers = [n for part in parts for n in (len(part), part.mean(), part.std())]
            difference = standardised_difference(*parts)
            rows.append((outcome.id, outcome.label, *numbers, difference))
    parts, names = ("completers", "drop_outs"), ("n", "mean", "sd")
    described = [f"{name}.{part}" for part in parts for name in names]
    return pd.DataFrame(rows, columns=["scale", "label", *described, "standardised"])
