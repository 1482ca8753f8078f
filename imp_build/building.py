"""From a study to its reports: what must run is run, and all pages appear at once."""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from functools import partial
from graphlib import TopologicalSorter
from pathlib import Path

import nbformat
from nbformat.v4 import new_markdown_cell, new_notebook

from imp_build.inputs import Inputs, Settings, digest, digest_of, fingerprint, of_study
from imp_build.manifest import environment, installed_packages, write_codecheck, write_manifest
from imp_build.notebook_process import kill_all, notebook_variables
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
from imp_build.outputs import BUILDS, FAILURE_PAGE, Store, gather_disclosures, lock, publish, stage
from imp_build.pages import answer_of, render_notebook, site_of
from imp_build.progress import PlainLines
from imp_common.errors import AnalysisError
from imp_common.folders import MARK
from imp_intake.settings import study as studies
from imp_report.exhibits import FOLDER as EXHIBITS
from imp_report.exhibits import outdated, read_exhibits, read_tables
from imp_report.notebook_style import ISSUED
from imp_report.page import Site

# What a notebook's outputs depend on, and the part of it that its page shows: the study's files and
# the parameters, so that no page changes when code moves.
NotebookInputs = namedtuple("NotebookInputs", ["files", "parameters", "fingerprint"])


def build(settings: Settings, progress: PlainLines | None = None) -> Path:
    """Run every notebook whose inputs have changed, put all reports in place, return their page.

    If the study's files, a parameter or a notebook is wrong, AnalysisError is raised, and the
    earlier reports are as they were.
    """
    progress = progress or PlainLines()
    with (
        lock(settings.out, progress.tell),
        closing(progress),
        notebook_variables(),
        stage(settings.out) as staged,
    ):
        _make_reports(settings, staged, progress)
        publish(staged, settings.out)
    (settings.out / FAILURE_PAGE).unlink(missing_ok=True)
    return settings.reports / "index.html"


def _make_reports(settings: Settings, staged: Path, progress: PlainLines) -> None:
    """Write all outputs of a build into the folder `staged`."""
    notebooks = find_notebooks(settings.notebooks)
    graph = dependencies(notebooks)
    check_parameters(settings.parameters, notebooks)
    study = studies.read_study(settings.study)
    site = site_of(study, notebooks)
    inputs = Inputs.of(settings)
    needs = inputs_by_notebook(notebooks, graph, settings, inputs)
    store = Store(settings.out / BUILDS / "store")
    progress.count = len(notebooks)
    pages: list[Future] = []
    with ThreadPoolExecutor() as pool:
        # The manifest asks for them again, and then they are known.
        pool.submit(installed_packages)

        def make_outputs(notebook: Notebook) -> None:
            own = needs[notebook.name]
            # Of other notebooks their outputs count, so that a change of no output goes no further.
            read = files_read(notebook, staged)
            made_by = own.files | {f"notebooks/{notebook.path.name}": notebook.code_digest}
            key = digest_of([made_by, own.parameters, read, environment()])
            if store.restore(notebook.name, key, staged):
                renew_text(notebook, study, staged)
                progress.as_before(notebook.name)
            else:
                in_study = [name.removeprefix("study/") for name in of_study(own.files)]
                may_read = {settings.study: in_study, staged: notebook.reads + notebook.writes}
                run_notebook(notebook, study, settings, staged, may_read, progress)
                refuse_edited_files(inputs, own.files)
                store.keep(notebook.name, key, staged, files_made_by(notebook, staged))
            # A notebook that waits for these outputs need not wait for the page.
            made_by = [key, inputs.page_code, own.fingerprint, repr(site)]
            make = partial(make_page, notebook, site, own.fingerprint, staged)
            if notebook.name != INDEX:
                pages.append(pool.submit(keep_page, notebook, made_by, make, staged, store))

        run_in_order(notebooks, graph, make_outputs, settings.jobs)
        for page in pages:
            page.result()
    refuse_undeclared_files(notebooks, staged)
    reports = staged / "reports"
    gather_disclosures(reports)
    refuse_outdated_sentences(staged)
    checksum = fingerprint(of_study(inputs.shown_digests))
    write_text(reports / "index.html", front_page(notebooks, site, checksum, staged))
    made_from = {
        name: {"fingerprint": own.fingerprint, "made_from": list(own.files)}
        for name, own in needs.items()
    }
    write_codecheck(study, read_exhibits(staged), reports)
    write_manifest(settings, inputs, made_from, staged)


