"""Run all notebooks on a study and put their reports in place: ``python -m imp_helpers.run``."""

from __future__ import annotations

import argparse
import ast
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing, nullcontext, suppress
from dataclasses import dataclass, field
from functools import partial
from graphlib import TopologicalSorter
from pathlib import Path

import nbformat
from markupsafe import Markup

from imp_helpers import study as studies
from imp_helpers.disclosure import gather_records
from imp_helpers.errors import AnalysisError
from imp_helpers.execution import execute, without_traces
from imp_helpers.kernels import preloaded_kernels, stop_all_kernels
from imp_helpers.notebooks import (
    Notebook,
    check_parameters,
    dependencies,
    find_notebooks,
    matches,
)
from imp_helpers.nursery import CAN_FORK
from imp_helpers.parts import fitted
from imp_helpers.progress import OneLine, PlainLines
from imp_helpers.render import Site, render_front_page, render_notebook, render_page
from imp_helpers.staging import MARK, publish, stage

# The page that a failed build leaves under OUT, until a good one takes it away.
FAILURE = "failure.html"


@dataclass(frozen=True)
class Settings:
    """What to build from, where to, and how.

    Parameters
    ----------
    study : Path
        The folder with the study's files.
    out : Path
        Where ``processed`` and ``reports`` go.
    notebooks : Path
        The folder with the notebooks.
    parameters : mapping of str to object
        Values for the notebooks' parameters.
    jobs : int
        How many notebooks may run side by side.
    fork : bool
        Whether kernels are forked from one that has imported what all use.
    """

    study: Path
    out: Path
    notebooks: Path
    parameters: Mapping[str, object] = field(default_factory=dict)
    jobs: int = min(os.cpu_count() or 1, 2) + 1
    fork: bool = CAN_FORK

    def shown_parameters(self) -> dict[str, object]:
        """Return all parameters as a reader of the reports would write them."""
        project = self.notebooks.parent
        study = self.study.name
        if self.study.is_relative_to(project):
            study = Path(os.path.relpath(self.study, self.notebooks)).as_posix()
        return {"study_folder": study, "out_folder": "..", **self.parameters}

    def real_parameters(self, staged: Path) -> dict[str, object]:
        """Return all parameters as the notebooks need them while they run."""
        return {"study_folder": str(self.study), "out_folder": str(staged), **self.parameters}

    def shown_paths(self, staged: Path) -> dict[str, str]:
        """Return what stands in outputs in place of the paths of this machine."""
        return {
            str(staged): "..",
            str(self.study): str(self.shown_parameters()["study_folder"]),
            str(self.notebooks.parent): "..",
            str(Path(__file__).parent): "imp_helpers",
            sys.prefix: "environment",
            str(Path.home()): "home",
        }


