"""Patterns of what no image sees: they mean what git's do, whatever names there are, and take no ages."""

from __future__ import annotations

import random
import re
import subprocess
import time
from pathlib import Path

import pytest

from buildgraph.errors import ConfigurationError
from buildgraph.graph.ignoring import matcher, matching, mentioning

SECONDS = 2.0


def test_the_last_pattern_that_speaks_of_a_path_decides() -> None:
    is_ignored = matcher(("*.md", "docs/", "!docs/README.md"))

    assert is_ignored("a/NOTES.md")
    assert is_ignored("docs/picture.png")
    assert not is_ignored("docs/README.md")
    assert not is_ignored("a/index.ts")


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*.md", "new\nline/README.md"),
        ("a/**/z.ts", "a/new\nline/z.ts"),
        ("docs/", "docs/new\nline"),
    ],
)
def test_a_line_end_is_a_sign_like_any_other(pattern: str, path: str) -> None:
    """Pitfall 26."""
    assert matcher((pattern,))(path)
    assert not matcher(("*.md",))("README.md\n")
    assert re.search(mentioning((pattern,)), path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        (f"{'*a' * 20}*b", f"packages/{'a' * 250}"),
        (f"{'**/a/' * 20}b", "a/" * 120 + "c"),
        (f"src/{'**/*a*a/' * 8}b", "src/" + "aaaa/" * 100 + "c"),
    ],
    ids=["stars in a name", "stars for folders", "both"],
)
def test_no_pattern_takes_ages(pattern: str, path: str) -> None:
    began = time.process_time()

    assert not matcher((pattern,))(path)
    assert time.process_time() - began < SECONDS


@pytest.mark.parametrize("line", ["", "/", "!/", "#x", "docs"])
def test_a_pattern_that_is_none_is_told_whatever_stands_beside_it(line: str) -> None:
    with pytest.raises(ConfigurationError) as told:
        matching((line, "[z-a]"), ["a"])

    assert [mistake.what for mistake in told.value.mistakes] == ["'[z-a]' is no pattern in gitignore syntax"]
    assert not matching((line, "b"), ["a"])


def test_stars_for_the_last_folders_are_folders_and_no_files() -> None:
    assert matching(("docs/**/",), ["docs/index.md", "docs/guides/index.md"]) == ["docs/guides/index.md"]
    assert matching(("**/", "!docs/**/"), ["docs/index.md", "docs/guides/index.md"]) == ["docs/index.md"]


def random_pattern(draw: random.Random) -> str:
    names = ["**", "*", *(random_name(draw) for _ in range(3))]
    between = draw.choice(("/", "/", "/", "//"))
    written = between.join(draw.choice(names) for _ in range(draw.choice((1, 2, 3, 4))))
    return f"{draw.choice(('', '/'))}{written}{draw.choice(('', '', '/'))}"


def random_name(draw: random.Random) -> str:
    return "".join(
        draw.choice(("a", "b", "*", "?", "[ab]", "[!a]", "[!]b]", "[]a]", "[*-a]", "[.-0b-]", "[/]"))
        for _ in range(draw.choice((1, 2, 3, 4)))
    )


def random_path(draw: random.Random) -> str:
    names = ("".join(draw.choice("aabc\n") for _ in range(draw.choice((1, 2, 3)))) for _ in range(4))
    return "/".join(list(names)[: draw.choice((1, 2, 3, 4))])


def test_patterns_match_what_git_ignores(tmp_path: Path) -> None:
    draw = random.Random(26)
    subprocess.run(("git", "init", "-q", tmp_path), check=True)
    for _ in range(60):
        pattern = random_pattern(draw)
        paths = sorted({random_path(draw) for _ in range(60)})
        (tmp_path / ".gitignore").write_text(f"{pattern}\n")

        ignored = ignored_by_git(tmp_path, paths)
        assert set(filter(matcher((pattern,)), paths)) == ignored, pattern
        assert set(matching((pattern,), paths)) == ignored, pattern


def test_of_many_paths_those_match_that_match_one_by_one() -> None:
    draw = random.Random(26)
    for _ in range(300):
        patterns = tuple(draw.choice(("", "", "!")) + random_pattern(draw) for _ in range(3))
        paths = [random_path(draw) for _ in range(60)]

        assert matching(patterns, paths) == list(filter(matcher(patterns), paths)), patterns


def ignored_by_git(folder: Path, paths: list[str]) -> set[str]:
    asked = ("git", "check-ignore", "--no-index", "--stdin", "-z")
    told = subprocess.run(
        asked, cwd=folder, input="".join(f"{path}\0" for path in paths).encode(), capture_output=True
    )
    return set(told.stdout.decode().split("\0")) - {""}
