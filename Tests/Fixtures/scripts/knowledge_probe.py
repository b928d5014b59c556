"""Cloze and letter probes of a tiny model by transformers, for HoldfastKnowledgeTests.

Usage: python knowledge_probe.py   (reads ../model/tiny-tied, writes ../knowledge/probe.json and questions.jsonl)
Every choice is scored by a forward pass of its own over the whole text, tokenised once.
"""
import json
import os
import random

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

here = os.path.dirname(os.path.abspath(__file__))
folder = os.path.join(here, '..', 'knowledge')
path = os.path.join(here, '..', 'model', 'tiny-tied')
tok = AutoTokenizer.from_pretrained(path)
model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32).eval()
words = 'the answer is in a question then other where here nine question quin answer whens'.split()
draw = random.Random(3)
questions = []
for i in range(9):
    text = ' '.join(draw.choice(words) for _ in range(4 + i % 3)).capitalize() + f' {i}?'
    choices = [' '.join(draw.choice(words) for _ in range(1 + (i + j) % 3)) + f' {j}' for j in range(2 + i % 4)]
    if i == 4:
        choices[1] = 'é 🙂'
    questions.append(dict(id=f'q{i}', question=text, choices=choices, answer=i % len(choices)))
with open(os.path.join(folder, 'questions.jsonl'), 'w') as f:
    for q in questions:
        f.write(json.dumps(q, ensure_ascii=False) + '\n')


def logits(ids):
    with torch.inference_mode():
        return model(input_ids=torch.tensor([ids])).logits[0].double()


def cloze(prompt, choices):
    """Sum and number of the tokens behind what all texts share with the prompt's own tokens."""
    alone = tok(prompt).input_ids
    texts = [tok(prompt + (c if prompt[-1].isspace() else ' ' + c)).input_ids for c in choices]
    start = min([len(alone)] + [next((k for k, (a, b) in enumerate(zip(alone, t)) if a != b), len(alone)) for t in texts])
    start = min([start] + [len(t) - 1 for t in texts])
    sums = []
    for t in texts:
        logp = torch.log_softmax(logits(t), -1)
        sums.append(sum(float(logp[k - 1, t[k]]) for k in range(start, len(t))))
    return dict(prompt_tokens=start, sums=sums, tokens=[len(t) - start for t in texts])


L = 'ABCDEFGH'
rows = []
for q in questions:
    letter = 'The following are multiple choice questions about nine. Please choose the correct answer. \n\n'
    letter += q['question'] + ''.join(f'\n{L[j]}. {c}' for j, c in enumerate(q['choices'])) + '\nAnswer:'
    ids = tok(letter).input_ids
    last = logits(ids)[-1]
    letters = [tok(L[j]).input_ids[-1] for j in range(len(q['choices']))]
    fits = len(ids) <= 128
    rows.append(dict(
        id=q['id'], cloze=cloze(f"Question: {q['question']}\nAnswer:", q['choices']),
        moved=cloze(f"Q: {q['question']}\nA:", q['choices']), pmi=cloze('Answer:', q['choices']),
        letter_prompt=letter, letter_tokens=len(ids), letter_fits=fits,
        letter_logits=[float(last[i]) for i in letters] if fits else [],
        letter_log_probabilities=[float(torch.log_softmax(last, -1)[i]) for i in letters] if fits else []))
with open(os.path.join(folder, 'probe.json'), 'w') as f:
    json.dump(rows, f)
    f.write('\n')
