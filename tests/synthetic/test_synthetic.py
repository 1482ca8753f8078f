"""The generator: the same bytes each time, nothing for real data, printed numbers first."""

import shutil

import pytest
import synthetic
from synthetic.targets import read_assumed

from imp_common.errors import AnalysisError
from imp_intake.settings.study import read_study

RAW = ("participants", "questionnaires", "evaluation", "sessions")


def test_the_shipped_raw_files_are_what_the_generator_makes(study, study_folder):
    shutil.rmtree(study_folder / "raw")
    (study_folder / "raw").mkdir()
    for name in RAW:
        (study_folder / "raw" / f"{name}.csv").write_text("")
    (study_folder / "corrections.csv").write_text("")
    synthetic.make_study(study_folder)
    for name in (*(f"raw/{name}.csv" for name in RAW), "corrections.csv"):
        assert (study_folder / name).read_bytes() == (study.folder / name).read_bytes(), name


def test_a_printed_number_wins_over_an_assumed_one(study_folder, edit):
    target = "effectiveness.pss_total.mean.training.baseline"
    before = synthetic.Targets(read_study(study_folder)).by_id[target]
    assert not before.binding
    file = study_folder / "published" / "statistics.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    lines = [line.replace(",25,,blank,", ",25,14.0,blank,") if line.startswith(target) else line
             for line in lines]  # fmt: skip
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    after = synthetic.Targets(read_study(study_folder)).by_id[target]
    assert (after.text, after.binding) == ("14.0", True)


def test_participants_data_are_never_overwritten(study_folder, edit):
    edit("study.toml", 'kind = "synthetic"', 'kind = "participants"')
    confirmed = (
        '[confirmed_assumptions]\nscs_24 = ["items_left_out"]\n'
        'eq = ["forty_item_numbering", "points_two_one_zero_zero"]\n'
    )
    edit("study.toml", "[confirmed_assumptions]\n", confirmed)
    before = (study_folder / "raw" / "questionnaires.csv").read_bytes()
    with pytest.raises(AnalysisError, match="raw data stay as they are"):
        synthetic.make_study(study_folder)
    assert (study_folder / "raw" / "questionnaires.csv").read_bytes() == before


def test_every_assumed_target_has_a_source_and_is_not_printed(study):
    targets = synthetic.Targets(study)
    rows = read_assumed(study.folder / "synthetic" / "assumed_targets.csv")
    assert all(row["source"] for row in rows)
    assert not any(targets.by_id[row["id"]].binding for row in rows)
