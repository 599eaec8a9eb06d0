"""Checkpoints of the llama architecture with random weights in any shape and element format, and what they must compute.

    shape = Shape(width=51, heads=3, kvHeads=1, head=10, feed=33, vocabulary=261, layers=2, tied=False, format="BF16")
    weights = write(path, shape, random.Random(7))          # rows as numbers, exactly those that the file holds
    rows = forward(weights, shape, tokens, begins)          # logits of every token

Plain O(N^2) arithmetic in double precision, standard library only. A token's hidden state does not depend on how keys
are kept: for each query it is enough to know where its local window begins (`windowBegins`); a key before that is memory,
un-rotated, and seen by every layer.
"""
import dataclasses
import math
import struct
from operator import mul

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
EPSILON, BASE = 1e-5, 10000.0
TYPES = {"F32": 0, "F16": 1, "Q4_0": 2, "Q4_1": 3, "Q8_0": 8, "BF16": 30}
BLOCK = {"Q4_0": 32, "Q4_1": 32, "Q8_0": 32}  # columns of a block; 1 elsewhere


@dataclasses.dataclass
class Shape:
    width: int
    heads: int
    kvHeads: int
    head: int
    feed: int
    vocabulary: int
    layers: int
    tied: bool
    format: str


# ------------------------------------------------------------------------------------------------------- the checkpoint
def float16(x):
    return struct.unpack("<e", struct.pack("<e", x))[0]


def randomRow(columns, deviation, format, rng):
    """A row of the file: its bytes and its values."""
    if format in BLOCK:
        data, values = b"", []
        for _ in range(columns // 32):
            spread = 73.9 if format == "Q8_0" else 4.61  # deviation of uniform bytes, of uniform nibbles
            d = float16(deviation / spread * rng.uniform(0.8, 1.2))
            if format == "Q8_0":
                q = [rng.randint(-128, 127) for _ in range(32)]
                data += struct.pack("<e32b", d, *q)
                values += [d * v for v in q]
                continue
            q = [rng.randint(0, 15) for _ in range(32)]
            m = -8 * d if format == "Q4_0" else float16(-7.5 * d * rng.uniform(0.8, 1.2))
            data += struct.pack("<e", d) + (struct.pack("<e", m) if format == "Q4_1" else b"")
            data += bytes(q[i] | q[i + 16] << 4 for i in range(16))
            values += [d * v + m for v in q]
        return data, values
    row = [rng.gauss(0, deviation) for _ in range(columns)]
    if format == "F16":
        data = struct.pack(f"<{columns}e", *row)
        return data, list(struct.unpack(f"<{columns}e", data))
    data = struct.pack(f"<{columns}f", *row)
    if format == "BF16":
        data = b"".join(data[i + 2:i + 4] for i in range(0, len(data), 4))
        wide = b"".join(b"\0\0" + data[i:i + 2] for i in range(0, len(data), 2))
        return data, list(struct.unpack(f"<{columns}f", wide))
    return data, list(struct.unpack(f"<{columns}f", data))


def tensorShapes(shape):
    queries, keys = shape.heads * shape.head, shape.kvHeads * shape.head
    shapes = {"token_embd.weight": (shape.vocabulary, shape.width), "output_norm.weight": (1, shape.width)}
    if not shape.tied:
        shapes["output.weight"] = (shape.vocabulary, shape.width)
    for i in range(shape.layers):
        shapes |= {f"blk.{i}.{name}.weight": size for name, size in {
            "attn_norm": (1, shape.width), "attn_q": (queries, shape.width), "attn_k": (keys, shape.width),
            "attn_v": (keys, shape.width), "attn_output": (shape.width, queries), "ffn_norm": (1, shape.width),
            "ffn_gate": (shape.feed, shape.width), "ffn_up": (shape.feed, shape.width),
            "ffn_down": (shape.width, shape.feed)}.items()}
    return shapes


def text(value):
    encoded = value.encode()
    return struct.pack("<Q", len(encoded)) + encoded


def array(kind, items):
    return struct.pack("<IIQ", 9, kind, len(items)) + b"".join(items)


def byteAlphabet():
    """GPT-2's printable stand-in of each byte, in byte order."""
    plain = set(range(33, 127)) | set(range(161, 173)) | set(range(174, 256))
    spare = iter(range(256, 512))
    return [chr(b if b in plain else next(spare)) for b in range(256)]


def metadata(shape):
    number = lambda v: struct.pack("<II", 4, v)
    real = lambda v: struct.pack("<If", 6, v)
    string = lambda v: struct.pack("<I", 8) + text(v)
    tokens = SPECIAL + byteAlphabet()[:-1] + ["he"]  # what the one merge makes stands in for a byte that no text here has
    tokens += [f"<|unused_{i}|>" for i in range(shape.vocabulary - len(tokens))]
    types = [3] * len(SPECIAL) + [1] * 256 + [5] * (shape.vocabulary - len(SPECIAL) - 256)
    return {
        "general.architecture": string("llama"), "llama.block_count": number(shape.layers),
        "llama.context_length": number(512), "llama.embedding_length": number(shape.width),
        "llama.feed_forward_length": number(shape.feed), "llama.attention.head_count": number(shape.heads),
        "llama.attention.head_count_kv": number(shape.kvHeads), "llama.attention.key_length": number(shape.head),
        "llama.attention.value_length": number(shape.head), "llama.rope.dimension_count": number(shape.head),
        "llama.rope.freq_base": real(BASE), "llama.attention.layer_norm_rms_epsilon": real(EPSILON),
        "llama.vocab_size": number(shape.vocabulary), "tokenizer.ggml.model": string("gpt2"),
        "tokenizer.ggml.pre": string("smollm"), "tokenizer.ggml.tokens": array(8, [text(t) for t in tokens]),
        "tokenizer.ggml.token_type": array(5, [struct.pack("<i", t) for t in types]),
        "tokenizer.ggml.merges": array(8, [text("h e")]), "tokenizer.ggml.bos_token_id": number(1),
        "tokenizer.ggml.eos_token_id": number(2),
        "tokenizer.chat_template": string("{% for m in messages %}{{ m['content'] }}{% endfor %}")}


def write(path, shape, rng):
    """Writes the file; returns its tensors as lists of rows. Norms are near 1, logits of a deviation of about 2."""
    weights, infos, data = {}, b"", b""
    for name, (rows, columns) in tensorShapes(shape).items():
        vector = name.endswith("norm.weight")
        format = "F32" if vector else shape.format
        deviation = 0.1 if vector else {"token_embd.weight": 2 / math.sqrt(columns) if shape.tied else 1.0,
                                        "output.weight": 2 / math.sqrt(columns)}.get(name, 1 / math.sqrt(columns))
        made = [randomRow(columns, deviation, format, rng) for _ in range(rows)]
        if vector:
            made = [(struct.pack(f"<{columns}f", *(1 + v for v in row)),) for _, row in made]
            made = [(row[0], list(struct.unpack(f"<{columns}f", row[0]))) for row in made]
        data += bytes(-len(data) % 32)
        infos += text(name) + struct.pack("<I", 1 if vector else 2)
        infos += struct.pack("<Q", columns) if vector else struct.pack("<QQ", columns, rows)
        infos += struct.pack("<IQ", TYPES[format], len(data))
        data += b"".join(row for row, _ in made)
        weights[name] = [values for _, values in made]
    keys = metadata(shape)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(weights), len(keys))
    head += b"".join(text(key) + value for key, value in keys.items()) + infos
    with open(path, "wb") as file:
        file.write(head + bytes(-len(head) % 32) + data)
    return weights


