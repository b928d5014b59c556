"""How domains are told apart in one picture: by mark and line, while colours tell the groups."""

from __future__ import annotations

from ..series import Series
from ..style import Line

MARKERS = ["o", "s", "^", "D", "v", "P", "X", "p", "*", "h"]
LINES: list[Line] = ["-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 1, 1, 1))]


def marker(place: int) -> str:
    return MARKERS[place % len(MARKERS)]


def line(place: int) -> Line:
    return LINES[place % len(LINES)]


def key(series: Series) -> list[tuple[str, str]]:
    """The domains in the key of a figure."""
    return [(f"domain {name}", marker(place)) for place, (name, _) in enumerate(series.domains)]
