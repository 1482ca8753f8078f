"""Compare a build with what its study expects: every number, and every byte."""

from __future__ import annotations

import csv
import json
import math
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from imp_build.inputs import LOCK, Settings, digest
from imp_build.manifest import CRATE, outputs_now, platform_name
from imp_build.progress import PlainLines
from imp_helpers.study.errors import AnalysisError

NUMBERS, BYTES = "numbers.csv", "bytes.json"
DIGITS = 10
# What is smaller than this differs from zero by rounding alone.
NOTHING = 1e-12
# This tells when a build was made, and therefore differs between right builds.
CIRCUMSTANCES = (f"reports/{CRATE}",)
MOST_SHOWN = 40


@dataclass(frozen=True)
class Comparison:
    """What came of comparing a build with what is expected of it.

    Parameters
    ----------
    differences : list of str
        A line for each number or file that is otherwise.
    summary : list of str
        What was compared, and with what.
    """

    differences: list[str]
    summary: list[str]


# ---------------------------------------------------------------- what is expected


def numbers_of(out: Path) -> dict[str, tuple[str, str]]:
    """Return the value and the n of every result of a build, by the statistic's id."""
    found = {}
    for file in sorted((out / "processed" / "results").glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                found[row["id"]] = (_rounded(row["value"]), row["n"])
    return found


def _rounded(value: str) -> str:
    """Return a number with ten significant digits, and a word as it is."""
    number = _number(value)
    return value if number is None else f"{number:.{DIGITS}g}"


def _number(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def bytes_of(out: Path) -> dict[str, str]:
    """Return the SHA-256 of every output that is the same for every right build."""
    return {name: sha for name, sha in outputs_now(out).items() if name not in CIRCUMSTANCES}


def renew_expected(out: Path, lock: Path, expected: Path) -> None:
    """Write what a build gives as what is expected from now on."""
    expected.mkdir(exist_ok=True)
    with (expected / NUMBERS).open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(["id", "value", "n"])
        writer.writerows([name, *pair] for name, pair in sorted(numbers_of(out).items()))
    content = {"platform": platform_name(), "lock": digest(lock), "files": bytes_of(out)}
    text = json.dumps(content, indent=1, ensure_ascii=False)
    (expected / BYTES).write_text(text + "\n", encoding="utf-8", newline="\n")


# ---------------------------------------------------------------- comparing


def compare(out: Path, lock: Path, expected: Path) -> Comparison:
    """Compare a build with what its study expects.

    Parameters
    ----------
    out : Path
        Where the build's ``processed`` and ``reports`` are.
    lock : Path
        The lock of all versions.
    expected : Path
        The folder with ``numbers.csv`` (every result to ten significant digits, which must come
        out on every platform) and ``bytes.json`` (the SHA-256 of every output, which must come out
        on the platform and with the versions that it names).

    Returns
    -------
    Comparison

    Raises
    ------
    AnalysisError
        If nothing is expected yet.
    """
    try:
        with (expected / NUMBERS).open(encoding="utf-8", newline="") as lines:
            wanted = {row["id"]: (row["value"], row["n"]) for row in csv.DictReader(lines)}
        known = json.loads((expected / BYTES).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise AnalysisError(
            f"{expected.name}/{Path(error.filename).name} is not there. Let the study expect what "
            "it gives now with: make expected"
        ) from None
    differences = list(differing_numbers(wanted, numbers_of(out)))
    summary = [f"{len(wanted)} results were compared to {DIGITS} significant digits."]
    here = {"platform": platform_name(), "lock": digest(lock)}
    if {name: known[name] for name in here} == here:
        differences += differing_files(known["files"], bytes_of(out))
        summary.append(f"{len(known['files'])} files were compared byte by byte.")
    else:
        versions = "the same" if known["lock"] == here["lock"] else "other"
        summary.append(
            f"Bytes were not compared: those expected are of {known['platform']}, this is "
            f"{here['platform']}, with {versions} versions."
        )
    return Comparison(differences, summary)


def differing_numbers(wanted: Mapping, found: Mapping) -> Iterator[str]:
    """Yield a line for each result that is otherwise than expected."""
    for name in sorted({**wanted, **found}):
        if name not in found:
            yield f"{name}: expected {wanted[name][0]}, but nothing was computed"
        elif name not in wanted:
            yield f"{name}: {found[name][0]} was computed, but nothing is expected"
        elif not _same(wanted[name][0], found[name][0]):
            yield f"{name}: expected {wanted[name][0]}, found {found[name][0]}"
        elif wanted[name][1] != found[name][1]:
            yield f"{name}: expected n = {wanted[name][1]}, found n = {found[name][1]}"


def _same(one: str, other: str) -> bool:
    numbers = _number(one), _number(other)
    if None in numbers:
        return one == other
    return math.isclose(*numbers, rel_tol=10.0 ** (1 - DIGITS), abs_tol=NOTHING)


def differing_files(wanted: Mapping[str, str], found: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each file that is missing, added or has other bytes."""
    for name in sorted({**wanted, **found}):
        if name not in found:
            yield f"{name}: is missing"
        elif name not in wanted:
            yield f"{name}: was not there"
        elif wanted[name] != found[name]:
            yield f"{name}: other bytes (SHA-256 {found[name][:12]}..., not {wanted[name][:12]}...)"


# ---------------------------------------------------------------- the command


def build_aside(settings: Settings) -> None:
    """Build a study, telling how far it is."""
    from imp_build.building import build

    build(settings, PlainLines(print))


def run_verify(study: Path, notebooks: Path, renew: bool) -> int:
    """Build aside and compare with the study's ``expected`` folder, or renew that folder."""
    scratch = Path(tempfile.mkdtemp()).resolve()
    settings = Settings(study.resolve(), scratch, notebooks.resolve())
    lock, expected = settings.notebooks.parent / LOCK, settings.study / "expected"
    try:
        build_aside(settings)
        if renew:
            renew_expected(scratch, lock, expected)
            print(f"{expected.name}/ now holds what this build gives.")
            return 0
        return tell(compare(scratch, lock, expected), "Everything is as expected.")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def tell(comparison: Comparison, all_right: str) -> int:
    """Print what a comparison found; return the exit code."""
    print("\n".join(comparison.summary))
    differences = comparison.differences
    print("\n".join(f"  {line}" for line in differences[:MOST_SHOWN]) if differences else all_right)
    if len(differences) > MOST_SHOWN:
        print(f"  and {len(differences) - MOST_SHOWN} more")
    return 1 if differences else 0
