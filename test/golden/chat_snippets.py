"""Small templates, each for one thing the language has; make_chat_goldens.py renders them with jinja2."""

SNIPPETS = [
    # literals and printing
    "", "text", "{{ 1 }} {{ -1 }} {{ 1.0 }} {{ 1e20 }} {{ 1.5e-7 }} {{ 123456789.125 }} {{ 1e16 }} {{ 0.1 + 0.2 }} {{ 1_000 }}",
    "{{ true }} {{ True }} {{ false }} {{ none }} {{ None }}", "{{ 'a' 'b' \"c\" }}", r"{{ 'q\'q \" \\ \n \t \x41 \u00e9 \101 \q' }}",
    "{{ [1, 'a', [2.0, none]] }} {{ (1,) }} {{ (1, 2) }} {{ () }} {{ {'a': 1, 2: 'b'} }}", "{{ 1, 2 }}", "{{ ['it\\'s', '\"', 'both\\'\"', 'a\\nb\\\\'] }}",
    "{{ {'a': 1, 'a': 2} }}", "{{ [1, 2,] }} {{ {'a': 1,} }}", "{{ missing }}|{{ missing | length }}|{{ missing is defined }}", "{{ [missing] }}",
    # arithmetic
    "{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 // -2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 7 / 2 }} {{ 6 / 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ 2 ** 3 ** 2 }}",
    "{{ 7.5 // 2 }} {{ -7.5 % 2 }} {{ 7.5 % -2 }} {{ 1 + 2 * 3 - 4 }} {{ (1 + 2) * 3 }} {{ -2 ** 2 }} {{ 10 - 3 - 2 }} {{ 100 / 10 / 2 }}",
    "{{ true + 1 }} {{ true + true }} {{ 'ab' * 3 }} {{ 3 * 'ab' }} {{ [1] * 2 }} {{ 'a' * -1 }}|{{ 'a' + 'b' }} {{ [1] + [2] }} {{ (1,) + (2,) }}",
    "{{ 1 ~ 'a' ~ 2.0 ~ none ~ true ~ missing ~ [1] }}", "{{ 1 + 2 ~ 3 }} {{ 'a' ~ 1 + 2 }} {{ 2 * 3 ~ 4 }}", "{{ - 5 | abs }} {{ +3 }} {{ --3 }} {{ 5-3 }}",
    "{{ 1 / 0 }}", "{{ 1 % 0 }}", "{{ 1 // 0.0 }}", "{{ 'a' + 1 }}", "{{ 1 + 'a' }}", "{{ none + 1 }}", "{{ missing + 1 }}", "{{ [1] + (2,) }}", "{{ -'a' }}", "{{ {} + {} }}",
    # comparison and logic
    "{{ 1 < 2 }} {{ 2 <= 2 }} {{ 1 < 2 < 3 }} {{ 1 < 2 > 3 }} {{ 1 == 1.0 }} {{ true == 1 }} {{ 'a' < 'b' }} {{ 'a' == 1 }} {{ none == false }} {{ 'Z' < 'a' }} {{ 'é' > 'z' }}",
    "{{ [1, 2] == [1, 2] }} {{ [1] == (1,) }} {{ {'a': 1} == {'a': 1.0} }} {{ [1, 2] < [1, 3] }} {{ [1] < [1, 0] }} {{ missing == missing }} {{ missing == none }} {{ 1 != 2 != 1 }}",
    "{{ 'ell' in 'hello' }} {{ '' in 'a' }} {{ 1 in [1, 2] }} {{ 1 not in [1, 2] }} {{ 'a' in {'a': 1} }} {{ 'x' in missing }} {{ 'role' in messages[0] }} {{ not 1 in [2] }}",
    "{{ 1 and 0 }} {{ 1 or 0 }} {{ '' or 'x' }} {{ not '' }} {{ not 1 and 0 }} {{ [] and 1 }} {{ 0 or none }} {{ 1 and 2 and 3 }} {{ false or false or 'z' }} {{ not not 5 }}",
    "{{ 'a' if true else 'b' }} {{ 'a' if false }}| {{ 'a' if 0 else 'b' if 0 else 'c' }} {{ (1 if true else 2) + 1 }} {{ 1 if missing else 2 }}",
    "{{ 1 < 'a' }}", "{{ none < 1 }}", "{{ 1 in 'abc' }}", "{{ 1 in 5 }}", "{{ missing < 1 }}", "{{ {} < {} }}",
    # attributes, items, slices
    "{{ messages[0].role }} {{ messages[0]['role'] }} {{ messages[-1].content }} {{ messages.0.role }} {{ messages[0].nothing }}|{{ messages[9] }}|{{ messages[0]['nothing'] is defined }}",
    "{{ messages[9].role }}", "{{ messages[0].a.b }}", "{{ missing.a }}", "{{ missing['a'] }}", "{{ none.a }}|{{ 1.a }}", "{{ 5[0] }}|{{ none['a'] }}", "{{ {'items': 3}['items'] }} {{ {'get': 3}.get('get') }}",
    "{{ 'hello'[0] }} {{ 'hello'[-1] }} {{ 'hello'[9] }}| {{ 'hello'[1:3] }} {{ 'hello'[:-1] }} {{ 'hello'[::2] }} {{ 'hello'[::-1] }} {{ 'hello'[3:1] }}| {{ 'hello'[-3:] }} {{ 'hello'[4:0:-2] }} {{ 'hello'[:] }}",
    "{{ 'grüße 😀!'[3:7] }} {{ 'grüße 😀!'[-2] }} {{ 'grüße 😀!' | length }} {{ 'grüße 😀!' | reverse }}", "{{ [1, 2, 3, 4][1:-1] }} {{ [1, 2, 3, 4][::-2] }} {{ [1, 2, 3][5:] }} {{ (1, 2, 3)[1:] }} {{ [1, 2, 3][-100:100] }} {{ [1, 2, 3][none:2] }} {{ [1,2,3][100::-1] }}",
    "{{ [1, 2][::0] }}", "{{ messages[0][1:2] }}", "{{ add_generation_prompt[1:] }}", "{{ [1, 2]['a'] }}|{{ [1, 2]['a'] is defined }}", "{{ {1: 'a'}[1] }} {{ {1: 'a'}[true] }} {{ {'1': 'a'}[1] }}|", "{{ 'abc'['upper']() }}", "{{ messages[true].content }}",
    # methods
    "{{ ' a '.strip() }}|{{ ' a '.lstrip() }}|{{ ' a '.rstrip() }}|{{ 'xxaxx'.strip('x') }}|{{ 'abcab'.strip('ba') }}|{{ '\\n\\t a\\u00a0\\u3000'.strip() }}|{{ 'éaé'.strip('é') }}|{{ ''.strip() }}",
    "{{ 'a,b,c'.split(',') }} {{ ' a  b '.split() }} {{ 'a,b,c'.split(',', 1) }} {{ 'a b c'.split(none, 1) }} {{ ''.split() }} {{ ''.split(',') }} {{ 'abc'.split('') is defined }}", "{{ ' a b  c '.split(maxsplit=1) }} {{ 'a--b'.split('-') }} {{ ' a b '.split(' ', 0) }} {{ ' a b '.split(none, 0) }}",
    "{{ 'hello'.startswith('he') }} {{ 'hello'.endswith(('x', 'lo')) }} {{ 'hello'.startswith('') }} {{ 'hello'.find('l') }} {{ 'hello'.rfind('l') }} {{ 'hello'.find('z') }} {{ 'gräßl'.find('l') }} {{ 'hello'.count('l') }} {{ 'aé'.count('') }}",
    "{{ 'Hello World'.upper() }} {{ 'Hello World'.lower() }} {{ \"they're bill's friends\".title() }} {{ 'hELLO wORLD'.capitalize() }} {{ 'éàü ж Σ İ'.upper() }} {{ 'ÉÀÜ Ж'.lower() }} {{ 'éa 1b-c'.title() }}",
    "{{ 'aXbXc'.replace('X', '-') }} {{ 'aXbXc'.replace('X', '-', 1) }} {{ 'ab'.replace('', '-') }} {{ 'aaa'.replace('aa', 'b') }} {{ 'a'.replace('b', 'c') }} {{ ''.replace('', 'x') }} {{ 'ab'.replace('', '-', 2) }}",
    "{{ '-'.join(['a', 'b']) }} {{ ', '.join('abc') }} {{ 'a\\nb\\r\\nc'.splitlines() }} {{ 'a\\n'.splitlines() }} {{ ''.splitlines() }} {{ '12'.isdigit() }} {{ ''.isdigit() }} {{ ' \\n'.isspace() }}",
    "{{ 'prefix-x'.removeprefix('prefix-') }} {{ 'x.txt'.removesuffix('.txt') }} {{ 'x'.removesuffix('y') }}", "{{ {'a': 1}.get('a') }} {{ {'a': 1}.get('b') }} {{ {'a': 1}.get('b', 2) }} {{ {'a': 1, 'b': 2}.keys() | list }} {{ {'a': 1, 'b': 2}.values() | list }} {{ {'a': 1}.items() | list }}",
    "{{ 'a'.nosuch() }}", "{{ 'a'.join([1]) }}", "{{ ','.join(5) }}", "{{ 'a'.startswith(1) }}", "{{ [1].append(2) }}", "{{ {}.update({'a': 1}) }}", "{{ 'a'.__class__ }}", "{{ 'x'.upper(1) }}", "{{ 'a'.split(1) }}", "{{ 'a'.replace('b') }}",
    # filters
    "{{ '  a ' | trim }}| {{ 'xax' | trim('x') }} {{ 5 | trim }} {{ missing | trim }}|{{ none | trim }} {{ 'ab' | upper | lower | capitalize }} {{ 'HELLO wORLD-foo (bar)' | title }} {{ 'ab' | length }} {{ {'a': 1} | count }} {{ [] | length }}",
    "{{ missing | default('d') }} {{ missing | d }}| {{ '' | default('d') }}| {{ '' | default('d', true) }} {{ none | default('d') }} {{ none | default('d', boolean=true) }} {{ 0 | d(5, true) }} {{ messages[0].nothing | default('x') }}",
    "{{ [1, 2] | join }} {{ [1, 'a', none] | join(', ') }} {{ 'abc' | join('-') }} {{ messages | join('|', attribute='role') }} {{ {'a': 1, 'b': 2} | join }} {{ [] | join }}| {{ missing | join }}| {{ [1, 2] | join(d='+') }}",
    "{{ [3, 1] | first }} {{ [3, 1] | last }} {{ [] | first }}| {{ 'abc' | first }} {{ 'abc' | last }} {{ {'a': 1} | first }} {{ (1, 2) | list }} {{ 'abc' | list }} {{ {'a': 1} | list }} {{ missing | list }} {{ [1, 2, 3] | reverse | list }}",
    "{{ 'a b' | replace(' ', '_') }} {{ 'aaa' | replace('a', 'b', 2) }} {{ 5 | replace(5, 6) }} {{ 'x' | string }} {{ 5 | string + 'a' }} {{ [1] | string }} {{ '<b>' | safe }}",
    "{{ '42' | int }} {{ ' 42 ' | int }} {{ '4.9' | int }} {{ 'x' | int }} {{ 'x' | int(7) }} {{ 4.9 | int }} {{ -4.9 | int }} {{ none | int }} {{ true | int }} {{ '1.5' | float }} {{ 'x' | float }} {{ 3 | float }} {{ '1e3' | float }} {{ [] | int }} {{ missing | int(3) }}",
    "{{ -5 | abs }} {{ -5.5 | abs }} {{ 2.5 | round }} {{ 3.7 | round }} {{ 3.14159 | round(2) }} {{ 3.14159 | round(2, 'floor') }} {{ 3.2 | round(method='ceil') }} {{ 5 | round }} {{ -2.5 | round }}",
    "{{ {'b': 1, 'a': [1, 2.5, none, true, 'é\"\\n']} | tojson }} {{ [] | tojson }} {{ {} | tojson }} {{ 'a</b>' | tojson }} {{ {'b': 1, 'a': 2} | tojson(sort_keys=true) }} {{ 'é😀\\x7f' | tojson(ensure_ascii=true) }} {{ {1: 2, none: 3, true: 4, 1.5: 0} | tojson }}",
    "{{ {'a': [1, {'b': []}], 'c': {}} | tojson(indent=2) }}", "{{ [1, [2, 3]] | tojson(indent=0) }} {{ {'a': [1, 2]} | tojson(separators=(',', ':')) }} {{ {'a': [1, 2]} | tojson(indent='\\t') }}", "{{ '\\x00\\x1f\\b\\f/' | tojson }} {{ 1e100 | tojson }} {{ 0.1 | tojson }}",
    "{{ messages | map(attribute='role') | join(',') }} {{ ['a', 'b'] | map('upper') | list }} {{ [1, 2] | map('string') | join }} {{ [{'a': 1}, {}] | map(attribute='a', default=9) | list }} {{ [{'a': {'b': 5}}] | map(attribute='a.b') | list }} {{ [[1, 2], [3, 4]] | map('first') | list }} {{ [[1, 2]] | map(attribute=1) | list }}",
    "{{ [1, 2, 3, 4] | select('even') | list }} {{ [0, 1, ''] | select | list }} {{ [1, 2, 3] | reject('gt', 2) | list }} {{ messages | selectattr('role', 'eq', 'user') | map(attribute='content') | list }} {{ messages | rejectattr('role', 'equalto', 'user') | list | length }} {{ messages | selectattr('nothing') | list }} {{ messages | selectattr('content', 'in', ['Bye']) | list | length }}",
    "{{ [3, 1, 2] | sort }} {{ ['b', 'A', 'c'] | sort }} {{ ['b', 'A', 'c'] | sort(case_sensitive=true) }} {{ [3, 1, 2] | sort(reverse=true) }} {{ [{'n': 2, 'k': 'x'}, {'n': 1, 'k': 'y'}] | sort(attribute='n') | map(attribute='k') | join }} {{ {'b': 1, 'a': 2} | dictsort }} {{ {'b': 1, 'a': 2} | dictsort(by='value') }} {{ {'b': 1} | items | list }}",
    "{{ [1, 2, 1, 'a', 'A'] | unique | list }} {{ [3, 1, 2] | min }} {{ ['b', 'A'] | max }} {{ [1, 2] | sum }} {{ messages | map(attribute='role') | unique | list }} {{ [{'a': 1}, {'a': 2}] | sum(attribute='a') }} {{ [] | sum }} {{ [] | max }}|",
    "{{ 'a\\nb\\n\\nc' | indent }}|{{ 'a\\nb' | indent(2, true) }}|{{ 'a\\n\\nb' | indent(1, blank=true) }}|{{ 'a\\nb' | indent('> ') }}|{{ 'a\\nb\\n' | indent(2) }}|", "{{ messages[0] | attr('role') }}|{{ 'a' | upper ~ 'b' | upper }} {{ 'a' ~ 'b' | upper }} {{ ('a' ~ 'b') | upper }} {{ 'ab' | replace('a', 'x') | upper }}",
    "{{ 'a' | nosuchfilter }}", "{{ 1 | length }}", "{{ [1, 'a'] | sort }}", "{{ missing | tojson }}", "{{ 5 | join }}", "{{ 'a' | upper(1, 2) }}", "{{ 'a' | trim(nosuch=1) }}", "{{ none | list }}", "{{ 5 | first }}", "{{ [1] | map('nosuch') | list }}", "{{ ['a'] | sum }}", "{{ 'a' | abs }}",
    # tests
    "{{ 1 is defined }} {{ missing is undefined }} {{ missing is not defined }} {{ none is none }} {{ 1 is not none }} {{ 'a' is string }} {{ 1 is string }} {{ 1 is number }} {{ 1.5 is number }} {{ true is number }} {{ true is boolean }} {{ 1 is integer }} {{ true is integer }} {{ 1.0 is float }} {{ 'a' is number }}",
    "{{ {} is mapping }} {{ [] is mapping }} {{ [] is iterable }} {{ 'a' is iterable }} {{ 1 is iterable }} {{ {} is iterable }} {{ [] is sequence }} {{ 'a' is sequence }} {{ {} is sequence }} {{ none is iterable }} {{ missing is iterable }} {{ range is callable }} {{ 1 is callable }} {{ none is sequence }} {{ (1,) is sequence }}",
    "{{ 1 is equalto 1 }} {{ 1 is eq(2) }} {{ 1 is ne 2 }} {{ 1 is lt 2 }} {{ 1 is gt(2) }} {{ 2 is ge 2 }} {{ 2 is le 1 }} {{ 1 is in [1, 2] }} {{ 'a' is in 'abc' }} {{ 3 is not in [1] }} {{ 4 is divisibleby 2 }} {{ 3 is odd }} {{ 3 is even }} {{ -3 is odd }} {{ 'AB' is upper }} {{ 'ab' is lower }} {{ '1' is upper }} {{ true is true }} {{ 1 is true }} {{ false is false }}",
    "{{ 1 is number and 'a' is string }} {{ not 1 is string }} {{ 'a' is string or false }} {{ 1 is equalto 1 and 2 is equalto 2 }} {{ messages[0].role is equalto 'user' }} {{ 3 is equalto messages | length }} {{ 'yes' if 1 is odd else 'no' }} {{ messages is string }}", "{{ 1 is nosuchtest }}", "{{ 1 is divisibleby 0 }}", "{{ 'a' is odd }}", "{{ 1 is lt 'a' }}",
    # if, for, set
    "{% if 1 %}a{% elif 1 %}b{% else %}c{% endif %}{% if 0 %}a{% elif 1 %}b{% else %}c{% endif %}{% if 0 %}a{% elif 0 %}b{% else %}c{% endif %}{% if 0 %}a{% endif %}", "{% if messages %}x{% endif %}{% if missing %}y{% endif %}{% if not missing %}z{% endif %}",
    "{% for x in [1, 2, 3] %}{{ x }}{% if not loop.last %},{% endif %}{% endfor %}|{% for x in [] %}{{ x }}{% else %}none{% endfor %}|{% for c in 'abc' %}{{ c }}.{% endfor %}|{% for k in {'a': 1, 'b': 2} %}{{ k }}{% endfor %}|{% for x in missing %}x{% else %}e{% endfor %}",
    "{% for x in 'abcd' %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.cycle('o', 'e') }}{{ loop.previtem }}{{ loop.nextitem }}; {% endfor %}",
    "{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}={{ v }};{% endfor %}{% for a, b in [(1, 2), [3, 4]] %}{{ a + b }},{% endfor %}{% for (a, b) in [[1, 2]] %}{{ b }}{% endfor %}", "{% for a, b in [[1, 2, 3]] %}{% endfor %}", "{% for x in 5 %}{% endfor %}", "{% for x in none %}{% endfor %}",
    "{% for x in range(10) if x is odd %}{{ loop.index }}:{{ x }}/{{ loop.length }} {% endfor %}|{% for m in messages if m.role == 'user' %}{{ m.content }}{{ loop.last }}{% endfor %}|{% for x in [1, 2] if x > 5 %}{% else %}nothing{% endfor %}",
    "{% for x in [1, 2] %}{% for y in [3, 4] %}{{ loop.index }}{{ x }}{{ y }} {% endfor %}{{ loop.index }}{% endfor %}", "{% for x in range(3) %}{{ x }}{% endfor %} {{ range(5) | list }} {{ range(2, 5) | list }} {{ range(5, 0, -2) | list }} {{ range(0) | list }} {{ range(3, 1) | list }}", "{{ range(1, 2, 0) }}", "{{ range('a') }}",
    "{% for x in range(10) %}{% if x == 2 %}{% continue %}{% endif %}{% if x == 5 %}{% break %}{% endif %}{{ x }}{% endfor %}", "{% for x in [1, 2] %}{% for y in [1, 2, 3] %}{% if y == 2 %}{% break %}{% endif %}{{ x }}{{ y }} {% endfor %}{% endfor %}",
    "{% set x = 1 %}{% for i in [1, 2] %}{{ x }}{% set x = x + 1 %}{{ x }}{% endfor %}{{ x }}", "{% set x = 1 %}{% if true %}{% set x = 2 %}{% endif %}{{ x }}", "{% for i in [1] %}{% set y = 5 %}{% endfor %}{{ y }}|", "{% for i in [1, 2] %}{{ i }}{% endfor %}{{ i }}|", "{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set t = 1, 2 %}{{ t }}", "{% set a, b = [1] %}",
    "{% set ns = namespace(n=0) %}{% for i in range(4) %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }} {{ ns.nothing }}|{% set ns.new = 'x' %}{{ ns.new }}", "{% set ns = namespace({'a': 1}, b=2) %}{{ ns.a }}{{ ns.b }}", "{% set d = {} %}{% set d.x = 1 %}", "{% set nope.x = 1 %}", "{% set x %}a{{ 1 + 1 }}b{% endset %}[{{ x }}]{{ x | length }}", "{% set x %}  {% for i in [1, 2] %}{{ i }}{% endfor %}{% endset %}{{ x }}",
    "{% set messages = messages[1:] %}{{ messages | length }}", "{% if false %}{% set x = 1 %}{% endif %}{{ x is defined }}", "{% with a = 1, b = 2 %}{{ a }}{{ b }}{% set a = 5 %}{{ a }}{% endwith %}{{ a }}|", "{% with %}{% set q = 1 %}{{ q }}{% endwith %}{{ q }}|", "{% set a = 1 %}{% with a = 2, b = a %}{{ a }}{{ b }}{% endwith %}",
    "{% set loop = 5 %}{% for x in [1] %}{{ loop.index }}{% endfor %}{{ loop }}", "{% set range = 3 %}{{ range }}", "{% for role in messages | map(attribute='role') %}{{ role }} {% endfor %}", "{{ loop }}|", "{% for x in [] %}{% else %}{% set z = 1 %}{{ z }}{% endfor %}{{ z }}|",
    # macros
    "{% macro m(a, b=2, c='x') %}[{{ a }}{{ b }}{{ c }}]{% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(1, c='z') }}{{ m(b=5, a=4) }}{{ m() }}", "{% macro m(a) %}{{ a is defined }}{{ a | default('none given') }}{% endmacro %}{{ m() }} {{ m(none) }}", "{% macro m() %}{{ x }}{% endmacro %}{% set x = 1 %}{{ m() }}{% set x = 2 %}{{ m() }}",
    "{% macro m(n) %}{% if n > 0 %}{{ n }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(5) }}", "{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}", "{% macro m() %}{% set y = 1 %}{{ y }}{% endmacro %}{{ m() }}{{ y }}|", "{% macro m(x) %}{{ x }}{% endmacro %}{% for i in [1, 2] %}{{ m(i) }}{% endfor %}{{ m('a') | upper }}{{ m('a') ~ 'b' }}",
    "{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", "{% macro m(a) %}{% endmacro %}{{ m(z=1) }}", "{% macro m(a) %}{% endmacro %}{{ m(1, a=1) }}", "{{ nosuch() }}", "{{ 5() }}", "{{ 'a'() }}", "{% if true %}{% macro m() %}in if{% endmacro %}{% endif %}{{ m() }}", "{% macro a() %}A{{ b() }}{% endmacro %}{% macro b() %}B{% endmacro %}{{ a() }}",
    # white space
    "a\n", "a\n\n", "\n", "a\r\nb\rc", "  {% if true %}\n  x\n  {% endif %}\n", "a {% if true %} b {% endif %} c", "{% if true %}\n\nx{% endif %}\n\ny", "a  {%- if true -%}  b  {%- endif -%}  c", "  {{ 1 }}  \n  {{- 2 -}}  \n 3", "{# c #}\nx {# c #} y\n  {# c #}\nz", "a {#- c -#} b", "{{ '\n' }}|", "x\n  {%+ if true %}y{% endif +%}\nz", "\t{% set x = 1 %}\n{{ x }}", "  {# c #}  {% if true %}a{% endif %}\n", "{% if true %}   \n a{% endif %}", "x{% if true %}\n{% endif %}\ny", "a\n  \n  {%- if true %}b{% endif %}", "\u00a0{% if true %}a{% endif %}", "  {%- set a = 1 -%}  \n  {{ a }}", "{% raw %}{{ x }}{% endraw %}", "a {%- raw -%} {{ x }} {%- endraw -%} b", "{% raw %}\n  {% if %}\n  {% endraw %}\nx", "{{- ' a ' -}}", "{{ {'a': {'b': 1}}['a']['b'] }}", "{{ {'a': '}}'}.a }}", "{{ '{{ x }}' }}", "{{ \"%}\" }}{% set x = '%}' %}{{ x }}", "}} %} #} {", "{ { }", "{{'a'}}{{-'b'-}}", "{%if true%}a{%endif%}", "{% if true -%}\n a\n{%- endif %}\n", "{#\n multi\n line #}\nx", "{{\n1\n+\n2\n}}", "{% for x in [1, 2] %}\n{{ x }}\n{% endfor %}\nend",
    # what Hugging Face adds
    "{{ raise_exception('no') }}", "{% if messages | length > 2 %}{{ raise_exception('too many: ' ~ messages | length) }}{% endif %}", "{{ 'x' if true else raise_exception('not reached') }}", "{{ strftime_now is defined }} {{ tools is none }} {{ documents is defined }} {{ tools is defined }} {{ add_generation_prompt }}", "{% generation %}a{% set q = 1 %}{{ q }}{% endgeneration %}{{ q }}|", "{{ namespace(a=1).a }} {{ dict(a=1, b='x') }} {{ dict({'a': 1}, b=2) }}", "{{ strftime_now(5) }}", "{{ strftime_now('') }}|",
    "{% for m in messages %}{{ (m.role ~ ': ' ~ m.content) | trim }}{{ '\n' if not loop.last else '' }}{% endfor %}", "{{ bos_token }}{{ eos_token }}{{ unk_token }}|", "{{ messages[0] }}", "{{ messages | tojson }}", "{{ messages[0].items() | list }}", "{% for key in messages[0] %}{{ key }} {% endfor %}", "{{ messages[0]['content'].split(' ')[0].upper() }}", "{{ (messages | first).role }} {{ (messages | last)['content'] }} {{ messages[-2:] | map(attribute='role') | list }}",
]

