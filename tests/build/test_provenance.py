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


@pytest.fixture
def crate(build, tmp_path):
    """Return the crate of a build with one file of each kind: the checker takes long for each."""
    content = json.loads((build / "reports" / "ro-crate-metadata.json").read_text())
    kinds, left_out = set(), set()
    for entity in content["@graph"]:
        name = entity["@id"]
        kind = name.rpartition("/")[0], Path(name).suffix, entity.get("encodingFormat")
        if entity["@type"] in ("File", "CreativeWork"):
            if kind in kinds:
                left_out.add(name)
            kinds.add(kind)
        if entity["@type"] == "File" and name not in left_out:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes((build / "reports" / name).read_bytes())
    content["@graph"] = [e for e in content["@graph"] if e["@id"] not in left_out]
    for entity in content["@graph"]:
        for name, value in entity.items():
            if isinstance(value, list):
                kept = [v for v in value if not isinstance(v, dict) or v["@id"] not in left_out]
                entity[name] = kept
    return content


@pytest.mark.parametrize("dated", [True, False])
def test_the_crate_of_a_build_is_valid_and_without_its_date_it_is_not(
    crate, check, tmp_path, dated
):
    root = next(entity for entity in crate["@graph"] if entity["@id"] == "./")
    if not dated:
        del root["datePublished"]
    (tmp_path / "ro-crate-metadata.json").write_text(json.dumps(crate))
    result = check(tmp_path)
    assert ([issue.message for issue in result.get_issues()] == []) == dated
    assert result.passed() == dated


def test_the_crate_holds_every_file_and_names_every_input(build):
    crate = json.loads((build / "reports" / "ro-crate-metadata.json").read_text())
    entities = {entity["@id"]: entity for entity in crate["@graph"]}
    for name in ("index.html", "tables/table5.csv", "notebooks/05_effectiveness.ipynb"):
        assert entities[name]["sha256"] == digest(build / "reports" / name)
    run = entities["#run"]
    assert {"@id": "#study/raw/questionnaires.csv"} in run["object"]
    assert {"@id": "tables/table5.csv"} in run["result"]
    assert "ynthetic data" in entities["./"]["description"]


@pytest.mark.slow
def test_the_whole_crate_is_valid(build, check):
    assert check(build / "reports").passed()


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
