"""Makes the families of Tests/Fixtures/text: tokenizers of a few hundred tokens, trained here, each configured as the published
tokenizer of a family is, with the ids and texts that the reference gets from them. Usage: text_families.py
(needs tokenizers 0.23, sentencepiece 0.2.3, gguf 0.17 and protobuf)"""
import io, json, os
import sentencepiece
from sentencepiece import sentencepiece_model_pb2 as spm
import gguf
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers as P, processors, trainers
from text_samples import SENTENCES, texts
from text_tiny import CORPUS, MODERN, OUT

EXTRA = ["▁▁a", "  a   b", " <l> x", "a<|user|>  b \n c", "<|user|>\n\nhi", "<s>[INST] hi [/INST]", "a\n\n\nb", "<0x41>", "ａＢ ㎏ ﬁ ½ ①", "Ǆ İ ẞ Σς", "x  y   z  ", "\u200bx", "Ⅷ kg ㍿", "aáb̈́c", "1234567 12 3"]

def cases(limit=60, count=45):
    return [x for x in texts(count) if len(x) <= limit][::2] + EXTRA

def write(folder, encode, decode, name='expected.json'):
    rows = []
    for text in cases():
        ids = encode(text)
        rows.append({"text": text, "ids": ids, **({"decoded": decode(ids)} if decode else {})})
    with open(f'{OUT}/{folder}/{name}', 'w') as f:
        f.write('[\n' + ',\n'.join(json.dumps(c, ensure_ascii=True, separators=(',', ':')) for c in rows) + '\n]\n')

def save(name, t, configuration={}):
    os.makedirs(f'{OUT}/{name}', exist_ok=True)
    with open(f'{OUT}/{name}/tokenizer.json', 'w') as f: json.dump(json.loads(t.to_str()), f, ensure_ascii=False, separators=(',', ':'))
    with open(f'{OUT}/{name}/tokenizer_config.json', 'w') as f: json.dump(configuration, f, ensure_ascii=False)
    write(name, lambda s: t.encode(s).ids, lambda ids: t.decode(ids, skip_special_tokens=False))
    print(name, t.get_vocab_size())

BYTES = P.ByteLevel(add_prefix_space=False, use_regex=False)
split = lambda pattern, behavior='isolated', invert=False: P.Split(Regex(pattern), behavior, invert)
LATIN = '[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-Ֆ]'
WORD = r'[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]%s[\p{Ll}\p{Lm}\p{Lo}\p{M}]%s'
REST = r'| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+'
GPT4O = WORD % ('*', '+') + "(?i:'s|'t|'re|'ve|'m|'ll|'d)?|" + WORD % ('+', '*') + r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}" + REST
DEEPSEEK = ("[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|"
            "\\s*[\r\n]+|\\s+(?!\\S)|\\s+")

def byte_level(name, steps, normalizer=None, added=(), prefix=None, **model):
    t = Tokenizer(models.BPE(**model))
    t.pre_tokenizer = P.Sequence(steps) if len(steps) > 1 else steps[0]
    if normalizer: t.normalizer = normalizer
    t.decoder = decoders.ByteLevel()
    t.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=400, show_progress=False, initial_alphabet=P.ByteLevel.alphabet(), special_tokens=["<|endoftext|>", "<｜begin▁of▁sentence｜>"]))
    t.add_tokens(list(added))
    if prefix: t.post_processor = processors.TemplateProcessing(single=f'{prefix} $A', special_tokens=[(prefix, t.token_to_id(prefix))])
    save(name, t)

def spaced(name, normalizer, pre, decoder, added=(), special=(), configuration={}):
    t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    t.normalizer, t.decoder = normalizer, decoder
    if pre: t.pre_tokenizer = pre
    t.train_from_iterator(sum((c.split('\n') for c in CORPUS[-120:]), []), trainers.BpeTrainer(
        vocab_size=420, show_progress=False, max_token_length=12, special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]))
    j = json.loads(t.to_str())
    j['added_tokens'] = [dict(a, normalized=False) for a in j['added_tokens'][:3]]
    t = Tokenizer.from_str(json.dumps(j))
    t.add_special_tokens(list(special))
    t.add_tokens(list(added))
    save(name, t, configuration)

