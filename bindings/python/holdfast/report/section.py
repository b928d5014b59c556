"""A section of the page: a heading, and text and figures below it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, Sequence, Union

from .figure import Data, Figure


@dataclass
class Folded:
    """Something behind a line that opens it."""

    summary: str  # HTML
    parts: Sequence[Part]  # texts (HTML), figures and folded things
    opened: bool = False


@dataclass
class Section:
    """Parts are texts (HTML), figures, folded things, and data that stands in no figure and is only written as CSV."""

    name: str
    heading: str
    parts: Sequence[Part]

    def everything(self) -> Iterator[Figure | Data]:
        """All figures and data, also the folded ones."""
        waiting: list[Part] = list(self.parts)
        while waiting:
            part = waiting.pop(0)
            if isinstance(part, Folded):
                waiting = list(part.parts) + waiting
            elif isinstance(part, (Figure, Data)):
                yield part


# What a section is made of.
Part = Union[str, Figure, Folded, Data]
