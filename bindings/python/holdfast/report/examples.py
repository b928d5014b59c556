"""The questions whose answers changed: a few of each kind on the page, all in a CSV."""

from __future__ import annotations

from .figure import Data
from .ledger import KIND_NAMES, Ledger, kinds
from .markup import escape, plural
from .question import Question
from .section import Folded, Part
from .study import BEFORE, Evaluation, Study

# How many questions of a kind the page shows for a group on an evaluation.
SHOWN = {"lost": 5, "gained": 5, "moved": 3, "kept_right": 1, "kept_wrong": 1}
ORDER = ("lost", "gained", "moved", "kept_right", "kept_wrong")


def examples(study: Study, shown: list[Evaluation]) -> list[Part]:
    """Folded questions by evaluation, group and kind, of each group's first seed."""
    by_evaluation: list[Part] = []
    for evaluation in shown:
        questions = study.questions.get(evaluation.role)
        before = study.ledgers.get((BEFORE, "", evaluation.role))
        if not questions or before is None:
            continue
        groups = [Folded(head(group, found), cards(before, ledger, questions, found))
                  for group in study.groups for _, ledger in study.tuned(group, evaluation.role)[:1]
                  if (found := by_kind(before, ledger))]
        if groups:
            by_evaluation.append(Folded(f"The questions of {escape(evaluation.title)}", groups))
    parts: list[Part] = []
    if by_evaluation:
        seeds = sorted({study.seeds(group)[0] for group in study.groups if len(study.seeds(group)) > 1})
        parts.append("<h3>The questions</h3><p>The surest answers after tuning come first"
                     + (f"; of several seeds the first ({escape(', '.join(seeds))}) is shown" if seeds else "") + ". All of them stand in "
                     "<code>flip-questions.csv</code>, which <code>--figures</code> writes.</p>")
    if study.unread:
        parts.append('<p class="note">The study file does not hold the texts of some questions (a study run again with this version '
                     f"does), and the files they came from are not there or have changed: {escape('; '.join(study.unread))}.</p>")
    return parts + by_evaluation


def by_kind(before: Ledger, after: Ledger) -> dict[str, list[int]]:
    """The places of the items of each kind, the surest after tuning first."""
    found = kinds(before, after)
    confidence = after.confidence
    return {kind: sorted((i for i, name in enumerate(found) if name == kind), key=lambda i: (-confidence[i], i))
            for kind in ORDER if kind in found}


def head(group: str, found: dict[str, list[int]]) -> str:
    counted = ", ".join(f"{len(found[kind])} {kind}" for kind in ("lost", "gained", "moved") if kind in found)
    return f"{escape(group)} <small>{counted or 'no answer changed'}</small>"


def cards(before: Ledger, after: Ledger, questions: dict[str, Question], found: dict[str, list[int]]) -> list[str]:
    parts = []
    for kind, places in found.items():
        count = min(SHOWN[kind], len(places))
        told = f"{plural(len(places), 'question')}" + (f", {count} shown" if count < len(places) else "")
        parts.append(f"<h4>{KIND_NAMES[kind].capitalize()} <small>{told}</small></h4>")
        shown = "".join(card(before, after, questions[before.ids[i]], i) for i in places[:count])
        parts.append(f'<div class="cards">{shown}</div>')
    return parts


def card(before: Ledger, after: Ledger, question: Question, i: int) -> str:
    """One question with its choices, each with its probability before and after."""
    lines = []
    for choice, text in enumerate(question.choices):
        tags = [name for name, place in (("✓ right", before.gold[i]), ("before", before.predicted[i]), ("after", after.predicted[i]))
                if place == choice]
        marks = "".join(f' <span class="tag {name.split()[-1]}">{name}</span>' for name in tags)
        p, q = before.probability[i][choice], after.probability[i][choice]
        lines.append(f"<li>{escape(text)}{marks} <small>{p:.2f} → {q:.2f}</small></li>")
    return f'<div class="card"><p>{escape(question.question)}</p><ol type="A">{"".join(lines)}</ol></div>'


def flipped(study: Study, shown: list[Evaluation]) -> Data | None:
    """Every answer that is not the one before, of every group and seed."""
    columns = ["role", "model", "seed", "id", "kind", "question", "right_answer", "answer_before", "answer_after", "confidence_before",
               "confidence_after"]
    found = []
    for evaluation in shown:
        role = evaluation.role
        before, questions = study.ledgers.get((BEFORE, "", role)), study.questions.get(role, {})
        if before is None:
            continue
        for group in study.groups:
            for seed, after in study.tuned(group, role):
                for i, kind in enumerate(kinds(before, after)):
                    if kind not in ("lost", "gained", "moved"):
                        continue
                    asked = questions.get(before.ids[i])
                    texts = [asked.choices[k] if asked else int(k) for k in (before.gold[i], before.predicted[i], after.predicted[i])]
                    found.append([role, group, seed, before.ids[i], kind, asked.question if asked else None, *texts,
                                  float(before.confidence[i]), float(after.confidence[i])])
    return Data("flip-questions", columns, found) if found else None


