"""Containers on an engine: made from a specification, found by labels, asked, ended; it knows no service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from buildgraph.errors import ToolError
from buildgraph.image.engine import told_plainly, understood
from buildgraph.image.socket import EngineRefused, Unended
from buildgraph.place.arguments import container_arguments, host_arguments
from buildgraph.place.hiding import hiding
from buildgraph.place.model import Place
from buildgraph.place.shell import Command, run_in_shell
from buildgraph.place.specification import Specification

if TYPE_CHECKING:
    from docker.models.containers import Container

RUNNING: Final = "running"
CONFLICT: Final = 409
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
NOT_RUN: Final = 126  # as a shell tells of a command that cannot be run
NOT_ENDED: Final = 124  # as timeout(1) tells


@dataclass(frozen=True, slots=True)
class Found:
    """A container that is there: `state` is the engine's word (running, exited, created, restarting …)."""

    id: str
    name: str
    state: str
    labels: Mapping[str, str]
    created: int

    @property
    def is_running(self) -> bool:
        """Whether its process runs now."""
        return self.state == RUNNING


@dataclass(frozen=True, slots=True)
class Condition:
    """How a container is: its state, exit code, how often it was started again, its private address."""

    state: str
    exit_code: int
    restarts: int
    address: str
    is_out_of_memory: bool = False

    @property
    def is_running(self) -> bool:
        """Whether its process runs now."""
        return self.state == RUNNING

    def __str__(self) -> str:
        if self.is_out_of_memory:
            return f"{self.state}, it ran out of memory"
        # an engine forgets how a container ended as soon as it starts it again
        ended = "" if self.is_running else f", exit code {self.exit_code}"
        again = f", started again {self.restarts} times" if self.restarts else ""
        return f"{self.state}{ended}{again}"


def find_containers(place: Place, **labels: str) -> tuple[Found, ...]:
    """The containers here with these labels (by their last part), sorted by name; one question."""
    with told_plainly(), understood():
        found = place.engine.client.api.containers(all=True, filters={"label": place.filters(**labels)})
        return tuple(sorted((_found(container) for container in found), key=lambda container: container.name))


def create_container(place: Place, specification: Specification) -> Found:
    """Make a container without starting it; ToolError when the engine refuses."""
    api = place.engine.client.api
    endpoint = api.create_endpoint_config(aliases=list(specification.aliases))
    networking = (
        api.create_networking_config({specification.network: endpoint}) if specification.network else None
    )
    with told_plainly():
        made = api.create_container(
            specification.image,
            **container_arguments(specification),
            host_config=api.create_host_config(**host_arguments(specification)),
            networking_config=networking,
        )
    with understood():
        return Found(made["Id"], specification.name, "created", specification.labels, 0)


def start_container(place: Place, container: str) -> None:
    """Start a container that is there."""
    with _opened(place, container) as found:
        found.start()


def stop_container(place: Place, container: str, within: float) -> None:
    """Ask a container's process to end, and end it when `within` seconds have passed; done when it is gone."""
    import docker.errors

    with told_plainly():
        try:
            place.engine.client.api.stop(container, timeout=round(within))
        except docker.errors.NotFound:
            return


def remove_container(place: Place, container: str) -> None:
    """Remove a container, running or not, with its anonymous volumes; done when it is not there."""
    import docker.errors

    with told_plainly():
        try:
            place.engine.client.containers.get(container).remove(force=True, v=True)
        except docker.errors.NotFound:
            return
        except docker.errors.APIError as error:
            if error.status_code != CONFLICT:  # somebody else removes it already
                raise


def rename_container(place: Place, container: str, name: str) -> None:
    """Give a container another name."""
    with _opened(place, container) as found:
        found.rename(name)


