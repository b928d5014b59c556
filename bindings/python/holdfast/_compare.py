"""Before against after."""

from __future__ import annotations

import ctypes
from typing import Any, Dict, NamedTuple, Optional, Union, overload

from . import _abi
from ._data import QuestionsLike
from ._errors import InvalidArgument, call
from ._ledger import Both, Ledger, probe_options
from ._library import library
from ._memory import Handle, choice, default_options, integer, json_result
from ._model import Model
from ._progress import ProgressFunction, Reporter


class Interval(NamedTuple):
    """An estimate with its interval."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


class Comparison(Handle):
    """How consistent a model's knowledge stayed; true in a condition when the gate is passed."""

    _noun = "comparison"

    def _interval(self, name: str) -> Interval:
        value = getattr(library(), f"holdfast_comparison_{name}")(self._live)
        return Interval(value.mean, value.low, value.high)

    @property
    def consistency(self) -> Interval:
        """Mean rank-Pearson over the questions."""
        return self._interval("consistency")

    @property
    def accuracy_before(self) -> Interval:
        """The accuracy before; NaN when no answers are known."""
        return self._interval("accuracy_before")

    @property
    def accuracy_after(self) -> Interval:
        """The accuracy after; NaN when no answers are known."""
        return self._interval("accuracy_after")

    @property
    def verdict(self) -> str:
        """What the gate says: ``passes``, ``fails`` (the whole interval lies below the bound) or ``undecided``."""
        return _abi.VERDICTS[library().holdfast_comparison_verdict(self._live)]

    @property
    def passes(self) -> bool:
        """Whether the lower bound of the consistency reaches the gate's bound."""
        return bool(library().holdfast_comparison_passes(self._live))

    def to_dict(self) -> Dict[str, Any]:
        """Every measure, the flip table and the gate's verdict."""
        result: Dict[str, Any] = json_result("holdfast_comparison_json", self._live)
        return result

    def __bool__(self) -> bool:
        return self.passes

    def __repr__(self) -> str:
        if self.closed:
            return "<holdfast.Comparison closed>"
        return (
            f"<holdfast.Comparison consistency {self.consistency}, accuracy {self.accuracy_before.mean:.3f} -> "
            f"{self.accuracy_after.mean:.3f}, {self.verdict}>"
        )


@overload
def compare(
    before: Ledger,
    after: Ledger,
    *,
    min_consistency: float = ...,
    confidence_level: float = ...,
    resamples: int = ...,
    method: str = ...,
    bootstrap_seed: int = ...,
) -> Comparison: ...
@overload
def compare(
    before: Model,
    after: Model,
    questions: QuestionsLike,
    demonstrations: Optional[QuestionsLike] = ...,
    *,
    min_consistency: float = ...,
    confidence_level: float = ...,
    resamples: int = ...,
    method: str = ...,
    bootstrap_seed: int = ...,
    rule: str = ...,
    floor_prompts: int = ...,
    floor_limit: Optional[int] = ...,
    examples: int = ...,
    probe: str = ...,
    mode: str = ...,
    shots: int = ...,
    domain: Optional[str] = ...,
    seed: int = ...,
    bos: str = ...,
    template: Optional[str] = ...,
    normalization: str = ...,
    wording: str = ...,
    rotation: int = ...,
    bfloat16_logits: bool = ...,
    limit: Optional[int] = ...,
    batch_size: int = ...,
    progress: Optional[ProgressFunction] = ...,
) -> Comparison: ...


def compare(
    before: Union[Model, Ledger],
    after: Union[Model, Ledger],
    questions: Optional[QuestionsLike] = None,
    demonstrations: Optional[QuestionsLike] = None,
    *,
    min_consistency: float = 0.8,
    confidence_level: float = 0.95,
    resamples: int = 2000,
    method: str = "percentile",
    bootstrap_seed: int = 42,
    rule: str = "absolute",
    floor_prompts: int = 0,
    floor_limit: Optional[int] = 100,
    examples: int = 3,
    probe: str = "cloze",
    mode: str = "default",
    shots: int = 0,
    domain: Optional[str] = None,
    seed: int = 42,
    bos: str = "automatic",
    template: Optional[str] = None,
    normalization: str = "raw",
    wording: str = "standard",
    rotation: int = 0,
    bfloat16_logits: bool = False,
    limit: Optional[int] = None,
    batch_size: int = 64,
    progress: Optional[ProgressFunction] = None,
) -> Comparison:
    """Compares two models on the same questions and prompts, or two ledgers of the same questions.

    The gate asks that the interval of the consistency stays above ``min_consistency``, or with ``rule="noise-floor"``
    above what ``floor_prompts`` other prompts alone do to the model before.
    """
    options = default_options(_abi.CompareOptions, "compare")
    options.min_consistency = min_consistency
    options.confidence_level = confidence_level
    options.resamples = integer(resamples, "resamples")
    options.method = choice(method, "method", _abi.INTERVAL_METHODS)
    options.seed = integer(bootstrap_seed, "bootstrap_seed", 64, signed=False)
    options.rule = choice(rule, "rule", _abi.GATE_RULES)
    options.floor_prompts = integer(floor_prompts, "floor_prompts")
    options.floor_limit = 0 if floor_limit is None else integer(floor_limit, "floor_limit", 64, signed=False)
    options.examples = integer(examples, "examples")
    out = ctypes.c_void_p()
    if isinstance(before, Ledger) and isinstance(after, Ledger):
        if questions is not None or demonstrations is not None:
            raise InvalidArgument("two ledgers hold their questions already; leave questions and demonstrations out")
        call("holdfast_compare_ledgers", before._live, after._live, ctypes.byref(options), ctypes.byref(out))
        return Comparison(out)
    if not (isinstance(before, Model) and isinstance(after, Model)):
        raise TypeError("before and after must be two Models, or two Ledgers")
    if questions is None:
        raise InvalidArgument("two models need questions to be compared on")
    asking = probe_options(
        probe,
        mode,
        shots,
        domain,
        seed,
        bos,
        template,
        normalization,
        wording,
        rotation,
        bfloat16_logits,
        limit,
        batch_size,
    )
    with Both(questions, demonstrations) as (asked, shown), Reporter(progress) as reporter:
        call(
            "holdfast_compare_models",
            before._live,
            after._live,
            asked,
            shown,
            ctypes.byref(asking),
            ctypes.byref(options),
            reporter.callback,
            None,
            ctypes.byref(out),
        )
        return Comparison(out)
