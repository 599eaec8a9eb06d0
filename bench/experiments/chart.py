"""Curves and bars as an SVG, for the experiments. Standard library only."""
import html
import math

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 400, 60, 150, 40, 50
COLOURS = ("#1b6ca8", "#c8553d", "#3a7d44", "#7b4b94", "#8a6d3b", "#555555")


def curves(path, title, across, up, series, log=False):
    """Writes `path`: one curve for each name of `series`, of its points (x, y); `across` and `up` name the axes, `log` is of x."""
    place = math.log2 if log else float
    xs = sorted({x for points in series.values() for x, _ in points})
    top = max([y for points in series.values() for _, y in points] + [1e-9])
    low, high = place(xs[0]), max(place(xs[-1]), place(xs[0]) + 1e-9)

    def at(x, y):
        return (LEFT + (WIDTH - LEFT - RIGHT) * (place(x) - low) / (high - low), HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * y / top)

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="12">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>', f'<text x="{LEFT}" y="20" font-size="14">{html.escape(title)}</text>',
             f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">{html.escape(across)}</text>',
             f'<text x="{LEFT}" y="{TOP - 6}">{html.escape(up)}</text>']
    for x in xs:
        parts.append(f'<text x="{at(x, 0)[0]:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{x:g}</text>')
    for step in range(5):
        y = at(xs[0], top * step / 4)[1]
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/><text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{top * step / 4:.3g}</text>')
    for number, (name, points) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        spots = [at(x, y) for x, y in sorted(points)]
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in spots)}"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in spots]
        parts.append(f'<text x="{WIDTH - RIGHT + 10}" y="{TOP + 18 * number + 10}" fill="{colour}">{html.escape(name)}</text>')
    path.write_text("\n".join(parts) + "\n</svg>\n")


def bars(path, title, up, groups):
    """Writes `path`: a bar for each name of `groups` as high as the mean of its values, which are dots on it; `up` names the axis."""
    top = max([value for values in groups.values() for value in values] + [1e-9])
    high, line = 24, 30
    height = TOP + line * len(groups) + 30
    left = max(150, 20 + 7 * max(map(len, groups)))
    at = lambda value: left + (WIDTH - left - 60) * value / top
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif" font-size="12">',
             f'<rect width="{WIDTH}" height="{height}" fill="white"/>', f'<text x="{left}" y="20" font-size="14">{html.escape(title)}</text>']
    for number, (name, values) in enumerate(groups.items()):
        y, mean = TOP + line * number, sum(values) / len(values)
        parts.append(f'<text x="{left - 8}" y="{y + 16}" text-anchor="end">{html.escape(name)}</text>'
                     f'<rect x="{left}" y="{y}" width="{at(mean) - left:.1f}" height="{high}" fill="{COLOURS[0]}" opacity="0.5"/>')
        parts += [f'<circle cx="{at(value):.1f}" cy="{y + high / 2}" r="3" fill="{COLOURS[1]}"/>' for value in values]
        parts.append(f'<text x="{at(max(values)) + 8:.1f}" y="{y + 16}">{mean:.3g} {html.escape(up)}</text>')
    path.write_text("\n".join(parts) + "\n</svg>\n")
