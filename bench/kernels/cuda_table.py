"""Rows of the table that bench/cuda.sh prints: ours, the best peer, their ratio (over 1: ours is ahead), floor and what issue 11 asks for. Standard library only."""

HEAD = f"{'':56}{'ours':>12} {'':9}{'best peer':32}{'ratio':>6}{'floor':>12}{'must':>12}"


def number(value, unit):
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.0f}" if unit in ("tokens/s", "TFLOP/s") else f"{value:.3f}"


def row(title, ours, unit, peers=None, floor=None, must=None):
    """`peers`: values by name. Of milliseconds and seconds less is better, of all else more. `ours` None: not measured."""
    less = unit in ("ms", "s")
    named = {name: value for name, value in (peers or {}).items() if value}
    best = (min if less else max)(named, key=named.get) if named else None
    ratio = "-" if best is None or ours is None else f"{named[best] / ours if less else ours / named[best]:.2f}"
    peer = "-" if best is None else f"{number(named[best], unit)} {best}"
    return f"{title:56}{number(ours, unit):>12} {unit:9}{peer:32}{ratio:>6}{number(floor, unit):>12}{number(must, unit):>12}"
