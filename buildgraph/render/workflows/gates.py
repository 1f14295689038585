"""When a job runs, as GitHub's expressions; jobs are gated, never whole workflows.

A workflow that a filter of paths leaves out reports nothing, and a check that is required waits for it for ever. A job
that its `if` leaves out counts as skipped, which passes.

GitHub: "Evaluate expressions in workflows and actions", status check functions. A job without such a function in its
`if` is skipped as soon as anything before it was, however far before; so what shall run after a skipped job says
`!cancelled()`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

BRANCH: Final = "main"
EMPTY: Final = '{"include":[]}'  # what `affected --format github` says when no image is affected
ALWAYS: Final = "${{ always() }}"
IS_PUSH: Final = "github.event_name == 'push'"
IS_NO_PUSH: Final = "github.event_name != 'push'"
IS_MAIN: Final = f"github.ref == 'refs/heads/{BRANCH}'"
HAS_IMAGES: Final = f"needs.affected.outputs.images != '{EMPTY}'"


def to_build() -> str:
    """Of a change that is asked for: its images are built and stay where they were."""
    return _all(IS_NO_PUSH, HAS_IMAGES)


def to_push() -> str:
    """Of a change that is in: its images are published. An empty matrix is no job, and no failure."""
    return _all(IS_PUSH, HAS_IMAGES)


def to_deploy(before: Iterable[str], published: str = "") -> str:
    """After `before` have passed, and `published` has, or had nothing to do.

    Also when no image is affected: a variable may have changed, or the deploy before may have failed.
    """
    passed = [f"needs.{job}.result == 'success'" for job in before]
    pushed = [f'contains(fromJSON(\'["success","skipped"]\'), needs.{published}.result)'] if published else []
    return _all("!cancelled()", IS_PUSH, IS_MAIN, *passed, *pushed)


def unless_all_passed() -> str:
    """For the step by which the job that branch protection requires fails."""
    return "${{ contains(needs.*.result, 'failure') || contains(needs.*.result, 'cancelled') }}"


def _all(*conditions: str) -> str:
    return f"${{{{ {' && '.join(conditions)} }}}}"
