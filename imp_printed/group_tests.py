"""Tests of groups, recomputed from printed means, SDs and counts, under each convention in use.

A paper rarely says which variant of a test it took. A printed result that the usual variant gives
is consistent, one that another gives depends on that convention, and one that none gives is
impossible. Intervals hold everything that the printed digits can stand for.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations, product
from math import inf, sqrt

import scipy

from imp_common.formulas import LEVEL
from imp_printed import reported_tests
from imp_printed.judgement import (
    CONSISTENT,
    IMPLAUSIBLE,
    IMPOSSIBLE,
    UNCHECKED,
    Judgement,
    by_convention,
)
from imp_printed.printed_numbers import Interval, parse
from imp_printed.published import TOTAL, Published, Row

WELCH_SOURCE = "Student 1908, doi:10.1093/biomet/6.1.1; Welch 1947, doi:10.1093/biomet/34.1-2.28"
COUNTS_SOURCE = (
    "Pearson 1900, doi:10.1080/14786440009463897; Yates 1934, doi:10.2307/2983604; "
    "Fisher 1922, doi:10.2307/2340521"
)
CHANGE_SOURCE = "Variance of a difference; Morris & DeShon 2002, doi:10.1037/1082-989X.7.1.105"
CHANGE = "change"
#: The correlations of two times that count as plausible: a convention of this project.
PLAUSIBLE_CORRELATIONS = (0.25, 0.90)
USUAL, ONE_SIDED = "the usual test", ", one-sided"
OF_CHANGE = ("F", "t", "partial_eta_squared")
STANDARD_ERRORS = "standard errors printed as SDs"


def group_tests(
    means: Sequence[Interval], sds: Sequence[Interval], ns: Sequence[int]
) -> dict[str, dict[str, Interval]]:
    """Return F and p of the difference of independent groups, by convention, the usual first.

    With two groups F is the square of t: Student's test, Welch's, and Student's if standard errors
    were printed as SDs, each also with the p of a one-sided test. At the midpoints they equal
    ``scipy.stats.ttest_ind_from_stats``. With more groups, the analysis of variance.
    """
    errors = [sd * Fraction(sqrt(n)) for sd, n in zip(sds, ns, strict=True)]
    found = {USUAL: _student(means, sds, ns), STANDARD_ERRORS: _student(means, errors, ns)}
    if len(ns) == 2:
        found["Welch's test"] = _welch(means, sds, ns)
        for name, test in list(found.items()):
            found[f"{name}{ONE_SIDED}"] = test | {"p": test["p"] * Fraction(1, 2)}
    return found


def _student(means: Sequence[Interval], sds: Sequence[Interval], ns: Sequence[int]) -> dict:
    """Return F and p of the analysis of variance of independent groups."""
    dfs, apart = (len(ns) - 1, sum(ns) - len(ns)), reported_tests.NOTHING
    for (one, n), (other, m) in combinations(zip(means, ns, strict=True), 2):
        distance = reported_tests.distance(one, other)
        apart = apart + distance.squared() * Fraction(n * m, sum(ns))
    within = reported_tests.within_groups(sds, ns)
    f = Interval(_ratio(apart.lower, within.upper, dfs), _ratio(apart.upper, within.lower, dfs))
    return {"F": f, "p": reported_tests.p_from_f(f, *dfs)}


def _ratio(between: Fraction, within: Fraction, dfs: tuple[int, int]) -> float:
    return float(between / within * dfs[1] / dfs[0]) if within else inf


def _welch(means: Sequence[Interval], sds: Sequence[Interval], ns: Sequence[int]) -> dict:
    """Return F and p of Welch's test, over the corners of what is printed."""
    distance, f, p = reported_tests.distance(*means), [], []
    for gap, *spread in product(*((i.lower, i.upper) for i in (distance, *sds))):
        errors = [float(sd) ** 2 / n for sd, n in zip(spread, ns, strict=True)]
        if not sum(errors):
            return {"F": Interval(0.0, inf), "p": Interval(0.0, 1.0)}
        df = sum(errors) ** 2 / sum(e**2 / (n - 1) for e, n in zip(errors, ns, strict=True))
        f.append(float(gap) ** 2 / sum(errors))
        p.append(2 * float(scipy.stats.t.sf(sqrt(f[-1]), df)))
    return {"F": Interval(min(f), max(f)), "p": Interval(min(p), max(p))}


def count_tests(counts: Sequence[int], ns: Sequence[int]) -> dict[str, Interval]:
    """Return p of the difference of two groups' counts by Pearson, Yates and Fisher.

    The same numbers as R's ``chisq.test`` (with and without ``correct``) and ``fisher.test``.
    """
    table = [[count, n - count] for count, n in zip(counts, ns, strict=True)]
    p = {"Fisher's exact test": float(scipy.stats.fisher_exact(table).pvalue)}
    if 0 < sum(counts) < sum(ns):
        for name, correct in (("Pearson's chi-square", False), ("Yates's correction", True)):
            p[name] = float(scipy.stats.chi2_contingency(table, correction=correct)[1])
    first = ["Pearson's chi-square"] if "Pearson's chi-square" in p else []
    return {name: Interval(p[name], p[name]) for name in dict.fromkeys([*first, *p])}


