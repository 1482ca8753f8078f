"""Who took part, and what they thought of it, area by area of Bowen et al. (2009)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from imp_helpers.display.table import interval_column
from imp_helpers.statistics.effect_sizes import binomial_intervals
from imp_helpers.study.number_formats import round_half_up
from imp_helpers.study.register import in_words
from imp_helpers.study.results import result, results_of, significance_claim
from imp_helpers.study.study import Study

TOTAL = "total"


def by_group(participants: pd.DataFrame, study: Study) -> dict[str, pd.DataFrame]:
    """Return everyone, then each group, by name."""
    groups = {g.id: participants[participants["group"] == g.id] for g in study.groups}
    return {TOTAL: participants, **groups}


# ---------------------------------------------------------------- the sample


def describe_sample(participants: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Describe everyone and each group.

    Returns
    -------
    DataFrame
        group, n, age_mean, age_sd (years, n - 1), age_min, age_max, men (count), men_percent and
        the ends of its 95 % intervals (exact_low, wilson_low and so on).
    """
    rows = []
    for name, people in by_group(participants, study).items():
        age = people["age"].astype(float)
        men = int((people["sex"] == "man").sum()) if people["sex"].notna().any() else np.nan
        numbers = (len(people), age.mean(), age.std(), age.min(), age.max())
        rows.append((name, *numbers, men, 100 * men / len(people) if len(people) else np.nan))
    columns = ["group", "n", "age_mean", "age_sd", "age_min", "age_max", "men", "men_percent"]
    table = pd.DataFrame(rows, columns=columns)
    if table["men"].isna().any():
        return table
    return with_intervals(table.rename(columns={"men": "count"})).rename(columns={"count": "men"})


