#!/usr/bin/env python3
"""Writes the modules of the lit tests, and each of their functions apart, as seeds of ir_fuzz.

    ir_seeds.py FOLDER
"""
import glob
import hashlib
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
LARGEST = 16384


def without_comments(text):
    return "\n".join(line for line in text.split("\n") if not line.lstrip().startswith("//")).strip() + "\n"


def functions(module):
    """Each top-level function with the one-line symbols (parameters) that it may name."""
    lines = module.split("\n")
    shared = [line for line in lines if re.match(r"\s*lm\.parameter\b", line)]
    for begin, line in enumerate(lines):
        if re.match(r"(func\.func|tile\.kernel)\b", line):
            end = next((at for at in range(begin, len(lines)) if lines[at].startswith("}")), begin)
            yield "\n".join(shared + lines[begin : end + 1]) + "\n"


def main():
    folder = sys.argv[1]
    for pattern in ("dialects/**/*.mlir", "passes/*.mlir", "codegen/cpu/*.mlir"):
        for path in sorted(glob.glob(os.path.join(ROOT, pattern), recursive=True)):
            for chunk in open(path, encoding="utf-8").read().split("// -----"):
                module = without_comments(chunk)
                for text in [module, *functions(module)]:
                    if 1 < len(text) <= LARGEST:
                        with open(os.path.join(folder, hashlib.sha1(text.encode()).hexdigest()[:16]), "w") as out:
                            out.write(text)


main()
