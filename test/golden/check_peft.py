#!/usr/bin/env python3
"""Compiles the adapters of peft_adapters.jsonl with their bases and compares the logits with PEFT. Standard library only.

    check_peft.py LONGC FOLDER        exit code 0 pass, 1 fail

The bounds are those of check_hf.py: exact mode at most twice as far from float64 as float32 PEFT, the default mode's mean KL
at most 1e-3 or that of bfloat16. Adapters are kept beside the weights; some are merged as well, or bound when the program runs.
"""
import os
import shutil
import subprocess
import sys

import check_hf
import peft_adapters
from check_logits import unpack

MERGED = ("all-linear", "tied", "pattern")


def isBound(case):
    """Whether products alone have adapters, which a program takes when it runs."""
    return isPrefix(case) or all(name.endswith((".lora_A.weight", ".lora_B.weight", "lm_head.base_layer.weight")) for name, _ in case["tensors"])


def isPrefix(case):
    """Keys and values, which no program is compiled with."""
    return case["adapter"]["peft_type"] == "CARTRIDGE"


def check(longc, case, work, mode):
    base, adapter, program = f"{work}/base", f"{work}/adapter", f"{work}/program"
    for folder in (base, adapter):
        shutil.rmtree(folder, ignore_errors=True)
    peft_adapters.writeFolders(case, base, adapter)
    given = ["--adapter", adapter]
    subprocess.run([longc, "compile", base, *([] if mode == "bound" else given + ["--adapter-mode", mode]), "-o", program, "--quiet",
                    "--variants", "avx2", "--window", "128", "--last-context", "128"], check=True)
    reference = unpack(case["logits"], "f")
    width, failed = len(reference) // len(case["positions"]), False
    for precision, options in check_hf.MODES.items():
        ours = check_hf.logitsOf(program, case, work, options + (given if mode == "bound" else []))
        failed |= check_hf.judge(case, f"{case['case']}, {mode}", precision, "PEFT's", reference, width, ours)
    return failed


def main():
    longc, work = sys.argv[1:]
    os.makedirs(work, exist_ok=True)
    onlyBound = ("head",)  # whose products "tied" has
    runs = [(case, mode) for case in peft_adapters.readCases().values() for mode in ("overlay", "merge", "bound")
            if (mode == "overlay" and not isPrefix(case) and case["case"] not in onlyBound) or (mode == "bound" and isBound(case)) or (mode == "merge" and case["case"] in MERGED)]
    sys.exit(any([check(longc, case, work, mode) for case, mode in runs]))


if __name__ == "__main__":
    main()
