"""Runs one command and writes down its seconds, peak KiB and exit code: python -I -S spawn.py FILE COMMAND…

A process of its own that imports next to nothing: Linux counts what its starter takes into a command's peak.
"""

import os
import sys
import time

figures, *argv = sys.argv[1:]
start = time.perf_counter()
_, status, usage = os.wait4(os.posix_spawnp(argv[0], argv, os.environ), 0)
seconds = time.perf_counter() - start
with open(figures, "w") as file:  # noqa: PTH123  # pathlib is an import too many
    file.write(f"{seconds} {usage.ru_maxrss} {os.waitstatus_to_exitcode(status)}")
