"""A scan before a push and a signature after it, by commands that stand in for Trivy and cosign."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.request import Request, urlopen

import pytest

from tests.support.hamlet import Hamlet, as_toml
from tests.support.search import MANIFESTS
from tests.support.starting import Ran

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1740)]

SCAN = ["sh", "-c", 'echo "$0" >>scanned; cat finding; test ! -e finding', "{image}"]
SIGN = ["sh", "-c", 'test ! -e broken && echo "$0" >>signed', "{digest}"]


@pytest.fixture(scope="module")
def hamlet(registry: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hamlet]:
    """A shop in a registry whose images are scanned and signed."""
    hamlet = Hamlet(tmp_path_factory.mktemp("vetted") / "shop", ("development", "staging"))
    hamlet.settings("staging", registry=f"{registry}/{hamlet.name}")
    hamlet.write(".gitignore", "scanned\nsigned\nfinding\nbroken\n")
    workspace = hamlet.root / "manifests/workspace.toml"
    name, rest = workspace.read_text().split("\n", 1)
    commands = {"scan": {"command": SCAN}, "sign": {"command": SIGN}}
    lines = [f"{key} = {as_toml(value)}" for key, value in commands.items()]
    workspace.write_text("\n".join([name, *lines, rest]))
    hamlet.commit()
    yield hamlet
    hamlet.raze()


def lines_of(hamlet: Hamlet, name: str) -> list[str]:
    """What a command has noted."""
    file = hamlet.root / name
    return file.read_text().splitlines() if file.exists() else []


def done(ran: Ran) -> list[str]:
    """The tasks that were run."""
    return sorted(line.split()[1] for line in ran.err.splitlines() if line.startswith("ok "))


def test_a_scan_that_fails_stops_push_and_deploy_and_one_that_passes_is_not_done_again(
    hamlet: Hamlet, registry: str
) -> None:
    """Pitfalls 41 and 42: what failed halfway goes on, and every tag of a push names the digest that was signed."""
    hamlet.write("finding", "CRITICAL CVE-2026-1\n")
    hamlet.says("mail", "mail 2")  # whatever of it runs already
    refused = [hamlet.run("push:api", "env=staging"), hamlet.run("deploy:mail")]
    (hamlet.root / "finding").unlink()
    hamlet.write("broken", "")
    unsigned = hamlet.run("push:api", "env=staging")
    (hamlet.root / "broken").unlink()
    pushed = hamlet.must("push:api", "env=staging")
    again = hamlet.must("push:api", "env=staging")
    looked = hamlet.must("scan:api", "env=staging", "force=yes")

    assert [ran.code for ran in refused] == [1, 1]
    assert "scan:api: the image is refused (sh ended with code 1)\n    CRITICAL CVE-2026-1" in refused[0].err
    assert done(refused[0]) == ["build:api"] and done(refused[1]) == ["build:mail"]
    assert (unsigned.code, done(unsigned)) == (1, ["scan:api"])
    assert "push:api: the image could not be signed (sh ended with code 1)" in unsigned.err
    assert (done(pushed), done(again), done(looked)) == (["push:api"], [], ["scan:api"])
    assert set(digests(registry, f"{hamlet.name}/api").values()) == {digest_of(lines_of(hamlet, "signed"))}
    assert len(digests(registry, f"{hamlet.name}/api")) == 3, "of the upload, the fingerprint, and the mark"
    looked_at = [line for line in lines_of(hamlet, "scanned") if "/api" in line]
    assert len(looked_at) == 4
    assert looked_at[0] == looked_at[1] == hamlet.images("api")[0]
    assert {*looked_at[2:]} == {*lines_of(hamlet, "signed")}, (
        "what the push before had left, and what is deployed"
    )


def test_what_runs_has_passed_where_there_is_no_registry(hamlet: Hamlet) -> None:
    first = hamlet.must("deploy:mail")
    again = hamlet.must("deploy:mail")

    assert done(first)[-2:] == ["deploy:mail", "scan:mail"]
    assert done(again) == []


def digest_of(signed: list[str]) -> str:
    """The one digest that was signed."""
    (line,) = signed
    return line.partition("@")[2]


def digests(registry: str, repository: str) -> dict[str, str]:
    """What every tag of a repository names."""
    address = f"http://{registry}/v2/{repository}"
    with urlopen(f"{address}/tags/list") as answer:
        tags = json.loads(answer.read())["tags"]
    asked = {tag: Request(f"{address}/manifests/{tag}", headers={"Accept": MANIFESTS}) for tag in tags}
    found = {}
    for tag, request in asked.items():
        with urlopen(request) as answer:
            found[tag] = answer.headers["Docker-Content-Digest"]
    return found
