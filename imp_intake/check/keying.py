"""Try scoring keys on the data: which items the export may have reversed, or the key forgot."""

from collections.abc import Collection, Iterator

import numpy as np
import pandas as pd

from imp_common.design import Scale
from imp_common.errors import Problem, first_few
from imp_intake.check.problems import problem
from imp_intake.check.quality import looks_like_a_code
from imp_intake.keys import keyed_points
from imp_intake.settings.instruments import Instrument
from imp_intake.settings.study import Study

FEWEST_FORMS = 10
# An item that looks reversed correlates so highly, once turned round, and so many standard errors.
CLEAR_CORRELATION, CLEAR_ERRORS = 0.25, 2.6
# Means of many items share more than two items do, but scales of one instrument may share little.
CLEAR_BETWEEN_HALVES = 0.15


def wrong_keys(
    forms: pd.DataFrame, key: Instrument, study: Study, file: str, others: pd.DataFrame
) -> Iterator[Problem]:
    """Yield the items of an instrument that look reversed: at every time, at some, or in a group.

    ``others`` are columns of the raw file that study.toml does not name, in the rows of ``forms``.
    """
    points = keyed_points(forms, key).astype(float)
    if looks_like_a_code(forms, key):
        points = points.mask((forms[key.item_names] == key.highest_answer).to_numpy())
    asked = [time for time in study.times_of(key) if (forms["time"] == time.id).any()]
    found = {time.label: reversed_items(points[forms["time"] == time.id], key) for time in asked}
    by_items: dict[frozenset[int], list[str]] = {}
    for time, numbers in found.items():
        by_items.setdefault(frozenset(numbers), []).append(time)
    is_same = len(by_items) == 1 and not by_items.get(frozenset())
    if split := None if is_same else _only_in_some_rows(points, key, others):
        column, value, numbers = split
        about = {"items": _listed(numbers), "where": column, "value": value, "key": key}
        yield problem("reversed_in_some_rows", file, f"{key.name}, {_listed(numbers)}", **about)
        return
    by_items.pop(frozenset(), None)
    for numbers, times in by_items.items():
        every = len(times) == len(asked)
        when = "at every time" if every else f"at {first_few(times)}"
        rows = forms["time"].isin([time.id for time in asked if time.label in times])
        yield from _reversed(points[rows], numbers, key, file, when, every)


def _reversed(
    points: pd.DataFrame, numbers: frozenset[int], key: Instrument, file: str, when: str,
    every: bool,
) -> Iterator[Problem]:  # fmt: skip
    """Yield reversed items: in one message where the export has reversed them, else by scale."""
    keyed = {int(name.rpartition("_")[2]) for name in key.reverse_keyed}
    scales = [scale for scale in key.scales if not scale.parts]
    whole = every and numbers <= keyed
    if whole:
        changed = _with_signs(points, numbers)
        scale = max(key.scales, key=lambda scale: len(scale.items))
        alphas = _alphas(points, changed, key.item_columns(scale))
        about = {"numbers": ", ".join(map(str, sorted(numbers))), "key": key, "alphas": alphas}
        yield problem("already_reversed", file, f"{key.name}, {_listed(numbers)}", **about)
        return
    for scale in scales:
        items = [item.number for item in scale.items]
        own = numbers & set(items)
        if not own:
            continue
        written, otherwise = (
            " ".join(f"{n}{'R' if (n in keyed) != (n in turned) else ''}" for n in items)
            for turned in (own, set(items) - own)
        )
        columns = key.item_columns(scale)
        about = {"setting": scale.id.removeprefix(f"{key.family}_"), "written": written}
        about |= {"times": when, "alphas": _alphas(points, _with_signs(points, own), columns)}
        name, told = "reversed" if every else "reversed_at_some_times", _listed(own)
        if len(own) * 2 == len(items) and not keyed & set(items):
            name, told = "halves", _listed(items)
            rest = [n for n in items if n not in own]
            about |= {"first": first_few(rest, 99), "second": first_few(sorted(own), 99)}
            about |= {"otherwise": otherwise}
        yield problem(name, file, f"{scale.label}, {told}", **about)


def _listed(numbers: Collection[int]) -> str:
    return f"item{'s' if len(numbers) > 1 else ''} {', '.join(map(str, sorted(numbers)))}"


def _with_signs(points: pd.DataFrame, numbers: Collection[int]) -> pd.DataFrame:
    """Return points in which some items count the other way round."""
    return points.assign(**{
        name: -points[name] for name in points if int(name.rpartition("_")[2]) in numbers
    })  # fmt: skip


