"""Progress callables."""

from __future__ import annotations

import signal
import sys
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Callable, Dict, List, Optional, Type

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

    Signals that have a Python handler (Ctrl-C) are noted while the library works and handled in the next report, inside
    its try; a handler that ran between two instructions of the callback itself could raise where only ctypes would see
    it. So Ctrl-C stops long work also when there is no callable.
    """

    def __init__(self, function: Optional[ProgressFunction]) -> None:
        if function is not None and not callable(function):
            raise TypeError(f"progress must be callable, not {type(function).__name__}")
        self._function = function
        self._raised: Optional[BaseException] = None
        self._handlers: Dict[int, Any] = {}
        self._pending: List[int] = []
        self.callback = _abi.ProgressFunction(self._report)

    def _note(self, number: int, _: Any) -> None:
        self._pending.append(number)

    def _handle_signals(self) -> None:
        while self._pending:
            number = self._pending.pop(0)
            self._handlers[number](number, None)

    def _report(self, pointer: Any, _: Any) -> int:
        # Nothing may leave this function: ctypes would print and swallow it.
        try:
            if self._raised is not None:
                return 1
            self._handle_signals()
            if self._function is None:
                return 0
            report = pointer.contents
            progress = Progress(
                _text(report.stage), report.done, report.total, _text(report.unit), _text(report.detail)
            )
            go_on = self._function(progress)
            self._handle_signals()
            return 1 if go_on is False else 0
        except BaseException as raised:
            self._raised = raised
            return 1

    def __enter__(self) -> "Reporter":
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                handler = signal.getsignal(number)
                if callable(handler):
                    self._handlers[number] = handler
                    signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], _: Optional[TracebackType]
    ) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        raised, self._raised = self._raised, None
        if raised is None:
            self._handle_signals()
            return
        if error is None or isinstance(error, Cancelled):
            raise raised from None
        raise error from raised


def _text(value: Optional[bytes]) -> str:
    return (value or b"").decode("utf-8", "replace")
