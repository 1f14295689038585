"""Images of one environment, looked at before they are published and signed after it, as workspace.toml says."""

from __future__ import annotations

from functools import partial

from buildgraph.builder import Builder
from buildgraph.console import teller
from buildgraph.errors import BuildgraphError
from buildgraph.manifests.image_command import SCANNED, SIGNED
from buildgraph.plan.held import IN_REGISTRY
from buildgraph.process import Command


def scan(builder: Builder, service: str) -> None:
    """Have the command look at a service's image; StepFailed when it refuses it.

    It is the one that is deployed: the registry's, and the engine's as long as that has none.
    """
    declared = builder.picture.manifests.workspace.scan
    assert declared is not None  # nobody is offered this task otherwise
    from buildgraph.image.vetting import Vetting

    is_local = builder.image_on_engine(service) is not None and not where_scanned(builder, service)
    image = builder.picture.local_reference(service) if is_local else builder.deployable(service)
    command = Command(
        declared.of(SCANNED, image),
        cwd=builder.project.folder,
        env=builder.engine.command_env,
        within=declared.within,
    )
    vetting = Vetting(builder.project.runner, f"scan:{service}", partial(without_secrets, builder))
    vetting.run(command, "the image is refused")


def where_scanned(builder: Builder, service: str) -> str:
    """That the registry shows the image, which let it in for having passed; "" otherwise."""
    if not builder.environment.registry:
        return ""
    return IN_REGISTRY if builder.published_digest(service) is not None else ""


def publish(builder: Builder, service: str) -> None:
    """Publish a service's image where the registry lacks it, and have its digest signed.

    What others have put under its tag is scanned here before it is signed here, where scans are declared.
    """
    is_ours = builder.published_digest(service) is None and builder.push(service)
    digest = builder.published_digest(service)
    if digest is None:
        return
    declared = builder.picture.manifests.workspace
    if declared.scan and declared.sign and not is_ours and not where_published(builder, service):
        scan(builder, service)
    sign(builder, f"push:{service}", builder.registry_reference(service), digest)


def where_published(builder: Builder, service: str) -> str:
    """That the registry shows the image, signed where that is declared; "" otherwise."""
    where = builder.where_pushed(service)
    if not where or builder.picture.manifests.workspace.sign is None:
        return where
    from buildgraph.image.vetting import is_signed

    digest = builder.published_digest(service) or ""
    return where if is_signed(builder.engine, builder.registry_reference(service), digest) else ""


def sign(builder: Builder, step: str, reference: str, digest: str) -> None:
    """Have the command, if there is one, sign what stands under a fingerprint tag; StepFailed when it fails."""
    declared = builder.picture.manifests.workspace.sign
    if declared is None:
        return
    from buildgraph.image.vetting import Vetting, is_signed, way_to_mark

    if is_signed(builder.engine, reference, digest):
        return
    image = f"{reference.rpartition(':')[0]}@{digest}"
    mark = way_to_mark(builder.engine, builder.project.runner, reference, digest)
    teller(step)(f"{image} is signed")
    command = Command(declared.of(SIGNED, image), cwd=builder.project.folder, within=declared.within)
    Vetting(builder.project.runner, step, partial(without_secrets, builder)).run(
        command, "the image could not be signed"
    )
    mark()


def without_secrets(builder: Builder, said: str) -> str:
    """What a command has said, without the secrets of builds and containers here; nothing where these are not known."""
    from buildgraph.place.secrets import build_needs, used_secrets

    services = builder.picture.manifests.services
    seen = [name for names in build_needs(services).values() for name in names]
    try:
        return builder.secrets.redact(said, [*seen, *used_secrets(services, builder.environment)])
    except BuildgraphError as error:
        return f"what it said is not shown, for the secrets to be left out are not known:\n{error}"
