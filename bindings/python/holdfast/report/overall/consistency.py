"""Consistency against accuracy over domains and groups, and how far the two go together."""

from __future__ import annotations

from typing import List, Tuple

from matplotlib.axes import Axes

from .. import correlation, rows
from ..figure import Data, Figure, Panel
from ..markup import escape, table
from ..section import Folded, Part, Section
from ..series import Series
from ..study import BEFORE, Evaluation, Interval, Outcome
from ..style import Colours
from . import marks

POINTS = {"mixtures": "mixtures", "all": "all groups", "weight_noise": "weight noise"}
# The place and name of a domain, a group, its consistency and what it did.
Points = List[Tuple[int, str, str, Interval, Outcome]]


def section(series: Series) -> Section | None:
    shown = [e for e in series.overall.evaluations if outcomes(series, e.role)]
    if not shown:
        return None
    parts: list[Part] = ["<p>Each mark is a group in a domain after tuning: the colour tells the group, the shape the domain. Further right: more of "
             "what the model knew before was kept. Higher: more right answers. The hollow marks at the right edge are the domains' "
             "accuracies before tuning. Scales of accuracy differ.</p>", scatter(series, shown)]
    return Section("consistency-accuracy", "Consistency against accuracy", parts + correlations(series))


def outcomes(series: Series, role: str) -> Points:
    """What the groups of all domains did on a role, as far as their consistency is known."""
    return [(place, name, group, x, o) for place, name, domain in series.having(role) for group in domain.groups
            if (o := domain.outcomes.get((group, role))) and (x := o.consistency)]


def scatter(series: Series, shown: list[Evaluation]) -> Figure:
    study = series.overall
    found = {e.role: outcomes(series, e.role) for e in shown}
    across = rows.reach([x for points in found.values() for *_, x, _ in points], share=0.1)
    panels = [Panel(e.title, lambda axes, colours, e=e: draw(axes, colours, series, e.role, found[e.role], across)) for e in shown]
    columns = ["domain", "role", "model", "rank_pearson", "rank_pearson_lower", "rank_pearson_upper", "accuracy", "accuracy_lower",
               "accuracy_upper", "accuracy_before"]
    numbers = [[name, e.role, group, x.mean, x.low, x.high, o.accuracy.mean, o.accuracy.low,
                o.accuracy.high, before(series, place, e.role)] for e in shown for place, name, group, x, o in found[e.role]]
    return Figure("consistency-accuracy", "Consistency against accuracy, by domain", panels, Data("consistency-accuracy", columns, numbers),
                  height=3.9, models=study.groups, dots=True, marks=marks.key(series))


def before(series: Series, place: int, role: str) -> float | None:
    """A domain's accuracy before tuning."""
    found = series.domains[place][1].outcomes.get((BEFORE, role))
    return found.accuracy.mean if found else None


def draw(axes: Axes, colours: Colours, series: Series, role: str, points: Points, across: tuple[float, float]) -> None:
    for place, _, group, x, o in points:
        y = o.accuracy
        axes.errorbar(x.mean, 100 * y.mean, xerr=[[v] for v in x.lengths], yerr=[[100 * v] for v in y.lengths], color=colours.of(group),
                      linestyle="", elinewidth=0.9, alpha=0.35, zorder=2)
        axes.plot(x.mean, 100 * y.mean, marker=marks.marker(place), color=colours.of(group), markersize=8, zorder=3,
                  markeredgecolor=colours.card, markeredgewidth=0.8, linestyle="")
    known = [(place, value) for place, _, _ in series.having(role) if (value := before(series, place, role)) is not None]
    for place, value in known:
        axes.axhline(100 * value, color=colours.faint, linestyle=marks.line(place), linewidth=0.9, alpha=0.6, zorder=1)
        axes.plot(1, 100 * value, marker=marks.marker(place), transform=axes.get_yaxis_transform(), markersize=6.5, linestyle="",
                  markerfacecolor=colours.card, markeredgecolor=colours.ink, clip_on=False, zorder=4)
    axes.set_xlim(across[0], min(across[1], 1.01))
    axes.set_ylim(*(100 * bound for bound in rows.reach([o.accuracy for *_, o in points], [value for _, value in known])))
    axes.locator_params(nbins=6)
    axes.set_xlabel("consistency with before (rank-Pearson)")
    axes.set_ylabel("accuracy, %")


def correlations(series: Series) -> list[Part]:
    """The correlations by role and by what their points are."""
    titles = {e.role: e.role for e in series.overall.evaluations}
    sides = [(f"{titles.get(over.role, over.role)}, {POINTS.get(over.points, over.points)}", [over.role, over.points], found)
             for over in series.correlations if (found := correlation.known(over.found))]
    if not sides:
        return []
    noise = any(fields[1] == "weight_noise" for _, fields, _ in sides)
    text = ("<h3>Do they go together?</h3><p>Rank correlations over the groups of all domains, on one role each. <em>Mixtures</em>: "
            "INCOMPATIBLE, the mixtures and SELF-ALIGNING, the paper's unit; <em>all groups</em>: every group but HARMONIOUS"
            + ("; <em>weight noise</em>: instead of these groups the model with random noise on its weights, as strong as changes its "
               "answers by the same KL, which shows how much of a correlation needs no knowledge" if noise else "")
            + f". {correlation.EXPLAINED} The permutation test is of the partial correlation: it shuffles accuracies within domains.</p>")
    cells = [row for _, (role, points), found in sides
             for row in correlation.cells(found, [escape(role), escape(POINTS.get(points, points)), str(found[0].points)])]
    return [text, correlation.figure("correlation", "Correlation of consistency with accuracy", sides, ["role", "points_are"]),
            Folded("The numbers", [table(["role", "points", "number"] + correlation.HEADINGS, cells, left=(0, 1, 3))])]
