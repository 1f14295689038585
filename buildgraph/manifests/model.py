"""What the manifests say, as frozen values with every default filled in; it reads nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from buildgraph.manifests.canary import Canary
from buildgraph.manifests.image_command import ImageCommand
from buildgraph.manifests.kinds import SCANNER
from buildgraph.manifests.package_checks import Checks


class Source(Enum):
    """Where base images come from on this machine."""

    REGISTRY = "registry"
    SUBSTITUTE = "substitute"


@dataclass(frozen=True, slots=True)
class WorkspaceManifest:
    """`manifests/workspace.toml`: what holds for all services.

    `root` is the folder of pnpm-workspace.yaml, seen from the project's folder (`.` when they are one).
    `platforms` are the platforms every image is built for; empty means the engine's own.
    `ignored` are patterns in gitignore syntax: files that no image sees.
    `inputs` are files of the workspace (globs) that every image sees, such as a tsconfig base.
    `mirrors` give another place for a registry's images (same digests); `substitutes` map a base image to
    the recipe of its stand-in, for sites without that registry. `render` names what `buildgraph render` writes, and
    `workflows` is the folder of GitHub's among it, seen from the project's folder. `checks` says how packages
    are checked. `scan` is run for an image before it is published, and `sign` for one that was.
    `attestations` are what the builder attests of every image, and `sbom_scanner` the image that makes an SBOM;
    `source_date_epoch` is the date of all that builds
    make, in seconds since 1970, None for that of the build.
    """

    name: str
    root: str = "."
    fingerprint_version: int = 1
    platforms: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    root_dependencies: bool = False
    mirrors: Mapping[str, str] = field(default_factory=dict)
    substitutes: Mapping[str, str] = field(default_factory=dict)
    render: tuple[str, ...] = ()
    workflows: str = ".github/workflows"
    checks: Checks = field(default_factory=Checks)
    scan: ImageCommand | None = None
    sign: ImageCommand | None = None
    attestations: tuple[str, ...] = ()
    sbom_scanner: str = SCANNER
    source_date_epoch: int | None = None


@dataclass(frozen=True, slots=True)
class EnvValue:
    """One variable of a service: its value per environment (`*` is the default), or a secret."""

    values: Mapping[str, str] = field(default_factory=dict)
    secret: bool = False

    def value_in(self, environment: str) -> str | None:
        """The public value in `environment`, or None when it has none there."""
        return self.values.get(environment, self.values.get("*"))


@dataclass(frozen=True, slots=True)
class SmokeTest:
    """A request through the public route and what must come back.

    `body` is sent as JSON when it is not empty; `contains` must stand in the answer; `within` is the
    deadline in seconds, retries included; `writes` marks a test that changes data.
    """

    name: str
    path: str = "/"
    method: str = "GET"
    status: int = 200
    contains: str = ""
    body: str = ""
    within: float = 10.0
    writes: bool = False


@dataclass(frozen=True, slots=True)
class Migration:
    """How a service's image migrates its database: the one-shot command and its deadline in seconds.

    `files` (globs seen from the service's folder) name its SQL, to be looked at before it runs; where they
    are left out the usual places are. They change no fingerprint.
    """

    command: tuple[str, ...]
    within: float = 300.0
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resources:
    """Limits of one container: processors (may be a fraction) and memory in bytes; 0 means no limit."""

    cpus: float = 0.0
    memory: int = 0


@dataclass(frozen=True, slots=True)
class Autoscale:
    """Under Kubernetes: up to how many containers, as long as they use more than `cpu` in 100 of their processors."""

    most: int
    cpu: int = 80


@dataclass(frozen=True, slots=True)
class Service:
    """One image and one deployment per environment.

    `kind` names the template, and `dockerfile` is the file it is built by, seen from the project's folder:
    the kind's template unless the manifest names another. `path` and `inputs` (globs of further files that
    the image sees) are seen from the workspace's root. `host` is the first part of the public name,
    completed by the environment's `domain`. `port` is the service's own port on the internal listener,
    unique in the workspace; `listens` is the port inside the container. `database` is the name of its
    PostgreSQL database, empty when it has none. `depends_on` orders services and changes no fingerprint.
    `context` is the folder that a Dockerfile of the service's own copies from, seen from the workspace's root;
    empty for the usual context.
    `base_of` is what `FROM` names when another image builds on this one. `health` is the path that answers
    200 when the service can serve; a worker has `health_command` instead. `alive` is the path that answers 200 as
    long as starting it anew would not help; where it is empty, a port that takes connections says so.
    `metrics` is the path that tells Prometheus metrics, to whoever asks past the proxy; it changes no fingerprint.
    `breaking` is raised with a release whose data older code cannot work with; only its product gets another
    fingerprint.
    `build_secrets` are the names of secrets that its build sees, as BuildKit's secret mounts.
    `autoscale` lets a cluster run more than its replicas.
    """

    name: str
    product: str
    kind: str
    path: str
    package: str = ""
    dockerfile: str = ""
    context: str = ""
    target: str = ""
    port: int = 0
    listens: int = 0
    host: str = ""
    health: str = ""
    health_command: tuple[str, ...] = ()
    alive: str = ""
    metrics: str = ""
    replicas: Mapping[str, int] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    build_args: Mapping[str, str] = field(default_factory=dict)
    build_secrets: tuple[str, ...] = ()
    env: Mapping[str, EnvValue] = field(default_factory=dict)
    resources: Resources = Resources()
    database: str = ""
    redis: bool = False
    migration: Migration | None = None
    smoke: tuple[SmokeTest, ...] = ()
    depends_on: tuple[str, ...] = ()
    base_of: str = ""
    deployed: bool = True
    breaking: int = 0
    autoscale: Autoscale | None = None

    def replicas_in(self, environment: str) -> int:
        """How many containers serve it in `environment`."""
        return self.replicas.get(environment, self.replicas.get("*", 1))


@dataclass(frozen=True, slots=True)
class Product:
    """Services that ship and are released together."""

    name: str
    services: tuple[Service, ...] = ()


@dataclass(frozen=True, slots=True)
class Backing:
    """A backing service that the environment runs itself: its image, further settings, and its container's limits."""

    kind: str
    image: str
    settings: Mapping[str, str] = field(default_factory=dict)
    resources: Resources = Resources()


