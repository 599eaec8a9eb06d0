#!/usr/bin/env bash
# rank_bm25 0.2.2 (numpy 2.4.6): a word that stands in every document weighs more than one in half of them, and in few documents finds the one without it.
#
# The weight of a word, log((N - n + 0.5) / (n + 0.5)), is negative where n of N documents, more than half, have it. `BM25Okapi` puts a quarter of the mean
# weight of all words in its place. That mean is the same for the commonest words of all, so weights fall until half of the documents have a word, to
# almost nothing, and jump up for those that more of them have; where most words are common the mean is negative itself, and a document is punished for
# having the word that is asked for. `BM25Plus` of the same package and `bm25s` 0.3.16 (its default, "lucene") add one inside the logarithm and do neither.
# Seen, 101 documents (word in so many of them: weight), then three notes asked for "key":
#
#   in 101 of 101: 1.05   in 70: 1.05   in 50: 0.02   in 40: 0.42   in 10: 2.16
#   "the key is in the drawer" -0.035   "the lamp is broken" 0   "the key is on the shelf" -0.035: get_top_n gives the lamp
#   bm25s: 0.18, 0, 0.18
#
# For us: a search for pieces of a text beside a model (retrieval as a peer) that uses this class ranks by "the" and "and" where a question has them. Ours
# adds one inside the logarithm: never negative, and never more for a commoner word.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check rank_bm25==0.2.2 bm25s==0.3.16 numpy==2.4.6
cat >see.py <<'P'
import bm25s
from rank_bm25 import BM25Okapi, BM25Plus

# Document i has word "inN" when i < N, and ten words of its own, as texts have.
counts = (101, 70, 50, 40, 10)
documents = [[f"in{count}" for count in counts if i < count] + [f"own{i}x{j}" for j in range(10)] for i in range(101)]
weights = BM25Okapi(documents).idf
steady = BM25Plus(documents).idf
print("BM25Okapi", {count: round(float(weights[f"in{count}"]), 2) for count in counts})
print("BM25Plus ", {count: round(float(steady[f"in{count}"]), 2) for count in counts})

notes = ["the key is in the drawer", "the lamp is broken", "the key is on the shelf"]
index = BM25Okapi([note.split() for note in notes])
scores = index.get_scores(["key"])
first = index.get_top_n(["key"], notes, 1)[0]
print("BM25Okapi", scores.round(3).tolist(), "first:", first)
peer = bm25s.BM25()
peer.index(bm25s.tokenize(notes, stopwords=None, show_progress=False), show_progress=False)
found, values = peer.retrieve(bm25s.tokenize("key", stopwords=None, show_progress=False), k=3, show_progress=False)
print("bm25s    ", [(notes[i], round(float(value), 3)) for i, value in zip(found[0], values[0])])

assert weights["in101"] > 5 * weights["in50"] > 0
assert weights["in101"] == weights["in70"]
assert steady["in101"] < steady["in70"] < steady["in50"] < steady["in40"] < steady["in10"]
assert scores[0] < 0 and scores[2] < 0 and scores[1] == 0 and first == "the lamp is broken"
assert set(found[0][:2]) == {0, 2}
P
venv/bin/python see.py
