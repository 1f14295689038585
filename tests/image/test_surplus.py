"""What of a registry's repository goes, on values; digests are single letters, tags are fingerprints by number."""

from __future__ import annotations

from buildgraph.image.surplus import Content, Judged, Needs, judge

OLD = 100.0


def tag(number: int) -> str:
    """A fingerprint."""
    return f"{number:032x}"


def goes(content: Content, needs: Needs = Needs()) -> dict[str, tuple[str, ...]]:  # noqa: B008
    """What is removed, by the tagged digest that it goes with."""
    return {judged.digest: judged.goes for judged in judge(content, needs) if not judged.needed}


def why(content: Content, needs: Needs = Needs()) -> dict[str, str]:  # noqa: B008
    return {judged.digest: judged.needed for judged in judge(content, needs) if judged.needed}


def test_an_image_that_nobody_needs_goes_and_each_need_keeps_its_own() -> None:
    tags = {tag(1): "a", tag(2): "b", tag(3): "c", tag(4): "d"}
    content = Content(tags, ages=dict.fromkeys("abc", OLD) | {"d": 3.0})
    needs = Needs({tag(2): "main would deploy it"}, {"c": "chat-0001 names it"}, days=14.0)

    assert goes(content, needs) == {"a": ("a",)}
    assert why(content, needs) == {
        "b": "main would deploy it",
        "c": "chat-0001 names it",
        "d": "it is younger than 14 days",
    }


def test_what_was_made_within_this_second_is_young_only_where_that_counts() -> None:
    """A registry's date tells whole seconds, so that what was just pushed looks as if it were yet to come."""
    content = Content({tag(1): "a"}, ages={"a": -0.00001})

    assert goes(content) == {"a": ("a",)}
    assert why(content, Needs(days=1.0)) == {"a": "it is younger than 1 days"}


def test_children_go_with_their_index_unless_another_kept_index_has_them_too() -> None:
    """Pitfall 44: an attestation and a platform's image have no tags, and are no litter for that.

    a = [x, y, attestation of both]    b = [y, z]     b is kept, so y is.
    """
    tags = {tag(1): "a", tag(2): "b"}
    content = Content(tags, {"a": ("x", "y", "t"), "b": ("y", "z")}, {"x": OLD, "y": OLD, "z": OLD})

    assert goes(content, Needs({tag(2): "main"})) == {"a": ("a", "t", "x")}
    assert goes(content, Needs({tag(1): "main", tag(2): "main"})) == {}
    assert goes(content) == {"a": ("a", "t", "x", "y"), "b": ("b", "y", "z")}


def test_what_is_needed_by_its_digest_alone_keeps_its_children_too() -> None:
    """Pitfall 61: its tag has moved on, an environment runs it by digest."""
    content = Content({tag(1): "a"}, {"a": ("x", "y"), "untagged": ("y",)}, {"x": OLD, "y": OLD})

    assert goes(content, Needs(digests={"untagged": "chat-0001 names it"})) == {"a": ("a", "x")}


def test_an_image_that_is_tagged_and_part_of_a_kept_index_stays() -> None:
    content = Content({tag(1): "x", "v1.0.0": "a"}, {"a": ("x",)}, {"x": OLD})

    assert goes(content) == {}
    assert why(content) == {"a": "the tag v1.0.0 names it", "x": "it is part of what is kept"}


def test_one_of_several_tags_keeps_the_manifest_for_removing_it_would_take_them_all() -> None:
    content = Content({tag(1): "a", tag(2): "a", tag(3): "b", "latest": "b"}, ages={"a": OLD, "b": OLD})

    assert goes(content, Needs({tag(2): "main"})) == {}
    assert why(content, Needs({tag(2): "main"})) == {"a": "main", "b": "the tag latest names it"}


def test_what_promotion_has_put_beside_is_ours_and_what_does_not_tell_its_age_stays() -> None:
    content = Content({f"{tag(1)}-{'0' * 12}": "a", tag(2): "b"}, ages={"a": OLD})

    assert judge(content, Needs()) == (
        Judged("a", (f"{tag(1)}-{'0' * 12}",), "", ("a",)),
        Judged("b", (tag(2),), "it does not tell its age"),
    )


def test_signatures_go_with_what_they_sign_and_stay_with_what_stays() -> None:
    digests = {name: f"sha256:{name * 64}" for name in "abcde"}
    tags = {tag(1): digests["a"], tag(2): digests["b"]}
    tags |= {f"sha256-{name * 64}.sig": f"signature of {name}" for name in "abe"}
    ages = {digests["a"]: OLD, digests["b"]: OLD}

    content = Content(tags, ages=ages)

    assert goes(content, Needs({tag(2): "main"})) == {
        digests["a"]: (digests["a"],),
        "signature of a": ("signature of a",),
    }
    assert why(content, Needs({tag(2): "main"})) == {
        digests["b"]: "main",
        "signature of b": f"it belongs to {digests['b']}",
        "signature of e": f"it belongs to {digests['e']}",
    }


def test_a_repository_with_nothing_has_nothing_to_lose() -> None:
    assert judge(Content({}), Needs()) == ()
