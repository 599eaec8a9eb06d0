#!/usr/bin/env python3
"""Writes a novel of Jane Austen as plain text, from Debian's r-cran-janeaustenr. Standard library only; R is not needed.

    bench/novel.py PACKAGE.deb [TITLE] > novel.txt

The package keeps an R database (Rdata.rdb): records of a 4-byte length and zlib data, each an object in R's serialised
form. A novel is a vector of strings, one a line of the book. TITLE is how its first line begins, in any case.
"""
import argparse
import os
import struct
import subprocess
import sys
import tempfile
import zlib

STRINGS, STRING, MISSING = 16, 9, 0xFFFFFFFF  # of R's object types; the length of a missing string


def records(database):
    place = 0
    while place + 4 < len(database):
        inflate = zlib.decompressobj()
        yield inflate.decompress(database[place + 4:])
        place = len(database) - len(inflate.unused_data)


def strings(record, place):
    """The vector of strings at `place`, or None."""
    if place + 8 > len(record):
        return None
    kind, count = struct.unpack_from(">II", record, place)
    if kind & 0xFF != STRINGS:
        return None
    place += 8
    lines = []
    for _ in range(count):
        if place + 8 > len(record):
            return None
        kind, length = struct.unpack_from(">II", record, place)
        if kind & 0xFF != STRING:
            return None
        place += 8
        if length == MISSING:
            length = 0
        lines.append(record[place:place + length].decode("utf-8"))
        place += length
    return lines


def novels(package):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
        for path, _, names in os.walk(folder):
            if "Rdata.rdb" in names and path.endswith("data"):
                with open(os.path.join(path, "Rdata.rdb"), "rb") as file:
                    database = file.read()
    for record in records(database):
        # Format X, version, writer, reader; version 3 also names the encoding.
        head = 14 if record[2:6] == b"\0\0\0\2" else 18 + struct.unpack_from(">I", record, 14)[0]
        lines = strings(record, head) if record[:2] == b"X\n" else None
        if lines and len(lines) > 1000:
            yield lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("package", help="file of Debian's r-cran-janeaustenr")
    parser.add_argument("title", nargs="?", default="Persuasion", help="how the first line begins")
    args = parser.parse_args()
    titles = []
    for lines in novels(args.package):
        if lines[0].casefold().startswith(args.title.casefold()):
            sys.stdout.write("\n".join(lines) + "\n")
            return 0
        titles.append(lines[0])
    print(f"novel.py: no novel begins with '{args.title}'; there are: {', '.join(titles)}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
