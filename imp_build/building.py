"""From a study to its reports: what has changed runs, and all pages appear at once."""

import shutil
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from pathlib import Path

import nbformat
from nbformat.v4 import new_markdown_cell, new_notebook

from imp_build.execution import execute, kill_all, notebook_variables, without_traces
from imp_build.inputs import Inputs, Settings, digest, digest_of
from imp_build.manifest import (
    environment,
    installed_packages,
    read_manifest,
    write_codecheck,
    write_manifest,
)
from imp_build.notebooks import (
    INDEX,
    INJECTED,
    Notebook,
    check_parameters,
    dependencies,
    find_notebooks,
    fit_to_study,
    matches,
    tags,
)
from imp_build.outputs import FAILURE_PAGE, gather_disclosures, lock, publish, stage
from imp_build.pages import answer_of, render_notebook, site_of
from imp_build.progress import Progress
from imp_common.errors import AnalysisError
from imp_common.folders import MARK
from imp_intake.settings import study as studies
from imp_report.exhibits import FOLDER as EXHIBITS
from imp_report.exhibits import outdated, read_exhibits, read_tables
from imp_report.notebook_style import ISSUED
from imp_report.page import Site


def build(settings: Settings, progress: Progress | None = None) -> Path:
    """Run every notebook whose inputs have changed, put all reports in place, return their page.

    If the study's files, a parameter or a notebook is wrong, AnalysisError is raised, and the
    earlier reports are as they were.
    """
    progress = progress or Progress()
    with lock(settings.out, progress.tell), notebook_variables(), stage(settings.out) as staged:
        _make_reports(settings, staged, progress)
        publish(staged, settings.out)
    (settings.out / FAILURE_PAGE).unlink(missing_ok=True)
    return settings.reports / "index.html"


def _make_reports(settings: Settings, staged: Path, progress: Progress) -> None:
    """Write all outputs of a build into the folder `staged`."""
    notebooks = find_notebooks(settings.notebooks)
    graph = dependencies(notebooks)
    check_parameters(settings.parameters, notebooks)
    study = studies.read_study(settings.study)
    site, inputs = site_of(study, notebooks), Inputs.of(settings)
    fingerprint, earlier = inputs.fingerprint(), read_manifest(settings.reports)
    made: dict[str, dict] = {}
    pages: list[Future] = []
    with ThreadPoolExecutor() as pool:
        # The manifest asks for them again, and then they are known.
        pool.submit(installed_packages)

        def make_outputs(notebook: Notebook) -> None:
            key = key_of(notebook, inputs, settings, staged)
            if not reuse(earlier, notebook.name, key, settings.out, staged):
                run_notebook(notebook, study, settings, inputs, staged, progress)
            made[notebook.name] = {"key": key, "made": files_made_by(notebook, staged)}
            # A notebook that waits for these outputs need not wait for the page.
            if notebook.name != INDEX:
                pages.append(pool.submit(make_page, notebook, site, fingerprint, staged))

        run_in_order(notebooks, graph, make_outputs, settings.jobs)
        for page in pages:
            page.result()
    refuse_edited_files(inputs)
    refuse_undeclared_files(notebooks, staged)
    reports = staged / "reports"
    gather_disclosures(reports)
    refuse_outdated_sentences(staged)
    write_text(reports / "index.html", front_page(notebooks, site, fingerprint, staged))
    write_codecheck(study, read_exhibits(staged), reports)
    write_manifest(settings, inputs, made, staged)


def key_of(notebook: Notebook, inputs: Inputs, settings: Settings, staged: Path) -> str:
    """Return the digest of all that the outputs of a notebook depend on.

    Of other notebooks their outputs count, so that a change of no output goes no further.
    """
    others = _glob(staged, notebook.reads) - _glob(staged, notebook.writes)
    shown = settings.shown_parameters()
    return digest_of(
        [
            inputs.digests[f"notebooks/{notebook.path.name}"],
            inputs.code,
            environment(),
            inputs.read_by(notebook.study),
            {name: shown[name] for name in shown if name in notebook.parameters},
            {path.relative_to(staged).as_posix(): digest(path) for path in others},
        ]
    )


