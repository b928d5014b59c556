"""Statuses of the C interface as exceptions."""

from __future__ import annotations

import ctypes
from typing import Any, Dict, Type

from ._library import library


class Error(Exception):
    """What was wrong, where, and what to do about it."""

    #: The status of the C interface.
    code: int = 99


class InvalidArgument(Error, ValueError):
    """An argument or a combination of arguments is not acceptable."""

    code = 1


class NotFound(Error, FileNotFoundError):
    """A file, tensor, dataset or name does not exist."""

    code = 2


class InputOutputError(Error, OSError):
    """The operating system refused to read or write."""

    code = 3


class CorruptData(Error):
    """A file's content is truncated, inconsistent or not what its format demands."""

    code = 4


class Unsupported(Error):
    """The content is well-formed but asks for something this build does not have."""

    code = 5


class OutOfMemory(Error, MemoryError):
    """Memory could not be allocated."""

    code = 6


class Cancelled(Error):
    """The progress callable asked to stop."""

    code = 7


class NumericalError(Error, ArithmeticError):
    """A number became NaN or infinite where that makes the result meaningless."""

    code = 8


class ContextLengthError(Error, ValueError):
    """A prompt or a generation does not fit the model's context."""

    code = 9


class NewerVersion(Error):
    """A file was written by a newer version of its format."""

    code = 10


class InternalError(Error):
    """A defect of Holdfast itself."""

    code = 99


_BY_CODE: Dict[int, Type[Error]] = {
    kind.code: kind
    for kind in (
        InvalidArgument,
        NotFound,
        InputOutputError,
        CorruptData,
        Unsupported,
        OutOfMemory,
        Cancelled,
        NumericalError,
        ContextLengthError,
        NewerVersion,
        InternalError,
    )
}


def call(name: str, *arguments: Any) -> None:
    """Calls a C function that returns a status and takes a trailing error; raises what it reports."""
    lib = library()
    error = ctypes.c_void_p()
    status = getattr(lib, name)(*arguments, ctypes.byref(error))
    if status == 0:
        return
    message = lib.holdfast_error_message(error).decode("utf-8", "replace")
    lib.holdfast_error_free(error)
    raise _BY_CODE.get(status, Error)(message or lib.holdfast_status_name(status).decode())