@dataclass(frozen=True, slots=True)
class Backups:
    """Where an environment's backups go, and how many are kept.

    `to` is a folder (seen from the project's folder, or absolute) or `s3://BUCKET/PREFIX`, empty for none;
    `endpoint` and `region` say which S3-compatible store that is. `daily`, `weekly` and `monthly` count
    the days, weeks and months whose newest backup is kept.
    """

    to: str = ""
    endpoint: str = ""
    region: str = "auto"
    daily: int = 30
    weekly: int = 0
    monthly: int = 0


@dataclass(frozen=True, slots=True)
class Coolify:
    """A Coolify server that runs an environment's services.

    `url` is the server's own address, `applications` the uuid of each service's application there, and `state` that
    of one more, which is never started: its variables are what the environment remembers. `within` is how many
    seconds Coolify has for one deployment. `migrations` is `here` where the deploying machine's engine runs them.
    """

    url: str
    state: str
    applications: Mapping[str, str] = field(default_factory=dict)
    within: float = 600.0
    migrations: str = ""


@dataclass(frozen=True, slots=True)
class Kubernetes:
    """A cluster that runs an environment's services, by the name of its context, in a namespace of their own.

    `ingress_class` names who leads the public to them (empty: the cluster's default), `issuer` the cert-manager
    ClusterIssuer of their certificates (empty: none is asked for), `pull_secret` the Secret by which the cluster
    reads the registry. `annotations` are put on every Ingress.
    """

    context: str
    namespace: str
    ingress_class: str = ""
    issuer: str = ""
    pull_secret: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Environment:
    """`manifests/environments/NAME.toml`: where and how products run.

    `engine` is a Docker address (`""` is the machine's own); `coolify` is there instead where a Coolify server
    runs the services. `registry` is the prefix images are pushed
    to and deployed from, empty for none. `domain` is a pattern such as `{host}.localhost`. `secrets` is
    an env file seen from the project's folder, and `secret_commands` are commands that tell secrets, by the
    secret's name, or `*` for one that prints such a file; secrets also come from this process's environment, which
    wins. Times are seconds. `rollback_window` is how long a former version runs on beside the new one.
    `releases` counts the releases of a product that are kept to go back to; `approval` is `plan` where only
    saved plans are deployed. `kubernetes` is there instead of an engine where a cluster runs the services.
    """

    name: str
    engine: str = ""
    registry: str = ""
    domain: str = "{host}.localhost"
    proxy_port: int = 8080
    proxy_image: str = "haproxy:2.9"
    strategy: str = "replace"
    canary: Canary = field(default_factory=Canary)
    rollback_window: float = 0.0
    secrets: str = ""
    secret_commands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    backing: tuple[Backing, ...] = ()
    backups: Backups = Backups()
    health_within: float = 60.0
    drain_within: float = 10.0
    releases: int = 10
    approval: str = ""
    coolify: Coolify | None = None
    kubernetes: Kubernetes | None = None
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_named(self) -> bool:
        """Whether the manifest itself names who runs the services: another engine, a cluster, a server."""
        return bool(self.engine or self.coolify or self.kubernetes)

    def host_of(self, service: Service) -> str:
        """The public host name of `service` here, or "" when it is not public."""
        return self.domain.format(host=service.host) if service.host else ""


@dataclass(frozen=True)
class Manifests:
    """All manifests of one snapshot, checked against each other."""

    workspace: WorkspaceManifest
    products: tuple[Product, ...] = ()
    environments: tuple[Environment, ...] = ()
    bases: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def services(self) -> tuple[Service, ...]:
        """Every service of every product, sorted by name."""
        found = (service for product in self.products for service in product.services)
        return tuple(sorted(found, key=lambda service: service.name))
