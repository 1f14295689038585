"""What `affected` and `why` share: the comparison that was asked for, and how a reason is told."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from typing import Any, Final

from buildgraph.comparison import Comparison, compare
from buildgraph.graph.nodes import Kind
from buildgraph.harmless import on_one_line
from buildgraph.plan.affected import USER_KINDS, Affected
from buildgraph.plan.reasons import Reason
from buildgraph.project import Project
from buildgraph.since import DEPLOYED
from buildgraph.workspace.projects import LOCKFILE, OF_THE_ROOT, ROOT

FORMAT_VERSION = 1
# Reasons of each node in a list of nodes: what is new may have thousands, in hundreds of nodes.
MOST_LISTED: Final = 100
# Reasons that are no difference between two values.
SENTENCES = {
    "new": "it does not run there",
    "unverified": "its smoke tests have not passed there",
    "unrecorded": "its release is not recorded there as it is now",
    "unresolved-base": "unresolved-base {}",
}


def compare_asked(
    project: Project, options: argparse.Namespace, kinds: Collection[Kind] = USER_KINDS
) -> Comparison:
    """Compare what `--base` and `--head` name; `--base deployed:ENV` is what runs there."""
    if (options.base or "").startswith(DEPLOYED):
        from buildgraph.deployed import compare_deployed

        return compare_deployed(project, options.base, options.head, kinds)
    return compare(project, options.base, options.head, kinds)


def reasons_of(comparison: Comparison, found: Affected) -> tuple[Reason, ...]:
    """The reasons of a node, with the published packages by name where a lockfile is one."""
    told: list[Reason] = []
    for reason in found.reasons:
        folder = _importer(comparison, reason)
        told += [reason] if folder is None else _by_package(comparison, reason, folder)
    return tuple(dict.fromkeys(told))


def reasons_as_dict(comparison: Comparison, found: Affected) -> dict[str, Any]:
    """A node's first reasons as JSON, MOST_LISTED at most, and how many more there are: `why` tells them all."""
    reasons = reasons_of(comparison, found)
    listed = reasons[:MOST_LISTED]
    return {
        "reasons": list(map(reason_as_dict, listed)),
        "more_reasons": len(reasons) - len(listed),
    }


def _importer(comparison: Comparison, reason: Reason) -> str | None:
    """The folder of the project whose installed packages are the reason, or None."""
    if reason.kind != "lockfile" or comparison.base is None or not comparison.nodes:
        return None
    if reason.name == OF_THE_ROOT:
        return ROOT
    node = comparison.head.graph.nodes.get(reason.via[0]) if reason.name == LOCKFILE and reason.via else None
    return node.path if node is not None and node.kind is Kind.PACKAGE else None


def _by_package(comparison: Comparison, reason: Reason, folder: str) -> list[Reason]:
    """One reason per package that is installed otherwise; the lockfile as a whole where none tells it."""
    from buildgraph.workspace.installed import installed_changes

    assert comparison.base is not None
    before, after = (picture.workspace.lockfile for picture in (comparison.base, comparison.head))
    changes = installed_changes(before, after, folder)
    return [reason._replace(name=c.name, before=c.before, after=c.after) for c in changes] or [reason]


def sides_as_dict(comparison: Comparison) -> dict[str, Any]:
    """What was compared, as JSON: the commits, and whether the base is known."""
    return {
        "base": {"ref": comparison.base_ref, "commit": comparison.base_commit},
        "head": {"ref": comparison.head_ref, "commit": comparison.head_commit},
        "complete": comparison.complete,
    }


def describe(reason: Reason) -> str:
    """A reason in one line: what differs and the way from it to the node."""
    sentence = SENTENCES.get(reason.kind, "")
    what = sentence.format(reason.name) if sentence else f"{reason.kind} {reason.name} {_change(reason)}"
    # a file's path tells whose it is; anything else is told with the node that it belongs to
    way = reason.via[1:] if reason.kind == "file" or len(reason.via) < 2 else reason.via
    return on_one_line(" -> ".join([what, *way]))


def _change(reason: Reason) -> str:
    """How it differs; a published package tells its versions."""
    if not _is_package(reason):
        return reason.change if reason.before or reason.after else "cannot be read"
    if reason.before and reason.after and reason.before != reason.after:
        return f"{reason.before} became {reason.after}"
    return f"{reason.after or reason.before} {reason.change}"


def _is_package(reason: Reason) -> bool:
    return reason.kind == "lockfile" and not reason.name.startswith(LOCKFILE)


def reason_as_dict(reason: Reason) -> dict[str, Any]:
    """A reason as JSON: which of `path`, `node`, `package` and `name` it has depends on its kind."""
    key = {"file": "path", "template": "path", "dependency": "node"}.get(reason.kind, "name")
    key = "package" if _is_package(reason) else key
    return {
        "kind": reason.kind,
        key: reason.name,
        "before": reason.before or None,
        "after": reason.after or None,
        "via": list(reason.via),
    }
