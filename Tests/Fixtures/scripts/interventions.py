#!/usr/bin/env python3
"""Logits of the tiny models after interventions done by hand in PyTorch.

For each architecture, `interventions.json` holds the interventions as Holdfast reads them (docs/interventions.md), by the
name of the case, and `interventions.safetensors` every third logit of all tokens [T, (V+2)/3] that the same change gives when
it is written out with forward hooks, or where the model computes rotated queries and keys, scores, patterns and norm scales
(inside.py). Nothing here reads the JSON: each case is done twice, once as data and once as code. Cases for places that a
model lacks are left out. Needs torch and transformers (made with torch 2.15, transformers 5.24).

usage: interventions.py [architecture...]
"""
import json
import sys

import torch
from safetensors.torch import load_file, save_file

from inside import Inside, child, decoder
from sites import LONG, NAMES, ROOT, load, text_of


class Hand:
    """Runs a model with functions put in the place of what modules read or write."""

    def __init__(self, model):
        self.model = model
        self.base, self.path, self.layers = decoder(model)
        self.config = config = model.config.get_text_config()
        self.heads = config.num_attention_heads
        self.kv = getattr(config, "num_key_value_heads", None) or self.heads
        self.width = getattr(config, "head_dim", None) or config.hidden_size // self.heads
        self.post = config.model_type.startswith("gemma") or config.model_type == "olmo2"

    def attention(self, i):
        return getattr(self.layers[i], child(self.layers[i], "self_attn", "attn", "attention"))

    # Each place: the module, whether its input is meant, and how its value is turned into [T, ...] and back.
    def resid_post(self, i, change):
        return self.output(self.layers[i], change)

    def attn_out(self, i, change):
        return self.output(self.layers[i].post_attention_layernorm if self.post else self.attention(i), change)

    def mlp_out(self, i, change):
        return self.output(self.layers[i].post_feedforward_layernorm if self.post else self.layers[i].mlp, change)

    def embed(self, change):
        body = self.model.get_submodule(self.base)
        return self.output(getattr(body, child(body, "embed_tokens", "wte", "embed_in")), change)

    def z(self, i, change):
        module = self.attention(i)
        out = getattr(module, child(module, "o_proj", "c_proj", "dense"))

        def by_head(x):
            return change(x.reshape(x.shape[0], self.heads, self.width)).reshape(x.shape)
        return self.input(out, by_head)

    def mlp_post(self, i, change):
        network = self.layers[i].mlp
        return self.input(getattr(network, child(network, "down_proj", "c_proj", "dense_4h_to_h")), change)

    def value(self, i, change):
        module = self.attention(i)
        fused = child(module, "qkv_proj", "c_attn", "query_key_value")
        if not fused:
            return self.output(module.v_proj, lambda x: change(x.reshape(-1, self.kv, self.width)).reshape(x.shape))

        def of_fused(x):
            x = x.clone()
            if fused == "query_key_value":
                parts = x.reshape(x.shape[0], self.heads, 3, self.width)
                parts[:, :, 2] = change(parts[:, :, 2].clone())
            else:
                start = (self.heads + self.kv) * self.width
                x[:, start:] = change(x[:, start:].reshape(-1, self.kv, self.width).clone()).reshape(x.shape[0], -1)
            return x
        return self.output(getattr(module, fused), of_fused)

    def projected(self, i, name, change):
        """Queries or keys [T, heads, E] as they are projected, before norm and rotation."""
        module = self.attention(i)
        heads = self.heads if name == "q" else self.kv
        fused = child(module, "qkv_proj", "c_attn", "query_key_value")
        if not fused:
            return self.output(getattr(module, f"{name}_proj"),
                               lambda x: change(x.reshape(-1, heads, self.width)).reshape(x.shape))

        def of_fused(x):
            x = x.clone()
            if fused == "query_key_value":
                parts = x.reshape(x.shape[0], self.heads, 3, self.width)
                parts[:, :, "qk".index(name)] = change(parts[:, :, "qk".index(name)].clone())
            else:
                start = 0 if name == "q" else self.heads * self.width
                part = x[:, start:start + heads * self.width]
                part[:] = change(part.reshape(-1, heads, self.width).clone()).reshape(part.shape)
            return x
        return self.output(getattr(module, fused), of_fused)

    def head_result(self, i, head, change):
        """What one head writes [T, D]."""
        module = self.attention(i)
        name = child(module, "o_proj", "c_proj", "dense")
        out, found = getattr(module, name), {}
        weight = out.weight.t() if name == "c_proj" else out.weight
        part = slice(head * self.width, (head + 1) * self.width)
        handle = out.register_forward_pre_hook(lambda _, args: found.update(z=args[0][0]))

        def of_sum(y):
            written = found["z"][:, part] @ weight[:, part].T
            return y - written + change(written.clone())
        return [handle, self.output(out, of_sum)]

    def mlp_pre(self, i, change):
        network = self.layers[i].mlp
        if hasattr(network, "gate_up_proj"):
            return self.output(network.gate_up_proj,
                               lambda x: torch.cat([change(x.chunk(2, -1)[0].clone()), x.chunk(2, -1)[1]], -1))
        return self.output(getattr(network, child(network, "gate_proj", "c_fc", "dense_h_to_4h")), change)

    def mlp_linear(self, i, change):
        network = self.layers[i].mlp
        if hasattr(network, "gate_up_proj"):
            return self.output(network.gate_up_proj,
                               lambda x: torch.cat([x.chunk(2, -1)[0], change(x.chunk(2, -1)[1].clone())], -1))
        return self.output(network.up_proj, change)

    def resid_pre(self, i, change):
        return self.input(self.layers[i], change)

    def resid_mid(self, i, change):
        """The stream between the halves: what attention adds is changed by as much."""
        found = {}
        before = self.layers[i].register_forward_pre_hook(
            lambda _, args, kwargs: found.update(x=(args[0] if args else kwargs["hidden_states"])[0]), with_kwargs=True)
        return [before, self.attn_out(i, lambda y: change(found["x"] + y) - found["x"])]

    def norm(self, place):
        """The path of "ln1", "ln2" or "ln_final" (with a layer), or None."""
        if place == "ln_final":
            return f"{self.base}." + child(self.model.get_submodule(self.base), "norm", "ln_f", "final_layer_norm")
        which, i = place
        names = ("input_layernorm", "ln_1") if which == "ln1" else (
            ("pre_feedforward_layernorm",) if self.config.model_type.startswith("gemma") else
            ("post_attention_layernorm", "ln_2") if self.config.model_type != "olmo2" else ())
        name = child(self.layers[i], *names)
        return name and f"{self.path}.{i}.{name}"

    # Places inside of modules; a change there is a pair of a key and a function, which `run` tells from hooks.
    def scale(self, place, change):
        """What a norm divides rows by [T]."""
        return (self.norm(place), "scale"), lambda x: change(x[0, :, 0])[None, :, None]

    def attending(self, i, what, change):
        """"scores", "pattern", "rot_q" or "rot_k" as [T, heads, ...]."""
        path = f"{self.path}.{i}." + child(self.layers[i], "self_attn", "attn", "attention")
        return (path, what), lambda x: change(x[0].transpose(0, 1).clone()).transpose(0, 1)[None]

    def normalized(self, place, change):
        """The rows a norm has divided [T, D], recovered from its output."""
        module = self.model.get_submodule(self.norm(place))
        weight = module.weight + (1 if "Gemma" in type(module).__name__ else 0)
        bias = getattr(module, "bias", None)
        bias = 0 if bias is None else bias
        return self.output(module, lambda y: change((y - bias) / weight) * weight + bias)

    @staticmethod
    def output(module, change):
        def hook(_, __, output):
            if isinstance(output, tuple):
                return (change(output[0][0].clone())[None],) + output[1:]
            return change(output[0].clone())[None]
        return module.register_forward_hook(hook)

    @staticmethod
    def input(module, change):
        def hook(_, args, kwargs):
            if args:
                return (change(args[0][0].clone())[None],) + args[1:], kwargs
            return args, kwargs | {"hidden_states": change(kwargs["hidden_states"][0].clone())[None]}
        return module.register_forward_pre_hook(hook, with_kwargs=True)

    def run(self, tokens, *changes):
        flat = [c for change in changes for c in (change if isinstance(change, list) else [change])]
        inner = dict(c for c in flat if isinstance(c, tuple))
        if inner:
            with Inside(self.model, inner).watching() as inside:
                logits = self.model(torch.tensor(tokens)[None]).logits[0]
            assert set(inner) <= set(inside.seen), "a change was never reached"
        else:
            logits = self.model(torch.tensor(tokens)[None]).logits[0]
        for handle in flat:
            if not isinstance(handle, tuple):
                handle.remove()
        return logits

    def seen(self, place, tokens):
        """The activation at a place, without any change."""
        found = []

        def look(x):
            found.append(x.clone())
            return x
        self.run(tokens, place(look))
        return found[0]


