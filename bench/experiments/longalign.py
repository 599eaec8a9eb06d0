#!/usr/bin/env python3
"""Experiments with LongAlign's batching and loss weights.

    bench/experiments/run.sh longalign/E14 [--app PROGRAM] [--folder F] [--seeds 0,1,2] [--device D] [--capacity TOKENS]

E12  the loss of a file in packs beside the mean of its lines alone, in float32
E14  tokens a second and fill of naive, sorted and packed batches, lengths with a long tail (eight sequences, or packs, a step)
E15  a task of short answers beside one of few long answers: what the mean is taken over decides how the short one is learnt
E16  a base of rotary positions 200 times as large (--far-app: the program compiled with that --rope-theta as well), texts of --capacity tokens
E17  a number found at ten depths of texts of ten lengths; an adapter of fot/E5 (--adapter)

E13 (no sequence sees its neighbour in a pack) is a test: attention_test.sh; so are E12's gradients: gradient_test.sh (two
sequences side by side beside PyTorch's of each alone), training_steps_test (their norm, however a step is divided).

PROGRAM is compiled with --train, by default build/quickstart/smollm2-train (E17: with --method fot too). Texts are of the King James Bible (Debian's
bible-kjv). Every run's figures go to FOLDER (build/experiments/longalign); those that are there are not run again.
"""
import json
import random
import statistics

import chart
from runs import main
from tables import bible, spread, table

EXPECTED = {
    "E12": "equal to 1e-6",
    "E14": "packed at least 2.5 times naive, fill at least 99 %",
    "E15": "sequence as good as naive, token worse",
    "E16": "the larger base begins higher and is lower beyond what the model was trained on",
    "E17": "at least 98 % of the cells right",
}


def lines(objects):
    return "".join(json.dumps(one) + "\n" for one in objects)


def long_tailed(count, shortest, longest, mean, seed):
    """Lengths in tokens, log-normal, cut at both ends."""
    draw = random.Random(seed)
    return [min(longest, max(shortest, int(draw.lognormvariate(0, 1.2) * mean / 2))) for _ in range(count)]


def passages(lengths, seed):
    """A passage of about so many tokens for each length: 3.6 bytes a token, never more than it says."""
    text, draw = bible(), random.Random(seed)
    return [text[begin:begin + int(2.8 * length)] for length in lengths for begin in [draw.randrange(len(text) - 4 * length)]]


def run_e12(runs, seeds, options):
    rows = []
    for seed in seeds:
        texts = passages(long_tailed(12, 16, 200, 90, seed), seed)
        alone = [runs.figures(f"E12-{seed}-{i}", "loss", "--exact", "--data", runs.text(f"one-{seed}-{i}.jsonl", lambda text=text: lines([{"text": text}])))["loss"]
                 for i, text in enumerate(texts)]
        for order in ("as they are", "reversed"):
            ordered = texts if order == "as they are" else texts[::-1]
            data = runs.text(f"pack-{seed}-{len(order)}.jsonl", lambda ordered=ordered: lines({"text": text} for text in ordered))
            for call in (512, 4096):
                packed = runs.figures(f"E12-{seed}-{len(order)}-{call}", "loss", "--exact", "--data", data, "--call-tokens", call)["loss"]
                rows.append([seed, order, call, f"{packed:.7f}", f"{packed / statistics.mean(alone) - 1:+.1e}"])
    table(["seed", "order", "tokens of a call", "loss", "against its lines alone"], rows)


