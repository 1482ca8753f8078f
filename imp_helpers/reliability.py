"""Internal consistency of every scale: Cronbach's alpha with its interval and its verdict."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pingouin as pg
from scipy import stats

from imp_helpers.printed.reported_tests import alpha_interval
from imp_helpers.statistics.effect_sizes import reliable_change_threshold
from imp_helpers.study.number_formats import format_apa
from imp_helpers.study.results import result, results_of
from imp_helpers.study.study import Study

# The words that the paper uses, and the lowest alpha of each.
VERDICTS = (
    (0.90, "excellent"),
    (0.80, "good"),
    (0.70, "acceptable"),
    (0.60, "below_acceptable"),
    (-np.inf, "poor"),
)
ACCEPTABLE = 0.70
WEAK_ITEM = 0.20
OMEGA_SAMPLES = 1_000
SEED = 20200826


def verdict(alpha: float) -> str:
    """Return the paper's word for an alpha: excellent, good, acceptable, below_acceptable, poor."""
    return next(word for lowest, word in VERDICTS if alpha >= lowest)


def cronbach_alpha(items: pd.DataFrame) -> float:
    """Return Cronbach's alpha of the complete rows.

    alpha = k / (k - 1) * (1 - sum of item variances / variance of the sum), Cronbach (1951),
    10.1007/BF02310555. The same number as R's ``psych::alpha`` and SPSS's RELIABILITY.

    Parameters
    ----------
    items : DataFrame
        Keyed points: a row a person, a column an item, at least two.

    Returns
    -------
    float
        NaN where fewer than three people answered everything or nobody differs.
    """
    complete = items.dropna()
    if len(complete) < 3 or np.isclose(complete.sum(axis=1).var(), 0.0):
        return float("nan")
    return float(pg.cronbach_alpha(complete)[0])


def alpha_table(points: pd.DataFrame, study: Study, time: str) -> pd.DataFrame:
    """Return alpha of every scale at one time.

    Parameters
    ----------
    points : DataFrame
        participant, time and keyed points, as 02_scoring writes them.
    time : str
        The id of the time.

    Returns
    -------
    DataFrame
        scale, label, items, n (people with complete answers), alpha, low and high (95 % interval
        after Feldt), verdict; a row a scale, in the order of the keys.
    """
    at_time = points[points["time"] == time]
    rows = []
    for instrument in study.instruments:
        for scale in instrument.scales:
            answers = at_time[instrument.item_columns(scale)].dropna()
            alpha = cronbach_alpha(answers)
            people, items = len(answers), len(scale.items)
            low = high = float("nan")
            if not np.isnan(alpha):
                low, high = alpha_interval(alpha, people, items)
            word = verdict(alpha) if not np.isnan(alpha) else "not_estimable"
            rows.append((scale.id, scale.label, items, people, alpha, low, high, word))
    columns = ["scale", "label", "items", "n", "alpha", "low", "high", "verdict"]
    return pd.DataFrame(rows, columns=columns)


def beside_printed(table: pd.DataFrame, printed: dict[str, str]) -> pd.DataFrame:
    """Add the alpha that the paper prints for each scale; empty where it prints none."""
    strings = [printed.get(f"reliability.{scale}.alpha") for scale in table["scale"]]
    return table.assign(printed=strings)


# ---------------------------------------------------------------- beyond the printed alphas


