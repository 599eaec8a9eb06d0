#!/usr/bin/env bash
# tokenizers 0.23.3 knows several versions of Unicode at once: its normal forms are from before 2019, its regular expressions from 2024.
#
# NFKC, NFD and NFC of what Unicode 12 and later added are the identity: the square era name Reiwa (U+32FF, in dates of Japanese documents since
# May 2019) stays one code point where Python's unicodedata (13 and later) and ICU give its two ideographs, and a Dives Akuru vowel sign of
# Unicode 13 is not taken apart or put together. In the same process \p{L} matches a Todhri letter of Unicode 16.
#
# For us: normal forms of a compiled program are tables read off this library, not those of a Unicode library of today, and patterns get the
# letters that came after PCRE2's tables; with a "right" NFKC, ids would differ from those that the model was trained with.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check tokenizers==0.23.3 unicodedata2==17.0.0

venv/bin/python - <<'PYTHON'
import tokenizers
import unicodedata2
from tokenizers import Regex
from tokenizers.normalizers import NFC, NFKC
from tokenizers.pre_tokenizers import Split

reiwa, parts, todhri = "\u32ff", "\U00011935\U00011930", "\U000105d2"
print(f"tokenizers {tokenizers.__version__} beside Unicode {unicodedata2.unidata_version}")
print("NFKC of U+32FF:", ascii(NFKC().normalize_str(reiwa)), "and", ascii(unicodedata2.normalize("NFKC", reiwa)))
print("NFC of U+11935 U+11930:", ascii(NFC().normalize_str(parts)), "and", ascii(unicodedata2.normalize("NFC", parts)))
words = [text for text, _ in Split(Regex(r"\p{L}+"), "isolated").pre_tokenize_str(f"a{todhri}b-c")]
print(r"\p{L}+ in a text with U+105D2:", [ascii(word) for word in words])
assert NFKC().normalize_str(reiwa) == reiwa and unicodedata2.normalize("NFKC", reiwa) == "\u4ee4\u548c"
assert NFC().normalize_str(parts) == parts and unicodedata2.normalize("NFC", parts) == "\U00011938"
assert words == [f"a{todhri}b", "-", "c"]
PYTHON
