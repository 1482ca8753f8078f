"""What can be analysed: participants, forms and complete pairs, and what the design lacks."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from imp_common.errors import Problem, first_few, raise_if_any
from imp_common.sentences import plural
from imp_helpers.cleaning import (
    Cleaned,
    RawTable,
    cut_off,
    implausible,
    problem,
    problem_table,
    reading_warnings,
)
from imp_helpers.scoring import (
    keys_on_data,
    points_table,
    score_all,
    signed_items,
    with_groups,
)
from imp_helpers.statistics.change_scores import complete_cases
from imp_helpers.study import Study

# A variance of change needs two; with two, intervals are as wide as the scale.
FEWEST_PAIRS = 3


def coverage(study: Study, cleaned: Cleaned) -> pd.DataFrame:
    """Sum up what will be analysed, by topic and detail.

    Participants and forms by group, who lacks a form, items that nobody answered, prorated and
    missing scores, complete pairs of each outcome.
    """
    rows: list[tuple[str, str]] = []
    if cleaned.participants is not None and cleaned.answers is not None:
        people, forms, scores = _first_of_each(cleaned, study)
        rows.append(("Participants", _by_group(people["group"], study)))
        rows += [*_forms(study, forms, people), *_scores(study, scores)]
    return pd.DataFrame(rows, columns=["topic", "detail"])


def _first_of_each(
    cleaned: Cleaned, study: Study
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return people, forms at known times and scores; of rows that contradict the first counts."""
    people = cleaned.participants.drop_duplicates("participant")
    forms = cleaned.answers.assign(line=cleaned.lines["line"])
    forms = forms[forms["time"].isin(study.time_labels)]
    forms = forms.drop_duplicates(["participant", "time"], ignore_index=True)
    return people, forms, with_groups(score_all(points_table(forms, study), study), people)


def _by_group(groups: pd.Series, study: Study) -> str:
    counts = groups.value_counts()
    return ", ".join(f"{counts.get(group.id, 0)} {group.label}" for group in study.groups)


def _forms(study: Study, forms: pd.DataFrame, people: pd.DataFrame) -> Iterator[tuple[str, str]]:
    groups = people.set_index("participant")["group"]
    at = {time.id: set(forms.loc[forms["time"] == time.id, "participant"]) for time in study.times}
    for time in study.times:
        who = groups[groups.index.isin(at[time.id])]
        yield f"Forms, {time.label}", f"{_by_group(who, study)} ({len(who)} of {len(groups)})"
    first, second = study.analysed_times
    for one, other in ((first, second), (second, first)):
        only = sorted(at[one.id] - at[other.id])
        if only:
            in_order = forms.loc[forms["time"] == one.id].sort_values("line")["participant"]
            cut = cut_off(in_order.tolist(), only)
            end = f"; {len(cut)} at the end of the file: was it cut off?" if cut else ""
            topic = f"Forms at {one.label!r} but not at {other.label!r}"
            yield topic, f"{plural(len(only), 'participant')} ({first_few(only)}){end}"
    for key in study.instruments:
        for time in study.times_of(key):
            answers = forms.loc[forms["time"] == time.id, key.item_names]
            empty = [name for name in answers if answers[name].isna().all()] if len(answers) else []
            if empty:
                yield f"Items without any answer, {time.label}", first_few(empty)


def _scores(study: Study, scores: pd.DataFrame) -> Iterator[tuple[str, str]]:
    asked = {(s.id, t.id) for key in study.instruments for s in key.scales
             for t in study.times_of(key)}  # fmt: skip
    scores = scores[pd.MultiIndex.from_frame(scores[["scale", "time"]]).isin(asked)]
    prorated, missing = int(scores["prorated"].sum()), int(scores["score"].isna().sum())
    if prorated or missing:
        yield "Scores", f"{plural(prorated, 'prorated score')}, {plural(missing, 'missing score')}"
    pairs: dict[str, list[str]] = {}
    first, second = study.analysed_times
    for outcome in study.outcomes:
        cases = complete_cases(scores, outcome.id, study)
        pairs.setdefault(_by_group(cases["group"], study), []).append(outcome.label)
    times = f", {first.label!r} and {second.label!r}" if len(study.times) > 2 else ""
    for count, labels in pairs.items():
        which = "every outcome" if len(pairs) == 1 else first_few(labels)
        topic = "Complete pairs" if first is not second else "Participants with a score"
        yield f"{topic}{times}", f"{count} ({which})"


def scales_as_keyed(study: Study, cleaned: Cleaned) -> pd.DataFrame:
    """Say what each key claims: its signs, mean, SD, alpha, floor, ceiling, and published norms.

    Columns: topic (scale and time), detail.
    """
    rows: list[tuple[str, str]] = []
    if cleaned.participants is not None and cleaned.answers is not None:
        _, forms, scores = _first_of_each(cleaned, study)
        found = keys_on_data(points_table(forms, study), scores, study)
        rows += [_in_words(row, study) for row in found[found["n"] > 0].itertuples()]
    return pd.DataFrame(rows, columns=["topic", "detail"])


