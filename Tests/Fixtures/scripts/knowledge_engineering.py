"""The paper's letter probe of SmolLM2 by transformers, for HoldfastKnowledgeTests.

Usage: python knowledge_engineering.py HFDIR SOURCE_DIR   (writes ../knowledge/engineering.json)
HFDIR holds the GGUF's weights dequantised to float32. Converters from GGUF lose SmolLM2's rule that digits (also circled
ones, as in two of these questions) stand alone; it is put back here.
"""
import json
import os
import random
import sys

import torch
from tokenizers import pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer

model_path, source = sys.argv[1:3]
rows = lambda name: [json.loads(line) for line in open(os.path.join(source, name))]
tok = AutoTokenizer.from_pretrained(model_path)
tok.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
    [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
model = AutoModelForCausalLM.from_pretrained(model_path, dtype=torch.float32).eval()
dev = rows('dev.jsonl')
order = list(range(len(dev)))
random.seed(42)
random.shuffle(order)
L = 'ABCDEFGH'


def item(d, answered):
    text = d['question'] + ''.join(f'\n{L[j]}. {c}' for j, c in enumerate(d['choices'])) + '\nAnswer:'
    return text + (f"{L[d['answer']]}. {d['choices'][d['answer']]}\n\n" if answered else '')


prefix = 'The following are multiple choice questions about engineering. Please choose the correct answer. \n\n'
prefix += ''.join(item(dev[i], True) for i in order[:5])
letters = [tok(c).input_ids[-1] for c in L]
out = []
with torch.inference_mode():
    for d in rows('test.jsonl')[:24]:
        ids = tok(prefix + item(d, False), return_tensors='pt').input_ids
        last = model(input_ids=ids, logits_to_keep=1).logits[0, -1]
        out.append(torch.softmax(last[letters[:len(d['choices'])]], 0).tolist())
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'knowledge', 'engineering.json')
with open(path, 'w') as f:
    json.dump(out, f)
    f.write('\n')
