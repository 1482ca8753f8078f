"""Every statistic against R and PSPP, on the synthetic study and on four other data sets.

The references stand in tests/reference/; its README says how they were made. Numbers agree to a
relative 1e-6, and mostly to 1e-9, wherever nothing else is said; whatever differs on purpose is
named and tested at the end.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pingouin as pg
import pytest
from scipy import stats

from imp_common.design import Item, Outcome, Scale
from imp_common.formulas import alpha_interval, holm, post_hoc_power
from imp_helpers import effectiveness
from imp_helpers.statistics import change_scores, effect_sizes, psychometrics, sample
from imp_intake.settings.instruments import Instrument
from imp_trials import assumptions, item_analysis, missing_data, resampling, sensitivity
from imp_trials.item_analysis import item_table

REFERENCE = Path(__file__).parent / "reference"
DATASETS = ("synthetic_study", "unequal_groups", "missing_posts", "heavy_ties", "few_people")
KEYS = ["dataset", "measure", "statistic"]
R = pd.read_csv(REFERENCE / "r.csv").set_index(KEYS)["value"]
PSPP = pd.read_csv(REFERENCE / "pspp.csv").set_index(KEYS)["value"]
HEYWOOD = ("unequal_groups", "short")


class Dataset:
    """A data set's tables and the references that belong to it."""

    def __init__(self, name, shipped):
        self.name = name
        self.people, self.items, self.keys = (
            pd.read_csv(REFERENCE / "datasets" / f"{name}_{kind}.csv")
            for kind in ("scores", "items", "keys")
        )
        self.outcomes = [
            column.removesuffix("_baseline")
            for column in self.people
            if column.endswith("_baseline")
        ]
        self.scales = list(dict.fromkeys(self.keys["scale"]))
        self.study = shipped if name == "synthetic_study" else self._study(shipped)
        self.scores = self._tidy()
        self.cases = {
            outcome: change_scores.complete_cases(self.scores, outcome, self.study)
            for outcome in self.outcomes
        }
        self.arms = {
            o: change_scores.Contrast.of(cases, self.study) for o, cases in self.cases.items()
        }
        self.references = R.loc[name]

    def r(self, measure, statistic):
        return self.references.loc[(measure, statistic)]

    def answers(self, scale):
        return self.items[self.keys.loc[self.keys["scale"] == scale, "item"]]

    def _tidy(self):
        parts = [
            self.people[["participant", "group"]].assign(
                scale=outcome, time=time, score=self.people[f"{outcome}_{time}"].astype(float)
            )
            for outcome in self.outcomes
            for time in ("baseline", "post")
        ]
        return pd.concat(parts, ignore_index=True)

    def _study(self, shipped):
        keys = []
        for name, items in self.keys.groupby("scale", sort=False):
            keyed = tuple(Item(number, False) for number in range(1, len(items) + 1))
            scale = Scale(name, name, keyed, "sum", (), len(items), 5 * len(items))
            keys.append(Instrument(name, name, "", len(items), 1, 5, (1, 2, 3, 4, 5), (scale,)))
        outcomes = tuple(
            Outcome(Scale(name, name, (), "sum", (), 0, 200), "higher", "main")
            for name in self.outcomes
        )
        return replace(shipped, instruments=tuple(keys), outcomes=outcomes)


@pytest.fixture(scope="module", params=DATASETS)
def data(request, study):
    return Dataset(request.param, study)


def agrees(found, expected, rel=1e-6, abs=1e-12):
    """Compare all numbers of two dicts at once, so that a failure lists every disagreement."""
    assert found
    assert {k: float(v) for k, v in found.items()} == pytest.approx(
        {k: float(expected[k]) for k in found}, rel=rel, abs=abs
    )


