"""What this repository has rendered for servers."""

from __future__ import annotations

import pytest

from tests.support.system import ROOT

SERVERS = sorted((ROOT / "docker/host").iterdir())  # a folder for each environment that has a server
EVERY_SERVER = pytest.mark.parametrize("server", SERVERS, ids=lambda folder: folder.name)
