"""One mistake each in a small clean study: named where it stands, and gone after its cure."""

import gzip
import io
import random
import re
import zipfile

import openpyxl
import pytest
from made_trial import DESIGN

from imp_commands.checking import check_study
from imp_common.errors import InputError
from imp_common.folders import SHIPPED_KEYS
from imp_intake.proposing import new_study

SETTINGS = (
    """[study]
title = "A small study"
kind = "participants"
allocation = "randomised"
"""
    + DESIGN
    + """[participants]
file = "raw/data.csv"
participant = "id"
group = "group"
[questionnaires]
file = "raw/data.csv"
participant = "id"
time = "time"
[questionnaires.instruments]
pss = "PSS_{item}"
[scoring]
most_missing = 0.2
[[outcomes]]
scale = "pss_total"
better = "lower"
"""
)
KEY = (SHIPPED_KEYS / "pss.toml").read_text(encoding="utf-8")
REVERSED = (4, 5, 7, 8)
PEOPLE = 16


def answers_of(person, time):
    """Return ten answers that go with each other, once four of them are turned round."""
    chance = random.Random(100 * person + time)
    level = random.Random(person).uniform(0.5, 3.5)
    answers = [min(4, max(0, round(level + chance.gauss(0, 0.8)))) for _ in range(10)]
    return [4 - a if item in REVERSED else a for item, a in enumerate(answers, 1)]


def rows_of(people=PEOPLE):
    head = ["id", "group", "time", *(f"PSS_{item}" for item in range(1, 11))]
    return [head] + [
        [f"P{person:02d}", str(person % 2), f"T{time}", *map(str, answers_of(person, time))]
        for time in (1, 2) for person in range(1, people + 1)
    ]  # fmt: skip


def text_of(rows):
    return "".join(",".join(row) + "\n" for row in rows)


DATA = text_of(rows_of())
FILES = {
    "study.toml": SETTINGS,
    "raw/data.csv": DATA,
    "corrections.csv": "file;participant;time;column;before;after;who;when;why\n",
}


def write(folder, files):
    for name, content in (FILES | files).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            (folder / name).write_bytes(content)
        else:
            (folder / name).write_text(content, encoding="utf-8")
    return folder


def said(folder):
    return [f"{p.severity}: {p}" for p in check_study(folder).problems]


def below(section, lines, text=SETTINGS):
    """Return settings with lines added below the head of a section, or with a new section."""
    head = f"[{section}]\n"
    return text.replace(head, head + lines) if head in text else f"{text}{head}{lines}"


def setting(old, new):
    assert old in SETTINGS
    return {"study.toml": SETTINGS.replace(old, new, 1)}


def added(section, lines):
    return {"study.toml": below(section, lines)}


def key(old, new):
    assert old in KEY
    return {"instruments/pss.toml": KEY.replace(old, new, 1)}


LONG = (
    "Participants were allocated at random by a computer, in blocks of four, by sex and centre ..."
)
EVALUATION = {
    "raw/form.csv": "id,grade,harm,what\nP01,8,no,\nP03,7,yes,a headache\nP05,9,no,\n",
}
FORM = """[evaluation]
file = "raw/form.csv"
participant = "id"
[[evaluation.questions]]
id = "grade"
column = "grade"
kind = "number"
lowest = 0
highest = 10
area = "acceptability"
[[evaluation.questions]]
id = "harm"
column = "harm"
kind = "choice"
area = "harms"
choices = { no = "none", yes = "headache" }
"""


def form(old="", new=""):
    assert old in FORM
    return EVALUATION | {"study.toml": SETTINGS + FORM.replace(old, new, 1)}


