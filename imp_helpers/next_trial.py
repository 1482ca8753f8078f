"""How many people the next trial needs, and how sure one can be, from a pilot and its doubts."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import repeat
from math import ceil, log, sqrt

import numpy as np
import pandas as pd
from scipy import optimize, special, stats

from imp_helpers.printed.reported_tests import alpha_interval
from imp_helpers.statistics.effect_sizes import binomial_intervals
from imp_helpers.statistics.trial_design import (
    MOST_PARTICIPANTS,
    Trial,
    critical_t,
    participants_needed,
    power,
    standard_error_and_df,
)
from imp_helpers.statistics.trial_simulation import simulate
from imp_helpers.study.number_formats import bounded, round_half_up, without_zero
from imp_helpers.study.results import results_of
from imp_helpers.study.study import Study

DESIGNS = {
    "change": "mixed ANOVA on change",
    "ancova": "ANCOVA on the score after",
    "mixed_model": "mixed model",
}
POWERS = (0.80, 0.90)
SEED = 20200826
# The lower end of a two-sided 60 % interval: safeguard power (Perugini et al., 2014,
# 10.1177/1745691614528519).
SAFEGUARD = 0.60


# ---------------------------------------------------------------- what the pilot says


def pilot_effects(effects: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the main outcomes' effects in SDs before, with what they leave open.

    Parameters
    ----------
    effects : DataFrame
        As 05_effectiveness writes them.

    Returns
    -------
    DataFrame
        scale, label, n_first, n_second, effect (difference in change in SDs before, positive is
        better), error (its standard error), df, low, high (95 %), safeguard (lower end of the 60 %
        interval), correlation (before and after), t.
    """
    better = {outcome.id: outcome.better for outcome in study.main_outcomes}
    rows = []
    for row in effects[effects["scale"].isin(list(better))].to_dict("records"):
        sign = 1 if better[row["scale"]] == "higher" else -1
        df = row["n_first"] + row["n_second"] - 2
        effect = sign * row["difference"] / row["sd_before"]
        error = row["standard_error"] / row["sd_before"]
        ends = [effect + side * stats.t.isf(0.025, df) * error for side in (-1, 1)]
        safeguard = effect - stats.t.isf((1 - SAFEGUARD) / 2, df) * error
        about = (row["scale"], row["label"], row["n_first"], row["n_second"])
        numbers = (effect, error, df, *ends, safeguard, row["correlation"], effect / error)
        rows.append((*about, *numbers))
    columns = ["scale", "label", "n_first", "n_second", "effect", "error", "df", "low", "high"]
    return pd.DataFrame(rows, columns=[*columns, "safeguard", "correlation", "t"])


def strongest(pilot: pd.DataFrame) -> str | None:
    """Return the scale with the largest t; None if nothing could be estimated."""
    return None if pilot.empty else str(pilot.loc[pilot["t"].idxmax(), "scale"])


def typical_correlation(pilot: pd.DataFrame) -> float:
    """Return the median correlation of before and after; .5 where the pilot has none."""
    return float(pilot["correlation"].median()) if len(pilot) else 0.5


def winner_corrected(t: float, df: float, level: float) -> float:
    """Return the noncentrality that best explains a t, given that it had to be significant.

    The maximum of the likelihood of t among significant ones only: what is reported because it
    is significant is too large on average (Zollner & Pritchard, 2007, 10.1086/512821; Gelman &
    Carlin, 2014, 10.1177/1745691614551642).

    Returns
    -------
    float
        At most t, at least 0; t itself if it is not significant.
    """
    critical = stats.t.isf(level / 2, df)
    if abs(t) <= critical:
        return t

    def unlikely(ncp: float) -> float:
        reach = stats.nct.sf(critical, df, ncp) + stats.nct.cdf(-critical, df, ncp)
        return -(stats.nct.logpdf(abs(t), df, ncp) - log(reach))

    found = optimize.minimize_scalar(unlikely, bounds=(0.0, abs(t)), method="bounded")
    return float(np.sign(t) * found.x)