def build(
    settings: Settings,
    tell: Callable[[str], None] = print,
    progress_of: Callable[[int], PlainLines] | None = None,
) -> Path:
    """Run every notebook and put the reports in place.

    Parameters
    ----------
    settings : Settings
        What to build from, where to, and how.
    tell : callable
        Takes each line about the progress.
    progress_of : callable, optional
        Makes what shows the progress instead, from the number of notebooks.

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
    notebooks = find_notebooks(settings.notebooks)
    graph = dependencies(notebooks)
    check_parameters(settings.parameters, notebooks)
    study = studies.read_study(settings.study)
    site = Site.of(study, notebooks)
    progress = progress_of(len(notebooks)) if progress_of else PlainLines(tell)
    kernels = preloaded_kernels() if settings.fork else nullcontext()
    with closing(progress), kernels, stage(settings.out) as staged:

        def make_report(notebook: Notebook) -> None:
            progress.starts(notebook.name)
            at_cell = partial(progress.at_cell, notebook.name)
            make_page(fitted(notebook, study), site, settings, staged, at_cell)
            progress.done(notebook.name)

        run_in_order(notebooks, graph, make_report, settings.jobs)
        refuse_undeclared_files(notebooks, staged)
        gather_records(staged / "reports")
        front_page = render_front_page(site, staged / "reports", study)
        (staged / "reports" / "index.html").write_text(front_page, encoding="utf-8", newline="\n")
        publish(staged, settings.out)
    (settings.out / FAILURE).unlink(missing_ok=True)
    return settings.out / "reports" / "index.html"


def make_page(
    notebook: Notebook,
    site: Site,
    settings: Settings,
    staged: Path,
    at_cell: Callable[[int, int], None],
) -> None:
    """Run one notebook, check that it wrote what it declares, and save it and its page."""
    for file in notebook.writes:
        (staged / file).parent.mkdir(parents=True, exist_ok=True)
    executed = execute(notebook, settings.real_parameters(staged), at_cell)
    missing = [file for file in notebook.writes if not any(staged.glob(file))]
    if missing:
        raise AnalysisError(
            f"{notebook.path.name} declares that it writes {', '.join(missing)}, but did not."
        )
    executed = without_traces(
        executed, notebook, settings.shown_parameters(), settings.shown_paths(staged)
    )
    reports = staged / "reports"
    (reports / "notebooks").mkdir(exist_ok=True)
    copy = reports / "notebooks" / notebook.path.name
    copy.write_text(nbformat.writes(executed) + "\n", encoding="utf-8", newline="\n")
    page = render_notebook(executed, notebook, site)
    (reports / f"{notebook.name}.html").write_text(page, encoding="utf-8", newline="\n")


def run_in_order(
    notebooks: Iterable[Notebook],
    graph: Mapping[str, set[str]],
    make_report: Callable[[Notebook], None],
    jobs: int,
) -> None:
    """Make each report once those that it depends on are made, as many at once as `jobs` says."""
    by_name = {notebook.name: notebook for notebook in notebooks}
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    running: dict[Future, str] = {}
    with ThreadPoolExecutor(jobs) as pool:
        try:
            while sorter.is_active():
                for name in sorted(sorter.get_ready()):
                    running[pool.submit(make_report, by_name[name])] = name
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


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m imp_helpers.run", description=__doc__)
    parser.add_argument("--study", type=Path, default=Path("data"), help="the study's folder")
    parser.add_argument("--out", type=Path, default=Path(), help="where the reports go")
    parser.add_argument("--notebooks", type=Path, default=Path("notebooks"))
    parser.add_argument(
        "-p", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"),
        help="a value for one of the notebooks' parameters",
    )  # fmt: skip
    parser.add_argument("--jobs", type=int, default=Settings.jobs, help="notebooks at once")
    parser.add_argument("--no-fork", action="store_true", help="start each kernel from nothing")
    return parser.parse_args(arguments)


def value_of(text: str) -> object:
    """Return a number, True, False, None or a list if the text is one, or else the text."""
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks for; return the exit code."""
    options = read_arguments(arguments)
    settings = Settings(
        study=options.study.resolve(),
        out=options.out.resolve(),
        notebooks=options.notebooks.resolve(),
        parameters={name: value_of(text) for name, text in options.p},
        jobs=max(options.jobs, 1),
        fork=CAN_FORK and not options.no_fork,
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        start = time.monotonic()
        one_line = partial(OneLine, sys.stdout) if sys.stdout.isatty() else None
        front_page = build(settings, lambda line: print(line, flush=True), one_line)
    except AnalysisError as error:
        return fail(str(error), settings)
    except OSError as error:
        return fail(f"{error.strerror}: {error.filename}", settings)
    except KeyboardInterrupt:
        print(f"Interrupted. {reassurance(settings)}", file=sys.stderr)
        return 130
    seconds = time.monotonic() - start
    print(f"All reports are done after {seconds:.1f} s: {shortest(front_page)}")
    return 0


def fail(why: str, settings: Settings) -> int:
    """Say on the terminal and on a page why a build failed; return the exit code."""
    print(f"{why}\n{reassurance(settings)}", file=sys.stderr)
    body = Markup("<p>{}</p>\n<pre class='result warning'>{}</pre>\n<p>{}</p>").format(
        "The build did not come to its end. This is what stopped it, and what to do:",
        why,
        f"{reassurance(settings)} The next build that succeeds takes this page away.",
    )
    with suppress(OSError):
        settings.out.mkdir(parents=True, exist_ok=True)
        page = render_page("The reports could not be made", body)
        (settings.out / FAILURE).write_text(page, encoding="utf-8", newline="\n")
        print(f"The same as a page: {shortest(settings.out / FAILURE)}", file=sys.stderr)
    return 1


def reassurance(settings: Settings) -> str:
    """Say where a build that did not come to its end leaves the reader."""
    there = (settings.out / "reports" / "index.html").exists()
    return "The earlier reports are as they were." if there else "No reports were made."


def shortest(path: Path) -> Path:
    """Return a path as it is written from the current folder, if it lies below it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


if __name__ == "__main__":
    sys.exit(main())
