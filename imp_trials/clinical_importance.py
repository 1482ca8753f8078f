"""Does a difference matter: responders, number needed to treat, floor and ceiling, effect sizes."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from imp_common.number_formats import fixed
from imp_helpers.statistics.change_scores import CHANGE, complete_cases
from imp_helpers.statistics.effect_sizes import d_interval, exact_interval
from imp_helpers.study import Study
from imp_trials.primary_analysis import uses_mixed_model

# A share above which a scale cannot show change at its end (Terwee et al., 2007,
# 10.1016/j.jclinepi.2006.03.012).
MOST_AT_AN_END = 15.0
COMPARED = ["risk_difference", "risk_low", "risk_high"]


def important_differences(study: Study) -> dict[str, float]:
    """Return the minimal important difference of each outcome whose settings state one."""
    stated = {o.scale: o.important_difference for o in study.settings.outcomes}
    return {scale: value for scale, value in stated.items() if value is not None}


def responders(scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Count who improved by at least the minimal important difference, by group.

    Of participants with both scores. Columns: scale, label, group, count, n, percent, exact_low,
    exact_high (Clopper-Pearson, in per cent); empty where the settings state no such difference.
    """
    rows, known = [], important_differences(study)
    for outcome in (outcome for outcome in study.outcomes if outcome.id in known):
        cases = complete_cases(scores, outcome.id, study)
        gain = cases[CHANGE] if outcome.better == "higher" else -cases[CHANGE]
        for group in study.groups:
            of_group = gain[cases["group"] == group.id]
            count = int((of_group >= known[outcome.id] - 1e-9).sum())
            rows.append((outcome.id, outcome.label, group.id, count, len(of_group)))
    table = pd.DataFrame(rows, columns=["scale", "label", "group", "count", "n"])
    table["percent"] = 100 * table["count"] / table["n"].replace(0, np.nan)
    low, high = exact_interval(table["count"].to_numpy(int), table["n"].to_numpy(int))
    return table.assign(exact_low=100 * low, exact_high=100 * high)


