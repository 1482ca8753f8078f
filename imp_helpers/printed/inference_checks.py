"""Checks of printed tests, effects, reliabilities and whatever follows from other printed numbers.

Each function takes the published numbers and yields a `Check` for everything that its rule fits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from imp_helpers.printed import reported_tests
from imp_helpers.printed.checks import NOTE, Check, verdict_of
from imp_helpers.printed.lookup import TOTAL, Published, Row, about
from imp_helpers.printed.printed_numbers import Interval, parse
from imp_helpers.printed.published import formula_parts
from imp_helpers.printed.reported_tests import ALPHA_LABELS, EFFECT_LABELS

FORMULA_SOURCE = "Arithmetic on the printed numbers"


def check_pooling(published: Published) -> Iterator[Check]:
    """Compare the total's mean and SD with those of the two groups."""
    for total in published.where(statistic="mean", group=TOTAL):
        means = published.groups(total)
        if len(means) != 2 or sum(int(row["n"]) for row in means) != int(total["n"]):
            continue
        ns = [int(row["n"]) for row in means]
        printed = [row["printed"] for row in means]
        mean = reported_tests.pooled_mean(printed, ns, published.rounding)
        yield _overlap("pooled mean", published, total, mean, means)
        sd = published.beside(total, "sd")
        sds = [published.beside(row, "sd") for row in means]
        if sd is not None and None not in sds:
            spreads = [row["printed"] for row in sds]
            pooled = reported_tests.pooled_sd(printed, spreads, ns, published.rounding)
            yield _overlap("pooled SD", published, sd, pooled, [*means, *sds])


def _overlap(
    name: str, published: Published, row: Row, expected: Interval, others: Sequence[Row]
) -> Check:
    verdict = verdict_of(published.interval(row).overlaps(expected))
    text = f"{row['printed']} is printed; the other numbers make it {expected}."
    source = reported_tests.POOLING_SOURCE if name.startswith("pooled") else FORMULA_SOURCE
    return about(Check(name, verdict, text, source), row, *others)


def check_group_differences(published: Published) -> Iterator[Check]:
    """Compute the t test behind a claim about the difference of two groups' printed means."""
    claims = published.where(statistic="claim", printed=("significant", "not_significant"))
    for claim in claims:
        means = published.groups(claim | {"statistic": "mean"})
        sds = [published.beside(row, "sd") for row in means]
        if len(means) != 2 or None in sds:
            continue
        printed = [[row["printed"] for row in rows] for rows in (means, sds)]
        ns = [int(row["n"]) for row in means]
        t, p = reported_tests.t_test(*printed, ns, published.rounding)
        check = reported_tests.significance(claim["printed"], p)
        text = f"|t|({sum(ns) - 2}) lies between {t}. {check.explanation}"
        named = replace(check, check="t test", explanation=text, source=reported_tests.T_SOURCE)
        yield about(named, claim, *means, *sds)


def check_significance(published: Published) -> Iterator[Check]:
    """Compare claims of significance with the effect, F or p printed for the same measure."""
    claims = published.where(statistic="claim", printed=("significant", "not_significant"))
    for claim in claims:
        for statistic in ("partial_eta_squared", "F", "p"):
            row = published.beside(claim, statistic)
            if row is not None and row["basis"] == "printed":
                p = p_interval(published, row)
                yield about(reported_tests.significance(claim["printed"], p), claim, row)


def p_interval(published: Published, row: Row) -> Interval:
    """Return the p that a row with a p, an F or a partial eta squared can stand for."""
    if row["statistic"] == "p":
        return published.interval(row)
    effect_df, error_df = published.degrees_of_freedom(row)
    f = f_interval(published, row)
    return reported_tests.p_from_f(f, effect_df, error_df)


def f_interval(published: Published, row: Row) -> Interval:
    """Return the F that a row with an F or a partial eta squared can stand for."""
    if row["statistic"] == "F":
        return published.interval(row)
    dfs = published.degrees_of_freedom(row)
    return reported_tests.f_from_partial_eta_squared(row["printed"], *dfs, published.rounding)


def check_labels(published: Published) -> Iterator[Check]:
    """Compare what alphas and effects are called with what the names stand for."""
    for claim in published.where(statistic="claim"):
        alpha = published.beside(claim, "alpha")
        if alpha is not None:
            check = reported_tests.label(
                "alpha label",
                claim["printed"],
                alpha["printed"],
                ALPHA_LABELS,
                reported_tests.FELDT_SOURCE,
            )
            yield about(check, claim, alpha)
        effect = published.beside(claim, "partial_eta_squared")
        if effect is not None and claim["printed"] in EFFECT_LABELS:
            check = reported_tests.label(
                "effect label",
                claim["printed"],
                effect["printed"],
                EFFECT_LABELS,
                reported_tests.ETA_SOURCE,
            )
            yield about(check, claim, effect)


