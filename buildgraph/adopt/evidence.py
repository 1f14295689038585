"""Where a project listens and where it tells its health, as its sources and routes say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from buildgraph.adopt.model import Project

# Lengths are bounded where a text that never ends could be looked through again from each of its words, and blanks are
# taken once (`*+`): whatever else takes blanks behind them would try every way to share them.
# In the order in which they are believed: what is listened on, the variable's default, any other port.
PORTS: Final = (
    re.compile(r"\.listen\(\s*+(?:\{[^{}]{0,400}?\bport\s*:\s*+)?[^,;{})\n]{0,200}?(?<!\w)(\d{4,5})\b"),
    re.compile(r"\bserve\(\s*\{[^{}]{0,400}?\bport\s*:\s*+[^,;{})\n]{0,200}?(?<!\w)(\d{4,5})\b"),
    re.compile(r"(?<![A-Z_])PORT\b['\"\])]*\s*(?:\?\?|\|\|)\s*['\"]?(\d{4,5})"),
    re.compile(r"\bport\s*[:=]\s*(\d{4,5})"),
)
FIXED: Final = (re.compile(r"\.listen\(\s*(?:\{\s*port\s*:\s*)?(\d{4,5})"), PORTS[-1])
BACKING: Final = frozenset((3306, 5432, 6379, 27017))  # where databases and caches listen: another's port
IN_SCRIPTS: Final = re.compile(r"(?:--port[ =]|-p[ =]?|PORT=)(\d{4,5})")
SAYS_PORT: Final = re.compile(r"\bPORT\b")
WELL: Final = r"(?<![a-z])(?:health\w{0,80}+|(?:is)?(?:readyz?|alive)|livez)(?![a-z])"
HEALTH: Final = rf"[\w./-]{{0,400}}{WELL}"
ROUTE: Final = re.compile(rf"['\"`](/{HEALTH})['\"`]", re.IGNORECASE)
CONTROLLER: Final = re.compile(
    rf"@Controller\(\s*(?:\{{\s*path\s*:\s*)?['\"`]/?({HEALTH})['\"`]", re.IGNORECASE
)
METHOD: Final = re.compile(rf"@Get\(\s*['\"`]/?({HEALTH})['\"`]", re.IGNORECASE)
PREFIX: Final = re.compile(r"setGlobalPrefix\(\s*['\"`]/?([^'\"`]{0,400}?)/?['\"`]")
NOT_PREFIXED: Final = re.compile(r"setGlobalPrefix\([^)]{0,400}?\bexclude\s*:\s*\[([^\]]{0,2000}+)\]")
QUOTED: Final = re.compile(r"['\"`]/?([^'\"`]+)['\"`]")
OWN_CONTROLLER: Final = re.compile(r"@Controller\(\s*+(?:['\"`]/?([^'\"`]{0,400})['\"`]\s*+)?\)")
ROOT_CONTROLLER: Final = re.compile(r"@Controller\(\s*\)(?:(?!@Controller\()[\s\S]){0,4000}?@Get\(\s*\)")
SVELTE: Final = re.compile(rf"src/routes/(.*{WELL})/\+server\.[jt]s", re.IGNORECASE)
NEXT_APP: Final = re.compile(rf"(?:src/)?app/(.*{WELL})/route\.[jt]sx?", re.IGNORECASE)
NEXT_PAGES: Final = re.compile(rf"(?:src/)?pages/(api/.*{WELL})\.[jt]s", re.IGNORECASE)
GROUP: Final = re.compile(r"\([^/]*\)/")


def found_port(project: Project) -> int:
    """The port that its sources or scripts name; 0 when none does."""
    texts = [text for _, text in project.sources()]
    found = _ports(PORTS, texts) + _ports([IN_SCRIPTS], project.package.scripts.values())
    return next(iter(found), 0)


def _ports(patterns: Iterable[re.Pattern[str]], texts: Iterable[str]) -> list[int]:
    """The ports that patterns find and that may be a service's own."""
    every = list(texts)
    found = [int(port) for pattern in patterns for text in every for port in pattern.findall(text)]
    return [port for port in found if 1024 <= port <= 65535 and port not in BACKING]


def hears_port(project: Project) -> bool:
    """Whether it takes the variable PORT, or at least names no port that is fixed."""
    texts = [text for _, text in project.sources()]
    if any(SAYS_PORT.search(text) for text in texts):
        return True
    return not _ports(FIXED, texts)


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
    found = [path for text in texts for path in CONTROLLER.findall(text)]
    for text in texts:
        own = OWN_CONTROLLER.search(text)
        above = f"{own[1]}/" if own and own[1] else ""
        found += [f"{above}{path}" for path in METHOD.findall(text)]
    if not found and any(ROOT_CONTROLLER.search(text) for text in texts):
        return [prefix or "/"]
    bare = {path for text in texts for told in NOT_PREFIXED.findall(text) for path in QUOTED.findall(told)}
    return [f"/{path}" if path in bare else f"{prefix}/{path}" for path in found]


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
