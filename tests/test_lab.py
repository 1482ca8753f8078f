"""The notebooks in a real JupyterLab: opened in order, run, played with, kind without inputs."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect, sync_playwright
from test_browser import PROGRAM, ROOT

from imp_build.notebooks import dependencies, find_notebooks

NOTEBOOKS = find_notebooks(ROOT / "notebooks")
OWN = ROOT / ".venv-lab"
LAB = (
    OWN if (OWN / ".run-ready").exists() else Path(sys.prefix) if find_spec("jupyterlab") else None
)
SECONDS = 60

pytestmark = pytest.mark.skipif(
    not (PROGRAM and LAB),
    reason="no Chromium, or no environment with JupyterLab: the notebooks were not tried in it. "
    "Install Chromium, then let `make test-browser` make the environment",
)

PLAYED = "starter/09_robustness.ipynb"

# What the application knows of a notebook that is open in it.
PANEL = '[...jupyterapp.shell.widgets("main")].find(panel => panel.title.label === name)'
OPEN = "async path => { await jupyterapp.commands.execute('docmanager:open', { path }); }"
SHUT_DOWN = f"name => {PANEL}.sessionContext.shutdown()"
STATE = f"""name => {{
  const panel = {PANEL};
  const cells = [...(panel?.content.model?.cells ?? [])].filter(cell => cell.type === "code");
  const outputs = cells.flatMap(cell => cell.outputs.toJSON());
  return {{
    idle: panel?.sessionContext.session?.kernel?.status === "idle",
    counts: cells.map(cell => cell.executionCount),
    errors: outputs.filter(one => one.output_type === "error").map(one => one.evalue),
  }};
}}"""


@pytest.fixture(scope="module")
def project(tmp_path_factory, build):
    """Return a copy of notebooks, data and processed tables that JupyterLab may write to."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("notebooks", "starter", "data"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "imp_build").mkdir()
    shutil.copy(ROOT / "imp_build/lab_config.py", folder / "imp_build")
    shutil.copytree(build / "processed", folder / "processed")
    return folder


