"""Holdfast: what did instruction fine-tuning do to what a language model knows?

    model = holdfast.Model.load("model.gguf")
    before = holdfast.probe(model, "questions.jsonl")
    tuned, report = holdfast.tune(model, "instructions.jsonl")
    print(holdfast.compare(model, tuned, "questions.jsonl"))

The library is loaded on first use. Errors are subclasses of holdfast.Error.
"""

from . import ops
from ._activations import ActivationCache, open_activations
from ._capture import Capture, capture
from ._compare import Comparison, Interval, compare
from ._data import Instructions, Questions
from ._errors import (
    Cancelled,
    ContextLengthError,
    CorruptData,
    Error,
    InputOutputError,
    InternalError,
    InvalidArgument,
    NewerVersion,
    NotFound,
    NumericalError,
    OutOfMemory,
    Unsupported,
)
from ._intervene import analyze, patch
from ._ledger import Ledger, LedgerRow, probe
from ._library import LibraryNotFound
from ._log import LogFunction, set_log
from ._model import Generation, Model, Tokenizer
from ._progress import Progress, ProgressFunction, print_progress
from ._study import inspect, num_threads, set_num_threads, study, study_status, system_info, verify, version
from ._tensor import Tensor
from ._tune import Tuning, tune

__version__ = "0.1.0"

__all__ = [
    "ActivationCache",
    "Cancelled",
    "Capture",
    "Comparison",
    "ContextLengthError",
    "CorruptData",
    "Error",
    "Generation",
    "InputOutputError",
    "Instructions",
    "InternalError",
    "Interval",
    "InvalidArgument",
    "Ledger",
    "LedgerRow",
    "LibraryNotFound",
    "LogFunction",
    "Model",
    "NewerVersion",
    "NotFound",
    "NumericalError",
    "OutOfMemory",
    "Progress",
    "ProgressFunction",
    "Questions",
    "Tensor",
    "Tokenizer",
    "Tuning",
    "Unsupported",
    "analyze",
    "capture",
    "compare",
    "inspect",
    "num_threads",
    "open_activations",
    "ops",
    "patch",
    "print_progress",
    "probe",
    "set_log",
    "set_num_threads",
    "study",
    "study_status",
    "system_info",
    "tune",
    "verify",
    "version",
]
