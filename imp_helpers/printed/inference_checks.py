"""Checks of printed tests, effects, reliabilities and whatever follows from other printed numbers.

Each function takes the published numbers and yields a `Judgement` for everything its rule fits.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from imp_helpers.printed import reported_tests
from imp_helpers.printed.judgement import NOTE, Judgement, verdict_of
from imp_helpers.printed.printed_numbers import Interval, parse
from imp_helpers.printed.published import TOTAL, Published, Row, formula_parts
from imp_helpers.printed.reported_tests import ALPHA_LABELS, EFFECT_LABELS

FORMULA_SOURCE = "Arithmetic on the printed numbers"
POOLING_SOURCE = "Decomposition of the sum of squares within and between groups"


def check_pooling(published: Published) -> Iterator[Judgement]:
    """Compare the total's mean and SD with those of the two groups."""
    for total in published.where(statistic="mean", group=TOTAL):
        means = published.groups(total)
        if len(means) != 2 or sum(int(row["n"]) for row in means) != int(total["n"]):
            continue
        ns, ranges = [int(row["n"]) for row in means], [published.interval(row) for row in means]
        mean = reported_tests.pooled_mean(ranges, ns)
        yield _overlap("pooled mean", POOLING_SOURCE, published, total, mean).about(total, *means)
        sd, *sds = (published.beside(row, "sd") for row in (total, *means))
        if None not in (sd, *sds):
            pooled = reported_tests.pooled_sd(ranges, [published.interval(row) for row in sds], ns)
            judgement = _overlap("pooled SD", POOLING_SOURCE, published, sd, pooled)
            yield judgement.about(sd, *means, *sds)


def _overlap(
    rule: str, source: str, published: Published, row: Row, expected: Interval
) -> Judgement:
    verdict = verdict_of(published.interval(row).overlaps(expected))
    values = {"printed": row["printed"], "expected": expected}
    return Judgement(rule, verdict, source, "overlap", values)


def _claims_of_significance(published: Published) -> list[Row]:
    return published.where(statistic="claim", printed=("significant", "not_significant"))


def check_group_differences(published: Published) -> Iterator[Judgement]:
    """Compute the t test behind a claim about the difference of two groups' printed means."""
    for claim in _claims_of_significance(published):
        means = published.groups(claim | {"statistic": "mean"})
        sds = [published.beside(row, "sd") for row in means]
        if len(means) != 2 or None in sds:
            continue
        ranges = ([published.interval(row) for row in rows] for rows in (means, sds))
        ns = [int(row["n"]) for row in means]
        t, p = reported_tests.t_test(*ranges, ns)
        judgement = reported_tests.judge_significance(claim["printed"], p)
        values = judgement.values | {"t": t, "df": sum(ns) - 2}
        t_test = {"rule": "t test", "source": reported_tests.T_SOURCE, "macro": "t_test"}
        yield replace(judgement, **t_test, values=values).about(claim, *means, *sds)


def check_significance(published: Published) -> Iterator[Judgement]:
    """Compare claims of significance with the effect, F or p printed for the same measure."""
    for claim in _claims_of_significance(published):
        for statistic in ("partial_eta_squared", "F", "p"):
            row = published.beside(claim, statistic)
            if row is not None and row["basis"] == "printed":
                p = p_interval(published, row)
                yield reported_tests.judge_significance(claim["printed"], p).about(claim, row)


def p_interval(published: Published, row: Row) -> Interval:
    """Return the p that a row with a p, an F or a partial eta squared can stand for."""
    if row["statistic"] == "p":
        return published.interval(row)
    return reported_tests.p_from_f(f_interval(published, row), *published.degrees_of_freedom(row))


def f_interval(published: Published, row: Row) -> Interval:
    """Return the F that a row with an F or a partial eta squared can stand for."""
    if row["statistic"] == "F":
        return published.interval(row)
    effect, dfs = published.interval(row), published.degrees_of_freedom(row)
    return reported_tests.f_from_partial_eta_squared(effect, *dfs)