@pytest.fixture(scope="module")
def address(project, tmp_path_factory):
    """Start what `make lab` starts, in a home where somebody's own python3 kernel is broken."""
    home = tmp_path_factory.mktemp("home")
    kernel = home / ".local/share/jupyter/kernels/python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text('{"argv": ["false"], "display_name": "", "language": "x"}')
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
               "--ServerApp.port_retries=0", "--IdentityProvider.token=",
               "--LabApp.expose_app_in_browser=True"]  # fmt: skip
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
    # Two kernels with as many threads as there are cores would only fight over them.
    kept |= {"HOME": str(home), "OMP_NUM_THREADS": "1"}
    log = (home / "log").open("w")
    server = subprocess.Popen(
        ["sh", "-c", f"exec env {command_of_make()} {shlex.join(options)}"],
        cwd=project, env=kept, stdout=log, stderr=log,
        start_new_session=True,
    )  # fmt: skip
    try:
        wait_for(f"http://127.0.0.1:{port}/api", server, home / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(SECONDS)
        log.close()


def command_of_make():
    made = subprocess.run(
        ["make", "-n", "-s", "-C", str(ROOT), "lab", f"LAB={LAB}"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return made.replace("\\\n", " ").strip()


def wait_for(url, server, log):
    for _ in range(10 * SECONDS):
        assert server.poll() is None, log.read_text()
        try:
            return urlopen(url).close()
        except OSError:
            time.sleep(0.1)
    raise AssertionError(log.read_text())


@pytest.fixture(scope="module")
def pages(address):
    """Return two pages of JupyterLab: the workspace that opens, and one beside it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM)
        # A kernel beside other tests takes longer than the five seconds that pages get.
        expect.set_options(1000 * SECONDS)
        opened = []
        for path in ("/", "/lab/workspaces/beside"):
            page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
            page.set_default_timeout(1000 * SECONDS)
            page.goto(address + path)
            page.locator(".jp-DirListing-item").first.wait_for()
            opened.append(page)
        yield opened
        expect.set_options(5000)
        browser.close()


@pytest.fixture(scope="module")
def lab(pages):
    """Return the page of the workspace that opens."""
    return pages[0]


@pytest.fixture(scope="module")
def ran(pages):
    """Restart and run all of every notebook, two at once unless one reads what the other writes.

    Returns
    -------
    dict
        Of each notebook the page where it is open, and its state after the run.
    """
    graph = dependencies(NOTEBOOKS)
    waiting, running, done = list(graph), {}, {}
    while waiting or running:
        for page in (page for page in pages if page not in running):
            apart = (name for name in waiting if not related(name, running.values(), graph))
            if name := next(apart, None):
                waiting.remove(name)
                running[page] = name
                restart_and_run_all(page, f"notebooks/{name}.ipynb")
        for page, name in list(running.items()):
            state = page.evaluate(STATE, f"{name}.ipynb")
            if is_over(state):
                done[running.pop(page)] = page, state
                page.evaluate(SHUT_DOWN, f"{name}.ipynb")
        time.sleep(0.1)
    return done


def related(name, others, graph):
    return any(name in graph[other] or other in graph[name] for other in others)


def restart_and_run_all(page, path):
    page.evaluate(OPEN, path)
    page.wait_for_function(f"name => ({STATE})(name).idle", arg=path.split("/")[-1])
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Restart Kernel and Run All Cells…").click()
    page.get_by_role("button", name="Confirm Kernel Restart").click()


def is_over(state):
    return state["idle"] and (state["errors"] or all(state["counts"]))


def test_the_workspace_opens_on_the_first_of_the_notebooks_in_order(lab):
    lab.locator(".jp-Notebook .jp-Cell").first.wait_for()
    listed = lab.locator(".jp-DirListing-itemText").all_text_contents()
    assert listed == [notebook.path.name for notebook in NOTEBOOKS]
    assert lab.locator(".jp-mod-current .lm-TabBar-tabLabel").text_content() == listed[0]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.name)
def test_a_notebook_runs_from_top_to_bottom(ran, notebook):
    _, state = ran[notebook.name]
    cells = [cell for cell in notebook.content.cells if cell.cell_type == "code"]
    assert state["errors"] == []
    assert state["counts"] == list(range(1, len(cells) + 1))


@pytest.fixture(scope="module")
def robustness(ran, lab):
    """Return the open notebook of any study in which a reader can play, run on this one."""
    name = PLAYED.split("/")[-1]
    restart_and_run_all(lab, PLAYED)
    lab.wait_for_function(f"name => ({STATE})(name).counts.some(count => !count)", arg=name)
    lab.wait_for_function(f"name => ({STATE})(name).counts.every(count => count)", arg=name)
    assert lab.evaluate(STATE, name)["errors"] == []
    return lab.locator(".jp-NotebookPanel:visible")


def place(notebook, figure):
    """Return the cell of a place to play, its picture of a choice, and the words below."""
    cell = notebook.locator(".jp-CodeCell", has=notebook.page.locator(f"#figure-{figure}"))
    shown = cell.locator(".widget-html-content")
    return cell, shown.locator("img"), shown.locator("figcaption")


def test_change_distribution_and_test_follow_what_is_chosen(robustness):
    cell, picture, words = place(robustness, "9-3")
    expect(words).to_contain_text("Time × group: F(1, 45) = 3.13, p = .083")
    before = picture.get_attribute("src")
    cell.get_by_label("Outcome").select_option(label="Self-compassion (SCS total)")
    expect(words).to_contain_text("Self-compassion (SCS total), as scored. Time × group")
    expect(picture).not_to_have_attribute("src", before)
    cell.get_by_label("Scores").select_option(label="rank")
    expect(words).to_contain_text("p = .056")
    cell.get_by_label("Groups").select_option(label="Control")
    expect(words).to_contain_text("Time: F(1, 21)")
    cell.get_by_label("Time").select_option(label="After")
    expect(words).to_contain_text("nothing to compare")
    cell.get_by_label("Outcome").select_option(label="Stress (PSS)")
    cell.get_by_label("Groups").select_option(label="Training")
    cell.get_by_label("Scores").select_option(label="logarithm")
    expect(words).to_contain_text("it requires scores above zero")
    expect(words).to_contain_text("Simulated data.")


def test_conclusions_tip_where_the_correlation_is_moved(robustness):
    cell, picture, words = place(robustness, "9-1")
    expect(words).to_contain_text("Empathy (EQ) remains significant")
    before = picture.get_attribute("src")
    cell.get_by_role("slider").press("End")
    expect(words).to_contain_text("ICC .300")
    expect(words).to_contain_text("Empathy (EQ) is no longer significant")
    expect(words).not_to_contain_text("remains significant")
    expect(picture).not_to_have_attribute("src", before)


def test_tables_and_figures_are_readable_in_the_dark(robustness):
    note = robustness.locator("figure.table .note").first
    light = note.evaluate("element => getComputedStyle(element).color")
    change = "theme => jupyterapp.commands.execute('apputils:change-theme', { theme })"
    robustness.page.evaluate(change, "JupyterLab Dark")
    expect(note).not_to_have_css("color", light)
    picture = robustness.locator("figure.plot img").first
    expect(picture).to_have_css("background-color", "rgb(255, 255, 255)")
    robustness.page.evaluate(change, "JupyterLab Light")
    expect(note).to_have_css("color", light)


def test_a_notebook_without_its_inputs_says_what_to_run_first(ran, robustness, project):
    for name in ("processed", "lab"):
        (project / name).rename(project / f"{name} elsewhere")
    try:
        restart_and_run_all(robustness.page, PLAYED)
        output = robustness.locator("[data-mime-type$=stderr], [data-mime-type*=error]")
        expect(output).to_have_text(
            "processed/study.json is not there yet. Run 01_cleaning.ipynb first, or make, which "
            "runs all notebooks in order."
        )
        expect(robustness.locator(".jp-InputPrompt", has_text="[4]")).to_have_count(0)
    finally:
        for name in ("processed", "lab"):
            (project / f"{name} elsewhere").rename(project / name)
