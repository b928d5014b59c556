#!/usr/bin/env python3
"""Logit lens, logit attribution and patching sweep of the tiny models in PyTorch.

Writes Tests/Fixtures/architectures/<name>/analysis.safetensors: the lens' log-probabilities of all tokens at the last
position behind every layer, what each part adds to two logits (embedding, attention, feed-forward network, bias of the
final norm), and a sweep over layers and positions of what attention adds. Needs
torch and transformers (made with torch 2.13, transformers 5.24).

usage: analysis.py [architecture...]
"""
import sys

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from inside import child
from interventions import Hand
from sites import ROOT

NAMES = ["llama", "mistral", "qwen2", "qwen3", "gemma2", "gemma3", "olmo2", "phi3", "gpt2", "gpt-neox",
         "gpt-neox-sequential"]

TARGETS = [3, 40]


def final_norm(hand):
    body = hand.model.get_submodule(hand.base)
    return getattr(body, child(body, "norm", "ln_f", "final_layer_norm"))


def output(hand):
    return hand.model.get_output_embeddings()


def capped(hand, logits):
    cap = getattr(hand.model.config, "final_logit_softcapping", None)
    return cap * torch.tanh(logits / cap) if cap else logits


def stream(hand, tokens):
    """The residual stream before the first layer and behind each."""
    found = []
    handle = hand.layers[0].register_forward_pre_hook(
        lambda _, args, kwargs: found.append((args[0] if args else kwargs["hidden_states"])[0].clone()), with_kwargs=True)
    hand.run(tokens, handle)
    return found + [hand.seen(lambda change, i=i: hand.resid_post(i, change), tokens)
                    for i in range(len(hand.layers))]


def attribution(hand, tokens):
    norm, weight = final_norm(hand), output(hand).weight[TARGETS]
    last = stream(hand, tokens)
    parts = [hand.seen(lambda change: hand.embed(change), tokens)[-1]]
    if hand.base == "transformer":
        parts.append(hand.model.transformer.wpe.weight[len(tokens) - 1])
    for i in range(len(hand.layers)):
        parts.append(hand.seen(lambda change, i=i: hand.attn_out(i, change), tokens)[-1])
        parts.append(hand.seen(lambda change, i=i: hand.mlp_out(i, change), tokens)[-1])
    parts = torch.stack(parts)
    whole = last[-1][-1]
    torch.testing.assert_close(parts.sum(0), whole, rtol=1e-4, atol=1e-5)
    layer_norm = hand.base in ("transformer", "gpt_neox")
    eps = getattr(norm, "variance_epsilon", None) or getattr(norm, "eps", None)
    if layer_norm:
        parts = parts - parts.mean(-1, keepdim=True)
        whole = whole - whole.mean()
    scale = (whole.pow(2).mean() + eps).sqrt()
    gain = norm.weight + 1 if hand.model.config.model_type.startswith("gemma") else norm.weight
    values = (parts / scale * gain) @ weight.T
    if layer_norm:
        values = torch.cat([values, (norm.bias @ weight.T)[None]])
    return values


def main():
    for name in sys.argv[1:] or NAMES:
        folder = ROOT / name
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
        reference = load_file(folder / "reference.safetensors")
        clean = reference["tokens.1"].long()[:9].tolist()
        corrupted = list(clean)
        corrupted[2], corrupted[3] = 11, 29
        hand = Hand(model)
        tensors = {"clean": torch.tensor(clean, dtype=torch.int32),
                   "corrupted": torch.tensor(corrupted, dtype=torch.int32)}
        with torch.no_grad():
            lens = [capped(hand, output(hand)(final_norm(hand)(x[-1]))).log_softmax(-1) for x in stream(hand, clean)]
            tensors["lens"] = torch.stack(lens)
            torch.testing.assert_close(lens[-1], hand.run(clean)[-1].log_softmax(-1), rtol=1e-4, atol=1e-4)
            tensors["attribution"] = attribution(hand, clean)
            rows = []
            for i in range(len(hand.layers)):
                source = hand.seen(lambda change, i=i: hand.attn_out(i, change), clean)
                row = []
                for t in range(len(clean)):
                    def put(x, t=t):
                        x[t] = source[t]
                        return x
                    logits = hand.run(corrupted, hand.attn_out(i, put))[-1]
                    row.append(logits[TARGETS[0]] - logits[TARGETS[1]])
                rows.append(torch.stack(row))
            tensors["sweep"] = torch.stack(rows)
        save_file({k: v.contiguous() for k, v in tensors.items()}, folder / "analysis.safetensors")
        print(name, (folder / "analysis.safetensors").stat().st_size, "bytes")


if __name__ == "__main__":
    main()
