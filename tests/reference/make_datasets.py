"""Make the data sets that R, PSPP and this project compute the same statistics of.

They were made once, with this script and the versions in the project's lock, and stay as they
are, for the references belong to these files. Whoever runs it again
(``python tests/reference/make_datasets.py``) runs ``make reference`` after it.

Each data set is three files: NAME_scores.csv (a row a person: participant, group, age, practice,
then OUTCOME_baseline and OUTCOME_post), NAME_items.csv (keyed item points at baseline) and
NAME_keys.csv (which items make a scale).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from imp_helpers import cleaning, scoring
from imp_intake.settings.study import read_study

DATASETS = Path(__file__).parent / "datasets"
STUDY = Path(__file__).parents[2] / "data"
SCALES = {"short": 5, "long": 10}


def write(name: str, scores: pd.DataFrame, items: pd.DataFrame, keys: pd.DataFrame) -> None:
    """Write the three files of a data set."""
    for kind, table in (("scores", scores), ("items", items), ("keys", keys)):
        table.to_csv(DATASETS / f"{name}_{kind}.csv", index=False, lineterminator="\n")


def synthetic_study() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Export what the pipeline makes of the shipped study's raw data."""
    study = read_study(STUDY)
    cleaned = cleaning.clean(study, cleaning.read_raw_files(study))
    points = scoring.points_table(cleaned.answers, study)
    long = scoring.score_all(points, study)
    wide = long.pivot(index="participant", columns=["scale", "time"], values="score")
    columns = [(outcome.id, time.id) for outcome in study.outcomes for time in study.times]
    wide = wide[columns]
    wide.columns = [f"{scale}_{time}" for scale, time in columns]
    practice = cleaned.evaluation.set_index("participant")["home_practice"].rename("practice")
    people = cleaned.participants.set_index("participant")[["group", "age"]]
    scores = people.join(practice).join(wide).reset_index()
    items = points[points["time"] == study.times[0].id].drop(columns="time")
    keys = [
        (scale.id, column)
        for instrument in study.instruments
        for scale in instrument.scales
        for column in instrument.item_columns(scale)
    ]
    return scores, items, pd.DataFrame(keys, columns=["scale", "item"])


def made(
    seed: int, sizes: tuple[int, int], outcomes: dict[str, tuple[float, float, float]]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Draw a data set; each outcome has a mean, an SD and the gain of the trained group.

    Scores are whole numbers. Before and after correlate by about .6.
    """
    random = np.random.default_rng(seed)
    people = sum(sizes)
    trained = np.repeat([True, False], sizes)
    scores = pd.DataFrame(
        {
            "participant": [f"Q{i:02d}" for i in range(1, people + 1)],
            "group": np.where(trained, "training", "control"),
            "age": random.integers(24, 66, people).astype(float),
            "practice": np.where(trained, 5.0 * random.integers(0, 40, people), np.nan),
        }
    )
    for name, (mean, sd, gain) in outcomes.items():
        person = random.normal(size=people)
        for time in ("baseline", "post"):
            noise = random.normal(size=people)
            value = mean + sd * (0.6**0.5 * person + 0.4**0.5 * noise)
            if time == "post":
                value = value + gain * trained
            scores[f"{name}_{time}"] = np.round(value).clip(0)
    return scores, *made_items(random, scores["participant"])


def made_items(
    random: np.random.Generator, participants: pd.Series
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw answers from 1 to 5 to the items of each scale; each scale's last item is weak."""
    items = pd.DataFrame({"participant": participants})
    keys = []
    for scale, size in SCALES.items():
        trait = random.normal(size=len(participants))
        for number in range(1, size + 1):
            loading = 0.1 if number == size else random.uniform(0.4, 0.8)
            noise = random.normal(size=len(participants))
            answer = 3 + 1.1 * (loading * trait + (1 - loading**2) ** 0.5 * noise)
            items[f"{scale}_{number}"] = np.round(answer).clip(1, 5)
            keys.append((scale, f"{scale}_{number}"))
    return items, pd.DataFrame(keys, columns=["scale", "item"])


def unequal_groups() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Draw 23 trained people and 12 controls."""
    outcomes = {"stress": (17, 6, -3.0), "mindfulness": (128, 16, 9.0), "empathy": (45, 9, 0.5)}
    return made(2312, (23, 12), outcomes)


def missing_posts() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Draw 20 and 18 people of whom some have no second score, no age or not every answer."""
    outcomes = {"stress": (16, 5, -2.0), "mindfulness": (120, 14, 6.0), "empathy": (44, 8, 2.0)}
    scores, items, keys = made(2018, (20, 18), outcomes)
    random = np.random.default_rng(1820)
    gone = random.choice(len(scores), 7, replace=False)
    scores.loc[gone[:5], [name for name in scores if name.endswith("_post")]] = np.nan
    scores.loc[gone[5:], "stress_post"] = np.nan
    scores.loc[[3, 27], "age"] = np.nan
    scores.loc[[6, 11], "practice"] = np.nan
    items.loc[[2, 30], "short_2"] = np.nan
    items.loc[17, "long_7"] = np.nan
    return scores, items, keys


def heavy_ties() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Draw 16 and 15 people whose scores have few distinct values."""
    outcomes = {"worry": (2.0, 0.9, -0.8), "calm": (3.0, 0.7, 0.5), "events": (0.6, 0.8, 0.0)}
    return made(1615, (16, 15), outcomes)


def few_people() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Draw 7 and 6 people, few enough to enumerate every assignment to the groups."""
    return made(76, (7, 6), {"stress": (17, 6, -5.0), "calm": (3.0, 0.8, 0.7)})


if __name__ == "__main__":
    DATASETS.mkdir(exist_ok=True)
    for make in (synthetic_study, unequal_groups, missing_posts, heavy_ties, few_people):
        write(make.__name__, *make())
