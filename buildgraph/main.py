"""The console script: it has git begin at once, then loads the program and runs the command line."""

import os
import sys

from buildgraph.early import ask_git

# Where these were loaded there may be something to end: threads, connections, temporary files.
LASTING = ("doit", "docker")


def main(arguments: list[str] | None = None) -> int:
    """Run one command line and return its exit code (0, 1, 2, 3 or 130); nothing is raised."""
    argv = list(sys.argv[1:] if arguments is None else arguments)
    ask_git(argv)
    from buildgraph.program import run

    return run(argv)


def script() -> None:
    """Run this process's command line and end with its exit code.

    An answer that was only read out ends at once: to take a large graph apart piece by piece, as Python does at
    its end, takes longer than many a question.
    """
    code = main()
    if not any(name in sys.modules for name in LASTING):
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    script()
