"""Outcomes that cannot be estimated take down neither the build nor the other outcomes."""

import html
import re

import numpy as np
import pandas as pd
import pytest

from imp_commands.__main__ import main

SETTINGS = """[study]
title = "A hard study"
kind = "participants"
question = "Does it work?"
primary_analysis = "{analysis}"
[groups.training]
label = "Training"
code = "a"
role = "intervention"
[groups.waiting]
label = "Waiting list"
code = "c"
role = "control"
[times.pre]
label = "Pre"
code = "pre"
[times.post]
label = "Post"
code = "post"
[times.later]
label = "Follow-up"
code = "later"
[raw]
corrections = "corrections.csv"
[participants]
file = "raw/export.csv"
participant = "id"
group = "group"
[questionnaires]
file = "raw/export.csv"
participant = "id"
[evaluation]
file = "raw/export.csv"
participant = "id"
[[evaluation.questions]]
id = "grade"
kind = "number"
label = "Grade"
column = "grade"
lowest = 0
highest = 10
[scoring]
most_missing = 0.2
[privacy]
smallest_count = {smallest}
"""
OUTCOMES = ("usual", "same_before", "same_after", "never_changed", "half")


def write(folder, each, analysis, smallest):
    """Write a waiting-list study of scores, the follow-up of the training group alone."""
    random, n = np.random.default_rng(9), 2 * each
    table = pd.DataFrame({"id": [f"P{i:02d}" for i in range(n)], "group": ["a", "c"] * each})
    table["grade"] = random.integers(5, 11, n)
    settings = SETTINGS.format(analysis=analysis, smallest=smallest)
    for name in OUTCOMES:
        scores = {time: random.integers(0, 21, n).astype(float) for time in ("pre", "post")}
        constant = {"same_before": ["pre"], "same_after": ["post"], "never_changed": scores}
        for time in constant.get(name, ()):
            scores[time][:] = 5
        if name == "half":
            scores["post"] = np.where(table["group"] == "c", scores["pre"], scores["post"])
        later = np.where(table["group"] == "a", scores["post"], np.nan)
        for time, values in (scores | {"later": later}).items():
            table[f"{name}_{time}"] = values
        settings += (
            f'[questionnaires.scores.{name}]\ncolumn = "{name}_{{time}}"\nlabel = "{name}"\n'
            f'lowest = 0\nhighest = 20\n[[outcomes]]\nscale = "{name}"\nbetter = "higher"\n'
        )
    (folder / "raw").mkdir(parents=True)
    table.to_csv(folder / "raw" / "export.csv", index=False)
    (folder / "study.toml").write_text(settings)
    header = "file,participant,time,column,before,after,who,when,why\n"
    (folder / "corrections.csv").write_text(header)
    return folder


@pytest.mark.parametrize(
    ("each", "analysis", "smallest"),
    [(12, "ancova", 3), (12, "mmrm", 3), (2, "mmrm", 2), (12, "interaction", 3),
     (4, "interaction", 3), (2, "ancova", 2), (4, "interaction", 10)],
)  # fmt: skip
def test_the_build_ends_and_says_why_a_cell_is_empty(tmp_path, each, analysis, smallest):
    folder = write(tmp_path / "study", each, analysis, smallest)
    arguments = ["--study", str(folder), "--out", str(tmp_path / "out")]
    assert main(["check", *arguments]) == 0
    assert main(["build", *arguments]) == 0
    page = (tmp_path / "out" / "reports" / "05_effectiveness.html").read_text(encoding="utf-8")
    text = " ".join(html.unescape(re.sub(r"<[^>]+>", "", page)).split())
    assert "Waiting list was not measured" in text
    if smallest == 3 and each > 4:
        assert "never_changed, because all participants in a group changed by the same" in text
        if analysis == "ancova":
            assert "same_before, because all participants in a group had the same base" in text
            assert "same_after, because group and baseline score leave no variance" in text
        table = pd.read_csv(tmp_path / "out" / "reports" / "tables" / "table5.csv", index_col=0)
        assert not table.loc["usual", ["F", "p"]].isin(["–"]).any()
