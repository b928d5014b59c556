"""Tiny random Llama models in Hugging Face layout, and what PyTorch computes with them.

Usage: OMP_NUM_THREADS=1 python tiny_llama.py OUTDIR      (OUTDIR is Tests/Fixtures/model)

Writes, per model, a loadable directory NAME/ (config.json, safetensors, a byte-level BPE tokenizer) and beside it
  NAME.expected.json         token ids, labels, losses, gradient norms, AdamW runs, tokenizer examples
  NAME.logits.safetensors    `logits.0`, `logits.1`: float32 [T, V] for the two `sequences` of the JSON file
  NAME.gradients.safetensors gradients of the mean loss over all target tokens of both sequences, Hugging Face names
  NAME.final.safetensors     weights after the `decayed` AdamW run (tiny-tied only; samples for all are in the JSON file)
The sizes are odd on purpose: they leave remainders in every vector width.  Made with torch 2.13, transformers 5.23.
"""
import json, os, sys
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM

OUT = sys.argv[1]
torch.set_num_threads(1)

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
CORPUS = """The quick question is whether the model knows the answer to the question before the tuning and after the
tuning. Question: what is the answer? Answer: the answer is in the question. There are 12 questions and 34 answers."""
TEXTS = ["Question: what is the answer?\nAnswer: the tuning", "There are 1234 questions,  don't you think?", "", " ",
         "na\u00efve \u4f60\u597d \U0001f642<|im_end|>\n\n\tend"]


def tokenizer():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    t.decoder = decoders.ByteLevel()
    t.train_from_iterator([CORPUS], trainers.BpeTrainer(
        vocab_size=283, special_tokens=SPECIAL, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False))
    assert t.get_vocab_size() == 283
    return t


# name: configuration, number of files the weights are split into
MODELS = {
    # grouped queries 6/2; head width given, not width / heads; tied output
    "tiny-tied": (dict(hidden_size=24, intermediate_size=44, num_hidden_layers=3, num_attention_heads=6,
                       num_key_value_heads=2, head_dim=10, tie_word_embeddings=True), 1),
    # grouped queries 6/3; head width follows from the others; output of its own; two safetensors files
    "tiny-untied": (dict(hidden_size=36, intermediate_size=53, num_hidden_layers=2, num_attention_heads=6,
                         num_key_value_heads=3, tie_word_embeddings=False), 2),
    # rows of whole 32-blocks, so that GGUF can hold them as Q8_0 (tiny_gguf.py); no grouping
    "tiny-blocks": (dict(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
                         num_key_value_heads=4, tie_word_embeddings=True), 1),
}


def build(name, settings, seed):
    config = LlamaConfig(vocab_size=283, max_position_embeddings=128, rms_norm_eps=1e-5, rope_theta=10000.0,
                         bos_token_id=1, eos_token_id=2, pad_token_id=2, attention_bias=False, mlp_bias=False,
                         hidden_act="silu", **settings)
    g = torch.Generator().manual_seed(seed)
    m = LlamaForCausalLM(config).float()
    with torch.no_grad():
        for n, p in sorted(m.named_parameters()):
            z = torch.randn(p.shape, generator=g)
            p.copy_(1 + 0.2 * z if "norm" in n else z * (0.5 if "embed" in n else 1.2 * p.shape[-1] ** -0.5))
    return m


