"""Time simulated trials a second, beside loops over pingouin and, where it is there, R's aov."""

import shutil
import subprocess
import time
import warnings
from dataclasses import replace
from statistics import median

import numpy as np
import pandas as pd
import pingouin as pg

from imp_helpers.statistics.trial_design import Trial
from imp_helpers.statistics.trial_simulation import simulate

PEOPLE = Trial(25, 22, effect=0.5)
TRIALS, LOOPS, ROUNDS = 1_000_000, 60, 5
WANTED = {"change": 10_000, "ancova": 2_000}
WANTED_A_SECOND = 300_000
R_LOOP = """
set.seed(1); n <- 300; group <- factor(rep(c("a", "b"), c(25, 22))); who <- factor(1:47)
long <- data.frame(who = rep(who, 2), group = rep(group, 2), time = factor(rep(1:2, each = 47)))
start <- proc.time()[[3]]
for (i in 1:n) { long$y <- rnorm(94); summary(aov(y ~ group * time + Error(who / time), long)) }
change <- n / (proc.time()[[3]] - start)
start <- proc.time()[[3]]
for (i in 1:n) { b <- rnorm(47); a <- rnorm(47); summary(aov(a ~ b + group)) }
cat(change, n / (proc.time()[[3]] - start))
"""


def batched(trial: Trial) -> float:
    """Return simulated trials a second."""
    start = time.perf_counter()
    simulate(trial, TRIALS, 1)
    return TRIALS / (time.perf_counter() - start)


def looped(analysis: str, random: np.random.Generator) -> float:
    """Return trials a second of a loop over pingouin."""
    first, people = PEOPLE.n_trained, PEOPLE.n_trained + PEOPLE.n_control
    group = np.arange(people) < first
    start = time.perf_counter()
    for _ in range(LOOPS):
        before, after = random.normal(size=(2, people))
        if analysis == "ancova":
            table = pd.DataFrame({"before": before, "after": after, "group": group.astype(str)})
            pg.ancova(table, dv="after", covar="before", between="group")
        else:
            who, when = np.tile(np.arange(people), 2), np.repeat([0, 1], people)
            table = pd.DataFrame({"who": who, "time": when, "group": np.tile(group, 2)})
            table["score"] = np.concatenate([before, after])
            pg.mixed_anova(table, "score", within="time", subject="who", between="group")
    return LOOPS / (time.perf_counter() - start)


def main() -> None:
    """Print trials a second and ratios, medians of rounds in turn."""
    warnings.simplefilter("ignore")
    random = np.random.default_rng(1)
    for analysis, wanted in WANTED.items():
        trial = replace(PEOPLE, analysis=analysis)
        rounds = [(batched(trial), looped(analysis, random)) for _ in range(ROUNDS)]
        ours, theirs = (median(column) for column in zip(*rounds, strict=True))
        ratio = median(a / b for a, b in rounds)
        print(f"{analysis}: {ours:,.0f} trials a second, a loop over pingouin {theirs:,.0f}: "
              f"{ratio:,.0f} times as many (wanted: {wanted:,})")  # fmt: skip
        if analysis == "ancova":
            print(f"  wanted on one core: {WANTED_A_SECOND:,} a second; "
                  f"10^9 trials: {1e9 / ours / 3600:.1f} core-hours")  # fmt: skip
    if shutil.which("Rscript"):
        found = subprocess.run(
            ["Rscript", "-e", R_LOOP], capture_output=True, text=True, check=True
        )
        change, ancova = map(float, found.stdout.split())
        print(
            f"a plain R loop with aov: change {change:,.0f}, ancova {ancova:,.0f} trials a second"
        )
    else:
        print("R is not here, so no loop over aov was timed")


if __name__ == "__main__":
    main()
