"""Every check of the printed numbers: each finds in their table what its rule can be applied to.

A check takes the published numbers and yields a `Judgement` for everything that its rule fits.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from math import inf, sqrt

from imp_common import formulas
from imp_printed import granularity, group_tests, reported_tests
from imp_printed.granularity import SD_SOURCE, Summary, sd_range
from imp_printed.group_tests import f_interval, p_interval
from imp_printed.judgement import (
    IMPLAUSIBLE,
    IMPOSSIBLE,
    NOTE,
    UNCHECKED,
    Judgement,
    verdict_of,
)
from imp_printed.printed_numbers import Interval, parse
from imp_printed.published import TOTAL, WHOLE_NUMBER_UNITS, Published, Row, formula_parts
from imp_printed.reconstruction import reconstruct
from imp_printed.reported_tests import ALPHA_LABELS, EFFECT_LABELS

COUNTING_SOURCE = "Counting whole people"
FORMULA_SOURCE = "Arithmetic on the printed numbers"
# How many people fewer than n may have answered, where a block of means is impossible with n.
MOST_ABSENT = 3
POOLING_SOURCE = "Decomposition of the sum of squares within and between groups"


def check_means(published: Published) -> Iterator[Judgement]:
    """GRIM for every mean of whole-number answers."""
    for row in published.where(statistic="mean", unit=WHOLE_NUMBER_UNITS):
        judgement = Judgement("GRIM", UNCHECKED, granularity.GRIM_SOURCE, "unknown_items")
        if row["items"]:
            printed = row["printed"], int(row["n"]), int(row["items"])
            judgement = granularity.grim(*printed, rounding=published.rounding)
        yield judgement.about(row)


def check_sds(published: Published) -> Iterator[Judgement]:
    """GRIMMER, the range of the SD, and reconstruction, for every mean with an SD."""
    for mean in published.where(statistic="mean", unit=WHOLE_NUMBER_UNITS):
        sd = published.beside(mean, "sd")
        if sd is None or not mean["items"] or int(mean["n"]) < 2:
            continue
        printed = mean["printed"], sd["printed"], int(mean["n"]), int(mean["items"])
        grimmer = granularity.grimmer(*printed, rounding=published.rounding)
        # A mean that no sum gives is GRIM's finding.
        if grimmer.values["sums"]:
            yield grimmer.about(mean, sd)
        summary = summary_of(published, mean)
        if summary is None:
            unknown = Judgement("SD range", UNCHECKED, SD_SOURCE, "unknown_range")
            yield unknown.about(mean, sd)
            continue
        ends = [end for end in _range_of(published, mean)[:2] if end["id"] != mean["id"]]
        for rule in (sd_range, reconstruct):
            yield rule(summary).about(mean, sd, *ends)


def summary_of(published: Published, mean: Row) -> Summary | None:
    """Return what is printed about the answers behind a mean; None without an SD or a range."""
    sd = published.beside(mean, "sd")
    *ends, attained = _range_of(published, mean)
    if None in (sd, *ends):
        return None
    low, high = (Fraction(parse(end["printed"]).value) for end in ends)
    printed = mean["printed"], sd["printed"], int(mean["n"]), low, high, attained
    return Summary(*printed, int(mean["items"]), rounding=published.rounding)


def _range_of(published: Published, mean: Row) -> tuple[Row | None, Row | None, bool]:
    """Return the lowest and highest value, and whether they are known to occur.

    A printed minimum and maximum occur in the sample; those of the total and the ends of the
    scale only bound it.
    """
    for group in (mean["group"], TOTAL):
        low, high = (published.beside(mean, end, group=group) for end in ("min", "max"))
        if low is not None and high is not None:
            return low, high, group == mean["group"]
    ends = [mean | {"printed": mean[end]} if mean[end] else None for end in ("minimum", "maximum")]
    return ends[0], ends[1], False


def check_proportions(published: Published) -> Iterator[Judgement]:
    """DEBIT for every mean and SD of answers of 0 or 1."""
    for mean in published.where(statistic="mean", unit="proportion"):
        sd, n = published.beside(mean, "sd"), int(mean["n"])
        if sd is not None and n > 1:
            judgement = granularity.debit(mean["printed"], sd["printed"], n, published.rounding)
            yield judgement.about(mean, sd)


def check_percentages(published: Published) -> Iterator[Judgement]:
    """Whole people behind every percentage, and behind all percentages of one question."""
    questions: dict[tuple[str, ...], list[Row]] = {}
    for row in published.where(statistic="percent"):
        judgement = granularity.percentage(row["printed"], int(row["n"]), published.rounding)
        yield judgement.about(row)
        question = tuple(row[column] for column in ("variable", "group", "time", "n"))
        questions.setdefault(question, []).append(row)
    for rows in questions.values():
        if len(rows) > 1:
            yield _complementary(rows, published.rounding).about(*rows)


def _complementary(rows: list[Row], rounding: str) -> Judgement:
    """Test whether the answers to one question can come from n people, one answer each."""
    n, total = int(rows[0]["n"]), sum(parse(row["printed"]).value for row in rows)
    counts = [granularity.possible_counts(row["printed"], n, rounding) for row in rows]
    fewest, most = (sum(side(c, default=inf) for c in counts) for side in (min, max))
    by_rounding = total != 100 and fewest <= n <= most
    values = {"n": n, "counts": counts, "total": total, "by_rounding": by_rounding}
    rule, verdict = "complementary percentages", verdict_of(fewest <= n)
    return Judgement(rule, verdict, COUNTING_SOURCE, "complementary", values, telling=by_rounding)


def check_blocks(published: Published) -> Iterator[Judgement]:
    """Which n makes a block of means possible: means of the same kind of answers of n people.

    Minutes are tried as multiples of five, because people report them so; for other whole numbers
    a block is judged where one of its means is impossible.
    """
    blocks: dict[tuple[str, ...], list[Row]] = {}
    for row in published.where(statistic="mean", unit=WHOLE_NUMBER_UNITS):
        if row["items"]:
            about = tuple(row[column] for column in ("unit", "items", "group", "time", "n"))
            blocks.setdefault(about, []).append(row)
    for (unit, *_, n), rows in blocks.items():
        step, people = (5 if unit == "minutes" else 1), int(n)
        possible = {
            fewer: [r["printed"] for r in rows if _is_possible(published, r, fewer, step)]
            for fewer in range(people, max(people - MOST_ABSENT - 1, 1), -1)
        }
        means = [row["printed"] for row in rows]
        if step == 1 and (len(rows) < 2 or possible[people] == means):
            continue
        fits = [fewer for fewer in possible if possible[fewer] == means]
        values = {"means": means, "n": people, "possible": possible[people], "fits": fits}
        values |= {"step": step}
        verdict = IMPLAUSIBLE if step == 5 and people not in fits else NOTE
        judgement = Judgement("possible n", verdict, granularity.GRIM_SOURCE, "block", values)
        yield replace(judgement, telling=people not in fits and (step == 5 or bool(fits))).about(
            *rows
        )


def _is_possible(published: Published, row: Row, n: int, step: int) -> bool:
    of_whole = {"granularity": step, "rounding": published.rounding}
    judged = granularity.grim(row["printed"], n, int(row["items"]), **of_whole)
    return judged.verdict != IMPOSSIBLE


def check_pooling(published: Published) -> Iterator[Judgement]:
    """Compare the total's mean and SD with those of its groups; find the group that is missing."""
    for total in published.where(statistic="mean", group=TOTAL):
        means = published.groups(total)
        ns, ranges = [int(row["n"]) for row in means], [published.interval(row) for row in means]
        sd, *sds = (published.beside(row, "sd") for row in (total, *means))
        if len(means) == 1 and ns[0] < int(total["n"]):
            yield _missing_group(published, total, *means, sd, *sds)
        if len(means) < 2 or sum(ns) != int(total["n"]):
            continue
        mean = reported_tests.pooled_mean(ranges, ns)
        yield _overlap("pooled mean", POOLING_SOURCE, published, total, mean).about(total, *means)
        if None not in (sd, *sds):
            pooled = reported_tests.pooled_sd(ranges, [published.interval(row) for row in sds], ns)
            judgement = _overlap("pooled SD", POOLING_SOURCE, published, sd, pooled)
            yield judgement.about(sd, *means, *sds)


