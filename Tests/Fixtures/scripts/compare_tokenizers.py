"""Compares `holdfast tokenize` with Hugging Face `tokenizers` or `sentencepiece` on generated texts, id by id and decoded.

Usage: compare_tokenizers.py COMMAND REFERENCE OURS [--count N] [--seed S] [--roundtrip]
  COMMAND    reads one JSON string a line and writes [[ids], "decoded"] a line: `.build/release/holdfast tokenize`
  REFERENCE  a tokenizer.json (Hugging Face) or a tokenizer.model (sentencepiece)
  OURS       what COMMAND is to read: a directory, a tokenizer.model or a GGUF file of the same tokenizer
Made with tokenizers 0.23.3 and sentencepiece 0.2.3."""
import argparse, json, os, random, shlex, subprocess, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from text_samples import ALPHABETS, SENTENCES, SPECIAL

SCRIPTS = [(0x20, 0x7F), (0xA0, 0x250), (0x250, 0x370), (0x370, 0x530), (0x531, 0x600), (0x600, 0x900), (0x900, 0xE00), (0xE00, 0x1100),
           (0x1100, 0x1200), (0x1200, 0x1400), (0x1780, 0x1900), (0x1E00, 0x2000), (0x2000, 0x2070), (0x2070, 0x2400), (0x2500, 0x2800),
           (0x2E80, 0x3040), (0x3040, 0x3130), (0x3130, 0x3400), (0x4E00, 0xA000), (0xA000, 0xAC00), (0xAC00, 0xD7A4), (0xF900, 0xFB00),
           (0xFB00, 0xFE00), (0xFE00, 0x10000), (0x10000, 0x10400), (0x11900, 0x11A00), (0x1D100, 0x1D800), (0x1E000, 0x1F000), (0x1F300, 0x1FA00), (0x20000, 0x2A000), (0xE0000, 0xE0200)]
CODE = ["def f(x):\n\treturn x ** 2  # ok\n", "for (int i = 0; i < n; ++i) {\r\n    a[i] += b[i];\r\n}\r\n", "SELECT a.b, COUNT(*) FROM t WHERE x='y' GROUP BY 1;",
        "<div class=\"a-b\">&amp; it's</div>", "let x: [String: Int] = [:] // TODO\n", "$ ls -la | grep '.txt' > /dev/null 2>&1", "{\"key\": [1, 2.5e-3, null, \"\\u00e9\"]}", "#include <stdio.h>\n\n\n"]
WORDS = "the of and to in is that for it as was with be by on not he his but at are this have from or had an they which one you were all her she there would their we him been has when who will no more if out so up said what its about than into them can only other time new some could these two may first then do any like my now over such our man me even most made after also did many off before must well back through years where much your way down should because long each just state those people too mr how little good world make very year still see own work men day get here old life both between being under three never know same last another while us might great go come since against right came take used himself few house use place during without high small found mrs part however don't it's we're I'll you've can't".split()
EMOJI = ["👩‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇩🇪", "🧑🏿‍🚀", "❤️", "☺︎", "1️⃣", "😀", "🫠", "🪿"]
MARKS = ["\u0301", "\u0308", "\u0323", "\u0327", "\u0345", "\u094d", "\u200d", "\u0e49", "\u05b0", "\u3099", "\u20e3", "\ufe0f", "\U0001d165", "\u064b"]
BROKEN = ["\ufffd", "Ã©", "â€™", "\u0000", "\u001b[31m", "\u0085", "\u2028", "\ufeff", "\u200b", "\u00ad", "<0x0A>", "<0xFF>", "▁", "Ġ", "Ċ", "▁▁", "\ue000", "\U0010ffff", "\ufdd0", "##ing", "</w>", "@@"]

