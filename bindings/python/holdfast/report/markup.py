"""Pieces of HTML: numbers with intervals, tables."""

from __future__ import annotations

import html
import math
import re
from typing import Iterable, Sequence

from .study import Interval, rounded


def escape(text: object) -> str:
    return html.escape(str(text))


def prose(text: object) -> str:
    """A sentence as HTML, in which a number and its % stay on one line."""
    return re.sub(r"(\d) %", "\\1\u00a0%", escape(text))


def interval(value: Interval | None, scale: float = 1.0, decimals: int = 3, sign: bool = False) -> str:
    """An estimate with its interval, as `51.2 [46.3, 56.1]`."""
    if value is None or not math.isfinite(value.mean):
        return "–"
    mean, low, high = (rounded(scale * v, decimals, sign) for v in (value.mean, value.low, value.high))
    if not (math.isfinite(value.low) and math.isfinite(value.high)):
        return mean
    return f"{mean} <small>[{low}, {high}]</small>"


def probability(p: float | None) -> str:
    if p is None or not math.isfinite(p):
        return "–"
    return "&lt; 0.001" if p < 0.001 else rounded(p, 3)


def table(headings: Iterable[str], rows: Iterable[Iterable[str]], left: Sequence[int] = (0,)) -> str:
    """A table that scrolls inside itself on a narrow screen; cells are HTML already."""
    def cell(tag: str, column: int, text: str) -> str:
        return f"<{tag}{' class=left' if column in left else ''}>{text}</{tag}>"

    head = "".join(cell("th", i, escape(text)) for i, text in enumerate(headings))
    body = "".join("<tr>" + "".join(cell("td", i, text) for i, text in enumerate(row)) + "</tr>" for row in rows)
    return (f'<div class="scroll" tabindex="0" role="region" aria-label="Table"><table><thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>")


def bullets(lines: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{prose(line)}</li>" for line in lines) + "</ul>"


def plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
