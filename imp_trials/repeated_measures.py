"""The mixed model for repeated measures, with free covariances of the times.

The model uses every score there is, which is right if scores are missing at random. It is by hand
because no library that is kept up fits it in Python.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

# Newton's method ends with the step that can raise the log-likelihood by no more than half this.
SMALLEST_GAIN = 1e-12
MOST_STEPS = 100


class NotEstimableError(ValueError):
    """The model cannot be estimated from these scores; the message says why."""


@dataclass(frozen=True)
class RepeatedMeasuresFit:
    """The model at one covariance matrix of the times.

    ``effects_covariance`` is that of the estimates of the fixed ``effects``, ``sigma`` the
    covariance matrix of one participant's scores, ``log_likelihood`` the restricted one, as R's
    ``logLik`` gives it. ``gradient``, ``expected`` and ``observed`` are its slope over the lower
    triangle of ``sigma``, and the information about it; ``slopes`` are those of
    ``effects_covariance`` over the same.
    """

    effects: np.ndarray
    effects_covariance: np.ndarray
    sigma: np.ndarray
    log_likelihood: float
    gradient: np.ndarray
    expected: np.ndarray
    observed: np.ndarray
    slopes: np.ndarray

    def contrast(self, weights: np.ndarray) -> dict[str, float]:
        """Estimate a weighted sum of the effects, with Satterthwaite's degrees of freedom.

        Keys: difference, se, df, p, low, high (95 %).
        """
        estimate = float(weights @ self.effects)
        variance = float(weights @ self.effects_covariance @ weights)
        slope = np.einsum("p,jpr,r->j", weights, self.slopes, weights)
        df = float(2 * variance**2 / (slope @ np.linalg.solve(self.observed, slope)))
        se = variance**0.5
        half = se * float(scipy.stats.t.isf(0.025, df))
        p = float(2 * scipy.stats.t.sf(abs(estimate) / se, df))
        ends = {"low": estimate - half, "high": estimate + half}
        return {"difference": estimate, "se": se, "df": df, "p": p} | ends


def cell_means_design(arms: np.ndarray, times: int, count: int | None = None) -> np.ndarray:
    """Give each arm a mean of its own at each time: effect ``arm * times + time``.

    ``arms`` is each participant's arm, counted from 0, and ``count`` how many arms there are; what
    returns is (participants, times, effects).
    """
    cells = np.eye((count or int(arms.max()) + 1) * times)
    return cells.reshape(-1, times, len(cells))[arms]


def change_weights(
    arm: int, reference: int, time: int, times: int, baseline: int = 0
) -> np.ndarray:
    """Return the weights of cell means that give an arm's change against the reference's."""
    weights = np.zeros((max(arm, reference) + 1, times))
    weights[arm, [time, baseline]] = 1, -1
    weights[reference, [time, baseline]] = -1, 1
    return weights.ravel()


def fit_repeated_measures(
    scores: np.ndarray, design: np.ndarray, structure: Sequence[np.ndarray] = ()
) -> RepeatedMeasuresFit:
    """Fit the model by restricted maximum likelihood.

    Newton's method, with Fisher scoring where the likelihood is not concave (Lindstrom & Bates,
    1988, 10.2307/2290128). The same model as R's ``nlme::gls(correlation = corSymm(), weights =
    varIdent())``. ``scores`` are (participants, times), missing ones NaN; participants without any
    score are left out. ``design`` is (participants, times, effects), as ``cell_means_design`` gives
    it. The covariance matrix is a weighted sum of the matrices of ``structure`` (the identity among
    them), or free without any. NotEstimableError if an effect has no scores, scores do not vary, or
    no covariance maximises the likelihood.
    """
    patterns, triangle = _patterns(scores, design), np.tril_indices(scores.shape[1])
    # What each weight does to the elements of the lower triangle.
    weights = np.column_stack([m[triangle] for m in structure] or [np.eye(len(triangle[0]))])
    fit = _evaluate(np.eye(scores.shape[1]), patterns)
    variances = np.nanvar(scores - design @ fit.effects, axis=0)
    if structure:
        variances = np.full_like(variances, variances.mean())
    fit = _evaluate(np.diag(variances), patterns)
    for _ in range(MOST_STEPS):
        gradient = weights.T @ fit.gradient
        observed, expected = (weights.T @ m @ weights for m in (fit.observed, fit.expected))
        try:
            step = np.linalg.solve(observed if _is_concave(observed) else expected, gradient)
        except np.linalg.LinAlgError:
            raise NotEstimableError("nobody has scores at both of two times") from None
        gain = step @ gradient
        fit = _climb(fit, weights @ step, patterns)
        if gain < SMALLEST_GAIN and _is_concave(weights.T @ fit.observed @ weights):
            return fit
    raise NotEstimableError("no covariance of the times fits the scores best")


def _is_concave(observed: np.ndarray) -> bool:
    """Tell whether the likelihood bends downwards in every direction."""
    return bool(np.linalg.eigvalsh(observed)[0] > 0)


def _patterns(scores: np.ndarray, design: np.ndarray) -> list[tuple]:
    """Group participants who were measured at the same times: times, scores, design."""
    measured = ~np.isnan(scores)
    groups = []
    for pattern in np.unique(measured[measured.any(axis=1)], axis=0):
        rows, times = (measured == pattern).all(axis=1), np.flatnonzero(pattern)
        groups.append((times, scores[rows][:, times], design[rows][:, times]))
    return groups


def _climb(fit: RepeatedMeasuresFit, step: np.ndarray, patterns: list) -> RepeatedMeasuresFit:
    """Go a step, or the largest half, quarter ... of it that does not lower the likelihood."""
    change = np.zeros_like(fit.sigma)
    change[np.tril_indices(len(change))] = step
    change += np.tril(change, -1).T
    for share in 0.5 ** np.arange(40):
        sigma = fit.sigma + share * change
        if np.linalg.eigvalsh(sigma)[0] > 0:
            reached = _evaluate(sigma, patterns)
            if reached.log_likelihood > fit.log_likelihood - 1e-9:
                return reached
    raise NotEstimableError("no covariance of the times fits the scores best")


def _evaluate(sigma: np.ndarray, patterns: list) -> RepeatedMeasuresFit:
    """Profile out the effects at one covariance matrix, and differentiate the likelihood.

    ``sigma`` is linear in its elements: its slope over one of them is a matrix of zeros and ones,
    and its second derivatives are 0.
    """
    rows, columns = np.tril_indices(len(sigma))
    elements = np.arange(len(rows))
    units = np.zeros((len(elements), *sigma.shape))
    units[elements, rows, columns] = units[elements, columns, rows] = 1
    try:
        weights = [np.linalg.inv(sigma[np.ix_(times, times)]) for times, _, _ in patterns]
        parts = list(zip(weights, patterns, strict=True))
        information = sum(np.einsum("imp,ml,ilr->pr", x, w, x) for w, (_, _, x) in parts)
        covariance = np.linalg.inv(information)
    except np.linalg.LinAlgError:
        raise NotEstimableError("a group has no scores at a time, or scores do not vary") from None
    effects = covariance @ sum(np.einsum("imp,ml,il->p", x, w, y) for w, (_, y, x) in parts)
    size = sum(y.size for _, y, _ in patterns) - len(effects)
    deviance = np.linalg.slogdet(information)[1] + size * np.log(2 * np.pi)
    gradient, slopes, pulls, determinants, residuals = 0.0, 0.0, 0.0, 0.0, 0.0
    for w, (times, y, x) in parts:
        v, wx, r = units[:, times][:, :, times], w @ x, y - x @ effects
        e, vw = r @ w, v @ w
        deviance += np.sum(e * r) - len(y) * np.linalg.slogdet(w)[1]
        leverage = np.einsum("imp,pr,ilr->ml", wx, covariance, wx, optimize=True)
        both = len(y) * w - 2 * leverage
        gradient += np.einsum("jml,ml->j", v, e.T @ e + leverage - len(y) * w) / 2
        slopes += np.einsum("imp,jml,ilr->jpr", wx, v, wx, optimize=True)
        pulls += np.einsum("imp,jml,il->jp", wx, v, e, optimize=True)
        residuals += np.einsum("jab,kbc,ca->jk", vw, v, e.T @ e, optimize=True)
        determinants += np.einsum("jab,kbc,ca->jk", vw, v, both, optimize=True)
    scaled = covariance @ slopes
    expected = (determinants + np.einsum("jpr,krp->jk", scaled, scaled)) / 2
    observed = residuals - pulls @ covariance @ pulls.T - expected
    return RepeatedMeasuresFit(
        effects, covariance, sigma, float(-deviance / 2), gradient, expected, observed,
        scaled @ covariance,
    )  # fmt: skip
