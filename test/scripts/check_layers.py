#!/usr/bin/env python3
"""Checks who includes whom, and that words of one target stay in that target's folder.

    test/scripts/check_layers.py [ROOT]      test/scripts/check_layers.py --self-test

The longest matching folder of TABLE decides what a file may include. A folder may always include itself.
"""
import os
import re
import sys

import source_tree

ANY = None
MLIR = "MLIR"
TABLE = {  # folder -> folders it may include; ANY is everything
    "bench": ANY,
    "codegen": ["passes", "dialects", "runtime/abi", "runtime/core", MLIR],
    "codegen/cpu": ["codegen/*", "passes", "dialects", "runtime/abi", "runtime/core", MLIR],
    "codegen/cuda": ["codegen/*", "passes", "dialects", "runtime/abi", "runtime/core", MLIR],
    "dialects": ["runtime/abi", MLIR],
    "dialects/tile": ["dialects/*", "dialects/interpreter", "runtime/abi", MLIR],
    "frontends": ["models", "dialects", "runtime/core", "runtime/io", MLIR],
    "frontends/tools": ANY,
    "models": ["dialects", MLIR],
    "passes": ["dialects", "runtime/abi", MLIR],
    "runtime": [],
    "runtime/abi": [],
    "test": ANY,
}
SOURCES = (".h", ".cpp", ".c", ".td", ".cu", ".cuh", ".inc")
INCLUDE = re.compile(r'^\s*#?\s*include\s*(<|")([^>"]+)[>"]', re.M)
COMPILER_HEADERS = ("mlir", "mlir-c", "llvm", "llvm-c", "clang", "lld")

# Parts of identifiers, in lower case. "name*" matches a beginning.
TARGET_WORDS = ["amd", "amx*", "avx*", "cpuid", "cubin*", "cuda*", "cublas*", "hopper", "intel", "mbarrier*", "neon",
                "nvcc", "nvidia", "nvrtc", "ptx", "ptxas", "sapphirerapids", "setmaxnreg", "sse", "sse2", "sse4",
                "tdpbf16ps", "tma", "vnni*", "vpdpbusd", "warp", "warps", "warpgroup*", "wgmma*", "x86*", "xmm", "ymm",
                "zen4", "zen5", "zmm", "znver*"]
SM = re.compile(r"(?<![A-Za-z0-9])sm_?\d{2,3}a?(?![A-Za-z0-9])", re.I)
WORD_FREE = re.compile(r"^(codegen/[a-z0-9_]+/|frontends/tools/|runtime/device/|test/|bench/)")


def topFolders(files):
    return {path.split("/", 1)[0] for path in files if "/" in path}


def rowOf(path):
    """The longest folder of TABLE that holds `path`."""
    folder = os.path.dirname(path)
    while folder and folder not in TABLE:
        folder = os.path.dirname(folder)
    return folder


def allowed(row, included):
    if included.startswith(row + "/"):
        # Targets and dialects beside each other are the exception that their own rows spell out.
        return True
    for entry in TABLE[row]:
        if entry.endswith("/*"):  # the folder's own files, none of its subfolders
            if os.path.dirname(included) == entry[:-2]:
                return True
        elif included.startswith(entry + "/"):
            return True
    return False


