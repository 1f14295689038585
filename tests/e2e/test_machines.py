"""Two machines and one registry: an image is built by one of them, found by the other, and pulled where it runs."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from buildgraph.image.copying import copy_image
from buildgraph.image.engine import Engine
from buildgraph.image.registry_answers import Manifest
from buildgraph.image.registry_content import ACCEPTED, Registry
from buildgraph.process import SystemRunner
from tests.support.doomed import fetch_bytes, put
from tests.support.engines import OwnEngine
from tests.support.hamlet import Hamlet, as_toml
from tests.support.hosts import run
from tests.support.small import Small
from tests.support.system import ROOT, docker, free_port
from tests.support.wire import Meeting, Wire

pytestmark = [pytest.mark.engine, pytest.mark.timeout(720), pytest.mark.xdist_group("an engine of its own")]
KILOBYTE = 10**3
ALL = ["api", "ground", "mail", "web"]
PULL = r"^GET .*/blobs/"
UPLOADED = r"^PUT .*/manifests/[0-9a-f]{32}-[0-9a-f]{12}$"
NAMED = r"^PUT .*/manifests/[0-9a-f]{32}$"
SCAN = ["sh", "-c", 'echo "$0" >>dist/scanned; case $0 in *@*) test ! -e dist/finding;; esac', "{image}"]
SIGN = ["sh", "-c", 'test ! -e dist/broken && echo "$0" >>dist/signed', "{digest}"]
LOOKED_FOR = r"^(GET|HEAD) .*/mail/manifests/[0-9a-f]{32}$"


@dataclass(frozen=True)
class Machine:
    """A clone with an engine, the wire by which that reaches the registry, and the environment that it deploys to."""

    folder: Path
    engine: str
    wire: Wire
    environment: str = "staging"

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the console script for its environment, and go on."""
        argv = (sys.executable, "-m", "buildgraph.main", *arguments, f"env={self.environment}")
        env = {**os.environ, "PYTHONPATH": str(ROOT)} | ({"DOCKER_HOST": self.engine} if self.engine else {})
        out = subprocess.PIPE
        return subprocess.Popen(argv, cwd=self.folder, env=env, stdout=out, stderr=out, text=True)

    def does(self, *arguments: str) -> list[str]:
        """The lines that a command line tells, which has to succeed."""
        return ended(self.begin(*arguments))

    def docker(self, *arguments: str) -> list[str]:
        """What the docker command tells of its engine."""
        return run("docker", *(("-H", self.engine) if self.engine else ()), *arguments).split()

    def images(self, shop: Hamlet) -> set[str]:
        """The services whose images its engine holds, built or pulled."""
        found = self.docker("images", "--format", "{{.Repository}}")
        return {name.rpartition("/")[2] for name in found if f"{shop.name}/" in name}

    def runs(self, shop: Hamlet, service: str) -> list[str]:
        """The images by which containers of a service were made in its environment."""
        labels = (f"workspace={shop.name}", f"environment={self.environment}")
        filters = [word for label in labels for word in ("--filter", f"label=buildgraph.{label}")]
        found = self.docker("ps", "--no-trunc", *filters, "--format", "{{.Image}}")
        return [image for image in found if f"/{service}@" in image]


def ended(process: subprocess.Popen[str]) -> list[str]:
    """The lines of a process that has to succeed."""
    told = process.communicate()[1]
    assert process.returncode == 0, told
    return told.splitlines()


def built(told: list[str]) -> list[str]:
    """The services whose images a run built."""
    return sorted(found[1] for line in told if (found := re.match(r"ok build:(\S+)", line)))


def both_have(words: str, hamlet: Hamlet, other: Machine) -> None:
    """Commit another version of the mail, and have the other clone be there, too."""
    hamlet.says("mail", words)
    hamlet.commit()
    run("git", "pull", "-q", cwd=other.folder)


