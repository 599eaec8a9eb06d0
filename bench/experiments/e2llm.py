#!/usr/bin/env python3
"""Experiments with E2LLM: chunks of a text as soft tokens of one program's encoder, read by its decoder.

    bench/experiments/run.sh e2llm/E2 [--app PROGRAM] [--folder F] [--seeds 0,1,2] [--jobs N] [--device D]

E1  real text restated from its soft tokens, 16 and 100 tokens each, beside those of other chunks and none
E2  questions about texts of 32 facts (3,400 tokens) from whole chunks of 100 tokens each, beside the text's beginning in a window of 512
    and the nearest chunks
E3  the same by a training whose last three stages have no restating, beside one whose stages do; each question is asked of both
E5  seconds and memory by the length of a text, 4k to 512k tokens: compressing, reading the soft tokens, and full attention to the text as
    far as the decoder's window goes; beside sentence-transformers on the same device where LONGC_TORCH_PYTHON names a Python with it
    (LONGC_ENCODER: the encoder's folder). An idle machine, `--threads 2`

PROGRAM is compiled with --method e2llm --pool pma --train without an adapter, by default build/e2llm/untrained (E5: one with an adapter will do). Each seed is a training of its own
(models/e2llm/train.sh; of E1 one on the Old Testament, judged on the New: Debian's bible-kjv). What is learnt and every run's figures go to
FOLDER (build/experiments/e2llm); those that are there are not made again. Standard library only. A cell is the mean over the seeds and how
far they lie apart.
"""
import argparse
import concurrent.futures
import json
import math
import os
import pathlib
import re
import statistics
import subprocess
import sys

from tables import spread, table

EXPECTED = {  # of the method's description
    "E1": "at least 1.0 nat a token under none at 16 tokens, 0.3 at 100; shuffled soft tokens lose it",
    "E2": "at least 60 %, and twice what the text's beginning answers",
    "E3": "at least 5 % of the accuracy less",
    "E5": "seconds in proportion to the length, at most 35 MB for 128k tokens, faster than full attention from 8k on, compressing 2 x the peer",
}
ROOT = pathlib.Path(__file__).resolve().parents[2]
PASSAGE = 4000  # bytes of a line of real text
RESTATED = {16: 70, 100: 512}  # tokens of a chunk: its bytes
LENGTH, TOKEN_BYTES = 4096, 3.9  # the shortest text of E5 in tokens, and about how many bytes one takes
ENTRY = 23040  # bytes of a position in the decoder's cache: 30 layers of 3 heads of 64, keys and values in bf16