# jinja2 refuses to compile these.
BROKEN = [
    "{{", "{{ 1", "{{ 'a }}", "{% if true %}", "{% endif %}", "{% if %}{% endif %}", "{{ }}", "{% for x %}{% endfor %}", "{% for x in [1] %}", "{{ 1 + }}", "{{ (1 }}", "{{ 1) }}", "{{ [1, 2 }}", "{{ {'a' 1} }}", "{{ {'a'} }}", "{# never closed", "{% set %}", "{% set 1 = 2 %}", "{% set x = %}", "{% nosuch %}", "{{ a b }}", "{{ a. }}", "{{ a | }}", "{{ a is }}", "{{ a[] | x( }}", "{% else %}", "{% if a %}{% else %}{% else %}{% endif %}", "{% macro %}{% endmacro %}", "{% macro m(a=1, b) %}{% endmacro %}", "{% raw %}x", "{{ 1 ? 2 }}", "{{ a ! b }}", "{{ @ }}", "{% break %}", "{% for true in x %}{% endfor %}", "{{ 'a' if }}", "{{ x is string is number }}", "{% set x %}", "{% with a %}{% endwith %}", "{{ (1, 2] }}", "{{ f(a=1, 2) }}", "{% if a = 1 %}{% endif %}", "{%", "{% if true }}", "{{ a %}", "{{ not }}", "{{ 1 in }}", "{% for x in %}{% endfor %}", "{% endfor %}", "{{ 05 }}",
]

