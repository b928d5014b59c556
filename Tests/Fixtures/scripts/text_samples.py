"""Texts on which tokenizers like to differ; shared by the scripts that make the text fixtures."""
import random

SENTENCES = [
    "Hello world", " Hello world", "Hello  world", "hello\nworld", "Hello, world!", "The quick brown fox jumps over it.",
    "I'm you're we've she'll he'd don't it's", "I'M YOU'RE WE'VE SHE'LL HE'D DON'T IT'S", "'s't're've'm'll'd", "''s '' 't",
    "x's y'S z'ſ a'LL b'Ll c'rE", "!'s \"'t\" #'re", "o'clock rock'n'roll 'tis", "'", "''", "' ", " '", "'l", "'r", "'v", "'lx",
    "Führer", "naïve café déjà-vu", "nai\u0308ve cafe\u0301 de\u0301ja\u0300", "Ångström Å A\u030a", "\u212b \u2126 \u1e9b\u0323",
    "Привет, мир! Как дела?", "Γειά σου Κόσμε", "שלום עולם", "مرحبا بالعالم", "नमस्ते दुनिया", "สวัสดีชาวโลก", "こんにちは世界", "你好，世界！",
    "안녕하세요 세계", "\u1112\u1161\u11ab\u1100\u1173\u11af", "ជំរាបសួរ", "გამარჯობა", "Բարեւ աշխարհ", "ሰላም ልዑል", "ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ",
    "Tiếng Việt có dấu", "ﬁ ﬂ ﬀ ſ ß ẞ", "𝒳𝔸𝟘 𝟙𝟚", "x² ³ ¼½¾ Ⅷ ⅸ ① ㊿ ٣٤٥ १२३ 四", "🚀🚀🚀", "🚀 (normal) 😶‍🌫️ (multiple emojis)", "👩‍👩‍👧‍👦 🇩🇪🇫🇷 👍🏽",
    "\U0001f600\ufe0f\u200d\u20e3", "e\u200bf\u200cg\u200dh\ufeffi", "\u202eabc\u202c", "\u00a0x\u00a0\u00a0y", "\u2003a\u3000b\u2028c\u2029d\u0085e",
    "3", "33", "333", "3333", "33333", "333333333", "3.14 1,000,000 1e-5 0xFF", "a1b22c333 4d", " 1  2   3    4", "12:34:56 2024-01-31",
    "$5 €6 £7 50% #8 @9", "1st 2nd 3rd 4th", "(1)[2]{3}<4>", "-1 +2 *3 /4 =5", "v1.2.3-beta+45",
    "int main(void) { return 0; }", "def f(x):\n    return x**2\n", "for i in range(10):\n\tprint(i)\n", "\tif (a && b) {\r\n\t\tc();\r\n\t}\r\n",
    "<html><body class=\"x\">&nbsp;</body></html>", "SELECT * FROM t WHERE a='b';", "https://example.org/a?b=c&d=%20#e", "C:\\dir\\file.txt",
    "a\r\nb", "a\rb", "a\n\rb", "a\r\n\r\nb", "a \r\n b", "a\n\n\nb", "a \n \n b", "\n", "\r\n", "\n\n", "\r", "\t", "\t\t", " ", "  ", "   ", "    ",
    " \n", "\n ", " \n ", "  \n  \n  ", "\n \n", " \t \t", "a ", "a  ", " a", "  a", "   a", "a   b", "a\t\tb", "a\t b", "a \tb", "a\u00a0 b", "a \u00a0b",
    "a" * 40, "A" * 70, " " * 65 + "x", "=" * 90, "-" * 33 + ">", "ab" * 60, "\n" * 30, "0" * 50, "é" * 30, "你" * 30, "!?" * 30,
    "\x00", "a\x00b", "\x01\x02\x1b[0m", "\x7f\x80\x9f", "\ufffd\ufffe\uffff", "\U00010000\U0010ffff", "\ue000\uf8ff",
    "Question: What gas do plants take in?\nAnswer:", " carbon dioxide", "A. one\nB. two\nC. three\n\nAnswer:", "A chat USER: hi ASSISTANT: ",
    "The following are multiple choice questions about  abstract algebra.", "...", "…", "—–-", "“quoted” ‘text’ «guillemets»", "``code``", "~!@#$%^&*()_+`",
    "a_b_c __init__ snake_case camelCase", "mixed123text456", "ÀÉÎ ÕÜ", "ŁódźŻółć", "İstanbul ıI", "ǅ ǈ ǋ", "ªº", "ʰʲʷ ˈstɹɛs", "a̐éö̲", "\u0301x", " \u0301x",
    "क्षि", "ক্ষ", "\u1e0b\u0323 \u1e0d\u0307", "½cup 2½", "№ ™ © ®", "→⇒∀x∈ℝ: ∑∫√∞≠≤", "█▓▒░", "♠♥♦♣", "\u2588\ufe0e", "ｆｕｌｌ　ｗｉｄｔｈ １２３", "々〆ヶ",
]
SPECIAL = [
    "<|im_start|>user\nhi<|im_end|>\n", "<|im_end|>", "a<|im_end|>b", " <|im_end|> ", "<|im_start|><|im_start|>", "<|im_start|", "<<|im_start|>>",
    "<|endoftext|>x<|endoftext|>", "<repo_name>a<file_sep>b", "<issue_start><issue_comment><issue_closed>", "<|im_end |>", "<|IM_END|>",
]
ALPHABETS = [
    "abcdefghijklmnopqrstuvwxyz    ", "abc ABC 123 .,'\n", "'sStTrReEvVmMlLdD ", " \t\n\r\u00a0\u2003\u3000x1!", "0123456789 .,", "éèêëāñß ", "àèe\u0301\u0300\u0327 ",
    "абвгд жз", "אבגד هوز ", "你好世界的是 ", "あいうカタカナ", "한국어 ᄒ\u1161\u11ab", "🚀👍🏽👩\u200d🇩🇪😀 ", "नमस्ते क्षत्रिय", "{}()[]<>=+-*/&|;:\"'\\ \n\t", "٣١٢²½Ⅷ12 a",
]

def texts(random_count, seed=7):
    """The sentences, and random strings over alphabets and over all of Unicode."""
    r = random.Random(seed)
    result = SENTENCES + SPECIAL
    for i in range(random_count):
        kind = i % (len(ALPHABETS) + 3)
        length = r.choice([1, 2, 3, 5, 8, 13, 21, 34, 55])
        if kind < len(ALPHABETS):
            result.append(''.join(r.choice(ALPHABETS[kind]) for _ in range(length)))
        elif kind == len(ALPHABETS):
            result.append(''.join(r.choice(r.choice(ALPHABETS)) for _ in range(length)))
        elif kind == len(ALPHABETS) + 1:
            result.append(''.join(chr(r.choice([r.randrange(0xD800), r.randrange(0xE000, 0x110000)])) for _ in range(length)))
        else:
            result.append(' '.join(r.choice(SENTENCES + SPECIAL) for _ in range(1 + length // 10)))
    return result
