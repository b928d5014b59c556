"""Capturing activations of many questions or texts to a file."""

from __future__ import annotations

import ctypes
import json
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence, Union

from ._activations import open_activations
from ._data import QuestionsLike, as_json
from ._errors import InvalidArgument, call
from ._ledger import Both
from ._memory import PathLike, path_bytes, take_string, text_bytes
from ._model import Model
from ._progress import ProgressFunction, Reporter


@dataclass(frozen=True)
class Capture:
    """What a capture did."""

    #: The file.
    path: str
    #: The items in it.
    items: int
    #: The items that were there already.
    resumed_items: int
    #: The sites captured.
    sites: int
    #: The tokens computed.
    tokens: int
    #: The length of the file.
    bytes: int
    #: Finite numbers that became infinite because the file's type does not reach so far.
    overflows: int
    #: The time from the first item to the finished file, and the parts of it that were computing and writing.
    seconds: float
    compute_seconds: float
    write_seconds: float
    #: Tokens computed in a second, writing included.
    tokens_per_second: float

    def open(self) -> Any:
        """The file as an ``xarray.Dataset``."""
        return open_activations(self.path)


def capture(
    model: Model,
    questions: Optional[QuestionsLike] = None,
    demonstrations: Optional[QuestionsLike] = None,
    *,
    out: PathLike,
    texts: Optional[Sequence[Any]] = None,
    sites: Union[str, Sequence[str]] = "blocks.*.hook_resid_post",
    layers: Union[None, str, Sequence[int]] = None,
    positions: Union[str, Sequence[int]] = "last",
    items: Optional[Mapping[str, Any]] = None,
    dtype: str = "float32",
    compression: bool = False,
    memory: Union[int, str] = "512M",
    batch_size: int = 64,
    segment_items: int = 0,
    probe: Optional[Mapping[str, Any]] = None,
    progress: Optional[ProgressFunction] = None,
) -> Capture:
    """Captures activations to an HDF5 file, of questions as a probe puts them or of plain texts.

    ``texts`` are strings, lists of tokens, or dictionaries with ``id`` and ``text`` or ``tokens``. ``positions`` is
    ``last``, ``prompt``, ``answer``, ``choices``, ``all``, or a list. ``items`` may have ``ids``, ``subjects``, ``offset``
    and ``limit``; ``probe`` the settings of a study's probe. Interrupted, the same call goes on where it was.
    """
    options: Dict[str, Any] = {
        "sites": [sites] if isinstance(sites, str) else list(sites),
        "layers": layers if layers is None or isinstance(layers, str) else list(layers),
        "positions": positions if isinstance(positions, str) else list(positions),
        "items": None if items is None else dict(items),
        "dtype": dtype,
        "compression": compression,
        "memory": memory,
        "batch_size": batch_size,
        "segment_items": segment_items,
        "probe": None if probe is None else dict(probe),
        "texts": None if texts is None else _texts(texts),
    }
    try:
        document = json.dumps(options, ensure_ascii=False, allow_nan=False, default=as_json)
    except (TypeError, ValueError) as problem:
        raise InvalidArgument(f"the options cannot be written as JSON: {problem}") from problem
    summary = ctypes.c_void_p()
    arguments = (text_bytes(document, "options"), path_bytes(out, "out"))
    with Reporter(progress) as reporter:
        tail = (*arguments, reporter.callback, None, ctypes.byref(summary))
        if questions is None:
            call("holdfast_capture", model._live, None, None, *tail)
        else:
            with Both(questions, demonstrations) as (asked, shown):
                call("holdfast_capture", model._live, asked, shown, *tail)
    return Capture(**json.loads(take_string(summary)))


def _texts(texts: Sequence[Any]) -> List[Any]:
    if isinstance(texts, (str, bytes)):
        raise TypeError("texts must be a list; put a single text into one")
    return [dict(text) if isinstance(text, Mapping) else text for text in texts]
