"""Which answers changed: a matrix of kinds for each evaluation, and the questions themselves."""

from __future__ import annotations

from matplotlib.axes import Axes

from .. import rows
from ..examples import examples, flipped
from ..figure import Figure, Panel, Data
from ..ledger import KIND_NAMES, KINDS
from ..markup import escape, probability, table
from ..section import Folded, Part, Section
from ..study import Evaluation, Study, rounded
from ..style import Colours

HEADS = {"kept_right": "kept\nright", "lost": "lost", "gained": "gained", "moved": "moved", "kept_wrong": "kept\nwrong"}


def section(study: Study) -> Section | None:
    shown = [e for e in study.evaluations if any(counts(study, g, e.role) for g in study.groups)]
    if not shown:
        return None
    cells = []
    for e in shown:
        for group in study.groups:
            outcome = study.outcomes.get((group, e.role))
            for seed, flips in zip(seeds(study, group), outcome.flips if outcome else []):
                cells.append([escape(e.title), escape(group)] + ([escape(seed)] if several(study) else [])
                             + [str(flips.get(kind, 0)) for kind in KINDS] + [probability(flips.get("mcnemar_p"))])
    headings = ["evaluation", "model"] + (["seed"] if several(study) else []) + [KIND_NAMES[kind] for kind in KINDS] + ["McNemar p"]
    parts: list[Part] = ["<p>Of a hundred questions, how many were right before and after tuning (<em>kept right</em>), right before and wrong "
             "after (<em>lost</em>), wrong before and right after (<em>gained</em>), wrong with another choice (<em>moved</em>) or wrong "
             "with the same choice (<em>kept wrong</em>)" + (", all seeds together" if several(study) else "") + ".</p>",
             figure(study, shown), Folded("The numbers", [table(headings, cells, left=(0, 1)), "<p class=note>McNemar's exact test asks "
                                                          "whether losses and gains differ.</p>"])]
    parts += examples(study, shown)
    return Section("flips", "Which answers changed", parts + ([all_] if (all_ := flipped(study, shown)) else []))


def several(study: Study) -> bool:
    return any(len(study.seeds(group)) > 1 for group in study.groups)


def seeds(study: Study, group: str) -> list[str]:
    return study.seeds(group) or [""]


def counts(study: Study, group: str, role: str) -> dict[str, int] | None:
    """How many answers of all seeds were of each kind."""
    outcome = study.outcomes.get((group, role))
    if outcome is None or not outcome.flips:
        return None
    return {kind: sum(int(flips.get(kind, 0)) for flips in outcome.flips) for kind in KINDS}


def figure(study: Study, shown: list[Evaluation]) -> Figure:
    panels = [Panel(e.title, lambda axes, colours, e=e: draw(axes, colours, study, e)) for e in shown]
    found = [[e.role, group, seed, *(flips.get(kind, 0) for kind in KINDS), flips.get("mcnemar_p")]
             for e in shown for group in study.groups if (outcome := study.outcomes.get((group, e.role)))
             for seed, flips in zip(seeds(study, group), outcome.flips)]
    return Figure("flips", "Which answers changed", panels, Data("flips", ["role", "model", "seed", *KINDS, "mcnemar_p"], found),
                  height=rows.height(len(study.groups)) + 0.55)


def draw(axes: Axes, colours: Colours, study: Study, evaluation: Evaluation) -> None:
    shown = [(group, found) for group in study.groups if (found := counts(study, group, evaluation.role))]
    for row, (_, found) in enumerate(reversed(shown)):
        total = sum(found.values()) or 1
        for column, kind in enumerate(KINDS):
            share = found[kind] / total
            changed = kind in ("lost", "gained", "moved")
            # Shares are read in figures; the shade only guides the eye, so it may fade.
            colour = {"lost": "#d55e00", "gained": "#0072b2", "moved": "#7b3f98"}.get(kind, "#8a8a94")
            axes.barh(row, 0.94, left=column - 0.47, height=0.88, color=colour, alpha=min(0.65, 0.06 + 1.1 * share), linewidth=0)
            axes.text(column, row, rounded(100 * share, 1), ha="center", va="center", fontsize=10,
                      fontweight="bold" if changed and share >= 0.1 else "normal")
    axes.set_yticks(range(len(shown)), [rows.wrapped(group) for group, _ in reversed(shown)], linespacing=0.95,
                    fontsize=8.5 if any(len(group) > 24 for group, _ in shown) else 10)
    axes.set_xticks(range(len(KINDS)), [HEADS[kind] for kind in KINDS], fontsize=9)
    axes.xaxis.set_ticks_position("top")
    axes.tick_params(length=0)
    axes.grid(visible=False)
    for side in ("left", "bottom", "top"):
        axes.spines[side].set_visible(False)
    axes.axvline(1.5, color=colours.faint, linewidth=1.2, ymin=0, ymax=1.0)
    axes.set_xlim(-0.5, len(KINDS) - 0.5)
    axes.set_ylim(-0.5, len(shown) - 0.5)
    for place, text in ((0.5, "right before"), (3, "wrong before")):
        axes.annotate(text, (place, 1), xycoords=("data", "axes fraction"), xytext=(0, 32), textcoords="offset points", ha="center",
                      fontsize=10)
    axes.set_xlabel("% of questions")
