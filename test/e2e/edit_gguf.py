#!/usr/bin/env python3
"""Copies a GGUF file with other keys: edit_gguf.py IN OUT KEY=JSON...

A string becomes STRING, true and false BOOL, a whole number UINT32, another number FLOAT32; null leaves the key out. The
rest is copied byte for byte, tensors included.
"""
import json
import struct
import sys

SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}  # of the types of fixed size
UINT32, FLOAT32, BOOL, STRING, ARRAY = 4, 6, 7, 8, 9


class Reader:
    def __init__(self, data):
        self.data, self.place = data, 0

    def number(self, form):
        value = struct.unpack_from("<" + form, self.data, self.place)[0]
        self.place += struct.calcsize("<" + form)
        return value

    def string(self):
        size = self.number("Q")
        self.place += size
        return self.data[self.place - size : self.place]

    def skip_value(self, kind):
        if kind == STRING:
            self.string()
        elif kind == ARRAY:
            element, count = self.number("I"), self.number("Q")
            for _ in range(count):
                self.skip_value(element)
        else:
            self.place += SIZES[kind]


def string(text):
    return struct.pack("<Q", len(text)) + text


def encoded(key, value):
    name = string(key.encode())
    if isinstance(value, str):
        return name + struct.pack("<I", STRING) + string(value.encode())
    if isinstance(value, bool):
        return name + struct.pack("<IB", BOOL, value)
    return name + (struct.pack("<II", UINT32, value) if isinstance(value, int) else struct.pack("<If", FLOAT32, value))


def edited(data, changes, alignment=32):
    reader = Reader(data)
    reader.place = 4  # the magic
    version, tensors, keys = reader.number("I"), reader.number("Q"), reader.number("Q")
    pairs = []
    for _ in range(keys):
        begin = reader.place
        key = reader.string().decode()
        reader.skip_value(reader.number("I"))
        if key not in changes:
            pairs.append(data[begin : reader.place])
    pairs += [encoded(key, value) for key, value in changes.items() if value is not None]
    begin = reader.place
    for _ in range(tensors):
        reader.string()
        dimensions = reader.number("I")
        reader.place += 8 * dimensions + 4 + 8  # sizes, type, offset
    body = b"GGUF" + struct.pack("<IQQ", version, tensors, len(pairs)) + b"".join(pairs) + data[begin : reader.place]
    padded = lambda size: (size + alignment - 1) // alignment * alignment
    return body.ljust(padded(len(body)), b"\0") + data[padded(reader.place) :]


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        contents = file.read()
    with open(sys.argv[2], "wb") as file:
        file.write(edited(contents, {k: json.loads(v) for k, _, v in (word.partition("=") for word in sys.argv[3:])}))