def loadings_of_one_factor(
    correlations: np.ndarray,
    start: np.ndarray | None = None,
    tolerance: float = 1e-12,
    steps: int = 10_000,
) -> np.ndarray:
    """Return the loadings of one factor by minimal residuals, for many correlation matrices.

    Principal axes are iterated, a power step at a time, until loadings and communalities stand;
    that minimises the residuals off the diagonal (Harman & Jones, 1966, 10.1007/BF02289468). The
    same numbers as R's ``psych::fa(nfactors = 1, fm = "minres")``.

    Parameters
    ----------
    correlations : ndarray, ... x items x items
    start : ndarray, ... x items, optional
        Loadings to begin with.
    tolerance : float
        The largest change of a loading in the last step.
    steps : int
        The most steps.

    Returns
    -------
    ndarray, ... x items
        Signed so that they add up to a positive number; none above 1 (a Heywood case).
    """
    hollow = np.array(correlations, dtype=float)
    items = np.arange(hollow.shape[-1])
    hollow[..., items, items] = 0.0
    if start is None:
        start = np.sqrt(np.maximum(hollow.mean(axis=-1), 0.1))
    loadings = np.broadcast_to(start, hollow.shape[:-1]).copy()
    for _ in range(steps):
        # The diagonal of the reduced matrix holds the communalities, the squared loadings.
        communalities = loadings * loadings
        image = np.matvec(hollow, loadings) + communalities * loadings
        # Half a step: a whole one would swing about the length of the factor for ever.
        step = image / communalities.sum(axis=-1, keepdims=True)
        new = np.clip((loadings + step) / 2, -1.0, 1.0)
        moved = np.max(np.abs(new - loadings))
        loadings = new
        if moved < tolerance:
            break
    return loadings * np.where(loadings.sum(axis=-1, keepdims=True) < 0, -1.0, 1.0)


def omega_total(loadings: np.ndarray) -> np.ndarray:
    """Return omega total of a one-factor model from its loadings.

    (sum of loadings)^2 / ((sum of loadings)^2 + sum of uniquenesses), McDonald (1999); of
    standardised items.

    Parameters
    ----------
    loadings : ndarray, ... x items
    """
    common = loadings.sum(axis=-1) ** 2
    return common / (common + (1 - np.minimum(loadings**2, 1.0)).sum(axis=-1))


def omega_interval(
    items: pd.DataFrame, samples: int = OMEGA_SAMPLES, seed: int = SEED
) -> tuple[float, float, float]:
    """Return omega total with a 95 % percentile interval over bootstrap samples of people.

    Parameters
    ----------
    items : DataFrame
        Keyed points of complete rows.

    Returns
    -------
    omega, low, high : float
        NaN where an item does not vary or there are fewer than three items.
    """
    values = items.dropna().to_numpy(float)
    if len(values) < 3 or values.shape[1] < 3 or np.any(np.ptp(values, axis=0) == 0):
        return (float("nan"),) * 3
    loadings = loadings_of_one_factor(np.corrcoef(values, rowvar=False))
    random = np.random.default_rng(seed)
    drawn = values[random.integers(len(values), size=(samples, len(values)))]
    drawn = drawn - drawn.mean(axis=1, keepdims=True)
    covariance = np.matmul(drawn.transpose(0, 2, 1), drawn)
    spread = np.sqrt(np.einsum("sii->si", covariance))
    usable = (spread > 0).all(axis=1)
    spread = spread[usable]
    correlations = covariance[usable] / (spread[:, :, None] * spread[:, None, :])
    # Two decimals are shown, so the samples' loadings need not stand to the last digit.
    resampled = loadings_of_one_factor(correlations, start=loadings, tolerance=1e-4, steps=300)
    low, high = np.quantile(omega_total(resampled), [0.025, 0.975])
    return float(omega_total(loadings)), float(low), float(high)


def item_table(points: pd.DataFrame, study: Study, time: str) -> pd.DataFrame:
    """Describe every item's fit to its scale (leaf scales, not composites).

    Returns
    -------
    DataFrame
        scale, label, item, n, mean, sd, item_rest (correlation with the sum of the others), alpha
        and alpha_if_dropped. The same numbers as R's ``psych::alpha`` (r.drop, alpha.drop).
    """
    at_time = points[points["time"] == time]
    rows = []
    for instrument in study.instruments:
        for scale in instrument.scales:
            if not scale.parts:
                items = at_time[instrument.item_columns(scale)].dropna()
                alpha = cronbach_alpha(items)
                fits = zip(items, items.mean(), items.std(), *_item_fit(items), strict=True)
                for item, mean, sd, fit, without in fits:
                    about = (scale.id, scale.label, item, len(items))
                    rows.append((*about, mean, sd, fit, alpha, without))
    columns = ["scale", "label", "item", "n", "mean", "sd", "item_rest", "alpha"]
    return pd.DataFrame(rows, columns=[*columns, "alpha_if_dropped"])


