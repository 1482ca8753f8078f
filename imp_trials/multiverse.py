"""Show how much a result depends on the analysis, clustering and transformations."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from imp_common.number_formats import bounded, fixed
from imp_helpers.statistics.change_scores import (
    CHANGE,
    Contrast,
    compared_cases,
    complete_cases,
    pair_of,
    values_by_group,
)
from imp_helpers.statistics.effect_sizes import within_groups
from imp_helpers.study import Study
from imp_trials.sensitivity import TRIM

ICCS = (0.0, 0.01, 0.02, 0.05, 0.10, 0.15, 0.20, 0.30)
ICC = 0.05
ANOVA, ANCOVA = "mixed ANOVA", "ANCOVA"
# The primary analysis by its setting.
PRIMARY = {"ancova": ANCOVA, "mmrm": "mixed model adjusted for baseline"}


def multiverse(
    contrasts: pd.DataFrame,
    cases: Mapping[str, pd.DataFrame],
    resampled: pd.DataFrame,
    sizes: Mapping[str, Sequence[int]],
    study: Study,
    with_all_times: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Estimate the difference of each primary outcome by every defensible analysis.

    Estimates are in pooled SDs of change; positive ones favour the arm. Welch's t, trimmed means
    and bootstrap analyse arm and reference alone. Without a row where one cannot be estimated.

    Columns: scale, label, analysis, estimate, low, high (95 %), primary (bool).

    ``contrasts`` is what ``change_scores.contrasts`` returns, ``cases`` what
    ``change_scores.compared_cases``, ``resampled`` what ``resampling.resample``, and ``sizes`` what
    ``cluster_sizes`` returns; ``with_all_times`` are the mixed models and the imputation of
    ``missing_data.missing_scores``.
    """
    ends = resampled.set_index("scale")[["boot_low", "boot_high"]]
    better = {outcome.id: outcome.better for outcome in study.outcomes}
    primary = PRIMARY.get(study.settings.study.primary_analysis, ANOVA)
    beside, rows = {}, []
    if with_all_times is not None:
        for row in with_all_times.itertuples():
            if "complete cases" in row.analysis:
                continue
            beside.setdefault(row.scale, {})[row.analysis] = (row.difference, row.low, row.high)
    for row in contrasts[contrasts["family"] == "main"].to_dict("records"):
        one = Contrast.of(cases[row["scale"]], study)
        unit = (1 if better[row["outcome"]] == "higher" else -1) * row["sd_change"]
        of_arm = sizes.get(row["group"], [])
        estimates = _estimates(row, one, ends.loc[row["scale"]], of_arm)
        estimates |= beside.get(row["scale"], {})
        if primary not in (ANOVA, ANCOVA):
            estimates[primary] = tuple(row[end] for end in ("difference", "low", "high"))
        for name, numbers in estimates.items():
            if not np.isfinite(numbers).all():
                continue
            estimate, low, high = (number / unit for number in numbers)
            about = (row["scale"], row["label"], name)
            rows.append((*about, estimate, *sorted((low, high)), name == primary))
    columns = ["scale", "label", "analysis", "estimate", "low", "high", "primary"]
    return pd.DataFrame(rows, columns=columns)


def _estimates(
    row: Mapping, one: Contrast, ends: pd.Series, sizes: Sequence[int]
) -> dict[str, tuple]:
    """Return the estimate and interval of each analysis, in points of the scale."""
    welch, yuen = (
        scipy.stats.ttest_ind(*one.change, equal_var=False, trim=trim).confidence_interval()
        for trim in (0, TRIM)
    )
    by = {
        ANOVA: tuple(row[f"change_{name}"] for name in ("difference", "low", "high")),
        "Welch t": (one.difference, *welch),
        "bootstrap (BCa)": (one.difference, *ends),
        "trimmed means (Yuen)": (sum(yuen) / 2, *yuen),
    }
    for name, start in (("ANCOVA, HC3 errors", "hc3_"), (ANCOVA, "ancova_")):
        by[name] = tuple(row[f"{start}{end}"] for end in ("difference", "low", "high"))
    if sizes:
        estimate, _, high = by[ANOVA]
        margin = (high - estimate) * np.sqrt(inflation(sizes, one.ns[1], ICC))
        by[f"clustered, ICC {ICC:.2f}"] = (estimate, estimate - margin, estimate + margin)
    return by


