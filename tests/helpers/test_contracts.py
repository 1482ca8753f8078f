"""Tables between notebooks: what is written can be read, and what is wrong is told."""

import pandas as pd
import pytest

from imp_common.errors import AnalysisError
from imp_helpers.contracts import CONTRACTS, read_table, write_table


def test_what_is_written_is_read_back(study, cleaned, tmp_path):
    for name in ("participants", "answers", "evaluation", "sessions", "changes", "set_aside"):
        table = getattr(cleaned, name)
        write_table(name, table, tmp_path)
        # An empty text is a missing one in a CSV file.
        again = read_table(name, tmp_path, study).astype(object)
        expected = table.astype(object).replace({"": float("nan")})
        pd.testing.assert_frame_equal(again[expected.columns].fillna("-"), expected.fillna("-"))
        # Columns that a study need not have are there, and empty.
        assert again.drop(columns=expected.columns).isna().all(axis=None)


def test_a_missing_table_names_the_notebook_to_run_first(study, tmp_path):
    with pytest.raises(AnalysisError, match=r"scores\.csv is not there yet. Run 02_scoring\.ipynb"):
        read_table("scores", tmp_path, study)


def test_a_column_that_is_missing_or_not_agreed_on(scores, tmp_path):
    wrong = scores.rename(columns={"score": "points"})
    with pytest.raises(AnalysisError, match="column score is missing; column points is not agreed"):
        write_table("scores", wrong, tmp_path)
    assert not (tmp_path / CONTRACTS["scores"].file).exists()