@pytest.fixture(scope="module")
def shop(
    tmp_path_factory: pytest.TempPathFactory, registry: str, own_engine: OwnEngine
) -> Iterator[tuple[Hamlet, Machine, Machine]]:
    """A workspace whose staging has a registry, a clone of it here, and one on a machine with another engine."""
    folder, port = tmp_path_factory.mktemp("machines"), free_port()
    made = Small(folder / "one", ("staging", "preview"))
    for environment in ("staging", "preview"):
        made.settings(environment, registry=f"127.0.0.1:{port}/{made.name}")
    made.commit()
    made.git("clone", "-q", ".", str(folder / "other"))
    far = int(registry.rpartition(":")[2])
    with ExitStack() as open_ones:
        near = open_ones.enter_context(Wire(socket.create_server(("127.0.0.1", port)), far))
        there = open_ones.enter_context(Wire(own_engine.listen(port), far))
        machines = Machine(made.root, "", near), Machine(folder / "other", own_engine.address, there)
        assert built(machines[0].does("build", "-n", "3")) == ALL, "what three build upon is built once"
        machines[0].does("push:ground")
        yield made, *machines
        machines[1].begin("down", "--volumes").communicate()
        made.raze()
        name = ("--filter", f"reference=127.0.0.1:*/{made.name}/*", "--format", "{{.Repository}}:{{.Tag}}")
        if images := [image for image in docker("images", *name).split() if "<none>" not in image]:
            docker("rmi", "-f", *images)


def test_what_one_machine_has_built_another_one_finds_and_pulls_where_it_runs(
    shop: tuple[Hamlet, Machine, Machine],
) -> None:
    """Pitfalls 40 and 46: what is pushed is what the registry lacks, whoever asks; one build of each image for all."""
    hamlet, one, other = shop
    both_have("mail 1.5", hamlet, other)
    one.does("push")
    configurations = {found_in_registry(hamlet, service).config for service in ALL}
    held = other.images(hamlet)
    other.wire.forget()

    def pulled(machine: Machine) -> list[str]:
        asked = [request.rpartition("/")[2] for request in machine.wire.asked(PULL)]
        return [blob for blob in asked if blob not in configurations]

    again = other.does("push")
    assert again[-1].startswith("== nothing to do"), again
    assert other.wire.asked("^(PUT|POST|PATCH)") == pulled(other) == []
    assert other.wire.answered < 100 * KILOBYTE
    assert other.images(hamlet) == held

    deployed = other.does("deploy:mail")
    assert built(deployed) == []
    assert other.images(hamlet) == held | {"mail"}
    assert len(pulled(other)) == len({*pulled(other)}) > 0, "each once"
    assert {*pulled(other)} <= {*layers_in_registry(hamlet, "mail")}, "and of no other image"
    assert [line for line in deployed if re.search(r"pulled [\d.]+ .?B that the engine lacked", line)], (
        deployed
    )

    one.wire.forget()
    assert built(one.does("deploy:mail")) == []
    assert pulled(one) == [], "who has built it has it"
    assert one.runs(hamlet, "mail") == other.runs(hamlet, "mail") != []


def test_machines_that_build_the_same_at_once_deploy_one_image(
    shop: tuple[Hamlet, Machine, Machine], tmp_path: Path
) -> None:
    """Pitfall 40: all have looked and uploaded before any gives the tag; whoever loses takes what stands.

    All give it before any looks what stands, however long one of them is kept from its turn. The third is another
    clone on the first one's machine, for another environment.
    """
    hamlet, one, other = shop
    both_have("mail 2", hamlet, other)
    hamlet.git("clone", "-q", ".", str(tmp_path / "third"))
    third = Machine(tmp_path / "third", "", one.wire, "preview")
    three = (one, other, third)
    uploads, looks, tags = Meeting(UPLOADED, 3), Meeting(LOOKED_FOR, 3), Meeting(NAMED, 3)

    def hear(request: str) -> None:
        uploads(request)
        if uploads.is_over:
            looks(request)
        if looks.is_over:
            tags(request)

    for machine in (one, other):
        machine.wire.forget()

    with one.wire.heard_by(hear), other.wire.heard_by(hear):
        runs = [machine.begin("deploy:mail") for machine in three]
        told = [ended(process) for process in runs]

    assert built(told[1]) == ["mail"] in (built(told[0]), built(told[2])), "no engine could know of the other"
    assert len(one.wire.asked(NAMED)) == 3, "all gave the tag, whose own requests go by the first wire"
    standing = f"{repository_of(hamlet, 'mail')}@{found_in_registry(hamlet, 'mail').digest}"
    assert [machine.runs(hamlet, "mail") for machine in three] == [[standing]] * 3
    lost = [lines for lines in told if any("theirs stands" in line for line in lines)]
    assert len(lost) in (1, 2), "two of one engine may have made the very same image"
    assert not any("was moved" in line for lines in told for line in lines)
    assert all(machine.does("deploy:mail")[-1].startswith("== nothing to do") for machine in three)


