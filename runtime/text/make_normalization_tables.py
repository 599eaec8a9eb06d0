#!/usr/bin/env python3
"""Writes runtime/text/NormalizationTables.cpp: what Hugging Face's tokenizers does to single code points when it normalizes text.

    python3 runtime/text/make_normalization_tables.py > runtime/text/NormalizationTables.cpp

The library (0.23.3) carries several Unicode versions: its normal forms know 9.0, its lower case 17.0, its classes of BertNormalizer
and BertPreTokenizer an old one too. So every code point is shown to the library, and what comes back is written down; Python's unicodedata
(14.0 or later) gives the combining classes of the marks that the library moves, and the lower case that CaseTables.cpp has.
"""
import struct
import unicodedata

from tokenizers import normalizers, pre_tokenizers

BASE, ABOVE_ALL = "a", "\u0345"  # a letter; the mark that stands behind all others
BETWEEN = "<=>"  # texts, to normalize many at once: nothing changes it
CODE_POINTS = [c for c in range(1, 0x110000) if not 0xD800 <= c < 0xE000]


def apply(normalizer, texts):
    """Normalizes each of the texts."""
    found = normalizer.normalize_str(BETWEEN.join(texts)).split(BETWEEN)
    assert len(found) == len(texts)
    return found


def bert(**options):
    off = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**{**off, **options})


def is_hangul(code_point):
    return 0xAC00 <= code_point < 0xAC00 + 11172


def decompositions(normalizer, other=None):
    found = {c: out for c, out in zip(CODE_POINTS, apply(normalizer, map_text())) if out != chr(c) and not is_hangul(c)}
    return {c: out for c, out in found.items() if not other or other.get(c) != out}


def map_text():
    return list(map(chr, CODE_POINTS))


def combining_classes(nfd):
    marks = [c for c in CODE_POINTS if unicodedata.combining(chr(c)) and chr(c) != ABOVE_ALL and nfd.normalize_str(chr(c)) == chr(c)]
    moved = apply(nfd, [BASE + ABOVE_ALL + chr(c) for c in marks])
    classes = {c: unicodedata.combining(chr(c)) for c, out in zip(marks, moved) if out == BASE + chr(c) + ABOVE_ALL}
    classes[ord(ABOVE_ALL)] = unicodedata.combining(ABOVE_ALL)
    return dict(sorted(classes.items()))


def compositions(canonical):
    """(first, second, both in one) of all pairs that the library composes."""
    found = []
    for c in canonical:
        pair = unicodedata.decomposition(chr(c)).split()
        if len(pair) == 2:
            first, second = (int(part, 16) for part in pair)
            if normalizers.NFC().normalize_str(chr(first) + chr(second)) == chr(c):
                found.append((first, second, c))
    return sorted(found)


def ranges(code_points):
    found = []
    for c in sorted(code_points):
        if found and found[-1][1] == c - 1:
            found[-1][1] = c
        else:
            found.append([c, c])
    return found


def classes_as_ranges(classes):
    found = []
    for c, value in classes.items():
        if found and found[-1][1] == c - 1 and found[-1][2] == value:
            found[-1][1] = c
        else:
            found.append([c, c, value])
    return found


def dropped(normalizer, around=""):
    """Code points of which nothing is left."""
    return [c for c, out in zip(CODE_POINTS, apply(normalizer, [around + chr(c) for c in CODE_POINTS])) if out == around]


def punctuation():
    cutter = pre_tokenizers.BertPreTokenizer()
    return [c for c in CODE_POINTS if len(cutter.pre_tokenize_str(BASE + chr(c) + BASE)) == 3]


def later_lower_case():
    return [(c, ord(out)) for c, out in zip(CODE_POINTS, apply(normalizers.Lowercase(), map_text()))
            if out != chr(c).lower() and len(out) == 1]


def marking_map():
    """A charsmap that makes any cluster of up to five bytes, or else any character, an X, but for Z."""
    units = [0] * 1024
    units[0] = 256 << 10
    for byte in range(1, 256):
        if byte != ord("Z"):
            units[256 + byte] = 768 << 10 | 1 << 8 | byte
            units[512 + byte] = 1 << 31
    data = struct.pack("<1024I", *units)
    return normalizers.Precompiled(struct.pack("<I", len(data)) + data + b"X\0")


def together(pairs):
    """Of pairs of characters, up to five bytes long, those that are one cluster."""
    found = marking_map().normalize_str("\nZ\n".join(pairs)).split("XZX")
    assert len(found) == len(pairs)
    return [out == "X" for out in found]


def clusters():
    """(what joins the character before it, what joins the one behind it, what joins none)"""
    after = [c for c in CODE_POINTS if len(chr(c).encode()) < 5 and c not in (ord("Z"), ord("\r"))]
    joins_previous = [c for c, one in zip(after, together([BASE + chr(c) for c in after])) if one]
    joins_next = [c for c, one in zip(after, together([chr(c) + BASE for c in after])) if one]
    small = [c for c in after if len(chr(c).encode()) < 4]
    breaks = [c for c, one in zip(small, together([chr(c) + "\u0301" for c in small])) if not one]
    return joins_previous, joins_next, breaks


def numbers(kind, name, rows, counted=True):
    print(f"const {kind} {name}[{len(rows)}] = {{")
    line = "   "
    for row in rows:
        item = " {" + ", ".join(map(str, row)) + "}," if isinstance(row, (tuple, list)) else f" {row},"
        if len(line) + len(item) > 380:
            print(line)
            line = "   "
        line += item
    print(line + "\n};")
    print(f"const size_t {name}Count = {len(rows)};\n" if counted else "")


def expansions(name, found, pool):
    rows = []
    for c, out in found.items():
        points = list(map(ord, out))
        at = pool["places"].setdefault(tuple(points), len(pool["points"]))
        if at == len(pool["points"]):
            pool["points"] += points
        rows.append((c, at, len(points)))
    numbers("Expansion", name, rows)


def main():
    nfd = normalizers.NFD()
    canonical = decompositions(nfd)
    print("// What Hugging Face's normalizers do to single code points. Written by make_normalization_tables.py, beside this file: not edited.")
    print('#include "runtime/text/NormalizationTables.h"\n')
    print("namespace longc {\n\n// clang-format off")
    pool = {"places": {}, "points": []}
    expansions("canonicalExpansions", canonical, pool)
    expansions("compatibleExpansions", decompositions(normalizers.NFKD(), canonical), pool)
    numbers("uint32_t", "expansionPool", pool["points"], counted=False)
    numbers("CombiningRange", "combiningRanges", classes_as_ranges(combining_classes(nfd)))
    numbers("Composition", "compositions", compositions(canonical))
    numbers("CodePointRange", "nonspacingRanges", ranges(dropped(bert(strip_accents=True), BASE)))
    numbers("CodePointRange", "markRanges", ranges(dropped(normalizers.StripAccents(), BASE)))
    numbers("CodePointRange", "controlRanges", ranges([0] + dropped(bert(clean_text=True))))
    spaced = apply(bert(handle_chinese_chars=True), map_text())
    numbers("CodePointRange", "ideographRanges", ranges(c for c, out in zip(CODE_POINTS, spaced) if out == f" {chr(c)} "))
    numbers("CodePointRange", "punctuationRanges", ranges(punctuation()))
    for name, found in zip(("joinsPrevious", "joinsNext", "breaksClusters"), clusters()):
        numbers("CodePointRange", name + "Ranges", ranges(found))
    numbers("LaterLower", "laterLower", later_lower_case())
    print("// clang-format on\n\n} // namespace longc")


main()
