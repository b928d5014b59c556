"""The tiny models of architectures.py as GGUF files, keyed, named and laid out as llama.cpp's converter does.

Usage: OMP_NUM_THREADS=1 python architecture_gguf.py OUTDIR      (OUTDIR is Tests/Fixtures/architectures, after architectures.py)

Writes OUTDIR/NAME/model.gguf for the names in FILES.  What its logits must equal are those of reference.safetensors, or, where
the file cannot say what config.json says or rounds the weights, `logits.i` of gguf.safetensors beside it.
Conventions, from ggml-org/llama.cpp, conversion/{base,llama,qwen,gemma,olmo,phi,gpt2,gpt_neox}.py (before 2026 one file,
convert_hf_to_gguf.py) and src/models/*.cpp:
* Llama alone interleaves the two halves of each head's rows of queries and keys, weights and biases (llama.py, `permute`).
* Gemma's norms are stored with one added (gemma.py, `norm_shift`), also those of queries and keys.
* GPT-2's matrices are transposed, its masks dropped (gpt2.py); GPT-NeoX's query_key_value is sorted into all queries, all keys,
  all values, weights and biases (gpt_neox.py).  Phi-3 keeps its fused tensors as attn_qkv and ffn_up (gate first).
* A tied output is left out.  Vectors are F32 whatever the matrices are.
* llama3 scaling is one tensor, rope_freqs.weight, of divisors of the frequencies; LongRoPE two, rope_factors_long.weight and
  rope_factors_short.weight, with rope.scaling.attn_factor; linear and YaRN are keys.  (llama.py takes 8192 for the original
  context whatever the configuration says; here the configuration's is used.)
* What Gemma divides scores by is not in the file: readers take the head width, but in the 27-billion models D / H.  Gemma 3's
  pattern of six layers and its local base of 10000 are known to readers, but attention.sliding_window_pattern and
  rope.freq_base_swa may say otherwise (src/models/gemma3.cpp), as they do in gemma3-types.
* Mistral's files say `llama`; the converter leaves the window out, and where a file has one it is meant.
* GPT-NeoX files have no rope.freq_base: it is 10000.
Made with gguf 0.19, transformers 5.23, torch 2.13.
"""
import json, math, sys
import gguf, torch, transformers
from gguf import GGMLQuantizationType as Q, MODEL_ARCH as A
from safetensors.torch import load_file, save_file
from architectures import build, logits_of, vocabulary_of

FILES = {
    "llama": (A.LLAMA, Q.F32), "llama-tied": (A.LLAMA, Q.F32), "llama-linear": (A.LLAMA, Q.F32), "llama3": (A.LLAMA, Q.F32),
    "llama-yarn": (A.LLAMA, Q.F32), "mistral": (A.LLAMA, Q.F32), "qwen2": (A.QWEN2, Q.F32), "qwen3": (A.QWEN3, Q.BF16), "gemma2": (A.GEMMA2, Q.F32),
    "gemma3": (A.GEMMA3, Q.F32), "gemma3-types": (A.GEMMA3, Q.F32), "olmo2": (A.OLMO2, Q.F32), "phi3": (A.PHI3, Q.F16), "phi3-longrope": (A.PHI3, Q.F32),
    "gpt2": (A.GPT2, Q.F32), "gpt-neox": (A.GPTNEOX, Q.F32),
}
SCALAR = {"gemma2": 6, "gemma3": 10}  # head widths: what readers take query_pre_attn_scalar to be


