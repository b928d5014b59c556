"""Tensors: views of memory shared with NumPy and every other library that speaks DLPack."""

from __future__ import annotations

import ctypes
from typing import Any, List, Optional, Sequence, Tuple, Union

import numpy as np
import numpy.typing as npt

from . import _abi, _dlpack
from ._errors import InvalidArgument, call
from ._library import library
from ._memory import Handle, choice, integer

Number = Union[int, float, bool, "np.number[Any]", np.bool_]
TensorLike = Union["Tensor", npt.ArrayLike]
Axes = Union[None, int, Sequence[int]]
Index = Union[int, slice, None, "ellipsis", Tuple[Union[int, slice, None, "ellipsis"], ...]]  # noqa: F821


def dimensions(values: Union[int, Sequence[int]], name: str = "shape") -> Any:
    """Extents, strides or axes as the C interface takes them."""
    numbers = [values] if isinstance(values, (int, np.integer)) else list(values)
    return (ctypes.c_int64 * len(numbers))(*(integer(number, name, bits=64) for number in numbers))


def dtype_number(dtype: Any) -> int:
    """The number of a type's name, a NumPy type or a Python type."""
    name = dtype if isinstance(dtype, str) and dtype in _abi.DTYPES else np.dtype(dtype).name
    return choice(name, "dtype", _abi.DTYPES)


