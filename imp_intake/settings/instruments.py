"""Scoring keys: one TOML file an instrument, readable by a psychologist."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from imp_common.design import Item, Items, Scale
from imp_common.errors import InputError, Problem, raise_if_any
from imp_common.folders import SHIPPED_KEYS
from imp_intake.settings.schema import (
    Id,
    Section,
    as_in_toml,
    line_of,
    nearest,
    read_toml,
    setting,
    validated,
)

AS_IN_KEY = ("id", "name", "form", "number_of_items", "lowest_answer", "highest_answer",
             "alternatives", "decimals")  # fmt: skip
# Settings of a key that may have alternatives: the form and its answers stay what they are.
MAY_DIFFER = ("left_out", "points_by_answer", "total_rule", "scales", "composites", "scoring")
ANSWERS = ("lowest_answer", "highest_answer", "points_by_answer")


@dataclass(frozen=True)
class Instrument(Items):
    """A questionnaire and its scoring key; ``form`` says which of several forms it is.

    ``prefix`` is what the ids of its scales and items begin with, if it is not its id without a
    number. Items are numbered from 1; answers are whole numbers, or with ``decimals`` those of
    sliders, which are their own points. ``points_by_answer`` are the points of the answers from
    lowest to highest to an item that is not reverse-keyed; a reverse-keyed item takes them
    backwards, which for points equal to answers is lowest + highest - answer. Of the scales,
    composites come last. ``alternatives`` are other values that a setting of the key may have,
    where the key is not certain.
    """

    id: str
    name: str
    form: str
    number_of_items: int
    lowest_answer: int
    highest_answer: int
    points_by_answer: tuple[int, ...]
    scales: tuple[Scale, ...]
    assumptions: tuple[dict, ...] = ()
    conflicts: tuple[dict, ...] = ()
    sources: tuple[dict, ...] = ()
    alternatives: dict[str, list] = field(default_factory=dict)
    prefix: str = ""
    decimals: bool = False

    @property
    def family(self) -> str:
        """The prefix of its scales' ids: "scs" for the form "scs_24"."""
        return self.prefix or instrument_family(self.id)


def instrument_family(instrument_id: str) -> str:
    """Return an instrument's id without the number of items."""
    return re.sub(r"_\d+$", "", instrument_id)


def parse_items(key: str, left_out: tuple[int, ...] = ()) -> tuple[Item, ...]:
    """Read the items of a scale from a key such as ``"2 7 12R"``: R stands for reverse-keyed.

    Items after those that the form leaves out move up. ValueError if a word is no item number.
    """
    items = []
    for word in key.split():
        match = re.fullmatch(r"(\d+)([Rr]?)", word)
        if not match:
            raise ValueError(word)
        number = int(match[1])
        if number not in left_out:
            moved_up = sum(1 for item in left_out if item < number)
            items.append(Item(number - moved_up, match[2] in ("R", "r")))
    return tuple(items)


def find_key_file(instrument_id: str, study_folder: Path) -> Path | None:
    """Return the key file of an instrument: the study's own first, then the shipped one."""
    for folder in (study_folder / "instruments", SHIPPED_KEYS):
        if (folder / f"{instrument_id}.toml").is_file():
            return folder / f"{instrument_id}.toml"
    return None


class _Scoring(Section):
    scale_rule: Literal["sum", "mean"] = setting("sum or mean", cure="Correct the rule.")


class _Composite(Section):
    of: list[str] = setting("a list of scales")
    rule: Literal["sum", "mean_of_items", "mean_of_scales"] = setting(
        "sum, mean_of_items, mean_of_scales", cure="Correct the rule."
    )


class Assumption(Section):
    """[[assumptions]] of a key: what could not be looked up."""

    id: str = setting("an id", cure="Give it an id.", min_length=1)
    what: str = setting("a text", "")
    assumed: str = setting("what is assumed", cure="Write what is assumed.", min_length=1)
    why: str = setting("a text", "")
    how: str = setting("how to confirm it", cure="Write how to confirm it.", min_length=1)
    who_may_change_it: str = setting("a text", "")


ItemNumber = Annotated[int, Field(ge=1, le=1000)]


