#!/usr/bin/env python3
"""Sentences a second of an encoder's program beside sentence-transformers, in turns on the same texts. Standard library only.

    bench/embed.py APP MODEL --python PYTHON --roofs ROOFS [--threads 2] [--rounds 1] [-- OPTION...]

MODEL is the folder that APP was compiled from, with vocab.txt; PYTHON has torch and sentence-transformers. First the
vectors of 200 texts of all lengths are compared, in exact and in default mode: below a cosine of 0.99999 in exact mode
nothing is measured. Then texts of 128 tokens and chunks of 256, in batches of 64, by the peer in float32 and in bfloat16 and
by us; the faster of the two counts. Floor: the model's products over the measured bf16 roof. bench/embed.sh does it all.
"""
import argparse
import json
import math
import os
import random
import subprocess
import sys
import tempfile

PEER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers", "sentence_transformers_embed.py")
SHAPES = {"128 tokens": (128, 384), "256 tokens": (256, 192)}  # tokens of a text, texts: some seconds, so that threads find their cores


def output(command, stderr=False):
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if ran.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit code {ran.returncode}: {ran.stderr.strip()[-500:]}")
    return ran.stderr if stderr else ran.stdout


def words(model):
    """Words that are one token each."""
    with open(f"{model}/vocab.txt", encoding="utf-8") as file:
        vocabulary = file.read().splitlines()
    return [word for word in vocabulary if word.isascii() and word.isalpha() and word.islower() and len(word) > 2]


def writeTexts(path, known, lengths, seed):
    """Texts of so many tokens, the two around them counted."""
    generator = random.Random(seed)
    with open(path, "w", encoding="utf-8") as file:
        for length in lengths:
            file.write(json.dumps({"text": " ".join(generator.choice(known) for _ in range(length - 2))}) + "\n")


def vectors(text):
    return [json.loads(line)["embedding"] for line in text.splitlines()]


def leastCosine(a, b):
    def cosine(x, y):
        return math.sumprod(x, y) if hasattr(math, "sumprod") else math.fsum(p * q for p, q in zip(x, y))
    return min(cosine(x, y) / math.sqrt(cosine(x, x) * cosine(y, y)) for x, y in zip(a, b))


def operations(model, tokens):
    """Multiplications and additions of one text: products with weights, and attention."""
    with open(f"{model}/config.json", encoding="utf-8") as file:
        config = json.load(file)
    width, inner = config["hidden_size"], config["intermediate_size"]
    return config["num_hidden_layers"] * tokens * (2 * (4 * width * width + 2 * width * inner) + 4 * width * tokens)


class Bench:
    def __init__(self, args, folder):
        self.args, self.folder, self.known = args, folder, words(args.model)

    def texts(self, name, lengths):
        path = f"{self.folder}/{name}.jsonl"
        writeTexts(path, self.known, lengths, name)
        return path

    def peer(self, path, dtype, *more):
        return json.loads(output([self.args.python, PEER, self.args.model, path, "--threads", str(self.args.threads), "--dtype",
                                  dtype, *more]))["seconds"]

    def ours(self, path, *more):
        """Seconds by the program's own clock, from the first line to the last vector."""
        told = output([self.args.app, "embed", "--file", path, "--json", "--threads", str(self.args.threads), *self.args.options, *more],
                      stderr=True)
        return float(told.strip().splitlines()[-1].split()[-2])

    def compare(self):
        path = self.texts("mixed", [random.Random(length).randrange(3, 512) if length else 512 for length in range(200)])
        self.peer(path, "float32", "--rounds", "0", "--output", f"{self.folder}/peer.jsonl")
        with open(f"{self.folder}/peer.jsonl", encoding="utf-8") as file:
            peer = vectors(file.read())
        cosines = {}
        for mode, options in {"exact": ["--exact"], "default": [], "int8": ["--int8"]}.items():
            ours = vectors(output([self.args.app, "embed", "--file", path, "--json", "--quiet", *self.args.options, *options]))
            if len(ours) != len(peer):
                raise SystemExit(f"{len(ours)} vectors for {len(peer)} texts")
            cosines[mode] = leastCosine(peer, ours)
        return cosines

    def measure(self, name, roof):
        tokens, count = SHAPES[name]
        path = self.texts(name.replace(" ", "-"), [tokens] * count)
        times = {"ours": [], "int8": [], "float32": [], "bfloat16": []}
        for _ in range(self.args.rounds):
            for mode, option in (("ours", []), ("int8", ["--int8"])):
                times[mode] += [self.ours(path, *option) for _ in range(2)]
            for dtype in ("float32", "bfloat16"):
                times[dtype] += self.peer(path, dtype, "--rounds", "2")
        rates = {key: count / min(seconds) for key, seconds in times.items()}
        peer = max(("float32", "bfloat16"), key=rates.get)
        floor = roof * 1e9 / operations(self.args.model, tokens)
        for mode, label in (("ours", name), ("int8", "  in int8")):
            print(f"{label:12}{rates[mode]:9.1f}{rates['float32']:9.1f}{rates['bfloat16']:9.1f}{rates[mode] / rates[peer]:7.2f} x {peer:10}"
                  f"{floor:8.0f}{rates[mode] / floor:7.0%}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("app")
    parser.add_argument("model")
    parser.add_argument("--python", required=True)
    parser.add_argument("--roofs", required=True, help="program built from bench/roofs.cpp")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=1)
    end = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    args = parser.parse_args(sys.argv[1:end])
    args.options = sys.argv[end + 1:]
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(args, folder)
        cosines = bench.compare()
        print(f"least cosine to sentence-transformers in float32, 200 texts of 3 to 512 tokens: exact {cosines['exact']:.8f}, "
              f"default {cosines['default']:.6f}, int8 {cosines['int8']:.6f}\n")
        if cosines["exact"] < 0.99999:
            raise SystemExit("the vectors differ from the peer's: not measured")
        roof = json.loads(output([args.roofs, str(args.threads)]))["bf16_gflops"]
        print(f"{args.threads} threads, texts/s, best of {2 * args.rounds} rounds of ours and {2 * args.rounds} of each peer in turns\n")
        print(f"{'':12}{'ours':>9}{'float32':>9}{'bfloat16':>9}{'ratio':>9}{'':12}{'floor':>7}{'of it':>7}")
        for name in SHAPES:
            bench.measure(name, roof)
        print(f"\nThe peer's batches have 64 texts. Floor: products and attention at {roof:.0f} GFLOP/s of bf16 out of registers.")


if __name__ == "__main__":
    main()
