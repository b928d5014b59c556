"""Probing, and the ledgers it fills."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any, Dict, Iterator, Optional, Tuple

import numpy as np
import numpy.typing as npt

from . import _abi
from ._data import Questions, QuestionsLike, borrowed
from ._errors import call
from ._library import library
from ._memory import Handle, PathLike, choice, default_options, integer, json_result, optional_text, path_bytes
from ._model import Model
from ._progress import ProgressFunction, Reporter


@dataclass(frozen=True)
class LedgerRow:
    """What a model answered to one question."""

    #: The question's identifier.
    id: str
    #: The index of the choice the model prefers.
    prediction: int
    #: The index of the right choice, if known.
    gold: Optional[int]
    #: The probability of the prediction among the choices.
    confidence: float
    #: The natural log-probability of each choice's scored tokens, summed.
    log_probabilities: "npt.NDArray[np.float64]"
    #: What the choices are compared by.
    scores: "npt.NDArray[np.float64]"
    #: The softmax of the scores.
    probabilities: "npt.NDArray[np.float64]"
    #: SHA-256 of all tokens computed for the question.
    prompt_digest: str

    @property
    def correct(self) -> Optional[bool]:
        """Whether the prediction is right, if known."""
        return None if self.gold is None else self.prediction == self.gold


class Ledger(Handle):
    """The answers of one model to a list of questions: a sequence of rows, immutable."""

    _noun = "ledger"

    @classmethod
    def load(cls, path: PathLike) -> "Ledger":
        """Opens a ledger that was saved."""
        out = ctypes.c_void_p()
        call("holdfast_ledger_load", path_bytes(path), ctypes.byref(out))
        return cls(out)

    def save(self, path: PathLike) -> None:
        """Writes the ledger to an HDF5 file, atomically."""
        call("holdfast_ledger_save", self._live, path_bytes(path))

    def __len__(self) -> int:
        return int(library().holdfast_ledger_count(self._live))

    def __getitem__(self, index: int) -> LedgerRow:
        count = len(self)
        place = index + count if index < 0 else index
        if not 0 <= place < count:
            raise IndexError(f"row {index} does not exist; the ledger has {count}")
        row = self._row(place)
        size = row.choice_count
        return LedgerRow(
            id=(row.id or b"").decode("utf-8", "replace"),
            prediction=row.prediction,
            gold=None if row.gold < 0 else row.gold,
            confidence=row.confidence,
            log_probabilities=_vector(row.log_probabilities, size),
            scores=_vector(row.scores, size),
            probabilities=_vector(row.probabilities, size),
            prompt_digest=(row.prompt_digest or b"").decode(),
        )

    def __iter__(self) -> Iterator[LedgerRow]:
        for index in range(len(self)):
            yield self[index]

    def _row(self, index: int) -> _abi.LedgerRow:
        row = _abi.LedgerRow()
        row.struct_size = ctypes.sizeof(row)
        call("holdfast_ledger_get_row", self._live, index, ctypes.byref(row))
        return row

    @property
    def choice_count(self) -> int:
        """The most choices a question has: the second extent of probabilities()."""
        return max((self._row(index).choice_count for index in range(len(self))), default=0)

    def to_numpy(self) -> "npt.NDArray[Any]":
        """One structured array; what a row has fewer choices of is NaN, an unknown gold is -1."""
        rows = list(self)
        width = max((len(row.scores) for row in rows), default=0)
        length = max((len(row.id.encode()) for row in rows), default=1)
        result = np.empty(
            len(rows),
            dtype=[
                ("id", f"U{max(length, 1)}"),
                ("choices", np.int32),
                ("prediction", np.int32),
                ("gold", np.int32),
                ("confidence", np.float64),
                ("log_probabilities", np.float64, (width,)),
                ("scores", np.float64, (width,)),
                ("probabilities", np.float64, (width,)),
            ],
        )
        for index, row in enumerate(rows):
            result[index] = (
                row.id,
                len(row.scores),
                row.prediction,
                -1 if row.gold is None else row.gold,
                row.confidence,
                _padded(row.log_probabilities, width),
                _padded(row.scores, width),
                _padded(row.probabilities, width),
            )
        return result

    def to_dict(self) -> Dict[str, Any]:
        """Everything: how the ledger was made, its summary, and its rows."""
        result: Dict[str, Any] = json_result("holdfast_ledger_json", self._live)
        return result

    def to_pandas(self) -> Any:
        """One data frame with a row for each question (needs pandas)."""
        import pandas  # type: ignore[import-untyped,unused-ignore]

        return pandas.DataFrame(
            {
                "prediction": [row.prediction for row in self],
                "gold": pandas.array([row.gold for row in self], dtype="Int32"),
                "correct": pandas.array([row.correct for row in self], dtype="boolean"),
                "confidence": [row.confidence for row in self],
                "probabilities": [row.probabilities for row in self],
            },
            index=pandas.Index([row.id for row in self], name="id"),
        )

    @property
    def summary(self) -> Dict[str, Any]:
        """Items, accuracy with its interval, chance and calibration."""
        result: Dict[str, Any] = self.to_dict()["summary"]
        return result

    @property
    def accuracy(self) -> Optional[float]:
        """The share of right predictions among the questions whose answer is known."""
        known = [row.correct for row in self if row.correct is not None]
        return sum(known) / len(known) if known else None

    def __repr__(self) -> str:
        if self.closed:
            return "<holdfast.Ledger closed>"
        accuracy = self.accuracy
        known = "" if accuracy is None else f", accuracy {accuracy:.3f}"
        return f"<holdfast.Ledger of {len(self)} questions{known}>"


def probe_options(
    probe: str,
    mode: str,
    shots: int,
    domain: Optional[str],
    seed: int,
    bos: str,
    template: Optional[str],
    normalization: str,
    wording: str,
    rotation: int,
    bfloat16_logits: bool,
    limit: Optional[int],
    batch_size: int,
) -> _abi.ProbeOptions:
    """The C structure of a probe's keyword arguments."""
    options = default_options(_abi.ProbeOptions, "probe")
    options.probe = choice(probe, "probe", _abi.PROBES)
    options.mode = choice(mode, "mode", _abi.MODES)
    options.shots = integer(shots, "shots")
    options.domain = optional_text(domain, "domain")
    options.seed = integer(seed, "seed", 64, signed=False)
    options.bos = choice(bos, "bos", _abi.BOS_POLICIES)
    options.template_name = optional_text(template, "template")
    options.normalization = choice(normalization, "normalization", _abi.NORMALIZATIONS)
    options.wording = choice(wording, "wording", _abi.WORDINGS)
    options.rotation = integer(rotation, "rotation")
    options.bfloat16_logits = 1 if bfloat16_logits else 0
    options.limit = 0 if limit is None else integer(limit, "limit", 64, signed=False)
    options.batch_size = integer(batch_size, "batch_size")
    return options


