"""The ways out where a registry refuses, or is not reached, so that no login would help."""

from __future__ import annotations

from typing import Final

NOT_REACHED: Final = "it is not reached from here: see whether it runs, its name and the network"
LOG_IN: Final = "check that it runs and that you may use it: `docker login {}`"
