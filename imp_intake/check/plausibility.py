"""Find problems that no single cell shows, such as forms that contradict each other."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

import numpy as np
import pandas as pd

from imp_common.errors import Problem, short
from imp_intake.check.columns import looks_like_item
from imp_intake.check.copies import wrong_copies
from imp_intake.check.patterns import patterns
from imp_intake.check.problems import problem
from imp_intake.check.quality import quality
from imp_intake.cleaning import Cleaned
from imp_intake.keys import keyed_points, score_scale
from imp_intake.reading.causes import bare_number, by_cause, joining_lines
from imp_intake.reading.corrections import line_to_exclude, lines_to_edit
from imp_intake.reading.files import RawTable
from imp_intake.reading.headers import at_time
from imp_intake.reading.value_labels import place_in_time
from imp_intake.settings.study import Study

# A total in an export is rounded to two decimals at the coarsest.
ROUNDED_TOTAL = 0.006
FEWEST_ALIKE = 5
# So improbable an accumulation of lost forms at the end of a file is no chance.
CHANCE = 0.03
# So few numbers of another kind than the others are mistakes.
MOST_UNLIKE = 0.1
YEAR = np.timedelta64(365, "D")


def implausible(study: Study, cleaned: Cleaned, scored: Iterable[Problem] = ()) -> list[Problem]:
    """Return every problem that lies between forms or between the answers of one form.

    ``scored`` are problems of the scores, which are found where scores are computed.

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
    others = cleaned.others.reindex(forms.index)
    found = [
        *_unpaired(forms, study), *_dates(forms, study), *_impossible_dates(forms, study),
        *_without_forms(cleaned, study),
        *_alike(forms, cleaned, study), *_too_many_missing(forms, cleaned, study),
        *_totals(forms, cleaned, study), *_numbers(cleaned, forms, study),
        *_sessions(cleaned, study), *patterns(forms, cleaned.unread, study, file, others),
        *quality(forms, others, study, file), *scored,
    ]  # fmt: skip
    found.sort(key=lambda problem: (problem.row or 0, problem.column or ""))
    return by_cause([*found, *cleaned.warnings], study, {})


def reading_warnings(study: Study, raw: dict[str, RawTable]) -> list[Problem]:
    """Return the warnings about what was detected in the files and may be wrong."""
    found: dict[object, Problem] = dict(enumerate(_times_backwards(study)))
    several = len({table.file for table in raw.values()}) > 1
    for table in raw.values():
        number = getattr(getattr(study.settings, table.section), "participant", None)
        if several and "LimeSurvey" in table.format and number == "id":
            found[table.file, "id"] = problem("numbers_of_responses", table.file, "id")
        more = {column: looks_like_item(study, column) for column in table.surplus}
        for key in study.instruments if table.section == "questionnaires" else ():
            columns = ", ".join(column for column in more if more[column] == key.id)
            if columns:
                found[columns] = problem("more_items", table.file, short(columns), key=key)
        if table.section == "questionnaires":
            found |= {(table.file, p.column): p for p in wrong_copies(study, table)}
        for warning in table.warnings:
            place = (table.file, warning.found, warning.row, warning.column)
            found[place] = replace(warning, file=table.file)
    return list(found.values())


def _times_backwards(study: Study) -> Iterator[Problem]:
    """Yield times whose codes or files, such as T2 and T1, fall where study.toml has them rise."""
    sources = [sheet or Path(file).stem for _, file, sheet in study.settings.questionnaires.sources]
    words = sources if len(sources) > 1 else [time.code for time in study.times]
    places = [place_in_time(word) for word in words]
    if len(places) > 1 and None not in places and places == sorted(places, reverse=True):
        pairs = zip(words, study.times, strict=True)
        told = ", ".join(f'"{word}" for {time.label}' for word, time in pairs)
        yield problem("times_backwards", "study.toml", "times", told=told)


def _of_form(name: str, form: object, column: str, **about: object) -> Problem:
    """Return a problem of one form, by its name."""
    return problem(name, form.file, column, int(form.line), form.participant, form=form, **about)


def _without_forms(cleaned: Cleaned, study: Study) -> Iterator[Problem]:
    """Yield the participants of the list of whom there is no form at all."""
    if cleaned.participants is None:
        return
    listed = cleaned.participants["participant"]
    for participant in listed[~listed.isin(cleaned.answers["participant"])]:
        file = study.settings.participants.file
        yield problem("no_form", file, participant=participant, subject="no form")


