#!/usr/bin/env python3
"""Pass keys found at several lengths, by memory layers, temperature and top-k. Standard library only.

    bench/retrieval.py --programs FOLDER --results FILE [--text FILE] [--quick] [--seconds S] [--jobs J] [--threads T]

FOLDER holds the compiled programs `all` (memory in every layer), `given` (a list to try), `twelve` (1 5-9 13 15-18 20),
`twelve-top32` and `twelve-top128`; rows of a program that is not there are left out. They need nothing but themselves, so the folder can
be copied to a machine without a compiler. FILE gets one line a prompt and is read first: a run that was stopped goes
on where it ended, and `--seconds` ends it in time. The table is printed at the end; bench/retrieval.sh does it all.
"""
import argparse
import concurrent.futures
import json
import os
import subprocess
import sys
import threading
import time

GROWTH = "log:0.15:2048"  # 1 + 0.15 ln(m / 2048)
FULL = {4096: 16, 16384: 8, 32768: 4}
SHORT = {4096: 16, 16384: 8}


def row(title, program, counts, *options, text=False):
    return {"title": title, "program": program, "counts": counts, "options": list(options), "text": text}


ROWS = [
    row("all 30 layers", "all", FULL),
    row("window only", "all", FULL, "--memory", "off", "--truncate"),
    row("layers given", "given", SHORT),
    row("12 layers", "twelve", SHORT),
    row("12 layers, x 1.15", "twelve", SHORT, "--memory-temperature", "fixed:1.15"),
    row("12 layers, x 1.3", "twelve", SHORT, "--memory-temperature", "fixed:1.3"),
    row("12 layers, " + GROWTH, "twelve", SHORT, "--memory-temperature", GROWTH),
    row("12 layers, top 32", "twelve-top32", SHORT),
    row("12 layers, top 128", "twelve-top128", SHORT),
    row("Bible: all 30 layers", "all", {4096: 8, 16384: 4, 32768: 2}, text=True),
    row("Bible: all 30 layers, x 1.15", "all", {4096: 8, 16384: 4}, "--memory-temperature", "fixed:1.15", text=True),
    row("Bible: full attention", "all", {4096: 8}, "--memory", "off", "--window", "8192", text=True),
    row("Bible: window only", "all", {4096: 8, 16384: 4}, "--memory", "off", "--truncate", text=True),
]
QUICK = [
    row("all 30 layers", "all", {4096: 4, 16384: 1}),
    row("window only", "all", {4096: 4}, "--memory", "off", "--truncate"),
    row("12 layers", "twelve", {4096: 4}),
]
WINDOW = 1024  # that the programs are compiled for: a key in the last window is found without memory


def promptsOf(rows, args):
    """All prompts: the first two rows, which are promised, before the others; the cheap ones first."""
    prompts = []
    for one in rows:
        if not os.path.exists(os.path.join(args.programs, one["program"])) or (one["text"] and not args.text):
            continue
        for length, count in one["counts"].items():
            prompts += [(one, length, seed) for seed in range(count)]
    return sorted(prompts, key=lambda prompt: (rows.index(prompt[0]) > 1, prompt[1]))


def readDone(path):
    done = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            for line in file:
                if line.endswith("\n"):  # a line cut short by a stop is done again
                    result = json.loads(line)
                    done[result["row"], result["length"], result["seed"]] = result
    return done


def runPrompt(prompt, args):
    one, length, seed = prompt
    command = [os.path.join(args.programs, one["program"]), "passkey", "--length", str(length), "--count", "1", "--seed",
               str(seed), "--threads", str(args.threads), "--json", "--quiet", "--progress", "none", *one["options"]]
    if one["text"]:
        command += ["--text", args.text]
    if args.variant:
        command += ["--variant", args.variant]
    start = time.monotonic()
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if ran.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit code {ran.returncode}: {ran.stderr.strip()}")
    answer = json.loads(ran.stdout)["prompts"][0]
    return {"row": one["title"], "length": length, "seed": seed, "correct": answer["correct"], "place": answer["place"],
            "begun": answer["correct_once_begun"], "log_probability": answer["log_probability"], "key": answer["key"],
            "answer": answer["answer"], "seconds": round(time.monotonic() - start, 2)}


