#!/usr/bin/env python3
"""Runs what each dump of a folder names as the way on, and compares with the dumps that the compiler went on to.

    replay.py FOLDER LONGC-OPT RESULT=ORIGIN:PATTERN...

Every numbered dump must name a way on. What a command with PATTERN makes of a dump with ORIGIN in its name is the next
dump with RESULT in its name.
"""
import pathlib
import re
import shlex
import subprocess
import sys


def code(text):
    """The IR without comments, blank lines and the module's own attributes."""
    return [line for line in text.splitlines() if line.strip() and not line.startswith(("//", "module"))]


def main(folder, tool, *rules):
    rules = [re.fullmatch("(.*?)=(.*?):(.*)", rule).groups() for rule in rules]
    files = sorted(pathlib.Path(folder).glob("*.mlir"))
    dumps = [file for file in files if file.name[0].isdigit()]
    compared = {result: 0 for result, _, _ in rules}
    for dump in dumps:
        commands = re.findall(r"^//   longc-opt (.*)$", dump.read_text(), re.M)
        assert commands, f"{dump.name} names no way on"
        for command in commands:
            words = shlex.split(command)
            assert pathlib.Path(words[0]).samefile(dump), f"{dump.name}: expected its own path, got {words[0]}"
            ran = subprocess.run([tool, *words], capture_output=True, text=True, check=False)
            assert ran.returncode == 0, f"{dump.name}: longc-opt {command}: {ran.stderr[:2000]}"
            for result, origin, pattern in rules:
                if origin in dump.name and pattern in command:
                    expected = next(each for each in files if each.name > dump.name and result in each.name)
                    assert code(ran.stdout) == code(expected.read_text()), f"{dump.name}: {command} makes no {result}"
                    compared[result] += 1
    for result, count in compared.items():
        assert count, f"nothing led to {result}"
        print(f"{result}: {count}")
    print(f"{len(dumps)} dumps")


main(*sys.argv[1:])
