#!/usr/bin/env python3
"""Gradients of the tiny models with respect to activations, by autograd in PyTorch.

For each architecture, `gradients.safetensors` of its folder holds, by site, the gradient of the log-probability of one token
behind a text's last token, and beside the embedding's that of a difference of two logits. Needs torch and transformers (made
with torch 2.13, transformers 5.24).

usage: activation_gradients.py [architecture...]
"""
import sys

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from interventions import Hand
from sites import NAMES, ROOT

ANSWER, OTHER = 3, 40


def gradients(hand, tokens, metric):
    """The gradients at all places, by site."""
    kept = {}

    def keep(site):
        def look(x):
            x.retain_grad()
            kept[site] = x
            return x
        return look

    handles = [hand.embed(keep("hook_embed"))]
    for i in range(len(hand.layers)):
        for site, place in (("attn.hook_v", hand.value), ("attn.hook_z", hand.z), ("hook_attn_out", hand.attn_out),
                            ("mlp.hook_post", hand.mlp_post), ("hook_mlp_out", hand.mlp_out),
                            ("hook_resid_post", hand.resid_post)):
            handles.append(place(i, keep(f"blocks.{i}.{site}")))
    logits = hand.run(tokens, *handles)[-1]
    value = metric(logits)
    value.backward()
    return value.item(), {site: x.grad for site, x in kept.items()}


def main():
    for name in sys.argv[1:] or NAMES:
        folder = ROOT / name
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
        tokens = load_file(folder / "reference.safetensors")["tokens.1"].long()[:7].tolist()
        hand = Hand(model)
        value, found = gradients(hand, tokens, lambda logits: logits.log_softmax(-1)[ANSWER])
        _, difference = gradients(hand, tokens, lambda logits: logits[ANSWER] - logits[OTHER])
        assert all(gradient is not None for gradient in found.values()), name
        found["difference.hook_embed"] = difference["hook_embed"]
        found["value"] = torch.tensor([value])
        found["tokens"] = torch.tensor(tokens, dtype=torch.int32)
        save_file({key: x.detach().contiguous().clone() for key, x in found.items()}, folder / "gradients.safetensors")
        print(name, len(found), "tensors", (folder / "gradients.safetensors").stat().st_size, "bytes")


if __name__ == "__main__":
    main()
