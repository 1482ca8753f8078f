"""Print where the time of all cells goes: the share of each package, and of our own functions.

The code cells of all notebooks run in one process (``floor.py``) under Python's profiler, which
makes small functions look slower than they are.
"""

import pstats
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
SHOWN = 12


def main() -> None:
    """Profile and print two tables."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        for name in ("processed/results", "reports/tables", "reports/figures"):
            (out / name).mkdir(parents=True)
        floor = [PROJECT / "benchmarks" / "floor.py", PROJECT / "notebooks", PROJECT / "data", out]
        command = [sys.executable, "-m", "cProfile", "-o", out / "profile", *floor]
        subprocess.run(
            [str(part) for part in command], cwd=PROJECT, check=True, stdout=subprocess.DEVNULL
        )
        profile = pstats.Stats(str(out / "profile"))
    own, below = Counter(), Counter()
    for (file, _, function), (_, _, seconds, with_calls, _) in profile.stats.items():
        parts = Path(file).parts
        if "site-packages" in parts:
            own[parts[parts.index("site-packages") + 1]] += seconds
        elif PROJECT.as_posix() in file:
            own["imp_helpers"] += seconds
            name = "its import" if function == "<module>" else function
            below[f"{Path(file).relative_to(PROJECT).as_posix()}: {name}"] += with_calls
        else:
            own["Python itself"] += seconds
    everything = own.total()
    for title, counted in (("Packages", own), ("Functions, with all they call", below)):
        print(title)
        counted = Counter({name: n for name, n in counted.items() if not name.endswith(">")})
        for name, seconds in counted.most_common(2 * SHOWN):
            print(f"  {100 * seconds / everything:3.0f} %  {name}")


if __name__ == "__main__":
    main()
