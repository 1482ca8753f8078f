"""Find problems that no single cell shows, such as forms that contradict each other."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from imp_helpers.check.columns import looks_like_item
from imp_helpers.check.coverage import cut_off
from imp_helpers.check.design import FOLLOWS, unmet_design
from imp_helpers.check.patterns import patterns
from imp_helpers.cleaning import Cleaned
from imp_helpers.reading.causes import by_cause, joining_lines
from imp_helpers.reading.files import RawTable
from imp_helpers.reading.headers import at_time
from imp_helpers.reading.value_labels import place_in_time
from imp_helpers.scoring import keyed_points, score_scale
from imp_helpers.study.errors import Problem, raise_if_any, short
from imp_helpers.study.study import Study

# A total in an export is rounded to two decimals at the coarsest.
ROUNDED_TOTAL = 0.006
FEWEST_ALIKE = 5
COLUMNS = ["file", "row", "participant", "column", "found", "allowed", "cure"]


def implausible(study: Study, cleaned: Cleaned) -> list[Problem]:
    """Return every problem that lies between forms or between the answers of one form.

    Errors: dates out of order, a total in the export that differs from ours. Warnings: people
    without any form, a later form without the first, forms on one day, the same answer throughout
    an instrument, too many answers missing for a score, forms sent in twice.
    """
    if cleaned.answers is None:
        return []
    file = ", ".join(name for name, *_ in study.settings.questionnaires.sources)
    forms = cleaned.answers.assign(file=cleaned.lines["file"], line=cleaned.lines["line"])
    # A form at a time that is not known is a problem of its own.
    forms = forms[forms["time"].isin(study.time_labels)]
    found = [
        *_unpaired(forms, study), *_dates(forms, study), *_without_forms(cleaned, study),
        *_alike(forms, cleaned, study), *_too_many_missing(forms, cleaned, study),
        *_totals(forms, cleaned, study), *patterns(forms, cleaned.unread, study, file),
        *unmet_design(study, cleaned, forms, file),
    ]  # fmt: skip
    found.sort(key=lambda problem: (problem.row or 0, problem.column or ""))
    return by_cause([*found, *cleaned.warnings], study, {})


def warnings_table(study: Study, raw: dict[str, RawTable], cleaned: Cleaned) -> pd.DataFrame:
    """Return the warnings for a reader; InputError if some of what is found is an error.

    Columns: file, row, participant, column, found, allowed, cure.
    """
    problems = [*reading_warnings(study, raw), *implausible(study, cleaned)]
    raise_if_any(problems)
    rows = [[getattr(problem, column) for column in COLUMNS] for problem in problems]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"row": "Int64"})


def reading_warnings(study: Study, raw: dict[str, RawTable]) -> list[Problem]:
    """Return the warnings about what was detected in the files and may be wrong."""
    found: dict[object, Problem] = dict(enumerate(_times_backwards(study)))
    several = len({table.file for table in raw.values()}) > 1
    for table in raw.values():
        number = getattr(getattr(study.settings, table.section), "participant", None)
        if several and "LimeSurvey" in table.format and number == "id":
            found[table.file, "id"] = Problem(
                table.file, "the numbers of LimeSurvey's responses as participants", "participants",
                'Each file counts its own: write participant = "token", or another column.',
                column="id", severity="warning",
            )  # fmt: skip
        more = {column: looks_like_item(study, column) for column in table.surplus}
        for key in study.instruments if table.section == "questionnaires" else ():
            columns = ", ".join(column for column in more if more[column] == key.id)
            if columns:
                cure = "Check whether the key belongs to this form of the instrument."
                told = f"more items of {key.id} than its key has, which are not read"
                found[columns] = Problem(
                    table.file, told, f"{key.number_of_items} items", cure, None,
                    short(columns), severity="warning",
                )  # fmt: skip
        for warning in table.warnings:
            place = (table.file, warning.found, warning.row, warning.column)
            found[place] = replace(warning, file=table.file)
    return list(found.values())


def _times_backwards(study: Study) -> Iterator[Problem]:
    """Yield times whose codes or files, such as T2 and T1, fall where study.toml has them rise."""
    sources = [sheet or Path(file).stem for _, file, sheet in study.settings.questionnaires.sources]
    words = sources if len(sources) > 1 else [time.code for time in study.times]
    places = [place_in_time(word) for word in words]
    if None not in places and places == sorted(places, reverse=True):
        pairs = zip(words, study.times, strict=True)
        told = ", ".join(f'"{word}" for {time.label}' for word, time in pairs)
        cure = "Exchange codes or files in study.toml, unless it is meant so."
        yield Problem(
            "study.toml", told, "the earlier time first", cure, column="times", severity="warning"
        )


def _warn(
    form: object, column: str, found: str, allowed: str, cure: str, kind: str = "",
    subject: str = "",
) -> Problem:  # fmt: skip
    line = int(form.line)
    return Problem(form.file, found, allowed, cure, line, column, form.participant, "warning",
                   kind, subject)  # fmt: skip


def _without_forms(cleaned: Cleaned, study: Study) -> Iterator[Problem]:
    """Yield the participants of the list of whom there is no form at all."""
    if cleaned.participants is None:
        return
    listed = cleaned.participants["participant"]
    for participant in listed[~listed.isin(cleaned.answers["participant"])]:
        yield Problem(
            study.settings.participants.file, "no form at any time", "a form",
            "Check whether the export is complete.", None, None, participant, "warning",
            FOLLOWS, "no form",
        )  # fmt: skip


def _unpaired(forms: pd.DataFrame, study: Study) -> Iterator[Problem]:
    """Yield later forms without a first one, and first forms without the second one analysed."""
    first, (before, after) = study.times[0], study.analysed_times
    forms = forms[["participant", "time", "file", "line"]]
    begun = forms[forms["time"] == before.id].sort_values("line")
    lost = begun[~begun["participant"].isin(forms.loc[forms["time"] == after.id, "participant"])]
    cut = cut_off(begun["participant"].tolist(), set(lost["participant"]))
    if cut:
        rows = lost[lost["participant"].isin(cut)]
        yield Problem(
            rows["file"].iloc[0], f"{len(cut)} at the end without a form at {after.label!r}",
            "forms to the end of the file", "Was it cut off? Compare its end with the system's.",
            int(rows["line"].min()), "", None, "warning",
        )  # fmt: skip
    came = forms.loc[forms["time"] == first.id, "participant"]
    later = forms[(forms["time"] != first.id) & ~forms["participant"].isin(came)]
    search = "Look for the missing form; without it the change cannot be analysed."
    check = "Without it there is no change to analyse; check whether the export is complete."
    if ways := joining_lines([begun["participant"].tolist(), later["participant"].tolist()]):
        search = check = f"The numbers differ only in how they are written: {' and '.join(ways)}"
        search = check = f"{check} under [raw] makes them the same."
    for rows, missing, cure in ((later, first, search), (lost, after, check)):
        for form in rows.itertuples():
            found = f"a form at {study.time_labels[form.time]!r}, none at {missing.label!r}"
            allowed = f"a form at {missing.label}"
            yield _warn(form, "", found, allowed, cure, "no such form", missing.id)


def _dates(forms: pd.DataFrame, study: Study) -> Iterator[Problem]:
    """Yield forms that are dated before an earlier one, or on its day."""
    if "date" not in forms:
        return
    columns = ["participant", "file", "line", "date"]
    by_time = {t.id: forms.loc[forms["time"] == t.id, columns] for t in study.times}
    setting = study.settings.questionnaires.date
    for before, after in zip(study.times, study.times[1:], strict=False):
        both = by_time[before.id].merge(
            by_time[after.id], on="participant", suffixes=("_before", "")
        )
        wrong = both[both["date"] <= both["date_before"]]
        cure = "Look up both dates; the forms may have been exchanged."
        if (wrong["date"] < wrong["date_before"]).sum() * 2 > len(both):
            cure = f"Are the codes, columns or files of {before.label} and {after.label} exchanged "
            cure += "in study.toml?"
        for form in wrong.itertuples():
            same_day = form.date == form.date_before
            relation = "on the day of" if same_day else "earlier than"
            found = f'{after.label} "{form.date}", {relation} {before.label} "{form.date_before}"'
            column = at_time(setting, after.code)
            yield Problem(
                form.file, found, f"a date after {before.label}", cure, int(form.line), column,
                form.participant, "warning" if same_day else "error", "dates in order", after.id,
                form.date,
            )  # fmt: skip


def _alike(forms: pd.DataFrame, cleaned: Cleaned, study: Study) -> Iterator[Problem]:
    """Yield forms with the same answer to every item of an instrument."""
    for key in (key for key in study.instruments if key.id not in cleaned.unread):
        answers = forms[key.item_names].to_numpy(dtype=float, na_value=np.nan)
        answered = (~np.isnan(answers)).sum(axis=1)
        low = np.where(np.isnan(answers), np.inf, answers).min(axis=1)
        high = np.where(np.isnan(answers), -np.inf, answers).max(axis=1)
        alike = (low == high) & (answered >= FEWEST_ALIKE)
        # Without reversed items, somebody without any symptom answers like this.
        alike &= bool(key.reverse_keyed) | ~np.isin(low, (key.lowest_answer, key.highest_answer))
        for form in forms.loc[alike, ["participant", "time", "file", "line"]].itertuples():
            place = forms.index.get_loc(form.Index)
            when = study.time_labels[form.time]
            found = f"the answer {low[place]:g} to all {answered[place]} items, {when}"
            cure = "Decide whether the form was filled in seriously."
            yield _warn(form, key.name, found, "answers that differ", cure)


def _too_many_missing(forms: pd.DataFrame, cleaned: Cleaned, study: Study) -> Iterator[Problem]:
    """Yield forms on which a scale has too few answers for a score."""
    most = study.settings.scoring.most_missing
    for key in study.instruments:
        if key.id in cleaned.unread:
            continue
        for scale in key.scales:
            asked = forms["time"].isin([time.id for time in study.times_of(key)])
            missing = forms.loc[asked, key.item_columns(scale)].isna().sum(axis=1)
            missing = missing[missing > most * len(scale.items) + 1e-9]
            unscored = forms.loc[missing.index, ["participant", "time", "file", "line"]]
            for form in unscored.itertuples():
                when = study.time_labels[form.time]
                found = f"{missing[form.Index]} of {len(scale.items)} answers missing, {when}"
                allowed = f"at most {most:.0%} missing"
                cure = "The scale gets no score here; check the answers on the original form."
                subject = f"{scale.id} {form.time}"
                yield _warn(form, scale.label, found, allowed, cure, "not scored", subject)


def _totals(forms: pd.DataFrame, cleaned: Cleaned, study: Study) -> Iterator[Problem]:
    """Yield totals of the export that differ from what the answers give."""
    totals = cleaned.totals
    if totals is None:
        return
    most = study.settings.scoring.most_missing
    columns = study.settings.questionnaires.totals
    codes = {time.id: time.code for time in study.times}
    for key in study.instruments:
        wanted = [scale for scale in key.scales if scale.id in columns]
        points = keyed_points(forms, key) if wanted else None
        for scale in wanted:
            ours = forms[["participant", "time"]].assign(
                ours=score_scale(points, key, scale, most)["score"]
            )
            carried = totals[["participant", "time", "file", "line", scale.id]].rename(
                columns={scale.id: "carried"}
            )
            both = carried.dropna(subset="carried").merge(ours, on=["participant", "time"])
            if key.id in cleaned.unread:
                # Where answers could not be read, that there is no score says nothing new.
                both = both.dropna(subset="ours")
            apart = ~((both["carried"] - both["ours"]).abs() <= ROUNDED_TOTAL)
            cure = "Check items, reversed items and missing answers against the export's syntax."
            if apart.sum() * 2 > len(both):
                cure = "Check sum or mean, items and reversed items against the export's syntax; "
                cure += f"if the export counts otherwise, delete {scale.id} under "
                cure += "[questionnaires.totals]."
            for form in both[apart].itertuples():
                value = "no score" if np.isnan(form.ours) else f"{form.ours:g}"
                yield Problem(
                    form.file, f"a total of {form.carried:g} for {scale.label}",
                    f"{value}, by the key", cure, int(form.line),
                    at_time(columns[scale.id], codes[form.time]), form.participant,
                    kind="total", subject=scale.id, word=f"{form.carried:g}",
                )  # fmt: skip
