"""Rank correlations of consistency with accuracy: their figure, their table and their numbers."""

from __future__ import annotations

import math
from typing import Any, Iterable, Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from . import markup
from .figure import Data, Figure, Panel
from .markup import escape, interval, probability
from .study import Coefficient, Correlation, Interval, rounded
from .style import Colours

ITEMS = {"all": "all questions", "before_right": "right before", "before_wrong": "wrong before"}
# In the order they are drawn: name, what the key says, mark.
COEFFICIENTS = [("partial", "partial", "D"), ("paper", "partial, as the paper", "s"), ("plain", "plain", "o")]
COLUMNS = ["items", "coefficient", "points", "value", "lower", "upper", "p", "permutation_p"]
HEADINGS = ["consistency over", "plain", "partial, as the paper", "partial", "p (partial)", "p (permutation)"]
EXPLAINED = ("<em>Partial</em>: with the accuracy before tuning held fixed. A part of the correlation is mechanical, since any damage "
             "lowers both; so consistency is also taken over the questions that were right before alone, and over those that were wrong.")


def known(correlations: list[Correlation]) -> list[Correlation]:
    """Those of which any coefficient is a number."""
    return [c for c in correlations if any(math.isfinite(value.value.mean) for _, value in coefficients(c))]


def coefficients(correlation: Correlation) -> list[tuple[str, Coefficient]]:
    missing = Coefficient(Interval(math.nan))
    plain = Coefficient(Interval(correlation.plain))
    return [("partial", correlation.partial or missing), ("paper", correlation.paper or missing), ("plain", plain)]


def numbers(correlations: list[Correlation], before: Iterable[Any] = ()) -> list[list[Any]]:
    """Rows of `COLUMNS`, each behind the fields of `before`."""
    return [[*before, c.items, name, c.points, value.value.mean, value.value.low, value.value.high, value.p,
             c.permutation_p if name == "partial" else None] for c in correlations for name, value in coefficients(c)]


def cells(correlations: list[Correlation], before: Iterable[str] = ()) -> list[list[str]]:
    """Rows of `HEADINGS`, each behind the cells of `before`."""
    return [[*before, escape(ITEMS.get(c.items, c.items))] + [interval(value.value) for _, value in coefficients(c)][::-1]
            + [probability(c.partial.p if c.partial else None), probability(c.permutation_p)] for c in correlations]


def table(correlations: list[Correlation]) -> str:
    return markup.table(HEADINGS, cells(correlations))


def figure(name: str, title: str, panels: Sequence[tuple[str, list[str], list[Correlation]]], columns: list[str]) -> Figure:
    """A panel for each title with its correlations; the fields that tell its rows in the CSV stand in `columns`."""
    drawn = [Panel(heading, lambda axes, colours, found=found: draw(axes, colours, found)) for heading, _, found in panels]
    data = Data(name, columns + COLUMNS, [row for _, fields, found in panels for row in numbers(found, fields)])
    return Figure(name, title, drawn, data, height=1.4 + 0.7 * max(len(found) for _, _, found in panels))


def draw(axes: Axes, colours: Colours, found: list[Correlation]) -> None:
    for row, correlation in enumerate(reversed(found)):
        for place, ((_, value), (_, _, marker)) in enumerate(zip(coefficients(correlation), COEFFICIENTS)):
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
               for place, (_, name, marker) in enumerate(COEFFICIENTS)]
    axes.legend(handles=handles, fontsize=9, loc="upper center", bbox_to_anchor=(0.45, -0.2), ncols=3, columnspacing=1,
                handletextpad=0.2)
