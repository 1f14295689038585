"""What a product's smoke tests have proved: the word holds for these versions with these tests, and for no others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from buildgraph.deploy.proof import holds_again, lacking, proof_of
from buildgraph.deploy.releases import Release, ReleasedService, next_name, parse_release, render_release
from buildgraph.graph.nodes import digest_of_pairs
from buildgraph.manifests.model import Environment, Service, SmokeTest
from buildgraph.place.model import Target

ANSWERS = SmokeTest("it answers", contains="api", within=5.0)
API = Service("api", "shop", "dockerfile", "api", smoke=(ANSWERS,))
WEB = Service("web", "shop", "dockerfile", "web")
EDITED = replace(API, smoke=(replace(ANSWERS, contains="Checkout"),))


def targets(api: Service = API, api_version: str = "1", web: Service = WEB) -> list[Target]:
    return [Target(api, "image", "", api_version), Target(web, "image", "", "1")]


def release(*parts: Target, name: str = "shop-0001") -> Release:
    services = (ReleasedService(t.service, t.image, "", t.fingerprint) for t in parts)
    return Release(name, "shop", tuple(services))


@pytest.mark.parametrize(
    "other",
    [
        targets(EDITED),
        targets(replace(API, smoke=())),
        targets(replace(API, smoke=(ANSWERS, replace(ANSWERS, path="/health")))),
        targets(web=replace(WEB, smoke=(ANSWERS,))),
        targets(api_version="2"),
        targets()[:1],
        targets(replace(API, breaking=1)),
    ],
    ids=[
        "an edited test",
        "no test",
        "a test more",
        "one of another service",
        "a version",
        "a service less",
        "a mark that a release has to tell",
    ],
)
def test_another_test_is_not_proved_by_those_that_passed(other: list[Target]) -> None:
    assert proof_of(other) != proof_of(targets())


def test_what_no_test_sees_counts_for_nothing() -> None:
    assert proof_of(reversed(targets())) == proof_of(targets(replace(API, depends_on=("web",))))


def test_a_product_without_tests_has_the_word_that_earlier_versions_gave_it() -> None:
    bare = targets(replace(API, smoke=()))

    assert proof_of(bare) == digest_of_pairs([("api", "1"), ("web", "1")])


def test_marks_and_tests_give_the_word_that_earlier_versions_gave_for_them() -> None:
    test = (
        '{"body": "", "contains": "api", "method": "GET", "name": "it answers", "path": "/", "status": 200, '
        '"within": 5.0, "writes": false}'
    )
    told = [("api", "1"), ("api", "1", "breaking 2"), ("api", "1", test), ("web", "1")]

    assert proof_of(targets(replace(API, breaking=2))) == digest_of_pairs(told)


def test_a_plan_speaks_of_smoke_tests_only_where_a_service_has_some() -> None:
    assert lacking(targets()) == "its smoke tests have not passed yet"
    assert (
        lacking(targets(replace(API, smoke=()))) == "its release is not recorded as the manifests have it now"
    )


def test_a_record_proves_what_was_recorded() -> None:
    class Discreet:
        environment = Environment("test")

        def redact(self, text: str) -> str:
            return text

    text = render_release(Discreet(), release(*targets()), None).decode()

    assert proof_of(parse_release("shop-0001", "shop", text).services) == proof_of(targets())


RUNS = {"api": "1", "web": "1"}


@pytest.mark.parametrize(
    ("wanted", "holds"),
    [
        (targets(), True),
        (targets(api_version="2"), True),
        (targets(EDITED, "2"), True),
        (targets(EDITED), False),
        (targets(api_version="2", web=replace(WEB, smoke=(ANSWERS,))), False),
    ],
    ids=[
        "the same was interrupted",
        "another version was undone",
        "another version with a test of its own was undone",
        "an edited test has failed on what runs",
        "a test was added for a service that stayed",
    ],
)
def test_after_a_deploy_that_failed_the_word_holds_unless_what_stayed_was_to_pass_other_tests(
    wanted: list[Target], holds: bool
) -> None:
    assert holds_again(proof_of(targets()), RUNS, [release(*targets())], wanted) is holds


def test_a_word_that_no_release_of_what_runs_was_given_holds_no_more() -> None:
    proof, kept = proof_of(targets()), [release(*targets())]

    assert not holds_again(proof, {"api": "2", "web": "1"}, kept, targets())
    assert not holds_again(proof, RUNS, [], targets())
    assert not holds_again("of an earlier version", RUNS, kept, targets())
    assert not holds_again("", RUNS, kept, targets())


def test_the_same_with_other_tests_or_from_another_image_is_another_release() -> None:
    last = release(*targets(), name="shop-0007")

    assert next_name(last, release(*targets())) == "shop-0007"
    assert next_name(last, release(*targets(EDITED))) == "shop-0008"
    assert next_name(last, release(*(replace(t, image="again") for t in targets()))) == "shop-0008"
    assert next_name(last, release(*targets(replace(API, breaking=1)))) == "shop-0008"
    assert next_name(None, release(*targets())) == "shop-0001"
