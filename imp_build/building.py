"""From a study to its reports: every notebook that must run runs, and all pages appear at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from graphlib import TopologicalSorter
from pathlib import Path

import nbformat

from imp_build.execution import execute, without_traces
from imp_build.failure import FILE as FAILURE
from imp_build.front_page import word_file
from imp_build.inputs import SHOWN_DIGITS, Inputs, Settings, digest, digest_of
from imp_build.kernel_pool import Nursery, nursery
from imp_build.kernels import kernels_forked_by, stop_all_kernels
from imp_build.manifest import environment
from imp_build.notebooks import (
    Notebook,
    check_parameters,
    dependencies,
    find_notebooks,
    fit_to_study,
    matches,
)
from imp_build.pages import render_front_page, render_notebook, site_of
from imp_build.progress import PlainLines
from imp_build.provenance import installed_packages, write_crate, write_manifest
from imp_build.staging import BUILDS, lock, publish, stage
from imp_build.store import Store
from imp_helpers.display.exhibits import FOLDER as EXHIBITS
from imp_helpers.display.exhibits import read_tables
from imp_helpers.display.page import Site
from imp_helpers.privacy.record import gather_records
from imp_helpers.study import study as studies
from imp_helpers.study.errors import AnalysisError
from imp_helpers.study.folders import MARK


@dataclass(frozen=True)
class Origin:
    """What a notebook's page is made from.

    Parameters
    ----------
    files : dict of str to str
        The inputs that it depends on, with their SHA-256.
    parameters : dict of str to object
        Those that it has, as they are shown.
    earlier : dict of str to str
        The fingerprints of the notebooks that must run before it.
    """

    files: dict[str, str]
    parameters: dict[str, object]
    earlier: dict[str, str]

    @property
    def fingerprint(self) -> str:
        """The checksum of the study's files and parameters: no page changes when code moves."""
        brought = {name: self.files[name] for name in self.files if name.startswith("study/")}
        return digest_of([brought, self.parameters, self.earlier])[:SHOWN_DIGITS]

    def key(self, read: Mapping[str, str]) -> str:
        """Return what stands for all that its outputs depend on, here and now.

        In place of what other notebooks are made from stands what they have made, of which `read`
        gives the digests: a change that changes no output goes no further.
        """
        return digest_of([self.files, self.parameters, dict(read), environment()])

    def of_study(self) -> list[str]:
        """Return those of the files that lie in the study's folder, as they are called there."""
        return [name.removeprefix("study/") for name in self.files if name.startswith("study/")]


def build(
    settings: Settings, progress: PlainLines | None = None, preloaded: Nursery | None = None
) -> Path:
    """Run every notebook that what it depends on asks for, and put the reports in place.

    Parameters
    ----------
    settings : Settings
        What to build from, where to, and how.
    progress : PlainLines, optional
        Is told how far the build is.
    preloaded : Nursery, optional
        What forks the kernels, if it has been started already.

    Returns
    -------
    Path
        The front page.

    Raises
    ------
    AnalysisError
        If the study's files, a parameter or a notebook is wrong; the earlier reports are then as
        they were.
    """
    progress = progress or PlainLines()
    with lock(settings.out, progress.tell), closing(progress):
        if preloaded or not settings.fork:
            _build(settings, progress, preloaded)
        else:
            with nursery() as own:
                _build(settings, progress, own)
    return settings.reports / "index.html"


def _build(settings: Settings, progress: PlainLines, preloaded: Nursery | None) -> None:
    notebooks = find_notebooks(settings.notebooks)
    graph = dependencies(notebooks)
    check_parameters(settings.parameters, notebooks)
    study = studies.read_study(settings.study)
    site = site_of(study, notebooks)
    inputs = Inputs.of(settings)
    origins = origins_of(notebooks, graph, inputs, settings)
    store = Store(settings.out / BUILDS / "store")
    progress.begin(len(notebooks))
    pages: list[Future] = []
    with kernels_forked_by(preloaded), stage(settings.out) as staged, ThreadPoolExecutor() as pool:
        packages = pool.submit(installed_packages)

        def make_outputs(notebook: Notebook) -> None:
            origin = origins[notebook.name]
            key = origin.key(files_read(notebook, staged))
            if store.restore(notebook.name, key, staged):
                progress.as_before(notebook.name)
            else:
                made = notebook.reads + notebook.writes
                may_read = {settings.study: origin.of_study(), staged: made}
                run_notebook(notebook, study, settings, staged, may_read, progress)
                refuse_edited_files(inputs, origin.files)
                store.keep(notebook.name, key, staged, files_made_by(notebook, staged))
            # Who waits for the outputs need not wait for the page.
            pages.append(pool.submit(make_page, notebook, site, origin.fingerprint, staged))

        run_in_order(notebooks, graph, make_outputs, settings.jobs)
        for page in pages:
            page.result()
        refuse_undeclared_files(notebooks, staged)
        reports = staged / "reports"
        gather_records(reports)
        front_page = render_front_page(site, reports, study, inputs.of_study)
        write_text(reports / "index.html", front_page)
        made_from = {
            name: {"fingerprint": origin.fingerprint, "made_from": list(origin.files)}
            for name, origin in origins.items()
        }
        write_crate(settings, inputs, study, staged)
        write_manifest(settings, inputs, made_from, packages.result(), staged)
        publish(staged, settings.out)
    (settings.out / FAILURE).unlink(missing_ok=True)


