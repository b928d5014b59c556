"""What the models knew while they were tuned."""

from __future__ import annotations

import math
from functools import partial

from .. import curves
from ..figure import Data
from ..markup import escape, table
from ..section import Folded, Part, Section
from ..study import Study, Training, rounded

MEASURES = [("drift-consistency", "Consistency with the model before", "rank-Pearson", "rank_pearson", 1, 1.0),
            ("drift-accuracy", "Accuracy", "accuracy, %", "accuracy", 100, None)]


def section(study: Study) -> Section | None:
    measured = [t for t in study.training if t.drift]
    if not measured:
        return None
    several = any(len(study.seeds(group)) > 1 for group in study.groups)
    stopped = [t.model for t in measured if t.stopped_early]
    parts: list[Part] = ["<p>Measured between steps, on questions kept apart from all others. A panel for each group"
             + (", a line for each seed" if several else "") + "; the other groups lie faint behind. Before the first step "
             "consistency is 1."
             + (f" A cross ends a tuning that was stopped early ({escape(', '.join(stopped))})." if stopped else "") + "</p>"]
    for name, title, axis, measure, scale, base in MEASURES:
        if any(math.isfinite(getattr(m, measure)) for t in measured for m in t.drift):
            figure = curves.figure(study, name, f"{title} during training", axis,
                                   partial(curve, measure=measure, scale=scale, start=base), data(measured, name, measure), base=base)
            parts += [f"<h3>{title}</h3>", figure]
    cells = [[escape(t.model), str(m.step), rounded(100 * m.accuracy, 1), rounded(m.rank_pearson, 3), rounded(m.kl, 3),
              rounded(100 * m.same_top, 1)] for t in measured for m in t.drift]
    parts.append(Folded("The numbers", [
        table(["tuning", "step", "accuracy, %", "rank-Pearson", "KL, nats", "same top choice, %"], cells)]))
    return Section("drift", "Knowledge during training", parts)


def curve(tuning: Training, measure: str, scale: float, start: float | None) -> tuple[list[int], list[float]]:
    """The points of a tuning; what is known to begin at a level is drawn from there, at step 0."""
    points = [(m.step, scale * getattr(m, measure)) for m in tuning.drift]
    if start is not None and points:
        points.insert(0, (0, start))
    return [step for step, _ in points], [value for _, value in points]


def data(measured: list[Training], name: str, measure: str) -> Data:
    return Data(name, ["model", "seed", "step", measure],
                [[t.group, t.seed, m.step, getattr(m, measure)] for t in measured for m in t.drift])
