"""Makes Tests/Fixtures/text/smollm2.expected.json: ids of Hugging Face `tokenizers` for SmolLM2's tokenizer with the
pre-tokenisation its GGUF file names (`smollm`: every digit alone, then GPT-2). transformers' own conversion of the GGUF
file loses the digit rule; the ids then differ only where a number follows a run of spaces or is not ASCII.
Usage: smollm2_tokens.py HFDIR (the model as a Hugging Face directory; needs tokenizers 0.23)"""
import json, os, sys
from tokenizers import Tokenizer, pre_tokenizers
from text_samples import texts

t = Tokenizer.from_file(sys.argv[1] + '/tokenizer.json')
t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
cases = []
for text in texts(200):
    ids = t.encode(text).ids
    decoded = t.decode(ids, skip_special_tokens=False)
    case = {"text": text, "ids": ids}
    if decoded != text: case["decoded"] = decoded
    cases.append(case)
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'text', 'smollm2.expected.json')
with open(path, 'w') as f:
    f.write('[\n' + ',\n'.join(json.dumps(c, ensure_ascii=True, separators=(',', ':')) for c in cases) + '\n]\n')
print(len(cases), os.path.getsize(path))