def probe(
    model: Model,
    questions: QuestionsLike,
    demonstrations: Optional[QuestionsLike] = None,
    *,
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
) -> Ledger:
    """Asks a model multiple-choice questions.

    Questions and demonstrations are a JSONL file, Questions, or dictionaries ``{"question", "choices", "answer"}``.
    """
    options = probe_options(
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
    out = ctypes.c_void_p()
    with Both(questions, demonstrations) as (asked, shown), Reporter(progress) as reporter:
        call(
            "holdfast_probe",
            model._live,
            asked,
            shown,
            ctypes.byref(options),
            reporter.callback,
            None,
            ctypes.byref(out),
        )
        return Ledger(out)


class Both:
    """Questions and optional demonstrations, as handles for one call."""

    def __init__(self, questions: QuestionsLike, demonstrations: Optional[QuestionsLike]) -> None:
        self._questions = borrowed(Questions, questions)
        self._demonstrations = None if demonstrations is None else borrowed(Questions, demonstrations)

    def __enter__(self) -> Tuple[int, Optional[int]]:
        asked = self._questions.__enter__()._live
        if self._demonstrations is None:
            return asked, None
        try:
            return asked, self._demonstrations.__enter__()._live
        except BaseException:
            self._questions.__exit__(None, None, None)
            raise

    def __exit__(self, *_: Any) -> None:
        if self._demonstrations is not None:
            self._demonstrations.__exit__(None, None, None)
        self._questions.__exit__(None, None, None)


def _vector(pointer: Any, size: int) -> "npt.NDArray[np.float64]":
    return np.array(pointer[:size], dtype=np.float64)


def _padded(values: "npt.NDArray[np.float64]", width: int) -> "npt.NDArray[np.float64]":
    return np.pad(values, (0, width - len(values)), constant_values=np.nan)