def targetWord(text):
    """The first word of a target in `text` with its line number, or None."""
    for number, line in enumerate(text.splitlines(), 1):
        match = SM.search(line)
        if match:
            return match.group(0), number
        # camelCase and digits: AVX512Bf16 -> avx512, bf16; TmaLoad -> tma, load; x86vector stays whole.
        for word in re.findall(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*(?:[a-z]+(?=\b))?", line):
            low = word.lower()
            for target in TARGET_WORDS:
                if low == target or target.endswith("*") and low.startswith(target[:-1]):
                    return word, number
    return None


def check(root):
    files = source_tree.listFiles(root)
    tops = topFolders(files)
    out = []
    for path in files:
        row = rowOf(path)
        if not path.endswith(SOURCES) or not row:
            continue
        text = source_tree.read(root, path)
        for match in INCLUDE.finditer(text):
            included = match.group(2)
            first = included.split("/", 1)[0]
            where = f"{path}:{text.count(chr(10), 0, match.start(2)) + 1}"
            if match.group(0).lstrip()[0] != "#" and not path.endswith(".td"):
                continue  # the word `include` in prose
            if first in COMPILER_HEADERS:
                if TABLE[row] is not ANY and MLIR not in TABLE[row]:
                    out.append(f"{where}: {row} may not include the compiler's {included}")
            elif match.group(1) == "<":
                if row == "runtime/abi" and "/" in included and not included.startswith("sys/"):
                    out.append(f"{where}: runtime/abi includes standard headers only, got {included}")
            elif "/" not in included or included.startswith("."):
                if not included.endswith((".inc", ".pb.h")):
                    out.append(f"{where}: expected a path from the repository root, got {included}")
            elif first in tops or first in TABLE:
                if TABLE[row] is not ANY and not allowed(row, included):
                    names = ", ".join(e for e in TABLE[row]) or "nothing but itself"
                    out.append(f"{where}: {row} may not include {included} (it may include {names})")
        if not WORD_FREE.match(path):
            # Who may include everything may name a target's folder in an include.
            hit = targetWord(re.sub(r"(?m)^#include .*$", "", text) if TABLE[row] is ANY else text)
            if hit:
                out.append(f"{path}:{hit[1]}: '{hit[0]}' is a word of one target; it belongs in codegen/<target> or "
                           "runtime/device")
    return out


CLEAN = {
    "dialects/lm/LmOps.h": '#include "mlir/IR/Builders.h"\n#include "dialects/lm/LmOps.h.inc"\n// estimate, sums, small\n',
    "dialects/lm/LmOps.td": 'include "mlir/IR/OpBase.td"\ninclude "dialects/tile/TileOps.td"\n',
    "dialects/tile/TileOps.td": 'include "dialects/interpreter/I.td"\n// include "dialects/lm/x" is not for us\n',
    "dialects/interpreter/I.td": "// I\n",
    "passes/Passes.h": '#include "dialects/lm/LmOps.h"\n',
    "codegen/Package.cpp": '#include "passes/Passes.h"\n#include "runtime/core/Status.h"\n#include <vector>\n',
    "codegen/cuda/Emit.cpp": '#include "codegen/Package.h"\n// wgmma, sm_90a, TMA\n',
    "codegen/cpu/Emit.cpp": '#include "codegen/cpu/Emit.h"\n// avx512\n',
    "runtime/core/Status.h": '#include "runtime/core/Checked.h"\n#include <string>\n// transmission, stamp, maximum\n',
    "runtime/device/Cpu.cpp": "// amx, avx2\n",
    "models/Llama.cpp": '#include "dialects/lm/LmOps.h"\n',
    "frontends/tools/longc.cpp": '#include "codegen/Package.h"\n',
    "frontends/gguf/Import.cpp": '#include "models/Llama.h"\n#include "runtime/io/Gguf.h"\n',
    "test/lib/Check.cpp": '#include "passes/Passes.h"\n// cuda\n',
}
CASES = [
    ("runtime includes MLIR", {"runtime/io/A.cpp": '#include "mlir/IR/Builders.h"\n'}, "runtime may not include"),
    ("runtime includes LLVM by brackets", {"runtime/io/A.cpp": "#include <llvm/ADT/StringRef.h>\n"}, "llvm/ADT"),
    ("runtime includes a dialect", {"runtime/io/A.h": '#include "dialects/lm/LmOps.h"\n'}, "dialects/lm/LmOps.h"),
    ("tile includes lm", {"dialects/tile/A.h": '#include "dialects/lm/LmOps.h"\n'}, "dialects/tile may not"),
    ("tile includes lm in TableGen", {"dialects/tile/A.td": 'include "dialects/lm/LmOps.td"\n'}, "dialects/tile may not"),
    ("a dialect includes a pass", {"dialects/lm/A.cpp": '#include "passes/Passes.h"\n'}, "dialects may not"),
    ("a pass includes codegen", {"passes/A.cpp": '#include "codegen/Package.h"\n'}, "passes may not"),
    ("codegen includes runtime/io", {"codegen/A.cpp": '#include "runtime/io/Gguf.h"\n'}, "runtime/io/Gguf.h"),
    ("one target includes another", {"codegen/cpu/A.cpp": '#include "codegen/cuda/Emit.h"\n'}, "codegen/cpu may not"),
    ("a model includes a frontend", {"models/A.cpp": '#include "frontends/gguf/Import.h"\n'}, "models may not"),
    ("a frontend includes a pass", {"frontends/gguf/A.cpp": '#include "passes/Passes.h"\n'}, "frontends may not"),
    ("a path not from the root", {"passes/A.cpp": '#include "Passes.h"\n'}, "from the repository root"),
    ("the ABI includes more than standard headers", {"runtime/abi/a.h": "#include <google/protobuf.h>\n"}, "standard"),
    ("wgmma in a pass", {"passes/A.cpp": "void useWgmma();\n"}, "Wgmma"),
    ("an architecture in a dialect", {"dialects/tile/A.td": "// as on sm_90a\n"}, "sm_90a"),
    ("AVX in the runtime", {"runtime/core/A.cpp": "bool hasAVX512Bf16;\n"}, "AVX512"),
    ("a target in a model", {"models/A.cpp": "int cudaStreams;\n"}, "cuda"),
    ("TMA in the tile dialect", {"dialects/tile/A.cpp": "int tmaBoxes, kTMA;\n"}, "tma"),
    ("x86 in codegen's own files", {"codegen/A.cpp": "// x86vector\n"}, "x86"),
]

if __name__ == "__main__":
    sys.exit(source_tree.main("check_layers.py", check, CLEAN, CASES))
