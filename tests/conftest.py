"""What several test files share: the shipped study, copies of it to break, and one whole build."""

import shutil
from pathlib import Path

import pytest

from imp_helpers import building, cleaning, scoring
from imp_helpers.inputs import Settings
from imp_helpers.study import read_study

PROJECT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def study():
    return read_study(PROJECT / "data")


@pytest.fixture(scope="session")
def cleaned(study):
    return cleaning.clean(study, cleaning.read_raw_files(study))


@pytest.fixture(scope="session")
def points(study, cleaned):
    return scoring.points_table(cleaned.answers, study)


@pytest.fixture(scope="session")
def scores(study, cleaned, points):
    return scoring.with_groups(scoring.score_all(points, study), cleaned.participants)


@pytest.fixture
def study_folder(tmp_path):
    """Return a copy of the shipped study that a test may break."""
    return Path(shutil.copytree(PROJECT / "data", tmp_path / "study"))


@pytest.fixture
def edit(study_folder):
    """Return a function that replaces a text in a file of the copied study."""

    def replace(file: str, old: str, new: str, count: int = 1) -> None:
        path = study_folder / file
        text = path.read_bytes().decode("utf-8")
        assert old in text
        path.write_bytes(text.replace(old, new, count).encode("utf-8"))

    return replace


@pytest.fixture(scope="session")
def build(tmp_path_factory):
    """Return the folder of one whole build of the shipped study."""
    out = tmp_path_factory.mktemp("build")
    building.build(Settings(PROJECT / "data", out, PROJECT / "notebooks"))
    return out
