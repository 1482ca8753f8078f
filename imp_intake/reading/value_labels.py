"""What a file itself says that its codes mean, held against what study.toml says."""

import re
import tomllib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from pathlib import Path

from imp_common.errors import Problem, first_few, short
from imp_intake.reading.cell_values import NUMBER, as_label
from imp_intake.reading.files import RawTable
from imp_intake.settings.instruments import Instrument

WORDS = tomllib.loads(Path(__file__).with_name("vocabulary.toml").read_text(encoding="utf-8"))
# Kinds of groups and sexes: a label of one kind is no name of the other.
KINDS = {"[groups]": ("control", "intervention"), "[participants.sex_codes]": ("woman", "man")}
# So much a label must look like a name to be taken for it.
ALIKE = 0.7
# So many labels in the opposite order are no chance.
FEWEST_LABELS = 3
MOST_ANSWERS, WIDEST_RANGE = 12, 101
# So many cells of a column hold answers; the others may be mistakes.
MOST_CELLS = 0.8


def is_named(name: str, what: Iterable[str]) -> bool:
    """Tell whether a name is one of the vocabulary's, signs between words aside."""
    plain = re.sub(r"[\W_]+", " ", name).strip().casefold()
    return any(re.fullmatch(pattern, plain) for pattern in what)


def place_in_time(name: str) -> int | None:
    """Return the place of a word for a time among those of the vocabulary; None if it has none."""
    forms = enumerate(WORDS["codes"]["times"])
    return next((place for place, form in forms if is_named(name, [form])), None)


def is_no_answer(word: str) -> bool:
    """Tell whether a word or a sign says that there is no answer."""
    return not re.search(r"\w", word) or is_named(word, WORDS["codes"]["no_answer"])


def missing_codes(numbers: Iterable[int], low: int, high: int) -> list[int]:
    """Return the numbers that usually mean "no answer" and are far from the answers."""
    known = {int(code) for code in WORDS["codes"]["missing"]}
    return [n for n in numbers if n in known and (n < low - 1 or n > high + 1 or n < 0)]


def plain_number(word: str) -> str:
    """Return a whole number without ".0" after it; other words as they are."""
    return re.sub(r"[.,]0+$", "", word) if re.fullmatch(r"-?\d{1,4}[.,]0+", word) else word


def answers_of(counts: Counter[str]) -> set[str]:
    """Return the words that can be answers: whole numbers of a small range, or few labels.

    Nothing is returned if words are no answers; a few other words among them are left out.
    """
    words: Counter[str] = Counter()
    for word, count in counts.items():
        words[plain_number(word)] += count
    nothing = {word for word in words if is_no_answer(word)}
    numbers = {word for word in words if re.fullmatch(r"-?\d{1,4}", word)}
    labels = {w for w in words if re.search(r"[^\W\d]", w) and len(w) < 80} - nothing
    enough = MOST_CELLS * sum(count for word, count in words.items() if word not in nothing)
    parts = (part for part in (numbers, labels, numbers | labels)
             if part and sum(words[word] for word in part) >= enough)  # fmt: skip
    kept = next(parts, set())
    plain = [int(n) for n in kept & numbers if n not in WORDS["codes"]["missing"]]
    is_range = not plain or max(plain) - min(plain) < WIDEST_RANGE
    is_few = len(kept & labels) <= MOST_ANSWERS
    return kept | nothing if kept and is_range and is_few else set()


# ---------------------------------------------------------------- groups, times, sex


def wrong_codes(
    file: str, column: str, own: Mapping[str, str], codes: Mapping[str, str], setting: str,
    names: Mapping[str, list[str]],
) -> Iterator[Problem]:  # fmt: skip
    """Yield codes that the file labels as another of study.toml's, or in words of its own.

    ``own`` is the file's label of each value, ``codes`` the id that study.toml gives each code,
    ``names`` the words by which each id may be called; without them the id is the only one.
    """
    fits = {
        (code, name): _likeness(own.get(code, code), names.get(name, [name]), setting)
        for code in codes for name in codes.values()
    }  # fmt: skip
    fits |= _in_order(own, codes) if setting == "[times]" else {}
    inner, found = setting.strip("[]"), False
    for code, stated in codes.items():
        others = [name for name in codes.values() if name != stated]
        meant = max(others, key=lambda name, code=code: fits[code, name], default=stated)
        fit = fits[code, meant]
        # "No training" is no name of the training if another label fits that as well.
        better = [fits[other, meant] for other, name in codes.items() if name == meant]
        if fit >= ALIKE and fit > fits[code, stated] + 0.1 and fit > max(better, default=0):
            label = f', which the file calls "{short(own[code])}"' if code in own else ""
            line = f'under {setting} write "{code}" = "{meant}"'
            line = f'under [{inner}.{meant}] write code = "{code}"' if names else line
            found = True
            yield Problem(
                file, f'"{short(code, 40)}"{label}, taken for {stated}',
                f"a code that means {stated}", f"In study.toml, {line}, or correct the file.",
                column=column,
            )  # fmt: skip
    told = {code: label for code, label in own.items() if code in codes and label != code}
    is_unlike = all(fits[code, stated] < ALIKE for code, stated in codes.items())
    if len(codes) > 1 and names and told and is_unlike and not found:
        theirs = ", ".join(f'"{code}" = "{short(label, 40)}"' for code, label in told.items())
        ours = ", ".join(f'"{code}" = "{names[name][1]}"' for code, name in codes.items())
        lines = " and ".join(
            f'label = "{short(label, 40)}" under [{inner}.{codes[code]}]'
            for code, label in told.items()
        )
        yield Problem(
            file, f"labels that cannot be compared with study.toml: {theirs}",
            f"the names of study.toml: {ours}", f"Check them; if they are right, write {lines}.",
            column=column, severity="warning",
        )  # fmt: skip


