"""A hamlet of a few megabytes: its images are pushed and pulled in no time."""

from __future__ import annotations

from pathlib import Path

from tests.support.hamlet import Hamlet

GROUND = """FROM haproxy:2.9 AS all
USER root
RUN mkdir /out && cp "$(command -v haproxy)" /out/haproxy \\
  && for file in $(ldd /out/haproxy | grep -o '/[^ ]*'); do mkdir -p "/out${file%/*}" && cp -L "$file" "/out$file"; done
FROM scratch
COPY --from=all /out/ /
"""
SERVICE = """FROM shop/ground:1
COPY services/{name}/haproxy.cfg /
CMD ["/haproxy", "-f", "/haproxy.cfg"]
"""
ANSWERING = """defaults
  mode http
  timeout client 10s
  timeout server 10s
  timeout connect 10s
frontend all
  bind ":${{PORT}}"
  http-request return status 200 content-type text/plain string "{words}"
"""


class Small(Hamlet):
    """The same services as a few megabytes: `ground` has nothing but HAProxy in it, which answers by itself."""

    def __init__(self, root: Path, environments: tuple[str, ...]) -> None:
        super().__init__(root, environments)
        self.write("services/ground/Dockerfile", GROUND)
        self.declare("ground", ground={"base_of": "shop/ground:1", "deployed": False, "port": 3004})
        for service in ("api", "mail", "web"):
            self.write(f"services/{service}/Dockerfile", SERVICE.format(name=service))

    def says(self, service: str, words: str) -> None:
        """Have a service answer these words."""
        self.write(f"services/{service}/haproxy.cfg", ANSWERING.format(words=words))
