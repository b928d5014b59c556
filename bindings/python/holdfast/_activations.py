"""Activations in memory, and the files they are captured to."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, Iterator, List, Mapping, Sequence, Tuple, Union

import numpy as np
import numpy.typing as npt

from ._errors import call
from ._library import library
from ._memory import Handle, PathLike, Tokens, int32_array, int32_pointer, path_bytes, text_bytes

if TYPE_CHECKING:
    from ._model import Model


class _Activations(Handle):
    _noun = "activations"

    def view(self, data: Any, shape: Sequence[int]) -> "npt.NDArray[np.float32]":
        """An array over memory of this handle, which lives as long as the array."""
        count = 1
        for extent in shape:
            count *= extent
        memory: Any = (ctypes.c_float * count).from_address(ctypes.addressof(data.contents))
        memory._owner = self
        array: "npt.NDArray[np.float32]" = np.frombuffer(memory, dtype=np.float32).reshape(tuple(shape))
        return array


class ActivationCache(Mapping[str, "npt.NDArray[np.float32]"]):
    """Activations of one sequence, by the name of their site: ``cache["blocks.3.hook_resid_post"]`` is float32 [T, D].

    The arrays share the library's memory, and keep it. ``torch.from_dlpack(cache[name])`` shares it too.
    """

    def __init__(self, handle: _Activations) -> None:
        lib, live = library(), handle._live
        self._arrays = {}
        for index in range(lib.holdfast_activations_count(live)):
            rank = ctypes.c_size_t()
            extents = lib.holdfast_activations_shape(live, index, ctypes.byref(rank))
            name = lib.holdfast_activations_name(live, index).decode()
            self._arrays[name] = handle.view(lib.holdfast_activations_data(live, index), extents[: rank.value])

    def __getitem__(self, name: str) -> "npt.NDArray[np.float32]":
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def __repr__(self) -> str:
        return f"<holdfast.ActivationCache of {len(self)} sites>"


def run_with_cache(
    model: "Model", tokens: Union[str, Tokens], sites: Union[str, Sequence[str]]
) -> "Tuple[npt.NDArray[np.float32], ActivationCache]":
    """See Model.run_with_cache."""
    ids = int32_array(model.tokenizer.encode(tokens) if isinstance(tokens, str) else tokens, "tokens")
    patterns: List[bytes] = [text_bytes(site, "sites") for site in ([sites] if isinstance(sites, str) else sites)]
    out = ctypes.c_void_p()
    call(
        "holdfast_model_run_with_cache",
        model._live,
        int32_pointer(ids),
        len(ids),
        (ctypes.c_char_p * len(patterns))(*patterns),
        len(patterns),
        ctypes.byref(out),
    )
    handle = _Activations(out)
    rows, columns = ctypes.c_size_t(), ctypes.c_size_t()
    data = library().holdfast_activations_logits(handle._live, ctypes.byref(rows), ctypes.byref(columns))
    return handle.view(data, (rows.value, columns.value)), ActivationCache(handle)


def open_activations(path: PathLike) -> Any:
    """An activation file, or a sealed segment of one, as an ``xarray.Dataset`` that reads on demand (needs xarray and
    h5netcdf)."""
    import xarray

    return xarray.open_dataset(path_bytes(path).decode(), engine="h5netcdf")
