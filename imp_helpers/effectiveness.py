"""Did the trained group change otherwise than the control group? Table 5 and what belongs to it."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pandas as pd
import pingouin as pg
from scipy import stats

from imp_helpers.printed.reported_tests import post_hoc_power
from imp_helpers.statistics.change_scores import complete_cases, why_not_estimable
from imp_helpers.statistics.effect_sizes import smallest_significant_r
from imp_helpers.study.number_formats import format_apa, round_half_up
from imp_helpers.study.results import result, results_of, significance_claim
from imp_helpers.study.study import Outcome, Study

# Bounds of partial eta squared that the paper names (Cohen, 1988).
NOT_ESTIMABLE = dict.fromkeys(["F", "p", "partial_eta_squared"], float("nan"))
NOT_ESTIMABLE |= {"df_effect": pd.NA, "df_error": pd.NA, "direction": "not_estimable"}
EFFECT_SIZES = ((0.14, "large"), (0.06, "medium"), (0.01, "small"), (0.0, "negligible"))


# ---------------------------------------------------------------- normality


def normality(scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Test the main outcomes for normality with Shapiro-Wilk, everyone together, at each time.

    The same numbers as R's ``shapiro.test``.

    Returns
    -------
    DataFrame
        scale, label, time, n, W, p.
    """
    rows = []
    for outcome in study.main_outcomes:
        wide = complete_cases(scores, outcome.id, study)
        for time in study.analysed_times:
            statistic = p = float("nan")
            if len(wide) >= 3 and np.ptp(wide[time.id]) > 0:
                test = pg.normality(wide[time.id])
                statistic, p = float(test["W"].iloc[0]), float(test["pval"].iloc[0])
            rows.append((outcome.id, outcome.label, time.id, len(wide), statistic, p))
    return pd.DataFrame(rows, columns=["scale", "label", "time", "n", "W", "p"])


def normality_results(table: pd.DataFrame, study: Study) -> list[dict]:
    """Return the claim "normal" for each outcome that is not significantly other at any time."""
    level = study.settings["study"]["significance_level"]
    found = []
    for scale, tests in table.groupby("scale", sort=False):
        claim = "normal" if (tests["p"] > level).all() else "not_normal"
        claim = "not_estimable" if tests["p"].isna().any() else claim
        found.append(result(f"effectiveness.{scale}.normality", claim, int(tests["n"].min())))
    return found


# ---------------------------------------------------------------- Table 5


def interaction(wide: pd.DataFrame, outcome: Outcome, study: Study) -> dict:
    """Test time x group of one outcome in a 2 x 2 mixed ANOVA.

    pingouin computes it; with two times its F is the squared t of the change scores, and it agrees
    with R's ``afex::aov_car`` and SPSS's GLM whatever the type of sums of squares.

    Parameters
    ----------
    wide : DataFrame
        As ``complete_cases`` returns it.

    Returns
    -------
    dict
        F, df_effect, df_error, p, partial_eta_squared, direction ("improved" if the intervention
        group changed for the better against the control group, else "not_improved").
    """
    times = [time.id for time in study.analysed_times]
    long = wide.melt(["participant", "group"], times, var_name="time", value_name="score")
    anova = pg.mixed_anova(long, "score", within="time", subject="participant", between="group")
    row = anova[anova["Source"] == "Interaction"].iloc[0]
    changes = wide.groupby("group")["change"].mean()
    gained = changes[study.groups[0].id] - changes[study.groups[1].id]
    better = gained > 0 if outcome.better == "higher" else gained < 0
    return {
        "F": float(row["F"]),
        "df_effect": int(row["DF1"]),
        "df_error": int(row["DF2"]),
        "p": float(row["p_unc"]),
        "partial_eta_squared": float(row["np2"]),
        "direction": "improved" if better else "not_improved",
    }


