"""Progress callables."""

from __future__ import annotations

import ctypes
import sys
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Callable, Optional, Type

from . import _abi
from ._errors import Cancelled


@dataclass(frozen=True)
class Progress:
    """One report from long work."""

    #: What is being done, such as ``probe``.
    stage: str
    #: Items finished so far.
    done: int
    #: Items in total; 0 when not known.
    total: int
    #: What is counted, in the plural.
    unit: str
    #: Anything worth a line.
    detail: str


#: Receives progress; returning ``False`` cancels, any other value goes on. An exception cancels too, and is raised again
#: when the library has stopped.
ProgressFunction = Callable[[Progress], Optional[bool]]


def print_progress(progress: Progress) -> None:
    """Prints a report as one line on standard error; pass it as ``progress``."""
    total = f" of {progress.total}" if progress.total else ""
    detail = f" ({progress.detail})" if progress.detail else ""
    print(f"{progress.stage}: {progress.done}{total} {progress.unit}{detail}", file=sys.stderr, flush=True)


class Reporter:
    """Hands a callable to the library for one call, and raises afterwards what it raised.

    Even without a callable the library reports, so that Ctrl-C is noticed between two reports.
    """

    def __init__(self, function: Optional[ProgressFunction]) -> None:
        if function is not None and not callable(function):
            raise TypeError(f"progress must be callable, not {type(function).__name__}")
        self._function = function
        self._raised: Optional[BaseException] = None
        self.callback = _abi.ProgressFunction(self._report)

    def _report(self, pointer: Any, _: Any) -> int:
        # Nothing may leave this function: ctypes would print and swallow it.
        try:
            if self._raised is not None:
                return 1
            if self._function is None:
                return 0
            report = pointer.contents
            progress = Progress(
                _text(report.stage), report.done, report.total, _text(report.unit), _text(report.detail)
            )
            return 1 if self._function(progress) is False else 0
        except BaseException as raised:
            self._raised = raised
            return 1

    def __enter__(self) -> "Reporter":
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], _: Optional[TracebackType]
    ) -> None:
        raised, self._raised = self._raised, None
        if raised is None:
            return
        if error is None or isinstance(error, Cancelled):
            raise raised from None
        raise error from raised


def _text(value: Optional[bytes]) -> str:
    return (value or b"").decode("utf-8", "replace")
