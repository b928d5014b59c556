"""Operations against PyTorch in float64 (Tests/Fixtures/scripts/tensor_arrays.py), in every layout, on any threads."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator

import holdfast
import numpy as np
import pytest
from conftest import FIXTURES
from holdfast import Tensor, ops

Arrays = Dict[str, "np.ndarray[Any, Any]"]


@pytest.fixture(scope="module")
def arrays() -> Arrays:
    """The fixture's arrays by name, float64."""
    found: Arrays = {}
    for line in (FIXTURES / "tensor" / "arrays.txt").read_text().splitlines():
        name, shape, *numbers = line.split()
        extents = () if shape == "scalar" else tuple(int(extent) for extent in shape.split("x"))
        found[name] = np.array(numbers, dtype=np.float64).reshape(extents)
    return found


@pytest.fixture(params=["row-major", "column-major", "cut out", "backwards"])
def laid(request: pytest.FixtureRequest) -> Callable[["np.ndarray[Any, Any]"], Tensor]:
    """Makes a float32 tensor of numbers in one of several layouts."""

    def lay(array: "np.ndarray[Any, Any]") -> Tensor:
        array = array.astype(np.float32)
        if request.param == "column-major":
            return Tensor(np.asfortranarray(array), copy=False)
        if request.param == "cut out":
            wide = np.full([2 * extent + 1 for extent in array.shape], np.nan, np.float32)
            part = tuple(slice(1, None, 2) for _ in array.shape)
            wide[part] = array
            return Tensor(wide, copy=False)[part]
        if request.param == "backwards":
            turned = tuple(slice(None, None, -1) for _ in array.shape)
            return Tensor(np.ascontiguousarray(array[turned]), copy=False)[turned]
        return Tensor(np.ascontiguousarray(array), copy=False)

    return lay


@pytest.fixture
def threads() -> Iterator[None]:
    before = holdfast.num_threads()
    yield
    holdfast.set_num_threads(before)


def close(tensor: Tensor, wanted: "np.ndarray[Any, Any]", bound: float) -> None:
    """Within a bound of the reference, relative to its largest magnitude."""
    assert tensor.dtype == "float32" and tensor.shape == wanted.shape
    wanted = wanted.astype(np.float32).astype(np.float64) if bound == 0 else wanted
    finite = np.isfinite(wanted)
    assert np.array_equal(tensor.numpy()[~finite], wanted[~finite], equal_nan=True)
    scale = np.abs(wanted[finite]).max(initial=1e-30)
    error = np.abs(tensor.numpy().astype(np.float64) - wanted)[finite].max(initial=0) / scale
    assert error <= bound, error


@pytest.mark.parametrize(
    "name, ta, tb",
    [
        ("plain", False, False),
        ("left", True, False),
        ("right", False, True),
        ("both", True, True),
        ("batches", False, False),
        ("long", False, False),
    ],
)
def test_matmul(arrays: Arrays, laid: Any, name: str, ta: bool, tb: bool) -> None:
    a, b, d = (laid(arrays[f"matmul.{name}.{operand}"]) for operand in "abd")
    close(ops.matmul(a, b, transpose_a=ta, transpose_b=tb), arrays[f"matmul.{name}.y"], 5e-7)
    da, db = ops.matmul_backward(d, a, b, transpose_a=ta, transpose_b=tb)
    close(da, arrays[f"matmul.{name}.da"], 5e-7)
    close(db, arrays[f"matmul.{name}.db"], 5e-7)


