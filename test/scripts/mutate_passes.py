#!/usr/bin/env python3
"""Breaks each pass once, one constant or sign at a time: the test of that pass must then fail.

Usage: mutate_passes.py [BUILD] [NAME ...]. Takes compile and link commands from the build folder, compiles the broken
file elsewhere, links its own longc-opt and longc-interpret with it and runs the one lit test; the build stays as it is.
Exit status 1 when a test does not notice.
"""
import json
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

# Test, file in passes/, what stands there, what it becomes.
MUTATIONS = [
    ("apply-fot", "ApplyFot.cpp", "rotatedKeys.getX(), append.getV()", "rotatedKeys.getResult(), append.getV()"),
    ("choose-precision", "ChoosePrecision.cpp", "makeFast(op, {0, 1, 2})", "makeFast(op, {0, 1})"),
    ("deduplicate-kernels", "DeduplicateKernels.cpp", "a.getGridRank() == b.getGridRank()",
     "a.getGridRank() != b.getGridRank()"),
    ("fuse-attention", "FuseAttention.cpp", "headSize % 32 != 0", "headSize % 16 != 0"),
    ("fuse-norm", "FuseNorm.cpp", "ops.size() > 1", "ops.size() > 2"),
    ("fuse-qkv", "FuseQkv.cpp", "begin = end;", "begin = 0;"),
    ("fuse-residual", "FuseResidual.cpp", "!candidate->hasOneUse()", "candidate->hasOneUse()"),
    ("fuse-rope", "FuseRope.cpp", "members.size() > 1 && rotates", "members.size() > 1 && !rotates"),
    ("fuse-swiglu", "FuseSwiglu.cpp", "ops[0] == ops[1]", "ops[0] != ops[1]"),
    ("lower-rope", "LowerRope.cpp", "dim, op.getScale());", "dim, -op.getScale());"),
    ("lower-state", "LowerState.cpp", '{"_keys", "_values"}', '{"_values", "_keys"}'),
    ("tile-attention", "AttentionKernel.cpp", "CmpIPredicate::sle, column, token",
     "CmpIPredicate::slt, column, token"),
    ("tile-attention", "AttentionKernel.cpp", "CmpFPredicate::OGT, s, limit", "CmpFPredicate::OLT, s, limit"),
    ("tile-attention", "TileAttention.cpp", "source.causal = true;", "source.causal = false;"),
    ("tile-linear", "GemmKernel.cpp", "kernel.div(k, 32)", "kernel.div(k, 16)"),
    ("tile-linear", "TileLinear.cpp", "window.column = tile.col;", "window.column = tile.row;"),
    ("tile-streaming", "RowTiles.cpp", "1.0 / static_cast<double>(width)", "2.0 / static_cast<double>(width)"),
    ("tile-streaming", "RowTilesRope.cpp", "make<arith::SubFOp>(make<arith::MulFOp>(a, cosine)",
     "make<arith::AddFOp>(make<arith::MulFOp>(a, cosine)"),
    ("tile-streaming", "TileStreaming.cpp", "window.hi = item(1);", "window.hi = item(0);"),
    ("lower", "Pipelines.cpp", "manager.addPass(createFuseQkvPass());", ""),
]
TOOLS = ("longc-opt", "longc-interpret")


def run(command, cwd):
    done = subprocess.run(command, cwd=cwd, shell=isinstance(command, str), capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"failed: {command}\n{done.stdout}{done.stderr}")


class Workshop:
    def __init__(self, build, folder):
        self.root = pathlib.Path(__file__).resolve().parents[2]
        self.build, self.folder = build, folder
        entries = json.loads((build / "compile_commands.json").read_text())
        self.compile = {pathlib.Path(entry["file"]): entry["command"] for entry in entries}
        self.link = {tool: self.link_command(tool) for tool in TOOLS}
        (folder / "bin").mkdir()
        for tool in (build / "bin").iterdir():
            if tool.name not in TOOLS:
                (folder / "bin" / tool.name).symlink_to(tool)
        site = (build / "test" / "lit.site.cfg.py").read_text()
        site = re.sub(r"config\.longc_tools_dir = .*", f'config.longc_tools_dir = "{folder}/bin"', site)
        site = re.sub(r"config\.longc_obj_root = .*", f'config.longc_obj_root = "{folder}"', site)
        (folder / "test").mkdir()
        (folder / "test" / "lit.site.cfg.py").write_text(site)

    def link_command(self, tool):
        listed = subprocess.run(["ninja", "-t", "commands", f"bin/{tool}"], cwd=self.build, capture_output=True,
                                text=True, check=True)
        command = listed.stdout.strip().splitlines()[-1]
        command = command.replace("passes/libLongcPasses.a", str(self.folder / "libLongcPasses.a"))
        return command.replace(f"-o bin/{tool}", f"-o {self.folder}/bin/{tool}")

    def notices(self, test, name, old, new):
        source = self.root / "passes" / name
        text = source.read_text()
        if old not in text:
            sys.exit(f"{name} has no '{old}': bring the list of mutations up to date")
        broken = self.folder / name
        broken.write_text(text.replace(old, new))
        words = shlex.split(self.compile[source])
        words[words.index("-o") + 1] = str(self.folder / (name + ".o"))
        run([str(broken) if word == str(source) else word for word in words], self.build)
        shutil.copy(self.build / "passes" / "libLongcPasses.a", self.folder)
        run(["ar", "r", "libLongcPasses.a", name + ".o"], self.folder)
        for tool in TOOLS:
            run(self.link[tool], self.build)
        lit = subprocess.run(["/usr/lib/llvm-22/bin/lit", "-q", "--filter", f"passes/{test}.mlir$",
                              str(self.folder / "test")], capture_output=True, text=True)
        return lit.returncode != 0 and "Failed" in lit.stdout


def main():
    arguments = sys.argv[1:]
    build = pathlib.Path(arguments[0] if arguments else "build/dev").resolve()
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        workshop = Workshop(build, pathlib.Path(folder))
        for test, name, old, new in MUTATIONS:
            if arguments[1:] and test not in arguments[1:]:
                continue
            noticed = workshop.notices(test, name, old, new)
            missed += not noticed
            print(f"{'noticed' if noticed else 'MISSED '}  {test}: {name}: {old} -> {new or '(nothing)'}", flush=True)
    print(f"{missed} missed")
    return missed > 0


if __name__ == "__main__":
    sys.exit(main())