def shrinkage(pilot: pd.DataFrame, level: float) -> pd.DataFrame:
    """Return what is left of each effect once it is known why it was noticed.

    Returns
    -------
    DataFrame
        scale, label, effect, safeguard, corrected (of those that are significant), shrunk_to (per
        cent of the effect).
    """
    table = pilot[["scale", "label", "effect", "safeguard"]].copy()
    corrected = [winner_corrected(row.t, row.df, level) * row.error for row in pilot.itertuples()]
    return table.assign(corrected=corrected, shrunk_to=100 * np.array(corrected) / table["effect"])


# ---------------------------------------------------------------- how many


def needed(pilot: pd.DataFrame, level: float, dropout: float, ratio: float = 1.0) -> pd.DataFrame:
    """Return participants per arm by outcome and design, for the effect as found.

    Parameters
    ----------
    dropout : float
        Share that is expected to miss the second time.
    ratio : float
        Trained participants for each control.

    Returns
    -------
    DataFrame
        scale, label, design, effect, correlation, n_80, n_90 (controls; missing where no number
        within reach meets it).
    """
    rows = []
    for row in pilot.itertuples():
        for analysis, design in DESIGNS.items():
            trial = _trial(row.effect, row.correlation, analysis, dropout, level)
            ns = [participants_needed(trial, wanted, ratio) for wanted in POWERS]
            rows.append((row.scale, row.label, design, row.effect, row.correlation, *ns))
    columns = ["scale", "label", "design", "effect", "correlation", "n_80", "n_90"]
    return pd.DataFrame(rows, columns=columns).astype({"n_80": "Int64", "n_90": "Int64"})


def _trial(
    effect: float, correlation: float, analysis: str, dropout: float, level: float, n: int = 50
) -> Trial:
    return Trial(n, n, effect, correlation, analysis=analysis, dropout=dropout, level=level)


def needed_by_interval(
    pilot: pd.DataFrame, level: float, dropout: float, analysis: str = "ancova"
) -> pd.DataFrame:
    """Return participants per arm for 80 % power if the truth is elsewhere in the interval.

    Returns
    -------
    DataFrame
        scale, label, as_found, at_safeguard, at_upper_end, at_lower_end (95 %), reason (why the
        lower end asks for no number).
    """
    rows = []
    for row in pilot.itertuples():
        found = {}
        for name, effect in (
            ("as_found", row.effect),
            ("at_safeguard", row.safeguard),
            ("at_upper_end", row.high),
            ("at_lower_end", row.low),
        ):
            trial = _trial(effect, row.correlation, analysis, dropout, level)
            found[name] = participants_needed(trial, 0.80) if effect > 0 else None
        reason = "the interval includes no effect" if row.low <= 0 else ""
        rows.append((row.scale, row.label, *found.values(), reason))
    columns = ["scale", "label", "as_found", "at_safeguard", "at_upper_end", "at_lower_end"]
    table = pd.DataFrame(rows, columns=[*columns, "reason"])
    return table.astype(dict.fromkeys(columns[2:], "Int64"))


def interval_forest(table: pd.DataFrame) -> pd.DataFrame:
    """Return the numbers above as ``figures.forest`` draws them, up to the most that is searched.

    Returns
    -------
    DataFrame
        label, estimate, low, high, strong (the interval excludes no effect).
    """
    shown = table.dropna(subset="as_found")
    return pd.DataFrame(
        {
            "label": shown["label"],
            "estimate": shown["as_found"].astype(float),
            "low": shown["at_upper_end"].astype(float),
            "high": shown["at_lower_end"].astype(float).fillna(MOST_PARTICIPANTS),
            "strong": shown["reason"] == "",
        }
    )


def interval_in_words(table: pd.DataFrame) -> str:
    """Return the numbers of that figure as a sentence for those who cannot see it."""
    parts = []
    for row in table.itertuples():
        low = "no number" if pd.isna(row.at_lower_end) else str(row.at_lower_end)
        found = "no number" if pd.isna(row.as_found) else str(row.as_found)
        parts.append(f"{row.label} {found} as found, {row.at_upper_end} to {low} by its interval")
    return f"Participants per arm: {'; '.join(parts)}."


# ---------------------------------------------------------------- how sure


