"""What the starter's notebooks compute of other studies, beside what they have always computed.

Two trials have real scores (``reference/several_arms``), one is made; the experiment in
``examples/film_mood`` has real answers, and here none of its own notebooks. To accept a change:
``python tests/test_starter.py``; git then shows what changed.
"""

import csv
import shutil
import sys
import tempfile
from pathlib import Path

import made_trial
import pandas as pd
import pytest

from imp_build import building
from imp_build.inputs import Settings, notebooks_of
from imp_commands.verify import differing, numbers_of

PROJECT = Path(__file__).parent.parent
NUMBERS = Path(__file__).parent / "starter" / "numbers"
SCORES = Path(__file__).parent / "reference" / "several_arms"
# The reference first, and the lowest and highest score.
ARMS = {
    "anorexia": ["control", "cbt", "family"],
    "beat_the_blues": ["usual_care", "beat_the_blues"],
}
SCALES = {"anorexia": ("weight", 50, 150), "beat_the_blues": ("depression", 0, 63)}
STUDIES = ["anorexia", "beat_the_blues", "film_mood", "made_trial"]
FILM = PROJECT / "examples" / "film_mood"
TIMES = {"anorexia": ["before", "after"], "beat_the_blues": ["pre", "m2", "m3", "m5", "m8"]}


def settings_of(name):
    """Return the settings of a trial whose scores are given."""
    (reference, *arms), (scale, lowest, highest) = ARMS[name], SCALES[name]
    roles = {arm: "intervention" for arm in arms} | {reference: "control"}
    lines = ["[study]", f'title = "{name}"', 'kind = "participants"', 'question = "Does it work?"']
    lines += ['allocation = "randomised"', "[privacy]", "disclosure_control = false"]
    for arm, role in roles.items():
        lines += [f"[groups.{arm}]", f'label = "{arm}"', f'code = "{arm}"', f'role = "{role}"']
    for time in TIMES[name]:
        lines += [f"[times.{time}]", f'label = "{time}"', f'code = "{time}"']
    lines += ["[participants]", 'file = "raw/scores.csv"', 'participant = "participant"']
    lines += ['group = "group"', "[questionnaires]", 'file = "raw/scores.csv"']
    lines += ['participant = "participant"', f"[questionnaires.scores.{scale}]"]
    lines += [f'column = "{scale}_{{time}}"', f"lowest = {lowest}", f"highest = {highest}"]
    lines += ["[[outcomes]]", f'scale = "{scale}"', 'better = "lower"', ""]
    return "\n".join(lines)


def write_study(name, folder):
    """Write the folder of a study."""
    if name == "made_trial":
        made_trial.write(folder, {"export.csv": made_trial.wide()})
        return
    if name == "film_mood":
        shutil.copytree(FILM, folder, ignore=shutil.ignore_patterns("notebooks"))
        return
    (folder / "raw").mkdir(parents=True)
    (folder / "study.toml").write_text(settings_of(name), encoding="utf-8")
    table = pd.read_csv(SCORES / f"{name}.csv")
    table.to_csv(folder / "raw" / "scores.csv", index=False)


def numbers(study, out):
    """Build a study, and return its results by id."""
    building.build(Settings(study.resolve(), out.resolve(), notebooks_of(study)))
    return numbers_of(out)


def expected(name):
    with (NUMBERS / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return dict(csv.reader(lines))


@pytest.mark.parametrize("name", STUDIES)
def test_the_starter_computes_what_it_has_always_computed(name, tmp_path):
    write_study(name, tmp_path / "study")
    assert list(differing(expected(name), numbers(tmp_path / "study", tmp_path / "out"))) == []


def renew():
    """Store what the starter computes now."""
    NUMBERS.mkdir(parents=True, exist_ok=True)
    for name in STUDIES:
        with tempfile.TemporaryDirectory() as folder:
            write_study(name, Path(folder) / "study")
            found = numbers(Path(folder) / "study", Path(folder) / "out")
        with (NUMBERS / f"{name}.csv").open("w", encoding="utf-8", newline="") as lines:
            csv.writer(lines, lineterminator="\n").writerows(sorted(found.items()))


if __name__ == "__main__":
    sys.exit(renew())
