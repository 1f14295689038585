"""Which worker runs a test: what shares something stays together, and whoever may take long begins early."""

from __future__ import annotations

import re
from functools import cache

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.support.system import ROOT

COLLECTED = pytest.StashKey[frozenset[str]]()
SHARES = re.compile(r'scope="module"|\bxdist_group\("(?P<name>.+?)"\)')


class Together(LoadScopeScheduling):
    """Tests one by one to whoever is free; those of a module that makes something once for them, together.

    Modules that bear one `xdist_group("name")` are together, too. With pytest 9.2, xdist's own way finds no group.
    """

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid) or nodeid


@cache
def _group_in(file: str) -> str:
    shares = SHARES.search((ROOT / file).read_text())
    return shares.group("name") or file if shares else ""


def group_of(nodeid: str) -> str:
    """The name of those that a test stays with; "" for one that shares nothing."""
    return _group_in(nodeid.partition("::")[0])


def turn(item: pytest.Item) -> tuple[bool, float]:
    """What tests are sorted by: groups first, and of these or the others who may take longest, by its own word."""
    mark = item.get_closest_marker("timeout")
    return not group_of(item.nodeid), -float(mark.args[0]) if mark else 0.0
