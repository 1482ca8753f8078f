"""Run all notebooks on a study and put their reports in place: ``python -m imp_helpers.run``.

What takes long to import is imported last: to find that nothing has changed takes none of it, and
while it is being imported, the process that forks the kernels already imports what they need.
"""

from __future__ import annotations

import argparse
import ast
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from imp_helpers.errors import AnalysisError
from imp_helpers.inputs import Settings
from imp_helpers.manifest import is_up_to_date
from imp_helpers.surroundings import CAN_FORK

if TYPE_CHECKING:
    from imp_helpers.progress import PlainLines


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m imp_helpers.run",
        description="Run all notebooks on a study and put their reports in place.",
    )
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
    if is_up_to_date(settings):
        page = shortest(settings.reports / "index.html")
        print(f"Nothing has changed. Open {page} to read the reports.")
        return 0
    return build_all(settings)


def build_all(settings: Settings) -> int:
    """Build, and say what came of it; return the exit code."""
    from imp_helpers.nursery import nursery
    from imp_helpers.progress import OneLine, PlainLines

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    progress = OneLine(sys.stdout) if sys.stdout.isatty() else PlainLines(say)
    start = time.monotonic()
    try:
        with nursery(settings.fork) as preloaded:
            from imp_helpers.building import build

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
    from imp_helpers.failure import write_failure
    from imp_helpers.privacy_settings import quotes_data

    told = f"{why}\n{reassurance(settings)}"
    print(told, file=sys.stderr)
    with suppress(OSError):
        shown = why if quotes_data(settings.study) else public or why
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


if __name__ == "__main__":
    sys.exit(main())
