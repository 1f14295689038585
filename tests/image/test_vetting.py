"""Commands of one's own around a push: what they are given, and what is told when they fail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from buildgraph.builder import Builder
from buildgraph.chain import open_chain
from buildgraph.errors import StepFailed
from buildgraph.image.surplus import MARK, OURS
from buildgraph.image.vetting import Vetting
from buildgraph.manifests.image_command import SCANNED, ImageCommand
from buildgraph.process import Command
from buildgraph.project import open_project
from buildgraph.vetting import publish, scan, without_secrets
from tests.support.carrier import Carrier, carrying
from tests.support.monorepo import Monorepo
from tests.support.runners import AnsweringRunner
from tests.support.unwell import digest_of, served

SCAN = ImageCommand(("trivy", "image", "--format={{.Severity}}", "--input={image}"))


def test_the_image_stands_where_the_placeholder_does_and_other_braces_stay() -> None:
    assert SCAN.of(SCANNED, "acme/web:1") == (
        "trivy",
        "image",
        "--format={{.Severity}}",
        "--input=acme/web:1",
    )


def test_a_command_that_fails_is_told_with_what_it_said_and_without_secrets() -> None:
    vetting = Vetting(
        AnsweringRunner(3, ["found hunter2"]), "scan:web", lambda said: said.replace("hunter2", "***")
    )

    with pytest.raises(StepFailed) as failed:
        vetting.run(Command(("trivy", "image")), "the image is refused")

    assert str(failed.value) == "scan:web: the image is refused (trivy ended with code 3)\n    found ***"


def test_what_a_command_said_is_shown_only_when_the_secrets_in_it_are_known(repo: Monorepo) -> None:
    """A runner that pushes may lack the program that tells secrets of containers."""
    repo.plain_service("web", "FROM scratch\n", port=80)
    repo.append("manifests/products/web.toml", "env.TOKEN = { secret = true }\n")
    chosen = {"known": ["echo", "hunter2"], "unknown": ["false"]}
    for port, (name, argv) in enumerate(chosen.items(), start=8480):
        repo.write(
            f"manifests/environments/{name}.toml",
            f"proxy_port = {port}\nsecret_commands.TOKEN = {json.dumps(argv)}\n",
        )
    repo.commit()

    shown = {
        name: without_secrets(open_chain(open_project(repo.root), name).builder, "found hunter2")
        for name in chosen
    }

    assert shown["known"] == "found ***"
    assert "hunter2" not in shown["unknown"]
    assert shown["unknown"].startswith(
        "what it said is not shown, for the secrets to be left out are not known:\n"
    )


MANIFEST = json.dumps({"schemaVersion": 2, "config": {}, "layers": []}).encode()


@pytest.fixture
def shop(
    repo: Monorepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Builder, Carrier]]:
    """A builder of one service, whose image is on an engine, for an environment whose registry has none."""
    with served() as registry, carrying(tmp_path, registry, MANIFEST) as carrier:
        monkeypatch.setenv("DOCKER_HOST", carrier.address)
        repo.plain_service("web", "FROM scratch\n", port=80)
        noted = 'echo "$0 $1" >>noted'
        scan, sign = ["sh", "-c", noted, "scan", "{image}"], ["sh", "-c", noted, "sign", "{digest}"]
        commands = f"[scan]\ncommand = {json.dumps(scan)}\n[sign]\ncommand = {json.dumps(sign)}\n"
        repo.append("manifests/workspace.toml", commands)
        settings = f'proxy_port = 8480\nregistry = "{registry.address}/acme"\n'
        repo.write("manifests/environments/staging.toml", settings)
        repo.commit()
        yield open_chain(open_project(repo.root), "staging").builder, carrier


def noted(builder: Builder) -> list[str]:
    """What was scanned and signed, with its place in the registry left out."""
    file = builder.project.folder / "noted"
    lines = file.read_text().splitlines() if file.exists() else []
    return [
        line.replace(f"{builder.environment.registry}/web@{digest_of(MANIFEST)}", "published")
        for line in lines
    ]


def test_a_scan_looks_at_what_is_deployed(shop: tuple[Builder, Carrier]) -> None:
    """What is on the engine may be another build of the same fingerprint than the registry has."""
    builder, carrier = shop
    scan(builder, "web")
    carrier.publish(f"acme/web:{builder.picture.fingerprint('web')}")
    scan(builder, "web")

    assert noted(builder) == [f"scan {builder.picture.local_reference('web')}", "scan published"]


def test_what_this_push_has_brought_is_signed_once(shop: tuple[Builder, Carrier]) -> None:
    builder, _ = shop
    publish(builder, "web")
    publish(builder, "web")

    assert noted(builder) == ["sign published"]


def test_what_others_have_put_under_a_tag_is_scanned_before_it_is_signed(
    shop: tuple[Builder, Carrier],
) -> None:
    builder, carrier = shop
    carrier.publish(f"acme/web:{builder.picture.fingerprint('web')}")
    publish(builder, "web")
    publish(builder, "web")

    assert noted(builder) == ["scan published", "sign published"]


def test_the_mark_of_a_signed_image_is_one_of_our_tags() -> None:
    """So `prune` lets it go with its image."""
    tag = "0123456789abcdef" * 2

    assert OURS.fullmatch(tag + MARK) and OURS.fullmatch(f"{tag}-0123456789ab{MARK}")
    assert not OURS.fullmatch(f"latest{MARK}")
