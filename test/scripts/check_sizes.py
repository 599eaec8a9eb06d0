#!/usr/bin/env python3
"""Checks that files stay small, that folders explain themselves, and that no name is a shrug.

    test/scripts/check_sizes.py [ROOT]      test/scripts/check_sizes.py --self-test

At most 600 lines a hand-written file, 120 the root CMakeLists.txt; a README.md in every top-level folder and in every
folder with sources (IR tests are explained by the nearest README above them); a first line that says what a source is
for; no Utils, Common, Misc, Helpers, New, Old, V2.
"""
import os
import re
import sys

import source_tree

LIMIT, ROOT_CMAKE_LIMIT = 600, 120
TOP = {"bench", "codegen", "dialects", "findings", "frontends", "models", "passes", "runtime", "test"}
SOURCES = (".h", ".cpp", ".c", ".td", ".cu", ".cuh", ".proto")
WRITTEN = SOURCES + (".py", ".sh", ".mlir", ".md", ".cmake", "CMakeLists.txt")
SHRUGS = {"util", "utils", "utility", "utilities", "common", "misc", "helper", "helpers", "new", "old", "v2", "tmp"}


def words(stem):
    return [w.lower() for w in re.findall(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+", stem)]


def check(root):
    files = source_tree.listFiles(root)
    present = set(files)
    out = []
    needReadme = {path.split("/")[0] for path in files if path.split("/")[0] in TOP and "/" in path}
    for path in files:
        folder, name = os.path.split(path)
        if name.startswith(".") or folder.startswith("."):
            continue
        if not folder and not (name in ("CMakeLists.txt", "CMakePresets.json", "LICENSE") or name.endswith(".md")):
            out.append(f"{path}: only CMakeLists.txt, CMakePresets.json, LICENSE and texts belong at the root")
        if folder and folder.split("/")[0] not in TOP:
            out.append(f"{path}: the top-level folders are {', '.join(sorted(TOP))}")
        if path.endswith(SOURCES) and folder:
            needReadme.add(folder)
        for part in folder.split("/") + [name.split(".")[0]]:
            bad = SHRUGS & set(words(part))
            if bad:
                out.append(f"{path}: '{sorted(bad)[0]}' says nothing; name the idea")
        if path.endswith(WRITTEN):
            lines = source_tree.read(root, path).splitlines()
            limit = ROOT_CMAKE_LIMIT if path == "CMakeLists.txt" else LIMIT
            if len(lines) > limit:
                out.append(f"{path}: {len(lines)} lines, the limit is {limit}; split it by what it is about")
            first = lines[0] if lines else ""
            if path.endswith((".py", ".sh")) and first.startswith("#!"):
                first = lines[1] if len(lines) > 1 else ""
            says = {".py": ('"""', "#"), ".sh": ("#",)}.get(os.path.splitext(path)[1], ("//", "/*"))
            if path.endswith(SOURCES + (".py", ".sh")) and not (first.startswith(says) and len(words(first)) > 1):
                out.append(f"{path}: expected a first line that says what the file is for, got '{first[:60]}'")
    for folder in sorted(needReadme):
        if f"{folder}/README.md" not in present:
            out.append(f"{folder}: expected a README.md")
    return out


CLEAN = {
    "README.md": "# x\n",
    "CMakeLists.txt": "# build\n" * 120,
    "passes/README.md": "# passes\n",
    "passes/Tile.cpp": "// Tiles attention into blocks.\n" + "\n" * 599,
    "test/README.md": "# tests\n",
    "test/run.sh": "#!/bin/sh\n# Runs every test there is.\n",
    "test/passes/tile.mlir": "// RUN: x\n",
    "test/golden/renewed.py": '#!/usr/bin/env python3\n"""Makes goldens of things."""\n',
}
CASES = [
    ("601 lines", {"passes/Tile.cpp": "// Tiles attention into blocks.\n" + "\n" * 600}, "601 lines"),
    ("a long test", {"test/passes/tile.mlir": "// RUN: x\n" * 700}, "700 lines"),
    ("a long root CMakeLists.txt", {"CMakeLists.txt": "# build\n" * 121}, "the limit is 120"),
    ("a top-level folder without README", {"passes/README.md": None}, "passes: expected a README.md"),
    ("a source folder without README", {"runtime/README.md": "# r\n", "runtime/core/A.h": "// What it is for.\n"},
     "runtime/core: expected"),
    ("a new top-level folder", {"docs/README.md": "# d\n"}, "top-level folders"),
    ("a stray file at the root", {"notes.txt": ""}, "belong at the root"),
    ("Utils", {"passes/ShapeUtils.cpp": "// What it is for.\n"}, "'utils'"),
    ("a folder named common", {"test/common/a.mlir": ""}, "'common'"),
    ("Misc", {"passes/Misc.h": "// What it is for.\n"}, "'misc'"),
    ("V2", {"passes/TileV2.cpp": "// What it is for.\n"}, "'v2'"),
    ("Old", {"passes/OldTile.cpp": "// What it is for.\n"}, "'old'"),
    ("no first line", {"passes/Other.cpp": "#include <vector>\n"}, "first line"),
    ("a script without a purpose", {"test/a.sh": "#!/bin/sh\nset -e\n"}, "first line"),
]

if __name__ == "__main__":
    sys.exit(source_tree.main("check_sizes.py", check, CLEAN, CASES))
