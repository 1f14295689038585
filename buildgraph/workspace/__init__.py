"""The pnpm workspace: its files as frozen values, edges between projects, digests and pruned copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildgraph.lazy import offering
from buildgraph.workspace.projects import LOCKFILE, WORKSPACE_FILE

if TYPE_CHECKING:
    from buildgraph.workspace.digests import (
        importer_digest,
        install_digest,
        installs_anything,
    )
    from buildgraph.workspace.edges import (
        Edge,
        links,
    )
    from buildgraph.workspace.framing import (
        Frame,
        Frames,
    )
    from buildgraph.workspace.lockfile import Lockfile, Patch
    from buildgraph.workspace.lockfile_parsing import parse_lockfile
    from buildgraph.workspace.package import (
        DEVELOPMENT,
        GROUPS,
        PEER,
        PRODUCTION,
        Package,
        parse_package,
    )
    from buildgraph.workspace.projects import (
        find_projects,
        owner_of,
        owners_of,
    )
    from buildgraph.workspace.pruning import (
        prune,
    )
    from buildgraph.workspace.reading import (
        Workspace,
        read_workspace,
    )
    from buildgraph.workspace.rendering import (
        render_lockfile,
    )
    from buildgraph.workspace.root_files import (
        injected_folders,
        install_files,
        prune_root_package,
        prune_workspace_yaml,
    )
    from buildgraph.workspace.settings import NPMRC, WorkspaceSettings, parse_workspace_yaml

__all__ = [
    "DEVELOPMENT",
    "GROUPS",
    "LOCKFILE",
    "NPMRC",
    "PEER",
    "PRODUCTION",
    "WORKSPACE_FILE",
    "Edge",
    "Frame",
    "Frames",
    "Lockfile",
    "Package",
    "Patch",
    "Workspace",
    "WorkspaceSettings",
    "find_projects",
    "importer_digest",
    "injected_folders",
    "install_digest",
    "install_files",
    "installs_anything",
    "links",
    "owner_of",
    "owners_of",
    "parse_lockfile",
    "parse_package",
    "parse_workspace_yaml",
    "prune",
    "prune_root_package",
    "prune_workspace_yaml",
    "read_workspace",
    "render_lockfile",
]

__getattr__ = offering(
    __name__,
    {
        "DEVELOPMENT": "package",
        "Edge": "edges",
        "Frame": "framing",
        "Frames": "framing",
        "GROUPS": "package",
        "LOCKFILE": "projects",
        "Lockfile": "lockfile",
        "NPMRC": "settings",
        "PEER": "package",
        "PRODUCTION": "package",
        "Package": "package",
        "Patch": "lockfile",
        "WORKSPACE_FILE": "projects",
        "Workspace": "reading",
        "WorkspaceSettings": "settings",
        "find_projects": "projects",
        "importer_digest": "digests",
        "injected_folders": "root_files",
        "install_digest": "digests",
        "install_files": "root_files",
        "installs_anything": "digests",
        "links": "edges",
        "owner_of": "projects",
        "owners_of": "projects",
        "parse_lockfile": "lockfile_parsing",
        "parse_package": "package",
        "parse_workspace_yaml": "settings",
        "prune": "pruning",
        "prune_root_package": "root_files",
        "prune_workspace_yaml": "root_files",
        "read_workspace": "reading",
        "render_lockfile": "rendering",
    },
)
