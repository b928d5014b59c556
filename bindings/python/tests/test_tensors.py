"""Tensors: memory shared with NumPy in both directions, views, casts, lifetimes, and the log."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import weakref
from typing import Any, List

import holdfast
import numpy as np
import pytest
from conftest import ROOT
from holdfast import Tensor, _dlpack

NUMPY_TYPES = ["float32", "float16", "float64", "int32", "int64", "uint8", "bool"]


@pytest.mark.parametrize("dtype", NUMPY_TYPES)
def test_numpy_in_and_out_share_memory(dtype: str) -> None:
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    tensor = Tensor(array, copy=False)
    assert (tensor.dtype, tensor.shape, tensor.strides, tensor.ndim, tensor.size) == (dtype, (2, 3, 4), (12, 4, 1), 3, 24)
    back = np.from_dlpack(tensor)
    assert back.dtype == array.dtype and np.shares_memory(back, array) and np.shares_memory(tensor.numpy(), array)
    array[1, 2, 3] = 0
    assert back[1, 2, 3] == 0 and tensor[1, 2, 3].item() == 0
    assert np.array_equal(np.asarray(tensor), array) and np.array_equal(Tensor.from_dlpack(array).numpy(), array)
    assert tensor.tolist() == array.tolist()


def test_views_of_numpy_cross_with_their_strides() -> None:
    array = np.arange(60, dtype=np.float32).reshape(3, 4, 5)
    for view in (array.T, array[::2, ::-1, 1:4], array[:, None, 2], np.broadcast_to(array[0, 0], (2, 5)), array[:, :0]):
        tensor = Tensor(view)
        assert tensor.shape == view.shape
        assert np.array_equal(np.from_dlpack(tensor), view) and np.array_equal(tensor.copy().numpy(), view)
        if view.size:
            assert np.shares_memory(tensor.numpy(), array)


def test_what_cannot_be_shared_is_copied_or_refused() -> None:
    wide = np.zeros(3, dtype=[("a", "f4"), ("b", "u1")])["a"]  # strides of five bytes
    swapped = np.arange(3, dtype=">f4")
    for array in (wide, swapped):
        assert Tensor(array).tolist() == array.tolist()
        with pytest.raises(holdfast.InvalidArgument, match="without a copy"):
            Tensor(array, copy=False)
    array = np.zeros(3, np.float32)
    assert not np.shares_memory(Tensor(array, copy=True).numpy(), array)
    with pytest.raises(holdfast.InvalidArgument, match="without a copy"):
        Tensor(array, "float16", copy=False)
    for wrong in (np.zeros(2, complex), np.array(["a"]), np.zeros(2, np.uint16)):
        with pytest.raises(TypeError, match="no tensors of"):
            Tensor(wrong)


def test_memory_that_must_not_be_written_stays_so() -> None:
    array = np.arange(4, dtype=np.float32)
    array.flags.writeable = False
    tensor = Tensor(array)
    assert tensor.tolist() == [0, 1, 2, 3] and not tensor.numpy().flags.writeable
    if _dlpack.NUMPY_KNOWS_VERSIONS:
        assert tensor.is_read_only and tensor[1:].is_read_only and not tensor.copy().is_read_only
        with pytest.raises(holdfast.Unsupported, match="copy it first"):
            tensor.__dlpack__()


class Memory(bytearray):
    """Bytes that a weak reference can watch."""


def watched(count: int) -> Any:
    """An array of zeros and a weak reference to its memory."""
    memory = Memory(4 * count)
    return np.frombuffer(memory, np.float32), weakref.ref(memory)


def test_a_view_keeps_its_memory_and_so_does_an_array() -> None:
    array, watch = watched(12)
    array[:] = np.arange(12)
    array = array.reshape(3, 4)
    tensor = Tensor(array)
    view = tensor[1:, ::2]
    out = np.from_dlpack(view)
    del array
    tensor.close()
    gc.collect()
    assert watch() is not None and view.tolist() == [[4, 6], [8, 10]]
    view.close()
    gc.collect()
    assert watch() is not None and out.tolist() == [[4, 6], [8, 10]]
    del out
    gc.collect()
    assert watch() is None
    with pytest.raises(holdfast.InvalidArgument, match="closed"):
        tensor.shape  # noqa: B018


@pytest.mark.parametrize("versioned", [False, True])
def test_capsules_are_used_once_and_given_back_when_unused(versioned: bool) -> None:
    array, watch = watched(5)
    tensor = Tensor(array)
    del array
    capsule = tensor.__dlpack__(max_version=(1, 0) if versioned else None)
    tensor.close()

    class Once:
        def __dlpack__(self, **_: Any) -> Any:
            return capsule

        def __dlpack_device__(self) -> Any:
            return (1, 0)

    taken = Tensor.from_dlpack(Once())
    assert taken.tolist() == [0] * 5
    with pytest.raises(TypeError, match="still unused"):
        Tensor.from_dlpack(Once())
    unused = taken.__dlpack__(max_version=(1, 0) if versioned else None)
    del capsule, taken
    gc.collect()
    assert watch() is not None
    del unused
    gc.collect()
    assert watch() is None


def test_other_devices_and_other_things_are_refused() -> None:
    class Elsewhere:
        def __dlpack__(self, **_: Any) -> Any:
            raise AssertionError("must not be asked")

        def __dlpack_device__(self) -> Any:
            return (2, 0)

    with pytest.raises(holdfast.InvalidArgument, match="copy it to the CPU"):
        Tensor.from_dlpack(Elsewhere())
    with pytest.raises(TypeError, match="no __dlpack__"):
        Tensor.from_dlpack([1, 2])
    with pytest.raises(BufferError):
        Tensor.zeros(2).__dlpack__(dl_device=(2, 0))
    with pytest.raises(holdfast.InvalidArgument, match="stream"):
        Tensor.zeros(2).__dlpack__(stream=1)
    assert Tensor.zeros(2).__dlpack_device__() == (1, 0)
    big = np.zeros(2, np.uint16)  # a type that NumPy exports and this library lacks
    with pytest.raises(holdfast.Unsupported, match="16 bits"):
        Tensor.from_dlpack(big)


@pytest.mark.parametrize("source", NUMPY_TYPES)
@pytest.mark.parametrize("target", NUMPY_TYPES)
def test_casts_are_those_of_numpy(source: str, target: str) -> None:
    numbers = np.array([0, 1, 2, 3.75, -1, -2.5, 100, 127.5, 1e-6, 0.1, 300, 65504, 7e4])
    if "uint" in (source + target) or source == "bool":
        numbers = numbers[(numbers >= 0) & (numbers < 256)]
    if target in ("int32", "int64") or source in ("int32", "int64"):
        numbers = numbers[np.abs(numbers) < 65000]
    with np.errstate(over="ignore"):
        array = numbers.astype(source)
        wanted = array.astype(target)
    assert np.array_equal(Tensor(array).cast(target).numpy(), wanted)


def test_casts_at_the_edges() -> None:
    odd = np.array([np.nan, np.inf, -np.inf, 1e30, -1e30, 2.9, -2.9])
    assert Tensor(odd).cast("int32").tolist() == [0, 2**31 - 1, -(2**31), 2**31 - 1, -(2**31), 2, -2]
    assert Tensor(odd).cast("int64").tolist()[:3] == [0, 2**63 - 1, -(2**63)]
    assert Tensor(odd).cast("uint8").tolist() == [0, 255, 0, 255, 0, 2, 0]
    assert Tensor(odd).cast("bool").tolist() == [True] * 7
    assert Tensor(np.array([-1, 300, 2**31 + 5])).cast("uint8").tolist() == [255, 44, 5]
    assert Tensor(np.array([2**31, -(2**31) - 1])).cast("int32").tolist() == [-(2**31), 2**31 - 1]
    assert Tensor(np.array([2**53 + 1])).cast("int64").tolist() == [2**53 + 1]
    # bfloat16 is rounded once: halves to even, and from float64 or int64 without a stop at float32.
    halves = np.array([1 + 2**-8, 1 + 3 * 2**-8, 1 + 2**-8 + 2**-40, -(1 + 2**-8 + 2**-40), 3.4e38])
    assert Tensor(halves).cast("bfloat16").tolist() == [1, 1 + 2**-6, 1 + 2**-7, -(1 + 2**-7), np.inf]
    assert Tensor(np.array([2**62 + 2**54 + 1])).cast("bfloat16").cast("float64").item() == 2**62 + 2**55
    assert Tensor(np.array([1 + 2**-11 + 2**-40])).cast("float16").item() == 1 + 2**-10
    every = np.arange(65536, dtype=np.uint16).view(np.float16)
    wide = Tensor(every).cast("float32")
    assert np.array_equal(wide.numpy(), every.astype(np.float32), equal_nan=True)
    assert np.array_equal(wide.cast("float16").numpy(), every, equal_nan=True)
    nothing = Tensor.zeros((2, 0), "int64").cast("bfloat16")
    assert nothing.dtype == "bfloat16" and nothing.shape == (2, 0)
    with pytest.raises(TypeError, match="no bfloat16"):
        nothing.numpy()


INDICES: List[Any] = [
    1,
    -1,
    slice(None),
    slice(1, None),
    slice(None, None, -1),
    slice(-1, -4, -2),
    slice(5, 2),
    slice(-100, 100, 3),
    (Ellipsis, 0),
    (0, Ellipsis, slice(None, None, 2)),
    (None, 1),
    (slice(None), None, -1, slice(3, 0, -1)),
    (1, 2, 3),
    (),
    Ellipsis,
]


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_indices_are_those_of_numpy(index: Any) -> None:
    array = np.arange(60, dtype=np.int64).reshape(3, 4, 5)
    view = Tensor(array)[index]
    assert view.shape == array[index].shape and view.tolist() == array[index].tolist()
    if view.size:
        assert np.shares_memory(view.numpy(), array)


def test_shapes() -> None:
    array = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    tensor = Tensor(array)
    assert tensor.T.shape == (4, 3, 2) and np.array_equal(tensor.T.numpy(), array.T)
    assert np.array_equal(tensor.transpose(1, -1, 0).numpy(), array.transpose(1, 2, 0))
    assert np.array_equal(tensor.mT.numpy(), array.swapaxes(1, 2))
    for shape in ((24,), (6, 4), (2, -1), (2, 3, 2, 2), (1, 2, 1, 12), (-1,)):
        assert np.array_equal(tensor.reshape(shape).numpy(), array.reshape(shape))
        assert np.shares_memory(tensor.reshape(shape).numpy(), array)
        assert np.array_equal(tensor.T.reshape(shape).numpy(), array.T.reshape(shape))
    # Merging or splitting axes of a cut-out is a view exactly where NumPy has one.
    cut = tensor[:, 1:, :]
    assert np.shares_memory(cut.reshape(2, 8).numpy(), array) and not np.shares_memory(cut.reshape(16).numpy(), array)
    assert np.shares_memory(cut.reshape(2, 2, 2, 2).numpy(), array)
    assert np.array_equal(tensor.view((2, 2), (1, 12), 3).numpy(), [[3, 15], [4, 16]])
    assert np.array_equal(Tensor([1.0, 2]).broadcast_to((3, 2)).numpy(), [[1, 2]] * 3)
    assert tensor.is_contiguous and not tensor.T.is_contiguous and tensor.T.contiguous().is_contiguous
    assert np.shares_memory(tensor.contiguous().numpy(), array)
    assert Tensor.full((2, 2), 7, "int32").tolist() == [[7, 7], [7, 7]] and Tensor.zeros(3, bool).tolist() == [False] * 3
    assert len(tensor) == 2 and float(Tensor(2.5)) == 2.5 and int(Tensor(3)) == 3 and bool(Tensor(True))
    assert "dtype=float32" in repr(tensor) and "[1., 2.]" in repr(Tensor([1.0, 2.0]).cast("bfloat16"))


@pytest.mark.parametrize(
    "mistake, words",
    [
        (lambda t: t.reshape(5), r"\[2, 3\] cannot become \[5\]"),
        (lambda t: t.reshape(-1, -1), "negative"),
        (lambda t: t.reshape(-1, 4), "free axis 0"),
        (lambda t: t.transpose(0, 0), "each of the 2 axes once"),
        (lambda t: t.slice(2), "axis 2 of a tensor of 2 axes"),
        (lambda t: t.slice(0, step=0), "a step of 0"),
        (lambda t: t.broadcast_to((2, 4)), r"\[2, 3\] does not broadcast to \[2, 4\]"),
        (lambda t: t.view((2, 3), (3, 1), 1), "leaves the tensor"),
        (lambda t: t.view((2, 3), (3, 1), -1), "leaves the tensor"),
        (lambda t: t.view((2,), (2**62,), 0), "leaves the tensor"),
        (lambda t: t.cast("complex64"), "dtype"),
        (lambda t: Tensor.zeros((2**40, 2**40)), "more bytes than a pointer can reach"),
        (lambda t: Tensor.zeros((0, 2**40, 2**40)), "more bytes than a pointer can reach"),
        (lambda t: Tensor.zeros((-1,)), "negative"),
        (lambda t: Tensor.zeros((1,) * 65), "65 elements"),
        (lambda t: t.item(), "6 elements, not one"),
    ],
)
def test_mistakes_say_what_is_wrong(mistake: Any, words: str) -> None:
    with pytest.raises(holdfast.InvalidArgument, match=words):
        mistake(Tensor(np.zeros((2, 3), np.float32)))


def test_empty_tensors_do_not_calculate_with_strides_that_lead_nowhere() -> None:
    wild = Tensor.zeros((0, 5)).view((0, 5), (1, 2**63 - 1))
    assert wild.slice(1, 3).shape == (0, 2) and (wild + 1.0).shape == (0, 5) and wild.cast("int32").shape == (0, 5)
    assert Tensor.zeros((1, 2)).view((1, 2), (2**63 - 1, 1)).T.copy().tolist() == [[0], [0]]
    with pytest.raises(holdfast.InvalidArgument, match="more bytes than a pointer can reach"):
        holdfast.ops.take_backward(Tensor.zeros((0, 0, 4)), Tensor(np.zeros(0, np.int64)), 2**62)
    assert holdfast.ops.rotary(Tensor.zeros((2**24, 0, 64))).shape == (2**24, 0, 64)


def test_memory_that_cannot_be_had_is_an_error() -> None:
    with pytest.raises(holdfast.OutOfMemory, match="could not be allocated"):
        Tensor.zeros((2**44,))
    with pytest.raises(holdfast.OutOfMemory):
        Tensor([1.0]).broadcast_to((2**44,)).copy()


def test_operators() -> None:
    a, b = np.array([[1, 2], [3, 4]], np.float32), np.array([10, 20], np.float32)
    t = Tensor(a)
    for ours, theirs in (
        (t + b, a + b), (b - t, b - a), (t * 2, a * 2), (1 / t, 1 / a), (t @ b, a @ b), (b @ t, b @ a), (-t, -a),
        (abs(-t), a), (t < 3, a < 3), (t >= b, a >= b), (2 - t, 2 - a), (t / t, a / a),
        (t == b, a == b), (t != 2, a != 2), (b == t, b == a), (3 == t, a == 3),
    ):  # fmt: skip
        assert isinstance(ours, Tensor) and ours.tolist() == theirs.tolist()
    assert t in {t} and (t == "text") is False and t != None  # noqa: E711


def test_many_threads_on_one_tensor() -> None:
    tensor = Tensor(np.arange(6000, dtype=np.float32).reshape(60, 100))
    wanted = (tensor @ tensor.T).tolist()
    failures: List[str] = []

    def work() -> None:
        for _ in range(20):
            view = tensor[:, ::1]
            if (view @ view.T).tolist() != wanted or np.from_dlpack(tensor).sum() != 17997000:
                failures.append("another result")

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []


def run(code: str, **environment: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT / "bindings" / "python"), **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return result.stdout + result.stderr


def test_the_log_receives_notices_from_before_and_none_after() -> None:
    out = run(
        "import holdfast\n"
        "from holdfast import Tensor\n"
        "Tensor([1.0]) @ Tensor([1.0])\n"  # the choice of kernels happens before anybody listens
        "seen = []\n"
        "holdfast.set_log(lambda level, message: seen.append((level, message)))\n"
        "for level, message in seen: print(level, message)\n"
        "holdfast.set_log(None)\n"
        "print(len(seen))\n",
        HOLDFAST_NUM_THREADS="many",
        HOLDFAST_CPU="scalar",
    )
    lines = out.splitlines()
    assert lines[0].startswith("info computing with scalar on ") and "products of weights by" in lines[0]
    assert any(line.startswith("warning HOLDFAST_NUM_THREADS=many") for line in lines)
    only = run(
        "import holdfast\n"
        "from holdfast import Tensor\n"
        "holdfast.set_log(lambda level, message: print(level), least='warning')\n"
        "Tensor([1.0]) @ Tensor([1.0])\n",
        HOLDFAST_NUM_THREADS="many",
    )
    assert only.split() == ["warning"]


def test_the_log_function_may_call_the_library_and_fail() -> None:
    out = run(
        "import holdfast\n"
        "from holdfast import Tensor\n"
        "def log(level, message):\n"
        "    assert (Tensor([2.0]) @ Tensor([3.0])).item() == 6\n"
        "    raise ValueError('from the log')\n"
        "holdfast.set_log(log)\n"
        "print((Tensor([1.0]) @ Tensor([4.0])).item())\n"
    )
    assert "4.0" in out and "from the log" in out
    with pytest.raises(TypeError, match="callable"):
        holdfast.set_log(3)  # type: ignore[arg-type]
    with pytest.raises(holdfast.InvalidArgument, match="least"):
        holdfast.set_log(print, "loud")