def check_labels(published: Published) -> Iterator[Judgement]:
    """Compare what alphas and effects are called with what the names stand for."""
    kinds = (
        ("alpha", "alpha label", ALPHA_LABELS, reported_tests.FELDT_SOURCE),
        ("partial_eta_squared", "effect label", EFFECT_LABELS, reported_tests.ETA_SOURCE),
    )
    for claim in published.where(statistic="claim"):
        for statistic, rule, labels, source in kinds:
            row = published.beside(claim, statistic)
            if row is not None and (statistic == "alpha" or claim["printed"] in labels):
                printed = claim["printed"], row["printed"]
                yield reported_tests.judge_label(rule, *printed, labels, source).about(claim, row)


def alphas_with_intervals(published: Published) -> Iterator[tuple[Row, float, float, float]]:
    """Yield each row with the alpha of several items, the alpha, and Feldt's 95 % interval."""
    for row in published.where(statistic="alpha"):
        if row["items"] and int(row["items"]) > 1:
            alpha = float(parse(row["printed"]).value)
            ends = reported_tests.alpha_interval(alpha, int(row["n"]), int(row["items"]))
            yield row, alpha, *ends


def note_alpha_intervals(published: Published) -> Iterator[Judgement]:
    """Give Feldt's 95 % interval for every printed alpha."""
    for row, _, low, high in alphas_with_intervals(published):
        values = {"alpha": row["printed"], "low": low, "high": high}
        source = reported_tests.FELDT_SOURCE
        yield Judgement("alpha interval", NOTE, source, "alpha_interval", values).about(row)


def check_formulas(published: Published) -> Iterator[Judgement]:
    """Compare rows that have a formula with what it makes of the printed numbers.

    A derived row agrees by construction: for it the interval is a note.
    """
    for row in published.rows:
        expected = derived_interval(published, row)
        if expected is not None:
            rule = formula_parts(row["formula"])[0]
            judgement = _overlap(rule, FORMULA_SOURCE, published, row, expected)
            judgement = judgement.about(row, *_arguments(published, row))
            yield replace(judgement, verdict=NOTE) if row["basis"] == "derived" else judgement


def derived_interval(published: Published, row: Row) -> Interval | None:
    """Return what a row's formula makes of the printed numbers that it names.

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


def _counted(published: Published, row: Row) -> Interval:
    """Return a count as it is, and what any other printed number can stand for."""
    if row["unit"] in ("people", "count"):
        return _exactly(parse(row["printed"]).value)
    return published.interval(row)


def _exactly(number: Decimal | int) -> Interval:
    return Interval(*[Fraction(number)] * 2)


def _sum(published: Published, rows: list[Row], sign: int = 1) -> Interval:
    first, *others = (_counted(published, row) for row in rows)
    return sum((other * sign for other in others), first)


DERIVATIONS: dict[str, Callable[[Published, list[Row]], Interval]] = {
    "sum": _sum,
    "difference": lambda published, rows: _sum(published, rows, -1),
    "percentage": lambda published, rows: (
        _counted(published, rows[0]) * Fraction(100, int(rows[0]["n"]))
    ),
    "number_significant": lambda _, rows: _exactly(
        sum(row["printed"] == "significant" for row in rows)
    ),
    "F_from_partial_eta_squared": lambda published, rows: f_interval(published, rows[0]),
    "p_from_partial_eta_squared": lambda published, rows: p_interval(published, rows[0]),
}


def printed_effects(published: Published) -> tuple[list[Row], int]:
    """Return the printed partial eta squareds, and the number of all that have a row."""
    rows = published.where(statistic="partial_eta_squared", basis="printed")
    return rows, sum(row["statistic"] == "partial_eta_squared" for row in published.every)


def note_holm(published: Published) -> Iterator[Judgement]:
    """Apply Holm's correction to the printed effects in the family of all that have a row.

    The printed ones alone are no family where they were printed because they were significant.
    """
    rows, tests = printed_effects(published)
    if len(rows) > 1:
        p = {row["id"]: p_interval(published, row) for row in rows}
        yield reported_tests.judge_holm(p, tests)


def check_power(published: Published) -> Iterator[Judgement]:
    """Compare a printed power with the one of each printed effect, by each convention."""
    for row in published.where(statistic="power"):
        about = {column: row[column] for column in ("section", "n")}
        effects = published.where(statistic="partial_eta_squared", basis="printed", **about)
        if effects:
            printed = {effect["id"]: effect["printed"] for effect in effects}
            dfs = published.degrees_of_freedom(row)
            judgement = reported_tests.judge_power(row["printed"], printed, int(row["n"]), *dfs)
            yield judgement.about(row, *effects)
