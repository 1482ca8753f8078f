"""Small exports in every format that people have, made from a few people of the synthetic study.

An export is first a list of forms; a defect changes the forms, a format writes them to files.
"""

import copy
import csv
import io

import openpyxl
import pandas as pd
import pyreadstat

PSS_REVERSED = (4, 5, 7, 8)
BRS_REVERSED = (2, 4, 6)
TIMES = ("T1", "T2")
WORDS = {0: "nooit", 1: "bijna nooit", 2: "soms", 3: "vaak", 4: "zeer vaak"}
AGREE = {1: "helemaal oneens", 2: "oneens", 3: "neutraal", 4: "eens", 5: "helemaal eens"}
SETTINGS = """{above}
[study]
title = "A study of eight people"
kind = "synthetic"
allocation = "not randomised"
[groups.training]
code = "A"
role = "intervention"
[groups.control]
code = "B"
role = "control"
[times.before]
label = "Before"
code = "{first}"
[times.after]
label = "After"
code = "{second}"
[raw]
participant_pattern = '[Pp]?0*([0-9]+)'
participant_format = "P{{:02d}}"
{raw}
[participants]
file = "raw/people{ending}"
participant = "id"
group = "group"
age = "age"
lowest_age = 18
highest_age = 99
{participants}
[questionnaires]
file = "raw/forms{ending}"
participant = "id"
{questionnaires}
[questionnaires.totals]
pss_total = "{total}"
[questionnaires.instruments]
pss = "{pss}"
brs = "{brs}"
{labels}
[scoring]
most_missing = 0.2
[[outcomes]]
scale = "pss_total"
better = "lower"
"""


def hand_score(answers, reversed_items, low_plus_high, mean):
    """Score by a plain loop, from the published keys: PSS-10 a sum, BRS a mean."""
    points = [low_plus_high - a if i in reversed_items else a for i, a in enumerate(answers, 1)]
    return sum(points) / len(points) if mean else sum(points)


