#!/usr/bin/env python3
"""Makes the FoT goldens: a tiny llama GGUF with random weights, and what memory attention must compute with it.

    python make_fot_goldens.py OUT_FOLDER [--check-with-transformers]

Writes fot_tiny.gguf, fot_model.jsonl (whole-model cases: state machine, eviction, temperature, top-k) and
fot_attention.jsonl (op cases: local + memory + merge, rotary embedding). Everything is plain numpy in float64 and
O(N^2): a token's hidden state never depends on how the cache is kept, so for each query it is enough to know where its
local window begins; a key before that is memory, at its raw value, in memory layers and invisible in the others.
"""
import argparse
import base64
import json
import math
import os

import gguf
import numpy as np

LAYERS, HIDDEN, HEADS, KV_HEADS, HEAD, FEED, EPS, BASE, CONTEXT = 3, 64, 4, 2, 16, 96, 1e-5, 10000.0, 1024
WINDOW = 64
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
MERGES = ["t h", "i n", "e r", "a n", "o n", "r e", "h e", "\u0120 t", "\u0120 a", "n d", "\u0120t h", "\u0120th e",
          "an d"]
TEMPLATE = ("{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>' + '\\n' }}"
            "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}")


def byteAlphabet():
    """GPT-2's printable stand-in of each byte, in byte order."""
    plain = set(range(33, 127)) | set(range(161, 173)) | set(range(174, 256))
    spare = iter(range(256, 512))
    return [chr(b if b in plain else next(spare)) for b in range(256)]


TOKENS = SPECIAL + byteAlphabet() + [merge.replace(" ", "") for merge in MERGES]
VOCABULARY = len(TOKENS)


def toBase64(x, dtype="<f4"):
    return base64.b64encode(np.ascontiguousarray(x, dtype=dtype).tobytes()).decode()


# ---------------------------------------------------------------------------------------------------- the tiny model
def randomWeights():
    """Rows of q and k in the file's order (interleaved rotary pairs). Values are bfloat16 numbers stored as float32, so
    that a program which keeps weights in bfloat16 computes with the same ones. Scores have a deviation of about 2."""
    rng = np.random.default_rng(20)

    def draw(shape, deviation, mean=0.0):
        x = (mean + deviation * rng.standard_normal(shape)).astype(np.float32)
        return (x.view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32)

    weights = {"token_embd.weight": draw((VOCABULARY, HIDDEN), 1.0)}
    for i in range(LAYERS):
        block = f"blk.{i}."
        weights[block + "attn_norm.weight"] = draw((HIDDEN,), 0.1, 1.0)
        weights[block + "attn_q.weight"] = draw((HEADS * HEAD, HIDDEN), 0.177)
        weights[block + "attn_k.weight"] = draw((KV_HEADS * HEAD, HIDDEN), 0.177)
        weights[block + "attn_v.weight"] = draw((KV_HEADS * HEAD, HIDDEN), 0.25)
        weights[block + "attn_output.weight"] = draw((HIDDEN, HEADS * HEAD), 0.25)
        weights[block + "ffn_norm.weight"] = draw((HIDDEN,), 0.1, 1.0)
        weights[block + "ffn_gate.weight"] = draw((FEED, HIDDEN), 0.15)
        weights[block + "ffn_up.weight"] = draw((FEED, HIDDEN), 0.15)
        weights[block + "ffn_down.weight"] = draw((HIDDEN, FEED), 0.15)
    weights["output_norm.weight"] = draw((HIDDEN,), 0.1, 1.0)
    weights["output.weight"] = draw((VOCABULARY, HIDDEN), 0.3)
    return weights


