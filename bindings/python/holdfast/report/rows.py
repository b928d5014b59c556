"""Panels with one row for each model: an estimate, its interval, and the single seeds beneath."""

from __future__ import annotations

import math
from typing import Iterable

from matplotlib.axes import Axes

from .study import Interval, rounded
from .style import Colours


def height(models: int) -> float:
    """The height of such a panel in inches."""
    return 1.15 + 0.36 * models


def wrapped(name: str, limit: int = 16) -> str:
    """A long name in two lines, broken behind the hyphen nearest to its middle."""
    breaks = [i + 1 for i, character in enumerate(name) if character == "-"]
    if len(name) <= limit or not breaks:
        return name
    place = min(breaks, key=lambda i: abs(i - len(name) / 2))
    return f"{name[:place]}\n{name[place:]}"


def draw(axes: Axes, colours: Colours, values: dict[str, Interval], seeds: dict[str, list[float]] | None = None, scale: float = 1.0,
         decimals: int = 1, sign: bool = False) -> None:
    """Draws the models of `values` from top to bottom; the estimates stand in figures at the right edge."""
    models = list(values)
    for row, model in enumerate(reversed(models)):
        value = values[model]
        if not math.isfinite(value.mean):
            continue
        low, high = value.lengths
        axes.errorbar(scale * value.mean, row, xerr=[[scale * low], [scale * high]], fmt=colours.marker(model),
                      color=colours.of(model), capsize=3, markersize=6.5, elinewidth=1.8, zorder=3)
        points = (seeds or {}).get(model, [])
        if len(points) > 1:
            axes.plot([scale * point for point in points], [row - 0.36] * len(points), marker="|", linestyle="",
                      markersize=5, markeredgewidth=1.4, color=colours.of(model), zorder=2)
        axes.text(1.02, row, rounded(scale * value.mean, decimals, sign), transform=axes.get_yaxis_transform(), va="center",
                  fontsize=10)
    axes.set_yticks(range(len(models)), [wrapped(model) for model in reversed(models)], linespacing=0.95,
                    fontsize=8.5 if any(len(model) > 24 for model in models) else 10)
    axes.set_ylim(-0.75, len(models) - 0.4)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)


def reach(values: Iterable[Interval], around: Iterable[float] = (), share: float = 0.06) -> tuple[float, float]:
    """A range that holds all finite bounds of intervals and the numbers around, with a margin."""
    found = [v for value in values for v in value.finite] + [v for v in around if math.isfinite(v)]
    low, high = min(found, default=0.0), max(found, default=1.0)
    margin = share * (high - low) or 0.05
    return low - margin, high + margin
