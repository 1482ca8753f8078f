"""Did the groups change differently? Table 5 and what belongs to it."""

from collections.abc import Iterator
from math import sqrt

import numpy as np
import pandas as pd
import scipy
from imp_common.formulas import CONVENTIONS, post_hoc_power

from imp_helpers.results import result, results_of, significance_claim
from imp_helpers.statistics import change_scores
from imp_helpers.statistics.assumptions import shapiro_wilk
from imp_helpers.statistics.change_scores import CHANGE, complete_cases, group_model
from imp_helpers.statistics.effect_sizes import omnibus, smallest_significant_r
from imp_helpers.study import Study
from imp_printed.printed_numbers import agreement

NOT_ESTIMABLE = dict.fromkeys(["F", "p", "partial_eta_squared"], float("nan"))
NOT_ESTIMABLE |= {"df_effect": pd.NA, "df_error": pd.NA}
FORESTS = {"main": ("figure-5-4", "primary outcomes"), "subscale": ("figure-5-5", "subscales")}
CAPTIONS = {
    "interaction": "Results of the two-way mixed design ANOVA",
    "ancova": "Results of the analysis of covariance (ANCOVA)",
}
# Bounds of partial eta squared that the paper names (Cohen, 1988).
EFFECT_SIZES = ((0.14, "large"), (0.06, "medium"), (0.01, "small"), (0.0, "negligible"))


