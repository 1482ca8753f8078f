"""Feasibility by area (Bowen et al., 2009): delivery, completion, evaluation by participants."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from imp_common.register import in_words
from imp_helpers.results import result, results_of
from imp_helpers.statistics.sample import TOTAL, completion, share
from imp_helpers.study import Study

# Of a table of answers: how many gave one, out of those who answered the question.
COUNTED = ["count", "n", "percent"]


def ratings(evaluation: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Describe the answers to every question that asks for a number, sums included.

    Columns: question, label, area, n, mean, sd (n - 1), min, max.
    """
    rows = []
    for name, question in study.questions.items():
        if question.kind in ("number", "sum"):
            values = evaluation[name].dropna().astype(float)
            numbers = (len(values), values.mean(), values.std(), values.min(), values.max())
            rows.append((name, question.label, question.area, *numbers))
    columns = ["question", "label", "area", "n", "mean", "sd", "min", "max"]
    return pd.DataFrame(rows, columns=columns)


def choices(evaluation: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Count the answers to every question with one choice.

    Columns: question, label, area, choice, count, n (who answered), percent (of n).
    """
    rows = []
    for name, question in study.questions.items():
        if question.kind == "choice":
            answered = evaluation[name].dropna()
            about = (name, question.label, question.area)
            rows += [
                (*about, choice, *share(int((answered == choice).sum()), len(answered)))
                for choice in question.choices.values()
            ]
    return pd.DataFrame(rows, columns=["question", "label", "area", "choice", *COUNTED])


def choice_results(chosen: pd.DataFrame, forms: int) -> list[dict]:
    """Return the answers with one choice as results; harms have a notebook of their own."""
    table = chosen[chosen["area"] != "harms"].assign(answered=lambda table: table["n"])
    name = "feasibility.{question}.{choice}.{statistic}"
    results = results_of(table, name, ["count", "percent"], "n")
    name = "feasibility.{question}.answered.count"
    return results + results_of(table.drop_duplicates("question"), name, ["answered"], forms)


def rated_choices(chosen: pd.DataFrame) -> pd.DataFrame:
    """Return the questions that share one scale of answers, for a figure of stacked bars.

    Of all questions with one choice, the largest set with the same answers in the same order.

    The index holds the questions, a column an answer, the worst first, in per cent.
    """
    usable = chosen[chosen["area"] != "harms"]
    scales = usable.groupby("label", sort=False)["choice"].agg(tuple)
    if scales.empty:
        return pd.DataFrame()
    alike = scales[scales == scales.mode().iloc[0]]
    wide = usable.pivot(index="label", columns="choice", values="percent")
    shown = wide.loc[list(alike.index), list(reversed(alike.iloc[0]))]
    shown.columns = [in_words(choice) for choice in shown]
    return shown.rename_axis(None)


def topics(evaluation: pd.DataFrame, study: Study, question: str) -> pd.DataFrame:
    """Count who ticked each topic of a question that allows several (Tables 4 and 6).

    Columns: topic, count, n (who answered), percent (of n); the most frequent first.
    """
    rows = []
    for topic in study.questions[question].choices.values():
        ticked = evaluation[f"{question}_{topic}"].dropna()
        rows.append((topic, *share(int(ticked.sum()), len(ticked))))
    table = pd.DataFrame(rows, columns=["topic", *COUNTED])
    return table.sort_values("count", ascending=False, kind="stable", ignore_index=True)


def other_topics(evaluation: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Count the topics of every question with several answers that no table of the paper is about.

    Columns: topic, count, n (who answered), percent (of n), question (its id), asked (its label).
    """
    tables = [pd.DataFrame(columns=["topic", *COUNTED, "question", "asked"])]
    for name, question in study.questions.items():
        if question.kind == "several" and name not in ("table4", "table6"):
            table = topics(evaluation, study, name)
            tables.append(table.assign(question=name, asked=question.label))
    return pd.concat(tables, ignore_index=True)


def topic_results(table: pd.DataFrame) -> list[dict]:
    """Return the counts and percentages of ``other_topics`` as results."""
    return results_of(
        table, "feasibility.{question}.{topic}.{statistic}", ["count", "percent"], "n"
    )


def delivery(sessions: pd.DataFrame, participants: pd.DataFrame) -> pd.DataFrame:
    """Say for each training group what was planned and what was delivered.

    Columns: training_group, participants, sessions, delivered, hours (mean of a session),
    attendance (mean share present, in per cent).
    """
    sizes = participants["training_group"].value_counts()
    rows = []
    for group, held in sessions.groupby("training_group"):
        size = int(sizes.get(group, 0))
        share = 100 * held["attended"].astype(float).mean() / size if size else np.nan
        delivered = int((held["status"] == "delivered").sum())
        hours = held["delivered_hours"].mean()
        rows.append((int(group), size, len(held), delivered, hours, share))
    columns = ["training_group", "participants", "sessions", "delivered", "hours", "attendance"]
    return pd.DataFrame(rows, columns=columns)


def delivery_results(table: pd.DataFrame) -> list[dict]:
    """Return what the paper says about delivery as results."""
    whole = (table["delivered"] == table["sessions"]).all()
    sessions, claim = table["sessions"].unique(), "fully" if whole else "not_fully"
    results = [
        result("feasibility.delivered.claim", f"{claim}_delivered"),
        result("feasibility.session_hours.mean", float(table["hours"].mean())),
    ]
    if len(sessions) == 1:
        results.append(result("feasibility.sessions.count", int(sessions[0])))
    return results


def sessions_attended(participants: pd.DataFrame, study: Study) -> pd.Series:
    """Return how many sessions those in the training attended, where it is known."""
    trained = participants["group"].isin(study.intervention_groups)
    return participants.loc[trained, "sessions_attended"].dropna().astype(int)


def adherence(participants: pd.DataFrame, study: Study) -> list[str]:
    """Say how many sessions of the programme were attended on average."""
    attended, planned = sessions_attended(participants, study), study.settings.participants
    if len(attended) < 2:
        return ["Attendance is not known."]
    mean, sd = attended.mean(), attended.std()
    return [
        f"The {len(attended)} participants in the training whose attendance is known attended "
        f"{mean:.1f} of {planned.sessions_planned} sessions on average (SD {sd:.1f})."
    ]


def rates(
    participants: pd.DataFrame,
    drop_out: pd.DataFrame,
    evaluation: pd.DataFrame,
    answers: pd.DataFrame,
    study: Study,
) -> pd.DataFrame:
    """Return completion of the programme and return of forms as counts out of those who could have.

    Who attends every session may return no form, and the other way round.

    Columns: measure (an id), label, count, n, percent.
    """
    returned, asked = completion(drop_out, study)
    enrolled = int(drop_out.loc[drop_out["group"] == TOTAL, "enrolled"].iloc[0])
    rows, least = [], study.settings.participants.completed_from
    if least and study.settings.participants.sessions_attended:
        attended = sessions_attended(participants, study)
        label = f"Completed the programme ({least} sessions or more)"
        rows.append(("programme_completed", label, int((attended >= least).sum()), len(attended)))
    rows.append(("completion", "In the training, with a form at the last time", returned, asked))
    if study.settings.evaluation:
        rows.append(("response", "Returned the evaluation form", len(evaluation), asked))
    for time in study.times:
        forms = int((answers["time"] == time.id).sum())
        label = f"Filled in the questionnaires, {time.label.lower()}"
        rows.append((f"questionnaires_{time.id}", label, forms, enrolled))
    table = pd.DataFrame(rows, columns=["measure", "label", "count", "n"])
    return table.assign(percent=100 * table["count"] / table["n"])


def progression(results: Mapping[str, object], study: Study) -> pd.DataFrame:
    """Judge the progression criteria of study.toml, from the results so far: go, amend or stop.

    Criteria stated beforehand, as the CONSORT extension for pilot trials asks in item 6c (Eldridge
    et al., 2016, 10.1136/bmj.i5239).

    ``results`` holds the values by their ids. Columns: area, label, value, go_if, amend_if, stop_if
    (the bounds in words), light (the verdict).
    """
    labels = {area.id: area.label for area in study.settings.areas}
    rows = []
    for criterion in study.settings.progression:
        value = float(results.get(criterion.statistic, np.nan))
        go, amend = criterion.go, criterion.amend
        # A bound for going on that lies below the one for stopping: less is better.
        sign = 1 if go >= amend else -1
        passed = {"go": sign * value >= sign * go, "amend": sign * value >= sign * amend}
        verdict = next((light for light, reached in passed.items() if reached), "stop")
        sides = ("from", "below") if sign > 0 else ("up to", "above")
        bounds = (f"{sides[0]} {go:g}", f"{sides[0]} {amend:g}", f"{sides[1]} {amend:g}")
        verdict = "not measured" if np.isnan(value) else verdict
        area = labels.get(criterion.area, criterion.area)
        rows.append((area, criterion.label, value, *bounds, verdict))
    columns = ["area", "label", "value", "go_if", "amend_if", "stop_if", "light"]
    return pd.DataFrame(rows, columns=columns)


def tidier(study: Study) -> pd.DataFrame:
    """Return the items of TIDieR (Hoffmann et al., 2014, 10.1136/bmj.g1687) as filled in."""
    rows = [(entry.item, entry.label, entry.answer) for entry in study.settings.tidier]
    return pd.DataFrame(rows, columns=["item", "label", "answer"])


def areas(study: Study) -> pd.DataFrame:
    """Lay out the areas of feasibility: how each was measured and what is stated about it.

    Columns: area, operationalised_as, questions (of the form, by their labels), statement.
    """
    rows = []
    for area in study.settings.areas:
        asked = [q.label for q in study.questions.values() if q.area == area.id]
        rows.append((area.label, area.operationalised_as, "; ".join(asked), area.statement))
    return pd.DataFrame(rows, columns=["area", "operationalised_as", "questions", "statement"])


def who_took_part(study: Study) -> list[str]:
    """Say how many took part, completed the programme and returned the form."""
    said = ["The study has {sample.n.total:whole} participants."]
    if study.settings.participants.age:
        age = "Their mean age is {sample.age.mean.total:1} years (*SD* {sample.age.sd.total:1})."
        said.append(age)
    if study.intervention_groups:
        said.append("Completed the programme: {feasibility.completion.percent:0}%.")
    if study.settings.evaluation:
        said.append("Returned the evaluation form: {feasibility.response.percent:0}%.")
    return said


def in_short(rated: pd.DataFrame, delivered: pd.DataFrame, study: Study) -> list[str]:
    """Say who took part, what was delivered, and how it was rated.

    ``rated`` and ``delivered`` are what ``ratings`` and ``delivery`` return.
    """
    said = who_took_part(study)
    if len(delivered):
        full, planned = delivered["delivered"].sum(), delivered["sessions"].sum()
        said.append(f"Sessions delivered in full: {full} of {planned}.")
    accepted = rated[(rated["area"] == "acceptability") & rated["mean"].notna()].head(1)
    for row in accepted.itertuples():
        said.append(f"{row.label}: *M* = {{feasibility.{row.question}.mean}}.")
    return said
