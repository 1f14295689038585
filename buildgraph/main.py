"""The console script: it has git begin at once, then loads the program and runs the command line."""

import sys
from collections.abc import Sequence

from buildgraph.early import ask_git


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code (0, 1, 2, 3 or 130); nothing is raised."""
    argv = list(sys.argv[1:] if arguments is None else arguments)
    ask_git(argv)
    from buildgraph.program import run

    return run(argv)


if __name__ == "__main__":
    sys.exit(main())
