"""The pictures of a report: matplotlib figures that follow the page's light or dark colours."""

import io
import math
import re

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot as plt  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402

from .study import Study, rounded  # noqa: E402

# Okabe and Ito's palette, told apart under every common colour blindness, and a mark of its own for each group besides.
STYLES = {
    "BEFORE": ("#7f7f7f", "s"),
    "HARMONIOUS": ("#0072b2", "o"),
    "INCOMPATIBLE": ("#d55e00", "^"),
    "SELF-ALIGNING": ("#009e73", "D"),
}
SPARE = [("#cc79a7", "v"), ("#e69f00", "P"), ("#56b4e9", "X"), ("#b59b00", "*"), ("#7a5195", "<"), ("#a05a2c", ">")]
# Colours that the page replaces by its own variables, so that one picture serves light and dark.
INK, FAINT, BAND = "#010203", "#040506", "#070809"
VARIABLES = {INK: "var(--ink)", FAINT: "var(--faint)", BAND: "var(--band)"}
PLAIN = {INK: "#1b1b1f", FAINT: "#8a8a94", BAND: "#e3e3ea"}


def style(study: Study, model: str) -> tuple[str, str]:
    if model in STYLES:
        return STYLES[model]
    others = [name for name in study.models if name not in STYLES]
    return SPARE[others.index(model) % len(SPARE)]


def settings(ink: str, faint: str) -> dict:
    return {
        "font.family": "sans-serif", "font.size": 11, "svg.fonttype": "none", "svg.hashsalt": "holdfast",
        "text.color": ink, "axes.labelcolor": ink, "xtick.color": ink, "ytick.color": ink, "axes.edgecolor": faint,
        "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": faint, "grid.alpha": 0.25,
        "axes.axisbelow": True, "figure.facecolor": "none", "axes.facecolor": "none", "legend.frameon": False,
        "axes.titlelocation": "left", "axes.titlesize": 12, "axes.titleweight": "bold", "figure.constrained_layout.use": True,
    }


def whiskers(interval):
    """Lengths below and above the estimate, 0 where there is no interval."""
    return [max(0.0, v) if math.isfinite(v) else 0.0
            for v in (interval.mean - interval.low, interval.high - interval.mean)]


def bounds(interval):
    return [v for v in (interval.mean, interval.low, interval.high) if math.isfinite(v)]


def accuracy_range(study: Study) -> tuple[float, float]:
    """One range of accuracy, in %, for every picture of the study."""
    values = [v for o in study.outcomes.values() for v in bounds(o.accuracy)] + [e.chance for e in study.evaluations]
    return 100 * min(values) - 3, 100 * max(values) + 3


def consistency_range(study: Study) -> tuple[float, float]:
    """One range of consistency for every picture of the study; it always reaches 1."""
    values = [v for o in study.outcomes.values() if o.consistency for v in bounds(o.consistency)]
    values += [v for floor in study.floor.values() for v in bounds(floor)]
    low = min(values, default=0.0)
    return low - 0.05 * (1 - low) - 0.005, 1 + 0.02 * (1 - low) + 0.002


def legend(axes, study: Study, models, below=0.2, extra=()):
    handles = [Line2D([], [], color=style(study, m)[0], marker=style(study, m)[1], linestyle="", markersize=7, label=m) for m in models]
    axes.legend(handles=[*handles, *extra], fontsize=9, loc="upper center", bbox_to_anchor=(0.5, -below), ncols=2)


def accuracy(axes, study: Study, evaluation, faint: str = FAINT):
    """Accuracy of every model on one evaluation, with intervals and the level of guessing."""
    models = [model for model in study.models if (model, evaluation.role) in study.outcomes]
    for row, model in enumerate(reversed(models)):
        interval = study.outcomes[model, evaluation.role].accuracy
        colour, mark = style(study, model)
        low, high = whiskers(interval)
        axes.errorbar(100 * interval.mean, row, xerr=[[100 * low], [100 * high]], fmt=mark, color=colour, capsize=4,
                      markersize=8, elinewidth=2)
        axes.annotate(rounded(100 * interval.mean, 1), (100 * interval.mean, row), xytext=(0, 9), textcoords="offset points",
                      ha="center", fontsize=10)
    axes.axvline(100 * evaluation.chance, color=faint, linestyle=(0, (4, 3)), linewidth=1.2)
    axes.annotate("guessing", (100 * evaluation.chance, -0.62), xytext=(4, 0), textcoords="offset points", fontsize=9,
                  color=faint, va="center")
    axes.set_yticks(range(len(models)), list(reversed(models)))
    axes.set_ylim(-0.8, len(models) - 0.35)
    axes.grid(axis="y", visible=False)
    axes.set_xlim(*accuracy_range(study))
    axes.set_xlabel(f"accuracy, % of {evaluation.count} questions")
    axes.set_title(f"{evaluation.role}: {evaluation.name}")


