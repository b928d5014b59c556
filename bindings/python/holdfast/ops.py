"""Operations on tensors: float32 results, computed to the same bits with any number of threads.

Operands are tensors or what :class:`holdfast.Tensor` takes. Types that float32 does not hold exactly (float64, int32,
int64) are refused until they are cast.
"""

from __future__ import annotations

from typing import Tuple

from ._tensor import Tensor, TensorLike, apply

__all__ = ["matmul", "matmul_backward"]


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
