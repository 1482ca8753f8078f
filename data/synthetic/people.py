"""The people of the synthetic study: groups, ages, sexes, professions, and what they evaluated."""

from collections.abc import Callable
from random import Random
from statistics import correlation, fmean, stdev

from imp_common.errors import AnalysisError
from imp_intake.settings.sections import Question
from imp_intake.settings.study import Study
from synthetic.calibration import pick, shuffled, whole_numbers
from synthetic.scores import columns_of
from synthetic.targets import EXTREMES, Targets

# A correlation that is far from significance at n = 24, where |r| = .404 has p = .05.
LARGEST_CORRELATION = 0.20
FORM_NOT_RETURNED = 9

# Paraphrases, not quotations, of what the paper reports.
ADVERSE_REACTION = "memories of earlier events came back, also in dreams"
AWARENESS_PROBLEMS = (
    "says no more often since noticing own habits; fine for me, less so for others",
    "too conscious of everything",
    "notices more than is pleasant, and too often",
    "it is odd that people around me do not notice these things",
)


def make_participants(random: Random, study: Study, targets: Targets) -> list[dict]:
    """Make ages, sexes and professions with the printed figures."""
    sizes = [targets.count(f"sample.n.{group.id}") for group in study.groups]
    ages = make_ages(random, study, targets, sizes)
    first_training_group = targets.count("sample.n.training_group_1")
    people: list[dict] = []
    for group, size, group_ages in zip(study.groups, sizes, ages, strict=True):
        men = targets.count(f"sample.men.count.{group.id}")
        sexes = shuffled(random, ["m"] * men + ["v"] * (size - men))
        codes = study.settings.participants.profession_codes.items()
        counts = {code: targets.count(f"table3.{name}.count.{group.id}") for code, name in codes}
        professions = [code for code, count in counts.items() for _ in range(count)]
        courses = [1 if i < first_training_group else 2 for i in range(size)]
        courses = courses if group.role == "intervention" else [""] * size
        columns = {"course": courses, "sex": sexes, "age": group_ages}
        columns["profession"] = shuffled(random, professions)
        for of_person in zip(*columns.values(), strict=True):
            about = dict(zip(columns, of_person, strict=True))
            people.append({"number": len(people) + 1, "group": group.code} | about)
    return people


def make_ages(random: Random, study: Study, targets: Targets, sizes: list[int]) -> list[list[int]]:
    """Find ages with the printed means and SDs by group and, together, of everyone."""
    youngest, oldest = (targets.count(f"sample.age.{name}.total") for name in EXTREMES)
    # Who is youngest and who is oldest is not printed: one in each group.
    limits = [(youngest + 6, oldest), (youngest, oldest - 3)]
    wanted = {
        group: [targets.by_id[f"sample.age.{what}.{group}"] for what in ("mean", "sd")]
        for group in (*study.group_labels, "total")
    }
    for _ in range(200):
        ages = [
            whole_numbers(random, size, *wanted[group], *limit)
            for group, size, limit in zip(study.group_labels, sizes, limits, strict=True)
        ]
        everyone, (mean, sd) = ages[0] + ages[1], wanted["total"]
        if mean.is_met(fmean(everyone)) and sd.is_met(stdev(everyone)):
            return ages
    raise AnalysisError("The printed ages of the groups and of everyone do not hold together.")


# ---------------------------------------------------------------- evaluation forms


def make_evaluation(
    random: Random, study: Study, targets: Targets, scores: list[list[list[int]]]
) -> list[dict]:
    """Make the evaluation forms with the printed figures, a row a trained participant."""
    trained = targets.count("sample.n.training")
    forms = targets.count("sample.forms.count")
    columns: dict[str, list] = {}
    for question in study.questions.values():
        if question.kind == "number":
            columns[question.id] = numbers_of(random, targets, question, forms)
        elif question.kind == "choice" and question.id not in ("adverse", "future_plans"):
            columns[question.id] = chosen(random, question, forms, targets.people_of)
        elif question.kind == "several":
            columns[question.id] = several_of(random, targets, question, forms)
    columns |= organisation_parts(random, targets, forms)
    plans = study.questions["future_plans"]
    columns["future_plans"] = chosen(random, plans, forms, targets.people_of)
    columns |= adverse_of(random, targets, study.questions["adverse"], forms)
    people = [p for p in range(trained) if p + 1 != FORM_NOT_RETURNED][:forms]
    spread_home_practice(random, study, columns, scores, people)
    return [
        {"number": person + 1} | {name: values[i] for name, values in columns.items()}
        for i, person in enumerate(people)
    ]


