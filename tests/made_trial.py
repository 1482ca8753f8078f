"""A made trial of 60 people with PSS-10, BRS and PHQ-9, and its scores by a plain loop."""

import re

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat

# Name: lowest and highest answer, number of items, reversed items, scale.
SCALES = {
    "PSS": (0, 4, 10, (4, 5, 7, 8), "pss_total"),
    "BRS": (1, 5, 6, (2, 4, 6), "brs_total"),
    "PHQ": (0, 3, 9, (), "phq_total"),
}
TIMES = ("T1", "T2")
FIXED = ["id", "group", "age", "sex"]
NEVER = ("never", "almost never", "sometimes", "fairly often", "very often")
AGREE = ("helemaal oneens", "oneens", "neutraal", "eens", "helemaal eens")
DAYS = ("not at all", "several days", "more than half the days", "nearly every day")
WORDS = {"PSS": NEVER, "BRS": AGREE, "PHQ": DAYS}
DESIGN = """[groups.training]
label = "Training"
code = "1"
role = "intervention"
[groups.control]
label = "Control"
code = "0"
role = "control"
[times.baseline]
label = "Before"
code = "T1"
[times.post]
label = "After"
code = "T2"
[raw]
corrections = "corrections.csv"
"""
SETTINGS = (
    """[study]
title = "A made trial"
kind = "participants"
allocation = "randomised"
question = "Does it work?"
"""
    + DESIGN
    + """[participants]
file = "raw/export.csv"
participant = "id"
group = "group"
age = "age"
sex = "sex"
[participants.sex_codes]
f = "woman"
m = "man"
[questionnaires]
file = "raw/export.csv"
participant = "id"
date = "date_{time}"
[questionnaires.instruments]
pss = "PSS_{item}_{time}"
brs = "BRS_{item}_{time}"
phq_9 = "PHQ_{item}_{time}"
[scoring]
most_missing = 0.2
[[outcomes]]
scale = "pss_total"
better = "lower"
[[outcomes]]
scale = "brs_total"
better = "higher"
[[outcomes]]
scale = "phq_total"
better = "lower"
family = "subscale"
"""
)
LONG_SETTINGS = SETTINGS.replace('date = "date_{time}"', 'date = "date"\ntime = "time"').replace(
    "_{time}", ""
)
CORRECTIONS = "file,participant,time,column,before,after,who,when,why\n"


def items(name, time=None):
    """Return the columns of an instrument, at one time or at both."""
    return [
        f"{name}_{n}_{t}"
        for t in ([time] if time else TIMES)
        for n in range(1, SCALES[name][2] + 1)
    ]


def wide():
    """Return the trial with a row for each person; one trait runs through each instrument."""
    random = np.random.default_rng(3)
    rows = []
    for person in range(1, 61):
        row = {"id": f"P{person:03d}", "group": str(person % 2), "age": str(20 + person % 40)}
        row["sex"] = "f" if person % 3 else "m"
        traits = {name: random.normal() for name in SCALES}
        for time in TIMES:
            row[f"date_{time}"] = f"2024-0{1 if time == 'T1' else 4}-{10 + person % 18}"
            for name, (low, high, count, reversed_items, _) in SCALES.items():
                change = 0.8 * (person % 2) * (time == "T2") * (1 if name == "BRS" else -1)
                level = (low + high) / 2 + traits[name] + change + 0.4 * random.normal()
                for number in range(1, count + 1):
                    value = int(np.clip(np.round(level + 0.8 * random.normal()), low, high))
                    value = low + high - value if number in reversed_items else value
                    row[f"{name}_{number}_{time}"] = str(value)
        rows.append(row)
    return pd.DataFrame(rows)


def long(table):
    """Return the trial with a row for each form."""
    parts = []
    for time in TIMES:
        part = table[[*FIXED, *(c for c in table if c.endswith(f"_{time}"))]]
        part = part.rename(columns=lambda name, end=f"_{time}": name.removesuffix(end))
        parts.append(part.assign(time=time))
    return pd.concat(parts).sort_values(["id", "time"], ignore_index=True)