class Tensor(Handle):
    """A view of numbers in memory, immutable in shape and type.

    ``Tensor(data)`` shares the memory of a NumPy array, or of anything with ``__dlpack__``, where it can, and copies
    otherwise; ``copy=True`` always copies, and ``copy=False`` refuses to. Views keep the memory alive, on both sides.
    Operations live in :mod:`holdfast.ops` and compute in float32.
    """

    _noun = "tensor"

    def __init__(self, data: TensorLike, dtype: Any = None, *, copy: Optional[bool] = None) -> None:
        super().__init__(_import(data, copy))
        if dtype is not None and dtype_number(dtype) != dtype_number(self.dtype):
            if copy is False:
                name = self.dtype
                self.close()
                raise InvalidArgument(f"data of type {name} cannot become {dtype} without a copy")
            converted = self.cast(dtype)
            self.close()
            self._pointer, converted._pointer = converted._pointer, None

    @classmethod
    def _of(cls, pointer: ctypes.c_void_p) -> "Tensor":
        tensor = cls.__new__(cls)
        Handle.__init__(tensor, pointer)
        return tensor

    # Making

    @classmethod
    def from_dlpack(cls, other: Any, *, copy: Optional[bool] = None) -> "Tensor":
        """Shares the memory of another library's CPU tensor; ``copy=True`` copies it."""
        tensor = cls._of(_dlpack.borrow(other))
        return tensor.copy() if copy else tensor

    @classmethod
    def zeros(cls, shape: Union[int, Sequence[int]], dtype: Any = "float32") -> "Tensor":
        """A tensor of zeros."""
        extents = dimensions(shape)
        return make("holdfast_tensor_zeros", extents, len(extents), dtype_number(dtype))

    @classmethod
    def full(cls, shape: Union[int, Sequence[int]], value: float, dtype: Any = "float32") -> "Tensor":
        """A tensor of one value."""
        extents = dimensions(shape)
        return make("holdfast_tensor_full", extents, len(extents), dtype_number(dtype), float(value))

    # Looking

    @property
    def dtype(self) -> str:
        """The name of the type, such as ``"float32"``."""
        return _abi.DTYPES[library().holdfast_tensor_dtype(self._live)]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return int(library().holdfast_tensor_axes(self._live))

    @property
    def size(self) -> int:
        """The number of elements."""
        return int(library().holdfast_tensor_count(self._live))

    @property
    def shape(self) -> Tuple[int, ...]:
        """The extent of each axis."""
        return tuple(library().holdfast_tensor_shape(self._live)[: self.ndim])

    @property
    def strides(self) -> Tuple[int, ...]:
        """The distance to the next element along each axis, in elements (NumPy counts bytes)."""
        return tuple(library().holdfast_tensor_strides(self._live)[: self.ndim])

    @property
    def is_contiguous(self) -> bool:
        """Whether the elements lie in row-major order without gaps."""
        return bool(library().holdfast_tensor_is_contiguous(self._live))

    @property
    def is_read_only(self) -> bool:
        """Whether the memory must not be written."""
        return bool(library().holdfast_tensor_is_read_only(self._live))

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a tensor without axes has no length")
        return self.shape[0]

    def __repr__(self) -> str:
        if self.closed:
            return "<closed holdfast.Tensor>"
        values = self.cast("float32") if self.dtype == "bfloat16" else self
        text = np.array2string(values.numpy(), separator=", ", prefix="Tensor(", threshold=100)
        return f"Tensor({text}, dtype={self.dtype})"

    def numpy(self) -> "npt.NDArray[Any]":
        """The same memory as a NumPy array, which keeps it alive; bfloat16, which NumPy lacks, is refused."""
        if self.dtype == "bfloat16":
            raise TypeError("NumPy has no bfloat16; cast the tensor to float32 first")
        if self.is_read_only and not _dlpack.NUMPY_KNOWS_VERSIONS:
            array = self.copy().numpy()
            array.flags.writeable = False
            return array
        return np.from_dlpack(self)

    def __array__(self, dtype: Any = None, copy: Optional[bool] = None) -> "npt.NDArray[Any]":
        array = self.numpy()
        if dtype is not None and np.dtype(dtype) != array.dtype:
            if copy is False:
                raise ValueError(f"a tensor of {self.dtype} cannot become {dtype} without a copy")
            return array.astype(dtype)
        return array.copy() if copy else array

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: Optional[Tuple[int, int]] = None,
        dl_device: Optional[Tuple[int, int]] = None,
        copy: Optional[bool] = None,
    ) -> Any:
        if stream is not None:
            raise InvalidArgument("a tensor in the CPU's memory has no stream; leave stream out")
        if dl_device is not None and tuple(dl_device) != _dlpack.CPU:
            raise BufferError(f"the tensor is in the CPU's memory and cannot be given to device {tuple(dl_device)}")
        source = self.copy() if copy else self
        return _dlpack.lend(source._live, versioned=max_version is not None and max_version[0] >= 1)

    def __dlpack_device__(self) -> Tuple[int, int]:
        return _dlpack.CPU

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers."""
        values = self.cast("float32") if self.dtype == "bfloat16" else self
        return values.numpy().tolist()

    def item(self) -> Any:
        """The only element as a Python number."""
        if self.size != 1:
            raise InvalidArgument(f"a tensor of shape {self.shape} has {self.size} elements, not one")
        return self.reshape(()).tolist()

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __bool__(self) -> bool:
        return bool(self.item())

    # Views and copies

    def view(self, shape: Sequence[int], strides: Sequence[int], offset: int = 0) -> "Tensor":
        """A view of any layout, in elements, within the elements this tensor spans."""
        extents, steps = dimensions(shape), dimensions(strides, "strides")
        if len(extents) != len(steps):
            raise InvalidArgument(f"{len(steps)} strides for {len(extents)} extents")
        return make("holdfast_tensor_view", self._live, extents, steps, len(extents), integer(offset, "offset", bits=64))

    def reshape(self, *shape: Union[int, Sequence[int]]) -> "Tensor":
        """The elements under another shape, one extent of which may be -1: a view where the layout allows it, else a copy."""
        extents = dimensions(shape[0] if len(shape) == 1 else shape)  # type: ignore[arg-type]
        return make("holdfast_tensor_reshape", self._live, extents, len(extents))

    def transpose(self, *axes: Union[int, Sequence[int]]) -> "Tensor":
        """A view with the axes in another order; without arguments in reverse."""
        if not axes:
            return make("holdfast_tensor_transpose", self._live, None, 0)
        order = dimensions(axes[0] if len(axes) == 1 else axes, "axes")  # type: ignore[arg-type]
        return make("holdfast_tensor_transpose", self._live, order, len(order))

    @property
    def T(self) -> "Tensor":
        """A view with the axes in reverse order."""
        return self.transpose()

    @property
    def mT(self) -> "Tensor":
        """A view with the last two axes exchanged."""
        if self.ndim < 2:
            raise InvalidArgument(f"a tensor of shape {self.shape} is no matrix")
        return self.transpose(*range(self.ndim - 2), -1, -2)

    def slice(self, axis: int, start: Optional[int] = None, stop: Optional[int] = None, step: int = 1) -> "Tensor":
        """A view of ``start:stop:step`` of one axis."""
        bounds = [_abi.SLICE_END if bound is None else integer(bound, "bound", bits=64) for bound in (start, stop)]
        return make(
            "holdfast_tensor_slice", self._live, integer(axis, "axis", bits=64), *bounds, integer(step, "step", bits=64)
        )

    def broadcast_to(self, shape: Union[int, Sequence[int]]) -> "Tensor":
        """A view that repeats the tensor along axes that are missing or have an extent of 1."""
        extents = dimensions(shape)
        return make("holdfast_tensor_broadcast", self._live, extents, len(extents))

    def cast(self, dtype: Any) -> "Tensor":
        """A copy with elements of another type, rounded as the C header says."""
        return make("holdfast_tensor_cast", self._live, dtype_number(dtype))

    def copy(self) -> "Tensor":
        """A row-major copy."""
        return self.cast(self.dtype)

    def contiguous(self) -> "Tensor":
        """A view of the tensor if it is row-major without gaps, else a copy."""
        return make("holdfast_tensor_contiguous", self._live)

    def __getitem__(self, index: Index) -> "Tensor":
        """A view by integers, slices, ``None`` and ``...``, as NumPy's basic indexing."""
        parts: List[Any] = list(index) if isinstance(index, tuple) else [index]
        used = sum(1 for part in parts if part is not None and part is not Ellipsis)
        gaps = [place for place, part in enumerate(parts) if part is Ellipsis]
        if len(gaps) > 1:
            raise IndexError("an index can have one ellipsis only")
        if used > self.ndim:
            raise IndexError(f"{used} indices for a tensor of shape {self.shape}")
        place = gaps[0] if gaps else len(parts)
        parts[place : place + 1] = [slice(None)] * (self.ndim - used)
        tensor, axis, shape = self, 0, []
        for part in parts:
            if part is None:
                shape.append(1)
            elif isinstance(part, slice):
                tensor = tensor.slice(axis, part.start, part.stop, 1 if part.step is None else part.step)
                shape.append(tensor.shape[axis])
                axis += 1
            else:
                if isinstance(part, (bool, np.bool_)) or not isinstance(part, (int, np.integer)):
                    raise TypeError(f"a tensor is indexed by integers, slices, None and ..., not {type(part).__name__}")
                extent = tensor.shape[axis]
                if not -extent <= part < extent:
                    raise IndexError(f"index {part} of axis {axis} of a tensor of shape {self.shape}")
                start = int(part) % extent
                tensor = tensor.slice(axis, start, start + 1)
                axis += 1
        return tensor.reshape(shape)

    # Operators

    def __add__(self, other: TensorLike) -> "Tensor":
        return _operation("add", self, other)

    def __radd__(self, other: TensorLike) -> "Tensor":
        return _operation("add", other, self)

    def __sub__(self, other: TensorLike) -> "Tensor":
        return _operation("subtract", self, other)

    def __rsub__(self, other: TensorLike) -> "Tensor":
        return _operation("subtract", other, self)

    def __mul__(self, other: TensorLike) -> "Tensor":
        return _operation("multiply", self, other)

    def __rmul__(self, other: TensorLike) -> "Tensor":
        return _operation("multiply", other, self)

    def __truediv__(self, other: TensorLike) -> "Tensor":
        return _operation("divide", self, other)

    def __rtruediv__(self, other: TensorLike) -> "Tensor":
        return _operation("divide", other, self)

    def __matmul__(self, other: TensorLike) -> "Tensor":
        return _operation("matmul", self, other)

    def __rmatmul__(self, other: TensorLike) -> "Tensor":
        return _operation("matmul", other, self)

    def __lt__(self, other: TensorLike) -> "Tensor":
        return _operation("less", self, other)

    def __le__(self, other: TensorLike) -> "Tensor":
        return _operation("less_equal", self, other)

    def __gt__(self, other: TensorLike) -> "Tensor":
        return _operation("greater", self, other)

    def __ge__(self, other: TensorLike) -> "Tensor":
        return _operation("greater_equal", self, other)

    # By element, as in NumPy and PyTorch; a tensor is found in sets and dictionaries by identity, as in PyTorch.
    def __eq__(self, other: Any) -> "Tensor":  # type: ignore[override]
        return _operation("equal", self, other) if _is_operand(other) else NotImplemented

    def __ne__(self, other: Any) -> "Tensor":  # type: ignore[override]
        return _operation("not_equal", self, other) if _is_operand(other) else NotImplemented

    __hash__ = object.__hash__

    def __neg__(self) -> "Tensor":
        return _operation("negate", self)

    def __abs__(self) -> "Tensor":
        return _operation("absolute", self)

    # Above all, NumPy's arrays leave operators with a tensor to the tensor.
    __array_ufunc__ = None


