"""Builds and deploys every product of the example once, and reports what came of it: python bench/whole.py --help."""

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
from bench.machine import versions
from bench.program import produce, report_parser
from bench.progress import tell
from bench.sides import read_bases
from bench.sizes import read_added
from bench.tables import render_table
from buildgraph.manifests.model import Product, Service
from buildgraph.project import open_project
from tests.support.system import ROOT, Ran, System

MB: Final = 1_000_000
SPENT: Final = re.compile(r"^ok build:(\S+)  (?:(\d+) min )?([\d.]+) s$", re.MULTILINE)
TIME: Final = re.compile(r'"createdAt":"([^"]+)"')


@dataclass(frozen=True, slots=True)
class Proven:
    """What came of one service: seconds of its build, bytes above its base, and what it was asked at the end.

    `seconds` is None where the image was there already.
    """

    service: str
    kind: str
    seconds: float | None
    added: int
    evidence: str


def main() -> int:
    """Build, deploy, ask, report; returns the exit code."""
    parser = report_parser(__doc__)
    parser.add_argument("--products", default="", metavar="NAMES", help="some, with commas; else all")
    options = parser.parse_args()
    return produce(lambda: run(options.products), options.report)


def run(names: str) -> str:
    """Prove the named products (all without names) and return the report."""
    beginning = Beginning()
    products = chosen(names)
    with whole_system(products) as system:
        found = [proven for product in products for proven in prove(system, product)]
        again = settle(system)
    return render(found, again, beginning.ended(versions()))


def chosen(names: str) -> tuple[Product, ...]:
    """The products with these names, those first that others are built to wait for."""
    wanted = names.split(",") if names else []
    products = open_project(ROOT).working_picture().manifests.products
    found = [product for product in products if not wanted or product.name in wanted]
    return tuple(sorted(found, key=lambda product: (product.name != "mana-core-auth", product.name)))


@contextmanager
def whole_system(products: Sequence[Product]) -> Iterator[System]:
    """A copy of this project with these products; all that it makes is taken away at the end, however it comes."""
    with tempfile.TemporaryDirectory(prefix="whole-") as folder:
        system = System(
            Path(folder) / "clone", products=[*(product.name for product in products), "mana-core-auth"]
        )
        system.patience = 3600
        # Whatever else the machine does, what is proven is that services come up, not how soon.
        system.replace("manifests/environments/development.toml", r"\A", "health_within = 600\n")
        try:
            yield system
        finally:
            tell("cleaning up")
            system.remove()


def prove(system: System, product: Product) -> list[Proven]:
    """Build a product's images, deploy it, and ask each of its services; raises BenchError where one fails."""
    tell(f"{product.name}: building")
    built = must(system, "-n", "2", f"build:{product.name}")
    tell(f"{product.name}: deploying")
    must(system, f"deploy:{product.name}")
    seconds = seconds_of(built.err)
    return [
        Proven(
            service.name,
            service.kind,
            seconds.get(service.name),
            read_added(image_of(system, service), read_bases().values()),
            ask(system, service),
        )
        for service in product.services
    ]


def settle(system: System) -> float:
    """Deploy all of it by one command, which must find nothing to do; the seconds that it took."""
    began = time.monotonic()
    again = must(system, "deploy")
    took = time.monotonic() - began
    if again.done:
        raise BenchError(f"deployed again, {', '.join(again.done)} did something")
    return took


def seconds_of(told: str) -> dict[str, float]:
    """Service -> the seconds its build took, from what a run tells."""
    return {name: 60 * float(minutes or 0) + float(rest) for name, minutes, rest in SPENT.findall(told)}


def told_seconds(seconds: float | None) -> str:
    """The seconds of a build, rounded; "found" where there was none."""
    return "found" if seconds is None else f"{seconds:.0f}"


def must(system: System, *arguments: str) -> Ran:
    """Run a command line that has to succeed."""
    ran = system.doit(*arguments)
    if ran.code:
        raise BenchError(f"doit {' '.join(arguments)}: exit {ran.code}\n{ran.err}")
    return ran


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


def render(found: Sequence[Proven], again: float, circumstances: Circumstances) -> str:
    """The report."""
    rows = [
        (each.service, each.kind, told_seconds(each.seconds), f"{each.added / MB:.1f}", each.evidence)
        for each in found
    ]
    return f"""# The whole system, built and deployed once

{circumstances}
- {len(found)} services in {circumstances.minutes:.0f} minutes: product by product, `doit -n 2 build:PRODUCT`, then
  `doit deploy:PRODUCT` with migrations and smoke tests, all beside one another on one engine with one
  PostgreSQL and one Redis; at the end one `doit deploy` of all, which found nothing to do in {again:.1f} s

Seconds are those of the build's own line, two at a time, with whatever else the machine did; MB are what the image
adds to its base, uncompressed. The last column is what the service was asked by its public route once it was deployed.

{render_table(("service", "kind", "build, s", "MB", "proof"), rows)}
"""


if __name__ == "__main__":
    sys.exit(main())
