"""The model tiny-blocks as GGUF files: float32, float16 and Q8_0, rows of queries and keys as llama.cpp orders them.

Usage: OMP_NUM_THREADS=1 python tiny_gguf.py OUTDIR      (OUTDIR is Tests/Fixtures/model, after tiny_llama.py)

Writes tiny-blocks.{f32,f16,q8_0}.gguf, and for the lossy two what transformers computes on the dequantised weights:
tiny-blocks.{f16,q8_0}.logits.safetensors, `logits.0` and `logits.1` as in tiny_llama.py.  Made with gguf 0.19.
"""
import json, sys
import gguf, torch
from gguf import GGMLQuantizationType as Q
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

OUT = sys.argv[1]
SOURCE = f"{OUT}/tiny-blocks"
torch.set_num_threads(1)
config = json.load(open(f"{SOURCE}/config.json"))
weights = {n: t.numpy() for n, t in load_file(f"{SOURCE}/model.safetensors").items()}
spec = json.load(open(f"{SOURCE}/tokenizer.json"))
names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config["num_hidden_layers"])


def permuted(w, heads):
    """Hugging Face keeps the two halves of a head's rotary pairs apart; llama.cpp interleaves them."""
    return w.reshape(heads, 2, w.shape[0] // heads // 2, -1).swapaxes(1, 2).reshape(w.shape)


def restored(w, heads):
    return w.reshape(heads, w.shape[0] // heads // 2, 2, -1).swapaxes(1, 2).reshape(w.shape)


def heads_of(name):
    return {"q_proj": config["num_attention_heads"], "k_proj": config["num_key_value_heads"]}.get(name.split(".")[-2])


def write(path, matrix_type):
    w = gguf.GGUFWriter(path, "llama")
    w.add_name("tiny-blocks")
    w.add_vocab_size(config["vocab_size"])
    w.add_context_length(config["max_position_embeddings"])
    w.add_embedding_length(config["hidden_size"])
    w.add_block_count(config["num_hidden_layers"])
    w.add_feed_forward_length(config["intermediate_size"])
    w.add_head_count(config["num_attention_heads"])
    w.add_head_count_kv(config["num_key_value_heads"])
    w.add_rope_dimension_count(config["hidden_size"] // config["num_attention_heads"])
    w.add_rope_freq_base(config["rope_theta"])
    w.add_layer_norm_rms_eps(config["rms_norm_eps"])
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("smollm")
    vocabulary = sorted(spec["model"]["vocab"], key=spec["model"]["vocab"].get)
    special = {t["content"] for t in spec["added_tokens"] if t["special"]}
    w.add_token_list(vocabulary)
    w.add_token_types([gguf.TokenType.CONTROL if t in special else gguf.TokenType.NORMAL for t in vocabulary])
    w.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in spec["model"]["merges"]])
    w.add_bos_token_id(1), w.add_eos_token_id(2), w.add_unk_token_id(0), w.add_pad_token_id(2)
    w.add_add_bos_token(False), w.add_add_space_prefix(False)
    decoded = {}
    for name, t in weights.items():
        heads = heads_of(name) if t.ndim == 2 else None
        data = permuted(t, heads) if heads else t
        kind = matrix_type if t.ndim == 2 else Q.F32
        packed = gguf.quants.quantize(data, kind)
        w.add_tensor(names.get_name(name, try_suffixes=(".weight",)), packed, raw_dtype=kind)
        back = gguf.quants.dequantize(packed, kind)
        decoded[name] = torch.tensor(restored(back, heads) if heads else back)
    w.write_header_to_file(), w.write_kv_data_to_file(), w.write_tensors_to_file(), w.close()
    return decoded


model = AutoModelForCausalLM.from_pretrained(SOURCE, dtype=torch.float32).eval()
rows = json.load(open(f"{SOURCE}.expected.json"))["sequences"]
for suffix, kind in (("f32", Q.F32), ("f16", Q.F16), ("q8_0", Q.Q8_0)):
    state = write(f"{SOURCE}.{suffix}.gguf", kind)
    missing = model.load_state_dict(state, strict=False)
    assert not missing.unexpected_keys and missing.missing_keys in ([], ["lm_head.weight"]), missing
    with torch.no_grad():
        logits = {f"logits.{i}": model(input_ids=torch.tensor([r["tokens"]])).logits[0].contiguous()
                  for i, r in enumerate(rows)}
    exact = load_file(f"{SOURCE}.logits.safetensors")
    print(suffix, max(float((logits[k] - exact[k]).abs().max()) for k in logits))
    if kind != Q.F32:
        save_file(logits, f"{SOURCE}.{suffix}.logits.safetensors")
