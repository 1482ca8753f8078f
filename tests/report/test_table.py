"""Tables: formats as a journal wants them, HTML that says what it is, text from data as text."""

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from imp_common import number_formats
from imp_report.html import table_html, with_small_print
from imp_report.table import table_of


class Cells(HTMLParser):
    """Collects tags with their attributes."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))


@pytest.mark.parametrize(
    ("form", "value", "shown"),
    [
        (number_formats.fixed(1), 8.25, "8.3"),
        (number_formats.fixed(2), -0.5, "−0.50"),
        (number_formats.bounded(), 0.907, ".91"),
        (number_formats.bounded(), -0.104, "−.10"),
        (number_formats.p_value, 0.0004, "< .001"),
        (number_formats.p_value, 0.0425, ".043"),
        (number_formats.whole, 47.0, "47"),
        (number_formats.whole, float("nan"), "–"),
    ],
)
def test_formats(form, value, shown):
    assert form(value) == shown


@pytest.mark.parametrize(
    "value", [None, float("nan"), np.float32("nan"), pd.NA, pd.NaT, "", "nan", "<NA>", 0, 0.0, "–"]
)
def test_what_is_missing_is_what_pandas_says(value):
    assert number_formats.is_missing(value) == pd.isna(value)


def test_every_header_has_a_scope_and_rows_are_named():
    table = pd.DataFrame({"label": ["PSS"], "mean_a": [1.0], "sd_a": [0.5]})
    laid_out = table_of(table, anchor="table-5", caption="Means")
    name, *numbers = laid_out.columns
    columns = (name, *(replace(column, spanner="Group") for column in numbers))
    html = table_html(replace(laid_out, columns=columns))
    headers = [attributes for tag, attributes in Cells(html).tags if tag == "th"]
    assert [h["scope"] for h in headers] == ["col", "colgroup", "col", "col", "row"]
    assert headers[1]["colspan"] == "2"
    assert "Table 5" in html


def test_text_from_data_is_text():
    table = pd.DataFrame({"kind": ["<script>alert(1)</script>"], "report": ["a & b"]})
    html = table_html(table_of(table, anchor="table-1-1", caption="<b>x</b>"))
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "a &amp; b" in html


def test_a_column_with_a_suffix_is_written_like_its_kind():
    html = table_html(
        table_of(
            pd.DataFrame({"label": ["x"], "mean_control_post": [1.005]}),
            anchor="table-1",
            caption="",
        )
    )
    assert ">M<" in html
    assert ">1.01<" in html


def test_a_cell_that_is_html_stays_html_and_what_it_was_made_from_is_text():
    cell = with_small_print("a < b", "<i>c</i>")
    html = table_html(
        table_of(pd.DataFrame({"what": [cell]}), anchor="table-1-1", caption="Small print")
    )
    assert "a &lt; b<small>&lt;i&gt;c&lt;/i&gt;</small>" in html


def test_the_first_row_of_each_name_has_an_anchor():
    table = pd.DataFrame({"scale": ["pss", "pss", "eq", "Total score"], "n": [1, 2, 3, 4]})
    laid_out = table_of(table, anchor="table-5", caption="")
    html = table_html(replace(laid_out, ids=tuple(table["scale"])))
    rows = [attributes.get("id") for tag, attributes in Cells(html).tags if tag == "tr"]
    assert rows == [None, "table-5.pss", None, "table-5.eq", None]


def test_rows_say_what_they_can_be_filtered_by():
    table = pd.DataFrame({"quantity": ["Mean"]})
    filters = pd.DataFrame({"status": ['agrees "well"']})
    html = table_html(table_of(table, anchor="table-7-1", caption="", filters=filters))
    found = Cells(html).tags
    assert {"class": "table searchable", "id": "table-7-1"} in [tags for _, tags in found]
    assert {"data-status": 'agrees "well"'} in [tags for _, tags in found]


def test_the_ends_of_an_interval_share_a_column():
    table = pd.DataFrame({"label": ["x", "y"], "g_low": [-0.1, None], "g_high": [0.25, None]})
    html = table_html(table_of(table, anchor="table-1", caption=""))
    assert "[−0.10, 0.25]" in html
    assert html.count("–") == 1
    assert html.count('<th scope="col"') == 2


def test_names_and_verdicts_are_not_set_as_numbers():
    table = pd.DataFrame({"training_group": [1], "mean": [2.5], "light": ["go"]})
    html = table_html(table_of(table, anchor="table-4-8", caption=""))
    assert html.count('class="number"') - html.count('<span class="number"') == 2
    assert '<td data-label="Verdict"><span class="light go">Go</span></td>' in html


def test_a_printed_number_keeps_its_decimals_and_loses_its_leading_zero():
    texts = ("0.70", "-0.119", 0.05, "10.5", None)
    assert [number_formats.without_zero(text) for text in texts] == [
        ".70", "-.119", ".05", "10.5", "–"
    ]  # fmt: skip
