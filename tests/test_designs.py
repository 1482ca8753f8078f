"""The check predicts the build: of a study that it accepts, whatever its design, pages are built.

Each pair of levels of the design occurs in some study of `make test`, each design in `make stress`.
"""

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest

from imp_commands.__main__ import main

DESIGN = {
    "arms": (1, 2, 3, 4),
    "times": (1, 2, 3, 4, 5),
    "measure": ("items", "scores"),
    "form": ("none", "without harms", "with harms"),
    "constant": (False, True),
    "last_time": ("all", "one arm", "nobody"),
    "people": (9, 2),
}
HARMS = """[[evaluation.questions]]
id = "harms"
kind = "choice"
label = "Adverse effects"
area = "harms"
column = "harms"
choices = { no = "none", yes = "some" }
"""
FORM = """[evaluation]
file = "raw/export.csv"
participant = "id"
only = { grade = "*" }
[[evaluation.questions]]
id = "grade"
kind = "number"
label = "Grade"
column = "grade"
lowest = 0
highest = 10
"""
HEAD = """[study]
title = "A design"
kind = "participants"
allocation = "randomised"
[participants]
file = "raw/export.csv"
participant = "id"
group = "group"
[privacy]
smallest_count = 2
[questionnaires]
file = "raw/export.csv"
participant = "id"
"""


def pairwise():
    """Return designs in which each level of one factor meets each of every other."""
    places = list(combinations(DESIGN, 2))
    open_pairs = {(a, x, b, y) for a, b in places for x in DESIGN[a] for y in DESIGN[b]}
    designs, every = [], [dict(zip(DESIGN, levels, strict=True)) for levels in all_levels()]
    while open_pairs:
        covered = [{(a, d[a], b, d[b]) for a, b in places} & open_pairs for d in every]
        best = max(range(len(every)), key=lambda place: len(covered[place]))
        designs.append(every[best])
        open_pairs -= covered[best]
    return designs


def all_levels():
    return list(product(*DESIGN.values()))


def name_of(design):
    return "-".join(f"{value}".replace(" ", "_") for value in design.values())


def write(folder, design):
    """Write a study of a design, all times side by side; the last arm may have two people."""
    random = np.random.default_rng(7)
    arms, times = [f"a{n}" for n in range(design["arms"])], range(1, design["times"] + 1)
    sizes = [9] * (len(arms) - 1) + [design["people"]]
    table = pd.DataFrame({"group": np.repeat(arms, sizes)})
    table.insert(0, "id", [f"P{n:02d}" for n in range(len(table))])
    table["grade"] = random.integers(5, 11, len(table))
    table["harms"] = random.choice(["no", "yes"], len(table))
    counts = {"brs": 6, "phq_9": 9} if design["measure"] == "items" else {"one": 1, "two": 1}
    for time in times:
        for name, items in counts.items():
            person = random.integers(1, 4, len(table))
            for item in range(1, items + 1):
                values = (person + random.integers(0, 2, len(table))).astype(float)
                values = np.clip(values, 1, 3)
                if design["constant"] and name == next(iter(counts)):
                    values[:] = 3
                is_last = time == times[-1] and time > 1
                if is_last and design["last_time"] != "all":
                    values[(table["group"] != "a0") | (design["last_time"] == "nobody")] = np.nan
                table[f"{name}_{item}_{time}"] = values
    roles = ["intervention", "control", "intervention", "intervention"]
    pairs = zip(arms, roles, strict=False)
    text = HEAD + "".join(f'[groups.{arm}]\nrole = "{role}"\n' for arm, role in pairs)
    text += "".join(f'[times.t{time}]\ncode = "{time}"\n' for time in times)
    if design["measure"] == "items":
        text += "[questionnaires.instruments]\n"
        text += "".join(f'{name} = "{name}_{{item}}_{{time}}"\n' for name in counts)
    for name in counts if design["measure"] == "scores" else ():
        text += f'[questionnaires.scores.{name}]\ncolumn = "{name}_1_{{time}}"\n'
        text += "lowest = 0\nhighest = 5\n"
    text += FORM if design["form"] != "none" else ""
    text += HARMS if design["form"] == "with harms" else ""
    for name in counts:
        scale = f"{name.removesuffix('_9')}_total" if design["measure"] == "items" else name
        text += f'[[outcomes]]\nscale = "{scale}"\nbetter = "higher"\n'
    (folder / "raw").mkdir(parents=True)
    table.to_csv(folder / "raw" / "export.csv", index=False)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return folder


def accepted_and_built(folder, design):
    """Tell whether a study is accepted, once its pages are built if it is."""
    arguments = ["--study", str(write(folder / "study", design)), "--out", str(folder / "out")]
    if main(["check", *arguments]) != 0:
        return False
    assert main(["build", *arguments]) == 0
    return True


@pytest.mark.parametrize("design", pairwise(), ids=name_of)
def test_what_is_accepted_is_built(tmp_path, design):
    # Nobody at one of the two times that are compared contradicts the settings.
    compared = design["times"] == 2 and design["last_time"] == "nobody"
    assert accepted_and_built(tmp_path, design) != compared


@pytest.mark.slow
@pytest.mark.parametrize("levels", all_levels(), ids=lambda levels: "-".join(map(str, levels)))
def test_every_design_that_is_accepted_is_built(tmp_path, levels):
    accepted_and_built(tmp_path, dict(zip(DESIGN, levels, strict=True)))
