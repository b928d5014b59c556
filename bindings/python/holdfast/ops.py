"""Operations on tensors: float32 results, computed to the same bits with any number of threads.

Operands are tensors or what :class:`holdfast.Tensor` takes; shapes broadcast as in NumPy where two meet. Types that float32
does not hold exactly (float64, int32, int64) are refused until they are cast. Indices are int32, int64 or uint8. What NaN
and tensors without elements give is in the C header, ``holdfast/ops.h``.
"""

from __future__ import annotations

import ctypes
from typing import Optional, Sequence, Tuple, Union

from . import _abi
from ._memory import choice, default_options, integer
from ._tensor import Axes, Tensor, TensorLike, apply, dimensions, make

__all__ = [
    "absolute",
    "add",
    "argmax",
    "argmin",
    "attention",
    "attention_backward",
    "cross_entropy",
    "divide",
    "equal",
    "exp",
    "gather",
    "gelu",
    "gelu_tanh",
    "greater",
    "greater_equal",
    "layer_norm",
    "layer_norm_backward",
    "less",
    "less_equal",
    "log",
    "log_softmax",
    "logsumexp",
    "matmul",
    "matmul_backward",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "multiply",
    "negate",
    "normal",
    "not_equal",
    "reciprocal",
    "relu",
    "rms_norm",
    "rms_norm_backward",
    "rotary",
    "sigmoid",
    "silu",
    "softmax",
    "softmax_backward",
    "sqrt",
    "subtract",
    "sum",
    "take",
    "take_backward",
    "tanh",
    "top_k",
    "unary_backward",
    "uniform",
    "where",
]


def matmul(a: TensorLike, b: TensorLike, *, transpose_a: bool = False, transpose_b: bool = False) -> Tensor:
    """The matrix product of the last two axes, [..., M, K] by [..., K, N]; the others broadcast, as in numpy.matmul."""
    return apply("holdfast_tensor_matmul", (a, b), bool(transpose_a), bool(transpose_b))[0]


def matmul_backward(
    gradient: TensorLike, a: TensorLike, b: TensorLike, *, transpose_a: bool = False, transpose_b: bool = False
) -> Tuple[Tensor, Tensor]:
    """The gradients of a and b from that of their product."""
    flags = bool(transpose_a), bool(transpose_b)
    a_gradient, b_gradient = apply("holdfast_tensor_matmul_backward", (gradient, a, b), *flags, results=2)
    return a_gradient, b_gradient


def _binary(name: str, a: TensorLike, b: TensorLike) -> Tensor:
    return apply("holdfast_tensor_binary", (a, b), _abi.BINARY_OPERATIONS.index(name))[0]


def _unary(name: str, x: TensorLike) -> Tensor:
    return apply("holdfast_tensor_unary", (x,), _abi.UNARY_OPERATIONS.index(name))[0]


def add(a: TensorLike, b: TensorLike) -> Tensor:
    """a + b, element by element."""
    return _binary("add", a, b)


def subtract(a: TensorLike, b: TensorLike) -> Tensor:
    """a - b, element by element."""
    return _binary("subtract", a, b)


def multiply(a: TensorLike, b: TensorLike) -> Tensor:
    """a · b, element by element."""
    return _binary("multiply", a, b)


def divide(a: TensorLike, b: TensorLike) -> Tensor:
    """a / b, element by element."""
    return _binary("divide", a, b)


def maximum(a: TensorLike, b: TensorLike) -> Tensor:
    """The larger of a and b; NaN if either is NaN, element by element."""
    return _binary("maximum", a, b)


def minimum(a: TensorLike, b: TensorLike) -> Tensor:
    """The smaller of a and b; NaN if either is NaN, element by element."""
    return _binary("minimum", a, b)


def equal(a: TensorLike, b: TensorLike) -> Tensor:
    """Whether a equals b, element by element."""
    return _binary("equal", a, b)


def not_equal(a: TensorLike, b: TensorLike) -> Tensor:
    """Whether a differs from b, element by element."""
    return _binary("not-equal", a, b)


def less(a: TensorLike, b: TensorLike) -> Tensor:
    """Whether a is less than b, element by element."""
    return _binary("less", a, b)


