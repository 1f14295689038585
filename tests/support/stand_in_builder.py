"""An image in place of BuildKit's, which cannot be had where these tests run.

Builders that buildx makes itself, in a container or on a cluster, are made of such an image. It holds stand-ins for
BuildKit's two programs, which lead to the real BuildKit inside of an engine; all between is real.
"""

from __future__ import annotations

import socket
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.programs import packed_programs
from tests.support.relay import Relay
from tests.support.remote_builder import dial_buildkit
from tests.support.system import docker

BUILDKIT = """FROM {programs}
COPY buildkitd buildctl /usr/bin/
ENTRYPOINT ["/usr/bin/buildkitd"]
"""
# It runs for as long as its container does.
DAEMON = "#!/bin/sh\nexec socat -u TCP-LISTEN:1,fork /dev/null\n"
# buildx asks by `debug workers` whether it is ready, and speaks to it by `dial-stdio`.
CONTROL = '#!/bin/sh\ncase "$*" in *dial-stdio*) exec socat STDIO TCP:{address} ;; esac\n'


@contextmanager
def stand_in_builder(engine: Path, folder: Path) -> Iterator[str]:
    """The image's name; it reaches the BuildKit of the engine at a socket over the bridge that containers are on."""
    gateway = docker("network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", "bridge").strip()
    name = f"t{uuid.uuid4().hex[:8]}/buildkit"
    programs = packed_programs("/bin/sh", "/usr/bin/socat")
    subprocess.run(
        ("docker", "import", "-", f"{name}:programs"), input=programs, check=True, capture_output=True
    )
    with socket.create_server((gateway, 0)) as listener, Relay(listener, lambda: dial_buildkit(engine)):
        made = {
            "Dockerfile": BUILDKIT.format(programs=f"{name}:programs"),
            "buildkitd": DAEMON,
            "buildctl": CONTROL.format(address=f"{gateway}:{listener.getsockname()[1]}"),
        }
        folder.mkdir()
        for path, text in made.items():
            (folder / path).write_text(text)
            (folder / path).chmod(0o755)
        docker("build", "-q", "-t", f"{name}:1", str(folder))
        yield f"{name}:1"
    docker("rmi", "-f", f"{name}:1", f"{name}:programs")
