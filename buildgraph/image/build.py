"""Builds one image: the buildx command as a value, and its run with a finished, verified context."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from buildgraph.errors import StepFailed, ToolError
from buildgraph.graph.images import EPOCH
from buildgraph.image.engine import Engine
from buildgraph.image.progress import BuildLog, short_step
from buildgraph.manifests.kinds import PROVENANCE, SBOM
from buildgraph.process import Command, Runner

HIDDEN = "BUILDGRAPH_SECRET_"  # so begin the variables that hold secrets for buildx, whatever they are called
NO_DISK = ("no space left on device", "read-only file system")  # as Go writes what Linux says
MEND_DISK = "make room there, or have BUILDX_CONFIG name a folder that buildx may write to"
# As Node, OpenSSL, curl, Python and Go write it; the way out stands in docs/OFFLINE.md.
UNTRUSTED = re.compile(
    "SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(?:GET_ISSUER_CERT|VERIFY_LEAF)|self[- ]signed certificate|"
    "unable to get local issuer certificate|certificate verify failed|certificate signed by unknown authority"
)
TRUST_CA = (
    "who answered is not trusted there: where a company looks into TLS, name its CA as `ca` in site.toml, and have the "
    "step read it (`RUN --mount=type=secret,id=ca NODE_EXTRA_CA_CERTS=/run/secrets/ca …`)"
)
NOT_GIVEN = "the build was stopped: it looked for the image {} by itself, which may be another one tomorrow"
NAME_PLAINLY = (
    "write the image's name plainly in its FROM, without a variable, and what a base leaves to be done (ONBUILD) into "
    "the Dockerfile; buildgraph read no such name there"
)
# What buildx would take from whoever calls it, and images of one fingerprint would differ.
STEERING = (EPOCH, "DOCKER_DEFAULT_PLATFORM")
NO_BUILDX = "install Docker's buildx plugin: `buildgraph doctor` says how"


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """All that a build is told besides its context.

    `bases` maps a name in a FROM line to the image that stands for it. `secrets` maps ids of BuildKit
    secrets to files; `hidden` are values of others by id, which reach the build by the command's environment and
    stand nowhere else. `command_env` leads the docker command to the engine that keeps the image.
    `scanner` is the image that makes the SBOM, where that is among the `attestations`.
    `builder` is the one that builds, "" for the one that the user has chosen. `repository` has it push the image
    by digest to there, where it is empty the engine gets it. `caches` are options that name caches.
    """

    service: str
    reference: str
    dockerfile: str = "Dockerfile"
    target: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    bases: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Path] = field(default_factory=dict)
    hidden: Mapping[str, str] = field(default_factory=dict, repr=False)
    platforms: tuple[str, ...] = ()
    attestations: tuple[str, ...] = ()
    scanner: str = ""
    command_env: Mapping[str, str] = field(default_factory=dict)
    builder: str = ""
    repository: str = ""
    caches: tuple[str, ...] = ()


def build_command(request: BuildRequest, archive: bytes, metadata: Path | None = None) -> Command:
    """The exact command of a build; the context is its standard input, `metadata` the file that it tells digests in."""
    argv = (
        *("docker", "buildx", "build", "--progress=rawjson", *_attesting(request)),
        _output(request),
        *((f"--metadata-file={metadata}",) if metadata else ()),
        *(("--builder", request.builder) if request.builder else ()),
        *request.caches,
        *("--file", request.dockerfile),
        *(() if request.repository else ("--tag", request.reference)),
        *(("--target", request.target) if request.target else ()),
        *(("--platform", ",".join(request.platforms)) if request.platforms else ()),
        *_options("--build-arg", request.arguments),
        *_options("--label", request.labels),
        *_options(
            "--build-context", {name: f"docker-image://{image}" for name, image in request.bases.items()}
        ),
        *(f"--secret=id={name},src={path}" for name, path in sorted(request.secrets.items())),
        *(f"--secret=id={name},env={HIDDEN}{name}" for name in sorted(request.hidden)),
        "-",
    )
    hidden = {f"{HIDDEN}{name}": value for name, value in request.hidden.items()}
    return Command(argv, env={**request.command_env, **hidden}, stdin=archive, without=STEERING)


def _output(request: BuildRequest) -> str:
    if not request.repository:
        return "--load"
    # Asked for it, BuildKit writes the date into layers, too; an engine's own builder, which unpacks them, refuses to.
    dated = ",rewrite-timestamp=true" if EPOCH in request.arguments else ""
    pushed = "push=true,push-by-digest=true,name-canonical=true"
    return f"--output=type=image,name={request.repository},{pushed}{dated}"


def build_image(
    runner: Runner, request: BuildRequest, archive: bytes, log: BuildLog, metadata: Path | None = None
) -> None:
    """Build and tag an image; StepFailed with the failed step and its last lines when the build fails.

    It is stopped where it takes an image that it was not given: the fingerprint speaks of those that it was.
    `log` hears all that BuildKit tells meanwhile, and tells now and then what goes on.
    """

    def hear(line: str) -> None:
        log.read_line(line)
        if log.by_name:
            raise StepFailed(f"build:{request.service}", NOT_GIVEN.format(log.by_name), NAME_PLAINLY)

    with _telling_what_runs(log):
        result = runner.run(build_command(request, archive, metadata), on_line=hear)
    if result.code != 0:
        raise _failure(request, log)


def build_on_engine(
    runner: Runner, engine: Engine, request: BuildRequest, archive: bytes, log: BuildLog
) -> None:
    """Build an image that the engine gets; one that is stopped may have ended before, and leaves no image either."""
    try:
        build_image(runner, request, archive, log)
    except StepFailed:
        if log.by_name:
            engine.untag(request.reference)
        raise


@contextmanager
def _telling_what_runs(log: BuildLog) -> Iterator[None]:
    """Have a step that takes minutes told of: who waits cannot see otherwise that nothing is stuck, or what is."""
    ended = threading.Event()

    def tell() -> None:
        while not ended.wait(log.every):
            with suppress(OSError):  # nobody reads what is told any more
                log.tell_running()

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()


def _failure(request: BuildRequest, log: BuildLog) -> StepFailed | ToolError:
    said = "\n".join(log.other)
    if "unknown flag: --progress" in said or "is not a docker command" in said or "unknown shorthand" in said:
        return ToolError("this docker client has no buildx", NO_BUILDX)
    if "Cannot connect to the Docker daemon" in said:
        return ToolError("no Docker engine answers", "start Docker, then run `buildgraph doctor`")
    if not log.failed_step and any(words in said for words in NO_DISK):
        return ToolError(f"build:{request.service}: docker cannot write: {log.detail}", MEND_DISK)
    step = (
        f"the build failed in step {short_step(log.failed_step)}" if log.failed_step else "the build failed"
    )
    detail = f"{log.detail}\n{TRUST_CA}" if UNTRUSTED.search(log.detail) else log.detail
    return StepFailed(f"build:{request.service}", step, detail)


def _attesting(request: BuildRequest) -> tuple[str, ...]:
    """Options of a build; without any, buildx would add provenance by itself where it can be kept."""
    provenance = "--provenance=mode=min" if PROVENANCE in request.attestations else "--provenance=false"
    scanned = (f"--attest=type=sbom,generator={request.scanner}",) if SBOM in request.attestations else ()
    return (provenance, *scanned)


def _options(name: str, values: Mapping[str, str]) -> tuple[str, ...]:
    """One option per value, sorted; a joined form, so that no value is ever taken for an option."""
    return tuple(f"{name}={key}={value}" for key, value in sorted(values.items()))