def inputs_by_notebook(
    notebooks: Iterable[Notebook], graph: Mapping[str, set[str]], settings: Settings, inputs: Inputs
) -> dict[str, NotebookInputs]:
    """Return for each notebook's name what its outputs depend on."""
    by_name = {notebook.name: notebook for notebook in notebooks}
    needs: dict[str, NotebookInputs] = {}
    shown = settings.shown_parameters()
    for name in TopologicalSorter(graph).static_order():
        notebook = by_name[name]
        needed = inputs.needed_by(notebook.path.name, notebook.sources, notebook.study)
        files = {file: inputs.digests[file] for file in needed}
        parameters = {key: shown[key] for key in shown if key in notebook.parameters}
        earlier = {other: needs[other].fingerprint for other in graph[name]}
        shown_on_page = fingerprint([of_study(files), parameters, earlier])
        needs[name] = NotebookInputs(files, parameters, shown_on_page)
    return needs


def files_read(notebook: Notebook, staged: Path) -> dict[str, str]:
    """Return the digests of the files of other notebooks that a notebook reads."""
    others = _glob(staged, notebook.reads) - _glob(staged, notebook.writes)
    return {path.relative_to(staged).as_posix(): digest(path) for path in sorted(others)}


def files_made_by(notebook: Notebook, staged: Path) -> set[Path]:
    """Return every file that a notebook has made, as far as it declares them."""
    files = {executed_copy(notebook, staged)} | _glob(staged, notebook.writes)
    records = (f"reports/disclosure/{notebook.name}.csv", f"{EXHIBITS}/{notebook.name}.json")
    return files | _glob(staged, records)


def _glob(staged: Path, files: Iterable[str]) -> set[Path]:
    return {path for file in files for path in staged.glob(file)}


def executed_copy(notebook: Notebook, staged: Path) -> Path:
    """Return where a notebook is saved with its outputs."""
    return staged / "reports" / "notebooks" / notebook.path.name


def run_notebook(
    notebook: Notebook, study: studies.Study, settings: Settings, staged: Path, may_read: Mapping,
    progress: PlainLines,
) -> None:  # fmt: skip
    """Run one notebook, check that it wrote what it declares, and save it with its outputs."""
    # Imported where a notebook runs: a page whose text alone was edited needs none of it.
    from imp_build.execution import execute, without_traces

    progress.starts(notebook.name)
    for file in notebook.writes:
        (staged / file).parent.mkdir(parents=True, exist_ok=True)
    notebook = fit_to_study(notebook, study)
    at_cell = partial(progress.at_cell, notebook.name)
    folders = {"study_folder": str(settings.study), "out_folder": str(staged)}
    parameters = folders | dict(settings.parameters)
    executed = execute(notebook, parameters, may_read, settings.fork, at_cell)
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


def renew_text(notebook: Notebook, study: studies.Study, staged: Path) -> None:
    """Put the notebook's text of today around the outputs that were kept of its code."""
    copy = executed_copy(notebook, staged)
    executed = nbformat.read(copy, as_version=4)
    kept = iter([cell for cell in executed.cells if cell.cell_type == "code"])
    cells = []
    for cell in fit_to_study(notebook, study).content.cells:
        cells.append(next(kept) if cell.cell_type == "code" else cell)
        if "parameters" in tags(cell) and any(INJECTED in tags(c) for c in executed.cells):
            cells.append(next(kept))
    executed.cells = cells
    write_text(copy, nbformat.writes(executed) + "\n")


def keep_page(
    notebook: Notebook, made_by: list, make: Callable[[], list[Path]], staged: Path, store: Store
) -> None:
    """Make a notebook's page, or take the one that was kept if it was made by the same."""
    key = digest_of([*made_by, digest(executed_copy(notebook, staged))])
    if not store.restore(f"{notebook.name}.page", key, staged):
        store.keep(f"{notebook.name}.page", key, staged, make())


def make_page(notebook: Notebook, site: Site, fingerprint: str, staged: Path) -> list[Path]:
    """Make the page of a notebook that has run, and the tables on it for Word; return the files."""
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
        return [page, file]
    return [page]


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


def refuse_edited_files(inputs: Inputs, files: Iterable[str]) -> None:
    """Raise AnalysisError if an input was edited while a notebook was running on it."""
    if edited := [n for n in files if digest(inputs.files[n]) != inputs.digests[n]]:
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
