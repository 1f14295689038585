"""A Docker engine: what it is, which images it holds; it builds nothing and knows no service."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from buildgraph.errors import ToolError
from buildgraph.image.labels import BUILT
from buildgraph.image.lines import CA, CERTIFICATE, KEY, NO_ENGINE, Line, open_line, watched
from buildgraph.image.socket import (
    REFUSED,
    TIMEOUT,
    EngineRefused,
    Piece,
    Question,
    Talk,
    ask_all,
    listen_to,
    talk_to,
)

if TYPE_CHECKING:
    import docker

__all__ = ["NO_ENGINE", "Engine", "HeldImage", "open_engine", "told_plainly", "understood"]

NOT_FOUND, CONNECTIONS = 404, 25
VERSION: Final = ("version",)
AT_ONCE: Final = 16  # questions: an engine beyond ssh has a session of its own for each
# How an engine says that containerd keeps its images (its `features` have `containerd-snapshotter`).
DRIVER_TYPE, CONTAINERD = "driver-type", "io.containerd.snapshotter.v1"
ENGINE_LOST = "see that it runs and can be reached (`buildgraph doctor` tells), then run the same again"


class HeldImage(NamedTuple):
    """An image the engine holds: its id, the platform it runs on and its labels."""

    id: str
    platform: str
    labels: Mapping[str, str]


class Engine:
    """A Docker engine at `address` (`""` is the machine's own), which has answered once.

    What is only read is asked over its line; everything else goes through its library, which is loaded when
    it is needed.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.line: Line = open_line(address)
        self.beyond = set[
            str
        ]()  # registries that this process has found it cannot speak to, as the engine can

    @cached_property
    def client(self) -> docker.DockerClient:
        """The engine's own library, connected; ToolError when no engine answers."""
        import docker.errors

        try:
            return _client(self.line, self._version["ApiVersion"])
        except (docker.errors.DockerException, OSError) as error:
            raise self.line.explain(error) from error

    @property
    def is_here(self) -> bool:
        """Whether it runs on this machine, so that the ports it publishes are here."""
        return self.line.is_here

    @property
    def command_env(self) -> Mapping[str, str]:
        """What the docker command must be told to speak to this very engine; empty when it does by itself."""
        return self.line.command_env

    def confirm(self) -> None:
        """ToolError when the engine does not answer any more."""
        self._ask("version")

    def close(self) -> None:
        """End every connection; those of an engine that is dropped, or of a process that ends, end by themselves."""
        if "client" in vars(self):
            self.client.close()
        self.line.close()

    def listen_to(self, command: str, within: float | None = None) -> Iterator[Piece]:
        """Start a command that was made ready in a container (`exec`), and give what it prints until it ends.

        EngineRefused when the engine does not start it, ToolError when the connection breaks, Unended when it has
        not ended `within` seconds.
        """
        try:
            yield from listen_to(self.line.dial(), command, within)
        except OSError as error:
            raise self.line.explain(error) from error

    def talk_to(self, command: str) -> Talk:
        """Start a command that was made ready in a container with an open input, to be spoken with.

        EngineRefused when the engine does not start it, OSError when the connection breaks.
        """
        return talk_to(self.line.dial(), command)

    def has_image(self, reference: str) -> bool:
        """Whether the engine holds an image of this name or id."""
        return self.held_image(reference) is not None

    def held_image(self, reference: str) -> HeldImage | None:
        """The image of this name or id, or None."""
        status, told = self._ask("images", reference, "json")
        if status == NOT_FOUND:
            return None
        with understood():
            return _held(told)

    def held_images(self, references: Iterable[str]) -> list[HeldImage | None]:
        """The images of these names, None for each that is not there: what the engine is comes with the answers."""
        with understood():
            version, *images = self._ask_all([VERSION, *(("images", name, "json") for name in references)])
            self._version = _version_in(version)
            return [_held(told) if status != NOT_FOUND else None for status, told in images]

    def serves(self, held: HeldImage, platforms: Sequence[str]) -> bool:
        """Whether an image is of every platform, or without any of the engine's own; an engine tells of one alone."""
        wanted = set(platforms or (self.platform,))
        return wanted <= {held.platform} or (held.platform in wanted and self.keeps_several)

    def newest_labels(self, pattern: str) -> dict[str, Mapping[str, str]]:
        """The labels of the newest image under each name without its tag that fits a pattern, such as `acme/*`."""
        _, told = self._ask("images", f"json?filters={json.dumps({'reference': [pattern]})}")
        with understood():
            found = [(image["Created"], image["Labels"] or {}, image["RepoTags"] or ()) for image in told]
            # where builds have a fixed date, their label has their own
            found.sort(key=lambda image: (image[0], image[1].get(BUILT) or ""))
            return {name.rpartition(":")[0]: labels for _, labels, names in found for name in names}

    def tag(self, image: str, reference: str) -> None:
        """Give an image a further name."""
        with told_plainly():
            self.client.api.tag(image, *reference.rsplit(":", 1))

    def untag(self, reference: str) -> None:
        """Take a name away from an image, if there is one of this name; what has no other name goes with it."""
        import docker.errors

        with told_plainly(), suppress(docker.errors.NotFound):
            self.client.api.remove_image(reference, noprune=True)

    @property
    def platform(self) -> str:
        """The platform of the engine itself, such as `linux/amd64`."""
        return f"{self._version['Os']}/{self._version['Arch']}"

    @cached_property
    def keeps_several(self) -> bool:
        """Whether it keeps images as registries do, with all platforms and attestations: containerd's store does."""
        _, told = self._ask("info")
        with understood():
            return [DRIVER_TYPE, CONTAINERD] in (told["DriverStatus"] or ())

    @property
    def version(self) -> str:
        """The engine's own version."""
        return self._version["Version"]

    @cached_property
    def _version(self) -> Mapping[str, str]:
        with understood():
            return _version_in(self._ask(*VERSION))

    def _ask(self, *question: str) -> tuple[int, Any]:
        """Ask over the line; a refusal other than "not found" is the engine's own words."""
        [answer] = self._ask_all([question])
        return answer

    def _ask_all(self, questions: Sequence[Question]) -> list[tuple[int, Any]]:
        """The same of several questions: a few at a time, as every one has a connection of its own."""
        try:
            parts = (questions[first : first + AT_ONCE] for first in range(0, len(questions), AT_ONCE))
            answers = [answer for part in parts for answer in ask_all(self.line.dial, part)]
        except OSError as error:
            raise self.line.explain(error) from error
        for status, told in answers:
            if status >= REFUSED and status != NOT_FOUND:
                with understood():
                    raise EngineRefused(status, told["message"] if told else "")
        return answers


def _version_in(answer: tuple[int, Any]) -> Mapping[str, str]:
    return {name: str(answer[1][name]) for name in ("ApiVersion", "Arch", "Os", "Version")}


def open_engine(address: str = "") -> Engine:
    """The engine at `address`; ToolError with the way out when none answers."""
    engine = Engine(address)
    engine.version  # noqa: B018  # an engine that does not answer is told before anything begins
    return engine


def _client(line: Line, version: str) -> docker.DockerClient:
    import docker

    tls = _tls(line.certificates) if line.certificates else False
    client = docker.DockerClient(base_url=line.base_url, version=version, timeout=TIMEOUT, tls=tls)
    client.api.trust_env = (
        False  # proxies and CAs of the process's environment are for the web, not for engines
    )
    if line.certificates:
        client.api.mount("https://", _watched_connections())
    _explain_failures(client.api, line)
    return client


def _tls(folder: Path) -> Any:
    from docker.tls import TLSConfig

    pair = (str(folder / CERTIFICATE), str(folder / KEY))
    return TLSConfig(pair, str(folder / CA), verify=True)


def _watched_connections() -> Any:
    """Connections of the library's that find out when the host is gone, however long they are silent."""
    from requests.adapters import HTTPAdapter

    adapter = HTTPAdapter()
    adapter.init_poolmanager(CONNECTIONS, CONNECTIONS, socket_options=watched())
    return adapter


def _explain_failures(api: Any, line: Line) -> None:
    """Have whatever breaks on the way to the engine told by who knows the way; a late answer is the asker's to tell."""
    import requests.exceptions
    from urllib3.exceptions import ReadTimeoutError

    send = api.send

    def explained(request: Any, **options: Any) -> Any:
        try:
            return _in_engine_s_words(send(request, **options))
        except requests.exceptions.ConnectionError as error:
            if any(isinstance(cause, ReadTimeoutError) for cause in error.args):
                raise
            raise line.explain(error) from error

    api.send = explained


def _in_engine_s_words(answer: Any) -> Any:
    """An answer, unless it is a refusal in JSON of somebody else: the library looks for `message`, and takes text."""
    if answer.ok:
        return answer
    try:
        told = answer.json()
    except ValueError:
        return answer
    with understood():
        told["message"]
    return answer


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn what the engine's library raises into ToolError with the engine's own words."""
    import docker.errors
    import requests.exceptions
    import urllib3.exceptions

    try:
        yield
    except docker.errors.APIError as error:
        raise ToolError(f"the Docker engine refused: {error.explanation or error}") from error
    except (
        docker.errors.DockerException,
        docker.errors.StreamParseError,
        requests.exceptions.RequestException,
        urllib3.exceptions.HTTPError,
        ConnectionError,
        RecursionError,
    ) as error:
        raise ToolError("the Docker engine does not answer any more", ENGINE_LOST) from error


@contextmanager
def understood() -> Iterator[None]:
    """What answers where an engine should be, such as a proxy, is told as that; nothing but answers is read in it."""
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise ToolError("what answers is no Docker engine", ENGINE_LOST) from error


def _held(found: Mapping[str, Any]) -> HeldImage:
    variant = f"/{found['Variant']}" if found.get("Variant") else ""
    labels = found.get("Config", {}).get("Labels") or {}
    return HeldImage(found["Id"], f"{found['Os']}/{found['Architecture']}{variant}", labels)
