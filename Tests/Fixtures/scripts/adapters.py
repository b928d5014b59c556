"""LoRA adapters made by PEFT on the tiny models of Tests/Fixtures/architectures, and what PyTorch computes with them.

Usage: OMP_NUM_THREADS=1 python adapters.py ARCHITECTURES OUTDIR [NAME …]     (OUTDIR is Tests/Fixtures/adapters)

Writes, per entry of ADAPTERS, a folder OUTDIR/NAME with
  adapter_config.json, adapter_model.safetensors    as PEFT's save_pretrained writes them; the base model is named by path
  reference.safetensors    `logits` [T, V] of the model's second sequence; `loss` [1] and `grad.<name>` over all sequences of
                           the model's own reference.safetensors, summed over targets and divided by their number; `losses`
                           [4]: the loss before each of four steps of AdamW (lr 5e-3, weight decay 0.1, clip norm 1)
A and B are drawn so that the adapter shows in every logit.  Made with torch 2.13, transformers 5.23, peft 0.21.
"""
import json, os, sys, zlib
import peft, torch, transformers
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file

torch.set_num_threads(1)

# name: (model, settings of LoraConfig, precision of the file)
ADAPTERS = {
    "llama": ("llama", dict(r=3, lora_alpha=7, target_modules="all-linear"), torch.float32),
    "llama-head": ("llama", dict(r=2, lora_alpha=4, target_modules=["q_proj", "lm_head"]), torch.float32),
    "llama-layer": ("llama-tied", dict(r=2, lora_alpha=4, target_modules=["up_proj", "o_proj"], layers_to_transform=[1]),
                    torch.float32),
    "qwen2": ("qwen2", dict(r=4, lora_alpha=8, target_modules=["q_proj", "k_proj", "v_proj"], bias="lora_only"),
              torch.float32),
    "mistral": ("mistral", dict(r=3, lora_alpha=6, target_modules="all-linear"), torch.float32),
    "qwen3": ("qwen3", dict(r=3, lora_alpha=6, target_modules="all-linear"), torch.float32),
    "gemma2": ("gemma2", dict(r=3, lora_alpha=6, target_modules="all-linear"), torch.float32),
    "gemma3": ("gemma3", dict(r=4, lora_alpha=8, use_rslora=True, target_modules=["q_proj", "v_proj", "down_proj"],
                              rank_pattern={"down_proj": 5}, alpha_pattern={"self_attn.v_proj": 3}), torch.float32),
    "gemma3-nested": ("gemma3-nested", dict(r=2, lora_alpha=4, target_modules=r".*language_model.*\.k_proj"), torch.float32),
    "olmo2": ("olmo2", dict(r=3, lora_alpha=6, target_modules="all-linear"), torch.float32),
    "phi3": ("phi3", dict(r=3, lora_alpha=6, target_modules="all-linear"), torch.bfloat16),
    "gpt2": ("gpt2", dict(r=3, lora_alpha=6, target_modules=["c_attn", "c_proj"], fan_in_fan_out=True), torch.float32),
    "gpt-neox": ("gpt-neox", dict(r=3, lora_alpha=6, target_modules="all-linear"), torch.float16),
}


def base_model(folder):
    kind = json.load(open(f"{folder}/config.json"))["architectures"][0]
    return getattr(transformers, kind).from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()


def loss_of(model, rows, count):
    total = 0.0
    for ids, labels in rows:
        logits = model(input_ids=ids[None], use_cache=False).logits[0]
        part = torch.nn.functional.cross_entropy(logits[:-1], labels[1:], ignore_index=-100, reduction="sum") / count
        part.backward()
        total += part.item()
    return total


def short(name):
    return name.removeprefix("base_model.model.").replace(".default.", ".").replace("model.language_model.", "model.")


def make(name, architectures, out):
    variant, settings, precision = ADAPTERS[name]
    folder, base = f"{out}/{name}", f"{architectures}/{variant}"
    stored = load_file(f"{base}/reference.safetensors")
    rows = [(stored[f"tokens.{i}"].long(), stored[f"labels.{i}"].long()) for i in range(3)]
    count = sum(int((labels[1:] != -100).sum()) for _, labels in rows)
    model = get_peft_model(base_model(base), LoraConfig(task_type="CAUSAL_LM", **settings)).eval()
    g = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    with torch.no_grad():
        for n, p in sorted(model.named_parameters()):
            if p.requires_grad and "lora_" in n:
                p.copy_((0.2 * torch.randn(p.shape, generator=g)).to(precision).float())
            elif p.requires_grad:
                p.add_(0.1 * torch.randn(p.shape, generator=g))
    os.makedirs(folder, exist_ok=True)
    model.save_pretrained(folder)
    os.remove(f"{folder}/README.md")
    tensors = {k: v.to(precision) for k, v in load_file(f"{folder}/adapter_model.safetensors").items()}
    save_file(tensors, f"{folder}/adapter_model.safetensors", {"format": "pt"})
    config = json.load(open(f"{folder}/adapter_config.json"))
    config["base_model_name_or_path"] = f"../../architectures/{variant}"
    if isinstance(config["target_modules"], list):
        config["target_modules"].sort()
    json.dump(config, open(f"{folder}/adapter_config.json", "w"), indent=1, sort_keys=True)

    kept = {"logits": model(input_ids=rows[1][0][None], use_cache=False).logits[0].detach().contiguous()}
    with torch.no_grad(), model.disable_adapter():
        plain = model(input_ids=rows[1][0][None], use_cache=False).logits[0]
    far = float((plain - kept["logits"]).abs().max() / (plain.max() - plain.min()))
    kept["loss"] = torch.tensor([loss_of(model, rows, count)])
    trained = {n: p for n, p in model.named_parameters() if p.requires_grad and "lora_" in n}
    kept.update({f"grad.{short(n)}": p.grad.clone() for n, p in trained.items()})
    for n, p in model.named_parameters():  # only A and B are trained here
        p.requires_grad_(n in trained)
    adamw = torch.optim.AdamW(trained.values(), lr=5e-3, weight_decay=0.1)
    losses = []
    for _ in range(4):
        adamw.zero_grad()
        losses.append(loss_of(model, rows, count))
        torch.nn.utils.clip_grad_norm_(trained.values(), 1.0)
        adamw.step()
    kept["losses"] = torch.tensor(losses, dtype=torch.float64)
    save_file(kept, f"{folder}/reference.safetensors")
    size = sum(os.path.getsize(f"{folder}/{f}") for f in os.listdir(folder)) / 1e3
    print(f"{name:14} {size:5.0f} kB  loss {losses[0]:.4f} -> {losses[-1]:.4f}  {len(tensors)} tensors  "
          f"adapter moves logits by {far:.2f} of their range")


if __name__ == "__main__":
    for each in sys.argv[3:] or ADAPTERS:
        make(each, sys.argv[1], sys.argv[2])
