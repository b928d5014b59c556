"""Writes ../tensor/arrays.txt: operations on arrays of odd shapes, in float64 by PyTorch, with gradients.

Each line is a name, its shape as 3x1x5 (or "scalar") and its numbers. Inputs are float32 numbers, drawn anew for every
case. Written with torch 2.13: python tensor_arrays.py
"""

import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(20251125)
lines = []


def write(name, tensor):
    tensor = tensor.detach()
    shape = "x".join(map(str, tensor.shape)) or "scalar"
    lines.append(f"{name} {shape} " + " ".join(f"{v:.9g}" for v in tensor.double().flatten().tolist()))


def leaf(name, *shape, scale=1.0, shift=0.0):
    x = (torch.randn(*shape) * scale + shift).float()
    write(name, x)
    return x.double().requires_grad_()


def gradients(prefix, loss, **leaves):
    for name, grad in zip(leaves, torch.autograd.grad(loss, list(leaves.values()))):
        write(f"{prefix}.d{name}", grad)


# Matrix products: plain, transposed, broadcast batches, vectors.
for name, a, b, ta, tb in (
    ("plain", (5, 7), (7, 3), False, False),
    ("left", (7, 5), (7, 3), True, False),
    ("right", (5, 7), (3, 7), False, True),
    ("both", (2, 7, 5), (2, 3, 7), True, True),
    ("batches", (2, 1, 5, 7), (3, 7, 4), False, False),
    ("long", (2, 801), (801, 5), False, False),
):
    A, B = leaf(f"matmul.{name}.a", *a), leaf(f"matmul.{name}.b", *b)
    y = (A.mT if ta else A) @ (B.mT if tb else B)
    d = leaf(f"matmul.{name}.d", *y.shape)
    write(f"matmul.{name}.y", y)
    gradients(f"matmul.{name}", (y * d).sum(), a=A, b=B)

# Softmax and its logarithm along each axis.
x, d = leaf("softmax.x", 3, 5, 17, scale=4), leaf("softmax.d", 3, 5, 17)
for axis in range(3):
    for name, f in (("softmax", F.softmax), ("log_softmax", F.log_softmax)):
        y = f(x, axis)
        write(f"{name}.{axis}.y", y)
        gradients(f"{name}.{axis}", (y * d).sum(), x=x)

# Reductions over several axes.
x = leaf("reduce.x", 3, 4, 5, 7, scale=3)
for name, axes in (("all", (0, 1, 2, 3)), ("outer", (0,)), ("middle", (1, 2)), ("ends", (0, 3)), ("last", (3,))):
    write(f"reduce.{name}.sum", x.sum(axes))
    write(f"reduce.{name}.mean", x.mean(axes))
    write(f"reduce.{name}.max", x.amax(axes))
    write(f"reduce.{name}.min", x.amin(axes))
    write(f"reduce.{name}.logsumexp", x.logsumexp(axes))

# Cross-entropy with ignored rows, by every reduction.
logits = leaf("loss.x", 2, 5, 33, scale=4)
targets = torch.tensor([[0, 32, -100, 7, 16], [-100, 1, 1, 31, -100]])
write("loss.targets", targets)
for reduction in ("none", "mean", "sum"):
    loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-100, reduction=reduction)
    write(f"loss.{reduction}.y", loss.reshape(2, 5) if reduction == "none" else loss)
    gradients(f"loss.{reduction}", loss.sum(), x=logits)

# Norms of the last of three axes.
x, w, b = leaf("norm.x", 2, 3, 21, scale=2, shift=1), leaf("norm.w", 21), leaf("norm.b", 21)
d = leaf("norm.d", 2, 3, 21)
y = (1 + w) * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5))
write("rms.y", y)
gradients("rms", (y * d).sum(), x=x, w=w)
y = F.layer_norm(x, (21,), w, b, 1e-5)
write("layer.y", y)
gradients("layer", (y * d).sum(), x=x, w=w, b=b)

