"""Time the interaction of a mixed ANOVA in batches beside a loop over pingouin, and compare F."""

import time
import warnings
from statistics import median

import numpy as np
import pandas as pd
import pingouin as pg

from imp_helpers.statistics import resampling

WANTED_RATIO = 10_000
PEOPLE, IN_FIRST, OUTCOMES, REPLICATES, LOOPS, ROUNDS = 47, 25, 17, 20_000, 40, 5


def long_table(before: np.ndarray, after: np.ndarray, in_first: np.ndarray) -> pd.DataFrame:
    """Lay out one outcome as pingouin wants it."""
    return pd.DataFrame(
        {
            "participant": np.tile(np.arange(len(before)), 2),
            "group": np.tile(in_first, 2),
            "time": np.repeat([0, 1], len(before)),
            "score": np.concatenate([before, after]),
        }
    )


def pingouin_f(table: pd.DataFrame) -> float:
    """Return F of the interaction."""
    anova = pg.mixed_anova(table, "score", within="time", subject="participant", between="group")
    return float(anova.set_index("Source").loc["Interaction", "F"])


def main() -> None:
    """Print interactions a second of both ways, their ratio and the largest difference in F."""
    warnings.simplefilter("ignore")
    random = np.random.default_rng(1)
    before = random.normal(20, 5, size=(PEOPLE, OUTCOMES))
    after = before + random.normal(size=(PEOPLE, OUTCOMES))
    order = np.argsort(random.random((REPLICATES, PEOPLE)), axis=1)
    first = (order < IN_FIRST).astype(float)
    batched, looped = [], []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        found = resampling.interactions(after - before, first, 1 - first)
        batched.append(REPLICATES * OUTCOMES / (time.perf_counter() - start))
        start = time.perf_counter()
        expected = [
            pingouin_f(long_table(before[:, 0], after[:, 0], first[replicate] == 1))
            for replicate in range(LOOPS)
        ]
        looped.append(LOOPS / (time.perf_counter() - start))
    difference = np.max(np.abs(found.F[:LOOPS, 0] - np.array(expected)))
    ratio = median(a / b for a, b in zip(batched, looped, strict=True))
    print(f"interactions a second: {median(batched):,.0f} batched, {median(looped):,.0f} by a loop "
          f"over pingouin; {ratio:,.0f} times as many (wanted: {WANTED_RATIO:,})")  # fmt: skip
    print(f"largest difference in F: {difference:.1e}")


if __name__ == "__main__":
    main()