@pytest.mark.parametrize("shapes", [((7,), (7, 3)), ((5, 7), (7,)), ((7,), (7,)), ((2, 3, 7), (7,)), ((7,), (2, 7, 3))])
def test_matmul_of_vectors_is_that_of_numpy(shapes: Any) -> None:
    a, b = (ops.normal(shape, seed=number).numpy() for number, shape in enumerate(shapes))
    wanted = a.astype(np.float64) @ b.astype(np.float64)
    close(ops.matmul(a, b), np.asarray(wanted), 5e-7)
    d = ops.normal(np.shape(wanted), seed=3)
    da, db = ops.matmul_backward(d, a, b)
    assert da.shape == a.shape and db.shape == b.shape
    # Every gradient is that of the sum of y d.
    total = float(np.sum(wanted * d.numpy()))
    assert np.sum(da.numpy() * a) == pytest.approx(total, rel=1e-4, abs=1e-4)
    assert np.sum(db.numpy() * b) == pytest.approx(total, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_softmax(arrays: Arrays, laid: Any, axis: int) -> None:
    x, d = laid(arrays["softmax.x"]), laid(arrays["softmax.d"])
    for log in (False, True):
        name = f"{'log_' if log else ''}softmax.{axis % 3}"
        y = ops.log_softmax(x, axis) if log else ops.softmax(x, axis)
        close(y, arrays[f"{name}.y"], 3e-7)
        close(ops.softmax_backward(d, y, axis, log=log), arrays[f"{name}.dx"], 1e-6)


@pytest.mark.parametrize("axes", [("all", None), ("outer", 0), ("middle", (1, -2)), ("ends", (3, 0)), ("last", -1)])
def test_reductions(arrays: Arrays, laid: Any, axes: Any) -> None:
    name, axis = axes
    x = laid(arrays["reduce.x"])
    for reduction in ("sum", "mean", "max", "min", "logsumexp"):
        wanted = arrays[f"reduce.{name}.{reduction}"]
        got = getattr(ops, reduction)(x, axis)
        close(got, wanted, 2e-7)
        kept = getattr(ops, reduction)(x, axis, keepdims=True)
        assert kept.ndim == 4 and kept.size == wanted.size and kept.tolist() == got.reshape(kept.shape).tolist()


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_cross_entropy(arrays: Arrays, laid: Any, reduction: str, dtype: str) -> None:
    x, targets = laid(arrays["loss.x"]), Tensor(arrays["loss.targets"].astype(dtype))
    loss, gradient = ops.cross_entropy(x, targets, reduction=reduction, gradient=True)
    close(loss, arrays[f"loss.{reduction}.y"], 3e-7)
    close(gradient, arrays[f"loss.{reduction}.dx"], 1e-6)
    alone = ops.cross_entropy(x, targets, reduction=reduction)
    assert isinstance(alone, Tensor) and alone.tolist() == loss.tolist()


def test_norms(arrays: Arrays, laid: Any) -> None:
    x, w, b, d = (laid(arrays[f"norm.{operand}"]) for operand in "xwbd")
    close(ops.rms_norm(x, w, offset=1, epsilon=1e-5), arrays["rms.y"], 5e-7)
    dx, dw = ops.rms_norm_backward(d, x, w, offset=1, epsilon=1e-5)
    close(dx, arrays["rms.dx"], 1e-6)
    close(dw, arrays["rms.dw"], 1e-6)
    close(ops.layer_norm(x, w, b, epsilon=1e-5), arrays["layer.y"], 5e-7)
    dx, dw, db = ops.layer_norm_backward(d, x, w, epsilon=1e-5)
    close(dx, arrays["layer.dx"], 1e-6)
    close(dw, arrays["layer.dw"], 1e-6)
    close(db, arrays["layer.db"], 1e-6)
    ones = np.ones(21, np.float32)
    assert ops.rms_norm(x).tolist() == ops.rms_norm(x, ones).tolist()
    assert ops.layer_norm(x).tolist() == ops.layer_norm(x, ones, 0 * ones).tolist()


@pytest.mark.parametrize("layout", ["halves", "interleaved"])
def test_rotary(arrays: Arrays, laid: Any, layout: str) -> None:
    x, positions = laid(arrays["rotary.x"]), arrays["rotary.positions"].astype(np.int64)
    options = dict(width=6, interleaved=layout == "interleaved")
    y = ops.rotary(x, positions, **options)
    close(y, arrays[f"rotary.{layout}"], 3e-7)
    close(ops.rotary(y, positions, inverse=True, **options), arrays["rotary.x"], 5e-7)
    assert ops.rotary(x).tolist() == ops.rotary(x, np.arange(5, dtype=np.int32)).tolist()


@pytest.mark.parametrize(
    "name, rule",
    [
        ("causal", {}),
        ("window", dict(window=3)),
        ("capped", dict(softcap=1.5)),
        ("tail", {}),
        ("tail_window", dict(window=5, softcap=2.0)),
        ("open", dict(causal=False)),
        ("open_capped", dict(causal=False, softcap=1.0)),
    ],
)
def test_attention(arrays: Arrays, laid: Any, name: str, rule: Dict[str, Any]) -> None:
    q, k, v, d = (laid(arrays[f"{name}.{operand}"]) for operand in "qkvd")
    y, lse = ops.attention(q, k, v, **rule)
    close(y, arrays[f"{name}.y"], 1e-6)
    close(lse, arrays[f"{name}.lse"], 1e-6)
    for gradient, operand in zip(ops.attention_backward(d, q, k, v, **rule), "qkv"):
        close(gradient, arrays[f"{name}.d{operand}"], 2e-6)


def test_a_text_cut_anywhere_attends_to_the_same_bits() -> None:
    q, k, v = (ops.normal((1, 11, heads, 8), seed=heads) for heads in (4, 2, 1))
    k, v = ops.normal((1, 11, 2, 8), seed=7), ops.normal((1, 11, 2, 8), seed=8)
    whole = ops.attention(q, k, v, window=6)[0].numpy()
    for cut in range(1, 11):
        tail = ops.attention(q[:, cut:], k, v, window=6)[0].numpy()
        assert np.array_equal(tail, whole[:, cut:])


def test_take_gather_and_the_largest(arrays: Arrays, laid: Any) -> None:
    table, tokens = laid(arrays["take.x"]), arrays["take.indices"].astype(np.int32)
    close(ops.take(table, tokens), arrays["take.y"], 0)
    close(ops.take_backward(laid(arrays["take.d"]), tokens, 6), arrays["take.dx"], 2e-7)
    close(ops.gather(laid(arrays["gather.x"]), arrays["gather.indices"].astype(np.int64), 1), arrays["gather.y"], 0)
    for name in ("top", "bottom"):
        values, places = ops.top_k(laid(arrays["top.x"]), 4, 1, largest=name == "top")
        close(values, arrays[f"{name}.values"], 0)
        assert places.dtype == "int64" and np.array_equal(places.numpy(), arrays[f"{name}.positions"])


def test_single_elements(arrays: Arrays, laid: Any) -> None:
    x, d = laid(arrays["unary.x"]), laid(arrays["unary.d"])
    for name in ("silu", "gelu", "gelu_tanh"):
        close(getattr(ops, name)(x), arrays[f"unary.{name}"], 3e-7)
        close(ops.unary_backward(d, x, name), arrays[f"unary.{name}.dx"], 5e-7)
    for ours, theirs in dict(negate="negative", absolute="abs").items():
        close(getattr(ops, ours)(x), arrays[f"unary.{theirs}"], 0)
    for name in ("exp", "tanh", "sigmoid", "relu", "reciprocal"):
        close(getattr(ops, name)(x), arrays[f"unary.{name}"], 2e-7)
    close(ops.log(abs(x)), arrays["unary.log"], 1e-7)
    close(ops.sqrt(abs(x)), arrays["unary.sqrt"], 1e-7)


SHAPES = [((5, 7), (5, 7)), ((5, 7), (7,)), ((5, 1), (1, 7)), ((2, 1, 3), (4, 1)), ((), (3, 2)), ((0, 3), (1, 3)), ((), ())]


@pytest.mark.parametrize("shapes", SHAPES)
def test_pairs_broadcast_as_in_numpy(shapes: Any) -> None:
    a, b = (np.round(3 * ops.normal(shape, seed=9 + number).numpy()) for number, shape in enumerate(shapes))
    with np.errstate(all="ignore"):
        for ours in (
            "add", "subtract", "multiply", "divide", "maximum", "minimum",
            "equal", "not_equal", "less", "less_equal", "greater", "greater_equal",
        ):  # fmt: skip
            wanted = getattr(np, ours)(a, b)
            got = getattr(ops, ours)(a, b).numpy()
            assert got.dtype == wanted.dtype and got.shape == wanted.shape
            assert np.array_equal(got, wanted, equal_nan=got.dtype != bool), ours
    wanted = np.where(a > b, a, b)
    assert np.array_equal(ops.where(ops.greater(a, b), a, b).numpy(), wanted)


def test_nan_is_carried_as_numpy_and_pytorch_do() -> None:
    nan, inf = np.nan, np.inf
    x = np.array([[1, nan, 3, inf], [-inf, 2, 2, -1], [inf, -inf, 0, 0]], np.float32)
    assert np.array_equal(ops.max(x, 1).numpy(), x.max(1), equal_nan=True)
    assert np.array_equal(ops.min(x, 1).numpy(), x.min(1), equal_nan=True)
    assert np.array_equal(ops.argmax(x, 1).numpy(), x.argmax(1)) and np.array_equal(ops.argmin(x, 1).numpy(), x.argmin(1))
    assert int(ops.argmax(x)) == 1
    assert np.array_equal(ops.sum(x, 1).numpy(), np.array([nan, -inf, nan], np.float32), equal_nan=True)
    y = np.array([2, 1, nan, 0], np.float32)
    assert np.array_equal(ops.maximum(x, y).numpy(), np.maximum(x, y), equal_nan=True)
    assert np.array_equal(ops.minimum(x, y).numpy(), np.minimum(x, y), equal_nan=True)
    values, places = ops.top_k(x, 3, 1)
    assert places.tolist() == [[1, 3, 2], [1, 2, 3], [0, 2, 3]]
    assert ops.top_k(x, 2, 1, largest=False)[1].tolist() == [[0, 2], [0, 3], [1, 2]]
    lines = np.array([[-inf, -inf], [inf, 0], [inf, -inf], [nan, 0], [-inf, 0]], np.float32)
    assert np.array_equal(ops.logsumexp(lines, 1).numpy(), np.array([-inf, inf, inf, nan, 0], np.float32), equal_nan=True)
    assert np.array_equal(
        ops.softmax(lines).numpy(), np.array([[nan] * 2] * 4 + [[0, 1]], np.float32), equal_nan=True
    )


def test_nothing_in_gives_what_the_definition_gives() -> None:
    none = Tensor.zeros((0, 3))
    assert ops.sum(none).item() == 0 and np.isnan(ops.mean(none).item()) and ops.logsumexp(none).item() == -np.inf
    assert ops.sum(none, 0).tolist() == [0, 0, 0] and ops.max(none, 1).shape == (0,)
    for reduction in (ops.max, ops.min, ops.argmax, ops.argmin):
        with pytest.raises(holdfast.InvalidArgument, match="no largest or smallest"):
            reduction(none)
    assert ops.matmul(none, Tensor.zeros((3, 2))).shape == (0, 2)
    assert ops.matmul(Tensor.zeros((2, 0)), Tensor.zeros((0, 4))).tolist() == [[0] * 4] * 2
    assert ops.softmax(none).shape == ops.rms_norm(none).shape == ops.layer_norm(none).shape == (0, 3)
    assert ops.take(np.ones((4, 2), np.float32), np.zeros((0, 5), np.int32)).shape == (0, 5, 2)
    assert ops.top_k(none, 0, 0)[0].shape == (0, 3) and (none + 1).shape == (0, 3)
    loss = ops.cross_entropy(Tensor.zeros((0, 5)), np.zeros(0, np.int64))
    assert isinstance(loss, Tensor) and np.isnan(loss.item())


def test_types_that_float32_holds_are_widened_and_others_refused() -> None:
    for dtype in ("float16", "bfloat16", "uint8", "bool"):
        x = Tensor([[0.0, 1.0], [1.0, 1.0]]).cast(dtype)
        assert (x + 1).tolist() == [[1, 2], [2, 2]] and (x @ x).tolist() == [[1, 1], [1, 2]]
    for dtype in ("float64", "int32", "int64"):
        with pytest.raises(holdfast.InvalidArgument, match=f"{dtype}, which float32 cannot hold"):
            ops.exp(Tensor.zeros(3, dtype))
    table = np.arange(6, dtype=np.int64).reshape(3, 2)
    assert ops.take(table, np.array([2, 0], np.uint8)).tolist() == [[4, 5], [0, 1]]


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: ops.add(np.ones((2, 3), np.float32), np.ones((4, 3), np.float32)), r"\[2, 3\] and \[4, 3\]"),
        (lambda: ops.matmul(np.ones((2, 3), np.float32), np.ones((4, 3), np.float32)), r"\[2, 3\] and \[4, 3\]"),
        (lambda: ops.softmax(np.ones(3, np.float32), 1), "axis 1 of a tensor of 1 axes"),
        (lambda: ops.sum(np.ones((2, 2), np.float32), (0, -2)), "reduced twice"),
        (lambda: ops.cross_entropy(np.ones((1, 3), np.float32), np.array([3])), "target 0 is 3"),
        (lambda: ops.take(np.ones((3, 1), np.float32), np.array([0, -1])), "index 1 is -1"),
        (lambda: ops.top_k(np.ones(3, np.float32), 4), "top 4 of 3"),
        (lambda: ops.rotary(np.ones((1, 1, 3), np.float32)), "must be even"),
        (lambda: ops.rms_norm(np.ones(3, np.float32), np.ones(2, np.float32)), r"shape \[2\], where \[3\]"),
        (lambda: ops.unary_backward(np.ones(1, np.float32), np.ones(1, np.float32), "exp"), "silu"),
        (lambda: ops.uniform(3, 1, 0, seed=0), "from 1.0 to 0.0"),
    ],
)
def test_mistakes_say_what_is_wrong(call: Callable[[], Any], words: str) -> None:
    with pytest.raises(holdfast.InvalidArgument, match=words):
        call()


