"""Rude clients by the hundred at a running server: slow ones, half requests, pipelines, such that vanish. Nobody else may notice.

    test/e2e/serve_load.py PROGRAM [--clients 1000] [--seconds 60] [--aborts 10000] [-- OPTION...]

Every text that is read to its end must be what the same prompt gave when nobody else was there; nothing that was asked in full may be
lost; memory and descriptors of the server are afterwards what they were before. Prints a line a finding, fails at the first that is not so.
"""
import argparse
import asyncio
import json
import random
import resource
import socket
import statistics
import sys
import time

from serve import Server, text

PROMPTS = ["a", "once upon", text[:40], text, "z" * 30, "the sea was calm", "one two three", text[10:70]]
TOKENS = 24


def request(prompt, stream, **more):
    body = json.dumps({"prompt": prompt, "max_tokens": TOKENS, "temperature": 0, "ignore_eos": True, "stream": stream, **more})
    return f"POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


async def head(reader):
    lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
    return int(lines[0].split()[1]), fields


async def body(reader, fields, pause=0.0):
    """Whole; a slow reader takes it in small pieces."""
    if "content-length" in fields:
        return await reader.readexactly(int(fields["content-length"]))
    whole = b""
    while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
        left = size + 2
        while left > 0:
            piece = await reader.readexactly(min(left, 100) if pause else left)
            left -= len(piece)
            whole += piece if left >= 2 else piece[:len(piece) - (2 - left)]
            if pause:
                await asyncio.sleep(pause)
    await reader.readexactly(2)
    return whole


def textOf(stream):
    events = [event[len("data: "):] for event in stream.decode().split("\n\n") if event.startswith("data: ")]
    assert events[-1] == "[DONE]", stream[-300:]
    return "".join(choice["text"] for event in events[:-1] for choice in json.loads(event)["choices"])


