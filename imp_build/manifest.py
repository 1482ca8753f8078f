"""The manifest of a build and its RO-Crate, and whether a build would change anything.

Only what asking whether anything changed needs is imported at the top, so that it takes no time.
"""

import json
import mimetypes
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from imp_build.inputs import Inputs, Settings, common_arithmetic, digest
from imp_helpers.study.folders import OUTPUTS

if TYPE_CHECKING:
    from imp_helpers.study.study import Study

FILE = "manifest.json"
CRATE = "ro-crate-metadata.json"
# What the crate says of licences, of papermill and of the files by their folders.
CRATE_TEXTS = Path(__file__).parent / "templates" / "crate.json"
# Where nothing says when the inputs were written, every build is of the same day.
NO_DATE = "1970-01-01T00:00:00+00:00"


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
    settings: Settings, inputs: Inputs, made_from: Mapping[str, dict], staged: Path
) -> None:
    """Write the manifest of a build that is otherwise complete.

    It holds the SHA-256 of all inputs and outputs except its own, and `made_from`: for each
    notebook its fingerprint and the names of the files that it depends on.
    """
    commit, changed = commit_of(settings.notebooks.parent)
    content = {
        "parameters": settings.shown_parameters(),
        **environment(),
        "packages": installed_packages(),
        "commit": commit,
        "changed_since_commit": changed,
        "seeds": inputs.seeds(),
        "inputs": inputs.shown_digests,
        "notebooks": dict(sorted(made_from.items())),
        "outputs": outputs_now(staged),
    }
    write_json(content, staged / "reports" / FILE)


def write_json(content: object, file: Path) -> None:
    """Write JSON with the same bytes on every system."""
    text = json.dumps(content, indent=1, ensure_ascii=False)
    file.write_text(text + "\n", encoding="utf-8", newline="\n")


def write_crate(settings: Settings, inputs: Inputs, study: "Study", staged: Path) -> None:
    """Write an RO-Crate (version 1.3, https://w3id.org/ro/crate/1.3) of the finished reports.

    Every file of the reports is an entity of the crate; the notebooks and the data are named as
    what the run used, not packed into it.
    """
    from importlib.metadata import version

    from rocrate.model import ContextEntity
    from rocrate.rocrate import ROCrate

    def entity(properties: dict[str, str]) -> ContextEntity:
        return crate.add(ContextEntity(crate, properties.pop("@id"), properties=properties))

    def described(path: Path) -> dict[str, str]:
        form = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return {
            "name": path.name,
            "description": texts["folders"].get(path.parent.name, "Report or record of the build"),
            "encodingFormat": "application/x-ipynb+json" if path.suffix == ".ipynb" else form,
            "contentSize": str(path.stat().st_size),
            "sha256": digest(path),
        }

    texts = json.loads(CRATE_TEXTS.read_text(encoding="utf-8"))
    reports = staged / "reports"
    crate = ROCrate(gen_preview=False)
    crate.name = study.title
    crate.description = " ".join(filter(None, [study.question, study.notice]))
    crate.datePublished = date_of(settings.notebooks.parent)
    crate.license = entity(texts["public domain" if study.notice else "not free"])
    paths = sorted(path for path in reports.rglob("*") if path.is_file())
    crate.root_dataset["mentions"] = crate.add_action(
        entity(texts["executor"] | {"version": version("papermill")}),
        identifier="#run",
        object=[
            entity({"@id": f"#{name}", "@type": "CreativeWork", "name": name, "sha256": sha})
            for name, sha in inputs.shown_digests.items()
        ],
        result=[
            crate.add_file(path, path.relative_to(reports).as_posix(), properties=described(path))
            for path in paths
        ],
        properties={"name": "Run of all notebooks"},
    )
    write_json(json.loads(json.dumps(crate.metadata.generate(), sort_keys=True)), reports / CRATE)


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


def date_of(project: Path) -> str:
    """Return when the last commit of a project was made, in UTC; the same for every build of it."""
    seconds = _git(project, "show", "--no-patch", "--format=%ct", "HEAD")
    return datetime.fromtimestamp(int(seconds), UTC).isoformat() if seconds else NO_DATE


def _git(project: Path, *arguments: str) -> str | None:
    import subprocess

    command = ["git", "--no-optional-locks", "-C", str(project), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
