"""A product brought up by compose alone; what a container of each kind may do there, and what its image holds."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from buildgraph.manifests.sealing import SCRATCH
from buildgraph.project import open_project
from buildgraph.workspace import LOCKFILE, parse_lockfile
from tests.support.installed import Installed, in_production, surplus
from tests.support.laptop import TRAEFIK, Laptop
from tests.support.layers import Layered, save_layers
from tests.support.system import CHAT, ROOT, WORKSPACE, System, docker, substitute
from tests.support.waiting import until

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1740)]

KINDS = {"nestjs": "chat-backend", "sveltekit": "chat-web", "astro": "chat-landing", "expo": "chat-mobile"}
FOLDERS = {kind: f"apps/chat/apps/{service.removeprefix('chat-')}" for kind, service in KINDS.items()}
# What an image may hold beside what is installed from the npm registry; `*` takes slashes, too.
NODE = ("app/*/package.json", "usr/local/lib/healthcheck.mjs", "app/packages/*/dist/*")
HTML = "usr/share/nginx/html"
SITE = (f"{HTML}/*", "etc/nginx/nginx.conf", "usr/local/bin/healthcheck")
HOLDS = {
    "nestjs": (*NODE, "app/*/backend/dist/*", "app/*/backend/drizzle/*"),
    "sveltekit": (*NODE, "app/*/web/build/*"),
    "astro": SITE,
    "expo": SITE,
}
# Traces of the install, which production dependencies do not need, and of what built the image.
CACHES = re.compile(
    r"(^|/)(_cacache|\.cache|\.npm|\.pnpm-store|\.turbo|\.modules\.yaml|node_modules/(pnpm|corepack))(/|$)"
)
SOURCES = re.compile(
    r"\.(map|tsx?|svelte|astro|tsbuildinfo)$|(^|/)(src|tests?|__tests__)/|(^|/)(README|Dockerfile)"
)
ENV_FILE = re.compile(r"(^|/)\.(env|npmrc)[^/]*$")
# What an Expo app's export may leave beside its bundles: source maps, and a map of the sea.
MAPS = "touch dist/_expo/static/js/ios/index.hbc.map dist/index.mjs.map dist/sea.map"
CANARY = "canary-4b1d-never-in-an-image"


def draw_maps(mobile: Path) -> None:
    """Have an Expo app leave maps where it exports its bundles."""
    file = mobile / "package.json"
    manifest = json.loads(file.read_text())
    manifest["scripts"]["build"] += f" && {MAPS}"
    file.write_text(json.dumps(manifest))


def plant(system: System) -> None:
    """Leave secrets where people leave them: in the env files of a workspace, of its apps, and of an environment."""
    for folder in ("", *FOLDERS.values()):
        for name in (".env", ".env.production", ".envrc"):  # git ignores the first two
            system.write(f"{folder}/{name}".lstrip("/"), f"DATABASE_PASSWORD={CANARY}\n")
    (system.root / "manifests/environments/development.env").write_text(
        f"POSTGRES_PASSWORD={CANARY}\nREDIS_PASSWORD={CANARY}\nJWT_SECRET={CANARY}\nAZURE_OPENAI_API_KEY={CANARY}\n"
    )


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Chat and its app, built; with secrets lying about."""
    made = System(tmp_path_factory.mktemp("laptop") / "clone", products=(*CHAT, "chat-mobile"))
    made.patience = 1500  # a real `expo export`, and all of React Native to be downloaded on a new machine
    draw_maps(made.root / WORKSPACE / FOLDERS["expo"])
    plant(made)
    built = made.doit("-n", "2", "build:chat-mobile", "build", AZURE_OPENAI_API_KEY=CANARY)
    assert built.code == 0, built.err
    yield made
    docker("rmi", "-f", *made.images())


