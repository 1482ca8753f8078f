"""How far conclusions move over simulated studies that fit the printed numbers.

``python -m synthetic.ranges`` writes published/simulated_ranges.csv anew. Scores of each outcome
are drawn directly, not answers to items. What is printed of an outcome holds in every data set: the
groups' sizes, partial eta squared to its last digit (or that the interaction is not significant)
and that Shapiro-Wilk finds nothing in the scores. What is assumed varies over the plausible ranges
stated below: the correlation of pre-test and post-test, the SD at post-test, and the SD of the
training group, both as shares of the control group's at pre-test. Scores are standardised, because
no statistic here depends on their unit.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import scipy

from imp_common.design import Outcome
from imp_helpers.statistics.change_scores import Contrast
from imp_helpers.statistics.effect_sizes import hedges_g_change
from imp_intake.settings.study import Study, read_study
from imp_trials import sensitivity
from synthetic.targets import Targets

SEED, DATA_SETS, QUANTILES = 20_260_218, 400, (0.025, 0.975)
CORRELATION, SD_AFTER, SD_TRAINING = (0.5, 0.9), (0.8, 1.25), (0.8, 1.25)


def write_ranges(folder: Path, data_sets: int = DATA_SETS) -> None:
    """Simulate data sets of every primary outcome, and write where 95 % of each statistic lie."""
    study = read_study(folder)
    targets, random = Targets(study), np.random.default_rng(SEED)
    tables = []
    for outcome in study.main_outcomes:
        drawn = [statistics(one_study(random, study, targets, outcome)) for _ in range(data_sets)]
        ends = pd.DataFrame(drawn).quantile(QUANTILES).T.set_axis(["low", "high"], axis=1)
        ends = ends.rename_axis("statistic").reset_index()
        ends.insert(0, "scale", outcome.id)
        tables.append(ends.assign(data_sets=data_sets))
    file = folder / "published" / "simulated_ranges.csv"
    pd.concat(tables).round(4).to_csv(file, index=False, lineterminator="\n")


def one_study(
    random: np.random.Generator, study: Study, targets: Targets, outcome: Outcome
) -> Contrast:
    """Draw scores of both groups at both times whose interaction is the printed one."""
    ns = [targets.count(f"sample.n.{group.id}") for group in study.groups[:2]]
    f = _interaction(random, targets, outcome, sum(ns) - 2, study.level)
    while True:
        r, after_sd, training_sd = (
            random.uniform(*ends) for ends in (CORRELATION, SD_AFTER, SD_TRAINING)
        )
        before = [random.normal(size=n) for n in ns]
        noise = [np.sqrt(1 - r * r) * random.normal(size=n) for n in ns]
        after = [after_sd * (r * b + e) for b, e in zip(before, noise, strict=True)]
        before[0], after[0] = before[0] * training_sd, after[0] * training_sd
        drawn = Contrast(tuple(before), tuple(after))
        gain = np.sqrt(f) * drawn.standard_error * (1 if outcome.better == "higher" else -1)
        after[0] = after[0] + gain - drawn.difference
        fitted = Contrast(tuple(before), tuple(after))
        pooled = (np.concatenate(scores) for scores in (fitted.before, fitted.after))
        if all(scipy.stats.shapiro(scores).pvalue > study.level for scores in pooled):
            return fitted


def _interaction(random, targets: Targets, outcome: Outcome, df: int, level: float) -> float:
    """Return F: the printed effect within its rounding, else one that is not significant."""
    target = targets.get(f"effectiveness.{outcome.id}.partial_eta_squared")
    if target and target.binding:
        effect = random.uniform(target.value - 0.0005, target.value + 0.0005)
        return effect / (1 - effect) * df
    return random.uniform(0, scipy.stats.f.isf(level, 1, df))


def statistics(one: Contrast) -> dict[str, float]:
    """Compute what Table 5.10 shows of one data set."""
    g = hedges_g_change(one.difference, one.sd_before, one.ns, one.correlation)[0]
    return sensitivity.tests_of(one) | {"g": g}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=write_ranges.__doc__)
    parser.add_argument("--study", default="data", type=Path, help="the study's folder")
    write_ranges(parser.parse_args().study)
