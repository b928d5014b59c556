"""Tuning under a KL penalty on the tiny models and adapters of Tests/Fixtures, by PyTorch (and PEFT).

Usage: OMP_NUM_THREADS=1 python kl_penalty.py FIXTURES [NAME …]     (FIXTURES is Tests/Fixtures)

Writes, per entry of CASES, FIXTURES/tuning/kl/NAME.safetensors with, of four steps of AdamW at a clip norm of 1,
  losses, kl, norms [4]   before each step: mean cross-entropy and mean KL(base || model) over the step's targets, in nats, and the
                          norm of the gradients of losses + beta * kl
  grad.<name>             the gradients before the fourth step, as they are before clipping
  final.<name>            what is trained, after the fourth step
and as metadata the settings of the run. `base` is the model before the first step; under an adapter, the model without it.
Losses are taken in float64 of float32 logits. Made with torch 2.13, transformers 5.24, peft 0.21.
"""
import copy, json, os, sys
import torch, transformers
from peft import PeftModel
from safetensors.torch import load_file, save_file

torch.set_num_threads(1)

# name: (folder, learning rate, weight decay, beta, whether the gradients are kept)
CASES = {
    "tiny-tied": ("model/tiny-tied", 3e-3, 0.0, 2.0, False),
    "gemma2": ("architectures/gemma2", 3e-3, 0.1, 0.5, True),  # with a softcap on the logits
    "gemma2-lora": ("adapters/gemma2", 5e-3, 0.1, 0.5, True),
    "llama-head-lora": ("adapters/llama-head", 5e-3, 0.0, 3.0, True),  # an adapter on the output projection
}


def batches(fixtures, folder):
    """One batch for each step: rows of (ids, labels)."""
    if folder.startswith("model/"):
        expected = json.load(open(f"{fixtures}/{folder}.expected.json"))
        return [[(torch.tensor(r["tokens"]), torch.tensor(r["labels"])) for r in batch] for batch in expected["batches"]]
    stored = load_file(f"{fixtures}/{folder}/reference.safetensors")
    return [[(stored[f"tokens.{i}"].long(), stored[f"labels.{i}"].long()) for i in range(3)]] * 4


def load(folder):
    kind = json.load(open(f"{folder}/config.json"))["architectures"][0]
    return getattr(transformers, kind).from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()


def short(name):
    return name.removeprefix("base_model.model.").replace(".default.", ".")


def make(name, fixtures):
    place, rate, decay, beta, keeps = CASES[name]
    folder, data = f"{fixtures}/{place}", place
    if place.startswith("adapters/"):
        beneath = json.load(open(f"{folder}/adapter_config.json"))["base_model_name_or_path"]
        data = os.path.normpath(f"{place}/{beneath}")
        model = PeftModel.from_pretrained(load(f"{folder}/{beneath}"), folder, is_trainable=True).eval()
        for n, p in model.named_parameters():
            p.requires_grad_("lora_" in n)

        def base_logits(ids):
            with torch.no_grad(), model.disable_adapter():
                return model(input_ids=ids[None], use_cache=False).logits[0].double()
    else:
        model = load(folder)
        base = copy.deepcopy(model)

        def base_logits(ids):
            with torch.no_grad():
                return base(input_ids=ids[None], use_cache=False).logits[0].double()
    trained = {n: p for n, p in model.named_parameters() if p.requires_grad}
    adamw = torch.optim.AdamW(trained.values(), lr=rate, weight_decay=decay)
    losses, divergences, norms, kept = [], [], [], {}
    for step, rows in enumerate(batches(fixtures, data)):
        count = sum(int((labels[1:] != -100).sum()) for _, labels in rows)
        loss, kl = 0.0, 0.0
        for ids, labels in rows:
            where = (labels[1:] != -100).nonzero()[:, 0]
            q = model(input_ids=ids[None], use_cache=False).logits[0].double().log_softmax(-1)[where]
            p = base_logits(ids).log_softmax(-1)[where]
            loss = loss - q.gather(1, labels[where + 1][:, None]).sum() / count
            kl = kl + (p.exp() * (p - q)).sum() / count
        adamw.zero_grad()
        (loss + beta * kl).backward()
        if step == 3 and keeps:
            kept.update({f"grad.{short(n)}": p.grad.clone() for n, p in trained.items()})
        norms.append(torch.nn.utils.clip_grad_norm_(trained.values(), 1.0).item())
        adamw.step()
        losses.append(loss.item()), divergences.append(kl.item())
    kept.update({f"final.{short(n)}": p.detach().contiguous() for n, p in trained.items()})
    for key, values in (("losses", losses), ("kl", divergences), ("norms", norms)):
        kept[key] = torch.tensor(values, dtype=torch.float64)
    os.makedirs(f"{fixtures}/tuning/kl", exist_ok=True)
    path = f"{fixtures}/tuning/kl/{name}.safetensors"
    save_file(kept, path, dict(folder=place, data=data, learning_rate=str(rate), weight_decay=str(decay), beta=str(beta)))
    print(f"{name:16} {os.path.getsize(path) / 1e3:4.0f} kB  losses {losses}  kl {divergences}  norms {norms}")


if __name__ == "__main__":
    for each in sys.argv[2:] or CASES:
        make(each, sys.argv[1])
