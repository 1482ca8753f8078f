"""What several test files share: the shipped study, copies of it to break, and one whole build."""

import os
import shutil
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from imp_build import building
from imp_build.inputs import Settings, notebooks_of
from imp_helpers import cleaning, scoring
from imp_intake.settings.study import read_study

PROJECT = Path(__file__).parent.parent

# A worker beside others has no share of the processors that it could count on.
settings.register_profile("side by side", deadline=None)
if "PYTEST_XDIST_WORKER" in os.environ:
    settings.load_profile("side by side")


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
def made_once(tmp_path_factory):
    """Return a function that returns a folder which one of the workers fills for all of them."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def folder_of(name, fill):
        folder, made = shared / name, shared / f"{name}.made"
        with FileLock(shared / f"{name}.lock"):
            if not made.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                fill(folder)
                made.touch()
        return folder

    return folder_of


def with_disclosure_control(settings):
    """Return settings that ask for disclosure control."""
    privacy = settings.privacy.model_copy(update={"disclosure_control": True})
    return settings.model_copy(update={"privacy": privacy})


def build_reports(study, out, notebooks=None):
    building.build(Settings(study, out, notebooks or notebooks_of(study)))


@pytest.fixture(scope="session")
def build(made_once):
    """Return the folder of one whole build of the shipped study."""
    return made_once("build", lambda out: build_reports(PROJECT / "data", out))


@pytest.fixture(scope="session")
def starter_build(made_once):
    """Return the folder of one whole build of the shipped study by the starter's notebooks."""
    starter = PROJECT / "starter"
    return made_once("starter", lambda out: build_reports(PROJECT / "data", out, starter))
