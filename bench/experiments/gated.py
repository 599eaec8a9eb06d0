"""A gated memory's gate and output, from its weights alone. Standard library only."""
import array
import json
import math
import random
import struct

LAYERS, DRAWS = 3, 8 # of the first layers, queries for each of their heads


def tensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    for name, entry in header.items():
        if name != "__metadata__":
            yield name, entry["shape"], array.array("f", data[slice(*entry["data_offsets"])])


def times(vector, matrix, first, columns):
    """vector [n] times the n rows of `columns` numbers of `matrix` from `first` on."""
    return [sum(value * matrix[first + row * columns + column] for row, value in enumerate(vector)) for column in range(columns)]


def silu(values):
    return [value / (1 + math.exp(-value)) for value in values]


def rms(values):
    return math.sqrt(sum(value * value for value in values) / len(values))


def beginning(path, seed):
    """The mean gate, and the size of memory beside that of queries, which are normal numbers."""
    draw, gates, sizes, layers = random.Random(seed), [], [], {}
    for name, shape, values in tensors(path):
        layer, part = name.split(".self_attn.gated_memory.")
        layers.setdefault(layer, {})[part.split(".")[0]] = (shape, values)
    for parts in list(layers.values())[:LAYERS]:
        (heads, width, hidden), w1 = parts["w1"]
        columns, u1, u2 = parts["u1"][0][2], parts["u1"][1], parts["u2"][1]
        for head in range(heads):
            for _ in range(DRAWS):
                query = [draw.gauss(0, 1) for _ in range(width)]
                memory = times(silu(times(query, w1, head * width * hidden, hidden)), parts["w2"][1], head * hidden * width, width)
                opened = sum(value * u2[head * columns + i] for i, value in enumerate(silu(times(query, u1, head * width * columns, columns))))
                gates.append(1 / (1 + math.exp(-3 * (opened - 1))))
                sizes.append(rms(memory) / rms(query))
    return sum(gates) / len(gates), sum(sizes) / len(sizes)