def age_difference(participants: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Compare the groups' ages with Student's t test, equal variances assumed, two-sided.

    Returns
    -------
    DataFrame
        One row: label, n, t, df, p. The same numbers as R's ``t.test(var.equal = TRUE)``.
    """
    ages = [
        participants.loc[participants["group"] == group.id, "age"].dropna().astype(float)
        for group in study.groups[:2]
    ]
    test = stats.ttest_ind(*ages)
    numbers = {"t": float(test.statistic), "df": float(test.df), "p": float(test.pvalue)}
    return pd.DataFrame([{"label": "Age", "n": sum(map(len, ages))} | numbers])


def drop_outs(participants: pd.DataFrame, answers: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Count who began and who was still there at the last time.

    Returns
    -------
    DataFrame
        group, enrolled, completed, dropped_out.
    """
    last = answers.loc[answers["time"] == study.times[-1].id, "participant"]
    rows = []
    for name, people in by_group(participants, study).items():
        completed = int(people["participant"].isin(last).sum())
        rows.append((name, len(people), completed, len(people) - completed))
    return pd.DataFrame(rows, columns=["group", "enrolled", "completed", "dropped_out"])


def sample_results(sample: pd.DataFrame, participants: pd.DataFrame) -> list[dict]:
    """Return the sample's figures as results."""
    names = {"n": "n", "age_mean": "age.mean", "age_sd": "age.sd", "age_min": "age.min"}
    names |= {"age_max": "age.max", "men": "men.count", "men_percent": "men.percent"}
    rows = sample.assign(size=sample["n"])
    found = []
    for column, name in names.items():
        found += results_of(rows, f"sample.{name}.{{group}}", [column], "size")
    courses = participants["training_group"].dropna().value_counts().sort_index()
    trained = int(courses.sum())
    return found + [
        result(f"sample.n.training_group_{course}", int(size), trained)
        for course, size in courses.items()
    ]


def age_results(ages: pd.DataFrame, study: Study) -> list[dict]:
    """Return the claim about the groups' ages as a result."""
    level = study.settings["study"]["significance_level"]
    test = ages.iloc[0]
    return [
        result("sample.age.difference.claim", significance_claim(test["p"], level), int(test["n"]))
    ]


def drop_out_results(drop_out: pd.DataFrame, study: Study) -> list[dict]:
    """Return the claims about drop-out and completion as results."""
    everyone = drop_out[drop_out["group"] == TOTAL].iloc[0]
    trained = drop_out[drop_out["group"].isin(study.intervention_groups)]
    stayed = "dropouts" if everyone["dropped_out"] else "no_dropouts"
    done = "not_all_completed" if trained["dropped_out"].sum() else "all_completed"
    return [
        result("sample.dropouts.claim", stayed, int(everyone["enrolled"])),
        result("feasibility.completed.claim", done, int(trained["enrolled"].sum())),
    ]


def professions(participants: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Count the professions by group (Table 3).

    Returns
    -------
    DataFrame
        profession, then count_, percent_ and the ends of its 95 % intervals (exact_low_,
        wilson_low_ and so on) of each group.
    """
    codes = study.settings["participants"]["profession_codes"]
    table = pd.DataFrame({"profession": list(dict.fromkeys(codes.values()))})
    for group in study.groups:
        people = participants.loc[participants["group"] == group.id, "profession"]
        counts = people.value_counts().reindex(table["profession"]).fillna(0).astype(int)
        table[f"count_{group.id}"] = counts.to_numpy()
        table[f"percent_{group.id}"] = 100 * counts.to_numpy() / len(people)
        cells = pd.DataFrame({"count": counts.to_numpy(), "n": len(people)})
        intervals = with_intervals(cells).drop(columns=["count", "n"])
        table = table.join(intervals.add_suffix(f"_{group.id}"))
    return table


def profession_spanners(table: pd.DataFrame, study: Study) -> dict[str, list[str]]:
    """Return the headings above the groups' columns of Table 3."""
    shown = [interval_column(column) for column in table if "_high_" not in column]
    return {
        group.label: [column for column in shown if column.endswith(f"_{group.id}")]
        for group in study.groups
    }


def profession_results(table: pd.DataFrame, study: Study) -> list[dict]:
    """Return the cells of Table 3 as results."""
    found = []
    for group in study.groups:
        n = int(table[f"count_{group.id}"].sum())
        for statistic in ("count", "percent"):
            name = f"table3.{{profession}}.{statistic}.{group.id}"
            found += results_of(table, name, [f"{statistic}_{group.id}"], n)
    return found


# ---------------------------------------------------------------- the evaluation form


def ratings(evaluation: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Describe the answers to every question that asks for a number, sums included.

    Returns
    -------
    DataFrame
        question, label, area, n, mean, sd (n - 1), min, max.
    """
    rows = []
    for name, question in study.questions.items():
        if question["kind"] in ("number", "sum"):
            values = evaluation[name].dropna().astype(float)
            numbers = (len(values), values.mean(), values.std(), values.min(), values.max())
            rows.append((name, question["label"], question["area"], *numbers))
    columns = ["question", "label", "area", "n", "mean", "sd", "min", "max"]
    return pd.DataFrame(rows, columns=columns)


def choices(evaluation: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Count the answers to every question with one choice.

    Returns
    -------
    DataFrame
        question, label, area, choice, count, n (who answered), percent (of n).
    """
    rows = []
    for name, question in study.questions.items():
        if question["kind"] == "choice":
            answered = evaluation[name].dropna()
            for choice in question["choices"].values():
                count = int((answered == choice).sum())
                share = 100 * count / len(answered) if len(answered) else np.nan
                about = (name, question["label"], question["area"])
                rows.append((*about, choice, count, len(answered), share))
    columns = ["question", "label", "area", "choice", "count", "n", "percent"]
    return pd.DataFrame(rows, columns=columns)


def topics(evaluation: pd.DataFrame, study: Study, question: str) -> pd.DataFrame:
    """Count who ticked each topic of a question that allows several (Tables 4 and 6).

    Returns
    -------
    DataFrame
        topic, count, n (who answered), percent (of n); the most frequent first.
    """
    rows = []
    for topic in study.questions[question]["choices"].values():
        ticked = evaluation[f"{question}_{topic}"].dropna()
        count = int(ticked.sum())
        share = 100 * count / len(ticked) if len(ticked) else np.nan
        rows.append((topic, count, len(ticked), share))
    table = pd.DataFrame(rows, columns=["topic", "count", "n", "percent"])
    return table.sort_values("count", ascending=False, kind="stable", ignore_index=True)


def delivery(sessions: pd.DataFrame, participants: pd.DataFrame) -> pd.DataFrame:
    """Say for each training group what was planned and what was delivered.

    Returns
    -------
    DataFrame
        training_group, participants, sessions, delivered, hours (mean of a session), attendance
        (mean share present, in per cent).
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
    sessions = table["sessions"].unique()
    found = [
        result(
            "feasibility.delivered.claim", "fully_delivered" if whole else "not_fully_delivered"
        ),
        result("feasibility.session_hours.mean", float(table["hours"].mean())),
    ]
    if len(sessions) == 1:
        found.append(result("feasibility.sessions.count", int(sessions[0])))
    return found


def rating_results(rated: pd.DataFrame) -> list[dict]:
    """Return the ratings as results."""
    return results_of(
        rated, "feasibility.{question}.{statistic}", ["mean", "sd", "min", "max"], "n"
    )


def choice_results(chosen: pd.DataFrame, forms: int) -> list[dict]:
    """Return the answers with one choice as results; harms have a notebook of their own."""
    told = chosen[chosen["area"] != "harms"].assign(answered=lambda table: table["n"])
    name = "feasibility.{question}.{choice}.{statistic}"
    found = results_of(told, name, ["count", "percent"], "n")
    questions = told.drop_duplicates("question")
    return found + results_of(
        questions, "feasibility.{question}.answered.count", ["answered"], forms
    )


def form_results(evaluation: pd.DataFrame, participants: pd.DataFrame, study: Study) -> list[dict]:
    """Return how many of those who were asked filled in the evaluation form, as a result."""
    asked = int(participants["group"].isin(study.intervention_groups).sum())
    return [result("sample.forms.count", len(evaluation), asked)]


def rated_choices(chosen: pd.DataFrame) -> pd.DataFrame:
    """Return the questions that share one scale of answers, for a figure of diverging bars.

    Of all questions with one choice, the largest set with the same answers in the same order.

    Returns
    -------
    DataFrame
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


def shares_in_words(rated: pd.DataFrame) -> str:
    """Return the shares of the bars as a sentence for those who cannot see them."""
    parts = []
    for question, row in rated.iterrows():
        shares = ", ".join(f"{word.lower()} {round_half_up(v, 1)} %" for word, v in row.items())
        parts.append(f"{question}: {shares}")
    return f"{'; '.join(parts)}."


def counts_in_words(table: pd.DataFrame) -> str:
    """Return the counts of topics as a sentence for those who cannot see the bars."""
    parts = [f"{in_words(row['topic'])} {row['count']}" for row in table.to_dict("records")]
    return f"Of {int(table['n'].max())} participants: {'; '.join(parts)}."


def answer(
    drop_out: pd.DataFrame, rated: pd.DataFrame, delivered: pd.DataFrame, study: Study
) -> str:
    """Say in short whether the programme could be delivered, completed, and was liked."""
    trained = drop_out[drop_out["group"].isin(study.intervention_groups)]
    held = f"{delivered['delivered'].sum()} of {delivered['sessions'].sum()} sessions"
    done = f"{trained['completed'].sum()} of {trained['enrolled'].sum()} participants"
    grade = rated[(rated["area"] == "acceptability") & rated["mean"].notna()]
    said = f"{held} were delivered in full and {done} completed the programme."
    said = said if len(delivered) else f"{done} completed the programme."
    if len(grade):
        first = grade.iloc[0]
        said += f" {first['label']}: mean {round_half_up(first['mean'], 1)} (n = {first['n']})."
    return said


def topic_results(table: pd.DataFrame, question: str) -> list[dict]:
    """Return the cells of a table of topics as results."""
    return results_of(table, f"{question}.{{topic}}.{{statistic}}", ["count", "percent"], "n")


def other_topics(evaluation: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Count the topics of every question with several answers that no table of the paper is about.

    Returns
    -------
    DataFrame
        topic, count, n (who answered), percent (of n), question (its id), asked (its label).
    """
    columns = ["topic", "count", "n", "percent", "question", "asked"]
    tables = [pd.DataFrame(columns=columns)]
    for name, question in study.questions.items():
        if question["kind"] == "several" and name not in ("table4", "table6"):
            about = {"question": name, "asked": question["label"]}
            tables.append(topics(evaluation, study, name).assign(**about))
    return pd.concat(tables, ignore_index=True)


def other_topic_results(table: pd.DataFrame) -> list[dict]:
    """Return the cells of ``other_topics`` as results."""
    name = "feasibility.{question}.{topic}.{statistic}"
    return results_of(table, name, ["count", "percent"], "n")


# ---------------------------------------------------------------- how sure, and how to go on


def with_intervals(table: pd.DataFrame) -> pd.DataFrame:
    """Add 95 % intervals, in per cent, to a table with columns count and n.

    Returns
    -------
    DataFrame
        The table with exact_low, exact_high (Clopper-Pearson), wilson_low, wilson_high; empty
        where n is 0.
    """
    found = []
    for count, n in zip(table["count"], table["n"], strict=True):
        ends = binomial_intervals(int(count), int(n)) if n else {}
        found.append(
            {
                f"{name}_{side}": 100 * ends[name][place] if ends else np.nan
                for name in ("exact", "wilson")
                for place, side in enumerate(("low", "high"))
            }
        )
    return pd.concat([table, pd.DataFrame(found, index=table.index)], axis=1)


def rates(
    drop_out: pd.DataFrame, evaluation: pd.DataFrame, answers: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Return completion and response as counts out of those who could have.

    Returns
    -------
    DataFrame
        measure (an id), label, count, n, percent.
    """
    trained = drop_out[drop_out["group"].isin(study.intervention_groups)]
    everyone = drop_out[drop_out["group"] == TOTAL].iloc[0]
    asked = int(trained["enrolled"].sum())
    rows = [
        ("completion", "Completed the programme", int(trained["completed"].sum()), asked),
        ("response", "Returned the evaluation form", len(evaluation), asked),
    ]
    rows = rows if "evaluation" in study.settings else rows[:1]
    for time in study.times:
        forms = int((answers["time"] == time.id).sum())
        label = f"Filled in the questionnaires, {time.label.lower()}"
        rows.append((f"questionnaires_{time.id}", label, forms, int(everyone["enrolled"])))
    table = pd.DataFrame(rows, columns=["measure", "label", "count", "n"])
    return table.assign(percent=100 * table["count"] / table["n"])


def rate_results(table: pd.DataFrame) -> list[dict]:
    """Return completion and response as results."""
    return results_of(table, "feasibility.{measure}.percent", ["percent"], "n")


def progression(results: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Judge the progression criteria of study.toml: go, amend or stop.

    Criteria stated beforehand, as the CONSORT extension for pilot trials asks in item 6c
    (Eldridge et al., 2016, 10.1136/bmj.i5239).

    Parameters
    ----------
    results : DataFrame
        Results so far, with columns id and value.

    Returns
    -------
    DataFrame
        area, label, value, go_if, amend_if, stop_if (the bounds in words), light (the verdict).
    """
    values = results.set_index("id")["value"]
    labels = {area["id"]: area["label"] for area in study.settings.get("areas", [])}
    rows = []
    for criterion in study.settings.get("progression", []):
        value = float(values.get(criterion["statistic"], np.nan))
        go, amend = criterion["go"], criterion["amend"]
        verdict = "not measured"
        if not np.isnan(value):
            # A bound for going on that lies below the one for stopping: less is better.
            sign = 1 if go >= amend else -1
            verdict = "stop"
            verdict = "amend" if sign * value >= sign * amend else verdict
            verdict = "go" if sign * value >= sign * go else verdict
        sides = ("from", "below") if go >= amend else ("up to", "above")
        bounds = (f"{sides[0]} {go:g}", f"{sides[0]} {amend:g}", f"{sides[1]} {amend:g}")
        area = labels.get(criterion["area"], criterion["area"])
        rows.append((area, criterion["label"], value, *bounds, verdict))
    columns = ["area", "label", "value", "go_if", "amend_if", "stop_if", "light"]
    return pd.DataFrame(rows, columns=columns)


def tidier(study: Study) -> pd.DataFrame:
    """Return the twelve items of TIDieR (Hoffmann et al., 2014, 10.1136/bmj.g1687) as filled in.

    Returns
    -------
    DataFrame
        item, label, answer.
    """
    rows = [(e["item"], e["label"], e["answer"]) for e in study.settings.get("tidier", [])]
    return pd.DataFrame(rows, columns=["item", "label", "answer"])


def area_findings(
    rated: pd.DataFrame,
    chosen: pd.DataFrame,
    delivered: pd.DataFrame,
    drop_out: pd.DataFrame,
    study: Study,
) -> dict[str, str]:
    """Put what was measured into a sentence for each area.

    Every rating of an area is told as its mean, every choice as the share of its first answer.
    """
    found: dict[str, list[str]] = {}
    for row in rated.dropna(subset="mean").itertuples():
        mean = round_half_up(row.mean, 1)
        found.setdefault(row.area, []).append(f"{row.label}: mean {mean}")
    for row in chosen.drop_duplicates("question").rename(columns={"count": "people"}).itertuples():
        if row.n:
            told = f"{row.label}: {in_words(row.choice).lower()} {row.people} of {row.n}"
            found.setdefault(row.area, []).append(told)
    trained = drop_out[drop_out["group"].isin(study.intervention_groups)]
    completed = f"Completed: {trained['completed'].sum()} of {trained['enrolled'].sum()}"
    found.setdefault("practicality", []).insert(0, completed)
    if len(delivered):
        whole = f"{delivered['delivered'].sum()} of {delivered['sessions'].sum()}"
        found.setdefault("implementation", []).insert(0, f"Sessions delivered in full: {whole}")
        present = round_half_up(delivered["attendance"].mean(), 0)
        found["practicality"].insert(1, f"Attendance: {present} %")
    return {area: f"{'; '.join(sentences)}." for area, sentences in found.items()}


def areas(study: Study, findings: dict[str, str]) -> pd.DataFrame:
    """Lay out the areas of feasibility: how each was measured and what came out.

    Parameters
    ----------
    findings : dict
        A sentence for each area that was measured, by the area's id.

    Returns
    -------
    DataFrame
        area, operationalised_as, finding; what study.toml states follows the sentence.
    """
    rows = []
    for area in study.settings.get("areas", []):
        said = [findings.get(area["id"], ""), area.get("statement", "")]
        text = " ".join(part for part in said if part)
        rows.append((area["label"], area["operationalised_as"], text or "Not measured."))
    return pd.DataFrame(rows, columns=["area", "operationalised_as", "finding"])
