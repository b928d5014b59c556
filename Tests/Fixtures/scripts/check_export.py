"""Exports models with `holdfast export`, opens them with transformers, and compares ids, chat prompts and logits.

usage: PYTHONPATH=bindings/python python check_export.py COMMAND MODEL...
COMMAND is the path of `holdfast`, beside the library. Run by hand with torch 2.13 and transformers 5.23; prints one line a
model and dtype, and fails when ids differ or float32 logits are further apart than 1e-5 of their range.
"""

import os
import subprocess
import sys
import tempfile

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

import holdfast

TEXTS = [
    "Question: A pan of water is left on a hot stove. Where did the water go?\nAnswer:",
    "def f(x):\n    if x  >  3:\n\t\treturn [1.5e-3, 0x1F, '😀🇨🇭']\n\n\n    # naïve façade — 你好，世界！ Привет  мир\r\n",
    " leading and trailing spaces   ",
    "I'll don't WE'RE 1234567 3.14 __init__ ﬁ … ½ İstanbul \u200b\u00a0x",
    "<|im_start|>user\nHi<|im_end|>\n<start_of_turn>user\nHi<end_of_turn>\n<bos></s><unused7>",
    "\n\n \n\t\n",
    "",
]
CHAT = [{"role": "user", "content": "What is π?"}, {"role": "assistant", "content": "A number."}, {"role": "user", "content": "Which?"}]


def check(command, source, dtype):
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "model")
        subprocess.run([command, "export", source, "--out", out, "--dtype", dtype, "--quiet", "--shard-size", "300"], check=True)
        ours = holdfast.Model.load(source)
        if dtype != "float32":
            ours = holdfast.Model.load(out)
        tokenizer = AutoTokenizer.from_pretrained(out)
        model = AutoModelForCausalLM.from_pretrained(out, dtype=torch.float32).eval()
        wrong = []
        for text in TEXTS:
            theirs, mine = tokenizer(text).input_ids, ours.tokenizer.encode(text, parse_special=True)
            if theirs != mine:
                wrong.append((text, theirs, mine))
            if tokenizer.decode(theirs) != ours.tokenizer.decode(theirs):
                wrong.append((text, tokenizer.decode(theirs), ours.tokenizer.decode(theirs)))
        worst = 0.0
        for text in TEXTS[:3]:
            ids = ours.tokenizer.encode(text, parse_special=True)
            with torch.no_grad():
                expected = model(input_ids=torch.tensor([ids])).logits[0].double().numpy()
            found = ours.logits(ids)
            spread = expected.max() - expected.min()
            worst = max(worst, float(np.abs(found - expected).max() / spread))
        chat = "no template"
        if tokenizer.chat_template:
            chat = f"template of {len(tokenizer.chat_template)} characters, " + repr(
                tokenizer.apply_chat_template(CHAT, tokenize=False, add_generation_prompt=True)[-40:])
        files = sorted(os.listdir(out))
        print(f"{source} {dtype}: {type(model).__name__}, {type(tokenizer).__name__}, ids "
              f"{'differ: ' + repr(wrong) if wrong else 'equal'}, logits within {worst:.1e} of the range, {chat}, {files}")
        return not wrong and worst < 1e-5


if __name__ == "__main__":
    command, *sources = sys.argv[1:]
    good = [check(command, source, dtype) for source in sources for dtype in ("float32", "bfloat16", "float16")]
    sys.exit(0 if all(good) else 1)
