"""The same work in other systems, for what the scripts of the peers' folder do not do. Each prints one JSON line.

    references.py cloze HFDIR QUESTIONS.jsonl N       four choices of a question as one padded batch in transformers
    references.py sample HFDIR ROWS TOKENS            transformers' generate, ROWS texts together
    references.py save HFDIR FOLDER                   torch.save and safetensors of weights and two moments
    references.py tokenize HFDIR QUESTIONS.jsonl      Hugging Face tokenizers, one thread
"""
import json
import os
import statistics
import sys
import time


def questions(path, count):
    rows = [json.loads(line) for line in open(path)][:count]
    return [(row["question"], row["choices"]) for row in rows]


def load(folder):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    return torch, AutoTokenizer.from_pretrained(folder), model


def cloze(folder, path, count):
    torch, tokenizer, model = load(folder)
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    items = questions(path, int(count))
    began = time.time()
    with torch.inference_mode():
        for question, choices in items:
            prompt = f"Question: {question}\nAnswer:"
            batch = tokenizer([f"{prompt} {choice}" for choice in choices], return_tensors="pt", padding=True)
            logits = model(**batch).logits.log_softmax(-1)
            targets = batch.input_ids[:, 1:].unsqueeze(-1)
            scores = logits[:, :-1].gather(-1, targets).squeeze(-1) * batch.attention_mask[:, 1:]
            start = len(tokenizer(prompt).input_ids) - 1
            scores[:, start:].sum(-1).argmax().item()
    return {"questions_per_s": len(items) / (time.time() - began)}


def sample(folder, rows, tokens):
    torch, tokenizer, model = load(folder)
    rows, tokens = int(rows), int(tokens)
    torch.manual_seed(0)
    prompts = torch.randint(100, model.config.vocab_size - 100, (rows, 32))
    options = dict(do_sample=True, temperature=0.7, top_p=0.8, top_k=0, pad_token_id=0, use_cache=True)

    def run(new):
        began = time.time()
        with torch.inference_mode():
            model.generate(
                prompts, attention_mask=torch.ones_like(prompts), min_new_tokens=new, max_new_tokens=new, **options
            )
        return time.time() - began

    # What one more token costs: the prompt's own time is taken away.
    run(2)
    return {"tokens_per_s": rows * (tokens - 1) / (run(tokens) - run(1))}


def save(folder, target):
    torch, _, model = load(folder)
    from safetensors.torch import load_file, save_file

    tensors = {}
    for name, value in model.named_parameters():
        for part in ("weight", "first", "second"):
            tensors[f"{part}.{name}"] = value.detach().clone()
    size = sum(value.numel() * 4 for value in tensors.values()) / 1e6
    result = {}

    def timed(name, path, write, read):
        writes, reads = [], []
        for _ in range(3):
            began = time.time()
            write(path)
            descriptor = os.open(path, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)
            writes.append(size / (time.time() - began))
            began = time.time()
            # Every number is looked at, as in a model that is put to use.
            sum(value.sum().item() for value in read(path).values())
            reads.append(size / (time.time() - began))
            os.remove(path)
        result[f"{name}_write_mb_per_s"] = statistics.median(writes)
        result[f"{name}_read_mb_per_s"] = statistics.median(reads)

    timed("torch", f"{target}/save.pt", lambda path: torch.save(tensors, path), torch.load)
    timed("safetensors", f"{target}/save.safetensors", lambda path: save_file(tensors, path), load_file)
    return result


def tokenize(folder, path):
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
    texts = ["\n".join([question, *choices]) for question, choices in questions(path, None)]
    count, began = 0, time.time()
    while count < 400_000:
        count += sum(len(tokenizer.encode(text, add_special_tokens=False).ids) for text in texts)
    return {"tokens_per_s": count / (time.time() - began)}


if __name__ == "__main__":
    print(json.dumps({"cloze": cloze, "sample": sample, "save": save, "tokenize": tokenize}[sys.argv[1]](*sys.argv[2:])))
