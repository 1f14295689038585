"""Files for other programs: no value of a manifest is more than a value there, whatever their languages make of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from buildgraph.manifests.kinds import RENDERED
from buildgraph.manifests.model import (
    Backing,
    Environment,
    EnvValue,
    Kubernetes,
    Manifests,
    Product,
    Service,
    SmokeTest,
)
from buildgraph.manifests.model import WorkspaceManifest as Workspace
from buildgraph.render.table import render_all
from buildgraph.schema_changes import read_losses

VALUES = (
    "${{ secrets.KEY }}",
    "{{ .Values.registry }}{{- end }}",
    '{{ "{{" }}',
    "$(touch pwned) `id` ${HOME} $HOME $$ %{x} %h",
    '"; touch pwned; echo "',
    "'; touch pwned; echo '",
    "a\nb: c\n- d\n# e",
    "</script><script>alert(1)</script><!--",
    "``` | \n| x |",
    "!!python/object:os.system &a *a @x %TAG",
    "---\n...\n",
    "\\\n\t\r\u2028\x85\x7f",
    "yes",
    "0x10",
)
ENV = {f"V{number}": EnvValue({"*": value}) for number, value in enumerate(VALUES)}


def manifests(value: str) -> Manifests:
    """A service that says a value wherever it may say what it likes."""
    test = SmokeTest(name=value, path="/", contains=value)
    service = Service(
        *("shop-api", "shop", "nestjs", "api"),
        port=4000,
        listens=3000,
        host="api",
        health="/api/health",
        metrics="/metrics",
        env=ENV,
        smoke=(test,),
        package=value,
        target=value,
    )
    worker = Service(
        "shop-worker", "shop", "dockerfile", "worker", health_command=("sh", "-c", value), env=ENV
    )
    backing = (
        Backing("postgres", "postgres:16", {"search_path": value}),
        Backing("redis", "redis:7", {"save": value}),
    )
    environments = (
        Environment("development", proxy_port=8480, backing=backing, values={"SHARED": value}),
        Environment(
            "production", domain="{host}.shop.org", registry="ghcr.io/acme", values={"SHARED": value}
        ),
        Environment(
            "staging", proxy_port=8481, kubernetes=Kubernetes("there", "shop", annotations={"a/b": value})
        ),
    )
    rendered = Workspace("acme", render=RENDERED)
    return Manifests(rendered, (Product("shop", (service, worker)),), environments)


def texts_in(value: Any) -> Iterator[str]:
    """Every text of a document, keys too."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from (str(key), *texts_in(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from texts_in(inner)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("value", [VALUES[0], VALUES[1], "".join(VALUES), "".join(reversed(VALUES))])
def test_a_value_is_nothing_but_a_value_in_every_rendered_file(value: str) -> None:
    plain, hostile = render_all(manifests("plain"), RENDERED), render_all(manifests(value), RENDERED)

    assert hostile.keys() >= {path for path in plain if "kustomization" not in path} - config_names(plain)
    for path, text in hostile.items():
        if path.startswith(".github/"):
            assert text == plain[path], "workflows hold no value of a manifest"
        elif path.startswith("docker/helm") and "/templates/" in path:
            assert actions_in(text) == actions_in(plain[path]), path
        elif path.endswith((".yml", ".yaml")):
            assert shape(text) == shape(plain.get(path, text)), path
        elif path.endswith(".json"):
            json.loads(text)
        elif not path.endswith(".md"):
            assert text == plain[path], path


def actions_in(template: str) -> int:
    """How many actions a template has, besides those that write two braces."""
    return template.replace('{{ "{{" }}', "").count("{{")


def config_names(texts: Mapping[str, str]) -> set[str]:
    """Files whose names tell what they hold."""
    return {path for path in texts if "config" in path}


def shape(text: str) -> list[Any]:
    """Documents without what their texts say: keys and lists, one within another."""

    def of(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: of(inner) for key, inner in value.items()}
        return [of(inner) for inner in value] if isinstance(value, list) else type(value)

    return [of(document) for document in yaml.safe_load_all(text)]


def test_compose_and_kubernetes_give_containers_exactly_what_the_manifests_say() -> None:
    told = render_all(manifests("plain"), RENDERED)
    compose = yaml.safe_load(told["docker/compose.dev.yml"])
    files = [text for path, text in told.items() if "kind: ConfigMap" in text and "helm" not in path]
    documents = [found for text in files for found in yaml.safe_load_all(text)]

    given = compose["services"]["shop-worker"]["environment"]
    assert {name: given[name].replace("$$", "$") for name in ENV} == {
        f"V{n}": value for n, value in enumerate(VALUES)
    }
    maps = [found["data"] for found in documents if found["kind"] == "ConfigMap"]
    assert maps and all(
        data[name] == value.value_in("staging") for data in maps for name, value in ENV.items()
    )


def test_a_migration_within_parentheses_within_parentheses_is_told_as_unread() -> None:
    found = read_losses({"1.sql": "SELECT " + "(" * 1000 + ")" * 1000})

    assert len(found.unread) == 1
