"""Tiny random models of every architecture, and what PyTorch computes with them (float32, eager attention, CPU).

Usage: OMP_NUM_THREADS=1 python architectures.py OUTDIR [NAME …]     (OUTDIR is Tests/Fixtures/architectures)

Writes, per entry of architecture_variants.py, a folder OUTDIR/NAME with
  config.json              as transformers writes it; config.v4.json: the same in the older spelling, where there is one
  model.safetensors        as save_pretrained writes it
  tokenizer.json           a byte-level tokenizer of as many tokens as the model has, so that the folder is a whole model
  reference.safetensors    `tokens.i`, `labels.i` (-100: no target) int32 [T] and `logits.i` float32 [T, V] of each sequence;
                           `loss` [1]: summed over all targets of all sequences, divided by their number; `grad.<name>`: its
                           gradients, shaped as PyTorch does, named as the file; `decode.i`: logits token by token, where they differ
Weights are drawn so that logits vary, and norms and biases are far from one and zero: what is forgotten shows.
Made with torch 2.13, transformers 5.23, safetensors 0.8.
"""
import copy, json, os, shutil, sys, tempfile, zlib
import torch, transformers
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from architecture_variants import VARIANTS

torch.set_num_threads(1)


def vocabulary_of(size):
    """Tokens: three special ones, the first bytes of the byte-level alphabet, and what one merge makes."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    return ["<|pad|>", "<|bos|>", "<|eos|>", *alphabet[: size - 4], alphabet[0] * 2], [(alphabet[0], alphabet[0])]


def write_tokenizer(folder, size):
    tokens, merges = vocabulary_of(size)
    t = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=merges))
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    t.add_special_tokens(tokens[:3])
    t.save(f"{folder}/tokenizer.json", pretty=False)


def build(name, **wrong):
    """The model of a variant with its weights drawn, fresh (rotary modules remember what they saw)."""
    family, settings, options = VARIANTS[name]
    config = getattr(transformers, f"{family}Config")(**copy.deepcopy(dict(settings, **wrong)))
    suffix = {"GPT2": "LMHeadModel", "Gemma3": "ForConditionalGeneration"}.get(family, "ForCausalLM")
    torch.manual_seed(0)
    kind = getattr(transformers, family.replace("Text", "") + suffix)
    model = kind._from_config(config, attn_implementation="eager", dtype=torch.float32)
    g = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    gemma = family.startswith("Gemma")
    with torch.no_grad():
        for n, p in sorted(model.named_parameters()):
            z = torch.randn(p.shape, generator=g)
            if n.endswith("bias"):
                p.copy_(0.3 * z)
            elif p.ndim == 1:
                p.copy_(0.2 * z + (0 if gemma else 1))
            elif "embed" in n or "wte" in n or "wpe" in n:
                p.copy_(0.5 * z)
            else:  # Conv1D keeps its inputs first
                inputs = p.shape[0] if family == "GPT2" and "lm_head" not in n else p.shape[1]
                p.copy_(1.2 * inputs**-0.5 * z)
    return model.eval()


def sequences(name, vocabulary, lengths):
    """Random tokens; labels are the tokens behind a prompt, with a hole."""
    g = torch.Generator().manual_seed(zlib.crc32(name.encode()) + 1)
    rows = []
    for length in lengths:
        ids = torch.randint(0, vocabulary, (length,), generator=g)
        labels = ids.clone()
        labels[: length // 4] = -100
        labels[length // 2] = -100
        rows.append((ids, labels))
    return rows


def logits_of(model, ids):
    return model(input_ids=ids[None], use_cache=False).logits[0]


def step_by_step(model, ids):
    """Logits with transformers' cache, one token at a time."""
    cache, rows = transformers.DynamicCache(config=model.config), []
    for i in range(len(ids)):
        out = model(input_ids=ids[None, i : i + 1], past_key_values=cache, use_cache=True,
                    position_ids=torch.tensor([[i]]))
        rows.append(out.logits[0, -1])
    return torch.stack(rows)


