"""Find what tells how carefully forms were filled in; nothing is left out by itself."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from imp_common.errors import Problem, first_few
from imp_intake.check.problems import problem
from imp_intake.reading.corrections import lines_to_exclude
from imp_intake.reading.value_labels import WORDS, is_named
from imp_intake.settings.instruments import Instrument
from imp_intake.settings.study import Study

# Faster than two seconds an item nobody reads it (Huang et al., 2012, 10.1007/s10869-011-9231-8).
SECONDS_PER_ITEM = 2
# A highest answer so rare may be a code, such as "prefer not to say".
RARE_ANSWER, FEWEST_RARE = 0.10, 5


def quality(
    forms: pd.DataFrame, others: pd.DataFrame, study: Study, file: str
) -> Iterator[Problem]:
    """Yield failed attention checks, forms that were filled in too fast, and rare highest answers.

    ``others`` are columns that study.toml does not name, in the rows of ``forms``.
    """
    for column in others:
        if is_named(column, WORDS["columns"]["attention"]["names"]):
            yield from _attention(forms, others[column], column, study, file)
        if is_named(column, WORDS["columns"]["duration"]["names"]):
            yield from _too_fast(forms, others[column], column, study, file)
    for key in study.instruments:
        yield from _rare_highest(forms, key, file)


def _attention(
    forms: pd.DataFrame, answers: pd.Series, column: str, study: Study, file: str
) -> Iterator[Problem]:
    """Yield how many answered an attention check otherwise than most did."""
    answers = answers[answers.notna() & (answers != "")]
    if not len(answers):
        return
    usual = answers.value_counts().index[0]
    wrong = answers.index[answers != usual]
    if len(wrong):
        about = {"wrong": len(wrong), "count": len(answers), "usual": usual, "check": column}
        about |= _rows(forms.loc[wrong], study)
        yield problem("attention_check", file, column, **about)


def _rows(forms: pd.DataFrame, study: Study) -> dict[str, str]:
    """Return the rows of forms, and the lines of corrections.csv that leave them out."""
    forms = forms.sort_values("line")
    rows = [(f.file, f.participant, int(f.line)) for f in forms.itertuples()]
    return {"rows": first_few((row[-1] for row in rows), 20),
            "leave": lines_to_exclude(study, rows)}  # fmt: skip


def _too_fast(
    forms: pd.DataFrame, times: pd.Series, column: str, study: Study, file: str
) -> Iterator[Problem]:
    """Yield how many forms took less than two seconds an item, by a column with its unit."""
    units = {"second": 1.0, "sec": 1.0, "minute": 60.0, "min": 60.0, "millisecond": 0.001}
    unit = next((unit for unit in sorted(units, key=len, reverse=True)
                 if unit in column.casefold()), None)  # fmt: skip
    seconds = pd.to_numeric(times.astype(object), errors="coerce") * units.get(unit, np.nan)
    names = [name for key in study.instruments for name in key.item_names]
    least = SECONDS_PER_ITEM * forms[names].notna().sum(axis=1)
    fast = seconds.index[seconds < least]
    if len(fast):
        about = {"count": len(fast), "of": int(seconds.notna().sum()), "least": SECONDS_PER_ITEM}
        about |= _rows(forms.loc[fast], study)
        yield problem("too_fast", file, column, **about)


def _rare_highest(forms: pd.DataFrame, key: Instrument, file: str) -> Iterator[Problem]:
    """Yield a highest answer that looks like a code."""
    if looks_like_a_code(forms, key):
        answers, high = forms[key.item_names], key.highest_answer
        count, every = int((answers == high).sum().sum()), int(answers.notna().sum().sum())
        about = {"high": high, "count": count, "share": count / every, "next": high - 1}
        yield problem("rare_highest", file, key.name, key=key, **about)


def looks_like_a_code(forms: pd.DataFrame, key: Instrument) -> bool:
    """Return whether the highest answer of a key of no source is rare and goes with nothing.

    Whoever gives such an answer answers the other items no more extremely than those who give the
    next one.
    """
    if key.sources or key.decimals or len(key.item_names) < 3:
        return False
    answers = forms[key.item_names].astype(float)
    high = key.highest_answer
    count = int((answers == high).sum().sum())
    if count < FEWEST_RARE or count > RARE_ANSWER * int(answers.notna().sum().sum()):
        return False
    below = answers.where(answers < high)
    standard = (below - below.mean()) / below.std()
    signs = np.sign(np.linalg.eigh(standard.fillna(0).cov())[1][:, -1])
    turned, levels = standard * signs, {high: [], high - 1: []}
    for name, sign in zip(key.item_names, signs, strict=True):
        rest = turned.drop(columns=name).mean(axis=1) * sign
        for answer, found in levels.items():
            found += rest[answers[name] == answer].dropna().tolist()
    return bool(
        levels[high - 1]
        and levels[high]
        and np.mean(levels[high]) < max(0.0, np.mean(levels[high - 1])) / 2
    )