def by_outcome(data, compute, statistics, rel=1e-6, abs=1e-12, outcomes=None):
    """Compare what ``compute(outcome)`` returns with R's statistics of these names."""
    names = [statistics] if isinstance(statistics, str) else statistics
    found, expected = {}, {}
    for outcome in outcomes or data.outcomes:
        values = compute(outcome)
        values = [values] if isinstance(statistics, str) else values
        for name, value in zip(names, values, strict=True):
            found[outcome, name] = value
            expected[outcome, name] = data.r(outcome, name)
    agrees(found, expected, rel, abs)


# ---------------------------------------------------------------- the references themselves


def test_r_and_pspp_agree():
    """PSPP prints 14 decimals; its p values and CORRELATIONS have three."""
    shared = R.index.intersection(PSPP.index)
    assert len(shared) > 1200
    agrees(PSPP[shared].to_dict(), R[shared], rel=1e-10, abs=1e-13)
    names = PSPP.index.get_level_values("statistic")
    rounded = PSPP[names.str.endswith(".3")].rename(lambda name: name.removesuffix(".3"), level=2)
    known = rounded[rounded.index.isin(R.index)]
    assert set(known.index.get_level_values(2)) == {
        "student.p", "welch.p", "mann_whitney.p", "ancova.p", "practice.r", "practice.p",
    }  # fmt: skip
    agrees(known.to_dict(), R[known.index], rel=0, abs=0.0005 + 1e-9)


def test_pspps_rank_sums_are_rs():
    """R counts for the first group, PSPP the smaller of the two groups."""
    for dataset, outcome, _ in PSPP.xs("mann_whitney.z", level=2, drop_level=False).index:
        pairs = np.prod([R[dataset, outcome, f"n.{group}"] for group in ("training", "control")])
        w = R[dataset, outcome, "mann_whitney.W"]
        assert PSPP[dataset, outcome, "mann_whitney.smaller_U"] == min(w, pairs - w)
        z = PSPP[dataset, outcome, "mann_whitney.z"]
        p = R[dataset, outcome, "mann_whitney.p"]
        assert 2 * stats.norm.sf(abs(z)) == pytest.approx(p, rel=1e-9)


def test_the_synthetic_data_set_is_what_the_pipeline_makes(study, scores):
    """If not: make_datasets.py in tests/reference/, then ``make reference``."""
    kept = Dataset("synthetic_study", study).scores.set_index(["participant", "time", "scale"])
    made = scores.set_index(["participant", "time", "scale"]).loc[kept.index, "score"]
    assert np.allclose(made, kept["score"], rtol=1e-12)


# ---------------------------------------------------------------- reliability


def test_alpha_and_its_interval(data):
    found, expected = {}, {}
    for scale in data.scales:
        answers = data.answers(scale)
        alpha = psychometrics.cronbach_alpha(answers)
        low, high = alpha_interval(alpha, len(answers.dropna()), answers.shape[1])
        for name, value in (("alpha", alpha), ("alpha.low", low), ("alpha.high", high)):
            found[scale, name] = value
            expected[scale, name] = data.r(scale, name)
    agrees(found, expected, rel=1e-9)


def test_items_and_the_rest_of_their_scale(data):
    points = data.items.copy().assign(time="baseline")
    table = item_table(points, data.study, "baseline")
    found, expected = {}, {}
    for row in table.itertuples():
        for name in ("item_rest", "alpha_if_dropped"):
            found[row.scale, row.item, name] = getattr(row, name)
            expected[row.scale, row.item, name] = data.r(row.scale, f"{name}.{row.item}")
    agrees(found, expected, rel=1e-9)


def omega_of(answers):
    correlations = np.corrcoef(answers.dropna().to_numpy(float), rowvar=False)
    return float(item_analysis.omega_total(item_analysis.loadings_of_one_factor(correlations)))


