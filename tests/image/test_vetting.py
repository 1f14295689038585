"""Commands of one's own around a push: what they are given, and what is told when they fail."""

from __future__ import annotations

import pytest

from buildgraph.errors import StepFailed
from buildgraph.image.surplus import MARK, OURS
from buildgraph.image.vetting import Vetting
from buildgraph.manifests.image_command import SCANNED, ImageCommand
from buildgraph.process import Command
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


def test_the_mark_of_a_signed_image_is_one_of_our_tags() -> None:
    """So `prune` lets it go with its image."""
    tag = "0123456789abcdef" * 2

    assert OURS.fullmatch(tag + MARK) and OURS.fullmatch(f"{tag}-0123456789ab{MARK}")
    assert not OURS.fullmatch(f"latest{MARK}")
