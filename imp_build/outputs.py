"""The folders of a build's outputs: made aside, put in place when whole; one build at a time."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from imp_common.folders import MARK, MARK_TEXT, OUTPUTS, refuse_foreign_folders

BUILDS = ".build"
STAGE = "stage-"
# Where the earlier folders are while the new ones take their places.
EARLIER = "earlier"
# The page that a failed build leaves beside the reports, until a good one takes it away.
FAILURE_PAGE = "failure.html"


@contextmanager
def lock(out: Path, tell: Callable[[str], None]) -> Iterator[None]:
    """Keep other builds away from the same outputs, waiting for one that is under way."""
    builds = out / BUILDS
    builds.mkdir(parents=True, exist_ok=True)
    holder, held = builds / "holder", FileLock(builds / "lock")
    try:
        held.acquire(timeout=0)
    except Timeout:
        who = ""
        with suppress(OSError):
            who = holder.read_text(encoding="utf-8")
        tell(f"Another build is at work here ({who or 'just starting'}). Waiting for its end.")
        held.acquire()
    try:
        holder.write_text(f"process {os.getpid()}", encoding="utf-8")
        clear_away_remains(out)
        yield
    finally:
        holder.unlink(missing_ok=True)
        held.release()


@contextmanager
def stage(out: Path) -> Iterator[Path]:
    """Yield a temporary folder on the disk of `out`, laid out like the outputs."""
    refuse_foreign_folders(out)
    (out / BUILDS).mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=STAGE, dir=out / BUILDS))
    try:
        for name in OUTPUTS:
            (folder / name).mkdir()
            (folder / name / MARK).write_text(MARK_TEXT, encoding="utf-8")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def gather_disclosures(reports: Path) -> None:
    """Put what notebooks record of disclosure control into one file, if anything was held back."""
    if files := sorted((reports / "disclosure").glob("*.csv")):
        header, *_ = files[0].read_text("utf-8").partition("\n")
        rows = [file.read_text("utf-8").removeprefix(f"{header}\n") for file in files]
        text = "".join([f"{header}\n", *rows])
        (reports / "disclosure.csv").write_text(text, encoding="utf-8", newline="\n")


def publish(staged: Path, out: Path) -> None:
    """Put the staged folders in the place of the earlier ones: all of them or none."""
    aside = staged / EARLIER
    aside.mkdir()
    try:
        for name in OUTPUTS:
            if (out / name).exists():
                (out / name).rename(aside / name)
            (staged / name).rename(out / name)
    except BaseException:
        for name in OUTPUTS:
            if not (staged / name).exists():
                (out / name).rename(staged / name)
        _put_back(staged, out)
        raise


def _put_back(staged: Path, out: Path) -> None:
    """Put the earlier folders back where nothing has taken their place."""
    for name in OUTPUTS:
        aside = staged / EARLIER / name
        if aside.is_dir() and not (out / name).exists():
            aside.rename(out / name)


def clear_away_remains(out: Path) -> None:
    """Remove what builds that were killed have left, first saving what they had set aside."""
    for staged in (out / BUILDS).glob(f"{STAGE}*"):
        _put_back(staged, out)
        shutil.rmtree(staged, ignore_errors=True)