def pieces(name, kind, **options):
    """A SentencePiece model, its ids by sentencepiece, which leaves the names of control tokens as text."""
    os.makedirs(f'{OUT}/{name}', exist_ok=True)
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(sum((c.split('\n') for c in CORPUS[-160:]), [])), model_writer=model,
        model_type=kind, hard_vocab_limit=False, minloglevel=2, num_threads=1, **options)
    m = spm.ModelProto.FromString(model.getvalue())
    m.trainer_spec.ClearField('input'); m.trainer_spec.ClearField('model_prefix')
    with open(f'{OUT}/{name}/tokenizer.model', 'wb') as f: f.write(m.SerializeToString())
    p = sentencepiece.SentencePieceProcessor(model_proto=m.SerializeToString())
    write(name, p.encode, None)
    print(name, p.vocab_size(), os.path.getsize(f'{OUT}/{name}/tokenizer.model'))
    return m

def gguf_of(name, m, **metadata):
    """The model as llama.cpp's conversion writes it: user-defined tokens with spaces for ▁."""
    w = gguf.GGUFWriter(f'{OUT}/{name}/tokenizer.gguf', 'llama')
    w.add_tokenizer_model('llama')
    w.add_token_list([p.piece.replace('▁', ' ') if p.type == 4 else p.piece for p in m.pieces])
    w.add_token_scores([p.score for p in m.pieces])
    w.add_token_types([p.type for p in m.pieces])
    for key, value in metadata.items(): w.add_bool('tokenizer.ggml.' + key, value)
    w.write_header_to_file(); w.write_kv_data_to_file(); w.close()