def consistency(axes, study: Study, evaluation, faint: str = FAINT, band: str = BAND):
    """Consistency against accuracy on one evaluation; the band is what changing the prompt alone does."""
    floor = study.floor.get(evaluation.role)
    if floor is not None:
        axes.axvspan(min(bounds(floor)), 1, color=band, zorder=0, linewidth=0)
        axes.axvline(floor.mean, color=faint, linestyle=(0, (1, 2)), linewidth=1.5)
    shown = []
    for model in study.models:
        outcome = study.outcomes.get((model, evaluation.role))
        if outcome is None or outcome.consistency is None:
            continue
        shown.append(model)
        colour, mark = style(study, model)
        x, y = outcome.consistency, outcome.accuracy
        across, along = whiskers(x), whiskers(y)
        axes.errorbar(x.mean, 100 * y.mean, xerr=[[across[0]], [across[1]]],
                      yerr=[[100 * along[0]], [100 * along[1]]], fmt=mark, color=colour, capsize=3, markersize=8, elinewidth=1.6)
    extra = []
    before = study.outcomes.get((study.models[0], evaluation.role))
    if before is not None and before.consistency is None:
        dashes = {"color": style(study, study.models[0])[0], "linestyle": (0, (4, 3)), "linewidth": 1.2}
        axes.axhline(100 * before.accuracy.mean, **dashes)
        extra = [Line2D([], [], label=f"{study.models[0]} (accuracy)", **dashes)]
    axes.set_xlim(*consistency_range(study))
    axes.set_xlabel("consistency with before (rank-Pearson)")
    axes.set_ylabel("accuracy, %")
    axes.set_title(f"{evaluation.role}: {evaluation.name}")
    legend(axes, study, shown, extra=extra)


def losses(axes, study: Study):
    """The training loss of every step, one line for each group."""
    for model, training in study.training.items():
        colour, mark = style(study, model)
        axes.plot(range(1, len(training.losses) + 1), training.losses, color=colour, marker=mark, markersize=6,
                  linewidth=1.8, markevery=max(1, len(training.losses) // 12))
    axes.set_xlabel("optimiser step")
    axes.set_ylabel("loss, nats per target token")
    axes.set_ylim(bottom=0)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_title("Training loss")
    legend(axes, study, study.training)


FLIPS = [("kept_right", "kept right", "#0072b2"), ("gained", "gained", "#56b4e9"), ("moved", "moved, still wrong", "#e69f00"),
         ("kept_wrong", "kept wrong", "#999999"), ("lost", "lost", "#d55e00")]


def flips(axes, study: Study, evaluation):
    """What became of each answer, as one bar a group."""
    models = [m for m in study.models if (o := study.outcomes.get((m, evaluation.role))) is not None and o.flips]
    for row, model in enumerate(reversed(models)):
        counts = study.outcomes[model, evaluation.role].flips
        total = sum(counts.get(key, 0) for key, _, _ in FLIPS) or 1
        left = 0.0
        for key, label, colour in FLIPS:
            share = 100 * counts.get(key, 0) / total
            axes.barh(row, share, left=left, color=colour, height=0.62, label=label if row == 0 else None,
                      edgecolor="white", linewidth=0.8)
            if share >= 6:
                axes.text(left + share / 2, row, str(counts.get(key, 0)), ha="center", va="center", fontsize=10,
                          color="#ffffff" if colour in ("#0072b2", "#d55e00") else "#111111")
            left += share
    axes.set_yticks(range(len(models)), list(reversed(models)))
    axes.set_xlim(0, 100)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("% of questions (counts inside)")
    axes.set_title(f"{evaluation.role}: {evaluation.name}")
    axes.legend(fontsize=9, loc="upper center", bbox_to_anchor=(0.5, -0.28), ncols=3, columnspacing=1, handlelength=1.2)


def svg(draw, title: str, height: float = 3.4, width: float = 4.6) -> str:
    """An inline SVG of what `draw(axes)` draws, its neutral colours replaced by the page's variables."""
    with plt.rc_context(settings(INK, FAINT)):
        figure, axes = plt.subplots(figsize=(width, height))
        draw(axes)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        plt.close(figure)
    text = buffer.getvalue()
    text = text[text.index("<svg"):]
    for colour, variable in VARIABLES.items():
        text = text.replace(colour, variable)
    # Identifiers must be unique on the page: every picture gets a prefix of its own.
    prefix = re.sub(r"\W+", "-", title.lower()).strip("-")
    text = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", text)
    text = re.sub(r'xlink:href="#([^"]+)"', rf'xlink:href="#{prefix}-\1"', text)
    return re.sub(r"<svg ", f'<svg role="img" aria-label="{title}" ', text, count=1)


def picture(study: Study, path: str) -> None:
    """One wide PNG of the result: accuracy above, consistency below."""
    count = len(study.evaluations)
    with plt.rc_context(settings(PLAIN[INK], PLAIN[FAINT]) | {"figure.facecolor": "white", "savefig.facecolor": "white"}):
        figure, grid = plt.subplots(2, count, figsize=(4.4 * count, 7), squeeze=False)
        for column, evaluation in enumerate(study.evaluations):
            accuracy(grid[0][column], study, evaluation, PLAIN[FAINT])
            consistency(grid[1][column], study, evaluation, PLAIN[FAINT], PLAIN[BAND])
            if column:
                grid[0][column].set_yticklabels([])
                grid[1][column].set_ylabel("")
            if column != count // 2:
                grid[1][column].get_legend().remove()
        figure.savefig(path, dpi=110)
        plt.close(figure)
