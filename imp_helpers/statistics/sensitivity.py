"""The question of 05 asked in other ways: other tests, other assumptions, other people left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pingouin as pg
from scipy import optimize, stats
from statsmodels.regression.linear_model import OLS

from imp_helpers.printed.reported_tests import holm
from imp_helpers.statistics import change_scores
from imp_helpers.statistics.effect_sizes import (
    benjamini_hochberg,
    difference_interval,
    hedges_g_change,
    partial_eta_squared_interval,
)
from imp_helpers.study.number_formats import format_apa_p, without_zero
from imp_helpers.study.results import results_of
from imp_helpers.study.study import Outcome, Study

TRIM = 0.20
IMPUTATIONS = 50
TEST_COLUMNS = ["scale", "label", "family", "p", "welch_p", "ancova_p", "permutation_p"]
TEST_COLUMNS += ["yuen_p", "mann_whitney_p", "bf10", "F_lowest", "F_highest", "holm_p", "bh_p"]
ICCS = (0.0, 0.01, 0.02, 0.05, 0.10, 0.15, 0.20, 0.30)


@dataclass(frozen=True)
class Arms:
    """One outcome's complete cases, split by group.

    Parameters
    ----------
    before, after : tuple of ndarray
        The scores of the first and of the second group at the first two times.
    """

    before: tuple[np.ndarray, np.ndarray]
    after: tuple[np.ndarray, np.ndarray]

    @property
    def change(self) -> tuple[np.ndarray, np.ndarray]:
        """Each group's change."""
        return self.after[0] - self.before[0], self.after[1] - self.before[1]

    @property
    def ns(self) -> tuple[int, int]:
        """The groups' sizes."""
        return len(self.before[0]), len(self.before[1])

    @property
    def correlation(self) -> float:
        """The correlation of before and after, pooled within the groups."""
        centred = [
            np.concatenate([values - values.mean() for values in arms])
            for arms in (self.before, self.after)
        ]
        return float(np.corrcoef(*centred)[0, 1])


def arms_of(wide: pd.DataFrame, study: Study) -> Arms:
    """Split complete cases, as ``change_scores.complete_cases`` gives them, by group."""
    first, second = study.analysed_times
    groups = [wide[wide["group"] == group.id] for group in study.groups[:2]]
    before, after = (
        tuple(group[time.id].to_numpy(dtype=float) for group in groups) for time in (first, second)
    )
    return Arms(before, after)


# ---------------------------------------------------------------- one outcome, one analysis


def welch(arms: Arms) -> float:
    """Return p of Welch's t test of the change, R's ``t.test``."""
    return float(stats.ttest_ind(*arms.change, equal_var=False).pvalue)


def yuen(arms: Arms) -> float:
    """Return p of Yuen's test of the change, 20 % trimmed (Yuen, 1974, 10.1093/biomet/61.1.165)."""
    return float(stats.ttest_ind(*arms.change, equal_var=False, trim=TRIM).pvalue)


def mann_whitney(arms: Arms) -> float:
    """Return p of the rank-sum test of the change; normal approximation, corrected for ties."""
    return float(stats.mannwhitneyu(*arms.change, method="asymptotic").pvalue)


def ancova(arms: Arms, robust: bool = True) -> dict[str, float]:
    """Compare the groups after, adjusted for before.

    Least squares of after on before and group; with ``robust``, HC3 errors (MacKinnon & White,
    1985, 10.1016/0304-4076(85)90158-7). The same numbers as R's ``lm`` with
    ``sandwich::vcovHC(type = "HC3")``.

    Returns
    -------
    dict
        difference (adjusted, first less second group), low, high (95 %), p.
    """
    first, second = arms.ns
    group = np.repeat([1.0, 0.0], [first, second])
    constant = np.ones(first + second)
    design = np.column_stack([constant, np.concatenate(arms.before), group])
    model = OLS(np.concatenate(arms.after), design)
    fit = model.fit(cov_type="HC3", use_t=True) if robust else model.fit()
    low, high = fit.conf_int()[2]
    estimate, p = float(fit.params[2]), float(fit.pvalues[2])
    return {"difference": estimate, "low": float(low), "high": float(high), "p": p}


