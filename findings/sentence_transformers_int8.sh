#!/usr/bin/env bash
# sentence-transformers 6.2.0: `encode(texts, precision="int8")` gives a text other numbers when other texts are in the call, and distances that mean little.
#
# Each dimension is stretched so that its least and largest value *in this call* become -128 and 127. A text's vector therefore depends on its neighbours,
# vectors of two calls (documents today, a question tomorrow) do not belong together, and since a dimension's offset goes too, "uint8" makes unrelated
# texts alike. It warns below 100 texts, as if more of them would make calls agree. Ranges can be given only to `quantize_embeddings`, not to `encode`.
# Seen, random word vectors, two calls of 200 texts of which 100 are the same, no warning:
#
#   precision   equal numbers of the same text   mean cosine of unrelated texts (float32: near 0)
#   int8        about a tenth                    near 0
#   uint8       about a tenth                    over 0.8
#
# For us: `embed` prints floats, and a text's vector is its own whatever stands beside it, with int8 products too, where scales belong to a text's own rows.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check torch==2.11.0 transformers==5.17.0 sentence-transformers==6.2.0 numpy==2.4.6

venv/bin/python - 2>errors.txt <<'PYTHON' || { cat errors.txt; exit 1; }
import numpy, sentence_transformers, tokenizers, torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding

torch.manual_seed(0)
words = {f"word{number}": number for number in range(1000)}
tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel({**words, "[UNK]": 1000}, unk_token="[UNK]"))
tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
model = SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=torch.randn(1001, 64).numpy())], device="cpu")
texts = [f"word{3 * number} word{3 * number + 1} word{3 * number + 2}" for number in range(300)]


def cosine(left, right):
    left, right = left.astype(numpy.float64), right.astype(numpy.float64)
    return ((left * right).sum(1) / numpy.linalg.norm(left, axis=1) / numpy.linalg.norm(right, axis=1)).mean()


def seen(precision):
    first, second = (model.encode(texts[begin:begin + 200], precision=precision, show_progress_bar=False) for begin in (0, 100))
    equal, alike = (first[100:] == second[:100]).mean(), cosine(first[:100], second[100:])
    print(f"  {precision:8} the same text in two calls: {equal:.3f} of its numbers equal; unrelated texts: cosine {alike:.3f}")
    return equal, alike


print(f"sentence-transformers {sentence_transformers.__version__}")
equal, alike = seen("float32")
assert equal == 1 and abs(alike) < 0.05
assert seen("int8")[0] < 0.5, "a text's int8 vector is its own now"
equal, alike = seen("uint8")
assert equal < 0.5 and alike > 0.8, "uint8 keeps unrelated texts apart now"
PYTHON
if grep -i calibration errors.txt; then echo "it warns of 200 texts now"; exit 1; fi
