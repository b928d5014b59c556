"""Colours, marks and lines: one style for each model, the same in every figure, light or dark.

Figures are drawn in stand-in colours that no figure uses otherwise; the page replaces them by its variables, so that one
picture serves light and dark, and files get the light ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Iterable, Sequence, Tuple, Union

from matplotlib.markers import MarkerStyle
from matplotlib.path import Path

from .study import BEFORE, Study


# A line style of matplotlib: a name, or where its dashes begin and how long they and the gaps are.
Line = Union[str, Tuple[int, Tuple[float, ...]]]


@dataclass
class Style:
    """How a model is drawn: two colours (on light, on dark), a mark and a line."""

    light: str
    dark: str
    marker: str
    line: Line = "-"


# After Okabe and Ito's palette, which is told apart under every common colour blindness; the mark tells the models apart too.
FIXED = {
    BEFORE: Style("#65656f", "#b4b4be", "s", (0, (4, 2))),
    "HARMONIOUS": Style("#0072b2", "#5bb0e8", "o"),
    "INCOMPATIBLE": Style("#d55e00", "#f58a3c", "^"),
    "SELF-ALIGNING": Style("#00825f", "#35c79d", "D"),
    "RANDOM-WRONG": Style("#b07d00", "#f0c04a", "X"),
    "FORMAT-ONLY": Style("#4b55a8", "#a0aaf5", "P"),
}
SPARE = [("#7b3f98", "#c39bdd"), ("#8a5a2b", "#d8a878"), ("#3c7f8c", "#7fd0de"), ("#5f7a1e", "#b4d15f"), ("#8c2f39", "#ee99a2")]
SPARE_MARKERS = ["*", "p", "H", "8", "d"]
# Mixtures share a hue, darker (on dark: lighter) the more is self-aligned.
MIXTURE = [("#c9789f", "#b56f97"), ("#6b1f4c", "#f8d5e8")]
MIXTURE_MARKERS = ["v", "<", ">", "h", "d", "8", "p", "*"]


@dataclass
class Colours:
    """The colours of one drawing."""

    ink: str
    faint: str
    band: str
    card: str
    models: dict[str, Style]
    stand_in: bool

    def of(self, model: str) -> str:
        if self.stand_in:
            return f"#0a0b{list(self.models).index(model):02x}"
        return self.models[model].light

    def line(self, model: str) -> Line:
        return self.models[model].line

    def marker(self, model: str) -> str:
        return self.models[model].marker

    def variables(self) -> dict[str, str]:
        """The page's variable behind each stand-in."""
        return {self.ink: "var(--ink)", self.faint: "var(--faint)", self.band: "var(--band)", self.card: "var(--card)",
                **{self.of(model): f"var({variable(self.models, model)})" for model in self.models}}


def variable(models: Iterable[str], model: str) -> str:
    return f"--m{list(models).index(model)}"


def styles(study: Study) -> dict[str, Style]:
    """A style for each model of the study."""
    shares = sorted(part for group in study.groups if 0 < (part := study.share(group) or 0) < 1)
    found: dict[str, Style] = {}
    spare = 0
    for model in study.models:
        share = study.share(model)
        if model in FIXED:
            found[model] = FIXED[model]
        elif share is not None and share in shares:
            place = shares.index(share)
            ends = zip(*MIXTURE)
            light, dark = (blend(a, b, place / max(1, len(shares) - 1)) for a, b in ends)
            found[model] = Style(light, dark, MIXTURE_MARKERS[place % len(MIXTURE_MARKERS)])
        else:
            found[model] = Style(*SPARE[spare % len(SPARE)], SPARE_MARKERS[spare % len(SPARE_MARKERS)])
            spare += 1
    return found


def blend(first: str, second: str, share: float) -> str:
    pairs = [(int(first[i:i + 2], 16), int(second[i:i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def page_colours(study: Study) -> Colours:
    return Colours("#010203", "#040506", "#070809", "#0c0d0e", styles(study), True)


def file_colours(study: Study) -> Colours:
    return Colours("#1b1b1f", "#77777f", "#e3e3ea", "#ffffff", styles(study), False)


def settings(colours: Colours) -> Dict[str, Any]:
    """Settings of matplotlib."""
    ink, faint = colours.ink, colours.faint
    return {
        "font.family": "sans-serif", "font.size": 11, "svg.fonttype": "none", "svg.hashsalt": "holdfast",
        "text.color": ink, "axes.labelcolor": ink, "xtick.color": ink, "ytick.color": ink, "axes.edgecolor": faint,
        "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": faint, "grid.alpha": 0.25,
        "axes.axisbelow": True, "figure.facecolor": "none", "axes.facecolor": "none", "legend.frameon": False,
        "axes.labelsize": 10, "xtick.labelsize": 10, "ytick.labelsize": 10, "axes.unicode_minus": True, "axes.formatter.useoffset": False,
        "text.parse_math": False,
    }


def css(study: Study) -> tuple[str, str]:
    """Declarations of the models' colours, light and dark."""
    models = styles(study)
    light = "; ".join(f"{variable(models, model)}: {style.light}" for model, style in models.items())
    dark = "; ".join(f"{variable(models, model)}: {style.dark}" for model, style in models.items())
    return light, dark


def mark(study: Study, model: str, marker: str | None = None) -> str:
    """The mark of a model, or another in its colour, as an inline SVG of a letter's height."""
    models = styles(study)
    return shape(marker or models[model].marker, f"var({variable(models, model)})")


def shape(marker: str, fill: str) -> str:
    """A mark as an inline SVG."""
    drawing = MarkerStyle(marker)
    path = drawing.get_path().transformed(drawing.get_transform())
    commands = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C", Path.CLOSEPOLY: "Z"}
    drawn = "".join(commands[code] + ("" if code == Path.CLOSEPOLY else " ".join(f"{v:.3g}" for v in points * flip(points)))
                    for points, code in path.iter_segments(simplify=False))
    return (f'<svg class="mark" viewBox="-.75 -.75 1.5 1.5" aria-hidden="true"><path d="{drawn}" '
            f'fill="{fill}"/></svg>')


def flip(points: Sequence[float]) -> list[int]:
    """Signs that turn y, which grows upwards in matplotlib and downwards in SVG."""
    return [1, -1] * (len(points) // 2)
