"""The training loss of every group and seed, and what the rows were like."""

from __future__ import annotations

import math

from .. import curves
from ..figure import Data
from ..markup import escape, table
from ..section import Folded, Part, Section
from ..study import Study, rounded


def section(study: Study) -> Section | None:
    if not any(t.losses for t in study.training):
        return None
    rows = [[escape(t.model), str(t.rows), str(t.target_tokens), str(len(t.losses)), rounded(t.initial_loss, 3),
             rounded(t.losses[-1] if t.losses else math.nan, 3), rounded(t.weight_distance, 3)] for t in study.training]
    several = any(len(study.seeds(group)) > 1 for group in study.groups)
    data = Data("loss", ["model", "seed", "step", "loss"],
                [[t.group, t.seed, step, loss] for t in study.training for step, loss in enumerate(t.losses, 1)])
    figure = curves.figure(study, "loss", "Training loss", "loss, nats", lambda t: (list(range(1, len(t.losses) + 1)), t.losses), data,
                           zero=True)
    parts: list[Part] = ["<p>The loss of each step in nats for a target token" + (", a line for each seed" if several else "")
             + "; the other groups lie faint behind. Groups differ in more than the truth of their labels: read differences between them "
             "beside these numbers.</p>", figure,
             Folded("Each tuning", [table(["tuning", "rows", "target tokens", "steps", "loss of the first step", "loss of the last step",
                                           "distance of the weights"], rows)])]
    if study.balance:
        parts.append(Folded("The rows of the groups", [balance(study)]))
    return Section("training", "Training", parts)


def balance(study: Study) -> str:
    """What the rows of each group are like."""
    keys = [key for key, value in study.balance[0].items() if isinstance(value, (int, float, str)) and key not in ("source", "rows")]
    rows = [[escape(value) if isinstance(value := row.get(key), str) else "–" if value is None else f"{value:.4g}" for key in keys]
            for row in study.balance]
    return table([key.replace("_", " ") for key in keys], rows)