def texts(count, seed, specials):
    r = random.Random(seed)
    def scalar():
        low, high = r.choice(SCRIPTS)
        return chr(r.randrange(low, high))
    def piece():
        kind = r.randrange(16)
        length = r.choice([1, 1, 2, 3, 5, 8, 13, 21])
        if kind == 0: return ' '.join(r.choice(WORDS) for _ in range(length))
        if kind == 1: return r.choice(SENTENCES)
        if kind == 2: return r.choice(CODE)
        if kind == 3: return r.choice([' ', '\n', '\t', '\r\n', '\u00a0', '\u3000', ' \n']) * r.choice([1, 2, 3, 4, 7, 8, 16, 31, 33, 64, 100])
        if kind == 4:
            low, high = r.choice(SCRIPTS)
            return ''.join(chr(r.randrange(low, high)) if r.random() < .85 else ' ' for _ in range(length))
        if kind == 5: return ''.join(scalar() for _ in range(length))
        if kind == 6: return ''.join(r.choice(EMOJI) for _ in range(1 + length // 4))
        if kind == 7: return ''.join(r.choice([scalar(), r.choice('aeionAEIOU')]) + ''.join(r.choice(MARKS) for _ in range(r.randrange(4))) for _ in range(1 + length // 3))
        if kind == 8: return ''.join(r.choice(BROKEN) for _ in range(1 + length // 5))
        if kind == 9: return r.choice(specials) if r.random() < .7 else r.choice(specials)[:-1]
        if kind == 10: return ''.join(r.choice('0123456789.,:-/ ') for _ in range(length))
        if kind == 11: return r.choice('aAeé你=-_*#.!?\u0301 ') * r.choice([1, 2, 5, 17, 40, 130])
        if kind == 12: return ''.join(r.choice(r.choice(ALPHABETS)) for _ in range(length))
        if kind == 13: return chr(r.choice([r.randrange(0xD800), r.randrange(0xE000, 0x110000)]))
        if kind == 14: return r.choice(WORDS).upper() + r.choice(["'S", "'LL", "'ſ", "'Re", "’s", "'d"]) + r.choice(WORDS).title() + r.choice(WORDS)
        return r.choice([' ', '  ', '\n', ' a', '!', "'", '"', '(', ')'])
    result = list(SENTENCES + SPECIAL) + specials
    while len(result) < count: result.append(r.choice(['', '', ' ', '\n']).join(piece() for _ in range(r.choice([1, 1, 2, 3, 5, 8]))))
    return result[:count]

def reference(path):
    """Encoding, decoding and the special-looking texts of the reference tokenizer."""
    if path.endswith('.model'):
        import sentencepiece
        p = sentencepiece.SentencePieceProcessor(model_file=path)
        user = [p.id_to_piece(i) for i in range(p.vocab_size()) if not (p.is_control(i) or p.is_unknown(i) or p.is_byte(i))][:0]
        return p.encode, None, user + ['[INST]', '<unused0>', '<x>']
    from tokenizers import Tokenizer
    t = Tokenizer.from_file(path)
    added = [x.content for x in t.get_added_tokens_decoder().values()]
    return (lambda s: t.encode(s, add_special_tokens=False).ids), (lambda ids: t.decode(ids, skip_special_tokens=False)), (added * 3)[:200] or ['<x>']

if __name__ == '__main__':
    a = argparse.ArgumentParser()
    for name in ('command', 'reference', 'ours'): a.add_argument(name)
    a.add_argument('--count', type=int, default=10000)
    a.add_argument('--seed', type=int, default=1)
    a.add_argument('extra', nargs='*')
    a = a.parse_args()
    encode, decode, specials = reference(a.reference)
    cases = texts(a.count, a.seed, specials)
    run = subprocess.run(shlex.split(a.command) + [a.ours] + a.extra, input='\n'.join(json.dumps(s) for s in cases) + '\n', capture_output=True, text=True)
    lines = run.stdout.split('\n')[:-1]
    if len(lines) != len(cases): sys.exit(f'{len(lines)} answers for {len(cases)} texts: {run.stdout[-500:]} {run.stderr[-2000:]}')
    wrong, wrong_text, tokens = [], [], 0
    for text, line in zip(cases, lines):
        ids, decoded = json.loads(line)
        expected = encode(text)
        tokens += len(ids)
        if ids != expected: wrong.append((text, ids, expected))
        elif decode and decoded != decode(ids): wrong_text.append((ids, decoded, decode(ids)))
    for text, ids, expected in sorted(wrong, key=lambda w: len(w[0]))[:6]: print('ids of', repr(text), 'are', ids[:40], 'and should be', expected[:40])
    for ids, decoded, expected in sorted(wrong_text, key=lambda w: len(w[0]))[:6]: print('text of', ids[:40], 'is', repr(decoded[:200]), 'and should be', repr(expected[:200]))
    print(f'{a.ours}: {len(cases)} texts, {tokens} tokens, {len(wrong)} with other ids, {len(wrong_text)} decoded otherwise')
    sys.exit(bool(wrong or wrong_text))
