"""Scoring keys: one TOML file an instrument, readable by a psychologist."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from imp_helpers.study.errors import InputError, Problem, raise_if_any
from imp_helpers.study.folders import SHIPPED_KEYS

SCALE_RULES = ("sum", "mean")
COMPOSITE_RULES = ("sum", "mean_of_items", "mean_of_scales")
REQUIRED = ("id", "name", "number_of_items", "lowest_answer", "highest_answer", "scales", "scoring")


@dataclass(frozen=True)
class KeyedItem:
    """An item of a scale: its number on the form, and whether it is reverse-keyed."""

    number: int
    reverse_keyed: bool


@dataclass(frozen=True)
class Scale:
    """A scale of an instrument.

    Parameters
    ----------
    id : str
        Unique over all instruments: the instrument's family and the scale, "ffmq_observing".
    label : str
        The name that tables and figures show.
    items : tuple of KeyedItem
        For a composite, the items of all its parts.
    rule : {"sum", "mean_of_items", "mean_of_scales"}
        How item points become a score.
    parts : tuple of str
        The scale ids that a composite is made of; empty otherwise.
    lowest, highest : float
        The range that a score can have.
    """

    id: str
    label: str
    items: tuple[KeyedItem, ...]
    rule: str
    parts: tuple[str, ...]
    lowest: float
    highest: float


@dataclass(frozen=True)
class Instrument:
    """A questionnaire and its scoring key.

    Parameters
    ----------
    id, name, form : str
        As in the key file; ``form`` says which of several forms it is.
    number_of_items, lowest_answer, highest_answer : int
        Items are numbered from 1; answers are whole numbers.
    points_by_answer : tuple of int
        The points of the answers from lowest to highest to an item that is not reverse-keyed.
        A reverse-keyed item takes them backwards, which for points equal to answers is
        lowest + highest - answer.
    scales : tuple of Scale
        Composites last.
    assumptions, conflicts, sources : tuple of dict
        As in the key file.
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
    file: Path = field(default=Path(), compare=False)

    @property
    def family(self) -> str:
        """The prefix of its scales' ids: "scs" for the form "scs_24"."""
        return instrument_family(self.id)

    @property
    def item_names(self) -> list[str]:
        """The columns of its items in the cleaned tables: ["pss_1", ..., "pss_10"]."""
        return [f"{self.family}_{number}" for number in range(1, self.number_of_items + 1)]

    def item_columns(self, scale: Scale) -> list[str]:
        """Return the columns of one scale's items, in the key's order."""
        return [f"{self.family}_{item.number}" for item in scale.items]

    @property
    def reverse_keyed(self) -> set[str]:
        """The columns of its reverse-keyed items."""
        return {
            f"{self.family}_{item.number}"
            for scale in self.scales
            for item in scale.items
            if item.reverse_keyed
        }


def instrument_family(instrument_id: str) -> str:
    """Return an instrument's id without the number of items that tells its forms apart."""
    return re.sub(r"_\d+$", "", instrument_id)


def parse_items(key: str, left_out: tuple[int, ...] = ()) -> tuple[KeyedItem, ...]:
    """Read the items of a scale from a key such as ``"2 7 12R"``.

    Parameters
    ----------
    key : str
        Item numbers, an R behind those that are reverse-keyed.
    left_out : tuple of int
        Items of the key that the form leaves out; those after them move up.

    Raises
    ------
    ValueError
        If a word of the key is no item number.
    """
    items = []
    for word in key.split():
        match = re.fullmatch(r"(\d+)(R?)", word)
        if not match:
            raise ValueError(word)
        number = int(match[1])
        if number not in left_out:
            moved_up = sum(1 for item in left_out if item < number)
            items.append(KeyedItem(number - moved_up, match[2] == "R"))
    return tuple(items)


def find_key_file(instrument_id: str, study_folder: Path) -> Path | None:
    """Return the key file of an instrument: the study's own first, then the shipped one."""
    for folder in (study_folder / "instruments", SHIPPED_KEYS):
        if (folder / f"{instrument_id}.toml").is_file():
            return folder / f"{instrument_id}.toml"
    return None


def available_instruments(study_folder: Path) -> list[str]:
    """Return the ids of all instruments that a study can name."""
    folders = (study_folder / "instruments", SHIPPED_KEYS)
    return sorted({file.stem for folder in folders for file in folder.glob("*.toml")})


