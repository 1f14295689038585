"""What may be asked of a chain, by name: how it is done, whether there is anything to do, and what comes before it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial

from buildgraph.chain import Chain
from buildgraph.checker import Checker
from buildgraph.checks.script import TASK as CHECK
from buildgraph.checks.script import as_typed, task_name
from buildgraph.errors import UnknownName
from buildgraph.graph.nodes import parents_of
from buildgraph.order import closure
from buildgraph.promotion import is_promoted, promote
from buildgraph.recovery import Wish, back_up_product, restore_product
from buildgraph.refusals import Terms
from buildgraph.rollback import roll_back
from buildgraph.scaling import is_scaled, scale
from buildgraph.vetting import publish, scan, where_published

UNKNOWN = "no result of it is known"


@dataclass(frozen=True, slots=True)
class Work:
    """One thing to be done, and `after` what.

    `ask` tells why there is nothing to do, or "" (None: there always is something), and `why` what holds otherwise.
    """

    name: str
    says: str
    act: Callable[[], None]
    ask: Callable[[], str] | None = None
    after: tuple[str, ...] = ()
    why: str = "it was asked for"


@dataclass(frozen=True, slots=True)
class Group:
    """Several things by one name; `part_of` is the name of the group that this one is listed under."""

    name: str
    members: tuple[str, ...]
    part_of: str = ""


def work_of(chain: Chain, terms: Terms, wish: Wish) -> Iterable[Work | Group]:
    """All that may be asked of a chain, in the order in which it is listed."""
    yield from _building(chain)
    yield from _scanning(chain, terms)
    yield from _pushing(chain)
    yield from _deploying(chain, terms)
    yield from _rolling_back(chain, terms)
    yield from _promoting(chain, terms)
    yield from _migrating(chain, terms)
    yield from _scaling(chain, terms)
    yield from _smoking(chain)
    yield from _recovering(chain, terms, wish)
    yield from _groups(chain, "build")
    if _is_scanned(chain):
        yield from _groups(chain, "scan")
    yield from _groups(chain, "push")
    yield _all_products(chain, "deploy")
    yield _all_products(chain, "smoke")


def wanted_tasks(works: Iterable[Work | Group], names: Iterable[str]) -> set[str]:
    """The tasks that names mean, which may be patterns as doit takes them, with all that they need.

    Raises UnknownName for a task that is not there.
    """
    needs = {work.name: work.after if isinstance(work, Work) else work.members for work in works}
    return closure(needs, [task for name in names for task in _meant(name, needs)])


def _meant(name: str, known: Iterable[str]) -> list[str]:
    found = [task for task in known if task == name or ("*" in name and fnmatchcase(task, name))]
    if not found and "*" not in name:
        raise UnknownName("task", name, known)
    return found


def checks_of(checker: Checker, names: Sequence[str] = ()) -> Iterable[Work | Group]:
    """The scripts of packages: those that the names of tasks mean and what comes before them, or all of them.

    Each bears its name as it is typed.
    """
    asked = {found for name in names for found in checker.asked(name)}
    wanted = checker.with_before(asked) if names else list(checker.scripts)
    for name in wanted:
        script = checker.scripts[name]
        says = f"run `{script.script}` of {script.package} when its result is not known"
        run, found = partial(checker.run, name), partial(checker.found, name)
        yield Work(as_typed(name), says, run, found, tuple(map(as_typed, script.after)), UNKNOWN)
    for package, tasks in checker.packages.items():
        typed = as_typed(task_name(package))
        if not names or typed in names:
            yield Group(typed, tuple(map(as_typed, tasks)), part_of=CHECK)
    if not names or CHECK in names:
        yield Group(CHECK, tuple(map(as_typed, wanted)))


def _building(chain: Chain) -> Iterable[Work]:
    asked = "neither engine nor registry hold" if chain.environment.registry else "the engine does not hold"
    why = f"{asked} an image of its fingerprint"
    for name in _names(chain):
        says = f"build the image of {name} when it is stale"
        after = tuple(f"build:{parent}" for parent in parents_of(chain.picture.graph, name))
        build, where_built = partial(chain.builder.build, name), partial(chain.builder.where_built, name)
        yield Work(f"build:{name}", says, build, where_built, after, why)


def _pushing(chain: Chain) -> Iterable[Work]:
    for name in _names(chain):
        says = f"publish the image of {name} when the registry lacks it"
        push, where_pushed = (
            partial(publish, chain.builder, name),
            partial(where_published, chain.builder, name),
        )
        is_signed = chain.picture.manifests.workspace.sign is not None
        why = "the registry lacks the image" + (", or it was not signed" if is_signed else "")
        yield Work(f"push:{name}", says, push, where_pushed, (f"{_finished(chain)}:{name}",), why)


def _scanning(chain: Chain, terms: Terms) -> Iterable[Work]:
    """What is in the registry, or runs where there is none, has passed; `force=yes` looks at it again."""
    for name in _names(chain) if _is_scanned(chain) else ():
        says = f"have the image of {name} scanned before it goes anywhere"
        act, ask = partial(scan, chain.builder, name), partial(chain.has_passed, name)
        why = "it has not passed yet"
        yield Work(f"scan:{name}", says, act, None if terms.force else ask, (f"build:{name}",), why)


def _is_scanned(chain: Chain) -> bool:
    return chain.picture.manifests.workspace.scan is not None


def _deploying(chain: Chain, terms: Terms) -> Iterable[Work]:
    for product in chain.products:
        says = f"bring {product} to the environment and smoke-test it"
        deploy = partial(chain.deployer.deploy, product, terms)
        ask = partial(_told, partial(chain.deployer.is_deployed, product), "it runs, and is in date")
        before = tuple(f"deploy:{other}" for other in chain.products_before(product))
        why = "what runs is not in date, or not well"
        yield Work(f"deploy:{product}", says, deploy, ask, _images(chain, product) + before, why)


def _rolling_back(chain: Chain, terms: Terms) -> Iterable[Work]:
    for product in chain.products:
        says = f"bring back the release of {product} before this one"
        yield Work(f"rollback:{product}", says, partial(roll_back, chain.deployer, product, terms))


def _promoting(chain: Chain, terms: Terms) -> Iterable[Work]:
    for product in chain.products:
        says = f"deploy {product} as another environment verified it"
        asked = (chain.deployer, product, terms)
        ask = partial(_told, partial(is_promoted, *asked), "it runs already")
        yield Work(f"promote:{product}", says, partial(promote, *asked), ask)


def _migrating(chain: Chain, terms: Terms) -> Iterable[Work]:
    for product in chain.products:
        says = f"run the migrations of {product} and nothing else"
        migrate = partial(chain.deployer.migrate, product, terms)
        yield Work(f"migrate:{product}", says, migrate, after=_images(chain, product))


def _scaling(chain: Chain, terms: Terms) -> Iterable[Work]:
    for product in chain.products:
        says = f"run to=NUMBER containers of a service of {product}"
        asked = (chain.deployer, product, terms)
        ask = partial(_told, partial(is_scaled, *asked), "as many run already")
        yield Work(f"scale:{product}", says, partial(scale, *asked), ask)


def _smoking(chain: Chain) -> Iterable[Work]:
    for product in chain.products:
        says = f"run the smoke tests of {product}"
        yield Work(f"smoke:{product}", says, partial(chain.deployer.smoke, product))


def _recovering(chain: Chain, terms: Terms, wish: Wish) -> Iterable[Work | Group]:
    """There is no `restore` of everything at once: what is brought back is named."""
    for product in chain.products:
        says = f"back up the data of {product}, and try the backup"
        yield Work(f"backup:{product}", says, partial(back_up_product, chain.deployer, product, terms))
        says = f"bring back a backup of {product}: from=…"
        restore = partial(restore_product, chain.deployer, product, terms, wish)
        yield Work(f"restore:{product}", says, restore)
    yield _all_products(chain, "backup")


def _groups(chain: Chain, phase: str) -> Iterable[Group]:
    """`build:chat` for a product, unless its name is that of a service; `build` for all."""
    names = _names(chain)
    for product, members in chain.products.items():
        if product not in names:
            yield Group(f"{phase}:{product}", tuple(f"{phase}:{name}" for name in members), part_of=phase)
    yield Group(phase, tuple(f"{phase}:{name}" for name in names))


def _all_products(chain: Chain, phase: str) -> Group:
    return Group(phase, tuple(f"{phase}:{product}" for product in chain.products))


def _told(is_done: Callable[[], bool], why: str) -> str:
    """`why` there is nothing to do, when that is so."""
    return why if is_done() else ""


def _names(chain: Chain) -> list[str]:
    return [service.name for service in chain.services]


def _finished(chain: Chain) -> str:
    """The phase after which an image may go anywhere."""
    return "scan" if _is_scanned(chain) else "build"


def _images(chain: Chain, product: str) -> tuple[str, ...]:
    """What brings a product's images to where the environment takes them from."""
    phase = "push" if chain.environment.registry else _finished(chain)
    return tuple(f"{phase}:{service}" for service in chain.products[product])
