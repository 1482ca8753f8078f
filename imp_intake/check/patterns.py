"""Find patterns over many forms: wrong keys, shifted codes, empty columns, copied answers."""

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from imp_common.errors import Problem
from imp_intake.check.keying import CLEAR_CORRELATION, FEWEST_FORMS, wrong_keys
from imp_intake.check.problems import problem
from imp_intake.keys import keyed_points
from imp_intake.reading.headers import TIME, at_time, item_columns
from imp_intake.settings.instruments import Instrument
from imp_intake.settings.study import Study

FEWEST_ANSWERS = 100
# Equal answers tell something if there are so many, and no answer is nearly all of them.
FEWEST_EQUAL, MOST_OF_ONE = 10, 0.8
MOST_UNREAD = 0.02


def patterns(
    forms: pd.DataFrame, unread: Mapping[str, float], study: Study, file: str, others: pd.DataFrame
) -> Iterator[Problem]:
    """Yield a warning for each pattern over many cleaned forms, each with its ``line``.

    ``unread`` is the share of an instrument's answers that could not be read, of which a few wrong
    cells hide no pattern; ``others`` are the columns of few values that study.toml does not name,
    in the rows of ``forms``.
    """
    names = {item: column for item, column, _ in item_columns(study)}
    # As one block of numbers, since rows of many nullable columns are slow to choose.
    answers = forms[list(names)].to_numpy(dtype=float, na_value=np.nan)
    forms = forms.drop(columns=list(names)).join(pd.DataFrame(answers, forms.index, list(names)))
    for key in (key for key in study.instruments if unread.get(key.id, 0) < MOST_UNREAD):
        yield from _empty(forms, key, names, study, file)
        if not key.decimals:
            yield from _part_of_range(forms, key, study, file)
        yield from wrong_keys(forms, key, study, file, others)
        yield from _sorted_alone(forms, key, names, study)
    yield from _copied_columns(forms, names, study, file)
    yield from _copied_forms(forms, list(names), study)


def _empty(
    forms: pd.DataFrame, key: Instrument, names: dict[str, str], study: Study, file: str
) -> Iterator[Problem]:
    """Yield the items that nobody answered at a time, or everyone alike, though there are forms."""
    for time in study.times_of(key):
        answers = forms.loc[forms["time"] == time.id, key.item_names]
        lowest, highest = answers.min(), answers.max()
        empty = lowest.index[lowest.isna()].tolist()
        if len(answers) and empty:
            columns = ", ".join(at_time(names[name], time.code) for name in empty)
            yield problem("nobody_answered", file, columns, time=time)
        # That nobody has a symptom is common.
        alike = lowest.between(key.lowest_answer, key.highest_answer, inclusive="neither")
        alike &= (lowest == highest) & (len(answers) >= FEWEST_FORMS)
        for name, answer in lowest[alike].items():
            column = at_time(names[name], time.code)
            yield problem("everyone_alike", file, column, answer=answer, time=time)


def _part_of_range(
    forms: pd.DataFrame, key: Instrument, study: Study, file: str
) -> Iterator[Problem]:
    """Yield an instrument whose answers never reach an end of its range, as shifted codes do."""
    for time in study.times:
        values = forms.loc[forms["time"] == time.id, key.item_names].to_numpy()
        values = values[~np.isnan(values)]
        if len(values) < FEWEST_ANSWERS:
            continue
        lowest, highest = values.min(), values.max()
        too_high = lowest > key.lowest_answer
        # That nobody has the worst of symptoms is common; with reversed items both ends are used.
        too_low = highest < key.highest_answer and bool(key.reverse_keyed)
        if too_high != too_low:
            about = {"lowest": lowest, "highest": highest, "way": "high" if too_high else "low"}
            yield problem("part_of_range", file, key.name, key=key, time=time, **about)


def _sorted_alone(
    forms: pd.DataFrame, key: Instrument, names: dict[str, str], study: Study
) -> Iterator[Problem]:
    """Yield the items whose answers are sorted down a file, while the other columns are not."""
    everything = keyed_points(forms, key).astype(float)
    for (file, time), lines in forms.groupby(["file", "time"])["line"]:
        points = everything.loc[lines.sort_values().index]
        points = points.loc[:, points.notna().sum() >= FEWEST_FORMS]
        for name in points if points.shape[1] > 2 else ():
            own = points[name].dropna()
            way = {own.is_monotonic_increasing: "rise", own.is_monotonic_decreasing: "fall"}.get(
                True
            )
            rest = points.drop(columns=name).mean(axis=1)[own.index]
            if way and own.nunique() > 2 and not abs(own.corr(rest)) >= CLEAR_CORRELATION:
                label = study.time_labels[time]
                code = next(t.code for t in study.times if t.id == time)
                column = at_time(names[name], code)
                yield problem("sorted_alone", file, column, way=way, time=label, key=key)


def _tell_something(answers: np.ndarray) -> bool:
    """Tell whether equal answers would be no chance: enough of them, and not nearly all alike."""
    known = answers[~np.isnan(answers)]
    if len(known) < FEWEST_EQUAL:
        return False
    return np.unique(known, return_counts=True)[1].max() <= MOST_OF_ONE * len(known)


def _copied_columns(
    forms: pd.DataFrame, names: dict[str, str], study: Study, file: str
) -> Iterator[Problem]:
    """Yield columns that hold the same answers, of two items or of one item at two times."""
    columns: dict[bytes, list[str]] = {}
    wide = {
        time: forms[forms["time"] == time.id].set_index("participant").drop(columns="time")
        for time in study.times
    }
    everyone = sorted(set(forms["participant"]))
    for time, table in wide.items():
        table = table[~table.index.duplicated()].reindex(everyone)
        for item, column in names.items():
            answers = table[item].to_numpy()
            if _tell_something(answers):
                name = at_time(column, time.code)
                name += "" if TIME in column else f" ({time.label})"
                columns.setdefault(answers.tobytes(), []).append(name)
    for *others, column in columns.values():
        if others:
            yield problem("copied_column", file, column, others=", ".join(others), word=column)


def _copied_forms(forms: pd.DataFrame, items: list[str], study: Study) -> Iterator[Problem]:
    """Yield forms with the same answers throughout, of two people or of one at two times."""
    alike: dict[bytes, list[int]] = {}
    for place, row in enumerate(forms[items].to_numpy()):
        if _tell_something(row):
            alike.setdefault(row.tobytes(), []).append(place)
    for places in alike.values():
        for one, other in combinations(places[:3], 2):
            first, form = forms.iloc[one], forms.iloc[other]
            who = "" if first["participant"] == form["participant"] else first["participant"] + ", "
            time, other_time = (study.time_labels[one["time"]] for one in (form, first))
            yield problem(
                "copied_form", form["file"], "", int(form["line"]), form["participant"],
                subject=form["time"], time=time, items=len(items), who=who, other_time=other_time,
                row_of_other=int(first["line"]),
            )  # fmt: skip
