"""Makes Tests/Fixtures/chat/cases.json: small templates, one for each thing the evaluator knows, and what jinja2 makes of
them in the environment of transformers' apply_chat_template; null where it refuses. Usage: jinja_cases.py (needs
transformers 5.23, jinja2 3.1.6)"""
import json, os
import jinja2, transformers
from transformers.utils.chat_template_utils import _compile_jinja_template

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'chat', 'cases.json')
VARIABLES = {
    "x": "Hello, World", "empty": "", "n": 7, "f": 2.5, "yes": True, "no": False, "nil": None,
    "words": ["pear", "Apple", "fig", "apple"], "numbers": [3, 1, 2, 3], "u": "  \u00dcber \u00df \u65e5\u672c e\u0301 \U0001f44d ",
    "d": {"b": 1, "A": [1, "two", None, True, 1.5], "c": {"k": "v"}, "items_": 0}, "lines": "one\n\n  two\r\nthree\u2028four",
    "messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "U"}, {"role": "assistant", "content": "A", "tool_calls": None}],
}
CASES = r'''
a{% if yes %}b{% endif %}c
{{ 1 }}
{%- if n > 5 and not no or nil %} yes {% else %} no {%- endif %} .
	{%+ if yes %}kept{% endif +%}
after
{# comment #}
text {#- stripped -#} more
{% raw %}{{ raw }}{% endraw %}|{%- raw -%}  {% x %}  {%- endraw -%}  |
{{- x -}}   tail
{{ '\n\t\\ \' \x41 \u00e9 \101 \q' }}{{ "double 'inside'" 'joined' }}
{{ 1_000 }} {{ 0x1f }} {{ 0b101 }} {{ 0o17 }} {{ 1e3 }} {{ 1.5e-7 }} {{ 1e16 }} {{ 123456789012345680.0 }} {{ 1e22 }} {{ 0.1 + 0.2 }} {{ -0.0 }}
{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % -3 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 10 }} {{ 2 ** -1 if no else 'x' }} {{ 7.5 // 2 }} {{ -7.5 % 2 }} {{ 2 ** 3 ** 2 }}
{{ -n }} {{ +n }} {{ -n | abs }} {{ - n ** 2 }} {{ not n }} {{ not not n }}
{{ 1 + 2 * 3 - 4 }} {{ (1 + 2) * 3 }} {{ 'a' ~ 1 ~ nil ~ yes ~ 1.0 }} {{ 'a' + 'b' * 3 }} {{ [1] + [2] }} {{ [0] * 3 }} {{ 3 * 'ab' }}
{{ 1 < 2 < 3 }} {{ 1 < 2 > 3 }} {{ 'a' < 'b' }} {{ [1, 2] < [1, 3] }} {{ 1 == 1.0 }} {{ True == 1 }} {{ '1' == 1 }} {{ nil == none }} {{ 1 != 2 }}
{{ 'ell' in x }} {{ 'z' not in x }} {{ 3 in numbers }} {{ 'b' in d }} {{ 1 in {1: 2} }} {{ 'a' in undefined_name }} {{ not 'a' in 'abc' }}
{{ x[0] }} {{ x[-1] }} {{ x[1:4] }} {{ x[::-1] }} {{ x[::2] }} {{ x[-5:] }} {{ x[:-5] }} {{ x[100:] }} {{ numbers[1:] }} {{ numbers[::-1] }} {{ words[-1:0:-2] }} {{ u[3:5] }}
{{ d.b }} {{ d['b'] }} {{ d.c.k }} {{ d['c']['k'] }} {{ d.A[1] }} {{ d.missing }}| {{ d['missing'] }}| {{ numbers[9] }}| {{ numbers.0 }}
{{ d.missing.deeper }}
{{ missing.deeper }}
{{ missing + 1 }}
{{ missing }}|{{ missing | default('dd') }} {{ empty | default('e', true) }} {{ nil | default('e') }} {{ empty or 'or' }} {{ missing is defined }} {{ d.missing is undefined }}
{{ 'yes' if yes else 'no' }} {{ 'yes' if no }}| {{ 1 if no else 2 if no else 3 }}
{{ [1, 'a', none, true, 1.5, [2], (3,), (4, 5), {'k': 'v', 'q': "it's"}, 'a"b\'c', '\n\x00\x7f'] }}
{{ {} }} {{ [] }} {{ () }} {{ {'a': 1, 'a': 2} }} {{ ['\u200b\xa0é'] }}
{% for i in numbers %}{{ loop.index }}/{{ loop.index0 }}/{{ loop.revindex }}/{{ loop.revindex0 }}/{{ loop.first }}/{{ loop.last }}/{{ loop.length }}/{{ loop.previtem }}/{{ loop.nextitem }}/{{ loop.depth }}={{ i }};{% endfor %}
{% for m in messages if m.role != 'system' %}{{ loop.index }}{{ m.role }}{% if not loop.last %},{% endif %}{% else %}none{% endfor %}
{% for m in messages if m.role == 'tool' %}x{% else %}none{% endfor %}
{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}{% for k in d %}{{ k }}{% endfor %}{% for c in 'abc' %}{{ c }}.{% endfor %}{% for k, v in d | items %}{{ k }}{% endfor %}
{% for i in range(3) %}{% for j in range(i) %}{{ loop.depth }}{{ i }}{{ j }} {% endfor %}{% endfor %}
{% for i in range(10) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 5 %}{% break %}{% endif %}{{ i }}{% endfor %}
{% for i in missing %}x{% else %}none{% endfor %}
{% for a, b in [(1, 2), (3, 4)] %}{{ a }}{{ b }}{% endfor %}{% for (a, (b, c)) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}
{% for a, b in [(1, 2, 3)] %}{% endfor %}
{% for i in 5 %}{% endfor %}
{% for i in range(3) %}{{ loop.cycle('a', 'b') }}{{ loop.changed(i // 2) }}{% endfor %}
{% set a = 1 %}{% for i in range(2) %}{{ a }}{% set a = a + 1 %}{{ a }}{% endfor %}{{ a }}
{% set ns = namespace(count=0, text='') %}{% for i in range(3) %}{% set ns.count = ns.count + i %}{% endfor %}{{ ns.count }}{{ ns.text }}{{ ns.missing }}
{% set ns = namespace() %}{% set ns._x = 1 %}
{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set t = 1, %}{{ t }}
{% set block %}in {{ n }}{% endset %}{{ block }}{% set up | upper | replace('I', '1') %}in it{% endset %}{{ up }}
{% set x.y = 1 %}
{% if no %}{% set z = 1 %}{% else %}{% set z = 2 %}{% endif %}{{ z }}
{% macro m(a, b=2, c='x') %}[{{ a }}{{ b }}{{ c }}{{ n }}]{% endmacro %}{{ m(1) }}{{ m(1, c='z') }}{{ m(a=9, b=8) }}{{ m() }}{{ m(1, 2, 3) | upper }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(b=2) }}
{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, k=3) }}
{% macro outer(t) %}<{{ caller(t) }}>{% endmacro %}{% call(v) outer('q') %}{{ v }}{{ n }}{% endcall %}
{% macro f(k) %}{% if k > 0 %}{{ k }}{{ f(k - 1) }}{% endif %}{% endmacro %}{{ f(5) }}
{% macro g() %}{{ later }}{% endmacro %}{% set later = 'now' %}{{ g() }}
{% with a = 1, b = n %}{{ a }}{{ b }}{% endwith %}{{ a }}
{% filter upper %}abc {{ x }}{% endfilter %}
{% generation %}said{% endgeneration %}
{% print x, n %}
{{ x | upper }} {{ x | lower }} {{ x | length }} {{ u | trim }}| {{ u | upper }} {{ u | lower }} {{ 'ΑΣ' | lower }} {{ 'straße' | upper }} {{ 'ǆx' | capitalize }} {{ "they're bill's-friends (ok)" | title }} {{ "they're bill" .title() }} {{ 'hELLO wORLD' | capitalize }}
{{ '--x--' | trim('-') }} {{ '  x ' | trim }}| {{ 5 | string + '1' }} {{ nil | string }} {{ [1] | string }}
{{ x | replace('l', 'L') }} {{ x | replace('l', 'L', 1) }} {{ x | replace('', '-') }} {{ 'abc' | first }} {{ numbers | last }} {{ [] | first }}| {{ 'abc' | list }} {{ d | list }} {{ 'abc' | reverse }} {{ numbers | reverse | list }}
{{ words | join(', ') }} {{ numbers | join }} {{ messages | join('-', attribute='role') }} {{ ['a', 1, none] | join('|') }}
{{ words | map('upper') | list }} {{ messages | map(attribute='role') | list }} {{ messages | map(attribute='tool_calls', default='D') | list }} {{ ['ab', 'c'] | map('length') | list }} {{ [' a '] | map('trim') | join }}
{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | first }} {{ messages | rejectattr('role', 'eq', 'user') | list | length }} {{ messages | selectattr('tool_calls', 'defined') | list | length }} {{ messages | selectattr('role', 'in', ['user', 'system']) | map(attribute='role') | join }} {{ messages | selectattr('tool_calls') | list }}
{{ numbers | select('odd') | list }} {{ numbers | reject('odd') | list }} {{ [0, 1, '', 'a'] | select | list }} {{ numbers | select('gt', 1) | list }}
{{ words | sort }} {{ words | sort(reverse=true) }} {{ words | sort(case_sensitive=true) }} {{ messages | sort(attribute='role') | map(attribute='role') | list }} {{ words | unique | list }} {{ numbers | unique | list }} {{ numbers | sort }} {{ numbers | min }} {{ numbers | max }} {{ words | max }} {{ numbers | sum }} {{ [[1], [2]] | sum(start=[]) }}
{{ d | dictsort }} {{ {'b': 2, 'a': 3} | dictsort(by='value') }} {{ {'b': 2, 'a': 3} | dictsort(reverse=true) }}
{{ d | tojson }} {{ d | tojson(indent=2) }} {{ u | tojson }} {{ u | tojson(ensure_ascii=true) }} {{ '\x00\x7f"\\/\b\f' | tojson }} {{ [] | tojson(indent=4) }} {{ {} | tojson }} {{ 1.0 | tojson }} {{ {1: none, true: 2.50} | tojson }} {{ {'b': 1, 'a': 2} | tojson(sort_keys=true, separators=(',', ':')) }} {{ '<&>' | tojson }}
{{ missing | tojson }}
{{ lines | indent }}|{{ lines | indent(2, true) }}|{{ lines | indent(width=3, blank=true) }}|{{ 'a\nb' | indent('> ') }}
{{ '42' | int }} {{ 'x' | int }} {{ '3.9' | int }} {{ 'x' | int(default=5) }} {{ 'ff' | int(base=16) }} {{ 3.9 | int }} {{ '2.5' | float }} {{ 'x' | float }} {{ 7 | float }} {{ -3 | abs }} {{ yes | int }}
{{ 2.5 | round }} {{ 3.5 | round }} {{ 2.675 | round(2) }} {{ 7 | round }} {{ 2.1 | round(method='ceil') }} {{ 2.19 | round(1, 'floor') }}
{{ [1, 2, 3, 4, 5] | batch(2) | list }} {{ [1, 2, 3] | batch(2, 'x') | list }} {{ '%s-%d' | format('a', 3) }} {{ '%5.2f|%-5s|%05d|%x|%%' % (3.14159, 'ab', 42, 255) }} {{ '%s' % 'one' }} {{ 'x' | center(5) }}| {{ '<a href="x">' | escape }} {{ 'a b  c' | wordcount }}
{% for g in messages | groupby('role') %}{{ g[0] }}:{{ g[1] | length }};{% endfor %}
{{ x.upper() }} {{ x.lower() }} {{ x.split(', ') }} {{ x.split() }} {{ ' a  b '.split() }} {{ 'a,b,c'.split(',', 1) }} {{ 'a,b,c'.rsplit(',', 1) }} {{ 'a b c'.split(none, 1) }} {{ ''.split() }} {{ ''.split(',') }} {{ x.startswith('He') }} {{ x.endswith(('d', 'z')) }} {{ x.replace('o', '0', 1) }} {{ x.find('o') }} {{ x.rfind('o') }} {{ x.find('zz') }} {{ x.count('l') }} {{ x.index('W') }}
{{ u.strip() }}| {{ u.lstrip() }}| {{ u.rstrip() }}| {{ 'xxaxx'.strip('x') }} {{ 'abcb'.rstrip('bc') }} {{ 'éab'.find('b') }} {{ 'a-b'.partition('-') }} {{ 'ab'.rpartition('-') }} {{ '7'.zfill(3) }} {{ '-7'.zfill(4) }} {{ 'a'.ljust(3) }}| {{ 'a'.rjust(3) }} {{ 'ab'.center(5) }}| {{ 'abc'.center(6) }}|
{{ ', '.join(words) }} {{ '{} {}'.format(1, 'b') }} {{ '{1}{0}'.format('a', 'b') }} {{ '{k}'.format(k=3) }} {{ '{{}}'.format() }} {{ 'ab'.isalpha() }} {{ '12'.isdigit() }} {{ 'a1'.isalnum() }} {{ ' '.isspace() }} {{ 'AB'.isupper() }} {{ 'ab'.islower() }} {{ 'aB'.swapcase() }} {{ 'abc'.removeprefix('a') }} {{ 'abc'.removesuffix('c') }} {{ lines.splitlines() }} {{ 'a\nb\n'.splitlines(true) }}
{{ d.items() | list }} {{ d.keys() | list }} {{ d.values() | list }} {{ d.get('b') }} {{ d.get('z') }} {{ d.get('z', 5) }} {{ numbers.index(2) }} {{ numbers.count(3) }}
{{ numbers.append(4) }}
{{ d.update({}) }}
{{ x is string }} {{ n is number }} {{ yes is number }} {{ n is integer }} {{ yes is integer }} {{ f is float }} {{ yes is boolean }} {{ nil is none }} {{ d is mapping }} {{ words is sequence }} {{ x is sequence }} {{ d is sequence }} {{ words is iterable }} {{ n is iterable }} {{ missing is iterable }} {{ missing is sequence }} {{ yes is true }} {{ 1 is true }} {{ no is false }} {{ range is callable }}
{{ 3 is odd }} {{ 3 is even }} {{ 9 is divisibleby 3 }} {{ 9 is divisibleby(2) }} {{ 1 is eq 1 }} {{ 1 is not equalto 2 }} {{ 1 is in [1] }} {{ 'a' is not in ['b'] }} {{ 'a' is lower }} {{ 'A' is upper }} {{ nil is sameas none }} {{ 2 is ge 2 }} {{ 2 is lessthan 3 }} {{ n is not none and n is not string }} {{ 'upper' is filter }} {{ 'odd' is test }}
{{ range(3) | list }} {{ range(1, 7, 2) | list }} {{ range(5, 0, -2) | list }} {{ dict(a=1, b=2) }} {{ dict({'a': 1}, b=3) }} {{ range(0) | list }} {{ range(3, 1) | list }}
{{ range(1000000) }}
{{ raise_exception('no') }}
{{ m(*[1], **{'b': 2}) if m is defined else 'no m' }}{% macro p(a, b) %}{{ a }}{{ b }}{% endmacro %}{{ p(*[1], **{'b': 2}) }}
{{ 1 // 0 }}
{{ x | nosuchfilter }}
{{ x is nosuchtest }}
{{ 'a' + 1 }}
{{ 1 < 'a' }}
{{ n() }}
{% if no %}{{ raise_exception('no') }}{% endif %}fine
{% if no %}{{ x.nosuch.deeper }}{% endif %}fine
{{ [1, 2, 3][1] }} {{ {'a': [1]}['a'][0] }} {{ 'abc'[1] }} {{ (1, 2)[0] }} {{ {'a': 1}.a }} {{ "a b".split(' ')[1].upper()[0] }}
{{ {'a': {'b': {'c': 1}}}.a.b.c }}{{ {"x": {}} }}
{{ (x | length) > 5 }} {{ x | length > 5 }} {{ -1 | abs }} {{ 'a' in words | join }} {{ 2 if x | length > 3 else 4 }}
{% if messages[0]['role'] == 'system' %}{% set system = messages[0]['content'] %}{% set rest = messages[1:] %}{% endif %}{{ system }}{{ rest | length }}{{ messages[0].content.split('x')[-1].lstrip('\n') }}
{{ d.items_ }} {{ d.items is callable }} {{ messages[2].tool_calls is none }} {{ messages[2]['tool_calls'] is defined }} {{ messages[0].get('name', 'unnamed') }}
{% for m in messages %}{% if loop.last or loop.nextitem.role != m.role %}{{ m.role }}{% endif %}{% endfor %}
{% unknown %}
{% if yes %}
{{ x
{{ (1 }}
{{ 'open }}
{# open
{% for x y %}{% endfor %}
{{ a b }}
{{ 1 + }}
{% endif %}
{% break %}
{{ "a" if }}
'''