class Key(Section):
    """What may be written in a key file."""

    id: Id = setting("the name of the file", cure="Correct the id.")
    name: str = setting("a name", min_length=1)
    form: str = setting("a text", "")
    measures: str = setting("a text", "")
    # Bounds keep a slip of a key from filling the memory.
    number_of_items: int = setting("a whole number from 1 to 1000", ge=1, le=1000)
    lowest_answer: int = setting("a whole number between -10000 and 10000", ge=-10_000, le=10_000)
    highest_answer: int = setting("a whole number between -10000 and 10000", ge=-10_000, le=10_000)
    points_by_answer: list[Annotated[int, Field(ge=-10_000, le=10_000)]] | None = setting(
        "a list of points between -10000 and 10000", None
    )
    decimals: bool = setting("true or false", False, "Write it without quotation marks.")
    left_out: list[ItemNumber] = setting("a list of item numbers", [])
    # Reverse-keyed items that the export holds reversed.
    already_reversed: list[ItemNumber] = setting("a list of item numbers", [])
    shared_items: list[ItemNumber] = setting("a list of item numbers", [])
    items_not_scored: list[ItemNumber] = setting("a list of item numbers", [])
    scales: dict[Id, str] = setting(
        "scales with their items", cure="Add scales to the key.", min_length=1
    )
    scoring: _Scoring
    composites: dict[Id, _Composite] = setting("composites", {})
    total_rule: Literal["sum", "mean_of_items", "mean_of_scales"] | None = setting(
        "sum, mean_of_items, mean_of_scales", None, "Correct the rule."
    )
    labels: dict[str, Annotated[str, Field(min_length=1)]] = setting("a label for each scale", {})
    norms: dict[str, str] = setting("a text for each scale", {})
    assumptions: list[Assumption] = setting("entries with id, what, assumed, why and how", [])
    conflicts: list[dict[str, str]] = setting("entries", [])
    sources: list[dict[str, str]] = setting("entries", [])
    alternatives: dict[str, list] = setting("settings with lists of values", {})


def read_instrument(
    file: Path, settings: dict | None = None, family: str | None = None
) -> Instrument:
    """Read one scoring key from its file.

    ``settings`` are what the study sets differently, such as ``left_out``; ``family`` is the prefix
    of its items and scales, if it is not the id without the number of items. InputError names every
    problem of the key: a missing entry, an item that does not exist, is keyed twice or in no scale,
    a rule that is not known, an id that is not the file's name.
    """
    name = f"instruments/{file.name}"
    text, content = read_toml(file, name)
    return _read(file, text, content | (settings or {}), family)


def _read(file: Path, text: str, content: dict, family: str | None) -> Instrument:
    """Check the content of a key and of its alternatives; InputError names every problem."""
    name = f"instruments/{file.name}"
    key, problems = validated(Key, content, name, text)
    wrong = {problem.column.split(".")[0] for problem in problems}
    try:
        problems += [] if wrong & {"scales", "number_of_items"} else _item_problems(name, content)
        problems += [] if wrong & {"scales", "composites"} else _composite_problems(name, content)
        problems += [] if wrong & set(ANSWERS) else _answer_problems(name, content)
    except (TypeError, AttributeError, KeyError):
        pass  # What is wrong with the types was said already.
    if not wrong & {"id"} and content["id"] != file.stem:
        cure = f'Write id = "{file.stem}", or rename the file.'
        problems.append(Problem(name, f'"{content["id"]}"', file.stem, cure, column="id"))
    if not problems:
        problems += _alternative_problems(file, text, content)
    lines = text.splitlines()
    raise_if_any(
        p if p.row else replace(p, row=line_of((p.column or "").split("."), p.found, lines))
        for p in problems
    )
    family = family or instrument_family(key.id)
    points = tuple(key.points_by_answer or range(key.lowest_answer, key.highest_answer + 1))
    return Instrument(
        **{name: getattr(key, name) for name in AS_IN_KEY},
        **{name: tuple(getattr(key, name)) for name in ("conflicts", "sources")},
        assumptions=tuple(assumption.model_dump() for assumption in key.assumptions),
        prefix=family,
        points_by_answer=points,
        scales=_scales(key, points, family),
    )


def _item_problems(file: str, key: dict) -> list[Problem]:
    """Say which items do not exist, are keyed twice, or in no scale."""
    problems, numbers, empty, keyed = [], [], [], set()
    left_out = tuple(key.get("left_out", ()))
    for name, words in key["scales"].items():
        try:
            items = parse_items(words, left_out)
            numbers += [item.number for item in items]
            keyed |= {item.number for item in items if item.reverse_keyed}
            empty += [name] * (not items)
        except ValueError as error:
            cure = "Write items as 7, or as 7R where they are reverse-keyed."
            problems.append(Problem(file, f'"{error}"', "item numbers", cure, column=name))
    cure = "List its items, such as 1 2R 3, or delete the scale."
    problems += [Problem(file, "no items", "item numbers", cure, column=f"scales.{name}")
                 for name in empty]  # fmt: skip
    words = {word.rstrip("Rr") for text in key["scales"].values() for word in text.split()}
    for number in left_out:
        if str(number) not in words:
            allowed, cure = "items of the key", "Correct the number: nothing is left out so."
            problems.append(Problem(file, f"item {number}", allowed, cure, column="left_out"))
    for number in key.get("already_reversed", ()):
        if number not in keyed:
            allowed = f"reverse-keyed items: {', '.join(map(str, sorted(keyed))) or 'none'}"
            problems.append(Problem(file, f"item {number}", allowed, "Correct the number.",
                                    column="already_reversed"))  # fmt: skip
    last, items = key["number_of_items"], Counter(numbers)
    shared, not_scored = key.get("shared_items", ()), set(key.get("items_not_scored", ()))
    found = {f"item {n}": (f"items 1 to {last}", "Correct the number.")
             for n in sorted(items) if not 1 <= n <= last}  # fmt: skip
    twice = sorted(n for n, count in items.items() if count > 1 and n not in shared)
    cure = "Remove one, or list it under shared_items."
    found |= {f"item {n} twice": ("each item once", cure) for n in twice}
    unused = sorted(set(range(1, last + 1)) - set(items) - not_scored)
    if unused:
        cure = (
            "Add them to a scale, or to items_not_scored; or correct number_of_items or left_out."
        )
        found[f"no scale for items {', '.join(map(str, unused))}"] = (f"items 1 to {last}", cure)
    return problems + [Problem(file, f, a, c, column="scales") for f, (a, c) in found.items()]