def rows(places, function):
    """Changes some rows of an activation."""
    def change(x):
        for place in places:
            x[place] = function(x[place], place)
        return x
    return change


def cases(hand, tokens, other, short):
    width = hand.config.hidden_size
    deep = min(1, len(hand.layers) - 1)
    count = len(tokens)
    everywhere = range(count)
    direction = torch.linspace(-1, 1, width)
    second = torch.cos(torch.arange(width, dtype=torch.float32))

    def numbers(x):
        return [float(v) for v in x]

    def resid(layer):
        return lambda change: hand.resid_post(layer, change)

    yield "zero", [{"operation": "zero", "site": f"blocks.{deep}.hook_mlp_out"}], [
        hand.mlp_out(deep, lambda x: 0 * x)]

    def without_head(x):
        x[:, 1] = 0
        return x
    yield "zero head", [{"operation": "zero", "site": "blocks.*.attn.hook_z", "layers": [-1], "heads": [1],
                         "positions": "prompt"}], [hand.z(len(hand.layers) - 1, without_head)]

    both = torch.cat([hand.seen(resid(0), other), hand.seen(resid(0), short)])
    yield "mean", [{"operation": "mean", "site": "blocks.0.hook_resid_post", "positions": [2, -1],
                    "source": {"prompts": [other, short]}}], [
        hand.resid_post(0, rows([2, count - 1], lambda x, t: both.mean(0)))]

    tail = torch.cat([hand.seen(resid(0), other)[1:], hand.seen(resid(0), short)[1:]])
    yield "mean of some tokens", [
        {"operation": "mean", "site": "blocks.0.hook_resid_post", "positions": "last", "strength": 0.25,
         "source": {"prompts": [other, short], "positions": {"from": 1}}}], [
        hand.resid_post(0, rows([count - 1], lambda x, t: x + 0.25 * (tail.mean(0) - x)))]

    clean = hand.seen(resid(0), other)
    yield "patch", [{"operation": "patch", "site": "blocks.0.hook_resid_post", "positions": {"from": 3, "to": -2},
                     "source": {"prompt": other}}], [
        hand.resid_post(0, rows(range(3, count - 2), lambda x, t: clean[t]))]

    ending = hand.seen(lambda change: hand.attn_out(deep, change), short)
    yield "patch from the end", [
        {"operation": "patch", "site": f"blocks.{deep}.hook_attn_out", "positions": [-1, -3],
         "source": {"prompt": short, "align": "end"}}], [
        hand.attn_out(deep, rows([count - 1, count - 3], lambda x, t: ending[t - count]))]

    yield "steer", [{"operation": "add", "site": "blocks.0.hook_resid_post", "strength": 2.5,
                     "source": {"vector": numbers(direction)}}], [
        hand.resid_post(0, lambda x: x + 2.5 * direction)]

    def half_values(x):
        x[:, 0] *= 0.5
        return x
    yield "scale", [{"operation": "scale", "site": f"blocks.{deep}.attn.hook_v", "heads": [0], "strength": 0.5}], [
        hand.value(deep, half_values)]

    basis = torch.linalg.qr(torch.stack([direction, second], 1).double())[0].float()
    yield "project out", [{"operation": "project_out", "site": "blocks.0.hook_resid_post",
                           "source": {"vectors": [numbers(direction), numbers(second)]}}], [
        hand.resid_post(0, lambda x: x - (x @ basis) @ basis.T)]

    yield "project onto", [{"operation": "project_onto", "site": "blocks.0.hook_mlp_out", "strength": 0.5,
                            "positions": [0, 1, 2], "source": {"vectors": [numbers(direction), numbers(second)]}}], [
        hand.mlp_out(0, rows([0, 1, 2], lambda x, t: x + 0.5 * ((x @ basis) @ basis.T - x)))]

    def clamped(x):
        for neuron in (0, 3, 5):
            x[:, neuron] = x[:, neuron].clamp(-0.02, 0.01)
        return x
    yield "clamp", [{"operation": "clamp", "site": f"blocks.{deep}.mlp.hook_post", "dimensions": [0, 3, 5],
                     "bounds": [-0.02, 0.01]}], [hand.mlp_post(deep, clamped)]

    difference = (hand.seen(resid(0), other)[-1] - hand.seen(resid(0), tokens)[-1]
                  + hand.seen(resid(0), short)[-1] - hand.seen(resid(0), other)[-1]) / 2
    pairs = [{"positive": other, "negative": tokens}, {"positive": short, "negative": other}]
    yield "steer by contrast", [{"operation": "add", "site": "blocks.0.hook_resid_post", "strength": -3,
                                 "source": {"contrast": pairs}}], [
        hand.resid_post(0, lambda x: x - 3 * difference)]

    unit = difference / difference.norm()
    yield "project contrast out", [{"operation": "project_out", "site": "blocks.0.hook_resid_post",
                                    "source": {"contrast": pairs}}], [
        hand.resid_post(0, lambda x: x - (x @ unit)[:, None] * unit)]

    yield from inner_cases(hand, tokens, other, short, direction, deep)

    yield "in order", [
        {"operation": "scale", "site": "hook_embed", "strength": 1.5, "positions": {"from": 1}},
        {"operation": "add", "site": "blocks.0.hook_resid_post", "source": {"vector": numbers(direction)}},
        {"operation": "scale", "site": "blocks.0.hook_resid_post", "strength": 0.5, "positions": [-1]}], [
        hand.embed(rows(range(1, count), lambda x, t: 1.5 * x)),
        hand.resid_post(0, rows(everywhere, lambda x, t: 0.5 * (x + direction) if t == count - 1 else x + direction))]


