#!/usr/bin/env python3
"""Every op's description holds an example, and a test runs that very line (blanks apart)."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
OP = re.compile(r'^def \w+ : \w+<(?:\w+_Dialect, )?"([a-z_]+)"(.*?)(?=^def |\Z)', re.M | re.S)
EXAMPLE = re.compile(r"```mlir\n(.*?)```", re.S)
TERMINATORS = {"yield", "return"}


def squeeze(text):
    return re.sub(r"\s+", " ", text).strip()


def problems(definitions, tests):
    """Names of ops without an example or with one that no test runs."""
    tests = [squeeze(text) for text in tests]
    found = []
    for name, body in OP.findall(definitions):
        if name in TERMINATORS:
            continue
        example = EXAMPLE.search(body)
        if not example:
            found.append(f"{name}: no example in its description")
        elif not any(squeeze(example.group(1)) in text for text in tests):
            found.append(f"{name}: no test runs the example of its description")
    return found


def self_test():
    op = 'def Lm_AddOp : Lm_Op<"add"> {\n```mlir\n%z = lm.add\n  %x\n```\n}\n'
    assert problems(op, ["func { %z = lm.add %x }"]) == []
    assert problems(op, ["func { %z = lm.add %y }"]) == ["add: no test runs the example of its description"]
    assert problems('def Lm_AddOp : Lm_Op<"add"> {}', []) == ["add: no example in its description"]


def main():
    if "--self-test" in sys.argv:
        return self_test()
    found = []
    for dialect in ("lm", "tile"):
        definitions = "\n".join(path.read_text() for path in sorted((ROOT / "dialects" / dialect).glob("*.td")))
        tests = [path.read_text() for path in sorted((ROOT / "test" / "dialects" / dialect).glob("*.mlir"))]
        found += [f"{dialect}.{problem}" for problem in problems(definitions, tests)]
    print("\n".join(found) or "every op's example is run by a test")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
