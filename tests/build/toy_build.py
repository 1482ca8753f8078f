"""A build of toy notebooks in a process of its own, to be interrupted: what `python -m` would run.

The environment variable DIE_AFTER_MOVES lets it kill itself once so many folders have been moved.
"""

import os
import signal
import sys
from pathlib import Path
from types import SimpleNamespace

from imp_build import building
from imp_commands.__main__ import main
from imp_common.folders import OUTPUTS

TOYS = Path(__file__).parent / "notebooks" / "right"
HEAD = SimpleNamespace(study=SimpleNamespace(published_as=""), disclosure_control=False)
STUDY = SimpleNamespace(
    title="T", short_title="T", question="", notice=None, folder=Path("none"), settings=HEAD
)


def die_after(moves):
    rename, done = Path.rename, []

    def rename_and_die(path, target):
        rename(path, target)
        if path.name in OUTPUTS:
            done.append(path)
        if len(done) == moves:
            os.kill(os.getpid(), signal.SIGKILL)

    Path.rename = rename_and_die


if __name__ == "__main__":
    building.studies.read_study = lambda folder: STUDY
    if "DIE_AFTER_MOVES" in os.environ:
        die_after(int(os.environ["DIE_AFTER_MOVES"]))
    sys.exit(main(["build", *sys.argv[1:]]))