if __name__ == '__main__':
    byte_level('deepseek-v3', [split(r'\p{N}{1,3}'), split('[一-龥぀-ゟ゠-ヿ]+'), split(DEEPSEEK), BYTES], normalizers.Sequence([]))
    byte_level('deepseek-v2', [split('[\r\n]'), split(r'\s?' + LATIN + '+'), split(r'\s?[!-/:-~！-／：-～‘-‟　-。]+'), split(r'\s+$'),
                               split('[一-龥ࠀ-一가-퟿]+'), P.Digits(individual_digits=True), BYTES])
    byte_level('gpt-neox', [P.ByteLevel(add_prefix_space=False)], normalizers.NFC(), [AddedToken(' ' * n, normalized=True) for n in range(2, 25)])
    byte_level('gpt-4o', [split(GPT4O), BYTES], ignore_merges=True)
    byte_level('olmo2', [split(MODERN % r'\p{N}{1,3}', 'removed', True), BYTES], prefix='<|endoftext|>')
    strip = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    llama = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    phi = [AddedToken(x, rstrip=True, normalized=False, special=True) for x in ("<|user|>", "<|end|>", "<|assistant|>")]
    spaced('phi-3', llama, None, strip, special=phi, added=[AddedToken("</s>", rstrip=True, normalized=False)])
    spaced('mistral', None, P.Metaspace(replacement="▁", prepend_scheme="first", split=False), strip, special=[AddedToken("[INST]", normalized=False), AddedToken("[/INST]", normalized=False)])
    spaced('gemma', normalizers.Replace(" ", "▁"), P.Split(" ", "merged_with_previous"),
           decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]),
           added=[AddedToken(x, normalized=False) for x in ("\n\n", "\n\n\n", "▁▁", "<table>")], special=[AddedToken("<|user|>", normalized=False)])

    forms = Tokenizer(models.BPE(unk_token="[?]"))
    forms.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase(), normalizers.Strip(), normalizers.Replace(Regex(r'(?<=a)b+|\d{3,}?'), '#')])
    forms.pre_tokenizer = P.Sequence([P.Whitespace(), P.Punctuation('merged_with_next'), P.Digits(individual_digits=True), P.Split('e', 'merged_with_previous'), P.Split('t', 'contiguous')])
    forms.decoder = decoders.Fuse()
    forms.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=260, show_progress=False, special_tokens=["[?]"]))
    save('forms', forms)

    user = dict(user_defined_symbols=['▁▁', '▁▁▁', '<table>', '\t\t'])
    folder = os.environ.get('TMPDIR', '/tmp')
    with open(folder + '/rules.tsv', 'w') as f:  # ﬁ, fullwidth A, two scalars, the Kelvin sign, a character that vanishes
        f.write('FB01\t66 69\nFF21\t41\n61 301\tE1\n212A\t4B\n200B\t\n3000\t20\n00A0\t20\nBD\t31 2F 32\n')
    custom = dict(normalization_rule_tsv=folder + '/rules.tsv')
    pieces('spm-unigram', 'unigram', vocab_size=320, character_coverage=.98, **custom)
    pieces('spm-unigram-bytes', 'unigram', vocab_size=500, byte_fallback=True, character_coverage=.98, remove_extra_whitespaces=False,
           normalization_rule_name='identity', user_defined_symbols=['<table>', 'the'])
    pieces('spm-bpe', 'bpe', vocab_size=400, character_coverage=.98, treat_whitespace_as_suffix=True, **custom)
    m = pieces('spm-gemma', 'bpe', vocab_size=620, byte_fallback=True, add_dummy_prefix=False, remove_extra_whitespaces=False,
               normalization_rule_name='identity', character_coverage=.98, **user)
    gguf_of('spm-gemma', m, add_space_prefix=False, add_bos_token=False)
    m = pieces('spm-llama', 'bpe', vocab_size=560, byte_fallback=True, remove_extra_whitespaces=False, normalization_rule_name='identity', character_coverage=.98)
    gguf_of('spm-llama', m)

    m = spm.ModelProto.FromString(open(f'{OUT}/spm-unigram/tokenizer.model', 'rb').read())
    t = Tokenizer(models.Unigram([(p.piece, p.score) for p in m.pieces], unk_id=0))
    t.normalizer = normalizers.Sequence([normalizers.Precompiled(m.normalizer_spec.precompiled_charsmap), normalizers.Replace(Regex(' {2,}'), ' ')])
    t.pre_tokenizer, t.decoder = P.Metaspace(prepend_scheme='always'), decoders.Metaspace(prepend_scheme='always')
    t.add_special_tokens(['</s>', AddedToken('<|user|>', lstrip=True)])
    t.post_processor = processors.TemplateProcessing(single='$A </s>', special_tokens=[('</s>', t.token_to_id('</s>'))])
    save('unigram', t)

    patterns = [r'\p{L}+|\s+', r'(?i:kelvin|s)+', r'[^\S\r\n]+', r'a{2,3}+|b{2,3}', r'a++b|a*+', r'(?>ab|a)b?', r'(ab|a)(b|c)?', r'\s+$', r'^a|b$', r'\Aa|b\z|c\Z', r'\bx\b|\B\d', r'[a-c&&[^b]]+', r'[\w&&[^\d]]+', r'(?<=a)b|(?<!a)c', r'x(?=y)|x(?!z).', r'(?:ab?){1,3}', r'.+?;|.+', r'\x{41}|\u0042|[\x43-\x45]', r'[]a]+|[-z]', r'\p{^L}+|\P{N}', r'\p{Han}+|\p{Lu}\p{Ll}*', r'(?i)ab|C', r'\d{,2}x|\w{2,}?', r'[\[\]]+', GPT4O, DEEPSEEK, r'(?:a|b)*?c|(?:ab)++', r'\n|\r\n?|\t']
    samples = [x for x in SENTENCES if len(x) < 40][::4] + ["aabbaaabbbbab", "abcabcab", "a b  \n x  ", "x y xz xy", "aab;ab;c", "b\na\nb", "ABCDE]-z[", "KELVIN \u212aelvin sſS", "  x  \r\n y\t", "12x 345x", "abab ababc c"]
    rows = []
    for pattern in patterns:
        rule = P.Split(Regex(pattern), 'isolated')
        rows.append({"pattern": pattern, "pieces": [[piece for piece, _ in rule.pre_tokenize_str(s)] for s in samples]})
    with open(f'{OUT}/expressions.json', 'w') as f:
        f.write('[\n' + ',\n'.join(json.dumps(r, ensure_ascii=True, separators=(',', ':')) for r in rows) + '\n]\n')
