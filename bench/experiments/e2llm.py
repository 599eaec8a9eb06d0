#!/usr/bin/env python3
"""Experiments with E2LLM: chunks of a text as soft tokens of one program's encoder, read by its decoder.

    bench/experiments/run.sh e2llm/E2 [--app PROGRAM] [--folder F] [--seeds 1,2,3] [--jobs N] [--device D,...] [--judge D]

E1  real text restated from its soft tokens, 16, 32 and 100 tokens each, beside those of other chunks and none
E2  questions about texts of 32 facts (3,400 tokens) from whole chunks of 100 tokens each, beside the text's beginning in a window of 512
    and the nearest chunks
E3  the same by a training whose last three stages have no restating, beside one whose stages do, from the same stage `more`; each question is
    asked of both
E4  short trainings (--steps each) on a smaller task, one sentence a soft token and 2 to 4 facts of one kind that people alone tell apart: pools, with
    the encoder as it is and with a LoRA. Beside PROGRAM, which pools by pma, PROGRAM-mean, PROGRAM-cls and PROGRAM-last are compiled
    with those pools
E5  seconds and memory by the length of a text, 4k to 512k tokens: compressing, reading the soft tokens, and full attention to the text as
    far as the decoder's window goes, by a server that has read something before; memory by programs of one text each, on a processor. Beside
    sentence-transformers on the same device where LONGC_TORCH_PYTHON names a Python with it (LONGC_ENCODER: the encoder's folder). An idle
    machine, `--threads 2`
E7  E3 from the first step on, and without the question for all that is told, which is restating by another name and which E3 has in its first stages on both sides: two stages
    of --steps each, one sentence a soft token, facts of one kind; each question is asked of both
E8  what restating is worth by how many documents have questions (our own question: the published claim is of few questions beside many texts): --steps each from one fitted map,
    --few documents of four facts with questions about them, and as many more without questions as are read, which one side restates and the other leaves; each question is
    asked of both
E6  sizes of chunks: --steps each on texts of 16 to 32 facts, from --begun, an adapter for chunks of 512 bytes

PROGRAM is compiled with --method e2llm --pool pma --train without an adapter, by default build/e2llm/untrained (E5: one with an adapter will do). Each seed is a training of its own
(models/e2llm/train.sh; of E1 one on the Old Testament and the Jargon File, judged on the New Testament: Debian's bible-kjv and jargon-text; first chunks of
16 tokens, from there of 32 and 100). What is learnt and every run's figures go to
FOLDER (build/experiments/e2llm); those that are there are not made again. Standard library only. A cell is the mean over the seeds and how
far they lie apart.
"""
import argparse
import concurrent.futures
import gzip
import json
import math
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import threading
import time

from chart import bars, curves
from runs import Devices
from tables import spread, table

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "test/e2e"))
from serve import Server  # noqa: E402

EXPECTED = {  # of the method's description
    "E1": "at least 1.0 nat a token less than from none at 16 tokens, 0.3 at 100; shuffled soft tokens lose it",
    "E2": "at least 60 %, and twice what the text's beginning answers",
    "E3": "at least 5 % of the accuracy less without restating",
    "E4": "mean not under cls, pma not under mean, the encoder as it is worst",
    "E5": "seconds in proportion to the length, at most 35 MB for 128k tokens, faster than full attention from 8k on, compressing 2 x the peer",
    "E7": "at least 5 % of the accuracy less without restating",
    "E8": "the fewer questions, the more restating is worth",
    "E6": "best between the smallest and the largest; what is recalled falls as chunks grow",
}
ROOT = pathlib.Path(__file__).resolve().parents[2]
PASSAGE = 4000  # bytes of a line of real text
RESTATED = {16: 70, 32: 160, 100: 512}  # tokens of a chunk: its bytes
POOLS = [("pma", True), ("pma", False), ("mean", True), ("mean", False), ("cls", True), ("last", True)]  # of E4; whether the encoder learns
SIZES = (64, 128, 256, 512, 1024)  # bytes of a chunk, of E6
ALIKE = ["3:2:alike:0", "3:3:alike:0", "3:4:alike:0", "1:1:tell:0"]  # documents of E4
UNTOLD = ["4:2:alike:0", "4:3:alike:0", "5:4:alike:0", "4:8:alike:0"]  # of E7: those of the stage `sentences` without `tell`
FEW = ["1:4:usual:0"]  # of E8
MANY = ["1.5:16:alike:5", "1.5:32:alike:5", "2:24:usual:5", "5:32:usual:5"]  # of E6: its `many`
RESTATING_STEPS = {16: 450, 32: 250, 100: 800}
JARGON = pathlib.Path("/usr/share/doc/jargon-text/jargon.txt.gz")
RESAMPLED = 2000  # draws of questions for an interval
SHORT, ROUNDS = 40000, 3  # tokens of a text that E5 reads so often, and the peer too; longer ones it reads once on a processor
ASKED = "What is told first?"
FULL = 8100  # tokens of a text that stands in the decoder's window of 8,192 beside a question
LENGTH, TOKEN_BYTES = 4096, 3.9  # the shortest text of E5 in tokens, and about how many bytes one takes
ENTRY = 23040  # bytes of a position in the decoder's cache: 30 layers of 3 heads of 64, keys and values in bf16


