"""Plans as doit tasks; the only module that knows doit, which orders and reports and never decides freshness."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from doit import get_var
from doit.cmd_base import TaskLoader2
from doit.cmd_run import Run as DoitRun
from doit.doit_cmd import DoitMain
from doit.exceptions import TaskFailed
from doit.task import Task

from buildgraph.chain import Chain, open_chain
from buildgraph.command_line import as_variable, check_options, check_variables, is_yes
from buildgraph.commands import VERBS
from buildgraph.commands.options import DEFAULT_ENVIRONMENT
from buildgraph.errors import DONE, BuildgraphError, InternalError, UnknownName
from buildgraph.project import Project
from buildgraph.promotion import Promotion, is_promoted, promote
from buildgraph.recovery import Wish, back_up_product, restore_product
from buildgraph.refusals import Terms
from buildgraph.reporting import Reporter, Run
from buildgraph.rollback import roll_back
from buildgraph.scaling import is_scaled, scale


def run_tasks(arguments: Sequence[str], project: Project) -> int:
    """Run a command line of tasks through doit; returns the exit code."""
    _check_options(arguments)
    check_variables(arguments)
    run = Run()
    loader = Loader(project, run)
    main = Main(task_loader=loader)
    main.BIN_NAME = Path(sys.argv[0]).name
    arguments = [as_variable(argument) for argument in arguments]
    try:
        code = int(main.run(list(arguments)) or DONE)
    except Stopped as stopped:
        raise stopped.error from None
    except KeyboardInterrupt:
        # other threads wait for children of theirs; these must end before this process can
        project.runner.stop()
        raise
    run.summarize()
    return run.exit_code(code)


class Stopped(BaseException):
    """Carries an error of ours past doit, which would print a traceback for any Exception."""

    def __init__(self, error: BuildgraphError) -> None:
        super().__init__(str(error))
        self.error = error


class Main(DoitMain):  # type: ignore[misc]
    """doit's program with our loader; its own config files are not read, so a folder's settings cannot bend it."""

    COMMANDS = frozenset(command.get_name() for command in DoitMain.DOIT_CMDS if command is not DoitRun)

    def __init__(self, task_loader: Loader) -> None:
        super().__init__(task_loader=task_loader, config_filenames=())


class Loader(TaskLoader2):  # type: ignore[misc]
    """Gives doit our tasks: those that are asked for, and what they need."""

    def __init__(self, project: Project, run: Run) -> None:
        super().__init__()
        self.project = project
        self.run = run

    def setup(self, opt_values: Mapping[str, Any]) -> None:
        """Nothing to prepare: the project is open already."""

    def load_doit_config(self) -> dict[str, Any]:
        """doit's settings: threads, independent tasks go on after a failure, our reporter."""
        return {
            "dep_file": str(self.project.cache_folder() / "doit"),
            "backend": "json",
            "continue": True,
            "par_type": "thread",
            "reporter": Reporter(self.run),
            "default_tasks": ["build"],
            "verbosity": 0,
        }

    def load_tasks(self, cmd: Any, pos_args: Sequence[str]) -> list[Task]:
        """The tasks of the chain for the environment that `env=` names."""
        try:
            chain = open_chain(self.project, get_var("env", DEFAULT_ENVIRONMENT))
            tasks = list(_chain_tasks(chain, self.run, _terms()))
            _check_names(pos_args, [task.name for task in tasks])
            _check_plans(chain, pos_args, _terms())
        except BuildgraphError as error:
            raise Stopped(error) from error
        except Exception as error:
            raise Stopped(foreseen(error)) from error
        return tasks


def _terms() -> Terms:
    """What the command line says besides its tasks."""
    said = {name: get_var(name, "") for name in ("reason", "to", "plan", "service")}
    return Terms(force=is_yes("force", get_var("force", "")), source=get_var("from", ""), **said)


