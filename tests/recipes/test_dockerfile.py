"""Dockerfiles: what a build of them uses, however they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from buildgraph.errors import ConfigurationError
from buildgraph.recipes import Dockerfile, parse_dockerfile
from buildgraph.recipes.effort import Effort, effort_for, matching

BASES = {
    "one image": ("FROM node:20", ["node:20"]),
    "lower case, tabs and blanks": ("  from\t node:20   as   Build\n", ["node:20"]),
    "a byte order mark": ("\ufeffFROM node:20", ["node:20"]),
    "windows line ends": ("FROM \\\r\n  node:20\r\nRUN x\r\n", ["node:20"]),
    "scratch needs nothing": ("FROM scratch", []),
    "a digest": ("FROM node@sha256:" + "a" * 64, ["node@sha256:" + "a" * 64]),
    "a platform flag": ("FROM --platform=$BUILDPLATFORM node:20 AS a", ["node:20"]),
    "a stage is no image": ("FROM node:20 AS a\nFROM a", ["node:20"]),
    "stage names know no case": ("FROM node:20 AS Build\nFROM BUILD", ["node:20"]),
    "all stages that the last one uses": (
        "FROM node:20 AS a\nFROM nginx AS b\nFROM scratch\nCOPY --from=a /x /x\nCOPY --from=b /y /y",
        ["nginx", "node:20"],
    ),
    "a stage that nothing uses is not built": ("FROM node:18 AS old\nFROM node:20", ["node:20"]),
    "a stage by position": ("FROM node:20\nFROM nginx\nCOPY --from=0 /x /x", ["nginx", "node:20"]),
    "an image copied from": ("FROM scratch\nCOPY --from=busybox:1 /bin/sh /sh", ["busybox:1"]),
    "an image copied from, in the JSON form": (
        'FROM scratch\nCOPY --chmod=755 --from=busybox:1 ["/a b", "/c"]',
        ["busybox:1"],
    ),
    "an image mounted": (
        "FROM node:20\nRUN --mount=type=bind,from=tools:2,source=/x,target=/y --network=none make",
        ["node:20", "tools:2"],
    ),
    "an image mounted without saying bind": (
        "FROM node:20\nRUN --mount=from=tools,target=/y x",
        ["node:20", "tools"],
    ),
    "an image that seeds a cache": (
        "FROM node:20\nRUN --mount=type=cache,from=seed,target=/c x",
        ["node:20", "seed"],
    ),
    "an image mounted, in quotes": (
        'FROM node:20\nRUN --mount="type=cache,from=seed,target=/c" x',
        ["node:20", "seed"],
    ),
    "an image mounted, in capitals": (
        "FROM node:20\nRUN --mount=Type=Bind,From=seed,target=/c x",
        ["node:20", "seed"],
    ),
    "an image mounted in a way that a variable tells": (
        "FROM node:20\nRUN --mount=type=$HOW,from=seed,target=/c x",
        ["node:20", "seed"],
    ),
    "an image copied from, in quotes": ("FROM scratch\nCOPY --from='busybox' / /", ["busybox"]),
    "an image copied from, with an escape": ('FROM scratch\nCOPY --fr\\om="a"b / /', ["ab"]),
    "no flags after two dashes": ("FROM scratch\nCOPY -- --from=a b /", []),
    "a secret mounts nothing": ("FROM node:20\nRUN --mount=type=secret,id=ca x", ["node:20"]),
    "an ARG with a default": ("ARG V=20\nFROM node:${V}-alpine", ["node:20-alpine"]),
    "an ARG without braces": ("ARG V=20\nFROM node:$V", ["node:20"]),
    "an ARG in quotes": ('ARG IMAGE="node:20"\nFROM $IMAGE', ["node:20"]),
    "an ARG of an ARG": ("ARG V=20\nARG IMAGE=node:${V}\nFROM ${IMAGE}", ["node:20"]),
    "several ARGs on a line": ("ARG A=node B=20\nFROM $A:$B", ["node:20"]),
    "a default at its use": ("FROM node:${V:-20}", ["node:20"]),
    "a default for an empty ARG": ("ARG V=\nFROM node:${V:-20}", ["node:20"]),
    "an alternative": ("ARG SLIM=1\nFROM node:20${SLIM:+-slim}", ["node:20-slim"]),
    "no alternative": ("ARG SLIM\nFROM node:20${SLIM:+-slim}", ["node:20"]),
    "a default with a variable": ("ARG V=20\nFROM ${IMAGE:-node:${V}}", ["node:20"]),
    "a default of a default of a default": (
        "ARG R=node${A:-:${B:-v${C:-20}}}\nFROM ${A:-${B:-${C:-${R}}}}",
        ["node:v20"],
    ),
    "an ARG of an ARG that is not there": ("ARG T=20$MORE\nFROM node:$T", ["node:20"]),
    "an ARG of a stage does not reach FROM": ("ARG V=1\nFROM a:$V\nARG V=2\nFROM b:$V", ["b:1"]),
    "a comment inside a continued line": ("FROM \\\n# a comment\n\n  node:20", ["node:20"]),
    "FROM in a comment": ("# FROM node:18\nFROM node:20", ["node:20"]),
    "FROM in a heredoc": (
        "FROM node:20\nRUN <<EOF\nFROM node:18\nEOF\nCOPY --from=a:1 / /",
        ["a:1", "node:20"],
    ),
    "FROM in a quoted heredoc with tabs": (
        "FROM node:20\nCOPY <<-'X' /x\n\tFROM a\n\tX\nCOPY --from=b / /",
        ["b", "node:20"],
    ),
    "two heredocs": (
        "FROM node:20\nCOPY <<a.txt <<b.txt /x/\nFROM a\na.txt\nFROM b\nb.txt\nCOPY --from=c / /",
        ["c", "node:20"],
    ),
    "FROM after a continued RUN": (
        "FROM a AS x\nRUN echo \\\n FROM b\nFROM c\nCOPY --from=x / /",
        ["a", "c"],
    ),
    "another escape character": ("# escape=`\nFROM `\n  node:20", ["node:20"]),
    "two escapes at a line's end continue nothing": (
        "FROM node:20\nENV SEP=\\\\\nCOPY --from=uv:1 / /",
        ["node:20", "uv:1"],
    ),
    "nor do three": ("FROM node:20\nENV SEP=a\\\\\\ \t\nCOPY --from=uv:1 / /", ["node:20", "uv:1"]),
    "nor two of another character": (
        "# escape=`\nFROM node:20\nENV SEP=``\nCOPY --from=uv:1 / /",
        ["node:20", "uv:1"],
    ),
    "an escape alone on its line continues": ("FROM \\\n\\\nnode:20", ["node:20"]),
    "a form feed after an escape": ("FROM node:20\nENV SEP=a\\\f\nCOPY --from=uv:1 / /", ["node:20", "uv:1"]),
    "a comment with signs that end lines elsewhere": ("FROM node:20\n# so\u2028FROM nginx\n", ["node:20"]),
    "a carriage return before a heredoc's end": (
        "FROM node:20\r\nRUN <<EOF\r\nFROM a\r\nEOF\r\nCOPY --from=uv:1 / /\r\n",
        ["node:20", "uv:1"],
    ),
    "a directive after a comment is a comment": ("# hello\n# escape=`\nFROM \\\n  node:20", ["node:20"]),
    "ONBUILD acts elsewhere": ("FROM node:20\nONBUILD COPY --from=other / /", ["node:20"]),
}


@pytest.mark.parametrize(("text", "bases"), BASES.values(), ids=BASES)
def test_a_build_uses_exactly_these_bases(text: str, bases: list[str]) -> None:
    assert list(parse_dockerfile(text.encode(), "Dockerfile").bases) == bases


def test_build_args_win_over_defaults_and_only_where_they_are_declared() -> None:
    text = b"ARG V=20\nFROM node:$V\nARG NAME=a\nARG OTHER\nCOPY $NAME $OTHER $V /x/"

    found = parse_dockerfile(text, "Dockerfile", build_args={"V": "22", "NAME": "b", "OTHER": "c"})

    assert found.bases == ("node:22",)
    assert found.context_paths == (
        "*",
        ".",
        "b",
        "c",
    )  # V is not declared in the stage: the base image may set it


def test_only_declared_arguments_of_stages_that_are_built_count() -> None:
    text = b"ARG A=1 \\\n  B\nFROM x AS old\nARG OLD\nFROM x\nARG C\nRUN echo ARG D\n# ARG E\n"

    assert parse_dockerfile(text, "Dockerfile").arguments == ("A", "B", "C")


def test_a_target_needs_only_its_own_stages() -> None:
    text = b"FROM a AS one\nFROM b AS two\nCOPY --from=one / /\nFROM c AS three\nCOPY --from=two / /\n"

    bases = {
        name: parse_dockerfile(text, "Dockerfile", target=name).bases
        for name in ["one", "Two", "1", "three", ""]
    }

    assert bases == {
        "one": ("a",),
        "Two": ("a", "b"),
        "1": ("a", "b"),
        "three": ("a", "b", "c"),
        "": ("a", "b", "c"),
    }


COPIES = {
    "files": ("COPY a.txt /b/c.txt ./", ["a.txt", "b/c.txt"]),
    "all": ("COPY . .", ["."]),
    "the top by its slash": ("COPY / /app", ["."]),
    "a folder": ("COPY ./src/ /app/src/", ["src"]),
    "nothing above the top": ("COPY ../../x /x", ["x"]),
    "globs as written": ("COPY packages/*/package.json ./", ["packages/*/package.json"]),
    "the JSON form": ('COPY ["a b.txt", "c.txt", "/d/"]', ["a b.txt", "c.txt"]),
    "flags before the JSON form": ('COPY --chown=1:1 ["a", "/b"]', ["a"]),
    "quotes": ('COPY "a" c /d/', ["a", "c"]),
    "a blank in quotes": ('COPY ["a b", "/d/"]', ["a b"]),
    "a set of signs that is no JSON": ("COPY [a-d]*.json /d/", ["[a-d]*.json"]),
    "what stands behind a JSON list": ('COPY ["a", "/d/"] b', ["a"]),
    "an escaped blank parts words, too": ("COPY a\\ b /d/", ["a", "b"]),
    "a blank of print is a sign": ("COPY a\u00a0b /d/", ["a\u00a0b"]),
    "an ARG with a default": ("ARG P=apps/x\nCOPY ${P}/src /src", ["apps/x/src"]),
    "ENV wins over an ARG before it": ("ARG P=arg\nENV P=env\nCOPY $P /x", ["env"]),
    "an ARG wins over an ENV before it": ("ENV P=env\nARG P=arg\nCOPY $P /x", ["arg"]),
    "an ARG without value leaves what was": ("ENV P=env\nARG P\nCOPY $P /x", ["env"]),
    "one ARG line sees the values before it": ("ARG A=1\nARG A=2 B=$A\nCOPY $B /x", ["1"]),
    "the platform tells an ARG": ("ENV TARGETOS=a/b\nARG TARGETOS\nCOPY $TARGETOS/x /x", ["*/x"]),
    "the old form of ENV": ("ENV P a b\nCOPY ${P} /x", ["a b"]),
    "one ENV line sees the values before it": ("ENV A=1\nENV A=2 B=$A\nCOPY $B /x", ["1"]),
    "a variable of the base image, empty or any path": ("COPY a/$HOME/x /x", ["**/x", "a/*/x"]),
    "such a variable in a name": ("COPY a/x-$HOME/b-$X-c/*.js /x", ["**/*.js", "a/x-*/b-*-c/*.js"]),
    "such a variable at the end": ("COPY a/$HOME /x", [".", "a/*"]),
    "such a variable before the folder above": ("COPY a/$HOME/../../x /x", ["**/x", "x"]),
    "such a variable of an ARG": ("ARG HOME\nCOPY a/$HOME/x /x", ["**/x", "a/*/x"]),
    "a default that the base image may overrule": ("ARG V\nCOPY a/${V:-1}/x /x", ["**/x", "a/*/x"]),
    "another one that it may bring about": ("COPY a/${V:+1}/x /x", ["**/x", "a/*1*/x"]),
    "folders that it may bring about": ("COPY a/${V:+b/c}/x /x", ["**/x", "a/*b/c*/x"]),
    "an ENV whose default it may overrule": ("ENV V=${V:-1}\nCOPY a/$V/x /x", ["**/x", "a/*1*/x"]),
    "one with folders": ("ENV V=${V:-a/b}\nCOPY $V/x /x", ["**/x", "*a/b*/x"]),
    "what that may bring about": ("ENV V=${V-1}\nCOPY a/${V:+2}/x /x", ["**/x", "a/*2*/x"]),
    "a default of a default": ("ARG V\nCOPY a/${V:-${W-1}}/x /x", ["**/x", "a/*/x"]),
    "a default of what is set": ("ARG V=2\nCOPY a/${V:-1}/x /x", ["a/2/x"]),
    "a name that the platform tells": ("ARG TARGETARCH\nCOPY a/$TARGETARCH/x /x", ["a/*/x"]),
    "one that nobody asked for": ("COPY a/$TARGETARCH/x /x", ["**/x", "a/*/x"]),
    "what the platform may leave empty": ("ARG TARGETVARIANT\nCOPY a$TARGETVARIANT/x /", ["**/x", "a*/x"]),
    "a form of variable not known here": ("COPY a/${P#apps/} /x", [".", "a/*"]),
    "of which nothing tells where it ends": ("COPY ${P%\\}}x/y /", ["*", "."]),
    "such a form in an ENV": ('ENV A=${P%"}/y"}/z\nCOPY $A/x /', ["**/x", "*/x"]),
    "a special variable": ("COPY a/s$1rc /x", [".", "a/s*rc"]),
    "a name with a letter beyond ASCII": ("ARG A=b\nCOPY a/$A\u00e9/x /x", [".", "a/*"]),
    "a brace in quotes": ("""COPY a/${A:-"}"}/x b${B:-'}'}/y /""", ["**/x", "**/y", "a/*/x", "b*/y"]),
    "a default of a default of a default": ("ARG V\nCOPY a/${V:-${W:-${X:-b}}}/x /", ["**/x", "a/*/x"]),
    "a backslash in double quotes": ('COPY "a\\*" /x', ["a\\*"]),
    "an escaped dollar": ("COPY \\$P /x", ["$P"]),
    "single quotes keep variables": ("COPY '$P' /x", ["$P"]),
    "not what is copied from a stage": ("COPY --from=base /app /app", []),
    "not what is written in place": ("COPY <<EOF /x\nhello\nEOF\nCOPY b /b", ["b"]),
    "a bound part of the context": (
        "RUN --mount=type=bind,source=package.json,target=/p x",
        ["package.json"],
    ),
    "the last of what a mount binds": (
        "RUN --mount=source=a,src=b,target=/p --mount=SRC=c,target=/q --mount=src=d,source=e,target=/r x",
        ["b", "c", "e"],
    ),
    "a bound context": ("RUN --mount=target=/src make", ["."]),
    "a variable that holds one of the base image": ("ENV P=x/$HOME\nCOPY $P/y /x", ["**/y", "x/*/y"]),
    "a bound part that the base image tells": ("RUN --mount=source=a/$P/b,target=/p x", ["**/b", "a/*/b"]),
    "a bound part, by a mount that a variable tells": ("RUN --mount=type=$HOW,source=a,target=/p x", ["a"]),
    "a bound name with a quote that nothing closes": (
        """RUN --mount=type=bind,"source=it's",target=/p x""",
        [".", "it*"],
    ),
    "a bound name with a blank": ('RUN --mount=type=bind,"source=a b",target=/p x', ["a b"]),
    "a lonely word copies nothing": ("COPY a", []),
}


@pytest.mark.parametrize(("text", "paths"), COPIES.values(), ids=COPIES)
def test_a_build_copies_exactly_these_paths_of_its_context(text: str, paths: list[str]) -> None:
    assert (
        list(parse_dockerfile(f"FROM node AS base\nFROM base\n{text}".encode(), "Dockerfile").context_paths)
        == paths
    )


BARE = {
    "nothing sets it": ("COPY a/$HOME/x ${V:-b} /x", ["a/x", "b"]),
    "an ARG without value": ("ARG V\nCOPY a/$V/*.json a/${V:+c} /x", ["a", "a/*.json"]),
    "another variable holds it": ("ARG V\nENV W=a/$V\nCOPY $W/x /x", ["a/x"]),
    "a special one": ("COPY s$1rc t$$$@u v${#}w ${?:-x} y${12}z$12 /o/", ["src", "tu", "vw", "x", "yz"]),
    "one that nothing sets has quotes beside it": (
        """ARG Q\nCOPY a${Q:-"}"} b${Q:-'}'} c${Q:-\\}} /x""",
        ["a}", "b}", "c}"],
    ),
    "one with a default of a default of a default": ("COPY a/${V:-${W:-${X:-b}}} /x", ["a/b"]),
    "it is added": ("ARG V\nADD $V/x /x", ["x"]),
    "what BuildKit sets everywhere": ("COPY a/$PATH/x /x", ["**/x", "a/*/x"]),
    "what a build is given": ("ARG no_proxy\nCOPY a/$no_proxy/x /x", ["**/x", "a/*/x"]),
}


@pytest.mark.parametrize(("text", "paths"), BARE.values(), ids=BARE)
def test_upon_no_image_a_variable_without_value_is_empty(text: str, paths: list[str]) -> None:
    content = f"FROM scratch AS base\nFROM base\n{text}".encode()

    assert list(parse_dockerfile(content, "Dockerfile").context_paths) == paths


def test_what_an_arg_without_value_above_from_is_worth_is_not_known_where_it_had_a_value() -> None:
    lines = ["ARG A=a", "ARG A", "ARG B", "ARG C=${B-c}", "FROM scratch", "ARG A", "ARG C"]
    text = "\n".join([*lines, "COPY $A/x b${C}/y /"]).encode()

    assert parse_dockerfile(text, "Dockerfile").context_paths == ("**/x", "**/y", "*/x", "b*c*/y")


@pytest.mark.parametrize("name", ["TARGETARCH", "BUILDARCH", "TARGETPLATFORM"])
def test_what_the_platform_tells_may_be_empty_where_an_arg_above_from_asks_for_it(name: str) -> None:
    text = f"ARG {name}\nFROM scratch\nARG {name}\nCOPY out/${name}/x /".encode()

    assert parse_dockerfile(text, "Dockerfile").context_paths == ("**/x", "out/*/x")


@pytest.mark.parametrize(
    "worth", ["s${X", "s'x", 's"x', "${X:-${Y}", "s${X/a/b}", "s${}", "s${X:=a}", "s${Y:+${X"]
)
def test_an_arg_above_from_that_cannot_be_read_may_be_anything(worth: str) -> None:
    """Some versions of BuildKit have it empty then."""
    text = f"ARG A={worth}\nFROM scratch\nARG A\nCOPY $A/x /".encode()

    assert parse_dockerfile(text, "Dockerfile").context_paths == ("**/x", "*/x")


def test_another_escape_holds_in_a_default_too() -> None:
    text = b"# escape=`\nFROM scratch\nCOPY ${X:-s`rc} ${X:-s\\rc} /"

    assert parse_dockerfile(text, "Dockerfile").context_paths == ("s\\rc", "src")


def test_a_stage_inherits_the_variables_of_the_stage_it_is_built_upon() -> None:
    lines = ["FROM node AS base", "ARG P=apps", "ENV Q=x", "FROM base AS child", "COPY $P/$Q /x"]
    text = "\n".join([*lines, "FROM node", "COPY --from=child / /"]).encode()

    assert parse_dockerfile(text, "Dockerfile").context_paths == ("apps/x",)


def test_everything_a_dockerfile_uses_is_told_at_once() -> None:
    text = b"""# syntax=docker/dockerfile:1