def test_omega(data):
    """psych::fa's optimiser stops early, so its own omega agrees to 1e-5 only."""
    for scale in data.scales:
        if (data.name, scale) != HEYWOOD:
            omega = omega_of(data.answers(scale))
            assert omega == pytest.approx(data.r(scale, "omega"), rel=1e-9)
            assert omega == pytest.approx(data.r(scale, "omega.psych"), rel=1e-5)


def test_agreement_of_before_and_after(data):
    found, expected = {}, {}
    for outcome, arms in data.arms.items():
        pairs = dict(
            zip(("training", "control"), zip(arms.before, arms.after, strict=True), strict=True)
        )
        pairs["all"] = np.concatenate(arms.before), np.concatenate(arms.after)
        for group, pair in pairs.items():
            values = item_analysis.absolute_agreement(*pair)
            for name, value in zip(("value", "low", "high"), values, strict=True):
                found[outcome, group, name] = value
                expected[outcome, group, name] = data.r(outcome, f"icc.{group}.{name}")
    agrees(found, expected, rel=1e-9)


def test_reliable_change(data):
    for scale in data.scales:
        answers = data.answers(scale).dropna()
        alpha = psychometrics.cronbach_alpha(answers)
        threshold = effect_sizes.reliable_change_threshold(answers.sum(axis=1).std(), alpha)
        assert threshold == pytest.approx(data.r(scale, "reliable_change"), rel=1e-9)


# ---------------------------------------------------------------- the published analyses


def test_mixed_anova_interaction(data):
    """As afex's, whatever the type of sums of squares."""
    names = ["F", "df_effect", "df_error", "p", "partial_eta_squared"]

    def compute(outcome):
        found = effect_sizes.omnibus(change_scores.group_model(data.cases[outcome], data.study))
        return [found[name] for name in names]

    for kind in (2, 3):
        statistics = [f"anova_type_{kind}.interaction.{name}" for name in names]
        by_outcome(data, compute, statistics, rel=1e-9)


def test_table_5(data):
    table = effectiveness.table_5(data.scores, data.study).set_index("scale")
    cells = [(g, t, s) for g in ("training", "control") for t in ("baseline", "post")
             for s in ("mean", "sd")]  # fmt: skip
    by_outcome(
        data,
        lambda outcome: [table.loc[outcome, f"{s}.{g}.{t}"] for g, t, s in cells],
        [f"{t}.{g}.{s}" for g, t, s in cells],
        rel=1e-9,
    )
    by_outcome(
        data,
        lambda outcome: [table.loc[outcome, "F"], table.loc[outcome, "n.training"]],
        ["anova_type_3.interaction.F", "n.training"],
    )


def test_shapiro_wilk_of_everybody(data):
    """SciPy and R use one algorithm (Royston, 1995) with other rounding."""
    table = effectiveness.normality(data.scores, data.study).set_index(["scale", "time"])
    main = [outcome.id for outcome in data.study.main_outcomes]
    for statistic, rel in (("W", 1e-7), ("p", 1e-6)):
        for time in ("baseline", "post"):
            by_outcome(
                data,
                lambda o, t=time, s=statistic: table.loc[(o, t), s],
                f"shapiro.{time}.all.{statistic}",
                rel,
                outcomes=main,
            )


def test_home_practice(data):
    evaluation = data.people[["participant", "practice"]].dropna()
    evaluation = evaluation.rename(columns={"practice": "home_practice"})
    table = effectiveness.home_practice(data.scores, evaluation, data.study).set_index("scale")
    main = [outcome.id for outcome in data.study.main_outcomes]
    by_outcome(
        data,
        lambda outcome: table.loc[outcome, ["n", "r", "low", "high", "p"]],
        [f"practice.{name}" for name in ("n", "r", "low", "high", "p")],
        outcomes=main,
    )


def test_age(data):
    row = sample.baseline_differences(data.people, data.scores, data.study).iloc[0]
    agrees(
        {name: row[name] for name in ("t", "df", "p")},
        {name: data.r("age", f"student.{name}") for name in ("t", "df", "p")},
        rel=1e-9,
    )