def _is_operand(other: object) -> bool:
    return isinstance(other, (Tensor, int, float)) or hasattr(other, "__array__") or hasattr(other, "__dlpack__")


def _operation(name: str, *operands: TensorLike) -> Tensor:
    """An operation of holdfast.ops; Python's own numbers stand for float32."""
    from . import ops

    wide = [Tensor(float(x), "float32") if isinstance(x, (int, float)) else x for x in operands]
    result: Tensor = getattr(ops, name)(*wide)
    return result


def make(name: str, *arguments: Any) -> Tensor:
    """Calls a function whose last result is a tensor."""
    out = ctypes.c_void_p()
    call(name, *arguments, ctypes.byref(out))
    return Tensor._of(out)


def as_tensor(data: TensorLike) -> Tensor:
    """A tensor as it is; anything else as Tensor(data)."""
    return data if isinstance(data, Tensor) else Tensor(data)


def apply(
    name: str, operands: Sequence[Optional[TensorLike]], *arguments: Any, results: int = 1, unwanted: int = 0
) -> List[Tensor]:
    """Calls an operation on tensors, which live until it is done, and takes its results but the last unwanted ones."""
    tensors = [None if operand is None else as_tensor(operand) for operand in operands]
    outs = [ctypes.c_void_p() for _ in range(results)]
    call(
        name,
        *(None if tensor is None else tensor._live for tensor in tensors),
        *arguments,
        *(ctypes.byref(out) for out in outs),
        *(None for _ in range(unwanted)),
    )
    return [Tensor._of(out) for out in outs]


