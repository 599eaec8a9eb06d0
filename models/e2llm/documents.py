#!/usr/bin/env python3
"""Documents of invented facts to train E2LLM on, so many megabytes of them; standard library only.

    documents.py OUT.jsonl MEGABYTES SEED SHARE:FACTS:KIND:FILLERS...

Grammar, names and values are those of runtime/e2llm/FactDocuments.cpp, without the people that `eval facts` asks about. FILLERS sentences that
tell nothing stand around each fact. KIND:

usual  facts of any attributes, one in eight with a neighbour to be asked about: as `eval facts` has them
alike  facts of one attribute: people alone tell them apart, in three documents of ten some by their family name alone
tell   one question, after everything that is told

Of usual and alike documents only a half of the facts is asked about (two thirds from 16 facts on), so that no answer can be told by what is left over,
and one question in eight the other way round: "Whose pet is a dog?".
"""
import json
import os
import pathlib
import random
import re
import sys

SOURCE = (pathlib.Path(__file__).resolve().parents[2] / "runtime/e2llm/FactDocuments.cpp").read_text()


def words(name):
    return re.findall(r'"([^"]+)"', re.search(rf"constexpr Words {name} = \{{(.*?)\}};", SOURCE, re.S)[1])


FIRST, FAMILY = words("firstNames"), words("familyNames")
LEARNT = [(first, family) for first in range(len(FIRST)) for family in range(len(FAMILY)) if (first + family) % 3]  # judgedOf
FILLERS = re.findall(r'"([^"]+)"', re.search(r"fillers = \{(.*?)\};", SOURCE, re.S)[1])
KINDS = [  # told, asked, asked of a neighbour, the other way round, values
    ("The favourite food of # is $.", ["What is the favourite food of #?", "Which food does # like best?", "What does # prefer to eat?"],
     "What is the favourite food of the neighbour of #?", "Whose favourite food is $?", words("foods")),
    ("The pet of # is a $.", ["What is the pet of #?", "Which animal does # keep?", "What kind of pet does # have?"],
     "What is the pet of the neighbour of #?", "Whose pet is a $?", words("pets")),
    ("The job of # is $.", ["What is the job of #?", "What does # do for a living?", "Which profession does # have?"],
     "What is the job of the neighbour of #?", "Whose job is $?", words("jobs")),
    ("The home town of # is $.", ["What is the home town of #?", "Where does # come from?", "In which city was # born?"],
     "What is the home town of the neighbour of #?", "Whose home town is $?", words("cities")),
    ("The treasure of # is the $.", ["What is the treasure of #?", "Which thing does # treasure most?", "What would # never give away?"],
     "What is the treasure of the neighbour of #?", "Whose treasure is the $?", words("things"))]


def people(dice, count, share):
    names = [f"{FIRST[first]} {FAMILY[family]}" for first, family in dice.sample(LEARNT, count)]
    if share:
        first = dice.choice(FIRST)
        others = [f"{first} {FAMILY[family]}" for number, family in LEARNT if FIRST[number] == first and f"{first} {FAMILY[family]}" not in names]
        for place in range(min(count - 1, 2 if count < 8 else 3)):
            names[place] = others.pop(dice.randrange(len(others)))
    return names


def document(dice, count, kind, fillers):
    """A line of the data."""
    names = people(dice, count + count // 8 + 1, kind == "alike" and dice.random() < 0.3)
    one, friends = dice.choice(KINDS), iter(names[count:])
    facts = []
    for who in names[:count]:
        attribute = one if kind == "alike" else dice.choice(KINDS)
        facts.append((who, attribute, dice.choice(attribute[4])))
    told, questions = [], []
    for number, (who, (sentence, asked, of_neighbour, whose, _), value) in enumerate(facts):
        told.append(sentence.replace("#", who).replace("$", value))
        is_known = sum(fact[1][0] == sentence and fact[2] == value for fact in facts) == 1
        if dice.random() < 0.12 and is_known:
            questions.append((whose.replace("$", value), who))
        else:
            questions.append((dice.choice(asked).replace("#", who), value))
        if kind == "usual" and number % 8 == 7:
            friend = next(friends)
            told.append(f"The neighbour of {friend} is {who}.")
            questions.append((of_neighbour.replace("#", friend), value))
    dice.shuffle(told)
    dice.shuffle(questions)
    questions = questions[:max(1, len(questions) // 2 if count < 16 else 2 * len(questions) // 3)]
    if kind == "tell":
        questions = [("Who is it about, and what is told?", " ".join(told))]
    text = ""
    for sentence in told:
        pieces = [dice.choice(FILLERS) for _ in range(fillers)]
        pieces.insert(dice.randrange(fillers + 1), sentence)
        text += " ".join(pieces) + "\n"
    return json.dumps({"context": text, "questions": [{"prompt": question, "answer": answer} for question, answer in questions]}) + "\n"


def main():
    if len(sys.argv) < 5:
        sys.exit("\n".join(__doc__.splitlines()[2:3]).strip())
    out, most, dice = sys.argv[1], float(sys.argv[2]) * 1e6, random.Random(int(sys.argv[3]))
    plan = [(float(share), int(count), kind, int(fillers)) for share, count, kind, fillers in (word.split(":") for word in sys.argv[4:])]
    size = 0
    with open(out + ".part", "w", encoding="utf-8") as file:
        while size < most:
            _, count, kind, fillers = dice.choices(plan, [entry[0] for entry in plan])[0]
            line = document(dice, count, kind, fillers)
            size += len(line)
            file.write(line)
    os.rename(out + ".part", out)


if __name__ == "__main__":
    main()