# Rotary embedding of the first 6 of 10 elements, both layouts of pairs, at scattered positions.
x = leaf("rotary.x", 2, 5, 3, 10)
positions = torch.tensor([0, 3, 4, 11, 1000])
write("rotary.positions", positions)
angles = (positions[:, None].float() * (1 / 10000 ** (torch.arange(0, 6, 2).float() / 6))).double()
cos, sin = angles.cos()[:, None], angles.sin()[:, None]
a, b = x[..., :3], x[..., 3:6]
write("rotary.halves", torch.cat([a * cos - b * sin, b * cos + a * sin, x[..., 6:]], -1))
a, b = x[..., 0:6:2], x[..., 1:6:2]
turned = torch.stack([a * cos - b * sin, b * cos + a * sin], -1).flatten(-2)
write("rotary.interleaved", torch.cat([turned, x[..., 6:]], -1))

# Attention: T queries at the end of S keys, H heads, K kv-heads.
for name, (B, T, S, H, K, E), causal, window, cap in (
    ("causal", (2, 7, 7, 4, 2, 5), True, None, None),
    ("window", (2, 9, 9, 3, 1, 4), True, 3, None),
    ("capped", (1, 6, 6, 2, 2, 8), True, None, 1.5),
    ("tail", (2, 3, 8, 4, 2, 5), True, None, None),
    ("tail_window", (2, 4, 9, 2, 1, 6), True, 5, 2.0),
    ("open", (2, 5, 8, 4, 2, 5), False, None, None),
    ("open_capped", (1, 6, 3, 2, 2, 3), False, None, 1.0),
):
    q, k, v = leaf(f"{name}.q", B, T, H, E), leaf(f"{name}.k", B, S, K, E), leaf(f"{name}.v", B, S, K, E)
    d = leaf(f"{name}.d", B, T, H, E)
    heads, values = (t.transpose(1, 2).repeat_interleave(H // K, 1) for t in (k, v))
    scores = q.transpose(1, 2) @ heads.mT / E**0.5
    if cap:
        scores = cap * torch.tanh(scores / cap)
    age = (torch.arange(T)[:, None] + S - T) - torch.arange(S)
    hidden = torch.zeros(T, S, dtype=torch.bool)
    if causal:
        hidden |= age < 0
    if window:
        hidden |= age >= window
    scores = scores.masked_fill(hidden, -torch.inf)
    y = (scores.softmax(-1) @ values).transpose(1, 2)
    write(f"{name}.y", y)
    write(f"{name}.lse", scores.logsumexp(-1).transpose(1, 2))
    gradients(name, (y * d).sum(), q=q, k=k, v=v)

# An embedding with a token that comes twice, gather, and the largest and smallest.
table, d = leaf("take.x", 6, 3), leaf("take.d", 2, 4, 3)
tokens = torch.tensor([[5, 0, 0, 2], [3, 5, 1, 0]])
write("take.indices", tokens)
write("take.y", table[tokens])
gradients("take", (table[tokens] * d).sum(), x=table)
x = leaf("gather.x", 4, 6, 5)
indices = torch.randint(0, 6, (4, 3, 5))
write("gather.indices", indices)
write("gather.y", x.gather(1, indices))
x = leaf("top.x", 4, 9, 3)
for name, largest in (("top", True), ("bottom", False)):
    values, places = x.topk(4, 1, largest=largest)
    write(f"{name}.values", values)
    write(f"{name}.positions", places)

# Activations and their gradients, as operations on single elements.
x, d = leaf("unary.x", 5, 19, scale=3), leaf("unary.d", 5, 19)
for name, f in (("silu", F.silu), ("gelu", F.gelu), ("gelu_tanh", lambda t: F.gelu(t, approximate="tanh"))):
    write(f"unary.{name}", f(x))
    gradients(f"unary.{name}", (f(x) * d).sum(), x=x)
for name in ("exp", "tanh", "sigmoid", "relu", "negative", "abs", "reciprocal"):
    write(f"unary.{name}", getattr(torch, name)(x))
write("unary.log", x.abs().log())
write("unary.sqrt", x.abs().sqrt())

path = pathlib.Path(__file__).parent.parent / "tensor" / "arrays.txt"
path.write_text("\n".join(lines) + "\n")