def _chain_tasks(chain: Chain, run: Run, terms: Terms) -> Iterable[Task]:
    services = chain.services
    yield from _build_tasks(chain, run)
    yield from _push_tasks(chain, run)
    yield from _deploy_tasks(chain, run, terms)
    yield from _rollback_tasks(chain, run, terms)
    yield from _promote_tasks(chain, run, terms)
    yield from _migrate_tasks(chain, run, terms)
    yield from _scale_tasks(chain, run, terms)
    yield from _smoke_tasks(chain, run)
    yield from _recovery_tasks(chain, run, terms)
    yield from _groups("build", chain.products, [service.name for service in services])
    yield from _groups("push", chain.products, [service.name for service in services])
    yield _group("deploy", [f"deploy:{product}" for product in chain.products])
    yield _group("smoke", [f"smoke:{product}" for product in chain.products])


def _build_tasks(chain: Chain, run: Run) -> Iterable[Task]:
    for service in chain.services:
        name = service.name
        work = Work(run, partial(chain.builder.build, name), partial(chain.builder.is_built, name))
        before = [f"build:{parent}" for parent in chain.parents(name)]
        yield _task(f"build:{name}", work, before, f"build the image of {name} when it is stale")


def _push_tasks(chain: Chain, run: Run) -> Iterable[Task]:
    for service in chain.services:
        name = service.name
        work = Work(run, partial(chain.builder.push, name), partial(chain.builder.is_pushed, name))
        yield _task(
            f"push:{name}", work, [f"build:{name}"], f"publish the image of {name} when the registry lacks it"
        )


def _deploy_tasks(chain: Chain, run: Run, terms: Terms) -> Iterable[Task]:
    for product, services in chain.products.items():
        images = [f"{_image_phase(chain)}:{service}" for service in services]
        before = [f"deploy:{other}" for other in chain.products_before(product)]
        work = Work(
            run, partial(chain.deployer.deploy, product, terms), partial(chain.deployer.is_deployed, product)
        )
        yield _task(
            f"deploy:{product}",
            work,
            [*images, *before],
            f"bring {product} to the environment and smoke-test it",
        )


def _rollback_tasks(chain: Chain, run: Run, terms: Terms) -> Iterable[Task]:
    for product in chain.products:
        work = Work(run, partial(roll_back, chain.deployer, product, terms))
        yield _task(f"rollback:{product}", work, [], f"bring back the release of {product} before this one")


def _promote_tasks(chain: Chain, run: Run, terms: Terms) -> Iterable[Task]:
    for product in chain.products:
        work = Work(
            run,
            partial(promote, chain.deployer, product, terms),
            partial(is_promoted, chain.deployer, product, terms),
        )
        yield _task(f"promote:{product}", work, [], f"deploy {product} as another environment verified it")


def _migrate_tasks(chain: Chain, run: Run, terms: Terms) -> Iterable[Task]:
    for product, services in chain.products.items():
        images = [f"{_image_phase(chain)}:{service}" for service in services]
        work = Work(run, partial(chain.deployer.migrate, product, terms))
        yield _task(f"migrate:{product}", work, images, f"run the migrations of {product} and nothing else")


def _image_phase(chain: Chain) -> str:
    """What brings images to where the environment takes them from."""
    return "push" if chain.environment.registry else "build"


def _scale_tasks(chain: Chain, run: Run, terms: Terms) -> Iterable[Task]:
    for product in chain.products:
        asked = (chain.deployer, product, terms)
        work = Work(run, partial(scale, *asked), partial(is_scaled, *asked))
        yield _task(f"scale:{product}", work, [], f"run to=NUMBER containers of a service of {product}")


def _smoke_tasks(chain: Chain, run: Run) -> Iterable[Task]:
    for product in chain.products:
        work = Work(run, partial(chain.deployer.smoke, product))
        yield _task(f"smoke:{product}", work, [], f"run the smoke tests of {product}")


def _recovery_tasks(chain: Chain, run: Run, terms: Terms) -> Iterable[Task]:
    """There is no `restore` of everything at once: what is brought back is named."""
    wish = Wish(**{name: is_yes(name, get_var(name, "")) for name in ("redis", "beside")})
    for product in chain.products:
        backup = Work(run, partial(back_up_product, chain.deployer, product, terms))
        yield _task(f"backup:{product}", backup, [], f"back up the data of {product}, and try the backup")
        restore = Work(run, partial(restore_product, chain.deployer, product, terms, wish))
        yield _task(f"restore:{product}", restore, [], f"bring back a backup of {product}: from=…")
    yield _group("backup", [f"backup:{product}" for product in chain.products])


