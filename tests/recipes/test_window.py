"""What Dockerfiles see of a folder, by Docker's own rules for COPY and .dockerignore."""

from __future__ import annotations

import pytest

from buildgraph.recipes import Window, ignore_files, parse_ignored

PATHS = (
    "package.json",
    "README.md",
    "apps/api/src/main.ts",
    "apps/api/dist/main.js",
    "packages/ui/package.json",
)


def seen(*copies: str, ignored: str = "", folder: str = ".") -> list[str]:
    window = Window(folder, copies, parse_ignored(ignored.encode()))
    return [path for path in PATHS if window.sees(path)]


def test_a_copied_folder_brings_what_is_below_and_a_pattern_what_it_names() -> None:
    assert seen("apps/api") == ["apps/api/src/main.ts", "apps/api/dist/main.js"]
    assert seen("packages/*/package.json", "*.json") == ["package.json", "packages/ui/package.json"]
    assert seen("apps") == seen("apps/**") == ["apps/api/src/main.ts", "apps/api/dist/main.js"]
    assert seen(".") == list(PATHS)
    assert seen() == []


@pytest.mark.parametrize(
    ("ignored", "gone"),
    [
        ("**/dist", {"apps/api/dist/main.js"}),
        ("*.md\n# *.json\n", {"README.md"}),
        ("/README.md\n./package.json", {"README.md", "package.json"}),
        ("apps\n!apps/api/src", {"apps/api/dist/main.js"}),
        ("*\n!apps/**/*.ts", set(PATHS) - {"apps/api/src/main.ts"}),
        ("dist", set()),
        ("README.?d\npackages/[a-u]i", {"README.md", "packages/ui/package.json"}),
        ("README.md\r\nno\u2028apps\rpackages\x0capps\n", {"README.md"}),
        (".\n./\n/\n/..\n..\nx/../..", set()),
        ("*\n!.\n!./\n!apps/..", set(PATHS)),
        ("\\apps\n\\README.md\npackages/\\u*\n", set()),
        ("*\n!\\w*.md\n", set(PATHS) - {"README.md"}),
        ("*\n![\\w]*.md\n", set()),
        ("*\n!\\x52E*.md\n", set()),
        ("\\*\npackage\\.json\n", {"package.json"}),
        ("../apps\n./../README.md\n../**", set()),
        (
            "/../apps\n//README.md\n/ package.json",
            {path for path in PATHS if not path.startswith("packages")},
        ),
    ],
    ids=[
        "any folder",
        "no comment",
        "from the top",
        "exception",
        "all but",
        "only at the top",
        "signs",
        "a name with odd signs is one line",
        "the top itself",
        "no exception for the top",
        "a backslash before a letter",
        "an exception with such a backslash",
        "an exception with such a backslash in a set",
        "an exception with a sign told by its number",
        "a backslash before a sign",
        "above the top",
        "from the top, which nothing is above",
    ],
)
def test_the_last_ignored_pattern_that_speaks_of_a_path_decides(ignored: str, gone: set[str]) -> None:
    """Pitfall 38."""
    assert set(PATHS) - set(seen(".", ignored=ignored)) == gone


def test_a_folder_is_the_top_of_what_is_copied() -> None:
    window = Window("apps/api", ("src",), ())

    assert [path for path in PATHS if window.sees(path)] == ["apps/api/src/main.ts"]
    assert window.inside("apps/api/src/main.ts") == "src/main.ts"
    assert window.inside("apps/api-two/src/main.ts") == window.inside("package.json") == ""


def test_the_ignore_file_of_a_dockerfile_holds_before_that_of_the_folder() -> None:
    assert ignore_files("docker/Dockerfile.api", ".") == (
        "docker/Dockerfile.api.dockerignore",
        ".dockerignore",
    )
    assert ignore_files("apps/api/Dockerfile", "apps/api")[1] == "apps/api/.dockerignore"


SUBMODULES = {
    "a pattern that leads into it": ("vendor/*/*.txt", "", True),
    "a file in it": ("vendor/lib/a.txt", "", True),
    "any folders": ("**/a.txt", "", True),
    "a pattern that names it": ("vendor/l*", "", True),
    "a pattern that stays above it": ("*.txt", "", False),
    "a folder beside it": ("vendor/[a-k]*/x", "", False),
    "all, and it is kept out": (".", "vendor\n", False),
    "kept out, and nothing in it is let in": (".", "*\n!packages/**\n!vendor/li\n", False),
    "kept out, and some of it is let in": (".", "*\n!vendor/lib/*.md\n", True),
    "let in by any folders": (".", "vendor/lib\n!**/README.md\n", True),
    "kept out after some was let in": (".", "!**/README.md\nvendor/*\n**/dist\n", False),
    "some of it kept out": (".", "vendor/lib/a.txt\n", True),
}


@pytest.mark.parametrize(("copied", "ignored", "is_seen"), SUBMODULES.values(), ids=SUBMODULES)
def test_a_submodule_is_seen_where_a_build_may_see_a_file_in_it(
    copied: str, ignored: str, is_seen: bool
) -> None:
    """What lies in one is not known, and Docker would copy it."""
    window = Window(".", (copied,), parse_ignored(ignored.encode())).with_submodules(["vendor/lib"])

    assert window.sees("vendor/lib") == is_seen


def test_a_submodule_with_signs_of_patterns_in_its_name_is_seen_in_its_folder_alone() -> None:
    window = Window("apps", ("l*/x",)).with_submodules(["apps/l[1]", "l[1]"])

    assert window.sees("apps/l[1]")
    assert not window.sees("apps/l1")
    assert not window.sees("l[1]")


@pytest.mark.parametrize(
    ("ignored", "there"),
    [
        (b"*\n!caf\xe9*\n", ["caf\udce9", "caf\udce8", "caf\ufffd"]),
        (b"*\n!caf\xef\xbf\xbd\n", ["caf\udce9", "caf\udce8", "caf\ufffd"]),
        (b"*\n!caf[\xe9]\n", ["caf\udce9", "caf\udce8", "caf\ufffd", "caf\u00e9"]),
        (b"caf\xe9\n*\xc3\xa9\n", ["caf\udce9", "caf\udce8", "caf\ufffd"]),
    ],
    ids=["a sign and more", "what stands for such a sign", "in a set", "kept out by no such sign"],
)
def test_a_byte_that_is_no_text_lets_in_what_it_does_with_docker(ignored: bytes, there: list[str]) -> None:
    """Tried with `docker build`: each such byte is any other; a set is not looked into."""
    window = Window(".", (".",), parse_ignored(ignored))

    paths = ("caf\udce9", "caf\udce8", "caf\ufffd", "caf\u00e9")
    assert [path for path in paths if window.sees(path)] == there
