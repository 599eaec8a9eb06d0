#!/usr/bin/env python3
"""Breaks each pass once, by one constant or sign, and expects the lit test of its name to fail. Standard library only.

    test/scripts/mutate_passes.py [--build build/dev] [--scratch build/mutants] [--only NAME ...]
    test/scripts/mutate_passes.py --check     only that every pass has a mutation and every mutation its place

Of a built tree: the mutated file is compiled and the tools that its test runs are linked with it in a scratch folder;
sources and build folder stay as they are. Exit codes: 0 all mutants were killed, 1 one survived, a test fails without a
mutation or the table is out of date, 2 misuse.
"""
import argparse
import concurrent.futures
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
SURVIVED = "SURVIVED: the test does not see it"

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
    ("MakeServing", 'appendInput(function_, type, "cache", layers_++)', 'appendInput(function_, type, "cache", layers_)',
     "all caches are those of the first layer"),
    ("PipelineLoops", "facts_.getStagingBytes() - resident_)", "facts_.getStagingBytes() + resident_)",
     "what stays is taken for free memory"),
    ("PlanBuffers", "load.getOffsets() == store.getOffsets()", "load.getOffsets() != store.getOffsets()",
     "operands read elsewhere are overwritten"),
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
        if not testOf(name).exists():
            problems.append(f"test/passes/{kebab(name)}.mlir: expected the test of pass {name}, found none")
    return problems


def run(command, cwd=ROOT):
    return subprocess.run(command, cwd=cwd, shell=isinstance(command, str), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)


def testOf(name):
    return ROOT / "test/passes" / f"{kebab(name)}.mlir"


class Mutants:
    """Compiles one pass anew, links what its test runs, and runs the test."""

    def __init__(self, build, scratch):
        self.build, self.scratch = build.resolve(), scratch.resolve()
        entries = json.loads((self.build / "compile_commands.json").read_text(encoding="utf-8"))
        self.compileCommands = {pathlib.Path(entry["file"]).stem: entry for entry in entries if "/passes/" in entry["file"]}
        self.linkCommands = {tool: run(["ninja", "-C", str(self.build), "-t", "commands", tool]).stdout.splitlines()[-1]
                             for tool in TOOLS}
        self.siteConfig = (self.build / "test/lit.site.cfg.py").read_text(encoding="utf-8")

    def compile(self, name, source, folder):
        """The object file of passes/<name>.cpp with another text; none when that does not compile."""
        entry = self.compileCommands[name]
        mutant, target = folder / f"{name}.cpp", folder / f"{name}.o"
        mutant.write_text(source, encoding="utf-8")
        words = shlex.split(entry["command"])
        words[words.index("-o") + 1] = str(target)
        words[words.index("-c") + 1] = str(mutant)
        return target if run(words, entry["directory"]).returncode == 0 else None

    def link(self, tool, target, folder):
        """The linker takes a pass from the archive only if no object file has brought it already."""
        command = self.linkCommands[tool].replace(f" -o bin/{tool} ", f" {target} -o {folder}/bin/{tool} ")
        linked = run(command, self.build)
        if linked.returncode != 0:
            raise SystemExit(f"mutate_passes.py: '{command}' failed:\n{linked.stdout[-3000:]}")

    def passesTest(self, names, folder=None):
        """Whether the tests of the passes pass with the tools of a folder, or with those of the build."""
        config = self.build / "test"
        if folder:
            config = folder / "test"
            config.mkdir(exist_ok=True)
            text = self.siteConfig.replace(f'"{self.build}/bin"', f'"{folder}/bin"')
            text = re.sub(r"config\.longc_obj_root = .*", f'config.longc_obj_root = "{folder}"', text)
            (config / "lit.site.cfg.py").write_text(text, encoding="utf-8")
        lit = shutil.which("lit") or shutil.which("llvm-lit-22") or "/usr/lib/llvm-22/bin/lit"
        ran = run([lit, "-v", *(str(config / "passes" / f"{kebab(name)}.mlir") for name in names)])
        if "Testing: " not in ran.stdout:
            raise SystemExit(f"mutate_passes.py: lit did not run:\n{ran.stdout[-2000:]}")
        return ran.returncode == 0, ran.stdout

    def verdict(self, name, text, mutated):
        """What became of a mutant; nothing wrong is 'killed'."""
        folder = self.scratch / name
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "bin").mkdir(parents=True)
        source = (ROOT / "passes" / f"{name}.cpp").read_text(encoding="utf-8")
        target = self.compile(name, source.replace(text, mutated), folder)
        if not target:
            return "does not compile: choose another mutation"
        used = testOf(name).read_text(encoding="utf-8")
        for tool in (self.build / "bin").iterdir():
            if tool.name in TOOLS and re.search(rf"RUN:.*\b{tool.name}\b", used):
                self.link(tool.name, target, folder)
            else:
                (folder / "bin" / tool.name).symlink_to(tool)
        survived, _ = self.passesTest([name], folder)
        shutil.rmtree(folder)
        return SURVIVED if survived else "killed"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    parser.add_argument("--scratch", type=pathlib.Path, default=ROOT / "build/mutants")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="passes such as FuseNorm")
    parser.add_argument("--jobs", type=int, default=2, help="mutants at a time")
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

    rows = [row for row in MUTATIONS if not args.only or row[0] in args.only]
    os.nice(10)
    mutants = Mutants(args.build, args.scratch)
    sound, log = mutants.passesTest([row[0] for row in rows])
    if not sound:
        print(log[-3000:] + "\nthese tests fail without a mutation: repair them first")
        return 1
    name, text = rows[0][:2]
    if mutants.verdict(name, text, text) != SURVIVED:  # else every mutant would seem killed
        print(f"passes/{name}.cpp compiled anew as it stands fails its test: mutants cannot be judged")
        return 1
    survivors = 0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        verdicts = pool.map(lambda row: mutants.verdict(*row[:3]), rows)
        for (name, _, _, meaning), verdict in zip(rows, verdicts):
            survivors += verdict != "killed"
            print(f"{name:20} {verdict:10} ({meaning})", flush=True)
    print(f"{survivors} mutants survived" if survivors else "all mutants were killed")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
