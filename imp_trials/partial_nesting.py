"""Groups that were formed in one arm only: the partially nested model."""

import numpy as np
import pandas as pd
import scipy

from imp_common.design import Comparison
from imp_helpers.statistics.change_scores import CHANGE, complete_cases
from imp_helpers.study import Study
from imp_trials.missing_data import ADJUSTED

COLUMNS = ["scale", "label", "n", "clusters", "icc", "icc_low", "icc_high", "difference", "low",
           "high", "df", "p", "reason"]  # fmt: skip


def partially_nested(
    scores: pd.DataFrame, participants: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Compare arms that were delivered in training groups with the reference group.

    Training groups are random in their arm alone, and controls are independent (Roberts & Roberts,
    2005, 10.1191/1740774505cn076oa); REML, the same numbers as R's ``lme4::lmer(y ~ arm + (0 + arm
    | group))``. By hand, because statsmodels' MixedLM stops where training groups do not differ.
    Training groups - 1 degrees of freedom. What is explained is the change, or the later score
    adjusted for baseline if the primary analysis is.

    Columns: scale, label, n, clusters (training groups), icc with icc_low and icc_high (95 %, see
    ``icc_interval``), difference, low, high (95 %), df, p, reason (why there is no estimate); a row
    a primary comparison. ``participants`` has the column training_group.
    """
    rows, clusters = [], participants.set_index("participant")["training_group"]
    for one in study.comparisons:
        if one.outcome.family == "main":
            cases = complete_cases(scores, one.outcome.id, study)
            cases = cases[cases["group"].isin([group.id for group in one.groups])]
            cases = cases.assign(cluster=cases["participant"].map(clusters))
            rows.append({"scale": one.id, "label": one.label} | _compared(cases, one, study))
    return pd.DataFrame(rows).reindex(columns=COLUMNS)


def _compared(cases: pd.DataFrame, one: Comparison, study: Study) -> dict:
    """Fit the model to the complete cases of one comparison."""
    trained = (cases["group"] == one.arm.id).to_numpy(float)
    inside = cases[trained == 1]
    sizes, found = inside["cluster"].value_counts(), {"n": len(cases)}
    if inside["cluster"].isna().any() or len(sizes) < 2 or sizes.max() < 2 or trained.all():
        return found | {"reason": "at least two training groups of several participants are needed"}
    first, second = (time.id for time in study.analysed_times)
    is_adjusted = study.settings.study.primary_analysis in ADJUSTED
    y = cases[second if is_adjusted else CHANGE].to_numpy(float)
    columns = [np.ones(len(y)), trained]
    columns += [cases[first].to_numpy(float)] if is_adjusted else []
    design = np.column_stack(columns)
    unit = np.std(y - design @ np.linalg.lstsq(design, y)[0])
    if not unit > 1e-9 * np.abs(y).max():
        return found | {"reason": "the scores do not vary within the groups"}
    names = inside["cluster"].astype(str).to_numpy()
    members = np.zeros((len(y), len(sizes)))
    members[trained == 1] = names[:, None] == np.unique(names)
    icc, effects, covariance = _restricted_fit(y / unit, design, members)
    error, df = float(np.sqrt(covariance[1, 1])) * unit, len(sizes) - 1
    difference = float(effects[1]) * unit
    half = scipy.stats.t.isf(0.025, df) * error
    residuals = (y - design @ effects * unit)[trained == 1]
    low, high = icc_interval(residuals, names)
    return found | {
        "clusters": len(sizes), "icc": icc, "icc_low": low,
        "icc_high": high, "difference": difference, "low": difference - half,
        "high": difference + half, "df": df, "reason": "",
        "p": float(2 * scipy.stats.t.sf(abs(difference) / error, df)),
    }  # fmt: skip


def _restricted_fit(
    y: np.ndarray, design: np.ndarray, members: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """Maximise the restricted likelihood over the intraclass correlation.

    ``members`` (people, training groups) tells who is in which. Returns the correlation, the fixed
    effects and their covariance.
    """
    sizes, df = members.sum(axis=0), len(y) - design.shape[1]

    def fitted(icc: float) -> tuple[float, np.ndarray, np.ndarray]:
        ratio = icc / (1 - icc)
        weights = np.eye(len(y)) - members * (ratio / (1 + sizes * ratio)) @ members.T
        information = design.T @ weights @ design
        effects = np.linalg.solve(information, design.T @ weights @ y)
        residuals = y - design @ effects
        variance = residuals @ weights @ residuals / df
        deviance = df * np.log(variance) + np.log1p(sizes * ratio).sum()
        deviance += np.linalg.slogdet(information)[1]
        return deviance, effects, variance * np.linalg.inv(information)

    best = scipy.optimize.minimize_scalar(
        lambda icc: fitted(icc)[0], bounds=(0.0, 0.999), method="bounded",
        options={"xatol": 1e-10},
    )  # fmt: skip
    icc = float(best.x) if best.fun < fitted(0.0)[0] else 0.0
    return icc, *fitted(icc)[1:]


def icc_interval(values: np.ndarray, clusters: np.ndarray) -> tuple[float, float]:
    """Return the 95 % interval of the intraclass correlation from a one-way analysis of variance.

    (F / F_tail - 1) / (F / F_tail + n0 - 1), exact for clusters of one size (Searle, 1971); n0 is
    the size that unequal clusters amount to (Donner & Wells, 1986, 10.2307/2531060). The
    same numbers as ICC1 of R's ``psych::ICC`` for clusters of one size. Ends are cut off at 0.
    """
    parts = [values[clusters == cluster] for cluster in np.unique(clusters)]
    f = scipy.stats.f_oneway(*parts).statistic
    n, k = len(values), len(parts)
    size = (n - sum(len(part) ** 2 for part in parts) / n) / (k - 1)
    ratios = (f / scipy.stats.f.isf(tail, k - 1, n - k) for tail in (0.025, 0.975))
    low, high = (float((r - 1) / (r + size - 1)) for r in ratios)
    return max(low, 0.0), max(high, 0.0)
