"""The library's few notices: what it found and chose, and settings it could not follow."""

from __future__ import annotations

import ctypes
import sys
from typing import Any, Callable, List, Optional

from . import _abi
from ._errors import call
from ._memory import choice

#: Receives a notice: its level, "info" or "warning", and one sentence.
LogFunction = Callable[[str, str], Any]

# The callback in use and those before it, which another thread may still be in.
_callbacks: List[Any] = []


def set_log(function: Optional[LogFunction], least: str = "info") -> None:
    """Sets who receives notices of a level and above; ``None`` for nobody, as at first.

    Notices come on the thread of a call, at its end; those from before come now. What the function raises is shown as an
    exception that nobody can catch, and changes nothing.

        holdfast.set_log(lambda level, message: logging.getLogger("holdfast").info(message))
    """
    if function is not None and not callable(function):
        raise TypeError(f"the log function must be callable, not {type(function).__name__}")
    number = choice(least, "least", _abi.LOG_LEVELS)

    def receive(level: int, message: Optional[bytes], _: Any) -> None:
        try:
            assert function is not None
            function(_abi.LOG_LEVELS[level], (message or b"").decode("utf-8", "replace"))
        except BaseException:
            sys.excepthook(*sys.exc_info())

    callback = _abi.LogFunction() if function is None else _abi.LogFunction(receive)
    _callbacks.append(callback)
    call("holdfast_set_log", callback, number, ctypes.c_void_p())
