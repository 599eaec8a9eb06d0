"""Calls of a compiled program whose figures are kept in files, and the command line of experiments that are made of them. Standard library only."""
import argparse
import contextlib
import json
import pathlib
import subprocess
import sys
import threading


class Devices:
    """Devices for programs that run at once, by a list such as cuda:0,cuda:1: each takes the one that the fewest others have, and where there may be
    `most` on a GPU, waits until that has fewer."""

    def __init__(self, names, most=None):
        self.users, self.changed, self.most = dict.fromkeys(names.split(","), 0), threading.Condition(), most

    def free(self):
        return [name for name, users in self.users.items() if not self.most or not name.startswith("cuda") or users < self.most]

    @contextlib.contextmanager
    def one(self):
        with self.changed:
            self.changed.wait_for(self.free)
            name = min(self.free(), key=self.users.get)
            self.users[name] += 1
        try:
            yield name
        finally:
            with self.changed:
                self.users[name] -= 1
                self.changed.notify()


class Runs:
    """Calls of one program. What a run printed is one JSON file in the folder; a run whose file is there is not repeated."""

    def __init__(self, app, folder, device):
        self.app, self.folder, self.device = app, pathlib.Path(folder), device
        self.folder.mkdir(parents=True, exist_ok=True)

    def call(self, *words, app=None):
        done = subprocess.run([app or self.app, *map(str, words)], capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{' '.join(map(str, words))}: {done.stderr.strip()}")
        return done.stdout

    def figures(self, name, *words, app=None):
        """What the call prints as JSON."""
        place = self.folder / f"{name}.json"
        if not place.exists():
            place.write_text(self.call(*words, "--device", self.device, "--json", "-q", app=app))
        return json.loads(place.read_text())

    def trained(self, name, *words, app=None):
        """The folder of an adapter that `train` leaves; one that was stopped goes on."""
        place = self.folder / name
        if not (place / "adapter_config.json").exists():
            self.call("train", "--out", place, "--device", self.device, "--resume", "-q", *words, app=app)
        return place

    def text(self, name, make):
        """A file with the text that make() gives."""
        place = self.folder / name
        if not place.exists():
            place.write_text(make())
        return place


def main(family, description, expected, experiments, app, options=(), device="auto"):
    """Runs the experiment that the command line names. `expected`: of each name, what its method says; `experiments`: of each name, a function of
    (runs, seeds, options); `options`: (name, arguments of add_argument)."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=[f"{family}/{name}" for name in experiments])
    parser.add_argument("--app", default=app)
    parser.add_argument("--folder", default=f"build/experiments/{family}")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--device", default=device, help="where to train and to ask")
    for option, arguments in options:
        parser.add_argument(option, **arguments)
    chosen = parser.parse_args()
    name = chosen.name.split("/")[1]
    print(f"{name}: expected {expected[name]}")
    experiments[name](Runs(chosen.app, chosen.folder, chosen.device), [int(seed) for seed in chosen.seeds.split(",")], chosen)
