"""Writes Sources/HoldfastText/Unicode/*Data.swift: what Hugging Face `tokenizers` knows of every Unicode scalar, asked from
the library itself. Usage: unicode_tables.py (made with tokenizers 0.23.3 and Python 3.11: the regular expressions there know
Unicode 16, the digits Unicode 17, the normalisation forms Unicode 12)"""
import os, unicodedata
from tokenizers import Regex, normalizers, pre_tokenizers as P

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', '..', 'Sources', 'HoldfastText', 'Unicode')
SCALARS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
CATEGORIES = 'Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co'.split()

def members(rule):
    """The scalars that `rule` cuts out alone, each tried between two of a character that it leaves together."""
    neutral = next(c for c in 'q!' if len(rule.pre_tokenize_str(c * 2)) == 1)
    found = set()
    for start in range(0, len(SCALARS), 20000):
        chunk = SCALARS[start:start + 20000]
        text = neutral * 2 + (neutral * 2).join(map(chr, chunk)) + neutral * 2
        pieces = {b for _, (b, e) in rule.pre_tokenize_str(text) if e - b == 1}
        found |= {c for k, c in enumerate(chunk) if 3 * k + 2 in pieces}
    return found

def matching(pattern):
    return members(P.Split(Regex(pattern), 'isolated'))

def runs(scalars):
    result = []
    for c in sorted(scalars):
        if result and result[-1][1] == c - 1: result[-1][1] = c
        else: result.append([c, c])
    return result

def base36(n):
    digits = ''
    while True:
        digits = '0123456789abcdefghijklmnopqrstuvwxyz'[n % 36] + digits
        n //= 36
        if n == 0: return digits

def literal(text, width=104):
    if not text: return '""'
    lines = [text[i:i + width] for i in range(0, len(text), width)]
    return '"""\n' + ''.join(f'    {line}\\\n' for line in lines[:-1]) + f'    {lines[-1]}\n    """'

def write(name, doc, members):
    with open(os.path.join(OUT, name + '.swift'), 'w') as f:
        f.write('// Written by Tests/Fixtures/scripts/unicode_tables.py; do not edit.\n\n')
        f.write(f'/// {doc}\nenum {name} {{\n')
        for i, (label, what, text) in enumerate(members):
            f.write(('\n' if i else '') + f'  /// {what}\n  static let {label}: StaticString = {literal(text)}\n')
        f.write('}\n')

def categories():
    """Runs of one category: a letter for the category, then the length in base 36 with capitals kept for categories."""
    of = {}
    for k, name in enumerate(CATEGORIES):
        for c in matching(r'\p{%s}' % name): of[c] = k
    text, start = '', 0
    values = [of.get(c, 28) for c in range(0x110000)]
    while start < len(values):
        stop = start
        while stop < len(values) and values[stop] == values[start]: stop += 1
        text += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^'[values[start]] + ('' if stop - start == 1 else base36(stop - start))
        start = stop
    return text, of

def ranges(scalars):
    """Gap and length of every run, in base 36, each pair as `gap,length;`."""
    text, last = '', 0
    for a, b in runs(scalars):
        text += f'{base36(a - last)}{"" if a == b else "," + base36(b - a)};'
        last = b
    return text

def words():
    """What continues a word in `Whitespace`, whose expression is Rust's `\\w+|[^\\w\\s]+`."""
    found = set()
    for start in range(0, len(SCALARS), 20000):
        chunk = SCALARS[start:start + 20000]
        pieces = {e for _, (b, e) in P.Whitespace().pre_tokenize_str(' '.join(f'a{chr(c)}a' for c in chunk)) if e - b == 3}
        found |= {c for k, c in enumerate(chunk) if 4 * k + 3 in pieces}
    return found

FORMS = {form: getattr(normalizers, form)().normalize_str for form in ('NFC', 'NFD', 'NFKC', 'NFKD')}

