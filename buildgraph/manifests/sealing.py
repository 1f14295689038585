"""What every service's container may do, on any platform: a user without rights, and a folder in memory."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

USER_ID: Final = 1001
USER: Final = f"{USER_ID}:{USER_ID}"
SCRATCH_MEGABYTES: Final = 64
SCRATCH: Final = MappingProxyType({"/tmp": f"rw,noexec,nosuid,nodev,size={SCRATCH_MEGABYTES}m,mode=1777"})
