#!/usr/bin/env python3
"""What transformers shows at every site of the tiny models: Tests/Fixtures/architectures/<name>/sites.safetensors.

For one short text per model, each activation under its TransformerLens name, all of them transformers' own numbers: inputs
and outputs of modules by forward hooks; rotated queries and keys, scores, patterns and norm scales where the modules
compute them (inside.py). Patterns are held to `output_attentions=True`. Two sites follow from those by definition: what each
head writes (its z times its part of the output matrix; the sum over heads is held to the module's output) and rows divided by
a norm's scale (times the norm's weight they are held to the norm's output). Besides, the logits after changes done by hand.
Needs torch and transformers (made with torch 2.15, transformers 5.24).

usage: sites.py [architecture...]
"""
import pathlib
import sys

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from architecture_variants import VARIANTS
from inside import Inside, child, decoder

ROOT = pathlib.Path(__file__).resolve().parent.parent / "architectures"
NAMES = list(VARIANTS)
# Those whose rotary frequencies change with the length of the text get a text on the far side of the change.
LONG = {"llama-dynamic": 25, "phi3-longrope": 25}


def load(name):
    return AutoModelForCausalLM.from_pretrained(ROOT / name, dtype=torch.float32, attn_implementation="eager").eval()


def text_of(name, reference):
    return reference["tokens.2"][: LONG[name]].long() if name in LONG else reference["tokens.1"][:12].long()


class Recorder:
    """Collects module inputs and outputs of one pass; `change` may replace an output."""

    def __init__(self, model):
        self.inputs, self.outputs, self.handles = {}, {}, []
        self.change = {}
        for name, module in model.named_modules():
            if name:
                self.handles.append(module.register_forward_hook(self.hook(name), with_kwargs=True))

    def hook(self, name):
        def body(module, args, kwargs, output):
            value = output[0] if isinstance(output, tuple) else output
            first = args[0] if args else kwargs.get("hidden_states")
            self.inputs[name] = first
            if name in self.change:
                value = self.change[name](value)
                output = (value,) + output[1:] if isinstance(output, tuple) else value
            self.outputs[name] = value
            return output
        return body

    def close(self):
        for handle in self.handles:
            handle.remove()


def close_to(a, b):
    torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


def normalized(model, path, inside, x, output):
    """A norm's scale [T] and the rows [T,D] it divides, checked against what the norm gives."""
    norm = model.get_submodule(path)
    scale = inside.seen[path, "scale"][0]
    layer_norm = isinstance(norm, torch.nn.LayerNorm)
    rows = (x - x.mean(-1, keepdim=True) if layer_norm else x) / scale
    weight = norm.weight + (1 if "Gemma" in type(norm).__name__ else 0)
    close_to(rows * weight + (norm.bias if layer_norm else 0), output)
    return scale[:, 0], rows


def visible_scores(scores, pattern):
    """Scores [T,H,S] with the keys a row does not look at at minus infinity; masks add the least float32."""
    scores, pattern = scores[0].transpose(0, 1), pattern[0].transpose(0, 1)
    hidden = scores < torch.finfo(torch.float32).min / 2
    assert hidden.any() and (pattern[hidden] == 0).all() and (pattern[~hidden] > 0).all()
    return scores.masked_fill(hidden, float("-inf")), pattern


