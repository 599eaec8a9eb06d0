#!/usr/bin/env python3
"""Compares longc's tokenizer with Hugging Face tokenizers on SmolLM2's vocabulary: ids, decoding, speed.

    bench/tokenizer_compare.py MODEL.gguf build/test/runtime/tokenizer_full_test [REPORT]

Needs the Python packages tokenizers and gguf, and the Debian packages bible-kjv, jargon-text, manpages-zh,
manpages-ja and iso-codes, whose texts it reads. About 5 MB of English, code, Chinese, Japanese, Arabic, other scripts
and emoji; 100,000 random strings, with special tokens parsed and not; 20,000 random id sequences decoded. One core.
"""
import datetime
import gettext
import glob
import gzip
import os
import platform
import random
import re
import struct
import subprocess
import sys
import tempfile
import time

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path.insert(0, os.path.join(ROOT, "test/golden"))

import tokenizers
from tokenizer_oracle import EMOJI, WORDS, Oracle, Vocabulary, random_strings

RANDOM_STRINGS, RANDOM_ID_SEQUENCES = 100_000, 20_000


def read(path):
    data = gzip.open(path).read() if path.endswith(".gz") else open(path, "rb").read()
    return data.decode("utf-8", errors="replace")


def files(pattern, limit):
    """Texts of the files that match, in order of their names, until they have `limit` bytes together."""
    texts, size = [], 0
    for path in sorted(glob.glob(pattern)):
        if size >= limit or not os.path.isfile(path):
            continue
        texts.append(read(path)[: limit - size])
        size += len(texts[-1].encode())
    if size < limit // 4:
        sys.exit(f"{pattern}: {size} bytes, expected about {limit}; is its Debian package installed?")
    return texts


def translations(languages, limit, catalogs="iso_*"):
    texts = []
    for language in languages:
        paths = sorted(glob.glob(f"/usr/share/locale/{language}/LC_MESSAGES/{catalogs}.mo"))
        lines = [text for path in paths for text in gettext.GNUTranslations(open(path, "rb"))._catalog.values()]
        texts.append("\n".join(text for text in lines if isinstance(text, str))[:limit])
    if not all(texts):
        sys.exit(f"no translations for {languages}; is iso-codes installed?")
    return texts


def bible(limit):
    shown = subprocess.run(["bible", "-f", "gen1:1-rev22:21"], capture_output=True, check=True).stdout.decode()
    return [re.sub(r"(?m)^[0-9A-Za-z]+:\d+ ", "", shown)[:limit]]


def emoji_text(limit):
    rng = random.Random(3)
    pieces = []
    while sum(map(len, pieces)) < limit // 3:
        pieces.append(rng.choice(EMOJI) * rng.choice((1, 1, 2, 3)) if rng.random() < 0.4 else chr(rng.randrange(0x1F300, 0x1FAFF)))
        pieces.append(rng.choice(["", " ", " " + rng.choice(WORDS) + " "]))
    return ["".join(pieces)]


def mixed_texts():
    return {
        "English": bible(900_000) + files("/usr/share/doc/jargon-text/jargon.txt.gz", 600_000),
        "code": files("/usr/lib/python3.11/*.py", 700_000) + files("/usr/include/*.h", 300_000),
        "Chinese": files("/usr/share/man/zh_CN/man[1-7]/*", 800_000),
        "Japanese": files("/usr/share/man/ja/man[1-7]/*", 800_000),
        "Arabic": translations(["ar"], 250_000, "*"),
        "other": translations(["ru", "ko", "hi", "th", "he", "el", "ta", "ka", "am"], 90_000),
        "emoji": emoji_text(100_000),
    }


def with_length(data, count):
    return struct.pack("<I", count) + data


def text_record(text):
    return with_length(text.encode(), len(text.encode()))


def ids_record(ids):
    return with_length(struct.pack(f"<{len(ids)}i", *ids), len(ids))


def seconds(run):
    start = time.process_time()  # CPU time: others may use the machine
    run()
    return time.process_time() - start


