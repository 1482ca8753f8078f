"""Whole-number data that have given statistics at their printed precision.

Everything is decided by integers and by IEEE additions, products, quotients and square roots, and
chance comes from the standard library's Mersenne Twister, so that a seed gives the same data on
every machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import sqrt
from random import Random

# Targets are met with a little room, so that no rounding rule decides.
ROOM = 0.8
# Group and time of each cell.
CELLS = [(group, time) for group in (0, 1) for time in (0, 1)]
EFFECTS = ("partial_eta_squared", "F")


@dataclass(frozen=True)
class Target:
    """A number to be met: as printed, since its decimals say how precisely.

    A binding one is printed and must come out; an assumed one may yield.
    """

    text: str
    binding: bool = True

    @property
    def value(self) -> float:
        """The number itself."""
        return float(self.text)

    @property
    def half_width(self) -> float:
        """Half a unit of the last printed digit."""
        return 0.5 * float(Decimal(1).scaleb(Decimal(self.text).as_tuple().exponent))

    def miss(self, value: float, scale: float) -> float:
        """Return how badly a value misses the target: 0 if it is met.

        A binding target counts in half units of its last digit, an assumed one softly in units of
        ``scale`` (a tenth of a standard deviation, say).
        """
        distance = abs(value - self.value)
        if self.binding:
            excess = distance / self.half_width - ROOM
            return 4.0 * excess * excess + excess if excess > 0 else 0.0
        return 0.02 * (distance / scale) * (distance / scale)

    def is_met(self, value: float) -> bool:
        """Tell whether a value prints as the target."""
        return abs(value - self.value) < self.half_width


def normal(random: Random) -> float:
    """Draw a nearly normal number: the sum of twelve uniform ones, less six (Irwin-Hall)."""
    return sum(random.random() for _ in range(12)) - 6.0


def pick(random: Random, count: int) -> int:
    """Draw a whole number from 0 to count - 1."""
    return int(random.random() * count)


def shuffled(random: Random, values: Sequence) -> list:
    """Return the values in a random order (Fisher-Yates)."""
    values = list(values)
    for place in range(len(values) - 1, 0, -1):
        other = pick(random, place + 1)
        values[place], values[other] = values[other], values[place]
    return values


def mean_and_sd(total: float, squares: float, count: int) -> tuple[float, float]:
    """Return the mean and the standard deviation (n - 1) from sum, sum of squares and count."""
    mean = total / count
    return mean, sqrt(max(0.0, squares - total * mean) / (count - 1))


# ---------------------------------------------------------------- one variable


def whole_numbers(
    random: Random, count: int, mean: Target, sd: Target, lowest: int, highest: int, step: int = 1
) -> list[int]:
    """Find whole numbers with a printed mean, standard deviation, minimum and maximum.

    Both ends occur. People answer in multiples of ``step`` where the mean allows it (5 for
    minutes). ValueError if no such numbers were found.
    """
    for _ in range(60):
        values = [lowest, highest]
        for _ in range(count - 2):
            drawn = mean.value + sd.value * normal(random)
            nearest = step * int(drawn / step + 0.5)
            values.append(min(highest, max(lowest, nearest)))
        if _settle(random, values, mean, sd, lowest, highest, step):
            return shuffled(random, values)
    wanted = f"mean {mean.text}, SD {sd.text}, {lowest} to {highest}, n = {count}"
    raise ValueError(f"no whole numbers found with {wanted}")


def _settle(
    random: Random, values: list[int], mean: Target, sd: Target, lowest: int, highest: int,
    step: int,
) -> bool:  # fmt: skip
    """Move single values until mean and SD are met; the first two values are the extremes."""
    total, squares = sum(values), sum(value * value for value in values)
    count = len(values)

    def miss(total: int, squares: int) -> float:
        reached = mean_and_sd(total, squares, count)
        return mean.miss(reached[0], 1.0) + sd.miss(reached[1], 1.0)

    current = miss(total, squares)
    for turn in range(4000):
        if current == 0.0:
            return True
        place = 2 + pick(random, count - 2)
        # The first answers alone may leave the multiples of the step, and only where they must.
        size = 1 if place < 4 and turn > 2000 else step
        new = values[place] + (size if random.random() < 0.5 else -size)
        if not lowest <= new <= highest:
            continue
        new_total = total + new - values[place]
        new_squares = squares + new * new - values[place] * values[place]
        new_miss = miss(new_total, new_squares)
        if new_miss <= current:
            values[place], total, squares, current = new, new_total, new_squares, new_miss
    return False


# ---------------------------------------------------------------- scores of two groups, two times


@dataclass
class ScoreTargets:
    """What the scores of one scale must give.

    ``parts`` are the columns of the leaves that it adds up, ``divisor`` what their sum is divided
    by; means and SDs are by cell: group * 2 + time. ``effects`` are targets of the time x group
    interaction by name (partial_eta_squared, F); ``largest_effect`` is the largest one that is
    still not significant. ``nested_alpha``, for a sum of leaves that have an alpha each, is its own
    alpha, and each leaf's scale index, number of items and alpha: they bind the variances together.
    """

    parts: tuple[int, ...]
    divisor: int
    means: list[Target | None]
    sds: list[Target | None]
    effects: list[tuple[str, Target]] = field(default_factory=list)
    largest_effect: float = 1.0
    nested_alpha: tuple[Target, list[tuple[int, int, Target]]] | None = None


class ScoreSearch:
    """Moves whole-number scores until the statistics of every scale are met.

    ``scores`` are sums of points by person, time and leaf, changed in place; ``groups`` is each
    person's group, 0 or 1; ``bounds`` are each leaf's lowest and highest sum; ``targets`` are of
    leaves and composites.
    """

    def __init__(self, random, scores, groups, bounds, targets) -> None:
        self.random, self.scores, self.groups = random, scores, groups
        self.bounds, self.targets = bounds, targets
        self.sizes = [groups.count(0), groups.count(1)]
        self.members = [[p for p, g in enumerate(groups) if g == group] for group in (0, 1)]
        leaves = range(len(bounds))
        self.scales_of = [[s for s, t in enumerate(targets) if leaf in t.parts] for leaf in leaves]
        self.values = [
            [[sum(row[t][leaf] for leaf in target.parts) for t in (0, 1)] for row in scores]
            for target in targets
        ]
        self.totals, self.squares = (
            [
                [sum(v[p][t] ** power for p in self.members[g]) for g, t in CELLS]
                for v in self.values
            ]
            for power in (1, 2)
        )
        self.products = [
            [sum(v[p][0] * v[p][1] for p in m) for m in self.members] for v in self.values
        ]
        self.misses = [self.miss(s) for s in range(len(targets))]

    def partial_eta_squared(self, s: int) -> float:
        """Return the effect of time x group: the share of change that lies between the groups."""
        changes, squares = [], []
        for group in (0, 1):
            changes.append(self.totals[s][2 * group + 1] - self.totals[s][2 * group])
            cells = self.squares[s][2 * group] + self.squares[s][2 * group + 1]
            squares.append(cells - 2 * self.products[s][group])
        first, second = self.sizes
        within = sum(q - c * c / n for q, c, n in zip(squares, changes, self.sizes, strict=True))
        gap = changes[0] / first - changes[1] / second
        between = gap * gap * first * second / (first + second)
        return between / (between + within) if between + within else 0.0

    def baseline_variance(self, s: int) -> float:
        """Return the variance of the summed points of everyone at baseline."""
        total = self.totals[s][0] + self.totals[s][2]
        squares = self.squares[s][0] + self.squares[s][2]
        count = len(self.groups)
        return (squares - total * total / count) / (count - 1)

    def nested_alpha(self, s: int) -> float:
        """Return the alpha that a sum of leaves has once each leaf has its own."""
        _, leaves = self.targets[s].nested_alpha
        items = sum(count for _, count, _ in leaves)
        item_variance = sum(
            self.baseline_variance(leaf) * (1 - alpha.value * (count - 1) / count)
            for leaf, count, alpha in leaves
        )
        return items / (items - 1) * (1 - item_variance / self.baseline_variance(s))

    def reached(self, s: int) -> tuple[list[tuple], float]:
        """Return a scale's targets, each with what it is of, value and unit; and the effect."""
        target, found = self.targets[s], []
        for cell in range(4):
            count = self.sizes[cell // 2]
            mean, sd = mean_and_sd(self.totals[s][cell], self.squares[s][cell], count)
            mean, sd = mean / target.divisor, sd / target.divisor
            unit = 0.1 * (sd or 1.0)
            found.append((("mean", cell), target.means[cell], mean, unit))
            found.append((("SD", cell), target.sds[cell], sd, unit))
        effect = self.partial_eta_squared(s)
        found += [(name, goal, self.effect(name, effect), 0.01) for name, goal in target.effects]
        return found, effect

    def miss(self, s: int) -> float:
        """Return how badly a scale misses its targets."""
        target, (found, effect) = self.targets[s], self.reached(s)
        miss = sum(goal.miss(value, unit) for _, goal, value, unit in found if goal)
        if effect > target.largest_effect:
            excess = (effect - target.largest_effect) / 0.001
            miss += excess * excess + excess
        if target.nested_alpha:
            miss += 20.0 * target.nested_alpha[0].miss(self.nested_alpha(s), 0.01)
        return miss

    def effect(self, name: str, partial_eta_squared: float) -> float:
        """Return the effect as partial eta squared or as F(1, N - 2)."""
        if name == "partial_eta_squared":
            return partial_eta_squared
        return (len(self.groups) - 2) * partial_eta_squared / (1 - partial_eta_squared)

    def add(self, person: int, time: int, leaf: int, step: int) -> None:
        """Add ``step`` to one score and bring the sums up to date."""
        self.scores[person][time][leaf] += step
        group = self.groups[person]
        cell = 2 * group + time
        for s in self.scales_of[leaf]:
            row = self.values[s][person]
            self.totals[s][cell] += step
            self.squares[s][cell] += step * (2 * row[time] + step)
            self.products[s][group] += step * row[1 - time]
            row[time] += step

    def step(self, leaf: int) -> list[tuple[int, int, int, int]]:
        """Draw a change of one leaf: one person up or down, two against each other or exchanged."""
        time, members = pick(self.random, 2), self.members[pick(self.random, 2)]
        person, other = (members[pick(self.random, len(members))] for _ in range(2))
        kind, size = self.random.random(), 1 if self.random.random() < 0.5 else -1
        if kind < 0.3:
            return [(person, time, leaf, size)]
        if kind > 0.6:
            size = self.scores[other][time][leaf] - self.scores[person][time][leaf]
        # People who are far apart stay so: exchanging them would make outliers in the change.
        if person == other or not size or abs(size) > 3:
            return []
        return [(person, time, leaf, size), (other, time, leaf, -size)]

    def run(self, turns: int) -> None:
        """Move until no binding target is missed, at the most ``turns`` times.

        A move is one to three steps of one leaf at once, since single steps are often too coarse
        for an F with two decimals.
        """
        for turn in range(turns):
            if turn % 500 == 0 and not self.unmet():
                break
            leaf, moves = pick(self.random, len(self.bounds)), []
            for _ in range(1 + pick(self.random, 3)):
                step = self.step(leaf)
                moves += step
                for change in step:
                    self.add(*change)
            lowest, highest = self.bounds[leaf]
            fits = all(lowest <= self.scores[p][t][leaf] <= highest for p, t, _, _ in moves)
            new = [self.miss(s) for s in self.scales_of[leaf]] if fits else []
            if fits and sum(new) <= sum(self.misses[s] for s in self.scales_of[leaf]):
                for s, miss in zip(self.scales_of[leaf], new, strict=True):
                    self.misses[s] = miss
            else:
                for person, time, _, size in reversed(moves):
                    self.add(person, time, leaf, -size)

    def unmet(self) -> list[str]:
        """List the binding targets that are missed, as "scale index: what, wanted, reached"."""
        missed = []
        for s, target in enumerate(self.targets):
            found, effect = self.reached(s)
            if target.nested_alpha:
                found.append(("alpha", target.nested_alpha[0], self.nested_alpha(s), 0.01))
            for what, goal, value, _ in found:
                if goal and goal.binding and not goal.is_met(value):
                    name = what if isinstance(what, str) else f"{what[0]}, cell {what[1]}"
                    missed.append(f"{s}: {name} should be {goal.text}, is {value:.4f}")
            if effect > target.largest_effect:
                missed.append(f"{s}: effect {effect:.4f} is significant and should not be")
        return missed
