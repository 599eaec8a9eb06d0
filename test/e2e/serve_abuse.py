"""A server under abuse: bodies drawn from its own description and spoilt, a machine without descriptors or room on its disk,
documents that are deleted while they are read or used.

    test/e2e/serve_abuse.py PROGRAM FOLDER
"""
import json
import os
import random
import resource
import shutil
import socket
import sys

from serve import Server, text, until

ODD = [None, True, False, 0, -1, 1, 3, 2**31, 2**63, -2**63, 2**64, 1e308, -1e308, 1e-320, 0.5, "", "a", "on", "\U0001f600", "\0", "x" * 5000, [], {}, [[]], [{}],
       [None], [1, 2, 3], ["a"], [[1], [2]], {"a": 1}, {"type": "json_object"}, ["a"] * 300, list(range(300)), {str(i): 1 for i in range(301)},
       [{"role": "user", "content": [{"type": "text", "text": "b"}]}], [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]]


def bodiesOf(specification, draw):
    """Paths and bodies for ever: good ones, with up to three fields replaced."""
    schemas = specification["components"]["schemas"]
    message = [{"role": "user", "content": "hi"}]
    good = {"ChatRequest": {"messages": message, "max_tokens": 2}, "CompletionRequest": {"prompt": "a", "max_tokens": 2}, "EmbeddingRequest": {"input": "a"},
            "NewDocument": {"text": "abc", "ttl": 1}, "TokenizeRequest": {"content": "a"}, "DetokenizeRequest": {"tokens": [1]}, "TemplateRequest": {"messages": message}}
    paths = [(path, content["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]) for path, methods in specification["paths"].items()
             if "application/json" in (content := methods.get("post", {}).get("requestBody", {}).get("content", {}))]
    while True:
        path, schema = draw.choice(paths)
        body = dict(good[schema])
        for name in draw.choices(sorted(schemas[schema]["properties"]), k=draw.choice([1, 1, 1, 2, 3])):
            body[name] = draw.choice(ODD)
        if "messages" in body and draw.random() < 0.2:
            body["messages"] = [{draw.choice(["role", "content", "name", "tool_calls", "tool_call_id"]): draw.choice(ODD + ["user", "assistant"]) for _ in range(3)}]
        yield path, body


def oddBodiesAreAnswered(server, count):
    bodies = bodiesOf(server.answer("/openapi.json", None), random.Random(11))
    statuses = set()
    for _ in range(count):
        path, body = next(bodies)
        status, _, answer = server.ask(path, body)
        statuses.add(status)
        assert status in (200, 202, 400, 404, 409, 413, 422, 429), (path, body, status, answer)
        if status >= 400:
            assert answer["error"]["message"] and answer["error"]["type"], (path, body, answer)
    assert {200, 400} <= statuses, statuses


def manySilentClientsHoldNobody(program):
    """More connections than the server has descriptors: who asks is answered all the same."""
    with Server(program, limits={resource.RLIMIT_NOFILE: 128}) as server:
        silent = []
        for index in range(300):
            client = socket.socket()
            client.settimeout(5)
            client.connect(("127.0.0.1", server.port))
            try:
                client.sendall(b"GET / HT" if index % 2 else b"")
            except ConnectionError:
                pass
            silent.append(client)
        assert server.answer("/v1/completions", {"prompt": "a", "max_tokens": 1})["usage"]["completion_tokens"] == 1
        for client in silent:
            client.close()


def aFullDiskFailsADocument(program, folder):
    shelf = os.path.join(folder, "small-shelf")
    shutil.rmtree(shelf, ignore_errors=True)
    with Server(program, "--documents", shelf, limits={resource.RLIMIT_FSIZE: 20_000}) as server:
        large = server.read(text * 30)
        told = server.answer(f"/v1/documents/{large}", None)
        assert told["status"] == "failed" and "cannot write" in told["error"], told
        assert server.answer("/v1/completions", {"prompt": "a", "max_tokens": 1, "documents": [large]}, status=422)["error"]["code"] == "document_failed"
        until(lambda: server.metric("memory_entries") == 0, "memory without the document")
        assert not [name for name in os.listdir(os.path.join(shelf, "public")) if name.startswith("doc_")]
        server.answer("/health", None)


def deletedMeansDeleted(server):
    """While it is read, and while an answer uses it."""
    long = server.answer("/v1/documents", {"text": text * 3000}, status=202)["id"]
    assert server.answer(f"/v1/documents/{long}", None, method="DELETE")["deleted"]
    server.answer(f"/v1/documents/{long}", None, status=404)
    used = server.read(text * 9)
    body = json.dumps({"prompt": "a", "max_tokens": 500, "temperature": 0, "ignore_eos": True, "stream": True, "documents": [used]})
    client = server.socket()
    client.sendall(f"POST /v1/completions HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
    rest = b""
    while b'"choices"' not in rest:  # the answer is under way
        rest += client.recv(2000)
    assert server.answer(f"/v1/documents/{used}", None, method="DELETE")["deleted"]
    while piece := client.recv(65536):
        rest += piece
    assert rest.endswith(b"data: [DONE]\n\n"), rest[-500:]
    until(lambda: server.metric("memory_entries") == 0, "memory without documents")
    server.answer("/v1/completions", {"prompt": "a", "documents": [used]}, status=404)


def main():
    program, folder = sys.argv[1:]
    with Server(program, "--parallel", "4") as server:
        oddBodiesAreAnswered(server, 400)
        deletedMeansDeleted(server)
    manySilentClientsHoldNobody(program)
    aFullDiskFailsADocument(program, folder)


if __name__ == "__main__":
    main()
