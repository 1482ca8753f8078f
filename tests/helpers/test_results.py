"""Results: one shape, one value an id."""

import pandas as pd
import pytest

from imp_common.errors import AnalysisError
from imp_helpers.results import read_results, result, results_of, write_results


def frame(*ids, notebook="01_x"):
    rows = [result(name, 0.1 + 0.2, 47) for name in ids]
    return pd.DataFrame(rows).assign(
        label="as published", basis="data", notebook=notebook, anchor="table-1-1"
    )


def test_values_keep_their_full_precision(tmp_path):
    write_results(frame("a"), tmp_path, "01_x")
    assert read_results(tmp_path)["value"].tolist() == ["0.30000000000000004"]


def test_an_id_computed_twice_is_refused(tmp_path):
    with pytest.raises(AnalysisError, match="computes twice: a"):
        write_results(frame("a", "a"), tmp_path, "01_x")
    write_results(frame("a"), tmp_path, "01_x")
    write_results(frame("a", notebook="02_y"), tmp_path, "02_y")
    with pytest.raises(AnalysisError, match=r"a \(01_x\), a \(02_y\)"):
        read_results(tmp_path)


def test_a_row_gives_a_result_a_column_and_missing_ones_are_kept():
    table = pd.DataFrame({"scale": ["x", "y"], "mean": [1.5, None], "sd": [0.5, 0.7], "n": [3, 4]})
    found = results_of(table, "e.{scale}.{statistic}", ["mean", "sd"], "n")
    assert [(r["id"], r["n"]) for r in found] == [
        ("e.x.mean", 3),
        ("e.x.sd", 3),
        ("e.y.mean", 4),
        ("e.y.sd", 4),
    ]
    assert pd.isna(found[2]["value"])
    assert [found[i]["value"] for i in (0, 1, 3)] == [1.5, 0.5, 0.7]