def table_5(scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Compute Table 5: means and SDs by group and time, and the test of time x group.

    Returns
    -------
    DataFrame
        scale, label, family, n, n_ by group; mean_ and sd_ by group and time, such as
        "mean_training_baseline"; F,
        df_effect, df_error, p, partial_eta_squared, direction, reason (why the test is not
        estimable; empty if it is). A row an outcome.
    """
    rows = []
    for outcome in study.outcomes:
        wide = complete_cases(scores, outcome.id, study)
        row = {"scale": outcome.id, "label": outcome.label, "family": outcome.family}
        row["n"] = len(wide)
        for group in study.groups[:2]:
            row[f"n_{group.id}"] = int((wide["group"] == group.id).sum())
            for time in study.analysed_times:
                values = wide.loc[wide["group"] == group.id, time.id]
                row[f"mean_{group.id}_{time.id}"] = values.mean()
                row[f"sd_{group.id}_{time.id}"] = values.std()
        row["reason"] = why_not_estimable(wide, study)
        rows.append(row | (NOT_ESTIMABLE if row["reason"] else interaction(wide, outcome, study)))
    return pd.DataFrame(rows)


def reasons(table: pd.DataFrame) -> str:
    """Say which rows of Table 5 are not estimable, and why; empty if all are."""
    gaps = table[table["reason"] != ""]
    return "".join(
        f" Not estimable: {row.label}, because {row.reason}." for row in gaps.itertuples()
    )


def journal_columns(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the columns of Table 5 as the paper lays them out, in their order."""
    cells = [name for group in spanners(study).values() for name in group]
    return table[["scale", "label", *cells, "F", "p", "partial_eta_squared"]]


def spanners(study: Study) -> dict[str, list[str]]:
    """Return the headings above the means and SDs of Table 5: "Training, before" and so on."""
    return {
        f"{group.label}, {time.label.lower()}": [
            f"mean_{group.id}_{time.id}",
            f"sd_{group.id}_{time.id}",
        ]
        for group in study.groups[:2]
        for time in study.analysed_times
    }


def effect_size_words(partial_eta_squared: float) -> str:
    """Return where an effect lies among the paper's bounds, such as between_medium_and_large."""
    above = None
    for bound, word in EFFECT_SIZES:
        if partial_eta_squared >= bound:
            return f"between_{word}_and_{above}" if above else word
        above = word
    return "negligible"


def table_5_results(table: pd.DataFrame, study: Study) -> list[dict]:
    """Return every cell of Table 5 and what the text claims about it as results."""
    level = study.settings["study"]["significance_level"]
    name = "effectiveness.{scale}.{statistic}"
    found = results_of(table, name, ["F", "p", "partial_eta_squared"], "n")
    for row in table.to_dict("records"):
        prefix = f"effectiveness.{row['scale']}"
        for group in study.groups[:2]:
            for time in study.analysed_times:
                for statistic in ("mean", "sd"):
                    value = row[f"{statistic}_{group.id}_{time.id}"]
                    name = f"{prefix}.{statistic}.{group.id}.{time.id}"
                    found.append(result(name, value, row[f"n_{group.id}"]))
        if row["reason"]:
            found.append(result(f"{prefix}.significance", "not_estimable", row["n"]))
            continue
        claims = {
            "significance": significance_claim(row["p"], level),
            "direction": row["direction"],
            "size": effect_size_words(row["partial_eta_squared"]),
        }
        found += [result(f"{prefix}.{claim}", word, row["n"]) for claim, word in claims.items()]
    return found


def count_results(table: pd.DataFrame, scores: pd.DataFrame, study: Study) -> list[dict]:
    """Return how many people and measures the analysis has as results."""
    level = study.settings["study"]["significance_level"]
    people = scores.drop_duplicates("participant")["group"].value_counts()
    main = table[table["family"] == "main"]
    found = [result("effectiveness.n.total", int(people.sum()), int(people.sum()))]
    found += [result(f"effectiveness.n.{g}", int(n), int(n)) for g, n in people.items()]
    significant = int((main["p"] < level).sum())
    everyone = int(people.sum())
    return [
        *found,
        result("effectiveness.main_measures.count", len(main), everyone),
        result("effectiveness.main_measures.significant.count", significant, everyone),
    ]


# ---------------------------------------------------------------- one group, or many times


def change_within(scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Test the change of each outcome within the first group: a paired t test, two-sided.

    The same numbers as R's ``t.test(after, before, paired = TRUE)``.

    Returns
    -------
    DataFrame
        scale, label, n, mean, sd (of the change), t, df, p, d (mean / sd).
    """
    rows = []
    for outcome in study.outcomes:
        change = complete_cases(scores, outcome.id, study)["change"]
        t = p = d = float("nan")
        if len(change) > 1 and np.ptp(change) > 0:
            test = stats.ttest_1samp(change, 0)
            t, p, d = float(test.statistic), float(test.pvalue), change.mean() / change.std()
        numbers = (len(change), change.mean(), change.std(), t, len(change) - 1, p, d)
        rows.append((outcome.id, outcome.label, *numbers))
    columns = ["scale", "label", "n", "mean", "sd", "t", "df", "p", "d"]
    return pd.DataFrame(rows, columns=columns)


def change_within_results(table: pd.DataFrame) -> list[dict]:
    """Return the tests of ``change_within`` as results."""
    return results_of(table, "effectiveness.{scale}.within.{statistic}", ["t", "p", "d"], "n")


def times_in_words(study: Study) -> str:
    """Say which two of several times are compared."""
    first, second = study.analysed_times
    others = [time.label for time in study.times if time not in (first, second)]
    compared = f"Compared are {first.label} and {second.label}"
    if not others:
        return f"{compared}; there are no others."
    return (
        f"{compared}; analysed_times in study.toml names them. "
        f"Not analysed here: {', '.join(others)}. Table 2.4 describes the scores at every time."
    )


# ---------------------------------------------------------------- home practice


def home_practice(scores: pd.DataFrame, evaluation: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Correlate the minutes of home practice a week with the change of each main outcome.

    Pearson's r with a two-sided p. The same numbers as R's ``cor.test``.

    Returns
    -------
    DataFrame
        scale, label, n, r, low, high (95 % interval after Fisher), p.
    """
    amount = study.settings["evaluation"]["home_practice"]
    rows = []
    for outcome in study.main_outcomes:
        change = complete_cases(scores, outcome.id, study)[["participant", "change"]]
        both = change.merge(evaluation[["participant", amount]].dropna(), on="participant")
        rows.append((outcome.id, outcome.label, len(both), *_pearson(both, amount)))
    table = pd.DataFrame(rows, columns=["scale", "label", "n", "r", "low", "high", "p"])
    return table.astype({"n": int})


def _pearson(both: pd.DataFrame, amount: str) -> tuple[float, float, float, float]:
    """Return r, its 95 % interval and p; NaN where either does not vary or n is below four."""
    if len(both) < 4 or np.ptp(both[amount].astype(float)) == 0 or np.ptp(both["change"]) == 0:
        return (float("nan"),) * 4
    test = stats.pearsonr(both[amount].astype(float), both["change"])
    interval = test.confidence_interval(0.95)
    return tuple(map(float, (test.statistic, interval.low, interval.high, test.pvalue)))


def home_practice_results(table: pd.DataFrame, study: Study) -> list[dict]:
    """Return the claim "not_correlated" for each outcome whose r is not significant."""
    level = study.settings["study"]["significance_level"]
    words = np.where(table["p"] < level, "correlated", "not_correlated")
    words = np.where(table["p"].isna(), "not_estimable", words)
    return [
        result(f"effectiveness.{row.scale}.home_practice", str(word), row.n)
        for row, word in zip(table.itertuples(), words, strict=True)
    ]


def smallest_r_in_words(table: pd.DataFrame, level: float) -> str:
    """Say how strong a correlation must be before this many people can call it significant."""
    n = int(table["n"].max())
    if n < 4:
        return ""
    r = format_apa(smallest_significant_r(n, level), 3, bounded=True)
    return f"With n = {n}, no correlation weaker than {r} can be significant."


# ---------------------------------------------------------------- power


def power_table(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Compute the post-hoc power of each significant main outcome under each convention.

    Returns
    -------
    DataFrame
        scale, label, partial_eta_squared, f, then a column a convention: f_rounded_n (lambda =
        f^2 N, f with two decimals, as one types it into G*Power), f_n, f_df (lambda = f^2 df).
    """
    level = study.settings["study"]["significance_level"]
    rows = []
    for row in table[(table["family"] == "main") & (table["p"] < level)].itertuples():
        effect = row.partial_eta_squared
        powers = post_hoc_power(effect, row.n, row.df_effect, row.df_error, level)
        f = sqrt(effect / (1 - effect))
        rows.append((row.scale, row.label, row.n, effect, f, *powers.values()))
    columns = ["scale", "label", "n", "partial_eta_squared", "f", "f_rounded_n", "f_n", "f_df"]
    return pd.DataFrame(rows, columns=columns)


def power_results(table: pd.DataFrame) -> list[dict]:
    """Return the power that the paper prints: of its largest effect, f typed with two decimals.

    Without a significant effect it has no value.
    """
    if table.empty:
        return [result("effectiveness.power", float("nan"))]
    largest = table.loc[table["partial_eta_squared"].idxmax()]
    return [result("effectiveness.power", float(largest["f_rounded_n"]), int(largest["n"]))]


def power_curve(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the power of F(1, N - 2) at this N over a range of effects, lambda = f^2 N.

    Returns
    -------
    DataFrame
        f, power.
    """
    level = study.settings["study"]["significance_level"]
    n = int(table["n"].max())
    df_error = n - 2
    f = np.linspace(0.01, 0.6, 60)
    critical = stats.f.isf(level, 1, df_error)
    return pd.DataFrame({"f": f, "power": stats.ncf.sf(critical, 1, df_error, f * f * n)})


def power_in_words(table: pd.DataFrame) -> str:
    """Return the powers as a sentence for those who cannot see the curve."""
    parts = [
        f"{row.label}: f = {round_half_up(row.f, 2)}, power {round_half_up(row.f_n, 2)}"
        for row in table.itertuples()
    ]
    return f"A curve that rises with the effect. On it: {'; '.join(parts) or 'no effect'}."


# ---------------------------------------------------------------- in words, and for the figures


def change_in_words(table: pd.DataFrame, study: Study) -> str:
    """Return the main outcomes' means as a sentence for those who cannot see the lines."""
    first, second = study.analysed_times
    parts = []
    for row in table[table["family"] == "main"].to_dict("records"):
        moves = [
            f"{group.label.lower()} from {round_half_up(row[f'mean_{group.id}_{first.id}'], 2)} "
            f"to {round_half_up(row[f'mean_{group.id}_{second.id}'], 2)}"
            for group in study.groups[:2]
        ]
        parts.append(f"{row['label']}: {', '.join(moves)}")
    return f"Means: {'; '.join(parts)}."


def answer(table: pd.DataFrame, study: Study) -> str:
    """Say on which measures the groups changed differently."""
    level = study.settings["study"]["significance_level"]
    said = []
    for family, name in (("main", "main measures"), ("subscale", "subscales")):
        rows = table[table["family"] == family]
        changed = rows[rows["p"] < level]
        named = "; ".join(
            f"{row.label}, {row.direction.replace('_', ' ')}, ηp² = "
            f"{format_apa(row.partial_eta_squared, 3, bounded=True)}"
            for row in changed.itertuples()
        )
        count = f"{len(changed)} of {len(rows)} {name}"
        said.append(
            f"{count} changed differently in the two groups{': ' + named if named else ''}."
        )
    return " ".join(said)


def effect_forest(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the gain of the trained over the control group in pooled SDs of change.

    The gain is d = t * sqrt(1/n1 + 1/n2) with a 95 % interval of the t distribution on the
    difference; positive is better for every outcome.

    Returns
    -------
    DataFrame
        label, estimate, low, high, strong (significant at the study's level).
    """
    level = study.settings["study"]["significance_level"]
    rows = []
    for row in table[table["reason"] == ""].to_dict("records"):
        unit = sqrt(sum(1 / row[f"n_{group.id}"] for group in study.groups[:2]))
        sign = 1 if row["direction"] == "improved" else -1
        gain = sign * sqrt(row["F"]) * unit
        margin = stats.t.isf(0.025, row["df_error"]) * unit
        rows.append((row["label"], gain, gain - margin, gain + margin, row["p"] < level))
    return pd.DataFrame(rows, columns=["label", "estimate", "low", "high", "strong"])


def forest_words(table: pd.DataFrame) -> str:
    """Return a forest plot's numbers as a sentence for those who cannot see it."""
    parts = [
        f"{row.label} {round_half_up(row.estimate, 2)} "
        f"({round_half_up(row.low, 2)} to {round_half_up(row.high, 2)})"
        for row in table.itertuples()
    ]
    return "; ".join(parts)
