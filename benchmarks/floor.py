"""Run the code cells of all notebooks in one plain Python process, with names of their own each."""

import ast
import json
import os
import sys
from pathlib import Path

folder, study, out = sys.argv[1:]
os.chdir(folder)
os.environ["MPLBACKEND"] = "agg"

# A notebook shows the value of a cell's last line: the same forms are computed here.
FORMS = ("_repr_html_", "_repr_png_", "_repr_svg_", "__repr__")


def show(value: object) -> None:
    """Compute how a value would be shown."""
    for form in FORMS:
        if value is not None and hasattr(value, form):
            getattr(value, form)()
            return


for path in sorted(Path().glob("[0-9][0-9]_*.ipynb")):
    names = {"__name__": "__main__", "display": show}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        tree = ast.parse("".join(cell["source"]))
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, path.name, "exec"), names)
        if last:
            show(eval(compile(ast.Expression(last.value), path.name, "eval"), names))
        if "parameters" in cell["metadata"].get("tags", []):
            names.update(study_folder=study, out_folder=out)
