"""Internal consistency of every scale."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from imp_common.design import Scale
from imp_common.formulas import alpha_interval
from imp_helpers.statistics.psychometrics import cronbach_alpha
from imp_helpers.study import Study

# The words that the paper uses, and the lowest alpha of each.
VERDICTS = (
    (0.90, "excellent"),
    (0.80, "good"),
    (0.70, "acceptable"),
    (0.60, "below_acceptable"),
    (-np.inf, "poor"),
)
BOUNDS = tuple(lowest for lowest, _ in VERDICTS[:-1])
ACCEPTABLE = 0.70


def verdict(alpha: float) -> str:
    """Return the paper's word for an alpha: excellent, good, acceptable, below_acceptable, poor."""
    return next((word for lowest, word in VERDICTS if alpha >= lowest), "not_estimable")


def answers_by_scale(
    points: pd.DataFrame, study: Study, time: str
) -> Iterator[tuple[Scale, pd.DataFrame]]:
    """Yield every scale, in the order of the keys, with its items' points at one time."""
    at_time = points[points["time"] == time]
    for instrument in study.instruments:
        for scale in instrument.scales:
            yield scale, at_time[instrument.item_columns(scale)]


def alpha_table(points: pd.DataFrame, study: Study, time: str) -> pd.DataFrame:
    """Return alpha of every scale at one time, from the keyed points of 02_scoring.

    Columns: scale, label, items, n (people with complete answers), alpha, low and high (95 %
    interval after Feldt), verdict.
    """
    rows = []
    for scale, answers in answers_by_scale(points, study, time):
        alpha, n, items = cronbach_alpha(answers), len(answers.dropna()), len(scale.items)
        ends = (np.nan, np.nan) if np.isnan(alpha) else alpha_interval(alpha, n, items)
        rows.append((scale.id, scale.label, items, n, alpha, *ends, verdict(alpha)))
    columns = ["scale", "label", "items", "n", "alpha", "low", "high", "verdict"]
    return pd.DataFrame(rows, columns=columns)


def beside_printed(table: pd.DataFrame, printed: Mapping[str, str]) -> pd.DataFrame:
    """Add the alpha that the paper prints for each scale, where it prints any."""
    strings = [printed.get(f"reliability.{scale}.alpha") for scale in table["scale"]]
    return table.assign(printed=strings) if any(strings) else table


def alpha_forest(table: pd.DataFrame) -> pd.DataFrame:
    """Return the alphas as ``figures.forest`` draws them, the acceptable ones strong."""
    known = table.dropna(subset="alpha").rename(columns={"alpha": "estimate"})
    return known.assign(strong=known["estimate"] >= ACCEPTABLE)


def in_short(table: pd.DataFrame) -> list[str]:
    """Say which scales reach an alpha of .70, and of which this is not certain."""
    known = table.dropna(subset="alpha")
    weak = known["alpha"] < ACCEPTABLE
    undecided = (known["low"] < ACCEPTABLE) & (known["high"] >= ACCEPTABLE)
    said = [
        f"Scales with an alpha of .70 or higher: {(~weak).sum()} of {len(known)}.",
        "Alpha does not show that a scale is unidimensional; that would need a factor analysis.",
    ]
    alone = table["items"] == 1
    lists = {
        "Below .70: {}.": known.loc[weak, "label"],
        "The 95% interval includes .70, so that the data do not decide: {}.": (
            known.loc[undecided, "label"]
        ),
        "Scales of one item, and scores that were computed elsewhere, have no alpha: {}.": (
            table.loc[alone, "label"]
        ),
    }
    return said + [text.format(", ".join(names)) for text, names in lists.items() if len(names)]


def alpha_by_time_and_group(
    points: pd.DataFrame, participants: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Return alpha of every scale for everyone at each time and for each group at the first.

    Columns: scale, label, then alpha.<time> and alpha.<group>.
    """
    scales = study.scales.values()
    table = pd.DataFrame([(s.id, s.label) for s in scales], columns=["scale", "label"])
    samples = {time.id: (points, time.id) for time in study.times}
    for group in study.groups:
        people = participants.loc[participants["group"] == group.id, "participant"]
        samples[group.id] = points[points["participant"].isin(people)], study.times[0].id
    for name, (answers, time) in samples.items():
        by_scale = answers_by_scale(answers, study, time)
        table[f"alpha.{name}"] = [cronbach_alpha(items) for _, items in by_scale]
    return table
