"""Batched interactions against one at a time: pingouin, SciPy, and complete enumeration."""

import numpy as np
import pandas as pd
import pingouin as pg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from imp_trials import resampling


def people(first=6, second=5, outcomes=3, seed=1):
    random = np.random.default_rng(seed)
    changes = random.integers(-4, 6, size=(first + second, outcomes)).astype(float)
    return changes, np.arange(first + second) < first


@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")
def test_f_is_pingouins_interaction():
    changes, in_first = people(14, 9)
    before = np.random.default_rng(2).normal(20, 4, size=len(changes))
    found = resampling.observed(changes, in_first)
    for outcome in range(changes.shape[1]):
        long = pd.DataFrame(
            {
                "who": np.tile(np.arange(len(changes)), 2),
                "group": np.tile(in_first, 2),
                "time": np.repeat(["a", "b"], len(changes)),
                "score": np.concatenate([before, before + changes[:, outcome]]),
            }
        )
        anova = pg.mixed_anova(long, "score", within="time", subject="who", between="group")
        f = anova.set_index("Source").loc["Interaction", "F"]
        assert found.F[0, outcome] == pytest.approx(f, rel=1e-10)


@given(st.integers(2, 9), st.integers(2, 9), st.integers(0, 500))
def test_f_is_the_squared_t_of_change(first, second, seed):
    changes, in_first = people(first, second, seed=seed)
    found = resampling.observed(changes, in_first).F[0]
    for outcome, f in enumerate(found):
        a, b = changes[in_first, outcome], changes[~in_first, outcome]
        if np.ptp(a) == 0 and np.ptp(b) == 0:
            assert np.isnan(f)
        else:
            assert f == pytest.approx(stats.ttest_ind(a, b).statistic ** 2, rel=1e-9, abs=1e-9)


def test_leaving_one_out_is_the_study_without_that_person():
    changes, in_first = people()
    found = resampling.leave_one_out(changes, in_first)
    for person in range(len(changes)):
        rest = np.delete(np.arange(len(changes)), person)
        again = resampling.observed(changes[rest], in_first[rest])
        assert found.F[person] == pytest.approx(again.F[0])
        assert found.difference[person] == pytest.approx(again.difference[0])


def test_bootstrap_differences_spread_as_the_plug_in_variance_says(monkeypatch):
    changes, in_first = people(30, 20)
    groups = changes[in_first], changes[~in_first]
    expected = np.sqrt(sum(values.var(axis=0) / len(values) for values in groups))
    drawn = resampling.bootstrap_differences(changes, in_first, 20_000)
    assert drawn.std(axis=0) == pytest.approx(expected, rel=0.03)
    # In how many batches they are drawn makes no difference.
    monkeypatch.setattr(resampling, "CELLS_A_BATCH", 7_000)
    again = resampling.bootstrap_differences(changes, in_first, 20_000)
    assert again == pytest.approx(drawn, rel=1e-12, abs=1e-12)


def test_draws_fall_with_the_number_of_people_and_no_further_than_the_fewest():
    drawn = [resampling.draws_for(n, 10_000, 100) for n in (47, 1_000, 2_000, 10_000, 10**6)]
    assert drawn == [10_000, 10_000, 5_000, 1_000, 100]


def test_exact_permutation_p_is_scipys():
    changes, in_first = people()
    p, assignments, exact = resampling.permutation_p(changes, in_first)
    assert (assignments, exact) == (462, True)
    for outcome in range(changes.shape[1]):
        samples = (changes[in_first, outcome], changes[~in_first, outcome])
        test = stats.permutation_test(
            samples, lambda a, b: abs(a.mean() - b.mean()), alternative="greater", n_resamples=1000
        )
        assert p[outcome] == pytest.approx(test.pvalue)


def test_drawn_permutation_p_is_near_the_exact_one_and_never_zero():
    changes, in_first = people()
    exact, *_ = resampling.permutation_p(changes, in_first)
    drawn, count, _ = resampling.permutation_p(changes + 0.0, in_first, draws=400)
    assert count == 400
    assert np.all(drawn >= 1 / 401)
    assert drawn == pytest.approx(exact, abs=5 * np.sqrt(0.25 / 400))


def test_the_same_seed_draws_the_same():
    changes, in_first = people(25, 22)
    assert resampling.permutation_p(changes, in_first, draws=2000)[0].tolist() == (
        resampling.permutation_p(changes, in_first, draws=2000)[0].tolist()
    )


def test_bca_interval_is_scipys_on_the_same_samples():
    """SciPy draws its own samples, so ends agree up to chance; a skewed case, where BCa matters."""
    random = np.random.default_rng(5)
    values = random.exponential(size=(60, 1))
    in_first = np.arange(60) < 32
    seen = resampling.observed(values, in_first)
    drawn = resampling.bootstrap_differences(values, in_first, 20_000)
    left_out = resampling.leave_one_out(values, in_first)
    low, high = resampling.bca_interval(drawn, seen.difference[0], left_out.difference, in_first)
    expected = stats.bootstrap(
        (values[in_first, 0], values[~in_first, 0]),
        lambda a, b, axis: a.mean(axis) - b.mean(axis),
        n_resamples=20_000,
        vectorized=True,
        rng=np.random.default_rng(6),
    ).confidence_interval
    width = expected.high - expected.low
    assert low[0] == pytest.approx(expected.low, abs=0.04 * width)
    assert high[0] == pytest.approx(expected.high, abs=0.04 * width)