def _unpaired(forms: pd.DataFrame, study: Study) -> Iterator[Problem]:
    """Yield later forms without a first one, and first forms without the second one analysed."""
    first, (before, after) = study.times[0], study.analysed_times
    forms = forms[["participant", "time", "file", "line"]]
    begun = forms[forms["time"] == before.id].sort_values("line")
    lost = begun[~begun["participant"].isin(forms.loc[forms["time"] == after.id, "participant"])]
    cut = cut_off(begun["participant"].tolist(), set(lost["participant"]))
    if cut:
        rows = lost[lost["participant"].isin(cut)]
        place = rows["file"].iloc[0], "", int(rows["line"].min())
        yield problem("cut_off", *place, count=len(cut), time=after.label)
    came = forms.loc[forms["time"] == first.id, "participant"]
    later = forms[(forms["time"] != first.id) & ~forms["participant"].isin(came)]
    ways = joining_lines([begun["participant"].tolist(), later["participant"].tolist()])
    for rows, missing, name in ((later, first, "no_earlier_form"), (lost, after, "no_later_form")):
        there = forms.loc[forms["time"] == missing.id, "participant"] if ways else ()
        known = {bare_number(number) for number in there} - {None}
        for form in rows.itertuples():
            about = {"time": study.time_labels[form.time], "missing": missing}
            joins = bare_number(form.participant) in known
            yield _of_form(
                "numbers_written_differently" if joins else name,
                form,
                "",
                subject=missing.id,
                ways=" and ".join(ways),
                **about,
            )


def _numbers(cleaned: Cleaned, forms: pd.DataFrame, study: Study) -> Iterator[Problem]:
    """Yield participants' numbers that differ only in capitals and signs, or are unlike others.

    A number without a digit among numbers that have one is a heading, a test or a missing number.
    """
    places = forms[["participant", "file", "line", "time"]]
    counts = places.loc[places["participant"] != "", "participant"].value_counts()
    groups: dict[str, list[str]] = {}
    for number in counts.index:
        groups.setdefault(re.sub(r"[\W_]+", "", number).casefold() or number, []).append(number)
    for usual, *others in groups.values():
        for number in others:
            rows = places[places["participant"] == number].sort_values("line")
            form = rows.iloc[0]
            edit = lines_to_edit(study, rows, usual)
            yield problem("alike_numbers", form["file"], "", int(form["line"]), number,
                          number=number, other=usual, edit=edit)  # fmt: skip
    bare = [number for number in counts.index if not re.search(r"[0-9]", number)]
    if bare and len(bare) <= MOST_UNLIKE * len(counts):
        usual = next(number for number in counts.index if number not in bare)
        for form in places[places["participant"].isin(bare)].itertuples():
            leave = line_to_exclude(study, form.file, form.participant, int(form.line))
            yield problem("odd_number", form.file, "", int(form.line), form.participant,
                          number=form.participant, usual=usual, leave=leave)  # fmt: skip


def _sessions(cleaned: Cleaned, study: Study) -> Iterator[Problem]:
    """Yield sessions that more people attended than there are, or that were longer than planned."""
    if cleaned.sessions is None or cleaned.participants is None:
        return
    file = study.settings.sessions.file
    sizes = cleaned.participants.get("training_group", pd.Series(dtype="Int64")).value_counts()
    known = f"one of {', '.join(str(n) for n in sorted(sizes.index))}" if len(sizes) else "a number"
    for group in sorted(set(cleaned.sessions["training_group"].dropna()) - set(sizes.index)):
        if len(sizes):
            yield problem(
                "nobody_in_training_group", file, group=group, known=known, word=str(group)
            )
    for row in cleaned.sessions.itertuples():
        about = {"group": row.training_group, "session": row.session, "word": str(row.session)}
        size = sizes.get(row.training_group)
        if size is not None and pd.notna(row.attended) and row.attended > size:
            yield problem("too_many_attended", file, study.settings.sessions.attended,
                          attended=row.attended, size=size, **about)  # fmt: skip
        hours = {"delivered": row.delivered_hours, "planned": row.planned_hours}
        if hours["delivered"] > hours["planned"]:
            column = study.settings.sessions.delivered_hours
            yield problem("more_than_planned", file, column, **hours, **about)


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
        most = (wrong["date"] < wrong["date_before"]).sum() * 2 > len(both)
        for form in wrong.itertuples():
            same_day = form.date == form.date_before
            yield _of_form(
                "times_exchanged" if most else "dates_out_of_order", form,
                at_time(setting, after.code), severity="warning" if same_day else "error",
                subject=after.id, word=form.date, before=before, after=after,
                relation="on the day of" if same_day else "earlier than",
            )  # fmt: skip