@contextmanager
def vetted(hamlet: Hamlet, other: Machine) -> Iterator[None]:
    """Both clones have images scanned and signed; a folder that git ignores says how, and has what was."""
    file = "manifests/workspace.toml"
    before = (hamlet.root / file).read_text()
    name, rest = before.split("\n", 1)
    hamlet.write(
        file,
        "\n".join(
            [name, f"scan = {as_toml({'command': SCAN})}", f"sign = {as_toml({'command': SIGN})}", rest]
        ),
    )
    for clone in (hamlet.root, other.folder):
        (clone / "dist").mkdir(exist_ok=True)
    try:
        yield
    finally:
        hamlet.write(file, before)
        hamlet.commit()


def noted(machine: Machine, name: str) -> list[str]:
    """What a command has noted on a machine."""
    file = machine.folder / "dist" / name
    return file.read_text().splitlines() if file.exists() else []


def test_what_a_machine_adopts_is_scanned_there_before_it_is_signed_or_deployed(
    shop: tuple[Hamlet, Machine, Machine],
) -> None:
    """Its own build has passed, but somebody else's stands by the time that it looks again; nobody has signed that."""
    hamlet, one, other = shop
    begun, ended_first = threading.Event(), threading.Event()
    uploads = re.compile(UPLOADED)

    def hear(request: str) -> None:
        if uploads.search(request):
            begun.set()
        elif begun.is_set() and re.search(LOOKED_FOR, request):
            assert ended_first.wait(300)

    with vetted(hamlet, other), other.wire.heard_by(hear):
        both_have("mail 4", hamlet, other)
        (one.folder / "dist/broken").touch()
        (other.folder / "dist/finding").touch()
        late = other.begin("push:mail")
        assert begun.wait(300)
        first = one.begin("push:mail")
        said = first.communicate()[1]
        ended_first.set()
        refused = late.communicate()[1]
        unsigned = noted(one, "signed") + noted(other, "signed")
        (one.folder / "dist/broken").unlink()
        (other.folder / "dist/finding").unlink()
        other.does("deploy:mail")
        one.does("push:mail")

        standing = f"{repository_of(hamlet, 'mail')}@{found_in_registry(hamlet, 'mail').digest}"
        assert (first.returncode, "could not be signed" in said) == (1, True), said
        assert (late.returncode, "theirs stands" in refused, "the image is refused" in refused) == (
            1,
            True,
            True,
        ), refused
        assert unsigned == []
        assert noted(other, "scanned")[1:] == [standing, standing], "its own, then theirs, until it passed"
        assert noted(other, "signed") + noted(one, "signed") == [standing]
        assert other.runs(hamlet, "mail") == [standing]


def test_a_tag_that_somebody_has_moved_to_another_version_is_not_deployed(
    shop: tuple[Hamlet, Machine, Machine],
) -> None:
    """By hand, or from a backup of the registry; what runs goes on, and the way out is to move it back."""
    hamlet, one, other = shop
    both_have("mail 5", hamlet, other)
    other.does("push:mail")
    former = found_in_registry(hamlet, "mail")
    both_have("mail 6", hamlet, other)
    one.does("push:mail")
    right, ran = found_in_registry(hamlet, "mail"), other.runs(hamlet, "mail")
    tag = hamlet.fingerprints()["image:mail"]

    move(hamlet, tag, former.digest)
    refused = other.begin("deploy:mail")
    said = refused.communicate()[1]

    assert (refused.returncode, other.runs(hamlet, "mail")) == (1, ran), said
    assert "says of itself that it was made as" in said and "move its tag back" in said, said
    move(hamlet, tag, right.digest)
    other.does("deploy:mail")
    assert other.runs(hamlet, "mail") == [f"{repository_of(hamlet, 'mail')}@{right.digest}"]


def move(hamlet: Hamlet, tag: str, digest: str) -> None:
    """Have a tag of the mail's images name another of them, as whoever may write to the registry can."""
    place = f"http://{repository_of(hamlet, 'mail').replace('/', '/v2/', 1)}/manifests"
    put(f"{place}/{tag}", fetch_bytes(f"{place}/{digest}"))


