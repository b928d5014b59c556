#!/usr/bin/env python3
"""What transformers shows at every site of the tiny models: Tests/Fixtures/architectures/<name>/sites.safetensors.

For one short text per model, each activation under its TransformerLens name, taken with forward hooks on the modules and
computed from their inputs where no module has it (norm scales, scores, patterns, what each head writes). Besides, the logits
after interventions done by hand. Needs torch and transformers (made with torch 2.13, transformers 5.23).

usage: sites.py [architecture...]
"""
import pathlib
import sys

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

ROOT = pathlib.Path(__file__).resolve().parent.parent / "architectures"
NAMES = sorted(path.parent.name for path in ROOT.glob("*/reference.safetensors"))


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


def layers_of(model):
    for path in ("model.layers", "model.language_model.layers", "transformer.h", "gpt_neox.layers"):
        try:
            return path, model.get_submodule(path)
        except AttributeError:
            continue
    raise SystemExit("no layers")


def child(module, *names):
    for name in names:
        if hasattr(module, name):
            return name
    return None


def norm_sites(norm, x, layer_norm):
    """TransformerLens' hook_scale and hook_normalized of a norm."""
    eps = getattr(norm, "variance_epsilon", None) or getattr(norm, "eps", None)
    if layer_norm:
        x = x - x.mean(-1, keepdim=True)
    scale = (x.pow(2).mean(-1, keepdim=True) + eps).sqrt()
    return scale[0, :, 0], (x / scale)[0]


def rotate_half(x):
    half = x.shape[-1] // 2
    return torch.cat((-x[..., half:], x[..., :half]), -1)


def text_config(model):
    """The configuration of the text model, which may stand inside that of a larger one."""
    return getattr(model.config, "text_config", model.config)