def assurance(pilot_row, trial: Trial, draws: int = 2_000) -> float:
    """Return the power averaged over what the pilot leaves open.

    Effect, spread of the change and correlation are drawn from what the pilot says of them: t
    about the estimate, scaled inverse chi-squared, Fisher's z (O'Hagan, Stevens & Campbell, 2005,
    10.1002/pst.175; no prior knowledge besides the pilot). The draws are the same for every trial.

    Parameters
    ----------
    pilot_row : named tuple
        A row of ``pilot_effects``.
    trial : Trial
        Its effect and correlation are replaced by the draws.
    """
    random = np.random.default_rng(SEED)
    effect, spread, correlation = _drawn(pilot_row, random, draws)
    error, df = standard_error_and_df(replace(trial, correlation=0.0))
    # The errors at other correlations follow from that at 0 by a factor.
    factor = np.sqrt(1 - correlation) if trial.analysis != "ancova" else np.sqrt(1 - correlation**2)
    if trial.analysis == "mixed_model":
        pairs = [standard_error_and_df(replace(trial, correlation=r))[0] for r in correlation[:200]]
        order = np.argsort(correlation[:200])
        factor = np.interp(correlation, correlation[:200][order], np.array(pairs)[order]) / error
    ncp = effect / (error * factor * spread)
    critical = critical_t(trial.level / 2, df)
    # The normal approximation of the noncentral t is off by less than .001 at these df.
    upper = special.ndtr(
        (ncp - critical * (1 - 1 / (4 * df))) / np.sqrt(1 + critical**2 / (2 * df))
    )
    return float(upper.mean())


def _drawn(row, random: np.random.Generator, draws: int) -> tuple[np.ndarray, ...]:
    """Draw effect, spread relative to the pilot's, and correlation."""
    spread = np.sqrt(row.df / random.chisquare(row.df, draws))
    effect = row.effect + row.error * spread * random.standard_normal(draws)
    z = np.arctanh(row.correlation) + random.standard_normal(draws) / sqrt(row.df - 1)
    return effect, spread, np.tanh(z)


def assurance_curves(
    pilot: pd.DataFrame, level: float, dropout: float, analysis: str = "ancova"
) -> pd.DataFrame:
    """Return power and assurance over a range of arms.

    Returns
    -------
    DataFrame
        label, n (per arm), power (if the effect is as found), assurance.
    """
    rows = []
    for row in pilot.itertuples():
        for n in (15, 25, 40, 60, 80, 100, 150, 200, 300, 400):
            trial = _trial(row.effect, row.correlation, analysis, dropout, level, n)
            rows.append((row.label, n, power(trial), assurance(row, trial)))
    return pd.DataFrame(rows, columns=["label", "n", "power", "assurance"])


def assurance_in_words(curves: pd.DataFrame, n: int = 100) -> str:
    """Say how power and assurance differ at one size, for those who cannot see the curves."""
    at = curves[curves["n"] == n]
    parts = [
        f"{row.label} power {round_half_up(row.power, 2)}, "
        f"assurance {round_half_up(row.assurance, 2)}"
        for row in at.itertuples()
    ]
    return f"With {n} per arm: {'; '.join(parts)}."


def power_surface(correlation: float, level: float, analysis: str = "ancova") -> pd.DataFrame:
    """Return the power over participants per arm (columns) and effects (rows)."""
    effects, ns = np.arange(0.1, 0.85, 0.05), list(range(20, 201, 10))
    values = [
        [power(_trial(effect, correlation, analysis, 0.0, level, n)) for n in ns]
        for effect in effects
    ]
    return pd.DataFrame(values, index=effects.round(2), columns=ns)


# ---------------------------------------------------------------- formula beside simulation


