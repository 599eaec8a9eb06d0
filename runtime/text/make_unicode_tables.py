#!/usr/bin/env python3
"""Writes runtime/text/UnicodeTables.cpp: what a code point is to a tokenizer.

Two Unicode versions on purpose, those inside Hugging Face tokenizers 0.23: its regular expressions (\\p{L}, \\p{N},
\\s, \\w) know Unicode 16.0, its Digits splitter (Rust's char::is_numeric) knows Unicode 17.0.

    pip install --target u16 unicodedata2==16.0.0
    pip install --target u17 unicodedata2==17.0.0
    python3 runtime/text/make_unicode_tables.py u16 u17 > runtime/text/UnicodeTables.cpp

To follow a newer release of tokenizers, change the two versions; test/golden/make_tokenizer_goldens.py --check-classes
compares the written table with the installed tokenizers for every code point.
"""
import json
import subprocess
import sys

OTHER, LETTER, NUMBER, SPACE, DIGIT, WORD = 0, 1, 2, 3, 4, 8  # DIGIT and WORD are flags beside the class
BLOCK = 128
CONTROL_SPACES = {0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x85}
# Symbols that Unicode calls alphabetic, circled and squared letters, and the two joiners: \w as UTS 18 has it.
ALPHABETIC_SYMBOLS = [(0x24B6, 0x24E9), (0x1F130, 0x1F149), (0x1F150, 0x1F169), (0x1F170, 0x1F189), (0x200C, 0x200D)]


def categories(folder):
    """(version, list of general categories of all code points) by the unicodedata2 installed in `folder`."""
    program = (
        "import json, unicodedata2 as u\n"
        "print(json.dumps([u.unidata_version, [u.category(chr(c)) for c in range(0x110000)]]))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": folder}, check=True, capture_output=True)
    return json.loads(done.stdout)


def classify(code_point, category, digit_category):
    if category[0] == "L":
        value = LETTER
    elif category[0] == "N":
        value = NUMBER
    elif category[0] == "Z" or code_point in CONTROL_SPACES:
        value = SPACE
    else:
        value = OTHER
    word = category[0] in "LM" or category in ("Nd", "Nl", "Pc")
    word |= any(low <= code_point <= high for low, high in ALPHABETIC_SYMBOLS)
    return value | (DIGIT if digit_category[0] == "N" else 0) | (WORD if word else 0)


def rows(values, width):
    for start in range(0, len(values), width):
        yield "    " + " ".join(f"{v}," for v in values[start : start + width])


def words(block):
    """Sixteen code points a word, the first in the lowest four bits."""
    for start in range(0, BLOCK, 16):
        word = sum(bits << 4 * i for i, bits in enumerate(block[start : start + 16]))
        yield f"{word:#x}"


def main():
    version, general = categories(sys.argv[1])
    digit_version, digits = categories(sys.argv[2])
    classes = [classify(c, general[c], digits[c]) for c in range(0x110000)]
    end = max(c for c, value in enumerate(classes) if value != OTHER) // BLOCK * BLOCK + BLOCK
    blocks, index = {}, []
    for start in range(0, end, BLOCK):
        block = tuple(classes[start : start + BLOCK])
        index.append(blocks.setdefault(block, len(blocks)))
    assert len(blocks) < 256
    print("// Classes of code points for tokenizers. Written by make_unicode_tables.py, beside this file: not edited.")
    print(f"// Letters, numbers, spaces and words by Unicode {version}; the digit flag by Unicode {digit_version} (see the script).")
    print('#include "runtime/text/UnicodeTables.h"\n')
    print("namespace longc {\n")
    print("// clang-format off")
    print(f"const uint32_t unicodeTableEnd = {end:#x};\n")
    print(f"const uint8_t unicodeBlockIndex[{len(index)}] = {{")
    print("\n".join(rows(index, 22)))
    print("};\n")
    packed = [word for block in blocks for word in words(block)]
    print(f"const uint64_t unicodeBlocks[{len(packed)}] = {{")
    print("\n".join(rows(packed, 8)))
    print("};")
    print("// clang-format on\n")
    print("} // namespace longc")


main()