# What is wrong, what is said of it (severity, place, words), and settings that do what it says.
SETTINGS_CASES = {
    "a sentence for a word": (
        setting('"randomised"', f'"{LONG}"'), "error: study.toml, row 4, column study.allocation"),
    "dots in a name": (added("study", '"and so on..." = 1\n'), 'error: .*"and so on...", which is'),
    "dots in a value": (
        setting('better = "lower"', 'better = "lower ..."'), "error: .*outcomes.better.*lower"),
    "two tables for one": (setting("[study]", "[[study]]"), "error: .*a section, .study."),
    "an empty file": ({"study.toml": ""}, "error: study.toml: found an empty file"),
    "a truth for a text": (
        added("questionnaires", "only = { id = true }\n"), r"error: .*found true; .*Finished"),
    "brackets in a name": (added("study", '"title (short)(" = "x"\n'), r"error: .*title \(short"),
    "three analysed times": (
        {"study.toml": 'analysed_times = ["baseline", "post", "post"]\n' + SETTINGS},
        "error: .*two of baseline, post"),
    "a number of 5,000 digits": (
        setting("0.2", "1" * 5000), "error: study.toml, row 32: found a number of 5,000 digits"),
    "a number of 5,000 digits in base 16": (
        setting("0.2", "0x" + "f" * 5000), "error: study.toml, row 32: found a number of"),
    "an encoding that is none": (
        added("raw", 'encoding = "undefined"\n'), "error: .*raw.encoding.*an encoding"),
    "the year twice": (
        added("raw", 'date_format = "%d-%m-%Y-%Y"\n'), "error: .*raw.date_format"),
    "a width of ten digits": (
        setting("{item}", "{item:09999999999d}"), "error: .*instruments.pss.*PSS_.item:02d"),
    "a width of ten digits for people": (
        added("raw", "participant_pattern = '(.+)'\nparticipant_format = 'P{:09999999999d}'\n"),
        "error: .*participant_format"),
    "a key of 20,000 parts": (
        {"study.toml": SETTINGS + "a." * 20_000 + "a = 1\n"}, "error: study.toml, row 36.*parts"),
    "3,000 nested sections": (
        {"study.toml": SETTINGS + "[" + "a." * 3000 + "a]\n"}, "error: study.toml, row 36.*parts"),
    "3,000 nested lists": (
        {"study.toml": "a = " + "[" * 3000 + "]" * 3000 + "\n" + SETTINGS}, "error: study.toml: "),
    "a long title": (setting("A small study", "A" * 260), "error: .*study.title.*250"),
    "a tiny level": (added("study", "significance_level = 1e-320\n"), "error: .*such as 0.05"),
    "a level that is no number": (
        added("study", "significance_level = nan\n"), "error: .*significance_level"),
    "an infinite effect": (added("planning", "smallest_effect = inf\n"), "error: .*effect"),
    "an absurd effect": (added("planning", "smallest_effect = 1e30\n"), "error: .*effect"),
    "an empty id": (setting("[groups.training]", '[groups.""]'), "error: .*groups.*a letter"),
    "an id that is a total": (
        setting("[groups.training]", "[groups.total]"), "error: .*Write total_group"),
    "an id that is a statistic": (setting("[groups.training]", "[groups.n]"), "error: .*n_group"),
    "a time that is a statistic": (setting("[times.post]", "[times.p]"), "error: .*at_p"),
    "one label for two groups": (
        setting('label = "Control"', 'label = "training "'), 'error: .*"training ", which is'),
    "one label for two times": (setting("After", "Before"), 'error: .*times.post.label.*"Before"'),
    "a sex in words that are not counted": (
        {"study.toml": below("participants.sex_codes", '"Male" = "male"\n',
                             below("participants", 'sex = "group"\n'))},
        'error: .*sex_codes.Male.*woman, man or other'),
    "a number for an instrument's labels": (
        added("questionnaires.labels", "pss = 3\n"), "error: .*questionnaires.labels.pss"),
    "two answers with one number": (
        added("questionnaires.labels.pss", '"0" = 0\n"1" = 0\n"2" = 2\n"3" = 3\n"4" = 4\n'),
        'warning: .*"0" and "1" = 0, and no answer = 1'),
    "scores from one answer": (setting("0.2", "0.999"), "warning: .*scored from 1 of 10 answers"),
    "no word on allocation": (
        setting('allocation = "randomised"\n', ""), "warning: study.toml, row 1, .*allocation"),
    "a separator that is a quote": (added("raw", "separator = '\"'\n"), "error: .*raw.separator"),
    "an area of no name": (form('"harms"', '"harm"'), 'error: .*questions.area.*"harms"'),
    "no answer for no harm": (form('"none"', '"no"'), "error: .*question harm.*none"),
    "the id of a table": (form('id = "grade"', 'id = "table4"'), "error: .*table4.*several"),
    "the id of a person": (form('id = "grade"', 'id = "participant"'), "error: .*. twice"),
    "a sum of what comes later": (
        EVALUATION | {"study.toml": SETTINGS + FORM.replace(
            "[[evaluation.questions]]\n",
            '[[evaluation.questions]]\nid = "all"\nkind = "sum"\nof = ["grade"]\n'
            "[[evaluation.questions]]\n", 1)},
        "error: .*evaluation.questions.*a question above"),
    "a question on harms that is not there": (
        EVALUATION | {"study.toml": SETTINGS + FORM
                      + '[[harm_dimensions]]\nlabel = "Severity"\nquestion = "severe"\n'},
        "error: .*harm_dimensions.question"),
    "an assumption without an id": (
        key("[labels]", '[[assumptions]]\nwhat = "order"\n[labels]'), "error: .*assumptions.id"),
    "an alternative that is a text": (
        key("[labels]", '[alternatives]\nleft_out = ["x"]\n[labels]'), "error: .*alternatives"),
    "an alternative of no name": (
        key("[labels]", "[alternatives]\nfoo = [1]\n[labels]"), "error: .*alternatives.foo"),
    "an alternative that leaves no item": (
        key("[labels]", '[alternatives]\nscales = [{ total = "" }]\n[labels]'), "error: .*alter"),
    "a scale without items": (
        key("[scales]", '[scales]\nextra = ""'), "error: .*scales.extra.*no items"),
    "a composite without scales": (
        key("[labels]", '[composites.all]\nof = []\nrule = "sum"\n[labels]'), "error: .*no scales"),
    "a scale counted twice": (
        key("[labels]", '[composites.all]\nof = ["total", "total"]\nrule = "sum"\n[labels]'),
        'error: .*"total" twice'),
    "a composite called as a scale": (
        key("[labels]", '[composites.total]\nof = ["total"]\nrule = "sum"\n[labels]'),
        'error: .*"total", which is a scale'),
    "a label of no scale": (key("[labels]\n", '[labels]\ntotl = "x"\n'), 'error: .*labels.totl'),
    "an empty key": ({"instruments/pss.toml": ""}, "error: instruments/pss.toml: .*empty"),
}  # fmt: skip


