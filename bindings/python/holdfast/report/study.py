"""What a report needs to know of a study, in plain Python."""

import math
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal


def rounded(value, decimals: int, sign: bool = False) -> str:
    """A number with a fixed count of decimals, halves away from 0 as the engine rounds them; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    # 100 x 0.3925 is meant to be 39.25; the ninth decimal takes what binary fractions add or lack.
    number = Decimal(repr(round(value, 9))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    text = f"{number + 0:{'+' if sign and number else ''}f}"
    return text.replace("-", "−")


@dataclass
class Interval:
    """An estimate with the bounds of its confidence interval; NaN where there is none."""

    mean: float
    low: float = float("nan")
    high: float = float("nan")


@dataclass
class Evaluation:
    """One evaluation set: its role, its name, how many questions, what guessing would score."""

    role: str
    name: str
    count: int
    chance: float
    headroom: bool = True


@dataclass
class Outcome:
    """One model on one evaluation."""

    accuracy: Interval
    consistency: Interval | None = None
    kl: Interval | None = None
    same_top: Interval | None = None
    flips: dict[str, int] = field(default_factory=dict)
    mcnemar: float | None = None


@dataclass
class Contrast:
    """A paired difference between two groups on one evaluation."""

    first: str
    second: str
    evaluation: str
    measure: str
    difference: Interval
    p: float | None = None
    decided: bool = False
    detectable: float = float("nan")
    sentence: str = ""


@dataclass
class Training:
    """One tuning: the loss of every step, and what the rows were like."""

    losses: list[float]
    rows: int = 0
    target_tokens: int = 0
    initial_loss: float = float("nan")
    weight_distance: float = float("nan")


@dataclass
class Study:
    """A finished study."""

    name: str
    mode: str
    created: str
    confidence: float
    summary: list[str]
    warnings: list[str]
    departures: list[str]
    models: list[str]
    evaluations: list[Evaluation]
    outcomes: dict[tuple[str, str], Outcome]
    floor: dict[str, Interval]
    contrasts: list[Contrast]
    training: dict[str, Training]
    balance: list[dict]
    configuration: dict
    versions: dict[str, str]
