"""Small counts cannot be worked out from what is left of a table: for any table."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from imp_report.privacy.suppression import Sum, is_small, possible, suppress


def solutions(counts, sums, hidden):
    """Return all values that the hidden counts can have, by trying every one."""
    cells = sorted(hidden)
    known = {cell: count for cell, count in counts.items() if cell not in hidden}
    top = max(counts.values())
    for values in itertools.product(range(top + 1), repeat=len(cells)):
        guess = known | dict(zip(cells, values, strict=True))
        if all(sum(guess[part] for part in s.parts) == guess[s.whole] for s in sums):
            yield dict(zip(cells, values, strict=True))


@given(st.lists(st.integers(0, 30), min_size=2, max_size=8), st.integers(2, 6))
def test_no_left_out_count_follows_from_a_total(parts, smallest):
    counts = {f"part {i}": count for i, count in enumerate(parts)} | {"whole": sum(parts)}
    sums = [Sum(tuple(counts)[:-1], "whole")]
    left_out = suppress(counts, sums, smallest, always_known={"whole"})
    bounds = possible(counts, sums, set(left_out))
    shown = set(counts) - set(left_out) - {"whole"}
    assert not any(is_small(counts[cell], smallest) for cell in shown)
    # Too few people in all to hide a few among: then nobody is told apart at least.
    enough = sum(parts) >= smallest and len([count for count in parts if count]) > 1
    for cell in left_out if enough else ():
        assert bounds[cell][0] < bounds[cell][1]


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 3).flatmap(
        lambda width: st.lists(
            st.lists(st.integers(0, 9), min_size=width, max_size=width), min_size=2, max_size=3
        )
    )
)
def test_no_left_out_count_follows_from_rows_and_columns(rows):
    counts = {f"{i},{j}": c for i, row in enumerate(rows) for j, c in enumerate(row)}
    sums = []
    for i, row in enumerate(rows):
        counts[f"row {i}"] = sum(row)
        sums.append(Sum(tuple(f"{i},{j}" for j in range(len(row))), f"row {i}"))
    for j, column in enumerate(zip(*rows, strict=True)):
        counts[f"column {j}"] = sum(column)
        sums.append(Sum(tuple(f"{i},{j}" for i in range(len(rows))), f"column {j}"))
    totals = {cell for cell in counts if "," not in cell}
    left_out = suppress(counts, sums, 3, always_known=totals)
    shown = set(counts) - set(left_out) - totals
    assert not any(is_small(counts[cell], 3) for cell in shown)
    others = [cell for cell in shown if counts[cell]]
    bounds = possible(counts, sums, set(left_out))
    if others:
        for cell, rule in left_out.items():
            assert bounds[cell][0] < bounds[cell][1]
            assert rule == "complement" or bounds[cell][1] >= 3


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(0, 4), min_size=2, max_size=2), min_size=2, max_size=2))
def test_the_bounds_are_those_of_every_solution(rows):
    (a, b), (c, d) = rows
    counts = {"a": a, "b": b, "c": c, "d": d, "ab": a + b, "cd": c + d, "ac": a + c, "bd": b + d}
    sums = [Sum(tuple(s), s) for s in ("ab", "cd", "ac", "bd")]
    hidden = {"a", "b", "c", "d"}
    found = list(solutions(counts, sums, hidden))
    expected = {h: (min(f[h] for f in found), max(f[h] for f in found)) for h in hidden}
    assert possible(counts, sums, hidden) == expected


def test_a_dropout_is_hidden_in_every_row_that_tells_it():
    counts = {"all": 47, "a": 25, "b": 22, "all stayed": 46, "a stayed": 25, "b stayed": 21}
    counts |= {"all left": 1, "a left": 0, "b left": 1}
    sums = [Sum((f"{who} stayed", f"{who} left"), who) for who in ("all", "a", "b")]
    sums += [Sum((f"a {how}", f"b {how}"), f"all {how}") for how in ("stayed", "left")]
    left_out = suppress(counts, sums, 5, always_known={"all", "a", "b"})
    assert set(left_out) == {"all left", "b left", "all stayed", "b stayed"}


def test_those_who_did_not_answer_so_are_people_too():
    counts = {"yes": 24, "asked": 25, "no": 1}
    left_out = suppress(counts, [Sum(("yes", "no"), "asked")], 5, {"no"}, {"asked"})
    assert left_out == {"yes": "complement"}
    counts = {"yes": 20, "asked": 25, "no": 5}
    assert suppress(counts, [Sum(("yes", "no"), "asked")], 5, {"no"}, {"asked"}) == {}


def test_nobody_is_no_small_count():
    counts = {"yes": 25, "no": 0, "asked": 25}
    assert suppress(counts, [Sum(("yes", "no"), "asked")], 5) == {}
