# SPDX-License-Identifier: GPL-3.0-or-later
"""What the checkers in this folder share: the command line, the report, and the proof that each can fail.

A checker has a function from the root of a tree to a list of Problem, one good tree that it must pass and some bad
trees, each with the words that its report must then contain. `tools/check-x` checks this tree, `tools/check-x
--self-test` the checker.
"""
import dataclasses
import pathlib
import sys
import tempfile


@dataclasses.dataclass(frozen=True)
class Problem:
    place: str  # "src/wire/dhcp4.c:12", or whatever tells the reader where to go
    text: str

    def __str__(self):
        return f"{self.place}: {self.text}"


def source_files(root, *folders, endings=(".c", ".h")):
    """The C files below the folders, in a stable order, as paths."""
    found = []
    for folder in folders:
        found += [p for p in (root / folder).rglob("*") if p.suffix in endings and p.is_file()]
    return sorted(found)


def lines_of(path):
    return path.read_text(encoding="utf-8", errors="replace").splitlines()


def _write_tree(root, tree):
    for name, text in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _problems_in_tree(check, tree):
    with tempfile.TemporaryDirectory() as folder:
        _write_tree(pathlib.Path(folder), tree)
        return [str(problem) for problem in check(pathlib.Path(folder))]


def _self_test(check, good_tree, bad_trees):
    wrong = []
    problems = _problems_in_tree(check, good_tree)
    if problems:
        wrong.append(f"the good tree is refused: {problems}")
    for expected, tree in bad_trees:
        problems = _problems_in_tree(check, {**good_tree, **tree})
        if not any(expected in problem for problem in problems):
            wrong.append(f"a bad tree must be refused with '{expected}', but the report is {problems}")
    return wrong


def main(check, good_tree, bad_trees):
    """Runs the checker over this tree, over the tree given, or over its own examples; the exit status says the rest."""
    arguments = sys.argv[1:]
    if arguments == ["--self-test"]:
        wrong = _self_test(check, good_tree, bad_trees)
        print("\n".join(wrong) or f"refuses what it should: {len(bad_trees)} bad trees")
        sys.exit(1 if wrong else 0)
    root = pathlib.Path(arguments[0]) if arguments else pathlib.Path(__file__).resolve().parent.parent
    problems = sorted(set(map(str, check(root))))
    print("\n".join(problems) or "nothing to complain about")
    sys.exit(1 if problems else 0)