def test_the_small_study_is_clean(tmp_path):
    assert said(write(tmp_path, {})) == []
    assert said(write(tmp_path, form())) == []
    check = check_study(tmp_path)
    assert check.title == "A small study"


@pytest.mark.parametrize("name", SETTINGS_CASES)
def test_settings_that_cannot_be_right_are_named(name, tmp_path):
    files, expected = SETTINGS_CASES[name]
    problems = said(write(tmp_path, files))
    assert [p for p in problems if re.match(expected, p)], problems
    # One cause is told once: nothing else is wrong with the study.
    assert len({re.sub(r"(?s)found.*", "", p) for p in problems}) <= 3, problems


def cells(change):
    rows = rows_of()
    change(rows)
    return {"raw/data.csv": text_of(rows)}


def renamed(old, new):
    return {"raw/data.csv": DATA.replace(f"{old},", f"{new},")}


def sorted_alone(rows):
    for part in (slice(1, PEOPLE + 1), slice(PEOPLE + 1, None)):
        for row, answer in zip(rows[part], sorted(row[3] for row in rows[part]), strict=True):
            row[3] = answer


def workbook(far=None, percent=False):
    """Write the data into a workbook: a cell far away, or the item PSS_4 as dates or percent."""
    book = openpyxl.Workbook()
    for row in rows_of():
        book.active.append([int(cell) if cell.isdecimal() else cell for cell in row])
    if far:
        book.active[far] = "x"
    else:
        place = 1 + rows_of()[0].index("PSS_4")
        for row in range(2, book.active.max_row + 1):
            cell = book.active.cell(row, place)
            cell.number_format = "0%" if percent else "dd-mm-yyyy"
            cell.value = cell.value / 100 if percent else cell.value
    stream = io.BytesIO()
    book.save(stream)
    return {
        "raw/data.xlsx": stream.getvalue(),
        "study.toml": SETTINGS.replace("data.csv", "data.xlsx"),
    }