def in_words(table, names=tuple(SCALES)):
    """Return the trial with answers as words."""
    table = table.copy()
    for name in names:
        for column in items(name):
            words = {str(SCALES[name][0] + n): word for n, word in enumerate(WORDS[name])}
            table[column] = table[column].replace(words)
    return table


def scores(table):
    """Score complete forms by a plain loop, from the published keys."""
    found = {}
    for row in table.to_dict("records"):
        for name, (low, high, count, reversed_items, scale) in SCALES.items():
            for place, time in enumerate(TIMES):
                answers = [row[f"{name}_{n}_{time}"] for n in range(1, count + 1)]
                if all(re.fullmatch(r"\d", answer) for answer in answers):
                    points = [
                        low + high - int(a) if n in reversed_items else int(a)
                        for n, a in enumerate(answers, 1)
                    ]
                    total = sum(points) / count if name == "BRS" else sum(points)
                    found[row["id"], place, scale] = total
    return found


def qualtrics(table, header_rows=3, status="0"):
    """Return a table as Qualtrics exports it: columns of its own, wordings, ids in braces."""
    own = {"StartDate": "2024-05-01 10:00:00", "Status": status, "Finished": "1"}
    table = table.assign(**own, ResponseId=[f"R_{n}" for n in range(len(table))])
    table = table[[*own, "ResponseId", *(c for c in table if c not in {*own, "ResponseId"})]]
    wordings = pd.DataFrame([{column: f"How often, {column}?\nLast month" for column in table}])
    ids = pd.DataFrame([{c: f'{{"ImportId":"QID{n}"}}' for n, c in enumerate(table)}])
    return pd.concat([*[wordings, ids][: header_rows - 1], table])


def limesurvey(table):
    """Return a table as LimeSurvey exports it: "pssT1[SQ001]", people known by their token."""
    pattern = r"^(PSS|BRS|PHQ)_(\d+)_(T\d)$"

    def renamed(name):
        return re.sub(pattern, lambda m: f"{m[1].lower()}{m[3]}[SQ{int(m[2]):03d}]", name)

    table = table.rename(columns=renamed).rename(columns={"id": "token"})
    own = {"id": [str(n + 1) for n in range(len(table))], "submitdate": "2024-05-01 10:00:00"}
    return table.assign(**own, lastpage="4", startlanguage="nl")


def redcap(table):
    """Return a table as REDCap exports it: a row for each event, demographics in the first."""
    table = long(table).rename(columns={"id": "record_id", "time": "redcap_event_name"})
    table = table.rename(columns=str.lower)
    later = table["redcap_event_name"] == "T2"
    table.loc[later, FIXED[1:]] = ""
    names = {"T1": "baseline_arm_1", "T2": "post_arm_1"}
    return table.replace({"redcap_event_name": names}).assign(pss_complete="2")


def numbers(table):
    """Return a table whose columns of numbers are numbers, as spreadsheets and SPSS hold them."""
    found = table.apply(pd.to_numeric, errors="coerce")
    return table.where(found.isna(), found).astype(
        {c: "float64" for c in table if found[c].notna().all()}
    )


def write_workbook(path, sheets, change=None):
    """Write tables as the sheets of a workbook, which a function may change."""
    with pd.ExcelWriter(path) as book:
        for name, table in sheets.items():
            numbers(table).to_excel(book, sheet_name=name, index=False)
    if change:
        book = openpyxl.load_workbook(path)
        change(book)
        book.save(path)


def write_spss(path, table, labels=None):
    """Write a table as SPSS file, with labels of values."""
    pyreadstat.write_sav(numbers(table), path, variable_value_labels=labels)


def write(folder, files, settings=SETTINGS, corrections=""):
    """Write a study: tables as CSV or a function that writes the file."""
    (folder / "raw").mkdir(parents=True)
    (folder / "study.toml").write_text(settings, encoding="utf-8")
    (folder / "corrections.csv").write_text(CORRECTIONS + corrections, encoding="utf-8")
    for name, content in files.items():
        path = folder / "raw" / name
        if callable(content):
            content(path)
        elif isinstance(content, str):
            path.write_text(content, encoding="utf-8", newline="")
        else:
            content.to_csv(path, index=False)
    return folder
