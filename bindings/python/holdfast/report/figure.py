"""A figure: panels side by side, a key, and the numbers behind them; for the page and as files."""

from __future__ import annotations

import csv
import html
import io
import math
import re
import textwrap
from dataclasses import dataclass, field
from typing import Any, Callable

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot as plt  # noqa: E402
from matplotlib.figure import FigureBase  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402

from . import style  # noqa: E402
from .study import Study  # noqa: E402


@dataclass
class Data:
    """The numbers of a figure, as a table: NaN and None become empty fields."""

    name: str
    columns: list[str]
    rows: list[list[Any]]

    def csv(self) -> str:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([[self.field(value) for value in row] for row in self.rows])
        return text.getvalue()

    @staticmethod
    def field(value: Any) -> Any:
        if value is None or isinstance(value, float) and math.isnan(value):
            return ""
        return repr(float(value)) if isinstance(value, float) else value


@dataclass
class Panel:
    """One picture: `draw` gets its axes (as many as `stack` says, from the top) and the colours."""

    title: str
    draw: Callable[..., None]
    stack: int = 1
    note: str = ""


@dataclass
class Figure:
    """Panels of one size, a key of models, and their numbers."""

    name: str
    title: str
    panels: list[Panel]
    data: Data
    width: float = 4.6  # inches of one panel
    height: float = 3.4
    models: list[str] = field(default_factory=list)  # in the key
    lines: list[tuple[str, style.Line]] = field(default_factory=list)  # more of the key: a text and a line style in faint ink
    columns: int = 3  # at most, in files
    marks: list[tuple[str, str]] = field(default_factory=list)  # and more: a text and a mark in ink
    dots: bool = False  # models have one mark, since marks mean something else


def slug(text: str) -> str:
    """A text as a file name and an identifier."""
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.") or "x"


def tile(count: int) -> dict[str, Any]:
    """The size of panels of which there may be many."""
    return {"width": 4.6, "height": 3.2, "columns": 3} if count <= 3 else {"width": 2.3, "height": 2.0, "columns": 5}


def fill(area: FigureBase, panel: Panel, colours: style.Colours, width: float = 4.6) -> None:
    """Draws a panel into a figure or a part of one, `width` inches wide."""
    axes = area.subplots(panel.stack, 1, sharex=True, squeeze=False)[:, 0]
    panel.draw(axes[0] if panel.stack == 1 else list(axes), colours)
    if panel.title:
        # Bold letters are about 0.68 of their size wide. Long titles take several lines, long words a smaller size.
        lines = textwrap.wrap(panel.title, max(8, int(72 * width / (0.68 * 12))), break_long_words=False) or [panel.title]
        size = min(12, 72 * width / (0.68 * max(map(len, lines))))
        area.suptitle("\n".join(lines), x=0.015, ha="left", fontsize=size, fontweight="bold", linespacing=1.1)


def svg(study: Study, figure: Figure, panel: Panel) -> str:
    """A panel as an inline SVG in the page's variable colours."""
    colours = style.page_colours(study)
    with plt.rc_context(style.settings(colours)):
        area = plt.figure(figsize=(figure.width, figure.height), layout="constrained")
        fill(area, panel, colours, figure.width)
        buffer = io.StringIO()
        area.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        plt.close(area)
    text = buffer.getvalue()
    text = text[text.index("<svg"):]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    for colour, variable in colours.variables().items():
        text = text.replace(colour, variable)
    # Identifiers must be unique on the page: every picture gets a prefix of its own.
    prefix = f"{study.anchor}{figure.name}-{figure.panels.index(panel)}"
    text = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", text)
    text = re.sub(r'xlink:href="#([^"]+)"', rf'href="#{prefix}-\1"', text)
    text = re.sub(r' xmlns(:\w+)?="[^"]*"', "", text)  # HTML knows what an svg is
    said = html.escape(f"{figure.title}, {panel.title}" if panel.title else figure.title)
    return text.replace("<svg ", f'<svg role="img" aria-label="{said}" ', 1)


