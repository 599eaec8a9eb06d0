"""A server of an encoder and a decoder in one program: documents as soft tokens, asked as the command line asks.

    test/e2e/serve_soft.py PROGRAM TEXT FOLDER ADAPTER
"""
import json
import os
import shutil
import subprocess
import sys

from serve import Server


body = {"messages": [{"role": "user", "content": "Where?"}], "max_tokens": 6, "temperature": 0}


def asked(program, path, *options):
    out = subprocess.run([program, "ask", "--document", path, "-p", "Where?", "-n", "6", "--temperature", "0", "--json", "-q", *options], check=True, capture_output=True)
    return json.loads(out.stdout)


def adapted(program, path, said, shelf, adapter):
    """With an adapter of both models: other answers, those of the command line; its documents are nobody else's."""
    want = asked(program, path, "--adapter", adapter)
    with Server(program, "--documents", shelf, "--adapter", f"learnt={adapter}") as server:
        assert {row["status"] for row in server.answer("/v1/documents", None)["data"]} == {"failed"}  # of the program without an adapter
        id_ = server.read(said, method="e2llm")
        known = server.answer("/v1/chat/completions", {**body, "documents": [id_], "adapter": "learnt"})
        assert known["choices"][0]["message"]["content"] == want["text"], (known, want)
        assert known["usage"]["longc"]["adapter"] == "learnt"
        server.answer("/v1/chat/completions", {**body, "adapter": "other"}, status=404)
    with Server(program, "--documents", shelf, "--adapter", adapter) as server:
        assert server.answer("/v1/chat/completions", {**body, "documents": [id_]})["choices"] == known["choices"]
    return want["text"]


def main():
    program, path, folder, adapter = sys.argv[1:]
    shelf = os.path.join(folder, "soft-shelf")
    shutil.rmtree(shelf, ignore_errors=True)
    with open(path, encoding="utf-8") as file:
        said = file.read()
    want = asked(program, path)
    with Server(program, "--documents", shelf) as server:
        without = server.answer("/v1/chat/completions", body)
        assert "e2llm" in server.answer("/v1/documents", {"text": said}, status=400)["error"]["message"]
        id_ = server.read(said, method="e2llm", name="a text")
        told = server.answer(f"/v1/documents/{id_}", None)
        assert told["status"] == "ready" and told["method"] == "e2llm" and told["progress"]["processed"] == told["tokens"], told
        known = server.answer("/v1/chat/completions", {**body, "documents": [id_]})
        assert known["choices"][0]["message"]["content"] == want["text"], (known, want)
        assert known["usage"]["prompt_tokens"] == len(want["prompt_token_ids"]) != without["usage"]["prompt_tokens"], (known, want)
        other = server.read(said + " And so on.", method="e2llm")
        both = server.answer("/v1/chat/completions", {**body, "documents": [id_, other], "n": 2})
        assert both["usage"]["prompt_tokens"] > known["usage"]["prompt_tokens"] and len(both["choices"]) == 2, both
        assert "chat" in server.answer("/v1/completions", {"prompt": "Where?", "documents": [id_]}, status=400)["error"]["message"]
        assert server.answer("/v1/chat/completions", body)["choices"] == without["choices"]
    with Server(program, "--documents", shelf, "--window", str(known["usage"]["prompt_tokens"] - 1)) as server:
        assert server.answer("/v1/chat/completions", {**body, "documents": [id_]}, status=400)["error"]["code"] == "context_length_exceeded"
    assert adapted(program, path, said, shelf, adapter) != want["text"]
    with Server(program, "--documents", shelf) as server:
        assert server.answer(f"/v1/documents/{id_}", None)["status"] == "failed"  # the same text, read with an adapter
        assert server.answer(f"/v1/documents/{id_}", None, method="DELETE")["deleted"]
        id_ = server.read(said, method="e2llm")
        assert server.answer("/v1/chat/completions", {**body, "documents": [id_]})["choices"] == known["choices"]
        assert server.answer(f"/v1/documents/{id_}", None, method="DELETE")["deleted"]
        server.answer("/v1/chat/completions", {**body, "documents": [id_]}, status=404)


if __name__ == "__main__":
    main()
