"""Describe the sample: age, sex, professions, participant flow and drop-out."""

import numpy as np
import pandas as pd
import scipy

from imp_helpers.results import result, results_of, significance_claim
from imp_helpers.statistics.change_scores import complete_cases
from imp_helpers.statistics.effect_sizes import exact_interval, standardised_difference
from imp_helpers.study import Study

TOTAL = "total"


def by_group(participants: pd.DataFrame, study: Study) -> dict[str, pd.DataFrame]:
    """Return everyone, then each group, by name."""
    groups = {g.id: participants[participants["group"] == g.id] for g in study.groups}
    return {TOTAL: participants, **groups}


def with_intervals(table: pd.DataFrame) -> pd.DataFrame:
    """Add 95 % intervals, in per cent, to a table with columns count and n.

    New columns: exact_low, exact_high (Clopper-Pearson); empty where n is 0.
    """
    low, high = exact_interval(table["count"].to_numpy(int), table["n"].to_numpy(int))
    return table.assign(exact_low=100 * low, exact_high=100 * high)


def share(count: int, n: int) -> tuple[int, int, float]:
    """Return a count, its whole, and the percentage (missing where the whole is nobody)."""
    return count, n, 100 * count / n if n else float("nan")


def describe_sample(participants: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Describe everyone and each group.

    Columns: group, n, age_mean, age_sd (years, n - 1), age_min, age_max, men (count), men_percent
    and the ends of its 95 % interval (exact_low, exact_high).
    """
    rows = []
    for name, people in by_group(participants, study).items():
        age = people["age"].astype(float)
        men = int((people["sex"] == "man").sum()) if people["sex"].notna().any() else np.nan
        numbers = (len(people), age.mean(), age.std(), age.min(), age.max())
        rows.append((name, *numbers, men, share(men, len(people))[-1]))
    columns = ["group", "n", "age_mean", "age_sd", "age_min", "age_max", "men", "men_percent"]
    table = pd.DataFrame(rows, columns=columns)
    if table["men"].isna().any():
        return table
    return with_intervals(table.rename(columns={"men": "count"})).rename(columns={"count": "men"})


def sample_results(sample: pd.DataFrame, participants: pd.DataFrame) -> list[dict]:
    """Return the sample's figures as results."""
    names = {"n": "n", "age_mean": "age.mean", "age_sd": "age.sd", "age_min": "age.min"}
    names |= {"age_max": "age.max", "men": "men.count", "men_percent": "men.percent"}
    rows = sample.assign(size=sample["n"])
    results = []
    for column, name in names.items():
        results += results_of(rows, f"sample.{name}.{{group}}", [column], "size")
    courses = participants["training_group"].dropna().value_counts().sort_index()
    trained = int(courses.sum())
    return results + [
        result(f"sample.n.training_group_{course}", int(size), trained)
        for course, size in courses.items()
    ]


def baseline_differences(
    participants: pd.DataFrame, scores: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Compare each arm with the reference before anything happened.

    Without random allocation the ages are tested with Student's t test, equal variances assumed,
    two-sided; the same numbers as R's ``t.test(var.equal = TRUE)``. In a randomised trial
    differences are due to chance, so that age and the primary outcomes are described in pooled SDs
    and not tested (CONSORT 2025).

    Columns: label, n, and t, df, p, or standardised.
    """
    *arms, reference = study.groups
    has_age = "age" in participants and participants["age"].notna().any()
    values = {"Age": participants.set_index("group")["age"]} if has_age else {}
    if study.is_randomised:
        first = scores[scores["time"] == study.analysed_times[0].id]
        for outcome in study.main_outcomes:
            of_scale = first[first["scale"] == outcome.id]
            values[outcome.label] = of_scale.set_index("group")["score"]
    rows = []
    for label, column in values.items():
        known = column.dropna().astype(float)
        for arm in arms:
            pair = known[known.index == arm.id], known[known.index == reference.id]
            about = f"{label}, {arm.label}" if len(arms) > 1 else label, sum(map(len, pair))
            if study.is_randomised:
                rows.append((*about, standardised_difference(*pair)))
            else:
                test = scipy.stats.ttest_ind(*pair)
                rows.append((*about, *map(float, (test.statistic, test.df, test.pvalue))))
    shown = ["standardised"] if study.is_randomised else ["t", "df", "p"]
    return pd.DataFrame(rows, columns=["label", "n", *shown])


def age_results(ages: pd.DataFrame, study: Study) -> list[dict]:
    """Return the claim about the groups' ages as a result, if they were tested."""
    if "p" not in ages or ages.empty:
        return []
    claim = significance_claim(ages["p"].iloc[0], study.level)
    name = "sample.age.difference.claim"
    return [result(name, claim, int(ages["n"].iloc[0]))]


def flow(
    participants: pd.DataFrame, answers: pd.DataFrame, scores: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Count for each group who was allocated, measured and analysed (CONSORT 2025).

    Columns: group, allocated, measured_ and the time's id (has a form), analysed_low and
    analysed_high (complete cases of the primary outcomes: fewest and most), reasons (for drop-out:
    the text of study.toml, or counts of the column that it names, by reason).
    """
    cases = [complete_cases(scores, outcome.id, study) for outcome in study.main_outcomes]
    rows = []
    for group in study.groups:
        people = participants[participants["group"] == group.id]
        row = {"group": group.id, "allocated": len(people)}
        for time in study.times:
            forms = answers.loc[answers["time"] == time.id, "participant"]
            row[f"measured_{time.id}"] = int(people["participant"].isin(forms).sum())
        analysed = [int((table["group"] == group.id).sum()) for table in cases]
        row["analysed_low"], row["analysed_high"] = min(analysed), max(analysed)
        known = people.get("drop_out_reason", pd.Series(dtype=str)).value_counts().items()
        counts = {str(reason): int(count) for reason, count in known}
        rows.append(row | {"reasons": group.drop_out_reasons or counts})
    return pd.DataFrame(rows)


def drop_outs(participants: pd.DataFrame, answers: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Count who began and who was still there at the last time.

    Columns: group, enrolled, completed, dropped_out.
    """
    last = answers.loc[answers["time"] == study.times[-1].id, "participant"]
    rows = []
    for name, people in by_group(participants, study).items():
        completed = int(people["participant"].isin(last).sum())
        rows.append((name, len(people), completed, len(people) - completed))
    return pd.DataFrame(rows, columns=["group", "enrolled", "completed", "dropped_out"])


def completion(drop_out: pd.DataFrame, study: Study) -> tuple[int, int]:
    """Return how many participants in the training completed it, and how many there were."""
    trained = drop_out[drop_out["group"].isin(study.intervention_groups)]
    return int(trained["completed"].sum()), int(trained["enrolled"].sum())


def drop_out_results(drop_out: pd.DataFrame, study: Study) -> list[dict]:
    """Return the claims about drop-out and completion as results."""
    everyone = drop_out[drop_out["group"] == TOTAL].iloc[0]
    completed, trained = completion(drop_out, study)
    stayed = "dropouts" if everyone["dropped_out"] else "no_dropouts"
    done = "all_completed" if completed == trained else "not_all_completed"
    return [
        result("sample.dropouts.claim", stayed, int(everyone["enrolled"])),
        result("feasibility.completed.claim", done, trained),
    ]


def professions(participants: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Count the professions by group (Table 3).

    Columns: profession, then count., percent. and the ends of its 95 % intervals (exact_low.,
    exact_high.) of each group.
    """
    codes = study.settings.participants.profession_codes
    table = pd.DataFrame({"profession": list(dict.fromkeys(codes.values()))})
    for group in study.groups:
        people = participants.loc[participants["group"] == group.id, "profession"]
        counts = people.value_counts().reindex(table["profession"]).fillna(0).astype(int)
        cells = pd.DataFrame({"count": counts.to_numpy()}).assign(n=len(people))
        cells.insert(1, "percent", 100 * cells["count"] / len(people))
        cells = with_intervals(cells).drop(columns="n")
        table = table.join(cells.add_suffix(f".{group.id}"))
    return table


def profession_results(table: pd.DataFrame, study: Study) -> list[dict]:
    """Return the cells of Table 3 as results."""
    results = []
    for group in study.groups:
        n = int(table[f"count.{group.id}"].sum())
        for statistic in ("count", "percent"):
            cells = table.set_index("profession")[f"{statistic}.{group.id}"]
            results += [
                result(f"table3.{profession}.{statistic}.{group.id}", value, n)
                for profession, value in cells.items()
            ]
    return results