def _groups(phase: str, products: Mapping[str, Sequence[str]], services: Sequence[str]) -> Iterable[Task]:
    """`build:chat` for a product, unless its name is that of a service; `build` for all."""
    for product, members in products.items():
        if product not in services:
            yield _group(f"{phase}:{product}", [f"{phase}:{name}" for name in members], part_of=phase)
    yield _group(phase, [f"{phase}:{name}" for name in services])


def _task(name: str, work: Work, after: Sequence[str], doc: str) -> Task:
    task = Task(name, [work.do], task_dep=list(after), doc=doc, uptodate=(work.is_fresh,))
    task.subtask_of = name.partition(":")[0]
    return task


def _group(name: str, members: Sequence[str], part_of: str = "") -> Task:
    task = Task(name, None, task_dep=list(members), doc=f"all of: {', '.join(members)}")
    task.has_subtask = not part_of
    task.subtask_of = part_of or None
    return task


def foreseen(error: Exception) -> BuildgraphError:
    """`error` as one of ours: what nobody foresaw is told as a bug, with its traceback when that is asked for."""
    if isinstance(error, BuildgraphError):
        return error
    if os.environ.get("BUILDGRAPH_DEBUG"):
        traceback.print_exception(error, file=sys.__stderr__)
    return InternalError(error)


@dataclass(slots=True)
class Work:
    """A task's question and action; a question that cannot be answered fails the task with that answer."""

    run: Run
    act: Callable[[], None]
    ask: Callable[[], bool] | None = None
    problem: BuildgraphError | None = None

    def is_fresh(self) -> bool:
        """Whether there is nothing to do; a problem is kept for the action, where doit takes failures."""
        try:
            return self.ask is not None and self.ask()
        except Exception as error:
            self.problem = foreseen(error)
            return False

    def do(self) -> TaskFailed | None:
        """Act; an error becomes a failed task, and is kept for the exit code."""
        if self.problem is not None:
            return self._failed(self.problem)
        try:
            self.act()
        except Exception as error:
            return self._failed(foreseen(error))
        return None

    def _failed(self, error: BuildgraphError) -> TaskFailed:
        """Keep an error for the exit code, and give it as doit wants it."""
        self.run.errors.append(error)
        return TaskFailed(str(error))


def _check_options(arguments: Sequence[str]) -> None:
    """Refuse an option that doit's run has not; its other commands check their own."""
    if any(argument in Main.COMMANDS for argument in arguments):
        return
    options = (*DoitRun.base_options, *DoitRun.cmd_options)
    names = {option.get(key) for option in options for key in ("long", "inverse")}
    check_options([as_variable(argument) for argument in arguments], sorted(name for name in names if name))


def _check_names(names: Iterable[str], known: Sequence[str]) -> None:
    """Refuse an unknown task, with what was perhaps meant, before anything runs."""
    for name in names:
        if not name.startswith("-") and "*" not in name and name not in known:
            raise UnknownName("task or verb", name, [*known, *VERBS])


def _check_plans(chain: Chain, names: Iterable[str], terms: Terms) -> None:
    """Refuse a deploy whose plan is missing or holds no more, before anything is built for it."""
    deployer = chain.deployer
    for name in names:
        phase, _, product = name.partition(":")
        if phase == "deploy":
            for each in chain.products_for(product) if product else chain.products:
                deployer.need_approval(name, terms)
                deployer.confirm_plan(terms.plan, each, deployer.planned)
        if phase == "migrate":
            deployer.need_approval(name, terms)
            deployer.confirm_plan(terms.plan, product, deployer.planned)
        if phase == "promote":
            deployer.need_approval(name, terms)
            deployer.confirm_plan(terms.plan, product, Promotion(deployer, product, terms).planned)
