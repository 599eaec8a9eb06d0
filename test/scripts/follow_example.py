#!/usr/bin/env python3
"""Does what the worked example of CONTRIBUTING.md says, in a scratch copy, and tests the result. Standard library only.

    test/scripts/follow_example.py [--build build/dev] [--scratch build/example]
    test/scripts/follow_example.py --check     only that the files that CONTRIBUTING.md names are there

Each block of code whose first line names a file is put at its end, before what closes a guard or a namespace, or is a new
file. Of a built tree: the sources that are other now and those that register ops are compiled, the tools linked with them;
sources and build folder stay as they are. Exit codes: 0 all is as the example says, 1 it is not, 2 misuse.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys

import relink
import source_tree

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = ("longc-opt", "longc-interpret", "longc-compare-cpu")
BLOCK = re.compile(r"^(`{3,})\w+ (\S+)\n(.*?)^\1$", re.M | re.S)
CLOSING = re.compile(r"\n(?:#endif.*|} // namespace.*)\n*\Z")
NAMED = re.compile(r"`((?:[a-z]\w*/)+\w[\w-]*\.(?:cpp|h|md|mlir|py|sh|td))`")
GENERATED = ("dialects/lm/LmOps.h.inc", "dialects/lm/LmOps.cpp.inc")
REGISTERING = ("dialects/lm/LmDialect.cpp", "dialects/lm/LmOps.cpp")  # they hold what the generated files say


def blocks():
    return [(path, text) for _, path, text in BLOCK.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))]


def missingFiles():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return [path for path in NAMED.findall(text) if not (ROOT / path).exists()]


def copyTree(tree):
    for path in source_tree.listFiles(str(ROOT)):
        target = tree / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, target)


def append(path, text):
    if not path.exists():
        path.write_text(text, encoding="utf-8")
        return
    before = path.read_text(encoding="utf-8")
    end = CLOSING.search(before)
    place = end.start() if end else len(before)
    path.write_text(before[:place].rstrip("\n") + "\n\n" + text + before[place:], encoding="utf-8")


def check(tree, script):
    ran = subprocess.run([sys.executable, str(tree / "test/scripts" / script)], capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise SystemExit(f"{script} of the copy with the example:\n{ran.stdout}{ran.stderr}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    parser.add_argument("--scratch", type=pathlib.Path, default=ROOT / "build/example")
    parser.add_argument("--check", action="store_true", help="the files that are named alone")
    args = parser.parse_args()
    missing = missingFiles()
    for path in missing:
        print(f"CONTRIBUTING.md: expected the file {path} that it names, found none")
    if args.check or missing:
        return 1 if missing else 0
    if not (args.build / "build.ninja").exists():
        parser.error(f"expected a configured build folder at {args.build}; give --build")

    os.nice(10)
    scratch = args.scratch.resolve()
    shutil.rmtree(scratch, ignore_errors=True)
    tree = scratch / "tree"
    copyTree(tree)
    example = blocks()
    for path, text in example:
        append(tree / path, text)
    for script in ("check_examples.py", "check_layers.py", "check_names.py", "check_sizes.py"):
        check(tree, script)

    build = relink.Build(args.build)
    for path in GENERATED:
        build.generate(path, ROOT, tree, scratch / "generated")
    sources = sorted({path for path, _ in example if path.endswith(".cpp")} | set(REGISTERING))
    objects = [build.compile(ROOT / path, (tree / path).read_text(encoding="utf-8"), scratch / "objects",
                             [scratch / "generated", tree]) for path in sources]
    tools = build.link(TOOLS, objects, scratch)
    tests = [tree / path for path, _ in example if path.endswith(".mlir")]
    failed, log = relink.runSuites([relink.Suite(tools, scratch / "tests", tests, sources=tree)])
    print(f"{len(example)} blocks, {len(objects)} sources, {len(tests)} tests: {'FAILED' if failed else 'passed'}")
    if failed:
        print(log[-5000:])
    return 0 if tests and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
