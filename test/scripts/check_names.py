#!/usr/bin/env python3
"""Checks that one thing has one name in all its spellings: passes, ops, files.

    test/scripts/check_names.py [ROOT]      test/scripts/check_names.py --self-test

A pass: `def XyPass` in a Passes.td, file Xy.cpp beside it, flag longc-xy, also the DEBUG_TYPE, test xy.mlir that uses
the flag. Under codegen/<target> the target's name may lead (CudaAssignLayoutsPass, longc-cuda-assign-layouts) and is
left out of the names of the file and of the test if they stand in the target's folder.
An op: `def Lm_RmsNormOp : ...<..., "rms_norm", ...>` and a test below test/dialects/lm that uses lm.rms_norm.
"""
import os
import re
import sys

import source_tree

PASS = re.compile(r'^def\s+(\w+)\s*:\s*(\w+)\s*<\s*"([^"]+)"', re.M)
DEBUG_TYPE = re.compile(r'^\s*#\s*define\s+DEBUG_TYPE\s+"([^"]+)"', re.M)
OP = re.compile(r'^def\s+(\w+?)_(\w+)\s*:\s*(\w+)\s*<([^{;]*?)>', re.M | re.S)
CAMEL_FILE = re.compile(r"^[A-Z][A-Za-z0-9]*\.(h|cpp|td|cu)$")
FREE_FILES = {"runtime/abi/longc_abi.h", "runtime/abi/longc_optimizer.h", "runtime/abi/longc_sampler.h"}


def kebab(name):
    """RmsNorm -> rms-norm; QKVFusion -> qkv-fusion; Int8Matmul -> int8-matmul."""
    return "-".join(re.findall(r"[A-Z]+(?![a-z])[0-9]*|[A-Z][a-z0-9]*", name)).lower()


def camel(mnemonic):
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[_.]", mnemonic))


def passFiles(files):
    return [p for p in files if p.endswith("Passes.td") and p.split("/")[0] in ("passes", "codegen")]


def checkPasses(root, files, out):
    present = set(files)
    for td in passFiles(files):
        folder = os.path.dirname(td)
        text = source_tree.read(root, td)
        names = []
        for name, base, flag in PASS.findall(text):
            if not (base.endswith("Pass") or base == "InterfacePass"):
                continue
            names.append(name)
            if not name.endswith("Pass"):
                out.append(f"{td}: {name}: expected a definition that ends in Pass")
                continue
            stem = name[:-len("Pass")]
            wanted = "longc-" + kebab(stem)
            if flag != wanted:
                out.append(f"{td}: {name}: expected the flag {wanted}, got {flag}")
            target = camel(os.path.basename(folder)) if folder.startswith("codegen/") else ""
            stems = [stem] + ([stem[len(target):]] if target and stem.startswith(target) else [])
            sources = [f"{folder}/{s}.cpp" for s in stems]
            source = next((s for s in sources if s in present), None)
            if source is None:
                out.append(f"{td}: {name}: expected the file {sources[-1]}")
            else:
                for debug in DEBUG_TYPE.findall(source_tree.read(root, source)):
                    if debug != wanted:
                        out.append(f"{source}: expected DEBUG_TYPE {wanted}, got {debug}")
            tests = [f"test/{folder}/{kebab(s)}.mlir" for s in stems]
            test = next((t for t in tests if t in present), None)
            if test is None:
                out.append(f"{td}: {name}: expected the test {tests[-1]}")
            elif not re.search(r"RUN:.*\b" + re.escape(wanted) + r"(?![\w-])", source_tree.read(root, test)):
                out.append(f"{test}: expected a RUN line that uses {wanted}")
        if names != sorted(names, key=str.lower):
            out.append(f"{td}: passes are declared alphabetically; got {', '.join(names)}")
        for cpp in files:
            if os.path.dirname(cpp) != folder or not cpp.endswith(".cpp"):
                continue
            for made in re.findall(r"define\s+GEN_PASS_DEF_(\w+)", source_tree.read(root, cpp)):
                if made.lower() not in {n.lower() for n in names}:
                    others = [t for t in passFiles(files) if os.path.dirname(t) == folder and t != td]
                    if not any(made.lower() in source_tree.read(root, t).lower() for t in others):
                        out.append(f"{cpp}: makes {made}, which {td} does not declare")


def checkOps(root, files, out):
    for td in files:
        parts = td.split("/")
        if parts[0] != "dialects" or not td.endswith(".td") or len(parts) < 3:
            continue
        dialect = parts[1]
        for prefix, name, _, arguments in OP.findall(source_tree.read(root, td)):
            mnemonic = re.search(r'"([a-z0-9_.]+)"', arguments)
            if not name.endswith("Op") or not mnemonic:
                continue
            if re.search(r"\b(Terminator|ReturnLike)\b", arguments):
                continue  # stands at the end of every other op's test
            mnemonic = mnemonic.group(1)
            wanted = f"{camel(dialect)}_{camel(mnemonic)}Op"
            if f"{prefix}_{name}" != wanted:
                out.append(f"{td}: {dialect}.{mnemonic}: expected the definition {wanted}, got {prefix}_{name}")
            tests = [path for path in files if path.startswith(f"test/dialects/{dialect}/") and path.endswith(".mlir")]
            if not any(re.search(rf"\b{dialect}\.{mnemonic}\b", source_tree.read(root, test)) for test in tests):
                out.append(f"{td}: {dialect}.{mnemonic}: expected a test below test/dialects/{dialect} that uses it")