# ---------------------------------------------------------------- effects and their intervals


def test_partial_eta_squared_interval(data):
    """R's ends by uniroot on pf; effectsize's own are looked at below."""
    for effect in ("group", "time", "interaction"):

        def compute(outcome, effect=effect):
            f, df = (data.r(outcome, f"anova_type_3.{effect}.{name}") for name in ("F", "df_error"))
            return effect_sizes.partial_eta_squared_interval(f, 1, df)

        by_outcome(data, compute, [f"eta.{effect}.low", f"eta.{effect}.high"], abs=1e-9)


def test_difference_in_change_and_its_interval(data):
    def compute(outcome):
        wide = data.cases[outcome]
        in_first = (wide["group"] == "training").to_numpy()
        seen = resampling.observed(wide[["change"]].to_numpy(float), in_first)
        difference, variance = seen.difference[0, 0], seen.variance[0, 0]
        one = data.arms[outcome]
        assert (difference, variance) == pytest.approx((one.difference, one.variance), rel=1e-9)
        return seen.F[0, 0], difference, *one.interval()

    names = ["anova_type_3.interaction.F", "student.difference", "student.low", "student.high"]
    by_outcome(data, compute, names, rel=1e-9)


def test_hedges_g_of_change(data):
    def compute(outcome):
        arms = data.arms[outcome]
        r = arms.correlation
        g = effect_sizes.hedges_g_change(arms.difference, arms.sd_before, arms.ns, r)
        return *g, arms.correlation

    by_outcome(data, compute, [f"morris.{name}" for name in ("g", "low", "high", "r")], rel=1e-9)


def test_effects_as_the_notebook_shows_them(data):
    table = change_scores.contrasts(data.scores, data.study)
    drawn = resampling.resample(data.cases, data.study)
    effects = sensitivity.effects(table, data.cases, drawn, data.study).set_index("scale")
    columns = {
        "difference": "student.difference",
        "low": "student.low",
        "high": "student.high",
        "g": "morris.g",
        "g_low": "morris.low",
        "g_high": "morris.high",
        "partial_eta_squared": "anova_type_3.interaction.partial_eta_squared",
        "eta_low": "eta.interaction.low",
        "eta_high": "eta.interaction.high",
    }
    compute = lambda outcome: effects.loc[outcome, list(columns)]  # noqa: E731
    by_outcome(data, compute, list(columns.values()), abs=1e-9)


# ---------------------------------------------------------------- other tests


def test_welch(data):
    by_outcome(data, lambda o: sensitivity.tests_of(data.arms[o])["welch_p"], "welch.p", rel=1e-9)


def test_yuen(data):
    """Where trimming leaves no variance there is no test, in R as here."""
    known = [o for o in data.outcomes if (o, "yuen.p") in data.references.index]
    compute = lambda o: sensitivity.tests_of(data.arms[o])["yuen_p"]  # noqa: E731
    by_outcome(data, compute, "yuen.p", 1e-9, outcomes=known)
    for outcome in set(data.outcomes) - set(known):
        assert not np.isfinite(sensitivity.tests_of(data.arms[outcome])["yuen_p"])


def test_mann_whitney(data):
    """As R's with exact = FALSE, correct = TRUE."""
    compute = lambda o: sensitivity.tests_of(data.arms[o])["mann_whitney_p"]  # noqa: E731
    by_outcome(data, compute, "mann_whitney_corrected.p", rel=1e-9)


def test_ancova(data):
    names = ["difference", "low", "high", "p"]

    def compute(outcome):
        found = sensitivity.ancova(data.arms[outcome])
        return [found[name] for name in names]

    by_outcome(data, compute, [f"ancova_hc3.{n}" for n in ("b", "low", "high", "p")], rel=1e-8)
    by_outcome(
        data,
        lambda outcome: sensitivity.ancova(data.arms[outcome], robust=False)["p"],
        "ancova.p",
        rel=1e-8,
    )