def normality(scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Test the main outcomes for normality with Shapiro-Wilk, at each time.

    Columns: scale, label, time, n, W, p (of everyone's scores together, as the paper seems to have
    done), residual_p (of the residuals within groups, which the model is about).
    """
    rows = []
    for outcome in study.main_outcomes:
        cases = complete_cases(scores, outcome.id, study)
        for time in study.analysed_times:
            test = shapiro_wilk(cases[time.id].to_numpy(float))
            residuals = cases[time.id] - cases.groupby("group")[time.id].transform("mean")
            within = shapiro_wilk(residuals.to_numpy(float))[1]
            rows.append((outcome.id, outcome.label, time.id, len(cases), *test, within))
    return pd.DataFrame(rows, columns=["scale", "label", "time", "n", "W", "p", "residual_p"])


def normality_results(table: pd.DataFrame, study: Study) -> list[dict]:
    """Return the claim "normal" for each outcome without a significant departure at any time."""
    results = []
    for scale, tests in table.groupby("scale", sort=False):
        claim = "normal" if (tests["p"] > study.level).all() else "not_normal"
        claim = "not_estimable" if tests["p"].isna().any() else claim
        results.append(result(f"effectiveness.{scale}.normality", claim, int(tests["n"].min())))
    return results


def table_5(scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Compute Table 5: means and SDs by group and time, and the primary test of the groups.

    Columns: scale, label, family, n, n_ by group; mean_ and sd_ by group and time, such as
    "mean_training_baseline"; reason (why the test is not estimable, see
    ``change_scores.why_not_estimable``; empty if it is); F, df_effect, df_error, p,
    partial_eta_squared (see ``change_scores.group_model``). A row an outcome.
    """
    rows = []
    for outcome in study.outcomes:
        cases = complete_cases(scores, outcome.id, study)
        row = {"scale": outcome.id, "label": outcome.label, "family": outcome.family}
        row["n"] = len(cases)
        for group in study.groups:
            of_group = cases[cases["group"] == group.id]
            row[f"n_{group.id}"] = len(of_group)
            for time in study.analysed_times:
                row[f"mean_{group.id}_{time.id}"] = of_group[time.id].mean()
                row[f"sd_{group.id}_{time.id}"] = of_group[time.id].std()
        analysis = study.settings.study.primary_analysis
        row["reason"] = change_scores.why_not_estimable(cases, study, analysis)
        row |= NOT_ESTIMABLE if row["reason"] else omnibus(group_model(cases, study))
        rows.append(row)
    return pd.DataFrame(rows)


def journal_columns(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the columns of Table 5, the tests before the means that they compare.

    Means of more than two groups have a table of their own (``means_over_time``).
    """
    cells = [name for group in spanners(study).values() for name in group]
    return table[["scale", "label", "partial_eta_squared", "F", "p", "n", *cells]]


def spanners(study: Study) -> dict[str, list[str]]:
    """Return the headings above the means and SDs of Table 5: "Training, before" and so on."""
    return {
        f"{group.label}, {time.label.lower()}": [
            f"{statistic}_{group.id}_{time.id}" for statistic in ("mean", "sd")
        ]
        for group in study.groups
        for time in study.analysed_times
        if len(study.groups) <= 2
    }


def effect_size_words(partial_eta_squared: float) -> str:
    """Return where an effect lies among the paper's bounds, such as between_medium_and_large."""
    above = None
    for bound, word in EFFECT_SIZES:
        if partial_eta_squared >= bound:
            return f"between_{word}_and_{above}" if above else word
        above = word
    return "negligible"


def table_5_results(table: pd.DataFrame, contrasts: pd.DataFrame, study: Study) -> list[dict]:
    """Return every cell of Table 5 and what the text claims about it as results."""
    directions = contrasts.set_index("scale")["direction"]
    name = "effectiveness.{scale}.{statistic}"
    results = results_of(table, name, ["F", "p", "partial_eta_squared"], "n")
    for row in table.to_dict("records"):
        prefix = f"effectiveness.{row['scale']}"
        for group in study.groups:
            for time in study.analysed_times:
                for statistic in ("mean", "sd"):
                    value = row[f"{statistic}_{group.id}_{time.id}"]
                    name = f"{prefix}.{statistic}.{group.id}.{time.id}"
                    results.append(result(name, value, row[f"n_{group.id}"]))
        claims = {"significance": "not_estimable"}
        if not row["reason"]:
            claims = {
                "significance": significance_claim(row["p"], study.level),
                "direction": directions.get(row["scale"]),
                "size": effect_size_words(row["partial_eta_squared"]),
            }
        known = {claim: word for claim, word in claims.items() if word is not None}
        results += [result(f"{prefix}.{claim}", word, row["n"]) for claim, word in known.items()]
    return results


def count_results(table: pd.DataFrame, scores: pd.DataFrame, study: Study) -> list[dict]:
    """Return how many people and measures the analysis has as results."""
    sizes = scores.drop_duplicates("participant")["group"].value_counts()
    main, everyone = table[table["family"] == "main"], int(sizes.sum())
    significant = int((main["p"] < study.level).sum())
    return [
        result("effectiveness.n.total", everyone, everyone),
        *(result(f"effectiveness.n.{group}", int(n), int(n)) for group, n in sizes.items()),
        result("effectiveness.main_measures.count", len(main), everyone),
        result("effectiveness.main_measures.significant.count", significant, everyone),
    ]


def changed_outcomes(table: pd.DataFrame, contrasts: pd.DataFrame, study: Study) -> list[dict]:
    """List the outcomes on which the groups changed differently.

    Keys of each family: family, outcomes and significant (how many there are, and of them in Table
    5), several (arms), changed (a table of the comparisons that are significant, Holm-corrected:
    label, better, the label of the group that changed for the better, partial_eta_squared),
    without_omnibus (how many of these are of an outcome whose omnibus test is not significant) and
    basis (derived if that of each of their p is).
    """
    columns = ["label", "better", "partial_eta_squared", "partial_eta_squared_basis", "p_basis"]
    better = np.where(contrasts["gain"] > 0, contrasts["group"], study.groups[-1].id)
    named = contrasts.assign(better=pd.Series(better).map(study.group_labels))
    families = []
    for family in ("main", "subscale"):
        rows = table[table["family"] == family]
        significant = rows.loc[rows["p"] < study.level, "scale"]
        kept = (named["family"] == family) & (named["adjusted_p"] < study.level)
        changed = named[kept].filter(columns)
        counts = {"outcomes": len(rows), "significant": len(significant), "changed": changed}
        counts["without_omnibus"] = int((~named.loc[kept, "outcome"].isin(significant)).sum())
        basis = "derived" if set(changed.get("p_basis", [])) == {"derived"} else "data"
        about = {"family": family, "several": len(study.groups) > 2, "basis": basis}
        families.append(about | counts)
    return families


def effect_forest(contrasts: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the gain of each arm over the reference in pooled SDs, to be drawn.

    d = t * sqrt(1/n1 + 1/n2) with a 95 % interval of the t distribution on the difference; positive
    is better for every outcome.

    Columns: label, estimate, low, high, strong (significant at the study's level, see
    ``change_scores.adjusted_p``), basis (that of F).
    """
    ends = {"gain": "estimate", "gain_low": "low", "gain_high": "high", "F_basis": "basis"}
    table = contrasts.assign(strong=contrasts["adjusted_p"] < study.level)
    shown = table[["label", "strong", *(c for c in ends if c in table)]].rename(columns=ends)
    return shown if "basis" in shown else shown.assign(basis="data")


def forests(
    forest: pd.DataFrame, contrasts: pd.DataFrame
) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield anchor, name and rows of the figure of each family of outcomes that there is."""
    for family, (anchor, name) in FORESTS.items():
        rows = forest[(contrasts["family"] == family).to_numpy()]
        if len(rows):
            yield anchor, name, rows


def change_within(scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Test the change of each outcome within the first group: a paired t test, two-sided.

    The same numbers as R's ``t.test(after, before, paired = TRUE)``.

    Columns: scale, label, n, mean, sd (of the change), t, df, p, d (mean / sd).
    """
    rows = []
    for outcome in study.outcomes:
        change = complete_cases(scores, outcome.id, study)[CHANGE]
        t = p = d = float("nan")
        if len(change) > 1 and np.ptp(change) > 0:
            test = scipy.stats.ttest_1samp(change, 0)
            t, p, d = float(test.statistic), float(test.pvalue), change.mean() / change.std()
        numbers = (len(change), change.mean(), change.std(), t, len(change) - 1, p, d)
        rows.append((outcome.id, outcome.label, *numbers))
    columns = ["scale", "label", "n", "mean", "sd", "t", "df", "p", "d"]
    return pd.DataFrame(rows, columns=columns)


def home_practice(scores: pd.DataFrame, evaluation: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Correlate the minutes of home practice a week with the change of each main outcome.

    Pearson's r with a two-sided p. The same numbers as R's ``cor.test``.

    Columns: scale, label, n, r, low, high (95 % interval after Fisher), p.
    """
    amount = study.settings.evaluation.home_practice
    minutes = evaluation[["participant", amount]].dropna()
    rows = []
    for outcome in study.main_outcomes:
        both = complete_cases(scores, outcome.id, study).merge(minutes, on="participant")
        x, y, numbers = both[amount].astype(float), both[CHANGE], (float("nan"),) * 4
        # Without spread, or for fewer than four people, there is no r with an interval.
        if len(both) > 3 and np.ptp(x) > 0 and np.ptp(y) > 0:
            test = scipy.stats.pearsonr(x, y)
            numbers = map(float, (test.statistic, *test.confidence_interval(0.95), test.pvalue))
        rows.append((outcome.id, outcome.label, len(both), *numbers))
    table = pd.DataFrame(rows, columns=["scale", "label", "n", "r", "low", "high", "p"])
    return table.astype({"n": int})


def detectable_r(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the largest n of ``home_practice`` and the weakest r that it can call significant."""
    most = table.nlargest(1, "n")[["n"]]
    return most.assign(r=[smallest_significant_r(n, study.level) for n in most["n"]])


def home_practice_results(table: pd.DataFrame, study: Study) -> list[dict]:
    """Return the claim "not_correlated" for each outcome whose r is not significant."""
    words = np.where(table["p"] < study.level, "correlated", "not_correlated")
    words = np.where(table["p"].isna(), "not_estimable", words)
    return [
        result(f"effectiveness.{row.scale}.home_practice", str(word), row.n)
        for row, word in zip(table.itertuples(), words, strict=True)
    ]


def power_table(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Compute the post hoc power of each significant outcome under each convention.

    Columns: scale, label, n, partial_eta_squared, f, then a column a convention: f_rounded_n
    (lambda = f^2 N, f with two decimals, as one types it into G*Power), f_n, f_df (lambda = f^2
    df).
    """
    rows = []
    for row in table[table["p"] < study.level].itertuples():
        effect = row.partial_eta_squared
        powers = post_hoc_power(effect, row.n, row.df_effect, row.df_error, study.level)
        f = sqrt(effect / (1 - effect))
        rows.append((row.scale, row.label, row.n, effect, f, *powers.values()))
    columns = ["scale", "label", "n", "partial_eta_squared", "f", *CONVENTIONS]
    return pd.DataFrame(rows, columns=columns)


def power_results(table: pd.DataFrame) -> list[dict]:
    """Return the power that the paper prints: of its largest effect, f typed with two decimals.

    Without a significant effect it has no value.
    """
    value, n = float("nan"), None
    if len(table):
        largest = table.loc[table["partial_eta_squared"].idxmax()]
        value, n = float(largest["f_rounded_n"]), int(largest["n"])
    return [result("effectiveness.power", value, n)]


def power_matches(table: pd.DataFrame, printed: str) -> dict[str, object]:
    """Count the combinations of effect and convention that round to the printed power.

    Keys: printed, combinations (how many there are), matches (label and convention of each).
    """
    cells = table.melt("label", CONVENTIONS, "convention", "power")
    fits = [bool(printed) and agreement(printed, p).status == "agrees" for p in cells["power"]]
    matches = cells.loc[fits, ["label", "convention"]].to_dict("records")
    return {"printed": printed, "combinations": len(cells), "matches": matches}


def power_curve(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the power of F(1, N - 2) at this N over a range of f, lambda = f^2 N: f, power."""
    n, f = int(table["n"].max()), np.linspace(0.01, 0.6, 60)
    critical = scipy.stats.f.isf(study.level, 1, n - 2)
    return pd.DataFrame({"f": f, "power": scipy.stats.ncf.sf(critical, 1, n - 2, f * f * n)})