class Runs:
    def __init__(self, options):
        self.app, self.folder, self.jobs = os.path.abspath(options.app), pathlib.Path(options.folder).absolute(), options.jobs
        self.devices = Devices(options.device, most=1)  # what programs share a GPU take turns
        self.judges = Devices(options.judge, most=1) if options.judge else self.devices
        self.folder.mkdir(parents=True, exist_ok=True)
        self.threads = str(options.threads or max(1, len(os.sched_getaffinity(0)) // self.jobs))
        self.judging = str(options.judge_threads or self.threads)
        self.failed, self.making = threading.Event(), threading.Lock()
        self.documents, self.steps, self.most, self.begun_with = options.documents, options.steps, options.most_steps, os.path.abspath(options.begun)
        self.batch = options.batch
        self.few = [int(count) for count in options.few.split(",")]

    def together(self, calls):
        """What the calls give, so many at once as there may be programs."""
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            return list(pool.map(lambda call: call(), calls))

    def call(self, *words):
        done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
        if done.returncode:
            self.failed.set()
            sys.exit(f"{' '.join(map(str, words))}: {done.stderr.strip()}")
        return done.stdout

    def judge(self, name, *words, app=None):
        """The figures of an evaluation, from its file if that is there."""
        place = self.folder / f"{name}.json"
        if not place.exists():
            with self.judges.one() as device:
                place.write_text(self.call(app or self.app, "eval", *words, "--device", device, "--threads", self.judging, "--json", "-q"))
        return json.loads(place.read_text())

    def train(self, name, steps, *words, app=None):
        """The folder of what a training learns."""
        out = self.folder / name
        if not (out / "adapter.safetensors").exists():
            begin = time.monotonic()
            with self.devices.one() as device:
                self.call(app or self.app, "train", "--out", out, "--seq-len", 2048, "--batch", self.batch, "--steps", min(steps, self.most), "--device", device, "--threads", self.threads,
                          "--save-every", 100000, "-q", *words)
            print(f"{name}: {time.monotonic() - begin:.0f} s", flush=True)
        return out

    def lines(self, name, make):
        """Lines of real text: what make() gives, in passages."""
        place = self.folder / f"{name}.jsonl"
        if not place.exists():
            text = make()
            place.write_text("".join(json.dumps({"context": text[begin:begin + PASSAGE]}) + "\n" for begin in range(0, len(text), PASSAGE)))
        return place

    def verses(self, which):
        return re.sub(r"^\S+ ", "", self.call("bible", "-f", which), flags=re.M)

    def facts(self, name, megabytes, seed, plan):
        """Documents of facts to learn from."""
        place = self.folder / f"{name}.jsonl"
        with self.making:
            if not place.exists():
                self.call(sys.executable, ROOT / "models/e2llm/documents.py", place, min(megabytes, self.most / 10), seed, *plan)
        return place

    def restating(self, tokens, seed):
        """The adapter of a training that restates chunks of so many tokens, the larger ones from that of the smaller."""
        text = self.lines("old", lambda: self.verses("gen1:1-mal4:6") + gzip.decompress(JARGON.read_bytes()).decode("latin-1"))
        smaller = [size for size in RESTATED if size < tokens]
        more = ["--adapter", self.restating(smaller[-1], seed)] if smaller else []
        return self.train(f"restating-{tokens}-{seed}", RESTATING_STEPS[tokens], "--data", text, "--objective", "understand", "--restate", 1, "--restate-windows", 1000,
                          "--chunk", RESTATED[tokens], "--lr", 1e-3, "--warmup", 20, "--schedule", "cosine", "--seed", seed, *more)

    def begun(self, seed):
        """What the stage `more` of a training on facts has learnt, once it has."""
        out = self.folder / f"reason-{seed}"
        while not (out / "more/adapter.safetensors").exists() or (out / "more.jsonl").exists():
            if self.failed.is_set():
                sys.exit(f"{out} did not come as far")
            time.sleep(1)
        return out / "more"

    def answering(self, seed, objective):
        """The folder of a training on facts, stage by stage; of one that restates too the last three, from where the other one was."""
        out = self.folder / f"{objective}-{seed}"
        if not (out / "adapter/adapter.safetensors").exists():
            begun = [] if objective == "reason" else [f"FROM={self.begun(seed)}"]
            short = ["--steps", self.most] if self.most < 400 else []
            with self.devices.one() as device:
                self.call("env", f"OBJECTIVE={objective}", *begun, *([] if self.most >= 400 else ["ROUNDS=1"]), "bash", ROOT / "models/e2llm/train.sh", self.app, out, "--seed", seed, "--device", device, "--threads", self.threads,
                          "--save-every", 100000, "-q", *short)
        return out

    def answers(self, seed, objective):
        """Figures, and of each question whether soft tokens alone answered it."""
        replies = self.folder / f"facts-{objective}-{seed}.jsonl"
        figures = self.judge(f"facts-{objective}-{seed}", "facts", "--documents", self.documents, "--facts", 32, "--chunk", 512, "--seed", 1000 + seed,
                             "--adapter", self.answering(seed, objective) / "adapter", "-o", replies)
        return figures, [json.loads(line)["soft_tokens"]["right"] for line in replies.read_text().splitlines()]


def run_e1(runs, seeds):
    held = runs.lines("new", lambda: runs.verses("mat1:1-mar16:20"))
    runs.together([lambda seed=seed: runs.restating(max(RESTATED), seed) for seed in seeds])
    rows = []
    for tokens in RESTATED:
        part = runs.together([lambda seed=seed: runs.judge(f"restated-{tokens}-{seed}", "restate", "--data", held, "--chunk", RESTATED[tokens], "--restate", 1, "--restate-windows", 1000,
                                                           "--adapter", runs.restating(tokens, seed)) for seed in seeds])
        rows.append([tokens, part[0]["samples"]] + [spread([result[key] for result in part], "", 1, 3) for key in ("nll", "nll_shuffled", "nll_without")]
                    + [spread([result["nll_without"] - result["nll"] for result in part], "nats", 1, 3)])
    table(["tokens a soft token", "texts", "from its soft token", "from another's", "from none", "gain"], rows)


def run_e2(runs, seeds):
    results = [figures for figures, _ in runs.together([lambda seed=seed: runs.answers(seed, "reason") for seed in seeds])]
    table(["questions", "tokens a soft token", "window", "soft tokens alone", "the text's beginning", "nearest chunks"],
          [[sum(result["questions"] for result in results), spread([result["compression"] for result in results], "", 1), results[0]["window"]]
           + [spread([result[key] for result in results]) for key in ("accuracy", "truncated_icl", "retrieval")]])


def between(values, share=0.95):
    values = sorted(values)
    return values[int(len(values) * (1 - share) / 2)], values[int(len(values) * (1 + share) / 2)]


def run_e3(runs, seeds):
    objectives = ("reason", "both")
    found = runs.together([lambda seed=seed, objective=objective: runs.answers(seed, objective) for objective in objectives for seed in seeds])
    results = {objective: found[number * len(seeds):(number + 1) * len(seeds)] for number, objective in enumerate(objectives)}
    rights = {objective: [right for _, part in results[objective] for right in part] for objective in results}
    table(["objectives", "questions", "accuracy", "by seed"],
          [[objective, len(rights[objective]), spread([figures["accuracy"] for figures, _ in part]), " ".join(f"{100 * figures['accuracy']:.1f}" for figures, _ in part)]
           for objective, part in results.items()])
    compare(list(zip(rights["both"], rights["reason"])))


def compare(pairs):
    """Says what the second of two ways to train is worth beside the first, by what each has right."""
    dice, drawn = random.Random(0), []
    for _ in range(RESAMPLED):
        both, reason = map(sum, zip(*dice.choices(pairs, k=len(pairs))))
        drawn.append(100 * (reason / both - 1) if both else 0.0)
    low, high = between(drawn)
    both, reason = map(sum, zip(*pairs))
    print(f"without restating {100 * (reason / both - 1) if both else 0:+.1f} % of the accuracy, 95 % between {low:+.1f} and {high:+.1f} (paired bootstrap over {len(pairs)} questions); "
          f"right with it alone {sum(a and not b for a, b in pairs)}, without it alone {sum(b and not a for a, b in pairs)}")


def run_e7(runs, seeds):
    def stage(name, number, seed, *words):
        data = runs.facts(f"untold-{seed}-{number}", runs.steps * runs.batch / 80, 7000 + 10 * seed + number, UNTOLD)
        return runs.train(name, runs.steps, "--data", data, "--chunk", 60, "--restate", 2, "--restate-windows", 1, "--understand-weight", 0.5, "--warmup", 15, "--seed", seed, *words)

    def answers(objective, seed):
        first = stage(f"untold-{objective}-{seed}-0", 0, seed, "--objective", objective, "--adapter", begun[seed], "--lr", 1e-3, "--freeze", "encoder,adapter")
        learnt = stage(f"untold-{objective}-{seed}", 1, seed, "--objective", objective, "--adapter", first, "--lr", 5e-4, "--freeze", "encoder")
        replies = runs.folder / f"facts-untold-{objective}-{seed}.jsonl"
        figures = runs.judge(f"facts-untold-{objective}-{seed}", "facts", "--documents", runs.documents, "--soft-only", "--alike", "--facts", 4, "--fillers", 0, "--chunk", 60,
                             "--seed", 4000 + seed, "--adapter", learnt, "-o", replies)
        return {**figures, "loss": last_sixth(learnt)}, [json.loads(line)["soft_tokens"]["right"] for line in replies.read_text().splitlines()]

    # Both begin with one fitted map.
    begun = dict(zip(seeds, runs.together([lambda seed=seed: runs.train(f"untold-begun-{seed}", 1, "--data", runs.facts(f"untold-{seed}-0", runs.steps * runs.batch / 80, 7000 + 10 * seed, UNTOLD),
                                                                        "--chunk", 60, "--objective", "reason", "--lr", 0, "--seed", seed) for seed in seeds])))
    objectives = ("reason", "both")
    results = each(runs, objectives, seeds, answers)
    table(["objectives", "questions", "loss of the last sixth", "accuracy", "by seed"],
          [[objective, sum(figures["questions"] for figures, _ in parts), spread([figures["loss"] for figures, _ in parts], "", 1, 3), spread([figures["accuracy"] for figures, _ in parts]),
            " ".join(f"{100 * figures['accuracy']:.1f}" for figures, _ in parts)] for objective, parts in results])
    reason, both = ([right for _, rights in parts for right in rights] for _, parts in results)
    compare(list(zip(both, reason)))


def few_lines(runs, seed):
    """Documents of four facts, one a line, as many as --steps steps read of one objective, and the file of their texts alone."""
    lines = runs.facts(f"few-{seed}", runs.steps / 20, 8000 + seed, FEW).read_text().splitlines()
    texts = [json.dumps({"context": json.loads(line)["context"]}) for line in lines]
    place = runs.folder / f"few-{seed}-texts.jsonl"
    if not place.exists():
        place.write_text("\n".join(texts) + "\n")
    return lines, texts, place


def run_e8(runs, seeds):
    made = {seed: few_lines(runs, seed) for seed in seeds}
    usual = ["--chunk", 60, "--restate", 4, "--restate-windows", 1]
    # All begin with one fitted map, which the texts alone give.
    begun = dict(zip(seeds, runs.together([lambda seed=seed: runs.train(f"few-begun-{seed}", 1, "--data", made[seed][2], *usual, "--objective", "understand", "--lr", 0, "--seed", seed)
                                           for seed in seeds])))

    def answers(kind, seed):
        count, objective = kind
        lines, texts, _ = made[seed]
        name, half = f"few-{count}-{objective}-{seed}", len(lines) // 2
        data = runs.folder / f"{name}.jsonl"
        if not data.exists():  # those with questions as often as there are others
            data.write_text("\n".join(lines[:count] if objective == "reason" else [lines[number % count] for number in range(half)] + texts[half:]) + "\n")
        learnt = runs.train(name, runs.steps, "--data", data, *usual, "--objective", objective, "--understand-weight", 0.5, "--adapter", begun[seed], "--freeze", "encoder",
                            "--lr", 1e-3, "--warmup", 15, "--schedule", "cosine", "--seed", seed)
        replies = runs.folder / f"facts-{name}.jsonl"
        figures = runs.judge(f"facts-{name}", "facts", "--documents", runs.documents, "--soft-only", "--facts", 4, "--fillers", 0, "--chunk", 60, "--seed", 8000 + seed, "--adapter", learnt,
                             "-o", replies)
        return {**figures, "loss": last_sixth(learnt)}, [json.loads(line)["soft_tokens"]["right"] for line in replies.read_text().splitlines()]

    results = dict(each(runs, [(count, objective) for count in runs.few for objective in ("reason", "both")], seeds, answers))
    table(["documents with questions", "objectives", "questions", "loss of the last sixth", "accuracy", "by seed"],
          [[count, objective, sum(figures["questions"] for figures, _ in parts), spread([figures["loss"] for figures, _ in parts], "", 1, 3),
            spread([figures["accuracy"] for figures, _ in parts]), " ".join(f"{100 * figures['accuracy']:.1f}" for figures, _ in parts)] for (count, objective), parts in results.items()])
    for count in runs.few:
        reason, both = ([right for _, rights in results[count, objective] for right in rights] for objective in ("reason", "both"))
        print(f"{count} documents with questions: ", end="")
        compare(list(zip(both, reason)))


def last_sixth(learnt):
    """The mean loss of answers there."""
    losses = [step["reason_loss"] for step in map(json.loads, (learnt / "train.jsonl").read_text().splitlines()) if "reason_loss" in step]
    return statistics.mean(losses[-max(1, len(losses) // 6):])


def short(runs, name, words, judging, app=None):
    """The figures of --steps steps and what they have learnt."""
    learnt = runs.train(name, runs.steps, *words, "--objective", "reason", "--lr", 5e-4, "--warmup", 15, "--schedule", "cosine", app=app)
    figures = runs.judge(f"facts-{name}", "facts", "--documents", runs.documents, "--soft-only", *judging, "--adapter", learnt, app=app)
    return {**figures, "loss": last_sixth(learnt)}


def each(runs, kinds, seeds, call):
    """(kind, results of the seeds) of call(kind, seed), one seed after the other."""
    results = runs.together([lambda kind=kind, seed=seed: call(kind, seed) for seed in seeds for kind in kinds])
    return [(kind, results[number::len(kinds)]) for number, kind in enumerate(kinds)]


def run_e4(runs, seeds):
    def one(kind, seed):
        pool, learns = kind
        return short(runs, f"{pool}-{'learns' if learns else 'fixed'}-{seed}", ["--data", runs.facts(f"alike-{seed}", runs.steps / 20, 5000 + seed, ALIKE), "--chunk", 60, "--seed", seed,
                                                                              *([] if learns else ["--freeze", "encoder"])],
                     ["--alike", "--facts", 4, "--fillers", 0, "--chunk", 60, "--seed", 2000 + seed], app=runs.app if pool == "pma" else f"{runs.app}-{pool}")

    results = each(runs, POOLS, seeds, one)
    table(["pool", "encoder", "questions", "tokens a soft token", "loss of the last sixth", "accuracy"],
          [[pool, "LoRA" if learns else "as it is", sum(part["questions"] for part in parts), spread([part["compression"] for part in parts], "", 1),
            spread([part["loss"] for part in parts], "", 1, 3), spread([part["accuracy"] for part in parts])] for (pool, learns), parts in results])
    bars(runs.folder / "E4.svg", "questions answered from soft tokens, by pool and encoder", "%",
         {f"{pool}, {'LoRA' if learns else 'as it is'}": [100 * part["accuracy"] for part in parts] for (pool, learns), parts in results})


def run_e6(runs, seeds):
    def one(size, seed):
        return short(runs, f"chunks-{size}-{seed}", ["--data", runs.facts(f"many-{seed}", runs.steps / 6, 6000 + seed, MANY), "--chunk", size, "--seed", seed, "--adapter", runs.begun_with],
                     ["--facts", 32, "--chunk", size, "--seed", 3000 + seed])

    results = each(runs, SIZES, seeds, one)
    table(["bytes of a chunk", "questions", "tokens a soft token", "loss of the last sixth", "accuracy"],
          [[size, sum(part["questions"] for part in parts), spread([part["compression"] for part in parts], "", 1), spread([part["loss"] for part in parts], "", 1, 3),
            spread([part["accuracy"] for part in parts])] for size, parts in results])
    curves(runs.folder / "E6.svg", "questions answered from soft tokens", "bytes of a chunk", "%",
           {"accuracy": [(size, 100 * statistics.mean(part["accuracy"] for part in parts)) for size, parts in results]}, log=True)


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
    begin = 0
    while begin < len(text):
        window = text[begin:begin + most]
        ends = [match.end() for match in re.finditer(r"[.!?;]\s|\n", window)]
        end = len(window) if begin + most >= len(text) else next((end for end in reversed(ends) if end > most // 2), most)
        yield window[:end]
        begin += end


def timed(call):
    begin = time.monotonic()
    result = call()
    return time.monotonic() - begin, result


def least(count, call):
    """The shortest of so many timings, and what that call gave."""
    return min((call(number) for number in range(count)), key=lambda result: result[0])


class Served:
    """Seconds of a program that serves. Each round has a first line of its own, so that nothing is known already."""

    def __init__(self, server):
        self.server, self.kept = server, []

    def reading(self, text, number):
        seconds, name = timed(lambda: self.server.read(f"Reading {number}.\n{text}", method="e2llm"))
        told = self.server.answer(f"/v1/documents/{name}", None)
        self.kept.append(name)
        return seconds, name, told["tokens"]

    def asking(self, text, *documents):
        body = {"messages": [{"role": "user", "content": text}], "max_tokens": 1, "temperature": 0, **({"documents": documents} if documents else {})}
        seconds, answer = timed(lambda: self.server.answer("/v1/chat/completions", body))
        return seconds, answer["usage"]["prompt_tokens"]

    def forget(self):
        for name in self.kept:
            self.server.answer(f"/v1/documents/{name}", None, method="DELETE")
        self.kept = []


def memories(runs, texts):
    """Of each text, MB of its document and what a program that asks about it takes more than one that asks about a sentence; on a processor."""
    usual = ["--device", "cpu", "--threads", runs.threads, "--json", "-q"]
    document, results = runs.folder / "e5.document", []
    for text in [runs.folder / "e5-short.txt", *texts]:
        document.unlink(missing_ok=True)
        measured([runs.app, "read", text, "-o", document, *usual])
        results.append((document.stat().st_size / 1e6, measured([runs.app, "ask", "--document", document, "-p", ASKED, "-n", "1", *usual])[1]))
    document.unlink()
    return [(size, most - results[0][1]) for size, most in results[1:]]


def peer_seconds(runs, texts, device):
    """Seconds of sentence-transformers for each text's chunks, in float32 and bf16; nothing where there is none."""
    peer, encoder = os.environ.get("LONGC_TORCH_PYTHON"), os.environ.get("LONGC_ENCODER")
    if not peer or not encoder:
        return [[] for _ in texts]
    lines = [text.with_suffix(".jsonl") for text in texts]
    for text, place in zip(texts, lines):
        place.write_text("".join(json.dumps({"text": piece}) + "\n" for piece in pieces(text.read_text())))
    where = ["--device", "cuda"] if device.startswith("cuda") else ["--threads", runs.threads]
    call = lambda dtype: runs.call(peer, ROOT / "bench/peers/sentence_transformers_embed.py", encoder, *lines, "--rounds", ROUNDS, "--dtype", dtype, *where)
    try:
        return list(zip(*[[min(json.loads(line)["seconds"]) for line in call(dtype).splitlines()] for dtype in ("float32", "bfloat16")]))
    except SystemExit as end:  # what was measured before is told all the same
        print(end)
        return [[] for _ in texts]


def run_e5(runs, lengths):
    whole = runs.verses("gen1:1-rev22:21")
    device = next(iter(runs.devices.users))
    (runs.folder / "e5-short.txt").write_text("In the beginning God created the heaven and the earth.\n")
    texts = [runs.folder / f"e5-{length}.txt" for length in lengths]
    rows = []
    with Server(runs.app, "--device", device, "--threads", runs.threads) as server:
        served = Served(server)
        served.asking(ASKED, served.reading(whole[:int(lengths[0] * TOKEN_BYTES)], "before all")[1])
        for length, place in zip(lengths, texts):
            text, rounds = whole[:int(length * TOKEN_BYTES)], ROUNDS if length <= SHORT or device.startswith("cuda") else 1
            place.write_text(text)
            compressing, name, tokens = least(rounds, lambda number: served.reading(text, number))
            reading, prompt = least(rounds, lambda _: served.asking(ASKED, name))
            full = None
            if tokens < FULL:
                full, words = least(rounds, lambda number: served.asking(f"{number}. {text} {ASKED}"))
                if words < 0.98 * tokens:
                    sys.exit(f"{place} does not stand in the prompt as it is")
            served.forget()
            rows.append([tokens, compressing, reading, full, prompt])
    memory = memories(runs, texts) if device == "cpu" else [(None, None)] * len(rows)
    peers = peer_seconds(runs, [text for text, length in zip(texts, lengths) if length <= SHORT or device.startswith("cuda")], device)
    cell = lambda value, form="{:.2f}": "-" if value is None else form.format(value)
    few = "{:.2f}" if device == "cpu" else "{:.4f}"
    table(["tokens", "compressing s", "reading them s", "full attention s", "positions", "cache MB", "of all words MB", "document MB", "more memory than one sentence MB",
           "peer s: float32 bf16", "of ours"],
          [[tokens, *(cell(value, few) for value in (compressing, reading, full)), prompt, f"{prompt * ENTRY / 1e6:.1f}", f"{tokens * ENTRY / 1e6:.0f}", cell(size, "{:.1f}"), cell(more, "{:.0f}"),
            " ".join(cell(value, few) for value in peer or [None]), cell(min(peer) / compressing if peer else None, "{:.1f} x")]
           for (tokens, compressing, reading, full, prompt), (size, more), peer in zip(rows, memory, [*peers, *[None] * len(rows)])])
    points = {"compressed": [(row[0], row[1] + row[2]) for row in rows], "full attention": [(row[0], row[3]) for row in rows if row[3]]}
    (runs.folder / "E5.json").write_text(json.dumps(points))
    curves(runs.folder / "E5.svg", "seconds to the first word of an answer", "tokens of the text", "s", points, log=True)
    if len(rows) > 1:
        print(f"seconds grow as the length to the power {slope(points['compressed']):.2f}; of full attention {slope(points['full attention']) if len(points['full attention']) > 1 else math.nan:.2f}")
    for place in texts:
        place.unlink()
        place.with_suffix(".jsonl").unlink(missing_ok=True)


def slope(points):
    """The power by which y grows with x."""
    logs = [(math.log(x), math.log(y)) for x, y in points]
    mx, my = (statistics.mean(column) for column in zip(*logs))
    return sum((x - mx) * (y - my) for x, y in logs) / sum((x - mx) ** 2 for x, _ in logs)


def main():
    experiments = {name: globals()[f"run_{name.lower()}"] for name in EXPECTED}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=[f"e2llm/{name}" for name in experiments])
    parser.add_argument("--app", default="build/e2llm/untrained")
    parser.add_argument("--folder", default="build/experiments/e2llm")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--jobs", type=int, default=1, help="programs at once (seconds then say nothing)")
    parser.add_argument("--device", default="auto", help="where to train and to ask; of several, such as cuda:0,cuda:1, each program takes the one that the fewest have")
    parser.add_argument("--judge", default="", help="where to ask, if not there")
    parser.add_argument("--threads", type=int, default=0, help="of each program")
    parser.add_argument("--judge-threads", type=int, default=0, help="of each program that asks, if others")
    parser.add_argument("--documents", type=int, default=100, help="to judge by, with four questions each")
    parser.add_argument("--begun", default=str(ROOT / "models/e2llm/adapter"), help="what the trainings of E6 go on from")
    parser.add_argument("--steps", type=int, default=400, help="of each training of E4, E6, E7 and E8")
    parser.add_argument("--batch", type=int, default=4, help="packs of 2,048 tokens a step of all but train.sh's; half as many take two thirds of the time on an H200")
    parser.add_argument("--few", default="40,160,640", help="documents with questions, of E8")
    parser.add_argument("--most-steps", type=int, default=100000, help="of any training, to try an experiment out")
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
