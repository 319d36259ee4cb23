"""Prints what breaks the rules of the house, as file:line: reason; ends with 1 if anything does."""

import pathlib
import sys

import rules


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2]
    faults = rules.check(root)
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
