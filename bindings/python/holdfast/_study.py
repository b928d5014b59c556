"""Studies, files, and the machine."""

from __future__ import annotations

import ctypes
import json
import os
from typing import Any, Dict, Mapping, Optional, Union

from ._errors import InvalidArgument, call
from ._library import library
from ._memory import PathLike, integer, json_result, path_bytes, take_string, text_bytes
from ._progress import ProgressFunction, Reporter


def study(
    specification: Union[PathLike, Mapping[str, Any]],
    *,
    base_directory: Optional[PathLike] = None,
    progress: Optional[ProgressFunction] = None,
) -> Dict[str, Any]:
    """Runs a study, or what is left of it, and returns its results; a series of studies where ``domains`` are listed.

    The specification is a dictionary, or the path of a JSON file. Relative paths in a dictionary start from
    ``base_directory`` (default: the working directory), those in a file from the file's directory.
    """
    summary = ctypes.c_void_p()
    with Reporter(progress) as reporter:
        if isinstance(specification, (str, os.PathLike)):
            if base_directory is not None:
                raise InvalidArgument("paths in a study file start from the file's directory; leave base_directory out")
            path = path_bytes(specification)
            call("holdfast_study_run_file", path, reporter.callback, None, ctypes.byref(summary))
        else:
            try:
                text = json.dumps(dict(specification), ensure_ascii=False, allow_nan=False)
            except (TypeError, ValueError) as problem:
                raise InvalidArgument(f"the specification cannot be written as JSON: {problem}") from problem
            base = None if base_directory is None else path_bytes(base_directory, "base_directory")
            data = text_bytes(text, "specification")
            call("holdfast_study_run", data, base, reporter.callback, None, ctypes.byref(summary))
        result: Dict[str, Any] = json.loads(take_string(summary))
        return result


def study_status(directory: PathLike) -> Dict[str, Any]:
    """What of a study is finished; reads only."""
    result: Dict[str, Any] = json_result("holdfast_study_status", path_bytes(directory, "directory"))
    return result


def inspect(path: PathLike) -> Dict[str, Any]:
    """What a file is and holds, without loading it."""
    result: Dict[str, Any] = json_result("holdfast_inspect", path_bytes(path))
    return result


def verify(path: PathLike, *, progress: Optional[ProgressFunction] = None) -> Dict[str, Any]:
    """Reads a whole file and says what is wrong in it: structure, checksums, NaN and infinities.

    ``ok`` is true when nothing is; ``findings`` lists the rest, each with ``kind``, ``place`` and ``message``.
    """
    text = ctypes.c_void_p()
    with Reporter(progress) as reporter:
        call("holdfast_verify", path_bytes(path), reporter.callback, None, ctypes.byref(text))
        result: Dict[str, Any] = json.loads(take_string(text))
        return result


def system_info() -> Dict[str, Any]:
    """The machine and the library: CPU, kernels, threads, BLAS, HDF5."""
    result: Dict[str, Any] = json_result("holdfast_system_info")
    return result


def num_threads() -> int:
    """The number of threads a computation may use."""
    return int(library().holdfast_num_threads())


def set_num_threads(count: int) -> None:
    """Sets the number of threads a computation may use; results do not depend on it."""
    call("holdfast_set_num_threads", integer(count, "count"))


def version() -> str:
    """The version of the library."""
    return str(library().holdfast_version().decode())