class Runs:
    def __init__(self, options):
        self.app, self.folder, self.jobs, self.device = os.path.abspath(options.app), pathlib.Path(options.folder).absolute(), options.jobs, options.device
        self.folder.mkdir(parents=True, exist_ok=True)
        self.threads = str(options.threads or max(1, len(os.sched_getaffinity(0)) // self.jobs))

    def together(self, calls):
        """What the calls give, so many at once as there may be programs."""
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            return list(pool.map(lambda call: call(), calls))

    def call(self, *words):
        done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{' '.join(map(str, words))}: {done.stderr.strip()}")
        return done.stdout

    def judge(self, name, *words):
        """The figures of an evaluation, from its file if that is there."""
        place = self.folder / f"{name}.json"
        if not place.exists():
            place.write_text(self.call(self.app, "eval", *words, "--device", self.device, "--threads", self.threads, "--json", "-q"))
        return json.loads(place.read_text())

    def text(self, name, verses):
        """Lines of real text."""
        place = self.folder / f"{name}.jsonl"
        if not place.exists():
            text = re.sub(r"^\S+ ", "", self.call("bible", "-f", verses), flags=re.M)
            pieces = [text[begin:begin + PASSAGE] for begin in range(0, len(text), PASSAGE)]
            place.write_text("".join(json.dumps({"context": piece}) + "\n" for piece in pieces))
        return place

    def restating(self, tokens, seed):
        """The adapter of a training that restates chunks of so many tokens."""
        out = self.folder / f"restating-{tokens}-{seed}"
        if not (out / "adapter.safetensors").exists():
            self.call(self.app, "train", "--data", self.text("old", "gen1:1-mal4:6"), "--out", out, "--objective", "understand", "--restate", 1, "--restate-windows", 1000,
                      "--chunk", RESTATED[tokens], "--seq-len", 2048, "--batch", 4, "--steps", 1000, "--lr", 1e-3, "--warmup", 20, "--schedule", "cosine", "--seed", seed,
                      "--device", self.device, "--threads", self.threads, "--save-every", 100000, "-q")
        return out

    def answering(self, seed, objective):
        """The adapter of a training on facts."""
        out = self.folder / f"{objective}-{seed}"
        if not (out / "adapter/adapter.safetensors").exists():
            self.call("env", f"OBJECTIVE={objective}", "bash", ROOT / "models/e2llm/train.sh", self.app, out, "--seed", seed, "--device", self.device, "--threads", self.threads, "--save-every", 100000, "-q")
        return out / "adapter"

    def answers(self, seed, objective, documents):
        """Figures, and of each question whether soft tokens alone answered it."""
        replies = self.folder / f"facts-{objective}-{seed}.jsonl"
        figures = self.judge(f"facts-{objective}-{seed}", "facts", "--documents", documents, "--facts", 32, "--chunk", 512, "--seed", 1000 + seed, "--adapter", self.answering(seed, objective), "-o", replies)
        return figures, [json.loads(line)["soft_tokens"]["right"] for line in replies.read_text().splitlines()]


def run_e1(runs, seeds):
    held = runs.text("new", "mat1:1-mar16:20")
    runs.text("old", "gen1:1-mal4:6")
    cases = [(tokens, seed) for tokens in RESTATED for seed in seeds]
    results = runs.together([lambda tokens=tokens, seed=seed: runs.judge(f"restated-{tokens}-{seed}", "restate", "--data", held, "--chunk", RESTATED[tokens], "--restate", 1,
                                                                         "--restate-windows", 1000, "--adapter", runs.restating(tokens, seed)) for tokens, seed in cases])
    keys, rows = ("nll", "nll_shuffled", "nll_without"), []
    for tokens in RESTATED:
        part = [result for (size, _), result in zip(cases, results) if size == tokens]
        rows.append([tokens, part[0]["samples"]] + [spread([result[key] for result in part], "", 1, 3) for key in keys]
                    + [spread([result["nll_without"] - result["nll"] for result in part], "nats", 1, 3)])
    table(["tokens a soft token", "texts", "from its soft token", "from another's", "from none", "gain"], rows)


def facts(runs, seeds, objectives):
    return {objective: runs.together([lambda seed=seed: runs.answers(seed, objective, 100) for seed in seeds]) for objective in objectives}


def run_e2(runs, seeds):
    results = [figures for figures, _ in facts(runs, seeds, ["reason"])["reason"]]
    table(["questions", "tokens a soft token", "window", "soft tokens alone", "the text's beginning", "nearest chunks"],
          [[sum(result["questions"] for result in results), spread([result["compression"] for result in results], "", 1), results[0]["window"]]
           + [spread([result[key] for result in results]) for key in ("accuracy", "truncated_icl", "retrieval")]])


def run_e3(runs, seeds):
    results = facts(runs, seeds, ["both", "reason"])
    shares = {objective: [figures["accuracy"] for figures, _ in part] for objective, part in results.items()}
    points = [100 * (without - together) for (_, both), (_, reason) in zip(results["both"], results["reason"]) for together, without in zip(both, reason)]
    table(["objectives", "questions", "accuracy", "by seed"],
          [[objective, len(points), spread(values), " ".join(f"{100 * value:.1f}" for value in values)] for objective, values in shares.items()])
    both, reason = (statistics.mean(values) for values in shares.values())
    print(f"without restating {100 * (reason / both - 1):+.1f} % of the accuracy; {statistics.mean(points):+.1f} ± {1.96 * statistics.stdev(points) / len(points) ** 0.5:.1f} points (95 %, paired)")


def measured(command):
    """What a program prints and the most memory that it took, in MB."""
    work = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    printed = work.stdout.read()
    errors = work.stderr.read()
    _, status, usage = os.wait4(work.pid, 0)
    work.returncode = os.waitstatus_to_exitcode(status)
    if work.returncode:
        sys.exit(f"{' '.join(map(str, command))}: {errors.strip()}")
    return json.loads(printed), usage.ru_maxrss / 1024


def pieces(text, most=512):
    """The text cut as the program cuts it: at the last end of a sentence or line of a window's second half."""
    while text:
        ends = [match.end() for match in re.finditer(r"[.!?;]\s|\n", text[:most])]
        end = len(text) if len(text) <= most else next((end for end in reversed(ends) if end > most // 2), most)
        yield text[:end]
        text = text[end:]


def run_e5(runs, lengths):
    whole = re.sub(r"^\S+ ", "", runs.call("bible", "-f", "gen1:1-rev22:21"), flags=re.M)
    peer, encoder = os.environ.get("LONGC_TORCH_PYTHON"), os.environ.get("LONGC_ENCODER")
    usual = ["--device", runs.device, "--threads", runs.threads, "--json", "-q"]
    ask = lambda document, *more: measured([runs.app, "ask", "--document", document, "-p", "What is told first?", "-n", "1", *more, *usual])
    short = runs.folder / "e5-short.txt"
    short.write_text("In the beginning God created the heaven and the earth.\n")
    least = ask(short)[1]
    rows, points = [], []
    for length in lengths:
        text, document = runs.folder / f"e5-{length}.txt", runs.folder / f"e5-{length}.document"
        text.write_text(whole[:int(length * TOKEN_BYTES)])
        reads = []
        for _ in range(3):
            document.unlink(missing_ok=True)
            reads.append(measured([runs.app, "read", text, "-o", document, *usual]))
        read = min((figures for figures, _ in reads), key=lambda figures: figures["milliseconds"])
        asked, most = min((ask(document) for _ in range(3)), key=lambda result: result[0]["timings"]["prefill_seconds"])
        compressing, reading = read["milliseconds"] / 1000, asked["timings"]["prefill_seconds"]
        full = peers = None
        if read["source_tokens"] < 8000:  # of a window of 8,192
            plain = min((ask(text, "--words", 8000)[0] for _ in range(3)), key=lambda figures: figures["timings"]["prefill_seconds"])
            if plain["words"] < read["source_tokens"] * 0.98:
                sys.exit(f"{text} does not stand in the prompt as it is")
            full = plain["timings"]["prefill_seconds"]
        if peer and encoder:
            lines = runs.folder / f"e5-{length}.jsonl"
            lines.write_text("".join(json.dumps({"text": piece}) + "\n" for piece in pieces(text.read_text())))
            device = ["--device", "cuda", "--dtype", "bfloat16"] if runs.device.startswith("cuda") else ["--threads", runs.threads]
            peers = min(json.loads(runs.call(peer, ROOT / "bench/peers/sentence_transformers_embed.py", encoder, lines, "--rounds", 1, *device))["seconds"])
        points.append((read["source_tokens"], compressing + reading))
        cell = lambda value, form="{:.2f}": "-" if value is None else form.format(value)
        rows.append([read["source_tokens"], read["soft_tokens"], cell(compressing), cell(reading), cell(full), f"{len(asked['prompt_token_ids']) * ENTRY / 1e6:.1f}", f"{read['source_tokens'] * ENTRY / 1e6:.0f}",
                     f"{document.stat().st_size / 1e6:.1f}", f"{most - least:.0f}", cell(peers), cell(peers and peers / compressing, "{:.1f} x")])
        for place in (text, document):
            place.unlink()
    table(["tokens", "soft tokens", "compressing s", "reading them s", "full attention s", "cache MB", "of all words MB", "document MB", "more memory than one sentence MB", "peer s", "of ours"], rows)
    (runs.folder / "E5.json").write_text(json.dumps({"points": points}))
    if len(points) > 1:
        logs = [(math.log(x), math.log(y)) for x, y in points]
        mx, my = (statistics.mean(column) for column in zip(*logs))
        print(f"seconds grow as the length to the power {sum((x - mx) * (y - my) for x, y in logs) / sum((x - mx) ** 2 for x, _ in logs):.2f}")


def main():
    experiments = {name: globals()[f"run_{name.lower()}"] for name in EXPECTED}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=[f"e2llm/{name}" for name in experiments])
    parser.add_argument("--app", default="build/e2llm/untrained")
    parser.add_argument("--folder", default="build/experiments/e2llm")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--jobs", type=int, default=1, help="programs at once (seconds then say nothing)")
    parser.add_argument("--device", default="auto", help="where to train and to ask")
    parser.add_argument("--threads", type=int, default=0, help="of each program")
    parser.add_argument("--lengths", default=",".join(str(LENGTH << doubling) for doubling in range(8)), help="of E5, in tokens")
    options = parser.parse_args()
    name = options.name.split("/")[1]
    print(f"{name}: expected {EXPECTED[name]}")
    runs = Runs(options)
    if name == "E5":
        run_e5(runs, [int(length) for length in options.lengths.split(",")])
    else:
        experiments[name](runs, [int(seed) for seed in options.seeds.split(",")])


if __name__ == "__main__":
    main()
