"""Servers of an encoder, and of a decoder with several adapters, beside what the programs themselves print.

    test/e2e/serve_others.py ENCODER DECODER ADAPTER ADAPTER
"""
import base64
import json
import struct
import subprocess
import sys

from serve import Server


def embeddings(program):
    texts = ["a", "some words of a text", "b c d e f"]
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    out = subprocess.run([program, "embed", "--file", "-", "--json", "--quiet"], input=lines, text=True, check=True, capture_output=True).stdout
    want = [json.loads(line)["embedding"] for line in out.splitlines()]
    with Server(program) as server:
        told = server.answer("/v1/embeddings", {"input": texts, "user": "me"})
        assert [row["embedding"] for row in told["data"]] == want and [row["index"] for row in told["data"]] == [0, 1, 2]
        assert told["usage"]["prompt_tokens"] > 0 and "warnings" not in told
        short = server.answer("/v1/embeddings", {"input": texts[1], "encoding_format": "base64"})["data"][0]["embedding"]
        bytes_ = base64.b64decode(short)
        assert list(struct.unpack(f"<{len(bytes_) // 4}f", bytes_)) == [struct.unpack("<f", struct.pack("<f", x))[0] for x in want[1]]
        for bad in ({}, {"input": 3}, {"input": []}, {"input": [[]]}, {"input": ["a", 3]}, {"input": [-1]}, {"input": "a", "dimensions": 3},
                    {"input": "a", "encoding_format": "gold"}, {"input": "x " * 10000}):
            assert server.answer("/v1/embeddings", bad, status=400)["error"]["message"], bad
        server.answer("/v1/embeddings", {"input": "a", "model": "other"}, status=404)
        server.answer("/v1/chat/completions", {"messages": []}, status=400)


def adapters(program, *folders):
    body = {"prompt": "once upon", "max_tokens": 12, "temperature": 0}
    alone = []
    for folder in folders:
        out = subprocess.run([program, "generate", "-p", "once upon", "-n", "12", "--json", "-q", "--adapter", folder], check=True, capture_output=True)
        alone.append(json.loads(out.stdout)["text"])
    with Server(program, "--adapter", f"one={folders[0]}", "--adapter", f"two={folders[1]}") as server:
        first = server.answer("/v1/completions", body)
        assert first["choices"][0]["text"] == alone[0] and first["usage"]["longc"]["adapter"] == "one", (first, alone)
        for name, text in (("two", alone[1]), ("one", alone[0]), ("two", alone[1])):
            assert server.answer("/v1/completions", {**body, "adapter": name})["choices"][0]["text"] == text, (name, alone)
        server.answer("/v1/completions", {**body, "adapter": "three"}, status=404)
        server.answer("/v1/documents", {"text": "a"}, status=400)  # there is no memory for any
        server.answer("/v1/completions", {**body, "documents": ["doc_1"]}, status=400)


if __name__ == "__main__":
    embeddings(sys.argv[1])
    adapters(*sys.argv[2:])