def range_of_estimates(table: pd.DataFrame) -> pd.DataFrame:
    """Return the range of the estimates and intervals of ``multiverse``, by outcome.

    Columns: label, analyses, lowest and highest (estimate), low and high (end of an interval).
    """
    by_outcome = table.groupby("label", sort=False)
    return by_outcome.agg(
        analyses=("estimate", "size"), lowest=("estimate", "min"), highest=("estimate", "max"),
        low=("low", "min"), high=("high", "max"),
    ).reset_index()  # fmt: skip


def in_short(ranges: pd.DataFrame) -> list[str]:
    """Say how much an estimate varies; ``ranges`` is what ``range_of_estimates`` returns."""
    if ranges.empty:
        return ["No primary outcome could be estimated."]
    spread = ranges.assign(spread=ranges["highest"] - ranges["lowest"]).nlargest(1, "spread")
    write = fixed(2)
    return [
        f"Over the {row.analyses} analyses, an estimate varies by at most {write(row.spread)} SD "
        f"({row.label}); its intervals reach from {write(row.low)} to {write(row.high)} SD."
        for row in spread.itertuples()
    ]


def cluster_sizes(participants: pd.DataFrame) -> dict[str, list[int]]:
    """Return the sizes of the training groups of each arm; none of an arm without them."""
    counts = participants.dropna(subset="training_group").groupby("group")["training_group"]
    return {group: courses.value_counts().tolist() for group, courses in counts}


def design_effect(cluster_sizes: Sequence[int], icc: float) -> float:
    """Return 1 + ICC (sum of squared cluster sizes / n - 1): the growth of a mean's variance."""
    return 1 + icc * (sum(size * size for size in cluster_sizes) / sum(cluster_sizes) - 1)


def inflation(cluster_sizes: Sequence[int], others: int, icc: float) -> float:
    """Return the growth of the variance of a difference whose first group is clustered."""
    trained = sum(cluster_sizes)
    effect = design_effect(cluster_sizes, icc)
    return (effect / trained + 1 / others) / (1 / trained + 1 / others)


def clustering(
    tests: pd.DataFrame, sizes: Mapping[str, Sequence[int]], iccs: Sequence[float] = ICCS
) -> pd.DataFrame:
    """Return what clustering within training groups could do to the p values.

    The variance of the training group's mean grows by the design effect; controls were in no group.
    The degrees of freedom are left as they are, which still flatters so few clusters.

    Columns: scale, label, icc, design_effect, p; a row a main outcome and ICC.
    Columns of ``tests``: scale, label, group, family, n, df_error, p. ``sizes`` is what
    ``cluster_sizes`` returns.
    """
    rows = []
    main = tests[(tests["family"] == "main") & tests["p"].notna()]
    for row in main[main["group"].isin(list(sizes))].itertuples():
        clusters, df = sizes[row.group], row.df_error
        others, t = row.n - sum(clusters), scipy.stats.t.isf(row.p / 2, df)
        for icc in iccs:
            p = 2 * scipy.stats.t.sf(t / np.sqrt(inflation(clusters, others, icc)), df)
            rows.append((row.scale, row.label, icc, design_effect(clusters, icc), p))
    return pd.DataFrame(rows, columns=["scale", "label", "icc", "design_effect", "p"])


def tipping_icc(p: float, n: int, df: int, cluster_sizes: Sequence[int], level: float) -> float:
    """Return the intraclass correlation at which a significant difference stops being so.

    ``clustering`` solved for the ICC at which t is the critical one.

    Above 1 where no clustering tips it; NaN if it is not significant to begin with.
    ``p`` is that without clustering, ``n`` the number of people in both groups, ``df`` those of t.
    """
    trained = sum(cluster_sizes)
    others = n - trained
    growth = design_effect(cluster_sizes, 1) - 1
    if p >= level or growth <= 0:
        return float("nan") if p >= level else float("inf")
    allowed = (scipy.stats.t.isf(p / 2, df) / scipy.stats.t.isf(level / 2, df)) ** 2
    allowed_effect = (allowed * (1 / trained + 1 / others) - 1 / others) * trained
    return float((allowed_effect - 1) / growth)


@dataclass(frozen=True)
class Transformation:
    """A transformation of scores, people x times: ``allows`` tells which have what it ``needs``."""

    label: str
    of: Callable[[np.ndarray], np.ndarray]
    allows: Callable[[np.ndarray], bool] = lambda scores: True
    needs: str = ""


def ranks(scores: np.ndarray) -> np.ndarray:
    """Return each score's rank among all scores at both times; ties get their mean rank.

    Conover & Iman (1981), 10.1080/00031305.1981.10479327.
    """
    return scipy.stats.rankdata(scores).reshape(scores.shape)