# What random expressions are made of.
ATOMS = [
    "1", "0", "-3", "7", "2.5", "''", "'a'", "'Hello World'", "' x y '", "'é灯😀'", "'1'", "true", "false", "none", "missing", "[]", "[1, 2, 3]", "['b', 'A', 'c']",
    "(1, 2)", "{}", "{'a': 1, 'b': 'x'}", "messages", "messages[0]", "messages[0].role", "bos_token", "range(4) | list", "'a,b,,c'", "'x\\ny\\n'",
]
BINARY = ["+", "-", "*", "/", "//", "~", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or", "~", "=="]
FILTERS = [
    "trim", "upper", "lower", "title", "capitalize", "length", "string", "list", "first", "last", "join", "join('-')", "tojson", "int", "float", "abs", "default('d')", "default('d', true)",
    "replace('a', 'b')", "reverse | list", "sort", "unique | list", "sum", "min", "max", "round", "map('string') | list", "select | list", "items | list", "dictsort", "indent(2)", "map('upper') | join(',')",
    "selectattr('role') | list | length", "map(attribute='role') | join", "count", "reject('none') | list", "tojson(indent=1)",
]
TESTS = ["defined", "undefined", "none", "string", "number", "mapping", "iterable", "sequence", "boolean", "integer", "float", "odd", "even", "equalto 1", "in [1, 'a']", "true", "false", "lower", "upper", "divisibleby(2)", "lt 2", "ge 'a'"]
METHODS = [
    "strip()", "lstrip()", "rstrip()", "split()", "split(',')", "split('l', 1)", "upper()", "lower()", "title()", "capitalize()", "startswith('H')", "endswith('d')", "replace('l', 'L')", "find('o')", "count('l')",
    "splitlines()", "join(['x', 'y'])", "get('a')", "get('q', 5)", "items() | list", "keys() | list", "values() | list", "isdigit()", "removeprefix('He')", "a", "role", "nothing",
]
SUBSCRIPTS = ["[0]", "[-1]", "[5]", "['a']", "['role']", "[1:]", "[:-1]", "[::-1]", "[1:3]", "[::2]", "[-2:]"]


# Through names, so that jinja2 computes nothing when it compiles: there, errors are not errors.
ATOM_NAMES = "".join(f"{{% set a{i} = {atom} %}}" for i, atom in enumerate(ATOMS))


def random_expression(rng, depth):
    if depth == 0 or rng.random() < 0.15:
        return f"a{rng.randrange(len(ATOMS))}"
    inner = lambda: random_expression(rng, depth - 1)
    kind = rng.randrange(10)
    if kind <= 2:
        return f"({inner()} {rng.choice(BINARY)} {inner()})" if rng.random() < 0.6 else f"{inner()} {rng.choice(BINARY)} {inner()}"
    if kind <= 4:
        return f"({inner()}) | {rng.choice(FILTERS)}" if rng.random() < 0.7 else f"{inner()} | {rng.choice(FILTERS)}"
    if kind == 5:
        return f"(({inner()}) is {rng.choice(['', 'not '])}{rng.choice(TESTS)})"
    if kind == 6:
        return f"({inner()}).{rng.choice(METHODS)}"
    if kind == 7:
        return f"({inner()}){rng.choice(SUBSCRIPTS)}"
    if kind == 8:
        return rng.choice([f"({inner()} if {inner()} else {inner()})", f"(not {inner()})", f"(-{inner()})", f"({inner()} if {inner()})"])
    return rng.choice([f"[{inner()}, {inner()}]", f"({inner()},)", "{'k': " + inner() + "}", f"[{inner()}] + [{inner()}]"])
