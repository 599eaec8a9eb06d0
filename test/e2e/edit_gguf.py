#!/usr/bin/env python3
"""Copies a GGUF file with other keys, or in parts: edit_gguf.py IN OUT [KEY=JSON]... [--split N]

A string becomes STRING, true and false BOOL, a whole number UINT32 (a negative one INT32), another number FLOAT32, a list
an ARRAY of what its first element is; null leaves the key out. The rest is copied byte for byte. --split N writes
OUT-00001-of-0000N.gguf and so on: the metadata in the first, about the same number of tensors in each.
"""
import json
import struct
import sys

SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}  # of the types of fixed size
UINT16, UINT32, INT32, FLOAT32, BOOL, STRING, ARRAY = 2, 4, 5, 6, 7, 8, 9


def string(text):
    raw = text.encode() if isinstance(text, str) else text
    return struct.pack("<Q", len(raw)) + raw


def encoded(value):
    """(type, bytes) of a JSON value."""
    if isinstance(value, list):
        kind = encoded(value[0])[0]
        return ARRAY, struct.pack("<IQ", kind, len(value)) + b"".join(encoded(each)[1] for each in value)
    if isinstance(value, bool):
        return BOOL, struct.pack("<B", value)
    if isinstance(value, int):
        return (INT32, struct.pack("<i", value)) if value < 0 else (UINT32, struct.pack("<I", value))
    if isinstance(value, float):
        return FLOAT32, struct.pack("<f", value)
    return STRING, string(value)


class Reader:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = file.read()
        self.at = 0

    def take(self, count):
        self.at += count
        return self.bytes[self.at - count : self.at]

    def number(self, form):
        return struct.unpack("<" + form, self.take(struct.calcsize(form)))[0]

    def string(self):
        return self.take(self.number("Q"))

    def value(self, kind):
        """The bytes of a value, as they stand."""
        start = self.at
        if kind == STRING:
            self.string()
        elif kind == ARRAY:
            element, count = self.number("I"), self.number("Q")
            for _ in range(count if element == STRING else 0):
                self.string()
            self.take(0 if element == STRING else count * SIZES[element])
        else:
            self.take(SIZES[kind])
        return self.bytes[start : self.at]


def read(path):
    """({key: (type, bytes)}, [(name, sizes, type, data)])"""
    file = Reader(path)
    assert file.take(4) == b"GGUF" and file.number("I") == 3
    tensors, pairs = file.number("Q"), file.number("Q")
    keys = {}
    for _ in range(pairs):
        key, kind = file.string().decode(), file.number("I")
        keys[key] = kind, file.value(kind)
    infos = []
    for _ in range(tensors):
        name = file.string()
        sizes = [file.number("Q") for _ in range(file.number("I"))]
        infos.append((name, sizes, file.number("I"), file.number("Q")))
    data = (file.at + 31) // 32 * 32
    ends = sorted(offset for *_, offset in infos) + [len(file.bytes) - data]
    return keys, [(name, sizes, kind, file.bytes[data + offset : data + next(e for e in ends if e > offset)])
                  for name, sizes, kind, offset in infos]


def write(path, keys, tensors):
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), len(keys))
    head += b"".join(string(key) + struct.pack("<I", kind) + raw for key, (kind, raw) in keys.items())
    data = b""
    for name, sizes, kind, raw in tensors:
        head += string(name) + struct.pack(f"<I{len(sizes)}QIQ", len(sizes), *sizes, kind, len(data))
        data += raw + bytes(-len(raw) % 32)
    with open(path, "wb") as file:
        file.write(head + bytes(-len(head) % 32) + data)


def main(source, target, *words):
    keys, tensors = read(source)
    parts = int(words[-1]) if words[-2:-1] == ("--split",) else 1
    for word in words if parts == 1 else words[:-2]:
        key, _, value = word.partition("=")
        keys.pop(key, None)
        if json.loads(value) is not None:
            keys[key] = encoded(json.loads(value))
    if parts == 1:
        return write(target, keys, tensors)
    for part in range(parts):
        own = dict(keys) if part == 0 else {}
        own |= {"split.no": (UINT16, struct.pack("<H", part)), "split.count": (UINT16, struct.pack("<H", parts)),
                "split.tensors.count": (INT32, struct.pack("<i", len(tensors)))}
        begin, end = len(tensors) * part // parts, len(tensors) * (part + 1) // parts
        write(f"{target}-{part + 1:05}-of-{parts:05}.gguf", own, tensors[begin:end])


if __name__ == "__main__":
    main(*sys.argv[1:])
