#!/usr/bin/env python3
"""Runs kernels as they were emitted for the GPU on the processor, and compares with the interpreter.

  run_text.py BUNDLE...      BUNDLE: a folder of longc-cuda-cases

Kernels of the block and of the warp form: their text and the prelude are compiled as C++ with cuda_on_cpu.h in the place of
instructions. Kernels of the fast form are named and left out. Exit code 1 if an output is wrong, or nothing was run.
"""
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..", "..")


def without_instructions(prelude):
    """The prelude with functions of inline assembly declared alone: those that can be called here are in cuda_on_cpu.h."""
    prelude = re.sub(r"^LONGC_WGMMA.*$", "", prelude, flags=re.M)
    kept, place = [], 0
    for head in re.finditer(r"^(template <[^\n]*>\s*)?LONGC_DEVICE [^;{]*\{", prelude, flags=re.M):
        if head.start() < place:
            continue
        depth, end = 1, head.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(prelude[end], 0)
            end += 1
        if re.search(r"\basm\b", prelude[head.start():end]):
            kept.append(prelude[place:head.end() - 1].rstrip() + ";")
            place = end
    return "".join(kept) + prelude[place:]


def program(kernels):
    """C++ of all kernels and a main that runs a file of cases."""
    prelude, calls, texts = "", [], []
    for name, source in kernels:
        start = source.index("\n// ---- ")
        prelude, text = source[:start], source[start:]
        text = re.sub(r"^#line.*$", "", text, flags=re.M)
        text = text.replace("extern __shared__ __align__(1024) unsigned char shared[];", "unsigned char *const shared = on_cpu::memory;")
        threads = int(re.search(r"__launch_bounds__\((\d+)", text).group(1))
        header = text[text.index(name + "("):text.index(") {")]
        arguments = []
        for kind, number in re.findall(r"\b(view|scalar|grid)(\d+)\b", header):
            arguments.append(f"a.{kind}({number})")
        points = threads // 32 if "warp_of_grid()" in text else 1
        calls.append(f'if (one.symbol == "{name}") on_cpu::launch(one, {threads}, {points}, [&] {{ {name}({", ".join(arguments)}); }}); else')
        texts.append(text)
    return "\n".join([
        '#include "test/codegen/cuda/cuda_on_cpu.h"', without_instructions(prelude), *texts,
        "int main(int, char **argv) {", "  int wrong = 0, passed = 0;", '  std::FILE *cases = std::fopen(argv[1], "rb");',
        "  if (!cases) return 2;", "  for (longc::KernelCase one; one.read(cases);) {",
        "    on_cpu::Arguments<View> a{one};", "    " + " ".join(calls), "    continue;", "    double error = 0;",
        "    const bool good = one.judge(error);", "    (good ? passed : wrong) += 1;",
        '    std::printf("%s %s relative error %.3g\\n", good ? "ok   " : "WRONG", one.symbol.c_str(), error);', "  }",
        '  std::printf("%d passed, %d failed\\n", passed, wrong);', "  return wrong || !passed;", "}"])


def run(bundle, work):
    kernels, fast = [], []
    for file in sorted(os.listdir(bundle)):
        if file.endswith(".cu"):
            with open(os.path.join(bundle, file), encoding="utf-8") as stream:
                source = stream.read()
            (fast if ": 0 consumer" not in source else kernels).append((file[:-3], source))
    if fast:
        print("not run, of the fast form:", " ".join(name for name, _ in fast))
    if not kernels:
        return 1
    path, binary = os.path.join(work, "kernels.cpp"), os.path.join(work, "kernels")
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(program(kernels))
    compiler = os.environ.get("CXX", "clang++")
    subprocess.run([compiler, "-std=c++20", "-O1", "-w", "-fno-strict-aliasing", "-I", ROOT, path,
                    os.path.join(ROOT, "test/codegen/cpu/ReadCases.cpp"), "-o", binary], check=True)
    return subprocess.run([binary, os.path.join(bundle, "cases.bin")], check=False).returncode


def main():
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__.strip())
    with tempfile.TemporaryDirectory() as work:
        sys.exit(max(run(bundle, work) for bundle in sys.argv[1:]))


if __name__ == "__main__":
    main()
