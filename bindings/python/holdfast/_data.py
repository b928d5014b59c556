"""Questions and instruction data, from a file or from Python objects."""

from __future__ import annotations

import ctypes
import json
import os
from typing import Any, Callable, Iterable, Iterator, Mapping, Type, TypeVar, Union

from contextlib import contextmanager

from ._errors import InvalidArgument, call
from ._library import library
from ._memory import Handle, PathLike, path_bytes, text_bytes

Row = Mapping[str, Any]
Kind = TypeVar("Kind", bound="_Data")


class _Data(Handle):
    """Rows that were read and checked; immutable."""

    @classmethod
    def load(cls: Type[Kind], path: PathLike) -> Kind:
        """Reads a file; an error names the line."""
        out = ctypes.c_void_p()
        call(f"holdfast_{cls._noun}_load", path_bytes(path), ctypes.byref(out))
        return cls(out)

    @classmethod
    def from_rows(cls: Type[Kind], rows: Iterable[Row]) -> Kind:
        """Takes rows as dictionaries, with the keys they have in a file."""
        lines = []
        for index, row in enumerate(rows):
            try:
                lines.append(json.dumps(dict(row), ensure_ascii=False, allow_nan=False, default=as_json))
            except (TypeError, ValueError) as problem:
                raise InvalidArgument(f"row {index} cannot be written as JSON: {problem}") from problem
        out = ctypes.c_void_p()
        call(f"holdfast_{cls._noun}_parse", text_bytes("\n".join(lines), "rows"), ctypes.byref(out))
        return cls(out)

    def __len__(self) -> int:
        count: Callable[[int], int] = getattr(library(), f"holdfast_{self._noun}_count")
        return int(count(self._live))

    def __repr__(self) -> str:
        name = type(self).__name__
        return f"<holdfast.{name} closed>" if self.closed else f"<holdfast.{name} of {len(self)} rows>"


class Questions(_Data):
    """Multiple-choice questions: ``{"id", "question", "choices", "answer", "explanation"}``."""

    _noun = "questions"


class Instructions(_Data):
    """Instruction data: chat, ShareGPT, Alpaca, or prompt and response."""

    _noun = "instructions"


QuestionsLike = Union[Questions, PathLike, Iterable[Row]]
InstructionsLike = Union[Instructions, PathLike, Iterable[Row]]


@contextmanager
def borrowed(kind: Type[Kind], source: Union[Kind, PathLike, Iterable[Row]]) -> Iterator[Kind]:
    """The data behind an argument; what is made here is freed here."""
    if isinstance(source, kind):
        yield source
        return
    made = kind.load(source) if isinstance(source, (str, os.PathLike)) else kind.from_rows(source)  # type: ignore[arg-type]
    with made:
        yield made


def as_json(value: Any) -> Any:
    """NumPy scalars and arrays as JSON takes them."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is not JSON")