def people_of(cleaned, count=8):
    """Return forms of the first people of both groups: PSS as given, six SCS items as BRS."""
    chosen = pd.concat([rows.head(count // 2) for _, rows in cleaned.participants.groupby("group")])
    forms = []
    for place, person in enumerate(chosen.itertuples(), 1):
        for time, code in zip(("baseline", "post"), TIMES, strict=True):
            answers = cleaned.answers.set_index(["participant", "time"])
            row = answers.loc[(person.participant, time)]
            pss = [int(row[f"pss_{i}"]) for i in range(1, 11)]
            brs = [int(row[f"scs_{i}"]) for i in range(1, 7)]
            forms.append(
                {
                    "id": f"P{place:02d}",
                    "group": "A" if person.group == "training" else "B",
                    "age": str(30 + place),
                    "time": code,
                    "date": f"2024-0{1 if code == 'T1' else 4}-{10 + place % 18}",
                    "pss": pss,
                    "brs": brs,
                    "total": hand_score(pss, PSS_REVERSED, 4, mean=False),
                    "note": "",
                }
            )
    return forms


def people_rows(forms):
    """Return the list of participants: one row each, unless a defect planted another."""
    rows = {}
    for form in forms:
        if not form.get("not_listed"):
            rows.setdefault((form["id"], form["group"]), [form["id"], form["group"], form["age"]])
    return [["id", "group", "age"], *rows.values()]


def form_rows(forms, wide, spell=str, columns=None):
    """Return the forms as a table: a row a form, or before and after side by side."""
    shown = {
        "pss": spell if spell is str else lambda a: WORDS.get(a, str(a)),
        "brs": spell if spell is str else lambda a: AGREE.get(a, str(a)),
    }
    records = {}
    for place, form in enumerate(forms):
        suffix = f"_{form['time']}" if wide else ""
        key = (form["id"], form.get("copy", 0)) if wide else place
        record = records.setdefault(key, {"id": form["id"]})
        if not wide:
            record["time"] = form["time"]
        record[f"date{suffix}"] = form["date"]
        for name in ("pss", "brs"):
            for item, answer in enumerate(form[name], 1):
                cell = "" if answer is None else shown[name](answer)
                record[f"{name.upper()}_{item}{suffix}"] = cell
        record[f"tot{suffix}"] = "" if form["total"] is None else str(form["total"])
        record |= form.get("extra", {})
    header = list(dict.fromkeys(column for record in records.values() for column in record))
    if wide:
        first = [c for c in header if not c.endswith("_T2")]
        header = first + [c for c in header if c.endswith("_T2")]
    return [header, *([record.get(c, "") for c in header] for record in records.values())]


def drop(rows, column):
    place = rows[0].index(column)
    return [[cell for i, cell in enumerate(row) if i != place] for row in rows]


def delimited(rows, separator, encoding):
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode(encoding)


def workbook(path, sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([as_number(cell) for cell in row])
    book.save(path)


def spss(path, rows):
    table = pd.DataFrame(rows[1:], columns=rows[0])
    for column in table:
        if column not in ("id", "group", "time", "naam") and "date" not in column:
            table[column] = pd.to_numeric(table[column].replace("", None))
    labels = {c: {5.0: "helemaal eens"} for c in table if c.startswith("BRS")}
    missing = {c: [9] for c in table if c.startswith("PSS")}
    pyreadstat.write_sav(table, path, variable_value_labels=labels, missing_ranges=missing)


def as_number(cell):
    try:
        return float(cell) if "." in cell else int(cell)
    except ValueError:
        return cell or None


class Format:
    """How an export is laid out and written."""

    def __init__(self, kind, wide, separator=",", encoding="utf-8", words=False, system=""):
        self.kind, self.wide, self.separator, self.encoding = kind, wide, separator, encoding
        self.words, self.system = words, system

    def __repr__(self):
        sign = {",": "comma", ";": "semicolon", "\t": "tab"}[self.separator]
        parts = [self.kind, self.system, "wide" if self.wide else "long"]
        parts += [sign, self.encoding] if self.kind == "csv" else []
        return "-".join(part for part in [*parts, "words" if self.words else ""] if part)

    @property
    def ending(self):
        return {"csv": ".csv", "xlsx": ".xlsx", "sheets": ".xlsx", "sav": ".sav"}[self.kind]

    def settings(self):
        suffix = "_{time}" if self.wide else ""
        labels = participants = questionnaires = ""
        codes = TIMES
        if self.words:
            for name, words in (("pss", WORDS), ("brs", AGREE)):
                labels += f"[questionnaires.labels.{name}]\n"
                labels += "".join(f'"{word.upper()}" = {a}\n' for a, word in words.items())
        if self.kind == "sheets":
            participants = 'sheet = "people"'
            questionnaires = 'sheet = "forms"\n'
        if not self.wide:
            time = "redcap_event_name" if self.system == "redcap" else "time"
            questionnaires += f'time = "{time}"\n'
        if self.system == "redcap":
            codes = ("before_arm_1", "after_arm_1")
        questionnaires += f'date = "date{suffix}"'
        return SETTINGS.format(
            above="", raw="", ending=self.ending, participants=participants, labels=labels,
            questionnaires=questionnaires, first=codes[0], second=codes[1], total=f"tot{suffix}",
            pss=f"PSS_{{item}}{suffix}", brs=f"BRS_{{item}}{suffix}",
        )  # fmt: skip

    def rows(self, forms):
        rows = form_rows(forms, self.wide, "words" if self.words else str)
        if self.system == "qualtrics":
            names = ["ResponseId", "Finished", *rows[0]]
            wording = [f"How often, {name}?\nOver the last month" for name in names]
            ids = [f'{{"ImportId":"QID{i}"}}' for i, _ in enumerate(names)]
            data = [[f"R_{i}", "True", *row] for i, row in enumerate(rows[1:])]
            return [names, wording, ids, *data]
        if self.system == "limesurvey":
            names = ["submitdate", "lastpage", "startlanguage", *rows[0]]
            return [names, *(["2024-05-01 10:00:00", "3", "nl", *row] for row in rows[1:])]
        if self.system == "redcap":
            place = rows[0].index("time")
            events = {"T1": "before_arm_1", "T2": "after_arm_1"}
            header = ["redcap_event_name" if c == "time" else c for c in rows[0]]
            body = [
                [events.get(c, c) if i == place else c for i, c in enumerate(row)]
                for row in rows[1:]
            ]
            return [header, *body]
        return rows

    def write(self, folder, forms, change_rows=None):
        raw = folder / "raw"
        raw.mkdir(parents=True)
        (folder / "study.toml").write_text(self.settings(), encoding="utf-8")
        people, rows = people_rows(forms), self.rows(forms)
        if change_rows:
            rows = change_rows(copy.deepcopy(rows))
        if self.kind == "csv":
            (raw / "people.csv").write_bytes(delimited(people, self.separator, self.encoding))
            (raw / "forms.csv").write_bytes(delimited(rows, self.separator, self.encoding))
        elif self.kind == "sav":
            spss(raw / "people.sav", people)
            spss(raw / "forms.sav", rows)
        else:
            others = {"notes": [["made", "by"]], "people": people} if self.kind == "sheets" else {}
            workbook(raw / "people.xlsx", others | {"people": people, "codes": []})
            workbook(raw / "forms.xlsx", others | {"forms": rows, "codes": []})


ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be")
CSV = [
    Format("csv", wide, separator, encoding)
    for separator in (",", ";", "\t")
    for encoding in ENCODINGS
    for wide in (False, True)
]
OTHERS = [
    *(Format(kind, wide) for kind in ("xlsx", "sheets", "sav") for wide in (False, True)),
    Format("csv", True, system="qualtrics"),
    Format("xlsx", True, system="qualtrics"),
    Format("csv", False, system="limesurvey"),
    Format("csv", False, system="redcap"),
    Format("csv", False, words=True),
    Format("csv", True, ";", "cp1252", words=True),
    Format("xlsx", False, words=True),
]
FORMATS = CSV + OTHERS
# Those in which every defect is planted.
CHOSEN = [
    Format("csv", False, ";", "utf-8"), Format("csv", True, ",", "utf-8-sig"),
    Format("csv", False, "\t", "utf-16"), *OTHERS,
]  # fmt: skip
