"""The synthetic study: item-level raw exports from which the printed numbers come out.

``python -m imp_helpers.synthetic`` writes data/raw/ anew from study.toml, the scoring keys,
published/statistics.csv and, for what the paper's text leaves open, synthetic/assumed_targets.csv.
A printed number always wins over an assumed one.
"""

from __future__ import annotations

import argparse
import csv
from datetime import date, timedelta
from functools import partial
from math import sqrt
from pathlib import Path
from random import Random

from imp_helpers.calibration import (
    ScoreSearch,
    ScoreTargets,
    Target,
    normal,
    pick,
    settle_item_variance,
    shuffled,
    spread_over_items,
    whole_numbers,
)
from imp_helpers.errors import AnalysisError
from imp_helpers.instruments import Instrument, Scale
from imp_helpers.published import read_published
from imp_helpers.study import Study, read_study

FIRST_SEED = 20180626
SEEDS_TRIED = 2_000
SEARCHES = 12
TURNS = 400_000
# A correlation that is far from significance at n = 24, where |r| = .404 has p = .05.
LARGEST_CORRELATION = 0.20
FORM_NOT_RETURNED = 9
EXTREMES = ("min", "max")
# The flaw that the corrections log explains.
TYPED_TWICE, TYPED_TWICE_COLUMN, TYPED = "P12", "PSS_6", "33"

# Paraphrases, not quotations, of what the paper reports.
ADVERSE_REACTION = "memories of earlier events came back, also in dreams"
AWARENESS_PROBLEMS = (
    "says no more often since noticing own habits; fine for me, less so for others",
    "too conscious of everything",
    "notices more than is pleasant, and too often",
    "it is odd that people around me do not notice these things",
)


class Targets:
    """Every number to be met, by its id: printed and derived ones bind, assumed ones may yield."""

    def __init__(self, study: Study) -> None:
        self.by_id: dict[str, Target] = {}
        self.claims: dict[str, str] = {}
        for row in _read_csv(study.folder / "synthetic" / "assumed_targets.csv"):
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

    def people(self, name: str, of: int) -> int:
        """Return how many people a printed percentage stands for."""
        return int(self.by_id[name].value * of / 100 + 0.5)


