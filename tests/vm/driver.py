"""Runs cases on whatever interpreter runs it: driver.py ROOT CASES

ROOT is the project's folder. Each line of the file CASES is a Python literal, (operation, argument, ...);
for each a line with the outcome is printed, again a literal: ("ok", value), or (exception's class, text).
Runs on CPython, MicroPython and CircuitPython, within the heap and the library of a board.
"""

import gc
import sys


def main(root: str, cases: str) -> None:
    if sys.implementation.name == "micropython":
        import board_like

        board_like.become()
    sys.path.insert(0, root + "/firmware/lib")
    # At the end: modules of the interpreter's own come before files of the same name.
    sys.path.extend([root + "/firmware/lib/tokenfw/hardware", root])
    import operations

    with open(cases, encoding="utf-8") as file:
        for line in file:
            operation, *arguments = eval(line)
            show(repr(outcome(operations.find(operation), arguments)))
            gc.collect()


def outcome(operation: object, arguments: list) -> tuple:
    """Return what an operation came to. Every kind of failure is an outcome to be compared."""
    try:
        return "ok", operation(*arguments)
    except Exception as error:
        return type(error).__name__, str(error)


def show(literal: str) -> None:
    """Print a literal with the characters that some interpreters leave as they are escaped."""
    if len(literal) == len(literal.encode("utf-8")):
        print(literal)
        return
    for character in literal:  # one by one: a board has no room for a list of them
        print(character if ord(character) < 128 else f"\\U{ord(character):08x}", end="")
    print()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
