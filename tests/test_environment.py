"""One set of versions: pyproject.toml, the locks and environment.yml say the same."""

import ast
import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from rattler import MatchSpec

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = {
    "requirements.txt": [],
    "requirements-test.txt": ["test"],
    "requirements-lab.txt": ["lab"],
}


def locked(lock):
    """Return the requirements of a lock, each with its number of hashes."""
    text = (ROOT / lock).read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(Requirement(line.split(" --hash=")[0]), line.count("--hash=")) for line in lines]


def versions(lock):
    pins = {}
    for requirement, _ in locked(lock):
        pins.setdefault(canonicalize_name(requirement.name), set()).add(str(requirement.specifier))
    return pins


def direct(*groups):
    names = [*PROJECT["project"]["dependencies"]]
    names += [name for group in groups for name in PROJECT["dependency-groups"][group]]
    return [Requirement(name) for name in names]


@pytest.mark.parametrize("lock", [*LOCKS, "requirements-uv.txt"])
def test_every_line_of_a_lock_is_one_version_with_hashes(lock):
    assert locked(lock)
    for requirement, hashes in locked(lock):
        assert re.fullmatch(r"==[^*,]+", str(requirement.specifier)), requirement
        assert hashes, requirement


@pytest.mark.parametrize(("lock", "groups"), LOCKS.items())
def test_every_direct_dependency_is_in_the_lock_and_allowed(lock, groups):
    pins = versions(lock)
    for requirement in direct(*groups):
        (pin,) = pins[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(pin.removeprefix("==")), requirement


def test_every_package_that_is_imported_is_a_direct_dependency():
    sources = [path.read_text() for path in (ROOT / "imp_helpers").rglob("*.py")]
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        sources += [cell.source for cell in cells if cell.cell_type == "code"]
    nodes = [node for source in sources for node in ast.walk(ast.parse(source))]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    modules = {name.split(".")[0] for name in names} - sys.stdlib_module_names - {"imp_helpers"}
    packages = importlib.metadata.packages_distributions()
    used = {canonicalize_name(packages[module][0]) for module in modules}
    assert used <= {canonicalize_name(requirement.name) for requirement in direct()}


def test_all_locks_hold_the_same_versions():
    run = versions("requirements.txt")
    for lock in LOCKS:
        others = versions(lock)
        assert {name: others.get(name) for name in run} == run, lock


def test_what_make_runs_has_no_jupyterlab():
    assert "jupyterlab" not in versions("requirements.txt")
    assert "jupyterlab" in versions("requirements-lab.txt")


@pytest.mark.parametrize("python", ["3.11.0", "3.12.0", "3.13.0"])
@pytest.mark.parametrize(
    ("platform", "system"), [("linux", "posix"), ("darwin", "posix"), ("win32", "nt")]
)
def test_every_system_gets_each_direct_dependency_once(python, platform, system):
    place = {
        "python_full_version": python,
        "python_version": python[:4],
        "sys_platform": platform,
        "os_name": system,
        "platform_system": {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}[platform],
    }
    chosen = [
        canonicalize_name(requirement.name)
        for requirement, _ in locked("requirements.txt")
        if requirement.marker is None or requirement.marker.evaluate(place)
    ]
    assert len(chosen) == len(set(chosen))
    assert {canonicalize_name(requirement.name) for requirement in direct()} <= set(chosen)


def test_conda_gets_the_same_from_the_lock():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    *packages, pip = environment["dependencies"]
    specs = {spec.name.normalized: spec for spec in map(MatchSpec, packages)}
    assert set(specs) == {"python", "make", "pip"}
    assert SpecifierSet(str(specs["python"].version)) == SpecifierSet(
        PROJECT["project"]["requires-python"]
    )
    assert specs["make"].version is specs["pip"].version is None
    assert pip == {"pip": ["-r requirements-lab.txt"]}
    assert environment["channels"] == ["conda-forge", "nodefaults"]


def test_binder_installs_the_package_itself():
    assert os.access(ROOT / "postBuild", os.X_OK)
    assert "pip install --no-deps --no-build-isolation -e ." in (ROOT / "postBuild").read_text()


def test_what_runs_here_is_what_the_lock_names():
    installed = subprocess.run(
        [sys.executable, "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    installed = {Requirement(line) for line in installed.split()}
    pins = versions("requirements-test.txt")
    for requirement in installed:
        name = canonicalize_name(requirement.name)
        assert pins.get(name, {str(requirement.specifier)}) == {str(requirement.specifier)}


def make(*arguments, **variables):
    environment = {name: value for name, value in os.environ.items() if "CONDA" not in name}
    environment.pop("MAKEFLAGS", None)
    return subprocess.run(
        ["make", "-C", str(ROOT), *arguments],
        capture_output=True, text=True, check=False, env=environment | variables,
    )  # fmt: skip


def test_help_lists_every_target():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split()) - {"FORCE"}
    told = {line.split()[1] for line in make("help").stdout.splitlines() if line[:5] == "make "}
    assert told == targets


def test_a_conda_environment_is_used_as_it_is():
    commands = make("-n", "PYTHON=python", "reports", CONDA_PREFIX="/a/conda/env").stdout
    assert "python -m imp_commands build" in commands
    assert "venv" not in commands


def test_make_has_nothing_that_its_oldest_version_lacks():
    makefile = (ROOT / "Makefile").read_text()
    assert not re.search(r"^\.ONESHELL|!=|&:|::=|\$\(file |\$\(let ", makefile, re.MULTILINE)


def test_a_changed_lock_of_the_tests_is_installed(tmp_path):
    """Although what the reports need is as it was, and whatever the times of the files."""
    for lock in ("requirements.txt", "requirements-test.txt"):
        (tmp_path / lock).write_text("new\n")
    program = tmp_path / ".venv" / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    (tmp_path / ".venv" / ".run-ready").write_text("new\n")
    mark = tmp_path / ".venv" / ".test-ready"
    mark.write_text("old\n")
    done = make("-C", str(tmp_path), "-f", str(ROOT / "Makefile"), ".venv/.test-ready")
    assert done.returncode == 0, done.stderr
    assert mark.read_text() == "new\n"


def test_the_checks_of_a_commit_use_the_tools_of_the_locks():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [repo["repo"] for repo in hooks] == ["local"]
    locked_tools = versions("requirements-test.txt")
    for hook in hooks[0]["hooks"]:
        python, option, tool = hook["entry"].split()[:3]
        assert (python, option) == (".venv/bin/python", "-m")
        assert canonicalize_name(tool) in locked_tools


def test_a_setting_that_is_not_known_is_refused_by_name():
    for name in ("study", "Study", "EXPORTS"):
        done = make("-n", f"{name}=examples/film_mood", "check")
        assert done.returncode
        assert f"There is no setting {name}." in done.stderr
    assert not make("-n", "STUDY=examples/film_mood", "check").returncode


def test_an_export_with_spaces_and_quotes_is_handed_on_whole():
    done = make("-n", "STUDY=new", "EXPORT=my pre's.csv post.csv", "new-study")
    assert "new-study \"new\" 'my pre'\\''s.csv post.csv'" in done.stdout
