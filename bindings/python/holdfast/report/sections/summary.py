"""The summary: what the numbers say, in words."""

from __future__ import annotations

from ..markup import bullets, escape, plural
from ..study import BEFORE, Evaluation, Study, rounded


def summary(study: Study) -> str:
    """What is decided first, then where accuracy and consistency lie; the study's other sentences folded away."""
    decided = [c.sentence for c in study.contrasts if c.decided]
    undecided = [c.sentence for c in study.contrasts if not c.decided]
    told = {c.sentence for c in study.contrasts}
    rest = [sentence for sentence in study.summary if sentence not in told]
    consistency = [line for line in rest if any(line.startswith(f"{model} on ") for model in study.models)]
    drift = [line for line in rest if any(line.startswith(f"{model}: consistency by step") for model in study.models)]
    others = [line for line in rest if line not in consistency and line not in drift]

    head = ""
    count = len(study.contrasts)
    if decided:
        head = f"<p><strong>{len(decided)} of {count} declared differences between groups are decided:</strong></p>{bullets(decided)}"
    elif count:
        head = (f"<p><strong>None of the {count} declared differences between groups is decided.</strong> "
                "That is not a finding of no difference: see how large one would have to be.</p>")
    lines = [line for e in study.evaluations if (line := accuracy(study, e))]
    lines += [line for line in (changed(study),) if line] + others
    text = (head + (bullets(lines) if lines else "") + folded(f"Undecided ({len(undecided)})", undecided)
            + folded(f"Consistency of each group ({len(consistency)})", consistency)
            + folded(f"The course of each tuning ({len(drift)})", drift)
            + "".join(f'<p class="note">Warning: {escape(line)}.</p>' for line in study.warnings))
    return text or "<p>The study holds no summary.</p>"


def folded(heading: str, lines: list[str]) -> str:
    return f"<details><summary>{escape(heading)}</summary>{bullets(lines)}</details>" if lines else ""


def accuracy(study: Study, evaluation: Evaluation) -> str:
    """Where the accuracies on an evaluation lie."""
    role = evaluation.role
    found = {model: study.outcomes[model, role].accuracy for model in study.models if (model, role) in study.outcomes}
    groups = [model for model in found if model != BEFORE]
    if not groups:
        return ""

    def told(model: str) -> str:
        value = found[model]
        return f"{rounded(100 * value.mean, 1)} % [{rounded(100 * value.low, 1)}, {rounded(100 * value.high, 1)}]"

    low, high = (choose(groups, key=lambda model: found[model].mean) for choose in (min, max))
    before = f"{told(BEFORE)} before tuning; after it " if BEFORE in found else ""
    span = (f"between {told(low)} ({low}) and {told(high)} ({high})" if low != high else f"{told(low)} ({low})")
    return f"Accuracy on {evaluation.place}: {before}{span}."


def changed(study: Study) -> str:
    """How many groups changed more than a change of prompt does, by the bounds of their intervals."""
    verdicts = {"more": 0, "less": 0, "undecided": 0}
    for (model, role), outcome in study.outcomes.items():
        floor = study.floor.get(role)
        if model == BEFORE or outcome.consistency is None or floor is None:
            continue
        low, high = outcome.consistency.low, outcome.consistency.high
        bound = floor.rank_pearson_low
        verdicts["less" if low >= bound else "more" if high < bound else "undecided"] += 1
    total = sum(verdicts.values())
    if not total:
        return ""
    return (f"Of {plural(total, 'pair')} of a group and an evaluation, {verdicts['less']} kept their knowledge as well as the untouched "
            f"model does when only its prompt changes, {verdicts['more']} changed more, and {verdicts['undecided']} are undecided.")
