#!/usr/bin/env python3
"""Compares a program's logits and greedy tokens with the golden logits.jsonl. Standard library only.

    check_logits.py --write-requests FILE [--golden logits.jsonl]       what the program is to compute; with
                    --one-by-one tokens are taken in one at a time, by the kernels of decoding
    check_logits.py RESULTS --mode exact|default [--golden ...] [limits] the verdict; exit code 0 pass, 1 fail, 2 misuse
    check_logits.py --self-test

Formats (README.md has the whole story): a request is {"prompt", "tokens", "positions", "greedy"}; a result is
{"prompt", "positions", "logits", "greedy"} with `logits` the base64 of little-endian float32 [positions, vocabulary].
"""
import argparse
import array
import base64
import json
import math
import os
import random
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
LIMITS = {  # what the project promises for each arithmetic
    "exact": {"max_ratio": 2.0, "max_relative": 1e-5, "max_abs": 1e-3, "kl_mean": 1e-8, "kl_p99": 1e-8, "gap": 0.05},
    "default": {"max_ratio": math.inf, "max_relative": math.inf, "max_abs": math.inf, "kl_mean": 1e-3, "kl_p99": 1e-2,
                "gap": 0.3},
}


def unpack(text, kind):
    """A base64 text of little-endian numbers; kind 'f' is float32, 'H' is uint16."""
    numbers = array.array(kind)
    numbers.frombytes(base64.b64decode(text, validate=True))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def pack(numbers, kind):
    out = array.array(kind, numbers)
    if sys.byteorder == "big":
        out.byteswap()
    return base64.b64encode(out.tobytes()).decode()


def logSumExp(logits):
    top = max(logits)
    return top + math.log(math.fsum(math.exp(x - top) for x in logits))


def readGolden(path):
    with open(path, encoding="utf-8") as file:
        header = json.loads(file.readline())
        if header.get("kind") != "logits-golden" or header.get("version") != 1:
            raise SystemExit(f"{path}: expected a logits-golden of version 1; make it with make_logit_goldens.py")
        prompts = [json.loads(line) for line in file]
    header["sample_ids"] = unpack(header["sample_ids"], "H")
    for prompt in prompts:
        for row in prompt["rows"]:
            row["top_ids"] = unpack(row["top_ids"], "H")
            row["top"] = unpack(row["top"], "f")
            row["sample"] = unpack(row["sample"], "f")
            if "full" in row:
                row["full"] = unpack(row["full"], "f")
    return header, prompts


def compareRow(row, sampleIds, logits):
    """Distances of full-vocabulary `logits` from one row of the golden, over the ids that the row holds.

    KL(reference || ours) has three parts: the top ids one by one; all other ids as one bucket, which together are a
    lower bound; and what the bucket hides, estimated from the sampled ids outside the top as (mass of the bucket) x
    KL within the sample. Rows with the full vocabulary also give the exact value.
    """
    known = dict(zip(sampleIds, row["sample"]))
    known.update(zip(row["top_ids"], row["top"]))
    square = math.fsum((logits[i] - x) ** 2 for i, x in known.items())
    norm = math.fsum(x * x for x in known.values())
    largest = max(abs(logits[i] - x) for i, x in known.items())

    biggest = max(logits)
    weights = [math.exp(y - biggest) for y in logits]
    ours = biggest + math.log(math.fsum(weights))
    for i in row["top_ids"]:
        weights[i] = 0.0
    rest = max(row["rest"], 1e-300)  # probability outside the top ids: not 1 - sum, which would cancel
    oursRest = max(math.fsum(weights) * math.exp(biggest - ours), 1e-300)
    # The stored logits are rounded to float32: normalised again, the rounding is a second-order error.
    shift = logSumExp(row["top"]) - math.log1p(-min(rest, 1.0 - 1e-12))
    kl = rest * math.log(rest / oursRest)
    kl += math.fsum(math.exp(x - shift) * ((x - shift) - (logits[i] - ours)) for i, x in zip(row["top_ids"], row["top"]))
    top = set(row["top_ids"])
    inside = [(x, logits[i]) for i, x in zip(sampleIds, row["sample"]) if i not in top]
    if len(inside) > 1:
        a, b = logSumExp([x for x, _ in inside]), logSumExp([y for _, y in inside])
        kl += rest * math.fsum(math.exp(x - a) * ((x - a) - (y - b)) for x, y in inside)
    out = {"square": square, "norm": norm, "max_abs": largest, "kl": max(kl, 0.0)}
    if "full" in row:
        out["full_square"] = math.fsum((y - x) ** 2 for x, y in zip(row["full"], logits))
        out["full_norm"] = math.fsum(x * x for x in row["full"])
        whole = logSumExp(row["full"])
        exact = math.fsum(math.exp(x - whole) * ((x - whole) - (y - ours)) for x, y in zip(row["full"], logits))
        out["full_kl"] = max(exact, 0.0)
    return out


