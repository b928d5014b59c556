"""What holds over all domains of a series, one section a file; sections of a single study serve where they can."""

from __future__ import annotations

from ..section import Section
from ..sections import accuracy, contrasts, exact, floor
from ..series import Series
from . import consistency, mixture


def sections(series: Series) -> list[Section]:
    """The sections over all domains that the series has the data for."""
    study = series.overall
    if not study.evaluations:
        return [exact.section(study)]
    found = [accuracy.section(study), contrasts.section(study), mixture.section(series), floor.section(study),
             consistency.section(series), exact.section(study)]
    return [section for section in found if section is not None]


__all__ = ["consistency", "sections"]
