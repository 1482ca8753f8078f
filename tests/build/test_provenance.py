"""A build can be archived as it is: its RO-Crate is valid under the format's own checker."""

import json
import subprocess
from pathlib import Path

import numpy
import pytest
import requests
import rocrate
from rocrate_validator import services
from rocrate_validator.models import Severity, ValidationSettings

from imp_build.inputs import digest
from imp_build.manifest import NO_DATE, commit_of, date_of, installed_packages

CONTEXT = Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld"


@pytest.fixture
def _context_at_hand(monkeypatch):
    """Let the checker have the format's vocabulary from rocrate's files instead of the network."""

    def send(session, request, **_):
        assert request.url == json.loads(CONTEXT.read_text())["@id"]
        answer = requests.Response()
        answer.status_code, answer.url, answer.request = 200, request.url, request
        answer.headers["Content-Type"] = "application/ld+json"
        answer._content = CONTEXT.read_bytes()
        return answer

    monkeypatch.setattr(requests.Session, "send", send)


@pytest.fixture
def check(_context_at_hand):
    """Return a function that gives the checker's verdict on a folder."""

    def verdict(folder):
        asked = ValidationSettings(
            rocrate_uri=str(folder), requirement_severity=Severity.REQUIRED, no_cache=True
        )
        return services.validate(asked)

    return verdict


def test_the_crate_of_a_build_is_valid(build, check):
    result = check(build / "reports")
    assert [issue.message for issue in result.get_issues()] == []
    assert result.passed()


def test_the_checker_is_at_work(build, check, tmp_path):
    """A crate of the root alone passes, and without its date it does not."""
    crate = json.loads((build / "reports" / "ro-crate-metadata.json").read_text())
    head = [one for one in crate["@graph"] if one["@id"] in ("./", "ro-crate-metadata.json")]
    root = next(entity for entity in head if entity["@id"] == "./")
    root["hasPart"] = []
    file = tmp_path / "ro-crate-metadata.json"
    file.write_text(json.dumps(crate | {"@graph": head}))
    assert check(tmp_path).passed()
    del root["datePublished"]
    file.write_text(json.dumps(crate | {"@graph": head}))
    assert not check(tmp_path).passed()


def test_the_crate_holds_every_file_and_names_every_input(build):
    crate = json.loads((build / "reports" / "ro-crate-metadata.json").read_text())
    entities = {entity["@id"]: entity for entity in crate["@graph"]}
    for name in ("index.html", "tables/table5.csv", "notebooks/05_effectiveness.ipynb"):
        assert entities[name]["sha256"] == digest(build / "reports" / name)
    run = entities["#run"]
    assert {"@id": "#study/raw/questionnaires.csv"} in run["object"]
    assert {"@id": "tables/table5.csv"} in run["result"]
    assert "ynthetic data" in entities["./"]["description"]


def test_commit_and_changes_are_those_of_git(tmp_path):
    assert commit_of(tmp_path) == (None, None)
    assert date_of(tmp_path) == NO_DATE

    def git(*arguments):
        command = ["git", "-C", tmp_path, "-c", "user.name=N", "-c", "user.email=e@x", *arguments]
        subprocess.run(command, check=True, capture_output=True)

    (tmp_path / "file").write_text("one")
    git("init")
    git("add", "file")
    git("commit", "-m", "One", "--date=2020-01-01T00:00:00Z")
    commit, changed = commit_of(tmp_path)
    assert len(commit) == 40
    assert not changed
    assert date_of(tmp_path).endswith("+00:00")
    (tmp_path / "file").write_text("other")
    assert commit_of(tmp_path) == (commit, True)


def test_the_versions_are_those_that_are_installed():
    packages = installed_packages()
    assert packages["numpy"] == numpy.__version__
    assert "papermill" in packages
