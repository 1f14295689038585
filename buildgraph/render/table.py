"""All that can be rendered: a further renderer is a module, a row here, and its name in `manifests/kinds.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from buildgraph.manifests.model import Manifests
from buildgraph.render.compose import render_compose
from buildgraph.render.env_files import render_env_files
from buildgraph.render.helm import FOLDER as HELM_FOLDER
from buildgraph.render.helm import render_helm
from buildgraph.render.host import FOLDER as HOST_FOLDER
from buildgraph.render.host import render_hosts
from buildgraph.render.kubernetes.committed import FOLDER, render_committed
from buildgraph.render.monitoring import FOLDER as MONITORING
from buildgraph.render.monitoring import render_monitoring
from buildgraph.render.rendered import Rendered
from buildgraph.render.tables import PATH, render_tables
from buildgraph.render.workflows import render_workflows

TABLE: Final[Mapping[str, Rendered]] = MappingProxyType(
    {
        "compose": Rendered("docker/compose.*.yml", render_compose),
        "env": Rendered("docker/env/*.env.example", render_env_files),
        "helm": Rendered(f"{HELM_FOLDER}/**/*", render_helm),
        "host": Rendered(f"{HOST_FOLDER}/*/*", render_hosts),
        "kubernetes": Rendered(f"{FOLDER}/**/*.yaml", render_committed),
        "monitoring": Rendered(f"{MONITORING}/**/*", render_monitoring),
        "tables": Rendered(PATH, render_tables),
        "workflows": Rendered("{workflows}/*.yml", render_workflows),
    }
)


def render_all(manifests: Manifests, names: Iterable[str]) -> dict[str, str]:
    """The texts of everything that is named, by path, sorted."""
    found = {path: text for name in names for path, text in TABLE[name].make(manifests).items()}
    return dict(sorted(found.items()))
