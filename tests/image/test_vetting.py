"""Commands of one's own around a push: what they are given, and what is told when they fail."""

from __future__ import annotations

import json

import pytest

from buildgraph.chain import open_chain
from buildgraph.errors import StepFailed
from buildgraph.image.surplus import MARK, OURS
from buildgraph.image.vetting import Vetting
from buildgraph.manifests.image_command import SCANNED, ImageCommand
from buildgraph.process import Command
from buildgraph.project import open_project
from buildgraph.vetting import without_secrets
from tests.support.monorepo import Monorepo
from tests.support.runners import AnsweringRunner

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


def test_the_mark_of_a_signed_image_is_one_of_our_tags() -> None:
    """So `prune` lets it go with its image."""
    tag = "0123456789abcdef" * 2

    assert OURS.fullmatch(tag + MARK) and OURS.fullmatch(f"{tag}-0123456789ab{MARK}")
    assert not OURS.fullmatch(f"latest{MARK}")
