"""The evaluation forms of the synthetic study."""

from math import sqrt
from random import Random

from imp_helpers.study.errors import AnalysisError
from imp_helpers.study.sections import Question
from imp_helpers.study.study import Study
from synthetic.calibration import pick, shuffled, whole_numbers
from synthetic.scores import leaves_of
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
            columns[question.id] = choices_of(random, targets, question, forms)
        elif question.kind == "several":
            columns[question.id] = several_of(random, targets, question, forms)
    columns |= organisation_parts(random, targets, forms)
    columns["future_plans"] = plans_of(random, targets, study.questions["future_plans"], forms)
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


def choices_of(random: Random, targets: Targets, question: Question, forms: int) -> list[str]:
    """Answer a question with one choice so that its printed percentages come out."""
    answers: list[str] = []
    for code, choice in question.choices.items():
        name = f"feasibility.{question.id}.{choice}.percent"
        answers += [code] * (targets.people(name, forms) if targets.get(name) else 0)
    # 88 % and 13 % of 24 are 21 and 3; rounding each alone could give one too many.
    return shuffled(random, answers[:forms])


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
    parts = zip(sums, locations, strict=True)
    return {"location": locations, "information": [total - part for total, part in parts]}


def plans_of(random: Random, targets: Targets, question: Question, forms: int) -> list[str]:
    """Answer the question on plans; who did not answer leaves it empty."""
    answers: list[str] = []
    for code, choice in question.choices.items():
        answers += [code] * targets.count(f"feasibility.future_plans.{choice}.count")
    return shuffled(random, answers + [""] * (forms - len(answers)))


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
    reported = shuffled(random, reported)
    return {
        "adverse": [code for code, _ in reported],
        "adverse_detail": [text for _, text in reported],
    }


def spread_home_practice(
    random: Random,
    study: Study,
    columns: dict[str, list],
    scores: list[list[list[int]]],
    people: list[int],
) -> None:
    """Give the amounts of home practice to people so that they correlate with no main change."""
    place = {scale.id: i for i, (_, scale) in enumerate(leaves_of(study))}
    changes = []
    for outcome in study.main_outcomes:
        parts = [place[part] for part in (outcome.scale.parts or (outcome.id,))]
        changes.append([sum(scores[p][1][c] - scores[p][0][c] for c in parts) for p in people])
    for _ in range(20_000):
        for name in ("practice_minutes", "study_minutes"):
            columns[name] = shuffled(random, columns[name])
        amounts = [
            a + b
            for a, b in zip(columns["practice_minutes"], columns["study_minutes"], strict=True)
        ]
        if all(abs(correlation(amounts, change)) < LARGEST_CORRELATION for change in changes):
            return
    raise AnalysisError("No home practice was found that correlates with none of the changes.")


def correlation(first: list[int], second: list[int]) -> float:
    """Return Pearson's r of whole numbers, from exact sums."""
    count = len(first)
    sums = sum(first), sum(second)
    product = count * sum(a * b for a, b in zip(first, second, strict=True)) - sums[0] * sums[1]
    squares = [
        count * sum(v * v for v in values) - s * s
        for values, s in zip((first, second), sums, strict=True)
    ]
    return product / sqrt(squares[0] * squares[1])
