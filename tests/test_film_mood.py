"""The experiment in examples/film_mood: scores of real answers beside those its authors published.

The authors' column for tense arousal was made by another key and does not compare. They filled in
the item's mean where an answer is missing, so only complete forms compare: 993 scores.
"""

import re
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from conftest import PROJECT, build_reports
from statsmodels.stats.multitest import multipletests

from imp_helpers import scoring
from imp_intake.settings import instruments

FOLDER = Path(__file__).parent.parent / "examples" / "film_mood"
COMPARABLE = {"EA": "energetic_arousal", "PA": "positive_affect", "NA": "negative_affect"}
COMPLETE_FORMS = {
    ("EA", 1): 167, ("EA", 2): 166,
    ("PA", 1): 168, ("PA", 2): 163,
    ("NA", 1): 164, ("NA", 2): 165,
}  # fmt: skip


@pytest.fixture(scope="module")
def key():
    return instruments.read_instrument(FOLDER / "instruments" / "msq.toml")


@pytest.fixture(scope="module")
def raw():
    return pd.read_csv(FOLDER / "raw" / "msq.csv", dtype="Int64")


@pytest.fixture(scope="module")
def points(raw, key):
    answers = raw.filter(like="msq_").set_axis(key.item_names, axis=1)
    return scoring.keyed_points(answers, key)


@pytest.fixture(scope="module")
def published():
    return pd.read_csv(FOLDER / "published_scores.csv")


def test_everybody_is_there_at_every_time(raw):
    assert raw.groupby("time")["participant"].agg(["size", "nunique"]).eq(170).all(axis=None)
    assert raw.groupby("participant")["film"].nunique().eq(1).all()
    films = raw.drop_duplicates("participant")["film"].value_counts()
    assert films.to_dict() == {1: 41, 2: 41, 3: 42, 4: 46}
    assert int(raw.isna().sum().sum()) == 199


def test_the_key_says_which_items_are_shared_and_which_are_not_scored(key):
    entries = tomllib.loads((FOLDER / "instruments" / "msq.toml").read_text(encoding="utf-8"))
    keyed = [item.number for scale in key.scales for item in scale.items]
    shared = {number for number in keyed if keyed.count(number) > 1}
    assert shared == set(entries["shared_items"])
    assert set(range(1, 73)) - set(keyed) == set(entries["items_not_scored"])
    assert [len(scale.items) for scale in key.scales] == [10] * 4
    assert {(scale.lowest, scale.highest) for scale in key.scales} == {(0, 30)}


def test_complete_forms_give_the_published_scores(raw, points, key, published):
    scales = {scale.id: scale for scale in key.scales}
    compared = {}
    for (name, time), expected in COMPLETE_FORMS.items():
        scale = scales[f"msq_{COMPARABLE[name]}"]
        rows = raw.index[raw["time"] == time]
        scores = scoring.score_scale(points.loc[rows], key, scale, most_missing=0.0)["score"]
        own = scores.set_axis(raw.loc[rows, "participant"]).dropna()
        theirs = published.set_index("participant")[f"{name}{time}"].loc[own.index]
        assert len(own) == expected
        assert own.tolist() == theirs.tolist()
        compared[name, time] = len(own)
    assert sum(compared.values()) == 993


def test_published_scores_name_the_same_people(raw, published):
    films = raw.drop_duplicates("participant").set_index("participant")["film"]
    assert films.astype(int).to_dict() == published.set_index("participant")["film"].to_dict()


def test_r_scores_the_answers_alike(raw, points, key):
    """R wrote the key out for itself; one or two missing answers are replaced by the mean."""
    theirs = pd.read_csv(FOLDER.parent.parent / "tests/reference/several_arms/film_mood.csv")
    for scale in key.scales:
        own = scoring.score_scale(points, key, scale, most_missing=0.2)["score"]
        for time, name in enumerate(("before", "after", "later"), 1):
            scores = own[raw["time"] == time].tolist()
            expected = theirs[f"{scale.id.removeprefix('msq_')}_{name}"].tolist()
            assert scores == pytest.approx(expected, rel=1e-14, nan_ok=True)


# ---------------------------------------------------------------- its reports


@pytest.fixture(scope="module")
def reports(made_once):
    """Return the reports of the experiment, built once."""
    return made_once("film_mood", lambda out: build_reports(FOLDER, out)) / "reports"


def test_the_reports_say_what_r_says(reports):
    r = pd.read_csv(PROJECT / "tests/reference/several_arms.csv")
    r = r[r["dataset"] == "film_mood"].set_index(["measure", "statistic"])["value"]
    table = pd.read_csv(reports / "tables" / "table5.csv").set_index("scale")
    names = {"F": "F", "p": "p", "partial_eta_squared": "partial_eta_squared"}
    for scale, row in table.iterrows():
        measure = scale.removeprefix("msq_")
        for column, name in names.items():
            expected = r[measure, f"anova.after.interaction.{name}"]
            assert row[column] == pytest.approx(expected, rel=1e-6)
    compared = pd.read_csv(reports / "tables" / "table5_5.csv")
    assert len(compared) == 4 * 3 * 2
    # Of all outcomes of a family at one time, R's p are one family of statsmodels' Holm.
    settings = tomllib.loads((FOLDER / "study.toml").read_text(encoding="utf-8"))
    families = {one["scale"]: one.get("family", "main") for one in settings["outcomes"]}
    outcome = compared["scale"].str.partition(".")[0]
    for (_, time), rows in compared.groupby([outcome.map(families), "time"]):
        keys = [scale.removeprefix("msq_").split(".") for scale in rows["scale"]]
        for ours, theirs in (("", "change"), ("ancova_", "ancova"), ("mixed_", "mmrm.change")):
            estimates, p = (
                [r[measure, f"{theirs}.{time}.{arm}.{end}"] for measure, arm in keys]
                for end in ("estimate", "p")
            )
            assert rows[f"{ours}difference"].tolist() == pytest.approx(estimates, rel=1e-4)
            holm = multipletests(p, method="holm")[1].tolist()
            assert rows[f"{ours}adjusted_p"].tolist() == pytest.approx(holm, rel=1e-4)


def test_the_reports_are_of_real_answers_of_a_randomised_experiment(reports):
    pages = {page.name: page.read_text(encoding="utf-8") for page in reports.glob("*.html")}
    assert len(pages) == 10
    words = [re.sub(r"<pre>.*?</pre>", "", page, flags=re.DOTALL) for page in pages.values()]
    assert not any("synthetic" in text.lower() for text in words)
    assert "were allocated at random" in pages["05_effectiveness.html"]
    assert "pooled within the two groups" in pages["04_feasibility.html"]
    flow = re.search(r'alt="(Sad film: Allocated[^"]*)"', pages["04_feasibility.html"])[1]
    assert flow.startswith("Sad film: Allocated 41, Measured before")
