"""Sentences: templates over results, with nouns in the right number."""

import pytest

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
