"""The mixed model for repeated measures, with free covariances of the times.

The model uses every score there is, which is right if scores are missing at random. It is by hand
because no library that is kept up fits it in Python.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

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
    ``logLik`` gives it. ``gradient``, ``expected`` and ``observed`` are its slope over the
    covariance parameters (the lower triangle of ``sigma``, or the weights of a structure), and the
    information about them; ``slopes`` are those of ``effects_covariance`` over the same, and
    ``units`` those of ``sigma``, which is linear in them. ``patterns`` are the scores and designs
    by the times at which people were measured.
    """

    effects: np.ndarray
    effects_covariance: np.ndarray
    sigma: np.ndarray
    log_likelihood: float
    gradient: np.ndarray
    expected: np.ndarray
    observed: np.ndarray
    slopes: np.ndarray
    units: np.ndarray
    patterns: list[tuple]

    def contrast(self, weights: np.ndarray, method: str = "satterthwaite") -> dict[str, float]:
        """Estimate a weighted sum of the effects.

        ``method`` says where error and degrees of freedom come from: "satterthwaite", from the
        observed information, or "kenward_roger" (see ``test``).

        Keys: difference, se, df, p, low, high (95 %).
        """
        estimate = float(weights @ self.effects)
        if method == "kenward_roger":
            variance = float(weights @ self.adjusted_covariance() @ weights)
            df = self.test(weights[None, :])["df_error"]
        else:
            variance = float(weights @ self.effects_covariance @ weights)
            slope = np.einsum("p,jpr,r->j", weights, self.slopes, weights)
            df = float(2 * variance**2 / (slope @ np.linalg.solve(self.observed, slope)))
        se = variance**0.5
        half = se * float(scipy.stats.t.isf(0.025, df))
        p = float(2 * scipy.stats.t.sf(abs(estimate) / se, df))
        ends = {"low": estimate - half, "high": estimate + half}
        return {"difference": estimate, "se": se, "df": df, "p": p} | ends

    def adjusted_covariance(self) -> np.ndarray:
        """Return the covariance of the effects, corrected for the estimated ``sigma``.

        Phi + 2 Phi sum w_ij (Q_ij - P_i Phi P_j) Phi (Kenward & Roger, 1997, 10.2307/2533558), in
        which second derivatives are 0. w is the inverse of the observed information, as in R's
        ``mmrm`` and SAS's DDFM=KR, because the expected one presumes that scores are missing
        completely at random (Kenward & Molenberghs, 1998, 10.1214/ss/1028905886). With the expected
        one it is R's ``pbkrtest::vcovAdj``; where no score is missing they are the same.
        """
        phi, w = self.effects_covariance, np.linalg.inv(self.observed)
        inner = 0.0
        for times, _, x in self.patterns:
            v = self.units[:, times][:, :, times]
            inverse = np.linalg.inv(self.sigma[np.ix_(times, times)])
            middle = inverse @ np.einsum("ij,iab,bc,jcd->ad", w, v, inverse, v, optimize=True)
            inner += np.einsum("iap,ab,ibr->pr", x, middle @ inverse, x, optimize=True)
        crossed = np.einsum("ij,ipr,rs,jst->pt", w, self.slopes, np.linalg.inv(phi), self.slopes,
                            optimize=True)  # fmt: skip
        return phi + 2 * (phi @ inner @ phi - crossed)

    def test(self, weights: np.ndarray) -> dict[str, float]:
        """Test whether several weighted sums of the effects are all 0 (rows of ``weights``).

        Kenward and Roger's scaled F, which is exact where an exact F exists, as R's
        ``pbkrtest::KRmodcomp`` (see ``adjusted_covariance``).

        Keys: F, df_effect, df_error, p.
        """
        count, w = len(weights), np.linalg.inv(self.observed)
        variance = weights @ self.effects_covariance @ weights.T
        changes = np.linalg.solve(variance, weights @ self.slopes @ weights.T)
        traces = np.einsum("jaa->j", changes)
        a1 = float(traces @ w @ traces)
        a2 = float(np.einsum("ij,iab,jba->", w, changes, changes, optimize=True))
        b = (a1 + 6 * a2) / (2 * count)
        g = ((count + 1) * a1 - (count + 4) * a2) / ((count + 2) * a2)
        below = 3 * count + 2 * (1 - g)
        c1, c2, c3 = g / below, (count - g) / below, (count + 2 - g) / below
        mean = 1 / (1 - a2 / count)
        spread = 2 / count * (1 + c1 * b) / ((1 - c2 * b) ** 2 * (1 - c3 * b))
        df = 4 + (count + 2) / (count * spread / (2 * mean**2) - 1)
        shift = weights @ self.effects
        adjusted = weights @ self.adjusted_covariance() @ weights.T
        wald = float(shift @ np.linalg.solve(adjusted, shift)) / count
        f = wald * df / (mean * (df - 2))
        p = float(scipy.stats.f.sf(f, count, df))
        return {"F": f, "df_effect": count, "df_error": float(df), "p": p}


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
            return _over(fit, weights)
    raise NotEstimableError("no covariance of the times fits the scores best")


def _over(fit: RepeatedMeasuresFit, weights: np.ndarray) -> RepeatedMeasuresFit:
    """Return a fit with its derivatives over the weights of a structure."""
    observed, expected = (weights.T @ m @ weights for m in (fit.observed, fit.expected))
    slopes, units = (np.tensordot(weights, m, (0, 0)) for m in (fit.slopes, fit.units))
    gradient = weights.T @ fit.gradient
    return replace(fit, gradient=gradient, expected=expected, observed=observed, slopes=slopes,
                   units=units)  # fmt: skip


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
        scaled @ covariance, units, patterns,
    )  # fmt: skip
