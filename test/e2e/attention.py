"""Packed attention as a function: results and log-sums of ragged batches beside plain arithmetic.

    attention.py LONGC FOLDER        exit code 0 or 1

Sequences have more keys than queries, fewer, as many, none, or no queries; with a causal mask or without, with a window, a
soft cap, shared key heads, one query in all.
"""
import math
import os
import random
import struct
import subprocess
import sys

from shapes import variants

# name: heads, key heads, head size, queries where fixed, causal, window, soft cap
FUNCTIONS = {
    "plain": (4, 2, 16, None, False, 0, 0.0),
    "causal": (4, 2, 16, None, True, 0, 0.0),
    "narrow": (3, 3, 10, None, True, 5, 3.0),
    "capped": (6, 1, 6, None, False, 0, 2.0),
    "one": (4, 2, 16, 1, False, 0, 0.0),
}
SCALE = 0.25
BATCHES = [  # boundaries of queries, of keys
    ([0, 0, 0, 0, 0, 12], [0, 0, 0, 0, 0, 12]),
    ([0, 0, 5, 5, 9, 9], [0, 4, 9, 12, 16, 20]),
    ([0, 12, 12, 12, 12, 12], [0, 7, 7, 7, 7, 7]),
    ([0, 3, 70, 75, 75, 140], [0, 140, 142, 142, 150, 280]),
    ([0, 4, 4, 8, 8, 12], [0, 0, 10, 10, 10, 40]),
    ([0, 5, 9, 9, 9, 9], [0, 0, 0, 0, 0, 0]),
]
ONE = [([0, 1], [0, 300]), ([0, 1], [0, 0]), ([0, 1], [0, 1])]


def declaration(name):
    heads, keyHeads, size, queries, causal, window, cap = FUNCTIONS[name]
    rows, bounds = queries or "?", 2 if queries else 6
    q, k, lse = f"tensor<{rows}x{heads}x{size}xf32>", f"tensor<?x{keyHeads}x{size}xf32>", f"tensor<{heads}x{rows}xf32>"
    cu = f"tensor<{bounds}xi32>"
    return f"""func.func @{name}(%q: {q} {{lm.input = "q"}}, %k: {k} {{lm.input = "k"}}, %v: {k} {{lm.input = "v"}},
    %cq: {cu} {{lm.input = "cu_q"}}, %ck: {cu} {{lm.input = "cu_k"}}) -> ({q}, {lse}) {{
  %o, %l = lm.packed_attention %q, %k, %v, %cq, %ck {"causal" if causal else ""}
    {{scale = {SCALE} : f64, window = {window} : i64, soft_cap = {cap} : f64}}
    : ({q}, {k}, {k}, {cu}, {cu}) -> ({q}, {lse})
  return %o, %l : {q}, {lse}
}}
"""


def expected(name, q, k, v, queries, keys):
    """out [T][H][D] and lse [H][T] by the op's definition; rows of no sequence are None."""
    heads, keyHeads, size, _, causal, window, cap = FUNCTIONS[name]
    out, lse = [None] * len(q), [[None] * len(q) for _ in range(heads)]
    for qBegin, qEnd, kBegin, kEnd in zip(queries, queries[1:], keys, keys[1:]):
        for t in range(qBegin, qEnd):
            place = t - qBegin + (kEnd - kBegin) - (qEnd - qBegin)
            seen = [s for s in range(kBegin, kEnd) if (not causal or s - kBegin <= place)
                    and (not window or s - kBegin > place - window)]
            out[t] = []
            for h in range(heads):
                g = h // (heads // keyHeads)
                scores = [SCALE * sum(a * b for a, b in zip(q[t][h], k[s][g])) for s in seen]
                scores = [cap * math.tanh(s / cap) for s in scores] if cap else scores
                total = sum(map(math.exp, scores))
                lse[h][t] = math.log(total) if total else -math.inf
                out[t].append([sum(math.exp(x) * v[s][g][d] for x, s in zip(scores, seen)) / (total or 1)
                               for d in range(size)])
    return out, lse


def flat(nested):
    return [x for item in nested for x in flat(item)] if isinstance(nested, list) else [nested]


def writeNpy(path, shape, numbers, kind):
    head = f"{{'descr': '<{'f4' if kind == 'f' else 'i4'}', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    head += " " * (-(len(head) + 11) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode())
        file.write(struct.pack(f"<{len(numbers)}{kind}", *numbers))


def readNpy(path):
    with open(path, "rb") as file:
        data = file.read()
    body = data[10 + struct.unpack("<H", data[8:10])[0]:]
    return struct.unpack(f"<{len(body) // 4}f", body)


def run(program, folder, name, queries, keys, rng):
    """What is wrong with the function's results on this batch; empty: nothing."""
    heads, keyHeads, size = FUNCTIONS[name][:3]
    draw = lambda rows, count: [[[rng.gauss(0, 2) for _ in range(size)] for _ in range(count)] for _ in range(rows)]
    q, k, v = draw(queries[-1], heads), draw(keys[-1], keyHeads), draw(keys[-1], keyHeads)
    given = {"q": ([len(q), heads, size], flat(q), "f"), "k": ([len(k), keyHeads, size], flat(k), "f"),
             "v": ([len(v), keyHeads, size], flat(v), "f"), "cq": ([len(queries)], queries, "i"),
             "ck": ([len(keys)], keys, "i")}
    for file, (shape, numbers, kind) in given.items():
        writeNpy(f"{folder}/{file}.npy", shape, numbers, kind)
    files = ",".join(f"{folder}/{file}.npy" for file in given)
    done = subprocess.run([program, "run", "--function", name, "--inputs", files, "--outputs",
                           f"{folder}/o.npy,{folder}/l.npy", "--repeat", "1"], capture_output=True, text=True)
    if done.returncode:
        return done.stderr.strip()
    for what, file, wanted in zip(("result", "log-sum"), "ol", expected(name, q, k, v, queries, keys)):
        got = readNpy(f"{folder}/{file}.npy")
        wanted = flat(wanted)
        if len(got) != len(wanted):
            return f"{len(got)} numbers of the {what}, expected {len(wanted)}"
        for i, (a, b) in enumerate(zip(got, wanted)):
            if b is not None and not (a == b or abs(a - b) <= 2e-5):
                return f"{what} {i} is {a}, expected {b}"
    return ""


def main():
    longc, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/attention.mlir", "w", encoding="ascii") as file:
        file.write("".join(map(declaration, FUNCTIONS)))
    failures = count = 0
    for variant in variants():
        program = f"{folder}/{variant}"
        subprocess.run([longc, "compile", f"{folder}/attention.mlir", "--variants", variant, "--quiet", "-o", program],
                       check=True)
        for name, function in FUNCTIONS.items():
            for number, (queries, keys) in enumerate(ONE if function[3] else BATCHES):
                wrong = run(program, folder, name, queries, keys, random.Random(number))
                count += 1
                failures += bool(wrong)
                if wrong:
                    print(f"FAIL {name} for {variant}, queries {queries}, keys {keys}: {wrong}")
    print(f"{count - failures} of {count} batches agree")
    return 1 if failures or not count else 0


if __name__ == "__main__":
    sys.exit(main())
