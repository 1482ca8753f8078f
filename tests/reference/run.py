"""Run R and PSPP again and rewrite their outputs: what ``make reference`` does.

R's scripts stand in r/; PSPP's syntax is written here, into pspp/, from the columns of each data
set. Needs nothing but Python's standard library, R and PSPP.
"""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
PACKAGES = (
    "r-base-core r-cran-afex r-cran-psych r-cran-effectsize r-cran-boot r-cran-car "
    "r-cran-sandwich r-cran-bayesfactor r-cran-lme4 r-cran-lmertest r-cran-lmtest pspp"
)
DATASETS = ("synthetic_study", "unequal_groups", "missing_posts", "heavy_ties", "few_people")


def main() -> None:
    """Run both programs, or say what to install."""
    absent = [name for name in ("Rscript", "pspp") if shutil.which(name) is None]
    if absent:
        sys.exit(
            f"{' and '.join(absent)} cannot be found. R and PSPP make the references; on Debian "
            f"and Ubuntu install them with\n  sudo apt-get install {PACKAGES}\n"
            "The tests need neither: they read the outputs that are kept in tests/reference/."
        )
    if subprocess.run(["Rscript", "r/run_all.R"], cwd=HERE, check=False).returncode:
        sys.exit(f"R could not run all scripts. They need these Debian packages:\n  {PACKAGES}")
    version = subprocess.run(["pspp", "--version"], capture_output=True, text=True, check=True)
    source = "PSPP " + version.stdout.split("\n")[0].split()[-1]
    rows = []
    for dataset in DATASETS:
        syntax = write_syntax(dataset)
        for measure, statistic, value in read_output(run_pspp(syntax)):
            rows.append((dataset, measure, statistic, value, source))
    with (HERE / "pspp.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("dataset", "measure", "statistic", "value", "source"))
        writer.writerows(rows)


def header(dataset: str, kind: str) -> list[str]:
    """Return the column names of a data set's file."""
    with (HERE / "datasets" / f"{dataset}_{kind}.csv").open(encoding="utf-8") as file:
        return next(csv.reader(file))


# ---------------------------------------------------------------- syntax


def write_syntax(dataset: str) -> Path:
    """Write the syntax for a data set and return its file."""
    path = HERE / "pspp" / f"{dataset}.sps"
    path.parent.mkdir(exist_ok=True)
    lines = [f"* Written by run.py from the columns of {dataset}.", "SET FORMAT=F20.14."]
    lines += [*reliability_syntax(dataset), *score_syntax(dataset)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def get_data(dataset: str, kind: str, texts: tuple[str, ...]) -> str:
    """Return the command that reads a file of a data set."""
    formats = [f"{c} {'A12' if c in texts else 'F20.14'}" for c in header(dataset, kind)]
    return (
        f'GET DATA /TYPE=TXT /FILE="datasets/{dataset}_{kind}.csv" /ARRANGEMENT=DELIMITED\n'
        '  /DELIMITERS="," /FIRSTCASE=2\n  /VARIABLES=\n    ' + "\n    ".join(formats) + "."
    )


def reliability_syntax(dataset: str) -> list[str]:
    """Return RELIABILITY for every scale."""
    scales: dict[str, list[str]] = {}
    with (HERE / "datasets" / f"{dataset}_keys.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            scales.setdefault(row["scale"], []).append(row["item"])
    commands = [get_data(dataset, "items", ("participant",))]
    for scale, items in scales.items():
        names = "\n  ".join(" ".join(items[i : i + 6]) for i in range(0, len(items), 6))
        commands.append(
            f'RELIABILITY /VARIABLES=\n  {names}\n  /SCALE("{scale}")=ALL /SUMMARY=TOTAL.'
        )
    return commands


def score_syntax(dataset: str) -> list[str]:
    """Return the tests of every outcome."""
    columns = header(dataset, "scores")
    outcomes = [c.removesuffix("_baseline") for c in columns if c.endswith("_baseline")]
    commands = [
        get_data(dataset, "scores", ("participant", "group")),
        'COMPUTE arm = 2.\nIF (RTRIM(group) = "training") arm = 1.\nCOMPUTE trained = 2 - arm.',
        "FORMATS arm trained (F1.0).",
        "T-TEST /GROUPS=arm(1,2) /VARIABLES=age.",
    ]
    for outcome in outcomes:
        change = f"{outcome}_change"
        commands += [
            f"COMPUTE {change} = {outcome}_post - {outcome}_baseline.",
            f"FORMATS {change} (F20.14).",
            f"T-TEST /GROUPS=arm(1,2) /VARIABLES={change}.",
            f"NPAR TESTS /M-W {change} BY arm(1,2).",
            f"ONEWAY {change} BY arm /STATISTICS=HOMOGENEITY.",
            f"EXAMINE {change} BY arm /PLOT=NPPLOT /STATISTICS=NONE.",
            f"REGRESSION /VARIABLES={outcome}_baseline trained /DEPENDENT={outcome}_post\n"
            "  /STATISTICS=COEFF CI(95).",
            # A simple regression's standardised coefficient is r with all its digits;
            # CORRELATIONS prints three.
            "TEMPORARY.\nSELECT IF trained = 1.",
            f"CORRELATIONS /VARIABLES=practice WITH {change}.",
            "TEMPORARY.\nSELECT IF trained = 1.",
            f"REGRESSION /VARIABLES=practice /DEPENDENT={change} /STATISTICS=COEFF.",
        ]
    return commands


# ---------------------------------------------------------------- output


def run_pspp(syntax: Path) -> list[tuple[str, list[list[str]]]]:
    """Run PSPP and return its tables: title and rows."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "output.csv"
        subprocess.run(
            ["pspp", "-o", str(output), str(syntax.relative_to(HERE))], cwd=HERE, check=True
        )
        with output.open(newline="", encoding="utf-8") as file:
            lines = list(csv.reader(file))
    tables: list[tuple[str, list[list[str]]]] = []
    for line in lines:
        text = line[0] if line else ""
        if text.startswith(("Table: ", "Scale: ")):
            tables.append((text, []))
        elif line and tables:
            tables[-1][1].append(line)
    return tables


def read_output(tables: list[tuple[str, list[list[str]]]]):
    """Yield measure, statistic and value of everything that R computes too."""
    scale = ""
    for title, rows in tables:
        name = title.removeprefix("Table: ")
        dependent = re.fullmatch(r"Coefficients \((\w+)\)", name)
        if title.startswith("Scale: "):
            scale = title.removeprefix("Scale: ")
        elif name == "Reliability Statistics":
            yield scale, "alpha", number(rows[1][0])
        elif name == "Item-Total Statistics":
            for item, _, _, rest, dropped in rows[1:]:
                yield scale, f"item_rest.{item}", number(rest)
                yield scale, f"alpha_if_dropped.{item}", number(dropped)
        elif name == "Independent Samples Test":
            yield from read_t_tests(rows)
        elif name == "Test Statistics":
            measure, u, _, z, p = rows[1]
            measure = measure.removesuffix("_change")
            yield measure, "mann_whitney.smaller_U", number(u)
            yield measure, "mann_whitney.z", number(z)
            yield measure, "mann_whitney.p.3", number(p)
        elif name == "Test of Homogeneity of Variances":
            measure = rows[1][0].removesuffix("_change")
            yield measure, "levene.change.F", number(rows[1][1])
        elif name == "Tests of Normality":
            yield from read_normality(rows)
        elif name == "Correlations":
            measure = rows[0][2].removesuffix("_change")
            yield measure, "practice.r.3", number(rows[1][2])
            yield measure, "practice.p.3", number(rows[2][2])
            yield measure, "practice.n", number(rows[3][2])
        elif dependent and dependent[1].endswith("_change"):
            yield dependent[1].removesuffix("_change"), "practice.r", number(rows[3][3])
        elif dependent:
            measure = dependent[1].removesuffix("_post")
            _, b, error, _, t, p, *_ = next(row for row in rows if row[0] == "trained")
            yield measure, "ancova.b", number(b)
            yield measure, "ancova.se", number(error)
            yield measure, "ancova.t", number(t)
            yield measure, "ancova.p.3", number(p)


def read_t_tests(rows: list[list[str]]):
    """Yield Student's and Welch's t test."""
    measure = rows[3][0].removesuffix("_change")
    for test, row in (("student", rows[3]), ("welch", rows[4])):
        if measure == "age" and test == "welch":
            continue
        t, df, p, difference, _, low, high = row[4:11]
        for statistic, value in (
            ("t", t), ("df", df), ("p.3", p), ("difference", difference), ("low", low),
            ("high", high),
        ):  # fmt: skip
            yield measure, f"{test}.{statistic}", number(value)


def read_normality(rows: list[list[str]]):
    """Yield Shapiro-Wilk of the change, of everybody or by group."""
    whole = len(rows[0]) == 4
    measure = rows[2][0].removesuffix("_change")
    for row in rows[2:]:
        group = "all" if whole else {"1": "training", "2": "control"}[row[1]]
        statistic, _, p = row[-3:]
        yield measure, f"shapiro.change.{group}.W", number(statistic)
        yield measure, f"shapiro.change.{group}.p", number(p)


def number(text: str) -> str:
    """Return a number as PSPP prints it, with its zero before the point."""
    return re.sub(r"^(-?)\.", r"\g<1>0.", text.strip())


if __name__ == "__main__":
    main()