def run_e14(runs, seeds, options):
    capacity, count = options.capacity, options.sequences
    rows, packed = [], []
    for method in ("naive", "sorted", "packed"):
        speeds, fills = [], []
        for seed in seeds:
            data = runs.text(f"tail-{capacity}-{count}-{seed}.jsonl", lambda: lines({"text": text} for text in passages(long_tailed(count, 32, capacity, capacity // 12, seed), seed)))
            words = ("--data", data, "--seq-len", capacity, "--batch", 8, "--batching", method, "--seed", seed)
            plan = json.loads(runs.call("pack-data", *words, "--json", "-q"))
            fills.append(plan["fill"])
            if method == "packed":
                packed.append(f"{plan['packs']} packs of {plan['tokens']:,} tokens, {-(-plan['tokens'] // capacity)} would be the least; the costliest of a step {plan['imbalance']:.3f} x the mean")
            if options.plans:
                continue
            place = runs.trained(f"E14-{method}-{capacity}-{count}-{seed}", *words, "--steps", 4 if method == "packed" else 30, "--lr", "1e-4", "--save-every", 1000)
            logged = [json.loads(line) for line in (place / "train.jsonl").read_text().splitlines()][1:]
            speeds.append(sum(step["tokens"] for step in logged) / sum(step["seconds"] for step in logged))
        rows.append([method, spread(speeds, "", 1, 0) if speeds else "", spread(fills)])
    table(["batches", "tokens a second", "would be fill with padding"], rows)
    print(f"of {count:,} sequences: " + "; ".join(packed))


def two_tasks(seed, count):
    """Items (prompt, answer): which number a name has, in a line of three; and now and then a passage told again."""
    draw, text = random.Random(seed), bible()

    def short():
        names = draw.sample(range(100, 1000), 3)
        numbers = [draw.randrange(10000, 100000) for _ in names]
        chosen = draw.randrange(3)
        told = " ".join(f"Room {name} has the code {number}." for name, number in zip(names, numbers))
        return f"{told}\nThe code of room {names[chosen]}:", f" {numbers[chosen]}\n"

    def long():
        begin = draw.randrange(len(text) - 4000)
        return f"{text[begin:begin + 1500]}\nThe same again:\n", text[begin:begin + 1500] + "\n"

    return [long() if i % 10 == 9 else short() for i in range(count)]


def run_e15(runs, seeds, options):
    rows = []
    for norm, batching in (("sequence", "naive"), ("sequence", "packed"), ("token", "packed"), ("pack", "packed")):
        accuracies = []
        for seed in seeds:
            data = runs.text(f"tasks-{seed}.jsonl", lambda: lines(
                {"text": prompt + answer, "weights": [[0, len(prompt.encode()), 0], [len(prompt.encode()), len((prompt + answer).encode()), 1]]}
                for prompt, answer in two_tasks(seed, 640)))
            batch = ("--batch", 32) if batching == "naive" else ("--batch", 2)
            adapter = runs.trained(f"E15-{norm}-{batching}-{seed}", "--data", data, "--seq-len", 2048, *batch, "--batching", batching, "--loss-norm", norm,
                                   "--steps", 20, "--lr", "5e-4", "--warmup", 2, "--seed", seed)
            asked = [(prompt, answer) for prompt, answer in two_tasks(seed + 1000, 100) if len(answer) < 20]
            prompts = runs.text(f"asked-{seed}.jsonl", lambda: lines({"prompt": prompt} for prompt, _ in asked))
            place = runs.folder / f"E15-{norm}-{batching}-{seed}.jsonl"
            if not place.exists():
                place.write_text(runs.call("generate", "--prompts", prompts, "-n", 8, "--temperature", 0, "--adapter", adapter, "--device", runs.device, "--json", "-q"))
            replies = [json.loads(line)["text"] for line in place.read_text().splitlines()]
            accuracies.append(sum(reply.strip().split("\n")[0].strip() == answer.strip() for reply, (_, answer) in zip(replies, asked)) / len(asked))
        rows.append([norm, batching, spread(accuracies)])
    table(["mean over", "batches", "short answers right"], rows)


def run_e16(runs, seeds, options):
    if not options.far_app:
        raise SystemExit("longalign/E16 needs --far-app: the program compiled with a larger --rope-theta")
    curves = {}
    for name, app in (("its own base", None), ("the larger base", options.far_app)):
        for seed in seeds:
            data = runs.text(f"long-{options.capacity}-{seed}.jsonl", lambda: lines({"text": text} for text in passages([options.capacity] * 24, seed)))
            place = runs.trained(f"E16-{name[-6]}-{options.capacity}-{seed}", "--data", data, "--seq-len", options.capacity, "--batch", 1, "--steps", 24, "--lr", "2e-4",
                                 "--warmup", 2, "--seed", seed, app=app)
            curves.setdefault(name, []).append([json.loads(line)["loss"] for line in (place / "train.jsonl").read_text().splitlines()])
    table(["step", *curves], [[step + 1, *(spread([curve[step] for curve in all_], "", 1, 3) for all_ in curves.values())] for step in (0, 1, 3, 7, 15, 23)])
    chart.curves(runs.folder / "E16.svg", f"Texts of {options.capacity:,} tokens", "step", "loss", {name: [(i + 1, sum(loss) / len(loss)) for i, loss in enumerate(zip(*all_))] for name, all_ in curves.items()})


def run_e17(runs, seeds, options):
    adapter = ("--adapter", options.adapter) if options.adapter else ()
    sizes = [round(1000 * (options.longest / 1000) ** (i / 9)) for i in range(10)]
    cells = {}
    for seed in seeds:
        found = runs.figures(f"E17-{options.longest}-{seed}", "eval", "needle", "--depths", "0,11,22,33,44,56,67,78,89,100", "--lengths", ",".join(map(str, sizes)),
                             "--count", 2, "--ingest", "window", "--text", runs.text("bible.txt", bible), "--seed", seed, *adapter)
        for row in found["lengths"]:
            cells.setdefault((row["length"], row["depth"]), []).append(row["accuracy"])
    depths = sorted({depth for _, depth in cells})
    table(["tokens", *(f"{100 * depth:.0f} %" for depth in depths)], [[f"{size:,}", *(f"{100 * statistics.mean(cells[size, depth]):.0f}" for depth in depths)] for size in sizes])
    print(f"{100 * sum(statistics.mean(values) == 1 for values in cells.values()) / len(cells):.0f} % of the cells all right")


OPTIONS = (("--capacity", {"type": int, "default": 8192, "help": "tokens of a pack"}),
           ("--sequences", {"type": int, "default": 2400, "help": "of E14; few make few packs, of which the last is not full"}),
           ("--plans", {"action": "store_true", "help": "of E14: how full, and no training"}),
           ("--far-app", {"help": "of E16"}),
           ("--adapter", {"help": "of E17"}),
           ("--longest", {"type": int, "default": 131072, "help": "most tokens of a text, E17"}))

if __name__ == "__main__":
    main("longalign", __doc__, EXPECTED, {name: globals()[f"run_{name.lower()}"] for name in EXPECTED}, "build/quickstart/smollm2-train", OPTIONS)
