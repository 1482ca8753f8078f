"""Which counts of a table must not be shown, so that none below a threshold can be worked out.

Primary suppression leaves out a count of a few people; secondary suppression leaves out others
beside it, so that it does not follow from the totals (Hundepool et al., 2012, chapter 4).
"""

from collections.abc import Hashable, Iterable, Mapping, Set
from dataclasses import dataclass
from math import ceil, floor

import numpy as np

Cell = Hashable
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Sum:
    """Parts that add up to a whole, which readers know or can guess."""

    parts: tuple[Cell, ...]
    whole: Cell

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The parts and the whole."""
        return (*self.parts, self.whole)


def is_small(count: float, smallest: int) -> bool:
    """Tell whether a count is of so few people that it is not shown; nobody is no person."""
    return 0 < count < smallest


def suppress(
    counts: Mapping[Cell, int],
    sums: Iterable[Sum],
    smallest: int,
    never_shown: Set[Cell] = frozenset(),
    always_known: Set[Cell] = frozenset(),
) -> dict[Cell, str]:
    """Choose the counts that are left out: "small" or "complement", by cell.

    Whoever adds and subtracts what is left can tell none of the small counts, nor that it is small:
    each may as well be ``smallest`` or more. Cells that are ``never_shown`` follow from others:
    those who did not answer so. Cells that are ``always_known`` stand elsewhere too, so that
    leaving them out would hide nothing.
    """
    sums, left_out = list(sums), {}
    alone = set(counts) - {cell for one in sums for cell in one.cells} - always_known
    left_out |= {cell: "small" for cell in alone if is_small(counts[cell], smallest)}
    for linked in _linked(sums, set(counts) - always_known):
        left_out |= _suppress_linked(counts, linked, smallest, never_shown, always_known)
    return left_out


def _suppress_linked(
    counts: Mapping[Cell, int],
    sums: list[Sum],
    smallest: int,
    never_shown: Set[Cell],
    always_known: Set[Cell],
) -> dict[Cell, str]:
    """Choose among the counts of sums that hang together, one complement after the other."""
    cells = {cell for one in sums for cell in one.cells} - always_known
    protected = {cell for cell in cells if is_small(counts[cell], smallest)}
    hidden = protected | (cells & never_shown)
    wholes = {one.whole for one in sums}

    def told(left_out: Set[Cell]) -> int:
        bounds = possible(counts, sums, left_out)
        kept = [c for c in left_out if c in protected or c not in never_shown]
        # What is small may as well be that many or more, and nothing may follow exactly.
        low_enough = {c: smallest if c in protected else 0 for c in kept}
        return sum(not bounds[c][0] < bounds[c][1] >= low_enough[c] for c in kept)

    # Another count of nobody would not hide anything: whoever knows the rule knows that it is one.
    free = {cell for cell in cells - hidden if counts[cell] > 0}
    remaining = told(hidden)
    while remaining and free:
        after = {cell: told(hidden | {cell}) for cell in free}
        best = min(free, key=lambda c: (after[c] > 0, c in wholes, after[c], counts[c], str(c)))
        hidden, free, remaining = hidden | {best}, free - {best}, after[best]
    return {c: "small" if c in protected else "complement" for c in hidden - never_shown}


def possible(
    counts: Mapping[Cell, int], sums: Iterable[Sum], hidden: Set[Cell]
) -> dict[Cell, tuple[int, int]]:
    """Return the lowest and highest value that each hidden count can have.

    What is known: every count that is not hidden, that the sums hold, and that nobody counts
    fewer than no people.
    """
    bounds = {}
    for linked in _linked(sums, hidden):
        cells = sorted({c for s in linked for c in s.cells if c in hidden}, key=str)
        by = _bounds_by_one_sum if len(linked) == 1 else _bounds_by_sums
        bounds |= by(counts, linked, cells)
    unlimited = sum(counts.values()) + 1
    return {cell: bounds.get(cell, (0, unlimited)) for cell in hidden}


def _linked(sums: Iterable[Sum], hidden: Set[Cell]) -> list[list[Sum]]:
    """Group the sums that share hidden counts; those without any say nothing."""
    groups: list[tuple[set[Cell], list[Sum]]] = []
    for one in sums:
        cells = {c for c in one.cells if c in hidden}
        if not cells:
            continue
        joined = [group for group in groups if group[0] & cells]
        groups = [group for group in groups if not group[0] & cells]
        all_cells = cells.union(*(group[0] for group in joined))
        groups.append((all_cells, [s for group in joined for s in group[1]] + [one]))
    return [members for _, members in groups]


def _bounds_by_one_sum(
    counts: Mapping[Cell, int], sums: list[Sum], cells: list[Cell]
) -> dict[Cell, tuple[int, int]]:
    """Return the bounds of hidden counts that only one sum tells about."""
    (one,) = sums
    known = sum(counts[part] for part in one.parts if part not in cells)
    if one.whole in cells:
        unlimited = sum(counts.values()) + 1
        parts = dict.fromkeys(cells, (0, unlimited))
        return parts | {one.whole: (known, unlimited if len(cells) > 1 else known)}
    rest = counts[one.whole] - known
    return dict.fromkeys(cells, (0 if len(cells) > 1 else rest, rest))


def _bounds_by_sums(
    counts: Mapping[Cell, int], sums: list[Sum], cells: list[Cell]
) -> dict[Cell, tuple[int, int]]:
    """Return the bounds of hidden counts by linear programming, rounded inwards."""
    # Imported for the few tables that need it: it takes a third of a second.
    from scipy.optimize import linprog

    place = {cell: i for i, cell in enumerate(cells)}
    factors, constants = np.zeros((len(sums), len(cells))), np.zeros(len(sums))
    for row, one in enumerate(sums):
        for cell, sign in [*((part, 1) for part in one.parts), (one.whole, -1)]:
            if cell in place:
                factors[row, place[cell]] += sign
            else:
                constants[row] -= sign * counts[cell]
    unlimited = sum(counts.values()) + 1
    limits = [(0, unlimited)] * len(cells)
    found = {}
    for cell, column in place.items():
        aim = np.zeros(len(cells))
        aim[column] = 1
        ends = []
        for sign in (1, -1):
            solved = linprog(sign * aim, A_eq=factors, b_eq=constants, bounds=limits)
            # The sums hold for the counts themselves, so there is always a solution.
            ends.append(sign * solved.fun if solved.success else counts[cell])
        found[cell] = (ceil(ends[0] - TOLERANCE), floor(ends[1] + TOLERANCE))
    return found