def checkFiles(files, out):
    for path in files:
        folder, name = os.path.split(path)
        parts = folder.split("/") if folder else []
        if path in FREE_FILES or not parts or parts[0].startswith("."):
            continue
        for part in parts:
            if not re.fullmatch(r"[a-z][a-z0-9_]*", part):
                out.append(f"{path}: expected folder names in lower case, got {part}")
        suffix = name.rsplit(".", 1)[-1]
        inTest = parts[0] == "test" and parts[1:2] != ["lib"]
        if suffix in ("h", "cpp", "td", "cu") and not inTest and parts[-1] != "tools" and parts[0] != "bench":
            if not CAMEL_FILE.match(name):
                out.append(f"{path}: expected a CamelCase file name")
        if suffix == "cpp" and parts[-1] == "tools" and not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*\.cpp", name):
            out.append(f"{path}: expected a kebab-case name for a program")
        if suffix == "mlir" and parts[0] == "test" and not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*\.mlir", name):
            out.append(f"{path}: expected a kebab-case name for an IR test")
        if path.startswith("test/runtime/") and suffix == "cpp" and not re.fullmatch(r"[a-z0-9_]+\.cpp", name):
            out.append(f"{path}: expected a name like status_test.cpp")


def check(root):
    files = source_tree.listFiles(root)
    out = []
    checkPasses(root, files, out)
    checkOps(root, files, out)
    checkFiles(files, out)
    return out


CLEAN = {
    "passes/Passes.td": 'def FuseQKVPass : Pass<"longc-fuse-qkv", "ModuleOp"> {}\n'
                        'def TileAttentionPass\n    : InterfacePass<"longc-tile-attention", "FunctionOpInterface"> {}\n',
    "passes/FuseQKV.cpp": "#define GEN_PASS_DEF_FUSEQKVPASS\n",
    "passes/TileAttention.cpp": '#define GEN_PASS_DEF_TILEATTENTIONPASS\n#define DEBUG_TYPE "longc-tile-attention"\n',
    "test/passes/fuse-qkv.mlir": "// RUN: longc-opt --longc-fuse-qkv %s\n",
    "test/passes/tile-attention.mlir": "// RUN: longc-opt --pass-pipeline='builtin.module(longc-tile-attention)' %s\n",
    "codegen/cuda/CudaPasses.td": 'def CudaEmitPass : Pass<"longc-cuda-emit", "ModuleOp"> {}\n',
    "codegen/cuda/Emit.cpp": "// emits\n",
    "test/codegen/cuda/emit.mlir": "// RUN: longc-opt --longc-cuda-emit %s\n",
    "dialects/lm/LmNorm.td": 'def Lm_RmsNormOp : Lm_Op<"rms_norm", [Pure]> {\n}\n'
                             'def Lm_AddOp : Op<Lm_Dialect, "add", [Pure,\n    Same]> {}\n',
    "test/dialects/lm/rms-norm.mlir": "// lm.rms_norm\n",
    "test/dialects/lm/add.mlir": "// lm.add\n",
    "frontends/tools/longc-opt.cpp": "\n",
    "frontends/tools/driver/Compile.cpp": "\n",
    "test/runtime/status_test.cpp": "\n",
    "runtime/abi/longc_abi.h": "\n",
}
TD = CLEAN["passes/Passes.td"]
CASES = [
    ("another flag", {"passes/Passes.td": TD.replace("longc-fuse-qkv", "longc-qkv-fusion")}, "longc-fuse-qkv"),
    ("no Pass at the end", {"passes/Passes.td": TD.replace("FuseQKVPass", "FuseQKV")}, "ends in Pass"),
    ("another file name", {"passes/FuseQKV.cpp": None, "passes/FuseQkv.cpp": ""}, "passes/FuseQKV.cpp"),
    ("another DEBUG_TYPE", {"passes/TileAttention.cpp": '#define DEBUG_TYPE "tile-attention"\n'}, "DEBUG_TYPE"),
    ("no test", {"test/passes/fuse-qkv.mlir": None}, "test/passes/fuse-qkv.mlir"),
    ("a test of something else", {"test/passes/fuse-qkv.mlir": "// RUN: longc-opt --longc-fuse-qkv-all %s\n"}, "RUN"),
    ("not alphabetical", {"passes/Passes.td": "\n".join(reversed(TD.replace("Pass\n    :", "Pass :").splitlines()))},
     "alphabetically"),
    ("an undeclared pass", {"passes/Other.cpp": "#define GEN_PASS_DEF_OTHERPASS\n"}, "OTHERPASS"),
    ("a target's pass without a test", {"test/codegen/cuda/emit.mlir": None}, "test/codegen/cuda/emit.mlir"),
    ("an op without a test", {"test/dialects/lm/add.mlir": None}, "lm.add"),
    ("an op's test that lacks it", {"test/dialects/lm/add.mlir": "// lm.sub\n"}, "lm.add"),
    ("an op under another name", {"dialects/lm/LmNorm.td": 'def Lm_RMSNormOp : Lm_Op<"rms_norm"> {\n}\n'}, "RmsNormOp"),
    ("a snake_case source", {"models/llama_model.cpp": ""}, "CamelCase"),
    ("a CamelCase folder", {"models/Llama/Llama.cpp": ""}, "lower case"),
    ("a snake_case IR test", {"test/e2e/two_layers.mlir": ""}, "kebab-case"),
    ("a CamelCase gtest", {"test/runtime/StatusTest.cpp": ""}, "status_test.cpp"),
    ("a snake_case program", {"frontends/tools/longc_opt.cpp": ""}, "program"),
]

if __name__ == "__main__":
    sys.exit(source_tree.main("check_names.py", check, CLEAN, CASES))
