"""Environments on a cluster, as manifests tell them: what is read, and each mistake with its way out."""

from __future__ import annotations

import pytest

from buildgraph.errors import ConfigurationError
from buildgraph.manifests import Manifests, parse_manifests
from buildgraph.manifests.addresses import internal_urls, public_urls
from buildgraph.manifests.model import Autoscale, Kubernetes

WORKSPACE, SHOP = "manifests/workspace.toml", "manifests/products/shop.toml"
EUROPE = "manifests/environments/europe.toml"
CLUSTER = '[kubernetes]\ncontext = "eks:eu/shop@1"\nnamespace = "shop"\n'
GOOD = {
    WORKSPACE: 'name = "shop"',
    SHOP: '[services.api]\nkind = "nestjs"\npath = "api"\nport = 3002\nhost = "api"\nresources = { cpus = 1 }\n',
    EUROPE: f'registry = "ghcr.io/shop"\ndomain = "{{host}}.shop.org"\n{CLUSTER}',
}


def parse(**files: str) -> Manifests:
    """The good manifests with the files of these names in place of, or beside, its own."""
    paths = {"europe": EUROPE, "shop": SHOP, "asia": EUROPE.replace("europe", "asia")}
    told = {**GOOD, **{paths[name]: text for name, text in files.items()}}
    return parse_manifests({path: text.encode() for path, text in told.items()})


def mistakes_of(**files: str) -> str:
    with pytest.raises(ConfigurationError) as error:
        parse(**files)
    return str(error.value)


def test_a_cluster_is_read_with_its_defaults() -> None:
    environment = parse().environments[0]

    assert environment.kubernetes == Kubernetes("eks:eu/shop@1", "shop")


def test_services_call_each_other_by_their_own_names_and_users_come_by_the_ingress() -> None:
    found = parse()

    assert internal_urls(found.environments[0], found.services) == {"api": "http://api:3002"}
    assert public_urls(found.environments[0], found.services) == {"api": "https://api.shop.org"}


def test_a_name_that_means_this_machine_has_no_port_of_a_proxy() -> None:
    found = parse(europe=f'registry = "ghcr.io/shop"\n{CLUSTER}')

    assert public_urls(found.environments[0], found.services) == {"api": "http://api.localhost"}


def test_a_service_may_grow() -> None:
    found = parse(shop=f"{GOOD[SHOP]}autoscale = {{ most = 4 }}\n")

    assert found.services[0].autoscale == Autoscale(4, 80)


def test_what_only_engines_know_is_refused_beside_a_cluster_all_at_once() -> None:
    told = mistakes_of(
        europe='engine = "ssh://deploy@shop.org"\nregistry = "ghcr.io/shop"\nproxy_port = 8481\n'
        f'strategy = "blue-green"\ncanary = {{ steps = [10, 100] }}\n{CLUSTER}\n'
        '[backing.postgres]\nimage = "postgres:16-alpine"\n[backups]\nto = "backups"\n'
    )

    places = [line for line in told.splitlines() if not line.startswith(" ")]
    what = "is a matter of Docker engines, and [kubernetes] stands beside it"
    keys = ("backing", "backups", "canary", "engine", "proxy_port", "strategy")
    assert places == [f"{EUROPE}: {key}: {what}" for key in keys]
    assert "  let somebody run it beside, and give services its address: a secret DATABASE_URL" in told


def test_a_cluster_without_a_registry_is_told_what_it_is_for() -> None:
    assert mistakes_of(europe=CLUSTER) == (
        f'{EUROPE}: registry: is missing: a cluster pulls its images\n  write for example "ghcr.io/acme"'
    )


def test_two_environments_never_share_a_namespace() -> None:
    assert mistakes_of(asia=GOOD[EUROPE]) == (
        f"{EUROPE}: kubernetes.namespace: 'shop' is taken by {EUROPE.replace('europe', 'asia')}\n"
        "  give each environment its own"
    )


def test_two_environments_of_a_cluster_need_no_ports_of_their_own() -> None:
    other = GOOD[EUROPE].replace('namespace = "shop"', 'namespace = "other"')

    assert len(parse(asia=other).environments) == 2


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('namespace = "shop"', "kubernetes.context: is missing"),
        ('context = "x"', "kubernetes.namespace: is missing"),
        (
            'context = "--kubeconfig=/tmp/x"\nnamespace = "shop"',
            "kubernetes.context: is '--kubeconfig=/tmp/x', expected the name of a context\n"
            "  `kubectl config get-contexts` lists them",
        ),
        (
            'context = "x"\nnamespace = "Shop"',
            "kubernetes.namespace: is 'Shop', expected the name of an object of Kubernetes\n"
            "  use a to z, 0 to 9 and inner hyphens, 63 at most",
        ),
        (
            'context = "x"\nnamespace = "shop"\nkubeconfig = "keys"',
            "kubernetes.kubeconfig: there is no such key",
        ),
    ],
    ids=["no context", "no namespace", "an option for a context", "a name no object has", "a file with keys"],
)
def test_each_mistake_of_the_table_is_told_with_its_place(lines: str, told: str) -> None:
    found = mistakes_of(europe=f'registry = "ghcr.io/shop"\n[kubernetes]\n{lines}\n')

    assert found.startswith(f"{EUROPE}: {told}")


def test_a_service_grows_only_where_its_processors_are_known_and_beyond_its_replicas() -> None:
    unknown = GOOD[SHOP].replace("resources = { cpus = 1 }\n", "autoscale = { most = 3 }\n")
    few = f"{GOOD[SHOP]}replicas = 3\nautoscale = {{ most = 3 }}\n"

    assert mistakes_of(shop=unknown) == (
        f"{SHOP}: services.api.autoscale: needs to know the processors of one container\n"
        "  write resources = { cpus = … }"
    )
    assert mistakes_of(shop=few) == (
        f"{SHOP}: services.api.autoscale.most: is 3, and `replicas` is no fewer\n  raise it"
    )
