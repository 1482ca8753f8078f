"""Whatever an export, a key or the settings hold: the right scores, or a refusal with a message.

Each case takes a study that is right and makes a few random edits. The scores of what is accepted
are compared with those of a plain loop over the edited file.
"""

import csv
import io
import itertools
import re
import shutil
import tomllib

import pandas as pd
import pytest
from conftest import PROJECT
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from made_exports import BRS_REVERSED, PSS_REVERSED, Format, hand_score, people_of

from imp_commands import checking
from imp_commands.__main__ import main
from imp_common.errors import AnalysisError
from imp_common.folders import SHIPPED_KEYS
from imp_helpers import cleaning, coverage, scoring
from imp_intake.proposing.proposal import propose
from imp_intake.settings.study import read_study

LONG, WIDE = Format("csv", False), Format("csv", True, ";", "cp1252", words=True)
FORMATS = [
    LONG, WIDE, Format("csv", True, system="qualtrics"), Format("csv", False, system="limesurvey"),
    Format("csv", False, system="redcap"), Format("xlsx", True), Format("sheets", False),
    Format("sav", True),
]  # fmt: skip
WORDS = [
    "", " ", "0", "1", "4", "5", "-1", "99", "3.5", "3,5", "nan", "1e5", "9" * 30, "T1", "T2", "A",
    "B", "P01", "P1", "p 3", "x", "é", "\x00", '"', "=1+1", "2024-13-40", "03-04-2024", "Mean",
    "nooit", "helemaal eens", "None", "true", "[]", "{item}", "{time}", "{item:z}", "{", "...",
    "main", "control", "participants", "raw/forms.csv", "../x.csv", "%d-%m-%Y", "utf-16", "(", "\\",
]  # fmt: skip
PLACE = st.integers(0, 10**6)
SETTINGS_EDITS = st.tuples(
    st.sampled_from(["drop", "double", "swap", "word", "number", "sign"]), PLACE, PLACE
)
DATA_EDITS = st.tuples(
    st.sampled_from(["drop", "double", "swap", "cell", "column", "cut", "sign"]), PLACE, PLACE
)
KEY_EDITS = SETTINGS_EDITS
CASES = st.tuples(
    st.sampled_from(FORMATS),
    st.lists(SETTINGS_EDITS, max_size=2),
    st.lists(DATA_EDITS, max_size=3),
    st.lists(KEY_EDITS, max_size=1),
)


def edit_lines(text, edits):
    """Edit a text of settings, line by line."""
    for what, first, second in edits:
        lines = text.split("\n")
        place, other = first % len(lines), second % len(lines)
        word = WORDS[second % len(WORDS)]
        if what == "drop":
            del lines[place]
        elif what == "double":
            lines.insert(other, lines[place])
        elif what == "swap":
            lines[place], lines[other] = lines[other], lines[place]
        elif what == "word":
            lines[place] = re.sub(r'"[^"]*"', lambda _, w=word: f'"{w}"', lines[place], count=1)
        elif what == "number":
            lines[place] = re.sub(r"= .*", lambda _, w=word: f"= {w}", lines[place])
        elif lines[place]:
            at = second % len(lines[place])
            lines[place] = lines[place][:at] + word[:1] + lines[place][at + 1 :]
        text = "\n".join(lines)
    return text


def edit_rows(rows, edits):
    """Edit a table of cells."""
    for what, first, second in edits:
        place, other = first % len(rows), second % len(rows)
        column = second % max(len(rows[place]), 1)
        word = WORDS[(first + second) % len(WORDS)]
        if what == "drop" and len(rows) > 1:
            del rows[place]
        elif what == "double":
            rows.insert(other, list(rows[place]))
        elif what == "swap":
            rows[place], rows[other] = rows[other], rows[place]
        elif what == "cell" and rows[place]:
            rows[place][column] = word
        elif what == "column":
            rows[:] = [row[:column] + row[column + 1 :] for row in rows]
        elif what == "cut":
            rows[place] = rows[place][:column]
        elif what == "sign" and rows[place]:
            rows[place].insert(column, word)
    return rows


@pytest.fixture(scope="module")
def eight(cleaned):
    return people_of(cleaned)


def scores_by_hand(folder):
    """Score the complete forms of the plain long file by a loop; None where a cell is no answer."""
    text = (folder / "raw" / "forms.csv").read_bytes().decode("utf-8")
    header, *rows = [row for row in csv.reader(io.StringIO(text)) if any(c.strip() for c in row)]
    found = {}
    for row in rows:
        cells = dict(zip([name.strip() for name in header], map(str.strip, row), strict=False))
        for name, count, turned, ends, mean in (
            ("PSS", 10, PSS_REVERSED, 4, False), ("BRS", 6, BRS_REVERSED, 6, True),
        ):  # fmt: skip
            answers = [cells.get(f"{name}_{n}", "") for n in range(1, count + 1)]
            if all(re.fullmatch(r"\d", answer) for answer in answers):
                place = cells["id"], cells["time"], f"{name.lower()}_total"
                by_hand = hand_score([int(a) for a in answers], turned, ends, mean)
                found.setdefault(place, by_hand)
    return found


