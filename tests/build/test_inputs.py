"""What goes into a build, and which notebook needs which of it."""

import hashlib
import json
import re

from conftest import PROJECT

from imp_build import inputs
from imp_build.inputs import Inputs, Settings, digest, named_files


def test_a_notebook_may_read_the_parts_of_the_study_that_it_declares(tmp_path):
    names = ["study/study.toml", "study/d.csv", "study/published/p.csv", "instruments/pss.toml"]
    for name in [*names, "imp_helpers/desk.py"]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    files = {name: tmp_path / name for name in [*names, "imp_helpers/desk.py"]}
    found = Inputs(files, frozenset({"study/d.csv"}))
    assert set(found.read_by([])) == {"study/study.toml", "instruments/pss.toml"}
    assert set(found.read_by(["data"])) == {*found.read_by([]), "study/d.csv"}
    assert set(found.read_by(["data", "published"])) == set(names)


def test_the_digest_is_sha_256(tmp_path):
    file = tmp_path / "abc"
    file.write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    assert digest(file) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digest(file) == hashlib.sha256(b"abc").hexdigest()


def test_the_files_of_a_study_are_those_that_its_settings_name(study_folder):
    assert named_files(study_folder) == {
        "corrections.csv",
        *(
            f"raw/{name}.csv"
            for name in ("participants", "questionnaires", "evaluation", "sessions")
        ),
    }


def test_settings_that_cannot_be_read_name_nothing(study_folder):
    (study_folder / "study.toml").write_text('file = "raw')
    assert named_files(study_folder) == set()
    assert named_files(study_folder / "nowhere") == set()


def test_no_name_leads_out_of_the_study(study_folder):
    (study_folder.parent / "other.csv").write_text("x")
    settings = study_folder / "study.toml"
    settings.write_text('a = "../other.csv"\nb = ["raw/participants.csv", "%s"]' % ("x" * 5000))
    assert named_files(study_folder) == {"raw/participants.csv"}


def test_inputs_have_the_same_names_wherever_the_project_lies(study_folder, tmp_path):
    here = Inputs.of(Settings(PROJECT / "data", tmp_path, PROJECT / "notebooks"))
    names = set(here.files)
    assert {"study/study.toml", "study/instruments/pss.toml", "requirements.txt"} <= names
    assert {"imp_report/templates/page.css", "notebooks/01_cleaning.ipynb"} <= names
    assert not any(name.startswith("/") or "__pycache__" in name for name in names)
    there = Inputs.of(Settings(study_folder, tmp_path, PROJECT / "notebooks"))
    assert {name for name in there.files if name.startswith("study/")} == {
        name for name in names if name.startswith("study/")
    }
    assert {"instruments/pss.toml", "study/instruments/pss.toml"} <= set(there.files)


def test_the_secret_of_pseudonyms_counts_and_is_not_told(study_folder, tmp_path):
    (study_folder / inputs.KEY_FILE).write_text("secret")
    found = Inputs.of(Settings(study_folder, tmp_path, PROJECT / "notebooks"))
    assert f"study/{inputs.KEY_FILE}" in found.read_by([])
    assert inputs.KEY_FILE not in json.dumps(found.shown_digests)


def test_every_seed_is_known(tmp_path):
    found = Inputs.of(Settings(PROJECT / "data", tmp_path, PROJECT / "notebooks")).seeds()
    assert found["imp_trials/resampling.py: SEED"] == 20200826


def test_the_studys_fingerprint_changes_with_its_files_and_with_nothing_else(
    study_folder, tmp_path
):
    def fingerprint():
        return Inputs.of(Settings(study_folder, tmp_path, PROJECT / "notebooks")).fingerprint()

    before = fingerprint()
    (study_folder / "processed").mkdir()
    (study_folder / "processed" / "scores.csv").touch()
    assert fingerprint() == before
    assert re.fullmatch("[0-9a-f]{16}", before)
    with (study_folder / "raw" / "sessions.csv").open("ab") as file:
        file.write(b"\n")
    assert fingerprint() != before