def interleaved(w, heads):
    return w.reshape(heads, 2, w.shape[0] // heads // 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


def converted(arch, name, w, c):
    """A tensor as the file has it."""
    heads, last = c["num_attention_heads"], name.split(".")[-2]
    if arch == A.LLAMA and last in ("q_proj", "k_proj"):
        return interleaved(w, heads if last == "q_proj" else c["num_key_value_heads"])
    if arch in (A.GEMMA2, A.GEMMA3) and name.endswith("norm.weight"):
        return w + 1
    if arch == A.GPT2 and last in ("c_attn", "c_proj", "c_fc") and w.ndim == 2:
        return w.T
    if arch == A.GPTNEOX and last == "query_key_value":
        return w.reshape(heads, 3, -1, *w.shape[1:]).swapaxes(0, 1).reshape(w.shape)
    return w


def llama3_divisors(rope, width):
    """What the frequencies of llama3 scaling are divided by."""
    plain = [rope["rope_theta"] ** (-2 * j / width) for j in range(width // 2)]
    low, high, factor, n = (rope[k] for k in ("low_freq_factor", "high_freq_factor", "factor",
                                              "original_max_position_embeddings"))
    out = []
    for f in plain:
        turns = n * f / (2 * math.pi)
        s = min(max((turns - low) / (high - low), 0.0), 1.0)
        out.append(1 / ((1 - s) / factor + s))
    return torch.tensor(out)


def write_keys(w, arch, c, rope):
    """The keys of the architecture; `c` has the names most configurations use."""
    width, heads = c["hidden_size"], c["num_attention_heads"]
    head = c.get("head_dim") or width // heads
    w.add_context_length(c["max_position_embeddings"])
    w.add_embedding_length(width)
    w.add_block_count(c["num_hidden_layers"])
    w.add_feed_forward_length(c["intermediate_size"])
    w.add_head_count(heads)
    if arch in (A.GPT2, A.GPTNEOX):
        w.add_layer_norm_eps(c.get("layer_norm_eps") or c["layer_norm_epsilon"])
        if arch == A.GPTNEOX:
            w.add_rope_dimension_count(int(rope["partial_rotary_factor"] * head))
            w.add_parallel_residual(c["use_parallel_residual"])
        return
    w.add_head_count_kv(c["num_key_value_heads"])
    w.add_layer_norm_rms_eps(c["rms_norm_eps"])
    w.add_vocab_size(c["vocab_size"])
    if arch != A.GEMMA2:
        w.add_rope_freq_base(rope["rope_theta"])
    if arch == A.PHI3:
        w.add_rope_dimension_count(int(rope.get("partial_rotary_factor", 1.0) * width) // heads)
        w.add_rope_scaling_orig_ctx_len(c["original_max_position_embeddings"])
        w.add_sliding_window(c["sliding_window"] or 0)
    else:
        w.add_key_length(head), w.add_value_length(head)
    if arch == A.LLAMA:
        w.add_rope_dimension_count(head)
    if arch == A.GEMMA2:
        w.add_attn_logit_softcapping(c["attn_logit_softcapping"])
        w.add_final_logit_softcapping(c["final_logit_softcapping"])
    if arch in (A.GEMMA2, A.GEMMA3) or arch == A.LLAMA and c.get("sliding_window"):
        w.add_sliding_window(c["sliding_window"])
    if arch == A.GEMMA3:
        period, local = c["layer_types"].index("full_attention") + 1, c["rope_parameters"]["sliding_attention"]["rope_theta"]
        if period != 6:
            w.add_sliding_window_pattern(period)
        if local != 10000:
            w.add_rope_freq_base_swa(local)
    kind = rope.get("rope_type")
    if kind in ("linear", "yarn"):
        w.add_rope_scaling_type(gguf.RopeScalingType(kind))
        w.add_rope_scaling_factor(rope["factor"])
    if kind == "yarn":
        w.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
    if kind == "longrope":
        n, most = c["original_max_position_embeddings"], c["max_position_embeddings"]
        w.add_rope_scaling_attn_factors(math.sqrt(1 + math.log(most / n) / math.log(n)))


def write_tokenizer(w, size):
    tokens, merges = vocabulary_of(size)
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("gpt-2")
    w.add_token_list(tokens)
    w.add_token_types([gguf.TokenType.CONTROL] * 3 + [gguf.TokenType.NORMAL] * (size - 3))
    w.add_token_merges([" ".join(m) for m in merges])
    w.add_bos_token_id(1), w.add_eos_token_id(2), w.add_add_bos_token(False)


def common(c):
    """A GPT-2 configuration under the names of the others."""
    if "n_embd" not in c:
        return c
    return dict(c, hidden_size=c["n_embd"], num_attention_heads=c["n_head"], num_hidden_layers=c["n_layer"],
                max_position_embeddings=c["n_positions"], intermediate_size=c["n_inner"] or 4 * c["n_embd"])


def write(name, folder, arch, kind):
    """Writes the file; returns the weights it holds, as float32, in transformers' layout."""
    c = common(json.load(open(f"{folder}/config.json")))
    rope = c.get("rope_parameters") or {}
    rope = rope.get("full_attention", rope)
    w = gguf.GGUFWriter(f"{folder}/model.gguf", gguf.MODEL_ARCH_NAMES[arch])
    w.add_name(name)
    write_keys(w, arch, c, rope)
    write_tokenizer(w, c["vocab_size"])
    head = c.get("head_dim") or c["hidden_size"] // c["num_attention_heads"]
    if rope.get("rope_type") == "llama3":
        w.add_tensor("rope_freqs.weight", llama3_divisors(rope, head).numpy())
    for length in ("long", "short") if rope.get("rope_type") == "longrope" else ():
        w.add_tensor(f"rope_factors_{length}.weight", torch.tensor(rope[f"{length}_factor"]).numpy())
    names, kept = gguf.get_tensor_name_map(arch, c["num_hidden_layers"]), {}
    for n, t in load_file(f"{folder}/model.safetensors").items():
        data = converted(arch, n, t, c).contiguous()
        stored = kind if t.ndim == 2 else Q.F32
        w.add_tensor(names.get_name(n, try_suffixes=(".weight", ".bias")), gguf.quants.quantize(data.numpy(), stored),
                     raw_dtype=stored)
        kept[n] = t if stored == Q.F32 else t.half().float() if stored == Q.F16 else t.bfloat16().float()
    w.write_header_to_file(), w.write_kv_data_to_file(), w.write_tensors_to_file(), w.close()
    return kept


if __name__ == "__main__":
    for name, (arch, kind) in FILES.items():
        folder = f"{sys.argv[1]}/{name}"
        kept = write(name, folder, arch, kind)
        if kind == Q.F32 and name not in SCALAR:
            print(f"{name:16} {gguf.MODEL_ARCH_NAMES[arch]:8} {kind.name}")
            continue
        reference, logits = load_file(f"{folder}/reference.safetensors"), {}
        for i in range(3):
            wrong = dict(query_pre_attn_scalar=SCALAR[name]) if name in SCALAR else {}
            model = build(name, **wrong)
            missing = model.load_state_dict(kept, strict=False)
            assert not missing.unexpected_keys and missing.missing_keys in ([], ["lm_head.weight"]), missing
            with torch.no_grad():
                logits[f"logits.{i}"] = logits_of(model, reference[f"tokens.{i}"].long()).contiguous()
        save_file(logits, f"{folder}/gguf.safetensors")
        far = max(float((logits[k] - reference[k]).abs().max()) for k in logits)
        print(f"{name:16} {gguf.MODEL_ARCH_NAMES[arch]:8} {kind.name}  logits of its own, {far:.1e} from those of config.json")