def test_bayes_factor(data):
    """BayesFactor states a relative error of up to 1e-4 and keeps to 1e-9."""
    for name in ("bayes_factor.value", "bayes_factor.BayesFactor"):
        by_outcome(data, lambda o: sensitivity.bayes_factor(data.arms[o]), name)


def test_mixed_model_of_everybody_who_was_there_once(data):
    """Against lme4; p against nlme, whose degrees of freedom make it the t test's if none miss."""
    width = {}

    def compute(outcome):
        wide = change_scores.scores_by_time(data.scores, outcome, data.study)
        one = next(c for c in data.study.comparisons if c.id == outcome)
        found = missing_data.random_intercept(wide, one, data.study)
        margin = stats.t.isf(0.025, data.r(outcome, "mixed_model_nlme.df"))
        width[outcome] = (found["high"] - found["low"]) / 2 / margin
        return found["difference"], width[outcome], found["p"]

    # statsmodels stops a little before the maximum of the likelihood.
    by_outcome(data, compute, ["mixed_model.b", "mixed_model.se", "mixed_model_nlme.p"], rel=1e-4)


# ---------------------------------------------------------------- assumptions


def test_shapiro_wilk_by_cell(data):
    found, expected = {}, {}
    for outcome in data.outcomes:
        cells = assumptions.shapiro_by_cell(data.cases[outcome], data.study)
        for group in ("training", "control"):
            for time in ("baseline", "post", "change"):
                name = f"shapiro.{time}.{group}.p"
                if (outcome, name) in data.references.index:
                    found[outcome, name] = cells[f"p.{group}.{time}"]
                    expected[outcome, name] = data.r(outcome, name)
    agrees(found, expected, rel=1e-6)


def test_spreads_and_baselines(data):
    table = pd.DataFrame(
        {name: assumptions.spreads(cases, data.study) for name, cases in data.cases.items()}
    )
    columns = {
        "levene_p": "levene.change.p",
        "brown_forsythe_p": "brown_forsythe.change.p",
        "baseline_p": "baseline_student.p",
        "r": "morris.r",
    }
    compute = lambda outcome: table.loc[list(columns), outcome]  # noqa: E731
    by_outcome(data, compute, list(columns.values()), rel=1e-9)


def test_main_effects_by_both_types(data):
    columns = {"time_2": "anova_type_2.time", "time_3": "anova_type_3.time"}
    columns |= {"group": "anova_type_3.group"}

    def compute(outcome):
        found = assumptions.main_effects(data.cases[outcome], data.study)
        return [found[f"{kind}_{name}"] for name in columns for kind in ("F", "p")]

    by_outcome(data, compute, [f"{name}.{k}" for name in columns.values() for k in ("F", "p")])


# ---------------------------------------------------------------- resampling


def blocks(data):
    """Yield the outcomes that share their complete cases, with their changes and groups."""
    for names in resampling.blocks(data.cases):
        changes = np.column_stack([data.cases[name]["change"].to_numpy(float) for name in names])
        yield names, changes, (data.cases[names[0]]["group"] == "training").to_numpy()


def test_permutation_p(data):
    """R counts every assignment, up to 10^13; draws lie within five standard errors of that."""
    for names, changes, in_first in blocks(data):
        p, assignments, exact = resampling.permutation_p(changes, in_first)
        expected = np.array([data.r(name, "permutation.p") for name in names])
        if exact:
            assert p == pytest.approx(expected, rel=1e-9)
        else:
            assert np.all(np.abs(p - expected) < 5 * np.sqrt(expected / assignments) + 1e-5)
    assert exact == (data.name == "few_people")


def park_miller(seed, draws):
    """The minimal standard generator, the same draws as in resampling.R."""
    values, state = np.empty(draws), seed
    for i in range(draws):
        state = 16807 * state % 2147483647
        values[i] = state / 2147483647
    return values