# -------------------------------------------------------------------------------------------------------- the arithmetic
def product(matrix, x):
    return [sum(map(mul, row, x)) for row in matrix]


def normed(x, weight):
    factor = 1 / math.sqrt(sum(map(mul, x, x)) / len(x) + EPSILON)
    return [v * factor * w for v, w in zip(x, weight)]


def rotated(x, position):
    """Pairs side by side, as the file has them."""
    out = []
    for i in range(0, len(x), 2):
        angle = position * BASE ** (-i / len(x))
        c, s = math.cos(angle), math.sin(angle)
        out += [x[i] * c - x[i + 1] * s, x[i] * s + x[i + 1] * c]
    return out


def attended(query, keys, values):
    scores = [sum(map(mul, query, key)) / math.sqrt(len(query)) for key in keys]
    most = max(scores)
    p = [math.exp(s - most) for s in scores]
    total = sum(p)
    return [sum(map(mul, p, column)) / total for column in zip(*values)]


def windowBegins(calls, window, last):
    """Where the local window of each token begins, for calls of these sizes that flush a full window."""
    begins, begin, end = [], 0, 0
    for call in calls:
        head = max(call - last, 0)
        pieces = [min(window, head - at) for at in range(0, head, window)] + [call - head]
        for i, new in enumerate(pieces):
            if begin < end and end - begin + new > window:
                begin = end
            spills = begin == end and i + 1 < len(pieces)  # a whole window of a prompt goes to memory behind its attention
            begins += [begin] * new
            end += new
            if spills:
                begin = end
    return begins


def forward(weights, shape, tokens, begins):
    x = [weights["token_embd.weight"][token] for token in tokens]
    group, size = shape.heads // shape.kvHeads, shape.head
    heads = lambda row, count: [row[h * size:(h + 1) * size] for h in range(count)]
    for layer in range(shape.layers):
        w = lambda name: weights[f"blk.{layer}.{name}.weight"]
        h = [normed(row, w("attn_norm")[0]) for row in x]
        q, k, v = ([heads(product(w(name), row), count) for row in h] for name, count in (
            ("attn_q", shape.heads), ("attn_k", shape.kvHeads), ("attn_v", shape.kvHeads)))
        local = {}  # (key, head, begin): rotated by its place in the window
        for t, begin in enumerate(begins):
            out = []
            for n in range(shape.heads):
                g = n // group
                for s in range(begin, t + 1):
                    if (s, g, begin) not in local:
                        local[s, g, begin] = rotated(k[s][g], s - begin)
                keys = [k[s][g] for s in range(begin)] + [local[s, g, begin] for s in range(begin, t + 1)]
                out += attended(rotated(q[t][n], t - begin), keys, [v[s][g] for s in range(t + 1)])
            x[t] = [a + b for a, b in zip(x[t], product(w("attn_output"), out))]
        for t, row in enumerate(x):
            h = normed(row, w("ffn_norm")[0])
            gate, up = product(w("ffn_gate"), h), product(w("ffn_up"), h)
            inner = [g / (1 + math.exp(-g)) * u for g, u in zip(gate, up)]
            x[t] = [a + b for a, b in zip(row, product(w("ffn_down"), inner))]
    head = weights["token_embd.weight" if shape.tied else "output.weight"]
    return [product(head, normed(row, weights["output_norm.weight"][0])) for row in x]