def inner_cases(hand, tokens, other, short, direction, deep):
    """Changes where attention and norms compute."""
    count, last = len(tokens), len(tokens) - 1
    attention, numbers = f"blocks.{deep}.attn.", [float(v) for v in direction]

    def attending(what):
        return lambda change: hand.attending(deep, what, change)

    def seen(where, tokens):
        return hand.seen(where, tokens)

    def halved(x):
        """The scores of a row's own keys; hidden ones stay hidden."""
        hidden = x < torch.finfo(torch.float32).min / 2
        return torch.where(hidden, x, 0.5 * x)

    def first_head(function):
        def change(x, t):
            x[0] = function(x[0])
            return x
        return change

    def from_text(found, head=None):
        def change(x, t):
            sees = slice(0, t + 1)
            for h in range(x.shape[0]) if head is None else [head]:
                x[h, sees] = found[t, h, sees]
            return x
        return change

    yield "scale scores", [{"operation": "scale", "site": attention + "hook_attn_scores", "heads": [0], "strength": 0.5,
                            "positions": {"from": 2}}], [
        hand.attending(deep, "scores", rows(range(2, count), first_head(halved)))]
    theirs = seen(attending("scores"), other)
    yield "patch scores", [{"operation": "patch", "site": attention + "hook_attn_scores", "positions": [3, -1],
                            "source": {"prompt": other}}], [
        hand.attending(deep, "scores", rows([3, last], from_text(theirs)))]
    patterns = seen(attending("pattern"), short)
    yield "patch pattern", [{"operation": "patch", "site": attention + "hook_pattern", "heads": [1],
                             "positions": {"from": 2, "to": 6}, "source": {"prompt": short}}], [
        hand.attending(deep, "pattern", rows(range(2, 6), from_text(patterns, 1)))]
    yield "zero pattern", [{"operation": "zero", "site": attention + "hook_pattern", "heads": [0]}], [
        hand.attending(deep, "pattern", rows(range(count), first_head(lambda x: 0 * x)))]
    yield "scale pattern", [{"operation": "scale", "site": attention + "hook_pattern", "strength": 1.5,
                             "positions": "last"}], [
        hand.attending(deep, "pattern", rows([last], lambda x, t: 1.5 * x))]
    if hasattr(hand.model.get_submodule(hand.base), "rotary_emb"):
        rotated = seen(attending("rot_q"), short)
        yield "patch rotated queries", [{"operation": "patch", "site": attention + "hook_rot_q",
                                         "positions": {"from": 1, "to": 7}, "source": {"prompt": short}}], [
            hand.attending(deep, "rot_q", rows(range(1, 7), lambda x, t: rotated[t]))]
        yield "scale rotated keys", [{"operation": "scale", "site": attention + "hook_rot_k", "heads": [0],
                                      "strength": -0.5}], [
            hand.attending(deep, "rot_k", rows(range(count), first_head(lambda x: -0.5 * x)))]
    yield "scale queries", [{"operation": "scale", "site": attention + "hook_q", "heads": [0], "strength": 3}], [
        hand.projected(deep, "q", rows(range(count), first_head(lambda x: 3 * x)))]
    keys = seen(lambda change: hand.projected(deep, "k", change), other)
    yield "patch keys", [{"operation": "patch", "site": attention + "hook_k", "positions": [1, 4],
                          "source": {"prompt": other}}], [
        hand.projected(deep, "k", rows([1, 4], lambda x, t: keys[t]))]
    yield "scale what a head writes", [{"operation": "scale", "site": attention + "hook_result", "heads": [1],
                                        "strength": -1}], [hand.head_result(deep, 1, lambda x: -x)]

    def bounded(x):
        x[:, 1:4] = x[:, 1:4].clamp(-0.1, 0.2)
        return x
    yield "clamp the gate", [{"operation": "clamp", "site": f"blocks.{deep}.mlp.hook_pre", "dimensions": [1, 2, 3],
                              "bounds": [-0.1, 0.2]}], [hand.mlp_pre(deep, bounded)]
    if child(hand.layers[0].mlp, "gate_up_proj", "gate_proj"):
        yield "scale beside the gate", [{"operation": "scale", "site": f"blocks.{deep}.mlp.hook_pre_linear",
                                         "strength": 2}], [hand.mlp_linear(deep, lambda x: 2 * x)]
    yield "steer before a layer", [{"operation": "add", "site": f"blocks.{deep}.hook_resid_pre", "positions": {"from": 4},
                                    "source": {"vector": numbers}}], [
        hand.resid_pre(deep, rows(range(4, count), lambda x, t: x + direction))]
    if not getattr(hand.config, "use_parallel_residual", False):
        yield "scale between the halves", [{"operation": "scale", "site": "blocks.0.hook_resid_mid", "strength": 0.5}], [
            hand.resid_mid(0, lambda x: 0.5 * x)]
    if hand.base == "transformer":
        yield "zero a position", [{"operation": "zero", "site": "hook_pos_embed", "positions": [2]}], [
            hand.output(hand.model.transformer.wpe, rows([2], lambda x, t: 0 * x))]

    for site, place in (("ln_final", "ln_final"), (f"blocks.{deep}.ln1", ("ln1", deep)), (f"blocks.{deep}.ln2", ("ln2", deep))):
        if not hand.norm(place):
            continue
        name = site.split(".")[-1]
        yield f"scale {name} scale", [{"operation": "scale", "site": f"{site}.hook_scale", "strength": 2,
                                       "positions": [1, -1]}], [
            hand.scale(place, rows([1, last], lambda x, t: 2 * x))]
        scales = seen(lambda change, place=place: hand.scale(place, change), other)
        yield f"patch {name} scale", [{"operation": "patch", "site": f"{site}.hook_scale", "source": {"prompt": other}}], [
            hand.scale(place, lambda x, scales=scales: scales)]
        yield f"add to {name} scale", [{"operation": "add", "site": f"{site}.hook_scale", "strength": 0.5,
                                        "source": {"vector": [1.5]}}], [hand.scale(place, lambda x: x + 0.75)]
        unit = direction / direction.norm()
        yield f"project out of {name} rows", [{"operation": "project_out", "site": f"{site}.hook_normalized",
                                               "source": {"vector": numbers}}], [
            hand.normalized(place, lambda x: x - (x @ unit)[:, None] * unit)]