def read_instrument(file: Path, settings: dict | None = None) -> Instrument:
    """Read one scoring key.

    Parameters
    ----------
    file : Path
        The key file.
    settings : dict, optional
        What the study sets otherwise than the key file (``left_out``, ``points_by_answer``,
        a composite's ``total_rule``).

    Returns
    -------
    Instrument

    Raises
    ------
    InputError
        Naming every problem of the key: a missing entry, an item that does not exist, is keyed
        twice or in no scale, a rule that is not known.
    """
    try:
        key = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError([_problem(file, None, str(error), "TOML", "Correct the file.")]) from None
    missing = [name for name in REQUIRED if name not in key]
    raise_if_any(
        _problem(file, name, "nothing", "an entry", f"Add {name} to the key.") for name in missing
    )
    key |= settings or {}
    left_out = tuple(key.get("left_out", ()))
    points = tuple(
        key.get("points_by_answer") or range(key["lowest_answer"], key["highest_answer"] + 1)
    )
    problems: list[Problem] = []
    items: dict[str, tuple[KeyedItem, ...]] = {}
    for name, words in key["scales"].items():
        try:
            items[name] = parse_items(words, left_out)
        except ValueError as error:
            cure = "Write items as 7, or as 7R where they are reverse-keyed."
            problems.append(_problem(file, name, f'"{error}"', "item numbers", cure))
    problems += _item_problems(file, key, items, points)
    problems += _rule_problems(file, key)
    raise_if_any(problems)
    return Instrument(
        id=key["id"],
        name=key["name"],
        form=key.get("form", ""),
        number_of_items=key["number_of_items"],
        lowest_answer=key["lowest_answer"],
        highest_answer=key["highest_answer"],
        points_by_answer=points,
        scales=_scales(key, items, points),
        assumptions=tuple(key.get("assumptions", ())),
        conflicts=tuple(key.get("conflicts", ())),
        sources=tuple(key.get("sources", ())),
        file=file,
    )


def _problem(file: Path, column: str | None, found: str, allowed: str, cure: str) -> Problem:
    return Problem(f"instruments/{file.name}", found, allowed, cure, column=column)


def _item_problems(file: Path, key: dict, items: dict, points: tuple[int, ...]) -> list[Problem]:
    problems = []
    numbers = [item.number for scale in items.values() for item in scale]
    last = key["number_of_items"]
    for number in sorted({n for n in numbers if not 1 <= n <= last}):
        problems.append(
            _problem(file, "scales", f"item {number}", f"items 1 to {last}", "Correct the number.")
        )
    for number in sorted({n for n in numbers if numbers.count(n) > 1}):
        problems.append(
            _problem(file, "scales", f"item {number} twice", "each item once", "Remove one.")
        )
    unused = sorted(set(range(1, last + 1)) - set(numbers))
    if unused:
        found = f"no scale for items {', '.join(map(str, unused))}"
        cure = "Add them to a scale, or correct number_of_items or left_out."
        problems.append(_problem(file, "scales", found, f"items 1 to {last}, each once", cure))
    answers = key["highest_answer"] - key["lowest_answer"] + 1
    if len(points) != answers:
        problems.append(
            _problem(
                file,
                "points_by_answer",
                f"{len(points)} points",
                f"{answers}, one for each answer",
                "List the points of the answers from lowest to highest.",
            )
        )
    return problems


def _rule_problems(file: Path, key: dict) -> list[Problem]:
    problems = []
    rule = key["scoring"].get("scale_rule")
    if rule not in SCALE_RULES:
        problems.append(
            _problem(file, "scale_rule", repr(rule), " or ".join(SCALE_RULES), "Correct the rule.")
        )
    for name, composite in key.get("composites", {}).items():
        if composite.get("rule") not in COMPOSITE_RULES:
            allowed = ", ".join(COMPOSITE_RULES)
            problems.append(
                _problem(file, name, repr(composite.get("rule")), allowed, "Correct the rule.")
            )
        for part in composite.get("of", ()):
            if part not in key["scales"]:
                allowed = ", ".join(key["scales"])
                problems.append(_problem(file, name, f'"{part}"', allowed, "Name a scale."))
    return problems


def _scales(key: dict, items: dict, points: tuple[int, ...]) -> tuple[Scale, ...]:
    family, labels = instrument_family(key["id"]), key.get("labels", {})
    rule = {"sum": "sum", "mean": "mean_of_items"}[key["scoring"]["scale_rule"]]
    scales = [
        _scale(f"{family}_{name}", labels.get(name, name), scale_items, rule, (), points)
        for name, scale_items in items.items()
    ]
    for name, composite in key.get("composites", {}).items():
        parts = tuple(f"{family}_{part}" for part in composite["of"])
        all_items = tuple(item for part in composite["of"] for item in items[part])
        rule = key.get("total_rule", composite["rule"]) if name == "total" else composite["rule"]
        label = labels.get(name, name)
        scales.append(_scale(f"{family}_{name}", label, all_items, rule, parts, points))
    return tuple(scales)


def _scale(
    scale_id: str,
    label: str,
    items: tuple[KeyedItem, ...],
    rule: str,
    parts: tuple[str, ...],
    points: tuple[int, ...],
) -> Scale:
    times = len(items) if rule == "sum" else 1
    return Scale(scale_id, label, items, rule, parts, min(points) * times, max(points) * times)