def runAll(prompts, done, args):
    """Runs what is left, as long as there is time; returns how many prompts are left."""
    left = [prompt for prompt in prompts if (prompt[0]["title"], prompt[1], prompt[2]) not in done]
    end = time.monotonic() + args.seconds if args.seconds else float("inf")
    lock, finished = threading.Lock(), 0
    with open(args.results, "a", encoding="utf-8") as file, \
            concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:

        def work(prompt):
            nonlocal finished
            # Time grows with the square of the length; what is known of shorter prompts says when to stop.
            with lock:
                known = [r["seconds"] * (prompt[1] / r["length"]) ** 2 for r in done.values()
                         if r["row"] == prompt[0]["title"] and r["length"] <= prompt[1]]
            if time.monotonic() + (min(known) if known else 0) > end:
                return
            result = runPrompt(prompt, args)
            with lock:
                done[result["row"], result["length"], result["seed"]] = result
                file.write(json.dumps(result) + "\n")
                file.flush()
                finished += 1
                print(f"{finished}/{len(left)} {result['row']}, {result['length']} tokens: "
                      f"{'right' if result['correct'] else 'wrong'} in {result['seconds']} s", file=sys.stderr, flush=True)

        list(pool.map(work, left))
    return len(left) - finished


def cellsOf(one, lengths, done, field):
    """Right answers by length, and seconds a prompt."""
    cells, seconds = "", []
    for length in lengths:
        results = [r for r in done.values() if r["row"] == one["title"] and r["length"] == length]
        wanted = one["counts"].get(length, 0)
        text = f"{sum(r[field] for r in results)}/{len(results)}" if results else "-"
        if 0 < len(results) < wanted:
            text += f" of {wanted}"
        cells += f"{text:>14}"
        if results:
            seconds.append(f"{sum(r['seconds'] for r in results) / len(results):.1f}")
    return cells, seconds


def table(rows, done):
    lengths = sorted({length for one in rows for length in one["counts"]})
    lines = [f"{'memory':34}" + "".join(f"{length:>14}" for length in lengths) + "   seconds a prompt"]
    for one in rows:
        cells, seconds = cellsOf(one, lengths, done, "correct")
        if not seconds:
            continue
        lines.append(f"{one['title']:34}{cells}   {', '.join(seconds)}")
        if one["text"]:  # in real text the model may go on with words: "The pass key is the ..."
            cells, _ = cellsOf(one, lengths, done, "begun")
            lines.append(f"{'  its digits, once begun':34}{cells}")
    outside = [r for r in done.values() if "window only" in r["row"] and r["place"] < r["length"] - 2 * WINDOW]
    inside = [r for r in done.values() if "window only" in r["row"] and r["place"] >= r["length"] - 2 * WINDOW]
    lines.append(f"window only, key more than a window before the end: {sum(r['correct'] for r in outside)}/{len(outside)}; "
                 f"key nearer: {sum(r['correct'] for r in inside)}/{len(inside)}")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--programs", required=True, help="folder of compiled programs")
    parser.add_argument("--results", required=True, help="file of finished prompts, read and appended to")
    parser.add_argument("--text", help="real text as filler; without it those rows are left out")
    parser.add_argument("--quick", action="store_true", help="a few prompts")
    parser.add_argument("--only", help="rows whose title contains this")
    parser.add_argument("--seconds", type=float, default=0, help="start nothing that would end later")
    parser.add_argument("--jobs", type=int, default=1, help="prompts at a time")
    parser.add_argument("--threads", type=int, default=0, help="threads of each; 0: one a core")
    parser.add_argument("--variant", help="force a variant of the kernels")
    args = parser.parse_args()
    rows = [one for one in (QUICK if args.quick else ROWS) if not args.only or args.only in one["title"]]
    done = readDone(args.results)
    left = runAll(promptsOf(rows, args), done, args)
    print(table(rows, done))
    if left:
        print(f"{left} prompts are left: run the same command again", file=sys.stderr)
    return 3 if left else 0


if __name__ == "__main__":
    sys.exit(main())
