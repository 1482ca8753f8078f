"""The driver: order, failures that leave the earlier reports, the same bytes twice."""

import errno
import html
import shutil
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

from imp_build import building
from imp_build.building import build, run_in_order
from imp_build.inputs import Settings
from imp_build.notebooks import check_parameters, dependencies, find_notebooks
from imp_build.progress import Progress
from imp_commands.__main__ import main
from imp_commands.building import value_of, write_failure
from imp_common.errors import AnalysisError, InputError, Problem, system_failure

HERE = Path(__file__).parent
NOTEBOOKS = HERE / "notebooks"


STUDY = SimpleNamespace(
    title="A study of <minds>", short_title="<Minds>", question="What is a mind?",
    notice="Synthetic data.", folder=Path("no-study"),
    settings=SimpleNamespace(
        study=SimpleNamespace(published_as="A journal"), disclosure_control=False
    ),
)  # fmt: skip


@pytest.fixture(autouse=True)
def _study(monkeypatch):
    """A study whose files are right, whatever they are."""
    monkeypatch.setattr(building.studies, "read_study", lambda folder: STUDY)


@pytest.fixture
def settings(tmp_path):
    """Settings for a folder of notebooks, with the outputs in a folder of the test's own."""

    def of(notebooks, **more):
        # With a notebook or two, forking would cost more than it saves.
        return Settings(tmp_path / "data", tmp_path / "out", notebooks, **{"fork": False} | more)

    return of


@pytest.fixture(scope="module")
def earlier(tmp_path_factory):
    """The outputs of one right build, to be copied."""
    out = tmp_path_factory.mktemp("earlier")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(building.studies, "read_study", lambda folder: STUDY)
        build(Settings(out / "data", out, NOTEBOOKS / "right", {"limit": 7}, jobs=3))
    return out


def files(out):
    """Return what stands in the outputs, without what builds keep for themselves."""
    paths = (path for path in out.rglob("*") if path.is_file())
    named = {path.relative_to(out).as_posix(): path.read_bytes() for path in paths}
    return {name: content for name, content in named.items() if not name.startswith(".build/")}


def notebook(reads=(), writes=(), source=""):
    content = nbformat.v4.new_notebook()
    content.metadata.imp_helpers = {"title": "T", "reads": list(reads), "writes": list(writes)}
    parameters = nbformat.v4.new_code_cell('study_folder = "../data"\nout_folder = ".."')
    parameters.metadata.tags = ["parameters"]
    content.cells = [parameters, nbformat.v4.new_code_cell(source)]
    return content


@pytest.fixture
def write(tmp_path):
    """Write notebooks and return their folder."""

    def all_of(**notebooks):
        folder = tmp_path / "project" / "notebooks"
        folder.mkdir(parents=True)
        for name, content in notebooks.items():
            nbformat.write(content, folder / f"{name.removeprefix('n')}.ipynb")
        return folder

    return all_of


def test_order_follows_from_files_and_not_from_numbers(write):
    folder = write(
        n01_last=notebook(reads=["processed/b.csv", "processed/a.csv"]),
        n02_middle=notebook(reads=["processed/a.csv"], writes=["processed/b.csv"]),
        n03_first=notebook(writes=["processed/a.csv"]),
    )
    notebooks = find_notebooks(folder)
    graph = dependencies(notebooks)
    assert graph["01_last"] == {"02_middle", "03_first"}
    ran = []
    run_in_order(notebooks, graph, lambda n: ran.append(n.name), jobs=3)
    assert ran == ["03_first", "02_middle", "01_last"]


def test_a_star_waits_for_every_file_it_stands_for(write):
    folder = write(
        n01_all=notebook(reads=["processed/results/*.csv"]),
        n02_one=notebook(writes=["processed/results/02_one.csv"]),
        n03_other=notebook(writes=["processed/results/03_other.csv"]),
        n04_more=notebook(writes=["processed/scores.csv"]),
    )
    assert dependencies(find_notebooks(folder))["01_all"] == {"02_one", "03_other"}


def test_independent_notebooks_run_side_by_side(write):
    folder = write(n01_one=notebook(), n02_two=notebook())
    notebooks = find_notebooks(folder)
    running = []

    def wait_for_the_other(notebook):
        running.append(notebook.name)
        deadline = time.monotonic() + 5
        while len(running) < 2:
            assert time.monotonic() < deadline, "the other one did not start"
            time.sleep(0.01)

    run_in_order(notebooks, dependencies(notebooks), wait_for_the_other, jobs=2)


