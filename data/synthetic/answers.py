"""From scores to answers: items that add up and have the printed alphas."""

from collections.abc import Sequence
from random import Random
from statistics import variance

from imp_common.design import Scale
from imp_intake.settings.instruments import Instrument
from imp_intake.settings.study import Study
from synthetic.calibration import normal, pick
from synthetic.scores import columns_of, leaves_of, point_limits
from synthetic.targets import Targets


def answer_items(
    random: Random, study: Study, targets: Targets, scores: list[list[list[int]]]
) -> dict[str, list[list[list[int]]]]:
    """Split scores into points of items that have the printed alphas, and points into answers.

    Returns, by instrument, the answers by person, time and item.
    """
    answers = {
        key.id: [[[0] * key.number_of_items for _ in (0, 1)] for _ in scores]
        for key in study.instruments
    }
    for leaf, (key, scale) in enumerate(leaves_of(study)):
        lowest, highest = point_limits(key)
        items = len(scale.items)
        easiness = [0.35 * normal(random) * (highest - lowest) / 4 for _ in range(items)]
        for time in (0, 1):
            sums = [row[time][leaf] for row in scores]
            rows = [spread_over_items(random, s, items, lowest, highest, easiness) for s in sums]
            wanted = item_variance(study, targets, key, scale, [row[time] for row in scores])
            if wanted is not None:
                settle_item_variance(random, rows, wanted, lowest, highest)
            for person, row in enumerate(rows):
                for item, points in zip(scale.items, row, strict=True):
                    answer = answer_with(random, key, item.reverse_keyed, points)
                    answers[key.id][person][time][item.number - 1] = answer
    return answers


def item_variance(
    study: Study, targets: Targets, key: Instrument, scale: Scale, scores: list[list[int]]
) -> float | None:
    """Return what a leaf's item variances must add up to for the printed alpha.

    Alpha of the leaf itself, or of the composite it belongs to, whose items then share alike.
    """
    for one in (scale, *(whole for whole in key.scales if scale.id in whole.parts)):
        alpha = targets.get(f"reliability.{one.id}.alpha")
        if alpha:
            columns, items = columns_of(one, study), len(one.items)
            of_sums = variance([sum(row[column] for column in columns) for row in scores])
            return of_sums * (1 - alpha.value * (items - 1) / items) * len(scale.items) / items
    return None


def answer_with(random: Random, key: Instrument, reverse_keyed: bool, points: int) -> int:
    """Return an answer that gives these points; where several do, one of them by chance."""
    by_answer = key.points_by_answer[::-1] if reverse_keyed else key.points_by_answer
    fitting = [key.lowest_answer + i for i, p in enumerate(by_answer) if p == points]
    return fitting[pick(random, len(fitting))]


def spread_over_items(
    random: Random, total: int, items: int, lowest: int, highest: int, easiness: Sequence[float]
) -> list[int]:
    """Split a scale's sum over its items; ``easiness`` is how far each lies above the mean."""
    wanted = [total / items + easy + 0.6 * normal(random) for easy in easiness]
    values = [min(highest, max(lowest, int(value + 0.5))) for value in wanted]
    while (gap := total - sum(values)) != 0:
        step = 1 if gap > 0 else -1
        free = [i for i in range(items) if lowest <= values[i] + step <= highest]
        place = max(free, key=lambda i: (step * (wanted[i] - values[i]), -i))
        values[place] += step
    return values


def settle_item_variance(
    random: Random, rows: list[list[int]], wanted: float, lowest: int, highest: int
) -> float:
    """Move points between the items of single people until the items' variances add up as wanted.

    The sum of each person stays, so the variance of the scale stays, and Cronbach's alpha, k / (k -
    1) * (1 - sum of item variances / variance of the sum), follows. ``rows`` are people by items,
    changed in place; the sum that was reached is returned.
    """
    count, items = len(rows), len(rows[0])
    totals = [sum(row[i] for row in rows) for i in range(items)]
    squares = [sum(row[i] * row[i] for row in rows) for i in range(items)]
    scaled = sum(count * q - t * t for q, t in zip(squares, totals, strict=True))
    goal = wanted * count * (count - 1)
    for _ in range(400 * count * items):
        if abs(scaled - goal) <= count // 4:
            break
        row = rows[pick(random, count)]
        up, down = pick(random, items), pick(random, items)
        if up == down or row[up] + 1 > highest or row[down] - 1 < lowest:
            continue
        new = scaled + count * (2 * row[up] + 1) - (2 * totals[up] + 1)
        new += count * (1 - 2 * row[down]) - (1 - 2 * totals[down])
        if abs(new - goal) < abs(scaled - goal):
            scaled = new
            row[up] += 1
            row[down] -= 1
            totals[up] += 1
            totals[down] -= 1
    return scaled / (count * (count - 1))
