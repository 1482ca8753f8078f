"""Simulated trials, thousands at a time: every trial is a row of an array."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import scipy

from imp_planning.trial_design import Trial, problems_of

# Scores of a ten-item scale with answers 0 to 4.
LIKERT_SD, LIKERT_MIDDLE, LIKERT_HIGHEST = 6.0, 13.0, 40
CELLS_A_BATCH = 200_000
# Of each trial: t, the standard error in SDs before, and the degrees of freedom.
Statistics = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Estimate:
    """A simulated power, for a single outcome, with its Monte-Carlo standard error.

    ``any_power`` and ``all_power``: the shares of trials in which at least one, and in which every
    outcome reaches its aim.
    """

    power: float
    error: float
    any_power: float
    all_power: float


def simulate(trial: Trial, trials: int, seed: int | tuple[int, ...]) -> Estimate:
    """Simulate a trial many times and count how often it reaches its aim.

    The same seed gives the same numbers on any machine and in any process. ValueError says
    everything that is impossible about the trial.
    """
    wrong = problems_of(trial)
    if wrong:
        raise ValueError("; ".join(wrong))
    random = np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed)))
    people = (trial.n_trained + trial.n_control) * trial.outcomes
    batch = max(1, CELLS_A_BATCH // people)
    single = some = every = done = 0
    while done < trials:
        rows = min(batch, trials - done)
        reached = _one_batch(trial, rows, random)
        single += int(reached.sum())
        some += int(reached.any(axis=1).sum())
        every += int(reached.all(axis=1).sum())
        done += rows
    share = single / (trials * trial.outcomes)
    error = sqrt(share * (1 - share) / trials)
    return Estimate(share, error, some / trials, every / trials)


def _one_batch(trial: Trial, rows: int, random: np.random.Generator) -> np.ndarray:
    """Return whether each outcome of each trial of a batch reaches its aim: rows x outcomes."""
    shared = None
    if trial.outcomes > 1:
        shared = random.standard_normal((rows, trial.n_trained + trial.n_control))
    of_outcomes = [_test(trial, shared, rows, random) for _ in range(trial.outcomes)]
    t, error, df = (np.column_stack(values) for values in zip(*of_outcomes, strict=True))
    if trial.aim == "superiority":
        return _holm(np.abs(t), df, trial.level)
    critical = _critical(df, trial.tail)
    above = t + trial.margin / error > critical
    if trial.aim == "noninferiority":
        return above
    return above & (t - trial.margin / error < -critical)


def _holm(t: np.ndarray, df: np.ndarray, level: float) -> np.ndarray:
    """Reject step by step: the largest t at level / k, the next at level / (k - 1), ..."""
    outcomes = t.shape[1]
    if outcomes == 1:
        return t > _critical(df, level / 2)
    order = np.argsort(-t, axis=1)
    steps = np.arange(outcomes, 0, -1)
    sorted_t, sorted_df = (np.take_along_axis(a, order, axis=1) for a in (t, df))
    passed = np.column_stack(
        [sorted_t[:, i] > _critical(sorted_df[:, i], level / 2 / k) for i, k in enumerate(steps)]
    )
    passed = np.logical_and.accumulate(passed, axis=1)
    rejected = np.empty_like(passed)
    np.put_along_axis(rejected, order, passed, axis=1)
    return rejected


def _critical(df: np.ndarray, tail: float) -> np.ndarray:
    """Return critical t; many degrees of freedom are alike, so each is computed once."""
    values, where = np.unique(df, return_inverse=True)
    return -scipy.special.stdtrit(values, tail)[where].reshape(df.shape)


def _test(
    trial: Trial, shared: np.ndarray | None, rows: int, random: np.random.Generator
) -> Statistics:
    """Draw one outcome's scores and test them."""
    first, people = trial.n_trained, trial.n_trained + trial.n_control
    shape, r = (rows, people), trial.correlation
    clustered = trial.analysis == "clustered"
    only_change = trial.answers == "normal" and not trial.dropout
    if only_change and (clustered or trial.analysis == "change"):
        change = _add_clusters(trial, _noise(trial, shape, shared, random), random)
        change *= sqrt(2 * (1 - r))
        change[:, :first] += trial.effect
        return _of_change(trial, change)
    before = random.standard_normal(shape)
    noise = _noise(trial, shape, shared, random)
    if clustered:
        after = before + sqrt(2 * (1 - r)) * _add_clusters(trial, noise, random)
    else:
        after = r * before + sqrt(1 - r * r) * noise
    after[:, :first] += trial.effect
    if trial.answers == "likert":
        before, after = _likert(before), _likert(after)
    stayed = random.random(shape) >= trial.dropout if trial.dropout else None
    if trial.analysis == "ancova":
        return _ancova(trial, before, after, stayed)
    if trial.analysis == "mixed_model":
        return _mixed_model(trial, before, after, stayed)
    return _of_change(trial, after - before, stayed)


def _noise(
    trial: Trial, shape: tuple[int, int], shared: np.ndarray | None, random: np.random.Generator
) -> np.ndarray:
    """Draw standard noise of a change: normal or skewed, partly shared among outcomes."""
    own = random.standard_normal(shape)
    if trial.answers == "skewed":
        own = random.standard_exponential(shape) - 1.0
    if shared is None:
        return own
    weight = trial.outcome_correlation
    return sqrt(weight) * shared + sqrt(1 - weight) * own


