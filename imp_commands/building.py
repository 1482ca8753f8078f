"""Run all notebooks on a study and put their reports in place: ``make``.

What takes long to import is imported last: to find that nothing has changed needs none of it.
"""

import ast
import csv
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from imp_build.inputs import CAN_FORK, Inputs, Settings, notebooks_of
from imp_build.manifest import is_up_to_date, read_manifest
from imp_common.errors import AnalysisError, system_failure

OTHER_DATA = (
    "Warning: the data have changed since the earlier reports. Whoever has both versions can "
    "compute what has changed, which may be one person's answers: publish one of them only."
)


def value_of(text: str) -> object:
    """Return a number, True, False, None or a list if the text is one, or else the text."""
    with suppress(SyntaxError, ValueError):
        # Two numbers with a comma between them are a decimal comma and no pair.
        return text if isinstance(value := ast.literal_eval(text), tuple) else value
    return text


def run_build(
    study: Path, out: Path, notebooks: Path | None, parameters: list, jobs: int | None, fork: bool
) -> int:
    """Build the reports of a study if anything changed; return the exit code."""
    settings = Settings(
        study=study.resolve(),
        out=out.resolve(),
        notebooks=(notebooks or notebooks_of(study)).resolve(),
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
    """Build, and report the result; return the exit code."""
    from imp_build.progress import Progress

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    start = time.monotonic()
    try:
        from imp_build.building import build

        earlier = read_manifest(settings.reports).get("inputs", {})
        front_page = build(settings, Progress(say))
    except AnalysisError as error:
        return fail(str(error), settings, error.public)
    except OSError as error:
        return fail(system_failure(error), settings)
    except KeyboardInterrupt:
        print(f"Interrupted. {reassurance(settings)}", file=sys.stderr)
        return 130
    say(coverage(settings.out))
    if has_other_data(earlier, settings):
        say(OTHER_DATA)
    seconds = time.monotonic() - start
    print(f"All reports are done after {seconds:.1f} s. Open {shortest(front_page)} to read them.")
    return 0


def say(line: str) -> None:
    """Print a line at once, its end with it, so that lines of several threads stay apart."""
    print(f"{line}\n", end="", flush=True)


def has_other_data(earlier: dict[str, str], settings: Settings) -> bool:
    """Return whether the reports that were replaced were made from other data of people."""
    inputs = Inputs.of(settings)
    if not inputs.secret or not earlier:
        return False
    return any(earlier.get(name) != inputs.digests[name] for name in inputs.data)


def coverage(out: Path) -> str:
    """Return what a check of the study's files says is analysed, from the build."""
    file = out / "processed" / "coverage.csv"
    if not file.is_file():
        return ""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = [f"  {topic}: {detail}" for topic, detail in [*csv.reader(lines)][1:]]
    return "\n".join(["What will be analysed:", *rows]) if rows else ""


def fail(why: str, settings: Settings, public: str = "") -> int:
    """Report on the terminal and on a page why a build failed; return the exit code.

    The page of a study under disclosure control shows the text `public`.
    """
    from imp_intake.settings.study import may_quote_data

    print(f"{why}\n{reassurance(settings)}", file=sys.stderr)
    with suppress(OSError):
        shown = why if may_quote_data(settings.study) else public or why
        page = write_failure(shown, reassurance(settings), settings.out)
        print(f"The same as a page: {shortest(page)}", file=sys.stderr)
    return 1


def write_failure(why: str, reassurance: str, out: Path) -> Path:
    """Write the page of a failed build, which the next good one takes away."""
    from markupsafe import Markup

    from imp_build.outputs import FAILURE_PAGE
    from imp_report.page import render_page

    body = Markup(
        "<p>The build did not come to its end. This is what stopped it, and what to do:</p>\n"
        "<pre class='result warning'>{}</pre>\n"
        "<p>{} The next build that succeeds takes this page away.</p>"
    ).format(why, reassurance)
    out.mkdir(parents=True, exist_ok=True)
    page = out / FAILURE_PAGE
    text = render_page("The reports could not be made", body)
    page.write_text(text, encoding="utf-8", newline="\n")
    return page


def reassurance(settings: Settings) -> str:
    """Describe the outputs that remain after a build that failed."""
    there = (settings.reports / "index.html").exists()
    return "The earlier reports are as they were." if there else "No reports were made."


def shortest(path: Path) -> Path:
    """Return a path relative to the current folder, if it lies below it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