def less_equal(a: TensorLike, b: TensorLike) -> Tensor:
    """Whether a is at most b, element by element."""
    return _binary("less-equal", a, b)


def greater(a: TensorLike, b: TensorLike) -> Tensor:
    """Whether a is greater than b, element by element."""
    return _binary("greater", a, b)


def greater_equal(a: TensorLike, b: TensorLike) -> Tensor:
    """Whether a is at least b, element by element."""
    return _binary("greater-equal", a, b)


def negate(x: TensorLike) -> Tensor:
    """-x, element by element."""
    return _unary("negate", x)


def absolute(x: TensorLike) -> Tensor:
    """|x|, element by element."""
    return _unary("absolute", x)


def exp(x: TensorLike) -> Tensor:
    """The exponential, element by element."""
    return _unary("exp", x)


def log(x: TensorLike) -> Tensor:
    """The natural logarithm, element by element."""
    return _unary("log", x)


def sqrt(x: TensorLike) -> Tensor:
    """The square root, element by element."""
    return _unary("sqrt", x)


def reciprocal(x: TensorLike) -> Tensor:
    """1 / x, element by element."""
    return _unary("reciprocal", x)


def tanh(x: TensorLike) -> Tensor:
    """The hyperbolic tangent, element by element."""
    return _unary("tanh", x)


def sigmoid(x: TensorLike) -> Tensor:
    """1 / (1 + exp(-x)), element by element."""
    return _unary("sigmoid", x)


def relu(x: TensorLike) -> Tensor:
    """x above 0, else 0, element by element."""
    return _unary("relu", x)


def silu(x: TensorLike) -> Tensor:
    """x · sigmoid(x), element by element."""
    return _unary("silu", x)


def gelu(x: TensorLike) -> Tensor:
    """x · Φ(x), Φ the standard normal distribution, element by element."""
    return _unary("gelu", x)


def gelu_tanh(x: TensorLike) -> Tensor:
    """GELU approximated by the hyperbolic tangent, element by element."""
    return _unary("gelu-tanh", x)


def unary_backward(gradient: TensorLike, x: TensorLike, name: str) -> Tensor:
    """The gradient of x from that of ``silu(x)``, ``gelu(x)`` or ``gelu_tanh(x)``, which ``name`` names."""
    number = choice(name.replace("_", "-"), "name", _abi.UNARY_OPERATIONS)
    return apply("holdfast_tensor_unary_backward", (gradient, x), number)[0]


def where(condition: TensorLike, a: TensorLike, b: TensorLike) -> Tensor:
    """The elements of a where the condition is not 0, of b where it is."""
    return apply("holdfast_tensor_where", (condition, a, b))[0]


def _reduce(name: str, x: TensorLike, axis: Axes, keepdims: bool) -> Tensor:
    axes = None if axis is None else dimensions(axis, "axis")
    number = _abi.REDUCTIONS.index(name)
    if axes is not None and len(axes) == 0:
        axes = (ctypes.c_int64 * 1)()  # no axes at all, which a NULL would make all of them
        return apply("holdfast_tensor_reduce", (x,), number, axes, 0, bool(keepdims))[0]
    return apply("holdfast_tensor_reduce", (x,), number, axes, len(axes) if axes else 0, bool(keepdims))[0]


