"""The experiment in examples/film_mood: scores of real answers beside those its authors published.

The authors' column for tense arousal was made by another key and does not compare. They filled in
the item's mean where an answer is missing, so only complete forms compare: 993 scores.
"""

import re
import shutil
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from conftest import PROJECT, build_reports
from statsmodels.stats.multitest import multipletests

from imp_common.errors import AnalysisError
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
    return pd.read_csv(FOLDER / "published" / "scores.csv")


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

# Words of a clinical trial, which this experiment is not.
FOREIGN = ("in favour of", "gain", "gains", "programme", "intervention", "completers", "not shown",
           "synthetic", "simulated")  # fmt: skip


@pytest.fixture(scope="module")
def made(made_once):
    """Return where the experiment was built, by its own notebooks, once."""
    return made_once("film_mood", lambda out: build_reports(FOLDER, out))


@pytest.fixture(scope="module")
def results(made):
    return pd.read_csv(made / "processed" / "results" / "02_films.csv").set_index("id")["value"]


@pytest.fixture(scope="module")
def pages(made):
    """Return what readers see of each page, without its code."""
    hidden = r"<(style|script)\b.*?</\1>|<details class=\"code\">.*?</details>"
    return {
        page.stem: re.sub(hidden, "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for page in (made / "reports").glob("*.html")
    }


@pytest.fixture(scope="module")
def r():
    table = pd.read_csv(PROJECT / "tests/reference/several_arms.csv")
    return table[table["dataset"] == "film_mood"].set_index(["measure", "statistic"])["value"]


SCALES = ("energetic_arousal", "tense_arousal", "positive_affect", "negative_affect")
TIMES, FILMS = ("after", "later"), ("sad", "fear", "comedy")


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("time", TIMES)
def test_the_films_are_tested_together_as_by_r(results, r, scale, time):
    name = f"effectiveness.msq_{scale}" + (".later" if time == "later" else "")
    for statistic in ("F", "p", "partial_eta_squared"):
        expected = r[scale, f"anova.{time}.interaction.{statistic}"]
        assert float(results[f"{name}.{statistic}"]) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize(
    ("ours", "theirs"), [("", "change"), ("ancova_", "ancova"), ("mixed_", "mmrm.change")]
)
def test_each_film_is_compared_as_by_r(results, r, time, ours, theirs):
    """Change, ANCOVA and mixed model; all comparisons at one time are one family of Holm's."""
    keys = [(scale, film) for scale in SCALES for film in FILMS]
    names = [f"effectiveness.msq_{scale}.{film}.{ours}" for scale, film in keys]
    ends = {"difference": "estimate", "low": "low", "high": "high", "p": "p"}
    for own, end in ends.items():
        own = f"difference_{own}" if not ours and own in ("low", "high") else own
        computed = [float(results[f"{name}{own}.{time}"]) for name in names]
        expected = [r[scale, f"{theirs}.{time}.{film}.{end}"] for scale, film in keys]
        assert computed == pytest.approx(expected, rel=1e-4)
    holm = multipletests(expected, method="holm")[1].tolist()
    adjusted = [float(results[f"{name}adjusted_p.{time}"]) for name in names]
    assert adjusted == pytest.approx(holm, rel=1e-4)


def test_the_means_are_those_of_r(results, r):
    for scale in SCALES:
        for film in (*FILMS, "neutral"):
            for ours, theirs in (("mean", "mean"), ("sd", "sd")):
                own = float(results[f"effectiveness.msq_{scale}.{film}.{ours}.before"])
                assert own == pytest.approx(r[scale, f"baseline.{film}.{theirs}"], rel=1e-9)


def test_every_comparable_score_is_the_published_one_in_the_reports_too(made):
    found = pd.read_csv(made / "processed" / "results" / "01_scoring.csv").set_index("id")["value"]
    assert [int(found[f"scoring.published.{name}"]) for name in ("compared", "identical")] == [
        993,
        993,
    ]


def test_the_front_page_answers_first(pages):
    assert set(pages) == {"index", "01_scoring", "02_films", "03_robustness"}
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", pages["index"]))
    answer = (
        "After the horror film people were tenser than after the nature documentary: tense "
        "arousal had risen by 6.7 points more [4.8, 8.6]"
    )
    question = text.index("does the difference last half an hour?")
    assert question < text.index(answer) < text.index("Who took part")
    assert "Half an hour later no difference was significant." in text
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert answer in " ".join(readme.split())


def test_no_page_speaks_of_a_trial(pages):
    for name, page in pages.items():
        words = re.sub(r"<[^>]+>", " ", page).lower()
        assert [word for word in FOREIGN if re.search(rf"\b{word}\b", words)] == [], name


def test_every_page_is_small(made):
    sizes = {page.name: page.stat().st_size for page in (made / "reports").glob("*.html")}
    assert max(sizes.values()) < 250_000, sizes


def test_sentences_that_other_answers_make_untrue_stop_the_build(tmp_path):
    """Here the comedy and the horror film are taken for each other."""
    study = tmp_path / "study"
    shutil.copytree(FOLDER, study)
    settings = (study / "study.toml").read_text(encoding="utf-8")
    for code, other in (("2", "x"), ("4", "2"), ("x", "4")):
        settings = settings.replace(f'code = "{code}"\nrole', f'code = "{other}"\nrole')
    (study / "study.toml").write_text(settings, encoding="utf-8")
    with pytest.raises(AnalysisError, match="not true of the data any more") as stopped:
        build_reports(study, tmp_path / "out")
    # A title of a table, one of a figure, and a sentence.
    for words in ("The sad and the horror film changed mood", "Tension rose", "After the horror"):
        assert words in str(stopped.value)
