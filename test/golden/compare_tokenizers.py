#!/usr/bin/env python3
"""Compares every kind of tokenizer with Hugging Face's library on about 5 MB of mixed text and many random strings; by hand.

    test/golden/compare_tokenizers.py FOLDER BUILD/test/runtime/hf_tokenizer_test [--strings 100000] [--tokenizer NAME=tokenizer.json]...

The kinds are those of tokenizer_kinds.py, trained here with larger vocabularies on the same text; --tokenizer adds a real one. The texts
are the King James Bible (Debian: bible-kjv), Python's library, translations of the programs that are installed (16 scripts) and emoji.
Prints for each kind how fast both are, one core, processor time.
"""
import argparse
import glob
import gettext
import os
import random
import re
import subprocess
import sys

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import tokenizer_kinds
from make_kind_goldens import text as pieces, write
from tokenizer_oracle import EMOJI, WORDS, random_strings
from tokenizers import Tokenizer

LANGUAGES = ["zh_CN", "ja", "ar", "ru", "ko", "hi", "th", "he", "el", "vi", "ta", "ka", "am", "de", "bn", "fa"]


def bible():
    shown = subprocess.run(["bible", "-f", "gen1:1-rev22:21"], capture_output=True, check=True).stdout.decode()
    return re.sub(r"(?m)^[0-9A-Za-z]+:\d+ ", "", shown)


def translations(language):
    lines = []
    for path in sorted(glob.glob(f"/usr/share/locale/{language}/LC_MESSAGES/*.mo")):
        with open(path, "rb") as file:
            try:
                lines += [text for text in gettext.GNUTranslations(file)._catalog.values() if isinstance(text, str)]
            except (UnicodeDecodeError, IndexError):  # files that are not as they should be
                continue
    return "\n".join(lines)


def emoji():
    rng = random.Random(3)
    return " ".join(rng.choice(EMOJI) * rng.choice((1, 1, 2, 3)) + rng.choice(WORDS) for _ in range(20000))


def texts(folder):
    """Paths of files: 1.5 MB of English, 1 MB of code, the rest in other scripts."""
    code = "".join(open(path, encoding="utf-8", errors="replace").read() for path in sorted(glob.glob("/usr/lib/python3*/*.py"))[:60])
    found = {"english": bible()[:1_500_000], "code": code[:1_000_000], "emoji": emoji()[:100_000]}
    found.update((language, translations(language)[:100_000]) for language in LANGUAGES)
    os.makedirs(folder, exist_ok=True)
    for name, text in found.items():
        with open(f"{folder}/{name}.txt", "w", encoding="utf-8", newline="") as out:
            out.write(text)
    print(f"{sum(len(text.encode()) for text in found.values()):,} bytes:", ", ".join(f"{k} {len(v.encode()):,}" for k, v in found.items()))
    return [f"{folder}/{name}.txt" for name in found]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("test")
    parser.add_argument("--strings", type=int, default=100_000)
    parser.add_argument("--kinds", nargs="*", help="of tokenizer_kinds.py; all")
    parser.add_argument("--tokenizer", action="append", default=[])
    given = parser.parse_args()
    paths = texts(given.folder + "/texts")
    tokenizer_kinds.TEXTS = [open(path, encoding="utf-8", newline="").read() for path in paths]
    tokenizer_kinds.SCALE = 16
    rng = random.Random(17)
    half = given.strings // 2
    strings = [pieces(rng) for _ in range(half)] + random_strings(given.strings - half, 6, ["<|begin|>", "<mask>"])
    kinds = {name: make for name, make in tokenizer_kinds.KINDS.items() if given.kinds is None or name in given.kinds}
    for name, path in (one.split("=") for one in given.tokenizer):
        kinds[name] = lambda path=path: plain(path)
    write(given.folder, strings, paths, kinds)
    return subprocess.run([given.test], env=dict(os.environ, LONGC_TOKENIZER_KINDS=given.folder)).returncode


def plain(path):
    tokenizer = Tokenizer.from_file(path)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


sys.exit(main())
