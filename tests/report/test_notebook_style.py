"""What somebody who runs a notebook by hand sees otherwise than a page shows it."""

import pytest

from imp_report import notebook_style

CELL = '<a href="05_effectiveness.html#table-5.pss_total">Table 5</a> <a href="#table-5">Link</a>'


@pytest.mark.parametrize(
    ("by_hand", "target"),
    [(True, "05_effectiveness.ipynb"), (False, "05_effectiveness.html#table-5.pss_total")],
)
def test_a_link_to_a_page_leads_to_its_notebook_where_there_are_no_pages(
    monkeypatch, by_hand, target
):
    monkeypatch.setattr(notebook_style, "by_hand", lambda: by_hand)
    shown = notebook_style.styled(CELL)
    assert f'<a href="{target}">' in shown
    assert '<a href="#table-5">' in shown