def risk_differences(counts: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Compare the shares of the arms with the reference group's.

    Newcombe's hybrid interval of Wilson's intervals (1998, Statistics in Medicine 17, 873-890),
    statsmodels' method "newcomb". The number needed to treat is the reciprocal of the difference;
    if the interval of the difference holds 0, the number's interval passes through infinity
    (Altman, 1998, 10.1136/bmj.317.7168.1309).

    Columns: the keys of ``counts`` before "group", comparison (label), risk_difference, risk_low,
    risk_high (percentage points), number_needed, number_range (a text). Where disclosure control
    would withhold a count there is no row. ``counts`` has the columns group, count and n, a row a
    group, and names what is counted before them.
    """
    from statsmodels.stats.proportion import confint_proportions_2indep

    names = list(counts.columns[: list(counts.columns).index("group")])
    rows, (*arms, reference) = [], study.groups
    for about, of_one in counts.groupby(names, sort=False):
        by_group = of_one.set_index("group")
        for arm in arms:
            if not {arm.id, reference.id} <= set(by_group.index):
                continue
            pair = by_group.loc[[arm.id, reference.id], ["count", "n"]].astype(int)
            if (pair["n"] < 1).any() or _is_small(pair, study):
                continue
            (a, n), (b, m) = pair.to_numpy()
            difference = a / n - b / m
            ends = confint_proportions_2indep(a, n, b, m, compare="diff", method="newcomb")
            number = _number_needed(difference, *ends)
            shown = (100 * value for value in (difference, *ends))
            rows.append((*about, arm.label, *shown, *number))
    columns = [*names, "comparison", *COMPARED, "number_needed", "number_range"]
    return pd.DataFrame(rows, columns=columns)


def _is_small(pair: pd.DataFrame, study: Study) -> bool:
    """Tell whether a count or its rest would be withheld, and could be told from a difference."""
    if not study.settings.disclosure_control:
        return False
    cells = np.concatenate([pair["count"], pair["n"] - pair["count"]])
    return bool(((cells > 0) & (cells < study.settings.privacy.smallest_count)).any())


def _number_needed(difference: float, low: float, high: float) -> tuple[float, str]:
    """Return the number needed to treat, and its interval in words."""
    write = fixed(1)
    number = 1 / abs(difference) if difference else float("nan")
    if low > 0 or high < 0:
        ends = sorted((1 / abs(low), 1 / abs(high)))
        return number, f"{write(ends[0])} to {write(ends[1])}"
    benefit = f"benefit {write(1 / high)}" if high > 0 else "no benefit"
    harm = f"harm {write(-1 / low)}" if low < 0 else "no harm"
    return number, f"{benefit} to ∞ to {harm}"


def ends_of_scales(scores: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Count who has the lowest or highest possible score of each primary outcome, at each time.

    Columns: label, time, end ("lowest" or "highest"), count, n, percent; where the ends are known.
    """
    rows = []
    for outcome in study.main_outcomes:
        of_scale = scores[scores["scale"] == outcome.id].dropna(subset="score")
        ends = {"lowest": outcome.scale.lowest, "highest": outcome.scale.highest}
        for time in study.times:
            values = of_scale.loc[of_scale["time"] == time.id, "score"].to_numpy(float)
            for end, value in ends.items():
                if value is not None and np.isfinite(value) and len(values):
                    count = int(np.isclose(values, value).sum())
                    share = 100 * count / len(values)
                    rows.append((outcome.label, time.id, end, count, len(values), share))
    return pd.DataFrame(rows, columns=["label", "time", "end", "count", "n", "percent"])


def in_short(ends: pd.DataFrame, study: Study) -> list[str]:
    """Say where more than 15 % have the lowest or highest possible score."""
    many = ends[ends["percent"] > MOST_AT_AN_END]
    if many.empty:
        return ["At no time do more than 15% of participants have the lowest or highest score."]
    named = (
        f"{row.label}, {study.time_labels[row.time].lower()} ({row.end})"
        for row in many.itertuples()
    )
    return [f"More than 15% have the lowest or highest possible score of: {'; '.join(named)}."]


def standardised_effects(
    contrasts: pd.DataFrame, cases: Mapping[str, pd.DataFrame], study: Study
) -> pd.DataFrame:
    """Return omega squared beside partial eta squared, and Cohen's d, of the primary analysis.

    omega^2 = (F - 1) df1 / (F df1 + df2 + 1), which may be negative and is then shown as 0 (Olejnik
    & Algina, 2003, 10.1037/1082-989X.8.4.434; R's ``effectsize::F_to_omega2``). d = t sqrt(1/n1 +
    1/n2), with the interval of the noncentral t on the test's degrees of freedom; the same numbers
    as R's ``psych::cohen.d.ci`` for two groups. By the mixed model, whose t rests on more than two
    times, d is the difference in residual SDs of the primary time with the interval of the model.

    Columns: scale, label, n, partial_eta_squared, omega_squared, d, d_low, d_high. ``cases`` is
    what ``change_scores.compared_cases`` returns.
    """
    rows = []
    for row in contrasts.itertuples():
        ns = tuple(cases[row.scale]["group"].value_counts().tolist())
        numbers = (float("nan"),) * 3
        if uses_mixed_model(study):
            unit = abs(row.gain / row.difference)
            numbers = (row.difference * unit, row.low * unit, row.high * unit)
        elif len(ns) == 2 and np.isfinite(row.t) and row.df_error > 0:
            numbers = d_interval(row.t, ns, df=row.df_error)
        omega = (row.F - 1) * row.df_effect / (row.F * row.df_effect + row.df_error + 1)
        about = (row.scale, row.label, row.n, row.partial_eta_squared, max(omega, 0.0))
        rows.append((*about, *numbers))
    columns = ["scale", "label", "n", "partial_eta_squared", "omega_squared", "d", "d_low"]
    return pd.DataFrame(rows, columns=[*columns, "d_high"])
