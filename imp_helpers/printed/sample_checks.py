"""Checks of what is printed about whole-number answers and whole people.

Each function takes the published numbers and yields a `Check` for everything that its rule fits.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from imp_helpers.printed import granularity
from imp_helpers.printed.checks import INCONSISTENT, NOT_TESTABLE, NOTE, Check, verdict_of
from imp_helpers.printed.lookup import TOTAL, Published, Row, about
from imp_helpers.printed.printed_numbers import parse
from imp_helpers.printed.published import WHOLE_NUMBER_UNITS
from imp_helpers.printed.reconstruction import reconstruct
from imp_helpers.printed.sd_range import SD_SOURCE, Summary, sd_range

COUNTING_SOURCE = "Counting whole people"


def check_means(published: Published) -> Iterator[Check]:
    """GRIM for every mean of whole-number answers."""
    for row in published.where(statistic="mean", unit=WHOLE_NUMBER_UNITS):
        if not row["items"]:
            text = "How many items the mean is taken over is not known."
            check = Check("GRIM", NOT_TESTABLE, text, granularity.GRIM_SOURCE)
        else:
            items, n = int(row["items"]), int(row["n"])
            check = granularity.grim(row["printed"], n, items, rounding=published.rounding)
        yield about(check, row)


def check_sds(published: Published) -> Iterator[Check]:
    """GRIMMER, the range of the SD, and reconstruction, for every mean with an SD."""
    for mean in published.where(statistic="mean", unit=WHOLE_NUMBER_UNITS):
        sd = published.beside(mean, "sd")
        if sd is None or not mean["items"] or int(mean["n"]) < 2:
            continue
        printed = mean["printed"], sd["printed"], int(mean["n"]), int(mean["items"])
        yield about(granularity.grimmer(*printed, rounding=published.rounding), mean, sd)
        summary = summary_of(published, mean)
        if summary is None:
            text = "Neither a printed minimum and maximum nor the ends of the scale are known."
            yield about(Check("SD range", NOT_TESTABLE, text, SD_SOURCE), mean, sd)
            continue
        ends = (end for end in _range_of(published, mean)[:2] if end["id"] != mean["id"])
        concerned = [mean, sd, *ends]
        for rule in (sd_range, reconstruct):
            yield about(rule(summary), *concerned)


def summary_of(published: Published, mean: Row) -> Summary | None:
    """Return what is printed about the answers behind a mean; None without an SD or a range."""
    sd = published.beside(mean, "sd")
    low, high, attained = _range_of(published, mean)
    if sd is None or low is None or high is None:
        return None
    printed = mean["printed"], sd["printed"], int(mean["n"])
    ends = (Fraction(parse(end["printed"]).value) for end in (low, high))
    return Summary(*printed, *ends, attained, int(mean["items"]), rounding=published.rounding)


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


def check_proportions(published: Published) -> Iterator[Check]:
    """DEBIT for every mean and SD of answers of 0 or 1."""
    for mean in published.where(statistic="mean", unit="proportion"):
        sd = published.beside(mean, "sd")
        if sd is not None and int(mean["n"]) > 1:
            printed = mean["printed"], sd["printed"], int(mean["n"])
            yield about(granularity.debit(*printed, published.rounding), mean, sd)


def check_percentages(published: Published) -> Iterator[Check]:
    """Whole people behind every percentage, and behind all percentages of one question."""
    rows = published.where(statistic="percent")
    for row in rows:
        check = granularity.percentage(row["printed"], int(row["n"]), published.rounding)
        yield about(check, row)
    keys = ("variable", "group", "time", "n")
    for key in dict.fromkeys(tuple(row[k] for k in keys) for row in rows):
        together = [row for row in rows if tuple(row[k] for k in keys) == key]
        if len(together) > 1:
            yield about(_complementary(together, published.rounding), *together)


def _complementary(rows: list[Row], rounding: str) -> Check:
    """Test whether the answers to one question can come from n people, one answer each."""
    name, n = "complementary percentages", int(rows[0]["n"])
    counts = [granularity.possible_counts(row["printed"], n, rounding) for row in rows]
    if not all(counts):
        text = "One of the percentages is not one of whole people."
        return Check(name, INCONSISTENT, text, COUNTING_SOURCE)
    fewest, most = (sum(side(c) for c in counts) for side in (min, max))
    total = sum(parse(row["printed"]).value for row in rows)
    split = " + ".join(str(c[0]) if len(c) == 1 else f"{c[0]}-{c[-1]}" for c in counts)
    text = f"{split} of {n} people; the printed percentages add up to {total}."
    if total != 100 and fewest <= n <= most:
        text += " Rounding alone explains that this is not 100."
    return Check(name, verdict_of(fewest <= n), text, COUNTING_SOURCE)


def note_multiples_of_five(published: Published) -> Iterator[Check]:
    """Whether a mean in minutes can come from answers in multiples of five, as people give them."""
    for row in published.where(statistic="mean", unit="minutes"):
        n = int(row["n"])
        fits = [people for people in range(n, max(n - 3, 1), -1) if _fives(row, people, published)]
        text = f"Means of answers in multiples of five only: {row['printed']} "
        if n in fits:
            text += f"is possible with n = {n}."
        elif fits:
            text += f"is impossible with n = {n}, possible with n = {fits[0]}."
        else:
            text += f"is impossible with n = {n} and with one or two people fewer."
        yield about(Check("multiples of five", NOTE, text, granularity.GRIM_SOURCE), row)


def _fives(row: Row, n: int, published: Published) -> bool:
    check = granularity.grim(row["printed"], n, granularity=5, rounding=published.rounding)
    return check.verdict != INCONSISTENT