SESSIONS = """[sessions]
file = "raw/sessions.csv"
training_group = "course"
session = "session"
date = "date"
planned_hours = "planned"
delivered_hours = "given"
attended = "present"
status = "status"
status_codes = { full = "delivered" }
"""


def sessions(line):
    rows = rows_of()
    people = [[row[0], row[1], "1" if row[1] == "1" else ""] for row in rows[1 : PEOPLE + 1]]
    settings = below("participants", 'training_group = "course"\n', SETTINGS)
    settings = settings.replace('file = "raw/data.csv"', 'file = "raw/people.csv"', 1)
    return {
        "study.toml": settings + SESSIONS,
        "raw/people.csv": text_of([["id", "group", "course"], *people]),
        "raw/sessions.csv": "course,session,date,planned,given,present,status\n"
                            f"1,1,2024-03-01,2.5,2.5,8,full\n{line}\n",
    }  # fmt: skip


DATA_CASES = {
    "a participant in the place of a heading": (
        added("questionnaires", "header_rows = 2\n"), 'warning: raw/data.csv, row 2: found "P01"'),
    "numbers in two cases": (renamed("P03", "p02"), 'warning: .*"p02", which differs from "P02"'),
    "a number that is a word": (renamed("P03", "nan"), 'warning: .*"nan", which is not written'),
    "a number that is a brace": (renamed("P03", "{"), 'warning: .*"{", which is not written'),
    "one column sorted alone": (
        cells(sorted_alone), "warning: .*column PSS_1.*rise from row to row, Before"),
    "more attended than there are": (
        sessions("1,2,2024-03-08,2.5,2.5,99,full"), "warning: .*99 attended of 8"),
    "more hours than planned": (
        sessions("1,2,2024-03-08,2.5,5,8,full"), "warning: .*5 hours of 2.5 planned"),
    "a training group nobody is in": (
        sessions("2,1,2024-03-08,2.5,2.5,8,full"), "warning: .*training group 2 in which nobody"),
    "fewer people than may be counted": (
        added("privacy", "smallest_count = 20\n"), "warning: .*found 20, and 16 participants"),
    "a cell far below": (workbook("A1048576"), "error: .*A1048576"),
    "a cell far to the right": (workbook("XFD3"), "error: .*XFD3"),
    "a cell far from everything": (workbook("XFD1048576"), "error: .*XFD1048576"),
    "a quotation mark that is never closed": (
        {"raw/data.csv": DATA.replace("P05,1,T1,", 'P05,1,T1,"', 1)},
        "error: raw/data.csv, row 6: .*never closed"),
    "every row in quotation marks": (
        {"raw/data.csv": "".join(f'"{line}"\n' for line in DATA.splitlines())},
        "error: .*one column.*in quotation marks"),
    "an archive": ({"raw/data.csv": b"PK\x03\x04" + b"x" * 99}, "error: .*a zip archive.*Unpack"),
    "JSON": ({"raw/data.csv": '[{"id": "P01"}]'}, "error: .*found JSON.*as CSV"),
    "a code for no answer once": (
        cells(lambda rows: rows[5].__setitem__(6, "-9")), r'error: .*missing = \["-9"\]'),
    "words for no answer": (
        cells(lambda rows: (rows[5].__setitem__(6, "N/A"), rows[6].__setitem__(6, "No answer"))),
        r'error: .*"N/A".*missing = \['),
    "a gap in the codes": (
        {"raw/data.csv": re.sub(r",4(?=[,\n])", ",5", DATA)}, 'error: .*"3" = 3, "5" = 4'),
    "names with a letter more": (
        {"raw/data.csv": DATA.replace("PSS_4,PSS_5", "PSS_4R,PSS_5R")},
        "error: .*other names: PSS_4R, PSS_5R"),
    "digits of another script": (
        {"raw/data.csv": DATA.splitlines()[0] + "\n" + "\n".join(
            line[:9] + line[9:].translate({ord(d): 0x660 + int(d) for d in "01234"})
            for line in DATA.splitlines()[1:])}, "error: .*320 cells"),
    "a note below the table": (
        {"raw/data.csv": DATA + "Exported on Monday\n"},
        "error: raw/data.csv, row 34: .*raw/data.csv;Exported on Monday;;;34;exclude"),
    "rows without a number": (
        {"raw/data.csv": DATA + ",1,T1,1,1,1,1,1,1,1,1,1,2\n,1,T2,1,2,1,1,1,1,1,1,1,2\n" * 3},
        "error: raw/data.csv, row 34, column id: found nothing in 6 rows"),
    "second forms": (
        {"raw/data.csv": DATA + "".join(f"P0{n},{n % 2},T2{',1' * 9},2\n" for n in range(1, 7))},
        "error: .*a second form.*6 participants"),
    "notes with a number": (
        {"raw/data.csv": DATA + "".join(f"P9{n},,T1,,,,,,,,,,\n" for n in range(5))},
        "error: .*found nothing, 5 participants|error: .*rows are a note"),
    "a row without a number": (
        {"raw/data.csv": DATA + ",1,T1,1,1,1,1,1,1,1,1,1,2\n"},
        "error: raw/data.csv, row 34, column id: found nothing"),
}  # fmt: skip


