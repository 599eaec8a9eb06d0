"""Texts whose questions need two places that lie far apart, with answers that a machine can check. Standard library only.

Three kinds, after LooGLE's long dependencies: `several` (who keeps the key of somebody, and where that one lives), `computation` (which of
two numbers is the larger), `timeline` (which of two things was first).
"""
import json
import random

KINDS = 12 # questions of each kind
SYLLABLES = ("ba", "re", "lo", "mi", "du", "sa", "ne", "ko", "ti", "ra", "vu", "ze", "pa", "fi", "go", "lu")
TOWNS = ("Harfield", "Millbrook", "Stonegate", "Westerham", "Oakhurst", "Fenwick", "Ravensby", "Kirkdale", "Thornbury", "Eastmoor", "Coldwell", "Ashford")


def names(draw, count):
    found = []
    while len(found) < count:
        name = "".join(draw.sample(SYLLABLES, 3)).capitalize()
        if name not in found:
            found.append(name)
    return found


def facts(seed):
    """(sentence of the first half, sentence of the second half, question, answer, kind) each."""
    draw = random.Random(seed)
    people = names(draw, 6 * KINDS)
    for i, town in zip(range(KINDS), draw.sample(TOWNS, KINDS)):
        keeper, owner = people[2 * i:2 * i + 2]
        yield f"{keeper} keeps the key of {owner}.", f"{owner} lives in {town}.", f"In which town does the one live whose key {keeper} keeps?", town, "several"
    for i in range(KINDS, 2 * KINDS):
        first, second = people[2 * i:2 * i + 2]
        small, large = sorted(draw.sample(range(20, 1000), 2))
        ages = [small, large] if draw.random() < 0.5 else [large, small]
        yield (f"The field of {first} has {ages[0]} trees.", f"The field of {second} has {ages[1]} trees.", f"Whose field has more trees, that of {first} or that of {second}?",
               first if ages[0] > ages[1] else second, "computation")
    for i in range(2 * KINDS, 3 * KINDS):
        first, second = people[2 * i:2 * i + 2]
        years = draw.sample(range(1650, 1900), 2)
        yield (f"{first} came to the city in {years[0]}.", f"{second} came to the city in {years[1]}.", f"Who came to the city first, {first} or {second}?",
               first if years[0] < years[1] else second, "timeline")


def write(text, folder, seed):
    """document.txt and questions.jsonl in `folder`: the first sentence of a pair in the text's first third, the other in its last."""
    draw = random.Random(seed + 1)
    lines = [line for line in text.splitlines() if line]
    planted, third = {}, len(lines) // 3
    folder.mkdir(exist_ok=True)
    with open(folder / "questions.jsonl", "w", encoding="utf-8") as file:
        for early, late, question, answer, kind in facts(seed):
            planted.setdefault(draw.randrange(third), []).append(early)
            planted.setdefault(len(lines) - 1 - draw.randrange(third), []).append(late)
            file.write(json.dumps({"question": question, "answer": answer, "evidence": early + " " + late, "kind": kind}) + "\n")
    (folder / "document.txt").write_text("\n".join(" ".join([line] + planted.get(number, [])) for number, line in enumerate(lines)) + "\n")
