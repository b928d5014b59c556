"""Consistency against accuracy, and how far the two go together."""

from __future__ import annotations

from matplotlib.axes import Axes

from .. import correlation, rows
from ..figure import Data, Figure, Panel
from ..section import Folded, Part, Section
from ..study import BEFORE, Correlation, Evaluation, Study
from ..style import Colours, Line


def section(study: Study) -> Section | None:
    shown = [e for e in study.evaluations
             if any((o := study.outcomes.get((g, e.role))) and o.consistency for g in study.groups)]
    if not shown:
        return None
    parts: list[Part] = ["<p>Each mark is a group after tuning. Further right: more of what the model knew before was kept. Higher: more right "
             "answers. The band is the noise floor. Scales of accuracy differ.</p>" if study.floor else
             "<p>Each mark is a group after tuning. Further right: more of what the model knew before was kept. Higher: more right "
             "answers. Scales of accuracy differ.</p>", scatter(study, shown)]
    if found := correlation.known(study.correlations):
        parts += correlation_parts(study, found)
    return Section("consistency-accuracy", "Consistency against accuracy", parts)


def scatter(study: Study, shown: list[Evaluation]) -> Figure:
    outcomes = [o for g in study.groups for e in shown if (o := study.outcomes.get((g, e.role))) and o.consistency]
    floors = [f.rank_pearson_low for e in shown if (f := study.floor.get(e.role))]
    before = any((BEFORE, e.role) in study.outcomes for e in shown)
    # One range of consistency for all, as far as the floor's edge; accuracies of evaluations lie too far apart for one.
    low, high = rows.reach([c for o in outcomes if (c := o.consistency)], floors, share=0.1)
    panels = [Panel(e.title, lambda axes, colours, e=e: draw(axes, colours, study, e, (low, min(high, 1.01)), along(study, e.role)))
              for e in shown]
    columns = ["role", "model", "rank_pearson", "rank_pearson_lower", "rank_pearson_upper", "accuracy", "accuracy_lower",
               "accuracy_upper"]
    found = [[e.role, g, o.consistency.mean, o.consistency.low, o.consistency.high, o.accuracy.mean, o.accuracy.low, o.accuracy.high]
             for e in shown for g in study.groups if (o := study.outcomes.get((g, e.role))) and o.consistency]
    lines: list[tuple[str, Line]] = [("accuracy before tuning", (0, (4, 3)))] if before else []
    if floors:
        lines.append(("noise floor", "band"))
    return Figure("consistency-accuracy", "Consistency against accuracy", panels, Data("consistency-accuracy", columns, found),
                  height=3.7, models=study.groups, lines=lines)


def along(study: Study, role: str) -> tuple[float, float]:
    """The range of accuracy on an evaluation, the model before tuning with it."""
    before = study.outcomes.get((BEFORE, role))
    return rows.reach([study.outcomes[group, role].accuracy for group in study.groups if (group, role) in study.outcomes],
                      [before.accuracy.mean] if before else [])


def draw(axes: Axes, colours: Colours, study: Study, evaluation: Evaluation, across: tuple[float, float],
         along: tuple[float, float]) -> None:
    role = evaluation.role
    if floor := study.floor.get(role):
        axes.axvspan(floor.rank_pearson_low, 1, color=colours.band, zorder=0, linewidth=0)
        axes.axvline(floor.rank_pearson, color=colours.faint, linestyle=(0, (1, 2)), linewidth=1.5)
    if before := study.outcomes.get((BEFORE, role)):
        axes.axhline(100 * before.accuracy.mean, color=colours.faint, linestyle=(0, (4, 3)), linewidth=1.2)
    for group in study.groups:
        outcome = study.outcomes.get((group, role))
        if outcome is None or outcome.consistency is None:
            continue
        x, y = outcome.consistency, outcome.accuracy
        axes.errorbar(x.mean, 100 * y.mean, xerr=[[v] for v in x.lengths], yerr=[[100 * v] for v in y.lengths], color=colours.of(group),
                      linestyle="", elinewidth=1.0, alpha=0.45, zorder=2)
        axes.plot(x.mean, 100 * y.mean, marker=colours.marker(group), color=colours.of(group), markersize=9, zorder=3,
                  markeredgecolor=colours.card, markeredgewidth=0.8, linestyle="")
    axes.set_xlim(*across)
    axes.set_ylim(*(100 * bound for bound in along))
    axes.locator_params(nbins=6)
    axes.set_xlabel("consistency with before (rank-Pearson)")
    axes.set_ylabel("accuracy, %")


def correlation_parts(study: Study, found: list[Correlation]) -> list[Part]:
    text = (f"<h3>Do they go together?</h3><p>Rank correlations over {found[0].points} points, a group on an evaluation each, HARMONIOUS "
            f"left out. {correlation.EXPLAINED} The permutation test is of the partial correlation: it shuffles accuracies within "
            "evaluations.</p>")
    figure = correlation.figure("correlation", "Correlation of consistency with accuracy", [("", [], found)], [])
    return [text, figure, Folded("The numbers", [correlation.table(found)])]
