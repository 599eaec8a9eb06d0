#!/usr/bin/env python3
"""Writes runtime/text/CaseTables.cpp: upper and lower case of single code points, as Python's str methods give them.

    python3 runtime/text/make_case_tables.py > runtime/text/CaseTables.cpp

Letters whose other case is several characters (such as the German sharp s) are left as they are.
"""
import unicodedata


def runs(convert):
    """(first, last, step, delta) of code points that change by the same delta, one or two apart."""
    found = []
    for code_point in range(0x80, 0x110000):
        other = convert(chr(code_point))
        if 0xD800 <= code_point < 0xE000 or len(other) != 1 or ord(other) == code_point:
            continue
        delta = ord(other) - code_point
        last = found[-1] if found else None
        gap = code_point - last[1] if last else 0
        if last and delta == last[3] and gap in (1, 2) and last[2] in (0, gap):
            last[1], last[2] = code_point, gap
        else:
            found.append([code_point, code_point, 0, delta])
    return [(first, last, step or 1, delta) for first, last, step, delta in found]


def table(name, entries):
    print(f"const CaseRun {name}[{len(entries)}] = {{")
    line = "   "
    for first, last, step, delta in entries:
        item = f" {{{first:#x}, {last:#x}, {step}, {delta}}},"
        if len(line) + len(item) > 118:
            print(line)
            line = "   "
        line += item
    print(line + "\n};")
    print(f"const size_t {name}Count = {len(entries)};\n")


print("// Case of letters beyond ASCII. Written by make_case_tables.py, beside this file: not edited.")
print(f"// Unicode {unicodedata.unidata_version}, single-character mappings.")
print('#include "runtime/text/CaseTables.h"\n')
print("namespace longc {\n\n// clang-format off")
table("toUpperRuns", runs(str.upper))
table("toLowerRuns", runs(str.lower))
print("// clang-format on\n\n} // namespace longc")
