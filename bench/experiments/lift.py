#!/usr/bin/env python3
"""Experiments with LIFT: a text absorbed into an adapter, and asked about.

    bench/experiments/run.sh lift/L3 [--app PROGRAM] [--folder F] [--seeds 0,1,2] [--seconds S]

L2  answers of the adapter alone beside the model's in its window, 100 facts in a text of four windows
L3  the same by the length of the text: 1k, 4k and 16k tokens, a fact every 100 tokens
L4  by where the facts stand: the window shows the text's beginning and end, the middle is in the adapter alone
L5  another text than was absorbed: what the adapter says of it alone, and with it in the window
L7  seconds to absorb one pass of a text, by its length
L9  the published schedule: three passes over segments, five with questions, one step each (--recipe gm --batch 0)

Texts are chapters of the King James Bible (Debian's bible-kjv) with facts planted by the program's `make-facts`, whose questions
have answers that a machine can check. PROGRAM is a compiled model that trains, by default build/quickstart/smollm2-train.
Every run's figures go to FOLDER (build/experiments/lift) as one JSON file; those that are there are not run again. Standard library
only. A cell is the mean over the seeds and how far they lie apart.
"""
import argparse
import json
import pathlib
import re
import statistics
import subprocess
import sys

EXPECTED = {  # estimates of the method's description, none of them measured
    "L2": "base about chance; questions at least 90 %",
    "L3": "at least 95 % at all lengths",
    "L4": "middle: adapter at least 20 points over the window; beginning and end: no more than 3 under it",
    "L5": "alone as the model without it; in the window no worse, the gated memory better than a LoRA",
    "L7": "seconds in proportion to the length",
    "L9": "the loss falls in every step; at this size it under-fits",
}


def bible():
    text = subprocess.run(["bible", "-f", "gen1:1-deu34:12"], check=True, capture_output=True, text=True).stdout
    return re.sub(r"^\S+ ", "", text, flags=re.M)


