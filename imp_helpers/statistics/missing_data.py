"""Compare completers with drop-outs, and estimate effects with incomplete data."""

import warnings

import numpy as np
import pandas as pd
import scipy

from imp_helpers.statistics.change_scores import contrasts, scores_by_time
from imp_helpers.statistics.effect_sizes import standardised_difference
from imp_helpers.statistics.over_time import mixed_contrasts
from imp_helpers.statistics.repeated_measures import cell_means_design, change_weights, model_at
from imp_helpers.statistics.resampling import SEED, observed
from imp_helpers.study.study import Comparison, Study

IMPUTATIONS = 50
SPANNERS = {
    label: [f"{name}_{part}" for name in ("n", "mean", "sd")]
    for label, part in (("Completers", "completers"), ("Drop-outs", "drop_outs"))
}
ESTIMATE = ["n", "difference", "low", "high", "p"]


def missing_scores(scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Compare complete cases with mixed models and with multiple imputation.

    Columns: scale, label, analysis, n, difference, low, high, p; four rows a primary comparison.
    All estimate the difference in change, whatever the primary analysis. Empty where no primary
    outcome misses a score, because then all of them estimate the same.
    """
    known, rows = contrasts(scores, study, "interaction").set_index("scale"), []
    for outcome in study.main_outcomes:
        wide = scores_by_time(scores, outcome.id, study, study.times)
        if not wide.isna().any(axis=None):
            continue
        ours = [c for c in study.comparisons if c.outcome is outcome and c.id in known.index]
        mixed = mixed_contrasts(scores, outcome.id, study)
        mixed = mixed[mixed["time"] == study.analysed_times[1].id].set_index("group")
        people = wide.dropna(how="all", subset=[t.id for t in study.times])["group"].value_counts()
        for one in ours:
            n = int(sum(people.get(group.id, 0) for group in one.groups))
            of_arm = mixed.loc[one.arm.id, ESTIMATE[1:]].to_dict()
            estimates = {
                "complete cases": known.loc[one.id, ESTIMATE].to_dict(),
                "mixed model, free covariances": {"n": n} | of_arm,
                "mixed model, random intercept": random_intercept(wide, one, study),
                "multiple imputation": multiple_imputation(wide, one, study),
            }
            for analysis, estimate in estimates.items():
                about = {"scale": one.id, "label": one.label, "analysis": analysis}
                rows.append(about | estimate)
    return pd.DataFrame(rows).reindex(columns=["scale", "label", "analysis", *ESTIMATE])


def _estimate(n: int, difference: float, error: float, df: float) -> dict[str, float]:
    """Return an estimate with its 95 % interval and p by the t distribution."""
    margin = scipy.stats.t.isf(0.025, df) * error
    p = float(2 * scipy.stats.t.sf(abs(difference) / error, df)) if error else float("nan")
    numbers = (n, float(difference), float(difference - margin), float(difference + margin), p)
    return dict(zip(ESTIMATE, numbers, strict=True))


def random_intercept(wide: pd.DataFrame, one: Comparison, study: Study) -> dict[str, float]:
    """Estimate a difference in change with a random intercept for each participant.

    statsmodels' MixedLM by REML, with a mean for each group at each time, as R's ``nlme::lme(random
    = ~ 1 | participant)``, whose degrees of freedom are taken: scores less people less the effects
    within people. It is unbiased if scores are missing at random.

    Keys: n (people in the arm and the reference), difference, low, high, p.

    ``wide`` is what ``change_scores.scores_by_time`` returns for all times.
    """
    from statsmodels.regression.mixed_linear_model import MixedLM

    groups, times = [g.id for g in study.groups], [time.id for time in study.times]
    values = wide[times].to_numpy(float)
    design = cell_means_design(wide["group"].map(groups.index).to_numpy(int), len(times))
    known = ~np.isnan(values)
    people = np.repeat(np.arange(len(values)), known.sum(axis=1))
    in_pair = wide["group"].isin([group.id for group in one.groups]) & known.any(axis=1)
    n, (baseline, later) = int(in_pair.sum()), (times.index(t.id) for t in study.analysed_times)
    arm, reference = groups.index(one.arm.id), len(groups) - 1
    weights = change_weights(arm, reference, later, len(times), baseline)
    df = len(people) - len(np.unique(people)) - (len(times) - 1) * len(groups)
    with warnings.catch_warnings():
        # A variance of zero between people is an answer, too.
        warnings.simplefilter("ignore")
        try:
            fit = MixedLM(values[known], design[known], people).fit(reml=True)
            sigma = fit.scale * np.eye(len(times)) + np.asarray(fit.cov_re).item()
            model = model_at(sigma, values, design)
        except (np.linalg.LinAlgError, ValueError):
            return dict.fromkeys(ESTIMATE, float("nan")) | {"n": n}
    error = np.sqrt(weights @ model.effects_covariance @ weights)
    return _estimate(n, weights @ model.effects, error, df)


def multiple_imputation(wide: pd.DataFrame, one: Comparison, study: Study) -> dict[str, float]:
    """Estimate the difference in change after imputing missing scores at the second time.

    Each missing score is drawn from the regression of after on before and group, parameters drawn
    from their posterior; estimates are pooled by Rubin's rules with the degrees of freedom of
    Barnard & Rubin (1999), 10.1093/biomet/86.4.948.

    Keys: n, difference, low, high, p.

    ``wide`` is what ``change_scores.scores_by_time`` returns.
    """
    first, second = (time.id for time in study.analysed_times)
    in_pair = wide["group"].isin([group.id for group in one.groups])
    data = wide[in_pair].dropna(subset=first)
    gaps = data[second].isna().to_numpy()
    in_first = (data["group"] == one.arm.id).to_numpy()
    before, after = data[first].to_numpy(float), data[second].to_numpy(float)
    random = np.random.default_rng(SEED)
    estimates, variances = [], []
    for _ in range(IMPUTATIONS):
        filled = _imputed(before, after, in_first, gaps, random)
        one = observed((filled - before)[:, None], in_first)
        estimates.append(one.difference[0, 0])
        variances.append(one.variance[0, 0])
    variances = np.array(variances) * (1 / in_first.sum() + 1 / (~in_first).sum())
    return _rubin(len(data), np.array(estimates), variances, len(data) - 2)


def _imputed(before, after, in_first, gaps, random) -> np.ndarray:
    """Return the later scores, with missing ones imputed by one draw."""
    if not gaps.any():
        return after
    design = np.column_stack([np.ones(len(before)), before, in_first])
    known, answers = design[~gaps], after[~gaps]
    estimate, *_ = np.linalg.lstsq(known, answers, rcond=None)
    residual = np.sum((answers - known @ estimate) ** 2)
    variance = residual / random.chisquare(len(answers) - design.shape[1])
    drawn = random.multivariate_normal(estimate, variance * np.linalg.inv(known.T @ known))
    filled = after.copy()
    noise = random.normal(scale=np.sqrt(variance), size=gaps.sum())
    filled[gaps] = design[gaps] @ drawn + noise
    return filled


def _rubin(
    n: int, estimates: np.ndarray, variances: np.ndarray, complete_df: int
) -> dict[str, float]:
    """Pool estimates over imputations."""
    m, within = len(estimates), variances.mean()
    between = estimates.var(ddof=1)
    total = within + (1 + 1 / m) * between
    share = (1 + 1 / m) * between / total if total else 0.0
    df = complete_df
    if share > 1e-12:
        observed_df = (complete_df + 1) / (complete_df + 3) * complete_df * (1 - share)
        df = 1 / (share * share / (m - 1) + 1 / observed_df)
    return _estimate(n, estimates.mean(), np.sqrt(total), df)


def completers(scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Compare the baseline scores of completers and drop-outs.

    A drop-out has a score at the first time and none at the second analysed one. The difference is
    standardised by the SD pooled within the two.

    Columns: scale, label, n_completers, mean_completers, sd_completers, n_drop_outs,
    mean_drop_outs, sd_drop_outs, standardised. Empty where nobody dropped out.
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
    described = [column for columns in SPANNERS.values() for column in columns]
    return pd.DataFrame(rows, columns=["scale", "label", *described, "standardised"])