def _import(data: TensorLike, copy: Optional[bool]) -> ctypes.c_void_p:
    """A handle for data from elsewhere."""
    if isinstance(data, Tensor):
        made = data.copy() if copy else data.view(data.shape, data.strides)
        pointer, made._pointer = made._pointer, None
        return ctypes.c_void_p(pointer)
    if hasattr(data, "__dlpack__") and not isinstance(data, (np.ndarray, np.generic)):
        tensor = Tensor.from_dlpack(data, copy=copy)
        pointer, tensor._pointer = tensor._pointer, None
        return ctypes.c_void_p(pointer)
    array = np.asarray(data)
    if not isinstance(data, np.ndarray) and array.dtype == np.float64 and not isinstance(data, np.generic):
        array = array.astype(np.float32)  # Python's floats stand for the type everything is computed in
    shared = array
    fits = array.dtype.isnative and all(step % array.itemsize == 0 for step in array.strides) and array.flags.aligned
    fits = fits and (array.flags.writeable or _dlpack.NUMPY_KNOWS_VERSIONS)
    if copy or not fits:
        if copy is False:
            raise InvalidArgument(f"an array of {array.dtype} and strides {array.strides} cannot be shared without a copy")
        shared = np.array(array, dtype=array.dtype.newbyteorder("="), order="C", copy=True)
    if shared.dtype.name not in _abi.DTYPES:
        raise TypeError(f"there are no tensors of {array.dtype}; cast it to one of {', '.join(_abi.DTYPES)}")
    return _dlpack.borrow(shared)
