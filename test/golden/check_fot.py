#!/usr/bin/env python3
"""Compares a program's logits on the tiny FoT model with the golden fot_model.jsonl. Standard library only.

    check_fot.py RESULTS [--golden fot_model.jsonl] [--max-abs 1e-4] [--cases NAME ...]     exit code 0 pass, 1 fail
    check_fot.py --self-test

A result is one line a case: {"case", "positions", "logits", "memory_length"} with `logits` the base64 of little-endian
float32 [positions, vocabulary] and `memory_length` (optional) what the program reports after each entry of `calls`.
At least the last position of each call must be there, as that is what a program computes without being asked for more.
"""
import argparse
import json
import math
import os
import random
import sys
import tempfile

from check_logits import HERE, pack, unpack


def callEnds(case):
    """Last position of every single call."""
    ends, at = [], 0
    for size, times in case["calls"]:
        for _ in range(times):
            at += size
            ends.append(at - 1)
    return ends


def readGolden(path):
    with open(path, encoding="utf-8") as file:
        header = json.loads(file.readline())
        if header.get("kind") != "fot-model-golden" or header.get("version") != 1:
            raise SystemExit(f"{path}: expected a fot-model-golden of version 1; make it with make_fot_goldens.py")
        return header, {case["case"]: case for case in map(json.loads, file)}


def checkCase(header, case, result, limit):
    """(largest difference, number of positions compared, list of failures)"""
    vocabulary, everyIds = header["vocabulary"], header["every_ids"]
    full = dict(zip(case["positions"], range(len(case["positions"]))))
    wanted, every = unpack(case["logits"], "f"), unpack(case["every"], "f")
    ours, positions = unpack(result["logits"], "f"), result["positions"]
    if len(ours) != len(positions) * vocabulary:
        return math.inf, 0, [f"expected {len(positions)} x {vocabulary} logits, got {len(ours)}"]
    missing = sorted(set(callEnds(case)) - set(positions))
    failures = [f"no logits at position {missing[0]}, where a call ends"] if missing else []
    largest = 0.0
    for i, position in enumerate(positions):
        row = ours[i * vocabulary:(i + 1) * vocabulary]
        if not 0 <= position < len(case["tokens"]) or not all(map(math.isfinite, row)):
            return math.inf, i, failures + [f"position {position} is out of range or not finite"]
        if position in full:
            start = full[position] * vocabulary
            pairs = zip(row, wanted[start:start + vocabulary])
        else:
            start = position * len(everyIds)
            pairs = zip((row[k] for k in everyIds), every[start:start + len(everyIds)])
        distance = max(abs(a - b) for a, b in pairs)
        if distance > limit and largest <= limit:
            failures.append(f"position {position}: off by {distance:.2e}, the limit is {limit:.1e}")
        largest = max(largest, distance)
    if "memory_length" in result and result["memory_length"] != case["memory_length"]:
        failures.append(f"memory lengths {result['memory_length']}, expected {case['memory_length']}")
    return largest, len(positions), failures


def check(golden, results, limit, names, say):
    header, cases = readGolden(golden)
    names = names or list(cases)
    seen, bad = {}, 0
    with open(results, encoding="utf-8") as file:
        for line in filter(str.strip, file):
            result = json.loads(line)
            seen[result.get("case")] = result
    for name in names:
        if name not in cases or name not in seen:
            say(f"FAIL {name}: {'no result' if name in cases else 'no such case in the golden'}")
            bad += 1
            continue
        largest, count, failures = checkCase(header, cases[name], seen[name], limit)
        say(f"{'FAIL' if failures else 'ok  '} {name}: {count} positions, largest difference {largest:.2e} (float32 "
            f"numpy {cases[name]['float32_max_abs']:.1e})" + "".join("; " + f for f in failures))
        bad += bool(failures)
    say(f"{len(names) - bad} of {len(names)} cases agree")
    return bad == 0


def selfTest():
    """A golden of one small case with its own logits as the result; each planted fault must fail."""
    rng = random.Random(2)
    logits = [[rng.gauss(0, 3) for _ in range(50)] for _ in range(8)]
    case = {"case": "a", "calls": [[6, 1], [1, 2]], "tokens": [0] * 8, "memory_length": [2, 2], "positions": [5, 7],
            "float32_max_abs": 1e-5, "logits": pack(logits[5] + logits[7], "f"),
            "every": pack([row[k] for row in logits for k in (1, 9)], "f")}
    header = {"kind": "fot-model-golden", "version": 1, "vocabulary": 50, "every_ids": [1, 9]}
    flat = lambda rows: pack([v for row in rows for v in row], "f")
    good = {"case": "a", "positions": [5, 6, 7], "logits": flat(logits[5:8]), "memory_length": [2, 2]}
    off = [row[:] for row in logits]
    off[7][30] += 1e-2
    offEvery = [row[:] for row in logits]
    offEvery[6][9] += 1e-2
    nan = [row[:] for row in logits]
    nan[6][0] = math.nan
    trials = [("itself", good, True), ("all positions", dict(good, positions=list(range(8)), logits=flat(logits)), True),
              ("one logit off", dict(good, logits=flat(off[5:8])), False),
              ("one off at a position with few ids", dict(good, logits=flat(offEvery[5:8])), False),
              ("NaN", dict(good, logits=flat(nan[5:8])), False),
              ("rows in another order", dict(good, positions=[6, 5, 7]), False),
              ("a call's end missing", dict(good, positions=[5, 7], logits=flat([logits[5], logits[7]])), False),
              ("another memory length", dict(good, memory_length=[2, 3]), False),
              ("another case", dict(good, case="b"), False)]
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        golden, results = os.path.join(folder, "golden"), os.path.join(folder, "results")
        with open(golden, "w", encoding="utf-8") as file:
            file.write(json.dumps(header) + "\n" + json.dumps(case) + "\n")
        for title, result, passes in trials:
            with open(results, "w", encoding="utf-8") as file:
                file.write(json.dumps(result) + "\n")
            if check(golden, results, 1e-4, [], lambda text: None) != passes:
                bad += 1
                print(f"self-test: {title}: expected {'pass' if passes else 'fail'}")
    print(f"check_fot self-test: {len(trials) - bad} of {len(trials)} cases as expected")
    return 1 if bad else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("results", nargs="?")
    parser.add_argument("--golden", default=os.path.join(HERE, "fot_model.jsonl"))
    parser.add_argument("--max-abs", type=float, default=1e-4)
    parser.add_argument("--cases", nargs="+", default=[])
    parser.add_argument("--self-test", action="store_true")
    args = parser.parse_args()
    if args.self_test:
        return selfTest()
    if not args.results:
        parser.error("expected a results file or --self-test")
    return 0 if check(args.golden, args.results, args.max_abs, args.cases, print) else 1


if __name__ == "__main__":
    sys.exit(main())
