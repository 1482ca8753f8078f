"""The people of the synthetic study: groups, ages, sexes, professions."""

from math import sqrt
from random import Random

from imp_helpers.study.errors import AnalysisError
from imp_helpers.study.study import Study
from synthetic.calibration import shuffled, whole_numbers
from synthetic.targets import EXTREMES, Targets


def make_participants(random: Random, study: Study, targets: Targets) -> list[dict]:
    """Make ages, sexes and professions with the printed figures."""
    sizes = [targets.count(f"sample.n.{group.id}") for group in study.groups]
    ages = make_ages(random, study, targets, sizes)
    first_training_group = targets.count("sample.n.training_group_1")
    people: list[dict] = []
    for group, size, group_ages in zip(study.groups, sizes, ages, strict=True):
        men = targets.count(f"sample.men.count.{group.id}")
        sexes = shuffled(random, ["m"] * men + ["v"] * (size - men))
        codes = study.settings.participants.profession_codes
        professions = []
        for code, profession in codes.items():
            professions += [code] * targets.count(f"table3.{profession}.count.{group.id}")
        professions = shuffled(random, professions)
        for i in range(size):
            trained = group.role == "intervention"
            course = (1 if i < first_training_group else 2) if trained else ""
            people.append(
                {
                    "number": len(people) + 1,
                    "group": group.code,
                    "course": course,
                    "sex": sexes[i],
                    "age": group_ages[i],
                    "profession": professions[i],
                }
            )
    return people


def make_ages(random: Random, study: Study, targets: Targets, sizes: list[int]) -> list[list[int]]:
    """Find ages with the printed means and SDs by group and, together, of everyone."""
    youngest, oldest = (targets.count(f"sample.age.{name}.total") for name in EXTREMES)
    # Who is youngest and who is oldest is not printed: one in each group.
    limits = [(youngest + 6, oldest), (youngest, oldest - 3)]
    for _ in range(200):
        ages = [
            whole_numbers(
                random,
                size,
                targets.by_id[f"sample.age.mean.{group.id}"],
                targets.by_id[f"sample.age.sd.{group.id}"],
                *limit,
            )
            for group, size, limit in zip(study.groups, sizes, limits, strict=True)
        ]
        everyone = ages[0] + ages[1]
        mean = sum(everyone) / len(everyone)
        sd = sqrt(sum((a - mean) * (a - mean) for a in everyone) / (len(everyone) - 1))
        if targets.by_id["sample.age.mean.total"].is_met(mean) and targets.by_id[
            "sample.age.sd.total"
        ].is_met(sd):
            return ages
    raise AnalysisError("The printed ages of the groups and of everyone do not hold together.")
