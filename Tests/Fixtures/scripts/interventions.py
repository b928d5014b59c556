#!/usr/bin/env python3
"""Logits of the tiny models after interventions done by hand in PyTorch.

For each architecture, `interventions.json` holds the interventions as Holdfast reads them (docs/interventions.md), by the
name of the case, and `interventions.safetensors` the logits [T, V] that the same change gives when it is written out with
forward hooks. Nothing here reads the JSON: each case is done twice, once as data and once as code. Needs torch and
transformers (made with torch 2.13, transformers 5.24).

usage: interventions.py [architecture...]
"""
import json
import sys

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from sites import NAMES, ROOT, child, layers_of, text_config


class Hand:
    """Runs a model with functions put in the place of what modules read or write."""

    def __init__(self, model):
        self.model = model
        self.path, self.layers = layers_of(model)
        self.base = self.path.rsplit(".", 1)[0]
        config = text_config(model)
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

    @staticmethod
    def output(module, change):
        def hook(_, __, output):
            if isinstance(output, tuple):
                return (change(output[0][0].clone())[None],) + output[1:]
            return change(output[0].clone())[None]
        return module.register_forward_hook(hook)

    @staticmethod
    def input(module, change):
        return module.register_forward_pre_hook(lambda _, args: (change(args[0][0].clone())[None],) + args[1:])

    def run(self, tokens, *handles):
        logits = self.model(torch.tensor(tokens)[None]).logits[0]
        for handle in handles:
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
    width = text_config(hand.model).hidden_size
    one = min(1, len(hand.layers) - 1)  # the second block, where there is one
    count = len(tokens)
    everywhere = range(count)
    direction = torch.linspace(-1, 1, width)
    second = torch.cos(torch.arange(width, dtype=torch.float32))

    def numbers(x):
        return [float(v) for v in x]

    def resid(layer):
        return lambda change: hand.resid_post(layer, change)

    yield "zero", [{"operation": "zero", "site": f"blocks.{one}.hook_mlp_out"}], [
        hand.mlp_out(one, lambda x: 0 * x)]

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

    ending = hand.seen(lambda change: hand.attn_out(one, change), short)
    yield "patch from the end", [
        {"operation": "patch", "site": f"blocks.{one}.hook_attn_out", "positions": [-1, -3],
         "source": {"prompt": short, "align": "end"}}], [
        hand.attn_out(one, rows([count - 1, count - 3], lambda x, t: ending[t - count]))]

    yield "steer", [{"operation": "add", "site": "blocks.0.hook_resid_post", "strength": 2.5,
                     "source": {"vector": numbers(direction)}}], [
        hand.resid_post(0, lambda x: x + 2.5 * direction)]

    def half_values(x):
        x[:, 0] *= 0.5
        return x
    yield "scale", [{"operation": "scale", "site": f"blocks.{one}.attn.hook_v", "heads": [0], "strength": 0.5}], [
        hand.value(one, half_values)]

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
    yield "clamp", [{"operation": "clamp", "site": f"blocks.{one}.mlp.hook_post", "dimensions": [0, 3, 5],
                     "bounds": [-0.02, 0.01]}], [hand.mlp_post(one, clamped)]

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

    yield "in order", [
        {"operation": "scale", "site": "hook_embed", "strength": 1.5, "positions": {"from": 1}},
        {"operation": "add", "site": "blocks.0.hook_resid_post", "source": {"vector": numbers(direction)}},
        {"operation": "scale", "site": "blocks.0.hook_resid_post", "strength": 0.5, "positions": [-1]}], [
        hand.embed(rows(range(1, count), lambda x, t: 1.5 * x)),
        hand.resid_post(0, rows(everywhere, lambda x, t: 0.5 * (x + direction) if t == count - 1 else x + direction))]


def main():
    for name in sys.argv[1:] or NAMES:
        folder = ROOT / name
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
        reference = load_file(folder / "reference.safetensors")
        tokens = reference["tokens.1"].long()[:12].tolist()
        other = reference["tokens.2"].long()[20:32].tolist()
        short = reference["tokens.1"].long()[14:21].tolist()
        assert len(tokens) == 12 and len(other) == 12 and len(short) == 7, name
        described, tensors = {}, {"tokens": torch.tensor(tokens, dtype=torch.int32)}
        hand = Hand(model)
        with torch.no_grad():
            plain = hand.run(tokens)
            for case, interventions, handles in cases(hand, tokens, other, short):
                logits = hand.run(tokens, *handles)
                assert (logits - plain).abs().max() > 1e-4, (name, case, "changes nothing")
                described[case] = interventions
                tensors[case] = logits.contiguous()
        (folder / "interventions.json").write_text(json.dumps(described, separators=(",", ":")) + "\n")
        save_file(tensors, folder / "interventions.safetensors")
        print(name, len(described), "cases", (folder / "interventions.safetensors").stat().st_size, "bytes")


if __name__ == "__main__":
    main()