def write_config(model, folder, options):
    path = f"{folder}/config.json"
    config = json.load(open(path))
    config.pop("transformers_version", None)
    json.dump(config, open(path, "w"), indent=1, sort_keys=True)
    if options["v4"] is None:
        return
    old = {k: v for k, v in config.items() if k not in ("rope_parameters", "dtype", *options["before"])}
    old.update(options["v4"], torch_dtype="float32")
    with tempfile.TemporaryDirectory() as other:  # transformers must read it as the same model
        shutil.copy(f"{folder}/model.safetensors", other)
        json.dump(old, open(f"{other}/config.json", "w"))
        again = type(model).from_pretrained(other, attn_implementation="eager", dtype=torch.float32).eval()
        ids = torch.arange(20) % config["vocab_size"]
        assert torch.equal(logits_of(again, ids), logits_of(type(model).from_pretrained(
            folder, attn_implementation="eager", dtype=torch.float32).eval(), ids)), folder
    json.dump(old, open(f"{folder}/config.v4.json", "w"), indent=1, sort_keys=True)


def write_weights(model, folder, options):
    with tempfile.TemporaryDirectory() as saved:
        model.save_pretrained(saved)
        for file in ("config.json", "model.safetensors"):
            shutil.copy(f"{saved}/{file}", folder)
    if options.get("bare"):
        state = load_file(f"{folder}/model.safetensors")
        n = model.config.n_positions
        state = {k.removeprefix("transformer."): v for k, v in state.items()}
        mask = torch.tril(torch.ones(n, n)).view(1, 1, n, n)
        state.update({f"h.{i}.attn.bias": mask.clone() for i in range(model.config.n_layer)})
        save_file(state, f"{folder}/model.safetensors", {"format": "pt"})


def file_name(family, name):
    """What files of text models call a parameter; transformers renames some when it loads them."""
    if family == "GPTNeoX" and name == "lm_head.weight":
        return "embed_out.weight"
    return name.replace("model.language_model.", "model.")


def check_wrong(name, ids, logits):
    """How far the nearest wrong reading of the configuration is; too near would prove nothing."""
    far = []
    for wrong in VARIANTS[name][2]["wrong"]:
        with torch.no_grad():
            other = logits_of(build(name, **wrong), ids)
        far.append(float((other - logits).abs().max() / (logits.max() - logits.min())))
    assert not far or min(far) > 5e-3, (name, far)
    return f"wrong >= {min(far):.1e}" if far else ""


def make(name, out):
    folder, options = f"{out}/{name}", VARIANTS[name][2]
    os.makedirs(folder, exist_ok=True)
    model = build(name)
    write_weights(model, folder, options)
    write_config(model, folder, options)
    text = model.config.get_text_config()
    write_tokenizer(folder, text.vocab_size)
    rows = sequences(name, options.get("vocabulary", text.vocab_size), options.get("lengths", (5, 23, 41)))
    count = sum(int((labels[1:] != -100).sum()) for _, labels in rows)
    kept, loss = {}, 0.0
    grads = {n: torch.zeros_like(p) for n, p in model.named_parameters()}
    for i, (ids, labels) in enumerate(rows):
        fresh = build(name)
        logits = logits_of(fresh, ids)
        part = torch.nn.functional.cross_entropy(logits[:-1], labels[1:], ignore_index=-100, reduction="sum") / count
        part.backward()
        loss += part.item()
        for n, p in fresh.named_parameters():
            if p.grad is not None:  # what only images reach has none
                grads[n] += p.grad
        kept[f"tokens.{i}"], kept[f"labels.{i}"] = ids.int(), labels.int()
        kept[f"logits.{i}"] = logits.detach().contiguous()
        with torch.no_grad():
            steps = step_by_step(build(name), ids)
        far = float((steps - kept[f"logits.{i}"]).abs().max() / (steps.max() - steps.min()))
        if options.get("decode"):
            kept[f"decode.{i}"] = steps.contiguous()
        else:
            assert far < 1e-5, (name, i, far)
    kept["loss"] = torch.tensor([loss])
    grads = {file_name(VARIANTS[name][0], n): g for n, g in grads.items() if "vision" not in n and "multi_modal" not in n}
    kept.update({f"grad.{n}": t.contiguous() for n, t in grads.items()})
    apart = check_wrong(name, rows[-1][0], kept[f"logits.{len(rows) - 1}"])
    save_file(kept, f"{folder}/reference.safetensors")
    size = sum(os.path.getsize(f"{folder}/{f}") for f in os.listdir(folder)) / 1e3
    smallest = min((float(t.norm()), n) for n, t in grads.items())
    print(f"{name:20} {size:6.0f} kB  loss {loss:.4f}  logits sd {float(kept['logits.2'].std()):.2f}  "
          f"decode-whole {far:.1e}  least gradient {smallest[0]:.1e} {smallest[1]}  {apart}")


if __name__ == "__main__":
    for each in sys.argv[2:] or VARIANTS:
        make(each, sys.argv[1])