@pytest.fixture(scope="module")
def laptop(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    """The profiles of chat and its app, and of the proxy, up."""
    ports = {"chat-backend": 3002, "chat-web": 3000, "chat-landing": 8080, "chat-mobile": 8080, TRAEFIK: 80}
    made = Laptop(system, tmp_path_factory.mktemp("compose"), ports)
    try:
        started = made.up("chat", "chat-mobile", "proxy")
        assert started.returncode == 0, started.stderr + made.compose("logs").stdout
        yield made
    finally:
        made.remove()


@pytest.fixture(scope="module")
def images(system: System, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Layered]:
    """Kind -> the layers of its image, saved."""
    named = {kind: image_of(system, service) for kind, service in KINDS.items()}
    node, nginx = substitute("node:20-alpine"), substitute("nginx:1.25-alpine")
    bases = {image: node if kind in ("nestjs", "sveltekit") else nginx for kind, image in named.items()}
    saved = save_layers(bases.items(), tmp_path_factory.mktemp("layers") / "images.tar")
    return {kind: saved[image] for kind, image in named.items()}


def image_of(system: System, service: str) -> str:
    (image,) = [name for name in system.images() if name.startswith(f"{system.name}/{service}:")]
    return image


def test_a_profile_brings_a_product_whose_page_shows_what_its_api_was_told(laptop: Laptop) -> None:
    message = json.dumps({"author": "a laptop", "body": "brought by compose"}).encode()
    address = f"http://127.0.0.1:{laptop.ports['chat-backend']}/api/messages"
    post = urllib.request.Request(address, message, {"content-type": "application/json"}, method="POST")
    with urllib.request.urlopen(post, timeout=10) as answer:
        assert answer.status == 201

    assert "brought by compose" in laptop.get("chat-web")[1]
    assert "ManaChat" in laptop.get("chat-landing")[1]
    assert laptop.get("chat-mobile", "/metadata.json")[0] == 200


def test_traefik_answers_under_the_local_domains_and_no_other(laptop: Laptop) -> None:
    until(lambda: laptop.by_name("app-chat.localhost")[0] == 200)

    assert "ManaChat" in laptop.by_name("chat.localhost")[1]
    assert "database" in laptop.by_name("api-chat.localhost", "/api/health")[1]
    assert laptop.by_name("auth.localhost", "/api/health")[0] == 200
    assert laptop.by_name("updates-chat.localhost", "/metadata.json")[0] == 200
    assert laptop.by_name("app-memoro.localhost")[0] == 404


def test_a_profile_brings_only_what_its_product_waits_for_and_each_after_what_it_waits_for(
    laptop: Laptop,
) -> None:
    told = laptop.containers()
    migrations = {"chat-backend-migration", "mana-core-auth-migration"}
    servers = {"postgres", "redis", "databases", TRAEFIK}
    assert set(told) == {*KINDS.values(), "mana-core-auth", *servers, *migrations}

    for ended in ("databases", *migrations):
        assert (told[ended]["State"]["Status"], told[ended]["State"]["ExitCode"]) == ("exited", 0)
    moments = [
        told["databases"]["State"]["FinishedAt"],
        told["chat-backend-migration"]["State"]["StartedAt"],
        told["chat-backend-migration"]["State"]["FinishedAt"],
        told["chat-backend"]["State"]["StartedAt"],
        told["chat-web"]["State"]["StartedAt"],
    ]
    assert moments == sorted(moments)


def test_every_line_of_a_backend_is_an_event_in_json(laptop: Laptop) -> None:
    """Those of its start, and those of the requests that it was made to answer."""
    for service in ("chat-backend", "mana-core-auth"):
        argv = ("docker", "logs", laptop.containers()[service]["Id"])
        told = subprocess.run(
            argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True
        ).stdout
        events = [json.loads(line) for line in told.splitlines()]

        assert "listening" in [event["message"] for event in events]
        named = {(event["service"], event["environment"]) for event in events}
        assert named == {(service, "development")}
        assert all(event["level"] and event["timestamp"] for event in events)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sealed_container_is_healthy_and_the_kernel_grants_it_nothing(laptop: Laptop, kind: str) -> None:
    told = laptop.containers()[KINDS[kind]]
    host = told["HostConfig"]

    until(lambda: laptop.containers()[KINDS[kind]]["State"]["Health"]["Status"] == "healthy")
    assert (host["ReadonlyRootfs"], host["Privileged"], host["Binds"] or told["Mounts"]) == (True, False, [])
    assert host["Tmpfs"] == dict(SCRATCH)
    assert rights(told["Id"]) == {
        ("Uid", "1001"),
        ("Gid", "1001"),
        ("CapPrm", "0000000000000000"),
        ("CapEff", "0000000000000000"),
        ("CapBnd", "0000000000000000"),
        ("NoNewPrivs", "1"),
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_sealed_container_writes_to_memory_only_and_runs_nothing_that_it_wrote(
    laptop: Laptop, kind: str
) -> None:
    container = laptop.containers()[KINDS[kind]]["Id"]

    # /dev is the engine's own, in memory, too: there is nothing in it to be replaced.
    assert places_to_write(container) == {"/tmp", "/dev/shm", "/dev/mqueue"}
    written = sh(container, "echo > /tmp/a && echo > ./a || echo > /usr/a")
    assert (written.returncode != 0, written.stderr.count("Read-only file system")) == (True, 2), (
        written.stderr
    )
    ran = sh(container, "cp /bin/true /tmp/b && chmod +x /tmp/b && /tmp/b")
    assert (ran.returncode, "Permission denied" in ran.stderr) == (126, True), ran.stderr


def sh(container: str, script: str) -> subprocess.CompletedProcess[str]:
    argv = ("docker", "exec", container, "sh", "-c", script)
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def rights(container: str) -> set[tuple[str, str]]:
    """What the kernel says of the rights of all that runs in a container."""
    told = sh(container, "cat /proc/[0-9]*/status").stdout
    wanted = r"^(Uid|Gid|CapPrm|CapEff|CapBnd|NoNewPrivs):\t(.*)$"
    return {(name, one) for name, all_of in re.findall(wanted, told, re.MULTILINE) for one in all_of.split()}


def places_to_write(container: str) -> set[str]:
    """The folders and files that the kernel would let a container's user change; what is told by it is no file.

    What programs have made in `/tmp` is left out.
    """
    script = r"""find / \( -path /proc -o -path /sys -o -path '/tmp/*' \) -prune -o \( -type d -o -type f \) -print |
        while read -r path; do ! [ -w "$path" ] || echo "$path"; done"""
    return set(sh(container, script).stdout.splitlines())


@pytest.mark.parametrize("kind", KINDS)
def test_an_image_holds_what_runs_and_nothing_that_built_it(images: dict[str, Layered], kind: str) -> None:
    names = images[kind].names()
    own = [name for name in names if "node_modules/" not in name]

    assert own
    assert [name for name in own if not any(fnmatch(name, held) for held in HOLDS[kind])] == []
    assert [name for name in own if SOURCES.search(name) and not name.endswith("/sea.map")] == []
    assert [name for name in names if CACHES.search(name) or ENV_FILE.search(name)] == []
    assert surplus(names, installed(kind)) == set()
    projects = tuple(f"app/{folder}/" for folder in installed(kind).projects)
    assert [name for name in own if name.startswith("app/") and not name.startswith(projects)] == []
    assert kind != "expo" or f"{HTML}/sea.map" in own


def installed(kind: str) -> Installed:
    """What the lockfile has an image of a kind hold of the npm registry; sites are made with it, and run without."""
    if HOLDS[kind] == SITE:
        return Installed()
    return in_production(parse_lockfile((ROOT / WORKSPACE / LOCKFILE).read_bytes()), FOLDERS[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_no_secret_is_in_any_layer_label_or_line_of_an_image_s_history(
    system: System, images: dict[str, Layered], kind: str
) -> None:
    image = image_of(system, KINDS[kind])
    told = docker("image", "inspect", image) + docker("history", "--no-trunc", image)

    assert CANARY not in told
    assert images[kind].holding([b"HEALTH_PATH"]), "the search finds what is there"
    assert images[kind].holding([CANARY.encode(), *authorities()]) == []


def authorities() -> list[bytes]:
    """Whom this machine trusts for its builds alone, where it says so: they come last in its file."""
    file = open_project(ROOT).site.ca
    return [Path(file).read_bytes().split(b"-----BEGIN CERTIFICATE-----")[-1][:400]] if file else []


def test_an_expo_app_is_an_update_for_each_platform_and_of_no_environment(laptop: Laptop) -> None:
    container = laptop.containers()["chat-mobile"]["Id"]

    for platform in ("ios", "android"):
        update = json.loads(sh(container, f"cat /{HTML}/_expo/update/{platform}/1.0.0.json").stdout)
        bundle = update["launchAsset"]["url"].replace("{origin}", f"/{HTML}")
        digest = sh(container, f"sha256sum {bundle}").stdout.split()[0]
        hashed = base64.urlsafe_b64encode(bytes.fromhex(digest)).decode().rstrip("=")
        assert (f"/js/{platform}/" in bundle, bundle.endswith(".hbc")) == (True, True)
        assert update["launchAsset"]["hash"] == hashed
        assert sh(container, f"grep -q manacore.app {bundle}").returncode == 1
