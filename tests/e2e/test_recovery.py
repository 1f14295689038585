"""The runbooks of docs/RECOVERY.md: after the damage that a section speaks of, its commands bring all back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from tests.e2e.test_readme import run
from tests.support.system import ROOT, System, docker
from tests.support.transcripts import matches, steps_of

pytestmark = [pytest.mark.engine, pytest.mark.timeout(2700), pytest.mark.xdist_group("the chat")]
DOCUMENT = (ROOT / "docs/RECOVERY.md").read_text()
SECTIONS: Mapping[str, str] = dict(
    re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)
)
PAGE = "apps/chat/apps/landing/src/pages/index.astro"
BAD = "<p>the bad version</p>"


@dataclass(frozen=True)
class Disaster:
    """What happens before a section is followed, and what must hold afterwards."""

    strike: Callable[[System], object]
    is_mended: Callable[[System], bool]


def sql(system: System, text: str) -> str:
    """What the chat's database answers."""
    container = f"{system.name}-development-postgres"
    return docker("exec", container, "psql", "-U", "manacore", "-d", "chat", "-A", "-t", "-c", text).strip()


def messages(system: System) -> list[str]:
    """The texts of all messages, through the public route."""
    status, body = system.get("api-chat.localhost", "/api/messages")
    return [message["body"] for message in json.loads(body)["messages"]] if status == 200 else []


def deploy_bad_version(system: System) -> None:
    system.append(PAGE, BAD)
    deployed = system.doit("deploy:chat")
    assert deployed.code == 0, deployed.err
    system.revert()
    assert BAD in system.get("chat.localhost")[1]


DISASTERS: Mapping[str, Disaster] = {
    "Before anything happens": Disaster(lambda system: None, lambda system: "first" in messages(system)),
    "A version is bad": Disaster(
        deploy_bad_version, lambda system: BAD not in system.get("chat.localhost")[1]
    ),
    "Rows were deleted by mistake": Disaster(
        lambda system: sql(system, "delete from messages where body = 'first'"),
        lambda system: "first" in messages(system),
    ),
    "A database is damaged": Disaster(
        lambda system: sql(system, "drop table messages cascade"),
        lambda system: "first" in messages(system),
    ),
    "A host is lost": Disaster(
        lambda system: system.buildgraph("down", "--volumes"), lambda system: "first" in messages(system)
    ),
}
# The first makes the backups that the others live on; script/test has time for the worst of those.
SHORT, WHOLE = ("Before anything happens", "A host is lost"), tuple(DISASTERS)


@pytest.mark.parametrize(
    "titles", [SHORT, pytest.param(WHOLE, marks=pytest.mark.long)], ids=["the worst", "all"]
)
def test_every_runbook_mends_what_it_is_for(system: System, titles: tuple[str, ...]) -> None:
    assert list(SECTIONS)[: len(DISASTERS)] == list(DISASTERS)
    sql(system, "insert into messages(author, body) values ('ada', 'first')")

    for title in titles:
        disaster = DISASTERS[title]
        disaster.strike(system)
        follow(system, SECTIONS[title])
        assert disaster.is_mended(system), title


def follow(system: System, section: str) -> None:
    """Run the commands of a section as they stand, in this system's own name."""
    blocks = list(steps_of(section.replace("manacore-development-", f"{system.name}-development-")))
    assert blocks
    for step in (step for block in blocks for step in block):
        printed = run(system.root, step.command)
        assert matches(step.expected, printed), f"$ {step.command}\n{printed}"
