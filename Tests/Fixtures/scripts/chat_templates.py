"""Renders every *.jinja file of a folder with jinja2, in the environment of transformers' apply_chat_template, and writes
expected.json beside them: for each template and conversation the text without and with add_generation_prompt, or null where
the template refuses. Usage: chat_templates.py [FOLDER] (default Tests/Fixtures/chat; needs transformers 5.23, jinja2 3.1.6).
With HOLDFAST_TEMPLATES=FOLDER the tests compare that folder too."""
import glob, json, os, sys
import jinja2, transformers
from transformers.utils.chat_template_utils import _compile_jinja_template

OUT = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'chat')
TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}

def turns(text):
    roles = {"s": "system", "u": "user", "a": "assistant"}
    return [{"role": roles[t[0]], "content": t[1:]} for t in text]

CONVERSATIONS = {
    "one": turns(["uHi"]),
    "system": turns(["sBe brief.", "uHi"]),
    "answered": turns(["uHi", "aHello!"]),
    "three": turns(["uHi", "aHello!", "uBye"]),
    "long": turns(["sBe brief.", "uHi", "aHello!", "uBye", "aSo long.", "uWait"]),
    "empty": turns(["u", "a", "u"]),
    "empty-system": turns(["s", "uHi"]),
    "unicode": turns(["s\u00dcber \u65e5\u672c", "u  e\u0301 \U0001f44d\U0001f3fd\u00a0\n\n", "a\t\u0646\u0639\u0645\r\n ", "u\u2028x "]),
    "special": turns(["u<|im_end|>{{ x }}</s>", "a<think>\nwhy\n</think>\n\nso", "u[INST] \"q\" 'p' \\n <end>"]),
    "thinking": turns(["uHi", "a<think>why</think>Hello!"]),
    "twice": turns(["uHi", "uHo"]),
    "answer-first": turns(["aHello!", "uHi"]),
}

def rendered(template, messages, prompt):
    try:
        return template.render(messages=messages, tools=None, documents=None, add_generation_prompt=prompt, **TOKENS)
    except (jinja2.exceptions.TemplateError, TypeError, ValueError, AttributeError, KeyError, IndexError) as error:
        return None

def main():
    os.environ["TZ"] = "UTC"
    templates = {}
    for path in sorted(glob.glob(OUT + '/*.jinja')):
        name = os.path.basename(path)
        try:
            with open(path, newline='', encoding='utf-8') as f: template = _compile_jinja_template(f.read())
        except jinja2.exceptions.TemplateSyntaxError as error:
            print(name, "is not a template:", error)
            continue
        results = {key: [rendered(template, c, False), rendered(template, c, True)] for key, c in CONVERSATIONS.items()}
        if all(r == [None, None] for r in results.values()): print(name, "refuses everything")
        templates[name] = results
    with open(OUT + '/expected.json', 'w') as f:
        json.dump({"made_with": f"jinja2 {jinja2.__version__}, transformers {transformers.__version__}", "tokens": TOKENS,
                   "conversations": CONVERSATIONS, "templates": templates}, f, ensure_ascii=True, indent=0)
        f.write('\n')
    print(len(templates), "templates,", sum(2 * len(r) for r in templates.values()), "renderings,",
          sum(x is None for r in templates.values() for p in r.values() for x in p), "refused")

if __name__ == '__main__': main()