def main():
    for name in sys.argv[1:] or NAMES:
        folder = ROOT / name
        model = load(name)
        reference = load_file(folder / "reference.safetensors")
        tokens = text_of(name, reference).tolist()
        other = reference["tokens.2"].long()[41 - LONG[name]:] if name in LONG else reference["tokens.2"].long()[20:32]
        other = other.tolist()
        short = reference["tokens.1"].long()[14:21].tolist()
        assert len(tokens) == len(other) == LONG.get(name, 12) and len(short) == 7, name
        described, tensors = {}, {"tokens": torch.tensor(tokens, dtype=torch.int32)}
        hand = Hand(model)
        with torch.no_grad():
            plain = hand.run(tokens)
            for case, interventions, changes in cases(hand, tokens, other, short):
                logits = hand.run(tokens, *changes)
                assert (logits - plain).abs().max() > 1e-4, (name, case, "changes nothing")
                described[case] = interventions
                tensors[case] = logits[:, ::3].contiguous()
        (folder / "interventions.json").write_text(json.dumps(described, separators=(",", ":")) + "\n")
        save_file(tensors, folder / "interventions.safetensors")
        print(name, len(described), "cases", (folder / "interventions.safetensors").stat().st_size, "bytes")


if __name__ == "__main__":
    main()
