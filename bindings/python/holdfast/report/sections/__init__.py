"""The sections of a report, one a file; each answers None where the study lacks what it shows."""

from __future__ import annotations

from ..section import Section
from ..study import Study
from . import accuracy, calibration, consistency, contrasts, drift, exact, flips, floor, mixture, noise, summary, training

# In the page's order, behind the summary.
SECTIONS = [accuracy, contrasts, mixture, floor, consistency, noise, flips, calibration, drift, training, exact]


def sections(study: Study) -> list[Section]:
    """The sections of a study that it has the data for."""
    return [found for module in SECTIONS if (found := module.section(study)) is not None]


__all__ = ["sections", "summary"]
