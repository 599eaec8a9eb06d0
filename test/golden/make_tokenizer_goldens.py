#!/usr/bin/env python3
"""Writes the goldens of the tokenizer tests with Hugging Face tokenizers (0.23.3) as the judge.

    make_tokenizer_goldens.py small                 trains a small BPE on TRAINING below and writes
                                                    tokenizer_small_vocabulary.txt and tokenizer_small_cases.txt
    make_tokenizer_goldens.py smollm2 MODEL.gguf    writes tokenizer_smollm2.txt
    make_tokenizer_goldens.py dump MODEL.gguf FILE  writes the vocabulary that LONGC_SMOLLM2_VOCAB names
    make_tokenizer_goldens.py check-classes         compares runtime/text/UnicodeTables.cpp with the installed
                                                    tokenizers for every code point

A case is one line: pre-tokenizer, UTF-8 text in hex ("-" for none), ids with special tokens parsed, ids without.
"""
import json
import os
import re
import sys

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

import tokenizer_oracle
from tokenizer_oracle import CONTROL, NORMAL, Oracle, Vocabulary

HERE = os.path.dirname(os.path.abspath(__file__))
SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|im_end|><pad>"]

TRAINING = """
The lighthouse keeper counted the ships that passed before dawn, and wrote each name into a book that nobody would read.
He didn't mind; it's the counting that keeps the night short, he'd say, and they're always late when the wind is north.
There were 12 ships on Monday, 7 on Tuesday and 103 in the whole of that cold, bright week of the year 1887.
When the fog came in, the bell rang every thirty seconds, and the keeper's daughter read aloud from her only novel.
for (int i = 0; i < count; ++i) { total += values[i]; }  // the sum of all values
def counted(ships):
    return sum(1 for ship in ships if ship.passed)
灯塔看守人在黎明前数着经过的船只，把每一个名字写进一本没有人会读的书里。他并不介意，数数让夜晚变得短一些。
星期一有十二艘船，星期二有七艘船，整个寒冷而明亮的星期里一共有一百零三艘船。
灯台守は夜明け前に通り過ぎる船を数え、誰も読まない本に一つ一つの名前を書きました。霧が出ると、鐘は三十秒ごとに鳴りました。
月曜日には十二隻、火曜日には七隻の船が通りました。娘はたった一冊の小説を声に出して読みました。
كان حارس المنارة يعد السفن التي تمر قبل الفجر ويكتب كل اسم في كتاب لن يقرأه أحد. لم يكن يمانع، فالعد يجعل الليل قصيرا.
مرت اثنتا عشرة سفينة يوم الاثنين وسبع سفن يوم الثلاثاء، ودق الجرس كل ثلاثين ثانية عندما جاء الضباب.
Смотритель маяка считал корабли, проходившие до рассвета, и записывал каждое имя в книгу, которую никто не прочтёт.
😀 😃 👍 👍🏽 ❤️ 🚢🚢 ⚓ 🌊🌊🌊
"""

HANDWRITTEN = [
    "", " ", "  ", "   ", "\n", "\n\n", " \n", "\n ", "\t", "\r\n", "a", " a", "  a", "a ", "a  ", "a  b", "a\nb", "a \n b", "a\n\n\nb",
    "Hello, world!", "hello   world", "  leading", "trailing  ", "\u00a0a", "\u00a0\u00a0a", "a\u3000b", "a\u3000\u3000b",
    "I'm you're we've he'll she'd it's don't", "'s't're've'm'll'd", "''s", " 's", "I'M YOU'RE", "'", "''", "'x", "'r", "'rE", "rock'n'roll", "l'été", "’s",
    "1", "12", "123", " 1", "  1", "   12", "a1b2", "1a", "x = 3.14;", "1,000,000", "2026-11-24", "²", "½", "٣٤٥", " ٣", "  ٣", "Ⅷ", "１２３", "\U00010d40", "\U00011de0", "!\U00011de0!", "  \U00011de0",
    "!", "!!", "!!!", " !", "  !!", "a!b", "a.b.c", "...", "--- ", "€5", "(a)", "<|", "<|im_start", "<|im_start|>", " <|im_start|> ", "<|im_end|><|im_end|><pad>", "<|im_end|><pa",
    "<|im_start|>user\nHow many ships?<|im_end|>\n<|im_start|>assistant\n", "<<|im_start|>>", "<|im_<|im_end|>", "<pad>",
    "灯塔", "灯塔看守人在黎明前", "一共有一百零三艘船。", "灯台守は夜明け前に", "霧が出ると、", "حارس المنارة", "كان حارس", "маяка считал", "é", "e\u0301", "한국어", "ไทย", "हिन्दी", "עברית",
    "😀", "👍🏽", "👨‍👩‍👧‍👦", "🇯🇵", "❤️", "a😀b", " 😀", "😀😀😀", "🚢🚢🚢🚢",
    "\x00", "\x00\x01", "a\x04b", "!\x04!", "\x04", "\x7f", "\x85", "\x1c", " \x1c", "\ufeff", "\ufffd", "\U0010ffff", "\U00040000", "a\u200bb", "a\u200db",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "ab" * 60, "=" * 100, "-" * 33, " " * 50, " " * 50 + "x", "\n" * 40, "\t" * 9 + "x", "counting" * 12, "灯" * 40,
    "for (int i = 0; i < count; ++i) {\n\ttotal += values[i];\n}\n", "def f(x):\n    return x\n", "https://example.org/a?b=c&d=%20#e", "C:\\dir\\file.txt", "snake_case camelCase kebab-case",
]


