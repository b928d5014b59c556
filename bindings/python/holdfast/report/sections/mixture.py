"""Accuracy and consistency against the share of self-aligned rows."""

from __future__ import annotations

from typing import Any, Callable

from matplotlib.axes import Axes

from .. import rows
from ..figure import Data, Figure, Panel
from ..section import Section
from ..study import BEFORE, Evaluation, Interval, Outcome, Study
from ..style import Colours, Line


def section(study: Study) -> Section | None:
    shares = sorted((share, group) for group in study.groups if (share := study.share(group)) is not None)
    if len(shares) < 2 or all(share in (0, 1) for share, _ in shares):
        return None
    return Section("mixture", "Mixtures", [
        "<p>From INCOMPATIBLE (share 0: every row teaches the right answer) to SELF-ALIGNING (share 1: every row teaches the model's "
        "own answer), on the same questions. Above accuracy, below consistency with the model before tuning, both with "
        "intervals.</p>", figure(study, shares)])


def figure(study: Study, shares: list[tuple[float, str]]) -> Figure:
    outcomes = {(group, e.role): study.outcomes[group, e.role] for _, group in shares for e in study.evaluations
                if (group, e.role) in study.outcomes}
    before = [study.outcomes[BEFORE, e.role].accuracy.mean for e in study.evaluations if (BEFORE, e.role) in study.outcomes]
    reaches = (rows.reach([o.accuracy for o in outcomes.values()], before),
               rows.reach([o.consistency for o in outcomes.values() if o.consistency],
                          [f.rank_pearson for f in study.floor.values()]))
    panels = [Panel(e.title, lambda axes, colours, e=e: draw(axes, colours, study, e, shares, reaches), stack=2)
              for e in study.evaluations]
    columns = ["role", "model", "share", "accuracy", "accuracy_lower", "accuracy_upper", "rank_pearson", "rank_pearson_lower",
               "rank_pearson_upper"]
    found: list[list[Any]] = []
    for e in study.evaluations:
        for share, group in shares:
            if o := outcomes.get((group, e.role)):
                x = o.consistency
                found.append([e.role, group, share, o.accuracy.mean, o.accuracy.low, o.accuracy.high]
                             + ([x.mean, x.low, x.high] if x else [None] * 3))
    floored = any(study.floor.get(e.role) for e in study.evaluations)
    lines: list[tuple[str, Line]] = [("before tuning", (0, (4, 3)))]
    if floored:
        lines.append(("mean of the noise floor", (0, (1, 2))))
    return Figure("mixture", "Mixtures", panels, Data("mixture", columns, found), height=4.6,
                  models=[group for _, group in shares], lines=lines)


def draw(axes: list[Axes], colours: Colours, study: Study, evaluation: Evaluation, shares: list[tuple[float, str]],
         reaches: tuple[tuple[float, float], tuple[float, float]]) -> None:
    role = evaluation.role
    measures: list[Callable[[Outcome], Interval | None]] = [lambda o: o.accuracy, lambda o: o.consistency]
    for place, (measure, scale, name) in enumerate(zip(measures, (100, 1), ("accuracy, %", "rank-Pearson"))):
        here = axes[place]
        points = [(share, group, value) for share, group in shares
                  if (o := study.outcomes.get((group, role))) and (value := measure(o)) is not None]
        here.plot([share for share, _, _ in points], [scale * value.mean for _, _, value in points], color=colours.faint,
                  linewidth=1.2, zorder=1)
        for share, group, value in points:
            low, high = value.lengths
            here.errorbar(share, scale * value.mean, yerr=[[scale * low], [scale * high]], fmt=colours.marker(group),
                          color=colours.of(group), capsize=3, markersize=7, elinewidth=1.6, zorder=3)
        here.set_ylabel(name)
        here.set_ylim(*(scale * bound for bound in reaches[place]))
    if before := study.outcomes.get((BEFORE, role)):
        axes[0].axhline(100 * before.accuracy.mean, color=colours.faint, linestyle=(0, (4, 3)), linewidth=1.2)
    if floor := study.floor.get(role):
        axes[1].axhline(floor.rank_pearson, color=colours.faint, linestyle=(0, (1, 2)), linewidth=1.5)
    axes[1].set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1], ["0", "0.2", "0.4", "0.6", "0.8", "1"])
    axes[1].set_xlim(-0.06, 1.06)
    axes[1].set_xlabel("self-aligned share")