def _read_csv(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


# ---------------------------------------------------------------- scores


def leaves_of(study: Study) -> list[tuple[Instrument, Scale]]:
    """Return the scales that are no sum of others, with their instruments."""
    return [(key, scale) for key in study.instruments for scale in key.scales if not scale.parts]


def point_limits(key: Instrument) -> tuple[int, int]:
    """Return the fewest and the most points of one item."""
    return min(key.points_by_answer), max(key.points_by_answer)


def divisor(scale: Scale) -> int:
    """Return what a scale's summed points are divided by."""
    return 1 if scale.rule == "sum" else len(scale.items)


def cell_names(study: Study) -> list[tuple[str, str]]:
    """Return (group, time) in the order of the cells."""
    return [(group.id, time.id) for group in study.groups[:2] for time in study.times[:2]]


def score_targets(study: Study, targets: Targets) -> list[ScoreTargets]:
    """Return what the scores of every scale must give, leaves first, then composites."""
    leaves = [scale for _, scale in leaves_of(study)]
    composites = [scale for scale in study.scales.values() if scale.parts]
    place = {scale.id: i for i, scale in enumerate(leaves)}
    largest = _largest_effect_without_significance(study, targets)
    wanted = []
    for scale in [*leaves, *composites]:
        parts = scale.parts or (scale.id,)
        named = partial(_named, targets, f"effectiveness.{scale.id}")
        effects = [(name, named(name)) for name in ("partial_eta_squared", "F")]
        claim = targets.claims.get(f"effectiveness.{scale.id}.significance")
        wanted.append(
            ScoreTargets(
                parts=tuple(place[part] for part in parts),
                divisor=divisor(scale),
                means=[named(f"mean.{g}.{t}") for g, t in cell_names(study)],
                sds=[named(f"sd.{g}.{t}") for g, t in cell_names(study)],
                effects=[(name, target) for name, target in effects if target],
                largest_effect=largest if claim == "not_significant" else 1.0,
                nested_alpha=_nested_alpha(study, targets, scale, place),
            )
        )
    return wanted


def _named(targets: Targets, prefix: str, name: str) -> Target | None:
    return targets.get(f"{prefix}.{name}")


def _largest_effect_without_significance(study: Study, targets: Targets) -> float:
    from scipy import stats

    freedom = targets.count("sample.n.total") - 2
    critical = stats.f.isf(study.settings["study"]["significance_level"], 1, freedom)
    return round(0.95 * float(critical) / (float(critical) + freedom), 4)


def _nested_alpha(study: Study, targets: Targets, scale: Scale, place: dict[str, int]):
    """Return the alphas that bind a composite to its parts, where all of them are given."""
    own = targets.get(f"reliability.{scale.id}.alpha")
    parts = [targets.get(f"reliability.{part}.alpha") for part in scale.parts]
    if not (own and parts and all(parts)):
        return None
    items = [len(study.scales[part].items) for part in scale.parts]
    return own, list(zip([place[part] for part in scale.parts], items, parts, strict=True))


def first_scores(
    random: Random, study: Study, wanted: list[ScoreTargets], groups: list[int]
) -> list[list[list[int]]]:
    """Draw scores whose means, spreads and correlations are near the targets.

    Returns
    -------
    list of list of list of int
        By person, time and leaf.
    """
    leaves = leaves_of(study)
    count = len(leaves)
    level, change = _common_factors(wanted, count)
    stability = [_stability(wanted[i], groups) for i in range(count)]
    latent = []
    for _ in groups:
        general, later = normal(random), normal(random)
        family_level = {key.id: 0.5 * general + sqrt(0.75) * normal(random) for key, _ in leaves}
        family_change = {key.id: 0.4 * later + sqrt(0.84) * normal(random) for key, _ in leaves}
        row: list[list[float]] = [[], []]
        for i, (key, _) in enumerate(leaves):
            before = level[i] * family_level[key.id] + sqrt(1 - level[i] * level[i]) * normal(
                random
            )
            new = change[i] * family_change[key.id]
            new += sqrt(1 - change[i] * change[i]) * normal(random)
            row[0].append(before)
            row[1].append(stability[i] * before + sqrt(1 - stability[i] * stability[i]) * new)
        latent.append(row)
    scores = [[[0] * count, [0] * count] for _ in groups]
    for i, (key, scale) in enumerate(leaves):
        lowest, highest = point_limits(key)
        for cell in range(4):
            people = [p for p, group in enumerate(groups) if group == cell // 2]
            values = [latent[p][cell % 2][i] for p in people]
            mean = sum(values) / len(values)
            sd = sqrt(sum((v - mean) * (v - mean) for v in values) / (len(values) - 1))
            for person, value in zip(people, values, strict=True):
                score = (
                    wanted[i].means[cell].value + (value - mean) / sd * wanted[i].sds[cell].value
                )
                points = int(score * wanted[i].divisor + 0.5)
                limits = lowest * len(scale.items), highest * len(scale.items)
                scores[person][cell % 2][i] = min(limits[1], max(limits[0], points))
    return scores


def _common_factors(wanted: list[ScoreTargets], count: int) -> tuple[list[float], list[float]]:
    """Return each leaf's loading on what its family has in common, in level and in change."""
    level, change = [0.5] * count, [0.4] * count
    for target in wanted[count:]:
        sds = [wanted[part].sds[0].value * wanted[part].divisor for part in target.parts]
        shared = _shared_correlation(sds, target.sds[0].value * target.divisor)
        for part in target.parts:
            level[part] = sqrt(min(0.9, max(0.05, shared)))
    return level, change


def _shared_correlation(sds: list[float], sd_of_sum: float) -> float:
    """Return the average correlation of parts with given SDs whose sum has a given SD."""
    own = sum(sd * sd for sd in sds)
    together = sum(sds) * sum(sds) - own
    return (sd_of_sum * sd_of_sum - own) / together


def _stability(target: ScoreTargets, groups: list[int]) -> float:
    """Return the correlation of before and after that the effect asks for."""
    effects = dict(target.effects)
    if "partial_eta_squared" not in effects:
        return 0.7
    first, second = groups.count(0), groups.count(1)
    means = [mean.value for mean in target.means]
    gap = (means[1] - means[0]) - (means[3] - means[2])
    effect = effects["partial_eta_squared"].value
    between = gap * gap * first * second / (first + second)
    change_variance = between * (1 - effect) / effect / (len(groups) - 2)
    sd = target.sds[0].value
    return min(0.95, max(0.1, 1 - change_variance / (2 * sd * sd)))


def calibrate_scores(
    study: Study, targets: Targets, groups: list[int]
) -> tuple[Random, list[list[list[int]]]]:
    """Find scores that meet every binding target, and that a Shapiro-Wilk test calls normal.

    Raises
    ------
    AnalysisError
        If no seed gives them; it lists the numbers that cannot be met together.
    """
    wanted = score_targets(study, targets)
    bounds = []
    for key, scale in leaves_of(study):
        lowest, highest = point_limits(key)
        bounds.append((lowest * len(scale.items), highest * len(scale.items)))
    closest: list[str] | None = None
    searches = 0
    for seed in range(FIRST_SEED, FIRST_SEED + SEEDS_TRIED):
        random = Random(seed)
        scores = first_scores(random, study, wanted, groups)
        if not look_normal(study, scores, groups, 0.15):
            continue
        if searches == SEARCHES:
            break
        searches += 1
        search = ScoreSearch(random, scores, groups, bounds, wanted)
        search.run(TURNS)
        unmet = search.unmet()
        if not unmet and look_normal(study, scores, groups, 0.06):
            return random, scores
        if closest is None or len(unmet) < len(closest):
            closest = unmet
    names = [scale.id for _, scale in leaves_of(study)]
    names += [scale.id for scale in study.scales.values() if scale.parts]
    lines = [
        f"  {names[int(line.split(':')[0])]}:{line.split(':', 1)[1]}" for line in closest or []
    ]
    if not lines:
        lines = ["  the claim that the scores are normally distributed"]
    message = "No synthetic scores meet these numbers together:"
    raise AnalysisError("\n".join([message, *lines]))


def look_normal(
    study: Study, scores: list[list[list[int]]], groups: list[int], smallest_p: float
) -> bool:
    """Tell whether Shapiro-Wilk finds nothing in any main outcome, by time and in the change."""
    from scipy import stats

    place = {scale.id: i for i, (_, scale) in enumerate(leaves_of(study))}
    for outcome in study.main_outcomes:
        columns = [place[part] for part in (outcome.scale.parts or (outcome.id,))]
        before, after = ([sum(row[t][c] for c in columns) for row in scores] for t in (0, 1))
        change = [b - a for a, b in zip(before, after, strict=True)]
        samples = [before, after]
        samples += [[c for c, g in zip(change, groups, strict=True) if g == n] for n in (0, 1)]
        if any(stats.shapiro(sample).pvalue <= smallest_p for sample in samples):
            return False
    return True


# ---------------------------------------------------------------- answers


def answer_items(
    random: Random, study: Study, targets: Targets, scores: list[list[list[int]]]
) -> dict[str, list[list[list[int]]]]:
    """Split scores into points of items that have the printed alphas, and points into answers.

    Returns
    -------
    dict
        By instrument: answers by person, time and item.
    """
    columns = {scale.id: i for i, (_, scale) in enumerate(leaves_of(study))}
    answers = {
        key.id: [[[0] * key.number_of_items for _ in (0, 1)] for _ in scores]
        for key in study.instruments
    }
    for key, scale in leaves_of(study):
        lowest, highest = point_limits(key)
        items = len(scale.items)
        easiness = [0.35 * normal(random) * (highest - lowest) / 4 for _ in range(items)]
        for time in (0, 1):
            sums = [row[time][columns[scale.id]] for row in scores]
            rows = [spread_over_items(random, s, items, lowest, highest, easiness) for s in sums]
            wanted = item_variance(study, targets, key, scale, scores, columns, time)
            if wanted is not None:
                settle_item_variance(random, rows, wanted, lowest, highest)
            for person, row in enumerate(rows):
                for item, points in zip(scale.items, row, strict=True):
                    answer = answer_with(random, key, item.reverse_keyed, points)
                    answers[key.id][person][time][item.number - 1] = answer
    return answers


def item_variance(
    study: Study,
    targets: Targets,
    key: Instrument,
    scale: Scale,
    scores: list[list[list[int]]],
    columns: dict[str, int],
    time: int,
) -> float | None:
    """Return what a leaf's item variances must add up to for the printed alpha.

    Alpha of the leaf itself, or of the composite it belongs to, whose items then share alike.
    """
    own = targets.get(f"reliability.{scale.id}.alpha")
    if own:
        parts, items, alpha = [scale.id], len(scale.items), own.value
    else:
        whole = next((s for s in key.scales if scale.id in s.parts), None)
        target = targets.get(f"reliability.{whole.id}.alpha") if whole else None
        if not target:
            return None
        parts, items, alpha = list(whole.parts), len(whole.items), target.value
    sums = [sum(row[time][columns[part]] for part in parts) for row in scores]
    mean = sum(sums) / len(sums)
    variance = sum((value - mean) * (value - mean) for value in sums) / (len(sums) - 1)
    return variance * (1 - alpha * (items - 1) / items) * len(scale.items) / items


def answer_with(random: Random, key: Instrument, reverse_keyed: bool, points: int) -> int:
    """Return an answer that gives these points; where several do, one of them by chance."""
    by_answer = key.points_by_answer[::-1] if reverse_keyed else key.points_by_answer
    fitting = [key.lowest_answer + i for i, p in enumerate(by_answer) if p == points]
    return fitting[pick(random, len(fitting))]


# ---------------------------------------------------------------- the people


def make_participants(random: Random, study: Study, targets: Targets) -> list[dict]:
    """Make ages, sexes and professions with the printed figures."""
    sizes = [targets.count(f"sample.n.{group.id}") for group in study.groups]
    ages = make_ages(random, study, targets, sizes)
    first_training_group = targets.count("sample.n.training_group_1")
    people: list[dict] = []
    for group, size, group_ages in zip(study.groups, sizes, ages, strict=True):
        men = targets.count(f"sample.men.count.{group.id}")
        sexes = shuffled(random, ["m"] * men + ["v"] * (size - men))
        codes = study.settings["participants"]["profession_codes"]
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


# ---------------------------------------------------------------- the evaluation form


def make_evaluation(
    random: Random, study: Study, targets: Targets, scores: list[list[list[int]]]
) -> list[dict]:
    """Make the evaluation forms with the printed figures, a row a trained participant."""
    trained = targets.count("sample.n.training")
    forms = targets.count("sample.forms.count")
    columns: dict[str, list] = {}
    for question in study.questions.values():
        if question["kind"] == "number":
            columns[question["id"]] = numbers_of(random, targets, question, forms)
        elif question["kind"] == "choice" and question["id"] not in ("adverse", "future_plans"):
            columns[question["id"]] = choices_of(random, targets, question, forms)
        elif question["kind"] == "several":
            columns[question["id"]] = several_of(random, targets, question, forms)
    columns |= organisation_parts(random, targets, forms)
    columns["future_plans"] = plans_of(random, targets, study.questions["future_plans"], forms)
    columns |= adverse_of(random, targets, study.questions["adverse"], forms)
    people = [p for p in range(trained) if p + 1 != FORM_NOT_RETURNED][:forms]
    spread_home_practice(random, study, columns, scores, people)
    return [
        {"number": person + 1} | {name: values[i] for name, values in columns.items()}
        for i, person in enumerate(people)
    ]


def numbers_of(random: Random, targets: Targets, question: dict, forms: int) -> list:
    """Answer a question with a number so that its printed figures come out."""
    name = f"feasibility.{question['id']}"
    mean, sd = targets.get(f"{name}.mean"), targets.get(f"{name}.sd")
    if not (mean and sd):
        return [""] * forms
    lowest, highest = (targets.count(f"{name}.{extreme}") for extreme in EXTREMES)
    step = 5 if highest > 60 else 1
    return whole_numbers(random, forms, mean, sd, lowest, highest, step)


def choices_of(random: Random, targets: Targets, question: dict, forms: int) -> list[str]:
    """Answer a question with one choice so that its printed percentages come out."""
    answers: list[str] = []
    for code, choice in question["choices"].items():
        name = f"feasibility.{question['id']}.{choice}.percent"
        answers += [code] * (targets.people(name, forms) if targets.get(name) else 0)
    # 88 % and 13 % of 24 are 21 and 3; rounding each alone could give one too many.
    return shuffled(random, answers[:forms])


def several_of(random: Random, targets: Targets, question: dict, forms: int) -> list[str]:
    """Answer a question that allows several choices so that its counts come out."""
    ticked: list[list[str]] = [[] for _ in range(forms)]
    none_code = next((c for c, i in question["choices"].items() if i.startswith("nothing")), None)
    people = shuffled(random, range(forms))
    if none_code:
        content = targets.count(f"{question['id']}.{question['choices'][none_code]}.count")
        for person in people[:content]:
            ticked[person].append(none_code)
        people = people[content:]
    for turn, (code, choice) in enumerate(question["choices"].items()):
        if code == none_code:
            continue
        wanted = targets.count(f"{question['id']}.{choice}.count")
        # Whoever has ticked least so far comes first, so that nobody leaves the question open.
        order = sorted(shuffled(random, people), key=lambda p: len(ticked[p]) if turn else 0)
        for person in order[:wanted]:
            ticked[person].append(code)
    return [", ".join(codes) for codes in ticked]


def organisation_parts(random: Random, targets: Targets, forms: int) -> dict[str, list[int]]:
    """Split the printed satisfaction with the organisation into its two questions."""
    name = "feasibility.organisation"
    lowest, highest = (targets.count(f"{name}.{extreme}") for extreme in EXTREMES)
    mean, sd = targets.by_id[f"{name}.mean"], targets.by_id[f"{name}.sd"]
    sums = whole_numbers(random, forms, mean, sd, lowest, highest)
    locations = [min(5, max(1, (total + pick(random, 2)) // 2)) for total in sums]
    parts = zip(sums, locations, strict=True)
    return {"location": locations, "information": [total - part for total, part in parts]}


def plans_of(random: Random, targets: Targets, question: dict, forms: int) -> list[str]:
    """Answer the question on plans; who did not answer leaves it empty."""
    answers: list[str] = []
    for code, choice in question["choices"].items():
        answers += [code] * targets.count(f"feasibility.future_plans.{choice}.count")
    return shuffled(random, answers + [""] * (forms - len(answers)))


def adverse_of(
    random: Random, targets: Targets, question: dict, forms: int
) -> dict[str, list[str]]:
    """Report the unwanted effects, paraphrased."""
    codes = {choice: code for code, choice in question["choices"].items()}
    reported = [(codes["adverse_reactions"], ADVERSE_REACTION)]
    reported *= targets.count("harms.adverse_reactions.count")
    problems = targets.count("harms.awareness_problems.count")
    texts = AWARENESS_PROBLEMS * (problems // len(AWARENESS_PROBLEMS) + 1)
    reported += [(codes["awareness_problems"], text) for text in texts[:problems]]
    reported += [(codes["none"], "")] * (forms - len(reported))
    reported = shuffled(random, reported)
    return {
        "adverse": [code for code, _ in reported],
        "adverse_detail": [text for _, text in reported],
    }


def spread_home_practice(
    random: Random,
    study: Study,
    columns: dict[str, list],
    scores: list[list[list[int]]],
    people: list[int],
) -> None:
    """Give the amounts of home practice to people so that they correlate with no main change."""
    place = {scale.id: i for i, (_, scale) in enumerate(leaves_of(study))}
    changes = []
    for outcome in study.main_outcomes:
        parts = [place[part] for part in (outcome.scale.parts or (outcome.id,))]
        changes.append([sum(scores[p][1][c] - scores[p][0][c] for c in parts) for p in people])
    for _ in range(20_000):
        for name in ("practice_minutes", "study_minutes"):
            columns[name] = shuffled(random, columns[name])
        amounts = [
            a + b
            for a, b in zip(columns["practice_minutes"], columns["study_minutes"], strict=True)
        ]
        if all(abs(correlation(amounts, change)) < LARGEST_CORRELATION for change in changes):
            return
    raise AnalysisError("No home practice was found that correlates with none of the changes.")


def correlation(first: list[int], second: list[int]) -> float:
    """Return Pearson's r of whole numbers, from exact sums."""
    count = len(first)
    sums = sum(first), sum(second)
    product = count * sum(a * b for a, b in zip(first, second, strict=True)) - sums[0] * sums[1]
    squares = [
        count * sum(v * v for v in values) - s * s
        for values, s in zip((first, second), sums, strict=True)
    ]
    return product / sqrt(squares[0] * squares[1])


# ---------------------------------------------------------------- the raw files


def write_raw_files(
    random: Random,
    study: Study,
    people: list[dict],
    answers: dict[str, list[list[list[int]]]],
    forms: list[dict],
    targets: Targets,
) -> None:
    """Write the raw exports as an online survey would give them, small flaws included."""
    write = partial(write_csv, study)
    write("participants", participant_rows(study, people))
    write("questionnaires", questionnaire_rows(random, study, people, answers))
    write("evaluation", evaluation_rows(study, forms))
    write("sessions", session_rows(random, study, targets))


def participant_rows(study: Study, people: list[dict]) -> list[list]:
    """Return the participants' file: a few stray spaces, Dutch codes."""
    settings = study.settings["participants"]
    names = ("participant", "group", "training_group", "sex", "age", "profession")
    rows = [[settings[name] for name in names]]
    for person in people:
        number, profession = f"P{person['number']:02d}", person["profession"]
        if person["number"] in (6, 31):
            profession = f" {profession} "
        if person["number"] == 14:
            number = "p14"
        keys = ("group", "course", "sex", "age")
        rows.append([number, *(person[key] for key in keys), profession])
    return rows


def questionnaire_rows(
    random: Random, study: Study, people: list[dict], answers: dict[str, list[list[list[int]]]]
) -> list[list]:
    """Return the questionnaires' file: a number typed otherwise, a form sent twice, a typo."""
    settings = study.settings["questionnaires"]
    header = [settings[name] for name in ("participant", "time", "date", "minutes")]
    for key in study.instruments:
        pattern = settings["instruments"][key.id]
        header += [pattern.format(item=i) for i in range(1, key.number_of_items + 1)]
    starts = {1: date(2016, 9, 5), 2: date(2017, 2, 6), "": date(2017, 1, 9)}
    rows = []
    for t, time in enumerate(study.times[:2]):
        for p, person in enumerate(people):
            day = starts[person["course"]] + timedelta(days=70 * t + pick(random, 10))
            minutes = f"{14 + 0.1 * pick(random, 180):.1f}".replace(".", ",")
            items = [answer for key in study.instruments for answer in answers[key.id][p][t]]
            rows.append([f"P{person['number']:02d}", time.code, day.isoformat(), minutes, *items])
    rows.sort(key=lambda row: (row[2], row[0]))
    baseline, post = (time.code for time in study.times[:2])
    find = {(row[0], row[1]): i for i, row in enumerate(rows)}
    rows[find[TYPED_TWICE, post]][header.index(TYPED_TWICE_COLUMN)] = TYPED
    rows[find["P07", post]][0] = "p7 "
    spaced = rows[find["P22", baseline]]
    spaced[header.index("EQ_17")] = f" {spaced[header.index('EQ_17')]}"
    again = list(rows[find["P19", baseline]])
    again[3] = "0,9"
    rows.insert(find["P19", baseline] + 1, again)
    return [header, *rows]


def evaluation_rows(study: Study, forms: list[dict]) -> list[list]:
    """Return the evaluation form's file."""
    settings = study.settings["evaluation"]
    asked = [q for q in settings["questions"] if "column" in q]
    header = [settings["participant"], *(q["column"] for q in asked)]
    rows = [[f"P{form['number']:02d}", *(form[q["id"]] for q in asked)] for form in forms]
    return [header, *rows]


def session_rows(random: Random, study: Study, targets: Targets) -> list[list]:
    """Return the sessions' file: every session delivered, at most two people absent."""
    settings = study.settings["sessions"]
    names = ("training_group", "session", "date", "planned_hours", "delivered_hours")
    rows = [[settings[name] for name in (*names, "attended", "status")]]
    hours = targets.by_id["feasibility.session_hours.mean"].text.replace(".", ",")
    for course, start in ((1, date(2016, 9, 19)), (2, date(2017, 2, 20))):
        size = targets.count(f"sample.n.training_group_{course}")
        for session in range(1, targets.count("feasibility.sessions.count") + 1):
            day = (start + timedelta(days=7 * (session - 1))).isoformat()
            attended = size - pick(random, 3)
            rows.append([course, session, day, hours, hours, attended, "volledig"])
    return rows


def write_csv(study: Study, section: str, rows: list[list]) -> None:
    """Write one raw file in the form that study.toml gives it."""
    raw = study.settings["raw"]
    file = study.folder / study.settings[section]["file"]
    file.parent.mkdir(exist_ok=True)
    with file.open("w", encoding=raw["encoding"], newline="") as lines:
        csv.writer(lines, delimiter=raw["separator"], lineterminator="\r\n").writerows(rows)


def write_corrections(study: Study, answers: dict[str, list[list[list[int]]]]) -> None:
    """Write the corrections log that explains the one impossible answer."""
    raw, settings = study.settings["raw"], study.settings["questionnaires"]
    after = answers["pss"][int(TYPED_TWICE[1:]) - 1][1][int(TYPED_TWICE_COLUMN[-1]) - 1]
    header = ["file", "participant", "time", "column", "before", "after", "who", "when", "why"]
    why = "A key was pressed twice; the answer was looked up on the paper form"
    edit = (TYPED_TWICE, study.times[1].code, TYPED_TWICE_COLUMN, TYPED, after)
    rows = [header, [settings["file"], *edit, "data manager", "2017-06-12", why]]
    with (study.folder / raw["corrections"]).open(
        "w", encoding=raw["encoding"], newline=""
    ) as file:
        csv.writer(file, delimiter=raw["separator"], lineterminator="\r\n").writerows(rows)


def make_study(folder: Path | str) -> None:
    """Make the raw exports of the synthetic study in ``folder`` anew.

    Raises
    ------
    AnalysisError
        If the targets cannot be met together, naming those that are missed.
    """
    study = read_study(folder)
    if study.kind != "synthetic":
        raise AnalysisError(
            f'{study.title}: its kind is "{study.kind}"; raw data stay as they are.'
        )
    targets = Targets(study)
    sizes = [targets.count(f"sample.n.{group.id}") for group in study.groups]
    groups = [0] * sizes[0] + [1] * sizes[1]
    random, scores = calibrate_scores(study, targets, groups)
    answers = answer_items(random, study, targets, scores)
    people = make_participants(random, study, targets)
    forms = make_evaluation(random, study, targets, scores)
    write_raw_files(random, study, people, answers, forms, targets)
    write_corrections(study, answers)


def main() -> None:
    """Run the generator from the command line."""
    parser = argparse.ArgumentParser(description=make_study.__doc__.splitlines()[0])
    parser.add_argument("--study", default="data", type=Path, help="the study's folder")
    folder = parser.parse_args().study
    try:
        make_study(folder)
    except AnalysisError as error:
        raise SystemExit(str(error)) from None
    print(f"Synthetic raw data written to {folder / 'raw'}")


if __name__ == "__main__":
    main()
