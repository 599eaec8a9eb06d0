#!/usr/bin/env python3
"""Writes added_tokens.txt, what test/runtime/added_tokens_test.cpp expects, with Hugging Face tokenizers (0.23.3) as judge.

Random sets of added tokens that begin like each other, hold each other and strip spaces, over texts made of their
pieces. A set is a line `set`, then its tokens, one a line: flags (c control, w single word, l and r strip, - none) and
the text in hex. A case is the text in hex, then what is found in it when control tokens are parsed and when not:
begin.end.index, begin and end in bytes, "-" for nothing.
"""
import os
import random

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

HERE = os.path.dirname(os.path.abspath(__file__))
SETS, TEXTS = 24, 40
ALPHABET = sorted(pre_tokenizers.ByteLevel.alphabet())
PIECES = ["<", "<|", "|>", "<|end", "end", "<|end|>", "think", "</", ">", "ab", "abc", "b", "é", "水", " ", "  ", "\n", "\n\n", "=", "=="]
BETWEEN = [" ", "  ", "\t", "\n", "\u00a0", "\u3000", "\u2028", "\u200b", "x", "7", "_", "-", "é", "e\u0301", "\u0301", "\u200d", "ⓐ", "²", "Ⅷ", "水", "😀", "\x00"]


def random_tokens(rng):
    tokens, count = {}, rng.randrange(2, 9)
    while len(tokens) < count:
        text = "".join(rng.choice(PIECES) for _ in range(rng.choice((1, 1, 2, 3))))
        if text in ALPHABET:  # it would be the token of a byte
            continue
        odds = lambda share: rng.random() < share
        tokens[text] = AddedToken(text, special=odds(0.5), normalized=False, single_word=odds(0.3), lstrip=odds(0.3), rstrip=odds(0.3))
    return list(tokens.values())


def random_text(rng, tokens):
    parts = []
    for _ in range(rng.randrange(1, 14)):
        kind = rng.randrange(4)
        token = rng.choice(tokens).content
        parts.append((token, token, token[: rng.randrange(len(token) + 1)], rng.choice(BETWEEN) if rng.random() < 0.7 else rng.choice(PIECES))[kind])
    return "".join(parts)


def make(tokens):
    """Without merges every byte is an id below 256."""
    tokenizer = Tokenizer(models.BPE(vocab={letter: i for i, letter in enumerate(ALPHABET)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.add_tokens(tokens)
    return tokenizer


def found(tokenizer, text, parse_control):
    tokenizer.encode_special_tokens = not parse_control
    encoding = tokenizer.encode(text, add_special_tokens=False)
    byte = lambda character: len(text[:character].encode())
    return ",".join(f"{byte(begin)}.{byte(end)}.{id - 256}" for id, (begin, end) in zip(encoding.ids, encoding.offsets) if id >= 256) or "-"


def flags(token):
    return "".join(letter for letter, is_set in zip("cwlr", (token.special, token.single_word, token.lstrip, token.rstrip)) if is_set) or "-"


def main():
    rng = random.Random(11)
    with open(os.path.join(HERE, "added_tokens.txt"), "w", encoding="ascii", newline="\n") as out:
        for _ in range(SETS):
            tokens = random_tokens(rng)
            tokenizer = make(tokens)
            out.write("set\n")
            out.writelines(f"token {flags(token)} {token.content.encode().hex()}\n" for token in tokens)
            for _ in range(TEXTS):
                text = random_text(rng, tokens)
                if not text:
                    continue
                try:
                    answers = [found(tokenizer, text, True), found(tokenizer, text, False)]
                except BaseException as error:  # a token of spaces inside spaces that another took: the judge panics
                    assert type(error).__name__ == "PanicException", error
                    continue
                out.write(f"case {text.encode().hex()} {' '.join(answers)}\n")


main()