FROM node:20-alpine AS builder
COPY manifests/ ./
COPY template/ship.mjs /tools/
ADD --checksum=sha256:ab https://example.org/known.tgz /opt/
ADD https://example.org/tool.tgz /opt/
FROM nginx:1.25-alpine
COPY template/nginx.conf /etc/nginx/nginx.conf
COPY --from=builder /app/dist /usr/share/nginx/html
"""

    assert parse_dockerfile(text, "docker/Dockerfile") == Dockerfile(
        path="docker/Dockerfile",
        bases=("nginx:1.25-alpine", "node:20-alpine"),
        context_paths=("manifests", "template/nginx.conf", "template/ship.mjs"),
        support_files=("nginx.conf", "ship.mjs"),
        downloads=("https://example.org/tool.tgz",),
        syntax="docker/dockerfile:1",
        stages=(("builder", 2),),
    )


LATER = {
    "an image": ("ONBUILD COPY --from=uv:1 / /\nFROM base", ["node", "uv:1"], []),
    "a mount": ("onbuild run --mount=from=uv:1,target=/x make\nFROM base", ["node", "uv:1"], []),
    "a path, in a continued line": ("ONBUILD \\\n COPY a \\\n b /x\nFROM base", ["node"], ["a", "b"]),
    "a variable for the lines below": ("ONBUILD ENV P=apps\nFROM base\nCOPY $P /x", ["node"], ["apps"]),
    "a stage of the file": (
        "ONBUILD COPY --from=two / /\nFROM nginx AS two\nFROM base",
        ["nginx", "node"],
        [],
    ),
    "a body that is no line": ("ONBUILD RUN <<END\nFROM a\nEND\nFROM base\nCOPY b /", ["node"], ["b"]),
    "what takes no body": ("ONBUILD ENV A=<<END\nFROM base\nCOPY b /\nEND", ["node"], ["b"]),
    "nothing in its own stage": ("ONBUILD COPY a /", ["node"], []),
    "nothing two stages on": (
        "ONBUILD ENV P=a\nONBUILD ONBUILD ENV Q=b\nFROM base\nFROM node\nCOPY $P $Q /",
        ["node"],
        ["*", "."],
    ),
    "no more of a stage than of nothing": ("ONBUILD\nONBUILD FROM a\nFROM base", ["node"], []),
}


@pytest.mark.parametrize(("text", "bases", "paths"), LATER.values(), ids=LATER)
def test_what_a_stage_leaves_to_those_built_upon_it_is_theirs(
    text: str, bases: list[str], paths: list[str]
) -> None:
    """Pitfall 39: ONBUILD."""
    found = parse_dockerfile(f"FROM node AS base\n{text}".encode(), "Dockerfile")

    assert (list(found.bases), list(found.context_paths)) == (bases, paths)


def test_what_an_image_leaves_to_those_built_upon_it_is_handed_on_once() -> None:
    left = parse_dockerfile(
        b"FROM node AS a\nONBUILD COPY x /\nFROM a\nONBUILD COPY --from=uv:1 y /", "Base"
    ).triggers
    handed = {"acme/base:1": left}
    child = b"FROM acme/base:1 AS here\nFROM here"

    found = parse_dockerfile(child, "Dockerfile", triggers_of=lambda name: handed.get(name, ()))

    assert (found.bases, found.context_paths, found.triggers) == (("acme/base:1", "uv:1"), (), ())


def test_a_mistake_in_what_is_left_is_told_where_it_is_built_upon() -> None:
    with pytest.raises(ConfigurationError) as error:
        parse_dockerfile(b"FROM a AS base\nONBUILD COPY --from=7 / /\nFROM base", "Dockerfile")

    assert str(error.value) == "Dockerfile: line 3: from=7 is no earlier stage"


def test_lines_that_would_be_done_over_and_over_are_refused() -> None:
    text = "FROM a AS base\n" + "ONBUILD ENV A=1\n" * 400 + "FROM base\n" * 200

    with pytest.raises(ConfigurationError, match="ONBUILD lines are done more than 10000 times"):
        parse_dockerfile(text.encode(), "Dockerfile")


ADDED = {
    "a file": ("ADD a.tgz /x", ["a.tgz"], []),
    "a file whose end only the base image knows": (
        "ADD files/$V.tgz v$V /x/",
        [".", "files/*.tgz", "v*"],
        [],
    ),
    "an address": ("ADD https://e.org/x /x", [], ["https://e.org/x"]),
    "an address by variables": ("ARG M=https://e.org\nADD $M/x /x", [], ["https://e.org/x"]),
    "an address with a checksum": ("ADD --checksum=sha256:ab https://e.org/x /x", [], []),
    "a checksum in an ARG": ("ARG S=sha256:ab\nADD --checksum=$S https://e.org/x /x", [], []),
    "a checksum that may be empty": (
        "ARG S\nENV T=$S\nADD --checksum=$T https://e.org/x /x",
        [],
        ["https://e.org/x"],
    ),
    "a checksum that is empty": ("ARG S\nADD --checksum=$S https://e.org/x /x", [], ["https://e.org/x"]),
    "a repository of any user's": ("ADD deploy@e.org:x.git /x", [], ["deploy@e.org:x.git"]),
    "what the base image knows, with a checksum": ("ADD --checksum=sha256:ab $M/x /x", [], []),
    "a form that may end elsewhere": ("COPY ${A%\\}}x/y /x", ["*", "."], []),
    "a folder with an @": ("ADD @acme/a:b /x", ["@acme/a:b"], []),
}


@pytest.mark.parametrize(("text", "paths", "addresses"), ADDED.values(), ids=ADDED)
def test_what_add_takes_is_a_path_or_an_address(text: str, paths: list[str], addresses: list[str]) -> None:
    """Pitfall 39: ADD of an address."""
    found = parse_dockerfile(f"FROM node\n{text}".encode(), "Dockerfile")

    assert (list(found.context_paths), list(found.downloads)) == (paths, addresses)


@pytest.mark.parametrize(
    "source", ["${M}/x.tgz", "http${M}://e.org/x", '"$M"', "me@$M", "${A}$M", "${M#x}/y", "$U"]
)
def test_what_may_be_an_address_for_all_that_is_known_is_refused(source: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        parse_dockerfile(f"ARG A=\nFROM b\nARG A\nENV U=$M/x\nADD a.txt {source} /x".encode(), "Dockerfile")

    assert str(error.value).startswith(f"Dockerfile: line 5: ADD of {source} cannot be fingerprinted")


HEREDOCS = {
    "a word": ("RUN <<E", "E", True),
    "behind what it is given to": ("RUN 3<<E cat", "E", True),
    "in quotes with a blank": ('RUN <<"USER root"', "USER root", True),
    "in quotes in part": ("RUN <<E'N'V", "ENV", True),
    "behind tabs": ("ADD <<-E /x", "\t\tE", True),
    "with an escape, as shells have it": ("RUN cat <<\\E", "E", True),
    "to be done later": ("ONBUILD RUN <<E", "E", True),
    "beside a variable": ("RUN <<E cat > $HOME/${A:-x}", "E", True),
    "another escape": ('# escape=`\nRUN echo \\ <<"USER root"', "USER root", False),
    "a quote that is never closed": ("RUN true # <<'USER root' it's", "USER root", False),
    "a quote of a flag": ('RUN --mount="a <<E"', "E", False),
    "a variable that is never closed": ("RUN true <<E # ${", "E", False),
    "no variable": ("RUN true <<E # ${}", "E", False),
    "a form that there is not": ("RUN true <<E # ${A:1}", "E", False),
    "a word of a list": ('RUN ["a <<E "]', "E ", False),
    "behind a list": ('RUN ["a"] <<E', "E", False),
    "three signs": ("RUN <<<E", "E", False),
    "in a word": ("RUN $((1<<2))", "2))", False),
    "a digit of others": ("RUN \u0663<<E", "E", False),
    "what takes none": ("LABEL <<E", "E", False),
}


@pytest.mark.parametrize(("text", "end", "is_opened"), HEREDOCS.values(), ids=HEREDOCS)
def test_a_line_opens_the_heredocs_that_buildkit_sees(text: str, end: str, is_opened: bool) -> None:
    *directives, line = text.split("\n")
    lines = [*directives, "FROM a", line, "COPY --from=b / /", end]

    found = parse_dockerfile("\n".join(lines).encode(), "Dockerfile").bases

    assert found == (("a",) if is_opened else ("a", "b"))


@pytest.mark.parametrize(
    ("line", "end"),
    [
        ("RUN << E", "E"),
        ("RUN a<< <<E", "E"),
        ("RUN <<E # ${A#b}", "E"),
        ("RUN <<E # ${A/b/c}", "E"),
        ("RUN <<E # ${A?b}", "E"),
        ("RUN <<$E", "$E"),
        ("RUN \\<<E", "E"),
        ("RUN $A<<E", "E"),
        ("RUN ${A:-x <<E}", "E}"),
        ('RUN <<"a\\b"', "a\\b"),
        ("RUN a\x1c<<E", "E"),
    ],
)
def test_a_heredoc_that_not_every_buildkit_sees_is_refused(line: str, end: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        parse_dockerfile(f"FROM a\n{line}\nCOPY --from=b / /\n{end}".encode(), "Dockerfile")

    assert str(error.value).startswith("Dockerfile: line 2: its heredocs end elsewhere for other versions")


@pytest.mark.parametrize("line", ["RUN echo $((1 << 4))", "RUN a=${B#c} && x <<< $a", "RUN echo << EOF"])
def test_what_opens_a_heredoc_that_nothing_ends_is_none(line: str) -> None:
    assert parse_dockerfile(f"FROM a\n{line}\nCOPY --from=b / /".encode(), "Dockerfile").bases == ("a", "b")


FRONTENDS = {
    "none": ("FROM a", ""),
    "above all else": ("# syntax=f:1\nFROM a", "f:1"),
    "blanks and capitals": ("#  Syntax = f:1 \r\nFROM a", "f:1"),
    "below another directive": ("# escape=`\n# check=skip=all\n# syntax=f:1\nFROM a", "f:1"),
    "below the line of a script": ("#!/usr/bin/env docker\n# syntax=f:1\nFROM a", "f:1"),
    "as other languages comment": ("// syntax=f:1\nFROM a", "f:1"),
    "so, below the line of a script": ("#!/x\n//syntax=f:1\nFROM a", "f:1"),
    "so, below a plain comment": ("# syntax\n// syntax=f:1\nFROM a", ""),
    "both": ("// syntax=f:2\n# syntax=f:1\nFROM a", "f:2"),
    "below a comment": ("# hello\n# syntax=f:1\nFROM a", ""),
    "below an empty line": ("\n# syntax=f:1\nFROM a", ""),
    "below one that says nothing": ("# escape=\n# syntax=f:1\nFROM a", ""),
    "behind a blank": (" # syntax=f:1\nFROM a", ""),
}


@pytest.mark.parametrize(("text", "syntax"), FRONTENDS.values(), ids=FRONTENDS)
def test_the_frontend_is_the_one_that_buildkit_would_take(text: str, syntax: str) -> None:
    """Pitfall 39: `# syntax` in every form that changes who builds."""
    assert parse_dockerfile(text.encode(), "Dockerfile").syntax == syntax


def test_an_escape_below_the_line_of_a_script_is_a_comment() -> None:
    assert parse_dockerfile(b"#!/x\n# escape=`\nFROM \\\n  a", "Dockerfile").bases == ("a",)


def test_an_escape_that_not_every_buildkit_sees_is_refused() -> None:
    with pytest.raises(ConfigurationError) as error:
        parse_dockerfile(b"# syntax=f:1\n# check=skip=all\n# escape=`\nFROM a", "Dockerfile")

    assert str(error.value) == (
        "Dockerfile: line 3: versions of BuildKit that know no `check` above it do not see this `escape`\n"
        "  write `# escape` above `# check`"
    )


@pytest.mark.parametrize("lines", ["# escape=`\n# check=skip=all", "# check=skip=all\n# escape=\\"])
def test_an_escape_above_check_or_the_usual_one_is_none_of_them(lines: str) -> None:
    assert parse_dockerfile(f"{lines}\nFROM a".encode(), "Dockerfile").bases == ("a",)


TEMPLATES = Path(__file__).parents[2] / "docker/templates"


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("Dockerfile.*")), ids=lambda path: path.name)
def test_a_committed_template_names_only_files_that_stand_beside_it(path: Path) -> None:
    found = parse_dockerfile(
        path.read_bytes(), path.name, build_args={"SERVICE_PATH": "apps/web", "PORT": "1"}
    )

    assert [name for name in found.support_files if not (TEMPLATES / name).is_file()] == []
    assert set(found.bases) <= {"node:20-alpine", "nginx:1.25-alpine"}
    assert {path.partition("/")[0] for path in found.context_paths} <= {
        "manifests",
        "dependencies",
        "app",
        "template",
    }
    assert (found.syntax, found.downloads) == ("", ())


def test_copying_the_whole_template_folder_takes_all_support_files() -> None:
    assert parse_dockerfile(b"FROM a\nCOPY template/ /t/", "Dockerfile").support_files == ("*",)


MISTAKES = {
    "no FROM": ("RUN x", "Dockerfile: has no FROM\n  begin it with the image to build upon"),
    "nothing": ("", "Dockerfile: has no FROM\n  begin it with the image to build upon"),
    "a variable without value": (
        "ARG BASE\n\nFROM ${BASE}",
        "Dockerfile: line 3: BASE in FROM has no value\n"
        "  give it a default with ARG before the first FROM, or a value in `build_args`, or write it with `:-`",
    ),
    "a variable of what is not known here": (
        "ARG V=20-slim\nARG T=${V%-slim}\nFROM node:$T",
        "Dockerfile: line 3: what node:$T in FROM means is known only as it is built\n"
        "  write out what it means",
    ),
    "a variable of the platform": (
        "ARG T=$TARGETARCH\nFROM node:$T",
        "Dockerfile: line 2: what node:$T in FROM means is known only as it is built\n"
        "  write out what it means",
    ),
    "a variable of the platform with a default": (
        "ARG T=${TARGETARCH:-amd64}\nFROM node:$T",
        "Dockerfile: line 2: what node:$T in FROM means is known only as it is built\n"
        "  write out what it means",
    ),
    "such a variable in FROM": (
        "FROM node:20-${TARGETARCH:-arm64}",
        "Dockerfile: line 1: what node:20-${TARGETARCH:-arm64} in FROM means is known only as it is built\n"
        "  write out what it means",
    ),
    "such a variable that brings something about": (
        "FROM node:20${TARGETVARIANT+-old}",
        "Dockerfile: line 1: what node:20${TARGETVARIANT+-old} in FROM means is known only as it is built\n"
        "  write out what it means",
    ),
    "an ARG without value that BuildKit's versions take for set, or not": (
        "ARG V\nFROM node:20${V-arm64}",
        "Dockerfile: line 2: node:20${V-arm64} in FROM asks whether an ARG without a value is set\n"
        "  give it one before the first FROM or in `build_args`, or write `:-` or `:+`",
    ),
    "two of them": (
        "ARG V\nARG W\nFROM node:20${V+${W+-slim}}",
        "Dockerfile: line 3: node:20${V+${W+-slim}} in FROM asks whether an ARG without a value is set\n"
        "  give it one before the first FROM or in `build_args`, or write `:-` or `:+`",
    ),
    "another ARG that asks for one": (
        "ARG V\nARG T=20${V+-slim}\nFROM node:$T",
        "Dockerfile: line 3: what node:$T in FROM means is known only as it is built\n"
        "  write out what it means",
    ),
    "an ARG without value that had one": (
        "ARG T=20\nARG T\nFROM node:${T:-22}",
        "Dockerfile: line 3: what node:${T:-22} in FROM means is known only as it is built\n"
        "  write out what it means",
    ),
    "a form of variable in FROM that is not read": (
        "ARG V=v20.1\nFROM node:${V%.*}",
        "Dockerfile: line 2: node:${V%.*} in FROM is in a form that is not read here\n  write out what it means",
    ),
    "an empty FROM": ("FROM", "Dockerfile: line 1: FROM names no image"),
    "an empty ARG in FROM": ("ARG BASE=\nFROM $BASE", "Dockerfile: line 2: FROM names no image"),
    "a variable in --from": (
        "ARG X=a\nFROM b\nCOPY --from=$X / /",
        "Dockerfile: line 3: from=$X has a variable\n"
        "  Docker takes no variable there: name a stage, FROM IMAGE AS NAME, and copy from it",
    ),
    "a stage by a position that is not there": (
        "FROM b\nCOPY --from=3 / /",
        "Dockerfile: line 2: from=3 is no earlier stage",
    ),
    "a stage that copies from itself": (
        "FROM b AS x\nCOPY --from=x / /",
        "Dockerfile: line 2: from=x is no earlier stage",
    ),
    "an ADD that begins with what only the base image knows": (
        "FROM b\nADD ${MIRROR}/x.tgz /x",
        "Dockerfile: line 2: ADD of ${MIRROR}/x.tgz cannot be fingerprinted: it may be an address\n"
        "  write a checksum (`ADD --checksum=sha256:…`), set its variables with ENV, or take a file with COPY",
    ),
    "a name that a base may set": (
        "FROM b\nARG A=1 $N",
        "Dockerfile: line 2: the name $N in ARG is known only as it is built\n"
        "  write it out, as `A=b`; a comment has a line of its own",
    ),
    "two at once": (
        "FROM\nCOPY --from=7 / /",
        "Dockerfile: line 1: FROM names no image\nDockerfile: line 2: from=7 is no earlier stage",
    ),
}


@pytest.mark.parametrize(("text", "message"), MISTAKES.values(), ids=MISTAKES)
def test_what_docker_could_not_build_is_told_with_its_line(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        parse_dockerfile(text.encode(), "Dockerfile")

    assert str(error.value) == message


@pytest.mark.parametrize(
    "line",
    [
        "ENV 'A'=s",
        'ENV "A"=s',
        "ENV \\A=s",
        "ENV ${N}=s",
        "ENV $N s",
        'ENV "A" s',
        "ARG B=1 'A'=s",
        'ARG "${N}"=s',
    ],
)
def test_a_name_is_worked_out_before_it_is_set(line: str) -> None:
    text = f"FROM scratch\nARG N=A\nENV A=b\n{line}\nCOPY $A /"

    assert parse_dockerfile(text.encode(), "Dockerfile").context_paths == ("s",)


@pytest.mark.parametrize("line", ['ENV "A=s"', "ENV ${N#a}=s", "ENV $M s", "ARG $TARGETARCH=s", "ARG 'A"])
def test_a_name_that_is_known_only_as_it_is_built_is_refused(line: str) -> None:
    text = f"FROM scratch\nARG N=A\nARG TARGETARCH\n{line}\nCOPY $A /"

    with pytest.raises(ConfigurationError, match="is known only as it is built"):
        parse_dockerfile(text.encode(), "Dockerfile")


@pytest.mark.parametrize("comment", ["# as above", '# see "docs"', "# costs $5", "# A"])
def test_what_stands_behind_an_arg_is_names_whatever_it_is_meant_for(comment: str) -> None:
    text = f"FROM b\nARG N=a {comment}\nCOPY $N /"

    assert parse_dockerfile(text.encode(), "Dockerfile").context_paths == ("a",)


def test_names_of_other_signs_are_taken_as_they_are_written() -> None:
    text = (
        b'ARG A=a\nARG "A"=b\nFROM scratch\nARG A # as above\nENV a.b-c=1 d:e=2\nENV f s\\\n  t\nCOPY $A $f /'
    )

    assert parse_dockerfile(text, "Dockerfile").context_paths == ("a", "s  t")


def test_a_mistake_in_a_stage_that_is_not_built_is_none() -> None:
    assert parse_dockerfile(b"FROM $NOTHING AS old\nFROM node:20", "Dockerfile").bases == ("node:20",)


def test_an_unknown_target_is_told_with_close_matches() -> None:
    with pytest.raises(ConfigurationError) as error:
        parse_dockerfile(b"FROM a AS builder\nFROM b AS production", "Dockerfile", target="prod")

    assert str(error.value) == "Dockerfile: there is no stage 'prod'\n  did you mean production?"


def test_all_that_is_read_together_costs_an_effort() -> None:
    effort = Effort(8_500)

    for service in range(20):
        parse_dockerfile(
            b"ARG A\nFROM a\nCOPY $A /", "Dockerfile", build_args={"A": str(service)}, effort=effort
        )
    with pytest.raises(ConfigurationError) as error:
        parse_dockerfile(
            b"ARG A\nFROM a\nARG A\nCOPY $A /", "Dockerfile", build_args={"A": "a" * 500}, effort=effort
        )

    assert str(error.value) == (
        "Dockerfile: line 4: with it, all services together have too much to be read in their Dockerfiles\n"
        "  shorten what many services share, or what its variables are worth"
    )


def test_hundreds_of_services_may_share_hundreds_of_lines() -> None:
    lines = "".join(
        f"COPY packages/feature-{n:03}/package.json packages/feature-{n:03}/\n" for n in range(200)
    )
    content = f"FROM scratch\nARG PORT\nARG SERVICE_PATH\n{lines}COPY $SERVICE_PATH .\n".encode()
    effort = effort_for(400, len(content))

    for n in range(400):
        offered = {"PORT": str(3000 + n), "SERVICE_PATH": f"apps/{n}"}
        found = parse_dockerfile(content, "Dockerfile", build_args=offered, effort=effort)
        effort.spend(matching(found.context_paths))

    assert effort.left > 0


# Lines, and how many signs it takes at least to read them: an A is worth 5000.
NAMED = " ".join(f"v{n}=1" for n in range(300))
SPENT = {
    "a line": ("EXPOSE 80\n" * 100, 10_000),
    "a line of a command": ("RUN x\n" * 100, 6_000),
    "each word": (f"EXPOSE{' 80' * 100}\n", 4_000),
    "each word of a list": (f"COPY [{'1,' * 100}]\n", 4_000),
    "each flag": (f"RUN{' --a' * 100} x\n", 8_000),
    "each sign of a flag": (f"RUN --a={'b' * 5_000} x\n", 5_000),
    "what each word may name": (f"ENV {NAMED}\nEXPOSE{' $b' * 500}\n", 500 * (60 + 80)),
    "what a variable is worth": ("ENV B=$A\n", 5_000),
    "what is copied": ("COPY $A /\n", 5_000),
    "what a mount shows": ("RUN --mount=source=$A x\n", 5_000),
    "an address": ("ADD http://$A /\n", 5_000),
    "what is left to be done by other stages": ("FROM left\n", 10_000),
}


@pytest.mark.parametrize(("lines", "signs"), SPENT.values(), ids=SPENT)
def test_what_takes_long_to_be_read_costs_as_much(lines: str, signs: int) -> None:
    left = "FROM scratch AS left\n" + "ONBUILD EXPOSE 80\n" * 100
    begin = f"{left}FROM a\nARG A\n"

    def spent(text: str) -> int:
        effort = Effort()
        parse_dockerfile(text.encode(), "Dockerfile", build_args={"A": "a" * 5_000}, effort=effort)
        return Effort().left - effort.left

    assert signs <= spent(begin + lines) - spent(begin) < 2 * signs
