"""From answers to scores: reverse-keying, subscales, totals, and the rule for missing answers."""

import numpy as np
import pandas as pd

from imp_common.design import Scale
from imp_helpers.statistics.change_scores import complete_cases, group_model, why_not_estimable
from imp_helpers.statistics.effect_sizes import omnibus
from imp_helpers.statistics.psychometrics import cronbach_alpha
from imp_helpers.study import Instrument, Study
from imp_intake.keys import keyed_points, score_scale


def points_table(answers: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return participant, time and the keyed points of every item of every instrument."""
    form = answers[["participant", "time"]].astype("category")
    parts = [keyed_points(answers, instrument) for instrument in study.instruments]
    return pd.concat([form, *parts], axis=1)


def score_all(points: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Score every scale of every instrument from ``points_table``.

    Columns: participant, time, scale, score (sum or mean, as the key says), items_missing,
    prorated; ordered by scale, then as the points.
    """
    most_missing, ids = study.settings.scoring.most_missing, sorted(study.scales)
    tables = []
    for instrument in study.instruments:
        for scale in instrument.scales:
            table = score_scale(points, instrument, scale, most_missing)
            place = np.full(len(table), ids.index(scale.id), "int16")
            table.insert(0, "scale", pd.Categorical.from_codes(place, ids))
            tables.append(pd.concat([points[["participant", "time"]], table], axis=1))
    return pd.concat(tables, ignore_index=True)


def with_groups(scores: pd.DataFrame, participants: pd.DataFrame) -> pd.DataFrame:
    """Add each participant's group to a table of scores, whose ids are text again."""
    ids = scores.select_dtypes("category").columns
    scores = scores.astype(dict.fromkeys(ids, "str"))
    return scores.merge(participants[["participant", "group"]], on="participant", how="left")


def describe_scores(scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Describe every scale by group and time, from tidy scores with a column group.

    Columns: scale, group, time, n, mean, sd (n - 1), minimum, maximum, in the study's order.
    """
    grouped = scores.groupby(["scale", "group", "time"], observed=True)["score"]
    table = grouped.agg(n="count", mean="mean", sd="std", minimum="min", maximum="max")
    order = pd.MultiIndex.from_product(
        [list(study.scales), list(study.group_labels), list(study.time_labels)],
        names=["scale", "group", "time"],
    )
    return table.reindex(order).reset_index()


def keys_on_data(points: pd.DataFrame, scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Say what each key makes of the data, for everyone at each time: a wrong key shows here.

    Columns: scale, label, time, n, mean, sd, alpha, at_floor and at_ceiling (how many have the
    lowest and the highest score that is possible), and norm, which the key file has from elsewhere.
    """
    rows = []
    for key in study.instruments:
        for scale in key.scales:
            of_scale = scores[scores["scale"] == scale.id]
            for time in study.times_of(key):
                score = of_scale.loc[of_scale["time"] == time.id, "score"].dropna()
                items = points.loc[points["time"] == time.id, key.item_columns(scale)]
                ends = [int((score == end).sum()) for end in (scale.lowest, scale.highest)]
                described = (len(score), score.mean(), score.std(), cronbach_alpha(items))
                rows.append((scale.id, scale.label, time.id, *described, *ends, scale.norm))
    columns = ["scale", "label", "time", "n", "mean", "sd", "alpha", "at_floor", "at_ceiling"]
    return pd.DataFrame(rows, columns=[*columns, "norm"])


def key_table(study: Study) -> pd.DataFrame:
    """Lay out the keys for a reader.

    Columns: label, items ("1 2R 3": R marks a reverse-keyed item), rule, range (of the score); a
    composite names its parts instead of items.
    """
    labels = {name: scale.label for name, scale in study.scales.items()}
    rows = []
    for scale in study.scales.values():
        items = signed_items(scale)
        parts = " + ".join(labels[part] for part in scale.parts)
        span = f"{scale.lowest:g}–{scale.highest:g}"
        rows.append((scale.label, parts or items, scale.rule.replace("_", " "), span))
    return pd.DataFrame(rows, columns=["label", "items", "rule", "range"])


def signed_items(scale: Scale) -> str:
    """Return the items of a scale as a key has them: "1 2R 3"."""
    return " ".join(f"{item.number}{'R' if item.reverse_keyed else ''}" for item in scale.items)


def keys_of_scales(study: Study) -> list[Instrument]:
    """Return the instrument of each scale, in the order of ``key_table``."""
    return [key for key in study.instruments for _ in key.scales]


def assumption_table(study: Study) -> pd.DataFrame:
    """List what the keys assume and nobody has confirmed: instrument, what, assumed, why, how."""
    columns = ["instrument", "what", "assumed", "why", "how"]
    unconfirmed = [entry for entry in study.assumptions if not entry["confirmed"]]
    return pd.DataFrame(unconfirmed, columns=columns)


def alternative_keys(
    answers: pd.DataFrame, participants: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Score the primary outcomes under each alternative that their keys name.

    Columns: scale, label, setting (what differs), keys (how many alternatives); then mean (of
    everyone at the first time), alpha and partial_eta_squared (of time x group) by the key, each
    with its lowest and highest value over the alternatives, such as mean_low and mean_high.
    """
    primary = {outcome.id: outcome.label for outcome in study.main_outcomes}
    rows = []
    for key in study.instruments:
        scales = [scale.id for scale in key.scales if scale.id in primary]
        for setting, others in key.alternatives.items():
            for scale in scales:
                by_key = _by_key(answers, participants, key, scale, study)
                found = pd.DataFrame(
                    [_by_key(answers, participants, other, scale, study) for other in others]
                )
                row = {"scale": scale, "label": primary[scale], "setting": setting}
                row["keys"] = len(others)
                for name, value in by_key.items():
                    ends = {f"{name}_low": found[name].min(), f"{name}_high": found[name].max()}
                    row |= {name: value} | ends
                rows.append(row)
    return pd.DataFrame(rows)


def _by_key(
    answers: pd.DataFrame, participants: pd.DataFrame, key: Instrument, name: str, study: Study
) -> dict[str, float]:
    """Return mean, alpha and the effect of time x group of one scale under one key."""
    scale = next(scale for scale in key.scales if scale.id == name)
    points = keyed_points(answers, key)
    score = score_scale(points, key, scale, study.settings.scoring.most_missing)["score"]
    scores = answers[["participant", "time"]].assign(scale=name, score=score)
    first = answers["time"] == study.times[0].id
    cases = complete_cases(with_groups(scores, participants), name, study)
    effect = float("nan")
    if not why_not_estimable(cases, study, study.settings.study.primary_analysis):
        effect = omnibus(group_model(cases, study))["partial_eta_squared"]
    alpha = cronbach_alpha(points.loc[first, key.item_columns(scale)].astype(float))
    return {"mean": score[first].mean(), "alpha": alpha, "partial_eta_squared": effect}


def in_short(study: Study) -> list[str]:
    """Say how many scales there are, and whether their keys are certain."""
    scales, open_questions = len(study.scales), len(assumption_table(study))
    said = [f"The study has {scales} scales." if scales > 1 else "The study has one scale."]
    if not open_questions:
        return [*said, "Nothing in the scoring keys is assumed."]
    are = "is one unverified assumption" if open_questions == 1 else "are unverified assumptions"
    return [*said, f"In the scoring keys there {are} (Table 2.2)."]


def count_prorated(scores: pd.DataFrame) -> pd.DataFrame:
    """Count complete, prorated and missing scores, where a scale has others than complete ones."""
    kinds = pd.DataFrame(
        {
            "complete": (scores["score"].notna() & (scores["prorated"] == 0)).astype(int),
            "prorated": scores["prorated"],
            "not_scored": scores["score"].isna().astype(int),
        }
    )
    keys = [scores["scale"], scores["time"]]
    counted = kinds.groupby(keys, sort=False).sum()
    return counted[counted[["prorated", "not_scored"]].any(axis=1)].reset_index()
