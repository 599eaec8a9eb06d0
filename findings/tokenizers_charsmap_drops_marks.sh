#!/usr/bin/env bash
# tokenizers 0.23.3 and sentencepiece 0.2.3 read one table (precompiled_charsmap, nmt_nfkc) differently: the first drops combining marks.
#
# SentencePiece replaces the longest entry of the table at each place. tokenizers' Precompiled looks at a whole grapheme cluster of up to
# five bytes first and, where the table has an entry for its beginning, puts that entry in the place of the cluster: what stood behind is gone.
# "ﬁ" with an acute accent becomes "fi" in one and "fi" with the accent in the other; fullwidth "Ａ" with an accent becomes "A" and "Á";
# a half-width katakana with its voicing mark, ordinary Japanese, keeps two code points in one and becomes one in the other, and so other tokens.
# XLM-R, bge-m3, T5 and their kin are loaded through tokenizers by transformers; models were trained through sentencepiece.
#
# For us: a tokenizer.json means what tokenizers makes of it, so a compiled program follows it, mark for mark, and not the table's own rule.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check tokenizers==0.23.3 sentencepiece==0.2.3 protobuf==7.36.1

venv/bin/python - <<'PYTHON'
import io

import sentencepiece
import tokenizers
from sentencepiece import sentencepiece_model_pb2
from tokenizers.normalizers import Precompiled

lines = [f"the quick brown fox {n} jumps over the lazy dog" for n in range(200)]
model = io.BytesIO()
sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(lines), model_writer=model, vocab_size=60, hard_vocab_limit=False,
                                         model_type="unigram", normalization_rule_name="nmt_nfkc", minloglevel=2)
pieces = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
proto = sentencepiece_model_pb2.ModelProto.FromString(model.getvalue())
table = Precompiled(proto.normalizer_spec.precompiled_charsmap)

seen = []
for text in ("\ufb01\u0301n", "\uff21\u0301", "\uff76\uff9e", "x\u00b2\u0304", "caf\u00e9"):
    one, other = table.normalize_str(text), pieces.normalize(text).replace("\u2581", " ").strip()
    print(ascii(text), "tokenizers", ascii(one), "sentencepiece", ascii(other))
    seen.append((one, other))
print(f"tokenizers {tokenizers.__version__}, sentencepiece {sentencepiece.__version__}")
assert seen == [("fin", "fi\u0301n"), ("A", "\u00c1"), ("\u30ab\u3099", "\u30ac"), ("x2", "x2\u0304"), ("caf\u00e9", "caf\u00e9")]
PYTHON
