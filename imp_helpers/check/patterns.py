"""Find patterns over many forms: wrong keys, shifted codes, empty columns, copied answers."""

from collections.abc import Collection, Iterator
from itertools import combinations

import numpy as np
import pandas as pd
from imp_intake.check.problems import problem

from imp_common.errors import Problem, first_few
from imp_helpers.scoring import keyed_points
from imp_helpers.study import Instrument, Scale, Study
from imp_intake.reading.headers import TIME, at_time, item_columns

FEWEST_FORMS = 10
FEWEST_ANSWERS = 100
# An item that looks reversed correlates so highly, once turned round, and so many standard errors.
CLEAR_CORRELATION, CLEAR_ERRORS = 0.25, 2.6
# Equal answers tell something if there are so many, and no answer is nearly all of them.
FEWEST_EQUAL, MOST_OF_ONE = 10, 0.8


def patterns(
    forms: pd.DataFrame, unread: Collection[str], study: Study, file: str
) -> Iterator[Problem]:
    """Yield a warning for each pattern over many cleaned forms, each with its ``line``.

    ``unread`` are instruments of which some answers could not be read.
    """
    names = {item: column for item, column, _ in item_columns(study)}
    # As one block of numbers, since rows of many nullable columns are slow to choose.
    answers = forms[list(names)].to_numpy(dtype=float, na_value=np.nan)
    forms = forms.drop(columns=list(names)).join(pd.DataFrame(answers, forms.index, list(names)))
    for key in (key for key in study.instruments if key.id not in unread):
        yield from _empty(forms, key, names, study, file)
        if not key.decimals:
            yield from _part_of_range(forms, key, study, file)
        for scale in key.scales:
            if not scale.parts:
                yield from _turned(forms, key, scale, study, file)
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


def _turned(
    forms: pd.DataFrame, key: Instrument, scale: Scale, study: Study, file: str
) -> Iterator[Problem]:
    """Yield the items of a scale that correlate negatively with the others at a time."""
    found: dict[tuple[int, ...], list[str]] = {}
    given = study.times_of(key)
    for time in given:
        points = keyed_points(forms[forms["time"] == time.id], key)[key.item_columns(scale)]
        numbers = tuple(_against(points, scale))
        if numbers:
            found.setdefault(numbers, []).append(time.label)
    items = [item.number for item in scale.items]
    for numbers, times in found.items():
        keyed = {item.number for item in scale.items if item.reverse_keyed}
        written, otherwise = (
            " ".join(f"{n}{'R' if (n in keyed) != (n in turned) else ''}" for n in items)
            for turned in (numbers, set(items) - set(numbers))
        )
        exported = set(numbers) <= keyed
        why = "the export may have reversed them already" if exported else "the key may lack an R"
        setting = scale.id.removeprefix(f"{key.family}_")
        name = "reversed" if len(times) == len(given) else "reversed_at_some_times"
        told = f"item{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"
        when = "at every time" if len(times) == len(given) else f"at {first_few(times)}"
        about = {"why": why, "setting": setting, "written": written, "times": when}
        if len(numbers) * 2 == len(items) and not keyed:
            name, told = "halves", f"items {', '.join(map(str, items))}"
            others = [n for n in items if n not in numbers]
            about |= {"first": first_few(others, 99), "second": first_few(numbers, 99)}
            about |= {"otherwise": otherwise}
        yield problem(name, file, f"{scale.label}, {told}", **about)


def _against(points: pd.DataFrame, scale: Scale) -> list[int]:
    """Return the numbers of the items that correlate negatively with what the others share."""
    known = points.dropna(axis=1, how="all").dropna()
    known = known.loc[:, known.min() < known.max()]
    if len(known) < FEWEST_FORMS or known.shape[1] < 3:
        return []
    values = known.to_numpy(dtype=float)
    values = (values - values.mean(axis=0)) / values.std(axis=0)
    shared = np.linalg.eigh(values.T @ values)[1][:, -1]
    places = {column: item for column, item in zip(points, scale.items, strict=True)}
    items = [places[column] for column in known]
    signs = np.sign(shared)
    reversed_ones = np.array([-1.0 if item.reverse_keyed else 1.0 for item in items])
    # Most items are right; of two halves, the one that the key reverses is doubted.
    # Without any, the half of the first item is taken as right, so that each time says the same.
    leading = [signs.sum(), signs @ reversed_ones if signs @ reversed_ones != signs.sum() else 0]
    leading = next((sign for sign in [*leading, signs[0]] if sign), 1)
    signs = signs if leading > 0 else -signs
    turned = values * signs
    doubted = []
    for place in np.flatnonzero(signs < 0):
        rest = np.delete(turned, place, axis=1).sum(axis=1)
        r = np.corrcoef(turned[:, place], rest)[0, 1]
        if r >= CLEAR_CORRELATION and r * np.sqrt(len(known) - 1) >= CLEAR_ERRORS:
            doubted.append(items[place].number)
    return sorted(doubted)


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
