"""Estimate the contrasts of notebook 05 with intervals, and test them in other ways."""

from collections.abc import Mapping, Sequence

import pandas as pd
import scipy

from imp_common.design import SIMULATED_RANGES
from imp_common.formulas import holm
from imp_common.number_formats import fixed, p_value
from imp_helpers.results import results_of
from imp_helpers.statistics.change_scores import Contrast
from imp_helpers.statistics.effect_sizes import (
    arm_contrasts,
    hedges_g_change,
    least_squares,
    partial_eta_squared_interval,
)
from imp_helpers.study import Study

TRIM = 0.20
# What is estimated of an effect, and what it is tested by.
INTERVALS = ["difference", "low", "high", "boot_low", "boot_high", "g", "g_low", "g_high"]
INTERVALS += ["ancova_difference", "ancova_low", "ancova_high", "eta_low", "eta_high"]
TESTS = ["welch_p", "ancova_p", "permutation_p", "yuen_p", "mann_whitney_p", "bf10"]
TESTS += ["F_lowest", "F_highest", "holm_p", "bh_p"]
NAMES = ["scale", "label", "family"]
SPREADS = ["standard_error", "df", "sd_before", "correlation", "n_first", "n_second"]


def tests_of(contrast: Contrast) -> dict[str, float]:
    """Test a difference in change of two groups in five ways; NaN where one cannot be computed.

    Keys: welch_p (Welch's t test, R's ``t.test``), ancova_p (HC3), yuen_p (20 % trimmed; Yuen,
    1974, 10.1093/biomet/61.1.165), mann_whitney_p (of ranks; normal approximation, corrected for
    ties), bf10 (see ``bayes_factor``).
    """
    welch, yuen = (
        scipy.stats.ttest_ind(*contrast.change, equal_var=False, trim=trim) for trim in (0, TRIM)
    )
    ranks = scipy.stats.mannwhitneyu(*contrast.change, method="asymptotic")
    return {
        "welch_p": float(welch.pvalue),
        "ancova_p": ancova(contrast)["p"],
        "yuen_p": float(yuen.pvalue),
        "mann_whitney_p": float(ranks.pvalue),
        "bf10": bayes_factor(contrast),
    }


def ancova(contrast: Contrast, robust: bool = True) -> dict[str, float]:
    """Compare the post-test scores, adjusted for baseline, by least squares.

    With ``robust``, HC3 errors (MacKinnon & White, 1985, 10.1016/0304-4076(85)90158-7). The same
    numbers as R's ``lm`` with ``sandwich::vcovHC(type = "HC3")``.

    Keys: difference (adjusted, group less reference), low, high (95 %), p.
    """
    model = least_squares(contrast.after, contrast.before, robust=robust)
    return arm_contrasts(model).iloc[0][["difference", "low", "high", "p"]].to_dict()


def bayes_factor(contrast: Contrast, width: float = 0.707) -> float:
    """Return BF10 of the difference in change: JZS prior of a width r (Rouder et al., 2009).

    10.3758/PBR.16.2.225; the same number as R's ``BayesFactor::ttestBF``.
    """
    import pingouin as pg

    if not contrast.variance > 0:
        return float("nan")
    t = scipy.stats.ttest_ind(*contrast.change).statistic
    return float(pg.bayesfactor_ttest(t, *contrast.ns, r=width))


def bayes_factors(
    tests: pd.DataFrame, cases: Mapping[str, pd.DataFrame], study: Study
) -> list[str]:
    """Count the inconclusive Bayes factors of the primary outcomes, and find the largest.

    Return them as sentences, with how the largest depends on the prior (widths .5 to 1.41).
    """
    main = tests[(tests["family"] == "main") & tests["bf10"].notna()]
    if main.empty:
        return []
    top = main.loc[main["bf10"].idxmax()]
    contrast = Contrast.of(cases[top["scale"]], study)
    factors = [bayes_factor(contrast, width) for width in (0.5, 0.707, 1.0, 1.414)]
    inconclusive, write = int(main["bf10"].between(1 / 3, 3).sum()), fixed(1)
    return [
        f"Bayes factors between 1/3 and 3, which is inconclusive: {inconclusive} of {len(main)}.",
        f"The largest is {write(top['bf10'])} ({top['label']}); with priors of the widths .5 to "
        f"1.41 it lies between {write(min(factors))} and {write(max(factors))}.",
    ]


