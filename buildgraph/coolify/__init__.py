"""Services as applications of a Coolify server, reached through its HTTP API; it prints nothing."""

from buildgraph.coolify.on_coolify import CoolifyPlatform
from buildgraph.coolify.place import CoolifyPlace

__all__ = ["CoolifyPlace", "CoolifyPlatform"]