def cases():
    for line in CASES.strip('\n').split('\n'):
        yield line
    yield '  {% if yes %}  \n  a\n  {% endif %}  \n b\n'
    yield '{%- for message in messages -%}\n    {%- if message["role"] == "user" -%}\n        {{ "<|user|>\\n" + message["content"] | trim + "\\n" }}\n    {%- else %}\n    kept {{ message.role }}\n\n    {% endif -%}\n{%- endfor %}\n\n'
    yield 'line\r\n{% if yes %}\r\nx\r\n{% endif %}\rend\r\n'
    yield '\u00a0 {%- if yes -%} \u2003a\u3000{%- endif %}\n\n'
    yield '{% set s = "a\nb" %}{{ s }}\n{#- c\n -#}\n x'
    yield '{% raw %}\n {{ a }}\n {% endraw %}\n b'
    yield '{%\n set\n a\n =\n 1\n %}{{\n a\n }}'

def rendered(source):
    try: return _compile_jinja_template(source).render(**VARIABLES)
    except Exception as error: return None

def main():
    results = [[source, rendered(source)] for source in cases()]
    with open(OUT, 'w') as f:
        json.dump({"made_with": f"jinja2 {jinja2.__version__}, transformers {transformers.__version__}",
                   "variables": VARIABLES, "cases": results}, f, ensure_ascii=True, indent=0)
        f.write('\n')
    print(len(results), "cases,", sum(r is None for _, r in results), "refused")
    for s, r in results:
        if r is None: print("   refused:", s[:110].replace('\n', ' '))

if __name__ == '__main__': main()