def key(study: Study, figure: Figure) -> str:
    """The key of a figure as HTML."""
    entries = [f'<li>{style.mark(study, model, "o" if figure.dots else None)}{html.escape(model)}</li>' for model in figure.models]
    entries += [f'<li>{style.shape(marker, "var(--ink)")}{html.escape(text)}</li>' for text, marker in figure.marks]
    for text, line in figure.lines:
        if line == "band":
            drawn = '<rect x="0" y="1" width="26" height="8" fill="var(--band)"/>'
        else:
            dashes = "" if line == "-" else f' stroke-dasharray="{" ".join(map(str, line[1]))}"'
            drawn = f'<line x1="0" y1="5" x2="26" y2="5" stroke="var(--faint)" stroke-width="2"{dashes}/>'
        entries.append(f'<li><svg class="line" viewBox="0 0 26 10" aria-hidden="true">{drawn}</svg>{html.escape(text)}</li>')
    return f'<ul class="key">{"".join(entries)}</ul>' if entries else ""


def markup(study: Study, figure: Figure) -> str:
    """A figure as HTML: its key and its pictures."""
    drawn = "".join(f'<figure>{svg(study, figure, panel)}'
                    + (f"<figcaption>{html.escape(panel.note)}</figcaption>" if panel.note else "") + "</figure>"
                    for panel in figure.panels)
    kind = "tiles" if figure.width < 4 else "pictures"
    few = " single" if len(figure.panels) == 1 else " pair" if len(figure.panels) == 2 else ""
    return f'{key(study, figure)}<div class="{kind}{few}" id="{study.anchor}{figure.name}">{drawn}</div>'


def handles(colours: style.Colours, figure: Figure, models: bool = True) -> list[Line2D]:
    """The key of a figure for matplotlib, with or without its models."""
    found = [Line2D([], [], color=colours.of(model), marker="o" if figure.dots else colours.marker(model), linestyle="", markersize=7,
                    label=model) for model in figure.models if models]
    found += [Line2D([], [], color=colours.ink, marker=marker, linestyle="", markersize=7, label=text) for text, marker in figure.marks]
    return found + [Line2D([], [], color=colours.band, linewidth=8, label=text) if line == "band" else
                    Line2D([], [], color=colours.faint, linestyle=line, label=text) for text, line in figure.lines]


def save(study: Study, figure: Figure, write: Callable[[str, bytes], None]) -> None:
    """All panels as one picture, handed to `write(name, bytes)` as NAME.png and NAME.svg, and the numbers as NAME.csv."""
    colours = style.file_colours(study)
    columns = min(len(figure.panels), figure.columns)
    rows = -(-len(figure.panels) // columns)
    entries = len(figure.models) + len(figure.marks) + len(figure.lines)
    across = max(1, int(columns * figure.width // 1.75))
    lines = -(-entries // across)
    below = 0.15 + 0.24 * lines if entries else 0
    height = rows * figure.height + below
    with plt.rc_context(style.settings(colours) | {"figure.facecolor": "white", "savefig.facecolor": "white"}):
        whole = plt.figure(figsize=(columns * figure.width, height), layout="constrained")
        parts = whole.subfigures(2, 1, height_ratios=[height - below, below]) if below else [whole]
        areas = parts[0].subfigures(rows, columns, squeeze=False)
        for place, panel in enumerate(figure.panels):
            fill(areas[place // columns][place % columns], panel, colours, figure.width)
        if below:
            parts[1].legend(handles=handles(colours, figure), loc="center", ncols=-(-entries // lines), fontsize=9)
        for format in ("png", "svg"):
            buffer = io.BytesIO()
            extra = {"metadata": {"Date": None, "Creator": None}} if format == "svg" else {"dpi": 150}
            whole.savefig(buffer, format=format, **extra)
            write(f"{figure.name}.{format}", buffer.getvalue())
        plt.close(whole)
    write(f"{figure.data.name}.csv", figure.data.csv().encode())
