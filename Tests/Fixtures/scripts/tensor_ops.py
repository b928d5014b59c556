"""Writes ../tensor/ops.txt: inputs, results and gradients of the ops, by PyTorch in float64 (AdamW in float32).

Each line is a name and its numbers. Inputs are float32 numbers. Written with torch 2.13: python tensor_ops.py
"""

import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(20240218)
lines = []


def write(name, tensor):
    lines.append(name + " " + " ".join(f"{v:.9g}" for v in tensor.detach().double().flatten().tolist()))


def leaf(name, *shape, scale=1.0, shift=0.0):
    x = (torch.randn(*shape) * scale + shift).float()
    write(name, x)
    return x.double().requires_grad_()


def gradients(prefix, loss, **leaves):
    for name, grad in zip(leaves, torch.autograd.grad(loss, list(leaves.values()))):
        write(f"{prefix}.d{name}", grad)


# Linear: y = x w^T.
x, w, d = leaf("linear.x", 5, 11), leaf("linear.w", 7, 11), leaf("linear.d", 5, 7)
y = x @ w.T
write("linear.y", y)
gradients("linear", (y * d).sum(), x=x, w=w)

# RMS norm, as Llama does it.
x, w, d = leaf("norm.x", 3, 21, scale=2), leaf("norm.w", 21), leaf("norm.d", 3, 21)
y = w * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5))
write("norm.y", y)
gradients("norm", (y * d).sum(), x=x, w=w)

# SwiGLU.
g, u, d = leaf("swiglu.g", 3, 19, scale=3), leaf("swiglu.u", 3, 19), leaf("swiglu.d", 3, 19)
h = F.silu(g) * u
write("swiglu.h", h)
gradients("swiglu", (h * d).sum(), g=g, u=u)

# Rotary embedding in the half-rotation layout, 2 heads of 6, at three positions, theta 10000.
x = leaf("rotate.x", 3, 12)
positions = torch.tensor([0, 5, 17])
angles = positions[:, None] * (1 / 10000 ** (torch.arange(0, 6, 2).double() / 6))
write("rotate.cos", angles.cos())
write("rotate.sin", angles.sin())
cos, sin = (torch.cat([t, t], -1)[:, None] for t in (angles.cos(), angles.sin()))
v = x.view(3, 2, 6)
write("rotate.y", v * cos + torch.cat([-v[..., 3:], v[..., :3]], -1) * sin)

# Grouped-query causal attention: 4 heads, 2 kv-heads of 8; sequences of 3 and 6 tokens.
q, k, v, d = leaf("attention.q", 9, 32), leaf("attention.k", 9, 16), leaf("attention.v", 9, 16), leaf("attention.d", 9, 32)
outputs, normalisers = [], []
for a, b in ((0, 3), (3, 9)):
    heads = lambda t, n: t[a:b].view(b - a, n, 8).transpose(0, 1)
    Q, K, V = heads(q, 4), heads(k, 2).repeat_interleave(2, 0), heads(v, 2).repeat_interleave(2, 0)
    S = (Q @ K.transpose(1, 2)) * 0.7
    S = S.masked_fill(torch.ones(b - a, b - a).triu(1).bool(), -torch.inf)
    outputs.append((S.softmax(-1) @ V).transpose(0, 1).reshape(b - a, 32))
    normalisers.append(S.logsumexp(-1).T)
o = torch.cat(outputs)
write("attention.o", o)
write("attention.lse", torch.cat(normalisers))
gradients("attention", (o * d).sum(), q=q, k=k, v=v)

# Cross-entropy, scaled.
l = leaf("loss.l", 4, 33, scale=4)
targets = torch.tensor([0, 32, 7, 16])
losses = F.cross_entropy(l, targets, reduction="none")
write("loss.losses", losses)
gradients("loss", losses.sum() * 0.25, l=l)

# AdamW, five steps in float32, with gradients of very different sizes and a zero.
p = torch.nn.Parameter(torch.randn(20))
write("adamw.p", p)
optimizer = torch.optim.AdamW([p], lr=3e-3, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1)
for step in range(1, 6):
    p.grad = torch.randn(20) * 10.0 ** torch.arange(-10, 10).float()
    p.grad[3] = 0
    write(f"adamw.g{step}", p.grad)
    optimizer.step()
    write(f"adamw.p{step}", p)
write("adamw.m", optimizer.state[p]["exp_avg"])
write("adamw.v", optimizer.state[p]["exp_avg_sq"])

