"""Handles, strings and arrays that cross the C interface."""

from __future__ import annotations

import ctypes
import json
import os
from typing import Any, Optional, Sequence, Type, TypeVar, Union

import numpy as np
import numpy.typing as npt

from ._errors import InvalidArgument, call
from ._library import library

PathLike = Union[str, "os.PathLike[str]"]
Tokens = Union[Sequence[int], npt.NDArray[Any]]
Self = TypeVar("Self", bound="Handle")


class Handle:
    """An object of the library, freed with its Python object, by close(), or at the end of a with block."""

    _noun = ""

    def __init__(self, pointer: ctypes.c_void_p) -> None:
        self._pointer: Optional[int] = pointer.value

    @property
    def _live(self) -> int:
        if self._pointer is None:
            raise InvalidArgument(f"this {type(self).__name__} is closed")
        return self._pointer

    @property
    def closed(self) -> bool:
        """Whether close() was called."""
        return self._pointer is None

    def close(self) -> None:
        """Frees the object; using it afterwards raises InvalidArgument."""
        pointer, self._pointer = getattr(self, "_pointer", None), None
        if pointer is not None:
            getattr(library(), f"holdfast_{self._noun}_free")(pointer)

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        try:
            self.close()
        except Exception:  # the interpreter may be half gone
            pass

    def __copy__(self: Self) -> Self:
        return self  # immutable

    def __deepcopy__(self: Self, _: object) -> Self:
        return self

    def __reduce__(self) -> Any:
        raise TypeError(f"a {type(self).__name__} cannot be pickled; save it to a file and load it where it is needed")


def path_bytes(path: PathLike, name: str = "path") -> bytes:
    """A path as the C interface takes it."""
    return text_bytes(os.fspath(path), name)


def text_bytes(text: str, name: str) -> bytes:
    """Text as NUL-terminated UTF-8."""
    if not isinstance(text, str):
        raise TypeError(f"{name} must be str, not {type(text).__name__}")
    if "\0" in text:
        raise InvalidArgument(f"{name} holds a NUL character at index {text.index(chr(0))}")
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as problem:
        raise InvalidArgument(f"{name} is not Unicode text: {problem}") from problem


def optional_text(text: Optional[str], name: str) -> Optional[bytes]:
    """Text that may be missing."""
    return None if text is None else text_bytes(text, name)


def take_string(pointer: ctypes.c_void_p, length: Optional[int] = None) -> str:
    """The text of a string the library allocated, which is freed."""
    if not pointer.value:
        return ""
    try:
        data = ctypes.string_at(pointer.value) if length is None else ctypes.string_at(pointer.value, length)
    finally:
        library().holdfast_string_free(pointer)
    return data.decode("utf-8", "replace")


def json_result(name: str, *arguments: Any) -> Any:
    """Calls a function whose result is a JSON string, and reads it."""
    out = ctypes.c_void_p()
    call(name, *arguments, ctypes.byref(out))
    return json.loads(take_string(out))


def int32_array(values: Tokens, name: str) -> "npt.NDArray[np.int32]":
    """Integers as a contiguous int32 vector; anything else is refused."""
    if isinstance(values, (str, bytes)):
        raise TypeError(f"{name} must be integers, not {type(values).__name__}; encode text with the tokenizer")
    array = np.asarray(values)
    if array.ndim != 1:
        raise InvalidArgument(f"{name} must be one-dimensional, not {array.ndim}-dimensional")
    if array.size == 0:
        return np.zeros(0, dtype=np.int32)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} must be integers, not {array.dtype}")
    low, high = int(array.min()), int(array.max())
    if low < -(2**31) or high >= 2**31:
        raise InvalidArgument(f"{name} must fit 32 bits; they lie in {low} … {high}")
    return np.ascontiguousarray(array, dtype=np.int32)


def int32_pointer(array: "npt.NDArray[np.int32]") -> Any:
    """The address of a vector, for ctypes."""
    return array.ctypes.data_as(ctypes.POINTER(ctypes.c_int32))


Structure = TypeVar("Structure", bound=ctypes.Structure)


def default_options(kind: Type[Structure], name: str) -> Structure:
    """A structure of options with the library's defaults."""
    options = kind()
    getattr(library(), f"holdfast_{name}_options_init")(ctypes.byref(options), ctypes.sizeof(kind))
    return options


def choice(value: str, name: str, known: Sequence[str]) -> int:
    """The number of an enumeration's name."""
    if value not in known:
        raise InvalidArgument(f"{name} is {value!r}; it must be one of {', '.join(map(repr, known))}")
    return known.index(value)


def integer(value: int, name: str, bits: int = 32, signed: bool = True) -> int:
    """An integer that fits the C field; ctypes would cut it silently."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be an integer, not {type(value).__name__}")
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    if not low <= value <= high:
        raise InvalidArgument(f"{name} is {value}; it must be in {low} … {high}")
    return int(value)