def collect(model, tokens):
    config = text_config(model)
    path, layers = layers_of(model)
    recorder = Recorder(model)

    # Rotated queries and keys exist only between modules: take cosines and sines from the rotary module.
    logits = model(tokens).logits[0]
    recorder.close()
    inputs, outputs = recorder.inputs, recorder.outputs
    sites = {}
    base = path.rsplit(".", 1)[0]
    embed = child(model.get_submodule(base), "embed_tokens", "wte", "embed_in")
    sites["hook_embed"] = outputs[f"{base}.{embed}"][0]
    if base == "transformer":
        sites["hook_pos_embed"] = outputs["transformer.wpe"].reshape(tokens.shape[1], -1)
    heads = config.num_attention_heads
    kv = getattr(config, "num_key_value_heads", None) or heads
    width = getattr(config, "head_dim", None) or config.hidden_size // heads
    layer_norm = base in ("transformer", "gpt_neox")
    rows = tokens.shape[1]
    for i, layer in enumerate(layers):
        at, put = f"{path}.{i}", f"blocks.{i}."
        attention = f"{at}." + child(layer, "self_attn", "attn", "attention")
        module = model.get_submodule(attention)
        x = inputs[at][0]
        sites[put + "hook_resid_pre"] = x
        first = child(layer, "input_layernorm", "ln_1")
        if first:
            scale, normed = norm_sites(getattr(layer, first), x[None], layer_norm)
            sites[put + "ln1.hook_scale"], sites[put + "ln1.hook_normalized"] = scale, normed
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
        if hasattr(module, "q_norm"):
            q, k = (outputs[f"{attention}.{n}_norm"] for n in "qk")
            q = _rows(q, rows, heads, width)
            k = _rows(k, rows, kv, width)
        rotary = rotary_of(model, base, config, i, tokens)
        if rotary is not None:
            cos, sin = rotary
            turned = cos.shape[-1]

            def turn(t):
                part, rest = t[..., :turned], t[..., turned:]
                return torch.cat((part * cos[:, None] + rotate_half(part) * sin[:, None], rest), -1)

            q, k = turn(q), turn(k)
            sites[put + "attn.hook_rot_q"], sites[put + "attn.hook_rot_k"] = q, k
        factor = getattr(module, "scaling", None) or width ** -0.5
        repeated = k.repeat_interleave(heads // kv, 1)
        scores = torch.einsum("thd,shd->ths", q, repeated) * factor
        cap = getattr(config, "attn_logit_softcapping", None)
        if cap:
            scores = cap * torch.tanh(scores / cap)
        position = torch.arange(rows)
        visible = position[None] <= position[:, None]
        window = getattr(module, "sliding_window", None) or (
            config.sliding_window if base == "model" and config.model_type in ("mistral", "phi3") else None)
        if window:
            visible &= position[None] > position[:, None] - window
        scores = scores.masked_fill(~visible[:, None], float("-inf"))
        pattern = scores.softmax(-1)
        sites[put + "attn.hook_attn_scores"] = scores
        sites[put + "attn.hook_pattern"] = pattern
        out = child(module, "o_proj", "c_proj", "dense")
        z = inputs[f"{attention}.{out}"][0].reshape(rows, heads, width)
        torch.testing.assert_close(
            torch.einsum("ths,shd->thd", pattern, v.repeat_interleave(heads // kv, 1)), z, rtol=1e-4, atol=1e-5)
        sites[put + "attn.hook_z"] = z
        weight = getattr(module, out).weight
        weight = weight.t() if out == "c_proj" else weight
        sites[put + "attn.hook_result"] = torch.einsum(
            "thd,ohd->tho", z, weight.reshape(weight.shape[0], heads, width))
        gemma = config.model_type.startswith("gemma")
        post = "post_attention_layernorm" if gemma or config.model_type == "olmo2" else None
        attention_out = outputs[f"{at}.{post}" if post else attention][0]
        sites[put + "hook_attn_out"] = attention_out
        parallel = getattr(config, "use_parallel_residual", False)
        middle = x if parallel else x + attention_out
        if not parallel:
            sites[put + "hook_resid_mid"] = middle
        second = "pre_feedforward_layernorm" if gemma else (
            None if config.model_type == "olmo2" else child(layer, "post_attention_layernorm", "ln_2"))
        if second:
            scale, normed = norm_sites(getattr(layer, second), middle[None], layer_norm)
            sites[put + "ln2.hook_scale"], sites[put + "ln2.hook_normalized"] = scale, normed
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
    final = child(model.get_submodule(base), "norm", "ln_f", "final_layer_norm")
    norm = model.get_submodule(f"{base}.{final}")
    scale, normed = norm_sites(norm, outputs[f"{path}.{len(layers) - 1}"], layer_norm)
    sites["ln_final.hook_scale"], sites["ln_final.hook_normalized"] = scale, normed
    return logits, sites


def _rows(x, rows, heads, width):
    """[T, heads, width] whichever way round a query or key norm gives it."""
    x = x.squeeze(0)
    if x.dim() == 2:
        return x.reshape(rows, heads, width)
    return x if x.shape[0] == rows else x.transpose(0, 1)


def rotary_of(model, base, config, layer, tokens):
    body = model.get_submodule(base)
    if not hasattr(body, "rotary_emb"):
        return None
    position = torch.arange(tokens.shape[1])[None]
    x = torch.zeros(1, tokens.shape[1], config.hidden_size)
    types = getattr(config, "layer_types", None)
    if config.model_type == "gemma3_text":
        cos, sin = body.rotary_emb(x, position, types[layer])
    else:
        cos, sin = body.rotary_emb(x, position)
    return cos[0], sin[0]


def intervened(model, tokens):
    """Logits after interventions done by hand with forward hooks."""
    path, layers = layers_of(model)
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

    config = text_config(model)
    direction = torch.linspace(-1, 1, config.hidden_size)
    one = min(1, len(layers) - 1)  # the second block, where there is one
    result["logits.zero_attn_out_1_last"] = run(
        f"{path}.{one}." + (child(layers[one], "post_attention_layernorm")
                            if config.model_type.startswith("gemma") or config.model_type == "olmo2"
                            else child(layers[one], "self_attn", "attn", "attention")), zero_last)
    result["logits.steer_resid_post_0"] = run(f"{path}.0", lambda x: x + 2 * direction)
    return result


def main():
    for name in sys.argv[1:] or NAMES:
        folder = ROOT / name
        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager").eval()
        reference = load_file(folder / "reference.safetensors")
        tokens = reference["tokens.1"].long()[None, :12]
        with torch.no_grad():
            logits, sites = collect(model, tokens)
            sites.update(intervened(model, tokens))
        sites["logits"] = logits
        sites["tokens"] = tokens[0].int()
        save_file({k: v.detach().contiguous().clone() for k, v in sites.items()}, folder / "sites.safetensors")
        print(name, len(sites), "tensors", (folder / "sites.safetensors").stat().st_size, "bytes")


if __name__ == "__main__":
    main()
