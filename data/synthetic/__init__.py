"""The synthetic study: item-level raw exports from which the printed numbers come out.

``python -m synthetic`` writes data/raw/ anew from study.toml, the scoring keys,
published/statistics.csv and, for what the paper's text leaves open, synthetic/assumed_targets.csv.
A printed number always wins over an assumed one.
"""

from pathlib import Path

from imp_common.errors import AnalysisError
from imp_intake.settings.study import read_study
from synthetic.answers import answer_items
from synthetic.people import make_evaluation, make_participants
from synthetic.raw_files import write_corrections, write_raw_files
from synthetic.scores import calibrate_scores
from synthetic.targets import Targets

__all__ = ["Targets", "make_study"]


def make_study(folder: Path | str) -> None:
    """Make the raw exports of the synthetic study in ``folder`` anew.

    AnalysisError names the targets that cannot be met together.
    """
    study = read_study(folder)
    if study.kind != "synthetic":
        kind = f'its kind is "{study.kind}"'
        raise AnalysisError(f"{study.title}: {kind}; raw data stay as they are.")
    targets = Targets(study)
    sizes = [targets.count(f"sample.n.{group.id}") for group in study.groups]
    groups = [0] * sizes[0] + [1] * sizes[1]
    random, scores = calibrate_scores(study, targets, groups)
    answers = answer_items(random, study, targets, scores)
    people = make_participants(random, study, targets)
    forms = make_evaluation(random, study, targets, scores)
    write_raw_files(random, study, people, answers, forms, targets)
    write_corrections(study, answers)