def percentile99(values):
    return sorted(values)[math.ceil(0.99 * len(values)) - 1]


def summarise(rows):
    """Whole-golden figures from the outputs of compareRow."""
    kls = [row["kl"] for row in rows]
    out = {"relative": math.sqrt(math.fsum(r["square"] for r in rows) / math.fsum(r["norm"] for r in rows)),
           "max_abs": max(r["max_abs"] for r in rows), "kl_mean": math.fsum(kls) / len(kls),
           "kl_p99": percentile99(kls), "kl_max": max(kls)}
    full = [r for r in rows if "full_kl" in r]
    if full:
        out["full_relative"] = math.sqrt(math.fsum(r["full_square"] for r in full) /
                                         math.fsum(r["full_norm"] for r in full))
        out["full_kl_exact"] = math.fsum(r["full_kl"] for r in full) / len(full)
        out["full_kl_estimated"] = math.fsum(r["kl"] for r in full) / len(full)
    return out


def greedyAgreement(prompt, tokens, gap):
    """(steps that must agree, first step that differs among them or None)."""
    must = next((i for i, g in enumerate(prompt["greedy_gaps"]) if g < gap), len(prompt["greedy_gaps"]))
    for i in range(must):
        if i >= len(tokens) or tokens[i] != prompt["greedy"][i]:
            return must, i
    return must, None