def proposes_or_refuses(folder):
    """Propose settings from the raw files: they are read, or the exports are refused."""
    try:
        texts = propose(sorted((folder / "raw").iterdir()))
    except AnalysisError:
        return
    for text in texts.values():
        tomllib.loads(text)


def is_right_or_refused(folder, form, plain):
    """Check one study; compare what is accepted with the plain loop where nothing else changed."""
    check = checking.check_study(folder)
    checking.summary(check)
    for problem in check.problems:
        assert problem.found
        assert problem.cure
    if check.errors:
        return False
    study = read_study(folder)
    raw = cleaning.read_raw_files(study)
    made = cleaning.clean(study, raw)
    coverage.warnings_table(study, raw, made)
    scores = scoring.score_all(scoring.points_table(made.answers, study), study)
    limits = {name: (scale.lowest, scale.highest) for name, scale in study.scales.items()}
    for name, part in scores.dropna(subset="score").groupby("scale"):
        assert part["score"].between(*limits[name]).all()
    if form is LONG and plain:
        ids = {"T1": "before", "T2": "after"}
        found = scores.set_index(["participant", "time", "scale"])["score"]
        for (who, time, scale), by_hand in scores_by_hand(folder).items():
            number = f"P{int(re.sub('[^0-9]', '', who)):02d}"
            assert found[number, ids[time], scale] == pytest.approx(by_hand, abs=1e-9)
    return True


def run(case, eight, folder):
    form, in_settings, in_data, in_key = case
    shutil.rmtree(folder, ignore_errors=True)
    kept = [list(row) for row in form.rows(eight)]
    try:
        form.write(folder, eight, lambda _: edit_rows(kept, in_data))
    except (ValueError, TypeError, KeyError, OverflowError, pd.errors.ParserError):
        return None  # a table that the writer of the format cannot write
    except Exception as error:
        if "openpyxl" in type(error).__module__ or "pyreadstat" in type(error).__module__:
            return None
        raise
    proposes_or_refuses(folder)
    file = folder / "study.toml"
    file.write_bytes(edit_lines(file.read_text(encoding="utf-8"), in_settings).encode())
    if in_key:
        (folder / "instruments").mkdir()
        key = (SHIPPED_KEYS / "brs.toml").read_text(encoding="utf-8")
        (folder / "instruments" / "brs.toml").write_bytes(edit_lines(key, in_key).encode())
    return is_right_or_refused(folder, form, plain=not in_settings and not in_key)


# Of so many accepted studies one is built.
BUILT = 50
FUZZ = {"suppress_health_check": list(HealthCheck), "deadline": None}


def try_part(part, count, cases, run_one):
    """Try a part of many cases, always the same ones: each part has a result of its own."""

    @seed(part)
    @settings(max_examples=count, database=None, **FUZZ)
    @given(cases)
    def try_case(case):
        run_one(case)

    try_case()


@settings(max_examples=60, **FUZZ)
@given(CASES)
def test_random_edits_end_in_right_scores_or_in_a_message(eight, tmp_path_factory, case):
    run(case, eight, tmp_path_factory.getbasetemp() / "fuzz")


@pytest.mark.slow
@pytest.mark.parametrize("part", range(40))
def test_ten_thousand_random_edits(eight, tmp_path, part):
    """What the check accepts is built, one in fifty."""
    folder, accepted = tmp_path / "fuzz", itertools.count()

    def run_and_build_some(case):
        if run(case, eight, folder) and next(accepted) % BUILT == 0:
            assert main(["build", "--study", str(folder), "--out", str(tmp_path / "out")]) == 0

    try_part(part, 250, CASES, run_and_build_some)


# ---------------------------------------------------------------- the studies that are here

STUDIES = {"data": PROJECT / "data", "film_mood": PROJECT / "examples" / "film_mood"}
SHIPPED = st.tuples(
    st.sampled_from(sorted(STUDIES)),
    PLACE,
    st.lists(SETTINGS_EDITS, max_size=2),
    st.lists(DATA_EDITS, max_size=3),
)


def run_shipped(case, folder):
    """Edit a raw file and the settings of a study that is here, and check it."""
    name, place, in_settings, in_data = case
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(STUDIES[name], folder, ignore=shutil.ignore_patterns("expected", "synthetic"))
    file = folder / "study.toml"
    file.write_bytes(edit_lines(file.read_text(encoding="utf-8"), in_settings).encode())
    raw = sorted((folder / "raw").glob("*.csv"))
    file = raw[place % len(raw)]
    rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
    with file.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows(edit_rows(rows, in_data))
    return is_right_or_refused(folder, None, plain=False)


@settings(max_examples=10, **FUZZ)
@given(SHIPPED)
def test_edits_of_a_study_that_is_here_end_in_scores_or_in_a_message(tmp_path_factory, case):
    run_shipped(case, tmp_path_factory.getbasetemp() / "fuzz_shipped")


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_a_thousand_edits_of_the_studies_that_are_here(tmp_path, part):
    try_part(part, 100, SHIPPED, lambda case: run_shipped(case, tmp_path / "fuzz"))
