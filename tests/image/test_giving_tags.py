"""A fingerprint tag and its mark: given after a last look, by whoever the registry takes something from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from buildgraph.errors import ToolError
from buildgraph.image.copying import carry_image
from buildgraph.image.engine import Engine
from buildgraph.image.registry import LEAST_WAIT, NEAR_WAIT, least_wait, push_image
from buildgraph.image.vetting import way_to_mark
from tests.support.carrier import Carrier, carrying
from tests.support.runners import AnsweringRunner
from tests.support.unwell import Answering, Unwell, answers, digest_of, served

IMAGE = "sha256:" + "1" * 64
MANIFEST = json.dumps({"schemaVersion": 2, "config": {}, "layers": []}).encode()
THEIRS = MANIFEST.replace(b"2", b"3")
TAG = "0123456789abcdef" * 2
GET, LOOK, PUT = f"GET web/manifests/{digest_of(MANIFEST)}", f"look web:{TAG}", f"PUT web/manifests/{TAG}"
BY_ENGINE = f"push web:{TAG}"


@pytest.fixture
def registry() -> Iterator[Unwell]:
    with served() as server:
        yield server


@pytest.fixture
def carrier(registry: Unwell, tmp_path: Path) -> Iterator[Carrier]:
    with carrying(tmp_path, registry, MANIFEST) as carrier:
        yield carrier


def push(engine: Engine, registry: Unwell, service: str = "web") -> tuple[str, list[str]]:
    """The digest that stands after a push, and what was told."""
    told: list[str] = []
    return push_image(engine, IMAGE, f"{registry.address}/{service}:{TAG}", told.append).digest, told


def after_upload(carrier: Carrier) -> list[str]:
    """What was asked once the image had been uploaded by a name of its own."""
    [(position, _)] = [found for found in enumerate(carrier.asked) if found[1].startswith(f"{BY_ENGINE}-")]
    return carrier.asked[position + 1 :]


def test_between_the_last_look_and_the_tag_lies_one_request(carrier: Carrier, registry: Unwell) -> None:
    """Pitfall 40: what takes its time comes before the look."""
    assert push(Engine(carrier.address), registry) == (digest_of(MANIFEST), [])

    assert after_upload(carrier) == [GET, LOOK, PUT, LOOK]


def test_a_login_is_exchanged_before_the_last_look_for_what_writing_needs(
    carrier: Carrier, registry: Unwell
) -> None:
    """A token that was given for reading alone would be asked for anew when the tag is put."""

    def with_token(asked: Answering) -> bool:
        carrier.hear(asked)
        place = f"http://{registry.address}/token"
        challenge = f'Bearer realm="{place}",service="it",scope="repository:web:pull"'
        if asked.path.startswith("/token"):
            asked.answer(200, json.dumps({"token": asked.path.rpartition("%3A")[2]}).encode())
        elif asked.headers.get("Authorization") != "Bearer pull%2Cpush":
            asked.answer(401, WWW_Authenticate=challenge)
        else:
            return False
        return True

    registry.ill = with_token
    push(Engine(carrier.address), registry)

    assert after_upload(carrier) == [GET, "GET /token", GET, LOOK, PUT, LOOK]


def test_a_tag_that_somebody_gave_while_ours_failed_is_not_written_over(
    carrier: Carrier, registry: Unwell
) -> None:
    """Pitfall 40: the engine, which is the other way, is asked only for what does not stand by then."""

    def too_late(asked: Answering) -> bool:
        if asked.command == "PUT":
            registry.held[asked.path] = THEIRS
        return asked.command == "PUT" and answers(503)(asked)

    registry.ill = too_late
    digest, told = push(Engine(carrier.address), registry)

    assert digest == digest_of(THEIRS)
    assert BY_ENGINE not in carrier.asked
    assert told == [
        f"{registry.address}/web:{TAG} was published by somebody else at the same time; theirs stands"
    ]


def test_uploads_of_one_image_have_names_of_their_own_which_the_engine_loses(
    carrier: Carrier, registry: Unwell
) -> None:
    """Two processes on one engine push the same image: neither takes the other's name away."""
    engine = Engine(carrier.address)
    push(engine, registry)
    registry.held.clear()
    push(engine, registry)

    uploads = [asked for asked in carrier.asked if asked.startswith(f"{BY_ENGINE}-")]
    assert len({*uploads}) == len(uploads) == 2
    assert carrier.names == {f"{registry.address}/web:{TAG}"}