def bayes_factor(arms: Arms) -> float:
    """Return BF10 of the difference in change: JZS prior, r = .707 (Rouder et al., 2009).

    10.3758/PBR.16.2.225; the same number as R's ``BayesFactor::ttestBF``.
    """
    t = stats.ttest_ind(*arms.change).statistic
    return float(pg.bayesfactor_ttest(t, *arms.ns))


def mixed_model(long: pd.DataFrame, study: Study) -> dict[str, float]:
    """Estimate the difference in change from everyone who has any score.

    A linear mixed model with time, group, their interaction and a random intercept a person, by
    REML, as R's ``nlme::lme(random = ~ 1 | participant)``, whose degrees of freedom are taken:
    answers less people less 2. If nobody misses a time this is the t test of the change. Who
    misses one time contributes the other, which is right if scores are missing at random.

    Parameters
    ----------
    long : DataFrame
        participant, group, time, score.

    Returns
    -------
    dict
        n (people), difference, low, high, p.
    """
    first, second = study.analysed_times
    data = long[long["time"].isin([first.id, second.id])].dropna(subset="score")
    time = (data["time"] == second.id).to_numpy(dtype=float)
    group = (data["group"] == study.groups[0].id).to_numpy(dtype=float)
    design = np.column_stack([np.ones(len(data)), time, group, time * group])
    answers = data["score"].to_numpy(dtype=float)
    people = pd.factorize(data["participant"])[0]
    estimate, error = (values[3] for values in _random_intercept(answers, design, people))
    n = int(people.max()) + 1
    df = len(data) - n - 2
    margin = stats.t.isf(0.025, df) * error
    return {
        "n": n,
        "difference": float(estimate),
        "low": float(estimate - margin),
        "high": float(estimate + margin),
        "p": float(2 * stats.t.sf(abs(estimate) / error, df)),
    }


