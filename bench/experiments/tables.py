"""Tables of experiments, and the text that most are made of. Standard library only."""
import re
import statistics
import subprocess


def bible():
    """The Pentateuch, a verse a line (Debian's bible-kjv)."""
    text = subprocess.run(["bible", "-f", "gen1:1-deu34:12"], check=True, capture_output=True, text=True).stdout
    return re.sub(r"^\S+ ", "", text, flags=re.M)


def spread(values, unit="%", scale=100, digits=1):
    """The mean and half of how far the values lie apart."""
    values = [scale * value for value in values]
    return f"{statistics.mean(values):.{digits}f}" + (f" ± {(max(values) - min(values)) / 2:.{digits}f}" if len(values) > 1 else "") + (f" {unit}" if unit else "")


def table(head, rows):
    rows = [head] + [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    for row in rows:
        print("  ".join(cell.rjust(width) for cell, width in zip(row, widths)))