@pytest.mark.parametrize("name", DATA_CASES)
def test_data_that_cannot_be_right_are_named(name, tmp_path):
    files, expected = DATA_CASES[name]
    problems = said(write(tmp_path, files))
    assert [p for p in problems if re.match(expected, p)], problems


def test_a_long_cell_is_read_and_a_link_to_itself_is_not(tmp_path):
    rows = rows_of()
    long = [row + (["note"] if n == 0 else ["x" * 200_000]) for n, row in enumerate(rows)]
    assert said(write(tmp_path, {"raw/data.csv": text_of(long)})) == []
    (tmp_path / "raw" / "data.csv").unlink()
    (tmp_path / "raw" / "data.csv").symlink_to("data.csv")
    assert [p for p in said(tmp_path) if "raw/data.csv" in p]


def archive(name, content="x"):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr(name, content)
    return stream.getvalue()


OPEN_DOCUMENT = "application/vnd.oasis.opendocument.spreadsheet"
KINDS = {
    "json": (b'[{"id": "P01", "PSS_1": 3}]', "JSON", "CSV"),
    "zip": (archive("data.csv"), "a zip archive", "Unpack"),
    "csv": (archive("xl/workbook.xml"), "an Excel workbook with another ending", ".xlsx"),
    "xlsb": (archive("xl/workbook.bin"), "a binary workbook", "Save it as"),
    "ods": (
        archive("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        "a spreadsheet of LibreOffice",
        "Save it as",
    ),
    "numbers": (archive("Index/Document.iwa"), "a document of Numbers", "from Numbers"),
    "gz": (gzip.compress(b"id;PSS_1"), "a gzip archive", "Unpack"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1" + bytes(99), "an old file of Excel", "Save it as"),
    "dta": (b"<stata_dta><header>", "a Stata file", "export delimited"),
    "htm": (b"<!DOCTYPE html><table>", "a web page", "Open it in Excel"),
}


@pytest.mark.parametrize("ending", KINDS)
def test_a_file_of_another_kind_is_called_by_its_kind(ending, tmp_path):
    content, kind, cure = KINDS[ending]
    settings = SETTINGS.replace("data.csv", f"data.{ending}")
    (message,) = said(
        write(tmp_path / "s", {f"raw/data.{ending}": content, "study.toml": settings})
    )
    assert f"found {kind}" in message
    assert cure in message
    with pytest.raises(InputError, match=kind):
        new_study.lay_down(tmp_path / "new", [tmp_path / "s" / "raw" / f"data.{ending}"])
    assert not (tmp_path / "new").exists()


# ---------------------------------------------------------------- cures, to the letter

# Where a message leaves open what only a person knows.
CHOSEN = {'"..."': '"randomised"', "WHO;WHEN;WHY": "AB;2024-01-01;it was a test"}
WRITE = re.compile(r'[Ww]rite (?:under \[raw\]: )?(\w+ = (?:"[^"]*"|[0-9.]+|\[.*?\]))')
TABLE = re.compile(r"write under \[(questionnaires\.labels\.\w+)\]: (.*?)\.( |$)")
ADD = re.compile(r"add to corrections.csv the lines?: (.*)$")


def follow(problem, folder):
    """Do what a problem's cure says; return whether it said how."""
    settings = folder / "study.toml"
    text, cure = settings.read_text(encoding="utf-8"), str(problem)
    for open_word, chosen in CHOSEN.items():
        cure = cure.replace(open_word, chosen)
    if lines := ADD.search(cure):
        log = folder / "corrections.csv"
        log.write_text(log.read_text() + "\n".join(lines[1].split(" and ")) + "\n")
    elif table := TABLE.search(cure):
        lines = re.findall(r'"[^"]*" = \d+', table[2])
        settings.write_text(text + f"[{table[1]}]\n" + "\n".join(lines) + "\n")
    elif line := WRITE.search(cure):
        name, section = line[1].split(" = ")[0], (problem.column or "").split(".")[0]
        section = section if f"[{section}]" in text else "questionnaires"
        section = "raw" if "under [raw]" in cure else section
        if re.search(rf"(?m)^{name} = .*$", text):
            text = re.sub(rf"(?m)^{name} = .*$", lambda _: line[1], text)
        else:
            text = text.replace(f"[{section}]\n", f"[{section}]\n{line[1]}\n")
        settings.write_text(text, encoding="utf-8")
    else:
        return False
    return True


CURED = [
    "scores from one answer", "no word on allocation", "a row without a number",
    "an encoding that is none", "a participant in the place of a heading",
    "a number that is a word", "a number that is a brace", "fewer people than may be counted",
    "numbers in two cases of one person", "a note below the table", "a code for no answer once",
    "words for no answer", "a gap in the codes", "rows without a number", "second forms",
]  # fmt: skip


def dated(*days):
    """Return forms with a date each, of which the first ones are others."""
    rows = [[*row, "21.02.2024" if row[2] == "T1" else "21.04.2024"] for row in rows_of()]
    rows[0][-1] = "date"
    for row, day in zip(rows[2:], days, strict=False):
        row[-1] = day
    settings = below("questionnaires", 'date = "date"\n')
    return {"study.toml": settings, "raw/data.csv": text_of(rows)}


DATES = {
    "a day as Excel counts": (dated("45343"), "error: .*45343 is how Excel stores 2024-02-21"),
    "a day that is none": (dated("31.02.2024"), "error: .*to leave it empty"),
    "days that are none": (dated(*["31.02.2024"] * 5), "error: .*to leave it empty"),
    "a day to come": (dated("21.02.2924"), "warning: .*a day that is still to come"),
    "a day long ago": (dated("21.02.1924"), "warning: .*a year or more before the other"),
}
CURED += DATES
ALL_CASES = SETTINGS_CASES | DATA_CASES | DATES
ALL_CASES["numbers in two cases of one person"] = (
    {"raw/data.csv": re.sub("P02(,0,T2)", r"p02\1", DATA, count=1)}, 'warning: .*"p02"',
)  # fmt: skip


@pytest.mark.parametrize("name", CURED)
def test_a_cure_that_is_taken_to_the_letter_cures(name, tmp_path):
    files, expected = ALL_CASES[name]
    for _ in range(3):
        found = check_study(write(tmp_path, files) if not _ else tmp_path).problems
        wrong = [p for p in found if re.match(expected, f"{p.severity}: {p}")]
        if not wrong:
            break
        assert follow(wrong[0], tmp_path), str(wrong[0])
    assert not wrong
    assert not [p for p in found if p.severity == "error"], found


def test_a_column_with_another_name_than_its_pattern_can_be_listed(tmp_path):
    """formr calls an item that it reverses PSS_4R."""
    names = {f"PSS_{n}": f"PSS_{n}R" for n in REVERSED}
    data = text_of([[names.get(word, word) for word in row] for row in rows_of()])
    (message,) = said(write(tmp_path, {"raw/data.csv": data}))
    listed = re.search(r"in the place of the pattern, (\[.*\])", message)[1]
    write(tmp_path, {"raw/data.csv": data, **setting('"PSS_{item}"', listed)})
    assert said(tmp_path) == []


def test_a_score_whose_column_is_the_time_is_read(tmp_path):
    rows = [["id", "group", "Before Course", "Course Completed"]]
    rows += [[f"P{n:02d}", str(n % 2), str(10 + n % 7), str(8 + n % 5)] for n in range(16)]
    settings = SETTINGS.replace('"T1"', '"Before Course"').replace('"T2"', '"Course Completed"')
    settings = settings.replace('\ntime = "time"', "").replace("pss_total", "strain")
    settings = settings.replace(
        '[questionnaires.instruments]\npss = "PSS_{item}"',
        '[questionnaires.scores.strain]\ncolumn = "{time}"\nlowest = 0\nhighest = 40',
    )
    assert said(write(tmp_path, {"study.toml": settings, "raw/data.csv": text_of(rows)})) == []


def test_a_total_is_compared_with_the_answers_of_its_own_form(tmp_path):
    rows = [[*row, "total" if n == 0 else str(sum(
        4 - int(a) if item in REVERSED else int(a) for item, a in enumerate(row[3:], 1)))]
        for n, row in enumerate(rows_of())]  # fmt: skip
    again = [*rows[5][:3], *["0"] * 10, "16"]
    settings = below("questionnaires.totals", 'pss_total = "total"\n')
    files = {"study.toml": settings, "raw/data.csv": text_of([*rows, again])}
    problems = said(write(tmp_path, files))
    assert [p for p in problems if "a second form" in p]
    assert not [p for p in problems if "a total of" in p]


def test_two_halves_that_oppose_each_other_are_said_once(tmp_path):
    rows = rows_of(40)
    odd = [2 + item for item in range(2, 11, 2)]
    turned = [[*row[:3], *(str(4 - int(a)) if n and (place + 3 in odd) != (place + 1 in REVERSED)
                           else a for place, a in enumerate(row[3:]))]
              for n, row in enumerate(rows)]  # fmt: skip
    files = key("1 2 3 4R 5R 6 7R 8R 9 10", "1 2 3 4 5 6 7 8 9 10")
    problems = said(write(tmp_path, files | {"raw/data.csv": text_of(turned)}))
    halves = [p for p in problems if "two halves" in p]
    assert len(halves) == 1, problems
    assert "at every time" in halves[0]
    assert not [p for p in problems if "other times" in p]


def test_an_item_that_excel_shows_as_dates_is_one_problem(tmp_path):
    """That nobody has answered it would be a second one, and untrue."""
    found = said(write(tmp_path, workbook()))
    assert len(found) == 1
    assert "Excel shows a date here" in found[0]


def test_an_item_that_excel_shows_as_percent_is_one_problem(tmp_path):
    found = said(write(tmp_path, workbook(percent=True)))
    assert len(found) == 1, found
    assert "Excel stores 4% as 0.04" in found[0]
