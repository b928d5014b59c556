"""Interventions and the analyses that stand on them."""

from __future__ import annotations

import contextlib
import ctypes
import json
from typing import Any, Callable, Dict, Mapping, Optional, Sequence, Union

import numpy as np
import numpy.typing as npt

from . import _abi
from ._data import Questions, as_json, borrowed
from ._errors import Cancelled, call
from ._memory import Tokens, int32_array, int32_pointer, take_string, text_bytes
from ._model import Model
from ._progress import ProgressFunction, Reporter

#: Interventions as docs/interventions.md describes them: one, a list of them, or their JSON.
InterventionsLike = Union[str, Mapping[str, Any], Sequence[Mapping[str, Any]]]

#: Sees the activation at a site, a float32 array [T, ...] that it may change in place. An exception ends the call and is
#: raised again when the library has stopped.
SiteFunction = Callable[[str, "npt.NDArray[np.float32]"], None]


class _SiteCaller:
    """Hands a callable to the library for one call, and raises afterwards what it raised."""

    def __init__(self, function: SiteFunction) -> None:
        if not callable(function):
            raise TypeError(f"function must be callable, not {type(function).__name__}")
        self._function = function
        self.raised: Optional[BaseException] = None
        self.callback = _abi.SiteFunction(self._visit)

    def _visit(self, site: bytes, data: Any, shape: Any, ndim: int, _: Any) -> int:
        # Nothing may leave this function: ctypes would print and swallow it.
        try:
            if self.raised is not None:
                return 1
            extents = tuple(shape[:ndim])
            self._function(site.decode("utf-8"), np.ctypeslib.as_array(data, extents))
            return 0
        except BaseException as raised:
            self.raised = raised
            return 1


def intervene(model: Model, interventions: InterventionsLike) -> Model:
    """The model under interventions: whatever uses it, computes under them. Weights are shared."""
    if not isinstance(interventions, str):
        if isinstance(interventions, Mapping) and "interventions" not in interventions:
            interventions = [interventions]
        interventions = json.dumps(interventions, default=as_json)
    out = ctypes.c_void_p()
    call("holdfast_model_intervene", model._live, text_bytes(interventions, "interventions"), ctypes.byref(out))
    return Model(out)


def logits_with(
    model: Model, tokens: Tokens, function: SiteFunction, sites: Union[str, Sequence[str]]
) -> "npt.NDArray[np.float32]":
    """The logits [T, V] of one sequence, with a function that sees and may change the activations at some sites."""
    ids = int32_array(tokens, "tokens")
    names = [text_bytes(name, "sites") for name in ([sites] if isinstance(sites, str) else sites)]
    fits = 0 < len(ids) <= model.context_length
    result = np.empty((len(ids), model.vocabulary_size) if fits else (1, 1), dtype=np.float32)
    caller = _SiteCaller(function)
    try:
        call(
            "holdfast_model_logits_with",
            model._live,
            int32_pointer(ids),
            len(ids),
            (ctypes.c_char_p * len(names))(*names) if names else None,
            len(names),
            caller.callback,
            None,
            result.ctypes.data_as(ctypes.POINTER(ctypes.c_float)),
            result.size,
        )
    except Cancelled:
        if caller.raised is not None:
            raise caller.raised from None
        raise
    return result


def analyze(
    model: Model,
    request: Mapping[str, Any],
    *,
    tuned: Optional[Model] = None,
    second: Optional[Model] = None,
    questions: Any = None,
    demonstrations: Any = None,
    progress: Optional[ProgressFunction] = None,
) -> Dict[str, Any]:
    """Does an analysis that docs/interventions.md describes and returns its result."""
    out = ctypes.c_void_p()
    with contextlib.ExitStack() as stack:
        asked, shown = (
            None if source is None else stack.enter_context(borrowed(Questions, source))._live
            for source in (questions, demonstrations)
        )
        reporter = stack.enter_context(Reporter(progress))
        call(
            "holdfast_analyze",
            model._live,
            None if tuned is None else tuned._live,
            None if second is None else second._live,
            asked,
            shown,
            text_bytes(json.dumps(dict(request), default=as_json), "request"),
            reporter.callback,
            None,
            ctypes.byref(out),
        )
        result: Dict[str, Any] = json.loads(take_string(out))
    return result


def patch(
    base: Model,
    tuned: Model,
    questions: Any,
    *,
    second: Optional[Model] = None,
    demonstrations: Any = None,
    progress: Optional[ProgressFunction] = None,
    **options: Any,
) -> Dict[str, Any]:
    """Patches two models into each other layer by layer and scores consistency, flips and accuracy.

    ``options`` are the members of the request: ``what``, ``site``, ``positions``, ``layers``, ``random_null``, ``seed``,
    ``resamples``, ``level``, ``probe``, ``directory``.
    """
    return analyze(
        base,
        {"analysis": "patch", **options},
        tuned=tuned,
        second=second,
        questions=questions,
        demonstrations=demonstrations,
        progress=progress,
    )
