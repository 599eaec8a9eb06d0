#!/usr/bin/env python3
"""Breaks each pass once, by one constant or sign, and expects the lit test of its name to fail. Standard library only.

    test/scripts/mutate_passes.py [--build build/dev] [--scratch build/mutants] [--only NAME ...]
    test/scripts/mutate_passes.py --check     only that every pass has a mutation and every mutation its place

The tools are linked anew with the mutated object in a scratch folder; sources and build folder stay as they are. Too slow
for every test run (half a minute a pass): run it after changing a pass or its test. Exit codes: 0 all mutants were
killed, 1 one survived or the table is out of date, 2 misuse.
"""
import argparse
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = ("longc-opt", "longc-interpret")

# Pass, text in passes/<Pass>.cpp (once), text that replaces it, what that breaks.
MUTATIONS = [
    ("ApplyFot", "static_cast<uint64_t>(topk))", "static_cast<uint64_t>(topk + 1))", "one memory entry too many"),
    ("ChoosePrecision", "builder.getIntegerType(16)", "builder.getIntegerType(8)", "coarser activations"),
    ("DeduplicateKernels", "a.getGridRank() == b.getGridRank()", "a.getGridRank() != b.getGridRank()",
     "kernels of other grids are merged, equal ones are not"),
    ("FuseAttention", "headSize % 32 != 0", "headSize % 32 == 0", "quantisation of other head sizes"),
    ("FuseNorm", "if (ops.size() > 1)", "if (ops.size() > 2)", "a norm with one neighbour stays alone"),
    ("FuseQkv", "int64_t begin = 0;", "int64_t begin = 1;", "slices are one column off"),
    ("FuseResidual", "candidate && !product", "candidate && product", "no product is found"),
    ("FuseRope", "members.size() > 1 && rotates", "members.size() > 1 && !rotates", "groups without a rotation"),
    ("FuseSwiglu", "ops.size() == 2 && ops[0] == ops[1]", "ops.size() == 2 && ops[0] != ops[1]",
     "two products are taken for one"),
    ("LowerRope", "op.getTheta(), dim, op.getScale(),", "op.getTheta(), dim, -op.getScale(),", "rotation the other way"),
    ("LowerState", "body.getArgument(position - 2), body.getArgument(position - 1)",
     "body.getArgument(position - 1), body.getArgument(position - 2)", "keys and values change places"),
    ("PipelineLoops", "facts_.getStagingBytes() - resident_)", "facts_.getStagingBytes() + resident_)",
     "what stays is taken for free memory"),
    ("TileAttention", "source.scale = window.getScale();", "source.scale = -window.getScale();", "scores change sign"),
    ("TileLinear", "(width + tile.cols - 1) / tile.cols)", "(width + tile.cols - 1) / tile.cols - 1)",
     "the last columns are never computed"),
    ("TileStreaming", "window.diagonal = item(4)", "window.diagonal = item(2)", "rows are stored at the window's start"),
]


