"""The declared differences between groups."""

from __future__ import annotations

from matplotlib.axes import Axes

from .. import rows
from ..figure import Data, Figure, Panel
from ..markup import escape, interval, probability, table
from ..section import Folded, Section
from ..study import Evaluation, Study, rounded
from ..style import Colours


def section(study: Study) -> Section | None:
    if not study.contrasts:
        return None
    titles = {e.role: e.title for e in study.evaluations}
    cells = [[escape(f"{c.first} − {c.second}"), escape(titles.get(c.evaluation, c.evaluation)),
              interval(c.difference, 100, 1, sign=True), probability(c.p), "yes" if c.decided else "no",
              rounded(100 * c.detectable, 1)] for c in study.contrasts]
    return Section("differences", "Differences between groups", [
        "<p>Differences of accuracy in percentage points, paired on the same questions; a filled mark is decided, a hollow one is "
        "not. p is corrected by Holm's method over the contrasts the study declared. The last column of the table is the smallest "
        "true difference this many questions would find four times in five.</p>",
        figure(study), Folded("The numbers", [
            table(["contrast", "evaluation", "difference", "p (Holm)", "decided", "detectable"], cells, left=(0, 1, 4))])])


def figure(study: Study) -> Figure:
    reach = rows.reach([c.difference for c in study.contrasts], [0])
    most = max(sum(c.evaluation == e.role for c in study.contrasts) for e in study.evaluations)
    panels = [Panel(e.title, lambda axes, colours, e=e: draw(axes, colours, study, e, reach))
              for e in study.evaluations if any(c.evaluation == e.role for c in study.contrasts)]
    columns = ["role", "first", "second", "difference", "lower", "upper", "p_holm", "decided", "minimum_detectable_difference"]
    data = Data("differences", columns, [
        [c.evaluation, c.first, c.second, c.difference.mean, c.difference.low, c.difference.high, c.p, int(c.decided), c.detectable]
        for c in study.contrasts])
    return Figure("differences", "Differences between groups", panels, data, height=1.2 + 0.5 * most)


def draw(axes: Axes, colours: Colours, study: Study, evaluation: Evaluation, reach: tuple[float, float]) -> None:
    contrasts = [c for c in study.contrasts if c.evaluation == evaluation.role]
    for row, c in enumerate(reversed(contrasts)):
        low, high = c.difference.lengths
        axes.errorbar(100 * c.difference.mean, row, xerr=[[100 * low], [100 * high]], fmt="o", color=colours.ink, capsize=3,
                      markersize=7, elinewidth=1.8, markerfacecolor=colours.ink if c.decided else colours.card)
        axes.text(1.02, row, rounded(100 * c.difference.mean, 1, sign=True), transform=axes.get_yaxis_transform(), va="center",
                  fontsize=10)
    axes.axvline(0, color=colours.faint, linewidth=1.2, zorder=1)
    axes.set_yticks(range(len(contrasts)), [f"{c.first}\n− {c.second}" for c in reversed(contrasts)], fontsize=9)
    axes.set_ylim(-0.6, len(contrasts) - 0.4)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    axes.set_xlim(100 * reach[0], 100 * reach[1])
    axes.set_xlabel("difference, percentage points")