def same_samples(in_first, samples=499):
    """Return the weights of the bootstrap samples that R drew."""
    first, second = np.flatnonzero(in_first), np.flatnonzero(~in_first)
    uniform = park_miller(20200826, samples * len(in_first)).reshape(samples, -1)
    weights = []
    for members, columns in (
        (first, uniform[:, : len(first)]),
        (second, uniform[:, len(first) :]),
    ):
        drawn = members[(columns * len(members)).astype(int)]
        counts = [np.bincount(row, minlength=len(in_first)) for row in drawn]
        weights.append(np.array(counts, dtype=float))
    return weights


def bca_of(data):
    """Return the BCa ends of every outcome from the samples that R drew."""
    ends = {}
    for names, changes, in_first in blocks(data):
        first, second = (
            weights @ changes / weights.sum(axis=1, keepdims=True)
            for weights in same_samples(in_first)
        )
        left_out = resampling.leave_one_out(changes, in_first)
        seen = resampling.observed(changes, in_first)
        low, high = resampling.bca_interval(
            first - second, seen.difference[0], left_out.difference, in_first
        )
        ends |= {name: pair for name, *pair in zip(names, low, high, strict=True)}
    return ends


def test_bca_interval(data):
    """The same samples, drawn by a generator that both sides write out."""
    ends = bca_of(data)
    by_outcome(data, lambda outcome: ends[outcome], ["bca.low", "bca.high"], rel=1e-9)


def test_leaving_out_each_person(data):
    def compute(outcome):
        wide = data.cases[outcome]
        in_first = (wide["group"] == "training").to_numpy()
        changes = wide[["change"]].to_numpy(float)
        f = resampling.leave_one_out(changes, in_first).F
        return f.min(), f.max()

    names = ["leave_one_out.F.lowest", "leave_one_out.F.highest"]
    by_outcome(data, compute, names, rel=1e-9, abs=1e-10)


# ---------------------------------------------------------------- statistics of plain numbers

NUMBERS = R.loc["numbers"]


def measures(start):
    return sorted({m for m in NUMBERS.index.get_level_values(0) if m.startswith(start)})


@pytest.mark.parametrize("measure", [m for m in measures("") if m[0].isdigit()])
def test_intervals_of_proportions(measure):
    count, n = map(int, measure.split(" of "))
    ends = zip(("exact.low", "exact.high"), effect_sizes.exact_interval(count, n), strict=True)
    agrees(dict(ends), NUMBERS[measure], rel=1e-9)


@pytest.mark.parametrize("n", [24, 25, 47])
def test_what_so_many_people_can_show(n):
    smallest = NUMBERS[f"n {n}", "smallest_significant_r"]
    assert effect_sizes.smallest_significant_r(n) == pytest.approx(smallest, rel=1e-9)


@pytest.mark.parametrize("family", measures("family"))
def test_adjusted_p_values(family):
    known = NUMBERS[family]
    p = [known[name] for name in known.index if name.startswith("p.")]
    adjusted_here = sensitivity.adjusted(p)
    for name, adjusted in (
        ("holm", holm(p)),
        ("holm", adjusted_here["holm"]),
        ("benjamini_hochberg", adjusted_here["bh"]),
    ):
        agrees({f"{name}.{i}": v for i, v in enumerate(adjusted, 1)}, known, rel=1e-12)


@pytest.mark.parametrize("measure", measures("eta"))
def test_power(measure):
    """R takes a noncentral upper tail as 1 less the lower one, so 1e-8 is what it has."""
    effect, n = measure.removeprefix("eta ").split(" of ")
    found = post_hoc_power(float(effect), int(n), 1, int(n) - 2)
    names = ("power.f_rounded_n", "power.f_n", "power.f_df")
    agrees(dict(zip(names, found.values(), strict=True)), NUMBERS[measure], rel=1e-7)


