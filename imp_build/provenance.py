"""Where a build came from: its manifest, and the same for archives as an RO-Crate."""

from __future__ import annotations

import json
import mimetypes
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from rocrate.model import ContextEntity, File
from rocrate.rocrate import ROCrate

from imp_build.inputs import Inputs, Settings, digest
from imp_build.manifest import CRATE, FILE, environment, outputs_now
from imp_helpers.study.study import Study

PUBLIC_DOMAIN = {
    "@id": "https://creativecommons.org/publicdomain/zero/1.0/",
    "@type": "CreativeWork",
    "name": "CC0 1.0 Universal",
    "description": "Synthetic data, and what is computed from them: free for every use.",
}
NOT_FREE = {
    "@id": "#terms",
    "@type": "CreativeWork",
    "name": "No licence",
    "description": "From participants' data: whoever made these reports decides on their use.",
}
# What ran the notebooks; this package, which they use, is among the inputs.
EXECUTOR = {
    "@id": "https://papermill.readthedocs.io/",
    "@type": "SoftwareApplication",
    "name": "papermill",
    "url": "https://papermill.readthedocs.io/",
}
KINDS = {
    "tables": "Table of a report, with all columns and digits",
    "figures": "Figure of a report",
    "word": "Tables of a report, for Word",
    "notebooks": "Notebook with its outputs",
}
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
    crate.license = _entity(crate, **(PUBLIC_DOMAIN if study.notice else NOT_FREE))
    paths = sorted(path for path in reports.rglob("*") if path.is_file())
    crate.root_dataset["mentions"] = crate.add_action(
        _entity(crate, **EXECUTOR, version=metadata.version("papermill")),
        identifier="#run",
        object=[_named_input(crate, name, sha) for name, sha in inputs.shown_digests.items()],
        result=[_added_output(crate, path, reports) for path in paths],
        properties={"name": "Run of all notebooks"},
    )
    file = reports / CRATE
    text = json.dumps(crate.metadata.generate(), indent=1, sort_keys=True, ensure_ascii=False)
    file.write_text(text + "\n", encoding="utf-8", newline="\n")
    return file


def _added_output(crate: ROCrate, path: Path, reports: Path) -> File:
    place = path.relative_to(reports)
    properties = {
        "name": path.name,
        "description": KINDS.get(place.parent.name, "Report or record of the build"),
        "encodingFormat": mimetypes.guess_type(path.name)[0] or "application/octet-stream",
        "contentSize": str(path.stat().st_size),
        "sha256": digest(path),
    }
    return crate.add_file(path, place.as_posix(), properties=properties)


def _named_input(crate: ROCrate, name: str, sha: str) -> ContextEntity:
    """Name a file that is not in the crate: whoever has it can tell by its digest."""
    return _entity(
        crate, **{"@id": f"#{name}", "@type": "CreativeWork", "name": name, "sha256": sha}
    )


def _entity(crate: ROCrate, **properties: str) -> ContextEntity:
    return crate.add(ContextEntity(crate, properties.pop("@id"), properties=properties))


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