def test_random_numbers_are_the_engines_own() -> None:
    # xoshiro256** seeded by SplitMix64, written anew.
    mask = (1 << 64) - 1

    def stream(seed: int) -> Iterator[float]:
        state, x = [], seed
        for _ in range(4):
            x = (x + 0x9E3779B97F4A7C15) & mask
            z = x
            z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
            z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
            state.append(z ^ (z >> 31))
        turn = lambda v, by: ((v << by) | (v >> (64 - by))) & mask  # noqa: E731
        while True:
            result = (turn((state[1] * 5) & mask, 7) * 9) & mask
            t = (state[1] << 17) & mask
            state[2] ^= state[0]
            state[3] ^= state[1]
            state[1] ^= state[2]
            state[0] ^= state[3]
            state[2] ^= t
            state[3] = turn(state[3], 45)
            yield (result >> 11) * 2.0**-53

    numbers = stream(20240218)
    wanted = np.array([-1 + 3 * next(numbers) for _ in range(35)], np.float32).reshape(5, 7)
    assert np.array_equal(ops.uniform((5, 7), -1, 2, seed=20240218).numpy(), wanted)
    sample = ops.normal(20_000, 3, 2, seed=1).numpy()
    assert abs(sample.mean() - 3) < 0.05 and abs(sample.std() - 2) < 0.05
    assert np.array_equal(sample, ops.normal(20_000, 3, 2, seed=1).numpy())
    assert ops.uniform(100_000, seed=5).numpy().max() < 1