@pytest.mark.parametrize("count", [9, 10, 11])
def test_a_failure_ends_the_build_while_others_wait_in_the_queue(write, monkeypatch, count):
    """With two at once, one fails, one runs until it is killed, and the others never start."""
    notebooks = find_notebooks(write(**{f"n{n:02d}_a": notebook() for n in range(1, count + 1)}))
    started, killed, ran = threading.Event(), threading.Event(), []
    monkeypatch.setattr(building, "kill_all", killed.set)

    def make_outputs(notebook):
        ran.append(notebook.name)
        if notebook.name == "01_a":
            assert started.wait(5)
            raise AnalysisError("the first one fails")
        started.set()
        assert killed.wait(5)

    def run():
        with pytest.raises(AnalysisError, match="the first one fails"):
            run_in_order(notebooks, dependencies(notebooks), make_outputs, jobs=2)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive(), "the build hangs"
    assert len(ran) < count


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("0,2", "The parameter share must be a number with a decimal point, but is '0,2'. Write it "
                "like its default: -p share 0.1"),
        ("nan", "must be a number with a decimal point, but is 'nan'"),
        ("1e999", "must be a number with a decimal point, but is inf"),
        ("True", "must be a number with a decimal point, but is True"),
        ("[1]", "must be a number with a decimal point, but is [1]"),
        ("0.2", ""),
        ("1", ""),
    ],
)  # fmt: skip
def test_a_parameter_of_another_kind_is_refused(write, text, told):
    content = notebook()
    content.cells[0].source += "\nshare = 0.1"
    notebooks, given = find_notebooks(write(n01_a=content)), {"share": value_of(text)}
    if not told:
        check_parameters(given, notebooks)
        return
    with pytest.raises(AnalysisError) as caught:
        check_parameters(given, notebooks)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "The disk is full."),
        (OSError(errno.EACCES, "Permission denied", "a.csv"), "Permission denied: a.csv"),
        (OSError(errno.EIO, "Input/output error"), "Input/output error"),
        (OSError("cannot load"), "cannot load"),
    ],
)
def test_what_the_system_refuses_is_told_without_none(error, told):
    assert system_failure(error).startswith(told)
    assert "None" not in system_failure(error)


@pytest.mark.parametrize(
    ("notebooks", "words"),
    [
        ({"n01_a": notebook(reads=["processed/x.csv"])}, "01_a reads processed/x.csv, which no"),
        (
            {
                "n01_a": notebook(writes=["processed/x.csv"]),
                "n02_b": notebook(writes=["processed/x.csv"]),
            },
            "processed/x.csv is written by more than one notebook: 01_a and 02_b",
        ),
        (
            {
                "n01_a": notebook(["processed/y.csv"], ["processed/x.csv"]),
                "n02_b": notebook(["processed/x.csv"], ["processed/y.csv"]),
            },
            "wait for each other",
        ),
        ({"n01_a": notebook(writes=["../x.csv"])}, "must lie in processed or reports"),
        ({"n01_a": notebook(writes=["processed/../../x.csv"])}, "must lie in processed or reports"),
        ({"n01_a": nbformat.v4.new_notebook()}, "01_a.ipynb: its metadata must hold"),
        ({}, "No notebook called"),
    ],
)
def test_wrong_declarations_are_told(write, settings, notebooks, words):
    with pytest.raises(AnalysisError, match=words):
        build(settings(write(**notebooks)))


def test_notebook_without_the_drivers_parameters_is_told(write, settings):
    content = notebook()
    content.cells[0].source = 'study_folder = "../data"'
    with pytest.raises(AnalysisError, match="must set out_folder"):
        build(settings(write(n01_a=content)))


def test_a_right_build_makes_everything(earlier):
    assert set(files(earlier)) == {
        "processed/MADE.txt",
        "processed/answers.csv",
        "reports/MADE.txt",
        "reports/index.html",
        "reports/manifest.json",
        "reports/codecheck.yml",
        "reports/01_cleaning.html",
        "reports/02_scores.html",
        "reports/03_comments.html",
        "reports/tables/table5.csv",
        "reports/notebooks/01_cleaning.ipynb",
        "reports/notebooks/02_scores.ipynb",
        "reports/notebooks/03_comments.ipynb",
    }
    page = (earlier / "reports/01_cleaning.html").read_text()
    assert "read from data with limit 7" in page


def test_the_same_bytes_forked_or_not_and_no_path_of_this_machine(earlier, settings, tmp_path):
    other = settings(NOTEBOOKS / "right", parameters={"limit": 7}, jobs=1)
    build(other)
    assert files(other.out) == files(earlier)
    for name, content in files(earlier).items():
        for path in {earlier, HERE.parent, Path(sys.prefix), Path.home()} - {Path("/")}:
            assert str(path).encode() not in content, name