def repository_of(hamlet: Hamlet, service: str) -> str:
    """Where a service's images are in the registry."""
    manifest = (hamlet.root / "manifests/environments/staging.toml").read_text()
    found = re.search(r'registry = "(\S+)"', manifest)
    assert found is not None
    return f"{found[1]}/{service}"


def found_in_registry(hamlet: Hamlet, service: str, tag: str = "") -> Manifest:
    """What stands in the registry under a tag of a service's images, the fingerprint's unless another is said."""
    registry = Registry(repository_of(hamlet, service))
    print_ = hamlet.fingerprints()[f"image:{service}"]
    found = registry.find_manifest(registry.repository(""), tag or print_)
    assert found is not None, (service, tag)
    return found


def layers_in_registry(hamlet: Hamlet, service: str) -> list[str]:
    """The digests of the layers of a service's image."""
    registry = Registry(repository_of(hamlet, service))
    place = f"{registry.repository('')}/manifests/{found_in_registry(hamlet, service).digest}"
    told = registry.ask("GET", place, headers={"Accept": ACCEPTED}).json()
    return [layer["digest"] for layer in told["layers"]]


def test_names_are_given_and_images_promoted_on_the_registry_and_nothing_moves(
    shop: tuple[Hamlet, Machine, Machine],
) -> None:
    """Pitfall 42: every name means the one digest, which a deploy records."""
    hamlet, one, _ = shop
    one.does("push:web")
    name, print_ = repository_of(hamlet, "web"), hamlet.fingerprints()["image:web"]
    one.wire.forget()

    one.does("tag", "web", "v1.2.0", f"{name}:main", "latest")
    source, live = found_in_registry(hamlet, "web"), Registry(f"{name}-live")
    copy_image(Engine(""), SystemRunner(), f"{name}@{source.digest}", f"{name}-live:{print_}")

    assert one.wire.asked("^(PATCH|PUT) .*/uploads/") == []
    assert one.wire.answered < 50 * KILOBYTE
    assert {found_in_registry(hamlet, "web", tag) for tag in ("v1.2.0", "main", "latest")} == {source}
    assert live.find_manifest(live.repository(""), print_) == source


def test_names_that_cannot_be_are_told_all_at_once_and_none_is_given(
    shop: tuple[Hamlet, Machine, Machine],
) -> None:
    """Pitfall 43."""
    hamlet, one, _ = shop
    one.wire.forget()

    ran = hamlet.run("tag", "web", "good", "feature/login", "", "v" * 129, "0" * 32, "env=staging")

    assert ran.code == 2
    for told in (
        "write for example feature-login",
        "is empty",
        "has 129 characters",
        "how fingerprints are written",
    ):
        assert told in ran.err
    assert one.wire.asked("^PUT") == []


class Reading(BaseHTTPRequestHandler):
    """A registry that holds nothing and lets nobody write (OCI distribution specification 1.1, error codes)."""

    def do_GET(self) -> None:
        self.answer(200 if self.path == "/v2/" else 404, "MANIFEST_UNKNOWN", "manifest unknown")

    def do_POST(self) -> None:
        self.answer(403, "DENIED", "nobody writes here")

    do_HEAD = do_GET

    def answer(self, status: int, code: str, message: str) -> None:
        content = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def refusing(port: int) -> Iterator[None]:
    """Such a registry, as long as the block runs."""
    with ThreadingHTTPServer(("127.0.0.1", port), Reading) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


def test_an_image_whose_push_failed_is_pushed_by_the_next_run_and_not_built_again(
    shop: tuple[Hamlet, Machine, Machine], registry: str
) -> None:
    """Pitfall 41: what is pushed is decided by asking the registry, not by what was built."""
    hamlet, _, _ = shop
    port = free_port()
    with hamlet.taken_back():
        hamlet.ports["other"] = free_port()
        hamlet.settings("other", registry=f"127.0.0.1:{port}/{hamlet.name}")
        hamlet.says("mail", "mail 3")
        with refusing(port):
            failed = hamlet.run("push:mail", "env=other")
        with Wire(socket.create_server(("127.0.0.1", port)), int(registry.rpartition(":")[2])):
            again = hamlet.must("push:mail", "env=other")

    del hamlet.ports["other"]
    assert (failed.code, built(failed.err.splitlines())) == (3, ["mail"])
    assert "nobody writes here" in failed.err
    assert built(again.err.splitlines()) == []
    assert "ok push:mail" in again.err