def numbers_of(random: Random, targets: Targets, question: Question, forms: int) -> list:
    """Answer a question with a number so that its printed figures come out."""
    name = f"feasibility.{question.id}"
    mean, sd = targets.get(f"{name}.mean"), targets.get(f"{name}.sd")
    if not (mean and sd):
        return [""] * forms
    lowest, highest = (targets.count(f"{name}.{extreme}") for extreme in EXTREMES)
    step = 5 if highest > 60 else 1
    return whole_numbers(random, forms, mean, sd, lowest, highest, step)


def chosen(
    random: Random, question: Question, forms: int, people_of: Callable[[str, int], int]
) -> list[str]:
    """Answer a question with one choice as often as is printed; the other forms leave it empty."""
    counts = {
        code: people_of(f"feasibility.{question.id}.{choice}", forms)
        for code, choice in question.choices.items()
    }
    answers = [code for code, count in counts.items() for _ in range(count)]
    # 88 % and 13 % of 24 are 21 and 3; rounding each alone could give one too many.
    return shuffled(random, (answers + [""] * forms)[:forms])


def several_of(random: Random, targets: Targets, question: Question, forms: int) -> list[str]:
    """Answer a question that allows several choices so that its counts come out."""
    ticked: list[list[str]] = [[] for _ in range(forms)]
    none_code = next((c for c, i in question.choices.items() if i.startswith("nothing")), None)
    people = shuffled(random, range(forms))
    if none_code:
        content = targets.count(f"{question.id}.{question.choices[none_code]}.count")
        for person in people[:content]:
            ticked[person].append(none_code)
        people = people[content:]
    for turn, (code, choice) in enumerate(question.choices.items()):
        if code == none_code:
            continue
        wanted = targets.count(f"{question.id}.{choice}.count")
        # Whoever has ticked least so far comes first, so that nobody leaves the question open.
        order = sorted(shuffled(random, people), key=lambda p: len(ticked[p]) if turn else 0)
        for person in order[:wanted]:
            ticked[person].append(code)
    return [", ".join(codes) for codes in ticked]


def organisation_parts(random: Random, targets: Targets, forms: int) -> dict[str, list[int]]:
    """Split the printed satisfaction with the organisation into its two questions."""
    name = "feasibility.organisation"
    lowest, highest = (targets.count(f"{name}.{extreme}") for extreme in EXTREMES)
    mean, sd = targets.by_id[f"{name}.mean"], targets.by_id[f"{name}.sd"]
    sums = whole_numbers(random, forms, mean, sd, lowest, highest)
    locations = [min(5, max(1, (total + pick(random, 2)) // 2)) for total in sums]
    information = [total - part for total, part in zip(sums, locations, strict=True)]
    return {"location": locations, "information": information}


def adverse_of(
    random: Random, targets: Targets, question: Question, forms: int
) -> dict[str, list[str]]:
    """Report the unwanted effects, paraphrased."""
    codes = {choice: code for code, choice in question.choices.items()}
    reported = [(codes["adverse_reactions"], ADVERSE_REACTION)]
    reported *= targets.count("harms.adverse_reactions.count")
    problems = targets.count("harms.awareness_problems.count")
    texts = AWARENESS_PROBLEMS * (problems // len(AWARENESS_PROBLEMS) + 1)
    reported += [(codes["awareness_problems"], text) for text in texts[:problems]]
    reported += [(codes["none"], "")] * (forms - len(reported))
    answers, texts = zip(*shuffled(random, reported), strict=True)
    return {"adverse": list(answers), "adverse_detail": list(texts)}


def spread_home_practice(
    random: Random, study: Study, columns: dict[str, list], scores: list, people: list[int]
) -> None:
    """Give the amounts of home practice to people so that they correlate with no main change."""
    changes = []
    for outcome in study.main_outcomes:
        parts = columns_of(outcome.scale, study)
        changes.append([sum(scores[p][1][c] - scores[p][0][c] for c in parts) for p in people])
    names = ("practice_minutes", "study_minutes")
    for _ in range(20_000):
        columns |= {name: shuffled(random, columns[name]) for name in names}
        amounts = [sum(both) for both in zip(*(columns[name] for name in names), strict=True)]
        if all(abs(correlation(amounts, change)) < LARGEST_CORRELATION for change in changes):
            return
    raise AnalysisError("No home practice was found that correlates with none of the changes.")