def _impossible_dates(forms: pd.DataFrame, study: Study) -> Iterator[Problem]:
    """Yield forms that are dated after today, or a year or more before all but a few forms."""
    if "date" not in forms:
        return
    dates = pd.to_datetime(forms["date"], errors="coerce").dropna().sort_values()
    late = dates.index[dates > pd.Timestamp.today()]
    gaps = dates.diff().to_numpy()[1 : int(MOST_UNLIKE * len(dates)) + 1] > YEAR
    early = dates.index[: gaps.nonzero()[0].max() + 1] if gaps.any() else []
    for name, rows in (("date_after_today", late), ("date_before_study", early)):
        for form in forms.loc[rows, ["participant", "time", "file", "line", "date"]].itertuples():
            leave = line_to_exclude(study, form.file, form.participant, int(form.line))
            yield _of_form(name, form, study.settings.questionnaires.date, leave=leave)


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
            leave = line_to_exclude(study, form.file, form.participant, int(form.line))
            about = {"answer": low[place], "items": answered[place], "leave": leave}
            yield _of_form("alike", form, key.name, time=study.time_labels[form.time], **about)


def _too_many_missing(forms: pd.DataFrame, cleaned: Cleaned, study: Study) -> Iterator[Problem]:
    """Yield forms on which a scale has too few answers for a score."""
    most = study.settings.scoring.most_missing
    for key in (key for key in study.instruments if key.id not in cleaned.unread):
        for scale in key.scales:
            asked = forms["time"].isin([time.id for time in study.times_of(key)])
            missing = forms.loc[asked, key.item_columns(scale)].isna().sum(axis=1)
            missing = missing[missing > most * len(scale.items) + 1e-9]
            unscored = forms.loc[missing.index, ["participant", "time", "file", "line"]]
            for form in unscored.itertuples():
                about = {"missing": missing[form.Index], "items": len(scale.items), "most": most}
                about |= {"time": study.time_labels[form.time]}
                subject = f"{scale.id} {form.time}"
                yield _of_form("not_scored", form, scale.label, subject=subject, **about)


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
            place = ["participant", "time", "file", "line"]
            ours = forms[place].assign(ours=score_scale(points, key, scale, most)["score"])
            carried = totals[[*place, scale.id]].rename(columns={scale.id: "carried"})
            both = carried.dropna(subset="carried").merge(ours, on=place)
            if key.id in cleaned.unread:
                # Where answers could not be read, that there is no score says nothing new.
                both = both.dropna(subset="ours")
            apart = ~((both["carried"] - both["ours"]).abs() <= ROUNDED_TOTAL)
            if relation := _same_relation(both.dropna()) if apart.sum() * 2 > len(both) else "":
                about = {"relation": relation, "count": len(both), "scale": scale}
                yield problem("total_by_rule", both["file"].iloc[0], columns[scale.id], **about)
                continue
            name = "total_counted_otherwise" if apart.sum() * 2 > len(both) else "total"
            for form in both[apart].itertuples():
                value = "no score" if np.isnan(form.ours) else f"{form.ours:g}"
                yield _of_form(
                    name, form, at_time(columns[scale.id], codes[form.time]), subject=scale.id,
                    word=f"{form.carried:g}", scale=scale, value=value,
                )  # fmt: skip


def _same_relation(both: pd.DataFrame) -> str:
    """Say by which constant or factor totals differ from ours, if it is the same in all forms."""
    if len(both) < FEWEST_ALIKE or both["ours"].nunique() < 2:
        return ""
    apart = both["carried"] - both["ours"]
    if apart.max() - apart.min() <= 2 * ROUNDED_TOTAL:
        return f"ours {'+' if apart.median() > 0 else '-'} {abs(apart.median()):.4g}"
    factor = (both["carried"] * both["ours"]).sum() / (both["ours"] ** 2).sum()
    if ((both["carried"] - factor * both["ours"]).abs() <= ROUNDED_TOTAL).all():
        return f"ours x {factor:.4g}" if factor >= 1 else f"ours / {1 / factor:.4g}"
    return ""


def cut_off(people: Sequence[str], lost: Collection[str]) -> list[str]:
    """Return the participants at the end of a file who all lack a form, if chance is unlikely.

    ``people`` are in the order of the file, ``lost`` are those who lack what comes later.
    """
    at_end = list(takewhile(lambda who: who in lost, reversed(people)))[::-1]
    others = len(people) - len(at_end)
    rate = (len(lost) - len(at_end) + 1) / (others + 1)
    return at_end if at_end and others and rate ** len(at_end) < CHANCE else []