def reuse(earlier: Mapping, notebook: str, key: str, out: Path, staged: Path) -> bool:
    """Copy what a notebook made in the earlier build; False if it depends on something else now."""
    known = earlier.get("notebooks", {}).get(notebook, {})
    digests = {file: earlier.get("outputs", {}).get(file) for file in known.get("made", ())}
    there = all((out / file).is_file() and digest(out / file) == digests[file] for file in digests)
    if not digests or known.get("key") != key or not there:
        return False
    for file in digests:
        (staged / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(out / file, staged / file)
    return True


def files_made_by(notebook: Notebook, staged: Path) -> list[str]:
    """Return every file that a notebook has made, as far as it declares them."""
    records = (f"reports/disclosure/{notebook.name}.csv", f"{EXHIBITS}/{notebook.name}.json")
    files = {executed_copy(notebook, staged)} | _glob(staged, (*notebook.writes, *records))
    return sorted(file.relative_to(staged).as_posix() for file in files)


def _glob(staged: Path, files: Iterable[str]) -> set[Path]:
    return {path for file in files for path in staged.glob(file)}


def executed_copy(notebook: Notebook, staged: Path) -> Path:
    """Return where a notebook is saved with its outputs."""
    return staged / "reports" / "notebooks" / notebook.path.name


def run_notebook(
    notebook: Notebook, study: studies.Study, settings: Settings, inputs: Inputs, staged: Path,
    progress: Progress,
) -> None:  # fmt: skip
    """Run one notebook, check that it wrote what it declares, and save it with its outputs."""
    progress.starts(notebook.name)
    for file in notebook.writes:
        (staged / file).parent.mkdir(parents=True, exist_ok=True)
    in_study = [name.removeprefix("study/") for name in inputs.read_by(notebook.study)]
    may_read = {settings.study: in_study, staged: notebook.reads + notebook.writes}
    notebook = fit_to_study(notebook, study)
    folders = {"study_folder": str(settings.study), "out_folder": str(staged)}
    executed = execute(notebook, folders | dict(settings.parameters), may_read, settings.fork)
    if study.settings.disclosure_control:
        refuse_unissued_outputs(executed, notebook.path.name)
    missing = [file for file in notebook.writes if not any(staged.glob(file))]
    if missing:
        raise AnalysisError(
            f"{notebook.path.name} declares that it writes {', '.join(missing)}, but did not."
        )
    shown = settings.shown_parameters()
    executed = without_traces(executed, notebook, shown, settings.shown_paths(staged))
    copy = executed_copy(notebook, staged)
    copy.parent.mkdir(exist_ok=True)
    write_text(copy, nbformat.writes(executed) + "\n")
    progress.done(notebook.name)


def refuse_unissued_outputs(executed: nbformat.NotebookNode, file: str) -> None:
    """Raise AnalysisError if a notebook shows what has not passed disclosure control."""
    problems, number = [], 0
    for cell in executed.cells:
        number += cell.cell_type == "code" and INJECTED not in tags(cell)
        # What libraries warn of is for the person who runs the notebook, not for readers.
        if "outputs" in cell:
            cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr"]
        for output in cell.get("outputs", ()):
            about = output.get("metadata", {})
            if ISSUED not in (about, *about.values()):
                shown = output.get("name") or " or ".join(output.get("data", {}))
                line = cell.source.strip().splitlines()[-1]
                problems.append(f"cell [{number}] shows {shown} by itself: {line}")
    if problems:
        raise AnalysisError(
            "\n".join(f"{file}: {problem}" for problem in problems)
            + "\nWith disclosure control on, reports show only what has passed the desk. "
            "Show it with desk.show, desk.figure or desk.say, or end the line with a semicolon."
        )


def make_page(notebook: Notebook, site: Site, fingerprint: str, staged: Path) -> None:
    """Make the page of a notebook that has run, and the tables on it for Word."""
    executed = nbformat.read(executed_copy(notebook, staged), as_version=4)
    page = staged / "reports" / f"{notebook.name}.html"
    write_text(page, render_notebook(executed, notebook, site, fingerprint))
    if tables := read_tables(staged, notebook.name):
        # Imported while notebooks run: it takes a tenth of a second.
        from imp_report import word

        document = word.tables_document(f"Tables: {notebook.title}", tables, bool(site.notice))
        file = word_file(staged / "reports", notebook.name)
        file.parent.mkdir(exist_ok=True)
        word.save(document, file)


def front_page(notebooks: list[Notebook], site: Site, checksum: str, staged: Path) -> str:
    """Return the page that leads to all others: the notebook that is written for it, if any."""
    reports = [notebook for notebook in notebooks if notebook.name != INDEX]
    executed = [nbformat.read(executed_copy(n, staged), as_version=4) for n in notebooks]
    answers = {f"{n.name}.html": answer_of(e) for n, e in zip(reports, executed, strict=False)}
    if len(notebooks) > len(reports):
        return render_notebook(executed[-1], notebooks[-1], site, checksum, answers)
    content = new_notebook(cells=[new_markdown_cell(f"# {site.title}\n\n{site.question}")])
    cover = Notebook(Path(f"{INDEX}.ipynb"), content, site.short_title, (), ())
    return render_notebook(content, cover, site, checksum, answers)


def word_file(reports: Path, page: str) -> Path:
    """Return where the tables of a page ("05_effectiveness") stand for Word."""
    return reports / "word" / f"{page}.docx"


def refuse_outdated_sentences(staged: Path) -> None:
    """Raise AnalysisError if what notebooks say is not true of the data any more."""
    lines = [f"{notebook}.ipynb: {said}" for notebook, said in outdated(staged)]
    if lines:
        told = "These sentences are not true of the data any more. Rewrite them:"
        raise AnalysisError("\n".join([told, *lines]), f"{told} {len(lines)} in all.")


def write_text(file: Path, text: str) -> None:
    """Write a text with the same bytes on every system."""
    file.write_text(text, encoding="utf-8", newline="\n")


def run_in_order(
    notebooks: Iterable[Notebook],
    graph: Mapping[str, set[str]],
    make_outputs: Callable[[Notebook], None],
    jobs: int,
) -> None:
    """Make each notebook's outputs once those that it depends on are made, `jobs` at once."""
    by_name = {notebook.name: notebook for notebook in notebooks}
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    running: dict[Future, str] = {}
    with ThreadPoolExecutor(jobs) as pool:
        try:
            while sorter.is_active():
                for name in sorted(sorter.get_ready()):
                    running[pool.submit(make_outputs, by_name[name])] = name
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    future.result()
                    sorter.done(running.pop(future))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            # A process may be just about to start: look again until all is quiet. `wait` never
            # counts a future as done that was cancelled while it stood in the queue.
            while not all(future.done() for future in running):
                kill_all()
                wait(running, timeout=0.1)
            raise


def refuse_edited_files(inputs: Inputs) -> None:
    """Raise AnalysisError if an input was edited while notebooks were running on it."""
    if edited := [name for name in inputs.files if inputs.digest_now(name) != inputs.digests[name]]:
        raise AnalysisError(
            f"{', '.join(edited)} changed while the reports were being made. Run 'make' again."
        )


def refuse_undeclared_files(notebooks: Iterable[Notebook], staged: Path) -> None:
    """Raise AnalysisError if a notebook made a file that none declares, and another may need."""
    declared = [file for notebook in notebooks for file in notebook.writes]
    paths = [path for path in (staged / "processed").rglob("*") if path.is_file()]
    made = {path.relative_to(staged).as_posix() for path in paths if path.name != MARK}
    if unknown := sorted(f for f in made if not any(matches(f, known) for known in declared)):
        raise AnalysisError(
            f"A notebook wrote {', '.join(unknown)}. Name it under 'writes' in the metadata of "
            "the notebook that makes it."
        )