def _missing_group(
    published: Published, total: Row, known: Row, sd: Row | None, known_sd: Row | None
) -> Judgement:
    """Return the mean and SD of those who are in the total and not in the one group printed."""
    every, n = int(total["n"]), int(known["n"])
    whole, part = (published.interval(row) for row in (total, known))
    mean = (whole * every + part * -n) * Fraction(1, every - n)
    ends = _range_of(published, total)[:2]
    low, high = (parse(end["printed"]).value if end else None for end in ends)
    outside = (low is not None and mean.upper < low) or (high is not None and mean.lower > high)
    values = {"n": every - n, "mean": mean, "sd": None, "low": low, "high": high}
    if None not in (sd, known_sd):
        between = reported_tests.distance(part, mean).squared() * Fraction(n * (every - n), every)
        squares = published.interval(sd).squared() * (every - 1)
        squares = squares + (published.interval(known_sd).squared() * (n - 1) + between) * -1
        outside |= squares.upper < 0
        at_least = Interval(max(squares.lower, Fraction(0)), max(squares.upper, Fraction(0)))
        if every - n > 1:
            values["sd"] = at_least.mapped(lambda value: sqrt(value / (every - n - 1)))
    verdict = IMPOSSIBLE if outside else NOTE
    judgement = Judgement("missing group", verdict, POOLING_SOURCE, "missing_group", values)
    return judgement.about(total, known, sd, known_sd)