def implied_correlation(
    means: Sequence[Sequence[Interval]],
    sds: Sequence[Sequence[Interval]],
    ns: Sequence[int],
    f: Interval,
) -> Interval:
    """Return the correlation of two times that F, means and SDs of a mixed design imply.

    ``means`` and ``sds`` are pairs (first and second time) for one group or two; F is of the
    change of one, or of the difference of two changes. The variance of change within groups, which
    F divides by, is s1^2 + s2^2 - 2 r s1 s2, so r follows from it (Morris & DeShon, 2002,
    10.1037/1082-989X.7.1.105). The interval is over the corners of what is printed.
    """
    changes = [Interval(b.lower - a.upper, b.upper - a.lower) for a, b in means]
    apart = reported_tests.distance(*changes, *[reported_tests.NOTHING] * (2 - len(changes)))
    weight = sum(Fraction(1, n) for n in ns)
    ratios = [float(end) ** 2 / float(weight * value) if value else inf for end, value in
              ((apart.lower, f.upper), (apart.upper, f.lower))]  # fmt: skip
    return _correlation(sds, ns, ratios)


def correlation_from_change(before: Interval, after: Interval, change: Interval) -> Interval:
    """Return the correlation that the SDs of two times and of their difference imply."""
    return _correlation(
        [(before, after)], [2], [float(e) ** 2 for e in (change.lower, change.upper)]
    )


def _correlation(sds: Sequence, ns: Sequence[int], variances: Sequence[float]) -> Interval:
    """Return r where the pooled variance of change is one of some values."""
    df, found = sum(ns) - len(ns), []
    ends = [(float(sd.lower), float(sd.upper)) for pair in sds for sd in pair]
    for variance, *corner in product(variances, *ends):
        pairs = list(zip(corner[::2], corner[1::2], ns, strict=True))
        squares = sum((n - 1) * (a**2 + b**2) for a, b, n in pairs)
        products = sum((n - 1) * a * b for a, b, n in pairs)
        found.append((squares - df * variance) / (2 * products) if products else -inf)
    return Interval(min(found), max(found))


def check_group_tests(published: Published) -> Iterator[Judgement]:
    """Compare F, t, p and claims about groups with their printed means and SDs."""
    for row in published.where(statistic=("F", "t", "p", "claim"), basis="printed"):
        means = published.groups(row | {"statistic": "mean"})
        sds = [published.beside(mean, "sd") for mean in means]
        if len(means) < 2 or None in sds or row["group"] not in ("", TOTAL):
            continue
        ranges = ([published.interval(r) for r in rows] for rows in (means, sds))
        found = group_tests(*ranges, [int(mean["n"]) for mean in means])
        of_f = row["statistic"] in ("F", "t")
        expected = {
            name: test["F" if of_f else "p"]
            for name, test in found.items()
            if not (of_f and name.endswith(ONE_SIDED))
        }
        yield from _compare("test of means", WELCH_SOURCE, published, row, expected, means + sds)


def check_count_tests(published: Published) -> Iterator[Judgement]:
    """Compare p and claims about two groups' counts with Pearson's, Yates's and Fisher's p."""
    for row in published.where(statistic=("p", "claim"), basis="printed"):
        counts = published.groups(row | {"statistic": "count"})
        groups = {count["group"] for count in counts}
        if len(counts) == len(groups) == 2 and row["group"] in ("", TOTAL):
            numbers = [int(count["printed"]) for count in counts], [int(c["n"]) for c in counts]
            expected = count_tests(*numbers)
            yield from _compare("test of counts", COUNTS_SOURCE, published, row, expected, counts)


def check_p_of_f(published: Published) -> Iterator[Judgement]:
    """Compare a printed p, and a claim of significance, with the F or effect printed beside it."""
    for row in published.where(statistic=("p", "claim"), basis="printed"):
        for statistic in ("partial_eta_squared", "F", "t", "p"):
            other = published.beside(row, statistic)
            if other is None or other is row or other["basis"] != "printed":
                continue
            p = p_interval(published, other)
            expected = {"the printed " + statistic.replace("_", " "): p}
            if statistic != "p":
                expected[f"the same{ONE_SIDED}"] = p * Fraction(1, 2)
            source = reported_tests.ETA_SOURCE
            yield from _compare("significance", source, published, row, expected, [other])


def check_effect_of_f(published: Published) -> Iterator[Judgement]:
    """Compare a printed F with the partial eta squared printed beside it."""
    for row in published.where(statistic="F", basis="printed"):
        effect = published.beside(row, "partial_eta_squared")
        if effect is not None and effect["basis"] == "printed":
            expected = {"partial eta squared": f_interval(published, effect)}
            source = reported_tests.ETA_SOURCE
            yield from _compare("F of the effect", source, published, row, expected, [effect])


