"""Time what a person waits for: a notebook's first cell, an edited sentence, a build of nothing.

Seconds of a whole process each, the least of some rounds; of the first cells only what runs after
Jupyter's kernel is there. All of it is measured in a copy of the project.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
ROUNDS = 3
WANTED = {"first cell": 1.5, "edited sentence": 1.5, "nothing changed": 0.1}
FIRST_CELL = """
import json, sys, time
import ipykernel.ipkernel
notebook, *_ = sys.argv[1:]
cells = [c for c in json.load(open(notebook))["cells"] if c["cell_type"] == "code"]
start, names = time.perf_counter(), {}
for cell in cells[:2]:
    exec("".join(cell["source"]), names)
print(time.perf_counter() - start)
"""


def first_cell(notebook: Path) -> float:
    """Return the seconds of a notebook's parameters and imports, beside its outputs."""
    command = [sys.executable, "-c", FIRST_CELL, notebook]
    paths = {"cwd": notebook.parent, "env": {"PYTHONPATH": str(notebook.parent.parent)}}
    return float(
        subprocess.run(command, check=True, capture_output=True, text=True, **paths).stdout
    )


def build(folder: Path) -> float:
    """Return the seconds of a build of a copy of the project."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "imp_helpers", "build"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - start


def edited(folder: Path) -> float:
    """Return the seconds of a build after a sentence of a notebook was edited."""
    notebook = folder / "notebooks" / "04_feasibility.ipynb"
    content = json.loads(notebook.read_text(encoding="utf-8"))
    text = [cell for cell in content["cells"] if cell["cell_type"] == "markdown"]
    text[1]["source"] = [*text[1]["source"], " A sentence more."]
    notebook.write_text(json.dumps(content), encoding="utf-8")
    return build(folder)


def report(what: str, seconds: float) -> None:
    """Print what was measured beside what is wanted."""
    wanted = WANTED[what.split(",")[0]]
    print(
        f"{what}: {seconds:.2f} s (wanted: {wanted} s, {'met' if seconds <= wanted else 'not met'})"
    )


def main() -> None:
    """Measure each wait and print it."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name in ("notebooks", "imp_helpers", "imp_build", "data"):
            shutil.copytree(PROJECT / name, folder / name)
        shutil.copyfile(PROJECT / "requirements.txt", folder / "requirements.txt")
        build(folder)
        for notebook in sorted((folder / "notebooks").glob("*.ipynb")):
            seconds = min(first_cell(notebook) for _ in range(ROUNDS))
            report(f"first cell, {notebook.stem}", seconds)
        report("edited sentence", min(edited(folder) for _ in range(ROUNDS)))
        report("nothing changed", min(build(folder) for _ in range(ROUNDS)))


if __name__ == "__main__":
    main()
