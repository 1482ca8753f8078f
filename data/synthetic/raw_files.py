"""The raw exports, as an online survey would give them, small flaws included."""

import csv
from datetime import date, timedelta
from random import Random

from imp_intake.settings.study import Study
from synthetic.calibration import pick
from synthetic.targets import Targets

# The flaw that the corrections log explains.
MISTYPED, MISTYPED_COLUMN, TYPED = "P12", "PSS_6", "33"
# By instrument, the answers by person, time and item.
Answers = dict[str, list[list[list[int]]]]


def write_raw_files(
    random: Random, study: Study, people: list[dict], answers: Answers, forms: list[dict],
    targets: Targets,
) -> None:  # fmt: skip
    """Write the raw exports as an online survey would give them, small flaws included."""
    tables = {
        "participants": participant_rows(study, people),
        "questionnaires": questionnaire_rows(random, study, people, answers),
        "evaluation": evaluation_rows(study, forms),
        "sessions": session_rows(random, study, targets),
    }
    for section, rows in tables.items():
        write_csv(study, getattr(study.settings, section).sources[0][1], rows)


def participant_rows(study: Study, people: list[dict]) -> list[list]:
    """Return the participants' file: a few stray spaces, Dutch codes."""
    settings = study.settings.participants
    names = ("participant", "group", "training_group", "sex", "age", "profession")
    rows = [[getattr(settings, name) for name in names]]
    for person in people:
        number, profession = f"P{person['number']:02d}", person["profession"]
        if person["number"] in (6, 31):
            profession = f" {profession} "
        if person["number"] == 14:
            number = "p14"
        keys = ("group", "course", "sex", "age")
        rows.append([number, *(person[key] for key in keys), profession])
    return rows


def questionnaire_rows(
    random: Random, study: Study, people: list[dict], answers: Answers
) -> list[list]:
    """Return the questionnaires' file: a number typed otherwise, a form sent twice, a typo."""
    settings = study.settings.questionnaires
    header = [getattr(settings, name) for name in ("participant", "time", "date", "minutes")]
    for key in study.instruments:
        pattern = settings.instruments[key.id]
        header += [pattern.format(item=i) for i in range(1, key.number_of_items + 1)]
    starts = {1: date(2016, 9, 5), 2: date(2017, 2, 6), "": date(2017, 1, 9)}
    rows = []
    for t, time in enumerate(study.times[:2]):
        for p, person in enumerate(people):
            day = starts[person["course"]] + timedelta(days=70 * t + pick(random, 10))
            minutes = f"{14 + 0.1 * pick(random, 180):.1f}".replace(".", ",")
            items = [answer for key in study.instruments for answer in answers[key.id][p][t]]
            rows.append([f"P{person['number']:02d}", time.code, day.isoformat(), minutes, *items])
    rows.sort(key=lambda row: (row[2], row[0]))
    baseline, post = (time.code for time in study.times[:2])
    find = {(row[0], row[1]): i for i, row in enumerate(rows)}
    rows[find[MISTYPED, post]][header.index(MISTYPED_COLUMN)] = TYPED
    rows[find["P07", post]][0] = "p7 "
    spaced = rows[find["P22", baseline]]
    spaced[header.index("EQ_17")] = f" {spaced[header.index('EQ_17')]}"
    again = list(rows[find["P19", baseline]])
    again[3] = "0,9"
    rows.insert(find["P19", baseline] + 1, again)
    return [header, *rows]


def evaluation_rows(study: Study, forms: list[dict]) -> list[list]:
    """Return the evaluation form's file."""
    settings = study.settings.evaluation
    asked = [question for question in settings.questions if question.column]
    header = [settings.participant, *(question.column for question in asked)]
    rows = [
        [f"P{form['number']:02d}", *(form[question.id] for question in asked)] for form in forms
    ]
    return [header, *rows]


def session_rows(random: Random, study: Study, targets: Targets) -> list[list]:
    """Return the sessions' file: every session delivered, at most two people absent."""
    settings = study.settings.sessions
    names = ("training_group", "session", "date", "planned_hours", "delivered_hours")
    rows = [[getattr(settings, name) for name in (*names, "attended", "status")]]
    hours = targets.by_id["feasibility.session_hours.mean"].text.replace(".", ",")
    for course, start in ((1, date(2016, 9, 19)), (2, date(2017, 2, 20))):
        size = targets.count(f"sample.n.training_group_{course}")
        for session in range(1, targets.count("feasibility.sessions.count") + 1):
            day = (start + timedelta(days=7 * (session - 1))).isoformat()
            attended = size - pick(random, 3)
            rows.append([course, session, day, hours, hours, attended, "volledig"])
    return rows


def write_csv(study: Study, name: str, rows: list[list]) -> None:
    """Write one raw file in the form that study.toml gives it."""
    raw, file = study.settings.raw, study.folder / name
    file.parent.mkdir(exist_ok=True)
    with file.open("w", encoding=raw.encoding, newline="") as lines:
        csv.writer(lines, delimiter=raw.separator, lineterminator="\r\n").writerows(rows)


def write_corrections(study: Study, answers: Answers) -> None:
    """Write the corrections log that explains the one impossible answer."""
    after = answers["pss"][int(MISTYPED[1:]) - 1][1][int(MISTYPED_COLUMN[-1]) - 1]
    header = ["file", "participant", "time", "column", "before", "after", "who", "when", "why"]
    why = f"{TYPED} is not a possible answer; the answer on the paper form is {after}"
    edit = (MISTYPED, study.times[1].code, MISTYPED_COLUMN, TYPED, after)
    name = study.settings.questionnaires.sources[0][0]
    rows = [header, [name, *edit, "data manager", "2017-06-12", why]]
    write_csv(study, study.settings.raw.corrections, rows)