# ---------------------------------------------------------------- what differs on purpose


def test_pingouins_time_effect_is_type_ii_and_spss_reports_type_iii(data):
    """With groups of unequal size they differ; group and interaction do not."""
    for outcome, wide in data.cases.items():
        long = wide.melt(["participant", "group"], ["baseline", "post"], "time", "score")
        anova = pg.mixed_anova(long, "score", within="time", subject="participant", between="group")
        f = anova.set_index("Source")["F"]
        second, third = (data.r(outcome, f"anova_type_{kind}.time.F") for kind in (2, 3))
        assert f["time"] == pytest.approx(second, rel=1e-9)
        assert f["time"] != pytest.approx(third, rel=1e-3)
        for kind in (2, 3):
            group = data.r(outcome, f"anova_type_{kind}.group.F")
            assert f["group"] == pytest.approx(group, rel=1e-9, abs=1e-12)


def test_effectsizes_own_ends_stop_early_at_times(data):
    """Its optimiser finds most ends; where it does not, F lies elsewhere than at the tail."""
    for outcome in data.outcomes:
        for effect in ("group", "time", "interaction"):
            f, df = (data.r(outcome, f"anova_type_3.{effect}.{name}") for name in ("F", "df_error"))
            for end, share in (("low", 0.95), ("high", 0.05)):
                exact = data.r(outcome, f"eta.{effect}.{end}")
                own = data.r(outcome, f"eta.{effect}.effectsize.{end}")
                if own != pytest.approx(exact, rel=1e-5, abs=1e-6):
                    missed, met = (
                        abs(stats.ncf.cdf(f, 1, df, df * eta / (1 - eta)) - share)
                        for eta in (own, exact)
                    )
                    assert met < 1e-9 < missed


def test_rank_tests_correction_for_continuity(data):
    """SciPy's and R's default is corrected; PSPP's and SPSS's is not, and its p is smaller."""
    for outcome, arms in data.arms.items():
        plain = stats.mannwhitneyu(*arms.change, use_continuity=False, method="asymptotic").pvalue
        assert plain == pytest.approx(data.r(outcome, "mann_whitney.p"), rel=1e-9)
        assert plain < sensitivity.tests_of(arms)["mann_whitney_p"]


def test_boots_acceleration_takes_no_account_of_group_sizes(data):
    """boot.ci adds up influences of strata as they are; its ends lie near, not on, ours.

    It also interpolates between samples on the normal scale, and leaves ties with the estimate out
    of the bias, which shifts whole steps where there are many.
    """
    if data.name not in ("heavy_ties", "few_people"):
        ends = bca_of(data)
        for outcome, (low, high) in ends.items():
            width = high - low
            for name, value in (("low", low), ("high", high)):
                own = data.r(outcome, f"boot_bca.{name}")
                assert abs(own - value) < 0.1 * width
    differ = [
        data.r(o, "boot_bca.acceleration") != pytest.approx(data.r(o, "bca.acceleration"), rel=1e-3)
        for o in data.outcomes
    ]
    assert any(differ)


def test_omega_where_a_loading_reaches_one(study):
    """The least residuals with loadings of at most 1 (Harman & Fukuda, 1966)."""
    data = Dataset(HEYWOOD[0], study)
    omega = omega_of(data.answers(HEYWOOD[1]))
    assert omega == pytest.approx(data.r(HEYWOOD[1], "omega"), rel=1e-9)


def test_psych_keeps_loadings_below_one(study):
    """Its uniquenesses are .005 or more, so its omega differs where a loading would reach 1."""
    data = Dataset(HEYWOOD[0], study)
    assert data.r(HEYWOOD[1], "highest_loading") == 1
    exact, own = (data.r(HEYWOOD[1], name) for name in ("omega", "omega.psych"))
    assert own == pytest.approx(exact, rel=2e-3)
    assert own != pytest.approx(exact, rel=1e-4)