def _composite_problems(file: str, key: dict) -> list[Problem]:
    """Say which composites are a scale's, have no parts, twice the same, or unknown ones."""
    scales, found = key["scales"], []
    for name, composite in key.get("composites", {}).items():
        parts = composite.get("of", ())
        if name in scales:
            found.append((name, f'"{name}", which is a scale', "a name of its own", "Rename it."))
        if not parts:
            found.append((name, "no scales", "scales", "List its scales under of."))
        twice = {part for part in parts if list(parts).count(part) > 1}
        found += [(name, f'"{part}" twice', "each scale once", "Remove one.") for part in twice]
        allowed, cure = ", ".join(scales), "Name a scale."
        found += [(name, f'"{p}"', allowed, cure) for p in parts if p not in scales]
    known = [*scales, *key.get("composites", {})]
    cure = "Correct the name, or delete the line."
    for table in ("labels", "norms"):
        for name in (name for name in key.get(table, {}) if name not in known):
            found.append((f"{table}.{name}", f'"{name}"', nearest(name, known, ""), cure))
    return [Problem(file, f, allowed, cure, column=place) for place, f, allowed, cure in found]


def _alternative_problems(file: Path, text: str, content: dict) -> Iterator[Problem]:
    """Yield the alternatives with which a key could not be used."""
    name, plain = f"instruments/{file.name}", {**content, "alternatives": {}}
    for setting_name, values in content.get("alternatives", {}).items():
        place = f"alternatives.{setting_name}"
        if setting_name not in MAY_DIFFER:
            allowed, cure = ", ".join(MAY_DIFFER), "Name one of these settings."
            yield Problem(name, f'"{setting_name}"', allowed, cure, column=place)
            continue
        for value in values:
            cure, shown = "Correct the value, or take it out.", as_in_toml(value)
            try:
                _read(file, text, plain | {setting_name: value}, None)
            except InputError as error:
                first = error.problems[0]
                found = f"{shown}, with which the key has an error: {first.column}, {first.found}"
                yield Problem(name, found, first.allowed, cure, column=place)
            else:
                missing = set(content["scales"]) - set(value) if setting_name == "scales" else ()
                if missing:
                    found = f"{shown}, without {', '.join(sorted(missing))}"
                    yield Problem(name, found, "the same scales", cure, column=place)
        if not values:
            yield Problem(name, "no values", "a list of values", "Delete the line.", column=place)


def _answer_problems(file: str, key: dict) -> list[Problem]:
    lowest, highest, points = (key.get(name) for name in ANSWERS)
    if lowest >= highest:
        found, cure = f"{lowest} to {highest}", "Exchange lowest and highest answer."
        return [Problem(file, found, "lowest before highest", cure, column="lowest_answer")]
    count = highest - lowest + 1
    if points and len(points) != count:
        cure = "List the points of the answers from lowest to highest."
        allowed = f"{count}, one for each answer"
        return [Problem(file, f"{len(points)} points", allowed, cure, column="points_by_answer")]
    return []


def _scales(key: Key, points: tuple[int, ...], family: str) -> tuple[Scale, ...]:
    rule = {"sum": "sum", "mean": "mean_of_items"}[key.scoring.scale_rule]
    exported = key.already_reversed
    items = {
        name: tuple(
            Item(item.number, item.reverse_keyed and item.number not in exported)
            for item in parse_items(words, tuple(key.left_out))
        )
        for name, words in key.scales.items()
    }

    def scale(name: str, of: tuple[Item, ...], rule: str, parts: tuple[str, ...]) -> Scale:
        times = len(of) if rule == "sum" else 1
        label = key.labels.get(name, name)
        limits = (min(points) * times, max(points) * times)
        norm = key.norms.get(name, "")
        return Scale(f"{family}_{name}", label, of, rule, parts, *limits, norm)

    scales = [scale(name, of, rule, ()) for name, of in items.items()]
    for name, composite in key.composites.items():
        parts = tuple(f"{family}_{part}" for part in composite.of)
        of = tuple(item for part in composite.of for item in items[part])
        own = (key.total_rule if name == "total" else None) or composite.rule
        scales.append(scale(name, of, own, parts))
    return tuple(scales)