def _likeness(label: str, names: list[str], setting: str) -> float:
    """Say how much a label looks like one of several names, from 0 to 1."""
    text = as_label(label)
    likeness = [0.0]
    kinds = [WORDS["codes"][kind] for kind in KINDS.get(setting, ())]
    kinds = [kind for kind in kinds if is_named(text, kind)]
    for name in map(as_label, names):
        is_in = len(name) > 2 and re.search(rf"\b{re.escape(name)}\b", text)
        of_kind = any(is_named(name, kind) for kind in kinds)
        alike = 0.98 if is_in and name != text else SequenceMatcher(None, name, text).ratio()
        likeness.append(max(alike, 0.9 * of_kind))
    return max(likeness)


def _in_order(own: Mapping[str, str], codes: Mapping[str, str]) -> dict[tuple[str, str], float]:
    """Say which time each code is by the order of the labels, if all are words for times."""
    places = {code: place_in_time(own.get(code, "")) for code in codes}
    if None in places.values() or len(set(places.values())) < len(places):
        return {}
    order = dict(zip(sorted(codes, key=places.get), codes.values(), strict=True))
    return {(code, name): float(order[code] == name) for code in codes for name in codes.values()}


# ---------------------------------------------------------------- answers


def answer_numbers(words: Iterable[str], low: int | None, high: int | None) -> dict[str, int]:
    """Return the number of each answer label; empty where only a person knows.

    A usual set of labels counts from the lowest. Labels with a number each ("4 - often") have that
    number, and "A1", as LimeSurvey writes, is the lowest answer.
    """
    plain = {as_label(word): word for word in sorted(words)}
    size = None if None in (low, high) else high - low + 1
    start = 1 if low is None else low
    for labels in WORDS["answers"]["sets"]:
        if size in (None, len(labels)) and set(plain) <= set(labels):
            return {plain.get(label, label): start + n for n, label in enumerate(labels)}
    # Several languages in one column: sets that are all there, and say the same of each label.
    whole = [labels for labels in WORDS["answers"]["sets"]
             if len(labels) == size and set(labels) <= set(plain)]  # fmt: skip
    places = {label: {s.index(label) for s in whole if label in s} for label in plain}
    if whole and all(len(found) == 1 for found in places.values()):
        return {plain[label]: start + n for label, (n,) in places.items()}
    found = {word: re.findall(r"\d+", word) for word in plain.values()}
    if any(len(numbers) != 1 or len(numbers[0]) > 3 for numbers in found.values()):
        return {}
    shift = start - 1 if all(re.fullmatch(r"AO?\d+", word) for word in found) else 0
    table = {word: int(number) + shift for word, (number,) in found.items()}
    fits = size is None or all(low <= number <= high for number in table.values())
    is_apart = len(set(table.values())) == len(table)
    return dict(sorted(table.items(), key=lambda pair: pair[1])) if fits and is_apart else {}


def wrong_answer_labels(
    table: RawTable, columns: list[str], key: Instrument, stated: Mapping[str, int]
) -> Iterator[Problem]:
    """Yield what contradicts an instrument's answers in its labels, of study.toml and of the file.

    ``columns`` are called as in the file, ``stated`` is the number of each label in study.toml.
    """
    known = {as_label(label): number for label, number in stated.items()}
    section = f"[questionnaires.labels.{key.id}]"
    if _runs_backwards(known):
        yield _backwards("study.toml", known, section)
    tables = {column: _numbered(table.value_labels.get(column, {})) for column in columns}
    tables = {column: labels for column, labels in tables.items() if labels}
    if not tables:
        return
    shared = _most_frequent(tables.values())
    if not any(NUMBER.fullmatch(label) for label in known):
        yield from _contradictions(table.file, shared, known, key, section)
    for label, number in shared.items():
        if is_no_answer(label) and key.lowest_answer <= number <= key.highest_answer:
            found = f'{number} = "{short(label, 40)}", which is counted as the answer {number}'
            cure = "Declare it missing in the file, or export it as an empty cell."
            yield Problem(table.file, found, "labels of answers", cure, column=key.name,
                          severity="warning")  # fmt: skip
    odd = [
        column for column, labels in tables.items()
        if sum(shared[label] != n for label, n in labels.items()) > len(labels) // 2
    ]  # fmt: skip
    if odd:
        first, number = next(iter(tables[odd[0]].items()))
        yield Problem(
            table.file, f'{number} = "{short(first, 40)}"; elsewhere {shared[first]}',
            "the same codes for all items", "Check whether the export has recoded these columns.",
            column=first_few(odd), severity="warning",
        )  # fmt: skip