def beside_simulation(
    effect: float, correlation: float, level: float, trials: int, n: int = 60
) -> pd.DataFrame:
    """Return the power of trials of one size by formula and by simulation, side by side.

    Returns
    -------
    DataFrame
        label, formula, simulated, error (Monte-Carlo), any_power (at least one outcome).
    """
    base = Trial(n, n, effect, correlation, level=level)
    trials_of = {
        "Mixed ANOVA on change": base,
        "ANCOVA on the score after": replace(base, analysis="ancova"),
        "Change, 20 % drop out": replace(base, dropout=0.2),
        "ANCOVA, 20 % drop out": replace(base, analysis="ancova", dropout=0.2),
        "Mixed model, 20 % miss the second time": replace(
            base, analysis="mixed_model", dropout=0.2
        ),
        "Training groups of 12, ICC .05": replace(base, analysis="clustered", icc=0.05),
        "Twice as many trained as controls": replace(
            base, n_trained=4 * n // 3, n_control=2 * n // 3
        ),
        "Answers on a scale with ends": replace(base, answers="likert"),
        "Skewed changes": replace(base, answers="skewed"),
        "Six outcomes, Holm": replace(base, outcomes=6),
        "Not worse by .2 (non-inferiority)": replace(
            base, aim="noninferiority", effect=0.0, margin=0.2
        ),
        "Equal within .4 (equivalence)": replace(base, aim="equivalence", effect=0.0, margin=0.4),
    }
    # Each trial has a seed of its own, and NumPy draws in several threads at once.
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        seeds = [(SEED, place) for place in range(len(trials_of))]
        simulated = threads.map(simulate, trials_of.values(), repeat(trials), seeds)
        rows = [
            (label, power(trial), found.power, found.error, found.any_power)
            for (label, trial), found in zip(trials_of.items(), simulated, strict=True)
        ]
    return pd.DataFrame(rows, columns=["label", "formula", "simulated", "error", "any_power"])


# ---------------------------------------------------------------- planning for precision


def smallest(fits, lowest: int = 4) -> int | None:
    """Return the smallest whole number from ``lowest`` on that fits, if larger ones fit as well."""
    highest = lowest
    while not fits(highest):
        highest *= 2
        if highest > MOST_PARTICIPANTS:
            return None
    while highest - lowest > 1:
        middle = (lowest + highest) // 2
        lowest, highest = (lowest, middle) if fits(middle) else (middle, highest)
    return highest


def n_for_effect_width(width: float, correlation: float, analysis: str = "ancova") -> int | None:
    """Return participants per arm for a 95 % interval of the effect of a given full width (SDs)."""

    def fits(n: int) -> bool:
        error, df = standard_error_and_df(Trial(n, n, 0.0, correlation, analysis=analysis))
        return 2 * critical_t(0.025, df) * error <= width

    return smallest(fits, 5)


def n_for_rate_width(width: float, rate: float) -> int | None:
    """Return participants for an exact 95 % interval of a rate of a given full width (shares)."""

    def fits(n: int) -> bool:
        low, high = binomial_intervals(round(rate * n), n)["exact"]
        return high - low <= width

    return smallest(fits)


def n_for_alpha_width(width: float, alpha: float, items: int) -> int | None:
    """Return participants for Feldt's 95 % interval of alpha of a given full width."""

    def fits(n: int) -> bool:
        low, high = alpha_interval(alpha, n, items)
        return high - low <= width

    return smallest(fits)


def n_to_see_an_event(rate: float, confidence: float = 0.95) -> int:
    """Return participants among whom an event of a given rate shows itself at least once."""
    return ceil(log(1 - confidence) / log(1 - rate))


def precision_table(pilot: pd.DataFrame) -> pd.DataFrame:
    """Return what a wanted precision asks for.

    Returns
    -------
    DataFrame
        label (what is estimated), wanted, n, per ("arm" or "all").
    """
    r = typical_correlation(pilot)
    rows = [
        (
            f"Effect by ANCOVA (r = {bounded()(r)})",
            f"interval {w:g} SD wide",
            n_for_effect_width(w, r),
            "arm",
        )
        for w in (0.4, 0.6, 0.8)
    ]
    rows += [
        (f"Completion rate near {100 * p:.0f} %", f"interval {100 * w:.0f} points wide",
         n_for_rate_width(w, p), "all")
        for p in (0.9, 0.8) for w in (0.1, 0.2)
    ]  # fmt: skip
    rows += [
        (
            f"Alpha near {bounded()(a)}, {k} items",
            f"interval {bounded()(w)} wide",
            n_for_alpha_width(w, a, k),
            "all",
        )
        for a, k, w in ((0.90, 24, 0.06), (0.80, 10, 0.10), (0.60, 10, 0.20))
    ]
    rows += [
        (
            f"Adverse event of rate {100 * p:g} %",
            "seen at least once, 95 %",
            n_to_see_an_event(p),
            "all",
        )
        for p in (0.2, 0.05, 0.01)
    ]
    return pd.DataFrame(rows, columns=["label", "wanted", "n", "per"]).astype({"n": "Int64"})


