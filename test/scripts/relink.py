"""Tools of a finished build with some of their objects replaced, and lit tests run with them. Standard library only.

What is linked first wins: a linker takes an object from a library only for what no object before has defined. So a tool
with one source changed is one compilation and one link.
"""
import json
import pathlib
import re
import shlex
import shutil
import subprocess


def run(command, cwd, **options):
    return subprocess.run(command, cwd=cwd, shell=isinstance(command, str), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, **options)


class Build:
    """A configured and built folder."""

    def __init__(self, folder):
        self.folder = folder.resolve()
        entries = json.loads((self.folder / "compile_commands.json").read_text(encoding="utf-8"))
        self.compileCommands = {pathlib.Path(entry["file"]).resolve(): entry for entry in entries}

    def commandsFor(self, target):
        """What ninja runs for a target, all that it needs first."""
        return run(["ninja", "-C", str(self.folder), "-t", "commands", target], self.folder).stdout.splitlines()

    def generate(self, target, root, tree, folder):
        """What the build generates of its source root as `target`, of another tree instead, into a folder."""
        tool = self.commandsFor(target)[-1].split(" && ")[1]  # between a change of folder and cmake's dependencies
        words = [word if str(self.folder) in word else word.replace(str(root), str(tree)) for word in shlex.split(tool)]
        made = folder.resolve() / target
        made.parent.mkdir(parents=True, exist_ok=True)
        words[words.index("-o") + 1] = str(made)
        words[words.index("-d") + 1] = f"{made}.d"
        ran = run(words, self.folder)
        if ran.returncode != 0:
            raise SystemExit(f"{target}, of {tree}:\n{ran.stdout[-3000:]}")

    def compile(self, source, text, scratch, includes=()):
        """The object of a source of the build with another text; `includes` are looked into before all else."""
        scratch.mkdir(parents=True, exist_ok=True)
        entry = self.compileCommands[source.resolve()]
        changed, target = scratch / source.name, scratch / f"{source.stem}.o"
        changed.write_text(text, encoding="utf-8")
        words = shlex.split(entry["command"])
        words[words.index("-o") + 1] = str(target.resolve())
        words[words.index("-c") + 1] = str(changed.resolve())
        first = next(place for place, word in enumerate(words) if word.startswith("-"))
        words[first:first] = [f"-I{folder}" for folder in includes]
        ran = run(words, entry["directory"])
        if ran.returncode != 0:
            raise SystemExit(f"{source}, changed, does not compile:\n{ran.stdout[-3000:]}")
        return target

    def link(self, tools, objects, scratch):
        """A folder with the build's tools, those of the list linked anew with the objects."""
        folder = scratch / "bin"
        folder.mkdir(parents=True)
        objects = " ".join(shlex.quote(str(each.resolve())) for each in objects)
        for tool in (self.folder / "bin").iterdir():
            if tool.name not in tools:
                (folder / tool.name).symlink_to(tool)
                continue
            command = self.commandsFor(tool.name)[-1]
            command = command.replace(f" -o bin/{tool.name} ", f" {objects} -o {folder.resolve()}/{tool.name} ")
            linked = run(command, self.folder)
            if linked.returncode != 0:
                raise SystemExit(f"'{command}' failed:\n{linked.stdout[-3000:]}")
        return Tools(self, folder)


class Tools:
    def __init__(self, build, folder):
        self.build, self.folder = build, folder.resolve()


class Suite:
    """Lit tests with the tools, in a folder of their own. `sources`: the tree that holds them, else the build's."""

    def __init__(self, tools, scratch, tests, environment=None, sources=None):
        self.folder = scratch.resolve()
        (self.folder / "test").mkdir(parents=True, exist_ok=True)
        text = (tools.build.folder / "test/lit.site.cfg.py").read_text(encoding="utf-8")
        root = pathlib.Path(re.search(r'config\.longc_src_root = "(.*)"', text).group(1))
        text = re.sub(r"config\.longc_tools_dir = .*", f'config.longc_tools_dir = "{tools.folder}"', text)
        text = re.sub(r"config\.longc_obj_root = .*", f'config.longc_obj_root = "{self.folder}"', text)
        text = text.replace(str(root / "test"), str((sources or root) / "test"))
        text = text.replace("lit.llvm.initialize", f"config.environment.update({environment or {}})\nlit.llvm.initialize", 1)
        text += f'\nconfig.name = "{self.folder.name}"\n'
        (self.folder / "test/lit.site.cfg.py").write_text(text, encoding="utf-8")
        self.tests = [str(self.folder / "test" / pathlib.Path(test).resolve().relative_to((sources or root).resolve() / "test"))
                      for test in tests]


def runSuites(suites, jobs=1):
    """The names of the suites' folders of which a test failed, and what lit says: all in one run of it."""
    lit = shutil.which("lit") or shutil.which("llvm-lit-22") or "/usr/lib/llvm-22/bin/lit"
    ran = run([lit, "-v", f"-j{jobs}", *(test for suite in suites for test in suite.tests)], suites[0].folder)
    results = re.findall(r"^(\w+): (\S+) :: \S+ \(\d+ of \d+\)", ran.stdout, re.M)
    if len(results) != sum(len(suite.tests) for suite in suites):
        raise SystemExit(f"lit did not run all tests:\n{ran.stdout[-2000:]}")
    return {name for result, name in results if result not in ("PASS", "UNSUPPORTED")}, ran.stdout