def write_texts(path, oracle, kinds):
    """Writes the mixed text with its ids; returns the judge's seconds by kind, best of three."""
    times = {}
    with open(path, "wb") as out:
        for kind, texts in kinds.items():
            for text in texts:
                out.write(text_record(text) + ids_record(oracle.encode(text)))
            times[kind] = min(seconds(lambda: [oracle.encode(text) for text in texts]) for _ in range(3))
    return times


def write_random(path, oracle, specials):
    with open(path, "wb") as out:
        for text in random_strings(RANDOM_STRINGS, 4, specials):
            out.write(text_record(text) + ids_record(oracle.encode(text)) + ids_record(oracle.encode(text, False)))


def write_decodings(path, oracle, size):
    rng = random.Random(5)
    with open(path, "wb") as out:
        for _ in range(RANDOM_ID_SEQUENCES):
            # Half of them out of the low ids, where single bytes and special tokens are.
            bound = rng.choice((size, 300))
            ids = [rng.randrange(bound) for _ in range(rng.randrange(1, 30))]
            out.write(ids_record(ids) + text_record(oracle.decode(ids)) + text_record(oracle.decode(ids, True)))


def cpu_name():
    names = re.findall(r"model name\s*: (.*)|cpu family\s*: (.*)", open("/proc/cpuinfo").read())
    family, model = next(f for _, f in names if f), next(m for m, _ in names if m)
    return f"{model} (family {family}), {os.cpu_count()} cores, Linux {platform.release()}"


def report(times, kinds, program_output, passed):
    sizes = {kind: sum(len(text.encode()) for text in texts) for kind, texts in kinds.items()}
    yield f"Tokenizer beside Hugging Face tokenizers {tokenizers.__version__}, SmolLM2's vocabulary"
    yield f"date     {datetime.date.today()}"
    yield f"cpu      {cpu_name()}, one core used by both, CPU time; load average {os.getloadavg()[0]:.1f}"
    yield "command  bench/tokenizer_compare.py MODEL.gguf build/test/runtime/tokenizer_full_test REPORT"
    yield f"result   {'0 differences' if passed else 'DIFFERENCES FOUND'}"
    yield ""
    yield "Mixed text, Hugging Face alone:"
    for kind in kinds:
        yield f"  {kind:9} {sizes[kind]:9,} bytes  {sizes[kind] / times[kind] / 1e6:6.2f} MB/s"
    yield f"  {'all':9} {sum(sizes.values()):9,} bytes  {sum(sizes.values()) / sum(times.values()) / 1e6:6.2f} MB/s"
    yield ""
    yield "longc (ids, decoding of ids, and the text back compared; best of five passes):"
    for line in program_output.splitlines():
        if line.startswith(("corpus", "random", "  ", "create")) or "FAILED" in line or "PASSED" in line:
            yield "  " + line


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    vocabulary = Vocabulary.from_gguf(sys.argv[1])
    oracle, kinds = Oracle(vocabulary), mixed_texts()
    with tempfile.TemporaryDirectory() as folder:
        vocabulary.write(folder + "/vocabulary.txt")
        times = write_texts(folder + "/texts.bin", oracle, kinds)
        write_random(folder + "/random.bin", oracle, vocabulary.specials())
        write_decodings(folder + "/decode.bin", oracle, len(vocabulary.tokens))
        environment = dict(os.environ, LONGC_SMOLLM2_VOCAB=folder + "/vocabulary.txt", LONGC_TOKENIZER_CORPUS=folder)
        done = subprocess.run([sys.argv[2]], env=environment, capture_output=True, text=True)
    lines = "\n".join(report(times, kinds, done.stdout, done.returncode == 0)) + "\n"
    if len(sys.argv) == 4:
        open(sys.argv[3], "w", encoding="utf-8").write(lines)
    print(lines if done.returncode == 0 else done.stdout + done.stderr + lines)
    return done.returncode


sys.exit(main())
