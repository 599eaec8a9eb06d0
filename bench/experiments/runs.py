"""What experiments share: a compiled program whose figures are kept in files, means with spreads, tables, plots. Standard library only."""
import argparse
import json
import pathlib
import re
import statistics
import subprocess
import sys

COLORS = ("#1f5fbf", "#c0392b", "#2e8b57", "#8e44ad", "#d68910")


def bible():
    """The Pentateuch, a verse a line (Debian's bible-kjv)."""
    text = subprocess.run(["bible", "-f", "gen1:1-deu34:12"], check=True, capture_output=True, text=True).stdout
    return re.sub(r"^\S+ ", "", text, flags=re.M)


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


def spread(values, unit="%", scale=100, digits=1):
    """The mean and half of how far the values lie apart."""
    values = [scale * value for value in values]
    return f"{statistics.mean(values):.{digits}f}" + (f" ± {(max(values) - min(values)) / 2:.{digits}f}" if len(values) > 1 else "") + (f" {unit}" if unit else "")


def table(head, rows):
    rows = [head] + [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    for row in rows:
        print("  ".join(cell.rjust(width) for cell, width in zip(row, widths)))


def plot(place, title, across, lines):
    """An SVG of lines {name: [(x, y), ...]}; places on the horizontal axis lie evenly, in their order."""
    places = sorted({x for points in lines.values() for x, _ in points})
    heights = [y for points in lines.values() for _, y in points]
    low, high = min(0, *heights), max(heights) or 1
    left, top, width, height = 60, 40, 520, 260

    def at(x, y):
        return f"{left + width * places.index(x) / max(1, len(places) - 1):.1f},{top + height * (high - y) / (high - low):.1f}"

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 360" font-family="sans-serif" font-size="12"><text x="{left}" y="20">{title}</text>',
             f'<path d="M{at(places[0], high)} L{at(places[0], low)} L{at(places[-1], low)}" fill="none" stroke="#888"/>']
    for x in places:
        parts.append(f'<text x="{at(x, low).split(",")[0]}" y="{top + height + 16}" text-anchor="middle">{x:,}</text>')
    for y in (low, high):
        parts.append(f'<text x="{left - 6}" y="{at(places[0], y).split(",")[1]}" text-anchor="end">{y:.3g}</text>')
    parts.append(f'<text x="{left + width / 2}" y="{top + height + 34}" text-anchor="middle">{across}</text>')
    for i, (name, points) in enumerate(lines.items()):
        color = COLORS[i % len(COLORS)]
        parts.append(f'<polyline points="{" ".join(at(x, y) for x, y in sorted(points))}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts.append(f'<text x="{left + width + 10}" y="{top + 14 * (i + 1)}" fill="{color}">{name}</text>')
    pathlib.Path(place).write_text("\n".join(parts) + "\n</svg>\n")


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
