"""What `affected` and `why` share: the comparison that was asked for, and how a reason is told."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from typing import Any

from buildgraph.comparison import Comparison, compare
from buildgraph.console import on_one_line
from buildgraph.graph.nodes import Kind
from buildgraph.plan.affected import USER_KINDS
from buildgraph.plan.reasons import Reason
from buildgraph.project import Project
from buildgraph.since import DEPLOYED

# Reasons that are no difference between two values.
SENTENCES = {
    "new": "it does not run there",
    "unverified": "its smoke tests have not passed there",
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


def describe(reason: Reason) -> str:
    """A reason in one line: what differs and the way from it to the node."""
    sentence = SENTENCES.get(reason.kind, "")
    what = sentence.format(reason.name) if sentence else f"{reason.kind} {reason.name} {reason.change}"
    return on_one_line(" -> ".join([what, *reason.via[1:]]))


def reason_as_dict(reason: Reason) -> dict[str, Any]:
    """A reason as JSON: which of `path`, `node` and `package` it has depends on its kind."""
    key = {"file": "path", "template": "path", "dependency": "node"}.get(reason.kind, "name")
    return {
        "kind": reason.kind,
        key: reason.name,
        "before": reason.before or None,
        "after": reason.after or None,
        "via": list(reason.via),
    }
