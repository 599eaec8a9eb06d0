#!/usr/bin/env python3
"""Writes chat_cases.txt, what jinja2 (3.1) renders, for the tests of runtime/text/ChatTemplate.

    make_chat_goldens.py [MODEL.gguf]
    make_chat_goldens.py --random COUNT FILE    writes as many random expressions, for LONGC_CHAT_CASES

jinja2 is set up as Hugging Face transformers does: the immutable sandbox, trim_blocks, lstrip_blocks, loop controls,
`generation` blocks, their tojson, raise_exception and strftime_now. With a model file of SmolLM2 the script also checks
that chat_templates/smollm2.jinja renders like the template in the file.

A case is one line of fields with tabs between (line breaks, tabs and backslashes escaped): "file" or "text", the name
of a template in chat_templates or a template itself, "1" if a generation prompt is wanted, the number of messages, role
and content of each, the number of further variables, name and value of each, "ok", "syntax", "raised" or "error", and
what is rendered, or the message raised.
"""
import copy
import json
import os
import random
import sys
from datetime import datetime

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from chat_snippets import ATOM_NAMES, BROKEN, SNIPPETS, random_expression

HERE = os.path.dirname(os.path.abspath(__file__))


class GenerationBlock(jinja2.ext.Extension):
    """{% generation %} … {% endgeneration %}: what is inside, printed."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("print_inside"), [], [], body).set_lineno(line)

    def print_inside(self, caller):
        return caller()


class Raised(jinja2.exceptions.TemplateError):
    pass


def raise_exception(message):
    raise Raised(message)


def to_json(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def environment():
    env = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[GenerationBlock, jinja2.ext.loopcontrols]
    )
    env.filters["tojson"] = to_json
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = lambda pattern: datetime.now().strftime(pattern)
    return env


def render(source, messages, prompt, extra):
    """(status, text) of one case."""
    try:
        template = environment().from_string(source)
    except jinja2.exceptions.TemplateSyntaxError as error:
        return ("error", "") if "No filter" in str(error) or "No test" in str(error) else ("syntax", "")
    except SyntaxError:  # Python's own, of the code that jinja2 makes: `break` outside a loop
        return "syntax", ""
    try:
        messages = copy.deepcopy(messages)  # jinja2's indent changes a list it is applied to
        text = template.render(messages=messages, tools=None, documents=None, add_generation_prompt=prompt, **extra)
        return "ok", text
    except Raised as error:
        return "raised", str(error)
    except Exception:
        return "error", ""


def escape(field):
    return field.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")


def turns(*pairs):
    return [{"role": role, "content": content} for role, content in pairs]


SHAPES = [
    turns(),
    turns(("user", "How many ships passed?")),
    turns(("system", "  Answer in one word.\n"), ("user", "How many ships passed?")),
    turns(("user", "Hello"), ("assistant", "  Hello, what can I do?  "), ("user", "Count the ships.")),
    turns(("system", "Be brief."), ("user", "Hi\nthere\n"), ("assistant", "Hi"), ("user", "Bye"), ("assistant", "Bye!")),
    turns(("assistant", "I speak first.")),
    turns(("user", "One"), ("user", "Two")),
    turns(("system", "Only this.")),
    turns(("user", "")),
    turns(("user", " \n\t spaces \u00a0\u3000 ")),
    turns(("user", "灯塔看守人 😀"), ("assistant", "そうですね。\n霧が出ると…"), ("user", "شكرا")),
    turns(("user", "{{ not.rendered }} {% if x %} <|im_end|>"), ("assistant", "\"quoted\" 'and' \\ back\\nslash"), ("user", "tab\there")),
    turns(("user", "Think"), ("assistant", "<think>\nTwelve and seven.\n</think>\n\nNineteen."), ("user", "Sure?"), ("assistant", "<think>again</think>Yes.")),
    turns(("user", "Look it up"), ("assistant", "looking"), ("tool", "12"), ("tool", "7"), ("assistant", "19"), ("user", "<tool_response>no</tool_response>")),
    turns(("system", "a"), ("user", "b"), ("system", "c"), ("user", "d")),
    turns(("comment", "skipped"), ("user", "kept"), ("stop", ""), ("user", "never seen")),
    turns(("narrator", "Once")),
    turns(("user", "line one\r\nline two\rline three\x0bfour\x85five\u2028six")),
]


def random_shapes(count):
    rng = random.Random(7)
    words = ["ship", " fog ", "\n", "bell\n\n", "12", "é", "灯", "😀", "'", '"', "\\", "</think>", "<think>", "{%", "{{", "\t", "  ", "ß", "Ж"]
    for _ in range(count):
        roles = rng.choice([["user", "assistant"], ["system", "user", "assistant"], ["user", "assistant", "tool", "system", "x"]])
        yield turns(*((rng.choice(roles), "".join(rng.choices(words, k=rng.randrange(6)))) for _ in range(rng.randrange(7))))


EXTRAS = [
    {"bos_token": "<s>", "eos_token": "</s>"},
    {},
    {"bos_token": "<|begin|>", "eos_token": "", "date_string": "24 Nov 2026", "enable_thinking": "no"},
]


def cases():
    folder = os.path.join(HERE, "chat_templates")
    for file in sorted(os.listdir(folder)):
        name = file.removesuffix(".jinja")
        source = open(os.path.join(folder, file), encoding="utf-8", newline="").read()
        for number, messages in enumerate(SHAPES + list(random_shapes(12))):
            for prompt in (False, True):
                yield "file", name, source, messages, prompt, EXTRAS[0]
            if number < 8:
                yield "file", name, source, messages, True, EXTRAS[1 + number % 2]
    messages = turns(("user", "Hi there"), ("assistant", "Hello"), ("user", "Bye"))
    for snippet in SNIPPETS + BROKEN:
        yield "text", snippet, snippet, messages, True, EXTRAS[0]


def write_cases(path, cases):
    counts = {}
    with open(path, "w", encoding="utf-8", newline="\n") as out:
        for kind, name, source, messages, prompt, extra in cases:
            status, text = render(source, messages, prompt, extra)
            if kind == "text" and (status == "syntax") != (name in BROKEN):
                sys.exit(f"snippet {name!r} gives {status}")
            fields = [kind, name, "1" if prompt else "0", str(len(messages))]
            fields += [part for message in messages for part in (message["role"], message["content"])]
            fields += [str(len(extra))] + [part for pair in extra.items() for part in pair]
            out.write("\t".join(escape(field) for field in fields + [status, text]) + "\n")
            counts[status] = counts.get(status, 0) + 1
    print(counts)


def random_cases(count):
    rng = random.Random(11)
    messages = turns(("user", "Hi there"), ("assistant", "Hello"), ("user", "Bye"))
    for _ in range(count):
        source = ATOM_NAMES + "{{ " + random_expression(rng, 4) + " }}"
        if render(source, messages, True, EXTRAS[0])[0] != "syntax":
            yield "text", source, source, messages, True, EXTRAS[0]


def check_smollm2(path):
    import gguf

    theirs = gguf.GGUFReader(path).fields["tokenizer.chat_template"].contents()
    ours = open(os.path.join(HERE, "chat_templates/smollm2.jinja"), encoding="utf-8").read()
    for messages in SHAPES + list(random_shapes(100)):
        for prompt in (False, True):
            if render(theirs, messages, prompt, {}) != render(ours, messages, prompt, {}):
                sys.exit(f"smollm2.jinja differs from the model's template on {messages}")
    print("smollm2.jinja renders like the model's template")


if len(sys.argv) == 4 and sys.argv[1] == "--random":
    write_cases(sys.argv[3], random_cases(int(sys.argv[2])))
else:
    if len(sys.argv) > 1:
        check_smollm2(sys.argv[1])
    write_cases(os.path.join(HERE, "chat_cases.txt"), cases())
