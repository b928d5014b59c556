"""The answers of one model to one evaluation, and what is counted from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# What became of an answer: before right or wrong, after right or wrong, and for two wrong ones whether they are the same.
KINDS = ("kept_right", "lost", "gained", "moved", "kept_wrong")
KIND_NAMES = {"kept_right": "kept right", "lost": "lost", "gained": "gained", "moved": "moved, still wrong",
              "kept_wrong": "kept wrong"}


@dataclass
class Ledger:
    """One row for each question, in the questions' order."""

    ids: list[str]
    gold: NDArray[np.integer[Any]]
    predicted: NDArray[np.integer[Any]]
    probability: NDArray[np.floating[Any]]  # items x choices, NaN behind the last choice of an item
    settings: dict[str, Any]

    @property
    def confidence(self) -> NDArray[np.floating[Any]]:
        found: NDArray[np.floating[Any]] = self.probability[np.arange(len(self.ids)), self.predicted]
        return found

    @property
    def answered(self) -> NDArray[np.bool_]:
        """Which items have a right answer that is known."""
        return self.gold >= 0

    @property
    def right(self) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = self.predicted == self.gold
        return found

    @property
    def accuracy(self) -> float:
        return float(np.mean(self.right[self.answered])) if self.answered.any() else float("nan")


@dataclass
class Calibration:
    """How well confidences match the share of right answers; each 0 … 1, the Brier score 0 … 2."""

    error: float
    rms: float
    brier: float


@dataclass
class Bin:
    """The items whose confidence lies in one tenth."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def bins(ledgers: list[Ledger], count: int = 10) -> list[Bin]:
    """The bins of equal width that are not empty, over all ledgers."""
    confidence = np.concatenate([ledger.confidence[ledger.answered] for ledger in ledgers])
    right = np.concatenate([ledger.right[ledger.answered] for ledger in ledgers])
    place = np.minimum((np.clip(confidence, 0, 1) * count).astype(int), count - 1)
    return [Bin(b / count, (b + 1) / count, int(inside.sum()), float(confidence[inside].mean()), float(right[inside].mean()))
            for b in range(count) if (inside := place == b).any()]


def calibration(ledger: Ledger) -> Calibration:
    """As the engine computes it, over 10 bins of equal width."""
    filled = bins([ledger])
    total = sum(b.count for b in filled)
    gaps = [(b.count / total, abs(b.confidence - b.accuracy)) for b in filled]
    rows = np.flatnonzero(ledger.answered)
    wanted = np.zeros_like(ledger.probability)
    wanted[rows, ledger.gold[rows]] = 1
    distance = np.nansum((ledger.probability - wanted) ** 2, axis=1)
    return Calibration(sum(share * gap for share, gap in gaps), sum(share * gap**2 for share, gap in gaps) ** 0.5,
                       float(distance[rows].mean()))


def kinds(before: Ledger, after: Ledger) -> list[str | None]:
    """What became of each answer; None where the right one is not known."""
    found: list[str | None] = []
    for gold, first, second in zip(before.gold, before.predicted, after.predicted):
        if gold < 0:
            found.append(None)
        elif first == gold:
            found.append("kept_right" if second == gold else "lost")
        elif second == gold:
            found.append("gained")
        else:
            found.append("kept_wrong" if first == second else "moved")
    return found