def _compare(
    rule: str, source: str, published: Published, row: Row, expected: Mapping[str, Interval],
    others: Sequence[Row],
) -> Iterator[Judgement]:  # fmt: skip
    """Yield how a printed number or claim compares with what each convention gives."""
    claims = {
        "significant": lambda p: p.lower < LEVEL,
        "not_significant": lambda p: p.upper >= LEVEL,
    }
    if row["statistic"] == "claim" and row["printed"] not in claims:
        return
    number = f_interval if row["statistic"] == "t" else Published.interval
    fits = claims.get(row["printed"]) or number(published, row).overlaps
    verdict, fitting = by_convention({name: fits(each) for name, each in expected.items()})
    usual, first = next(iter(expected.items()))
    if row["statistic"] == "claim" and first.lower < LEVEL <= first.upper:
        verdict = UNCHECKED
    values = {
        "printed": row["printed"].replace("_", " "),
        "statistic": row["statistic"],
        "usual": usual,
        "expected": first,
        "fitting": fitting,
    }
    yield Judgement(rule, verdict, source, "by_convention", values).about(row, *others)


def check_correlations(published: Published) -> Iterator[Judgement]:
    """Compute the correlation of two times that printed numbers imply."""
    for variable in dict.fromkeys(row["variable"] for row in published.where(statistic="mean")):
        means = published.where(statistic="mean", variable=variable)
        times = [t for t in dict.fromkeys(row["time"] for row in means) if t and t != CHANGE]
        pairs = {
            group: [_cell(published, variable, group, time) for time in times]
            for group in dict.fromkeys(row["group"] for row in means)
        }
        pairs = {g: cells for g, cells in pairs.items() if len(times) == 2 and all(cells)}
        yield from _from_change(published, pairs)
        yield from _from_f(published, pairs)


def _cell(published: Published, variable: str, group: str, time: str) -> tuple[Row, Row] | None:
    """Return the rows of mean and SD of one group at one time; None without one of them."""
    about = {"variable": variable, "group": group, "time": time}
    rows = [published.where(statistic=statistic, **about) for statistic in ("mean", "sd")]
    return (rows[0][0], rows[1][0]) if all(rows) else None


def _from_change(published: Published, pairs: Mapping[str, list]) -> Iterator[Judgement]:
    for cells in pairs.values():
        sds = [sd for _, sd in cells]
        change = published.beside(sds[0], "sd", time=CHANGE)
        if change is not None:
            r = correlation_from_change(*(published.interval(row) for row in (*sds, change)))
            yield judge_correlation(r).about(change, *sds)


def _from_f(published: Published, pairs: Mapping[str, list]) -> Iterator[Judgement]:
    """Use an F of change of one group, and one of the interaction of two."""
    two = [group for group in pairs if group not in ("", TOTAL)]
    designs = [[group] for group in pairs] + ([two] if len(two) == 2 else [])
    for groups in designs:
        cells = [pairs[group] for group in groups]
        beside = {"time": "", "group": groups[0] if len(groups) == 1 else ""}
        tests = (published.beside(cells[0][0][0], s, **beside) for s in OF_CHANGE)
        row = next((row for row in tests if row is not None and row["basis"] == "printed"), None)
        if row is not None:
            ranges = [[list(map(published.interval, cell)) for cell in pair] for pair in cells]
            means, sds = ([[cell[i] for cell in pair] for pair in ranges] for i in (0, 1))
            ns = [int(pair[0][0]["n"]) for pair in cells]
            f = f_interval(published, row, len(groups))
            about = [cell for pair in cells for rows in pair for cell in rows]
            yield judge_correlation(implied_correlation(means, sds, ns, f)).about(row, *about)


def judge_correlation(r: Interval) -> Judgement:
    """Judge the correlation of two times: outside [-1, 1], outside .25 to .90, or neither."""
    outside = [r.upper < low or r.lower > high for low, high in ((-1, 1), PLAUSIBLE_CORRELATIONS)]
    verdict = IMPOSSIBLE if outside[0] else IMPLAUSIBLE if outside[1] else CONSISTENT
    values = {"r": r, "plausible": PLAUSIBLE_CORRELATIONS}
    return Judgement("implied correlation", verdict, CHANGE_SOURCE, "implied_correlation", values)


def p_interval(published: Published, row: Row) -> Interval:
    """Return the p that a row with a p, an F, a t or a partial eta squared can stand for."""
    if row["statistic"] == "p":
        return published.interval(row)
    return reported_tests.p_from_f(f_interval(published, row), *published.degrees_of_freedom(row))


def f_interval(published: Published, row: Row, groups: int = 2) -> Interval:
    """Return the F that a row with an F, a t or a partial eta squared can stand for."""
    if row["statistic"] == "F":
        return published.interval(row)
    if row["statistic"] == "t":
        return (
            parse(row["printed"].lstrip("-\N{MINUS SIGN}")).interval(published.rounding).squared()
        )
    dfs = published.degrees_of_freedom(row) if groups > 1 else (1, int(row["n"]) - 1)
    return reported_tests.f_from_partial_eta_squared(published.interval(row), *dfs)


#: The checks of this module, in the order of their results.
CHECKS = (check_group_tests, check_count_tests, check_p_of_f, check_effect_of_f, check_correlations)
