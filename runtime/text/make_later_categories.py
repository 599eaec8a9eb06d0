#!/usr/bin/env python3
"""Writes runtime/text/LaterCategories.cpp: general categories of code points that PCRE2 10.42 (Unicode 14) does not know yet and that
the regular expressions of Hugging Face tokenizers 0.23 (Unicode 16) do.

    pip install --target u16 unicodedata2==16.0.0
    PYTHONPATH=u16 python3 runtime/text/make_later_categories.py > runtime/text/LaterCategories.cpp       (Python 3.11: Unicode 14)
"""
import unicodedata

import unicodedata2

assert (unicodedata.unidata_version, unicodedata2.unidata_version) == ("14.0.0", "16.0.0")
found = []
for code in range(0x110000):
    if unicodedata.category(chr(code)) != "Cn":
        continue
    category = unicodedata2.category(chr(code))
    if category == "Cn":
        continue
    if found and found[-1][1] == code - 1 and found[-1][2] == category:
        found[-1][1] = code
    else:
        found.append([code, code, category])

print("// Code points that came after Unicode 14. Written by make_later_categories.py, beside this file: not edited.")
print('#include "runtime/text/LaterCategories.h"\n')
print("namespace longc {\n\n// clang-format off")
print(f"const LaterCategory laterCategories[{len(found)}] = {{")
line = "   "
for first, last, category in found:
    item = f' {{{first}, {last}, "{category}"}},'
    if len(line) + len(item) > 150:
        print(line)
        line = "   "
    line += item
print(line + "\n};")
print(f"const size_t laterCategoriesCount = {len(found)};\n")
print("// clang-format on\n\n} // namespace longc")