def _random_intercept(
    answers: np.ndarray, design: np.ndarray, people: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients and their standard errors with a random intercept a person, by REML.

    Given the share of the variance that lies between people, all else has a closed form, so the
    likelihood is a curve over that share.

    Parameters
    ----------
    people : ndarray of int
        Whose each answer is, from 0 on.
    """
    size = np.bincount(people)
    freedom = len(answers) - design.shape[1]

    def fitted(share: float) -> tuple[float, np.ndarray, np.ndarray]:
        ratio = share / (1 - share)
        shrink = (ratio / (1 + ratio * size))[:, None]

        def weighted(values: np.ndarray) -> np.ndarray:
            sums = np.zeros((len(size), values.shape[1]))
            np.add.at(sums, people, values)
            return values - (shrink * sums)[people]

        weights = weighted(design)
        information = design.T @ weights
        coefficients = np.linalg.solve(information, weights.T @ answers)
        residuals = (answers - design @ coefficients)[:, None]
        within = (residuals * weighted(residuals)).sum() / freedom
        deviance = freedom * np.log(within) + np.log1p(ratio * size).sum()
        deviance += np.linalg.slogdet(information)[1]
        return deviance, coefficients, np.sqrt(within * np.diag(np.linalg.inv(information)))

    options = {"xatol": 1e-12, "maxiter": 500}
    found = optimize.minimize_scalar(
        lambda share: fitted(share)[0], bounds=(0.0, 1 - 1e-9), method="bounded", options=options
    )
    share = found.x if found.fun < fitted(0.0)[0] else 0.0
    return fitted(share)[1:]


def multiple_imputation(wide: pd.DataFrame, study: Study, seed: int = change_scores.SEED) -> dict:
    """Estimate the difference in change after imputing missing scores at the second time.

    Each missing score is drawn from the regression of after on before and group, parameters drawn
    from their posterior; estimates are pooled by Rubin's rules with the degrees of freedom of
    Barnard & Rubin (1999), 10.1093/biomet/86.4.948.

    Parameters
    ----------
    wide : DataFrame
        participant, group and a column a time; the second may have gaps.

    Returns
    -------
    dict
        n, imputed (people), difference, low, high, p.
    """
    first, second = (time.id for time in study.analysed_times)
    data = wide.dropna(subset=first)
    gaps = data[second].isna().to_numpy()
    in_first = (data["group"] == study.groups[0].id).to_numpy()
    before, after = data[first].to_numpy(float), data[second].to_numpy(float)
    random = np.random.default_rng(seed)
    estimates, variances = [], []
    for _ in range(IMPUTATIONS):
        filled = _imputed(before, after, in_first, gaps, random)
        seen = change_scores.observed((filled - before)[:, None], in_first)
        unit = 1 / in_first.sum() + 1 / (~in_first).sum()
        estimates.append(seen.difference[0, 0])
        variances.append(seen.variance[0, 0] * unit)
    pooled = _rubin(np.array(estimates), np.array(variances), len(data) - 2)
    return {"n": len(data), "imputed": int(gaps.sum())} | pooled


def _imputed(before, after, in_first, gaps, random) -> np.ndarray:
    """Return the scores after, gaps filled with one draw."""
    if not gaps.any():
        return after
    design = np.column_stack([np.ones(len(before)), before, in_first])
    known, answers = design[~gaps], after[~gaps]
    estimate, *_ = np.linalg.lstsq(known, answers, rcond=None)
    freedom = len(answers) - design.shape[1]
    residual = np.sum((answers - known @ estimate) ** 2)
    variance = residual / random.chisquare(freedom)
    drawn = random.multivariate_normal(estimate, variance * np.linalg.inv(known.T @ known))
    filled = after.copy()
    noise = random.normal(scale=np.sqrt(variance), size=gaps.sum())
    filled[gaps] = design[gaps] @ drawn + noise
    return filled


def _rubin(estimates: np.ndarray, variances: np.ndarray, complete_df: int) -> dict[str, float]:
    """Pool estimates over imputations."""
    m, within = len(estimates), variances.mean()
    between = estimates.var(ddof=1)
    total = within + (1 + 1 / m) * between
    share = (1 + 1 / m) * between / total if total else 0.0
    df = complete_df
    if share > 1e-12:
        observed_df = (complete_df + 1) / (complete_df + 3) * complete_df * (1 - share)
        df = 1 / (share * share / (m - 1) + 1 / observed_df)
    mean, error = float(estimates.mean()), float(np.sqrt(total))
    margin = stats.t.isf(0.025, df) * error
    p = 2 * stats.t.sf(abs(mean) / error, df) if error else np.nan
    return {"difference": mean, "low": mean - margin, "high": mean + margin, "p": float(p)}


# ---------------------------------------------------------------- all outcomes


def blocks(wides: dict[str, pd.DataFrame]) -> list[list[str]]:
    """Group outcomes that have the same complete cases, so that they share matrix products."""
    same: dict[tuple, list[str]] = {}
    for name, wide in wides.items():
        same.setdefault(tuple(wide["participant"]), []).append(name)
    return list(same.values())


def resampled(wides: dict[str, pd.DataFrame], study: Study) -> pd.DataFrame:
    """Compute permutation p, BCa bootstrap interval and leave-one-out range of every outcome.

    Parameters
    ----------
    wides : dict of DataFrame
        Complete cases by outcome; only outcomes whose interaction can be estimated.

    Returns
    -------
    DataFrame
        scale, permutation_p, assignments, exact, boot_low, boot_high (of the difference in
        change), F_lowest, F_highest (over leaving out each person).
    """
    rows = []
    for names in blocks(wides):
        wide = wides[names[0]]
        in_first = (wide["group"] == study.groups[0].id).to_numpy()
        changes = np.column_stack([wides[name]["change"].to_numpy(float) for name in names])
        seen = change_scores.observed(changes, in_first)
        p, assignments, exact = change_scores.permutation_p(changes, in_first)
        drawn = change_scores.interactions(changes, *change_scores.bootstrap_weights(in_first))
        left_out = change_scores.interactions(changes, *change_scores.leave_one_out(in_first))
        low, high = change_scores.bca_interval(
            drawn.difference, seen.difference[0], left_out.difference, in_first
        )
        lowest, highest = np.nanmin(left_out.F, axis=0), np.nanmax(left_out.F, axis=0)
        columns = zip(names, p, low, high, lowest, highest, strict=True)
        rows += [(n, p, assignments, exact, *others) for n, p, *others in columns]
    names = ["scale", "permutation_p", "assignments", "exact", "boot_low", "boot_high"]
    return pd.DataFrame(rows, columns=[*names, "F_lowest", "F_highest"])


def effects(
    table: pd.DataFrame, wides: dict[str, pd.DataFrame], drawn: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Compute the effect of every outcome with its intervals.

    Parameters
    ----------
    table : DataFrame
        Table 5 (scale, label, family, F, df_effect, df_error, partial_eta_squared).
    wides : dict of DataFrame
        Complete cases by outcome.
    drawn : DataFrame
        As ``resampled`` returns it.

    Returns
    -------
    DataFrame
        scale, label, n, difference (in change, points of the scale), low, high (95 %, t),
        boot_low, boot_high (95 %, BCa), g (d_ppc2), g_low, g_high (95 %), partial_eta_squared,
        eta_low, eta_high (90 %, two-sided); standard_error (of the difference), sd_before (pooled),
        correlation (before and after, pooled), n_first, n_second.
    """
    drawn = drawn.set_index("scale")
    rows = []
    for row in table[table["scale"].isin(list(wides))].to_dict("records"):
        arms = arms_of(wides[row["scale"]], study)
        first, second = arms.change
        difference = first.mean() - second.mean()
        freedom = sum(arms.ns) - 2
        within = sum((len(c) - 1) * c.var(ddof=1) for c in arms.change) / freedom
        low, high = difference_interval(difference, within, arms.ns)
        sds = (arms.before[0].std(ddof=1), arms.before[1].std(ddof=1))
        g, g_low, g_high = hedges_g_change(difference, sds, arms.ns, arms.correlation)
        eta = partial_eta_squared_interval(row["F"], row["df_effect"], row["df_error"])
        boot = drawn.loc[row["scale"], ["boot_low", "boot_high"]]
        about = (row["scale"], row["label"], row["family"], row["n"])
        numbers = (difference, low, high, *boot, g, g_low, g_high)
        unit = np.sqrt(sum(1 / n for n in arms.ns))
        pooled = np.sqrt(sum((n - 1) * s * s for n, s in zip(arms.ns, sds, strict=True)) / freedom)
        spread = (np.sqrt(within) * unit, pooled, arms.correlation, *arms.ns)
        rows.append((*about, *numbers, row["partial_eta_squared"], *eta, *spread))
    columns = ["scale", "label", "family", "n", "difference", "low", "high"]
    columns += ["boot_low", "boot_high", "g", "g_low", "g_high"]
    columns += ["partial_eta_squared", "eta_low", "eta_high"]
    columns += ["standard_error", "sd_before", "correlation", "n_first", "n_second"]
    return pd.DataFrame(rows, columns=columns)


def other_tests(
    table: pd.DataFrame, wides: dict[str, pd.DataFrame], drawn: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Test every outcome in other ways.

    Parameters
    ----------
    table : DataFrame
        Table 5.
    wides : dict of DataFrame
        Complete cases by outcome.
    drawn : DataFrame
        As ``resampled`` returns it.

    Returns
    -------
    DataFrame
        scale, label, family, p (as published), welch_p, ancova_p (HC3), permutation_p, yuen_p,
        mann_whitney_p, bf10, F_lowest, F_highest, and for the main family holm_p and bh_p.
    """
    drawn = drawn.set_index("scale")
    rows = []
    for row in table[table["scale"].isin(list(wides))].to_dict("records"):
        arms = arms_of(wides[row["scale"]], study)
        rows.append(
            {
                "scale": row["scale"],
                "label": row["label"],
                "family": row["family"],
                "p": row["p"],
                "welch_p": welch(arms),
                "ancova_p": ancova(arms)["p"],
                "permutation_p": drawn.loc[row["scale"], "permutation_p"],
                "yuen_p": yuen(arms),
                "mann_whitney_p": mann_whitney(arms),
                "bf10": bayes_factor(arms),
                "F_lowest": drawn.loc[row["scale"], "F_lowest"],
                "F_highest": drawn.loc[row["scale"], "F_highest"],
            }
        )
    found = pd.DataFrame(rows, columns=TEST_COLUMNS)
    main = found["family"] == "main"
    p_values = found.loc[main, "p"].tolist()
    if p_values:
        found.loc[main, "holm_p"] = holm(p_values)
        found.loc[main, "bh_p"] = benjamini_hochberg(p_values)
    return found.astype(dict.fromkeys(["holm_p", "bh_p"], float))


def effect_results(table: pd.DataFrame) -> list[dict]:
    """Return the effects and their intervals as results."""
    columns = ["difference", "low", "high", "boot_low", "boot_high", "g", "g_low", "g_high"]
    name = "sensitivity.{scale}.{statistic}"
    return results_of(table, name, [*columns, "eta_low", "eta_high"], "n")


def test_results(table: pd.DataFrame) -> list[dict]:
    """Return the other tests as results."""
    columns = ["welch_p", "ancova_p", "permutation_p", "yuen_p", "mann_whitney_p", "bf10"]
    columns += ["F_lowest", "F_highest", "holm_p", "bh_p"]
    return results_of(table, "sensitivity.{scale}.{statistic}", columns)


def multiplicity_in_words(tests: pd.DataFrame, level: float) -> str:
    """Say in plain words which main outcomes stay significant among several."""
    main = tests[tests["family"] == "main"]
    if main.empty:
        return "No main measure could be tested."
    said = []
    for column, name in (("holm_p", "Holm's"), ("bh_p", "Benjamini and Hochberg's")):
        kept = main[main[column] < level]
        which = ", ".join(kept["label"]) or "none"
        smallest = main[column].min()
        said.append(
            f"After {name} correction over the {len(main)} main measures {which} "
            f"{'stay' if len(kept) > 1 else 'stays'} significant (smallest p {_told(smallest)})."
        )
    return " ".join(said)


def _told(p: float) -> str:
    """Return p with its sign: "= .105" or "< .001"."""
    shown = format_apa_p(p)
    return shown if shown.startswith("<") else f"= {shown}"


def missing_scores(
    scores: pd.DataFrame, table: pd.DataFrame, outcomes: tuple[Outcome, ...], study: Study
) -> pd.DataFrame:
    """Compare complete cases with a mixed model and with multiple imputation.

    Returns
    -------
    DataFrame
        label, analysis, n, difference, low, high, p; three rows an outcome.
    """
    rows = []
    for outcome in outcomes:
        long = scores[scores["scale"] == outcome.id]
        if outcome.id not in set(table["scale"]):
            continue
        known = table.set_index("scale").loc[outcome.id]
        wide = long.pivot(index=["participant", "group"], columns="time", values="score")
        wide = wide.reindex(columns=[time.id for time in study.analysed_times]).reset_index()
        found = {
            "complete cases": {c: known[c] for c in ("n", "difference", "low", "high", "p")},
            "mixed model": mixed_model(long, study),
            "multiple imputation": multiple_imputation(wide, study),
        }
        for analysis, numbers in found.items():
            rows.append({"label": outcome.label, "analysis": analysis} | numbers)
    columns = ["label", "analysis", "n", "difference", "low", "high", "p"]
    return pd.DataFrame(rows).reindex(columns=columns)


def clustering(
    effect: pd.DataFrame,
    tests: pd.DataFrame,
    training_groups: pd.Series,
    iccs: Sequence[float] = ICCS,
) -> pd.DataFrame:
    """Say what the training having been given in groups could do to the p values.

    The variance of the trained mean grows by the design effect 1 + ICC (sum of squared cluster
    sizes / n - 1); controls were in no group. The degrees of freedom are left as they are, which
    still flatters so few clusters.

    Parameters
    ----------
    effect : DataFrame
        As ``effects`` returns it.
    training_groups : Series
        Each participant's training group; missing for controls.
    iccs : sequence of float
        The intraclass correlations to look at.

    Returns
    -------
    DataFrame
        scale, label, icc, design_effect, p; a row a main outcome and ICC.
    """
    cluster_sizes = training_groups.dropna().value_counts().tolist()
    trained = sum(cluster_sizes)
    if not trained:
        return pd.DataFrame(columns=["scale", "label", "icc", "design_effect", "p"])
    rows = []
    for row in effect[effect["family"] == "main"].to_dict("records"):
        p_published = tests.set_index("scale").loc[row["scale"], "p"]
        df, others = row["n"] - 2, row["n"] - trained
        t = stats.t.isf(p_published / 2, df)
        for icc in iccs:
            inflation = 1 + icc * (sum(size * size for size in cluster_sizes) / trained - 1)
            ratio = (inflation / trained + 1 / others) / (1 / trained + 1 / others)
            p = 2 * stats.t.sf(t / np.sqrt(ratio), df)
            rows.append((row["scale"], row["label"], icc, inflation, p))
    return pd.DataFrame(rows, columns=["scale", "label", "icc", "design_effect", "p"])


def of_significant(clustered: pd.DataFrame, level: float) -> pd.DataFrame:
    """Return the rows of the outcomes that are significant without clustering."""
    unclustered = clustered[clustered["icc"] == 0].set_index("label")["p"]
    return clustered[clustered["label"].map(unclustered) < level]


def multiverse(
    tests: pd.DataFrame, wides: dict[str, pd.DataFrame], clustered: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """List every defensible analysis of each main outcome.

    Returns
    -------
    DataFrame
        scale, label, analysis, p, published (bool); sorted by outcome, then p.
    """
    names = {
        "p": "mixed ANOVA (as published)",
        "welch_p": "Welch t on change",
        "ancova_p": "ANCOVA, HC3",
        "permutation_p": "permutation",
        "yuen_p": "Yuen, 20 % trimmed",
        "mann_whitney_p": "Mann-Whitney on change",
    }
    rows = []
    for row in tests[tests["family"] == "main"].to_dict("records"):
        arms = arms_of(wides[row["scale"]], study)
        found = {name: row[column] for column, name in names.items()}
        found["ANCOVA, ordinary errors"] = ancova(arms, robust=False)["p"]
        df = sum(arms.ns) - 3
        for column, name in (("F_lowest", "without the person who helps most"),
                             ("F_highest", "without the person who hinders most")):  # fmt: skip
            found[name] = float(stats.f.sf(row[column], 1, df))
        at = clustered[(clustered["scale"] == row["scale"]) & (clustered["icc"] == 0.05)]
        if len(at):
            found["clustered, ICC .05"] = float(at["p"].iloc[0])
        found["Holm over the main measures"] = row["holm_p"]
        rows += [(row["scale"], row["label"], n, p, n == names["p"]) for n, p in found.items()]
    table = pd.DataFrame(rows, columns=["scale", "label", "analysis", "p", "published"])
    order = table["scale"].map({name: i for i, name in enumerate(dict.fromkeys(table["scale"]))})
    table = table.assign(order=order).sort_values(["order", "p"], kind="stable")
    return table.drop(columns="order").reset_index(drop=True)


def multiverse_in_words(table: pd.DataFrame, level: float) -> str:
    """Return how many analyses of each outcome are significant as a sentence."""
    parts = [
        f"{label} {int((rows['p'] < level).sum())} of {len(rows)} "
        f"(p from {format_apa_p(rows['p'].min())} to {format_apa_p(rows['p'].max())})"
        for label, rows in table.groupby("label", sort=False)
    ]
    return f"Analyses with p below {without_zero(level)}: {'; '.join(parts)}."
