"""Internal consistency of every scale: Cronbach's alpha with its interval and its verdict."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pingouin as pg

from imp_helpers.printed.reported_tests import alpha_interval
from imp_helpers.printed_numbers import format_apa
from imp_helpers.results import result
from imp_helpers.study import Study

# The words that the paper uses, and the lowest alpha of each.
VERDICTS = (
    (0.90, "excellent"),
    (0.80, "good"),
    (0.70, "acceptable"),
    (0.60, "below_acceptable"),
    (-np.inf, "poor"),
)
ACCEPTABLE = 0.70


def verdict(alpha: float) -> str:
    """Return the paper's word for an alpha: excellent, good, acceptable, below_acceptable, poor."""
    return next(word for lowest, word in VERDICTS if alpha >= lowest)


def cronbach_alpha(items: pd.DataFrame) -> float:
    """Return Cronbach's alpha of the complete rows.

    alpha = k / (k - 1) * (1 - sum of item variances / variance of the sum), Cronbach (1951),
    10.1007/BF02310555. The same number as R's ``psych::alpha`` and SPSS's RELIABILITY.

    Parameters
    ----------
    items : DataFrame
        Keyed points: a row a person, a column an item, at least two.

    Returns
    -------
    float
        NaN where fewer than three people answered everything or nobody differs.
    """
    complete = items.dropna()
    if len(complete) < 3 or np.isclose(complete.sum(axis=1).var(), 0.0):
        return float("nan")
    return float(pg.cronbach_alpha(complete)[0])


def alpha_table(points: pd.DataFrame, study: Study, time: str) -> pd.DataFrame:
    """Return alpha of every scale at one time.

    Parameters
    ----------
    points : DataFrame
        participant, time and keyed points, as 02_scoring writes them.
    time : str
        The id of the time.

    Returns
    -------
    DataFrame
        scale, label, items, n (people with complete answers), alpha, low and high (95 % interval
        after Feldt), verdict; a row a scale, in the order of the keys.
    """
    at_time = points[points["time"] == time]
    rows = []
    for instrument in study.instruments:
        for scale in instrument.scales:
            answers = at_time[instrument.item_columns(scale)].dropna()
            alpha = cronbach_alpha(answers)
            people, items = len(answers), len(scale.items)
            low = high = float("nan")
            if not np.isnan(alpha):
                low, high = alpha_interval(alpha, people, items)
            word = verdict(alpha) if not np.isnan(alpha) else "not_estimable"
            rows.append((scale.id, scale.label, items, people, alpha, low, high, word))
    columns = ["scale", "label", "items", "n", "alpha", "low", "high", "verdict"]
    return pd.DataFrame(rows, columns=columns)


def beside_printed(table: pd.DataFrame, printed: dict[str, str]) -> pd.DataFrame:
    """Add the alpha that the paper prints for each scale; empty where it prints none."""
    strings = [printed.get(f"reliability.{scale}.alpha") for scale in table["scale"]]
    return table.assign(printed=strings)


def bounds() -> tuple[float, ...]:
    """Return the alphas at which the verdict changes."""
    return tuple(lowest for lowest, _ in VERDICTS if np.isfinite(lowest))


def forest_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return the alphas as ``figures.forest`` draws them, the acceptable ones strong."""
    known = table.dropna(subset="alpha").rename(columns={"alpha": "estimate"})
    return known.assign(strong=known["estimate"] >= ACCEPTABLE)


def in_words(table: pd.DataFrame) -> str:
    """Return the alphas and intervals as a sentence for those who cannot see a figure."""
    parts = [
        f"{row.label} {format_apa(row.alpha, bounded=True)} "
        f"({format_apa(row.low, bounded=True)} to {format_apa(row.high, bounded=True)})"
        for row in table.dropna(subset="alpha").itertuples()
    ]
    return f"Alpha with its interval: {'; '.join(parts)}."


def answer(table: pd.DataFrame) -> str:
    """Say which scales are consistent enough, and of which the interval leaves that open."""
    known = table.dropna(subset="alpha")
    weak = known[known["alpha"] < ACCEPTABLE]
    open_ = known[(known["low"] < ACCEPTABLE) & (known["high"] >= ACCEPTABLE)]
    said = [f"{len(known) - len(weak)} of {len(known)} scales reach an alpha of .70."]
    if len(weak):
        said.append(f"Below it lie: {', '.join(weak['label'])}.")
    if len(open_):
        said.append(
            f"The interval leaves it open on which side of .70 lie: {', '.join(open_['label'])}."
        )
    return " ".join(said)


def reliability_results(table: pd.DataFrame) -> list[dict]:
    """Return alpha, the number of items and the verdict of every scale as results."""
    return [
        result(f"reliability.{row['scale']}.{statistic}", row[column], row["n"])
        for row in table.to_dict("records")
        for statistic, column in (("alpha", "alpha"), ("items", "items"), ("verdict", "verdict"))
        if pd.notna(row[column])
    ]