def _item_fit(items: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
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


def weak_items(items: pd.DataFrame) -> pd.DataFrame:
    """Return the items that go with the rest of their scale less than .20, the weakest first."""
    weak = items[items["item_rest"] < WEAK_ITEM]
    return weak.sort_values("item_rest", ignore_index=True)


def alpha_by_time_and_group(
    points: pd.DataFrame, participants: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Return alpha of every scale for everyone at each time and for each group at the first.

    Returns
    -------
    DataFrame
        scale, label, then alpha_<time> and alpha_<group>.
    """
    scales = study.scales.values()
    table = pd.DataFrame([(s.id, s.label) for s in scales], columns=["scale", "label"])
    for time in study.times:
        table[f"alpha_{time.id}"] = _alphas(points, study, time.id)
    for group in study.groups:
        people = participants.loc[participants["group"] == group.id, "participant"]
        of_group = points[points["participant"].isin(people)]
        table[f"alpha_{group.id}"] = _alphas(of_group, study, study.times[0].id)
    return table


def _alphas(points: pd.DataFrame, study: Study, time: str) -> list[float]:
    """Return alpha of every scale at one time."""
    at_time = points[points["time"] == time]
    return [
        cronbach_alpha(at_time[instrument.item_columns(scale)])
        for instrument in study.instruments
        for scale in instrument.scales
    ]


def absolute_agreement(first: np.ndarray, second: np.ndarray) -> tuple[float, float, float]:
    """Return the intraclass correlation of two measurements, absolute agreement, single.

    ICC(A,1) of McGraw & Wong (1996), 10.1037/1082-989X.1.1.30, with its 95 % interval; the same
    numbers as ICC2 of R's ``psych::ICC`` and SPSS's two-way mixed, absolute agreement.

    Parameters
    ----------
    first, second : ndarray
        The same people's scores at two times, nothing missing.

    Returns
    -------
    icc, low, high : float
    """
    scores = np.column_stack([first, second]).astype(float)
    n, k = scores.shape
    if n < 3 or np.ptp(scores) == 0:
        return (float("nan"),) * 3
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
    upper, lower = stats.f.ppf(0.975, n - 1, df), stats.f.ppf(0.975, df, n - 1)
    weight = k * columns + (k * n - k - n) * error
    low = n * (rows - upper * error) / (upper * weight + n * rows)
    high = n * (lower * rows - error) / (weight + n * lower * rows)
    return float(icc), float(low), float(high)


def measurement_error(alphas: pd.DataFrame, scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Say how exactly each scale measures one person.

    Parameters
    ----------
    alphas : DataFrame
        As ``alpha_table`` returns it.
    scores : DataFrame
        Tidy scores with groups.

    Returns
    -------
    DataFrame
        scale, label, n, icc, icc_low, icc_high (test-retest in the control group, absolute
        agreement), sd (everyone, first time), sem = sd * sqrt(1 - alpha), reliable_change = 1.96 *
        sqrt(2) * sem (Jacobson & Truax, 1991, 10.1037/0022-006X.59.1.12).
    """
    first, second = study.analysed_times
    controls = [group.id for group in study.groups if group.role == "control"]
    rows = []
    for row in alphas.itertuples():
        of_scale = scores[scores["scale"] == row.scale]
        wide = of_scale.pivot(index=["participant", "group"], columns="time", values="score")
        sd = wide[first.id].std()
        retest = wide[wide.index.get_level_values("group").isin(controls)]
        retest = retest[[first.id, second.id]].dropna()
        icc = absolute_agreement(retest[first.id].to_numpy(), retest[second.id].to_numpy())
        error = sd * np.sqrt(1 - row.alpha)
        reliable = reliable_change_threshold(sd, row.alpha)
        rows.append((row.scale, row.label, len(retest), *icc, sd, error, reliable))
    columns = ["scale", "label", "n", "icc", "icc_low", "icc_high", "sd", "sem"]
    return pd.DataFrame(rows, columns=[*columns, "reliable_change"])


def omega_table(points: pd.DataFrame, study: Study, time: str) -> pd.DataFrame:
    """Return omega total of every scale at one time beside alpha.

    Returns
    -------
    DataFrame
        scale, label, n, alpha, omega, low, high (95 %, bootstrap percentile).
    """
    table = alpha_table(points, study, time)[["scale", "label", "n", "alpha"]]
    at_time = points[points["time"] == time]
    found = [
        omega_interval(at_time[instrument.item_columns(scale)])
        for instrument in study.instruments
        for scale in instrument.scales
    ]
    return table.assign(
        **dict(zip(("omega", "low", "high"), zip(*found, strict=True), strict=True))
    )


# ---------------------------------------------------------------- in words, and for the figures


def bounds() -> tuple[float, ...]:
    """Return the alphas at which the verdict changes."""
    return tuple(lowest for lowest, _ in VERDICTS if np.isfinite(lowest))


def forest_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return the alphas as ``figures.forest`` draws them, the acceptable ones strong."""
    known = table.dropna(subset="alpha").rename(columns={"alpha": "estimate"})
    return known.assign(strong=known["estimate"] >= ACCEPTABLE)


def in_words(table: pd.DataFrame) -> str:
    """Return the alphas and intervals as a sentence for those who cannot see a figure."""
    parts = [
        f"{row.label} {format_apa(row.alpha, bounded=True)} "
        f"({format_apa(row.low, bounded=True)} to {format_apa(row.high, bounded=True)})"
        for row in table.dropna(subset="alpha").itertuples()
    ]
    return f"Alpha with its interval: {'; '.join(parts)}."


def items_in_words(items: pd.DataFrame) -> str:
    """Return the range of each scale's item-rest correlations as a sentence."""
    parts = [
        f"{label} {format_apa(rows['item_rest'].min(), bounded=True)} to "
        f"{format_apa(rows['item_rest'].max(), bounded=True)}"
        for label, rows in items.dropna(subset="item_rest").groupby("label", sort=False)
    ]
    return f"Item-rest correlations: {'; '.join(parts)}."


def alpha_headings(study: Study) -> dict[str, str]:
    """Return the headings of ``alpha_by_time_and_group``."""
    labels = study.time_labels | study.group_labels
    return {f"alpha_{name}": f"α, {label.lower()}" for name, label in labels.items()}


def answer(table: pd.DataFrame) -> str:
    """Say which scales are consistent enough, and of which the interval leaves that open."""
    known = table.dropna(subset="alpha")
    weak = known[known["alpha"] < ACCEPTABLE]
    open_ = known[(known["low"] < ACCEPTABLE) & (known["high"] >= ACCEPTABLE)]
    said = [f"{len(known) - len(weak)} of {len(known)} scales reach an alpha of .70."]
    if len(weak):
        said.append(f"Below it lie: {', '.join(weak['label'])}.")
    if len(open_):
        said.append(
            f"The interval leaves it open on which side of .70 lie: {', '.join(open_['label'])}."
        )
    return " ".join(said)


def omega_results(table: pd.DataFrame) -> list[dict]:
    """Return omega of every scale as results."""
    return results_of(table, "reliability.{scale}.{statistic}", ["omega"], "n")


def precision_results(table: pd.DataFrame) -> list[dict]:
    """Return test-retest agreement and measurement error of every scale as results."""
    return results_of(
        table, "reliability.{scale}.{statistic}", ["icc", "sem", "reliable_change"], "n"
    )


def reliability_results(table: pd.DataFrame) -> list[dict]:
    """Return alpha, the number of items and the verdict of every scale as results."""
    return [
        result(f"reliability.{row['scale']}.{statistic}", row[column], row["n"])
        for row in table.to_dict("records")
        for statistic, column in (("alpha", "alpha"), ("items", "items"), ("verdict", "verdict"))
    ]
