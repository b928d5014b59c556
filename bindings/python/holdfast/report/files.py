"""What a report writes: the page, the figures, the README's picture."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import IO

from matplotlib import pyplot as plt

from . import figure, rows, style
from .figure import Data, Figure
from .overall import consistency as over_all
from .section import Section
from .sections import accuracy, consistency
from .series import Series
from .study import Study


def put(path: str | Path, content: bytes) -> None:
    """Writes a file under another name in the same folder, then moves it into place."""
    target = Path(path)
    handle, name = tempfile.mkstemp(prefix=f".{target.stem}.", suffix=target.suffix, dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(name, 0o644)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def figures(study: Study, sections: list[Section], folder: str) -> None:
    """Each figure as NAME.png and NAME.svg, each table of numbers as NAME.csv, in a folder that is there."""
    for section in sections:
        for found in section.everything():
            if isinstance(found, Figure):
                figure.save(study, found, lambda name, content: put(Path(folder) / name, content))
            elif isinstance(found, Data):
                put(Path(folder) / f"{found.name}.csv", found.csv().encode())


def picture(study: Study, path: str | IO[bytes], series: Series | None = None) -> None:
    """One wide PNG of the result: accuracy above, consistency against accuracy below; of a series, over all its domains."""
    colours = style.file_colours(study)
    above = accuracy.figure(study)
    shown = [e for e in study.evaluations if any((o := study.outcomes.get((g, e.role))) and o.consistency for g in study.groups)]
    below = None
    if shown:
        below = over_all.scatter(series, shown) if series else consistency.scatter(study, shown)
    heights = [rows.height(len(study.models))] + ([below.height] if below else []) + ([0.35] if below and below.marks else [])
    columns = len(study.evaluations)
    with plt.rc_context(style.settings(colours) | {"figure.facecolor": "white", "savefig.facecolor": "white"}):
        whole = plt.figure(figsize=(4.6 * columns, sum(heights)), layout="constrained")
        parts = whole.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
        for part, found in zip(parts, [above] + ([below] if below else [])):
            for area, panel in zip(part.subfigures(1, columns, squeeze=False)[0], found.panels):
                figure.fill(area, panel, colours)
        if below and below.marks:
            parts[2].legend(handles=figure.handles(colours, below, models=False), loc="center", ncols=len(below.marks), fontsize=10)
        whole.savefig(path, format="png", dpi=110)
        plt.close(whole)
