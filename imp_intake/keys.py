"""A scoring key at work: from the answers on a form to points, from points to a score."""

import numpy as np
import pandas as pd

from imp_common.design import Scale
from imp_intake.settings.instruments import Instrument


def keyed_points(answers: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Turn the answers to one instrument into points, a column an item, missing as NA.

    For most instruments that is the answer itself, or lowest + highest - answer where the item is
    reverse-keyed. Whole points are float32, which holds them exactly.
    """
    names = instrument.item_names
    if instrument.decimals:
        given = answers[names].to_numpy(dtype=float, na_value=np.nan)
        reverse_keyed = np.isin(names, sorted(instrument.reverse_keyed))
        ends = instrument.lowest_answer + instrument.highest_answer
        return pd.DataFrame(np.where(reverse_keyed, ends - given, given), answers.index, names)
    points, lowest = instrument.points_by_answer, instrument.lowest_answer
    # The place after the points is that of a missing answer.
    table, turned = np.array([[*points, np.nan], [*points[::-1], np.nan]], dtype="float32")
    keyed = np.empty((len(answers), len(names)), dtype="float32", order="F")
    for column, name in enumerate(names):
        place = answers[name].to_numpy(dtype=int, na_value=lowest + len(points)) - lowest
        keyed[:, column] = (turned if name in instrument.reverse_keyed else table)[place]
    return pd.DataFrame(keyed, answers.index, names, copy=False)


def score_scale(
    points: pd.DataFrame, instrument: Instrument, scale: Scale, most_missing: float
) -> pd.DataFrame:
    """Score one scale from keyed points: score, items_missing, prorated (0 or 1).

    A person who left out at most a share of ``most_missing`` of the scale's items is scored from
    the mean of the others (for a sum, times the number of items); with more missing there is no
    score. A mean of scale means needs every part to have one.
    """
    columns = instrument.item_columns(scale)
    totals, items_missing = np.zeros(len(points)), np.zeros(len(points), "int16")
    for values in points[columns].to_numpy().T:
        missing = np.isnan(values)
        totals += np.where(missing, 0, values)
        items_missing += missing
    answered = len(columns) - items_missing
    enough = items_missing <= most_missing * len(columns) + 1e-9
    means = np.divide(totals, answered, out=np.full(len(points), np.nan), where=answered > 0)
    if scale.rule == "sum":
        score = np.where(items_missing == 0, totals, means * len(columns))
    elif scale.rule == "mean_of_items":
        score = means
    else:
        by_id = {part.id: part for part in instrument.scales}
        parts = [
            score_scale(points, instrument, by_id[part], most_missing)["score"]
            for part in scale.parts
        ]
        score = np.mean(parts, axis=0)
    score = np.where(enough, score, np.nan)
    prorated = (items_missing > 0) & ~np.isnan(score)
    return pd.DataFrame(
        {"score": score, "items_missing": items_missing, "prorated": prorated.astype("int8")},
        index=points.index,
    )