def _in_words(row: object, study: Study) -> tuple[str, str]:
    """Return what a key makes of a scale at one time, as topic and detail."""
    scale, alpha = study.scales[row.scale], f"alpha {row.alpha:.2f}, "
    signs = f", items {signed_items(scale)}" if len(scale.items) > 1 else ""
    norm = f"; published: {row.norm}" if row.norm else ""
    return f"{row.label}, {study.time_labels[row.time]}", (
        f"mean {row.mean:.2f} (SD {row.sd:.2f}), possible {scale.lowest:g} to {scale.highest:g}, "
        f"{'' if np.isnan(row.alpha) else alpha}lowest possible score {row.at_floor / row.n:.0%}, "
        f"highest {row.at_ceiling / row.n:.0%}{signs}{norm}"
    )


def coverage_lines(table: pd.DataFrame) -> str:
    """Return the summary as lines of a terminal."""
    lines = [f"  {row.topic}: {row.detail}" for row in table.itertuples()]
    return "\n".join(["What will be analysed:", *lines]) if lines else ""


def warnings_table(study: Study, raw: dict[str, RawTable], cleaned: Cleaned) -> pd.DataFrame:
    """Return the warnings for a reader; InputError if some of what is found is an error.

    Columns: file, row, participant, column, found, allowed, cure.
    """
    problems = [*reading_warnings(study, raw), *problems_of(study, cleaned)]
    raise_if_any(problems)
    return problem_table(problems).drop(columns="severity")


def problems_of(study: Study, cleaned: Cleaned) -> list[Problem]:
    """Return every problem that lies between forms, in their answers or in their scores."""
    file = ", ".join(name for name, *_ in study.settings.questionnaires.sources)
    scored = unmet_design(study, cleaned, file) if cleaned.answers is not None else ()
    return implausible(study, cleaned, scored)


def unmet_design(study: Study, cleaned: Cleaned, file: str) -> Iterator[Problem]:
    """Yield groups without people, times without forms, and scores that are all the same.

    A group or an analysed time without anybody is an error, because study.toml and the data cannot
    both be right; the rest are warnings, and tables say what could not be computed.
    """
    for time in study.times:
        if time.id not in set(cleaned.answers["time"]):
            name = "no_form_at_analysed_time" if time in study.analysed_times else "no_form_at_time"
            sources = study.settings.questionnaires.sources
            correct = f'Correct code = "{time.code}" in [times.{time.id}]'
            if len(sources) > 1:
                correct = f"Correct {sources[study.times.index(time)][0]}, the file of this time"
            yield problem(
                name, file, study.settings.questionnaires.time, time=time, correct=correct
            )
    if cleaned.participants is None:
        return
    settings, known = study.settings.participants, set(cleaned.participants["group"])
    count, smallest = (
        cleaned.participants["participant"].nunique(),
        study.settings.privacy.smallest_count,
    )
    if study.settings.disclosure_control and 0 < count < smallest:
        about = {"smallest": smallest, "count": count, "possible": max(2, min(5, count))}
        yield problem("nothing_can_be_shown", "study.toml", "privacy.smallest_count", **about)
    for group in study.groups:
        if group.id not in known:
            yield problem("no_participant", settings.file, settings.group, group=group)
    _, _, scores = _first_of_each(cleaned, study)
    yield from _too_few(scores, known, study, file)
    if not cleaned.unread:
        yield from _constant_scores(scores, study, file)


def _constant_scores(scores: pd.DataFrame, study: Study, file: str) -> Iterator[Problem]:
    times = [time.id for time in study.analysed_times]
    for outcome in study.outcomes:
        of_scale = scores[(scores["scale"] == outcome.id) & scores["time"].isin(times)]
        spread = of_scale.groupby(["group", "time"])["score"].agg(["min", "max", "count"])
        for (group, time), row in spread.iterrows():
            if row["count"] > 1 and row["min"] == row["max"]:
                where = {"group": study.group_labels[group], "time": study.time_labels[time]}
                yield problem("constant_scores", file, outcome.label, score=row["min"], **where)


def _too_few(scores: pd.DataFrame, groups: set[str], study: Study, file: str) -> Iterator[Problem]:
    """Yield groups in which too few people have a score at both times for any analysis."""
    few: dict[str, list[str]] = {}
    first, second = study.analysed_times
    # Groups and times of which there is nobody at all are named already.
    known = groups if {first.id, second.id} <= set(scores["time"]) else ()
    for outcome in study.outcomes:
        pairs = complete_cases(scores, outcome.id, study)["group"]
        for group in study.groups:
            count = int((pairs == group.id).sum())
            if count < FEWEST_PAIRS and group.id in known:
                few.setdefault(f"{count} in {group.label}", []).append(outcome.label)
    for count, outcomes in few.items():
        about = {"first": first, "second": second, "outcomes": ", ".join(outcomes)}
        yield problem("too_few", file, count=count, fewest=FEWEST_PAIRS, **about)