def train_small():
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = tokenizer_oracle.pre_tokenizer("smollm")
    size = len(SPECIALS) + len(alphabet) + 600
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=SPECIALS, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(TRAINING.split("\n"), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    merges = [" ".join(merge) for merge in model["merges"]]
    return Vocabulary("smollm", tokens, [CONTROL if token in SPECIALS else NORMAL for token in tokens], merges)


def write_cases(path, vocabulary, pres, strings):
    shown = lambda ids: ",".join(map(str, ids)) or "-"
    with open(path, "w", encoding="ascii", newline="\n") as out:
        for pre in pres:
            oracle = Oracle(vocabulary, pre)
            for text in strings:
                special, plain = oracle.encode(text, True), oracle.encode(text, False)
                plain_shown = "=" if plain == special else shown(plain)
                out.write(f"{pre} {text.encode().hex() or '-'} {shown(special)} {plain_shown}\n")


def write_small():
    vocabulary = train_small()
    vocabulary.write(os.path.join(HERE, "tokenizer_small_vocabulary.txt"))
    strings = HANDWRITTEN + tokenizer_oracle.random_strings(200, 1, vocabulary.specials())
    write_cases(os.path.join(HERE, "tokenizer_small_cases.txt"), vocabulary, ["smollm", "gpt-2"], strings)


def write_smollm2(gguf_path):
    vocabulary = Vocabulary.from_gguf(gguf_path)
    strings = HANDWRITTEN + [line for line in TRAINING.split("\n") if line] + [TRAINING]
    strings += tokenizer_oracle.random_strings(300, 2, vocabulary.specials())
    write_cases(os.path.join(HERE, "tokenizer_smollm2.txt"), vocabulary, [vocabulary.pre], strings)


def classes_of_table():
    source = open(os.path.join(HERE, "../../runtime/text/UnicodeTables.cpp"), encoding="utf-8").read()
    index, blocks = ([int(n, 0) for n in re.findall(r"(\w+),", body)] for body in re.findall(r"= \{(.*?)\};", source, re.S))
    end = int(re.search(r"unicodeTableEnd = (\w+);", source).group(1), 0)
    for code_point in range(0x110000):
        cell = index[code_point // 128] * 128 + code_point % 128 if code_point < end else -1
        yield blocks[cell // 16] >> cell % 16 * 4 & 7 if cell >= 0 else 0


def check_classes():
    byte_level, digits = pre_tokenizer_pair()
    pieces = lambda splitter, text: len(splitter.pre_tokenize_str(text))
    wrong = 0
    for code_point, ours in enumerate(classes_of_table()):
        if 0xD800 <= code_point < 0xE000:
            continue
        char = chr(code_point)
        if pieces(byte_level, "a" + char) == 1:
            theirs = 1
        elif pieces(byte_level, "1" + char) == 1:
            theirs = 2
        else:
            theirs = 3 if pieces(byte_level, "!" + char) == 2 else 0
        theirs |= 4 * (pieces(digits, "a" + char + "a") == 3)
        if ours != theirs:
            wrong += 1
            print(f"U+{code_point:04X}: table {ours}, tokenizers {theirs}")
    print(f"{wrong} code points differ")
    return wrong != 0


def pre_tokenizer_pair():
    return tokenizer_oracle.pre_tokenizer("gpt-2"), pre_tokenizers.Digits(individual_digits=True)


def main(arguments):
    if arguments == ["small"]:
        write_small()
    elif arguments == ["check-classes"]:
        return check_classes()
    elif len(arguments) == 2 and arguments[0] == "smollm2":
        write_smollm2(arguments[1])
    elif len(arguments) == 3 and arguments[0] == "dump":
        Vocabulary.from_gguf(arguments[1]).write(arguments[2])
    else:
        return __doc__


sys.exit(main(sys.argv[1:]))