@pytest.mark.parametrize("fork", [True, False])
@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux tells of a process")
def test_processes_are_this_interpreter_without_open_ports_or_settings_of_the_user(
    write, settings, tmp_path, monkeypatch, fork
):
    # A foreign kernel, a start-up file and a style in the user's home: none may have a say.
    home = tmp_path / "home"
    kernel = home / ".local/share/jupyter/kernels/python3/kernel.json"
    startup = home / ".ipython/profile_default/startup/00.py"
    style = home / ".config/matplotlib/matplotlibrc"
    for file, text in {
        kernel: '{"argv": ["/bin/false"], "display_name": "x", "language": "python"}',
        startup: "foreign = True",
        style: "lines.linewidth: 77",
    }.items():
        file.parent.mkdir(parents=True)
        file.write_text(text)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    source = """
import matplotlib, os, sys
from pathlib import Path

listening = {f"socket:[{line.split()[9]}]" for table in ("tcp", "tcp6")
             for line in Path("/proc/self/net", table).read_text().splitlines()[1:]}
opened = {os.readlink(link) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()}
print(matplotlib.rcParams["lines.linewidth"], "foreign" in dir(), opened & listening)
Path(out_folder, "reports", "python.txt").write_text(sys.executable)
"""
    chosen = settings(write(n01_look=notebook(source=source)), fork=fork)
    build(chosen)
    page = (chosen.out / "reports" / "01_look.html").read_text()
    assert "1.5 False set()" in page
    assert (chosen.out / "reports" / "python.txt").read_text() == sys.executable


def test_default_parameters_leave_the_notebook_as_it_was_written(settings, tmp_path):
    shutil.copytree(NOTEBOOKS / "right", tmp_path / "notebooks")
    chosen = settings(tmp_path / "notebooks")
    build(chosen)
    made = nbformat.read(chosen.out / "reports/notebooks/01_cleaning.ipynb", 4)
    written = nbformat.read(NOTEBOOKS / "right/01_cleaning.ipynb", 4)
    assert [cell.source for cell in made.cells] == [cell.source for cell in written.cells]
    assert "read from ../data" in made.cells[-1].outputs[0].text
    nbformat.validate(made)


def test_an_edited_notebook_runs_alone_and_gives_what_a_build_from_nothing_gives(
    settings, tmp_path
):
    folder = Path(shutil.copytree(NOTEBOOKS / "right", tmp_path / "notebooks"))
    edited = settings(folder, parameters={"limit": 7})
    build(edited)
    path = folder / "02_scores.ipynb"
    content = nbformat.read(path, as_version=4)
    content.cells.insert(0, nbformat.v4.new_markdown_cell("A sentence *more*."))
    nbformat.write(content, path)
    progress = Progress()
    build(edited, progress)
    assert progress.ran == ["02_scores"]
    again = Settings(edited.study, tmp_path / "again", folder, {"limit": 7}, fork=False)
    build(again)
    assert "A sentence <em>more</em>." in (again.reports / "02_scores.html").read_text()
    made, fresh = files(edited.out), files(again.out)
    assert {name for name in made if made[name] != fresh[name]} == set()


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        ("failing", ["01_cleaning.ipynb", "cell [2]", "'Division'", "ZeroDivisionError", "cure:"]),
        ("mendable", ["01_cleaning.ipynb", "cell [2]", "Correct the value in row 3."]),
        ("forgetful", ["01_cleaning.ipynb declares", "processed/answers.csv, but did not"]),
        ("secretive", ["wrote processed/hidden.csv", "'writes'"]),
    ],
)
def test_a_failed_build_leaves_the_earlier_one(settings, earlier, tmp_path, capsys, folder, words):
    shutil.copytree(earlier, tmp_path / "out")
    arguments = ["--out", str(tmp_path / "out"), "--notebooks", str(NOTEBOOKS / folder)]
    assert main(["build", *arguments, "--no-fork"]) == 1
    told = capsys.readouterr().err
    for word in [*words, "The earlier reports are as they were."]:
        assert word in told
    assert "Traceback" not in told
    page = tmp_path / "out" / "failure.html"
    text = html.unescape(page.read_text(encoding="utf-8"))
    assert all(word in text for word in words)
    page.unlink()
    assert files(tmp_path / "out") == files(earlier)


def test_the_page_of_a_failure_goes_with_the_next_good_build(settings):
    chosen = settings(NOTEBOOKS / "right")
    page = write_failure("It did <not> work.", "No reports were made.", chosen.out)
    assert "It did &lt;not&gt; work." in page.read_text(encoding="utf-8")
    build(chosen)
    assert not page.exists()


def test_wrong_study_files_are_listed_without_running_anything(monkeypatch, tmp_path, capsys):
    def refuse(folder):
        problem = Problem("raw/a.csv", "9", "1 to 5", "Correct it.", row=3, column="FFMQ_1")
        raise InputError([problem, problem])

    monkeypatch.setattr(building.studies, "read_study", refuse)
    arguments = ["--out", str(tmp_path), "--notebooks", str(NOTEBOOKS / "right")]
    assert main(["build", *arguments]) == 1
    told = capsys.readouterr()
    assert "2 problems" in told.err
    assert "raw/a.csv, row 3, column FFMQ_1: found 9; allowed: 1 to 5. Correct it." in told.err
    assert told.out == ""
    assert set(files(tmp_path)) == {"failure.html"}


def test_an_unknown_parameter_is_refused_by_name(tmp_path, capsys):
    arguments = ["--out", str(tmp_path), "--notebooks", str(NOTEBOOKS / "right")]
    assert main(["build", *arguments, "-p", "limt", "4"]) == 1
    assert "No notebook has a parameter called limt. There is: limit." in capsys.readouterr().err
    assert set(files(tmp_path)) == {"failure.html"}