def test_threads_change_no_bit(threads: None) -> None:
    a, b = ops.normal((3, 65, 801), seed=1), ops.normal((801, 129), seed=2)
    q, k = ops.normal((2, 50, 4, 16), seed=3), ops.normal((2, 50, 2, 16), seed=4)
    long = ops.normal(200_001, seed=5)

    def everything() -> Any:
        return [
            a @ b,
            *ops.matmul_backward(a @ b, a, b),
            ops.sum(long),
            ops.sum(a, (0, 1)),
            ops.mean(a, 2),
            ops.logsumexp(a, 1),
            ops.softmax(a, 1),
            *ops.attention(q, k, k),
            *ops.attention_backward(q, q, k, k),
            *ops.attention_backward(q, q, k, k, causal=False),
            *ops.rms_norm_backward(a, a),
            *ops.layer_norm_backward(a, a),
            ops.sum(ops.gelu(a)),
        ]

    results = []
    for count in (1, 2, 5):
        holdfast.set_num_threads(count)
        results.append([result.numpy() for result in everything()])
    for other in results[1:]:
        assert all(np.array_equal(x, y) for x, y in zip(results[0], other))


def test_a_batch_changes_no_bit() -> None:
    a, b = ops.normal((7, 33, 100), seed=1), ops.normal((7, 100, 20), seed=2)
    whole = (a @ b).numpy()
    for index in range(7):
        assert np.array_equal((a[index] @ b[index]).numpy(), whole[index])
        assert np.array_equal((a[index, 5] @ b[index]).numpy(), whole[index, 5])
