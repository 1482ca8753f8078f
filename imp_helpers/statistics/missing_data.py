"""Estimates from everyone who has any score: a mixed model, and multiple imputation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import optimize, stats

from imp_helpers.statistics.change_scores import scores_by_time
from imp_helpers.statistics.resampling import SEED, observed
from imp_helpers.study.study import Outcome, Study

IMPUTATIONS = 50
ESTIMATE = ["n", "difference", "low", "high", "p"]


def missing_scores(
    scores: pd.DataFrame, table: pd.DataFrame, outcomes: Sequence[Outcome], study: Study
) -> pd.DataFrame:
    """Compare complete cases with a mixed model and with multiple imputation.

    Columns: label, analysis, n, difference, low, high, p; three rows an outcome.
    ``table`` is what ``sensitivity.effects`` returns, with p.
    """
    known, rows = table.set_index("scale"), []
    for outcome in (outcome for outcome in outcomes if outcome.id in known.index):
        estimates = {
            "complete cases": known.loc[[outcome.id], ESTIMATE].to_dict("records")[0],
            "mixed model": mixed_model(scores[scores["scale"] == outcome.id], study),
            "multiple imputation": multiple_imputation(
                scores_by_time(scores, outcome.id, study), study
            ),
        }
        for analysis, estimate in estimates.items():
            rows.append({"label": outcome.label, "analysis": analysis} | estimate)
    return pd.DataFrame(rows).reindex(columns=["label", "analysis", *ESTIMATE])


def _estimate(n: int, difference: float, error: float, df: float) -> dict[str, float]:
    """Return an estimate with its 95 % interval and p by the t distribution."""
    margin = stats.t.isf(0.025, df) * error
    p = float(2 * stats.t.sf(abs(difference) / error, df)) if error else float("nan")
    numbers = (n, float(difference), float(difference - margin), float(difference + margin), p)
    return dict(zip(ESTIMATE, numbers, strict=True))


def mixed_model(long: pd.DataFrame, study: Study) -> dict[str, float]:
    """Estimate the difference in change from everyone who has any score.

    A linear mixed model with time, group, their interaction and a random intercept a person, by
    REML, as R's ``nlme::lme(random = ~ 1 | participant)``, whose degrees of freedom are taken:
    answers less people less 2. If nobody misses a time this is the t test of the change. It is
    unbiased if scores are missing at random.

    Keys: n (people), difference, low, high, p.
    Columns of ``long``: participant, group, time, score.
    """
    first, second = study.analysed_times
    data = long[long["time"].isin([first.id, second.id])].dropna(subset="score")
    time = (data["time"] == second.id).to_numpy(dtype=float)
    group = (data["group"] == study.groups[0].id).to_numpy(dtype=float)
    design = np.column_stack([np.ones(len(data)), time, group, time * group])
    answers = data["score"].to_numpy(dtype=float)
    people = pd.factorize(data["participant"])[0]
    estimate, error = (values[3] for values in _random_intercept(answers, design, people))
    n = int(people.max()) + 1
    return _estimate(n, estimate, error, len(data) - n - 2)


def _random_intercept(
    answers: np.ndarray, design: np.ndarray, people: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients and standard errors with a random intercept a person, by REML.

    Given the share of the variance that lies between people, all else has a closed form, so the
    likelihood is a curve over that share. By hand, because statsmodels' MixedLM takes thirty times
    as long.
    """
    size = np.bincount(people)
    freedom = len(answers) - design.shape[1]

    def fitted(share: float) -> tuple[float, np.ndarray, np.ndarray]:
        ratio = share / (1 - share)
        shrink = (ratio / (1 + ratio * size))[:, None]

        def weighted(values: np.ndarray) -> np.ndarray:
            sums = np.zeros((len(size), values.shape[1]))
            np.add.at(sums, people, values)
            return values - (shrink * sums)[people]

        weights = weighted(design)
        information = design.T @ weights
        coefficients = np.linalg.solve(information, weights.T @ answers)
        residuals = (answers - design @ coefficients)[:, None]
        within = (residuals * weighted(residuals)).sum() / freedom
        deviance = freedom * np.log(within) + np.log1p(ratio * size).sum()
        deviance += np.linalg.slogdet(information)[1]
        return deviance, coefficients, np.sqrt(within * np.diag(np.linalg.inv(information)))

    options = {"xatol": 1e-12, "maxiter": 500}
    found = optimize.minimize_scalar(
        lambda share: fitted(share)[0], bounds=(0.0, 1 - 1e-9), method="bounded", options=options
    )
    share = found.x if found.fun < fitted(0.0)[0] else 0.0
    return fitted(share)[1:]


def multiple_imputation(wide: pd.DataFrame, study: Study, seed: int = SEED) -> dict[str, float]:
    """Estimate the difference in change after imputing missing scores at the second time.

    Each missing score is drawn from the regression of after on before and group, parameters drawn
    from their posterior; estimates are pooled by Rubin's rules with the degrees of freedom of
    Barnard & Rubin (1999), 10.1093/biomet/86.4.948.

    Keys: n, difference, low, high, p.

    ``wide`` is what ``change_scores.scores_by_time`` returns.
    """
    first, second = (time.id for time in study.analysed_times)
    data = wide.dropna(subset=first)
    gaps = data[second].isna().to_numpy()
    in_first = (data["group"] == study.groups[0].id).to_numpy()
    before, after = data[first].to_numpy(float), data[second].to_numpy(float)
    random = np.random.default_rng(seed)
    estimates, variances = [], []
    for _ in range(IMPUTATIONS):
        filled = _imputed(before, after, in_first, gaps, random)
        one = observed((filled - before)[:, None], in_first)
        estimates.append(one.difference[0, 0])
        variances.append(one.variance[0, 0])
    variances = np.array(variances) * (1 / in_first.sum() + 1 / (~in_first).sum())
    return _rubin(len(data), np.array(estimates), variances, len(data) - 2)


def _imputed(before, after, in_first, gaps, random) -> np.ndarray:
    """Return the scores after, gaps filled with one draw."""
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