def collect(model, tokens):
    config = model.config.get_text_config()
    base, path, layers = decoder(model)
    recorder = Recorder(model)
    with Inside(model).watching() as inside:
        answer = model(tokens, output_attentions=True)
    recorder.close()
    inputs, outputs, seen = recorder.inputs, recorder.outputs, inside.seen
    close_to(model(tokens).logits, answer.logits)
    sites = {}
    embed = child(model.get_submodule(base), "embed_tokens", "wte", "embed_in")
    sites["hook_embed"] = outputs[f"{base}.{embed}"][0]
    if base == "transformer":
        sites["hook_pos_embed"] = outputs["transformer.wpe"].reshape(tokens.shape[1], -1)
    heads = config.num_attention_heads
    kv = getattr(config, "num_key_value_heads", None) or heads
    width = getattr(config, "head_dim", None) or config.hidden_size // heads
    rows = tokens.shape[1]
    for i, layer in enumerate(layers):
        at, put = f"{path}.{i}", f"blocks.{i}."
        attention = f"{at}." + child(layer, "self_attn", "attn", "attention")
        module = model.get_submodule(attention)
        x = inputs[at][0]
        sites[put + "hook_resid_pre"] = x
        first = child(layer, "input_layernorm", "ln_1")
        if first:
            sites[put + "ln1.hook_scale"], sites[put + "ln1.hook_normalized"] = normalized(
                model, f"{at}.{first}", inside, x, outputs[f"{at}.{first}"][0])
        fused = child(module, "qkv_proj", "c_attn", "query_key_value")
        if fused:
            whole = outputs[f"{attention}.{fused}"][0]
            if fused == "query_key_value":
                whole = whole.reshape(rows, heads, 3, width)
                q, k, v = whole[:, :, 0], whole[:, :, 1], whole[:, :, 2]
            else:
                q, k, v = whole.split([heads * width, kv * width, kv * width], -1)
        else:
            q, k, v = (outputs[f"{attention}.{n}_proj"][0] for n in "qkv")
        q, k, v = q.reshape(rows, heads, width), k.reshape(rows, kv, width), v.reshape(rows, kv, width)
        sites[put + "attn.hook_q"], sites[put + "attn.hook_k"], sites[put + "attn.hook_v"] = q, k, v
        if (attention, "rot_q") in seen:
            sites[put + "attn.hook_rot_q"], sites[put + "attn.hook_rot_k"] = (
                seen[attention, name][0].transpose(0, 1) for name in ("rot_q", "rot_k"))
        assert torch.equal(seen[attention, "pattern"], answer.attentions[i]), (at, "patterns")
        scores, pattern = visible_scores(seen[attention, "scores"], seen[attention, "pattern"])
        sites[put + "attn.hook_attn_scores"], sites[put + "attn.hook_pattern"] = scores, pattern
        out = child(module, "o_proj", "c_proj", "dense")
        z = inputs[f"{attention}.{out}"][0].reshape(rows, heads, width)
        close_to(torch.einsum("ths,shd->thd", pattern, v.repeat_interleave(heads // kv, 1)), z)
        sites[put + "attn.hook_z"] = z
        projection = getattr(module, out)
        weight = projection.weight.t() if out == "c_proj" else projection.weight
        result = torch.einsum("thd,ohd->tho", z, weight.reshape(weight.shape[0], heads, width))
        close_to(result.sum(1) + (0 if projection.bias is None else projection.bias), outputs[f"{attention}.{out}"][0])
        sites[put + "attn.hook_result"] = result
        gemma = config.model_type.startswith("gemma")
        post = "post_attention_layernorm" if gemma or config.model_type == "olmo2" else None
        sites[put + "hook_attn_out"] = outputs[f"{at}.{post}" if post else attention][0]
        second = "pre_feedforward_layernorm" if gemma else (
            None if config.model_type == "olmo2" else child(layer, "post_attention_layernorm", "ln_2"))
        middle = inputs[f"{at}.{second or 'mlp'}"][0]
        if not getattr(config, "use_parallel_residual", False):
            sites[put + "hook_resid_mid"] = middle
            close_to(x + sites[put + "hook_attn_out"], middle)
        if second:
            sites[put + "ln2.hook_scale"], sites[put + "ln2.hook_normalized"] = normalized(
                model, f"{at}.{second}", inside, middle, outputs[f"{at}.{second}"][0])
        mlp = f"{at}.mlp"
        network = layer.mlp
        if hasattr(network, "gate_up_proj"):
            gate, up = outputs[f"{mlp}.gate_up_proj"][0].chunk(2, -1)
            sites[put + "mlp.hook_pre"], sites[put + "mlp.hook_pre_linear"] = gate, up
        elif hasattr(network, "gate_proj"):
            sites[put + "mlp.hook_pre"] = outputs[f"{mlp}.gate_proj"][0]
            sites[put + "mlp.hook_pre_linear"] = outputs[f"{mlp}.up_proj"][0]
        else:
            sites[put + "mlp.hook_pre"] = outputs[f"{mlp}." + child(network, "c_fc", "dense_h_to_4h")][0]
        down = child(network, "down_proj", "c_proj", "dense_4h_to_h")
        sites[put + "mlp.hook_post"] = inputs[f"{mlp}.{down}"][0]
        post = "post_feedforward_layernorm" if gemma or config.model_type == "olmo2" else None
        sites[put + "hook_mlp_out"] = outputs[f"{at}.{post}" if post else mlp][0]
        sites[put + "hook_resid_post"] = outputs[at][0]
    final = f"{base}." + child(model.get_submodule(base), "norm", "ln_f", "final_layer_norm")
    sites["ln_final.hook_scale"], sites["ln_final.hook_normalized"] = normalized(
        model, final, inside, inputs[final][0], outputs[final][0])
    return answer.logits[0], sites


def intervened(model, tokens):
    """Logits after interventions done by hand with forward hooks."""
    _, path, layers = decoder(model)
    deep = min(1, len(layers) - 1)
    result = {}

    def run(name, change):
        recorder = Recorder(model)
        recorder.change = {name: change}
        logits = model(tokens).logits[0]
        recorder.close()
        return logits

    def zero_last(x):
        x = x.clone()
        x[:, -1] = 0
        return x

    config = model.config.get_text_config()
    direction = torch.linspace(-1, 1, config.hidden_size)
    post = config.model_type.startswith("gemma") or config.model_type == "olmo2"
    result["logits.zero_attn_out_last"] = run(
        f"{path}.{deep}." + ("post_attention_layernorm" if post else child(layers[deep], "self_attn", "attn", "attention")),
        zero_last)
    result["logits.steer_resid_post_0"] = run(f"{path}.0", lambda x: x + 2 * direction)
    return result


def main():
    for name in sys.argv[1:] or NAMES:
        model = load(name)
        tokens = text_of(name, load_file(ROOT / name / "reference.safetensors"))[None]
        with torch.no_grad():
            logits, sites = collect(model, tokens)
            sites.update(intervened(model, tokens))
        sites["logits"] = logits
        sites["tokens"] = tokens[0].int()
        path = ROOT / name / "sites.safetensors"
        save_file({k: v.detach().contiguous().clone() for k, v in sites.items()}, path)
        print(name, len(sites), "tensors", path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
