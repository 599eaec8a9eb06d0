#!/usr/bin/env python3
"""Writes runtime/text/CaseTables.cpp: upper, lower and title case of code points, as Python's str methods give them.

    python3 runtime/text/make_case_tables.py > runtime/text/CaseTables.cpp

Letters whose other case is several characters (such as the German sharp s) stand in tables of their own, and so do letters
whose title case is not their upper case.
"""
import unicodedata

CODE_POINTS = [c for c in range(0x80, 0x110000) if not 0xD800 <= c < 0xE000]


def runs(convert):
    """(first, last, step, delta) of code points that change by the same delta, one or two apart."""
    found = []
    for code_point in CODE_POINTS:
        other = convert(chr(code_point))
        if len(other) != 1 or ord(other) == code_point:
            continue
        delta = ord(other) - code_point
        last = found[-1] if found else None
        gap = code_point - last[1] if last else 0
        if last and delta == last[3] and gap in (1, 2) and last[2] in (0, gap):
            last[1], last[2] = code_point, gap
        else:
            found.append([code_point, code_point, 0, delta])
    return [(first, last, step or 1, delta) for first, last, step, delta in found]


def several(convert, usual):
    """Code points whose other case is not what `usual` gives, or several characters: up to three."""
    return [(c, *(map(ord, convert(chr(c)).ljust(3, "\0")))) for c in CODE_POINTS
            if len(convert(chr(c))) > 1 or convert(chr(c)) != usual(chr(c))]


def ranges(holds):
    found = []
    for c in range(0x110000):
        if 0xD800 <= c < 0xE000 or not holds(chr(c)):
            continue
        if found and found[-1][1] == c - 1:
            found[-1][1] = c
        else:
            found.append([c, c])
    return found


def is_cased(c):
    return (c + "a").title().endswith("a")


def is_case_ignorable(c):
    """What the search for a word's end looks past: seen by the small sigma that is written there."""
    return ("A\u03a3" + c).lower()[1] == "\u03c2" and ("A\u03a3" + c + "A").lower()[1] == "\u03c3"


def table(name, entries, kind="CaseRun", hexadecimal=2):
    print(f"const {kind} {name}[{len(entries)}] = {{")
    line = "   "
    for entry in entries:
        numbers = [f"{n:#x}" if i < hexadecimal else str(n) for i, n in enumerate(entry)]
        if kind == "CaseSeveral":
            numbers = [numbers[0], "{" + ", ".join(numbers[1:]) + "}"]
        item = " {" + ", ".join(numbers) + "},"
        if len(line) + len(item) > 118:
            print(line)
            line = "   "
        line += item
    print(line + "\n};")
    print(f"const size_t {name}Count = {len(entries)};\n")


print("// Case of letters beyond ASCII. Written by make_case_tables.py, beside this file: not edited.")
print(f"// Unicode {unicodedata.unidata_version}.")
print('#include "runtime/text/CaseTables.h"\n')
print("namespace longc {\n\n// clang-format off")
table("toUpperRuns", runs(str.upper))
table("toLowerRuns", runs(str.lower))
table("toSeveralUpper", several(str.upper, str.upper), "CaseSeveral", 4)
table("toSeveralLower", several(str.lower, str.lower), "CaseSeveral", 4)
table("toSeveralTitle", several(str.title, str.upper), "CaseSeveral", 4)
table("casedRanges", ranges(is_cased), "CodePointRange")
table("caseIgnorableRanges", ranges(is_case_ignorable), "CodePointRange")
print("// clang-format on\n\n} // namespace longc")
