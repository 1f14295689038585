"""What it means where a registry refuses, is not reached, or fails for the moment, and the ways out."""

from __future__ import annotations

from typing import Final

NOT_REACHED: Final = "it is not reached from here: see whether it runs, its name and the network"
# Seconds after which one that fails (HTTP 5xx) is asked again: those that keep tags in files answer 500 while somebody
# writes the tag, as of several machines that publish the same.
SOON: Final = (0.1, 0.3, 0.9)
LOG_IN: Final = "check that it runs and that you may use it: `docker login {}`"
