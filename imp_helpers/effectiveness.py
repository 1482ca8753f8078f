"""Did the groups change differently? Table 5 and what belongs to it."""

from importlib import import_module
from math import sqrt

import numpy as np
import pandas as pd
import scipy

from imp_common.formulas import CONVENTIONS, post_hoc_power
from imp_common.number_formats import bounded
from imp_helpers.results import result, results_of, significance_claim
from imp_helpers.statistics import change_scores
from imp_helpers.statistics.change_scores import CHANGE, complete_cases, group_model
from imp_helpers.statistics.effect_sizes import omnibus
from imp_helpers.study import Study
from imp_printed.printed_numbers import agreement
from imp_report.notebook_style import can_play

NOT_ESTIMABLE = dict.fromkeys(["F", "p", "partial_eta_squared"], float("nan"))
NOT_ESTIMABLE |= {"df_effect": pd.NA, "df_error": pd.NA}
# Why an outcome cannot be tested, by the words of ``change_scores.why_not_estimable``.
WHY_NOT = {
    "one_group": "there is no group to compare with",
    "few_people": "fewer than two participants in a group have both scores",
    "no_variance": "all participants in a group changed by the same amount",
    "same_baseline": "all participants in a group had the same baseline score, so that ANCOVA has "
    "nothing to adjust for",
    "no_residual": "group and baseline score leave no variance of the later score to test against",
}
# Analyses that adjust for the baseline score.
TESTS = {"ancova": "ANCOVA", "mmrm": "mixed model"}
FAMILIES = {"main": "primary outcomes", "subscale": "subscales"}
# Bounds of partial eta squared that the paper names (Cohen, 1988).
EFFECT_SIZES = ((0.14, "large"), (0.06, "medium"), (0.01, "small"), (0.0, "negligible"))

# Royston (1995), 10.2307/2986146, gives p for no larger samples.
MOST_FOR_SHAPIRO = 5_000


