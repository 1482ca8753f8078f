"""The one command line: ``python -m imp_commands COMMAND``; `make` calls nothing else.

Each command is a function that is imported when it is asked for, so that asking whether anything
has changed imports little. What runs the notebooks is named here as text alone: this package
imports nothing of it.
"""

import argparse
import signal
import sys
from importlib import import_module
from pathlib import Path

from imp_common.errors import AnalysisError, system_failure


def _option(*names: str, **settings: object) -> tuple[tuple[str, ...], dict[str, object]]:
    return names, settings


STUDY = _option("--study", type=Path, default=Path("data"), help="the study's folder")
OUT = _option("--out", type=Path, default=Path(), help="where the outputs are")
NOTEBOOKS = _option("--notebooks", type=Path, help="the study's own, or else those of starter/")


# By name: the function, which takes the options by name and returns an exit code or nothing; what
# it is for; and its options.
COMMANDS = {
    "build": (
        "imp_commands.building:run_build",
        "run the notebooks on a study and put their reports in place, if anything changed",
        (
            STUDY, OUT, NOTEBOOKS,
            _option("-p", dest="parameters", nargs=2, action="append", default=[],
                    metavar=("NAME", "VALUE"), help="a value for a parameter of the notebooks"),
            _option("--jobs", type=int, help="how many notebooks run side by side"),
            _option("--no-fork", dest="fork", action="store_false",
                    help="start each notebook's process from nothing"),
        ),
    ),
    "notebooks": (
        "imp_commands.own_notebooks:run_notebooks",
        "write the starter's notebooks that fit a study into its folder, to be changed there",
        (STUDY,),
    ),
    "check": (
        "imp_commands.checking:run_check",
        "check the files of a study and list everything that is wrong with them",
        (STUDY, OUT),
    ),
    "new-study": (
        "imp_intake.proposing.new_study:run_new_study",
        "make the folder of a new study, with settings to fill in",
        (_option("folder", type=Path, help="new or empty"),
         _option("exports", type=Path, nargs="*", help="files to propose settings from")),
    ),
    "ledger": (
        "imp_commands.ledger_page:run_ledger",
        "check the printed numbers of a study among themselves",
        (STUDY, OUT, _option("--rounding", default="half_up",
                             choices=("half_up", "half_even", "either", "cut_off", "up"))),
    ),
    "new-ledger": (
        "imp_commands.ledger_page:run_new_ledger",
        "write the empty table of a paper's printed numbers, and how to fill it in",
        (_option("paper", type=Path, help="the folder to write to"),),
    ),
    "trace": (
        "imp_commands.export.trace:run_trace",
        "follow one number of the ledger back to the answers that it was computed from",
        (_option("id", help="the id of a row of the ledger"), STUDY, OUT),
    ),
    "export": (
        "imp_commands.export.files:run_export",
        "write tables, text, scored data and SPSS syntax as files for other programs",
        (STUDY, OUT),
    ),
    "verify": (
        "imp_commands.verify:run_verify",
        "build anew and compare with what is expected",
        (STUDY, NOTEBOOKS,
         _option("--renew", action="store_true", help="accept the current results as expected")),
    ),
    "pseudonyms": (
        "imp_report.privacy.pseudonyms:run_make_key",
        "make the secret that a study's pseudonyms depend on",
        (STUDY,),
    ),
    "sweep": (
        "imp_planning.sweep:run_command",
        "simulate a grid of next trials, on all cores or on a Dask cluster",
        (
            _option("--grid", type=Path, help="a TOML file with a list of values per setting"),
            _option("--out", type=Path, default=Path("sweep/sweep.csv")),
            _option("--trials", type=int, default=10_000),
            _option("--seed", type=int, default=1),
            _option("--jobs", type=int, default=-1),
            _option("--scheduler", help="a Dask scheduler's address, tcp://..."),
        ),
    ),
}  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Carry out one command; return the exit code, and never end in a traceback of bad input."""
    parser = argparse.ArgumentParser(prog="python -m imp_commands", description=__doc__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (_, purpose, options) in COMMANDS.items():
        below = commands.add_parser(name, help=purpose, description=purpose)
        for names, settings in options:
            below.add_argument(*names, **settings)
    given = vars(parser.parse_args(arguments))
    module, _, function = COMMANDS[given.pop("command")][0].partition(":")
    try:
        return getattr(import_module(module), function)(**given) or 0
    except AnalysisError as error:
        print(error, file=sys.stderr)
    except OSError as error:
        print(system_failure(error), file=sys.stderr)
    except MemoryError:
        print("There is not enough memory for these files.", file=sys.stderr)
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
    return 1


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")
    # A reader of the first lines alone, such as `head`, ends the program quietly.
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
