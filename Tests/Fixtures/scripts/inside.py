"""What a transformers model computes inside its modules, seen and changed while it computes.

Forward hooks show what goes in and out of modules. Rotated queries and keys, attention scores, patterns and what norms
divide by exist only between the lines of a module's `forward`; there PyTorch's own functions are watched (softmax, rsqrt,
layer_norm), and the rotary function of the model's file. Nothing is computed a second time.
"""
import sys
from contextlib import contextmanager

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode


def decoder(model):
    """The path of the text model, the path of its layers, and the layers."""
    for base, name in (("model", "layers"), ("model.language_model", "layers"), ("transformer", "h"), ("gpt_neox", "layers")):
        try:
            return base, f"{base}.{name}", model.get_submodule(f"{base}.{name}")
        except AttributeError:
            continue
    raise SystemExit("no layers")


def child(module, *names):
    for name in names:
        if hasattr(module, name):
            return name
    return None


class Inside(TorchFunctionMode):
    """Records one pass, by module path: what the innermost running module gave to or took from a function.

    `seen[path, what]` holds, for attention modules, "rot_q" [B,H,T,E], "rot_k" [B,K,T,E], "scores" (what goes into the softmax,
    hidden keys included) and "pattern" [B,H,T,S]; for norms "scale" [B,T,1], what rows are divided by. `changes` maps the
    same keys to functions whose result the model computes on with.
    """

    def __init__(self, model, changes=None):
        super().__init__()
        self.changes, self.seen, self.running = changes or {}, {}, []
        self.model = model

    @contextmanager
    def watching(self):
        handles = []
        for path, module in self.model.named_modules():
            handles.append(module.register_forward_pre_hook(lambda *_, path=path: self.running.append(path)))
            handles.append(module.register_forward_hook(self.left))
        base, _, layers = decoder(self.model)
        attention = getattr(layers[0], child(layers[0], "self_attn", "attn", "attention"))
        source = sys.modules[type(attention).__module__]
        turn = getattr(source, "apply_rotary_pos_emb", None)

        def rotary(*args, **kwargs):
            q, k = turn(*args, **kwargs)
            return self.passed("rot_q", q), self.passed("rot_k", k)
        if turn:
            source.apply_rotary_pos_emb = rotary
        try:
            with self:
                yield self
        finally:
            if turn:
                source.apply_rotary_pos_emb = turn
            for handle in handles:
                handle.remove()

    def left(self, *_):
        self.running.pop()

    def passed(self, what, value):
        key = self.running[-1], what
        if key in self.changes:
            value = self.changes[key](value.clone())
        self.seen[key] = value
        return value

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if function is functional.softmax:
            return self.passed("pattern", function(self.passed("scores", args[0]), *args[1:], **kwargs))
        if function is torch.rsqrt:
            return 1 / self.passed("scale", 1 / function(*args, **kwargs))
        if function is functional.layer_norm:
            x, shape, weight, bias, eps = (*args, *kwargs.values())
            _, mean, inverse = torch.native_layer_norm(x, shape, None, None, eps)
            return (x - mean) / self.passed("scale", 1 / inverse) * weight + bias
        return function(*args, **kwargs)