def check(goldenPath, resultsPath, limits, say):
    """Prints the figures through `say`; returns the list of failures."""
    header, prompts = readGolden(goldenPath)
    vocabulary, sampleIds = header["vocabulary"], header["sample_ids"]
    failures, rows, perPrompt, seen = [], [], [], set()
    steps = agreed = greedySeen = 0
    with open(resultsPath, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            result = json.loads(line)
            index = result.get("prompt")
            if not isinstance(index, int) or not 0 <= index < len(prompts) or index in seen:
                failures.append(f"line {number}: prompt {index!r} is unknown or comes twice")
                continue
            seen.add(index)
            prompt = prompts[index]
            logits = unpack(result["logits"], "f")
            positions = result["positions"]
            if len(logits) != len(positions) * vocabulary:
                failures.append(f"prompt {index}: expected {len(positions)} x {vocabulary} logits, got {len(logits)}")
                continue
            mine = []
            for row in prompt["rows"]:
                if row["position"] not in positions:
                    failures.append(f"prompt {index}: no logits at position {row['position']}")
                    continue
                start = positions.index(row["position"]) * vocabulary
                ours = logits[start:start + vocabulary]
                if not all(map(math.isfinite, ours)):
                    failures.append(f"prompt {index}, position {row['position']}: a logit is not finite")
                    continue
                mine.append(compareRow(row, sampleIds, ours))
            rows += mine
            if mine:
                perPrompt.append((summarise(mine)["relative"] / prompt["hf_float32"]["relative"], index))
            if "greedy" in result:
                greedySeen += 1
                must, wrong = greedyAgreement(prompt, result["greedy"], limits["gap"])
                steps += must
                agreed += must if wrong is None else wrong
                if wrong is not None:
                    got = result["greedy"][wrong] if wrong < len(result["greedy"]) else "nothing"
                    failures.append(f"prompt {index} ({prompt['name']}): greedy token {wrong} is {got}, expected "
                                    f"{prompt['greedy'][wrong]} (top-2 gap {prompt['greedy_gaps'][wrong]:.3f})")
    missing = [i for i in range(len(prompts)) if i not in seen]
    if missing:
        failures.append(f"no result for prompts {missing}")
    if not rows:
        return failures + ["no position could be compared"]
    figures = summarise(rows)
    ratio = figures["relative"] / header["hf_float32"]["relative"]
    worst = max(perPrompt)
    say(f"positions compared: {len(rows)} of {len(seen)} prompts")
    say(f"relative distance {figures['relative']:.3e} = {ratio:.2f} x HF float32's {header['hf_float32']['relative']:.3e}"
        f" (worst prompt {worst[1]}: {worst[0]:.2f} x); max |d| {figures['max_abs']:.3e}")
    say(f"KL mean {figures['kl_mean']:.3e}, p99 {figures['kl_p99']:.3e}, max {figures['kl_max']:.3e}"
        f" (HF bfloat16: mean {header['hf_bfloat16']['kl_mean']:.3e}, p99 {header['hf_bfloat16']['kl_p99']:.3e})")
    if "full_relative" in figures:
        say(f"full vocabulary, a few last positions: relative {figures['full_relative']:.3e}, "
            f"KL exact {figures['full_kl_exact']:.3e}, estimated {figures['full_kl_estimated']:.3e}")
    say(f"greedy: {agreed} of {steps} tokens before the first gap under {limits['gap']}, {greedySeen} prompts")
    for name, value in (("max_ratio", ratio), ("max_relative", figures["relative"]), ("max_abs", figures["max_abs"]),
                        ("kl_mean", figures["kl_mean"]), ("kl_p99", figures["kl_p99"])):
        if not value <= limits[name]:
            failures.append(f"{name} is {value:.3e}, the limit is {limits[name]:.3e}")
    return failures


def writeRequests(goldenPath, outPath, oneByOne):
    _, prompts = readGolden(goldenPath)
    with open(outPath, "w", encoding="utf-8") as file:
        for index, prompt in enumerate(prompts):
            request = {"prompt": index, "tokens": prompt["tokens"], "positions": [row["position"] for row in prompt["rows"]],
                       "greedy": len(prompt["greedy"])}
            if oneByOne:
                request["calls"] = [[1, len(prompt["tokens"])]]
            file.write(json.dumps(request) + "\n")


def selfTest():
    """A synthetic golden over 2,000 ids: equal results pass, each planted fault fails."""
    rng = random.Random(1)
    vocabulary, sampleIds = 2000, sorted(rng.sample(range(2000), 64))
    float32 = lambda xs: array.array("f", xs)
    with tempfile.TemporaryDirectory() as folder:
        golden, results = os.path.join(folder, "golden.jsonl"), os.path.join(folder, "results.jsonl")
        truth = [[float32(rng.gauss(0, 3) for _ in range(vocabulary)) for _ in range(3)] for _ in range(2)]
        figures = {"relative": 1e-6, "kl_mean": 1e-3, "kl_p99": 1e-2}
        with open(golden, "w", encoding="utf-8") as file:
            file.write(json.dumps({"kind": "logits-golden", "version": 1, "vocabulary": vocabulary,
                                   "sample_ids": pack(sampleIds, "H"), "hf_float32": figures,
                                   "hf_bfloat16": figures}) + "\n")
            for p in range(2):
                rows = []
                for position, x in enumerate(truth[p]):
                    top = sorted(range(vocabulary), key=lambda i: -x[i])[:64]
                    whole, best = logSumExp(x), set(top)
                    rest = math.fsum(math.exp(v - whole) for i, v in enumerate(x) if i not in best)
                    rows.append({"position": position, "logsumexp": whole, "rest": rest, "top_ids": pack(top, "H"),
                                 "top": pack((x[i] for i in top), "f"), "sample": pack((x[i] for i in sampleIds), "f")})
                rows[-1]["full"] = pack(truth[p][-1], "f")
                file.write(json.dumps({"name": f"p{p}", "tokens": [1, 2, 3], "rows": rows, "greedy": [5, 6, 7, 8],
                                       "greedy_gaps": [1.0, 0.2, 0.01, 3.0], "hf_float32": figures}) + "\n")

        def verdict(mode, change):
            with open(results, "w", encoding="utf-8") as file:
                for p in range(2):
                    entry = {"prompt": p, "positions": [0, 1, 2], "greedy": [5, 6, 9, 9]}
                    logits = [list(x) for x in truth[p]]
                    logits = change(p, entry, logits) or logits
                    entry.setdefault("logits", pack([v for x in logits for v in x], "f"))
                    if not entry.pop("drop", False):
                        file.write(json.dumps(entry) + "\n")
            return check(golden, results, LIMITS[mode], lambda text: None)

        def noise(sigma):
            gauss = random.Random(7)
            return lambda p, entry, logits: [[v + gauss.gauss(0, sigma) for v in x] for x in logits]

        cases = [
            ("equal logits, greedy differs after the first small gap", "exact", lambda p, e, l: None, True),
            ("noise of 1e-6 of the norm", "exact", noise(2e-6), True),
            ("noise of 1e-4 of the norm", "exact", noise(3e-4), False),
            ("the same noise", "default", noise(3e-4), True),
            ("noise with KL above 1e-3", "default", noise(0.1), False),
            ("a shifted vocabulary", "default", lambda p, e, l: [x[1:] + x[:1] for x in l], False),
            ("a wrong token at gap 0.2, exact", "exact", lambda p, e, l: e.update(greedy=[5, 9, 7, 8]), False),
            ("the same, default", "default", lambda p, e, l: e.update(greedy=[5, 9, 7, 8]), True),
            ("greedy cut short", "default", lambda p, e, l: e.update(greedy=[]), False),
            ("a missing prompt", "default", lambda p, e, l: e.update(drop=p == 1), False),
            ("a missing position", "default", lambda p, e, l: e.update(positions=[0, 1, 5]), False),
            ("one logit is NaN", "default", lambda p, e, l: l[1].__setitem__(3, math.nan), False),
            ("too few logits", "default", lambda p, e, l: e.update(logits=pack(l[0], "f")), False),
            ("prompts swapped", "default", lambda p, e, l: e.update(prompt=1 - p), False),
        ]
        bad = 0
        for name, mode, change, passes in cases:
            failures = verdict(mode, change)
            if (not failures) != passes:
                bad += 1
                print(f"self-test: {name}: expected {'pass' if passes else 'fail'}, got {failures}")
        print(f"check_logits self-test: {len(cases) - bad} of {len(cases)} cases as expected")
        return 1 if bad else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("results", nargs="?")
    parser.add_argument("--golden", default=os.path.join(HERE, "logits.jsonl"))
    parser.add_argument("--mode", choices=sorted(LIMITS), default="default")
    parser.add_argument("--write-requests", metavar="FILE")
    parser.add_argument("--one-by-one", action="store_true", help="requests that take tokens in as decoding does")
    parser.add_argument("--self-test", action="store_true")
    for name in LIMITS["exact"]:
        parser.add_argument("--" + name.replace("_", "-"), type=float, help=f"replaces the mode's limit on {name}")
    args = parser.parse_args()
    if args.self_test:
        return selfTest()
    if args.write_requests:
        writeRequests(args.golden, args.write_requests, args.one_by_one)
        return 0
    if not args.results:
        parser.error("expected a results file, --write-requests FILE or --self-test")
    limits = dict(LIMITS[args.mode])
    limits.update({name: getattr(args, name) for name in limits if getattr(args, name) is not None})
    failures = check(args.golden, args.results, limits, print)
    for failure in failures:
        print("FAIL:", failure)
    print("FAIL" if failures else "PASS", f"({args.mode} mode)")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