def writeGguf(path, weights):
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("FoT tiny, random weights")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(HIDDEN)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(EPS)
    writer.add_rope_freq_base(BASE)
    writer.add_rope_dimension_count(HEAD)
    writer.add_vocab_size(VOCABULARY)
    writer.add_file_type(0)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(TOKENS)
    writer.add_token_types([3] * len(SPECIAL) + [1] * (VOCABULARY - len(SPECIAL)))
    writer.add_token_merges(MERGES)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_pad_token_id(2)
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)
    for name, tensor in weights.items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def rope(x, positions, base=BASE):
    """x [..., T, D] with adjacent pairs, rotated by positions [T]."""
    size = x.shape[-1]
    frequency = base ** (-np.arange(0, size, 2, dtype=np.float64) / size)
    angle = np.asarray(positions, dtype=np.float64)[:, None] * frequency
    cos, sin = np.cos(angle).astype(x.dtype), np.sin(angle).astype(x.dtype)
    even, odd = x[..., 0::2], x[..., 1::2]
    out = np.empty_like(x)
    out[..., 0::2] = even * cos - odd * sin
    out[..., 1::2] = even * sin + odd * cos
    return out


def norm(x, weight):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + x.dtype.type(EPS)) * weight


def memoryScale(config, entries):
    """The factor on memory scores: constant times 1 + c ln(m / m0), not below the constant."""
    growth = config.get("memory_growth", 0.0)
    start = config.get("memory_growth_from", 1)
    return config.get("memory_scale", 1.0) * (1.0 + growth * math.log(max(entries, start) / start))


def topkMask(scores, k):
    """Which of the memory scores [..., m] are among the k largest of their row; ties go to the lower index."""
    order = np.argsort(-scores, axis=-1, kind="stable")
    keep = np.zeros(scores.shape, dtype=bool)
    np.put_along_axis(keep, order[..., :k], True, axis=-1)
    return keep


