"""Makes Tests/Fixtures/tuning/instructions: one file for each format of instruction data, and the tokens and labels that
Hugging Face `tokenizers` gives them with the tokenizer Fixtures/text/tiny-smollm, put together as an independent
implementation of the templates does it: prompt and response tokenised apart, EOS appended and learnt.
Usage: instructions.py [HFDIR GROUP.jsonl]  With SmolLM2 as a Hugging Face directory and a published group file it also
makes group.expected.json: for the first 64 rows their length, their prompt's length and a checksum of their tokens."""
import json, os, sys
from tokenizers import Tokenizer, pre_tokenizers

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, '..', 'tuning', 'instructions')
os.makedirs(OUT, exist_ok=True)
VICUNA = ("A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and "
          "polite answers to the user's questions. ")
ALPACA = "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n"
ALPACA_INPUT = ("Below is an instruction that describes a task, paired with an input that provides further context. Write a "
                "response that appropriately completes the request.\n\n")

CHAT = [[("user", "What is 2 + 2?"), ("assistant", "4.")],
        [("system", "Be brief."), ("user", "Hi"), ("assistant", "Hello!"), ("user", "Who're you?"), ("assistant", "A cat.")],
        [("user", "  spaces \n"), ("assistant", " a  b\n"), ("user", "unanswered")]]
ROWS = {
    'chat': [{"id": i, "messages": [{"role": r, "content": c} for r, c in m]} for i, m in enumerate(CHAT)],
    'sharegpt': [{"conversations": [{"from": {"user": "human", "assistant": "gpt"}[r], "value": c} for r, c in m if r != "system"],
                  **({"system": m[0][1]} if m[0][0] == "system" else {})} for m in CHAT],
    'alpaca': [{"instruction": "Add the numbers.", "input": "1 2", "output": "3"}, {"instruction": "Say hi.", "input": "", "output": "hi"},
               {"instruction": "Say it again.", "output": "hi", "history": [["Say hi.", "hi"]]}],
    'group': [{"id": 7, "question": "Which is a cat?", "choices": ["dog", "cat", "sun"], "output": 1, "answer": 0, "explanation": "Cats purr.\n\nDogs don't."},
              {"question": "Empty explanation?", "choices": ["yes", "no"], "output": 0, "explanation": ""},
              {"question": "None?", "choices": list("abcdefgh"), "output": 7}],
    'pairs': [{"prompt": "Question: What is 5?\nAnswer:", "response": " five"}, {"prompt": "é", "completion": "日本 🚀"}],
}

def vicuna(turns):
    system = turns[0][1] + ' ' if turns[0][0] == 'system' else VICUNA
    turns = [t for t in turns if t[0] != 'system']
    return [(('' if i else system) + f"USER: {turns[i][1]} ASSISTANT: ", turns[i + 1][1]) for i in range(0, len(turns) - 1, 2)]

def conversations(name, row):
    """(prompt, response) pairs under the template that the format is tested with."""
    if name == 'chat': return vicuna([(m['role'], m['content']) for m in row['messages']])
    if name == 'sharegpt':
        system = [('system', row['system'])] if 'system' in row else []
        return vicuna(system + [(m['from'], m['value']) for m in row['conversations']])
    if name == 'alpaca':
        head = ALPACA_INPUT if row.get('input') else ALPACA
        body = lambda i, x='': f"### Instruction:\n{i}\n\n" + (f"### Input:\n{x}\n\n" if x else '') + "### Response:\n"
        pairs = [(body(q), a) for q, a in row.get('history', [])] + [(body(row['instruction'], row.get('input')), row['output'])]
        return [((head if i == 0 else '\n\n') + p, a) for i, (p, a) in enumerate(pairs)]
    if name == 'group':
        prompt = row['question'] + ''.join(f"\n{'ABCDEFGH'[j]}. {c}" for j, c in enumerate(row['choices'])) + "\nAnswer:"
        response = f"{'ABCDEFGH'[row['output']]}. {row['choices'][row['output']]}"
        return vicuna([('user', prompt), ('assistant', response + ('\n' + row['explanation'] if 'explanation' in row else ''))])
    return [(row['prompt'], row.get('response', row.get('completion')))]

def encode(t, eos, pairs, limit=2048):
    tokens, labels = [], []
    for prompt, response in pairs:
        a, b = t.encode(prompt).ids, t.encode(response).ids + [eos]
        tokens += a + b
        labels += [-100] * len(a) + b
    return tokens[:limit], labels[:limit]

t = Tokenizer.from_file(os.path.join(HERE, '..', 'text', 'tiny-smollm', 'tokenizer.json'))
expected = {}
for name, rows in ROWS.items():
    with open(f"{OUT}/{name}.jsonl", 'w') as f:
        f.writelines(json.dumps(r, ensure_ascii=False) + '\n' for r in rows)
    expected[name] = [dict(zip(('tokens', 'labels'), encode(t, t.token_to_id('<|im_end|>'), conversations(name, r)))) for r in rows]
with open(f"{OUT}/chat.json", 'w') as f: json.dump(ROWS['chat'], f, indent=1, ensure_ascii=False)
with open(f"{OUT}/expected.json", 'w') as f: json.dump(expected, f, separators=(',', ':'))

if len(sys.argv) > 2:
    t = Tokenizer.from_file(sys.argv[1] + '/tokenizer.json')
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    out = []
    for line in list(open(sys.argv[2]))[:64]:
        tokens, labels = encode(t, 2, conversations('group', json.loads(line)))
        out.append([len(tokens), labels.count(-100), sum((i + 1) * x for i, x in enumerate(tokens))])
    with open(f"{OUT}/group.expected.json", 'w') as f: json.dump(out, f, separators=(',', ':'))
