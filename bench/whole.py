"""Builds and deploys all of the example by one command each, and asks every service: python bench/whole.py --help."""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# The folder of a script stands on Python's path, its project does not.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.circumstances import Beginning, Circumstances
from bench.errors import BenchError
from bench.example import PATIENCE, example_parser, forget_build_cache
from bench.machine import versions
from bench.program import produce
from bench.progress import tell
from bench.sides import read_bases
from bench.sizes import read_added
from bench.tables import render_table
from buildgraph.manifests.model import Product, Service
from buildgraph.project import open_project
from tests.support.system import Ran, System

MB: Final = 1_000_000
SPENT: Final = re.compile(r"^ok build:(\S+)  (?:(\d+) min )?([\d.]+) s$", re.MULTILINE)
TIME: Final = re.compile(r'"createdAt":"([^"]+)"')


@dataclass(frozen=True, slots=True)
class Told:
    """What one command line about everything told, and the seconds that it took."""

    ran: Ran
    seconds: float


@dataclass(frozen=True, slots=True)
class Proven:
    """What came of one service: seconds of its build, bytes above its base, and what it was asked at the end."""

    service: str
    kind: str
    seconds: float
    added: int
    evidence: str


@dataclass(frozen=True, slots=True)
class Whole:
    """What came of everything: built, deployed and deployed again, in seconds; `is_cold` tells of the build cache."""

    built: float
    deployed: float
    again: float
    is_cold: bool
    services: tuple[Proven, ...]


def main() -> int:
    """Build, deploy, ask, report; returns the exit code."""
    options = example_parser(__doc__).parse_args()
    return produce(lambda: run(options.products, forgets=options.forget_build_cache), options.report)


def run(products: Sequence[Product], *, forgets: bool) -> str:
    """Build, deploy and ask the products, and return the report."""
    beginning = Beginning()
    with whole_system(products) as system:
        whole = prove(system, products, forgets=forgets)
    return render(whole, beginning.ended(versions()))


@contextmanager
def whole_system(products: Sequence[Product]) -> Iterator[System]:
    """A copy of this project with these products; all that it makes is taken away at the end, however it comes."""
    with tempfile.TemporaryDirectory(prefix="whole-") as folder:
        system = System(Path(folder) / "clone", products=[product.name for product in products])
        system.patience = PATIENCE
        # Whatever else the machine does, what is proven is that services come up, not how soon.
        system.replace("manifests/environments/development.toml", r"\A", "health_within = 600\n")
        try:
            yield system
        finally:
            tell("cleaning up")
            system.remove()


def prove(system: System, products: Sequence[Product], *, forgets: bool) -> Whole:
    """Build all images, deploy all of them, ask each service, and deploy again, which must find nothing to do."""
    if forgets:
        forget_build_cache()
    built = must(system, "-n", "2", "build")
    deployed = must(system, "deploy")
    seconds = seconds_of(built.ran.err)
    services = tuple(
        Proven(
            service.name,
            service.kind,
            seconds[service.name],
            read_added(image_of(system, service), read_bases().values()),
            ask(system, service),
        )
        for product in products
        for service in product.services
    )
    again = must(system, "deploy")
    if again.ran.done:
        raise BenchError(f"deployed again, {', '.join(again.ran.done)} did something")
    return Whole(built.seconds, deployed.seconds, again.seconds, forgets, services)


def must(system: System, *arguments: str) -> Told:
    """Run a command line that has to succeed."""
    line = " ".join(("doit", *arguments))
    tell(line)
    began = time.monotonic()
    ran = system.doit(*arguments)
    if ran.code:
        raise BenchError(f"{line}: exit {ran.code}\n{ran.err}")
    return Told(ran, time.monotonic() - began)


def seconds_of(told: str) -> dict[str, float]:
    """Service -> the seconds its build took, from what a run tells."""
    return {name: 60 * float(minutes or 0) + float(rest) for name, minutes, rest in SPENT.findall(told)}


def image_of(system: System, service: Service) -> str:
    """The image that was built for a service, with its tag."""
    return next(name for name in system.images() if name.startswith(f"{system.name}/{service.name}:"))


def ask(system: System, service: Service) -> str:
    """What a service is asked by its public route, in words; raises BenchError when the answer is not good."""
    health = answer(system, service, service.health)
    if service.kind == "nestjs":
        return told_health(service, health)
    if service.kind == "sveltekit":
        return told_page(system, service)
    if service.kind == "expo":
        return told_update(service, answer(system, service, "/metadata.json"))
    return f"its page has {len(answer(system, service, '/'))} bytes"


def answer(system: System, service: Service, path: str) -> str:
    """The body of a good answer."""
    status, body = system.get(f"{service.host}.localhost", path)
    if status != 200:
        raise BenchError(f"{service.name} answers {path} with {status}: {body[:200]}")
    return body


def told_health(service: Service, body: str) -> str:
    checks = json.loads(body)["checks"]
    if set(checks.values()) != {"up"} or "database" not in checks:
        raise BenchError(f"{service.name} is not well: {body}")
    return f"healthy with its own {' and '.join(sorted(checks))}"


def told_page(system: System, service: Service) -> str:
    """A page shows when each record was made, as the API tells it: the smoke tests of the deployment have made one."""
    path = re.search(
        r"path: '([^']+)'", (page_source(system, service) / "src/routes/+page.server.ts").read_text()
    )
    if path is None:
        raise BenchError(f"{service.name} names no path of its API")
    backend = next(each for each in all_services(system) if each.name == service.depends_on[0])
    times = TIME.findall(answer(system, backend, path[1]))
    page = answer(system, service, "/")
    if not times or times[0] not in page:
        raise BenchError(f"{service.name} does not show what {backend.name} holds")
    return f"shows the {len(times)} record(s) that {backend.name} holds"


def page_source(system: System, service: Service) -> Path:
    return system.root / "examples/manacore" / service.path


def all_services(system: System) -> tuple[Service, ...]:
    return open_project(system.root).working_picture().manifests.services


def told_update(service: Service, body: str) -> str:
    files = json.loads(body)["fileMetadata"]
    if set(files) != {"ios", "android"}:
        raise BenchError(f"{service.name} has updates for {', '.join(files)} only")
    return "has an update for " + " and ".join(sorted(files))


def render(whole: Whole, circumstances: Circumstances) -> str:
    """The report."""
    rows = [
        (each.service, each.kind, f"{each.seconds:.0f}", f"{each.added / MB:.1f}", each.evidence)
        for each in whole.services
    ]
    cache = (
        "It began with an empty build cache, package downloads included"
        if whole.is_cold
        else "The build cache was left as it was: this is no build from nothing"
    )
    return f"""# The whole system, built and deployed by one command each

{circumstances}
- {len(rows)} services, of which no image and no container was there, in one environment on one engine with one
  PostgreSQL and one Redis

{render_table(("command", "seconds"), commands(whole))}

{cache}.
The first deploy makes the databases, runs migrations and smoke tests, and leaves everything running beside one another;
the second found nothing to do.

Seconds are those of the build's own line, two at a time, with whatever else the machine did; MB are what the image
adds to its base, uncompressed. The last column is what the service was asked by its public route after that.

{render_table(("service", "kind", "build, s", "MB", "proof"), rows)}
"""


def commands(whole: Whole) -> list[tuple[str, str]]:
    """What was typed, and how long each took."""
    spent = (("-n 2 build", whole.built), ("deploy", whole.deployed), ("deploy", whole.again))
    return [(f"`doit {words}`", f"{seconds:.1f}") for words, seconds in spent]


if __name__ == "__main__":
    sys.exit(main())
