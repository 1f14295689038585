"""What a Dockerfile of one's own copies is what Docker copies: drawn by chance, and built by the engine both ways."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

import pytest

from buildgraph.recipes import CopiedLinks, Window, parse_dockerfile, parse_ignored
from buildgraph.recipes.effort import Effort

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

ALWAYS: Final = 1  # file that every image has
EXAMPLES: Final = int(os.environ.get("BUILDGRAPH_EXAMPLES", "12"))
FILES: Final = (
    "a",
    "b.md",
    "d/a",
    "d/b.md",
    "d/e/a",
    "x/b.md",
    "x/y/z",
    ".h",
    "[q]",
    "w*",
    "d1/a",
    "A",
    "É",
    "a b",
)
LINKS: Final = {
    "to-folder": "d",
    "to-file": "d/a",
    "x/up": "../d/e",
    "from-top": "/x",
    "far": "../../../d1",
    "over": "to-folder/e",
    "here": ".",
    "nowhere": "gone",
}
NAMES: Final = (
    *("a", "b.md", "d", "e", "x", "y", "A", "É", "d1", ".h"),
    *("to-folder", "over", "up", "here", "from-top"),
)
PLAIN: Final = (
    *(
        "a",
        "d/a",
        "d/e/a",
        "x/y/z",
        "A",
        "É",
        ".h",
        "d",
        "x",
        "to-folder",
        "to-folder/b.md",
        "to-file",
        "over/a",
    ),
    *(
        "x/up/a",
        "from-top/y",
        "far/a",
        "here/d/a",
        "$V/a",
        "d*",
        "*/a",
        "d/*",
        "**/a",
        "x/*.md",
        "to-*/a",
        "[a-d]/e",
    ),
)
PATTERNS: Final = (
    "*",
    "?",
    "*.md",
    "d?",
    "[a-d]",
    "[^a]",
    "to-*",
    "\\*",
    "**",
    "w\\*",
    "$V",
    "${V}",
    "${U:-d}",
    "$U",
)
IGNORED: Final = (
    "*.md",
    "d",
    "!d/a",
    "**/a",
    "/x",
    "x/**",
    ".",
    "/",
    "!b.md",
    "d/*",
    "..",
    "#a",
    "\\d",
    "to-*",
    "",
    "*/e",
)


@dataclass(frozen=True)
class Build:
    """A Dockerfile with its ignored patterns, on a folder of these files and links."""

    dockerfile: bytes
    ignored: bytes
    links: Mapping[str, str] = field(default_factory=dict)

    @property
    def paths(self) -> tuple[str, ...]:
        """All paths of the folder."""
        return (*FILES, *self.links)

    def seen(self) -> list[str]:
        """What buildgraph hands over of them."""
        copies = parse_dockerfile(self.dockerfile, "Dockerfile").context_paths
        window = Window(".", CopiedLinks(self.links, Effort()).with_ends(copies), parse_ignored(self.ignored))
        return [path for path in self.paths if window.sees(path)]

    def leads_to_nothing(self) -> bool:
        """Whether a link leads to a folder of which all is ignored: Docker has an empty one there, and we have none."""
        everything = Window(".", (".",), parse_ignored(self.ignored))
        kept = {path.rpartition("/")[0] for path in FILES if everything.sees(path)}
        return any(
            folder not in kept
            for target in self.links.values()
            for folder in ("d", "d/e", "d1", "x")
            if target.endswith(folder)
        )


def drawn(draw: Random) -> Build:
    """Some lines that copy, some that ignore, and some of the links."""

    def source() -> str:
        if draw.random() < 0.5:
            return draw.choice(PLAIN)
        parts = [draw.choice(draw.choice((NAMES, PATTERNS))) for _ in range(draw.choice((1, 1, 2, 3)))]
        return draw.choice(("", "", "/", "./")) + "/".join(parts)

    copies = [f"COPY {' '.join(source() for _ in range(draw.choice((1, 1, 2))))} /{n}/" for n in range(2)]
    links = {path: target for path, target in LINKS.items() if draw.random() < 0.7}
    ignored = [draw.choice(IGNORED) for _ in range(draw.choice((0, 0, 1, 3)))]
    lines = ["FROM scratch", "COPY A /first", "ENV V=d", *copies]
    return Build("\n".join(lines).encode(), "\n".join(ignored).encode(), links)


def write(build: Build, folder: Path) -> None:
    """The folder as somebody has it."""
    folder.mkdir()
    for path in FILES:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(path)
    for path, target in build.links.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).symlink_to(target)
    (folder / "Dockerfile").write_bytes(build.dockerfile)
    (folder / "Dockerfile.dockerignore").write_bytes(build.ignored + b"\nDockerfile*")


def archived(build: Build, paths: Iterable[str]) -> bytes:
    """The same as an archive of these paths alone."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, content in (("buildgraph.Dockerfile", build.dockerfile), *((p, p.encode()) for p in paths)):
            member = tarfile.TarInfo(path)
            if path in build.links:
                member.type, member.linkname = tarfile.SYMTYPE, build.links[path]
                archive.addfile(member)
            else:
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def built(context: str, *options: str, archive: bytes | None = None) -> dict[str, bytes] | None:
    """The files of the image that the engine builds, with what they hold; None when it refuses to."""
    command = ("docker", "buildx", "build", "--quiet", "--output=type=tar,dest=-", *options, context)
    ran = subprocess.run(command, input=archive, capture_output=True)
    if ran.returncode != 0:
        return None
    with tarfile.open(fileobj=io.BytesIO(ran.stdout)) as image:
        return {m.name: image.extractfile(m).read() for m in image if m.isfile()}  # type: ignore[union-attr]


@pytest.mark.parametrize("seed", range(EXAMPLES))
def test_an_image_of_what_is_handed_over_is_that_of_the_whole_folder(seed: int, tmp_path: Path) -> None:
    """Pitfall 39: what Docker copies is never left out, whatever its lines look like."""
    build, whole = taken_by_docker(seed, tmp_path)

    handed_over = built("-", "--file=buildgraph.Dockerfile", archive=archived(build, build.seen()))

    assert handed_over is not None, (build, build.seen())
    own = {name: content for name, content in handed_over.items() if "buildgraph" not in name}
    assert own == whole, (build, build.seen())


def taken_by_docker(seed: int, tmp_path: Path) -> tuple[Build, dict[str, bytes]]:
    """The first draw of a seed that Docker builds, and what it makes of it."""
    for number in range(seed * 1000, seed * 1000 + 1000):
        build, folder = drawn(Random(number)), tmp_path / str(number)
        if not build.seen() or build.leads_to_nothing():
            continue
        write(build, folder)
        whole = built(str(folder))
        if whole is not None and len(whole) > ALWAYS:
            return build, whole
    raise AssertionError("no draw was built")
