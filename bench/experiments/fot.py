#!/usr/bin/env python3
"""Experiments with a FoT memory: adapters trained here that read few or many rows, and what they find.

    bench/experiments/run.sh fot/E5 [--app PROGRAM] [--folder F] [--seeds 0,1,2] [--device D] [--rows 8|32] [--longest TOKENS]

E4   facts looked up in texts that are nothing but facts, by their number
E5   pass keys by the length of the text, in filler and in the Bible; without an adapter beside it
E6   a fact looked up among more and more others in a text of one length: what reading many rows in training is for
E7   how a text is predicted with more and more of it in memory
E8   adapters trained with the memory's gradients and without (--detached-app: the same program compiled with --detach-memory): facts of E4, text of E7
E9   the same as E7 when what is added to the memory is other texts
E10  how a text is predicted in the window alone, before and after training
E11  dense memory beside the 32 nearest entries (--topk-app: the same program compiled with --topk 32)

E1 to E3 (memory attention is exact, the window's state machine, position 0) are tests: attention_test.sh, fot_test.sh, session_test.

PROGRAM is compiled with --train --method fot, by default build/quickstart/smollm2-train. `one` reads one row before it, `many` up to as many as
a step has (--rows: 8 in 30 steps as the quickstart, or 32 in 40 steps, which wants a GPU). Trained on the Jargon File (Debian's jargon-text), judged
on the King James Bible (bible-kjv). Every run's figures go to FOLDER (build/experiments/fot); those that are there are not run again.
A cell is the mean over the seeds and half of how far they lie apart.
"""
import concurrent.futures
import gzip
import pathlib

import chart
from runs import main
from tables import bible, spread, table

EXPECTED = {
    "E4": "many at least 99 % at 512 facts; one visibly less where there are many",
    "E5": "100 % to 16 windows, at least 90 % at 64 to 100; without an adapter none beyond the window",
    "E6": "untrained falls as 1/n; many stays, one falls",
    "E7": "falls with more memory, less and less",
    "E8": "without gradients worse, most so where facts are looked up",
    "E9": "one rises, many stays nearly flat",
    "E10": "changes by less than 1 %",
    "E11": "within one point of each other",
}
SCHEDULES = {8: {"one": "1:30", "many": "1:6,2:8,4:16"}, 32: {"one": "1:40", "many": "1:6,4:8,16:12,31:14"}}
WINDOW = ("--ingest", "window")
DRAWN = ("--seed", 8)
FACTS = ("dictionary", "--records", "8,64,512,4096", "--count", 32, *DRAWN)
CONTEXTS = (0, 1024, 4096, 16384, 65536)
JARGON = "/usr/share/doc/jargon-text/jargon.txt.gz"


def jargon():
    return gzip.decompress(pathlib.Path(JARGON).read_bytes()).decode("utf-8", "replace")


def adapters(runs, kind, seeds, options):
    """An adapter of each seed; of kind `none` no adapter, once; of kind `detached many` one of the program that detaches its memory."""
    if kind == "none":
        return [("none", ())]
    detached, kind = kind.startswith("detached "), kind.removeprefix("detached ")
    facts, schedule = runs.text("jargon.txt", jargon), SCHEDULES[options.rows][kind]
    steps = sum(int(part.split(":")[1]) for part in schedule.split(","))
    made = []
    for seed in seeds:
        name = f"{'detached-' if detached else ''}{kind}-{options.rows}-{seed}"
        place = runs.trained(name, "--facts", facts, "--cross-rows", schedule, "--batch", options.rows, "--steps", steps, "--seq-len", 512, "--lr", "2e-3",
                             "--warmup", 6, "--schedule", "cosine", "--seed", seed, app=options.detached_app if detached else None)
        made.append((name, ("--adapter", place)))
    return made


def judged(runs, experiment, kinds, seeds, options, *words, app=None):
    """Of each kind the figures of its adapters."""
    made = {kind: adapters(runs, kind, seeds, options) for kind in kinds}
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool: # a map of lists: all begin before any is waited for
        asked = {kind: [pool.submit(runs.figures, f"{experiment}-{name}", "eval", *words, *WINDOW, *more, app=app) for name, more in all_] for kind, all_ in made.items()}
        return {kind: [one.result() for one in all_] for kind, all_ in asked.items()}


def by_size(runs, name, title, across, results, size, unit="%", scale=100, value="accuracy", rows="rows"):
    """A table and a plot of results {kind: [figures]}: a line for each size, a column for each kind."""
    sizes = [row[size] for row in next(iter(results.values()))[0][rows]]
    cells = {kind: [[figures[rows][i][value] for figures in all_] for i in range(len(sizes))] for kind, all_ in results.items()}
    table([across, *results], [[f"{one:,}", *(spread(cells[kind][i], unit, scale, 1 if scale == 100 else 3) for kind in results)] for i, one in enumerate(sizes)])
    means = {kind: [(max(one, 1), scale * sum(values) / len(values)) for one, values in zip(sizes, cells[kind])] for kind in results}
    chart.curves(runs.folder / f"{name}.svg", title, across, unit, means, log=True)


def lengths(options, *all_):
    return ",".join(str(length) for length in all_ if length <= options.longest)


def run_e4(runs, seeds, options):
    results = judged(runs, "E4", ("none", "one", "many"), seeds, options, *FACTS)
    by_size(runs, "E4", "facts found in a dictionary", "facts", results, "facts")