def run_in_container(
    place: Place,
    container: str,
    argv: Iterable[str],
    *,
    user: str = "",
    env: Mapping[str, str] | None = None,
    within: float | None = None,
) -> tuple[int, str]:
    """Run a command in a container; its exit code and all it said.

    A container that does not run at this moment (`restarting`) gives the engine's words and code 126, and so does one
    that ends meanwhile; a command that has not ended `within` seconds gives code 124.
    """
    import docker.errors

    api, words = place.engine.client.api, list(argv)
    with _opened(place, container) as found:
        try:
            command = api.exec_create(found.id, words, user=user, environment=dict(env or {}))["Id"]
            said = b"".join(piece.content for piece in place.engine.listen_to(command, within))
            code = _exit_code(place, command)
        except docker.errors.APIError as error:
            if error.status_code != CONFLICT:
                raise
            return NOT_RUN, str(error.explanation)
        except EngineRefused as refused:
            if refused.status != CONFLICT:
                raise
            return NOT_RUN, refused.what
        except Unended:
            return NOT_ENDED, f"it has not ended within {within:.3g} s"
    if code is None:
        raise ToolError(f"the engine broke off what ran in {container}", "run the same again")
    return int(code), said.decode("utf-8", "replace")


def _exit_code(place: Place, command: str) -> int | None:
    """How a command ended; an engine forgets those of a container as soon as that has ended."""
    import docker.errors

    try:
        told: int | None = place.engine.client.api.exec_inspect(command)["ExitCode"]
    except docker.errors.NotFound:
        return NOT_RUN
    return told


def ask_in_container(
    place: Place, container: str, argv: Sequence[str], *, user: str = "", env: Mapping[str, str] = NOTHING
) -> tuple[int, str]:
    """Run a command that answers soon, and that may run twice, in a shell that stays open; see `run_in_container`."""
    import docker.errors

    with _opened(place, container) as found, suppress(docker.errors.APIError, EngineRefused):
        told = run_in_shell(place, str(found.id), user, Command(argv, env))
        if told is not None:
            return told
    return run_in_container(place, container, argv, user=user, env=env)


def wait_for_end(place: Place, container: str, within: float) -> int:
    """Wait until a container has ended and return its exit code; TimeoutError after `within` seconds."""
    import requests.exceptions

    with _opened(place, container) as found:
        try:
            return int(found.wait(timeout=within)["StatusCode"])
        except (requests.exceptions.ReadTimeout, requests.exceptions.ConnectionError) as error:
            raise TimeoutError(container) from error


def read_condition(place: Place, container: str) -> Condition:
    """How a container is."""
    with told_plainly(), understood():
        told = place.engine.client.api.inspect_container(container)
        state = told["State"]
        network = told["NetworkSettings"]["Networks"].get(place.prefix, {})
        return Condition(
            state=state["Status"],
            exit_code=int(state["ExitCode"]),
            restarts=int(told["RestartCount"]),
            address=network.get("IPAddress", ""),
            is_out_of_memory=bool(state.get("OOMKilled")),
        )


def read_last_lines(place: Place, container: str, count: int) -> str:
    """The end of what a container has said, both streams together, its secrets left out."""
    with _opened(place, container) as found:
        hide = hiding(place, _variables(found))
        said: bytes = found.logs(tail=count)
    return hide(said.decode("utf-8", "replace").rstrip("\n"))


def follow_lines(place: Place, container: str, tail: int) -> Iterator[str]:
    """The last lines of a container and those that it says from now on, its secrets left out, until it ends."""
    with _opened(place, container) as found:
        rest, hide = b"", hiding(place, _variables(found))
        for piece in found.logs(stream=True, follow=True, tail=tail):
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                yield hide(line.decode("utf-8", "replace"))
        if rest:
            yield hide(rest.decode("utf-8", "replace"))


def _variables(found: Container) -> list[str]:
    """A container's variables, as the engine has told them."""
    with understood():
        return list(found.attrs["Config"]["Env"] or ())


@contextmanager
def _opened(place: Place, container: str) -> Iterator[Container]:
    import docker.errors

    with told_plainly():
        try:
            yield place.engine.client.containers.get(container)
        except docker.errors.NotFound as error:
            raise ToolError(
                f"the container {container} is gone", "somebody else removed it; run the same again"
            ) from error


def _found(told: Mapping[str, Any]) -> Found:
    return Found(
        id=told["Id"],
        name=told["Names"][0].lstrip("/") if told["Names"] else told["Id"],
        state=told["State"],
        labels=told["Labels"] or {},
        created=int(told["Created"]),
    )