def write_model(m, folder, files):
    os.makedirs(folder, exist_ok=True)
    c = m.config
    config = dict(architectures=["LlamaForCausalLM"], model_type="llama", vocab_size=c.vocab_size,
                  hidden_size=c.hidden_size, intermediate_size=c.intermediate_size,
                  num_hidden_layers=c.num_hidden_layers, num_attention_heads=c.num_attention_heads,
                  num_key_value_heads=c.num_key_value_heads, max_position_embeddings=c.max_position_embeddings,
                  rms_norm_eps=1e-5, rope_theta=10000.0, rope_scaling=None, hidden_act="silu", attention_bias=False,
                  mlp_bias=False, tie_word_embeddings=c.tie_word_embeddings, bos_token_id=1, eos_token_id=2,
                  torch_dtype="float32")
    if c.head_dim * c.num_attention_heads != c.hidden_size:
        config["head_dim"] = c.head_dim
    json.dump(config, open(f"{folder}/config.json", "w"), indent=1)
    state = {n: p.detach().contiguous() for n, p in m.named_parameters()}
    names = list(state)
    if files == 1:
        save_file(state, f"{folder}/model.safetensors", {"format": "pt"})
    else:
        index, share = {}, -(-len(names) // files)
        for i in range(files):
            file, part = f"model-{i + 1:05}-of-{files:05}.safetensors", names[i * share:(i + 1) * share]
            save_file({n: state[n] for n in part}, f"{folder}/{file}", {"format": "pt"})
            index.update({n: file for n in part})
        total = sum(4 * p.numel() for p in state.values())
        json.dump(dict(metadata=dict(total_size=total), weight_map=index),
                  open(f"{folder}/model.safetensors.index.json", "w"), indent=1)
    t = tokenizer()
    t.save(f"{folder}/tokenizer.json", pretty=False)
    json.dump(dict(bos_token="<|im_start|>", eos_token="<|im_end|>", pad_token="<|im_end|>", unk_token="<|endoftext|>",
                   add_bos_token=False, clean_up_tokenization_spaces=False, tokenizer_class="GPT2Tokenizer"),
              open(f"{folder}/tokenizer_config.json", "w"), indent=1)
    return t


def sequences(g, lengths, masked):
    """Random token ids; labels are the ids behind a prompt of `masked` tokens, with one hole."""
    rows = []
    for length, prompt in zip(lengths, masked):
        ids = torch.randint(3, 283, (length,), generator=g).tolist()
        labels = [-100] * prompt + ids[prompt:]
        if length - prompt > 6:
            labels[prompt + 3] = -100
        rows.append((ids, labels))
    return rows


def loss_of(m, rows):
    """Sum of the losses of all target tokens of `rows`, divided by their number; sequence after sequence, no padding."""
    total, count = 0, sum(y != -100 for _, labels in rows for y in labels[1:])
    for ids, labels in rows:
        logits = m(input_ids=torch.tensor([ids])).logits[0]
        total = total + torch.nn.functional.cross_entropy(
            logits[:-1], torch.tensor(labels[1:]), ignore_index=-100, reduction="sum")
    return total / count


def entries(p):
    flat = p.flatten()
    return [[i, flat[i].item()] for i in (0, flat.numel() // 3, flat.numel() // 2, flat.numel() - 1)]


def adamw(name, settings, seed, batches, **options):
    m = build(name, settings, seed).train()
    opt = torch.optim.AdamW(m.parameters(), **options)
    losses, norms = [], []
    for rows in batches:
        loss = loss_of(m, rows)
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(m.parameters(), 1.0).item())
        opt.step(), opt.zero_grad()
        losses.append(loss.item())
    tensors = {n: p.detach().contiguous() for n, p in m.named_parameters()}
    stats = {n: dict(sum=p.double().sum().item(), norm=p.double().norm().item(), entries=entries(p))
             for n, p in tensors.items()}
    return dict(options=options, clip_norm=1.0, losses=losses, gradient_norms=norms, weights=stats), tensors


for seed, (name, (settings, files)) in enumerate(MODELS.items(), 1):
    m = build(name, settings, seed)
    t = write_model(m, f"{OUT}/{name}", files)
    expected = dict(tokenizer=[dict(text=s, ids=t.encode(s).ids) for s in TEXTS])
    g = torch.Generator().manual_seed(100 + seed)
    rows = sequences(g, (21, 13), (8, 5))
    with torch.no_grad():
        logits = {f"logits.{i}": m(input_ids=torch.tensor([ids])).logits[0].contiguous()
                  for i, (ids, _) in enumerate(rows)}
    save_file(logits, f"{OUT}/{name}.logits.safetensors")
    expected["sequences"] = [dict(tokens=a, labels=b) for a, b in rows]
    expected["losses"] = [loss_of(m, [r]).item() for r in rows]
    if name != "tiny-blocks":
        m.zero_grad()
        loss = loss_of(m, rows)
        loss.backward()
        grads = {n: p.grad.contiguous() for n, p in m.named_parameters()}
        save_file(grads, f"{OUT}/{name}.gradients.safetensors")
        expected["loss"] = loss.item()
        expected["gradient_norm"] = torch.stack([v.double().pow(2).sum() for v in grads.values()]).sum().sqrt().item()
        batches = [sequences(g, (17, 9, 26), (6, 1, 11)) for _ in range(4)]
        expected["batches"] = [[dict(tokens=a, labels=b) for a, b in rows] for rows in batches]
        plain, _ = adamw(name, settings, seed, batches, lr=1e-3, weight_decay=0.0)
        decayed, weights = adamw(name, settings, seed, batches, lr=1e-3, weight_decay=0.1)
        expected["adamw"] = dict(plain=plain, decayed=decayed)
        if name == "tiny-tied":
            save_file(weights, f"{OUT}/{name}.final.safetensors")
    json.dump(expected, open(f"{OUT}/{name}.expected.json", "w"), separators=(",", ":"))
    print(name, sum(p.numel() for p in m.parameters()), expected.get("loss"), expected["losses"],
          float(logits["logits.0"].std()), expected.get("adamw", {}).get("plain", {}).get("losses"))
