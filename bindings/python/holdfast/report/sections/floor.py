"""How much the models changed, against what a change of prompt alone does to the untouched model."""

from __future__ import annotations

import math
from typing import Any

from matplotlib.axes import Axes

from .. import rows
from ..figure import Data, Figure, Panel
from ..markup import escape, interval, table
from ..section import Folded, Part, Section
from ..study import Evaluation, Interval, Outcome, Study, rounded
from ..style import Colours

MEASURES = [("rank-pearson", "rank-Pearson", "rank-Pearson with before (1: nothing changed)", 3),
            ("kl", "KL divergence", "KL(before‖after), nats (0: nothing changed)", 3)]


def section(study: Study) -> Section | None:
    figures = [found for measure in MEASURES if (found := figure(study, *measure)) is not None]
    if not figures:
        return None
    text = ("<p>Each mark is a model after tuning, compared with the model before on the same questions"
            + (". The band is the noise floor: what the <em>untouched</em> model scores against itself when only the prompt "
               "changes, 95 % of the prompts tried (dotted: their mean). A mark outside the band changed more than a change of "
               "prompt does" if study.floor else "") + ".</p>")
    cells = []
    for e in study.evaluations:
        for group in study.groups:
            if (o := study.outcomes.get((group, e.role))) and o.consistency:
                cells.append([escape(e.title), escape(group), interval(o.consistency), interval(o.kl), interval(o.same_top, 100, 1)])
    parts: list[Part] = [text]
    for found in figures:
        parts += [f"<h3>{escape(found.title)}</h3>", found]
        if study.floor and not found.lines:
            parts.append('<p class="note">The study file holds no noise floor of this measure; one run again with this version does.</p>')
    parts.append(Folded("The numbers", [
        table(["evaluation", "model", "rank-Pearson", "KL(before‖after), nats", "same top choice, %"], cells, left=(0, 1))]))
    if study.floor:
        parts.append(Folded("The noise floor", [floor_table(study)]))
    return Section("consistency", "Consistency of knowledge", parts)


def floor_table(study: Study) -> str:
    floors = [(e, study.floor[e.role]) for e in study.evaluations if e.role in study.floor]
    divergence = any(math.isfinite(f.kl) for _, f in floors)
    headings = ["evaluation", "prompts", "rank-Pearson, mean", "2.5 % quantile"] + (["KL, mean", "97.5 % quantile"] if divergence else [])
    return table(headings, [[escape(e.title), str(f.prompts), rounded(f.rank_pearson, 3), rounded(f.rank_pearson_low, 3)]
                            + ([rounded(f.kl, 3), rounded(f.kl_high, 3)] if divergence else []) for e, f in floors])


def value(outcome: Outcome, name: str) -> Interval | None:
    return outcome.consistency if name == "rank-pearson" else outcome.kl


def bounds(study: Study, role: str, name: str) -> tuple[float, float, float] | None:
    """The floor's mean and where the band begins and ends."""
    floor = study.floor.get(role)
    found = floor and ((floor.rank_pearson, floor.rank_pearson_low, 1.0) if name == "rank-pearson" else (floor.kl, 0.0, floor.kl_high))
    return found if found and all(map(math.isfinite, found)) else None


def figure(study: Study, name: str, title: str, axis: str, decimals: int) -> Figure | None:
    shown = [e for e in study.evaluations
             if any((o := study.outcomes.get((g, e.role))) and value(o, name) for g in study.groups)]
    if not shown:
        return None
    values = [v for e in shown for g in study.groups if (o := study.outcomes.get((g, e.role))) and (v := value(o, name))]
    around = [b for e in shown for b in bounds(study, e.role, name) or ()] + [1.0 if name == "rank-pearson" else 0.0]
    reach = rows.reach(values, around, share=0.04)
    panels = [Panel(e.title, lambda axes, colours, e=e: draw(axes, colours, study, e, name, axis, decimals, reach)) for e in shown]
    measured = "rank_pearson" if name == "rank-pearson" else "kl"
    columns = ["role", "model", measured, "lower", "upper", "floor_mean", "floor_quantile"]
    found: list[list[Any]] = []
    for e in shown:
        band = bounds(study, e.role, name)
        edges = [None, None] if band is None else [band[0], band[1] if name == "rank-pearson" else band[2]]
        for group in study.groups:
            if (o := study.outcomes.get((group, e.role))) and (v := value(o, name)):
                found.append([e.role, group, v.mean, v.low, v.high, *edges])
    return Figure(name, title, panels, Data(name, columns, found), height=rows.height(len(study.groups)),
                  lines=[("noise floor", "band"), ("its mean", (0, (1, 2)))]
                  if any(bounds(study, e.role, name) for e in shown) else [])


def draw(axes: Axes, colours: Colours, study: Study, evaluation: Evaluation, name: str, axis: str, decimals: int,
         reach: tuple[float, float]) -> None:
    if band := bounds(study, evaluation.role, name):
        mean, low, high = band
        axes.axvspan(low, high, color=colours.band, zorder=0, linewidth=0)
        axes.axvline(mean, color=colours.faint, linestyle=(0, (1, 2)), linewidth=1.5, zorder=1)
    values = {g: v for g in study.groups if (o := study.outcomes.get((g, evaluation.role))) and (v := value(o, name))}
    rows.draw(axes, colours, values, decimals=decimals)
    axes.set_xlim(*reach)
    axes.set_xlabel(axis)
