"""Consistency against accuracy, and how far the two go together."""

from __future__ import annotations

import math
from typing import Any

from matplotlib.axes import Axes

from .. import rows
from ..figure import Data, Figure, Panel
from ..markup import escape, interval, probability, table
from ..section import Folded, Part, Section
from ..study import BEFORE, Coefficient, Correlation, Evaluation, Interval, Study, rounded
from ..style import Colours, Line

ITEMS = {"all": "all questions", "before_right": "right before", "before_wrong": "wrong before"}
COEFFICIENTS = [("partial", "partial", "D", "the accuracy before held fixed, by the formula"),
                ("paper", "partial, as the paper", "s", "as the paper's code computes it"),
                ("plain", "plain", "o", "nothing held fixed")]


def section(study: Study) -> Section | None:
    shown = [e for e in study.evaluations
             if any((o := study.outcomes.get((g, e.role))) and o.consistency for g in study.groups)]
    if not shown:
        return None
    parts: list[Part] = ["<p>Each mark is a group after tuning. Further right: more of what the model knew before was kept. Higher: more right "
             "answers. The band is the noise floor. Scales of accuracy differ.</p>" if study.floor else
             "<p>Each mark is a group after tuning. Further right: more of what the model knew before was kept. Higher: more right "
             "answers. Scales of accuracy differ.</p>", scatter(study, shown)]
    found = [c for c in study.correlations if any(math.isfinite(value.value.mean) for _, value in coefficients(c))]
    if found:
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


def coefficients(correlation: Correlation) -> list[tuple[str, Coefficient]]:
    missing = Coefficient(Interval(math.nan))
    plain = Coefficient(Interval(correlation.plain))
    return [("partial", correlation.partial or missing), ("paper", correlation.paper or missing), ("plain", plain)]


def correlation_parts(study: Study, found: list[Correlation]) -> list[Part]:
    points = found[0].points
    cells = [[escape(ITEMS.get(c.items, c.items))] + [interval(value.value) for _, value in coefficients(c)][::-1]
             + [probability(c.partial.p if c.partial else None), probability(c.permutation_p)] for c in found]
    text = (f"<h3>Do they go together?</h3><p>Rank correlations over {points} points, a group on an evaluation each, HARMONIOUS left "
            "out. <em>Partial</em>: with the accuracy before tuning held fixed. A part of the correlation is mechanical, since any "
            "damage lowers both; so consistency is also taken over the questions that were right before alone, and over those that "
            "were wrong. The permutation test is of the partial correlation: it shuffles accuracies within evaluations.</p>")
    columns = ["items", "coefficient", "points", "value", "lower", "upper", "p", "permutation_p"]
    rows_: list[list[Any]] = []
    for c in found:
        for name, value in coefficients(c):
            rows_.append([c.items, name, c.points, value.value.mean, value.value.low, value.value.high,
                          value.p, c.permutation_p if name == "partial" else None])
    figure = Figure("correlation", "Correlation of consistency with accuracy",
                    [Panel("", lambda axes, colours: draw_correlations(axes, colours, found))],
                    Data("correlation", columns, rows_), height=1.4 + 0.7 * len(found))
    return [text, figure, Folded("The numbers", [
        table(["consistency over", "plain", "partial, as the paper", "partial", "p (partial)", "p (permutation)"], cells)])]


def draw_correlations(axes: Axes, colours: Colours, found: list[Correlation]) -> None:
    from matplotlib.lines import Line2D

    for row, correlation in enumerate(reversed(found)):
        for place, ((_, value), (_, _, marker, _)) in enumerate(zip(coefficients(correlation), COEFFICIENTS)):
            if not math.isfinite(value.value.mean):
                continue
            height = row + 0.24 * (1 - place)
            axes.errorbar(value.value.mean, height, xerr=[[v] for v in value.value.lengths], fmt=marker, color=colours.ink,
                          markerfacecolor=colours.ink if place == 0 else colours.card, markersize=6, capsize=3, elinewidth=1.4)
            axes.text(1.02, height, rounded(value.value.mean, 2, sign=True), transform=axes.get_yaxis_transform(), va="center",
                      fontsize=9)
    axes.axvline(0, color=colours.faint, linewidth=1.2, zorder=1)
    axes.set_xlim(-1.04, 1.04)
    axes.set_yticks(range(len(found)), [ITEMS.get(c.items, c.items) for c in reversed(found)])
    axes.set_ylim(-0.6, len(found) - 0.4)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("rank correlation of consistency with accuracy")
    handles = [Line2D([], [], color=colours.ink, marker=marker, linestyle="", markersize=6, label=name,
                      markerfacecolor=colours.ink if place == 0 else colours.card)
               for place, (_, name, marker, _) in enumerate(COEFFICIENTS)]
    axes.legend(handles=handles, fontsize=9, loc="upper center", bbox_to_anchor=(0.45, -0.2), ncols=3, columnspacing=1,
                handletextpad=0.2)
