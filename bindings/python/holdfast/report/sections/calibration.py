"""Calibration before and after tuning: errors of every group, and reliability diagrams."""

from __future__ import annotations

import statistics

from matplotlib.axes import Axes

from .. import rows
from ..figure import Data, Figure, Panel, slug, tile
from ..ledger import Calibration, bins, calibration
from ..markup import escape, table
from ..section import Folded, Part, Section
from ..study import BEFORE, Evaluation, Interval, Study, rounded
from ..style import Colours


def section(study: Study) -> Section | None:
    shown = [e for e in study.evaluations if study.tuned(BEFORE, e.role) and any(study.tuned(g, e.role) for g in study.groups)
             and study.tuned(BEFORE, e.role)[0][1].answered.any()]
    if not shown:
        return None
    found = {(model, e.role): [(seed, calibration(ledger)) for seed, ledger in study.tuned(model, e.role)]
             for e in shown for model in study.models}

    def mean(model: str, role: str, name: str) -> float:
        return statistics.fmean(getattr(c, name) for _, c in found[model, role])

    cells = [[escape(e.title), escape(model)] + [rounded(mean(model, e.role, name), 3) for name in ("error", "rms", "brier")]
             for e in shown for model in study.models if found[model, e.role]]
    several = any(len(study.seeds(group)) > 1 for group in study.groups)
    parts: list[Part] = ["<p>A model is well calibrated when of the answers it gives with a confidence of 70 % seven in ten are right. The expected "
             "calibration error is the mean gap between confidence and accuracy over ten bins"
             + ("; mean of the seeds, which stand beneath as strokes" if several else "") + ". The dashed line is the model before "
             "tuning.</p>", errors(study, shown, found),
             Folded("The numbers", [table(["evaluation", "model", "ECE", "RMS", "Brier"], cells, left=(0, 1)),
                                    '<p class="note">ECE: expected calibration error; RMS: root mean square calibration error, both over 10 '
                                    "bins of equal width; Brier: squared distance of the choices' probabilities from the right answer, 0 … "
                                    "2.</p>"])]
    parts.append("<h3>Reliability</h3><p>Share of right answers against confidence, by tenths of confidence: the group in colour, "
                 "the model before in grey; larger marks hold more answers. On the diagonal confidence is honest, below it the model is "
                 "surer than it is right.</p>")
    for place, e in enumerate(shown):
        name = slug(e.role)
        alone = sum(slug(other.role) == name for other in shown) == 1
        parts.append(Folded(escape(e.title), [reliability(study, e, name if alone else f"{name}-{place}")], opened=place == 0))
    return Section("calibration", "Calibration before and after", parts)


def errors(study: Study, shown: list[Evaluation], found: dict[tuple[str, str], list[tuple[str, Calibration]]]) -> Figure:
    values = {key: [c.error for _, c in calibrations] for key, calibrations in found.items() if calibrations}
    reach = rows.reach([Interval(v) for single in values.values() for v in single])
    columns = ["role", "model", "seed", "ece", "rms", "brier"]
    data = Data("calibration", columns, [[e.role, model, seed, c.error, c.rms, c.brier] for e in shown for model in study.models
                                         for seed, c in found[model, e.role]])

    def draw(axes: Axes, colours: Colours, e: Evaluation) -> None:
        here = {model: values[model, e.role] for model in study.models if (model, e.role) in values}
        rows.draw(axes, colours, {model: Interval(statistics.fmean(single)) for model, single in here.items()}, here, decimals=3)
        if BEFORE in here:
            axes.axvline(here[BEFORE][0], color=colours.faint, linestyle=(0, (4, 3)), linewidth=1.1, zorder=1)
        axes.set_xlim(max(0, reach[0]), reach[1])
        axes.set_xlabel("expected calibration error")

    panels = [Panel(e.title, lambda axes, colours, e=e: draw(axes, colours, e)) for e in shown]
    return Figure("calibration", "Calibration", panels, data, height=rows.height(len(study.models)))


def reliability(study: Study, evaluation: Evaluation, name: str) -> Figure:
    role = evaluation.role
    binned = {model: bins([ledger for _, ledger in study.tuned(model, role)]) for model in study.models if study.tuned(model, role)}
    groups = [model for model in binned if model != BEFORE]
    data = Data(f"reliability-{name}", ["role", "model", "bin_from", "bin_to", "answers", "confidence", "accuracy"],
                [[role, model, b.low, b.high, b.count, b.confidence, b.accuracy] for model, found in binned.items() for b in found])

    def draw(axes: Axes, colours: Colours, group: str) -> None:
        axes.plot([0, 1], [0, 1], color=colours.faint, linewidth=1, linestyle=(0, (1, 2)), zorder=1)
        for model in (BEFORE, group):
            found = binned[model]
            total = sum(b.count for b in found)
            colour = colours.of(model)
            x, y = [b.confidence for b in found], [b.accuracy for b in found]
            axes.plot(x, y, color=colour, linewidth=1.4, linestyle=colours.line(model), zorder=2 + (model == group))
            axes.scatter(x, y, s=[14 + 220 * b.count / total for b in found], marker=colours.marker(model), color=colour, zorder=3 + (
                model == group), linewidths=0.6, edgecolors=colours.card, alpha=0.9 if model == group else 0.75)
        axes.set_xlim(0, 1.02)
        axes.set_ylim(-0.02, 1.02)
        axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
        axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
        axes.set_xlabel("confidence")
        axes.set_ylabel("share right")

    panels = [Panel(group, lambda axes, colours, group=group: draw(axes, colours, group)) for group in groups]
    return Figure(data.name, f"Reliability, {evaluation.title}", panels, data, **tile(len(groups)))
