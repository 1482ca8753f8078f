"""Notebooks of a study's own, written from the starter: they compute what the starter does."""

import nbformat
import pytest
import test_starter

from imp_build.inputs import notebooks_of
from imp_commands.__main__ import main
from imp_commands.verify import differing


def test_the_written_notebooks_compute_what_the_starter_computes(tmp_path, capsys):
    study = tmp_path / "study"
    test_starter.write_study("made_trial", study)
    assert main(["notebooks", "--study", str(study)]) == 0
    assert notebooks_of(study) == study / "notebooks"
    written = sorted((study / "notebooks").glob("*.ipynb"))
    assert len(written) == 11
    for file in written:
        cells = nbformat.read(file, as_version=4).cells
        tags = {tag for cell in cells for tag in cell.metadata.get("tags", [])}
        assert tags <= {"parameters", "answer"}
    found = test_starter.numbers(study, tmp_path / "out")
    assert list(differing(test_starter.expected("made_trial"), found)) == []
    # What is there may have been changed: it is never overwritten.
    capsys.readouterr()
    assert main(["notebooks", "--study", str(study)]) == 1
    assert f'mv "{study}/notebooks"' in capsys.readouterr().err


def test_the_shipped_study_keeps_its_notebooks(capsys):
    assert main(["notebooks", "--study", "data"]) == 1
    assert "notebooks of its own" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["beat_the_blues"])
def test_special_cases_of_a_study_are_plain_cells_of_its_own(name, tmp_path):
    study = tmp_path / "study"
    test_starter.write_study(name, study)
    assert main(["notebooks", "--study", str(study)]) == 0
    text = (study / "notebooks" / "05_effectiveness.ipynb").read_text(encoding="utf-8")
    assert "All groups and times" in text
    assert "Change within one group" not in text
