"""`buildgraph graph`: what a change affects is marked in every format, with the same reasons."""

from __future__ import annotations

import json

import pytest

from tests.support.monorepo import Monorepo


@pytest.fixture
def shop(repo: Monorepo) -> Monorepo:
    """web -> core; docs stands alone; core was edited since the only commit."""
    repo.package("@acme/core")
    repo.service("web", uses=["@acme/core"])
    repo.service("docs")
    repo.lock()
    repo.commit()
    repo.append("packages/core/src/index.ts")
    return repo


def test_the_json_tells_of_every_node_what_became_of_it(shop: Monorepo) -> None:
    told = json.loads(shop.run("graph", "--affected", "--format", "json").out)
    affected = json.loads(shop.run("affected", "--format", "json").out)

    expected = {node["id"]: (node["change"], node["reasons"]) for node in affected["nodes"]}
    assert {
        node["id"]: (node["change"], node["reasons"]) for node in told["nodes"] if node["change"]
    } == expected
    assert set(expected) == {"image:web", "package:@acme/core", "package:@acme/web", "product:web"}
    assert (told["base"], told["complete"]) == (affected["base"], True)


def test_without_the_question_the_json_says_nothing_of_changes(shop: Monorepo) -> None:
    told = json.loads(shop.run("graph", "--format", "json").out)

    assert set(told) == {"format", "nodes"}
    assert "change" not in told["nodes"][0]


def test_mermaid_and_dot_mark_what_is_affected(shop: Monorepo) -> None:
    mermaid = shop.run("graph", "--affected").out.splitlines()
    names = dict(line.strip().rstrip('"]').split('["') for line in mermaid if '["' in line)
    (marked,) = [line.split()[1].split(",") for line in mermaid if line.startswith("  class ")]
    assert {names[number] for number in marked} == {
        *("image:web", "package:@acme/core", "package:@acme/web", "product:web")
    }

    dot = shop.run("graph", "--affected", "--format", "dot").out.splitlines()
    assert {line.split('"')[1] for line in dot if "filled" in line} == {names[number] for number in marked}
    assert "filled" not in shop.run("graph", "--format", "dot").out
    assert "class" not in shop.run("graph").out


def test_commits_are_compared_where_they_are_named(shop: Monorepo) -> None:
    shop.commit()
    shop.append("apps/docs/src/index.ts")

    told = json.loads(
        shop.run("graph", "--affected", "--base", "HEAD~1", "--head", "HEAD", "--format", "json").out
    )
    assert [node["id"] for node in told["nodes"] if node["change"] and node["kind"] == "image"] == [
        "image:web"
    ]


def test_a_base_without_the_question_is_a_mistake(shop: Monorepo) -> None:
    ran = shop.run("graph", "--base", "HEAD")

    assert (ran.code, ran.err) == (2, "error: --base: is for --affected, which was not asked for\n")


def test_the_page_is_written_whole_or_told(shop: Monorepo) -> None:
    page = shop.run("graph", "--format", "html").out
    assert page.startswith("<!doctype html>") and page.endswith("</html>\n")
    assert '"id": "image:web"' in page

    ran = shop.run("graph", "--format", "html", "-o", "no/such/folder.html")
    assert (ran.code, "cannot be written" in ran.err) == (2, True)
