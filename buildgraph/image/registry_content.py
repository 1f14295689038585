"""A registry's own API (OCI distribution specification 1.1): its tags and manifests, one question at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final

from buildgraph.errors import StepFailed, ToolError
from buildgraph.image.moments import parse_moment
from buildgraph.image.registry_answers import (
    Manifest,
    NoAnswer,
    parse_created,
    parse_named,
    parse_tags,
    parse_token,
    parse_triggers,
)
from buildgraph.image.registry_refusals import LOG_IN, NOT_REACHED, SOON
from buildgraph.image.registry_sending import TIMEOUT, Body, Headers, opened, send_elsewhere
from buildgraph.recipes.references import DOCKER_HUB, is_loopback, is_registry

if TYPE_CHECKING:
    import requests

HUB_HOST, HUB_LOGIN = "registry-1.docker.io", "https://index.docker.io/v1/"
ACCEPTED: Final = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
OK, UNAUTHORIZED, NOT_FOUND, NOT_ALLOWED, FAILS = 200, 401, 404, 405, 500
PAGE: Final = 1000
DAY: Final = 86400  # seconds


class Registry:
    """A registry by the prefix of its image names, such as `ghcr.io/acme`; the docker command's logins are used.

    Every method raises ToolError when it does not answer, or refuses. Who `writes` asks with the first login for what
    writing needs, so that no second one comes between.
    """

    def __init__(self, prefix: str, *, writes: bool = False) -> None:
        first, slash, rest = prefix.strip("/").partition("/")
        is_host = is_registry(first)
        self.name = first if is_host else DOCKER_HUB
        self.above = rest if is_host else f"{first}{slash}{rest}"
        self._writes = writes
        self._tokens: dict[str, str] = {}
        self._date = ""

    @property
    def prefix(self) -> str:
        """The prefix with its host, however it was written: `acme` is `docker.io/acme`."""
        return f"{self.name}/{self.above}".strip("/")

    def repository(self, name: str) -> str:
        """The repository of an image's name below the prefix."""
        return f"{self.above}/{name}".strip("/")

    def tags(self, repository: str) -> tuple[str, ...]:
        """All tags of a repository, sorted; none where there is no such repository."""
        return tuple(sorted(tag for page in self._pages(f"{repository}/tags/list") for tag in page))

    def find_manifest(self, repository: str, reference: str) -> Manifest | None:
        """What stands under a tag or digest, or None; a registry that calls its content by another digest is told."""
        answer = self.ask("GET", f"{repository}/manifests/{reference}", headers={"Accept": ACCEPTED})
        if answer.status_code == NOT_FOUND:
            return None
        content = self.read(answer)
        digest = reference if ":" in reference else answer.headers.get("Docker-Content-Digest", "")
        with self.understood():
            return parse_named(content, digest)

    def created(self, repository: str, manifest: Manifest) -> str:
        """When an image says that it was made (RFC 3339), or "": it does not say, or is an index."""
        if not manifest.config:
            return ""
        content = self._configuration(repository, manifest)
        with self.understood():
            return parse_created(content)

    def triggers(self, repository: str, reference: str) -> tuple[str, ...]:
        """The ONBUILD lines of an image; of an index those of its first one, as one Dockerfile makes them all."""
        found = self.find_manifest(repository, reference)
        if found and found.children:
            found = self.find_manifest(repository, found.children[0])
        if not (found and found.config):
            return ()
        content = self._configuration(repository, found)
        with self.understood():
            return parse_triggers(content)

    def _configuration(self, repository: str, manifest: Manifest) -> bytes:
        answer = self.ask("GET", f"{repository}/blobs/{manifest.config}")
        return self.read(answer) if answer.status_code == OK else b"{}"

    def days_since(self, created: str) -> float | None:
        """Days since a stamp (RFC 3339), by the date of the registry's last answer; None where there is none."""
        now = time.time()
        with suppress(TypeError, ValueError):
            now = parsedate_to_datetime(self._date).timestamp()
        try:
            return (now - parse_moment(created)) / DAY
        except ValueError:
            return None

    def delete(self, repository: str, digest: str) -> None:
        """Remove a manifest with all tags that name it; done when it is not there.

        StepFailed where the registry does not let anybody delete.
        """
        answer = self.ask("DELETE", f"{repository}/manifests/{digest}", spared=(NOT_ALLOWED,))
        if answer.status_code == NOT_ALLOWED:
            raise StepFailed(
                "prune",
                f"the registry {self.name} lets nobody delete (405)",
                "set storage.delete.enabled in its configuration, or leave it to the registry's own retention",
            )

    def _pages(self, path: str) -> Iterator[list[str]]:
        following, asked = f"{path}?n={PAGE}", set[str]()
        while following:
            if following in asked:
                raise self._unreachable("its list of tags goes in circles")
            asked.add(following)
            answer = self.ask("GET", following)
            if answer.status_code == NOT_FOUND:
                return
            content = self.read(answer)
            with self.understood():
                yield parse_tags(content)
            following = answer.links.get("next", {}).get("url", "").partition("/v2/")[2]

    def read(self, answer: requests.Response) -> bytes:
        """All that an answer holds; it may break off on the way."""
        import requests.exceptions

        try:
            return answer.content
        except requests.exceptions.RequestException as error:
            raise self._unreachable(str(error), NOT_REACHED) from error

    @contextmanager
    def understood(self) -> Iterator[None]:
        """Whatever stands there instead of a registry's answer, such as a page to sign in, is told as that."""
        try:
            yield
        except NoAnswer as error:
            raise self._unreachable("its answer is none that a registry gives") from error

    def refuse_missing(self, method: str, path: str) -> ToolError:
        """What is said where something that was to be written or that must be there was not found."""
        return self._unreachable(f"{method} {path.partition('?')[0]}: {NOT_FOUND}")

    def ask(
        self,
        method: str,
        path: str,
        *,
        spared: tuple[int, ...] = (),
        body: Body = b"",
        headers: Headers | None = None,
    ) -> requests.Response:
        """One request, again with a login when the registry asks for one; what was not found is an answer.

        `path` is seen from `/v2/`, or is where an answer has led to; `spared` are more codes that are answers.
        """
        import requests.exceptions

        told = headers or {}
        try:
            answer = self._send_again(method, path, body, told)
            if answer.status_code == UNAUTHORIZED:
                answer.close()
                self._log_in(answer.headers.get("WWW-Authenticate", ""))
                answer = self._send_again(method, path, body, told)
        except requests.exceptions.RequestException as error:
            raise self._unreachable(str(error), NOT_REACHED) from error
        self._date = answer.headers.get("Date", "")
        if not answer.ok:
            answer.close()  # its body, which nobody reads, would hold the connection
        if not answer.ok and answer.status_code not in (NOT_FOUND, *spared):
            raise self._unreachable(
                f"{method} {path.partition('?')[0]}: {answer.status_code} {answer.reason}"
            )
        return answer

    def _send_again(self, method: str, path: str, body: Body, headers: Headers) -> requests.Response:
        """Send, and where only reading fails for the moment send the same again."""
        for wait in SOON if method == "GET" else ():
            answer = self._send(method, path, body, headers)
            if answer.status_code < FAILS:
                return answer
            answer.close()
            time.sleep(wait)
        return self._send(method, path, body, headers)

    def _send(self, method: str, path: str, body: Body, headers: Headers) -> requests.Response:
        address = self._address_of(path)
        if not address.startswith(f"{self._address}/"):
            return send_elsewhere(method, address, body, headers)
        with opened(body) as data:
            return self._session.request(
                method,
                address,
                data=data,
                headers={**headers, **self._tokens},
                timeout=TIMEOUT,
                stream=method == "GET",
            )

    def _address_of(self, path: str) -> str:
        if path.startswith(("http://", "https://")):
            return path
        return f"{self._address}{path}" if path.startswith("/") else f"{self._address}/v2/{path}"

    def _log_in(self, challenge: str) -> None:
        """Answer a challenge (RFC 9110, 11.3): the login itself, or a token that it is exchanged for."""
        from requests.utils import parse_dict_header

        scheme, _, rest = challenge.partition(" ")
        if scheme.lower() == "bearer":
            told = parse_dict_header(rest)
            asked = {name: found for name in ("service", "scope") if (found := told.get(name))}
            if self._writes and asked.get("scope", "").endswith(":pull"):
                asked["scope"] += ",push"
            answer = self._session.get(
                told.get("realm") or "", params=asked, auth=self._login, timeout=TIMEOUT
            )
            with self.understood():
                token = parse_token(answer.content if answer.ok else b"{}")
            self._tokens = {"Authorization": f"Bearer {token}"}
        elif self._login:
            self._session.auth = self._login

    @cached_property
    def _session(self) -> requests.Session:
        import requests

        session = requests.Session()
        session.trust_env = not self._address.startswith("http:")  # no proxy stands before this very machine
        return session

    @cached_property
    def _login(self) -> tuple[str, str] | None:
        """The login that `docker login` has kept for the registry."""
        from docker.errors import DockerException

        from docker import auth

        try:
            found = auth.load_config().resolve_authconfig(HUB_LOGIN if self.name == DOCKER_HUB else self.name)
        except DockerException as error:
            raise self._unreachable(f"its login cannot be read: {error}") from error
        known = {key.lower(): value for key, value in (found or {}).items()}
        return (known["username"], known["password"]) if known.get("username") else None

    @property
    def _address(self) -> str:
        host = HUB_HOST if self.name == DOCKER_HUB else self.name
        return f"{'http' if is_loopback(host) else 'https'}://{host}"

    def _unreachable(self, said: str, way_out: str = LOG_IN) -> ToolError:
        way_out = way_out.format(self.name)
        return ToolError(f"the registry {self.name} refuses or does not answer: {said}", way_out)