def test_the_name_of_an_upload_goes_also_when_the_push_fails_or_it_is_gone(
    carrier: Carrier, registry: Unwell
) -> None:
    registry.ill = lambda asked: asked.command == "PUT" and answers(503)(asked)
    carrier.refuses = f"web:{TAG}"
    with pytest.raises(ToolError, match=f"PUT web/manifests/{TAG}: 503"):
        push(Engine(carrier.address), registry)
    assert not carrier.names & {name for name in carrier.names if f"{TAG}-" in name}

    def forgets(asked: Answering) -> bool:
        carrier.names.clear()
        return False

    carrier.refuses, registry.ill = "", forgets
    assert push(Engine(carrier.address), registry)[0] == digest_of(MANIFEST)


def test_a_registry_that_the_engine_alone_can_speak_to_is_found_out_once(
    carrier: Carrier, registry: Unwell
) -> None:
    """So an answer that does not come is waited for once, and not for every image."""

    def refusing(asked: Answering) -> bool:
        carrier.hear(asked)
        return answers(403)(asked)

    registry.ill = refusing
    engine = Engine(carrier.address)
    digests = {push(engine, registry, service)[0] for service in ("web", "api", "mail")}

    assert digests == {digest_of(MANIFEST)}
    assert [asked for asked in carrier.asked if asked.startswith("GET")] == [GET]
    assert {BY_ENGINE, f"push api:{TAG}", f"push mail:{TAG}"} < {*carrier.asked}


def test_an_image_that_is_carried_leaves_the_tag_to_whoever_gave_it_meanwhile(
    carrier: Carrier, registry: Unwell
) -> None:
    """Pitfall 40: a copy may take minutes, so it is made under a name beside the tag."""
    push(Engine(carrier.address), registry)
    digest, reference = digest_of(MANIFEST), f"{registry.address}/live:{TAG}"
    beside, place = f"{reference}-{digest[7:19]}", f"/v2/live/manifests/{TAG}"

    def meanwhile(asked: Answering) -> bool:
        if asked.command == "PUT":
            registry.held[place] = THEIRS
        return carrier.hear(asked)

    def carry() -> str:
        return carry_image(
            Engine(carrier.address),
            AnsweringRunner(),
            f"{registry.address}/web@{digest}",
            reference,
            told.append,
        )

    told: list[str] = []
    registry.ill = meanwhile
    assert carry() == beside
    assert registry.held[place] == THEIRS
    assert len(told) == 1
    carrier.asked.clear()
    assert carry() == beside
    assert not [asked for asked in carrier.asked if asked.startswith("PUT")], "it is there"

    del registry.held[place]
    registry.ill = carrier.hear
    assert (carry(), registry.held[place]) == (reference, MANIFEST)


def test_a_mark_that_the_registry_takes_from_others_only_is_copied_and_told_when_it_is_not_there(
    carrier: Carrier, registry: Unwell
) -> None:
    push(Engine(carrier.address), registry)
    reference, runner = f"{registry.address}/web:{TAG}", AnsweringRunner()
    registry.ill = answers(403)

    mark = way_to_mark(Engine(carrier.address), runner, reference, digest_of(MANIFEST))
    assert runner.commands == [], "nothing is marked before it was signed"
    with pytest.raises(ToolError, match="REQUESTS_CA_BUNDLE"):
        mark()
    registry.held[f"/v2/web/manifests/{TAG}-signed"] = MANIFEST
    mark()

    source = f"{registry.address}/web@{digest_of(MANIFEST)}"
    assert runner.commands[0].argv[-3:] == ("--tag", f"{reference}-signed", source)


def test_a_mark_is_one_more_tag_of_the_same_bytes(carrier: Carrier, registry: Unwell) -> None:
    push(Engine(carrier.address), registry)

    way_to_mark(
        Engine(carrier.address), AnsweringRunner(), f"{registry.address}/web:{TAG}", digest_of(MANIFEST)
    )()

    assert registry.held[f"/v2/web/manifests/{TAG}-signed"] == MANIFEST


def test_only_where_no_network_lies_between_is_the_pause_short() -> None:
    assert (least_wait("127.0.0.1:5000/web:1"), least_wait("ghcr.io/acme/web:1")) == (NEAR_WAIT, LEAST_WAIT)


@pytest.mark.parametrize(
    ("info", "keeps"),
    [
        ({"DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]]}, True),
        ({"DriverStatus": [["Backing Filesystem", "extfs"]]}, False),
        ({"DriverStatus": None}, False),
    ],
)
def test_an_engine_tells_whether_containerd_keeps_its_images(
    carrier: Carrier, info: dict[str, object], keeps: bool
) -> None:
    carrier.info = info

    assert Engine(carrier.address).keeps_several is keeps