def run_e5(runs, seeds, options):
    for name, more in (("filler", ()), ("the Bible", ("--text", runs.text("bible.txt", bible)))):
        results = judged(runs, f"E5-{name.split()[-1]}", ("none", "one", "many"), seeds, options, "passkey", "--lengths",
                         lengths(options, 1000, 4096, 16384, 65536, 131072, 262144), "--count", 16, *DRAWN, *more)
        print(f"in {name}")
        by_size(runs, f"E5-{name.split()[-1]}", f"pass keys in {name}", "tokens", results, "length", rows="lengths")


def run_e6(runs, seeds, options):
    results = judged(runs, "E6", ("none", "one", "many"), seeds, options, "distraction", "--among", "1,2,4,8,16,32,64", "--length",
                     min(32768, options.longest), "--count", 32, *DRAWN, "--text", runs.text("bible.txt", bible))
    by_size(runs, "E6", "a fact found among others", "facts", results, "facts")


def predicted(runs, experiment, kinds, seeds, options, text, contexts, count):
    return judged(runs, experiment, kinds, seeds, options, "perplexity-vs-context", "--text", text, "--lengths", contexts, "--count", count)


def run_e7(runs, seeds, options):
    results = predicted(runs, "E7", ("none", "one", "many"), seeds, options, runs.text("bible.txt", bible), lengths(options, *CONTEXTS), 16)
    by_size(runs, "E7", "nats a token by context in memory", "tokens of context", results, "context", "", 1, "mean_surprise", "lengths")


def run_e8(runs, seeds, options):
    if not options.detached_app:
        raise SystemExit("fot/E8 needs --detached-app: the program compiled with --detach-memory as well")
    kinds = [prefix + kind for kind in ("one", "many") for prefix in ("", "detached ")]
    found = judged(runs, "E4", kinds, seeds, options, *FACTS)
    by_size(runs, "E8-facts", "facts found, trained with the memory's gradients and without", "facts", found, "facts")
    text = predicted(runs, "E7", kinds, seeds, options, runs.text("bible.txt", bible), lengths(options, *CONTEXTS), 16)
    by_size(runs, "E8-text", "nats a token by context in memory", "tokens of context", text, "context", "", 1, "mean_surprise", "lengths")


def others(passage, own):
    """A text behind other texts: what a memory holds before and what belongs to the passage at its end."""
    def make():
        text = bible()
        begin = len(text) * (passage + 1) // 12
        return jargon() + "\n" + text[begin:begin + 4 * own]

    return make


def run_e9(runs, seeds, options):
    own, passages = 5000, range(8)
    merged = {}
    for passage in passages:
        text = runs.text(f"others-{passage}.txt", others(passage, own))
        results = predicted(runs, f"E9-{passage}", ("none", "one", "many"), seeds, options, text, lengths(options, 0, 3072, 8192, 32768, 131072), 1)
        for kind, all_ in results.items():
            merged.setdefault(kind, []).append([[row["mean_surprise"] for row in figures["lengths"]] for figures in all_])
    contexts = [row["context"] for row in results["none"][0]["lengths"]]
    means = {kind: [{"lengths": [{"context": context, "mean_surprise": sum(of[adapter][i] for of in all_) / len(all_)} for i, context in enumerate(contexts)]}
                    for adapter in range(len(all_[0]))] for kind, all_ in merged.items()}
    print(f"3,072 tokens are of the passage's own text; what is before them is the Jargon File. {len(passages)} passages")
    by_size(runs, "E9", "nats a token by other texts in memory", "tokens of context", means, "context", "", 1, "mean_surprise", "lengths")


def run_e10(runs, seeds, options):
    text = runs.text("bible-begin.txt", lambda: bible()[:120_000])
    made = {kind: adapters(runs, kind, seeds, options) for kind in ("none", "one", "many")}
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        asked = {kind: [pool.submit(runs.figures, f"E10-{name}", "perplexity", "--memory", "off", "--file", text, *more) for name, more in all_] for kind, all_ in made.items()}
        values = {kind: [one.result()["mean_surprise"] for one in all_] for kind, all_ in asked.items()}
    table(["", "nats a token", "against none"], [[kind, spread(all_, "", 1, 4), spread([value / values["none"][0] - 1 for value in all_])] for kind, all_ in values.items()])


def run_e11(runs, seeds, options):
    if not options.topk_app:
        raise SystemExit("fot/E11 needs --topk-app: the program compiled with --topk 32 as well")
    results = {"dense": judged(runs, "E4", ("many",), seeds, options, *FACTS)["many"],
               "nearest 32": judged(runs, "E11", ("many",), seeds, options, *FACTS, app=options.topk_app)["many"]}
    by_size(runs, "E11", "facts found, all entries or the nearest 32", "facts", results, "facts")


OPTIONS = (("--rows", {"type": int, "default": 8, "choices": sorted(SCHEDULES), "help": "rows of a training step"}),
           ("--longest", {"type": int, "default": 262144, "help": "most tokens of a text"}),
           ("--jobs", {"type": int, "default": 1, "help": "programs that judge at once: what that takes is mostly the host's time"}),
           ("--detached-app", {"help": "of E8"}),
           ("--topk-app", {"help": "of E11"}))

if __name__ == "__main__":
    main("fot", __doc__, EXPECTED, {name: globals()[f"run_{name.lower()}"] for name in EXPECTED}, "build/quickstart/smollm2-train", OPTIONS)
