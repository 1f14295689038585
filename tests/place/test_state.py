"""The state volume's archives: what goes in comes out."""

from __future__ import annotations

from buildgraph.place.state import parse_archive, render_archive


def test_files_and_links_survive_the_archive() -> None:
    archive = render_archive(
        {"proxy/revision-1/routes/chat.json": b"{}"}, links={"proxy/current": "revision-1"}
    )

    state = parse_archive(archive)

    assert state.files == {"proxy/revision-1/routes/chat.json": b"{}"}
    assert state.links == {"proxy/current": "revision-1"}


def test_the_same_files_give_the_same_archive() -> None:
    assert render_archive({"a": b"1", "b/c": b"2"}) == render_archive({"b/c": b"2", "a": b"1"})