# ---------------------------------------------------------------- in words


def surface_in_words(surface: pd.DataFrame) -> str:
    """Say from which size on each of some effects has a power of .80."""
    parts = []
    for effect in (0.3, 0.5, 0.7):
        row = surface.loc[surface.index[np.argmin(np.abs(surface.index - effect))]]
        enough = row[row >= 0.80]
        at = f"from {enough.index[0]} per arm on" if len(enough) else "at none of these sizes"
        parts.append(f"an effect of {effect} SD {at}")
    return f"A power of .80 is reached by {'; '.join(parts)}."


def answer(pilot: pd.DataFrame, intervals: pd.DataFrame, curves: pd.DataFrame) -> str:
    """Say how many people the strongest outcome needs, and how sure a trial of that size is."""
    scale = strongest(pilot)
    if scale is None or pd.isna(intervals.set_index("scale").loc[scale, "as_found"]):
        return "No effect of the pilot points to a benefit, so no sample size follows from it."
    row = intervals.set_index("scale").loc[scale]
    lower = row["at_lower_end"]
    at_least = "no number within reach" if pd.isna(lower) else f"{lower}"
    near = curves[(curves["label"] == row["label"]) & (curves["n"] >= row["as_found"])]
    sure = ""
    if len(near):
        at = near.iloc[0]
        sure = (
            f" With {at['n']} per arm its assurance is {round_half_up(at['assurance'], 2)} where "
            f"its power claims {round_half_up(at['power'], 2)}."
        )
    return (
        f"{row['label']} would need {row['as_found']} participants per arm if its effect is "
        f"as found, {at_least} at the lower end of the interval, and {row['at_safeguard']} by the "
        f"safeguard rule, which is what we would plan for.{sure}"
    )


def needed_results(table: pd.DataFrame) -> list[dict]:
    """Return the sample sizes as results."""
    named = table.assign(analysis=table["design"].map({v: k for k, v in DESIGNS.items()}))
    return results_of(named, "next_trial.{scale}.{analysis}.{statistic}", ["n_80", "n_90"])


def protocol(
    pilot: pd.DataFrame, intervals: pd.DataFrame, study: Study, dropout: float, scale: str | None
) -> str:
    """Return a paragraph for a protocol, with the assumptions in it.

    Parameters
    ----------
    scale : str or None
        The primary outcome.
    """
    if scale is None:
        return "Nothing could be estimated, so there is nothing to plan with."
    row = pilot.set_index("scale").loc[scale]
    level = study.settings["study"]["significance_level"]
    trial = _trial(row["safeguard"], row["correlation"], "ancova", dropout, level)
    safeguard = participants_needed(trial, 0.80) if row["safeguard"] > 0 else None
    as_found = intervals.set_index("scale").loc[scale, "as_found"]
    size = (
        f"{safeguard} participants per arm" if safeguard else "more participants than is feasible"
    )
    source = "synthetic data that imitate a pilot" if study.notice else "a pilot"
    return (
        f"The primary outcome is {row['label']}. In {source} of {row['n_first']} trained and "
        f"{row['n_second']} control participants the difference in change was "
        f"{round_half_up(row['effect'], 2)} SD (95 % interval {round_half_up(row['low'], 2)} to "
        f"{round_half_up(row['high'], 2)}). Since pilots overstate effects, we plan for the lower "
        f"end of its 60 % interval, {round_half_up(row['safeguard'], 2)} SD. With an analysis of "
        f"covariance of the score after, adjusted for the score before (correlation "
        f"{bounded()(row['correlation'])}), a two-sided level of {without_zero(level)} and "
        f"{100 * dropout:.0f} % drop-out, {size} give a power of 80 % (the effect as found would "
        f"ask for {as_found}). Normal scores and equal arms are assumed; training groups are not "
        "accounted for and would raise the number by their design effect."
    )
