"""Find what the design requires and the data lack: groups, times, and scores that differ."""

from collections.abc import Iterator

import pandas as pd

from imp_helpers import scoring
from imp_helpers.cleaning import Cleaned
from imp_helpers.statistics.change_scores import complete_cases
from imp_helpers.study.errors import Problem
from imp_helpers.study.study import Study

# A variance of change needs two; with two, intervals are as wide as the scale.
FEWEST_PAIRS = 3
# The kind of a problem that may follow from another one.
FOLLOWS = "follows"


def unmet_design(
    study: Study, cleaned: Cleaned, forms: pd.DataFrame, file: str
) -> Iterator[Problem]:
    """Yield groups without people, times without forms, and scores that are all the same.

    A group or an analysed time without anybody is an error, because study.toml and the data cannot
    both be right; the rest are warnings, and tables say what could not be computed.
    """
    yield from _times(study, cleaned, file)
    if cleaned.participants is None:
        return
    yield from _groups(study, cleaned)
    people = cleaned.participants.drop_duplicates("participant")
    forms = forms.drop_duplicates(["participant", "time"], ignore_index=True)
    scores = scoring.score_all(scoring.points_table(forms, study), study)
    scores = scoring.with_groups(scores, people)
    yield from _too_few(scores, set(people["group"]), study, file)
    if not cleaned.unread:
        yield from _constant_scores(scores, study, file)


def _groups(study: Study, cleaned: Cleaned) -> Iterator[Problem]:
    known, settings = set(cleaned.participants["group"]), study.settings.participants
    for group in study.groups:
        if group.id not in known:
            found, allowed = (
                f'no participant in the group "{group.label}"',
                f'the code "{group.code}"',
            )
            cure = f'Correct code = "{group.code}" in [groups.{group.id}], or remove the group.'
            yield Problem(settings.file, found, allowed, cure, column=settings.group, kind=FOLLOWS)


def _times(study: Study, cleaned: Cleaned, file: str) -> Iterator[Problem]:
    known = set(cleaned.answers["time"])
    for time in study.times:
        if time.id not in known:
            is_analysed = time in study.analysed_times
            cure = f'Correct code = "{time.code}" in [times.{time.id}], or remove the time.'
            cure += " analysed_times names the two times to compare." if is_analysed else ""
            yield Problem(
                file, f'no form with answers at "{time.label}"', "forms at each time", cure,
                column=study.settings.questionnaires.time,
                severity="error" if is_analysed else "warning", kind=FOLLOWS,
            )  # fmt: skip


def _constant_scores(scores: pd.DataFrame, study: Study, file: str) -> Iterator[Problem]:
    times = [time.id for time in study.analysed_times]
    for outcome in study.outcomes:
        of_scale = scores[(scores["scale"] == outcome.id) & scores["time"].isin(times)]
        spread = of_scale.groupby(["group", "time"])["score"].agg(["min", "max", "count"])
        for (group, time), row in spread.iterrows():
            if row["count"] > 1 and row["min"] == row["max"]:
                where = f"{study.group_labels[group]}, {study.time_labels[time]}"
                found = f"the same score {row['min']:g} for every participant ({where})"
                cure = "Check whether the answers were exported as they were given."
                yield Problem(
                    file, found, "scores that differ", cure, column=outcome.label,
                    severity="warning",
                )  # fmt: skip


def _too_few(scores: pd.DataFrame, groups: set[str], study: Study, file: str) -> Iterator[Problem]:
    """Yield groups in which too few people have a score at both times for any analysis."""
    few: dict[str, list[str]] = {}
    # Groups and times of which there is nobody at all are named already.
    at_both = {time.id for time in study.analysed_times} <= set(scores["time"])
    known = groups if at_both else ()
    for outcome in study.outcomes:
        pairs = complete_cases(scores, outcome.id, study)["group"]
        for group in study.groups:
            count = int((pairs == group.id).sum())
            if count < FEWEST_PAIRS and group.id in known:
                few.setdefault(f"{count} in {group.label}", []).append(outcome.label)
    for found, outcomes in few.items():
        labels = ", ".join(outcomes)
        first, second = study.analysed_times
        cure = "Check whether files, codes of groups and times, and forms are complete."
        yield Problem(
            file, f"{found} with a score at {first.label} and {second.label}: {labels}",
            f"at least {FEWEST_PAIRS} in each group", cure, severity="warning", kind=FOLLOWS,
        )  # fmt: skip