def forward(weights, tokens, begins, config, dtype=np.float64, mutation=None):
    """Logits [N, V]. begins[t] is the first token of query t's local window. `mutation` breaks one rule on purpose."""
    w = {name: tensor.astype(dtype) for name, tensor in weights.items()}
    count = len(tokens)
    x = w["token_embd.weight"][tokens]
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        hasMemory = layer in config["memory_layers"]
        h = norm(x, w[block + "attn_norm.weight"])
        split = lambda y, n: y.reshape(count, n, HEAD).transpose(1, 0, 2)
        q = split(h @ w[block + "attn_q.weight"].T, HEADS)
        k = np.repeat(split(h @ w[block + "attn_k.weight"].T, KV_HEADS), HEADS // KV_HEADS, axis=0)
        v = np.repeat(split(h @ w[block + "attn_v.weight"].T, KV_HEADS), HEADS // KV_HEADS, axis=0)
        out = np.empty((HEADS, count, HEAD), dtype=dtype)
        for t in range(count):
            begin = begins[t]
            where = np.arange(begin, t + 1) - begin
            if mutation == "absolute positions":
                where = np.arange(begin, t + 1)
            turned = rope(q[:, t:t + 1], where[-1:])
            keys = rope(k[:, begin:t + 1], where)
            scores = (turned @ keys.transpose(0, 2, 1))[:, 0] / dtype(math.sqrt(HEAD))
            values = v[:, begin:t + 1]
            if hasMemory and begin > 0 and mutation != "no memory":
                held = k[:, :begin]
                if mutation == "rotated memory":
                    held = rope(held, np.arange(begin))
                if mutation == "memory short by one":
                    held = held[:, :-1]
                asked = q[:, t:t + 1] if mutation == "raw query" else turned
                remote = (asked @ held.transpose(0, 2, 1))[:, 0] / dtype(math.sqrt(HEAD))
                keep = topkMask(remote, config.get("memory_topk") or remote.shape[1])
                remote = np.where(keep, remote * dtype(memoryScale(config, begin)), -np.inf)
                scores = np.concatenate((scores, remote), axis=1)
                values = np.concatenate((values, v[:, :held.shape[1]]), axis=1)
            p = np.exp(scores - scores.max(1, keepdims=True))
            p /= p.sum(1, keepdims=True)
            out[:, t] = (p[:, None] @ values)[:, 0]
        x = x + out.transpose(1, 0, 2).reshape(count, HEADS * HEAD) @ w[block + "attn_output.weight"].T
        h = norm(x, w[block + "ffn_norm.weight"])
        gate = h @ w[block + "ffn_gate.weight"].T
        x = x + (gate / (1 + np.exp(-gate)) * (h @ w[block + "ffn_up.weight"].T)) @ w[block + "ffn_down.weight"].T
    return norm(x, w["output_norm.weight"]) @ w["output.weight"].T


# -------------------------------------------------------------------------------------------------- the state machine
def simulate(calls, last, eviction):
    """begins[t] of every token, and (memory, local) lengths after each call."""
    begins, after = [], []
    begin = end = 0  # local window = tokens [begin, end), memory = [0, begin)
    for call in calls:
        head = max(call - last, 0)
        pieces = [min(WINDOW, head - at) for at in range(0, head, WINDOW)]
        for new, isLast in [(n, False) for n in pieces] + [(call - head, True)]:
            if begin == end:  # nothing cached: a window of the prompt
                begins += [begin] * new
                end += new
                if not isLast:
                    begin = end  # spilled after its attention
                continue
            while begin < end and end - begin + new > WINDOW:
                begin = end if eviction == "flush" else min(begin + WINDOW // 2, end)
            begins += [begin] * new
            end += new
        after.append((begin, end - begin))
    return begins, after


def expand(runs):
    return [size for size, times in runs for _ in range(times)]


ALL = list(range(LAYERS))
CASES = [  # name, memory layers, last context, eviction, [[tokens, times] ...], more configuration
    ("all-lc1", ALL, 1, "flush", [[600, 1]], {}),
    ("all-lc16", ALL, 16, "flush", [[600, 1]], {}),
    ("all-lc64-two-flushes", ALL, 64, "flush", [[450, 1], [1, 150]], {}),
    ("middle-lc16-two-flushes", [1], 16, "flush", [[300, 1], [1, 150]], {}),
    ("outer-lc64-two-flushes", [0, 2], 64, "flush", [[257, 1], [1, 140]], {}),
    ("from-nothing", ALL, 16, "flush", [[10, 1], [1, 190]], {}),
    ("one-token-over", ALL, 64, "flush", [[65, 1], [1, 70]], {}),
    ("whole-windows", [1, 2], 64, "flush", [[192, 1], [1, 2]], {}),
    ("inside-the-window", ALL, 64, "flush", [[64, 1]], {}),
    ("second-question", ALL, 16, "flush", [[300, 1], [1, 20], [40, 1], [1, 30], [100, 1], [1, 5]], {}),
    ("all-lc16-slide", ALL, 16, "slide", [[300, 1], [1, 150]], {}),
    ("middle-lc64-slide", [1], 64, "slide", [[257, 1], [1, 140]], {}),
    ("second-question-slide", ALL, 16, "slide", [[300, 1], [1, 20], [40, 1], [1, 30], [100, 1], [1, 5]], {}),
    ("temperature", ALL, 16, "flush", [[300, 1], [1, 60]], {"memory_scale": 1.3}),
    ("growing-temperature", ALL, 16, "slide", [[300, 1], [1, 60]],
     {"memory_scale": 1.1, "memory_growth": 0.15, "memory_growth_from": 128}),
    ("top-8", ALL, 16, "flush", [[300, 1], [1, 60]], {"memory_topk": 8}),
    ("shifted-positions", [0, 2], 16, "flush", [[200, 1], [1, 60]], {"first_position": 100}),
]
MUTATIONS = ["no memory", "rotated memory", "raw query", "absolute positions", "memory short by one"]


def modelCases(weights, out):
    rng = np.random.default_rng(3)
    everyIds = [3 + ord("e"), 100, VOCABULARY - 1]
    with open(out, "w", encoding="utf-8") as file:
        header = {"kind": "fot-model-golden", "version": 1, "model": "fot_tiny.gguf", "vocabulary": VOCABULARY,
                  "window": WINDOW, "every_ids": everyIds}
        file.write(json.dumps(header) + "\n")
        for name, layers, last, eviction, runs, more in CASES:
            calls = expand(runs)
            config = {"memory_layers": layers, "last_context": last, "eviction": eviction, **more}
            tokens = rng.integers(0, VOCABULARY, sum(calls))
            begins, after = simulate(calls, last, eviction)
            logits = forward(weights, tokens, begins, config)
            single = forward(weights, tokens, begins, config, np.float32)
            assert after[0][0] == calls[0] - min(calls[0], last) or eviction == "slide"
            ends = set(np.cumsum(calls) - 1)
            turns = [t for t in range(1, len(begins)) if begins[t] != begins[t - 1]]
            wanted = {0, len(tokens) - 1, calls[0] - 1} | {t + d for t in turns[-3:] for d in (-1, 0)}
            wanted |= {int(e) for e in sorted(ends)[:: max(1, len(ends) // 3)]}
            positions = sorted(wanted)[-10:]
            if max(begins) > 0:  # each rule must matter well above the tolerance, or the case tests nothing
                for mutation in MUTATIONS:
                    wrong = np.abs(forward(weights, tokens, begins, config, mutation=mutation)[positions] -
                                   logits[positions]).max()
                    assert wrong > 1e-2, (name, mutation, wrong)
            distance = float(np.abs(single - logits).max())
            file.write(json.dumps({
                "case": name, "config": config, "calls": runs, "tokens": tokens.tolist(),
                "memory_length": [after[i - 1][0] for i in np.cumsum([n for _, n in runs])],
                "local_length": [after[i - 1][1] for i in np.cumsum([n for _, n in runs])],
                "window_begins": sorted(set(begins)), "float32_max_abs": float(f"{distance:.2e}"),
                "positions": positions, "logits": toBase64(logits[positions]),
                "every": toBase64(logits[:, everyIds])}) + "\n")
            print(f"{name}: {len(tokens)} tokens, memory {after[-1][0]}, float32 is {distance:.1e} away, "
                  f"logits up to {np.abs(logits).max():.1f}", flush=True)


# ------------------------------------------------------------------------------------------------------- op-level cases
def attend(q, k, v, causal, scale, topk=None):
    """One sequence: q [T,H,D], k and v [S,Hkv,D] -> out [T,H,D], log-sum-exp [T,H], chosen indices or None."""
    rows, heads = q.shape[:2]
    out, lse = np.zeros(q.shape), np.full((rows, heads), -np.inf)
    chosen = None if topk is None else np.full((rows, heads, topk), -1)
    for t in range(rows):
        for h in range(heads):
            kv = h // (heads // k.shape[1])
            seen = t + 1 + len(k) - rows if causal else len(k)
            if seen <= 0:
                continue
            raw = k[:seen, kv] @ q[t, h]
            use = np.arange(seen)
            if topk is not None:
                use = np.argsort(-raw, kind="stable")[:topk]
                chosen[t, h, :len(use)] = use
            s = raw[use] * scale
            lse[t, h] = s.max() + math.log(np.exp(s - s.max()).sum())
            out[t, h] = np.exp(s - lse[t, h]) @ v[use, kv]
    return out, lse, chosen


def merge(a, la, b, lb):
    top = np.maximum(la, lb)
    lse = top + np.log(np.exp(la - top) + np.exp(lb - top))
    return np.exp(la - lse)[..., None] * a + np.exp(lb - lse)[..., None] * b, lse


def attentionCases(out):
    rng = np.random.default_rng(5)
    single = lambda shape: rng.standard_normal(shape).astype(np.float32)
    cases = [  # name, heads, kv heads, head size, query / key / memory lengths per sequence, memory factor, top-k
        ("prefill", 4, 2, 16, [5], [5], [9], 1.0, None),
        ("decode", 9, 3, 64, [1], [17], [33], 1.0, None),
        ("continue", 4, 4, 16, [3], [20], [7], 1.0, None),
        ("ragged", 4, 2, 16, [4, 0, 1, 7], [4, 0, 6, 7], [3, 5, 0, 12], 1.0, None),
        ("temperature", 4, 2, 16, [6], [6], [31], 1.3, None),
        ("top-4-with-ties", 4, 2, 16, [6], [6], [31], 1.0, 4),
        ("top-8-of-5", 4, 1, 16, [2], [2], [5], 1.0, 8),
    ]
    with open(out, "w", encoding="utf-8") as file:
        file.write(json.dumps({"kind": "fot-attention-golden", "version": 1}) + "\n")
        for name, heads, kvHeads, size, queries, keys, held, factor, topk in cases:
            q = single((sum(queries), heads, size))
            k, v = single((sum(keys), kvHeads, size)), single((sum(keys), kvHeads, size))
            mk, mv = single((sum(held), kvHeads, size)), single((sum(held), kvHeads, size))
            if "ties" in name:
                mk[8:16] = mk[0:8]
            parts = []
            cut = lambda x, lengths, i: x[sum(lengths[:i]):sum(lengths[:i + 1])].astype(np.float64)
            for i in range(len(queries)):
                qi = cut(q, queries, i)
                local, localLse, _ = attend(qi, cut(k, keys, i), cut(v, keys, i), True, size ** -0.5)
                remote, remoteLse, chosen = attend(qi, cut(mk, held, i), cut(mv, held, i), False,
                                                   factor * size ** -0.5, topk)
                both, lse = merge(local, localLse, remote, remoteLse)
                parts.append([local, localLse, remote, remoteLse, both, lse] + ([chosen] if topk else []))
                if topk is None and len(qi):  # the merge must equal one softmax over the concatenation
                    for t in range(len(qi)):
                        for h in range(heads):
                            kv = h // (heads // kvHeads)
                            seen = t + 1 + keys[i] - queries[i]
                            s = np.concatenate((cut(k, keys, i)[:seen, kv] @ qi[t, h] * size ** -0.5,
                                                cut(mk, held, i)[:, kv] @ qi[t, h] * size ** -0.5 * factor))
                            p = np.exp(s - s.max())
                            joint = p / p.sum() @ np.concatenate((cut(v, keys, i)[:seen, kv], cut(mv, held, i)[:, kv]))
                            assert np.abs(joint - both[t, h]).max() < 1e-12
            names = ["local_out", "local_lse", "memory_out", "memory_lse", "out", "lse", "memory_indices"]
            line = {"case": name, "op": "attention", "heads": heads, "kv_heads": kvHeads, "head_size": size,
                    "query_lengths": queries, "key_lengths": keys, "memory_lengths": held, "scale": size ** -0.5,
                    "memory_factor": factor, "memory_topk": topk, "q": toBase64(q), "k": toBase64(k),
                    "v": toBase64(v), "memory_k": toBase64(mk), "memory_v": toBase64(mv)}
            for label, arrays in zip(names, zip(*parts)):
                line[label] = toBase64(np.concatenate(arrays), "<i4" if label == "memory_indices" else "<f4")
            file.write(json.dumps(line) + "\n")
        for size, base in ((16, 10000.0), (64, 100000.0), (100, 10000.0)):
            x = single((1, 7, size))
            positions = [0, 1, 2, 63, 64, 1023, 8191]
            turned = rope(x.astype(np.float64), positions, base)
            assert (turned[:, 0] == x[:, 0]).all()  # rotation by position 0 is the identity
            halves = np.concatenate((x[..., 0::2], x[..., 1::2]), -1)
            file.write(json.dumps({
                "case": f"rope-{size}", "op": "rope", "head_size": size, "base": base, "positions": positions,
                "interleaved_in": toBase64(x), "interleaved_out": toBase64(turned), "half_split_in": toBase64(halves),
                "half_split_out": toBase64(np.concatenate((turned[..., 0::2], turned[..., 1::2]), -1))}) + "\n")


def checkWithTransformers(folder, weights):
    """transformers' own reading of the file must agree where there is no memory."""
    import torch
    from transformers import AutoModelForCausalLM
    torch.set_num_threads(1)
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file="fot_tiny.gguf", dtype=torch.float32).eval()
    tokens = np.random.default_rng(9).integers(0, VOCABULARY, 64)
    with torch.inference_mode():
        theirs = model(torch.tensor(tokens[None])).logits[0].double().numpy()
    ours = forward(weights, tokens, [0] * 64, {"memory_layers": ALL})
    print("transformers reads the file; largest difference without memory:", np.abs(ours - theirs).max())
    assert np.abs(ours - theirs).max() < 1e-4


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder")
    parser.add_argument("--check-with-transformers", action="store_true")
    args = parser.parse_args()
    weights = randomWeights()
    writeGguf(os.path.join(args.folder, "fot_tiny.gguf"), weights)
    if args.check_with_transformers:
        checkWithTransformers(args.folder, weights)
    attentionCases(os.path.join(args.folder, "fot_attention.jsonl"))
    modelCases(weights, os.path.join(args.folder, "fot_model.jsonl"))


if __name__ == "__main__":
    main()
