"""Sentences: templates over results, with nouns in the right number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imp_common.numbers import WITHHELD, Count

from imp_common import sentences


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 forms"), (1, "1 form"), (2, "2 forms"), (12_345, "12,345 forms")],
)
def test_a_number_agrees_with_its_noun(number, text):
    assert sentences.plural(number, "form") == text


@pytest.mark.parametrize(
    ("parts", "text"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (list("abc"), "a, b and c")],
)
def test_phrases_are_joined_as_in_a_sentence(parts, text):
    assert sentences.listed(parts) == text


def test_line_ends_of_a_template_are_spaces():
    values = {"rows_in": 3, "rows_out": 2, "rows_set_aside": 1, "changed": 0}
    text = sentences.sentence("cleaning.answer", **values)
    assert "\n" not in text
    assert "  " not in text
    assert "3 rows" in text


def test_a_withheld_number_stays_withheld_in_every_format():
    for name in ("fixed", "bounded", "p_value", "whole", "without_zero"):
        assert sentences._ENVIRONMENT.filters[name](WITHHELD) == "[withheld]"
    assert sentences.plural(WITHHELD, "form") == "[withheld] forms"


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_count_is_a_number_that_knows_its_whole(value, rest):
    count = Count(value, of=value + rest)
    assert count == value
    assert count.of - count == rest
