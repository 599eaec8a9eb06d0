#!/usr/bin/env python3
"""Checks that an error number means one thing: the table runtime/core/ERRORS.md against the sources.

    test/scripts/check_errors.py [ROOT]      test/scripts/check_errors.py --self-test

The table has a row a number, `| LC2103 | what it means | files that report it |`. A number used in a file that its row does
not name, one without a row, one with two rows, a row that nobody uses: each is a violation. Numbers are found where they
are given to `error(` or `usage(`, in `LCnnnn` texts, and where a constant is named after one (`badId = 6003`).
"""
import re
import sys

import source_tree

TABLE = "runtime/core/ERRORS.md"
ROW = re.compile(r"^\| LC(\d{4}) \| ([^|]+) \| ([^|]+) \|$", re.M)
GIVEN = re.compile(r'\b(?:\w*[eE]rror\((?:\w+, )?|usage\()(\d{4})\b|\bLC(\d{4})\b|\?\s*([1-9]\d{3})\s*:\s*([1-9]\d{3})\b|return ([1-9]\d{3});|^ *\{"[^"\n]*", ([1-9]\d{3}),', re.M)
# A constant of type int or an enumerator; other four-digit numbers stand in int64_t, size_t and arrays.
NAMED = re.compile(r"(?:\bconstexpr int |\benum\b[^;{]*\{\s*|^ +|, )[A-Za-z]\w* = ([1-9]\d{3})(?=[,;} ])", re.M)
CONSTANTS = re.compile(r"constexpr int \w+ = |\benum\b[^;{]*\{[^}]*= \d{4}[^}]*\}", re.S)
NO_CODES = {("runtime/core/ThreadPool.h", "1024")}  # maxThreads
ROOTS = ("codegen/", "frontends/", "models/", "passes/", "runtime/")


def codesOf(text):
    """Numbers of errors in C++ text."""
    text = re.sub(r"//[^\n]*", "", text)
    found = {code for match in GIVEN.finditer(text) for code in match.groups() if code}
    for block in CONSTANTS.finditer(text):
        end = text.find(";", block.start())
        found |= set(NAMED.findall(text[block.start():end + 1]))
    return found


def check(root):
    files = source_tree.listFiles(root)
    table, out = {}, []
    text = source_tree.read(root, TABLE) if TABLE in files else ""
    for code, meaning, where in ROW.findall(text):
        if code in table:
            out.append(f"{TABLE}: LC{code} has two rows")
        table[code] = (meaning, set(where.replace("`", "").split(", ")))
    used = {}
    for path in files:
        if path.startswith(ROOTS) and path.endswith((".cpp", ".h")):
            for code in codesOf(source_tree.read(root, path)):
                if (path, code) not in NO_CODES:
                    used.setdefault(code, set()).add(path)
    for code, places in sorted(used.items()):
        if code not in table:
            out.append(f"{min(places)}: LC{code} has no row in {TABLE}")
            continue
        meaning, named = table[code]
        for path in sorted(places - named):
            out.append(f"{path}: LC{code} means '{meaning}' in {', '.join(sorted(named))}: take a number of its own, or name "
                       f"this file in {TABLE} where it means the same")
        for path in sorted(named - places):
            out.append(f"{TABLE}: LC{code} is not used in {path}")
    out += [f"{TABLE}: nobody reports LC{code}" for code in sorted(set(table) - set(used))]
    return out


CLEAN = {
    TABLE: "| LC2103 | a tensor is missing | runtime/io/A.cpp, runtime/io/B.cpp |\n| LC6001 | bad model | runtime/C.h |\n",
    "runtime/io/A.cpp": 'return Status::error(2103, "x");\nint64_t chunk = 4096;\n',
    "runtime/io/B.cpp": 'Status::error(2103,\n  "x"); // LC9999 is a comment\n',
    "runtime/C.h": "static constexpr int badModel = 6001;\n",
}
CASES = [
    ("used elsewhere", {"codegen/D.cpp": 'Status::error(2103, "y");'}, "codegen/D.cpp: LC2103"),
    ("no row", {"codegen/D.cpp": 'Status::error(2104, "y");'}, "LC2104 has no row"),
    ("a constant without a row", {"runtime/C.h": "static constexpr int badModel = 6001, badId = 6003;\n"}, "LC6003"),
    ("an enumerator without a row", {"runtime/E.h": "enum class E { Bad = 6104 };\n"}, "LC6104"),
    ("two rows", {TABLE: CLEAN[TABLE] + "| LC2103 | other | runtime/C.h |\n"}, "two rows"),
    ("nobody", {TABLE: CLEAN[TABLE] + "| LC2999 | other | runtime/C.h |\n"}, "nobody reports LC2999"),
    ("not there", {"runtime/io/B.cpp": ""}, "not used in runtime/io/B.cpp"),
]

if __name__ == "__main__":
    sys.exit(source_tree.main("check_errors.py", check, CLEAN, CASES))
