"""Scores of every scale that give the printed effects, and what cannot be met together."""

from math import sqrt
from random import Random
from statistics import fmean, stdev

import scipy

from imp_common.design import Scale
from imp_common.errors import AnalysisError
from imp_intake.settings.instruments import Instrument
from imp_intake.settings.study import Study
from synthetic.calibration import EFFECTS, ScoreSearch, ScoreTargets, normal
from synthetic.targets import Targets

FIRST_SEED = 20180626
SEEDS_TRIED = 2_000
SEARCHES = 12
TURNS = 400_000


def leaves_of(study: Study) -> list[tuple[Instrument, Scale]]:
    """Return the scales that are no sum of others, with their instruments."""
    return [(key, scale) for key in study.instruments for scale in key.scales if not scale.parts]


def columns_of(scale: Scale, study: Study) -> list[int]:
    """Return the places, among the leaves, of those that a scale is made up of."""
    place = {leaf.id: i for i, (_, leaf) in enumerate(leaves_of(study))}
    return [place[part] for part in scale.parts or (scale.id,)]


def point_limits(key: Instrument) -> tuple[int, int]:
    """Return the fewest and the most points of one item."""
    return min(key.points_by_answer), max(key.points_by_answer)


def scales_of(study: Study) -> list[Scale]:
    """Return all scales: leaves first, then composites."""
    composites = [scale for scale in study.scales.values() if scale.parts]
    return [*(scale for _, scale in leaves_of(study)), *composites]


def score_targets(study: Study, targets: Targets) -> list[ScoreTargets]:
    """Return what the scores of every scale must give, in the order of ``scales_of``."""
    cells = [f"{group.id}.{time.id}" for group in study.groups[:2] for time in study.times[:2]]
    largest = _largest_effect_without_significance(study, targets)
    wanted = []
    for scale in scales_of(study):
        name = f"effectiveness.{scale.id}"
        effects = {effect: targets.get(f"{name}.{effect}") for effect in EFFECTS}
        claim = targets.claims.get(f"{name}.significance")
        wanted.append(
            ScoreTargets(
                parts=tuple(columns_of(scale, study)),
                divisor=1 if scale.rule == "sum" else len(scale.items),
                means=[targets.get(f"{name}.mean.{cell}") for cell in cells],
                sds=[targets.get(f"{name}.sd.{cell}") for cell in cells],
                effects=[(effect, target) for effect, target in effects.items() if target],
                largest_effect=largest if claim == "not_significant" else 1.0,
                nested_alpha=_nested_alpha(study, targets, scale),
            )
        )
    return wanted


def _largest_effect_without_significance(study: Study, targets: Targets) -> float:
    freedom = targets.count("sample.n.total") - 2
    critical = scipy.stats.f.isf(study.level, 1, freedom)
    return round(0.95 * float(critical) / (float(critical) + freedom), 4)


def _nested_alpha(study: Study, targets: Targets, scale: Scale):
    """Return the alphas that bind a composite to its parts, where all of them are given."""
    own = targets.get(f"reliability.{scale.id}.alpha")
    parts = [targets.get(f"reliability.{part}.alpha") for part in scale.parts]
    if not (own and parts and all(parts)):
        return None
    items = [len(study.scales[part].items) for part in scale.parts]
    return own, list(zip(columns_of(scale, study), items, parts, strict=True))


def first_scores(
    random: Random, study: Study, wanted: list[ScoreTargets], groups: list[int]
) -> list[list[list[int]]]:
    """Draw scores by person, time and leaf, near the targets' means, spreads and correlations."""
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
            before = level[i] * family_level[key.id]
            before += sqrt(1 - level[i] * level[i]) * normal(random)
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
            mean, sd = fmean(values), stdev(values)
            wanted_mean, wanted_sd = wanted[i].means[cell].value, wanted[i].sds[cell].value
            for person, value in zip(people, values, strict=True):
                score = wanted_mean + (value - mean) / sd * wanted_sd
                points = int(score * wanted[i].divisor + 0.5)
                limits = lowest * len(scale.items), highest * len(scale.items)
                scores[person][cell % 2][i] = min(limits[1], max(limits[0], points))
    return scores


def _common_factors(wanted: list[ScoreTargets], count: int) -> tuple[list[float], list[float]]:
    """Return each leaf's loading on what its family has in common, in level and in change."""
    level, change = [0.5] * count, [0.4] * count
    for target in wanted[count:]:
        sds = [wanted[part].sds[0].value * wanted[part].divisor for part in target.parts]
        of_sum, own = target.sds[0].value * target.divisor, sum(sd * sd for sd in sds)
        # The average correlation of parts with these SDs whose sum has this SD.
        shared = (of_sum * of_sum - own) / (sum(sds) * sum(sds) - own)
        for part in target.parts:
            level[part] = sqrt(min(0.9, max(0.05, shared)))
    return level, change


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

    If no seed gives them, AnalysisError lists the numbers that cannot be met together.
    """
    wanted = score_targets(study, targets)
    bounds = [
        tuple(limit * len(scale.items) for limit in point_limits(key))
        for key, scale in leaves_of(study)
    ]
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
    names = [scale.id for scale in scales_of(study)]
    parts = [line.partition(":") for line in closest or []]
    lines = [f"  {names[int(scale)]}:{rest}" for scale, _, rest in parts]
    lines = lines or ["  the claim that the scores are normally distributed"]
    raise AnalysisError("\n".join(["No synthetic scores meet these numbers together:", *lines]))


def look_normal(
    study: Study, scores: list[list[list[int]]], groups: list[int], smallest_p: float
) -> bool:
    """Tell whether Shapiro-Wilk finds nothing in any main outcome, by time and in the change."""
    for outcome in study.main_outcomes:
        columns = columns_of(outcome.scale, study)
        before, after = ([sum(row[t][c] for c in columns) for row in scores] for t in (0, 1))
        change = [b - a for a, b in zip(before, after, strict=True)]
        samples = [before, after]
        samples += [[c for c, g in zip(change, groups, strict=True) if g == n] for n in (0, 1)]
        if any(scipy.stats.shapiro(sample).pvalue <= smallest_p for sample in samples):
            return False
    return True
