"""What if scores are not missing at random: delta adjustment, and jump to reference."""

import numpy as np
import pandas as pd
import scipy

from imp_common.design import Comparison
from imp_common.number_formats import fixed
from imp_helpers.statistics.change_scores import scores_by_time
from imp_helpers.study import Study
from imp_trials.missing_data import (
    POOLED,
    Imputations,
    fill,
    imputed,
    multiple_imputation,
    patterns_of,
)
from imp_trials.resampling import SEED

# How much worse than predicted those of an arm may be whose score is missing, in baseline SDs.
DELTAS = (0.0, 0.25, 0.5, 0.75, 1.0)
# A shift beyond this many SDs is looked for no further.
LARGEST_DELTA = 20
ABOUT = ["scale", "label", "analysis"]


def delta_adjusted(found: Imputations, one: Comparison, study: Study, delta: float) -> np.ndarray:
    """Add delta to the imputed later scores of one arm; (draws, people, 2), see ``impute``.

    Those of the reference group stay as they were imputed (Cro et al., 2020, 10.1002/sim.8569).
    """
    completed = found.scores[:, :, found.places].copy()
    shifted = found.gaps[:, found.places[1]] & (found.arms == study.groups.index(one.arm))
    completed[:, shifted, 1] += delta
    return completed


def jump_to_reference(found: Imputations) -> np.ndarray:
    """Impute what follows a person's last score from the reference group; (draws, people, 2).

    After the last score a person has the mean that the reference group has with the same baseline
    score, given how far the scores in between lay from those of the own group; gaps before it are
    imputed as at random (Carpenter, Roger & Kenward, 2013, 10.1080/10543406.2013.834911). The same
    model as JR in R's ``rbmi``.
    """
    random, completed, first = np.random.default_rng(SEED), found.scores.copy(), found.places[0]
    last = found.gaps.shape[1] - 1 - np.argmin(found.gaps[:, ::-1], axis=1)
    after = np.arange(found.gaps.shape[1]) > last[:, None]
    for scores, means, sigma in zip(completed, found.means, found.sigma, strict=True):
        own = means[found.arms]
        apart = means[-1, first] - own[:, first]
        own = own + apart[:, None] * sigma[first] / sigma[first, first]
        expected = np.where(after, means[-1], own)
        fill(scores, expected, sigma, patterns_of(found.gaps), random)
    return completed[:, :, found.places]


def tipping_point(
    wide: pd.DataFrame, found: Imputations, one: Comparison, study: Study, sd: float
) -> float:
    """Return the shift of an arm's imputed scores at which a significant difference stops being so.

    In points of the scale, towards no difference. NaN where the difference is not significant to
    begin with, infinite where no shift up to 20 SDs tips it.
    """

    def pooled(delta: float) -> dict[str, float]:
        return multiple_imputation(wide, one, study, delta_adjusted(found, one, study, delta))

    start = pooled(0.0)
    if not start["p"] < study.level:
        return float("nan")
    towards = -np.sign(start["difference"]) * sd
    grid = np.arange(0, LARGEST_DELTA + 1, 0.5)
    beyond = next((k for k in grid if pooled(towards * k)["p"] >= study.level), None)
    if beyond is None:
        return float(towards * np.inf)
    return float(towards * scipy.optimize.brentq(
        lambda k: pooled(towards * k)["p"] - study.level, beyond - 0.5, beyond, xtol=1e-6
    ))  # fmt: skip


def sensitivity_to_missingness(
    scores: pd.DataFrame, study: Study
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Estimate each primary comparison under assumptions by which scores are not missing at random.

    Returns two tables. Estimates: scale, label, analysis ("jump to reference", "imputed scores
    0.25 SD worse", ...), n, difference, low, high (95 %), p, mc_error. Tipping points: scale,
    label, count (imputed later scores of the arm), n (of its people), difference, p, tipping (in
    points of the scale), tipping_sd (in pooled baseline SDs). Both are empty where no later score
    of an arm is missing.
    """
    rows, tips = [], []
    for outcome in study.main_outcomes:
        wide = scores_by_time(scores, outcome.id, study, study.times)
        found = imputed(wide, study) if wide.isna().any(axis=None) else None
        if found is None or not len(found.means):
            continue
        reference = jump_to_reference(found)
        sd = _baseline_sd(wide, study)
        worse = -sd if outcome.better == "higher" else sd
        for one in (one for one in study.comparisons if one.outcome is outcome):
            arm = found.arms == study.groups.index(one.arm)
            count = int((found.gaps[:, found.places[1]] & arm).sum())
            if not count:
                continue
            completed = {_named(d): delta_adjusted(found, one, study, d * worse) for d in DELTAS}
            completed["jump to reference"] = reference
            pooled = {n: multiple_imputation(wide, one, study, c) for n, c in completed.items()}
            rows += [(one.id, one.label, name, *p.values()) for name, p in pooled.items()]
            start, tip = pooled[_named(0.0)], tipping_point(wide, found, one, study, sd)
            numbers = (count, int(arm.sum()), start["difference"], start["p"], tip, abs(tip) / sd)
            tips.append((one.id, one.label, *numbers))
    columns = ["scale", "label", "count", "n", "difference", "p", "tipping", "tipping_sd"]
    tips = pd.DataFrame(tips, columns=columns).replace([np.inf, -np.inf], np.nan)
    return pd.DataFrame(rows, columns=[*ABOUT, *POOLED]), tips


def _named(delta: float) -> str:
    return f"imputed scores {fixed(2)(delta)} SD worse" if delta else "missing at random"


def _baseline_sd(wide: pd.DataFrame, study: Study) -> float:
    """Return the SD of the baseline scores, pooled within the groups."""
    by_group = wide.dropna(subset=study.analysed_times[0].id).groupby("group")
    spread = by_group[study.analysed_times[0].id].agg(["size", "var"]).dropna()
    df = spread["size"] - 1
    return float(np.sqrt((df * spread["var"]).sum() / df.sum()))


def in_short(tips: pd.DataFrame, study: Study) -> list[str]:
    """Say how much worse the missing scores would have to be for significance to be lost."""
    said = []
    for row in tips.itertuples():
        if not row.p < study.level:
            said.append(f"{row.label}: not significant by multiple imputation to begin with.")
        elif np.isnan(row.tipping_sd):
            said.append(
                f"{row.label}: stays significant up to a shift of {LARGEST_DELTA} baseline SDs."
            )
        else:
            said.append(
                f"{row.label}: stays significant until the imputed scores of the intervention "
                f"group are shifted by {fixed(2)(row.tipping_sd)} baseline SDs towards no effect."
            )
    return said
