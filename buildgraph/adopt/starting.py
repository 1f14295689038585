"""Whether what a project's `start` script runs will be there when it ships."""

from __future__ import annotations

import re
from typing import Final

from buildgraph.adopt.model import Project

ASSIGNMENT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=\S*")
WRAPPERS: Final = ("cross-env", "dotenv", "env", "exec")  # what stands before the program itself
ALWAYS_THERE: Final = ("node", "sh", "npx")
# Programs whose package has another name.
PACKAGES: Final = {"dotenv": "dotenv-cli", "tsc": "typescript", "nest": "@nestjs/cli"}


def start_problem(project: Project) -> str:
    """Why `start` cannot run in an image that has production dependencies only; "" when it can."""
    for program in programs(project.package.scripts["start"]):
        package = PACKAGES.get(program, program)
        if program not in ALWAYS_THERE and not project.ships(package) and project.needs(package):
            return f"its `start` script runs {program}, which is there for development only"
        if program in ("pnpm", "npm", "yarn", "bun", "deno"):
            return f"its `start` script runs {program}, which is not in the image"
    return ""


def programs(script: str) -> list[str]:
    """The programs that a script runs by name, in its order."""
    found: list[str] = []
    for command in re.split(r"&&|\|\||[;|&]", script):
        words = [word for word in command.split() if not ASSIGNMENT.fullmatch(word)]
        for word in words:
            if word.startswith("-"):
                continue
            found.append(word)
            if word not in WRAPPERS:
                break
    return found
