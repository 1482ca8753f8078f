"""A build of toy notebooks in a process of its own, to be interrupted: what `python -m` would run.

The environment variable DIE_AFTER_EXCHANGE lets it kill itself once so many folders are in place.
"""

import os
import signal
import sys
from pathlib import Path
from types import SimpleNamespace

from imp_build import building, staging
from imp_helpers.__main__ import main

TOYS = Path(__file__).parent / "notebooks" / "right"
STUDY = SimpleNamespace(title="T", short_title="T", question="", notice=None, folder=Path("none"))


def die_after(exchanges):
    exchange, done = staging._exchange, []

    def exchange_and_die(one, other):
        exchange(one, other)
        done.append(other)
        if len(done) == exchanges:
            os.kill(os.getpid(), signal.SIGKILL)

    staging._exchange = exchange_and_die


if __name__ == "__main__":
    building.studies.read_study = lambda folder: STUDY
    if "DIE_AFTER_EXCHANGE" in os.environ:
        die_after(int(os.environ["DIE_AFTER_EXCHANGE"]))
    sys.exit(main(["build", *sys.argv[1:]]))