def _add_clusters(trial: Trial, noise: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Add a random effect of the training group to the scores, in place."""
    if trial.icc:
        common = random.standard_normal((len(noise), trial.clusters))
        member = np.arange(trial.n_trained) * trial.clusters // trial.n_trained
        trained = noise[:, : trial.n_trained]
        trained *= sqrt(1 - trial.icc)
        trained += sqrt(trial.icc) * common[:, member]
    return noise


def _likert(scores: np.ndarray) -> np.ndarray:
    """Turn standard scores into sums of ten answers (0 to 40), in SDs of the unbounded scores."""
    points = np.rint(LIKERT_MIDDLE + LIKERT_SD * scores)
    return np.clip(points, 0, LIKERT_HIGHEST) / LIKERT_SD


def _arms(trial: Trial, *arrays: np.ndarray | None) -> zip:
    """Split arrays by arm: of each arm its part of every array (None stays None)."""
    first = trial.n_trained
    parts = ((None, None) if a is None else (a[:, :first], a[:, first:]) for a in arrays)
    return zip(*parts, strict=True)


def _moments(x: np.ndarray, y: np.ndarray, w: np.ndarray | None) -> tuple:
    """Return n, means and centred sums of squares and products of each row's complete pairs."""
    n = np.full(len(x), float(x.shape[1]))
    if w is not None:
        w = w.astype(float)
        n, x, y = w.sum(axis=1), x * w, y * w
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_x, mean_y = x.sum(axis=1) / n, y.sum(axis=1) / n
    xx = np.einsum("ij,ij->i", x, x) - n * mean_x**2
    xy = np.einsum("ij,ij->i", x, y) - n * mean_x * mean_y
    yy = np.einsum("ij,ij->i", y, y) - n * mean_y**2
    return n, mean_x, mean_y, xx, xy, yy


def _of_change(trial: Trial, change: np.ndarray, stayed: np.ndarray | None = None) -> Statistics:
    """Test the change between the arms, by people or by the means of training groups."""
    if trial.analysis == "clustered":
        return _of_cluster_means(trial, change, stayed)
    arms = (_moments(values, values, kept) for values, kept in _arms(trial, change, stayed))
    (n1, m1, _, s1, *_), (n2, m2, _, s2, *_) = arms
    df = n1 + n2 - 2
    error = np.sqrt((s1 + s2) / df * (1 / n1 + 1 / n2))
    return (m1 - m2) / error, error, df


def _of_cluster_means(trial: Trial, change: np.ndarray, stayed: np.ndarray | None) -> Statistics:
    """Test the mean of the training groups' means against the controls, by groups - 1."""
    kept = np.ones_like(change) if stayed is None else stayed.astype(float)
    (trained, keep1), (control, keep2) = _arms(trial, change, kept)
    starts = -(-np.arange(trial.clusters) * trial.n_trained // trial.clusters)
    size = np.maximum(np.add.reduceat(keep1, starts, axis=1), 1)
    means = np.add.reduceat(trained * keep1, starts, axis=1) / size
    v1 = means.var(axis=1, ddof=1) / trial.clusters
    n2 = keep2.sum(axis=1)
    m2 = (control * keep2).sum(axis=1) / n2
    v2 = (((control - m2[:, None]) * keep2) ** 2).sum(axis=1) / (n2 - 1) / n2
    error = np.sqrt(v1 + v2)
    return (means.mean(axis=1) - m2) / error, error, np.full_like(error, trial.clusters - 1)


def _ancova(
    trial: Trial, before: np.ndarray, after: np.ndarray, stayed: np.ndarray | None
) -> Statistics:
    """Compare the arms after, adjusted for before, among those with both scores."""
    first, second = (_moments(*arm) for arm in _arms(trial, before, after, stayed))
    (n1, x1, y1, xx1, xy1, yy1), (n2, x2, y2, xx2, xy2, yy2) = first, second
    xx, xy, yy = xx1 + xx2, xy1 + xy2, yy1 + yy2
    slope, df = xy / xx, n1 + n2 - 3
    gap = x1 - x2
    variance = (yy - slope * xy) / df
    error = np.sqrt(variance * (1 / n1 + 1 / n2 + gap**2 / xx))
    return (y1 - y2 - slope * gap) / error, error, df


def _mixed_model(
    trial: Trial, before: np.ndarray, after: np.ndarray, stayed: np.ndarray | None
) -> Statistics:
    """Estimate the difference in change from everyone, by maximum likelihood.

    For two times with only second scores missing the estimate has a closed form: the mean after
    is that of the completers, moved along the regression on before to the mean of everyone
    (Anderson, 1957, 10.1080/01621459.1957.10501379); slope and variances are pooled over the arms.
    """
    stayed = np.ones(before.shape, dtype=bool) if stayed is None else stayed
    arms = [
        (_moments(x, y, w), _moments(x, x, None)) for x, y, w in _arms(trial, before, after, stayed)
    ]
    xx, xy, yy = (sum(arm[0][i] for arm in arms) for i in (3, 4, 5))
    slope = xy / xx
    df = sum(arm[0][0] for arm in arms) - 2
    # With nobody missing this makes it the t test of the change.
    residual = np.maximum(yy - slope * xy, 0) / df
    spread = sum(arm[1][3] for arm in arms) / (before.shape[1] - 2)
    means, variance, gaps = [], 0.0, []
    for (m, x, y, *_), (n, everyone, *_) in arms:
        means.append(y + slope * (everyone - x) - everyone)
        variance = variance + residual / m + (1 - slope) ** 2 * spread / n
        gaps.append(everyone - x)
    error = np.sqrt(variance + residual * (gaps[0] - gaps[1]) ** 2 / xx)
    return (means[0] - means[1]) / error, error, df
