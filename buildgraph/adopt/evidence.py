"""Where a project listens and where it tells its health, as its sources and routes say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from buildgraph.adopt.model import Project

PORTS: Final = (
    re.compile(r"PORT\b['\"\])]*\s*(?:\?\?|\|\|)\s*['\"]?(\d{4,5})"),
    re.compile(r"\.listen\(\s*(?:\{\s*port\s*:\s*)?(\d{4,5})"),
    re.compile(r"\bport\s*[:=]\s*(\d{4,5})"),
)
FIXED: Final = PORTS[1:]
IN_SCRIPTS: Final = re.compile(r"(?:--port[ =]|-p[ =]?|PORT=)(\d{4,5})")
SAYS_PORT: Final = re.compile(r"\bPORT\b")
HEALTH: Final = r"[\w./-]*(?:health|ready|readyz|livez|alive)\w*"
ROUTE: Final = re.compile(rf"['\"`](/{HEALTH})['\"`]", re.IGNORECASE)
CONTROLLER: Final = re.compile(
    rf"@Controller\(\s*(?:\{{\s*path\s*:\s*)?['\"`]/?({HEALTH})['\"`]", re.IGNORECASE
)
METHOD: Final = re.compile(rf"@Get\(\s*['\"`]/?({HEALTH})['\"`]", re.IGNORECASE)
PREFIX: Final = re.compile(r"setGlobalPrefix\(\s*['\"`]/?([^'\"`]*?)/?['\"`]")
OWN_CONTROLLER: Final = re.compile(r"@Controller\(\s*(?:['\"`]/?([^'\"`]*)['\"`])?\s*\)")
ROOT_CONTROLLER: Final = re.compile(r"@Controller\(\s*\)[\s\S]*?@Get\(\s*\)")
SVELTE: Final = re.compile(rf"src/routes/(.*{HEALTH})/\+server\.[jt]s", re.IGNORECASE)
NEXT_APP: Final = re.compile(rf"(?:src/)?app/(.*{HEALTH})/route\.[jt]sx?", re.IGNORECASE)
NEXT_PAGES: Final = re.compile(rf"(?:src/)?pages/(api/.*{HEALTH})\.[jt]s", re.IGNORECASE)
GROUP: Final = re.compile(r"\([^/]*\)/")


def found_port(project: Project) -> int:
    """The port that its sources or scripts name; 0 when none does."""
    texts = [text for _, text in project.sources()]
    found = [*(match for pattern in PORTS for text in texts for match in pattern.findall(text))]
    found += [match for script in project.package.scripts.values() for match in IN_SCRIPTS.findall(script)]
    return next((int(port) for port in found if 1024 <= int(port) <= 65535), 0)


def hears_port(project: Project) -> bool:
    """Whether it takes the variable PORT, or at least names no port that is fixed."""
    texts = [text for _, text in project.sources()]
    if any(SAYS_PORT.search(text) for text in texts):
        return True
    return not any(pattern.search(text) for pattern in FIXED for text in texts)


def is_server(project: Project) -> bool:
    """Whether it listens at all."""
    return any(re.search(r"\.listen\(|\bserve\(|createServer\(", text) for _, text in project.sources())


def found_health(project: Project, kind: str) -> str:
    """The path that answers when it can serve; "" when nothing tells it. Longer paths come first."""
    found = FINDERS[kind](project) if kind in FINDERS else []
    return min(found, key=lambda path: ("health" not in path.lower(), len(path), path), default="")


def _in_sources(project: Project) -> list[str]:
    return [path.rstrip("/") for _, text in project.sources() for path in ROUTE.findall(text)]


def _in_nest(project: Project) -> list[str]:
    texts = [text for _, text in project.sources()]
    prefix = next((f"/{told[1]}" for text in texts if (told := PREFIX.search(text))), "")
    found = [f"{prefix}/{path}" for text in texts for path in CONTROLLER.findall(text)]
    for text in texts:
        own = OWN_CONTROLLER.search(text)
        above = f"{prefix}/{own[1]}" if own and own[1] else prefix
        found += [f"{above}/{path}" for path in METHOD.findall(text)]
    if not found and any(ROOT_CONTROLLER.search(text) for text in texts):
        return [prefix or "/"]
    return found


def _in_svelte(project: Project) -> list[str]:
    found = _routes(project.inner_paths, SVELTE)
    pages = any(re.fullmatch(r"src/routes/(\([^/]*\)/)*\+page\.svelte", path) for path in project.inner_paths)
    return found or (["/"] if pages else [])


def _in_next(project: Project) -> list[str]:
    return [*_routes(project.inner_paths, NEXT_APP), *_routes(project.inner_paths, NEXT_PAGES)] or ["/"]


def _routes(paths: Iterable[str], pattern: re.Pattern[str]) -> list[str]:
    """The addresses of files that are routes; one with a parameter is none that can be asked."""
    found = [match[1] for path in paths if (match := pattern.fullmatch(path))]
    return ["/" + GROUP.sub("", f"{route}/").rstrip("/") for route in found if "[" not in route]


FINDERS: Final[Mapping[str, Callable[[Project], list[str]]]] = {
    "nestjs": _in_nest,
    "sveltekit": _in_svelte,
    "next": _in_next,
    "node": _in_sources,
    "dockerfile": _in_sources,
}
