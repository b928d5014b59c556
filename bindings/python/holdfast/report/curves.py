"""Small multiples of curves over optimiser steps: a panel for each group, its seeds in colour, the other groups faint behind."""

from __future__ import annotations

import math
from typing import Callable

from matplotlib.axes import Axes

from .figure import Data, Figure, Panel, tile
from .study import Study, Training
from .style import Colours, Line


def figure(study: Study, name: str, title: str, axis: str, curve: Callable[[Training], tuple[list[int], list[float]]], data: Data,
           base: float | None = None, zero: bool = False) -> Figure:
    """`curve` answers the points of a tuning as two lists; `base` is a level to mark, `zero` begins the axis at 0."""
    curves: dict[str, list[tuple[Training, list[int], list[float]]]] = {}
    for tuning in study.training:
        steps, values = curve(tuning)
        if values:
            curves.setdefault(tuning.group, []).append((tuning, steps, values))
    finite = [v for found in curves.values() for _, _, values in found for v in values if math.isfinite(v)]
    low, high = min(finite + ([base] if base is not None else []), default=0), max(finite + ([base] if base is not None else []), default=1)
    margin = 0.06 * (high - low) or 0.05
    bottom = 0 if zero else low - margin
    last = max((steps[-1] for found in curves.values() for _, steps, _ in found), default=1)

    def draw(axes: Axes, colours: Colours, group: str) -> None:
        for other, found in curves.items():
            for _, steps, values in found if other != group else []:
                axes.plot(steps, values, color=colours.faint, linewidth=0.7, alpha=0.28, zorder=1)
        if base is not None:
            axes.axhline(base, color=colours.faint, linewidth=1.1, linestyle=(0, (4, 3)), zorder=1)
        dashes: list[Line] = ["-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 1, 1, 1))]
        for place, (tuning, steps, values) in enumerate(curves[group]):
            axes.plot(steps, values, color=colours.of(group), linewidth=1.4, linestyle=dashes[place % len(dashes)], zorder=3,
                      marker=colours.marker(group), markersize=4, markevery=max(1, len(steps) // 8))
            if tuning.stopped_early:
                axes.plot(steps[-1], values[-1], marker="x", color=colours.ink, markersize=8, zorder=4, linestyle="")
        axes.set_xlim(0, last * 1.03)
        axes.set_ylim(bottom, high + margin)
        axes.set_xlabel("optimiser step")
        axes.set_ylabel(axis)
        axes.xaxis.get_major_locator().set_params(integer=True, nbins=5)
        axes.yaxis.get_major_locator().set_params(nbins=5)

    panels = [Panel(group, lambda axes, colours, group=group: draw(axes, colours, group)) for group in study.groups if group in curves]
    return Figure(name, title, panels, data, **tile(len(panels)))
