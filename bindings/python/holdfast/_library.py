"""Finds libholdfast, loads it once, and declares its functions."""

from __future__ import annotations

import ctypes
import os
import threading
from pathlib import Path
from typing import Iterator, List, Optional

from . import _abi

_ABI_VERSION = 0
_SYSTEM_NAME = f"libholdfast.so.{_ABI_VERSION}"
_loaded: Optional[ctypes.CDLL] = None
_loading = threading.Lock()


class LibraryNotFound(ImportError):
    """libholdfast could not be found or loaded; the message says where it was looked for."""


def _names() -> List[str]:
    return ["libholdfast.so", _SYSTEM_NAME, "libholdfast.dylib"]


def _candidates() -> Iterator[Path]:
    package = Path(__file__).resolve().parent
    for name in _names():
        yield package / name
    for folder in package.parents:
        for name in _names():  # an installation: PREFIX/share/holdfast/python and PREFIX/lib
            yield folder / "lib" / name
        release = folder / ".build" / "release"
        for name in [*_names(), "libHoldfastC.so", "libHoldfastC.dylib"]:
            yield release / name


def _find() -> str:
    """The library's path, or its name for the loader of the system."""
    named = os.environ.get("HOLDFAST_LIBRARY")
    if named:
        path = Path(named).expanduser()
        if not path.is_file():
            raise LibraryNotFound(f"HOLDFAST_LIBRARY is {named!r}, which is not a file; name libholdfast.so itself")
        return str(path)
    for path in _candidates():
        if path.is_file():
            return str(path)
    return _SYSTEM_NAME


def _open(path: str) -> ctypes.CDLL:
    try:
        return ctypes.CDLL(path)
    except OSError as problem:
        if path != _SYSTEM_NAME:
            raise LibraryNotFound(f"{path} cannot be loaded: {problem}") from problem
        raise LibraryNotFound(
            "libholdfast was not found beside the package "
            f"({Path(__file__).resolve().parent}), nor in lib or .build/release of a folder above it, nor by the system's "
            f"loader ({problem}); run `make build` in the checkout, or set HOLDFAST_LIBRARY to the library's path"
        ) from problem


def library() -> ctypes.CDLL:
    """The library, loaded on first use."""
    global _loaded
    if _loaded is None:
        with _loading:
            if _loaded is None:
                path = _find()
                handle = _open(path)
                try:
                    _abi.declare(handle)
                except AttributeError as problem:
                    raise LibraryNotFound(
                        f"{path} lacks a function this package needs ({problem}); build library and package from "
                        "the same version"
                    ) from problem
                found = handle.holdfast_abi_version()
                if found != _ABI_VERSION:
                    raise LibraryNotFound(
                        f"{path} speaks binary interface {found}, this package {_ABI_VERSION}; use the same version of both"
                    )
                _loaded = handle
    return _loaded