def effects(
    table: pd.DataFrame, cases: Mapping[str, pd.DataFrame], resampled: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Compute the effect of every outcome with its intervals.

    Columns: scale, label, family, n, partial_eta_squared, eta_low, eta_high (90 %, two-sided),
    difference (in change, points of the scale), low, high (95 %, t), boot_low, boot_high (95 %,
    BCa, of the two groups), g (d_ppc2), g_low, g_high (95 %), ancova_difference (adjusted for
    baseline), ancova_low, ancova_high (95 %); standard_error (of the difference, on df degrees of
    freedom), sd_before and correlation (before and after), n_first, n_second. Variances and
    correlations are pooled over all groups.

    ``table`` is what ``change_scores.contrasts`` returns, ``cases`` what
    ``change_scores.compared_cases``, ``resampled`` what ``resampling.resample`` returns.
    """
    rows = []
    for row in table.merge(resampled, on="scale").to_dict("records"):
        ns = Contrast.of(cases[row["scale"]], study).ns
        row |= {name: row[f"change_{name}"] for name in ("difference", "low", "high", "df")}
        row["standard_error"] = row["change_standard_error"]
        spread = row["sd_before"], ns, row["correlation"], row["df"]
        g = hedges_g_change(row["difference"], *spread)
        eta = partial_eta_squared_interval(row["F"], row["df_effect"], row["df_error"])
        names = ["g", "g_low", "g_high", "eta_low", "eta_high", "n_first", "n_second"]
        rows.append(row | dict(zip(names, (*g, *eta, *ns), strict=True)))
    columns = [*NAMES, "n", "partial_eta_squared", *INTERVALS[-2:], *INTERVALS[:-2], *SPREADS]
    return pd.DataFrame(rows, columns=columns)


def other_tests(
    table: pd.DataFrame, cases: Mapping[str, pd.DataFrame], resampled: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Test every outcome in other ways; the parameters are those of ``effects``.

    Columns: scale, label, family, p (of the primary analysis), welch_p, ancova_p (HC3),
    permutation_p, yuen_p, mann_whitney_p, bf10, F_lowest, F_highest (over leaving out each person),
    and for the main family holm_p and bh_p (Benjamini & Hochberg).
    """
    rows = [
        row | tests_of(Contrast.of(cases[row["scale"]], study)) | {"ancova_p": row["hc3_p"]}
        for row in table.merge(resampled, on="scale").to_dict("records")
    ]
    tested = pd.DataFrame(rows, columns=[*NAMES, "p", *TESTS]).astype(
        {"holm_p": float, "bh_p": float}
    )
    main = tested["family"] == "main"
    if main.any():
        tested.loc[main, ["holm_p", "bh_p"]] = adjusted(tested.loc[main, "p"]).to_numpy()
    return tested


def effect_results(table: pd.DataFrame) -> list[dict]:
    """Return what ``effects`` estimates as results."""
    return results_of(table, "sensitivity.{scale}.{statistic}", INTERVALS, "n")


def test_results(table: pd.DataFrame) -> list[dict]:
    """Return what ``other_tests`` tests as results."""
    return results_of(table, "sensitivity.{scale}.{statistic}", TESTS)


def with_ranges(tests: pd.DataFrame, effects: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Put beside each simulated statistic its range over many data sets that fit what is printed.

    Columns: scale, label, then each statistic with its ends, such as welch_p, welch_p_low and
    welch_p_high: where 95 % of the simulated data sets lie. A row a primary outcome.
    """
    ranges = pd.read_csv(study.folder / SIMULATED_RANGES)
    table = tests.merge(effects[["scale", "g"]], on="scale").set_index("scale")
    columns = {}
    for name, ends in ranges.groupby("statistic", sort=False):
        ends = ends.set_index("scale")
        columns |= {name: table[name], f"{name}_low": ends["low"], f"{name}_high": ends["high"]}
    shown = pd.DataFrame({"label": table["label"]} | columns).reindex(ranges["scale"].unique())
    return shown.rename_axis("scale").reset_index()


def adjusted(p_values: Sequence[float]) -> pd.DataFrame:
    """Return p values adjusted for several tests, holm and bh; the same as R's ``p.adjust``."""
    return pd.DataFrame(
        {"holm": holm(p_values), "bh": scipy.stats.false_discovery_control(p_values)}
    )


def surviving(tests: pd.DataFrame, study: Study) -> list[str]:
    """Say which comparisons of primary outcomes stay significant after each correction."""
    main = tests[tests["family"] == "main"]
    if main.empty:
        return ["No primary outcome could be tested."]
    if len(main) == 1:
        return ["With one test of a primary outcome there is nothing to correct for."]
    said = []
    for column, name in (("holm_p", "Holm's"), ("bh_p", "Benjamini and Hochberg's")):
        kept = ", ".join(main.loc[main[column] < study.level, "label"]) or "none"
        smallest = p_value(main[column].min())
        sign = "" if smallest.startswith("<") else "= "
        said.append(
            f"Significant after {name} correction for all {len(main)} tests of primary outcomes: "
            f"{kept} (smallest adjusted *p* {sign}{smallest})."
        )
    return said
