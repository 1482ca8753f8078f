"""Omega, the fit of items to their scales, and the measurement error of individual scores."""

import numpy as np
import pandas as pd
import scipy

from imp_helpers.reliability import answers_by_scale
from imp_helpers.statistics.change_scores import scores_by_time
from imp_helpers.statistics.effect_sizes import reliable_change_threshold
from imp_helpers.statistics.psychometrics import cronbach_alpha
from imp_helpers.study import Study
from imp_trials.resampling import batches, draws_for

OMEGA_SAMPLES, FEWEST_OMEGA_SAMPLES = 1_000, 100
SEED = 20200826
NOT_ESTIMABLE = (float("nan"),) * 3
WEAK_ITEM = 0.20
FIT = ["chi2", "chi2_df", "chi2_p", "rmsea", "srmr"]


def loadings_of_one_factor(
    correlations: np.ndarray,
    start: np.ndarray | None = None,
    tolerance: float = 1e-12,
    steps: int = 10_000,
) -> np.ndarray:
    """Return the loadings of one factor by minimal residuals, for many correlation matrices.

    Principal axes are iterated, a power step at a time, which minimises the residuals off the
    diagonal (Harman & Jones, 1966, 10.1007/BF02289468). The same numbers as R's
    ``psych::fa(nfactors = 1, fm = "minres")``. Steps end when no loading changes by more than the
    tolerance. Loadings (... x items) add up to a positive number; none is above 1 (a Heywood case).
    """
    shape = np.shape(correlations)[:-1]
    hollow = np.array(correlations, dtype=float).reshape(-1, shape[-1], shape[-1])
    items = np.arange(shape[-1])
    hollow[:, items, items] = 0.0
    if start is None:
        start = np.sqrt(np.maximum(hollow.mean(axis=-1), 0.1))
    loadings = np.broadcast_to(start, hollow.shape[:-1]).copy()
    moving = np.arange(len(loadings))
    for _ in range(steps):
        # The diagonal of the reduced matrix holds the communalities, the squared loadings.
        old = loadings[moving]
        communalities = old * old
        image = np.matvec(hollow, old) + communalities * old
        # Half a step: a whole one would swing about the length of the factor for ever.
        step = image / communalities.sum(axis=-1, keepdims=True)
        loadings[moving] = np.clip((old + step) / 2, -1.0, 1.0)
        moves = np.abs(loadings[moving] - old).max(axis=-1) >= tolerance
        if not moves.all():
            # Matrices that are done wait no longer for the slowest.
            hollow, moving = hollow[moves], moving[moves]
        if not len(moving):
            break
    loadings *= np.where(loadings.sum(axis=-1, keepdims=True) < 0, -1.0, 1.0)
    return loadings.reshape(shape)


def omega_total(loadings: np.ndarray) -> np.ndarray:
    """Return omega total of standardised items from the loadings of one factor (... x items).

    (sum of loadings)^2 / ((sum of loadings)^2 + sum of uniquenesses), McDonald (1999).
    """
    common = loadings.sum(axis=-1) ** 2
    return common / (common + (1 - np.minimum(loadings**2, 1.0)).sum(axis=-1))


def one_factor_fit(items: pd.DataFrame) -> dict[str, float]:
    """Return how well one factor fits the correlations of complete answers (minimal residuals).

    Keys: chi2, chi2_df, chi2_p (Bartlett's correction; normal answers), rmsea (Steiger, 1990,
    10.1207/s15327906mbr2502_4), srmr (root mean square of the residual correlations); NaN with
    fewer than four items, whose fit is perfect or unknown. The same numbers as R's ``psych::fa(fm =
    "minres")``: STATISTIC, dof, PVAL, RMSEA and rms. Answers are taken as numbers; no library that
    is kept here has polychoric correlations.
    """
    values, fit = items.dropna().to_numpy(float), dict.fromkeys(FIT, float("nan"))
    n, k = values.shape
    if n < 3 or k < 4 or np.any(np.ptp(values, axis=0) == 0):
        return fit
    observed = np.corrcoef(values, rowvar=False)
    loadings = loadings_of_one_factor(observed)
    model, df = np.outer(loadings, loadings), k * (k - 3) // 2
    residuals = observed - model
    fit["srmr"] = float(np.sqrt((residuals[~np.eye(k, dtype=bool)] ** 2).mean()))
    np.fill_diagonal(model, 1.0)
    if np.linalg.eigvalsh(model)[0] <= 1e-10 or np.linalg.eigvalsh(observed)[0] <= 1e-10:
        return fit
    ratio = np.linalg.solve(model, observed)
    misfit = np.trace(ratio) - np.linalg.slogdet(ratio)[1] - k
    chi2 = max(misfit * (n - 1 - (2 * k + 5) / 6 - 2 / 3), 0.0)
    rmsea = np.sqrt(max(chi2 / (df * n) - 1 / (n - 1), 0.0))
    p = float(scipy.stats.chi2.sf(chi2, df))
    return fit | {"chi2": chi2, "chi2_df": df, "chi2_p": p, "rmsea": float(rmsea)}


