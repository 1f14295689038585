"""The pnpm workspace: its files as frozen values, edges between projects, digests and pruned copies."""

from buildgraph.workspace.digests import importer_digest
from buildgraph.workspace.edges import Edge, links
from buildgraph.workspace.lockfile import LOCKFILE, Importer, Lockfile, Patch, parse_lockfile
from buildgraph.workspace.package import (
    DEVELOPMENT,
    GROUPS,
    OPTIONAL,
    PEER,
    PRODUCTION,
    Package,
    parse_package,
)
from buildgraph.workspace.projects import find_projects, owner_of, owners_of
from buildgraph.workspace.pruning import prune
from buildgraph.workspace.reading import Workspace, read_workspace
from buildgraph.workspace.rendering import render_lockfile
from buildgraph.workspace.root_files import (
    injected_folders,
    install_files,
    prune_root_package,
    prune_workspace_yaml,
)
from buildgraph.workspace.settings import NPMRC, WORKSPACE_FILE, WorkspaceSettings, parse_workspace_yaml

__all__ = [
    "DEVELOPMENT",
    "GROUPS",
    "LOCKFILE",
    "NPMRC",
    "OPTIONAL",
    "PEER",
    "PRODUCTION",
    "WORKSPACE_FILE",
    "Edge",
    "Importer",
    "Lockfile",
    "Package",
    "Patch",
    "Workspace",
    "WorkspaceSettings",
    "find_projects",
    "importer_digest",
    "injected_folders",
    "install_files",
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
