"""How many participants the next trial needs, and with what precision, from a pilot."""

import os
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import repeat
from math import log, sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import scipy

from imp_common.number_formats import bounded, fixed
from imp_helpers.results import results_of
from imp_helpers.study import Study
from imp_planning import trial_design
from imp_planning.trial_design import Trial, power, standard_error_and_df
from imp_planning.trial_simulation import simulate

DESIGNS = {
    "change": "mixed ANOVA on change",
    "ancova": "ANCOVA of the post-test score",
    "mixed_model": "mixed model",
}
SEED = 20200826
SIMULATED = Path(trial_design.__file__).with_name("simulated_designs.toml")
# The lower end of a two-sided 60 % interval: safeguard power (Perugini et al., 2014,
# 10.1177/1745691614528519).
SAFEGUARD = 0.60
# Sizes of arms at which assurance is computed.
ARMS = (15, 25, 40, 60, 80, 100, 150, 200, 300, 400)
# Intraclass correlations of the change within training groups, for which they are planned.
ICCS = (0.0, 0.01, 0.05, 0.10, 0.20)
# Smallest effects of interest for which the sample size is shown, in baseline SDs.
EFFECTS = (0.2, 0.3, 0.4, 0.5, 0.6)


def pilot_effects(effects: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Express the primary outcomes' effects, as 05_effectiveness writes them, in baseline SDs.

    Columns: scale, label, n_first, n_second, effect (difference in change in SDs before, positive
    is better), error (its standard error), df, low, high (95 %), safeguard (lower end of the 60 %
    interval), correlation (before and after), t.
    """
    better = {one.id: one.outcome.better for one in study.comparisons}
    # Where baseline scores do not vary there is no such SD, as the note of the table says.
    known = (effects["family"] == "main") & (effects["sd_before"] > 0)
    table = effects[known].reset_index(drop=True)
    sign = np.where(table["scale"].map(better) == "higher", 1, -1)
    df = table["df"]
    effect = sign * table["difference"] / table["sd_before"]
    error = table["standard_error"] / table["sd_before"]
    half = scipy.stats.t.isf(0.025, df) * error
    return table[["scale", "label", "n_first", "n_second"]].assign(
        effect=effect,
        error=error,
        df=df,
        low=effect - half,
        high=effect + half,
        safeguard=effect - scipy.stats.t.isf((1 - SAFEGUARD) / 2, df) * error,
        correlation=table["correlation"],
        t=effect / error,
    )


def typical_correlation(pilot: pd.DataFrame) -> float:
    """Return the median correlation of pre-test and post-test scores; .5 where there is none.

    Perfect correlations, as of four people, are no basis for a plan and do not count.
    """
    known = pilot["correlation"][pilot["correlation"].abs() < 1 - 1e-9]
    return float(known.median()) if len(known) else 0.5


def winner_corrected(t: float, df: float, level: float) -> float:
    """Return the noncentrality that best explains a t, given that it had to be significant.

    The maximum of the likelihood of t among significant ones only, because effects that are
    reported since they were significant are too large on average (Zollner & Pritchard, 2007,
    10.1086/512821; Gelman & Carlin, 2014, 10.1177/1745691614551642). From 0 to t.
    """
    critical = scipy.stats.t.isf(level / 2, df)

    def unlikely(ncp: float) -> float:
        reach = scipy.stats.nct.sf(critical, df, ncp) + scipy.stats.nct.cdf(-critical, df, ncp)
        return -(scipy.stats.nct.logpdf(abs(t), df, ncp) - log(reach))

    best = scipy.optimize.minimize_scalar(unlikely, bounds=(0.0, abs(t)), method="bounded")
    return float(np.sign(t) * best.x)


def shrinkage(pilot: pd.DataFrame, level: float) -> pd.DataFrame:
    """Correct the effects that were singled out because they were significant.

    An effect that was not significant has passed no such selection, and has no row.

    Columns: scale, label, effect, corrected, shrunk_to (per cent of the effect).
    """
    selected = pilot[pilot["t"].abs() > scipy.stats.t.isf(level / 2, pilot["df"])]
    corrected = [winner_corrected(r.t, r.df, level) * r.error for r in selected.itertuples()]
    table = selected[["scale", "label", "effect"]].assign(corrected=corrected)
    return table.assign(shrunk_to=100 * table["corrected"] / table["effect"])


def _trial(
    effect: float, correlation: float, analysis: str, dropout: float, level: float, n: int = 50
) -> Trial:
    return Trial(n, n, effect, correlation, analysis=analysis, dropout=dropout, level=level)


def _sized(trial: Trial) -> list[int | None]:
    return [trial_design.participants_needed(trial, wanted) for wanted in (0.80, 0.90)]


def needed(pilot: pd.DataFrame, level: float, dropout: float) -> pd.DataFrame:
    """Return participants per arm by outcome and design, for the effect as found.

    Columns: scale, label, design, effect, correlation, n_80, n_90 (missing where out of reach).
    """
    rows = []
    for row in pilot.itertuples():
        for analysis, design in DESIGNS.items():
            trial = _trial(row.effect, row.correlation, analysis, dropout, level)
            rows.append((row.scale, row.label, design, row.effect, row.correlation, *_sized(trial)))
    columns = ["scale", "label", "design", "effect", "correlation", "n_80", "n_90"]
    return pd.DataFrame(rows, columns=columns).astype({"n_80": "Int64", "n_90": "Int64"})


def needed_results(table: pd.DataFrame) -> list[dict]:
    """Return the sample sizes as results."""
    named = table.assign(analysis=table["design"].map({v: k for k, v in DESIGNS.items()}))
    return results_of(named, "next_trial.{scale}.{analysis}.{statistic}", ["n_80", "n_90"])


def needed_by_interval(pilot: pd.DataFrame, level: float, dropout: float) -> pd.DataFrame:
    """Return participants per arm of an ANCOVA for 80 % power, across the pilot's interval.

    Columns: scale, label, as_found, at_safeguard, at_upper_end, at_lower_end (95 %), reason.
    """
    ends = {"as_found": "effect", "at_safeguard": "safeguard"}
    ends |= {"at_upper_end": "high", "at_lower_end": "low"}
    table = pilot[["scale", "label"]].copy()
    for name, column in ends.items():
        table[name] = [
            trial_design.participants_needed(_trial(effect, r, "ancova", dropout, level), 0.80)
            if effect > 0
            else None
            for effect, r in zip(pilot[column], pilot["correlation"], strict=True)
        ]
    reason = np.where(pilot["low"] <= 0, "the interval reaches zero or below", "")
    return table.assign(reason=reason).astype(dict.fromkeys(ends, "Int64"))


def interval_forest(table: pd.DataFrame) -> pd.DataFrame:
    """Lay out the sample sizes for ``figures.forest``, up to the largest that is searched."""
    ends = {"as_found": "estimate", "at_upper_end": "low", "at_lower_end": "high"}
    shown = table.dropna(subset="as_found").astype(dict.fromkeys(ends, float)).rename(columns=ends)
    return shown.assign(
        high=shown["high"].fillna(trial_design.MOST_PARTICIPANTS), strong=shown["reason"] == ""
    )


def assurance(pilot_row, trial: Trial) -> float:
    """Return the power averaged over what the pilot leaves open.

    Effect, SD of the change and correlation are drawn from what the pilot says of them: t about the
    estimate, scaled inverse chi-squared, Fisher's z (O'Hagan, Stevens & Campbell, 2005,
    10.1002/pst.175; no prior knowledge besides the pilot). The draws are the same for every trial.
    """
    random, draws = np.random.default_rng(SEED), 2_000
    sd = np.sqrt(pilot_row.df / random.chisquare(pilot_row.df, draws))
    effect = pilot_row.effect + pilot_row.error * sd * random.standard_normal(draws)
    z = np.arctanh(pilot_row.correlation)
    correlation = np.tanh(z + random.standard_normal(draws) / sqrt(pilot_row.df - 1))
    error, df = standard_error_and_df(replace(trial, correlation=0.0))
    # The errors at other correlations follow from that at 0 by a factor.
    factor = np.sqrt(1 - correlation) if trial.analysis != "ancova" else np.sqrt(1 - correlation**2)
    if trial.analysis == "mixed_model":
        some = np.sort(correlation[:200])
        errors = [standard_error_and_df(replace(trial, correlation=r))[0] / error for r in some]
        factor = np.interp(correlation, some, errors)
    ncp = effect / (error * factor * sd)
    critical = trial_design.critical_t(trial.level / 2, df)
    # The normal approximation of the noncentral t is off by less than .001 at these df.
    upper = (ncp - critical * (1 - 1 / (4 * df))) / np.sqrt(1 + critical**2 / (2 * df))
    return float(scipy.special.ndtr(upper).mean())


def assurance_curves(pilot: pd.DataFrame, level: float, dropout: float) -> pd.DataFrame:
    """Return label, n (per arm), power of an ANCOVA (if the effect is as found) and assurance."""
    rows = []
    for row in pilot.itertuples():
        for n in ARMS:
            trial = _trial(row.effect, row.correlation, "ancova", dropout, level, n)
            rows.append((row.label, n, power(trial), assurance(row, trial)))
    return pd.DataFrame(rows, columns=["label", "n", "power", "assurance"])


def power_surface(correlation: float, level: float) -> pd.DataFrame:
    """Return the power of an ANCOVA over participants per arm (columns) and effects (rows)."""
    effects, ns = np.arange(0.1, 0.85, 0.05), list(range(20, 201, 10))
    trials = [[_trial(d, correlation, "ancova", 0.0, level, n) for n in ns] for d in effects]
    values = [list(map(power, row)) for row in trials]
    return pd.DataFrame(values, index=effects.round(2), columns=ns)


def enough_for(surface: pd.DataFrame) -> pd.DataFrame:
    """Return the smallest n per arm at which some effects have a power of .80; effects as index."""
    effects = (0.3, 0.5, 0.7)
    rows = [surface.iloc[np.argmin(np.abs(surface.index - effect))] for effect in effects]
    enough = [row.index[row >= 0.80].min() for row in rows]
    return pd.DataFrame({"n": enough}, index=pd.Index(effects, name="effect")).astype("Int64")


def beside_simulation(effect: float, correlation: float, level: float, trials: int) -> pd.DataFrame:
    """Return the power of trials with 60 per arm by formula and by simulation, side by side.

    Columns: label, formula, simulated, error (Monte-Carlo), any_power (at least one outcome).
    """
    base = Trial(60, 60, effect, correlation, level=level)
    changed = tomllib.loads(SIMULATED.read_text(encoding="utf-8"))
    designs = {label: replace(base, **settings) for label, settings in changed.items()}
    # Each trial has a seed of its own, and NumPy draws in several threads at once.
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        seeds = [(SEED, number) for number in range(len(designs))]
        simulated = threads.map(simulate, designs.values(), repeat(trials), seeds)
        rows = [
            (label, power(trial), one.power, one.error, one.any_power)
            for (label, trial), one in zip(designs.items(), simulated, strict=True)
        ]
    return pd.DataFrame(rows, columns=["label", "formula", "simulated", "error", "any_power"])


def differences(table: pd.DataFrame, trials: int) -> dict[str, float]:
    """Count the designs whose simulated power is far from the formula, for a sentence.

    Keys: rows (with a formula), beyond (two Monte-Carlo errors), expected by chance, largest.
    """
    both = table.dropna(subset="formula")
    error = np.sqrt(both["formula"] * (1 - both["formula"]) / trials)
    z = ((both["simulated"] - both["formula"]).abs() / error).fillna(0.0)
    chance = len(both) * 2 * scipy.stats.norm.sf(2)
    return {"rows": len(both), "beyond": int((z > 2).sum()), "expected": chance, "largest": z.max()}


def beside_chance(found: dict[str, float]) -> list[str]:
    """Say how far formula and simulation differ; ``found`` is what ``differences`` returns."""
    return [
        "Designs whose simulated power differs from the formula by more than two Monte-Carlo "
        f"errors: {found['beyond']} of {found['rows']}; {fixed(1)(found['expected'])} would be "
        "expected by chance.",
        f"The largest difference is {fixed(1)(found['largest'])} Monte-Carlo errors.",
    ]


def precision_table(pilot: pd.DataFrame) -> pd.DataFrame:
    """Return the sample size for each target precision.

    Columns: label (what is estimated), wanted, needed (participants), per ("per arm" or "total").
    """
    r, rows = typical_correlation(pilot), []
    for w in (0.4, 0.6, 0.8):
        n, wanted = trial_design.n_for_effect_width(w, r), f"interval {w:g} SD wide"
        rows.append((f"Effect by ANCOVA (r = {bounded()(r)})", wanted, n, "per arm"))
    for p, w in ((0.9, 0.1), (0.9, 0.2), (0.8, 0.1), (0.8, 0.2)):
        n, wanted = trial_design.n_for_rate_width(w, p), f"interval {100 * w:.0f} points wide"
        rows.append((f"Completion rate near {100 * p:.0f} %", wanted, n, "total"))
    for a, k, w in ((0.90, 24, 0.06), (0.80, 10, 0.10), (0.60, 10, 0.20)):
        n, wanted = trial_design.n_for_alpha_width(w, a, k), f"interval {bounded()(w)} wide"
        rows.append((f"Alpha near {bounded()(a)}, {k} items", wanted, n, "total"))
    for p in (0.2, 0.05, 0.01):
        n, wanted = trial_design.n_to_see_an_event(p), "seen at least once, 95 %"
        rows.append((f"Adverse event of rate {100 * p:g} %", wanted, n, "total"))
    table = pd.DataFrame(rows, columns=["label", "wanted", "needed", "per"])
    return table.astype({"needed": "Int64"})


def sizes(pilot: pd.DataFrame, study: Study, dropout: float) -> pd.DataFrame:
    """Return participants per arm of an ANCOVA by the smallest effect that is of interest.

    The correlation is that of the primary outcome, or the typical one where none is stated.

    Columns: effect, correlation, n_80, n_90.
    """
    planning = study.settings.planning
    of_primary = pilot[pilot["scale"].isin(study.comparisons_of(planning.primary_outcome))]
    r = typical_correlation(of_primary if len(of_primary) else pilot)
    rows = [
        (effect, r, *_sized(_trial(effect, r, "ancova", dropout, study.level)))
        for effect in sorted({*EFFECTS, planning.smallest_effect} - {None})
    ]
    columns = ["effect", "correlation", "n_80", "n_90"]
    return pd.DataFrame(rows, columns=columns).astype({"n_80": "Int64", "n_90": "Int64"})


def needed_in_groups(
    effect: float, correlation: float, cluster_size: int, level: float, dropout: float
) -> pd.DataFrame:
    """Return participants per arm if the trained arm alone is taught in groups, by ICC.

    The change is tested on training groups - 1 degrees of freedom, and the variance of the trained
    arm alone grows (see ``trial_design.standard_error_and_df``).

    Columns: icc, n_80, groups_80, n_90, groups_90 (training groups; missing where out of reach).
    """
    rows = []
    for icc in ICCS:
        trial = replace(_trial(effect, correlation, "clustered", dropout, level), icc=icc,
                        cluster_size=cluster_size)  # fmt: skip
        sized = [(n, n and -(-n // cluster_size)) for n in _sized(trial)]
        rows.append((icc, *sized[0], *sized[1]))
    columns = ["icc", "n_80", "groups_80", "n_90", "groups_90"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[1:], "Int64"))


def plan(pilot: pd.DataFrame, table: pd.DataFrame, study: Study) -> dict:
    """Gather what a plan with one primary outcome rests on.

    Keys: sizes (the rows of ``sizes``), smallest (the one for the smallest effect of interest) and
    label (of the primary outcome), None where the settings state none; pilot (the primary outcome's
    effect, low and high; None where it could not be estimated).
    """
    planning, rows = study.settings.planning, table.astype(object).to_dict("records")
    found = pilot[pilot["scale"].isin(study.comparisons_of(planning.primary_outcome))].head(1)
    ends = found[["effect", "low", "high"]].to_dict("records")
    return {
        "sizes": rows,
        "smallest": next((row for row in rows if row["effect"] == planning.smallest_effect), None),
        "label": next((o.label for o in study.outcomes if o.id == planning.primary_outcome), None),
        "pilot": ends[0] if ends else None,
    }


def in_short(plan: dict) -> list[str]:
    """Say how many participants the next trial needs; ``plan`` is what ``plan`` returns."""
    smallest, outcome = plan["smallest"], f" on {plan['label']}" if plan["label"] else ""
    if smallest is None:
        rows = [plan["sizes"][0], plan["sizes"][-1]]
        few, many = (f"{_whole(row['n_80'])} for {fixed(2)(row['effect'])} SD" for row in rows)
        return [
            "No smallest effect of interest is stated, so no sample size can be recommended.",
            f"For a power of 80%, an ANCOVA needs {few} and {many}, in participants per arm.",
        ]
    return [
        f"To detect a difference of {fixed(2)(smallest['effect'])} baseline SDs{outcome}, the "
        "smallest effect of interest, with a power of 80%, the next trial needs "
        f"{_whole(smallest['n_80'])} participants per arm.",
        "The sample size does not depend on the effect that the pilot estimated.",
    ]


def protocol(plan: dict, dropout: float, level: float) -> list[str]:
    """Return the paragraph on sample size for the protocol of a trial."""
    smallest = plan["smallest"]
    if smallest is None:
        return in_short(plan)
    said = [f"The primary outcome is {plan['label']}."] if plan["label"] else []
    said += [
        f"The trial is to detect a difference in change of {fixed(2)(smallest['effect'])} baseline "
        "SDs, the smallest effect of interest.",
        "With an analysis of covariance of the post-test score, adjusted for the baseline score "
        f"(correlation {bounded()(smallest['correlation'])}), a two-sided level of "
        f"{bounded()(level)} and {100 * dropout:.0f}% drop-out, {_whole(smallest['n_80'])} "
        f"participants per arm give a power of 80%, and {_whole(smallest['n_90'])} a power of 90%.",
        "Normal scores and equal arms are assumed. Clustering within training groups is not taken "
        "into account; it would increase the variance of the intervention arm, and leave training "
        "groups − 1 degrees of freedom.",
    ]
    if plan["pilot"]:
        effect, low, high = (fixed(2)(plan["pilot"][name]) for name in ("effect", "low", "high"))
        said += [
            f"The pilot's estimate, {effect} SD, 95% CI [{low}, {high}], was not used.",
            "A pilot should not determine the effect size for which a trial is planned: it is not "
            "designed to estimate an effect (CONSORT extension for pilot trials: Eldridge et al., "
            "2016, 10.1136/bmj.i5239).",
        ]
    return said


def _whole(n: object) -> str:
    """Write a number of participants that may be out of reach."""
    return "no attainable number of" if pd.isna(n) else f"{n:,}"
