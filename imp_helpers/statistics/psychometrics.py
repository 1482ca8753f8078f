"""Cronbach's alpha."""

import numpy as np
import pandas as pd


def cronbach_alpha(items: pd.DataFrame) -> float:
    """Return Cronbach's alpha of the complete rows of keyed points, a column an item.

    alpha = k / (k - 1) * (1 - sum of item variances / variance of the sum), Cronbach (1951),
    10.1007/BF02310555. The same number as R's ``psych::alpha`` and SPSS's RELIABILITY. NaN for a
    scale of one item, and where fewer than three people answered everything or nobody differs.
    """
    import pingouin as pg

    complete = items.dropna()
    if items.shape[1] < 2 or len(complete) < 3 or np.isclose(complete.sum(axis=1).var(), 0.0):
        return float("nan")
    return float(pg.cronbach_alpha(complete)[0])