def kebab(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def checkTable():
    """What is wrong with the table: passes without a mutation, places that are gone or not unique."""
    problems = []
    declared = set(re.findall(r"^def (\w+)Pass\b", (ROOT / "passes/Passes.td").read_text(encoding="utf-8"), re.M))
    for name in sorted(declared - {row[0] for row in MUTATIONS}):
        problems.append(f"passes/{name}.cpp: expected a mutation in test/scripts/mutate_passes.py, found none")
    for name, text, mutated, _ in MUTATIONS:
        path = ROOT / "passes" / f"{name}.cpp"
        count = path.read_text(encoding="utf-8").count(text) if path.exists() else 0
        if count != 1 or text == mutated:
            problems.append(f"passes/{name}.cpp: expected '{text}' once, found it {count} times")
        if not (ROOT / "test/passes" / f"{kebab(name)}.mlir").exists():
            problems.append(f"test/passes/{kebab(name)}.mlir: expected the test of pass {name}, found none")
    return problems


def run(command, cwd, shell=False):
    return subprocess.run(command, cwd=cwd, shell=shell, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def must(command, cwd, shell=False):
    ran = run(command, cwd, shell)
    if ran.returncode != 0:
        raise SystemExit(f"mutate_passes.py: '{command}' failed:\n{ran.stdout[-3000:]}")
    return ran.stdout


class Builder:
    """Links the tools with one object of the pass library replaced."""

    def __init__(self, build, scratch, fresh):
        self.build, self.scratch = build.resolve(), scratch.resolve()
        (self.scratch / "bin").mkdir(parents=True, exist_ok=True)
        (self.scratch / "test").mkdir(exist_ok=True)
        if fresh:
            must(["ninja", "-C", str(self.build), *TOOLS], ROOT)
        self.commands = {pathlib.Path(entry["file"]).name: entry
                         for entry in json.loads((self.build / "compile_commands.json").read_text(encoding="utf-8"))
                         if "/passes/" in entry["file"]}
        self.archive = next(self.build.glob("passes/libLongcPasses.a"))
        config = (self.build / "test/lit.site.cfg.py").read_text(encoding="utf-8")
        # Tools from here first, all others from the build folder.
        for tool in (self.build / "bin").iterdir():
            link = self.scratch / "bin" / tool.name
            if tool.name not in TOOLS and tool.is_file() and not link.exists():
                link.symlink_to(tool)
        config = config.replace(f'"{self.build}/bin"', f'"{self.scratch}/bin"')
        config = re.sub(r'config\.longc_obj_root = .*', f'config.longc_obj_root = "{self.scratch}"', config)
        (self.scratch / "test/lit.site.cfg.py").write_text(config, encoding="utf-8")

    def link(self, name, source):
        """Tools with passes/<name>.cpp compiled from `source`; false if it does not compile."""
        entry = self.commands[f"{name}.cpp"]
        words = shlex.split(entry["command"])
        original, target = entry["file"], self.scratch / f"{name}.cpp.o"
        mutant = self.scratch / f"{name}.cpp"
        mutant.write_text(source, encoding="utf-8")
        for index, word in enumerate(words):
            if word == "-o":
                output = words[index + 1]
            if word == original:
                words[index] = str(mutant)
        words = [str(target) if word == output else word for word in words]
        words = [str(target) + ".d" if word == output + ".d" else word for word in words]
        compiled = run(words, entry["directory"])
        if compiled.returncode != 0:
            print(compiled.stdout[-2000:])
            return False
        archive = self.scratch / "libLongcPasses.a"
        shutil.copy(self.archive, archive)
        ar = shutil.which("llvm-ar-22") or shutil.which("llvm-ar") or "ar"
        must([ar, "r", str(archive), str(target)], ROOT)
        for tool in TOOLS:
            command = must(["ninja", "-C", str(self.build), "-t", "commands", tool], ROOT).strip().splitlines()[-1]
            command = re.sub(r"\S*passes/libLongcPasses\.a", str(archive), command)
            command = command.replace(f"-o bin/{tool}", f"-o {self.scratch}/bin/{tool}")
            must(command, self.build, shell=True)
        return True

    def test(self, name):
        """Whether the lit test of the pass passes with the scratch tools."""
        lit = shutil.which("lit") or shutil.which("llvm-lit-22") or "/usr/lib/llvm-22/bin/lit"
        ran = run([lit, "-v", str(self.scratch / "test/passes" / f"{kebab(name)}.mlir")], ROOT)
        if "Testing: " not in ran.stdout:
            raise SystemExit(f"mutate_passes.py: lit did not run:\n{ran.stdout[-2000:]}")
        return ran.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    parser.add_argument("--scratch", type=pathlib.Path, default=ROOT / "build/mutants")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="passes such as FuseNorm")
    parser.add_argument("--no-build", action="store_true", help="the build folder is up to date")
    parser.add_argument("--check", action="store_true", help="the table alone")
    args = parser.parse_args()
    unknown = set(args.only) - {row[0] for row in MUTATIONS}
    if unknown:
        parser.error(f"unknown pass {', '.join(sorted(unknown))}; known: {', '.join(row[0] for row in MUTATIONS)}")
    problems = checkTable()
    for problem in problems:
        print(problem)
    if args.check or problems:
        return 1 if problems else 0
    if not (args.build / "build.ninja").exists():
        parser.error(f"expected a configured build folder at {args.build}; give --build")

    builder = Builder(args.build, args.scratch, not args.no_build)
    survivors = 0
    for name, text, mutated, meaning in MUTATIONS:
        if args.only and name not in args.only:
            continue
        source = (ROOT / "passes" / f"{name}.cpp").read_text(encoding="utf-8")
        if not builder.link(name, source) or not builder.test(name):
            verdict, survivors = "BROKEN without a mutation: repair the test first", survivors + 1
        elif not builder.link(name, source.replace(text, mutated)):
            verdict, survivors = "does not compile: choose another mutation", survivors + 1
        elif builder.test(name):
            verdict, survivors = "SURVIVED: the test does not see it", survivors + 1
        else:
            verdict = "killed"
        print(f"{name:20} {verdict:10} ({meaning})", flush=True)
    print(f"{survivors} mutants survived" if survivors else "all mutants were killed")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