def omega_samples(people: int) -> int:
    """Return how many bootstrap samples ``omega_interval`` takes."""
    return draws_for(people, OMEGA_SAMPLES, FEWEST_OMEGA_SAMPLES)


def omega_interval(items: pd.DataFrame) -> tuple[float, float, float]:
    """Return omega total of the complete rows and its 95 % bootstrap percentile interval.

    Returns omega, low, high. NaN where an item does not vary or there are fewer than three items.
    """
    values = items.dropna().to_numpy(float)
    if len(values) < 3 or values.shape[1] < 3 or np.any(np.ptp(values, axis=0) == 0):
        return NOT_ESTIMABLE
    loadings = loadings_of_one_factor(np.corrcoef(values, rowvar=False))
    random, covariances = np.random.default_rng(SEED), []
    for rows in batches(values.size, omega_samples(len(values))):
        resampled = values[random.integers(len(values), size=(rows, len(values)))]
        resampled -= resampled.mean(axis=1, keepdims=True)
        covariances.append(np.matmul(resampled.transpose(0, 2, 1), resampled))
    covariance = np.concatenate(covariances)
    sd = np.sqrt(np.einsum("sii->si", covariance))
    usable = (sd > 0).all(axis=1)
    sd = sd[usable]
    correlations = covariance[usable] / (sd[:, :, None] * sd[:, None, :])
    # Two decimals are shown, so the samples' loadings need not be exact to the last digit.
    loadings_of = loadings_of_one_factor(correlations, start=loadings, tolerance=1e-5, steps=300)
    low, high = np.quantile(omega_total(loadings_of), [0.025, 0.975])
    return float(omega_total(loadings)), float(low), float(high)


