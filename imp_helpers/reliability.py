"""Internal consistency of every scale, and the measurement error of individual scores."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from imp_common.design import Scale
from imp_common.formulas import alpha_interval
from imp_helpers.statistics.change_scores import scores_by_time
from imp_helpers.statistics.effect_sizes import reliable_change_threshold
from imp_helpers.statistics.psychometrics import (
    NOT_ESTIMABLE,
    absolute_agreement,
    cronbach_alpha,
    item_fit,
    omega_interval,
)
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
WEAK_ITEM = 0.20


def verdict(alpha: float) -> str:
    """Return the paper's word for an alpha: excellent, good, acceptable, below_acceptable, poor."""
    return next((word for lowest, word in VERDICTS if alpha >= lowest), "not_estimable")


def _answers_by_scale(
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
    for scale, answers in _answers_by_scale(points, study, time):
        alpha, n, items = cronbach_alpha(answers), len(answers.dropna()), len(scale.items)
        ends = NOT_ESTIMABLE[:2] if np.isnan(alpha) else alpha_interval(alpha, n, items)
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
        by_scale = _answers_by_scale(answers, study, time)
        table[f"alpha.{name}"] = [cronbach_alpha(items) for _, items in by_scale]
    return table


def omega_table(points: pd.DataFrame, alphas: pd.DataFrame, study: Study, time: str):
    """Put omega total with its interval beside alpha: scale, label, n, alpha, omega, low, high."""
    omegas = [omega_interval(items) for _, items in _answers_by_scale(points, study, time)]
    omegas = pd.DataFrame(omegas, columns=["omega", "low", "high"])
    return alphas[["scale", "label", "n", "alpha"]].join(omegas)


def item_table(points: pd.DataFrame, study: Study, time: str) -> pd.DataFrame:
    """Describe every item's fit to its scale (leaf scales, not composites).

    Columns: scale, label, item, n, mean, sd, item_rest (correlation with the sum of the others),
    alpha and alpha_if_dropped. The same numbers as R's ``psych::alpha`` (r.drop, alpha.drop).
    """
    rows = []
    for scale, answers in _answers_by_scale(points, study, time):
        if not scale.parts:
            items, alpha = answers.dropna(), cronbach_alpha(answers)
            fits = zip(items, items.mean(), items.std(), *item_fit(items), strict=True)
            for item, mean, sd, fit, without in fits:
                about = (scale.id, scale.label, item, len(items))
                rows.append((*about, mean, sd, fit, alpha, without))
    columns = ["scale", "label", "item", "n", "mean", "sd", "item_rest", "alpha"]
    return pd.DataFrame(rows, columns=[*columns, "alpha_if_dropped"])


def item_rest_ranges(items: pd.DataFrame) -> pd.DataFrame:
    """Return each scale's lowest and highest item-rest correlation: label, lowest, highest."""
    by_scale = items.dropna(subset="item_rest").groupby("label", sort=False)["item_rest"]
    return by_scale.agg(lowest="min", highest="max").reset_index()


def weak_items(items: pd.DataFrame) -> pd.DataFrame:
    """Return the items whose correlation with the rest is below .20, the weakest first."""
    weak = items[items["item_rest"] < WEAK_ITEM]
    return weak.sort_values("item_rest", ignore_index=True)


def measurement_error(alphas: pd.DataFrame, scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the measurement error of individual scores on every scale.

    Columns: scale, label, n, icc, icc_low, icc_high (test-retest in the control group, absolute
    agreement), sd (everyone, first time), sem = sd * sqrt(1 - alpha), reliable_change = 1.96 *
    sqrt(2) * sem (Jacobson & Truax, 1991, 10.1037/0022-006X.59.1.12), and retest_change, the same
    with the ICC in place of alpha.
    """
    first, second = (time.id for time in study.analysed_times)
    controls = [group.id for group in study.groups if group.role == "control"]
    rows = []
    for row in alphas.itertuples():
        wide = scores_by_time(scores, row.scale, study)
        retest = wide.loc[wide["group"].isin(controls), [first, second]].dropna()
        icc = absolute_agreement(retest[first].to_numpy(), retest[second].to_numpy())
        sd = wide[first].std()
        error = sd * np.sqrt(1 - row.alpha)
        reliable = reliable_change_threshold(sd, row.alpha)
        by_retest = reliable_change_threshold(sd, max(icc[0], 0.0))
        rows.append((row.scale, row.label, len(retest), *icc, sd, error, reliable, by_retest))
    columns = ["scale", "label", "n", "icc", "icc_low", "icc_high", "sd", "sem"]
    return pd.DataFrame(rows, columns=[*columns, "reliable_change", "retest_change"])
