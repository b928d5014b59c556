"""Damage without knowledge: every group beside the model with random noise on its weights, as strong as changes its answers as much."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes

from .. import correlation, rows
from ..figure import Data, Figure, Panel
from ..markup import bullets, escape, interval, plural, probability, table
from ..section import Folded, Part, Section
from ..study import Evaluation, Interval, Study, Twin, rounded
from ..style import Colours


def section(study: Study) -> Section | None:
    if not study.twins:
        return None
    shown = [e for e in study.evaluations if any(t.role == e.role for t in study.twins)]
    parts: list[Part] = ["<p>Whatever damages a model lowers both its consistency and its accuracy. So every group but HARMONIOUS has a twin: the "
             "model before tuning with random noise on its weights, as strong as it takes to change its answers by the group's mean "
             "KL(before‖after). Shown is the accuracy of the group minus that of its twin, paired on the same questions: right of 0 the "
             "group answers better than damage of its size explains. A group counts as better or worse where its interval excludes 0; the "
             "intervals are not corrected for their number.</p>",
             bullets([told(study, e) for e in shown]), figure(study, shown),
             Folded("The numbers", [numbers(study, shown)])]
    return Section("weight-noise", "Damage without knowledge", parts + correlations(study))


def told(study: Study, evaluation: Evaluation) -> str:
    """How many groups answer better than their twins, by the bounds of their intervals."""
    twins = [t for t in study.twins if t.role == evaluation.role]
    better = sum(t.difference.low > 0 for t in twins)
    worse = sum(t.difference.high < 0 for t in twins)
    return (f"{evaluation.place}: of {plural(len(twins), 'group')}, {better} {'answers' if better == 1 else 'answer'} better than "
            f"weight noise of the same KL, {worse} worse, {len(twins) - better - worse} undecided.")


def accuracy(study: Study, twin: Twin) -> Interval | None:
    found = study.outcomes.get((twin.group, twin.role))
    return found.accuracy if found else None


def figure(study: Study, shown: list[Evaluation]) -> Figure:
    reach = rows.reach([t.difference for t in study.twins], [0])
    panels = [Panel(e.title, lambda axes, colours, e=e: draw(axes, colours, study, e, reach)) for e in shown]
    columns = ["role", "model", "accuracy", "noise_accuracy", "difference", "lower", "upper", "p", "rank_pearson",
               "noise_rank_pearson", "kl", "noise_kl", "scale", "target_kl", "matched_kl"]
    found: list[list[Any]] = []
    for twin in study.twins:
        o, own = study.outcomes.get((twin.group, twin.role)), accuracy(study, twin)
        found.append([twin.role, twin.group, own.mean if own else None, twin.accuracy, twin.difference.mean, twin.difference.low,
                      twin.difference.high, twin.p, o.consistency.mean if o and o.consistency else None, twin.consistency,
                      o.kl.mean if o and o.kl else None, twin.kl, twin.scale, twin.target, twin.matched])
    most = max(sum(t.role == e.role for t in study.twins) for e in shown)
    return Figure("weight-noise", "Groups minus weight noise of the same KL", panels, Data("weight-noise", columns, found),
                  height=rows.height(most))


def draw(axes: Axes, colours: Colours, study: Study, evaluation: Evaluation, reach: tuple[float, float]) -> None:
    rows.draw(axes, colours, {t.group: t.difference for t in study.twins if t.role == evaluation.role}, scale=100, sign=True)
    axes.axvline(0, color=colours.faint, linewidth=1.2, zorder=1)
    axes.set_xlim(*(100 * bound for bound in reach))
    axes.set_xlabel("accuracy, group minus noise, points")


def numbers(study: Study, shown: list[Evaluation]) -> str:
    cells = []
    for e in shown:
        for twin in (t for t in study.twins if t.role == e.role):
            o = study.outcomes.get((twin.group, twin.role))
            cells.append([escape(e.title), escape(twin.group), interval(accuracy(study, twin), 100, 1), rounded(100 * twin.accuracy, 1),
                          interval(twin.difference, 100, 1, sign=True), probability(twin.p), interval(o.consistency if o else None),
                          rounded(twin.consistency, 3), interval(o.kl if o else None), rounded(twin.kl, 3), rounded(twin.scale, 3)])
    return table(["evaluation", "group", "accuracy, %", "noise, %", "difference", "p", "rank-Pearson", "of the noise", "KL, nats",
                  "of the noise", "scale of the noise"], cells, left=(0, 1)) + (
        '<p class="note">p is not corrected for the number of comparisons. The scale is the standard deviation of the noise as a share of '
        "each tensor's root mean square; KL was matched on questions of the first evaluation.</p>")


def correlations(study: Study) -> list[Part]:
    """The correlations over twins beside those over groups."""
    sides = [("the tuned groups", "groups", correlation.known(study.correlations)),
             ("their twins", "twins", correlation.known(study.twin_correlations))]
    sides = [side for side in sides if side[2]]
    if not any(side[1] == "twins" for side in sides):
        return []
    lines = []
    for title, _, found in sides:
        partial = found[0].partial.value if found[0].partial else Interval(float("nan"))
        lines.append(f"{title[0].upper() + title[1:]}, over {found[0].points} points (each on every evaluation): rank correlation of "
                     f"consistency with accuracy {rounded(found[0].plain, 3)}, partial {rounded(partial.mean, 3)} [{rounded(partial.low, 3)}, "
                     f"{rounded(partial.high, 3)}].")
    cells = [row for title, _, found in sides for row in correlation.cells(found, [escape(title)])]
    return ["<h3>How much of the correlation needs no knowledge?</h3>", bullets(lines),
            correlation.figure("weight-noise-correlation", "Correlation over groups and over their twins",
                               [(title[0].upper() + title[1:], [name], found) for title, name, found in sides], ["of"]),
            Folded("The numbers", [table(["of"] + correlation.HEADINGS, cells, left=(0, 1))])]
