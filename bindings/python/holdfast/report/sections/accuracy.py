"""Accuracy of every model on every evaluation, with intervals and single seeds."""

from __future__ import annotations

from matplotlib.axes import Axes

from .. import rows
from ..figure import Data, Figure, Panel
from ..markup import escape, interval, table
from ..section import Folded, Part, Section
from ..study import Evaluation, Interval, Study
from ..style import Colours


def section(study: Study) -> Section | None:
    several = any(len(study.seeds(group)) > 1 for group in study.groups)
    note = ("Each mark is a model with its interval over questions" + (" and seeds; the strokes beneath are the single seeds" if several
                                                                       else "")
            + ". The dashed line is the model before tuning, the dotted one is guessing.")
    found = figure(study)
    cells = [[escape(model)] + [interval(o.accuracy, 100, 1) if (o := study.outcomes.get((model, e.role))) else "–"
                                for e in study.evaluations] for model in study.models]
    parts: list[Part] = [f"<p>{note}</p>", found, Folded("The numbers, %", [
        table(["model"] + [e.title for e in study.evaluations], cells)])]
    if several and (single := seed_rows(study)):
        parts.append(Folded("By seed, %", [table(["model", "seed"] + [e.title for e in study.evaluations], single)]))
    return Section("accuracy", "Accuracy", parts)


def figure(study: Study) -> Figure:
    values = [o.accuracy for o in study.outcomes.values()]
    single = [Interval(ledger.accuracy) for ledger in study.ledgers.values()]
    reach = rows.reach(values + single, [e.chance for e in study.evaluations])
    panels = [Panel(e.title, lambda axes, colours, e=e: draw(axes, colours, study, e, reach),
                    note="" if e.headroom else
                    "No headroom: before tuning the interval includes guessing, so losses cannot show here.")
              for e in study.evaluations]
    return Figure("accuracy", "Accuracy", panels, data(study), height=rows.height(len(study.models)))


def draw(axes: Axes, colours: Colours, study: Study, evaluation: Evaluation, reach: tuple[float, float]) -> None:
    role = evaluation.role
    values = {model: study.outcomes[model, role].accuracy for model in study.models if (model, role) in study.outcomes}
    seeds = {model: [ledger.accuracy for _, ledger in study.tuned(model, role)] for model in values}
    rows.draw(axes, colours, values, seeds, scale=100)
    axes.axvline(100 * evaluation.chance, color=colours.faint, linestyle=(0, (1, 2)), linewidth=1.4, zorder=1)
    if study.models[0] in values:
        axes.axvline(100 * values[study.models[0]].mean, color=colours.faint, linestyle=(0, (4, 3)), linewidth=1.1, zorder=1)
    axes.set_xlim(100 * reach[0], 100 * reach[1])
    axes.set_xlabel(f"accuracy, % of {evaluation.count} questions")


def data(study: Study) -> Data:
    """One row for all seeds together, with an interval, and one for each seed, without."""
    found = []
    for e in study.evaluations:
        for model in study.models:
            outcome = study.outcomes.get((model, e.role))
            if outcome is None:
                continue
            a = outcome.accuracy
            found.append([e.role, e.name, model, "", e.count, a.mean, a.low, a.high, e.chance])
            found += [[e.role, e.name, model, seed, e.count, ledger.accuracy, None, None, e.chance]
                      for seed, ledger in study.tuned(model, e.role) if seed]
    return Data("accuracy", ["role", "evaluation", "model", "seed", "questions", "accuracy", "lower", "upper", "chance"], found)


def seed_rows(study: Study) -> list[list[str]]:
    found = []
    for group in study.groups:
        for seed in study.seeds(group):
            ledgers = [study.ledgers.get((group, seed, e.role)) for e in study.evaluations]
            if any(ledgers):
                found.append([escape(group), escape(seed)]
                             + [interval(Interval(ledger.accuracy), 100, 1) if ledger else "–" for ledger in ledgers])
    return found
