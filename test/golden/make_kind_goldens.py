#!/usr/bin/env python3
"""Writes tokenizers/KIND.json and KIND.txt, what test/runtime/hf_tokenizer_test.cpp expects; with Hugging Face as judge.

    make_kind_goldens.py

A case is the text in hex, its ids with control tokens found, its ids without, and the text of the first in hex.
"""
import os
import random
import time

from tokenizer_kinds import KINDS
from tokenizer_oracle import random_strings

HERE = os.path.dirname(os.path.abspath(__file__))
PIECES = ["mill wheel", "the flour", "flour", "<|begin|>", "<|end|>", "<mask>", "<think>", "<think", " ", "  ", "\n", "\r\n\n", "\t",
          "the", "The", "DON'T we'LL", "it's", "12345", "x=1;", "é", "e\u0301", "水", "風車", "😀", "\u2581", "\u017f", "'\u017f", "ß",
          "\u00a0", "\u3000", "\u2028", "...", "!\n", "\ufffd", "\U0001f9d1", "ﬃ", "Ⅷ", "٣", "½", "\x00", "_", "-", "<0x41>",
          "[MASK]", "[UNK]", "##s", "résumé", "İI", "ΑΣ", "\u1e9b\u0323", "a\u0345\u0301", "\u09c7\u09be", "각", "\u1100\u1161\u11a8", "Ａ１", "㌀", "\u00ad",
          "\u200b", "㐀", "x" * 101, "¿", "、", "\u0b92\u0bd7", "\U0001d15f"]
FURTHER = {"blanks": ["the\u180emill"]}  # texts of one kind: white space to PCRE2, and not to Rust


def text(rng):
    return "".join(rng.choice(PIECES) for _ in range(rng.randrange(0, 9)))


def ids(values):
    return ",".join(map(str, values)) or "-"


def case(tokenizer, text):
    answers = []
    for plain in (False, True):
        tokenizer.encode_special_tokens = plain
        answers.append(tokenizer.encode(text, add_special_tokens=False).ids)
    decoded = tokenizer.decode(answers[0], skip_special_tokens=False)
    return f"{text.encode().hex() or '-'} {ids(answers[0])} {'=' if answers[1] == answers[0] else ids(answers[1])} {decoded.encode().hex() or '-'}\n"


def write(folder, strings, files=(), kinds=KINDS):
    """Tokenizers, their answers, and with `files` what a whole file is and took (FOLDER/KIND.files)."""
    os.makedirs(folder, exist_ok=True)
    for name, make in kinds.items():
        tokenizer = make()
        tokenizer.save(f"{folder}/{name}.json")
        with open(f"{folder}/{name}.txt", "w", encoding="ascii", newline="\n") as out:
            for one in strings + FURTHER.get(name, []):
                try:
                    out.write(case(tokenizer, one))
                except BaseException as error:  # a token of spaces inside spaces that another took: the judge panics
                    assert type(error).__name__ == "PanicException", error
        with open(f"{folder}/{name}.files", "w", encoding="ascii", newline="\n") as out:
            for path in files:
                content = open(path, encoding="utf-8", newline="").read()
                tokenizer.encode_special_tokens = False
                start = time.process_time()
                found = tokenizer.encode(content, add_special_tokens=False).ids
                out.write(f"{os.path.abspath(path)} {time.process_time() - start} {ids(found)}\n")
        if not files:
            os.remove(f"{folder}/{name}.files")


def main():
    rng = random.Random(17)
    write(HERE + "/tokenizers", [text(rng) for _ in range(120)] + random_strings(60, 5, ["<|begin|>", "<mask>", "mill wheel"]))


if __name__ == "__main__":
    main()