def check_counts(published: Published) -> Iterator[Judgement]:
    """No count is larger than its n, and the groups' counts add up to the total's."""
    for row in published.where(statistic="count", unit="people"):
        if int(row["printed"]) > int(row["n"]):
            values = {"counts": [row["printed"]], "total": row["n"]}
            yield Judgement("count of n", IMPOSSIBLE, COUNTING_SOURCE, "counts", values).about(row)
    every_group = {row["group"] for row in published.where(statistic="n")} - {"", TOTAL}
    for total in published.where(statistic=("count", "n"), unit="people", group=TOTAL):
        groups = published.groups(total)
        # Of a question with several answers each group has several counts.
        if len(groups) > 1 and sorted(row["group"] for row in groups) == sorted(every_group):
            printed = [row["printed"] for row in groups]
            verdict = verdict_of(sum(map(int, printed)) == int(total["printed"]))
            values = {"counts": printed, "total": total["printed"]}
            judgement = Judgement("groups of the total", verdict, COUNTING_SOURCE, "counts", values)
            yield judgement.about(total, *groups)


def check_repetitions(published: Published) -> Iterator[Judgement]:
    """Compare numbers that the paper prints in two places: rows that are about the same."""
    alike: dict[tuple[str, ...], list[Row]] = {}
    about = ("quantity", "variable", "group", "time", "statistic")
    for row in published.rows:
        if row["basis"] == "printed" and row["quantity"]:
            alike.setdefault(tuple(row[column] for column in about), []).append(row)
    for first, *others in alike.values():
        for other in others:
            same = first["printed"] == other["printed"]
            if first["statistic"] != "claim":
                same = published.interval(first).overlaps(published.interval(other))
            values = {"printed": [first["printed"], other["printed"]]}
            values |= {"places": [first["place"], other["place"]]}
            judgement = Judgement(
                "printed twice", verdict_of(same), FORMULA_SOURCE, "twice", values
            )
            yield judgement.about(first, other)


def _overlap(
    rule: str, source: str, published: Published, row: Row, expected: Interval
) -> Judgement:
    verdict = verdict_of(published.interval(row).overlaps(expected))
    values = {"printed": row["printed"], "expected": expected}
    return Judgement(rule, verdict, source, "overlap", values)


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
            ends = formulas.alpha_interval(alpha, int(row["n"]), int(row["items"]))
            yield row, alpha, *ends


def note_alpha_intervals(published: Published) -> Iterator[Judgement]:
    """Give Feldt's 95 % interval for every printed alpha."""
    about = ("alpha interval", NOTE, reported_tests.FELDT_SOURCE, "alpha_interval")
    for row, _, low, high in alphas_with_intervals(published):
        values = {"alpha": row["printed"], "low": low, "high": high}
        yield Judgement(*about, values).about(row)


def check_formulas(published: Published) -> Iterator[Judgement]:
    """Compare rows that have a formula with what it makes of the printed numbers.

    A derived row agrees by construction: for it the interval is a note.
    """
    for row in published.rows:
        expected = derived_interval(published, row)
        if expected is not None:
            rule, arguments = formula_parts(row["formula"])[0], _arguments(published, row)
            judgement = _overlap(rule, FORMULA_SOURCE, published, row, expected)
            judgement = judgement.about(row, *arguments)
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
        return Interval(*[Fraction(parse(row["printed"]).value)] * 2)
    return published.interval(row)


def _sum(published: Published, rows: list[Row], sign: int = 1) -> Interval:
    first, *others = (_counted(published, row) for row in rows)
    return sum((other * sign for other in others), first)


DERIVATIONS: dict[str, Callable[[Published, list[Row]], Interval]] = {
    "sum": _sum,
    "difference": lambda published, rows: _sum(published, rows, -1),
    "percentage": lambda published, rows: (
        _counted(published, rows[0]) * Fraction(100, int(rows[0]["n"]))
    ),
    "number_significant": lambda _, rows: Interval(
        *[sum(row["printed"] == "significant" for row in rows)] * 2
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
        about = {"section": row["section"], "n": row["n"], "basis": "printed"}
        effects = published.where(statistic="partial_eta_squared", **about)
        if effects:
            printed = {effect["id"]: effect["printed"] for effect in effects}
            dfs = published.degrees_of_freedom(row)
            judgement = reported_tests.judge_power(row["printed"], printed, int(row["n"]), *dfs)
            yield judgement.about(row, *effects)


# These prove nothing wrong, so they notice no error.
NOTES = (note_alpha_intervals, note_holm, check_blocks)
#: The checks in the order of their results.
CHECKS: tuple[Callable[[Published], Iterator[Judgement]], ...] = (
    check_means, check_sds, check_proportions, check_percentages, check_counts, check_pooling,
    *group_tests.CHECKS, check_formulas, check_repetitions, check_labels, note_alpha_intervals,
    note_holm, check_power, check_blocks,
)  # fmt: skip
