"""DLPack capsules: the way tensors cross between libraries in one process."""

from __future__ import annotations

import ctypes
from typing import Any, Tuple

import numpy as np

from ._errors import InvalidArgument, call

#: The device of every tensor here: kDLCPU, number 0.
CPU: Tuple[int, int] = (1, 0)

#: Whether NumPy speaks DLPack 1, which alone can say that memory must not be written.
NUMPY_KNOWS_VERSIONS = tuple(int(part) for part in np.__version__.split(".")[:2]) >= (2, 1)

_NAME, _VERSIONED = b"dltensor", b"dltensor_versioned"
_USED, _VERSIONED_USED = b"used_dltensor", b"used_dltensor_versioned"
# Where the deleter is in DLManagedTensor and in DLManagedTensorVersioned.
_DELETERS = {_NAME: 56, _VERSIONED: 16}

# A capsule that is being destroyed must not be counted up, so its destructor sees it as an address only.
_Destructor = ctypes.PYFUNCTYPE(None, ctypes.c_void_p)
_Deleter = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


def _python(name: str, result: Any, *arguments: Any) -> Any:
    return ctypes.PYFUNCTYPE(result, *arguments)((name, ctypes.pythonapi))


_new = _python("PyCapsule_New", ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
_is_valid = _python("PyCapsule_IsValid", ctypes.c_int, ctypes.py_object, ctypes.c_char_p)
_pointer = _python("PyCapsule_GetPointer", ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)
_rename = _python("PyCapsule_SetName", ctypes.c_int, ctypes.py_object, ctypes.c_char_p)
_is_valid_at = _python("PyCapsule_IsValid", ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p)
_pointer_at = _python("PyCapsule_GetPointer", ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)


def _give_back(capsule: int) -> None:
    """Gives back what nobody took out of a capsule; one that outlives this module is left to the end of the process."""
    if _DELETERS is None or _is_valid_at is None or _pointer_at is None:
        return
    for name, offset in _DELETERS.items():
        if _is_valid_at(capsule, name):
            managed = _pointer_at(capsule, name)
            deleter = ctypes.c_void_p.from_address(managed + offset).value
            if deleter:
                _Deleter(deleter)(managed)


_destroy = _Destructor(_give_back)


def lend(tensor: int, versioned: bool) -> Any:
    """A capsule of a tensor's handle."""
    managed = ctypes.c_void_p()
    call("holdfast_tensor_to_dlpack" + ("" if versioned else "_unversioned"), tensor, ctypes.byref(managed))
    return _new(managed, _VERSIONED if versioned else _NAME, ctypes.cast(_destroy, ctypes.c_void_p))


def borrow(other: Any) -> ctypes.c_void_p:
    """The handle of a tensor that shares another library's memory."""
    if not hasattr(other, "__dlpack__"):
        raise TypeError(f"a {type(other).__name__} has no __dlpack__")
    if hasattr(other, "__dlpack_device__"):
        device = tuple(int(part) for part in other.__dlpack_device__())
        if device[0] != CPU[0]:
            raise InvalidArgument(f"the tensor is on device {device}; copy it to the CPU first")
    try:
        capsule = other.__dlpack__(max_version=(1, 0))
    except TypeError:  # before DLPack 1
        capsule = other.__dlpack__()
    tensor = ctypes.c_void_p()
    if _is_valid(capsule, _VERSIONED):
        call("holdfast_tensor_from_dlpack", _pointer(capsule, _VERSIONED), ctypes.byref(tensor))
        _rename(capsule, _VERSIONED_USED)
    elif _is_valid(capsule, _NAME):
        call("holdfast_tensor_from_dlpack_unversioned", _pointer(capsule, _NAME), ctypes.byref(tensor))
        _rename(capsule, _USED)
    else:
        raise TypeError(f"the __dlpack__ of a {type(other).__name__} gave no DLPack capsule that is still unused")
    return tensor