def sum(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """The sum over some axes, kept in double precision and rounded once."""
    return _reduce("sum", x, axis, keepdims)


def mean(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """The mean over some axes, kept in double precision and rounded once."""
    return _reduce("mean", x, axis, keepdims)


def max(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """The largest along some axes; NaN if there is one."""
    return _reduce("max", x, axis, keepdims)


def min(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """The smallest along some axes; NaN if there is one."""
    return _reduce("min", x, axis, keepdims)


def logsumexp(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """log(Σ exp(x)) over some axes, without overflow."""
    return _reduce("logsumexp", x, axis, keepdims)


def argmax(x: TensorLike, axis: Optional[int] = None, keepdims: bool = False) -> Tensor:
    """The int64 position of the largest along an axis, or in row-major order; the first of equals, NaN before all."""
    return _reduce("argmax", x, axis, keepdims)


def argmin(x: TensorLike, axis: Optional[int] = None, keepdims: bool = False) -> Tensor:
    """The int64 position of the smallest along an axis, or in row-major order; the first of equals, NaN before all."""
    return _reduce("argmin", x, axis, keepdims)


def softmax(x: TensorLike, axis: int = -1) -> Tensor:
    """exp(x) / Σ exp(x) along an axis."""
    return apply("holdfast_tensor_softmax", (x,), integer(axis, "axis", bits=64), False)[0]


def log_softmax(x: TensorLike, axis: int = -1) -> Tensor:
    """x - log Σ exp(x) along an axis."""
    return apply("holdfast_tensor_softmax", (x,), integer(axis, "axis", bits=64), True)[0]


def softmax_backward(gradient: TensorLike, y: TensorLike, axis: int = -1, *, log: bool = False) -> Tensor:
    """The gradient of x from that of y = softmax(x), or with ``log`` of y = log_softmax(x)."""
    return apply("holdfast_tensor_softmax_backward", (gradient, y), integer(axis, "axis", bits=64), bool(log))[0]


def cross_entropy(
    logits: TensorLike, targets: TensorLike, *, ignored: int = -100, reduction: str = "mean", gradient: bool = False
) -> Union[Tensor, Tuple[Tensor, Tensor]]:
    """-log softmax(logits)[target] of logits [..., V] and targets [...]: the loss, or with ``gradient`` loss and gradient.

    The reduction is ``"mean"`` or ``"sum"`` over the targets that are not ``ignored``, or ``"none"``.
    """
    number = choice(reduction, "reduction", _abi.LOSS_REDUCTIONS)
    skipped = integer(ignored, "ignored", bits=64)
    if not gradient:
        return apply("holdfast_tensor_cross_entropy", (logits, targets), skipped, number, results=1, unwanted=1)[0]
    loss, slope = apply("holdfast_tensor_cross_entropy", (logits, targets), skipped, number, results=2)
    return loss, slope


def rms_norm(
    x: TensorLike, weight: Optional[TensorLike] = None, *, offset: float = 0.0, epsilon: float = 1e-6
) -> Tensor:
    """x / sqrt(mean(x²) + epsilon) · (weight + offset) along the last axis; no weight is one of ones."""
    return apply("holdfast_tensor_rms_norm", (x, weight), float(offset), float(epsilon))[0]


def rms_norm_backward(
    gradient: TensorLike,
    x: TensorLike,
    weight: Optional[TensorLike] = None,
    *,
    offset: float = 0.0,
    epsilon: float = 1e-6,
) -> Tuple[Tensor, Tensor]:
    """The gradients of x and the weight."""
    scalars = float(offset), float(epsilon)
    dx, dweight = apply("holdfast_tensor_rms_norm_backward", (gradient, x, weight), *scalars, results=2)
    return dx, dweight


def layer_norm(
    x: TensorLike,
    weight: Optional[TensorLike] = None,
    bias: Optional[TensorLike] = None,
    *,
    epsilon: float = 1e-5,
) -> Tensor:
    """(x - mean) / sqrt(variance + epsilon) · weight + bias along the last axis."""
    return apply("holdfast_tensor_layer_norm", (x, weight, bias), float(epsilon))[0]


def layer_norm_backward(
    gradient: TensorLike, x: TensorLike, weight: Optional[TensorLike] = None, *, epsilon: float = 1e-5
) -> Tuple[Tensor, Tensor, Tensor]:
    """The gradients of x, the weight and the bias."""
    dx, dweight, dbias = apply(
        "holdfast_tensor_layer_norm_backward", (gradient, x, weight), float(epsilon), results=3
    )
    return dx, dweight, dbias


def rotary(
    x: TensorLike,
    positions: Optional[TensorLike] = None,
    *,
    base: float = 10000.0,
    width: Optional[int] = None,
    interleaved: bool = False,
    inverse: bool = False,
) -> Tensor:
    """Rotary position embedding of x [..., T, H, E] at positions [T]; ``inverse`` turns back, which is the gradient.

    The first ``width`` elements of a head turn (default: all), in pairs i and i + width/2, or 2i and 2i + 1 when
    ``interleaved``.
    """
    options = default_options(_abi.RotaryOptions, "rotary")
    options.width = 0 if width is None else integer(width, "width")
    options.base = float(base)
    options.interleaved, options.inverse = bool(interleaved), bool(inverse)
    return apply("holdfast_tensor_rotary", (x, positions), ctypes.byref(options))[0]


def _rule(
    causal: bool, window: Optional[int], scale: Optional[float], softcap: Optional[float]
) -> _abi.AttentionOptions:
    options = default_options(_abi.AttentionOptions, "attention")
    options.causal = bool(causal)
    options.window = 0 if window is None else integer(window, "window", bits=64)
    options.scale = 0.0 if scale is None else float(scale)
    options.softcap = 0.0 if softcap is None else float(softcap)
    return options


def attention(
    queries: TensorLike,
    keys: TensorLike,
    values: TensorLike,
    *,
    causal: bool = True,
    window: Optional[int] = None,
    scale: Optional[float] = None,
    softcap: Optional[float] = None,
) -> Tuple[Tensor, Tensor]:
    """softmax(scale q kᵀ) v of queries [B, T, H, E] over keys and values [B, S, K, E], and the log-sum-exp [B, T, H].

    H is a multiple of K. When causal, the queries are the last T of the S positions and see no key behind them; a window
    limits them to that many keys, their own included.
    """
    options = _rule(causal, window, scale, softcap)
    result, normaliser = apply(
        "holdfast_tensor_attention", (queries, keys, values), ctypes.byref(options), results=2
    )
    return result, normaliser


def attention_backward(
    gradient: TensorLike,
    queries: TensorLike,
    keys: TensorLike,
    values: TensorLike,
    *,
    causal: bool = True,
    window: Optional[int] = None,
    scale: Optional[float] = None,
    softcap: Optional[float] = None,
) -> Tuple[Tensor, Tensor, Tensor]:
    """The gradients of queries, keys and values from that of the result of attention."""
    options = _rule(causal, window, scale, softcap)
    operands = gradient, queries, keys, values
    dq, dk, dv = apply("holdfast_tensor_attention_backward", operands, ctypes.byref(options), results=3)
    return dq, dk, dv


def take(x: TensorLike, indices: TensorLike, axis: int = 0) -> Tensor:
    """The slices of an axis that indices of any shape name, as numpy.take; of a table along axis 0, an embedding."""
    return apply("holdfast_tensor_take", (x, indices), integer(axis, "axis", bits=64))[0]


def take_backward(gradient: TensorLike, indices: TensorLike, rows: int) -> Tensor:
    """The gradient of a table of ``rows`` rows from that of ``take(table, indices)``."""
    return apply("holdfast_tensor_take_backward", (gradient, indices), integer(rows, "rows", bits=64))[0]


def gather(x: TensorLike, indices: TensorLike, axis: int) -> Tensor:
    """The elements that indices name along an axis, as torch.gather and numpy.take_along_axis."""
    return apply("holdfast_tensor_gather", (x, indices), integer(axis, "axis", bits=64))[0]


def top_k(x: TensorLike, k: int, axis: int = -1, *, largest: bool = True) -> Tuple[Tensor, Tensor]:
    """The k largest along an axis, the largest first, and their positions; or the smallest."""
    numbers = integer(k, "k", bits=64), integer(axis, "axis", bits=64)
    values, positions = apply("holdfast_tensor_top_k", (x,), *numbers, bool(largest), results=2)
    return values, positions


def uniform(shape: Union[int, Sequence[int]], low: float = 0.0, high: float = 1.0, *, seed: int) -> Tensor:
    """Random numbers in [low, high), the same on every machine."""
    extents = dimensions(shape)
    number = integer(seed, "seed", bits=64, signed=False)
    return make("holdfast_tensor_random_uniform", extents, len(extents), float(low), float(high), number)


def normal(shape: Union[int, Sequence[int]], mean: float = 0.0, deviation: float = 1.0, *, seed: int) -> Tensor:
    """Random numbers of the normal distribution, the same on every machine."""
    extents = dimensions(shape)
    number = integer(seed, "seed", bits=64, signed=False)
    return make("holdfast_tensor_random_normal", extents, len(extents), float(mean), float(deviation), number)
