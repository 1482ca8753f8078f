"""Where a build came from: its manifest, and the same for archives as an RO-Crate."""

from __future__ import annotations

import json
import mimetypes
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from rocrate.model import ContextEntity, SoftwareApplication
from rocrate.rocrate import ROCrate

from imp_helpers.inputs import Inputs, Settings, digest
from imp_helpers.manifest import CRATE, FILE, environment, outputs_now
from imp_helpers.study import Study

CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"
NOT_FREE = "Participants' data: whoever made these reports decides who may use them, and for what."
# Where nothing says when the inputs were written, every build is of the same day.
NO_DATE = "1970-01-01T00:00:00+00:00"
mimetypes.add_type("application/x-ipynb+json", ".ipynb")


def write_manifest(
    settings: Settings,
    inputs: Inputs,
    made_from: Mapping[str, dict],
    packages: Mapping[str, str],
    staged: Path,
) -> Path:
    """Write the manifest of a build that is otherwise complete.

    Parameters
    ----------
    settings : Settings
        What was asked for.
    inputs : Inputs
        The files that went in.
    made_from : mapping of str to dict
        For each notebook its fingerprint, and the names of the files that it depends on.
    packages : mapping of str to str
        The versions of all packages.
    staged : Path
        Where the outputs are.

    Returns
    -------
    Path
        The file. It holds the SHA-256 of all inputs and outputs; its own cannot be among them.
    """
    commit, changed = commit_of(settings.notebooks.parent)
    content = {
        "parameters": settings.shown_parameters(),
        **environment(),
        "packages": dict(packages),
        "commit": commit,
        "changed_since_commit": changed,
        "seeds": inputs.seeds(),
        "inputs": inputs.shown_digests,
        "notebooks": dict(sorted(made_from.items())),
        "outputs": outputs_now(staged),
    }
    file = staged / "reports" / FILE
    text = json.dumps(content, indent=1, ensure_ascii=False)
    file.write_text(text + "\n", encoding="utf-8", newline="\n")
    return file


def write_crate(settings: Settings, inputs: Inputs, study: Study, staged: Path) -> Path:
    """Write an RO-Crate (version 1.3, https://w3id.org/ro/crate/1.3) of the finished reports.

    Parameters
    ----------
    settings : Settings
        What was asked for.
    inputs : Inputs
        The files that went in; they are named in the crate, not packed into it.
    study : Study
        The study's settings.
    staged : Path
        Where the outputs are.

    Returns
    -------
    Path
        ``reports/ro-crate-metadata.json``. Every file of the reports is an entity of the crate,
        the notebooks and the data that they were made from are what the run used.
    """
    reports = staged / "reports"
    crate = ROCrate(gen_preview=False)
    crate.name = study.title
    crate.description = " ".join(filter(None, [study.question, study.notice]))
    crate.datePublished = date_of(settings.notebooks.parent)
    crate.license = CC0 if study.notice else NOT_FREE
    made = [_add_output(crate, path, reports) for path in sorted(reports.rglob("*"))]
    used = [_add_input(crate, name, sha) for name, sha in inputs.shown_digests.items()]
    crate.add_action(
        crate.add(_program(crate)),
        identifier="#run",
        object=used,
        result=[file for file in made if file],
        properties={"name": "Run of all notebooks"},
    )
    file = reports / CRATE
    text = json.dumps(crate.metadata.generate(), indent=1, sort_keys=True, ensure_ascii=False)
    file.write_text(text + "\n", encoding="utf-8", newline="\n")
    return file


def _add_output(crate: ROCrate, path: Path, reports: Path) -> object | None:
    if not path.is_file():
        return None
    properties = {
        "name": path.name,
        "encodingFormat": mimetypes.guess_type(path.name)[0] or "application/octet-stream",
        "contentSize": str(path.stat().st_size),
        "sha256": digest(path),
    }
    return crate.add_file(path, path.relative_to(reports).as_posix(), properties=properties)


def _add_input(crate: ROCrate, name: str, sha: str) -> ContextEntity:
    """Name a file that is not in the crate: its text is found by its digest."""
    properties = {"@type": "CreativeWork", "name": name, "sha256": sha}
    return crate.add(ContextEntity(crate, f"#{name}", properties=properties))


def _program(crate: ROCrate) -> SoftwareApplication:
    properties = {"name": "imp_helpers", "version": metadata.version("imp_helpers")}
    return SoftwareApplication(crate, "#imp_helpers", properties=properties)


def installed_packages() -> dict[str, str]:
    """Return the version of every package of this environment."""
    found = {dist.metadata["Name"].lower(): dist.version for dist in metadata.distributions()}
    return dict(sorted(found.items()))


def commit_of(project: Path) -> tuple[str | None, bool | None]:
    """Return the commit that a project is at, and whether its files differ from it.

    Both are None outside a git repository.
    """
    commit = _git(project, "rev-parse", "HEAD")
    changes = _git(project, "status", "--porcelain") if commit else None
    return commit, None if changes is None else bool(changes)


def date_of(project: Path) -> str:
    """Return when the last commit of a project was made, in UTC; the same for every build of it."""
    seconds = _git(project, "show", "--no-patch", "--format=%ct", "HEAD")
    return datetime.fromtimestamp(int(seconds), UTC).isoformat() if seconds else NO_DATE


def _git(project: Path, *arguments: str) -> str | None:
    command = ["git", "--no-optional-locks", "-C", str(project), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