def decompositions(form, known):
    """`scalar gap,first,second…;` of every scalar whose decomposition is not what `known` gives; Hangul is arithmetic."""
    text, last, result = '', 0, {}
    for c in SCALARS:
        parts = FORMS[form](chr(c))
        if parts != chr(c) and not 0xAC00 <= c < 0xD7A4 and known.get(c) != parts:
            text += ','.join([base36(c - last)] + [base36(ord(p)) for p in parts]) + ';'
            last, result[c] = c, parts
    return text, result

def combining_classes():
    """`class:ranges` of every combining class, of the scalars that the library does reorder."""
    members = {}
    for c in SCALARS:
        k = unicodedata.combining(chr(c))
        if k == 0: continue
        pair = '\u0301' + chr(c) if k < 230 else chr(c) + '\u0323'
        swapped = FORMS['NFD'](pair) != FORMS['NFD'](pair[0]) + FORMS['NFD'](pair[1])
        if swapped: members.setdefault(k, set()).add(c)
    return ''.join(f'{base36(k)}:{ranges(members[k])} ' for k in sorted(members))

def compositions(canonical):
    """`first,second,composed;` of every pair that composes."""
    text = ''
    for c in canonical:
        pair = [chr(int(p, 16)) for p in unicodedata.decomposition(chr(c)).split()]
        if len(pair) == 2 and FORMS['NFC'](''.join(pair)) == chr(c):
            text += ','.join(base36(ord(p)) for p in pair) + f',{base36(c)};'
    return text

if __name__ == '__main__':
    os.makedirs(OUT, exist_ok=True)
    text, of = categories()
    by = lambda names: {c for c in of if CATEGORIES[of[c]] in names or CATEGORIES[of[c]][0] in names}
    digits, punctuation = members(P.Digits(individual_digits=True)), members(P.Punctuation('isolated'))
    spaces, han, onig, word = matching(r'\s'), matching(r'\p{Han}'), matching(r'[\w]'), words()
    alone = matching(r'\w')
    assert alone >= onig
    assert word >= onig and digits >= by(['N']) and onig >= by(['L', 'M', 'Nd', 'Pc'])
    write('CategoryData', 'The general category of every scalar and the classes that do not follow from it.', [
        ('categories', 'Runs: a letter for the category (Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co, none, as A to Z and [ ] ^), then the length in base 36 unless 1.', text),
        ('spaces', '`\\s`; ranges as gap and length in base 36.', ranges(spaces)),
        ('newerDigits', 'What the digits rule takes beyond `\\p{N}`.', ranges(digits - by(['N']))),
        ('punctuation', 'What the punctuation rule takes.', ranges(punctuation)),
        ('otherWords', 'What `\\w` of the regular expressions takes beyond letters, marks, decimal digits and connectors.', ranges(onig - by(['L', 'M', 'Nd', 'Pc']))),
        ('wordsAlone', 'What `\\w` takes outside brackets besides (Oniguruma treats the first 256 scalars on their own).', ranges(alone - onig)),
        ('rustWords', 'What `\\w` of added tokens and of the white space rule takes beyond that of the regular expressions.', ranges(word - onig)),
        ('han', '`\\p{Han}`', ranges(han))])
    canonical_text, canonical = decompositions('NFD', {})
    compatibility_text, _ = decompositions('NFKD', canonical)
    write('CanonicalData', 'Canonical decomposition and composition (NFD, NFC).', [
        ('decompositions', 'Scalars that decompose: gap to the one before, then the parts, in base 36.', canonical_text),
        ('compositions', 'Two scalars and what they compose to, in base 36.', compositions(canonical)),
        ('combiningClasses', 'The combining classes with their scalars, as ranges.', combining_classes())])
    write('CompatibilityData', 'Compatibility decomposition (NFKD) where it is not the canonical one.', [
        ('decompositions', 'As in `CanonicalData`.', compatibility_text)])
    print(len(text), len(digits), len(punctuation), len(spaces), len(han), len(onig), len(word), len(onig ^ word), len(canonical))
