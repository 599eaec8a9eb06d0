#!/usr/bin/env python3
"""Writes case.txt, what test/runtime/python_text_test.cpp expects of upper, lower, title, capitalize and strip: Python's own.

A line is a text and its five results, in hex of UTF-8: every code point whose case is several characters or differs from
upper in a title, alone, behind and before letters; the small sigma that ends words; white space. The last line has, for each
of the five, FNV-1a (64 bits) over the results for each code point alone.
"""
import os

HERE = os.path.dirname(os.path.abspath(__file__))
METHODS = [str.upper, str.lower, str.title, str.capitalize, str.strip]
ALL = [chr(c) for c in range(1, 0x110000) if not 0xD800 <= c < 0xE000]
WORDS = ["ΟΔΥΣΣΕΥΣ", "ΑΣ ΒΣ.", "ΑΣ'Β", "Σ", "Σ1", "1Σ", "ΑΣ\u0301", "ΑΣ\u00ad.Β", "İSTANBUL ısı", "they're bill's friends", "straße ﬁn ŉ ǆ ǅ ǰ",
         "x1y éa ªb ⓐb", "ᾳ ᾼ ὒ", "hello-world\u00a0two\u2003three", "\u1e9e", "\U00010428\U00010400", ""]
SPACES = ["\t", "\x1c", "\x1f", "\x85", "\u00a0", "\u1680", "\u200b", "\u2028", "\u202f", "\u205f", "\u3000", "\ufeff", "\u180e"]


def special(c):
    return any(len(convert(c)) != 1 for convert in METHODS[:3]) or c.title() != c.upper()


def fnv(convert):
    value = 0xCBF29CE484222325
    for c in ALL:
        for byte in convert(c).encode():
            value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


texts = [text for c in ALL if special(c) for text in (c, "a" + c, c + "A b")] + WORDS
texts += [space + "x" + space for space in SPACES] + ["".join(SPACES) + "x" + "".join(reversed(SPACES))]
with open(os.path.join(HERE, "case.txt"), "w") as out:
    for text in texts:
        print(*(part.encode().hex() or "-" for part in [text] + [convert(text) for convert in METHODS]), file=out)
    print("all", *map(fnv, METHODS), file=out)
