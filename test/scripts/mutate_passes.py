#!/usr/bin/env python3
"""Breaks passes, kernel builders and both code generators, one expression at a time, and expects a lit test to fail. Standard library only.

    test/scripts/mutate_passes.py [--build build/dev] [--scratch build/mutants] [--only NAME ...]
    test/scripts/mutate_passes.py --check     only that every pass and builder has a mutation and every mutation its place

Of a built tree: each source with mutations is compiled once, with both forms of every mutated expression and a choice by
the environment between them (LONGC_MUTANT=number); the tools are linked once with these objects in a scratch folder.
Sources and build folder stay as they are. Exit codes: 0 all mutants were killed, 1 one survived, a test fails without a
mutation or the table is out of date, 2 misuse.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import sys

import relink
from mutations import MUTATIONS

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = ("longc-compare-cpu", "longc-interpret", "longc-opt")
FORM = re.compile(r"(.*)\{\{(.*) => (.*?)\}\}(.*)", re.S)
CHOICE = """#include <cstdlib>
static bool longcMutant(int number) {
  static const char *chosen = std::getenv("LONGC_MUTANT");
  return chosen && std::atoi(chosen) == number;
}
"""
# Sources that say nothing of what is computed, and three that compile text.
EXEMPT = {"cuda/CompileCuda", "cuda/CompileOptimizer", "cuda/CompileSampler", "cuda/CompileText", "cuda/CudaDialect", "CompileCpu", "CpuDialect", "CpuLowerKernels", "CpuVariant", "Pipelines", "TargetFacts", "Untiled"}


def kebab(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


class Mutant:
    def __init__(self, number, row):
        self.number = number
        self.name, form, tests, self.meaning = row
        match = FORM.fullmatch(form)
        if not match:
            raise SystemExit(f"mutations.py: expected '...{{{{old => new}}}}...', got '{form}'")
        before, self.old, self.new, after = match.groups()
        self.text = before + self.old + after
        self.choice = f"{before}(longcMutant({number}) ? ({self.new}) : ({self.old})){after}"
        prefix, _, own = self.name.rpartition("/")
        folder = ("codegen/cuda" if prefix == "cuda" else "dialects/lm/gradients" if prefix == "gradients" else
                  "codegen/cpu" if (ROOT / "codegen/cpu" / f"{own}.cpp").exists() else "passes")
        self.tests = [ROOT / "test" / ("passes" if prefix == "gradients" else folder) / f"{test}.mlir" for test in (tests or [kebab(own.removeprefix("Cpu"))])]
        self.source = ROOT / folder / f"{own}.cpp"


MUTANTS = [Mutant(number, row) for number, row in enumerate(MUTATIONS, 1)]


def checkTable():
    """What is wrong with the table: sources without a mutation, places that are gone or not unique."""
    problems = []
    folders = {"passes": "", "codegen/cpu": "", "codegen/cuda": "cuda/"}
    names = {prefix + path.stem for folder, prefix in folders.items() for path in (ROOT / folder).glob("*.cpp")}
    for name in sorted(names - EXEMPT - {mutant.name for mutant in MUTANTS}):
        problems.append(f"{name}.cpp: expected a mutation in test/scripts/mutations.py, found none")
    for mutant in MUTANTS:
        count = mutant.source.read_text(encoding="utf-8").count(mutant.text) if mutant.source.exists() else 0
        if count != 1 or mutant.old == mutant.new:
            problems.append(f"{mutant.source.relative_to(ROOT)}: expected '{mutant.text}' once, found it {count} times")
        problems += [f"{test}: expected a test, found none" for test in mutant.tests if not test.exists()]
    return problems


def mutatedSource(mutants):
    text = mutants[0].source.read_text(encoding="utf-8")
    for mutant in mutants:
        text = text.replace(mutant.text, mutant.choice)
    return CHOICE + text


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/dev")
    parser.add_argument("--scratch", type=pathlib.Path, default=ROOT / "build/mutants")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="sources such as FuseNorm")
    parser.add_argument("--jobs", type=int, default=2, help="compilations and tests at a time")
    parser.add_argument("--check", action="store_true", help="the table alone")
    args = parser.parse_args()
    unknown = set(args.only) - {mutant.name for mutant in MUTANTS}
    if unknown:
        parser.error(f"unknown source {', '.join(sorted(unknown))}; known: "
                     f"{', '.join(sorted({mutant.name for mutant in MUTANTS}))}")
    problems = checkTable()
    for problem in problems:
        print(problem)
    if args.check or problems:
        return 1 if problems else 0
    if not (args.build / "build.ninja").exists():
        parser.error(f"expected a configured build folder at {args.build}; give --build")

    os.nice(10)
    mutants = [mutant for mutant in MUTANTS if not args.only or mutant.name in args.only]
    names = sorted({mutant.name for mutant in mutants})
    shutil.rmtree(args.scratch, ignore_errors=True)
    build = relink.Build(args.build)
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        ofSource = [[m for m in mutants if m.name == name] for name in names]
        objects = pool.map(lambda own: build.compile(own[0].source, mutatedSource(own), args.scratch / own[0].source.parent.name), ofSource)
        tools = build.link(TOOLS, list(objects), args.scratch)
    tests = sorted({test for mutant in mutants for test in mutant.tests})
    sound = relink.Suite(tools, args.scratch / "sound", tests)
    suites = [relink.Suite(tools, args.scratch / f"mutant{mutant.number}", mutant.tests, {"LONGC_MUTANT": str(mutant.number)})
              for mutant in mutants]
    failed, log = relink.runSuites([sound, *suites], args.jobs)
    if "sound" in failed:  # else every mutant would seem killed
        print(log[-3000:] + "\nthese tests fail without a mutation: repair them first")
        return 1
    survivors = 0
    for mutant, suite in zip(mutants, suites):
        killed = suite.folder.name in failed
        survivors += not killed
        print(f"{mutant.name:20} {'killed' if killed else 'SURVIVED: the test does not see it':10} ({mutant.meaning})")
    print(f"{survivors} of {len(mutants)} mutants survived" if survivors else f"all {len(mutants)} mutants were killed")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
