"""What a report needs to know of a study, in plain Python."""

from dataclasses import dataclass, field


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
