"""What a report needs to know of a study, in plain Python."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from .ledger import Ledger
from .question import Question

# What the page calls the model before tuning.
BEFORE = "BEFORE"


def rounded(value: float | None, decimals: int, sign: bool = False) -> str:
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

    @property
    def finite(self) -> list[float]:
        """Those of the three that are numbers."""
        return [v for v in (self.mean, self.low, self.high) if math.isfinite(v)]

    @property
    def lengths(self) -> tuple[float, float]:
        """The lengths below and above the estimate, 0 where there is no bound."""
        below, above = self.mean - self.low, self.high - self.mean
        return (max(0.0, below) if math.isfinite(below) else 0.0, max(0.0, above) if math.isfinite(above) else 0.0)


@dataclass
class Evaluation:
    """One evaluation set: its role, its name, how many questions, what guessing would score."""

    role: str
    name: str
    count: int
    chance: float
    headroom: bool = True

    @property
    def title(self) -> str:
        return f"{self.role}: {self.name}" if self.name != self.role else self.role

    @property
    def place(self) -> str:
        """The title inside a sentence."""
        return f"{self.role} ({self.name})" if self.name != self.role else self.role


@dataclass
class Outcome:
    """One model on one evaluation."""

    accuracy: Interval
    consistency: Interval | None = None
    kl: Interval | None = None
    same_top: Interval | None = None
    flips: list[dict[str, Any]] = field(default_factory=list)  # by seed


@dataclass
class Floor:
    """The noise floor of one evaluation: means over prompts, and the quantile of the prompts on the side of change."""

    prompts: int
    rank_pearson: float
    rank_pearson_low: float
    kl: float = float("nan")
    kl_high: float = float("nan")


@dataclass
class Contrast:
    """A paired difference between two groups on one evaluation."""

    first: str
    second: str
    evaluation: str
    difference: Interval
    p: float | None = None
    decided: bool = False
    detectable: float = float("nan")
    sentence: str = ""


@dataclass
class Coefficient:
    """A correlation with its interval and p-value, NaN where there is none."""

    value: Interval
    p: float = float("nan")


@dataclass
class Correlation:
    """Consistency against accuracy over groups and evaluations, the consistency taken over some items."""

    items: str
    points: int
    plain: float
    partial: Coefficient | None
    paper: Coefficient | None
    permutation_p: float


@dataclass
class Twin:
    """A group beside the model with random noise on its weights that changes answers by the same KL, on one evaluation."""

    group: str
    role: str
    accuracy: float
    consistency: float
    kl: float
    difference: Interval  # accuracy of the group minus that of the twin, paired
    p: float
    scale: float  # standard deviation of the noise, as a share of each tensor's root mean square
    target: float  # the KL that was to be reached on the questions matched on
    matched: float  # the KL that was reached there


@dataclass
class Measurement:
    """What a model in training knew after some steps."""

    step: int
    accuracy: float
    rank_pearson: float
    kl: float
    same_top: float


@dataclass
class Training:
    """One tuning: the loss of every step, and what the rows were like."""

    model: str
    group: str
    seed: str
    losses: list[float]
    rows: int = 0
    target_tokens: int = 0
    initial_loss: float = float("nan")
    weight_distance: float = float("nan")
    kept_step: int | None = None
    stopped_early: bool = False
    drift: list[Measurement] = field(default_factory=list)


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
    floor: dict[str, Floor]
    contrasts: list[Contrast]
    correlations: list[Correlation]
    training: list[Training]
    balance: list[dict[str, Any]]
    configuration: dict[str, Any]
    versions: dict[str, str]
    twins: list[Twin] = field(default_factory=list)
    twin_correlations: list[Correlation] = field(default_factory=list)
    ledgers: dict[tuple[str, str, str], Ledger] = field(default_factory=dict)  # group, seed ("" before tuning), role
    questions: dict[str, dict[str, Question]] = field(default_factory=dict)  # role, id
    unread: list[str] = field(default_factory=list)  # evaluations without texts of questions, and their files
    anchor: str = ""  # what its identifiers begin with, on a page of several studies

    @property
    def groups(self) -> list[str]:
        """All models but the one before tuning."""
        return [model for model in self.models if model != BEFORE]

    def seeds(self, group: str) -> list[str]:
        return [t.seed for t in self.training if t.group == group]

    def tunings(self, group: str) -> list[Training]:
        return [t for t in self.training if t.group == group]

    def tuned(self, group: str, role: str) -> list[tuple[str, Ledger]]:
        """The ledgers of a group on a role, with their seeds; the one before tuning for BEFORE."""
        if group == BEFORE:
            keys = [""]
        else:
            keys = self.seeds(group)
        return [(seed, self.ledgers[group, seed, role]) for seed in keys if (group, seed, role) in self.ledgers]

    def share(self, group: str) -> float | None:
        """The self-aligned share of a group on the way from INCOMPATIBLE (0) to SELF-ALIGNING (1)."""
        ends = {"INCOMPATIBLE": 0.0, "SELF-ALIGNING": 1.0}
        if group in ends:
            return ends[group]
        match = re.fullmatch(r"MIXTURE-(0?\.\d+|0|1|1\.0*)", group)
        return float(match[1]) if match else None
