"""Compare a build with what its study expects: every number, and what every file shows."""

import csv
import hashlib
import json
import math
import re
import tempfile
from collections import namedtuple
from collections.abc import Iterator, Mapping
from pathlib import Path

from imp_build.inputs import LOCK, Settings, digest, notebooks_of
from imp_build.manifest import outputs_now, platform_name, write_json
from imp_build.progress import Progress
from imp_common.errors import AnalysisError
from imp_common.folders import PROJECT

NUMBERS, CONTENTS = "numbers.csv", "contents.json"
# What is behind a result's id where its n is compared.
OF_N = ", n"
_CODE = re.compile(rb'<details class="code">.*?</details>', re.DOTALL)
_CHECKSUM = re.compile(rb"<code>[0-9a-f]{16}</code>")
DIGITS = 10
# What is smaller than this differs from zero by rounding alone.
NOTHING = 1e-12
MOST_SHOWN = 40


# What differs between a build and what is expected, a line each, and what was compared.
Comparison = namedtuple("Comparison", ["differences", "summary"])


def numbers_of(out: Path) -> dict[str, str]:
    """Return the value, to ten significant digits, and the n of each result, by its id."""
    results = {}
    for file in sorted((out / "processed" / "results").glob("*.csv")):
        for name, value in _read_numbers(file).items():
            number = _number(value)
            results[name] = value if number is None else f"{number:.{DIGITS}g}"
    return results


def _read_numbers(file: Path) -> dict[str, str]:
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    values = {row["id"]: row["value"] for row in rows}
    return values | {row["id"] + OF_N: row["n"] for row in rows}


def _number(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def contents_of(out: Path) -> dict[str, str]:
    """Return the SHA-256 of what every output shows, whatever code has made it.

    A page counts without its code, a notebook by its outputs alone, so that an edited cell hides
    no other difference; where the outputs of one cell end and those of the next begin is not told.
    """
    return {name: hashlib.sha256(_shown(out / name)).hexdigest() for name in outputs_now(out)}


def _shown(file: Path) -> bytes:
    """Return what a file shows apart from code."""
    content = file.read_bytes()
    if file.suffix == ".html":
        return _CHECKSUM.sub(b"", _CODE.sub(b"", content))
    if file.suffix == ".ipynb":
        cells = json.loads(content)["cells"]
        outputs = [o for cell in cells for o in cell.get("outputs", [])]
        shown = [output.get("data") or output.get("text") for output in outputs]
        return json.dumps(
            [shown, [c["source"] for c in cells if c["cell_type"] != "code"]]
        ).encode()
    return content


def renew_expected(out: Path, lock: Path, expected: Path) -> None:
    """Store the results of a build as the expected ones."""
    expected.mkdir(exist_ok=True)
    with (expected / NUMBERS).open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(["id", "value", "n"])
        found = numbers_of(out)
        names = sorted(name for name in found if not name.endswith(OF_N))
        writer.writerows([name, found[name], found[name + OF_N]] for name in names)
    content = {"platform": platform_name(), "lock": digest(lock), "files": contents_of(out)}
    write_json(content, expected / CONTENTS)


def compare(out: Path, lock: Path, expected: Path) -> Comparison:
    """Compare the build under `out` with what is expected; AnalysisError if nothing is yet.

    ``numbers.csv`` must come out on every platform, ``contents.json`` on the platform and with the
    lock of versions that it names.
    """
    try:
        wanted = _read_numbers(expected / NUMBERS)
        known = json.loads((expected / CONTENTS).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise AnalysisError(
            f"{expected.name}/{Path(error.filename).name} is not there. Let the study expect what "
            "it gives now with: make expected"
        ) from None
    differences = list(differing(wanted, numbers_of(out)))
    summary = [f"{len(wanted) // 2} results were compared to {DIGITS} significant digits."]
    platform, same_lock = platform_name(), known["lock"] == digest(lock)
    if same_lock and known["platform"] == platform:
        differences += differing(known["files"], contents_of(out))
        summary.append(f"{len(known['files'])} files were compared by what they show.")
    else:
        summary.append(
            f"What files show was not compared: that expected is of {known['platform']}, this is "
            f"{platform}, with {'the same' if same_lock else 'other'} versions."
        )
    return Comparison(differences, summary)


def differing(wanted: Mapping[str, str], found: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each result or file digest that differs from the expected one."""
    for name in sorted({**wanted, **found}):
        one, other = (side.get(name, "nothing") for side in (wanted, found))
        if not _same(one, other):
            yield f"{name}: expected {one:.24}, found {other:.24}"  # Digests need no more.


def _same(one: str, other: str) -> bool:
    numbers = _number(one), _number(other)
    if None in numbers:
        return one == other
    return math.isclose(*numbers, rel_tol=10.0 ** (1 - DIGITS), abs_tol=NOTHING)


def run_verify(study: Path, notebooks: Path | None, renew: bool) -> int:
    """Build aside and compare with the study's ``expected`` folder, or renew that folder."""
    from imp_build.building import build

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        out = Path(folder).resolve()
        settings = Settings(study.resolve(), out, (notebooks or notebooks_of(study)).resolve())
        lock, expected = PROJECT / LOCK, settings.study / "expected"
        build(settings, Progress(print))
        if renew:
            renew_expected(out, lock, expected)
            print(f"{expected.name}/ now holds what this build gives.")
            return 0
        differences, summary = compare(out, lock, expected)
    shown = [f"  {line}" for line in differences[:MOST_SHOWN]] or ["Everything is as expected."]
    print("\n".join([*summary, *shown]))
    if len(differences) > MOST_SHOWN:
        print(f"  and {len(differences) - MOST_SHOWN} more")
    return 1 if differences else 0
