"""Printed numbers: parsing, intervals, rounding and agreement."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imp_common.number_formats import (
    bounded,
    exact,
    fixed,
    p_value,
    round_as,
    round_half_up,
)
from imp_printed import printed_numbers
from imp_printed.printed_numbers import Interval, agreement, parse

decimals = st.integers(0, 4)
numbers = st.decimals(-1000, 1000, places=6, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("text", "value", "places", "relation"),
    [
        ("0.90", "0.90", 2, "="),
        (".018", "0.018", 3, "="),
        ("88", "88", 0, "="),
        ("-1.5", "-1.5", 1, "="),
        ("\N{MINUS SIGN}1.5", "-1.5", 1, "="),
        ("< .001", "0.001", 3, "<"),
        ("<0.001", "0.001", 3, "<"),
        (" 7.0 ", "7.0", 1, "="),
    ],
)
def test_parse_keeps_value_decimals_and_relation(text, value, places, relation):
    number = parse(text)
    assert (number.value, number.decimals, number.relation) == (Decimal(value), places, relation)


@pytest.mark.parametrize(
    "text", ["", "n.s.", "88%", "8,2", "1,000", "1e3", "3.", "--1", "nan", "٣"]
)
def test_parse_refuses_what_is_no_printed_number(text):
    with pytest.raises(ValueError, match="no printed number"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "rounding", "lower_included", "upper_included"),
    [
        # The bounds that R's scrutiny gives for rounding "up" and "up_or_down" (rounding_bounds).
        ("8.2", "half_up", True, False),
        ("8.2", "either", True, True),
        ("-8.2", "half_up", False, True),
        ("0.0", "half_up", False, False),
        ("8.2", "half_even", True, True),
        ("8.3", "half_even", False, False),
    ],
)
def test_interval_reaches_half_a_unit_to_either_side(
    text, rounding, lower_included, upper_included
):
    interval = parse(text).interval(rounding)
    value, half = Fraction(text), Fraction(1, 20)
    assert (interval.lower, interval.upper) == (value - half, value + half)
    assert (interval.lower in interval, interval.upper in interval) == (
        lower_included,
        upper_included,
    )


def test_interval_of_an_inequality_is_open():
    interval = parse("< .001").interval()
    assert Fraction("0.0009") in interval
    assert Fraction("0.001") not in interval
    assert Fraction("0.002") in parse("> .001").interval()


def test_unknown_rounding_is_refused():
    with pytest.raises(ValueError, match="half_up, half_even, either"):
        parse("1").interval("ceiling")


@given(numbers, decimals)
def test_a_number_lies_in_the_interval_of_what_it_is_printed_as(number, places):
    unit = Decimal(1).scaleb(-places)
    for rule, name in ((ROUND_HALF_UP, "half_up"), (ROUND_HALF_EVEN, "half_even")):
        printed = f"{number.quantize(unit, rounding=rule):f}"
        assert Fraction(number) in parse(printed).interval(name)
        assert Fraction(number) in parse(printed).interval("either")


@given(numbers, decimals)
def test_intervals_of_neighbours_leave_no_gap_and_do_not_overlap(number, places):
    unit = Decimal(1).scaleb(-places)
    here = number.quantize(unit, rounding=ROUND_HALF_UP)
    first, second = (parse(f"{value:f}").interval() for value in (here, here + unit))
    assert first.upper == second.lower
    if here != 0 and here + unit != 0:
        assert not first.overlaps(second)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (Interval(0, 2), Interval(1, 3), True),
        (Interval(1, 3), Interval(0, 2), True),
        (Interval(0, 1), Interval(1, 2), True),
        (Interval(0, 1, True, False), Interval(1, 2), False),
        (Interval(0, 1), Interval(1, 2, False, True), False),
        (Interval(0, 1), Interval(2, 3), False),
        (Interval(0, 2, False, False), Interval(0, 2, False, False), True),
        (Interval(0, 2), Interval(1, 1), True),
    ],
)
def test_overlap(first, second, expected):
    assert first.overlaps(second) is expected


def test_mapped_turns_the_ends_round_where_the_function_decreases():
    image = Interval(1, 2, True, False).mapped(lambda value: -value)
    assert image == Interval(-2, -1, False, True)


@pytest.mark.parametrize(
    ("value", "places", "printed"),
    [
        (100 * 21 / 24, 0, "88"),
        (100 * 3 / 24, 0, "13"),
        (87.49999999999999, 0, "88"),
        (12.500000000000002, 0, "13"),
        (2.675, 2, "2.68"),
        (1.005, 2, "1.01"),
        (-0.5, 0, "-1"),
        (-0.04, 1, "0.0"),
        (0.9, 2, "0.90"),
        (7, 1, "7.0"),
        (0.1 + 0.2, 1, "0.3"),
        (1234567.5, 0, "1234568"),
    ],
)
def test_round_half_up_prints_as_spss_does(value, places, printed):
    assert round_half_up(value, places) == printed


@pytest.mark.parametrize(
    ("rounding", "printed"),
    [("half_up", "13"), ("half_even", "12"), ("half_down", "12"), ("truncation", "12")],
)
def test_round_as_knows_the_rules(rounding, printed):
    assert round_as(12.5, 0, rounding) == printed


@given(numbers, decimals)
def test_round_half_up_agrees_with_decimal_arithmetic(number, places):
    expected = number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    assert Decimal(round_half_up(float(number), places)) == expected


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_not_finite_is_refused(value):
    with pytest.raises(ValueError, match="not a finite number"):
        exact(value)


def test_apa_leaves_out_the_zero_where_the_value_cannot_exceed_one():
    assert bounded()(0.906) == ".91"
    assert bounded()(-0.25) == "−.25"
    assert fixed(2)(0.906) == "0.91"
    assert bounded()(1) == "1.00"


@pytest.mark.parametrize(("p", "printed"), [(0.0176, ".018"), (0.00099, "< .001"), (0.001, ".001")])
def test_apa_p(p, printed):
    assert p_value(p) == printed


@pytest.mark.parametrize(
    ("printed", "value", "status", "rounding", "difference"),
    [
        ("88", 87.5, "agrees", "half_up", 0),
        ("12", 12.5, "agrees by another rounding", "half_even", 1),
        ("2.4", 2.35, "agrees", "half_up", 0),
        ("13", 13.5, "agrees by another rounding", "half_down", 1),
        ("8.5", 8.56, "agrees by another rounding", "truncation", 1),
        ("0.90", 0.9049, "agrees", "half_up", 0),
        ("0.90", 0.915, "differs", "", 2),
        ("49.6", 49.4, "differs", "", -2),
        ("-1.3", -1.25, "agrees", "half_up", 0),
        ("< .001", 0.0002, "agrees", "", 0),
    ],
)
def test_agreement(printed, value, status, rounding, difference):
    found = agreement(printed, value)
    assert (found.status, found.rounding, found.difference) == (status, rounding, difference)


def test_agreement_by_the_rule_that_the_text_is_taken_to_follow():
    assert agreement("12", 12.5, rounding="half_even").status == "agrees"
    assert agreement("13", 12.5, rounding="half_even").rounding == "half_up"


def test_an_inequality_can_be_missed():
    assert agreement("< .001", 0.004).status == "differs"


@given(numbers, decimals)
def test_every_number_agrees_with_its_own_print(number, places):
    printed = round_half_up(float(number), places)
    compared = agreement(printed, float(number))
    assert (compared.status, compared.difference) == ("agrees", 0)


def test_the_examples_in_the_docstrings_hold():
    import doctest

    assert doctest.testmod(printed_numbers).failed == 0
