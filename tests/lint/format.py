"""Ends with 1, and says where, if a C++ file is not laid out as .clang-format says."""

import pathlib
import subprocess
import sys

import rules


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    sources = [path for path, _ in rules.files(root) if path.suffix in (".cc", ".h")]
    if not sources:
        sys.exit("format: found no file to look at")
    command = ["clang-format-19", "--dry-run", "--Werror", *map(str, sources)]
    sys.exit(subprocess.run(command, cwd=root, check=False).returncode)


if __name__ == "__main__":
    main()
