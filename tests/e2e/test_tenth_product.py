"""One product more is its folders and its manifest: nothing else names products, so nothing else is edited."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.system import ROOT, WORKSPACE, System
from tests.workspace.pnpm import run_pnpm

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1740)]
# The model that the example's README names, and what is made of it.
MODEL, TENTH, AUTH = "memoro", "diary", "mana-core-auth"
PORTS = {"3030": "3090", "3130": "3190", "3230": "3290", "3330": "3390"}
WORDS = {MODEL: TENTH, MODEL.title(): TENTH.title(), **{rf"\b{port}\b": free for port, free in PORTS.items()}}
SOME, ALL = ("backend", "landing"), ("backend", "landing", "mobile", "web")
ACCOUNT = {"email": "ada@example.com", "password": "correct horse"}


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """The accounts, and nothing that uses them yet."""
    made = System(tmp_path / "clone", products=(AUTH,))
    made.patience = 1500  # a real `expo export`, and all of React Native to be downloaded on a new machine
    yield made
    made.remove()


def products_of(parts: Sequence[str]) -> list[str]:
    """An app is a product of its own, which goes out at another pace."""
    return [TENTH, f"{TENTH}-mobile"] if "mobile" in parts else [TENTH]


def add_product(system: System, parts: Sequence[str]) -> None:
    """What somebody does who follows the example's README, pnpm's own part included."""
    for folder in (f"packages/{MODEL}-contract", *(f"apps/{MODEL}/apps/{part}" for part in parts)):
        copy_folder(system, folder)
    for product in products_of(parts):
        manifest = system.root / f"manifests/products/{product}.toml"
        manifest.write_text(manifest_of(product.replace(TENTH, MODEL), parts))
    run_pnpm(
        system.root / WORKSPACE, "install", "--lockfile-only", "--no-frozen-lockfile", "--prefer-offline"
    )


def copy_folder(system: System, folder: str) -> None:
    """A folder of the model, with its words and ports in the new product's."""
    source = ROOT / WORKSPACE / folder
    files = (path for path in source.rglob("*") if path.is_file() and "node_modules" not in path.parts)
    for file in files:
        system.write(renamed(f"{folder}/{file.relative_to(source).as_posix()}"), renamed(file.read_text()))


def manifest_of(product: str, parts: Sequence[str]) -> str:
    """A manifest of the model with these of its services, which no other is told of."""
    # Lists, `[[services.`, keep their first bracket at the end of what comes before.
    head, *services = (ROOT / f"manifests/products/{product}.toml").read_text().split("[services.")
    chosen = (text for text in services if text.startswith(tuple(f"{MODEL}-{part}" for part in parts)))
    text = "[services.".join([head, *chosen])
    return renamed(text if "web" in parts else text.replace(f"{{public:{MODEL}-web}},", ""))


def renamed(text: str) -> str:
    for pattern, word in WORDS.items():
        text = re.sub(pattern, word, text)
    return text


def grow(system: System, parts: Sequence[str]) -> None:
    """Add the product, render, build, deploy and smoke-test it; nothing else is edited by hand."""
    add_product(system, parts)
    products = products_of(parts)
    assert edited(system) == {
        f"{WORKSPACE}/apps/{TENTH}/",
        f"{WORKSPACE}/packages/{TENTH}-contract/",
        f"{WORKSPACE}/pnpm-lock.yaml",
        *(f"manifests/products/{product}.toml" for product in products),
    }
    assert system.buildgraph("render").code == 0
    assert system.buildgraph("render", "--check").code == 0
    assert f"| {TENTH}-{parts[-1]} |" in (system.root / "docs/RENDERED.md").read_text()
    deploys = [f"deploy:{product}" for product in products]

    ran = system.doit("-n", "2", *deploys)

    assert ran.code == 0, ran.err
    assert [name for name in ran.built if name != AUTH] == [f"{TENTH}-{part}" for part in parts]
    assert system.doit(*(f"smoke:{product}" for product in products)).code == 0
    assert system.doit(*deploys).done == []
    assert TENTH.title() in system.get(f"{TENTH}.localhost")[1]


def edited(system: System) -> set[str]:
    """The files and new folders that git sees as edited."""
    told = system.git("status", "--porcelain").splitlines()
    return {line[3:] for line in told}


class Answer(NamedTuple):
    """What came of a request."""

    status: int
    headers: Mapping[str, str]
    told: Any


def ask(system: System, host: str, path: str, body: object = None, headers: Mapping[str, str] = {}) -> Answer:
    """A request to an API by its public name; one with a body adds what it holds."""
    sent = {"Host": f"{host}.localhost", "Content-Type": "application/json", **headers}
    with closing(HTTPConnection("127.0.0.1", system.port, timeout=60)) as client:
        client.request("POST" if body else "GET", path, json.dumps(body) if body else None, sent)
        answer = client.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), json.loads(answer.read()))


def lives_in_the_system(system: System) -> None:
    """The new backend has a database with its tables, answers its own pages, and asks the accounts who somebody is."""
    api = f"api-{TENTH}"
    health = ask(system, api, "/api/health").told
    assert (health["status"], health["checks"]) == ("ok", {"database": "up"})
    page = f"http://{TENTH}.localhost:{system.port}"
    memos = {
        origin: ask(system, api, "/api/memos", headers={"Origin": origin}) for origin in (page, f"{page}1")
    }
    assert memos[page].told["memos"][0]["title"] == "The smoke test was here."
    assert [memos[origin].headers.get("access-control-allow-origin") for origin in memos] == [page, None]
    assert ask(system, "auth", "/api/auth/register", ACCOUNT).status == 201
    token = ask(system, "auth", "/api/auth/login", ACCOUNT).told["token"]
    memo = {"text": "Somebody with an account was here."}
    answers = [
        ask(system, api, "/api/memos", memo, {"Authorization": f"Bearer {word}"}) for word in (token, "no")
    ]
    assert [answer.status for answer in answers] == [201, 401]


def test_a_tenth_product_is_rendered_built_deployed_and_smoke_tested_with_no_other_edit(
    system: System,
) -> None:
    """Of an API and a landing page; script/prove has one of all kinds."""
    grow(system, SOME)

    lives_in_the_system(system)


@pytest.mark.long
def test_a_tenth_product_of_all_kinds_shows_its_records_and_has_updates_for_its_app(system: System) -> None:
    grow(system, ALL)

    lives_in_the_system(system)
    assert "The smoke test was here." in system.get(f"app-{TENTH}.localhost")[1]
    asked = {"expo-platform": "ios", "expo-runtime-version": "1.0.0"}
    update = system.get(f"updates-{TENTH}.localhost", "/_expo/update", asked)
    assert (update[0], json.loads(update[1])["extra"]["expoClient"]["name"]) == (200, TENTH.title())
