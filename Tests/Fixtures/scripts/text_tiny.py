"""Makes Tests/Fixtures/text: tokenizers of 600 tokens or fewer, trained here, one for each rule that cuts words, and the
ids and texts that Hugging Face `tokenizers` gets from them. Usage: text_tiny.py (needs tokenizers 0.23)"""
import json, os, sys
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from text_samples import SENTENCES, texts

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'text')
MODERN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
CORPUS = (SENTENCES * 3 + [
    "the cat sat on the mat and the dog lay in the sun", "what is the answer to the question about the plants and animals",
    "She said that they're going to the market; we've been there, I'll see.", "return the value of x in the function f(x) = x + 1",
    "It's 10:30 and there are 1000 people here in 2024.", "    indented\n        twice\n", "a\r\nb\r\n", "aaaa aaaaaaaa aaaaaaaaaaaaaaaa"] * 20)

def byte_level(name, rule, normalizer=None, prefix=None, ignore_merges=False, byte_alphabet=True):
    t = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    t.pre_tokenizer = rule
    if normalizer: t.normalizer = normalizer
    t.decoder = decoders.ByteLevel()
    t.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=500, show_progress=False, special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet() if byte_alphabet else []))
    t.add_tokens([AddedToken("<think>", special=False), AddedToken("word", single_word=True), AddedToken("<l>", lstrip=True),
                  AddedToken("<r>", rstrip=True), AddedToken("<|im_start|>x", special=False), AddedToken("日本", special=False)])
    if prefix:
        t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), processors.TemplateProcessing(
            single=f"{prefix} $A", pair=f"{prefix} $A $B", special_tokens=[(prefix, t.token_to_id(prefix))])])
    save(name, t, {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>"})

def sentencepiece(name):
    t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    t.pre_tokenizer = None
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    t.train_from_iterator(sum((c.split('\n') for c in CORPUS[-160:]), []), trainers.BpeTrainer(
        vocab_size=600, show_progress=False, max_token_length=16,
        special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]))
    j = json.loads(t.to_str())
    j['added_tokens'] = [dict(a, normalized=True) for a in j['added_tokens'][:3]]
    t = Tokenizer.from_str(json.dumps(j))
    save(name, t, {"bos_token": "<s>", "eos_token": {"content": "</s>"}, "add_bos_token": True, "add_eos_token": False},
         prefix="<s>")

def save(name, t, configuration, prefix=None):
    folder = os.path.join(OUT, name)
    os.makedirs(folder, exist_ok=True)
    with open(folder + '/tokenizer.json', 'w') as f: json.dump(json.loads(t.to_str()), f, ensure_ascii=False, separators=(',', ':'))
    with open(folder + '/tokenizer_config.json', 'w') as f: json.dump(configuration, f, ensure_ascii=False)
    if prefix:
        t.post_processor = processors.TemplateProcessing(single=f"{prefix} $A", pair=f"{prefix} $A $B", special_tokens=[(prefix, t.token_to_id(prefix))])
    cases = []
    extra = ["word words sword word", "a <l> b <r>  c", "<l><r> <l>", "<think>x</think>", "<|im_start|>xy", "xword word", "日本日", "</s>a", "<s> b", "<unk>"]
    for text in [x for x in texts(60) if len(x) <= 60] + extra:
        ids = t.encode(text).ids
        cases.append({"text": text, "ids": ids, "decoded": t.decode(ids, skip_special_tokens=False)})
    with open(folder + '/expected.json', 'w') as f:
        f.write('[\n' + ',\n'.join(json.dumps(c, ensure_ascii=True, separators=(',', ':')) for c in cases) + '\n]\n')
    print(name, t.get_vocab_size(), len(cases), os.path.getsize(folder + '/expected.json'))

BYTES = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
GPT2 = pre_tokenizers.ByteLevel(add_prefix_space=False)
sequence, digits = pre_tokenizers.Sequence, pre_tokenizers.Digits
split = lambda pattern: pre_tokenizers.Split(Regex(pattern), 'isolated')
if __name__ == '__main__':
    byte_level('tiny-gpt2', GPT2)
    byte_level('tiny-smollm', sequence([digits(individual_digits=True), GPT2]))
    byte_level('tiny-llama3', sequence([split(MODERN % r'\p{N}{1,3}'), BYTES]), prefix='<|endoftext|>', ignore_merges=True)
    byte_level('tiny-qwen2', sequence([split(MODERN % r'\p{N}'), BYTES]), normalizer=normalizers.NFC())
    byte_level('tiny-prefix-space', sequence([digits(individual_digits=False), pre_tokenizers.ByteLevel(add_prefix_space=True)]), byte_alphabet=False)
    sentencepiece('tiny-sentencepiece')
