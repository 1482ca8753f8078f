"""Run all notebooks on a study and put their reports in place: ``make``.

What takes long to import is imported last: to find that nothing has changed takes none of it, and
while it is being imported, the process that forks the kernels already imports what they need.
"""

from __future__ import annotations

import ast
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from imp_build.environment import CAN_FORK
from imp_build.inputs import Settings
from imp_build.manifest import is_up_to_date
from imp_helpers.study.errors import AnalysisError

if TYPE_CHECKING:
    from imp_build.progress import PlainLines


def value_of(text: str) -> object:
    """Return a number, True, False, None or a list if the text is one, or else the text."""
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text


def run_build(
    study: Path,
    out: Path,
    notebooks: Path,
    parameters: list[tuple[str, str]],
    jobs: int | None,
    fork: bool,
) -> int:
    """Build the reports of a study if anything changed; return the exit code."""
    settings = Settings(
        study=study.resolve(),
        out=out.resolve(),
        notebooks=notebooks.resolve(),
        parameters={name: value_of(text) for name, text in parameters},
        jobs=max(jobs or Settings.jobs, 1),
        fork=CAN_FORK and fork,
    )
    if is_up_to_date(settings):
        page = shortest(settings.reports / "index.html")
        print(f"Nothing has changed. Open {page} to read the reports.")
        return 0
    return build_all(settings)


def build_all(settings: Settings) -> int:
    """Build, and say what came of it; return the exit code."""
    from imp_build.kernel_pool import nursery
    from imp_build.progress import OneLine, PlainLines

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    progress = OneLine(sys.stdout) if sys.stdout.isatty() else PlainLines(say)
    start = time.monotonic()
    try:
        with nursery(settings.fork) as preloaded:
            from imp_build.building import build

            front_page = build(settings, progress, preloaded)
    except AnalysisError as error:
        return fail(str(error), settings, error.public)
    except OSError as error:
        return fail(f"{error.strerror}: {error.filename}", settings)
    except KeyboardInterrupt:
        print(f"Interrupted. {what_is_kept(progress)}{reassurance(settings)}", file=sys.stderr)
        return 130
    seconds = time.monotonic() - start
    print(f"All reports are done after {seconds:.1f} s. Open {shortest(front_page)} to read them.")
    return 0


def say(line: str) -> None:
    """Print a line at once, also where the output is no terminal."""
    print(line, flush=True)


def fail(why: str, settings: Settings, public: str = "") -> int:
    """Say on the terminal and on a page why a build failed; return the exit code.

    The page of a study under disclosure control says what is `public`.
    """
    from imp_build.failure import write_failure
    from imp_helpers.study.study import may_quote_data

    told = f"{why}\n{reassurance(settings)}"
    print(told, file=sys.stderr)
    with suppress(OSError):
        shown = why if may_quote_data(settings.study) else public or why
        page = write_failure(shown, reassurance(settings), settings.out)
        print(f"The same as a page: {shortest(page)}", file=sys.stderr)
    return 1


def what_is_kept(progress: PlainLines) -> str:
    """Say how far a build came that was interrupted."""
    if not progress.ran:
        return ""
    return f"{len(progress.ran)} of {progress.count} notebooks are done and need not run again. "


def reassurance(settings: Settings) -> str:
    """Say where a build that did not come to its end leaves the reader."""
    there = (settings.reports / "index.html").exists()
    return "The earlier reports are as they were." if there else "No reports were made."


def shortest(path: Path) -> Path:
    """Return a path as it is written from the current folder, if it lies below it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