def note_alpha_intervals(published: Published) -> Iterator[Check]:
    """Give Feldt's 95 % interval for every printed alpha."""
    for row in published.where(statistic="alpha"):
        if not row["items"] or int(row["items"]) < 2:
            continue
        alpha = float(parse(row["printed"]).value)
        low, high = reported_tests.alpha_interval(alpha, int(row["n"]), int(row["items"]))
        text = f"The 95 % interval of alpha = {row['printed']} is {low:.2f} to {high:.2f}."
        yield about(Check("alpha interval", NOTE, text, reported_tests.FELDT_SOURCE), row)


def check_formulas(published: Published) -> Iterator[Check]:
    """Compare rows that have a formula with what it makes of the printed numbers.

    A derived row agrees by construction: for it the interval is a note.
    """
    for row in published.rows:
        expected = derived_interval(published, row)
        if expected is not None:
            others = _arguments(published, row)
            name = formula_parts(row["formula"])[0]
            check = _overlap(name, published, row, expected, others)
            if row["basis"] == "derived":
                text = f"Derived: {expected}."
                check = replace(check, verdict=NOTE, explanation=text)
            yield check


def derived_interval(published: Published, row: Row) -> Interval | None:
    """Return what a row's formula makes of the printed numbers that it names.

    Returns
    -------
    Interval or None
        None where the row has no formula, one that follows from wording alone, or one that names a
        blank cell.
    """
    name, ids = formula_parts(row["formula"])
    arguments = _arguments(published, row)
    if name not in DERIVATIONS or not ids or len(arguments) != len(ids):
        return None
    return DERIVATIONS[name](published, arguments)


def _arguments(published: Published, row: Row) -> list[Row]:
    ids = formula_parts(row["formula"])[1]
    by_id = {other["id"]: other for other in published.where(id=ids)}
    return [by_id[name] for name in ids if name in by_id]


def _sum(published: Published, rows: list[Row], sign: int = 1) -> Interval:
    first, *others = (_counted(published, row) for row in rows)
    ends = ("lower", "upper") if sign > 0 else ("upper", "lower")
    lower, upper = (sum(getattr(i, end) for i in others) for end in ends)
    return Interval(first.lower + sign * lower, first.upper + sign * upper)


def _counted(published: Published, row: Row) -> Interval:
    """Return a count as it is, and what any other printed number can stand for."""
    if row["unit"] in ("people", "count"):
        return Interval(
            Fraction(parse(row["printed"]).value), Fraction(parse(row["printed"]).value)
        )
    return published.interval(row)


def _number_significant(published: Published, rows: list[Row]) -> Interval:
    number = Fraction(sum(row["printed"] == "significant" for row in rows))
    return Interval(number, number)


def _percentage(published: Published, rows: list[Row]) -> Interval:
    factor = Fraction(100, int(rows[0]["n"]))
    return _counted(published, rows[0]).mapped(lambda count: count * factor)


DERIVATIONS: dict[str, Callable[[Published, list[Row]], Interval]] = {
    "sum": _sum,
    "difference": lambda published, rows: _sum(published, rows, -1),
    "percentage": _percentage,
    "number_significant": _number_significant,
    "F_from_partial_eta_squared": lambda published, rows: f_interval(published, rows[0]),
    "p_from_partial_eta_squared": lambda published, rows: p_interval(published, rows[0]),
}


def note_holm(published: Published) -> Iterator[Check]:
    """Apply Holm's correction to the printed effects, and to all that have a row."""
    rows = published.where(statistic="partial_eta_squared", basis="printed")
    if len(rows) < 2:
        return
    p = {row["id"]: p_interval(published, row) for row in rows}
    tests = int((published.frame["statistic"] == "partial_eta_squared").sum())
    for family_size in sorted({len(rows), tests}):
        yield reported_tests.holm_note(p, family_size)


def check_power(published: Published) -> Iterator[Check]:
    """Compare a printed power with the one of each printed effect, by each convention."""
    for row in published.where(statistic="power"):
        effects = published.where(
            statistic="partial_eta_squared", section=row["section"], n=row["n"], basis="printed"
        )
        if effects:
            printed = {effect["id"]: effect["printed"] for effect in effects}
            dfs = published.degrees_of_freedom(row)
            check = reported_tests.power(row["printed"], printed, int(row["n"]), *dfs)
            yield about(check, row, *effects)