def vanish(writer):
    """With a reset, as a machine that is switched off."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    writer.transport.abort()


class Load:
    def __init__(self, port, want):
        self.port, self.want, self.counts = port, want, {}

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    async def connect(self):
        return await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)

    async def streamed(self, reader, prompt, pause=0.0):
        status, fields = await head(reader)
        got = await body(reader, fields, pause)
        if status in (429, 503):
            return self.count("told to come later")
        assert status == 200, (status, got)
        assert textOf(got) == self.want[prompt], (prompt, textOf(got), self.want[prompt])
        self.count("streams read to their end")

    async def polite(self, draw):
        reader, writer = await self.connect()
        for _ in range(3):
            prompt = draw.choice(PROMPTS)
            writer.write(request(prompt, True))
            await self.streamed(reader, prompt)
        writer.close()

    async def slow(self, draw):
        reader, writer = await self.connect()
        prompt = draw.choice(PROMPTS)
        writer.write(request(prompt, True))
        await self.streamed(reader, prompt, pause=0.01)
        writer.close()

    async def dripping(self, draw):
        reader, writer = await self.connect()
        prompt = draw.choice(PROMPTS)
        for byte in request(prompt, True):
            writer.write(bytes([byte]))
            await asyncio.sleep(0.004)
        await self.streamed(reader, prompt)
        writer.close()

    async def pipelined(self, draw):
        reader, writer = await self.connect()
        prompts = draw.choices(PROMPTS, k=6)
        writer.write(b"".join(request(prompt, False) + b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n" for prompt in prompts))
        for prompt in prompts:
            status, fields = await head(reader)
            answer = json.loads(await body(reader, fields))
            if status in (429, 503):
                self.count("told to come later")
            else:
                assert status == 200 and answer["choices"][0]["text"] == self.want[prompt], (prompt, status, answer)
                self.count("answers of pipelines")
            status, fields = await head(reader)
            assert (status, await body(reader, fields)) == (200, b'{"status":"ok"}')
        writer.close()

    async def vanishing(self, draw, after=None):
        reader, writer = await self.connect()
        writer.write(request(draw.choice(PROMPTS), True, max_tokens=5000))
        for _ in range(draw.choice([0, 1, 3]) if after is None else after):
            await reader.readuntil(b"\n\n")
        vanish(writer)
        self.count("vanished")

    async def half(self, draw):
        reader, writer = await self.connect()
        whole = request(draw.choice(PROMPTS), True)
        writer.write(whole[:draw.randrange(1, len(whole))])
        await asyncio.sleep(draw.uniform(0, 5))
        vanish(writer) if draw.random() < 0.5 else writer.close()
        self.count("half requests")

    async def unread(self, draw):
        reader, writer = await self.connect()
        writer.write(request(draw.choice(PROMPTS), True, n=4))
        await asyncio.sleep(draw.uniform(0, 3))
        vanish(writer)
        self.count("never read")

    async def one(self, index, end):
        draw = random.Random(index)
        kinds = [self.polite, self.slow, self.dripping, self.pipelined, self.vanishing, self.half, self.unread, self.vanishing]
        while time.monotonic() < end:
            await kinds[index % len(kinds)](draw)

    async def all(self, clients, seconds):
        end = time.monotonic() + seconds
        await asyncio.wait_for(asyncio.gather(*(self.one(index, end) for index in range(clients))), seconds + 300)

    async def aborts(self, count, together=64):
        left = iter(range(count))

        async def some():
            for index in left:
                await self.vanishing(random.Random(index))

        await asyncio.wait_for(asyncio.gather(*(some() for _ in range(together))), 600)


def idle(server):
    """Seconds until nothing runs or waits."""
    start = time.monotonic()
    while server.metric("num_requests_running") or server.metric("num_requests_waiting"):
        assert time.monotonic() - start < 60, "answers run that nobody reads"
    return time.monotonic() - start


def freed(server):
    """Of an answer whose reader vanishes: milliseconds of a token, and until its place is free (as a request of /metrics sees it)."""
    with server.socket() as client:
        client.sendall(request("a", True, max_tokens=5000))
        file, times = client.makefile("rb"), []
        while len(times) < 20:
            if file.readline().startswith(b"data: "):
                times.append(time.monotonic())
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        file.close()
    return 1000 * (times[-1] - times[5]) / 14, 1000 * idle(server)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--aborts", type=int, default=10_000)
    end = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    args = parser.parse_args(sys.argv[1:end])
    args.options = sys.argv[end + 1:]
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with Server(args.program, *args.options, limits={resource.RLIMIT_NOFILE: most}) as server:
        want = {prompt: server.answer("/v1/completions", {"prompt": prompt, "max_tokens": TOKENS, "temperature": 0, "ignore_eos": True})["choices"][0]["text"]
                for prompt in PROMPTS}
        load = Load(server.port, want)
        asyncio.run(load.all(args.clients, min(args.seconds, 10)))  # what is taken once: places, pages, buffers
        asyncio.run(load.aborts(min(args.aborts, 300)))
        idle(server)
        before, descriptors = server.memory(), server.descriptors()
        load.counts.clear()
        start = time.monotonic()
        asyncio.run(load.all(args.clients, args.seconds))
        took = time.monotonic() - start
        print(f"{args.clients} clients, {took:.0f} s: {load.counts}; idle {1000 * idle(server):.0f} ms after the last", flush=True)
        assert load.counts.get("streams read to their end") and load.counts.get("answers of pipelines"), load.counts
        load.counts.clear()
        asyncio.run(load.aborts(args.aborts))
        print(f"{load.counts['vanished']} aborts; idle {1000 * idle(server):.0f} ms after the last", flush=True)
        times = [freed(server) for _ in range(20)]
        step, free = statistics.median(step for step, _ in times), sorted(free for _, free in times)
        print(f"a token every {step:.2f} ms; a place is free {statistics.median(free):.2f} ms after its reader vanished, at worst {free[-1]:.2f} ms", flush=True)
        asyncio.run(load.polite(random.Random(0)))
        after = server.memory()
        print(f"resident: {before / 1024:.1f} MB before, {after / 1024:.1f} MB after; descriptors: {descriptors} before, {server.descriptors()} after", flush=True)
        assert after < before * 1.05 + 4096, (before, after)
        assert server.descriptors() <= descriptors + 4, (descriptors, server.descriptors())
    assert "error: LC" not in server.said, server.said


if __name__ == "__main__":
    sys.exit(main())
