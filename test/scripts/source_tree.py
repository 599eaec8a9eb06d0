"""The files of a checkout as the checks see them, and the report that they share."""
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def listFiles(root):
    """Paths relative to `root`, sorted: what git tracks or would track, or, outside git, everything not hidden."""
    if os.path.exists(os.path.join(root, ".git")):  # a file in a worktree
        out = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                             check=True, capture_output=True).stdout.decode()
        return sorted(p for p in set(out.split("\0")) if p and os.path.isfile(os.path.join(root, p)))
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [f for f in folders if not f.startswith((".", "build", "__pycache__"))]
        found += [os.path.relpath(os.path.join(folder, f), root) for f in files]
    return sorted(found)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def plant(root, files):
    """Writes {path: text} under `root`."""
    for path, text in files.items():
        full = os.path.join(root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)


def selfTest(name, check, clean, cases):
    """`check` on `clean` must find nothing; with each case's files added it must name the case's word.

    A case is (what it is, {path: text or None to remove}, word that must stand in some violation).
    """
    bad = []
    with tempfile.TemporaryDirectory() as root:
        plant(root, clean)
        found = check(root)
        if found:
            bad.append(f"the clean tree gives {found}")
    for title, files, word in cases:
        with tempfile.TemporaryDirectory() as root:
            changed = {**clean, **files}
            plant(root, {path: text for path, text in changed.items() if text is not None})
            found = check(root)
            if not any(word in violation for violation in found):
                bad.append(f"{title}: no violation names '{word}', got {found}")
    for line in bad:
        print(f"{name} self-test: {line}")
    print(f"{name} self-test: {len(cases) + 1 - len(bad)} of {len(cases) + 1} cases as expected")
    return 1 if bad else 0


def main(name, check, clean, cases):
    """`script.py [--self-test] [ROOT]`: exit code 0 when nothing is wrong, 1 otherwise, 2 for wrong flags."""
    arguments = sys.argv[1:]
    if arguments == ["--self-test"]:
        return selfTest(name, check, clean, cases)
    if len(arguments) > 1 or any(a.startswith("-") for a in arguments):
        print(f"usage: {name} [--self-test | ROOT]", file=sys.stderr)
        return 2
    violations = check(arguments[0] if arguments else ROOT)
    for violation in violations:
        print(violation)
    print(f"{name}: {len(violations)} violations")
    return 1 if violations else 0
