"""The manifest of a build, what it reproduced, and whether a build would change anything.

Only what asking whether anything changed needs is imported at the top, so that it takes no time.
"""

import json
import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from imp_build.inputs import Inputs, Settings, common_arithmetic, digest
from imp_common.folders import OUTPUTS, PROJECT

if TYPE_CHECKING:
    from imp_intake.settings.study import Study
    from imp_report.exhibits import Exhibit

FILE = "manifest.json"


def environment() -> dict[str, str]:
    """Return what can change the last digits of a number although all versions are the same."""
    return {"python": ".".join(map(str, sys.version_info[:3])), "platform": platform_name()}


def platform_name() -> str:
    """Return the system, the processor and the C library, "linux x86_64 Haswell glibc 2.36"."""
    library, processor = "", common_arithmetic().get("OPENBLAS_CORETYPE", "")
    with suppress(AttributeError, ValueError, OSError):
        library = os.confstr("CS_GNU_LIBC_VERSION") or ""
    machine = os.uname().machine if hasattr(os, "uname") else ""
    return " ".join(filter(None, (sys.platform, machine, processor, library)))


def read_manifest(reports: Path) -> dict:
    """Read the manifest of some reports; empty where there is none that can be read."""
    try:
        content = json.loads((reports / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def is_up_to_date(settings: Settings) -> bool:
    """Tell whether the outputs are already those that a build would make, judged by content."""
    known = read_manifest(settings.reports)
    asked = {"parameters": settings.shown_parameters(), **environment()}
    return (
        {name: known.get(name) for name in asked} == asked
        and known.get("inputs") == Inputs.of(settings).shown_digests
        and known.get("outputs") == outputs_now(settings.out)
    )


def outputs_now(out: Path) -> dict[str, str]:
    """Return the SHA-256 of every output that is there now, except the manifest."""
    paths = sorted(path for name in OUTPUTS for path in (out / name).rglob("*") if path.is_file())
    names = {path.relative_to(out).as_posix(): path for path in paths}
    return {name: digest(path) for name, path in names.items() if name != f"reports/{FILE}"}


def write_manifest(
    settings: Settings, inputs: Inputs, made: Mapping[str, dict], staged: Path
) -> None:
    """Write the manifest of a build that is otherwise complete.

    It holds the SHA-256 of all inputs and outputs except its own, and `made`: for each notebook
    the digest of what it depends on, and the names of the files that it made.
    """
    commit, changed = commit_of(PROJECT)
    content = {
        "parameters": settings.shown_parameters(),
        **environment(),
        "packages": installed_packages(),
        "commit": commit,
        "changed_since_commit": changed,
        "fingerprint": inputs.fingerprint(),
        "seeds": inputs.seeds(),
        "inputs": inputs.shown_digests,
        "notebooks": dict(sorted(made.items())),
        "outputs": outputs_now(staged),
    }
    write_json(content, staged / "reports" / FILE)


def write_json(content: object, file: Path) -> None:
    """Write JSON with the same bytes on every system."""
    text = json.dumps(content, indent=1, ensure_ascii=False)
    file.write_text(text + "\n", encoding="utf-8", newline="\n")


def write_codecheck(study: "Study", exhibits: Iterable["Exhibit"], reports: Path) -> None:
    """Write what was reproduced as a ``codecheck.yml`` (https://codecheck.org.uk/spec/config/1.0/).

    Each table and figure is a file below the reports. JSON texts are YAML texts.
    """
    quoted = partial(json.dumps, ensure_ascii=False)
    lines = [
        "---",
        "version: https://codecheck.org.uk/spec/config/1.0/",
        "paper:",
        f"  title: {quoted(study.title)}",
        f"  reference: {quoted(study.settings.study.published_as)}",
        "manifest:" if exhibits else "manifest: []",
    ]
    for exhibit in exhibits:
        lines.append(f"  - file: {quoted(exhibit.file)}")
        lines.append(f"    comment: {quoted(f'{exhibit.number}. {exhibit.caption}')}")
    text = "\n".join([*lines, ""])
    (reports / "codecheck.yml").write_text(text, encoding="utf-8", newline="\n")


@cache
def installed_packages() -> dict[str, str]:
    """Return the version of every package of this environment."""
    from importlib.metadata import distributions

    found = {dist.metadata["Name"].lower(): dist.version for dist in distributions()}
    return dict(sorted(found.items()))


def commit_of(project: Path) -> tuple[str | None, bool | None]:
    """Return the commit of a project, and whether its files differ from it; None without git."""
    commit = _git(project, "rev-parse", "HEAD")
    changes = _git(project, "status", "--porcelain") if commit else None
    return commit, None if changes is None else bool(changes)


def _git(project: Path, *arguments: str) -> str | None:
    import subprocess

    command = ["git", "--no-optional-locks", "-C", str(project), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
