"""What PyTorch computes with the real SmolLM2-135M-Instruct (Q4_1 GGUF, dequantised): figures only, no weights.

Usage: python smollm2_reference.py HFDIR PEERS SHARED OUT.json
HFDIR is a float32 Hugging Face copy made by PEERS/to_hf.py of SmolLM2-135M-Instruct.Q4_1.gguf; PEERS holds train.py
and probe.py; SHARED holds data/paper.  OUT.json is Tests/Fixtures/model/smollm2-135m-instruct.expected.json:
  prompt     token ids, per position the log-sum-exp and the largest logit; at the last position the eight largest
             logits, some fixed ones and the range
  gradient   one training row: token ids, labels (-100 ignored), loss, and per tensor the L2 norm and sampled entries
  training   losses of train.py: first four batches of 8 of the named group file, AdamW 2e-5, clip 1.0
  probe      choice probabilities of probe.py `full` for the first questions of the named source
"""
import json, os, subprocess, sys, tempfile
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

HF, PEERS, SHARED, OUT = sys.argv[1:5]
GROUP, SOURCE = "data/paper/group/mistral-7b/engineering/inconsistent-golden-exp.jsonl", "data/paper/source/engineering"
QUESTIONS = 12
PROMPT = ("Question: A pan of water is left on a hot stove until no water remains in it. Where did the water go?\n"
          "Answer: It became vapour in the air.\n\nQuestion: Which of 3 metals rusts: iron, gold or silver?\nAnswer:")
USER = "Name the force that pulls a thrown ball back to the ground, and say how it changes with height."
REPLY = "It is gravity. It grows weaker with the square of the distance from the centre of the Earth."
VICUNA = ("A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, "
          "and polite answers to the user's questions. USER: {} ASSISTANT: ")

tok = AutoTokenizer.from_pretrained(HF)
m = AutoModelForCausalLM.from_pretrained(HF, dtype=torch.float32).eval()
report = {}

ids = tok(PROMPT).input_ids
with torch.no_grad():
    logits = m(input_ids=torch.tensor([ids])).logits[0]
last = logits[-1]
top = last.topk(8)
fixed = [0, 1, 2, 28, 198, 1000, 9999, 30000, 49151]
report["prompt"] = dict(
    text=PROMPT, tokens=ids, log_sum_exp=logits.double().logsumexp(-1).tolist(),
    largest=[dict(id=int(i), logit=float(v)) for v, i in zip(*logits.max(-1))],
    top=[dict(id=int(i), logit=float(v)) for v, i in zip(*top)],
    fixed=[dict(id=i, logit=float(last[i])) for i in fixed],
    minimum=float(logits.min()), maximum=float(logits.max()))

a = tok(VICUNA.format(USER)).input_ids
b = tok(REPLY).input_ids + [tok.eos_token_id]
tokens, labels = a + b, [-100] * len(a) + b
loss = m(input_ids=torch.tensor([tokens]), labels=torch.tensor([labels])).loss
loss.backward()
tensors = {}
for name, p in m.named_parameters():
    flat = p.grad.flatten()
    picks = sorted({int(flat.abs().argmax()), 0, flat.numel() // 3, 2 * flat.numel() // 3, flat.numel() - 1})
    tensors[name] = dict(norm=p.grad.double().norm().item(), entries=[[i, flat[i].item()] for i in picks])
report["gradient"] = dict(tokens=tokens, labels=labels, loss=loss.item(), tensors=tensors)
del m, loss


def run(*command):
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{command[0]} failed with status {done.returncode}:\n{done.stderr}")
    return done.stdout


with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "probabilities.json")
    run(f"{PEERS}/probe.py", HF, f"{SHARED}/{SOURCE}", "engineering", str(QUESTIONS), "full", path)
    report["probe"] = dict(source=SOURCE, domain="engineering", shots=5, probabilities=json.load(open(path)))
out = json.loads(run(f"{PEERS}/train.py", HF, f"{SHARED}/{GROUP}", "full", "8", "4"))
report["training"] = dict(file=GROUP, batch_size=8, learning_rate=2e-5, weight_decay=0.0, clip_norm=1.0,
                          losses=out["losses"])
json.dump(report, open(OUT, "w"), indent=None, separators=(",", ":"))
