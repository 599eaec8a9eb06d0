"""Servers of an encoder, and of a decoder with several adapters and with texts that become some, beside what the programs print.

    test/e2e/serve_others.py ENCODER DECODER FOLDER ADAPTER ADAPTER
"""
import base64
from concurrent.futures import ThreadPoolExecutor
import json
import os
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
        wanted = list(zip(("two", "one", "two", "two", "one", "one"), (alone[1], alone[0], alone[1], alone[1], alone[0], alone[0])))
        with ThreadPoolExecutor(len(wanted)) as clients:  # in the calls of one engine
            asked = list(clients.map(lambda pair: server.answer("/v1/completions", {**body, "adapter": pair[0]}), wanted))
        for (name, text), answer in zip(wanted, asked):
            assert answer["choices"][0]["text"] == text and answer["usage"]["longc"]["adapter"] == name, (name, answer, alone)
        forked = server.answer("/v1/completions", {**body, "adapter": "two", "n": 3})["choices"]  # three go on from one prompt
        assert [choice["text"] for choice in forked] == 3 * [alone[1]], (forked, alone)
        server.answer("/v1/completions", {**body, "adapter": "three"}, status=404)
        assert "fot, lift" in server.answer("/v1/documents", {"text": "a", "method": "e2llm"}, status=400)["error"]["message"]
        server.answer("/v1/completions", {**body, "documents": ["doc_1"]}, status=404)
        said = server.read("once upon a time there was a lighthouse")
        assert server.answer("/v1/completions", {**body, "documents": [said], "adapter": "one"})["usage"]["longc"]["memory_hits"] > 0
        assert "first adapter" in server.answer("/v1/completions", {**body, "documents": [said], "adapter": "two"}, status=400)["error"]["message"]


def learntDocuments(program, shelf):
    """A text that becomes an adapter while others are answered: asked alone, kept over restarts, deleted."""
    said = "Ambrose Quill keeps the lighthouse at Dunmore. He was born in Cork in 1912. His dog is called Bramble. The tower has ninety steps. "
    plain, asked = {"prompt": "once upon", "max_tokens": 12, "temperature": 0}, {"messages": [{"role": "user", "content": "Who keeps the lighthouse?"}], "max_tokens": 12,
                                                                                 "temperature": 0}
    with Server(program, "--documents", shelf) as server:
        before, without = server.answer("/v1/completions", plain)["choices"], server.answer("/v1/chat/completions", asked)["choices"]
        id_ = server.answer("/v1/documents", {"text": said, "name": "keeper", "method": "lift", "colour": "red"}, status=202)
        assert id_["method"] == "lift" and "colour" in id_["warnings"][0], id_
        id_ = id_["id"]
        assert server.answer("/v1/completions", plain)["choices"] == before  # while it is learnt
        server.answer("/v1/chat/completions", {**asked, "documents": [id_]}, status=409)
        server.ask(f"/v1/documents/{id_}/events")
        told = server.answer(f"/v1/documents/{id_}", None)
        assert told["status"] == "ready" and told["progress"]["processed"] == told["tokens"], told
        assert server.metric("lift_steps_total") > 0 and server.metric("nan_events_total") == 0
        known = server.answer("/v1/chat/completions", {**asked, "documents": [id_]})
        assert known["choices"] != without and known["usage"]["longc"]["document_tokens"] == told["tokens"], (known, without)
        assert server.answer("/v1/completions", plain)["choices"] == before
        short = server.read("a", method="lift")
        assert server.answer(f"/v1/documents/{short}", None)["status"] == "failed"
        server.answer(f"/v1/documents/{short}", None, method="DELETE")
        server.answer("/v1/documents", {"text": said, "method": "lift", "seconds": -1}, status=400)
        other = server.read(said + said, method="lift", seconds=20)
        assert "alone" in server.answer("/v1/chat/completions", {**asked, "documents": [id_, other]}, status=400)["error"]["message"]
        exported = server.ask(f"/v1/documents/{id_}/export", method="POST")[2]
        server.read(said)  # as memory, behind answers of an adapter
    with Server(program, "--documents", shelf) as server:
        assert {row["status"] for row in server.answer("/v1/documents", None)["data"]} == {"ready"}
        assert server.answer("/v1/chat/completions", {**asked, "documents": [id_]})["choices"] == known["choices"]
        assert server.answer(f"/v1/documents/{id_}", None, method="DELETE")["deleted"]
        server.answer("/v1/chat/completions", {**asked, "documents": [id_]}, status=404)
        assert server.answer("/v1/documents/import", None, raw=exported)["id"] == id_
        assert server.answer("/v1/chat/completions", {**asked, "documents": [id_]})["choices"] == known["choices"]


if __name__ == "__main__":
    embeddings(sys.argv[1])
    adapters(sys.argv[2], *sys.argv[4:])
    learntDocuments(sys.argv[2], os.path.join(sys.argv[3], "learnt-shelf"))