# RMS norm whose weights are stored less 1, as Gemma's, on rows that are single heads.
x, w, d = leaf("offset_norm.x", 5, 9, scale=2), leaf("offset_norm.w", 9, scale=0.3), leaf("offset_norm.d", 5, 9)
y = (1 + w) * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6))
write("offset_norm.y", y)
gradients("offset_norm", (y * d).sum(), x=x, w=w)

# Layer norm with a bias and without, of rows far from 0.
x = leaf("layer_norm.x", 3, 37, scale=3, shift=5)
w, b, d = leaf("layer_norm.w", 37), leaf("layer_norm.b", 37), leaf("layer_norm.d", 3, 37)
y = F.layer_norm(x, (37,), w, b, 1e-5)
write("layer_norm.y", y)
write("layer_norm.plain", F.layer_norm(x, (37,), w, None, 1e-5))
gradients("layer_norm", (y * d).sum(), x=x, w=w, b=b)

# Activations, alone and as gates: ordinary numbers and some far out.
activations = {"silu": F.silu, "gelu": F.gelu, "geluTanh": lambda t: F.gelu(t, approximate="tanh")}
for name, a in activations.items():
    g, u, d = leaf(f"{name}.g", 5, 19, scale=3), leaf(f"{name}.u", 5, 19), leaf(f"{name}.d", 5, 19)
    write(f"{name}.a", a(g))
    gradients(f"{name}.a", (a(g) * d).sum(), g=g)
    h = a(g) * u
    write(f"{name}.h", h)
    gradients(f"{name}", (h * d).sum(), g=g, u=u)

# A bias, a softcap.
y, b, d = leaf("bias.y", 6, 35), leaf("bias.b", 35), leaf("bias.d", 6, 35)
write("bias.sum", y + b)
gradients("bias", ((y + b) * d).sum(), b=b)
x, d = leaf("softcap.x", 3, 21, scale=40), leaf("softcap.d", 3, 21)
y = 30 * torch.tanh(x / 30)
write("softcap.y", y)
gradients("softcap", (y * d).sum(), x=x)

# Rotary embedding of the first 6 of 11 elements of each head, 2 heads, the positions of "rotate".
x = leaf("partial.x", 3, 22)
v = x.view(3, 2, 11)
turned = v[..., :6] * cos + torch.cat([-v[..., 3:6], v[..., :3]], -1) * sin
write("partial.y", torch.cat([turned, v[..., 6:]], -1))

# Attention with a window, a softcap and both: 4 heads, 2 kv-heads of 5; sequences of 1, 3 and 22 tokens.
bounds = ((0, 1), (1, 4), (4, 26))
q, k, v = leaf("window.q", 26, 20, scale=2), leaf("window.k", 26, 10), leaf("window.v", 26, 10)
d = leaf("window.d", 26, 20)
for name, window, cap in (("window", 5, None), ("capped", None, 2.5), ("both", 9, 1.5)):
    outputs, normalisers = [], []
    for a, b in bounds:
        heads = lambda t, n: t[a:b].view(b - a, n, 5).transpose(0, 1)
        Q, K, V = heads(q, 4), heads(k, 2).repeat_interleave(2, 0), heads(v, 2).repeat_interleave(2, 0)
        S = (Q @ K.transpose(1, 2)) * 0.6
        if cap:
            S = cap * torch.tanh(S / cap)
        age = torch.arange(b - a)[:, None] - torch.arange(b - a)
        S = S.masked_fill((age < 0) | (age >= (window or 1000)), -torch.inf)
        outputs.append((S.softmax(-1) @ V).transpose(0, 1).reshape(b - a, 20))
        normalisers.append(S.logsumexp(-1).T)
    o = torch.cat(outputs)
    write(f"{name}.o", o)
    write(f"{name}.lse", torch.cat(normalisers))
    gradients(name, (o * d).sum(), q=q, k=k, v=v)

# Cross-entropy with a penalty on KL(base || model), scaled; the last row is near its base.
l, base = leaf("penalty.l", 4, 33, scale=4), torch.randn(4, 33) * 4
base = torch.cat([base[:3], l[3:].detach() + 0.01 * base[3:]]).float()
write("penalty.base", base)
targets = torch.tensor([0, 32, 7, 16])
losses = F.cross_entropy(l, targets, reduction="none")
p, q = base.double().log_softmax(-1), l.log_softmax(-1)
kl = (p.exp() * (p - q)).sum(-1)
write("penalty.losses", losses)
write("penalty.kl", kl)
gradients("penalty", (losses + 1.5 * kl).sum() * 0.25, l=l)

path = pathlib.Path(__file__).parent.parent / "tensor" / "ops.txt"
path.write_text("\n".join(lines) + "\n")