def blanked_answers(table: RawTable, columns: list[str], key: Instrument) -> Iterator[Problem]:
    """Yield values that the file declares missing, although the key has them as answers."""
    values = Counter(value for _, column, value, _ in table.blanked if column in columns)
    numbers = [value for value in values if re.fullmatch(r"-?\d{1,9}", value)]
    for value in (n for n in numbers if key.lowest_answer <= int(n) <= key.highest_answer):
        yield Problem(
            table.file, f"the answer {value} declared missing, {values[value]} cells",
            f"{key.lowest_answer} to {key.highest_answer} as answers",
            "Correct the missing values of these variables in SPSS.", column=key.name,
            severity="warning",
        )  # fmt: skip


def _contradictions(
    file: str, shared: Mapping[str, int], known: Mapping[str, int], key: Instrument, section: str
) -> Iterator[Problem]:
    """Yield labels of the file with other numbers than in study.toml, or than the key allows."""
    apart = {label: n for label, n in shared.items() if known.get(label, n) != n}
    if apart:
        lines = ", ".join(f'"{short(label, 40)}" = {number}' for label, number in apart.items())
        yield Problem(
            file, f"{len(apart)} labels of answers that contradict study.toml",
            f"the numbers of the file: {lines}", f"Write them so under {section}, or delete it.",
            column=key.name,
        )  # fmt: skip
    elif _runs_backwards(shared):
        yield _backwards(file, shared, section, key.name)
    low, high = key.lowest_answer, key.highest_answer
    ends = min(shared.values()), max(shared.values())
    for step in (1, -1):
        if ends == (low + step, high + step):
            yield Problem(
                file, f"labels of the answers {ends[0]} to {ends[1]}",
                f"answers from {low} to {high}, by the key",
                f"To recode them, write under {section}: {recoding(key, step)}", column=key.name,
            )  # fmt: skip


def shift_of(numbers: Collection[int], key: Instrument) -> int:
    """Say by how much answers are too high for a key: 1, -1, or 0 if it is no such shift."""
    low, high = key.lowest_answer, key.highest_answer
    if not numbers or (low <= min(numbers) and max(numbers) <= high):
        return 0
    step = 1 if max(numbers) > high else -1
    return step if low + step <= min(numbers) and max(numbers) <= high + step else 0


def recoding(key: Instrument, step: int) -> str:
    """Return the lines that recode answers which are ``step`` too high."""
    numbers = range(key.lowest_answer, key.highest_answer + 1)
    return ", ".join(f'"{number + step}" = {number}' for number in numbers)


def _runs_backwards(labels: Mapping[str, int]) -> bool:
    """Tell whether labels of a usual set have numbers that fall where the answers rise."""
    written = sorted(labels, key=labels.get)
    return len(written) >= FEWEST_LABELS and any(
        set(written) <= set(usual) and [usual.index(label) for label in written]
        == sorted((usual.index(label) for label in written), reverse=True)
        for usual in WORDS["answers"]["sets"]
    )  # fmt: skip


def _backwards(file: str, labels: Mapping[str, int], section: str, column: str = "") -> Problem:
    first, *_, last = sorted(labels, key=labels.get)
    cure = f"Check it against the published key; the numbers are under {section}."
    if file != "study.toml":
        cure = f"If the export has reversed all items, write each label's number under {section}."
    return Problem(
        file, f'labels from {labels[first]} = "{first}" to {labels[last]} = "{last}"',
        "numbers that rise with the answers, unless the key counts them so", cure,
        column=column or section, severity="warning",
    )  # fmt: skip


def _most_frequent(tables: Iterable[dict[str, int]]) -> dict[str, int]:
    """Return the number that most columns give to each label."""
    numbers: dict[str, Counter[int]] = {}
    for table in tables:
        for label, number in table.items():
            numbers.setdefault(label, Counter())[number] += 1
    return {label: counts.most_common(1)[0][0] for label, counts in numbers.items()}


def _numbered(labels: Mapping[str, str]) -> dict[str, int]:
    """Turn a column's labels round: the number of each, if it is a whole one."""
    return {as_label(label): int(value) for value, label in labels.items()
            if re.fullmatch(r"[+-]?\d+", value)}  # fmt: skip
