"""Checks of what is printed about whole-number answers and whole people.

Each function takes the published numbers and yields a `Judgement` for everything its rule fits.
"""

from collections.abc import Iterator
from fractions import Fraction
from math import inf

from imp_helpers.printed import granularity
from imp_helpers.printed.granularity import SD_SOURCE, Summary, sd_range
from imp_helpers.printed.judgement import INCONSISTENT, NOT_TESTABLE, NOTE, Judgement, verdict_of
from imp_helpers.printed.printed_numbers import parse
from imp_helpers.printed.published import TOTAL, WHOLE_NUMBER_UNITS, Published, Row
from imp_helpers.printed.reconstruction import reconstruct

COUNTING_SOURCE = "Counting whole people"


def check_means(published: Published) -> Iterator[Judgement]:
    """GRIM for every mean of whole-number answers."""
    for row in published.where(statistic="mean", unit=WHOLE_NUMBER_UNITS):
        if row["items"]:
            printed = row["printed"], int(row["n"]), int(row["items"])
            judgement = granularity.grim(*printed, rounding=published.rounding)
        else:
            source = granularity.GRIM_SOURCE
            judgement = Judgement("GRIM", NOT_TESTABLE, source, "unknown_items")
        yield judgement.about(row)


def check_sds(published: Published) -> Iterator[Judgement]:
    """GRIMMER, the range of the SD, and reconstruction, for every mean with an SD."""
    for mean in published.where(statistic="mean", unit=WHOLE_NUMBER_UNITS):
        sd = published.beside(mean, "sd")
        if sd is None or not mean["items"] or int(mean["n"]) < 2:
            continue
        printed = mean["printed"], sd["printed"], int(mean["n"]), int(mean["items"])
        yield granularity.grimmer(*printed, rounding=published.rounding).about(mean, sd)
        summary = summary_of(published, mean)
        if summary is None:
            unknown = Judgement("SD range", NOT_TESTABLE, SD_SOURCE, "unknown_range")
            yield unknown.about(mean, sd)
            continue
        ends = [end for end in _range_of(published, mean)[:2] if end["id"] != mean["id"]]
        for rule in (sd_range, reconstruct):
            yield rule(summary).about(mean, sd, *ends)


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


def note_multiples_of_five(published: Published) -> Iterator[Judgement]:
    """Whether the means in minutes of n people can come from answers in multiples of five."""
    of_people: dict[int, list[Row]] = {}
    for row in published.where(statistic="mean", unit="minutes"):
        of_people.setdefault(int(row["n"]), []).append(row)
    for n, rows in of_people.items():
        possible = {
            people: [row["printed"] for row in rows if _in_fives(row, people, published.rounding)]
            for people in range(n, max(n - 3, 1), -1)
        }
        means = [row["printed"] for row in rows]
        fits = [people for people in possible if possible[people] == means]
        values = {"means": means, "n": n, "possible": possible[n], "fits": fits}
        source, telling = granularity.GRIM_SOURCE, n not in fits
        note = Judgement("multiples of five", NOTE, source, "fives", values, telling=telling)
        yield note.about(*rows)


def _in_fives(row: Row, people: int, rounding: str) -> bool:
    judged = granularity.grim(row["printed"], people, granularity=5, rounding=rounding)
    return judged.verdict != INCONSISTENT
