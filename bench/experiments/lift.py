#!/usr/bin/env python3
"""Experiments with LIFT: a text absorbed into an adapter, and asked about.

    bench/experiments/run.sh lift/L3 [--app PROGRAM] [--folder F] [--seeds 0,1,2] [--texts N] [--jobs N] [--device D,...] [--judge D]
        [--seconds S] [--sizes N,...]

L1  what is learnt by heart: the loss of the rows of `gm` before and after, and seconds by the length of the text
L2  answers of the adapter alone beside the model's in its window, 100 facts in a text of four windows
L3  the same by the length of the text: 1k, 4k and 16k tokens, a fact every 100 tokens
L4  both recipes by where the facts stand: the window shows the text's beginning and end, the middle is in the adapter alone;
    --texts N texts of four windows, 80 facts each
L5  another text than was absorbed: what the adapter says of it alone, and with it in the window
L6  how many questions about the text are learnt beside its segments
L7  seconds to absorb four passes of a text, by its length; then memory and speed while answering, beside the model as it was
L8  a gated memory before it has learnt (a program compiled with --gated-memory): its gate, its output, the model's perplexity
L9  the published schedule: three passes over segments, five with questions, one step each (--recipe gm --batch 0)
L10 questions that need two places of the text, far apart: whose is a thing that somebody keeps, which of two is the larger, which was first

Texts are chapters of the King James Bible (Debian's bible-kjv) with facts planted by the program's `make-facts`, whose questions
have answers that a machine can check. PROGRAM is a compiled model that trains, by default build/quickstart/smollm2-train.
Every run's figures go to FOLDER (build/experiments/lift) as one JSON file; those that are there are not run again. Standard library
only. A cell is the mean over the seeds and how far they lie apart. The same as curves or bars goes to FOLDER/L3.svg and so on.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys

import chart
import gated
import linked
from runs import Devices
from tables import bible, spread, table

EXPECTED = {  # estimates of the method's description, none of them measured
    "L1": "the loss falls from about 3 to under 1; seconds in proportion to the length (R2 over 0.99)",
    "L2": "base about chance; questions at least 90 %",
    "L3": "at least 95 % at all lengths",
    "L4": "outside the window: adapter at least 20 points over the window; inside: no more than 3 under it",
    "L5": "alone as the model without it; in the window no worse, the gated memory better than a LoRA",
    "L6": "the more questions the better",
    "L7": "seconds in proportion to the length; answering takes no more memory and hardly more time",
    "L8": "the gate at 0.0474 in the mean, memory under a hundredth of the query, perplexity within a few per cent",
    "L9": "the loss falls in every step; at this size it under-fits",
    "L10": "better than the window alone",
}


class Runs:
    def __init__(self, options):
        self.app, self.folder, self.jobs, self.texts = options.app, pathlib.Path(options.folder), options.jobs, options.texts
        self.plain, self.devices, self.judges = options.plain or options.app, Devices(options.device), options.judge and Devices(options.judge)
        self.longc, self.recipes = options.longc, options.recipes.split(",")
        self.sizes = [int(size) for size in options.sizes.split(",")] if options.sizes else None
        self.more = ["--progress", "none", "--json"] + (["--threads", max(1, len(os.sched_getaffinity(0)) // self.jobs)] if self.jobs > 1 else [])
        self.seconds = ["--seconds", options.seconds] if options.seconds else []
        self.folder.mkdir(parents=True, exist_ok=True)

    def call(self, *words):
        done = subprocess.run([self.app, *map(str, words)], capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{' '.join(map(str, words))}: {done.stderr.strip()}")
        return done.stdout

    def together(self, calls):
        """What the calls give, so many at once as there may be programs."""
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            return list(pool.map(lambda call: call(), calls))

    def document(self, tokens, facts, seed):
        """A text of about so many tokens with facts in it, and the file of questions."""
        place = self.folder / f"text-{tokens}-{facts}-{seed}"
        if not place.exists():
            source = self.folder / f"source-{tokens}-{seed}.txt"
            whole = bible()
            begin = whole.index("\n", seed * 40_000 % (len(whole) - 5 * tokens)) + 1
            source.write_text(whole[begin:begin + 4 * tokens])
            self.call("make-facts", "--text", source, "--count", facts, "--seed", seed, "--out", place)
        return place / "document.txt", place / "questions.jsonl"

    def measured(self, app, *words):
        """What a call of a program says as JSON, and the most bytes of its process."""
        with self.devices.one() as device, subprocess.Popen([app, *map(str, words), "--device", device, "--json", "--quiet"], stdout=subprocess.PIPE, text=True) as child:
            said = child.stdout.read()
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = status
        if status:
            sys.exit(f"{' '.join(map(str, words))}: wait status {status}")
        return json.loads(said), usage.ru_maxrss * 1024

    def once(self, name, make):
        """The figures of a run, from its file if that is there."""
        place = self.folder / f"{name}.json"
        if not place.exists():
            place.write_text(json.dumps(make()))
        return json.loads(place.read_text())

    def on(self, devices, *words):
        with devices.one() as device:
            return json.loads(self.call("lift", *words, *self.more, "--device", device))

    def fit(self, document, out, seed, *more):
        subprocess.run(["rm", "-rf", out], check=True) # of a run that was stopped
        return self.on(self.devices, "fit", document, "-o", out, "--seed", seed, *self.seconds, *more)

    def judge(self, document, questions, *more, adapter=None):
        """What is answered about a text: by what absorbed another, or by what absorbs it now."""
        if adapter:
            return self.on(self.judges or self.devices, "eval", "--document", document, "--questions", questions, "--adapter", adapter, *more)
        return self.on(self.devices, "eval", "--document", document, "--questions", questions, *self.seconds, *more)

    def judged(self, experiment, tokens, facts, seed, *more, text=None):
        document, questions = self.document(tokens, facts, seed if text is None else text)
        name = f"{experiment}-{tokens}-{facts}-{seed}" + ("" if text is None else f"-text{text}")
        replies = self.folder / f"{name}.jsonl"

        def run():
            if self.judges: # what was absorbed on one device is asked on another
                adapter = self.folder / f"adapter-{name}"
                fitted = self.fit(document, adapter, seed, *more)
                result = self.judge(document, questions, "-o", replies, adapter=adapter) | {key: fitted[key] for key in ("seconds", "steps", "tokens")}
                subprocess.run(["rm", "-rf", adapter], check=True)
            else:
                result = self.judge(document, questions, "--seed", seed, "-o", replies, *more)
            result["replies"] = [json.loads(line) for line in replies.read_text().splitlines()]
            return result

        return self.once(name, run)


WAYS = {"window alone": "truncated_icl", "adapter alone": "adapter_alone", "both": "adapter_and_window"}


def accuracies(results):
    return [spread([result[key] for result in results]) for key in WAYS.values()]


def draw_answers(runs, name, title, parts):
    """A bar for each part of the results and way of asking, a dot for each seed."""
    chart.bars(runs.folder / f"{name}.svg", title, "% right",
               {f"{part}{', ' if part else ''}{way}": [100 * result[key] for result in results] for part, results in parts.items() for way, key in WAYS.items()})


def run_l2(runs, seeds):
    results = runs.together([lambda seed=seed: runs.judged("L2", 8192, 100, seed) for seed in seeds])
    table([*WAYS, "seconds"], [accuracies(results) + [spread([r["seconds"] for r in results], "s", 1)]])
    draw_answers(runs, "L2", "100 facts in 8,192 tokens", {"": results})


def run_l3(runs, seeds):
    rows, curve = [], {}
    for tokens in runs.sizes or (1024, 4096, 16384):
        results = runs.together([lambda seed=seed, tokens=tokens: runs.judged("L3", tokens, tokens // 100, seed) for seed in seeds])
        rows.append([tokens] + accuracies(results) + [spread([r["seconds"] for r in results], "s", 1)])
        for name, key in WAYS.items():
            curve.setdefault(name, []).append((tokens, 100 * statistics.mean(result[key] for result in results)))
    table(["tokens", *WAYS, "seconds"], rows)
    chart.curves(runs.folder / "L3.svg", "Questions about a text by its length", "tokens", "% right", curve, log=True)


def places(runs, text, window, tokens):
    """Of each question whether the window shows its evidence; None where that is within a hundredth of the border."""
    document, questions = runs.document(8192, 80, text)
    whole, shown, border = document.read_text(), window / 2 / tokens, 0.01
    for line in questions.read_text().splitlines():
        place = whole.index(json.loads(line)["evidence"]) / len(whole)
        depth = min(place, 1 - place)
        yield None if abs(depth - shown) < border else depth < shown


def difference(pairs):
    """Points that the second of a pair is better by, with the interval of 95 %."""
    points = [100 * (second - first) for first, second in pairs]
    return f"{statistics.mean(points):+.1f} ± {1.96 * statistics.stdev(points) / len(points) ** 0.5:.1f}"


def run_l4(runs, seeds):
    ways = ("truncated_icl", "adapter", "both")
    for text in range(runs.texts):
        runs.document(8192, 80, text)
    fits = [(text, seed) for text in range(runs.texts) for seed in seeds]
    rows, bars = [], {}
    for recipe, own in ((recipe, {"qa": 1, "gm": 2}[recipe]) for recipe in runs.recipes): # how the recipe asks its questions
        results = runs.together([lambda text=text, seed=seed: runs.judged(f"L4-{recipe}", 8192, 80, seed, "--recipe", recipe, text=text) for text, seed in fits])
        answers = [] # text, seed, whether the evidence is in the window, right in each way
        for (text, seed), result in zip(fits, results):
            inside = places(runs, text, result["window"] - 60, result["document_tokens"])
            answers += [(text, seed, shown, [reply[way]["right"] for way in ways]) for shown, reply in zip(inside, result["replies"])]
        for name, holds in (("outside", (False,)), ("inside", (True,)), ("all", (True, False, None))):
            part = [answer for answer in answers if answer[2] in holds]
            by_seed = [[statistics.mean(right[way] for _, seed, _, right in part if seed == which) for which in seeds] for way in range(len(ways))]
            cells = [spread(values) for values in by_seed]
            if name != "all":
                bars |= {f"{recipe}, {name}: {way}": [100 * value for value in values] for way, values in zip(WAYS, by_seed)}
            by_text = [statistics.mean(right[own] for text, _, _, right in part if text == which) for which in range(runs.texts)]
            gains = [difference([(right[0], right[way]) for *_, right in part]) for way in (own, 2)]
            rows.append([recipe, name, len(part)] + cells + [" ".join(f"{100 * value:.0f}" for value in by_text)] + gains)
    table(["recipe", "evidence", "questions", *WAYS, "by text", "points over the window", "of both"], rows)
    chart.bars(runs.folder / "L4.svg", "Answers by where their evidence stands", "% right", bars)


def run_l5(runs, seeds):
    def judged(seed, *more):
        document, _ = runs.document(8192, 80, seed)
        other, questions = runs.document(1024, 32, seed + 100)
        adapter = runs.folder / f"adapter-L5-{seed}{'-'.join(('', *more))}"
        if not adapter.exists():
            runs.fit(document, adapter, seed, *more)
        return runs.judge(other, questions, adapter=adapter)

    for seed in seeds:
        runs.document(8192, 80, seed)
        runs.document(1024, 32, seed + 100)
    kinds = {"the model": ("--lr", "0", "--epochs", "1"), "having absorbed a text, qa": (), "having absorbed a text, gm": ("--recipe", "gm")}
    calls = [lambda seed=seed, kind=kind: runs.once(f"L5-{seed}{'-'.join(('', *kinds[kind]))}", lambda: judged(seed, *kinds[kind])) for kind in kinds for seed in seeds]
    results = runs.together(calls)
    parts = {kind: results[i * len(seeds):(i + 1) * len(seeds)] for i, kind in enumerate(kinds)}
    asked = {"alone": "adapter_alone", "with the other text": "adapter_and_window"}
    chart.bars(runs.folder / "L5.svg", "Questions about a text that was not absorbed", "% right",
               {f"{kind}, {way}": [100 * result[key] for result in part] for kind, part in parts.items() for way, key in asked.items()})
    table(["", "questions", *asked],
          [[kind, sum(result["questions"] for result in part)] + [spread([result[key] for result in part]) for key in asked.values()] for kind, part in parts.items()])


def by_length(runs, experiment, sizes, seeds, *more):
    """Fits of texts of these sizes: (tokens, results of the seeds) each."""
    def fit(tokens, seed):
        document, _ = runs.document(tokens, max(1, tokens // 200), seed)
        return runs.fit(document, runs.folder / f"adapter-{experiment}-{tokens}-{seed}", seed, *more)

    return [(tokens, [runs.once(f"{experiment}-{tokens}-{seed}", lambda tokens=tokens, seed=seed: fit(tokens, seed)) for seed in seeds]) for tokens in sizes]


def run_l1(runs, seeds):
    fits = by_length(runs, "L1", runs.sizes or (2048, 4096, 8192), seeds, "--recipe", "gm", "--window", 1024)
    table(["tokens", "first loss", "last loss", "steps", "seconds"],
          [[tokens] + [spread([r[key] for r in results], "", 1) for key in ("loss_first", "loss_last", "steps", "seconds")] for tokens, results in fits])
    chart.curves(runs.folder / "L1.svg", "A text learnt by heart, in segments", "tokens", "loss",
                 {name: [(tokens, statistics.mean(r[key] for r in results)) for tokens, results in fits] for name, key in (("of the first step", "loss_first"), ("of the last", "loss_last"))},
                 log=True)
    points = [(r["document_tokens"], r["seconds"]) for _, results in fits for r in results]
    print(f"R2 of seconds by tokens: {statistics.correlation(*zip(*points)) ** 2:.4f}")


def run_l6(runs, seeds):
    rows, curve = [], {}
    for count in (1, 20, 80):
        def judged(seed, count=count):
            document, questions = runs.document(8192, 80, seed)
            learnt = runs.folder / f"learnt-{seed}-{count}.jsonl"
            asked = [json.loads(line) for line in questions.read_text().splitlines()]
            asked = [asked[i * len(asked) // count] for i in range(count)] # in other words: those that judge are left out
            learnt.write_text("".join(json.dumps({"question": "Tell me: " + one["question"], "answer": one["answer"]}) + "\n" for one in asked))
            return runs.judge(document, questions, "--seed", seed, "--recipe", "gm", "--train-questions", learnt)

        results = runs.together([lambda seed=seed: runs.once(f"L6-{count}-{seed}", lambda: judged(seed)) for seed in seeds])
        rows.append([count] + accuracies(results))
        for name, key in WAYS.items():
            curve.setdefault(name, []).append((count, 100 * statistics.mean(result[key] for result in results)))
    table(["questions", *WAYS], rows)
    chart.curves(runs.folder / "L6.svg", "Answers by how many questions are learnt beside segments", "questions", "% right", curve, log=True)


def run_l7(runs, seeds):
    fits = by_length(runs, "L7", runs.sizes or (2048, 4096, 8192, 16384, 32768, 65536, 131072), seeds, "--epochs", 4)
    rate = {tokens: [r["document_tokens"] * r["epochs"] / r["seconds"] for r in results] for tokens, results in fits}
    table(["tokens", "four passes", "of the text"], [[tokens, spread([r["seconds"] for r in results], "s", 1), spread(rate[tokens], "tokens/s", 1)] for tokens, results in fits])
    means = [statistics.mean(rate[tokens]) for tokens, _ in fits]
    print(f"tokens a second of the longest against the shortest text: {means[-1] / means[0]:.2f}")
    ends = [(statistics.mean(r["document_tokens"] * r["epochs"] for r in results), statistics.mean(r["seconds"] for r in results)) for _, results in fits]
    added = [(most - least) / max(1e-3, later - sooner) for (least, sooner), (most, later) in zip(ends, ends[1:])]
    print("tokens a second of what each doubling added:", " ".join(f"{one:.0f}" for one in added), f"; of the first text {means[0]:.0f}")
    chart.curves(runs.folder / "L7.svg", "Four passes over a text", "tokens", "seconds", {"absorbing": [(tokens, statistics.mean(r["seconds"] for r in results)) for tokens, results in fits]})
    rows = []
    for name, app, adapter in [("the model", runs.plain, ())] + [(f"having absorbed {tokens} tokens", runs.app, ("--adapter", runs.folder / f"adapter-L7-{tokens}-{seeds[0]}"))
                                                                 for tokens in (fits[0][0], fits[-1][0])]:
        answers = [runs.measured(app, "generate", *adapter, "--prompt", "Once upon a time there was a king, and he", "-n", 128, "--temperature", 0, "--ignore-eos") for _ in range(3)]
        rows.append([name, max(peak for _, peak in answers), max(len(said["token_ids"]) / said["timings"]["decode_seconds"] for said, _ in answers)])
    if runs.longc:
        document, _ = runs.document(fits[0][0], max(1, fits[0][0] // 200), seeds[0])
        out = runs.folder / "adapter-L7-memory"
        subprocess.run(["rm", "-rf", out], check=True)
        written = runs.folder / "rows-L7-memory.jsonl"
        _, peak = runs.measured(runs.app, "lift", "fit", document, "-o", out, "--epochs", 1, "--write-rows", written)
        longest = max(len(call["tokens"]) for line in written.read_text().splitlines() for call in json.loads(line)["calls"])
        planned = subprocess.run([runs.longc, "plan", runs.app, "--train", "--chunk", str(longest)], check=True, capture_output=True, text=True).stdout
        said = float(re.search(r"fast .* MB in all, ([0-9.]+) MB of LIFT", planned)[1])
        print(f"while fitting: {peak / 1e6:.0f} MB at the most; the plan says {said:.0f} of calls of {longest} tokens: {peak / 1e6 / said:.3f} x")
    table(["while answering", "most memory", "beside the model", "tokens/s", "beside the model"],
          [[name, f"{peak / 2**20:.0f} MiB", f"{peak / rows[0][1]:.2f} x", f"{speed:.1f}", f"{speed / rows[0][2]:.2f} x"] for name, peak, speed in rows])


def run_l8(runs, seeds):
    rows, bars = [], {}
    for seed in seeds:
        document, _ = runs.document(2048, 10, seed)
        adapter = runs.folder / f"adapter-L8-{seed}"
        if not adapter.exists():
            runs.fit(document, adapter, seed, "--lr", 0, "--epochs", 1)
        perplexity = [json.loads(runs.call("perplexity", "--file", document, "--json", "--quiet", *more))["perplexity"] for more in ((), ("--adapter", adapter))]
        gate, size = gated.beginning(adapter / "adapter_model.safetensors", seed)
        rows.append([seed, f"{gate:.4f}", f"{size:.4f}", f"{perplexity[0]:.3f}", f"{perplexity[1]:.3f}"])
        for name, value in (("mean gate", gate), ("memory / query", size)):
            bars.setdefault(name, []).append(value)
    table(["seed", "mean gate", "memory / query", "perplexity of the model", "with the memory"], rows)
    chart.bars(runs.folder / "L8.svg", "A gated memory before it has learnt", "", bars)


def run_l10(runs, seeds):
    rows, kinds = [], {}
    for seed in seeds:
        source, _ = runs.document(8192, 80, seed)
        place = runs.folder / f"linked-{seed}"
        linked.write(source.read_text(), place, seed)
        questions = place / "questions.jsonl"
        replies = runs.folder / f"L10-{seed}.jsonl"

        def run():
            result = runs.judge(place / "document.txt", questions, "--seed", seed, "-o", replies)
            result["replies"] = [json.loads(line) for line in replies.read_text().splitlines()]
            return result

        result = runs.once(f"L10-{seed}", run)
        for asked, reply in zip(map(json.loads, questions.read_text().splitlines()), result["replies"]):
            kinds.setdefault(asked["kind"], []).append([reply[way]["right"] for way in ("truncated_icl", "adapter", "both")])
    means = {kind: [100 * statistics.mean(one[way] for one in right) for way in range(3)] for kind, right in kinds.items()}
    for kind, right in kinds.items():
        rows.append([kind, len(right)] + [f"{mean:.1f} %" for mean in means[kind]])
    table(["kind", "questions", *WAYS], rows)
    chart.bars(runs.folder / "L10.svg", "Questions that need two places of the text", "% right", {f"{kind}, {way}": [mean] for kind in kinds for way, mean in zip(WAYS, means[kind])})


def run_l9(runs, seeds):
    results = runs.together([lambda seed=seed: runs.judged("L9", 4096, 40, seed, "--recipe", "gm", "--batch", "0") for seed in seeds])
    rows = [[seed, result["steps"], f"{result['loss_last']:.3f}"] + accuracies([result]) for seed, result in zip(seeds, results)]
    table(["seed", "steps", "last loss", *WAYS], rows)
    draw_answers(runs, "L9", "The published schedule, eight steps", {"": results})


def main():
    experiments = {name: globals()[f"run_{name.lower()}"] for name in EXPECTED}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=[f"lift/{name}" for name in experiments])
    parser.add_argument("--app", default="build/quickstart/smollm2-train")
    parser.add_argument("--folder", default="build/experiments/lift")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--device", default="auto", help="where to absorb and to ask; of several, such as cuda:0,cuda:1, each program takes the one that the fewest have")
    parser.add_argument("--judge", default="", help="where to ask about what was absorbed, if not there (L2 to L5, L9)")
    parser.add_argument("--plain", default="", help="the model compiled without --train, of L7 (default: PROGRAM without an adapter)")
    parser.add_argument("--longc", default="", help="the compiler, whose `plan` L7 compares memory with")
    parser.add_argument("--sizes", default="", help="tokens of the texts, of L1, L3 and L7 (default: those of the experiment)")
    parser.add_argument("--texts", type=int, default=5, help="of L4")
    parser.add_argument("--recipes", default="qa,gm", help="of L4")
    parser.add_argument("--jobs", type=int, default=1, help="programs at once (seconds then say nothing; not in L1, L7, L8 and L10)")
    parser.add_argument("--seconds", type=float, default=0, help="budget of each fit (0: all passes)")
    options = parser.parse_args()
    name = options.name.split("/")[1]
    print(f"{name}: expected {EXPECTED[name]}")
    experiments[name](Runs(options), [int(seed) for seed in options.seeds.split(",")])


if __name__ == "__main__":
    main()