class Runs:
    def __init__(self, options):
        self.app, self.folder = options.app, pathlib.Path(options.folder)
        self.more = ["--device", options.device, "--progress", "none", "--json"] + (["--seconds", options.seconds] if options.seconds else [])
        self.folder.mkdir(parents=True, exist_ok=True)

    def call(self, *words):
        done = subprocess.run([self.app, *map(str, words)], capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{' '.join(map(str, words))}: {done.stderr.strip()}")
        return done.stdout

    def document(self, tokens, facts, seed):
        """A text of about so many tokens with facts in it, and the file of questions."""
        place = self.folder / f"text-{tokens}-{facts}-{seed}"
        if not place.exists():
            source = self.folder / f"source-{tokens}-{seed}.txt"
            whole = bible()
            begin = whole.index("\n", seed * 40_000) + 1
            source.write_text(whole[begin:begin + 4 * tokens])
            self.call("make-facts", "--text", source, "--count", facts, "--seed", seed, "--out", place)
        return place / "document.txt", place / "questions.jsonl"

    def once(self, name, make):
        """The figures of a run, from its file if that is there."""
        place = self.folder / f"{name}.json"
        if not place.exists():
            place.write_text(json.dumps(make()))
        return json.loads(place.read_text())

    def fit(self, document, out, seed, *more):
        return json.loads(self.call("lift", "fit", document, "-o", out, "--seed", seed, *self.more, *more))

    def judge(self, document, questions, *more):
        return json.loads(self.call("lift", "eval", "--document", document, "--questions", questions, *self.more, *more))

    def judged(self, experiment, tokens, facts, seed, *more):
        document, questions = self.document(tokens, facts, seed)
        replies = self.folder / f"{experiment}-{tokens}-{facts}-{seed}.jsonl"

        def run():
            result = self.judge(document, questions, "--seed", seed, "-o", replies, *more)
            result["replies"] = [json.loads(line) for line in replies.read_text().splitlines()]
            return result

        return self.once(f"{experiment}-{tokens}-{facts}-{seed}", run)


def spread(values, unit="%", scale=100):
    values = [scale * value for value in values]
    text = f"{statistics.mean(values):.1f}"
    return (text + f" ± {(max(values) - min(values)) / 2:.1f}" if len(values) > 1 else text) + f" {unit}"


def table(head, rows):
    rows = [head] + [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    for row in rows:
        print("  ".join(cell.rjust(width) for cell, width in zip(row, widths)))


def accuracies(results):
    return [spread([result[key] for result in results]) for key in ("truncated_icl", "adapter_alone", "adapter_and_window")]


def run_l2(runs, seeds):
    results = [runs.judged("L2", 8192, 100, seed) for seed in seeds]
    table(["window alone", "adapter alone", "both", "seconds"], [accuracies(results) + [spread([r["seconds"] for r in results], "s", 1)]])


def run_l3(runs, seeds):
    rows = []
    for tokens in (1024, 4096, 16384):
        results = [runs.judged("L3", tokens, tokens // 100, seed) for seed in seeds]
        rows.append([tokens] + accuracies(results) + [spread([r["seconds"] for r in results], "s", 1)])
    table(["tokens", "window alone", "adapter alone", "both", "seconds"], rows)


def run_l4(runs, seeds):
    places = {"beginning": lambda part: part < 1 / 8, "middle": lambda part: 1 / 8 <= part < 7 / 8, "end": lambda part: part >= 7 / 8}
    cells = {name: {"truncated_icl": [], "adapter": [], "both": []} for name in places}
    for seed in seeds:
        replies = runs.judged("L4", 8192, 80, seed)["replies"]
        for index, reply in enumerate(replies):
            for name, holds in places.items():
                if holds(index / len(replies)):
                    for key, values in cells[name].items():
                        values.append(reply[key]["right"])
    table(["facts at", "questions", "window alone", "adapter alone", "both"],
          [[name, len(cell["both"])] + [f"{100 * statistics.mean(values):.1f} %" for values in cell.values()] for name, cell in cells.items()])


def run_l5(runs, seeds):
    def judged(seed, *more):
        document, _ = runs.document(8192, 80, seed)
        other, questions = runs.document(1024, 16, seed + 100)
        adapter = runs.folder / f"adapter-L5-{seed}{'-'.join(('', *more))}"
        if not adapter.exists():
            runs.fit(document, adapter, seed, *more)
        return runs.judge(other, questions, "--adapter", adapter)

    untouched = [runs.once(f"L5-{seed}-untouched", lambda seed=seed: judged(seed, "--lr", "0", "--epochs", "1")) for seed in seeds]
    absorbed = [runs.once(f"L5-{seed}", lambda seed=seed: judged(seed)) for seed in seeds]
    table(["", "alone", "with the other text"],
          [[name] + [spread([result[key] for result in results]) for key in ("adapter_alone", "adapter_and_window")]
           for name, results in (("the model", untouched), ("having absorbed a text", absorbed))])


def run_l7(runs, seeds):
    rows = []
    for tokens in (2048, 4096, 8192, 16384):
        def fit(seed, tokens=tokens):
            document, _ = runs.document(tokens, max(1, tokens // 200), seed)
            return runs.fit(document, runs.folder / f"adapter-{tokens}-{seed}", seed, "--epochs", 4)
        results = [runs.once(f"L7-{tokens}-{seed}", lambda seed=seed: fit(seed)) for seed in seeds]
        rows.append([tokens, spread([r["seconds"] for r in results], "s", 1),
                     spread([r["document_tokens"] * r["epochs"] / r["seconds"] for r in results], "tokens/s", 1)])
    table(["tokens", "four passes", "of the text"], rows)


def run_l9(runs, seeds):
    rows = []
    for seed in seeds:
        result = runs.judged("L9", 4096, 40, seed, "--recipe", "gm", "--batch", "0")
        rows.append([seed, result["steps"], f"{result['loss_last']:.3f}"] + accuracies([result]))
    table(["seed", "steps", "last loss", "window alone", "adapter alone", "both"], rows)


def main():
    experiments = {name: globals()[f"run_{name.lower()}"] for name in EXPECTED}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=[f"lift/{name}" for name in experiments])
    parser.add_argument("--app", default="build/quickstart/smollm2-train")
    parser.add_argument("--folder", default="build/experiments/lift")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--device", default="auto", help="where to absorb and to ask")
    parser.add_argument("--seconds", type=float, default=0, help="budget of each fit (0: all passes)")
    options = parser.parse_args()
    name = options.name.split("/")[1]
    print(f"{name}: expected {EXPECTED[name]}")
    experiments[name](Runs(options), [int(seed) for seed in options.seeds.split(",")])


if __name__ == "__main__":
    main()