def standardised(scores: np.ndarray) -> np.ndarray:
    """Return scores in standard deviations from the mean of the baseline, the first column."""
    return (scores - scores[:, 0].mean()) / scores[:, 0].std(ddof=1)


TRANSFORMATIONS = {
    "none": Transformation("as scored", lambda scores: scores),
    "log": Transformation(
        "logarithm", np.log, lambda scores: bool((scores > 0).all()), "scores above zero"
    ),
    "square_root": Transformation(
        "square root", np.sqrt, lambda scores: bool((scores >= 0).all()), "no score below zero"
    ),
    "rank": Transformation("rank", ranks),
    "z": Transformation(
        "z by baseline",
        standardised,
        lambda scores: len(scores) > 1 and np.ptp(scores[:, 0]) > 0,
        "people who differ at baseline",
    ),
}


def transformed(cases: pd.DataFrame, transformation: str, study: Study) -> pd.DataFrame | None:
    """Transform the scores of complete cases, and take the change of what comes out.

    None where the scores do not allow the transformation (see ``Transformation.needs``).
    """
    first, second = (time.id for time in study.analysed_times)
    chosen, scores = TRANSFORMATIONS[transformation], cases[[first, second]].to_numpy(float)
    if not chosen.allows(scores):
        return None
    new = chosen.of(scores)
    return cases.assign(**{first: new[:, 0], second: new[:, 1], CHANGE: new[:, 1] - new[:, 0]})


def compare(cases: pd.DataFrame, quantity: str, study: Study) -> dict:
    """Test a quantity between two groups, or the change within one, in complete cases.

    F of time x group, or of time within one group, is the squared t of the change; partial eta
    squared is F / (F + df). ``quantity`` is "change", or the id of one of the two times.

    Keys: ns (people, by group), F, df_error, p, partial_eta_squared, reason (why there is no test:
    "one_group", "few_people", "no_variance"; empty if there is one).
    """
    groups = pair_of(cases, study)
    arms = values_by_group(cases, quantity, groups)
    reason = ""
    if len(arms) < 2 and quantity != CHANGE:
        reason = "one_group"
    elif not arms or min(map(len, arms)) < 2:
        reason = "few_people"
    elif not within_groups(
        arms, cases[[t.id for t in study.analysed_times]].abs().max(axis=None)
    ).any():
        reason = "no_variance"
    ns = {group.id: len(arm) for group, arm in zip(groups, arms, strict=True)}
    result = {"ns": ns, "reason": reason}
    if reason:
        nothing = dict.fromkeys(["F", "p", "partial_eta_squared"], float("nan"))
        return result | nothing | {"df_error": sum(ns.values()) - len(arms)}
    test = scipy.stats.ttest_ind(*arms) if len(arms) == 2 else scipy.stats.ttest_1samp(arms[0], 0.0)
    f, df, p = float(test.statistic) ** 2, int(test.df), float(test.pvalue)
    return result | {"F": f, "df_error": df, "p": p, "partial_eta_squared": f / (f + df)}


def p_by_transformation(scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Test time x group of every outcome under every transformation that its scores allow.

    z by baseline is left out: it is linear, and F stays what it was.

    Columns: scale, label, transformation (its label), p; p is missing where the scores do not allow
    it. A row a comparison and transformation.
    """
    rows = []
    cases = {outcome.id: complete_cases(scores, outcome.id, study) for outcome in study.outcomes}
    labels = {one.id: one.label for one in study.comparisons}
    for scale, compared in compared_cases(cases, study).items():
        for name in (name for name in TRANSFORMATIONS if name != "z"):
            new = transformed(compared, name, study)
            p = float("nan") if new is None else compare(new, CHANGE, study)["p"]
            rows.append((scale, labels[scale], TRANSFORMATIONS[name].label, p))
    return pd.DataFrame(rows, columns=["scale", "label", "transformation", "p"])


def agreement_of_transformations(table: pd.DataFrame, level: float) -> list[str]:
    """Say which outcomes are significant under all, none and some of the transformations.

    ``table`` is what ``p_by_transformation`` returns.
    """
    by_outcome = (table.dropna(subset="p").set_index("label")["p"] < level).groupby(level=0)
    always, ever = by_outcome.all(), by_outcome.any()
    kinds = {"all": always, "none": ~ever, "some": ever & ~always}
    said = []
    for kind, found in kinds.items():
        labels = table["label"].drop_duplicates()
        if named := ", ".join(labels[labels.isin(found.index[found])]):
            said.append(
                f"*p* is below {bounded()(level)} under {kind} of the transformations: {named}."
            )
    return said
