"""Accuracy and consistency against the share of self-aligned rows, a curve for each domain."""

from __future__ import annotations

from matplotlib.axes import Axes

from .. import rows
from ..figure import Data, Figure, Panel
from ..section import Section
from ..series import Series
from ..study import BEFORE
from ..style import Colours
from . import marks


def section(series: Series) -> Section | None:
    study = series.overall
    shares = sorted((share, group) for group in study.groups if (share := study.share(group)) is not None)
    if len(shares) < 2 or all(share in (0, 1) for share, _ in shares):
        return None
    return Section("mixture", "Mixtures", [
        "<p>From INCOMPATIBLE (share 0: every row teaches the right answer) to SELF-ALIGNING (share 1: every row teaches the model's own "
        "answer), a curve for each domain. Above the accuracy, below the consistency with the model before tuning, both with intervals "
        "over that domain's questions. Flat grey lines: accuracy before tuning. Scales of accuracy differ.</p>", figure(series, shares)])


def figure(series: Series, shares: list[tuple[float, str]]) -> Figure:
    study = series.overall
    outcomes = [(name, e.role, share, group, o) for e in study.evaluations for _, name, domain in series.having(e.role)
                for share, group in shares if (o := domain.outcomes.get((group, e.role)))]
    across = rows.reach([c for *_, o in outcomes if (c := o.consistency)])
    panels = [Panel(e.title, lambda axes, colours, e=e: draw(axes, colours, series, e.role, shares, across), stack=2)
              for e in study.evaluations]
    columns = ["domain", "role", "model", "share", "accuracy", "accuracy_lower", "accuracy_upper", "rank_pearson",
               "rank_pearson_lower", "rank_pearson_upper"]
    found = [[name, role, group, share, o.accuracy.mean, o.accuracy.low, o.accuracy.high]
             + ([x.mean, x.low, x.high] if (x := o.consistency) else [None] * 3) for name, role, share, group, o in outcomes]
    return Figure("mixture", "Mixtures, by domain", panels, Data("mixture", columns, found), height=4.6,
                  models=[group for _, group in shares], dots=True, marks=marks.key(series))


def draw(axes: list[Axes], colours: Colours, series: Series, role: str, shares: list[tuple[float, str]],
         across: tuple[float, float]) -> None:
    having = series.having(role)
    before = [o.accuracy.mean for *_, domain in having if (o := domain.outcomes.get((BEFORE, role)))]
    along = rows.reach([o.accuracy for *_, domain in having for _, group in shares if (o := domain.outcomes.get((group, role)))], before)
    for turn, (place, _, domain) in enumerate(having):
        # Domains stand beside each other, so that their intervals do not hide one another.
        aside = 0.012 * (turn - (len(having) - 1) / 2)
        points = [(share + aside, group, o) for share, group in shares if (o := domain.outcomes.get((group, role)))]
        if level := domain.outcomes.get((BEFORE, role)):
            axes[0].axhline(100 * level.accuracy.mean, color=colours.faint, linestyle=marks.line(place), linewidth=0.9, alpha=0.6, zorder=1)
        for here, measure, scale in ((axes[0], "accuracy", 100), (axes[1], "consistency", 1)):
            values = [(x, group, value) for x, group, o in points if (value := getattr(o, measure)) is not None]
            here.plot([x for x, _, _ in values], [scale * value.mean for *_, value in values], color=colours.faint,
                      linestyle=marks.line(place), linewidth=1.2, zorder=2)
            for x, group, value in values:
                low, high = value.lengths
                here.errorbar(x, scale * value.mean, yerr=[[scale * low], [scale * high]], fmt=marks.marker(place),
                              color=colours.of(group), capsize=2, markersize=6.5, elinewidth=1.3, zorder=3)
    for here, bounds, scale, name in zip(axes, (along, across), (100, 1), ("accuracy, %", "rank-Pearson")):
        here.set_ylim(*(scale * bound for bound in bounds))
        here.set_ylabel(name)
    axes[1].set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1], ["0", "0.2", "0.4", "0.6", "0.8", "1"])
    axes[1].set_xlim(-0.06, 1.06)
    axes[1].set_xlabel("self-aligned share")
