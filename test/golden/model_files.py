#!/usr/bin/env python3
"""Takes vocabulary and chat template out of a GGUF file, for tests that need a real model's. Standard library only.

    model_files.py MODEL.gguf FOLDER      writes FOLDER/vocabulary.txt and FOLDER/template.jinja

A reader of its own, so that what it gives does not depend on the reader under test.
"""
import os
import struct
import sys

# Type numbers of the GGUF specification (v3).
NUMBERS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
STRING, ARRAY = 8, 9


class Metadata:
    def __init__(self, path):
        self.file = open(path, "rb")
        magic, version, _, count = self.number("<4sIQQ")
        if magic != b"GGUF" or version not in (2, 3):
            sys.exit(f"{path} is no GGUF file of version 2 or 3")
        self.values = dict((self.text().decode(), self.value(self.number("<I")[0])) for _ in range(count))

    def number(self, form):
        return struct.unpack(form, self.file.read(struct.calcsize(form)))

    def text(self):
        return self.file.read(self.number("<Q")[0])

    def value(self, kind):
        if kind == STRING:
            return self.text().decode()
        if kind == ARRAY:
            kind, count = self.number("<IQ")
            return [self.value(kind) for _ in range(count)]
        return self.number(NUMBERS[kind])[0]


def main():
    path, folder = sys.argv[1:]
    values = Metadata(path).values
    read = lambda key: values["tokenizer." + key]
    tokens, types, merges = read("ggml.tokens"), read("ggml.token_type"), read("ggml.merges")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "vocabulary.txt"), "w", encoding="utf-8", newline="\n") as out:
        out.write(f"longc-vocabulary 1 {read('ggml.pre')} {len(tokens)} {len(merges)}\n")
        out.writelines(f"{kind} {token}\n" for kind, token in zip(types, tokens))
        out.writelines(merge + "\n" for merge in merges)
    with open(os.path.join(folder, "template.jinja"), "w", encoding="utf-8", newline="") as out:
        out.write(read("chat_template"))


main()
