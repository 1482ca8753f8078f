"""Score and compare many sites on the workers of a Dask cluster: no row of a person leaves a site.

Each site is a study's folder. A worker cleans and scores it and returns, for each outcome and
group, the number, sum and sum of squares of the changes; their sums over the sites give the same F
as all people in one file. Without ``--scheduler`` the workers are local processes.
"""

import argparse
import tempfile
import time
from pathlib import Path

import pandas as pd
from distributed import Client, LocalCluster
from scale import PROJECT, write_export

from imp_helpers import cleaning, scoring
from imp_helpers.reading.files import read_raw_files
from imp_helpers.statistics.change_scores import CHANGE, complete_cases, contrasts
from imp_helpers.study.study import read_study


def scores_of(folder: Path) -> pd.DataFrame:
    """Clean and score one site."""
    study = read_study(folder)
    cleaned = cleaning.clean(study, read_raw_files(study))
    scores = scoring.score_all(scoring.points_table(cleaned.answers, study), study)
    return scoring.with_groups(scores, cleaned.participants)


def sums_of(folder: Path) -> pd.DataFrame:
    """Return n, sum and sum of squares of the changes of one site: a row an outcome and group."""
    study, scores, parts = read_study(folder), scores_of(folder), {}
    for outcome in study.outcomes:
        changes = complete_cases(scores, outcome.id, study).assign(n=1)
        changes["squares"] = changes[CHANGE] ** 2
        parts[outcome.id] = changes.groupby("group")[["n", CHANGE, "squares"]].sum()
    return pd.concat(parts, names=["scale"])


def interaction(sums: pd.DataFrame) -> pd.Series:
    """Return F of time x group of each outcome from the summed sums of two groups."""
    sums = sums.assign(mean=sums[CHANGE] / sums["n"])
    within = (sums["squares"] - sums["n"] * sums["mean"] ** 2).groupby("scale").sum()
    variance = within / (sums["n"].groupby("scale").sum() - 2)
    difference = sums["mean"].groupby("scale").diff().groupby("scale").last()
    return difference**2 / variance / (1 / sums["n"]).groupby("scale").sum()


def main() -> None:
    """Time some sites of equal size; compare one of them with the study's own analysis."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sites", type=int, default=4)
    parser.add_argument("--people", type=int, default=100_000, help="of each site")
    parser.add_argument("--scheduler", help="tcp://..., whose workers see the same folders")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folders = [Path(place) / str(number) for number in range(options.sites)]
        for seed, folder in enumerate(folders):
            folder.mkdir()
            write_export(read_study(PROJECT / "data"), options.people, folder, seed)
        cluster = options.scheduler or LocalCluster(threads_per_worker=1)
        with Client(cluster) as client:
            workers, start = len(client.scheduler_info()["workers"]), time.perf_counter()
            of_sites = client.gather(client.map(sums_of, folders))
            seconds = time.perf_counter() - start
        f = interaction(sum(of_sites))
        alone = interaction(of_sites[0])
        known = contrasts(scores_of(folders[0]), read_study(folders[0])).set_index("scale")["F"]
    people = options.sites * options.people
    print(f"{people:,} people of {options.sites} sites on {workers} workers: {seconds:.0f} s, "
          f"{people / seconds / workers:,.0f} people a second and worker")  # fmt: skip
    print(f"largest F of {len(f)} outcomes {f.max():.2f}; of one site alone the largest difference "
          f"from the study's own F is {(alone / known - 1).abs().max():.0e}")  # fmt: skip


if __name__ == "__main__":
    main()