def item_fit(items: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return each item's correlation with the sum of the others, and the alpha of the others.

    Both follow from the covariances of the items. NaN where nobody differs.
    """
    covariances = items.cov().to_numpy(dtype=float)
    variances, shared = np.diag(covariances), covariances.sum(axis=1)
    of_rest = covariances.sum() - 2 * shared + variances
    of_rest = np.where(np.isclose(of_rest, 0.0), np.nan, of_rest)
    own = np.where(np.isclose(variances, 0.0), np.nan, variances)
    correlations = (shared - variances) / np.sqrt(own * of_rest)
    others = len(variances) - 1
    if len(items) < 3 or others < 2:
        return correlations, np.full(len(variances), np.nan)
    alphas = others / (others - 1) * (1 - (variances.sum() - variances) / of_rest)
    return correlations, alphas


def absolute_agreement(first: np.ndarray, second: np.ndarray) -> tuple[float, float, float]:
    """Return the intraclass correlation of two complete measurements, absolute agreement, single.

    ICC(A,1) of McGraw & Wong (1996), 10.1037/1082-989X.1.1.30, with its 95 % interval; the same
    numbers as ICC2 of R's ``psych::ICC`` and SPSS's two-way mixed, absolute agreement. Returns icc,
    low, high.
    """
    scores = np.column_stack([first, second]).astype(float)
    n, k = scores.shape
    if n < 3 or np.ptp(scores) == 0:
        return NOT_ESTIMABLE
    grand = scores.mean()
    rows = k * ((scores.mean(axis=1) - grand) ** 2).sum() / (n - 1)
    columns = n * ((scores.mean(axis=0) - grand) ** 2).sum() / (k - 1)
    total = ((scores - grand) ** 2).sum()
    error = (total - rows * (n - 1) - columns * (k - 1)) / ((n - 1) * (k - 1))
    if np.isclose(error, 0) and np.isclose(columns, 0):
        return 1.0, 1.0, 1.0
    icc = (rows - error) / (rows + (k - 1) * error + k * (columns - error) / n)
    a = k * icc / (n * (1 - icc))
    b = 1 + k * icc * (n - 1) / (n * (1 - icc))
    df = (a * columns + b * error) ** 2
    df /= (a * columns) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1))
    upper, lower = scipy.stats.f.ppf(0.975, n - 1, df), scipy.stats.f.ppf(0.975, df, n - 1)
    weight = k * columns + (k * n - k - n) * error
    low = n * (rows - upper * error) / (upper * weight + n * rows)
    high = n * (lower * rows - error) / (weight + n * lower * rows)
    return float(icc), float(low), float(high)


def omega_table(points: pd.DataFrame, alphas: pd.DataFrame, study: Study, time: str):
    """Put omega total with its interval and the fit of its one factor beside alpha.

    Columns: scale, label, n, alpha, omega, low, high, then those of ``one_factor_fit``.
    """
    scales = [items for _, items in answers_by_scale(points, study, time)]
    omegas = pd.DataFrame(map(omega_interval, scales), columns=["omega", "low", "high"])
    fits = pd.DataFrame(map(one_factor_fit, scales), columns=FIT).astype({"chi2_df": "Int64"})
    return alphas[["scale", "label", "n", "alpha"]].join(omegas).join(fits)


def item_table(points: pd.DataFrame, study: Study, time: str) -> pd.DataFrame:
    """Describe every item's fit to its scale (leaf scales, not composites).

    Columns: scale, label, item, n, mean, sd, item_rest (correlation with the sum of the others),
    alpha and alpha_if_dropped. The same numbers as R's ``psych::alpha`` (r.drop, alpha.drop).
    """
    rows = []
    for scale, answers in answers_by_scale(points, study, time):
        if not scale.parts:
            items, alpha = answers.dropna(), cronbach_alpha(answers)
            fits = zip(items, items.mean(), items.std(), *item_fit(items), strict=True)
            for item, mean, sd, fit, without in fits:
                about = (scale.id, scale.label, item, len(items))
                rows.append((*about, mean, sd, fit, alpha, without))
    columns = ["scale", "label", "item", "n", "mean", "sd", "item_rest", "alpha"]
    return pd.DataFrame(rows, columns=[*columns, "alpha_if_dropped"])


def item_rest_ranges(items: pd.DataFrame) -> pd.DataFrame:
    """Return each scale's lowest and highest item-rest correlation: label, lowest, highest."""
    by_scale = items.dropna(subset="item_rest").groupby("label", sort=False)["item_rest"]
    return by_scale.agg(lowest="min", highest="max").reset_index()


def weak_items(items: pd.DataFrame) -> pd.DataFrame:
    """Return the items whose correlation with the rest is below .20, the weakest first."""
    weak = items[items["item_rest"] < WEAK_ITEM]
    return weak.sort_values("item_rest", ignore_index=True)


def measurement_error(alphas: pd.DataFrame, scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the measurement error of individual scores on every scale.

    Columns: scale, label, n, icc, icc_low, icc_high (test-retest in the control group, absolute
    agreement), sd (everyone, first time), sem = sd * sqrt(1 - alpha), reliable_change = 1.96 *
    sqrt(2) * sem (Jacobson & Truax, 1991, 10.1037/0022-006X.59.1.12), and retest_change, the same
    with the ICC in place of alpha.
    """
    first, second = (time.id for time in study.analysed_times)
    controls = [group.id for group in study.groups if group.role == "control"]
    rows = []
    for row in alphas.itertuples():
        wide = scores_by_time(scores, row.scale, study)
        retest = wide.loc[wide["group"].isin(controls), [first, second]].dropna()
        icc = absolute_agreement(retest[first].to_numpy(), retest[second].to_numpy())
        sd = wide[first].std()
        error = sd * np.sqrt(1 - row.alpha)
        reliable = reliable_change_threshold(sd, row.alpha)
        by_retest = reliable_change_threshold(sd, max(icc[0], 0.0))
        rows.append((row.scale, row.label, len(retest), *icc, sd, error, reliable, by_retest))
    columns = ["scale", "label", "n", "icc", "icc_low", "icc_high", "sd", "sem"]
    return pd.DataFrame(rows, columns=[*columns, "reliable_change", "retest_change"])