def _alphas(points: pd.DataFrame, changed: pd.DataFrame, columns: list[str]) -> str:
    """Say what Cronbach's alpha is with the key and with the change."""
    before, after = (cronbach_alpha(table[columns].dropna()) for table in (points, changed))
    if np.isnan([before, after]).any():
        return ""
    sign = ", and a negative alpha is a coding error" if before < 0 else ""
    return f" (alpha {before:.2f} with the key, {after:.2f} with the change{sign})"


def cronbach_alpha(answers: pd.DataFrame) -> float:
    """Return Cronbach's alpha of complete answers, a column an item; NaN where it has none."""
    count, total = answers.shape[1], answers.sum(axis=1).var()
    if count < 2 or len(answers) < 2 or not total > 0:
        return np.nan
    return count / (count - 1) * (1 - answers.var().sum() / total)


# ---------------------------------------------------------------- which items


def reversed_items(points: pd.DataFrame, key: Instrument) -> set[int]:
    """Return the numbers of the items that go against the instrument, once it is keyed.

    First all reverse-keyed items are tried as one hypothesis, against the others of the composite:
    of a scale of reverse-keyed items alone, no item goes against its own scale. What remains goes
    by single items, which so follow the verdict on the whole.
    """
    whole = _reversed_as_one(points, key)
    changed = _with_signs(points, whole)
    single = set()
    for scale in key.scales:
        if not scale.parts:
            single |= set(_against(changed[key.item_columns(scale)], scale, whole))
    return whole ^ single


def _reversed_as_one(points: pd.DataFrame, key: Instrument) -> set[int]:
    """Return the reverse-keyed items, if together they go against the others of the composite.

    Not among them are those of a scale within which reversed and other items agree.
    """
    composite = max(key.scales, key=lambda scale: len(scale.items))
    numbers = {item.number for item in composite.items if item.reverse_keyed}
    for scale in key.scales:
        own = {item.number for item in scale.items}
        if not scale.parts and _agree(points, key, own & numbers, own - numbers) > 0:
            numbers -= own
    rest = {item.number for item in composite.items} - numbers
    return numbers if _agree(points, key, numbers, rest) < 0 else set()


def _agree(points: pd.DataFrame, key: Instrument, some: set[int], rest: set[int]) -> int:
    """Say whether two sets of items clearly correlate: 1, negatively -1, or 0 if that is open."""
    if not some or not rest:
        return 0
    halves = [points[[f"{key.family}_{n}" for n in sorted(half)]] for half in (some, rest)]
    means = [half.mean(axis=1).where(half.notna().mean(axis=1) >= 0.5) for half in halves]
    both = pd.concat(means, axis=1).dropna()
    if len(both) < FEWEST_FORMS or not (both.min() < both.max()).all():
        return 0
    r = both[0].corr(both[1])
    clear = abs(r) >= CLEAR_BETWEEN_HALVES and abs(r) * np.sqrt(len(both) - 1) >= CLEAR_ERRORS
    return int(np.sign(r)) if clear else 0


def _only_in_some_rows(
    points: pd.DataFrame, key: Instrument, others: pd.DataFrame
) -> tuple[str, str, set[int]] | None:
    """Return the column and value, such as a country, in which alone items are reversed."""
    reverse_keyed = {int(name.rpartition("_")[2]) for name in key.reverse_keyed}
    rest = set(range(1, key.number_of_items + 1)) - reverse_keyed
    for column in others:
        values = others[column].dropna()
        agree = {
            value: _agree(points.loc[rows], key, reverse_keyed, rest)
            for value, rows in values.groupby(values).groups.items()
        }
        against = [value for value, sign in agree.items() if sign < 0]
        if against and 1 in agree.values():
            rows = others[column].isin(against)
            told = '" or "'.join(map(str, against))
            return column, told, reversed_items(points[rows], key) or reverse_keyed
    return None


def _against(points: pd.DataFrame, scale: Scale, exported: Collection[int] = ()) -> list[int]:
    """Return the numbers of the items that correlate negatively with what the others share.

    ``exported`` are reverse-keyed items that were turned back, since the export has reversed them.
    """
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
    reverse_keyed = np.array([
        -1.0 if item.reverse_keyed and item.number not in exported else 1.0 for item in items
    ])  # fmt: skip
    # Most items are right; of two halves, the one that the key reverses is doubted.
    # Without any, the half of the first item is taken as right, so that each time says the same.
    by_key = signs @ reverse_keyed
    leading = [signs.sum(), by_key if by_key != signs.sum() else 0]
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