def origins_of(
    notebooks: Iterable[Notebook],
    graph: Mapping[str, set[str]],
    inputs: Inputs,
    settings: Settings,
) -> dict[str, Origin]:
    """Return for each notebook's name what its page is made from."""
    by_name = {notebook.name: notebook for notebook in notebooks}
    origins: dict[str, Origin] = {}
    shown = settings.shown_parameters()
    for name in TopologicalSorter(graph).static_order():
        notebook = by_name[name]
        needed = inputs.needed_by(notebook.path.name, notebook.sources, notebook.study)
        origins[name] = Origin(
            files={file: inputs.digests[file] for file in needed},
            parameters={key: shown[key] for key in shown if key in notebook.parameters},
            earlier={other: origins[other].fingerprint for other in sorted(graph[name])},
        )
    return origins


def files_read(notebook: Notebook, staged: Path) -> dict[str, str]:
    """Return the digests of the files of other notebooks that a notebook reads."""
    files = {path for file in notebook.reads for path in staged.glob(file)}
    others = files - {path for file in notebook.writes for path in staged.glob(file)}
    return {path.relative_to(staged).as_posix(): digest(path) for path in sorted(others)}


def run_notebook(
    notebook: Notebook,
    study: studies.Study,
    settings: Settings,
    staged: Path,
    may_read: Mapping[Path, Iterable[str]],
    progress: PlainLines,
) -> None:
    """Run one notebook, check that it wrote what it declares, and save it with its outputs."""
    progress.starts(notebook.name)
    for file in notebook.writes:
        (staged / file).parent.mkdir(parents=True, exist_ok=True)
    notebook = fit_to_study(notebook, study)
    executed = execute(
        notebook,
        settings.real_parameters(staged),
        may_read=may_read,
        at_cell=partial(progress.at_cell, notebook.name),
    )
    missing = [file for file in notebook.writes if not any(staged.glob(file))]
    if missing:
        raise AnalysisError(
            f"{notebook.path.name} declares that it writes {', '.join(missing)}, but did not."
        )
    executed = without_traces(
        executed, notebook, settings.shown_parameters(), settings.shown_paths(staged)
    )
    copy = executed_copy(notebook, staged)
    copy.parent.mkdir(exist_ok=True)
    write_text(copy, nbformat.writes(executed) + "\n")
    progress.done(notebook.name)


def executed_copy(notebook: Notebook, staged: Path) -> Path:
    """Return where a notebook is saved with its outputs."""
    return staged / "reports" / "notebooks" / notebook.path.name


def files_made_by(notebook: Notebook, staged: Path) -> set[Path]:
    """Return every file that a notebook has made, as far as it declares them."""
    own = {path for file in notebook.writes for path in staged.glob(file)}
    records = (
        staged / "reports" / "disclosure" / f"{notebook.name}.csv",
        staged / EXHIBITS / f"{notebook.name}.json",
    )
    return own | {executed_copy(notebook, staged)} | {file for file in records if file.is_file()}


def make_page(notebook: Notebook, site: Site, fingerprint: str, staged: Path) -> None:
    """Make the page of a notebook that has run, and the tables on it for Word."""
    executed = nbformat.read(executed_copy(notebook, staged), as_version=4)
    page = render_notebook(executed, notebook, site, fingerprint)
    write_text(staged / "reports" / f"{notebook.name}.html", page)
    if tables := read_tables(staged, notebook.name):
        # Imported while notebooks run: it takes a tenth of a second.
        from imp_helpers.display import word

        document = word.tables_document(f"Tables: {notebook.title}", tables, bool(site.notice))
        file = word_file(staged / "reports", notebook.name)
        file.parent.mkdir(exist_ok=True)
        word.save(document, file)


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
            stop(pool, running)
            raise


def stop(pool: ThreadPoolExecutor, running: Iterable[Future]) -> None:
    """Start nothing more, and end what runs at once."""
    pool.shutdown(wait=False, cancel_futures=True)
    # A kernel may be just about to start: look again until all is quiet.
    while wait(running, timeout=0.1).not_done:
        stop_all_kernels()


def refuse_edited_files(inputs: Inputs, files: Iterable[str]) -> None:
    """Raise AnalysisError if an input was edited while a notebook was running on it.

    Nobody could tell whether the notebook read it before or after.
    """
    edited = [name for name in files if digest(inputs.files[name]) != inputs.digests[name]]
    if edited:
        raise AnalysisError(
            f"{', '.join(edited)} changed while the reports were being made. Run 'make' again."
        )


def refuse_undeclared_files(notebooks: Iterable[Notebook], staged: Path) -> None:
    """Raise AnalysisError if a file was processed that no notebook declares.

    Whoever reads such a file may run before it is made.
    """
    declared = [file for notebook in notebooks for file in notebook.writes]
    paths = (path for path in (staged / "processed").rglob("*") if path.is_file())
    made = {path.relative_to(staged).as_posix() for path in paths if path.name != MARK}
    unknown = sorted(file for file in made if not any(matches(file, d) for d in declared))
    if unknown:
        raise AnalysisError(
            f"A notebook wrote {', '.join(unknown)}. Name it under 'writes' in the metadata of "
            "the notebook that makes it."
        )