def shapiro_wilk(values: np.ndarray) -> tuple[float, float]:
    """Return W and p of the Shapiro-Wilk test, R's ``shapiro.test``.

    NaN where nobody differs, and for fewer than 3 or more than 5,000 people.
    """
    if not 3 <= len(values) <= MOST_FOR_SHAPIRO or np.ptp(values) == 0:
        return float("nan"), float("nan")
    test = scipy.stats.shapiro(values)
    return float(test.statistic), float(test.pvalue)


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

    Columns: scale, label, family, n, n. by group; mean. and sd. by group and time, such as
    "mean.training.baseline"; reason (why the test is not estimable, see
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
            row[f"n.{group.id}"] = len(of_group)
            for time in study.analysed_times:
                row[f"mean.{group.id}.{time.id}"] = of_group[time.id].mean()
                row[f"sd.{group.id}.{time.id}"] = of_group[time.id].std()
        analysis = study.settings.study.primary_analysis
        row["reason"] = change_scores.why_not_estimable(cases, study, analysis)
        row |= NOT_ESTIMABLE if row["reason"] else omnibus(group_model(cases, study))
        rows.append(row)
    return pd.DataFrame(rows)


def tested(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the columns of Table 5 for readers, a row a scale: the tests before the means.

    Means of more than two groups have a table of their own (``means_over_time``).
    """
    cells = [
        f"{statistic}.{group.id}.{time.id}"
        for group in study.groups
        for time in study.analysed_times
        for statistic in ("mean", "sd")
        if len(study.groups) <= 2
    ]
    columns = ["label", "partial_eta_squared", "F", "df_effect", "df_error", "p", "n", *cells]
    return table.set_index("scale")[columns]


def reasons(table: pd.DataFrame) -> list[str]:
    """Say which outcomes could not be tested, and why.

    ``table`` has the columns label, reason (see ``change_scores.why_not_estimable``), and time
    where there are several.
    """
    said = []
    for row in table[table["reason"] != ""].to_dict("records"):
        reason = WHY_NOT.get(row["reason"], row["reason"])
        where = f" ({row['time']})" if "time" in row else ""
        said.append(f"Not estimable: {row['label']}{where}, because {reason}.")
    return said


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
                    cell = f"{statistic}.{group.id}.{time.id}"
                    results.append(result(f"{prefix}.{cell}", row[cell], row[f"n.{group.id}"]))
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


def in_short(table: pd.DataFrame, contrasts: pd.DataFrame, study: Study) -> list[str]:
    """Say on how many outcomes the groups differ, on which, and in whose favour.

    With several arms the test is the omnibus test, and the comparisons are Holm-corrected.
    """
    test = TESTS.get(study.settings.study.primary_analysis, "time × group")
    is_adjusted = study.settings.study.primary_analysis in TESTS
    what = "differ after adjustment for baseline" if is_adjusted else "changed differently"
    better = contrasts["group"].where(contrasts["gain"] > 0, study.groups[-1].id)
    named = contrasts.assign(better=better.map(study.group_labels))
    level, said = bounded(2)(study.level), []
    for family, name in FAMILIES.items():
        rows = table[table["family"] == family]
        if rows.empty:
            continue
        count = (rows["p"] < study.level).sum()
        tested = f"{count} of {len(rows)} {name} ({test}, *p* < {level})"
        said.append(f"The groups {what} on {tested}.")
        changed = named[(named["family"] == family) & (named["adjusted_p"] < study.level)]
        for row in changed.itertuples():
            effect = f"{{effectiveness.{row.scale}.partial_eta_squared}}"
            if len(study.groups) > 2:
                effect = bounded(3)(row.partial_eta_squared)
            said.append(f"{row.label}: in favour of {row.better}, ηp² = {effect}.")
    return said


def effect_forest(contrasts: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the gain of each arm over the reference in pooled SDs, to be drawn.

    d = t * sqrt(1/n1 + 1/n2) with a 95 % interval of the t distribution on the difference; positive
    is better for every outcome.

    Columns: label, family, estimate, low, high, strong (significant at the study's level, see
    ``change_scores.adjusted_p``).
    """
    ends = {"gain": "estimate", "gain_low": "low", "gain_high": "high"}
    table = contrasts.assign(strong=contrasts["adjusted_p"] < study.level)
    return table[["label", "family", "strong", *ends]].rename(columns=ends)


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


def home_practice_results(table: pd.DataFrame, study: Study) -> list[dict]:
    """Return the claim "not_correlated" for each outcome whose r is not significant."""
    words = np.where(table["p"] < study.level, "correlated", "not_correlated")
    words = np.where(table["p"].isna(), "not_estimable", words)
    return [
        result(f"effectiveness.{row.scale}.home_practice", str(word), row.n)
        for row, word in zip(table.itertuples(), words, strict=True)
    ]


def explore_clustering(curves: pd.DataFrame, level: float) -> None:
    """Let a person at the notebook move the ICC, and see which outcomes stay significant.

    ``curves`` holds p by intraclass correlation (index) and outcome. A page shows the figure alone.
    """
    if not can_play():
        return
    widgets = import_module("ipywidgets")

    def show(icc: float) -> None:
        p = curves.iloc[curves.index.get_indexer([icc], method="nearest")[0]]
        for label, value in p.items():
            print(f"{label}: p = {value:.3f}{'' if value < level else ', not significant'}")

    widgets.interact(show, icc=widgets.FloatSlider(0.05, min=0, max=0.3, step=0.005))


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


def within_results(table: pd.DataFrame) -> list[dict]:
    """Return the tests of ``change_within`` as results."""
    return results_of(table, "effectiveness.{scale}.within.{statistic}", ["t", "p", "d"], "n")


def matching_powers(table: pd.DataFrame, printed: str) -> list[str]:
    """Say how many combinations of effect and convention round to the printed power."""
    if not printed or table.empty:
        return []
    cells = table.melt("label", CONVENTIONS, "convention", "power")
    fits = [agreement(printed, power).status == "agrees" for power in cells["power"]]
    named = ", ".join(cells.loc[fits, "label"]) or "none"
    return [
        f"Combinations that round to the printed power of {printed}: {sum(fits)} of {len(cells)} "
        f"({named}).",
        "With so many to try, a match does not show how the printed number was computed.",
    ]


def power_curve(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the power of F(1, N - 2) at this N over a range of f, lambda = f^2 N: f, power."""
    n, f = int(table["n"].max()), np.linspace(0.01, 0.6, 60)
    critical = scipy.stats.f.isf(study.level, 1, n - 2)
    return pd.DataFrame({"f": f, "power": scipy.stats.ncf.sf(critical, 1, n - 2, f * f * n)})
