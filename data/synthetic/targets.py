"""What the synthetic data must give: printed numbers first, assumed ones where print is silent."""

import csv
from pathlib import Path

from imp_printed.published import read_published
from imp_intake.settings.study import Study
from synthetic.calibration import Target

EXTREMES = ("min", "max")


class Targets:
    """Every number to be met, by its id: printed and derived ones bind, assumed ones may yield."""

    def __init__(self, study: Study) -> None:
        self.by_id: dict[str, Target] = {}
        self.claims: dict[str, str] = {}
        for row in read_assumed(study.folder / "synthetic" / "assumed_targets.csv"):
            self.by_id[row["id"]] = Target(row["assumed"], binding=False)
        published = read_published(study.folder / "published" / "statistics.csv")
        for row in published.to_dict("records"):
            if row["statistic"] == "claim":
                self.claims[row["id"]] = row["printed"]
            elif row["printed"]:
                self.by_id[row["id"]] = Target(row["printed"])

    def get(self, name: str) -> Target | None:
        """Return a target, or None if nothing is wanted of that number."""
        return self.by_id.get(name)

    def count(self, name: str) -> int:
        """Return a target that is a number of people."""
        return int(self.by_id[name].value)

    def people_of(self, name: str, of: int) -> int:
        """Return how many of some people a count or a percentage stands for; 0 without either."""
        if f"{name}.count" in self.by_id:
            return self.count(f"{name}.count")
        share = self.get(f"{name}.percent")
        return int(share.value * of / 100 + 0.5) if share else 0


def read_assumed(file: Path) -> list[dict[str, str]]:
    """Read the assumed targets: id, assumed, source."""
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
